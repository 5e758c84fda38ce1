package jsonpath_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/gobelin-dev/gobelin/internal/jsonpath"
	"github.com/gobelin-dev/gobelin/internal/shared"
	"github.com/gobelin-dev/gobelin/internal/syntax"
	"github.com/gobelin-dev/gobelin/internal/tree"
	"github.com/gobelin-dev/gobelin/internal/value"
	"github.com/google/go-cmp/cmp"
)

// TestCompliance runs the JSONPath Compliance Test Suite.
func TestCompliance(t *testing.T) {
	data, err := os.ReadFile(shared.Path(t, "jsonpath-cts/cts.json"))
	if err != nil {
		t.Fatal(err)
	}
	var suite struct {
		Tests []struct {
			Name, Selector  string
			Document        json.RawMessage
			Result          json.RawMessage
			Results         []json.RawMessage
			InvalidSelector bool `json:"invalid_selector"`
		}
	}
	if err := json.Unmarshal(data, &suite); err != nil {
		t.Fatal(err)
	}
	passed := 0
	for _, test := range suite.Tests {
		ok := t.Run(test.Name, func(t *testing.T) {
			q, err := jsonpath.Parse(test.Selector)
			if test.InvalidSelector {
				if err == nil {
					t.Fatalf("%s was accepted", test.Selector)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			doc, err := value.Decode(test.Document)
			if err != nil {
				t.Fatal(err)
			}
			nodes, err := q.Select(doc)
			if err != nil {
				t.Fatal(err)
			}
			got := append([]any{}, nodes...)
			wants := test.Results
			if test.Result != nil {
				wants = append(wants, test.Result)
			}
			for _, raw := range wants {
				if want, err := value.Decode(raw); err == nil && value.Equal(got, want) {
					return
				}
			}
			t.Fatalf("%s selected %s", test.Selector, value.AppendJSON(nil, got))
		})
		if ok {
			passed++
		}
	}
	t.Logf("%d of %d", passed, len(suite.Tests))
	if len(suite.Tests) != 703 {
		t.Errorf("the suite has %d tests, not 703", len(suite.Tests))
	}
}

// TestConditions runs the cases of testdata/conditions.yaml.
func TestConditions(t *testing.T) {
	data, err := os.ReadFile(filepath.Join("testdata", "conditions.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	root, err := tree.Parse(data)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range root.Items {
		condition := c.Get("condition").Str()
		t.Run(fmt.Sprintf("line %d %s", c.Line, condition), func(t *testing.T) { testCondition(t, c, condition) })
	}
}

func testCondition(t *testing.T, c *tree.Node, text string) {
	dialect := jsonpath.RFC9535
	if c.Get("dialect").Str() == "goessner" {
		dialect = jsonpath.Goessner
	}
	condition, err := jsonpath.ParseCondition(text, dialect)
	if want := c.Get("error"); want != nil {
		if err == nil {
			t.Fatal("no error")
		}
		if got := err.(*syntax.Error).Offset; int64(got) != want.Value() {
			t.Fatalf("error at %d, want %s: %v", got, want.Text, err)
		}
		return
	}
	if err != nil {
		t.Fatal(err)
	}
	operands, _ := c.Get("operands").Value().(map[string]any)
	outcome := condition.Test(c.Get("doc").Value(), func(i int) (any, bool) {
		v, ok := operands[condition.Operands()[i]]
		return v, ok
	}, c.Get("strict").True())
	if outcome.Pass != c.Get("pass").True() {
		t.Errorf("passes: %t", outcome.Pass)
	}
	if outcome.RootFilter != c.Get("rootFilter").True() {
		t.Errorf("root filter: %t", outcome.RootFilter)
	}
	var want []string
	if notes := c.Get("notes"); notes != nil {
		for _, n := range notes.Items {
			want = append(want, n.Text)
		}
	}
	if diff := cmp.Diff(want, condition.Notes()); diff != "" {
		t.Errorf("notes (-want +got):\n%s", diff)
	}
	equivalent(t, condition, c.Get("doc").Value())
	if want := c.Get("suggestion"); want != nil && condition.Suggestion() != want.Str() {
		t.Errorf("suggestion: %s", condition.Suggestion())
	}
	if want := c.Get("correction"); want != nil && condition.Correction() != want.Str() {
		t.Errorf("correction: %s", condition.Correction())
	}
}

// equivalent checks that a correction says the same on every context: those
// without children too.
func equivalent(t *testing.T, condition *jsonpath.Condition, doc any) {
	t.Helper()
	text := condition.Correction()
	if text == "" {
		return
	}
	corrected, err := jsonpath.ParseCondition(text, jsonpath.RFC9535)
	if err != nil || len(corrected.Notes()) > 0 {
		t.Errorf("the correction %s: %v", text, err)
		return
	}
	for _, context := range []any{doc, map[string]any{}, []any{}, "ended", int64(5), false, []any{doc}, map[string]any{"status": doc},
		[]any{doc, "x"}} {
		if got, want := corrected.Test(context, nil, true).Pass, condition.Test(context, nil, true).Pass; got != want {
			t.Errorf("%s on %v: %t, but %s: %t", text, context, got, condition, want)
		}
	}
}
