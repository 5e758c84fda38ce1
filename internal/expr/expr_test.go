package expr_test

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/gobelin-dev/gobelin/internal/expr"
	"github.com/gobelin-dev/gobelin/internal/syntax"
	"github.com/gobelin-dev/gobelin/internal/tree"
	"github.com/google/go-cmp/cmp"
)

func cases(t *testing.T, file string, run func(t *testing.T, c *tree.Node)) {
	t.Helper()
	data, err := os.ReadFile("testdata/" + file)
	if err != nil {
		t.Fatal(err)
	}
	root, err := tree.Parse(data)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range root.Items {
		t.Run(fmt.Sprintf("%s line %d", c.Get("ruling").Str(), c.Line), func(t *testing.T) { run(t, c) })
	}
}

// failsAt checks an error against a case that wants one; true when the case is done.
func failsAt(t *testing.T, c *tree.Node, err error) bool {
	t.Helper()
	want := c.Get("error")
	if want == nil {
		if err != nil {
			t.Fatal(err)
		}
		return false
	}
	var invalid *syntax.Error
	if !errors.As(err, &invalid) || int64(invalid.Offset) != want.Value() {
		t.Fatalf("want an error at %s: %v", want.Text, err)
	}
	return true
}

func texts(n *tree.Node) []string {
	var list []string
	if n != nil {
		for _, item := range n.Items {
			list = append(list, item.Text)
		}
	}
	return list
}

func names(notes []expr.Note) []string {
	var list []string
	for _, n := range notes {
		list = append(list, string(n))
	}
	return list
}

func TestConditions(t *testing.T) {
	cases(t, "conditions.yaml", func(t *testing.T, c *tree.Node) {
		condition, err := expr.ParseCondition(c.Get("condition").Str())
		if failsAt(t, c, err) {
			return
		}
		values, _ := c.Get("values").Value().(map[string]any)
		var missing []string
		passed := condition.Eval(func(i int) (any, bool) {
			e := condition.Expressions()[i]
			v, ok := values[e.Text]
			if !ok {
				missing = append(missing, e.Text)
			}
			return v, ok
		})
		if passed != c.Get("pass").True() {
			t.Errorf("%s passes: %t", condition, passed)
		}
		if diff := cmp.Diff(texts(c.Get("missing")), missing); diff != "" {
			t.Errorf("missing (-want +got):\n%s", diff)
		}
		if diff := cmp.Diff(texts(c.Get("notes")), names(condition.Notes())); diff != "" {
			t.Errorf("notes (-want +got):\n%s", diff)
		}
		text, written := condition.String(), condition.Expressions()
		for forms := condition.Forms(); len(forms) > 0; forms = condition.Forms() {
			text = text[:forms[0].Start] + forms[0].Text + text[forms[0].End:]
			if condition, err = expr.ParseCondition(text); err != nil {
				t.Fatalf("corrected to %s: %v", text, err)
			}
		}
		again := condition.Eval(func(i int) (any, bool) {
			v, ok := values[written[i].Text]
			return v, ok
		})
		if again != passed && c.Get("notes") != nil {
			t.Errorf("corrected to %s it passes: %t", text, again)
		}
	})
}

func TestCorrections(t *testing.T) {
	tests := []struct{ text, want string }{
		{"$response.headers.X-A", "$response.header.X-A"},
		{"$response.body#name", "$response.body#/name"},
		{"$response.body.a['b/c'][0].1", "$response.body#/a/b~1c/0/1"},
		{"$response.body#a.b", "$response.body#/a.b"},
		{"$inputs.list[0].x", "$inputs.list#/0/x"},
		{"$response.body#/a/b", "$response.body#/a/b"},
	}
	for _, test := range tests {
		text := test.text
		for range 4 {
			e, err := expr.Parse(text)
			if err != nil {
				t.Fatalf("%s: %v", text, err)
			}
			if len(e.Forms) == 0 {
				break
			}
			text = text[:e.Forms[0].Start] + e.Forms[0].Text + text[e.Forms[0].End:]
		}
		if text != test.want {
			t.Errorf("%s is corrected to %s, want %s", test.text, text, test.want)
		}
	}
	const embedded = "it {$response.headers.X} and $response.body.a, yes"
	parsed := expr.ParseTemplate(embedded, func(*expr.Expression) bool { return true })
	for _, e := range parsed.Expressions() {
		if !strings.HasPrefix(embedded[e.Offset:], e.Text) || embedded[e.Forms[0].Start-1] != '.' && embedded[e.Forms[0].Start] != '.' {
			t.Errorf("%s is at %d, its form at %d", e.Text, e.Offset, e.Forms[0].Start)
		}
	}
}

