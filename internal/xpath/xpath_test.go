package xpath_test

import (
	"fmt"
	"os"
	"runtime"
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

// tooMuch are the expressions that exceed the limit on the documents of
// TestBounds.
var tooMuch = []struct{ doc, xpath string }{
	{"list", "//a/preceding::a/preceding::a"},
	{"list", "//a[//a[//a = 'x']]"},
	{"list", "//a[contains(string(/), 'x')]"},
	{"list", "//a != //a and //a[. = //a]/following::a > //a"},
	{"list", "count(for $a in //a, $b in //a return 1)"},
	{"list", "some $a in //a, $b in //a satisfies $a is $b/.."},
	{"list", "//a[matches(string(/), 'x.y')]"},
	{"list", "let $a := //a, $b := ($a, $a, $a, $a), $c := ($b, $b, $b, $b), $d := ($c, $c, $c, $c), $e := ($d, $d, $d, $d) return " +
		"($e, $e)"},
	{"list", "count(1 to 1000000)"},
	{"list", "let $n := xs:decimal('0." + strings.Repeat("9", 1900) + "') return (1 to 1000000) ! string($n)"},
	{"list", "let $n := xs:decimal('0." + strings.Repeat("9", 1900) + "') return (1 to 1000000) ! ($n + .)"},
	{"list", "(1 to 1000000) ! matches('b', concat('a{1,999}', .))"},
	{"text", "let $t := string(/), $b := concat($t, $t, $t, $t), $c := concat($b, $b, $b, $b) return concat($c, $c)"},
	{"text", "let $t := string(/) return string-join((1 to 1000) ! $t, '')"},
	{"text", "replace(/, 'a', 'more than there was before')"},
	{"text", "replace(/, '(a+)', '$1$1$1$1$1$1$1$1$1$1$1$1$1$1$1$1$1$1$1$1')"},
	{"text", "replace(/, 'a.*z|a', 'b')"},
	{"text", "matches(/, '(a{1,200} ?){1,5}b')"},
	{"text", "let $t := string(/) return (1 to 1000000) ! translate($t, 'a', 'b')"},
	{"text", "let $t := string(/) return (1 to 1000000) ! translate('a', $t, 'b')"},
	{"text", "let $t := string(/) return (1 to 1000000) ! normalize-space($t)"},
	{"text", "let $t := string(/) return (1 to 1000000) ! upper-case($t)"},
	{"text", "let $t := string(/) return (1 to 1000000) ! tokenize($t)"},
	{"text", "let $t := string(/) return (1 to 1000000) ! encode-for-uri($t)"},
	{"text", "let $t := string(/) return (1 to 1000000) ! substring($t, 1000000)"},
	{"text", "let $t := string(/), $u := concat($t, '') return (1 to 1000000) ! ($t = $u)"},
	{"text", "let $t := string(/) return distinct-values((1 to 1000000) ! $t)"},
	{"text", "let $d := (/) return (1 to 1000000) ! deep-equal($d, $d)"},
	{"digits", "let $t := string(/) return (1 to 1000000) ! number($t)"},
	{"deep", "data(//a)"},
	{"deep", "//a"},
}

// TestBounds exceeds the limits of an evaluation: in time, and in memory before
// its size is known.
func TestBounds(t *testing.T) {
	defer xpath.LimitVisits(1 << 20)()
	text := strings.Repeat("aaaaaaa ", 1<<17)
	docs := map[string]string{
		"list":   "<r>" + strings.Repeat("<a>some text</a>", 20000) + "</r>",
		"text":   "<r>" + text + "</r>",
		"digits": "<r>" + strings.Repeat("1", 1<<20) + "</r>",
		"deep":   strings.Repeat("<a>", 900) + text + strings.Repeat("</a>", 900),
	}
	for _, c := range tooMuch {
		e, err := xpath.CompileVersion(c.xpath, "")
		if err != nil {
			t.Fatal(err)
		}
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		_, err = e.Value(docs[c.doc])
		runtime.ReadMemStats(&after)
		if err == nil || !strings.Contains(err.Error(), "visits more than") && !strings.Contains(err.Error(), "a text is longer") {
			t.Errorf("%s: %v", c.xpath, err)
		}
		if took := (after.TotalAlloc - before.TotalAlloc) >> 20; took > 256 && !raceDetector {
			t.Errorf("%s takes %d MB", c.xpath, took)
		}
	}
	e, err := xpath.CompileVersion("//a", "xpath-10")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := e.Set(docs["list"], text); err == nil || !strings.Contains(err.Error(), "a text is longer") {
		t.Errorf("a long text was set: %v", err)
	}
	if _, err := xpath.CompileVersion(strings.Repeat("(", 300)+"1"+strings.Repeat(")", 300), ""); err == nil {
		t.Error("nested without an end")
	}
}

// TestWithinBounds has expressions that are usual for a large document.
func TestWithinBounds(t *testing.T) {
	list := "<r>" + strings.Repeat("<a>some text</a>", 20000) + "</r>"
	text := "<r>" + strings.Repeat("words, and more words, ", 1<<16) + "</r>"
	for _, c := range []struct{ doc, xpath string }{
		{list, "count(distinct-values((1 to 20000) ! string())) = 20000 and count(//a) = 20000"},
		{list, "count(//a[. = 'some text']) = 20000 and count(//a[position() mod 2 = 0]) = 10000"},
		{text, "contains(/, 'more') and matches(/, '^words(, and more words, words)+') and not(matches(/, 'none'))"},
		{text, "string-length(replace(/, 'more', 'no')) = 65536 * 21 and count(tokenize(/, ', ')) = 131073"},
		{text, "contains(translate(/, 'wm', 'WM'), 'More Words') and contains(upper-case(normalize-space(/)), 'MORE')"},
	} {
		e, err := xpath.CompileVersion(c.xpath, "")
		if err != nil {
			t.Fatal(err)
		}
		if ok, err := e.Test(c.doc); !ok || err != nil {
			t.Errorf("%s: %t %v", c.xpath, ok, err)
		}
	}
}

// TestDepth has documents that are deep, and some that only seem to be.
func TestDepth(t *testing.T) {
	e, err := xpath.CompileVersion("//b", "")
	if err != nil {
		t.Fatal(err)
	}
	nested := func(n int, open string) string { return strings.Repeat(open, n) + "<b/>" + strings.Repeat("</a>", n) }
	for doc, deep := range map[string]bool{
		nested(999, "<a>"): false, nested(1000, "<a>"): true, nested(100000, "<a>/>"): true,
		"<a><![CDATA[" + strings.Repeat("<a ", 2000) + "]]><b/></a>": false,
		"<a><!--" + strings.Repeat("<a ", 2000) + "--><b/></a>":      false,
	} {
		passed, err := e.Test(doc)
		if passed == deep || deep != (err != nil && strings.Contains(err.Error(), "1000 levels deep")) {
			t.Errorf("%.40s…: %t %v", doc, passed, err)
		}
	}
}

// TestValue has the kinds of values.
func TestValue(t *testing.T) {
	const doc = `<o><id>1</id><x a="b"/><x/></o>`
	for expr, want := range map[string]any{
		"/o/id": "1", "//x": []any{"", ""}, "//none": nil, "//x/@a": "b", "count(//x)": int64(2), "1 div 4": 0.25,
		"true()": true, "'s'": "s", "(1, 2)": []any{int64(1), int64(2)}, "1.5": 1.5, "10 div 4": 2.5, "data(//x/@a)": "b", "()": nil,
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

// FuzzTest looks for expressions and documents that cause a panic.
func FuzzTest(f *testing.F) {
	f.Add("count(//a[@b='c']) > 1 or not(./d)", `<r><a b="c"/><d/></r>`)
	f.Add("let $a := (1 to 3) return replace(string-join($a, '-'), '[0-9](-)?', '$1') => contains('--')", "<r/>")
	f.Add("/r/*[position()=last()]/text()", "<r>")
	f.Add("//p:x | ..", `<r xmlns:p="u"/>`)
	f.Fuzz(func(t *testing.T, expr, doc string) {
		for _, version := range []string{"xpath-10", "xpath-31"} {
			if e, err := xpath.CompileVersion(expr, version); err == nil {
				_, _ = e.Test(doc) // only that it comes back
			}
		}
	})
}
