package runtime_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/gobelin-dev/gobelin/runtime"
)

const recallWorkflows = `arazzo: 1.0.1
info: {title: t, version: "1"}
sourceDescriptions: [{name: api, url: api.yaml, type: openapi}]
workflows:
- workflowId: setup
  inputs: {type: object, properties: {name: {type: string}, key: {type: string, format: password}}}
  steps: [{stepId: s, operationId: make, outputs: {id: $response.body#/id}}]
  outputs: {id: $steps.s.outputs.id, key: $inputs.key}
- workflowId: use
  dependsOn: [setup]
  steps:
  - stepId: s
    operationId: use
    parameters:
    - {name: id, in: query, value: $workflows.setup.outputs.id}
    - {name: name, in: query, value: $workflows.setup.inputs.name}
    - {name: key, in: query, value: $workflows.setup.outputs.key}
`

const recallDescription = `openapi: 3.1.1
info: {title: t, version: "1"}
servers: [{url: "http://declared.example"}]
paths:
  /make: {get: {operationId: make, responses: {"200": {description: ok}}}}
  /use: {get: {operationId: use, responses: {"200": {description: ok}}}}
`

// recalled runs the workflow that depends on another, after that: it answers each
// request with a status, and returns what was sent and told.
func recalled(t *testing.T, status int) (sent, told []string, err error) {
	t.Helper()
	p := compileText(t, recallWorkflows, recallDescription)
	run := func(x *runtime.Execution) error {
		x.Observe(func(e runtime.Event) {
			if e, ok := e.(*runtime.RequestSent); ok {
				told = append(told, e.URL)
			}
		})
		for {
			switch c := x.Next().(type) {
			case *runtime.Send:
				sent = append(sent, c.Target)
				response := &runtime.Response{Status: status, Header: http.Header{"Content-Type": {"application/json"}}, Body: []byte(`{"id": 7}`)}
				if err := x.Respond(response); err != nil {
					t.Fatal(err)
				}
			case *runtime.Done:
				return c.Err
			}
		}
	}
	setup, err := p.Begin("setup", runtime.Inputs{"name": "n", "key": "the-secret-key"}, runtime.Settings{})
	if err != nil {
		t.Fatal(err)
	}
	_ = run(setup)
	use, err := p.Begin("use", nil, runtime.Settings{})
	if err != nil {
		t.Fatal(err)
	}
	if err := use.Recall(setup); err != nil {
		t.Fatal(err)
	}
	return sent, told, run(again(t, p, use))
}

// What an earlier run has executed is not executed again, and its inputs and outputs
// are there. What was secret still is.
func TestRecall(t *testing.T) {
	sent, told, err := recalled(t, 200)
	if want := []string{"/make", "/use?id=7&name=n&key=the-secret-key"}; err != nil || !slices.Equal(sent, want) {
		t.Errorf("%v, sent %q, want %q", err, sent, want)
	}
	if text := fmt.Sprint(told); strings.Contains(text, "the-secret-key") {
		t.Errorf("told %s", text)
	}
}

// A workflow that failed in an earlier run fails what depends on it.
func TestRecallOfAFailure(t *testing.T) {
	sent, _, err := recalled(t, 500)
	if err == nil || err.Error() != `workflow "use": the workflow depends on setup, which failed` || len(sent) != 1 {
		t.Errorf("%v, sent %q", err, sent)
	}
}

func TestRecallOfAnotherProgram(t *testing.T) {
	var runs []*runtime.Execution
	for range 2 {
		x, err := compileText(t, recallWorkflows, recallDescription).Begin("setup", nil, runtime.Settings{})
		if err != nil {
			t.Fatal(err)
		}
		runs = append(runs, x)
	}
	if err := runs[0].Recall(runs[1]); err == nil {
		t.Error("the run of another program is recalled")
	}
}
