package jsonpath_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/gobelin-dev/gobelin/internal/jsonpath"
)

// sketch writes a term as an S-expression.
func sketch(t *jsonpath.Term) string {
	var inner []string
	for _, operand := range t.Terms {
		inner = append(inner, sketch(operand))
	}
	list := strings.Join(inner, " ")
	switch {
	case t.Operator != "":
		return "(" + t.Operator + " " + list + ")"
	case t.Kind == jsonpath.LiteralTerm:
		return fmt.Sprintf("%#v", t.Literal)
	case t.Kind == jsonpath.CallTerm:
		return t.Function + "(" + list + ")"
	case t.Kind == jsonpath.OtherTerm:
		return "?"
	}
	root := map[bool]string{false: "$", true: "@"}[t.Relative]
	if t.Kind == jsonpath.OperandTerm {
		root = fmt.Sprint("operand", t.Operand)
	}
	return root + sketchPath(t.Path)
}

func sketchPath(path []jsonpath.Step) (text string) {
	for _, step := range path {
		switch step.Kind {
		case jsonpath.NameStep:
			text += "/" + step.Name
		case jsonpath.IndexStep:
			text += fmt.Sprint("/", step.Index)
		case jsonpath.EachStep:
			text += "/*"
		case jsonpath.FilterStep:
			text += "/[" + sketch(step.Filter) + "]"
		default:
			text += "/?"
		}
	}
	return text
}

func TestTermShowsTheParts(t *testing.T) {
	for condition, want := range map[string]string{
		"$.a":                        "$/a",
		"$.a.b[0]['c d'] == 'x \"y'": `(== $/a/b/0/c d "x \"y")`,
		"$.a == 'x' || $.b > 0 && !($.c == null)": `(|| (== $/a "x") (&& (> $/b 0) (! (== $/c <nil>))))`,
		"!$.a":                        "(! $/a)",
		"$.items.length > 0":          "(> length_of($/items) 0)",
		"length($.a) >= 2":            "(>= length($/a) 2)",
		"$.a > $inputs.budget":        "(> $/a operand0)",
		"$.id == $steps.a.outputs.id": "(== $/id operand0)",
		"$[?@.status == 'x']":         `$/[(== @/status "x")]`,
		"$.items[?@.n > 1.5].id":      "$/items/[(> @/n 1.5)]/id",
		"$.items[*].id":               "$/items/*/id",
		"$.items[0:2]":                "$/items/*",
		"$..id":                       "$/?",
		"$['a','b']":                  "$/?",
		"match($.a, 'x')":             "?",
		"$.a == true":                 "(== $/a true)",
		"$[-1].x == @.y":              "(== $/-1/x @/y)",
	} {
		c, err := jsonpath.ParseCondition(condition, jsonpath.RFC9535)
		if err != nil {
			t.Errorf("%s: %v", condition, err)
			continue
		}
		if got := sketch(c.Term()); got != want {
			t.Errorf("%s is %s, want %s", condition, got, want)
		}
	}
}

func TestTermOfGoessner(t *testing.T) {
	c, err := jsonpath.ParseCondition("$.items[?(@.a == 'x')]", jsonpath.Goessner)
	if err != nil {
		t.Fatal(err)
	}
	if got := sketch(c.Term()); got != `$/items/[(== @/a "x")]` {
		t.Error(got)
	}
}

func TestRootFilterIsWhatTheQueryTests(t *testing.T) {
	for condition, want := range map[string]string{"$[?@.a == 1]": "(== @/a 1)", "$.a[?@.b]": "", "$.a == 1": ""} {
		c, err := jsonpath.ParseCondition(condition, jsonpath.RFC9535)
		if err != nil {
			t.Fatal(err)
		}
		got := ""
		if f := c.RootFilter(); f != nil {
			got = sketch(f)
		}
		if got != want {
			t.Errorf("%s: %s", condition, got)
		}
	}
}
