package runtime_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/gobelin-dev/gobelin/runtime"
)

// TestRestoreIntoARefusedWorkflow puts a workflow that cannot be run into a snapshot:
// it is refused, and is not executed (F20).
func TestRestoreIntoARefusedWorkflow(t *testing.T) {
	c := runtime.Compiler{Loader: served{"api.yaml": described("#/p") + parameter}}
	p, err := c.Compile(t.Context(), parse(t, "flow.yaml", flowHead+"sourceDescriptions: [{name: api, url: api.yaml, type: openapi}]\n"+
		"workflows: [{workflowId: w, steps: [{stepId: s, operationId: get, onFailure: [{name: r, type: retry, retryAfter: 1}]}]}, "+
		"{workflowId: x, steps: [{stepId: s, operationId: none}]}]\n"))
	if err != nil {
		t.Fatal(err)
	}
	x, err := p.Begin("w", nil, runtime.Settings{})
	if err != nil {
		t.Fatal(err)
	}
	x.Next()
	if err := x.Respond(&runtime.Response{Status: 500}); err != nil {
		t.Fatal(err)
	}
	x.Next()
	data, err := x.Snapshot()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.Restore(data); err != nil {
		t.Error(err)
	}
	for _, change := range [][2]string{
		{`"frames":[{"workflow":0`, `"frames":[{"workflow":1`},
		{`"kind":1,"step":0,"workflow":0`, `"kind":4,"step":0,"workflow":1`},
		{`"kind":1,"step":0,"workflow":0`, `"kind":3,"step":0,"workflow":1`},
	} {
		damaged := strings.Replace(string(data), change[0], change[1], 1)
		if damaged == string(data) {
			t.Fatalf("no %s in %s", change[0], data)
		}
		if _, err := p.Restore([]byte(damaged)); err == nil || !strings.Contains(err.Error(), "out of range") {
			t.Errorf("%s: %v", change[1], err)
		}
	}
	var refused *runtime.CompileError
	damaged := strings.Replace(string(data), `"root":0`, `"root":1`, 1)
	if _, err := p.Restore([]byte(damaged)); !errors.As(err, &refused) || len(refused.Diagnostics) != 1 {
		t.Errorf("root: %v", err)
	}
	if _, err := p.Begin("x", nil, runtime.Settings{}); !errors.As(err, &refused) || refused.Diagnostics[0].Code != "unknown-operation" {
		t.Errorf("Begin: %v", err)
	}
}
