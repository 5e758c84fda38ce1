package arazzo_test

import (
	"slices"
	"testing"

	"github.com/gobelin-dev/gobelin/arazzo"
)

// TestWalk visits a document that has every kind of object, each with an
// extension that names it.
func TestWalk(t *testing.T) {
	doc, err := arazzo.Parse([]byte(`
arazzo: 1.1.0
x-name: document
info: {title: T, version: '1', x-name: info}
sourceDescriptions: [{name: s, url: s.yaml, x-name: source}]
workflows:
- workflowId: w
  x-name: workflow
  inputs: {type: object, x-name: this is a schema}
  steps:
  - stepId: s
    operationId: o
    x-name: step
    parameters: [{name: p, in: query, value: {x-name: this is a value}, x-name: parameter}]
    requestBody:
      x-name: request body
      payload: {x-name: this is a value}
      replacements: [{target: $.a, value: 1, x-name: replacement, targetSelectorType: {type: jsonpath, version: rfc9535,
        x-name: type of target}}]
    successCriteria:
    - {condition: a, type: simple, x-name: criterion}
    - {condition: $, context: $response.body, x-name: second criterion, type: {type: jsonpath, version: rfc9535, x-name: type of criterion}}
    onSuccess: [{name: a, type: goto, workflowId: w, x-name: success action, parameters: [{name: p, value: 1,
      x-name: parameter of action}]}]
    onFailure: [{name: a, type: end, x-name: failure action, criteria: [{condition: a, x-name: criterion of action}]}]
    outputs: {a: $statusCode, b: {context: $response.body, selector: $.a, x-name: selector, type: {type: jsonpath, version: rfc9535,
      x-name: type of selector}}}
  successActions: [{name: a, type: end, x-name: success action of workflow}]
  failureActions: [{name: a, type: end, x-name: failure action of workflow}]
  outputs: {a: {context: $steps.s.outputs.b, selector: /a, type: jsonpointer, x-name: selector of workflow}}
  parameters: [{name: p, in: query, value: 1, x-name: parameter of workflow}]
components:
  x-name: components
  inputs: {a: {type: object, x-name: this is a schema}}
  parameters: {a: {name: p, in: query, value: 1, x-name: parameter of components}}
  successActions: {a: {name: a, type: end, x-name: success action of components}}
  failureActions: {a: {name: a, type: end, x-name: failure action of components}}
`))
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	arazzo.Walk(doc, func(o *arazzo.Object) {
		if len(o.Extensions) != 1 {
			t.Fatalf("after %q: %v", got, o.Extensions)
		}
		got = append(got, o.Extensions[0].Value.Str())
	})
	want := []string{"document", "info", "source", "workflow", "step", "parameter", "request body", "replacement", "type of target",
		"criterion", "second criterion", "type of criterion", "success action", "parameter of action", "failure action", "criterion of action",
		"selector", "type of selector", "success action of workflow", "failure action of workflow", "selector of workflow",
		"parameter of workflow",
		"components", "parameter of components", "success action of components", "failure action of components"}
	if !slices.Equal(got, want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
}
