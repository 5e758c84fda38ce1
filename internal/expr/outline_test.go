package expr_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/gobelin-dev/gobelin/internal/expr"
)

func sketch(c *expr.Condition, t *expr.Term) string {
	if t.Operator != "" {
		var inner []string
		for _, operand := range t.Terms {
			inner = append(inner, sketch(c, operand))
		}
		return "(" + t.Operator + " " + strings.Join(inner, " ") + ")"
	}
	if t.Count == 0 {
		return fmt.Sprintf("%#v", t.Literal)
	}
	var texts []string
	for _, e := range c.Expressions()[t.First : t.First+t.Count] {
		texts = append(texts, e.Text)
	}
	text := strings.Join(texts, "+")
	if t.Embedded {
		return "text(" + text + ")"
	}
	return text
}

func TestTermShowsTheParts(t *testing.T) {
	for condition, want := range map[string]string{
		"$statusCode == 200": "(== $statusCode 200)",
		"$statusCode==200 || !($statusCode > 299) && $inputs.a": "(|| (== $statusCode 200) (&& (! (> $statusCode 299)) $inputs.a))",
		"$response.body#/a == 'x{$inputs.b}y{$inputs.c}'":       "(== $response.body#/a text($inputs.b+$inputs.c))",
		"$response.body#/a != null":                             "(!= $response.body#/a <nil>)",
		"($inputs.a == 1) == true":                              "(== (== $inputs.a 1) true)",
	} {
		c, err := expr.ParseCondition(condition)
		if err != nil {
			t.Fatal(err)
		}
		if got := sketch(c, c.Term()); got != want {
			t.Errorf("%s is %s, want %s", condition, got, want)
		}
	}
}
