package link_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/gobelin-dev/gobelin/arazzo"
	"github.com/gobelin-dev/gobelin/internal/link"
	"github.com/gobelin-dev/gobelin/internal/program"
)

// linked links a document over the description of the growth test.
func linked(t *testing.T, b *builder) *program.Program {
	t.Helper()
	p, err := link.Link(t.Context(), b.document(t), link.Options{Read: readDescription})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// withCode returns the diagnostics with a code.
func withCode(p *program.Program, code string) (list []arazzo.Diagnostic) {
	for _, d := range p.Diagnostics {
		if d.Code == code {
			list = append(list, d)
		}
	}
	return list
}

// TestComponentsInARow links a component that consists of as many as are allowed,
// and of one more.
func TestComponentsInARow(t *testing.T) {
	for n, want := range map[int]int{256: 0, 257: 1} {
		var b builder
		b.workflow()
		b.workflows.WriteString("  - {stepId: s, operationId: get, parameters: [{name: id, in: path, value: $components.parameters.c1}]}\n")
		b.components.WriteString("  parameters:\n")
		for i := 1; i < n; i++ {
			fmt.Fprintf(&b.components, "    c%d: {name: c, in: query, value: $components.parameters.c%d}\n", i, i+1)
		}
		fmt.Fprintf(&b.components, "    c%d: {name: c, in: query, value: 1}\n", n)
		found := withCode(linked(t, &b), "unknown-component")
		if len(found) != want {
			t.Errorf("%d components: %v", n, found)
		}
		for _, d := range found {
			if d.Severity != arazzo.Error || d.Pointer != "/components/parameters/c256/value" || !strings.Contains(d.Message, "255 others") {
				t.Errorf("%d components: %v", n, d)
			}
		}
	}
}

// TestSuggestionsAreBounded misspells more names than are looked up: the first
// ones have a suggestion, the others say why they have none.
func TestSuggestionsAreBounded(t *testing.T) {
	var b builder
	b.workflow()
	b.workflows.WriteString("  - {stepId: login, operationId: get, parameters: [{name: id, in: path, value: x}]}\n")
	const n = 150
	each(&b.workflows, n, "  - {stepId: s%d, operationId: get, parameters: [{name: id, in: path, value: x}], onSuccess: [{name: a, "+
		"type: goto, stepId: logn}]}", itself)
	found := withCode(linked(t, &b), "unknown-step")
	if len(found) != n {
		t.Fatalf("%d found", len(found))
	}
	for i, d := range found {
		hint := `; did you mean "login"?`
		if i >= 100 { // each looks for a suggestion and for a correction
			hint = "; too many names are unknown to suggest a similar one"
		}
		if !strings.HasSuffix(d.Message, hint) || (d.Fix != nil) != (i < 100) {
			t.Errorf("%d: %v (fix: %v)", i, d, d.Fix)
		}
	}
}

// TestLongCircle has a circle of more workflows than its message names.
func TestLongCircle(t *testing.T) {
	tests := []struct {
		n    int
		want string
	}{
		{2, "w0 → w1 → w0"},
		{17, "w0 → w1 → w2 → w3 → w4 → w5 → w6 → w7 → w8 → w9 → w10 → w11 → w12 → w13 → w14 → w15 → w16 → w0"},
		{20_000, "w0 → w1 → w2 → w3 → w4 → w5 → w6 → w7 → (19984 more) → " +
			"w19992 → w19993 → w19994 → w19995 → w19996 → w19997 → w19998 → w19999 → w0"},
	}
	for _, test := range tests {
		var b builder
		for i := range test.n {
			fmt.Fprintf(&b.workflows, "- {workflowId: w%d, dependsOn: [w%d], steps: [{stepId: s, operationId: get, parameters: ["+
				"{name: id, in: path, value: x}]}]}\n",
				i, (i+1)%test.n)
		}
		found := withCode(linked(t, &b), "dependency-cycle")
		if len(found) != 1 || found[0].Message != "dependsOn is circular: "+test.want {
			t.Errorf("%d workflows: %v", test.n, found)
		}
	}
}
