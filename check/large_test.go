package check_test

import (
	"fmt"
	"strings"
	"testing"
)

// TestLargeWorkflow checks a workflow of 400 steps, each with ways back
// to the first one and to the one in front, and each reading what another gives.
func TestLargeWorkflow(t *testing.T) {
	const steps = 400
	var b strings.Builder
	b.WriteString("arazzo: 1.0.1\ninfo: {title: Large, version: '1'}\nsourceDescriptions: [{name: jobs, url: jobs.yaml, type: openapi}]\n" +
		"workflows:\n- workflowId: w\n  steps:\n")
	for i := range steps {
		fmt.Fprintf(&b, "  - {stepId: s%d, operationId: getJob, parameters: [{name: id, in: path, value: $steps.s%d.outputs.id}], outputs: "+
			"{id: $response.body#/id}, onSuccess: [{name: first, type: goto, stepId: s0, criteria: [{condition: $statusCode == 202}]}, {name: "+
			"back, type: goto, stepId: s%d, criteria: [{condition: $statusCode == 203}]}]}\n",
			i, (i+7)%steps, max(0, i-1))
	}
	files := map[string]string{"jobs.yaml": `openapi: 3.1.0
info: {title: Jobs, version: "1"}
servers: [{url: "https://jobs.example"}]
paths:
  /jobs/{id}:
    get: {operationId: getJob, responses: {default: {description: Any.}}, parameters: [{name: id, in: path, required: true, schema: {}}]}
`}
	found := checkText(t, "large.arazzo.yaml", b.String(), files)
	if len(found) != steps-7 { // the last ones read what the first ones give
		t.Errorf("%d found, want %d: each step reads what may be missing", len(found), steps-7)
	}
}
