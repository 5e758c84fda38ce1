package arazzo

import (
	"strings"
	"testing"
)

// What is set to nothing is not written, whatever its type.
func TestRemovedFieldsAreNotWritten(t *testing.T) {
	doc, err := Parse([]byte(`arazzo: 1.0.1
info: {title: t, version: "1", summary: gone}
sourceDescriptions: [{name: s, url: o.yaml}]
workflows:
- workflowId: w
  inputs: {gone: true}
  steps:
  - stepId: s
    operationId: o
    x-kept: [1]
    requestBody: {payload: gone}
    onSuccess: [{name: gone, type: end}]
    onFailure: [{name: f, type: retry, retryLimit: 33, criteria: [{condition: kept}]}]
    outputs: {gone: $statusCode}
    successCriteria: [{condition: kept, context: $response.body, type: regex}]
components: {parameters: {gone: {name: gone, in: query, value: 1}}}
`))
	if err != nil {
		t.Fatal(err)
	}
	w := doc.Workflows[0]
	s := w.Steps[0]
	doc.Info.Summary, doc.Components, w.Inputs = "", nil, Node{}
	s.RequestBody, s.OnSuccess, s.Outputs = nil, nil, nil
	s.OnFailure[0].RetryLimit, s.SuccessCriteria[0].Type = nil, ExpressionType{}
	text, err := doc.YAML()
	if err != nil {
		t.Fatal(err)
	}
	for _, gone := range []string{"gone", "33", "regex", "inputs", "requestBody", "onSuccess", "outputs", "components"} {
		if strings.Contains(string(text), gone) {
			t.Errorf("%s is written", gone)
		}
	}
	if n := strings.Count(string(text), "kept"); n != 3 {
		t.Errorf("%d of 3 others are written", n)
	}
	if t.Failed() {
		t.Log(string(text))
	}
}

// What reading refused, and program has not set since, is written as it was.
func TestRefusedFieldsAreWrittenAsTheyWere(t *testing.T) {
	const text = `arazzo: 1.0.1
info: {title: t, version: 1}
sourceDescriptions: {}
workflows:
- workflowId: w
  steps:
  - stepId: s
    operationId: o
    requestBody: text
    onSuccess: 5
    outputs: []
    timeout: soon
`
	doc, err := Parse([]byte(text))
	if err == nil {
		t.Fatal("the document is accepted")
	}
	if !doc.Node().Equal(doc.Origin()) {
		t.Errorf("written as %s", doc.Node())
	}
}
