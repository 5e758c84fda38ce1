package xpath_test

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/gobelin-dev/gobelin/internal/tree"
	"github.com/gobelin-dev/gobelin/internal/xpath"
)

func TestXPath(t *testing.T) {
	data, err := os.ReadFile("testdata/xpath.yaml")
	if err != nil {
		t.Fatal(err)
	}
	root, err := tree.Parse(data)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range root.Get("cases").Items {
		text := c.Get("xpath").Str()
		t.Run(fmt.Sprintf("line %d %s", c.Line, text), func(t *testing.T) {
			passed := false
			e, err := xpath.Compile(text)
			if err == nil {
				passed, err = e.Test(root.Get("document").Str())
			}
			if want := c.Get("error"); want != nil {
				if err == nil || !strings.Contains(err.Error(), want.Text) {
					t.Fatalf("%t, %v; an error with %q is wanted", passed, err, want.Text)
				}
				return
			}
			if err != nil || passed != c.Get("pass").True() {
				t.Errorf("%t %v", passed, err)
			}
		})
	}
}

func TestSet(t *testing.T) {
	const doc = `<o><id>1</id><x a="b"/></o>`
	for expr, want := range map[string]string{
		"/o/id":  `<o><id>&lt;2&gt;</id><x a="b"></x></o>`,
		"//x/@a": `<o><id>1</id><x a="&lt;2&gt;"></x></o>`,
	} {
		got, err := xpath.Set(doc, expr, "<2>")
		if err != nil || got != want {
			t.Errorf("%s: %s %v", expr, got, err)
		}
	}
	if _, err := xpath.Set(doc, "//none", "2"); err == nil {
		t.Error("a target that does not exist was set")
	}
}

func TestLiteral(t *testing.T) {
	for _, text := range []string{"a", "it's", `say "x"`, `it's "x"`, "' or true() or '"} {
		e, err := xpath.Compile("string(/a) = " + xpath.Literal(text))
		if err != nil {
			t.Fatal(err)
		}
		passed, err := e.Test("<a>" + text + "</a>")
		if err != nil || !passed {
			t.Errorf("%s: %t %v", text, passed, err)
		}
	}
}

// FuzzTest looks for expressions and documents that are not survived.
func FuzzTest(f *testing.F) {
	f.Add("count(//a[@b='c']) > 1 or not(./d)", `<r><a b="c"/><d/></r>`)
	f.Add("/r/*[position()=last()]/text()", "<r>")
	f.Add("//p:x | ..", `<r xmlns:p="u"/>`)
	f.Fuzz(func(t *testing.T, expr, doc string) {
		if e, err := xpath.Compile(expr); err == nil {
			_, _ = e.Test(doc) // only that it comes back
		}
	})
}
