package runtime_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/gobelin-dev/gobelin/arazzo"
	"github.com/gobelin-dev/gobelin/runtime"
)

const fuzzDocument = `
arazzo: 1.1.0
info: {title: t, version: "1"}
sourceDescriptions: [{name: api, url: api.yaml}]
workflows:
- workflowId: main
  dependsOn: [first]
  inputs: {type: object, properties: {n: {type: integer, default: 3}}}
  steps:
  - stepId: a
    operationId: get
    parameters: [{name: n, in: query, value: $inputs.n}]
    successCriteria: [{condition: $statusCode == 200}]
    timeout: 500
    outputs: {v: $response.body#/v, all: {context: $response.body, selector: "$.list[*]", type: jsonpath}}
    onSuccess:
    - {name: again, type: goto, stepId: a, criteria: [{context: $response.body, type: jsonpath, condition: $.more == true}]}
    onFailure:
    - {name: retry, type: retry, retryAfter: 1, retryLimit: 2, stepId: b}
    - {name: other, type: goto, workflowId: first, parameters: [{name: k, value: $response.body}]}
  - {stepId: b, workflowId: first, dependsOn: [$workflows.first.steps.c]}
  outputs: {v: $steps.a.outputs.v, w: $workflows.first.outputs.w}
- workflowId: first
  inputs: {type: object, properties: {k: {}}}
  steps: [{stepId: c, operationId: get, outputs: {w: $statusCode}}]
  outputs: {w: $steps.c.outputs.w}
`

const fuzzDescription = `
openapi: 3.1.0
info: {title: t, version: "1"}
servers: [{url: "http://127.0.0.1:1"}]
paths: {/v: {get: {operationId: get, security: [{key: []}], parameters: [{name: n, in: query, schema: {type: integer}}]}}}
components: {securitySchemes: {key: {type: apiKey, in: header, name: X-Key}}}
`

func fuzzProgram(t testing.TB) *runtime.Program {
	t.Helper()
	doc, err := arazzo.Parse([]byte(fuzzDocument))
	if err != nil {
		t.Fatal(err)
	}
	c := runtime.Compiler{Loader: runtime.LoaderFunc(func(context.Context, string) ([]byte, error) { return []byte(fuzzDescription), nil })}
	p, err := c.Compile(context.Background(), doc)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// drive runs an execution on made-up answers for at most n commands.
func drive(x *runtime.Execution, n int, seen func(*runtime.Execution)) {
	for i := range n {
		command := x.Next()
		seen(x)
		switch command.(type) {
		case *runtime.Done:
			return
		case *runtime.Wait:
			x.Elapse()
		case *runtime.Send:
			switch i % 4 {
			case 0:
				x.Respond(&runtime.Response{Status: 200, Header: http.Header{"Content-Type": {"application/json"}},
					Body: []byte(`{"v": 1.0, "more": true}`)})
			case 1:
				x.Respond(&runtime.Response{Status: 503, Header: http.Header{"Retry-After": {"2"}}})
			case 2:
				x.Fail(errors.New("no network"))
			case 3:
				x.Respond(&runtime.Response{Status: 200, Body: []byte("\xff\x00")})
			}
		}
	}
}

// FuzzRestore looks for snapshots that Restore accepts and the machine does
// not survive.
func FuzzRestore(f *testing.F) {
	p := fuzzProgram(f)
	x, err := p.Begin("main", nil, runtime.Settings{MaxSteps: 50})
	if err != nil {
		f.Fatal(err)
	}
	x.Observe(func(runtime.Event) {})
	drive(x, 60, func(x *runtime.Execution) {
		snapshot, err := x.Snapshot()
		if err != nil {
			f.Fatal(err)
		}
		f.Add(snapshot)
		f.Add(bytes.ReplaceAll(snapshot, []byte(`{"n":3}`), []byte(`{"n":{"$nothing":true}}`)))
	})
	f.Add([]byte(strings.Repeat("[", 1000)))
	f.Fuzz(func(t *testing.T, snapshot []byte) {
		x, err := p.Restore(snapshot)
		if err != nil {
			return
		}
		x.Observe(func(runtime.Event) {})
		drive(x, 40, func(*runtime.Execution) {})
	})
}

// TestRestoreDamaged damages the structure of snapshots, value by value: what
// Restore accepts the machine survives.
func TestRestoreDamaged(t *testing.T) {
	p := fuzzProgram(t)
	x, err := p.Begin("main", nil, runtime.Settings{MaxSteps: 50})
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	survive := func(snapshot []byte) {
		if seen[string(snapshot)] {
			return
		}
		seen[string(snapshot)] = true
		if x, err := p.Restore(snapshot); err == nil {
			drive(x, 10, func(*runtime.Execution) {})
		}
	}
	snapshots := 0
	drive(x, 6, func(x *runtime.Execution) {
		snapshot, err := x.Snapshot()
		if err != nil {
			t.Fatal(err)
		}
		snapshots++
		for _, more := range []string{"x", "null", string(snapshot)} {
			if _, err := p.Restore(append(bytes.Clone(snapshot), more...)); err == nil {
				t.Errorf("a snapshot with %.10q after it was accepted", more)
			}
		}
		var whole any
		if err := json.Unmarshal(snapshot, &whole); err != nil {
			t.Fatal(err)
		}
		damage(whole, func(v any) { whole = v }, func() {
			text, err := json.Marshal(whole)
			if err != nil {
				t.Fatal(err)
			}
			survive(text)
		})
	})
	if snapshots < 5 || len(seen) < 500 {
		t.Errorf("only %d snapshots were damaged in %d ways", snapshots, len(seen))
	}
}

// damage puts other values in the place of each value, one after the other.
func damage(v any, set func(any), try func()) {
	for _, other := range []any{nil, "", -1.0, 1e9, []any{}, []any{nil}, map[string]any{}} {
		set(other)
		try()
	}
	set(v)
	switch v := v.(type) {
	case []any:
		for i := range v {
			damage(v[i], func(other any) { v[i] = other }, try)
		}
	case map[string]any:
		for name, member := range v {
			damage(member, func(other any) { v[name] = other }, try)
		}
	}
}
