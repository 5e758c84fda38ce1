package openapi

import (
	"flag"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/gobelin-dev/gobelin/internal/shared"
	"github.com/gobelin-dev/gobelin/internal/tree"
)

var everySize = flag.Bool("all", false, "compare descriptions of the corpus of every size")

// facts is everything known of an operation, with places.
func facts(op *Operation) string {
	var b strings.Builder
	node := func(n *tree.Node) string {
		if n == nil {
			return "-"
		}
		return fmt.Sprintf("%d:%d %s", n.Line, n.Column, n.JSON())
	}
	content := func(list []*MediaType) {
		for _, m := range list {
			fmt.Fprintln(&b, "  type", m.Type, m.Files, m.StyledParts, node(m.Schema), node(m.Encoding))
		}
	}
	fmt.Fprintln(&b, op.ID, op.Method, op.Path, op.Summary, op.Servers, node(op.Node))
	for _, alternative := range op.Security {
		for _, s := range alternative {
			fmt.Fprintln(&b, s.Name, s.Type, s.In, s.ParamName, s.Scheme, s.Scopes, node(s.Node))
		}
		fmt.Fprintln(&b)
	}
	for _, p := range op.Parameters {
		fmt.Fprintln(&b, "parameter", p.Name, p.In, p.Required, p.Style, p.Explode, p.AllowReserved, p.ContentType, node(p.Schema),
			node(p.Node))
	}
	if op.Body != nil {
		fmt.Fprintln(&b, "body", op.Body.Required)
		content(op.Body.Content)
	}
	for _, r := range op.Responses {
		fmt.Fprintln(&b, "response", r.Code, node(r.Node))
		content(r.Content)
	}
	return b.String()
}

// described returns the facts of each operation, by method and path.
func described(d *Description) (map[string]string, []string) {
	all := map[string]string{}
	for i := range d.index {
		e := &d.index[i]
		op, err := d.operation(e)
		if err != nil {
			all[e.method+" "+e.path] = err.Error()
			continue
		}
		all[e.method+" "+e.path] = facts(op)
	}
	return all, d.ids
}

// TestOutlineGivesTheFactsOfTheFullParser reads each description of the corpus
// with the outline and with the full parsers, and compares every operation.
func TestOutlineGivesTheFactsOfTheFullParser(t *testing.T) {
	if testing.Short() {
		t.Skip("reads a corpus")
	}
	descriptions, operations, sloppy := 0, 0, 0
	for name, data := range shared.ReadCorpus(t).Texts() {
		if len(data) > 30_000 && !*everySize {
			continue
		}
		text := NewText(data)
		if text.Err != nil || text.Root.Get("arazzo") != nil {
			continue
		}
		d, err := fromText(text, name, nil)
		if err != nil {
			continue
		}
		parse := tree.ParseYAML
		if strings.HasPrefix(strings.TrimSpace(string(data)), "{") {
			parse = tree.ParseJSON
		}
		root, err := parse(data)
		if err != nil {
			sloppy++
			t.Logf("%s: the full parser refuses it: %v", name, err)
			continue
		}
		full, err := fromText(&Text{Root: root}, name, nil)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		got, gotIDs := described(d)
		want, wantIDs := described(full)
		descriptions++
		operations += len(want)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatalf("%s: %s", name, diff)
		}
		if diff := cmp.Diff(wantIDs, gotIDs); diff != "" {
			t.Fatalf("%s: %s", name, diff)
		}
	}
	t.Logf("%d descriptions with %d operations; %d more with a fault where nobody looks", descriptions, operations, sloppy)
	if descriptions == 0 {
		t.Error("nothing was compared")
	}
}

func TestADuplicateKeyIsAnErrorOfWhatUsesIt(t *testing.T) {
	const text = `
openapi: 3.1.0
paths:
  /good:
    get: {operationId: good, responses: {"200": {$ref: '#/components/responses/good'}}}
  /bad:
    get:
      operationId: bad
      summary: one
      summary: two
  /worse:
    get:
      operationId: worse
      parameters: [{$ref: '#/components/parameters/bad'}]
components:
  responses:
    good: {description: a}
    bad: {description: a, description: b}
  parameters:
    bad:
      name: a
      name: b
`
	d, err := Load([]byte(text), "api.yaml", nil)
	if err != nil {
		t.Fatal(err)
	}
	for id, want := range map[string]string{"good": "<nil>", "bad": `10:7: duplicate key "summary", first at line 9`,
		"worse": `22:7: duplicate key "name", first at line 21`} {
		if _, err := d.OperationByID(id); !strings.Contains(fmt.Sprint(err), want) {
			t.Errorf("%s: %v, want %s", id, err, want)
		}
	}
}