func TestExpressions(t *testing.T) {
	sources := map[string]expr.Source{"": expr.NoSource, "header": expr.Header, "query": expr.Query, "path": expr.Path, "body": expr.Body}
	cases(t, "expressions.yaml", func(t *testing.T, c *tree.Node) {
		e, err := expr.Parse(c.Get("text").Str())
		if failsAt(t, c, err) {
			return
		}
		access := ""
		for _, a := range e.Access {
			if a.IsIndex {
				access += fmt.Sprintf("[%d]", a.Index)
			} else {
				access += "." + a.Name
			}
		}
		if e.Root.String() != c.Get("root").Str() || e.Source != sources[c.Get("source").Str()] || e.Name != c.Get("name").Str() ||
			access != c.Get("access").Str() {
			t.Errorf("%+v", e)
		}
		if e.HasPointer != (c.Get("pointer") != nil) || !slices.Equal(e.Pointer, texts(c.Get("pointer"))) {
			t.Errorf("pointer %q", e.Pointer)
		}
		if diff := cmp.Diff(texts(c.Get("notes")), names(e.Notes)); diff != "" {
			t.Errorf("notes (-want +got):\n%s", diff)
		}
	})
}

func TestTemplates(t *testing.T) {
	cases(t, "templates.yaml", func(t *testing.T, c *tree.Node) {
		words := texts(c.Get("words"))
		template := expr.ParseTemplate(c.Get("text").Str(), func(e *expr.Expression) bool { return slices.Contains(words, e.Text) })
		values, _ := c.Get("values").Value().(map[string]any)
		got := string(template.Append(nil, func(_ int, e *expr.Expression) (any, bool) {
			v, ok := values[e.Text]
			return v, ok
		}))
		if got != c.Get("want").Str() {
			t.Errorf("%q", got)
		}
		if n, _ := c.Get("bad").Value().(int64); int64(len(template.BadEmbeddings())) != n {
			t.Errorf("bad embeddings: %v", template.BadEmbeddings())
		}
	})
}

func BenchmarkCondition(b *testing.B) {
	c, err := expr.ParseCondition("$statusCode == 200 && $response.body#/status != 'failed'")
	if err != nil {
		b.Fatal(err)
	}
	values := []any{int64(200), "ended"}
	operand := func(i int) (any, bool) { return values[i], true }
	b.ReportAllocs()
	for b.Loop() {
		c.Eval(operand)
	}
}

func ExampleParse() {
	e, err := expr.Parse("$steps.create.outputs.batch#/id")
	fmt.Println(e.Root, e.Name, e.Pointer, err)
	// Output: $steps create.outputs.batch [id] <nil>
}

func ExampleParseTemplate() {
	t := expr.ParseTemplate("Bearer {$inputs.token}", nil)
	fmt.Printf("%s\n", t.Append(nil, func(int, *expr.Expression) (any, bool) { return "abc", true }))
	// Output: Bearer abc
}

func ExampleParseCondition() {
	c, err := expr.ParseCondition("$statusCode == 200")
	if err != nil {
		panic(err)
	}
	fmt.Println(c.Eval(func(int) (any, bool) { return int64(200), true }))

	_, err = expr.ParseCondition("$statusCode = 200")
	fmt.Println(err)
	// Output:
	// true
	// "=" is not an operator; write ==
	// $statusCode = 200
	//             ^
}
