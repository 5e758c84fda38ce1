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
	for _, file := range []string{"xpath", "later"} {
		t.Run(file, func(t *testing.T) { testFile(t, "testdata/"+file+".yaml") })
	}
}

func testFile(t *testing.T, file string) {
	data, err := os.ReadFile(file)
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
			e, err := xpath.CompileVersion(text, c.Get("version").Str())
			doc := root.Get("document").Str()
			if own := root.Get("documents").Get(c.Get("doc").Str()); own != nil {
				doc = own.Text
			}
			if err == nil {
				passed, err = e.Test(doc)
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
		e, err := xpath.CompileVersion(expr, "")
		if err != nil {
			t.Fatal(err)
		}
		got, err := e.Set(doc, "<2>")
		if err != nil || got != want {
			t.Errorf("%s: %s %v", expr, got, err)
		}
	}
	for _, expr := range []string{"//none", "'text'", "//id/text()", "(//id, 1)"} {
		e, err := xpath.CompileVersion(expr, "")
		if err != nil {
			t.Fatal(err)
		}
		if got, err := e.Set(doc, "2"); err == nil {
			t.Errorf("%s was set: %s", expr, got)
		}
	}
	if e, _ := xpath.CompileVersion("//id", ""); e.String() != "//id" || (*xpath.Expr)(nil).String() != "" {
		t.Error(e)
	}
}

// TestPieces has values that would be syntax if they were text.
func TestPieces(t *testing.T) {
	for _, version := range []string{"xpath-10", "xpath-20", "xpath-31"} {
		for _, text := range []string{"a", "it's", `say "x"`, `it's "x"`, "' or true() or '", `\' or '1'='1`, "(: ", ":)", "]"} {
			for _, around := range []string{"", "'", `"`} {
				e, err := xpath.CompilePieces([]xpath.Piece{
					{Text: `'\' != 'b' and string(/a) = ` + around}, {Text: "{$inputs.s}", Embedded: true, Value: text}, {Text: around},
				}, version)
				if err != nil {
					t.Fatal(err)
				}
				passed, err := e.Test("<a>" + text + "</a>")
				if err != nil || !passed {
					t.Errorf("%s %s: %t %v", version, text, passed, err)
				}
			}
		}
	}
}

// TestBounds asks for more than an evaluation may take.
func TestBounds(t *testing.T) {
	doc := "<r>" + strings.Repeat("<a>some text</a>", 20000) + "</r>"
	for _, text := range []string{
		"//a/preceding::a/preceding::a", "//a[//a[//a = 'x']]", "//a[contains(string(/), 'x')]", "//a != //a and //a[. = //a]/following::a > //a",
		"count(for $a in //a, $b in //a return 1)", "some $a in //a, $b in //a satisfies $a is $b/..", "//a[matches(string(/), 'x.y')]",
		"let $a := string(/), $b := concat($a, $a, $a, $a), $c := concat($b, $b, $b, $b), $d := concat($c, $c, $c, $c), $e := concat($d, $d, $d, $d) return concat($e, $e, $e)",
		"let $a := //a, $b := ($a, $a, $a, $a), $c := ($b, $b, $b, $b), $d := ($c, $c, $c, $c), $e := ($d, $d, $d, $d) return ($e, $e)",
	} {
		e, err := xpath.CompileVersion(text, "")
		if err != nil {
			t.Fatal(err)
		}
		if _, err := e.Test(doc); err == nil || !strings.Contains(err.Error(), "visits more than") && !strings.Contains(err.Error(), "a text is longer") {
			t.Errorf("%s: %v", text, err)
		}
	}
	if _, err := xpath.CompileVersion(strings.Repeat("(", 300)+"1"+strings.Repeat(")", 300), ""); err == nil {
		t.Error("nested without an end")
	}
	if e, err := xpath.CompileVersion("count(distinct-values((1 to 20000) ! string())) = 20000 and count(//a) = 20000", ""); err != nil {
		t.Error(err)
	} else if ok, err := e.Test(doc); !ok || err != nil {
		t.Error(ok, err)
	}
}

// TestValue has the kinds of values.
func TestValue(t *testing.T) {
	const doc = `<o><id>1</id><x a="b"/><x/></o>`
	for expr, want := range map[string]any{
		"/o/id": "1", "//x": []any{"", ""}, "//none": nil, "//x/@a": "b", "count(//x)": int64(2), "1 div 4": 0.25, "true()": true, "'s'": "s", "(1, 2)": []any{int64(1), int64(2)}, "1.5": 1.5, "10 div 4": 2.5, "data(//x/@a)": "b", "()": nil,
	} {
		e, err := xpath.CompileVersion(expr, "")
		if err != nil {
			t.Fatal(err)
		}
		if got, err := e.Value(doc); err != nil || fmt.Sprintf("%T %v", got, got) != fmt.Sprintf("%T %v", want, want) {
			t.Errorf("%s: %v %v", expr, got, err)
		}
	}
	for _, expr := range []string{"1 div 0", "sum('1')", "//q:x", "1 div 0e0"} {
		e, err := xpath.CompileVersion(expr, "")
		if err != nil {
			t.Fatal(err)
		}
		if got, err := e.Value(doc); err == nil {
			t.Errorf("%s: %v", expr, got)
		}
	}
}

// FuzzTest looks for expressions and documents that are not survived.
func FuzzTest(f *testing.F) {
	f.Add("count(//a[@b='c']) > 1 or not(./d)", `<r><a b="c"/><d/></r>`)
	f.Add("/r/*[position()=last()]/text()", "<r>")
	f.Add("//p:x | ..", `<r xmlns:p="u"/>`)
	f.Fuzz(func(t *testing.T, expr, doc string) {
		if e, err := xpath.CompileVersion(expr, ""); err == nil {
			_, _ = e.Test(doc) // only that it comes back
		}
	})
}
