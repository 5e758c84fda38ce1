package runtime_test

import (
	"bytes"
	"context"
	"fmt"
	"math"
	"net/http"
	"runtime/debug"
	"strings"
	"testing"
	"weak"

	goruntime "runtime"

	"github.com/gobelin-dev/gobelin/arazzo"
	"github.com/gobelin-dev/gobelin/runtime"
)

// What a step may allocate. The tests compare runs of different length, so that
// what a run costs once does not count; docs/performance.md has the times.
const (
	decodedAllocs = 6   // a transport hands over values
	placesAllocs  = 10  // two strings are read from the body: text and interface each
	stepBytes     = 900 // beside the state of the run
)

// costProgram is a chain of steps, each with two parameters, a criterion and
// two outputs.
func costProgram(t *testing.T, steps int, outputs string) *runtime.Program {
	t.Helper()
	var b strings.Builder
	b.WriteString("arazzo: 1.0.1\ninfo: {title: Cost, version: '1'}\nsourceDescriptions: [{name: d, url: d.yaml}]\nworkflows:\n- " +
		"workflowId: w\n  steps:\n")
	for i := range steps {
		fmt.Fprintf(&b, "  - stepId: s%d\n    operationId: get\n    parameters: [{name: id, in: path, value: some-id}, {name: limit, in: "+
			"query, value: 100}]\n", i)
		fmt.Fprintf(&b, "    successCriteria: [{condition: $statusCode == 200}]\n    outputs: %s\n", outputs)
	}
	doc, err := arazzo.Parse([]byte(b.String()))
	if err != nil {
		t.Fatal(err)
	}
	const description = `
openapi: 3.1.0
info: {title: D, version: "1"}
servers: [{url: "http://d.example"}]
paths: {"/x/{id}": {get: {operationId: get, parameters: [{name: id, in: path, required: true}, {name: limit, in: query}]}}}
`
	c := runtime.Compiler{Loader: runtime.LoaderFunc(func(context.Context, string) ([]byte, error) { return []byte(description), nil })}
	p, err := c.Compile(t.Context(), doc)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func runCost(t *testing.T, p *runtime.Program, r *runtime.Response) {
	x, err := p.Begin("w", nil, runtime.Settings{})
	if err != nil {
		t.Fatal(err)
	}
	for {
		switch c := x.Next().(type) {
		case *runtime.Send:
			x.Respond(r)
		case *runtime.Done:
			if c.Err != nil {
				t.Fatal(c.Err)
			}
			return
		}
	}
}

// costOfStep gives what one step more allocates.
func costOfStep(t *testing.T, outputs string, r *runtime.Response) (count, size float64) {
	t.Helper()
	const few, many = 20, 60
	// The least of some runs: what earlier tests have left running allocates, too.
	measure := func(p *runtime.Program) (count, size float64) {
		runCost(t, p, r)
		defer debug.SetGCPercent(debug.SetGCPercent(-1)) // a collection empties the pools
		count, size = math.Inf(1), math.Inf(1)
		for range 8 {
			var before, after goruntime.MemStats
			goruntime.ReadMemStats(&before)
			runCost(t, p, r)
			goruntime.ReadMemStats(&after)
			count, size = min(count, float64(after.Mallocs-before.Mallocs)), min(size, float64(after.TotalAlloc-before.TotalAlloc))
		}
		return count, size
	}
	fewCount, fewSize := measure(costProgram(t, few, outputs))
	manyCount, manySize := measure(costProgram(t, many, outputs))
	return (manyCount - fewCount) / (many - few), (manySize - fewSize) / (many - few)
}

const bodyOutputs = "{a: $response.body#/id, b: $response.body#/page/next}"

func bodyOf(records int) []byte {
	record := []byte(`{"id":"item","tags":["a","b"],"price":12.5,"note":null},`)
	return append(append([]byte(`{"id":"list","data":[`), bytes.Repeat(record, records)...), `0],"page":{"next":"list_2"}}`...)
}

func TestCostOfSteps(t *testing.T) {
	header := http.Header{"Content-Type": {"application/json"}}
	values := &runtime.Response{Status: 200, Header: header, Decoded: true,
		Value: map[string]any{"id": "list", "page": map[string]any{"next": "list_2"}}}
	small := &runtime.Response{Status: 200, Header: header, Body: bodyOf(5)}
	large := &runtime.Response{Status: 200, Header: header, Body: bodyOf(500)}
	tests := []struct {
		name     string
		outputs  string
		response *runtime.Response
		most     float64
	}{
		{"decoded values", bodyOutputs, values, decodedAllocs},
		{"a small body", bodyOutputs, small, placesAllocs},
		{"a large body", bodyOutputs, large, placesAllocs},
		{"a large body that is not read", "{a: $statusCode, b: $url}", large, decodedAllocs + 1},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			count, size := costOfStep(t, test.outputs, test.response)
			t.Logf("%.2f allocations, %.0f bytes", count, size)
			if count > test.most {
				t.Errorf("%.2f allocations a step, at most %v are allowed", count, test.most)
			}
			if size > stepBytes {
				t.Errorf("%.0f bytes a step, at most %d are allowed", size, stepBytes)
			}
		})
	}
}

// A run may wait long, and a batch has many that do.
func TestAWaitingRunKeepsNoMessages(t *testing.T) {
	x, err := fuzzProgram(t).Begin("main", nil, runtime.Settings{})
	if err != nil {
		t.Fatal(err)
	}
	header := http.Header{"Content-Type": {"application/json"}}
	x.Next() // the workflow that the other one depends on
	if err := x.Respond(&runtime.Response{Status: 200, Header: header, Body: []byte("{}")}); err != nil {
		t.Fatal(err)
	}
	body := bytes.Repeat([]byte(" "), 1<<16)
	copy(body, `{"v": 1, "list": [], "more": true}`)
	kept := weak.Make(&body[0])
	x.Next()
	if err := x.Respond(&runtime.Response{Status: 200, Header: header, Body: body}); err != nil {
		t.Fatal(err)
	}
	if command, ok := x.Next().(*runtime.Wait); !ok {
		t.Fatalf("the run does not wait: %#v", command)
	}
	goruntime.GC()
	if kept.Value() != nil {
		t.Error("the run keeps the body of the response while it waits")
	}
	goruntime.KeepAlive(x)
}
