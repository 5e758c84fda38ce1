package runtime

import (
	"context"
	"net/http"
	"reflect"
	"testing"

	"github.com/gobelin-dev/gobelin/arazzo"
)

const placesDocument = `
arazzo: 1.0.1
info: {title: Places, version: "1"}
sourceDescriptions: [{name: d, url: d.yaml}]
workflows:
- workflowId: places
  steps:
  - stepId: criteria
    operationId: get
    successCriteria: [{condition: "$response.body#/status == 'ended' || $response.body.a.b[0] > 1"}]
    outputs: {a: $response.body#/a, b: $response.body#/a/b/0, c: $response.body.a.b, d: "{$response.body#/status}!",
      zero: $response.body#/0}
    onFailure: [{name: on, type: goto, stepId: predicate}]
  - stepId: predicate
    operationId: get
    successCriteria: [{context: $response.body, type: jsonpath, condition: "$.status == 'ended' && $.a.b[0] == 1"}]
    onFailure:
    - {name: on, type: goto, stepId: whole, criteria: [{context: $response.body, type: jsonpath, condition: "$.a.b.length > 0"}]}
    - {name: over, type: goto, stepId: mixed, criteria: [{context: $response.body, type: jsonpath, condition: $.a}]}
    - {name: otherwise, type: goto, stepId: last, criteria: [{context: $response.body#/status, type: regex, condition: "^e"}]}
  - stepId: whole
    operationId: get
    successCriteria: [{context: $response.body, type: jsonpath, condition: "$.a.b[*]"}]
    outputs: {all: $response.body, status: $response.body#/status}
    onFailure: [{name: on, type: goto, stepId: last}]
  - stepId: mixed
    operationId: get
    outputs: {status: $response.body#/status, b: $response.body#/a/b}
    onSuccess: [{name: on, type: goto, stepId: last, criteria: [{context: $response.body, type: jsonpath, condition: "$..b"}]}]
  - stepId: last
    operationId: get
    outputs: {dotted: $response.body.a.b, status: $response.body#/status}
  outputs:
    a: $steps.criteria.outputs.a
    b: $steps.criteria.outputs.b
    c: $steps.criteria.outputs.c
    d: $steps.criteria.outputs.d
    zero: $steps.criteria.outputs.zero
    all: $steps.whole.outputs.all
    mixed: $steps.mixed.outputs.b
    dotted: $steps.last.outputs.dotted
    status: $steps.last.outputs.status
`

const placesDescription = `
openapi: 3.1.0
info: {title: D, version: "1"}
servers: [{url: "http://d.example"}]
paths: {/x: {get: {operationId: get}}}
`

func placesProgram(tb testing.TB) *Program {
	doc, err := arazzo.Parse([]byte(placesDocument))
	if err != nil {
		tb.Fatal(err)
	}
	c := Compiler{Loader: LoaderFunc(func(context.Context, string) ([]byte, error) { return []byte(placesDescription), nil })}
	p, err := c.Compile(tb.Context(), doc)
	if err != nil {
		tb.Fatal(err)
	}
	return p
}

// outcome is all that a run comes to, and which steps it executed.
type outcome struct {
	outputs     map[string]any
	diagnostics []Diagnostic
	failure     string
	steps       []string
}

func answerAll(tb testing.TB, p *Program, contentType string, body []byte) outcome {
	x, err := p.Begin("places", nil, Settings{LoopDelay: -1, MaxSteps: 20})
	if err != nil {
		tb.Fatal(err)
	}
	var o outcome
	header := http.Header{}
	if contentType != "" {
		header.Set("Content-Type", contentType)
	}
	for {
		switch c := x.Next().(type) {
		case *Send:
			o.steps = append(o.steps, c.StepID)
			x.Respond(&Response{Status: 200, Header: header, Body: body})
		case *Wait:
			x.Elapse()
		case *Done:
			o.outputs, o.diagnostics = c.Result.Outputs, c.Result.Diagnostics
			if c.Err != nil {
				o.failure = c.Err.Error()
			}
			return o
		}
	}
}

// FuzzBodies runs a workflow whose bodies are read at places, and the same one
// whose bodies are decoded.
func FuzzBodies(f *testing.F) {
	for _, body := range []string{
		`{"status":"ended","a":{"b":[1,2]}}`, `{"status":"canceling","a":{"b":[2]}}`, `{"status":1,"status":"ended","a":{"b":0},"a":{"b":[1]}}`,
		`{"a":{"b":[3]},"a.b":"exact","status":null}`,
		`{"status":"ended"`, `null`, `[]`, `"text"`, ``, ` `, "\ufeff{\"status\":\"ended\",\"a\":{\"b\":[1]}}", "{\"status\":\"\xff\"}",
		`[{"b":1},0]`, `{"0":"zero","a":{"b":{"0":5}}}`, `{"status":"ended"} x`, `{"a":{"b":[]}}`, `{"a":0}`,
	} {
		for _, contentType := range []string{"application/json", "application/problem+json; charset=utf-8", "", "text/plain",
			"application/octet-stream"} {
			f.Add(contentType, []byte(body))
		}
	}
	placed, whole := placesProgram(f), placesProgram(f)
	for _, s := range whole.linked.Workflows[0].Steps {
		if s.Places == nil {
			f.Fatalf("step %s reads no places", s.ID)
		}
		s.Places = nil
	}
	f.Fuzz(func(t *testing.T, contentType string, body []byte) {
		got, want := answerAll(t, placed, contentType, body), answerAll(t, whole, contentType, body)
		if !reflect.DeepEqual(got, want) {
			t.Fatalf("%s %q:\n%v\ndecoded whole:\n%v", contentType, body, got, want)
		}
	})
}
