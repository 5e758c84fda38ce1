package expr_test

import (
	"strings"
	"testing"

	"github.com/gobelin-dev/gobelin/internal/expr"
)

func FuzzExpression(f *testing.F) {
	for _, seed := range []string{"$url", "$statusCode", "$inputs.a.b", "$response.body#/a~1b/0", "$response.body.a[0]['x y'].c",
		"$steps.s.outputs.o#/x",
		"$request.header.x-a", "$response.headers.X", "$components.parameters.p", "$sourceDescriptions.s.url", "$inputs.", "$",
		"$response.body#a"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, s string) {
		e, err := expr.Parse(s)
		if err == nil && e.Text != s {
			t.Fatalf("%q was read as %q", s, e.Text)
		}
		if err != nil && err.Error() == "" {
			t.Fatal("an error without a message")
		}
		expr.LooksLike(s)
	})
}

func FuzzTemplate(f *testing.F) {
	for _, seed := range []string{"Bearer {$inputs.token}", "Bearer $inputs.token.", "{$a}{$inputs.b}", "{{$inputs.x}}",
		"$inputs.a $url, {$url", "plain"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, s string) {
		template := expr.ParseTemplate(s, func(*expr.Expression) bool { return true })
		var b strings.Builder
		for _, part := range template.Parts {
			switch {
			case part.Expr == nil:
				b.WriteString(part.Literal)
			case part.Unbraced:
				b.WriteString(part.Expr.Text)
			default:
				b.WriteString("{" + part.Expr.Text + "}")
			}
		}
		if b.String() != s {
			t.Fatalf("the parts of %q are %q", s, b.String())
		}
		template.Append(nil, func(int, *expr.Expression) (any, bool) { return "v", true })
	})
}

func FuzzCondition(f *testing.F) {
	for _, seed := range []string{"$statusCode == 200", "$a", "!($inputs.a == 'it''s') && $response.body#/x >= 1.5 || $statusCode<300",
		"{$statusCode == 401}",
		"$response.body.a[0].b != null", "$inputs.a == application/json", `$inputs.a == "{$inputs.b}"`, "((((", "true == 'true'",
		"$statusCode = 200"} {
		f.Add(seed)
	}
	values := []any{nil, true, "text", "12", int64(12), 1.5, []any{}, map[string]any{"a": int64(1)}}
	f.Fuzz(func(t *testing.T, s string) {
		c, err := expr.ParseCondition(s)
		if err != nil {
			return
		}
		if last := lastExpression(c.Term()); last > len(c.Expressions()) {
			t.Fatalf("the term has %d expressions, the condition %d", last, len(c.Expressions()))
		}
		not, err := expr.ParseCondition("!(" + s + ")")
		if err != nil {
			return // braces are for a whole condition
		}
		for n := range values {
			of := func(i int) (any, bool) { return values[(i+n)%len(values)], (i+n)%3 != 0 }
			if c.Eval(of) == not.Eval(of) {
				t.Fatalf("%s and its negation are both %t", s, c.Eval(of))
			}
		}
	})
}

// lastExpression is the number of expressions that a term reaches.
func lastExpression(t *expr.Term) int {
	last := 0
	if t.Count > 0 {
		last = t.First + t.Count
	}
	for _, inner := range t.Terms {
		last = max(last, lastExpression(inner))
	}
	return last
}
