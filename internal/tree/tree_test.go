package tree

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestCoreSchema(t *testing.T) {
	const text = `
date: 2023-06-01
yes: yes
octal: 0o17
hex: 0x1F
plus: +12
zeros: 007
point: .5
trailing: 1.
exponent: 1e3
underscore: 1_000
null: ~
empty:
bool: TRUE
quoted: "5"
tagged: !!str 5
block: |
  a
  b
big: 123456789012345678901234567890
`
	n, err := Parse([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]string{}
	for _, m := range n.Members {
		got[m.Name] = fmt.Sprint(m.Value.Kind, " ", m.Value.Text)
	}
	want := map[string]string{
		"date": "a string 2023-06-01", "yes": "a string yes", "octal": "a number 15", "hex": "a number 31", "plus": "a number 12",
		"zeros": "a number 7",
		"point": "a number 0.5", "trailing": "a number 1.0", "exponent": "a number 1.0e3", "underscore": "a string 1_000",
		"null": "null ", "empty": "null ",
		"bool": "a boolean true", "quoted": "a string 5", "tagged": "a string 5", "block": "a string a\nb\n",
		"big": "a number 123456789012345678901234567890",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestPositions(t *testing.T) {
	for _, text := range []string{"{\n  \"ä\": 1, \"b\": [true,\n    \"x\"]\n}", "\n  \nä: 1\nb:\n  - true\n  - x"} {
		n, err := Parse([]byte(text))
		if err != nil {
			t.Fatal(err)
		}
		x := n.At("/b/1")
		lines := strings.Split(text, "\n")
		if at := []rune(lines[x.Line-1])[x.Column-1:]; !strings.HasPrefix(strings.TrimPrefix(string(at), `"`), "x") {
			t.Errorf("%q: x is not at %d:%d", text, x.Line, x.Column)
		}
	}
}

func TestSurrogatePairsInJSON(t *testing.T) {
	n, err := Parse([]byte(`{"a": "\ud83d\ude00"}`))
	if err != nil || n.Get("a").Str() != "😀" {
		t.Errorf("%v %v", n.Get("a"), err)
	}
}

func TestRefused(t *testing.T) {
	deep := strings.Repeat("[", 2000)
	bomb := "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n"
	for i := range 8 {
		bomb += fmt.Sprintf("a%d: &a%d [%s]\n", i+1, i+1, strings.TrimSuffix(strings.Repeat(fmt.Sprintf("*a%d, ", i), 10), ", "))
	}
	mergeBomb := "a: &a {b: [" + strings.Repeat("x,", 10_000) + "]}\nb: {<<: [" + strings.Repeat("*a, ", 1_000) + "]}\n"
	deepAliases := "a0: &a0 x\n"
	for i := range 4 {
		deepAliases += fmt.Sprintf("a%d: &a%d %s*a%d%s\n", i+1, i+1, strings.Repeat("[", 300), i, strings.Repeat("]", 300))
	}
	tests := []struct{ text, want string }{
		{"", "empty"},
		{"a: 1\na: 2\n", `2:1: duplicate key "a", first at line 1`},
		{`{"a":1,"a":2}`, `1:8: duplicate key "a"`},
		{"a: [1\n", "not YAML"},
		{"x: 1\na: [1, 2\nb: 3\n", "2:1: not YAML: did not find expected ',' or ']'"},
		{"a:\n  - b\n c: d\n", "3:1: not YAML: did not find expected key"},
		{"x: 1\n\na: b: c\n", "3:1: not YAML: mapping values"},
		{"a:\n \tb: 1\n", "2:2: not YAML: the line is indented with a tab"},
		{"{\"a\": ]", "1:7: not JSON"},
		{`{"a": 1} {"b": 2}`, "1:10: more than one JSON value"},
		{"a: 1\n---\nb: 2\n", "more than one YAML document"},
		{deep, "1,000 levels"},
		{"a: &a [*a]\n", "inside its own anchor"},
		{bomb, "too many values"},
		{"? [a]\n: b\n", "a key must be a string"},
		{"a: .nan\n", ".nan is not a JSON number"},
		{"a: !!binary aGk=\n", "the tag !!binary does not fit"},
		{"a: \xff", "invalid UTF-8"},
		{"a: 1\n<<: b\n", "2:5: the merge key << merges a mapping or a list of mappings, not a string"},
		{"a: {<<: }\n", "the merge key << merges a mapping or a list of mappings, not null"},
		{"a: &a [x]\nb: {<<: [{c: 1}, *a]}\n", "2:18: the merge key << merges a mapping or a list of mappings, not an array"},
		{"a: &a [{}, [{}]]\nb: {<<: *a}\n", "2:9: the merge key << merges a mapping or a list of mappings, not an array"},
		{"<<: {}\na: 1\n<<: {}\n", `3:1: duplicate key "<<", first at line 1`},
		{"<<: {}\na: 1\na: 2\n", `3:1: duplicate key "a", first at line 2`},
		{"<<: {a: 1, a: 2}\na: 1\n", `1:12: duplicate key "a", first at line 1`},
		{"a: &a {<<: *a}\n", "inside its own anchor"},
		{"a: &a {b: &b {<<: [*a]}}\n", "inside its own anchor"},
		{mergeBomb, "too many values"},
		{deepAliases, "1,000 levels"},
		{"a: !!set {b}\n", "1:4: the tag !!set does not fit a mapping here"},
		{"a: !!omap [b: 1]\n", "1:4: the tag !!omap does not fit a sequence here"},
		{"a: !!pairs\n- b: 1\n", "1:4: the tag !!pairs does not fit a sequence here"},
		{"a: [!mine {b: 1}]\n", "1:5: the tag !mine does not fit a mapping here"},
		{"a: !!str {b: 1}\n", "1:4: the tag !!str does not fit a mapping here"},
		{"a: !!seq {b: 1}\n", "1:4: the tag !!seq does not fit a mapping here"},
		{"a: !!map [b]\n", "1:4: the tag !!map does not fit a sequence here"},
		{"--- !mine\na: 1\n", "1:5: the tag !mine does not fit a mapping here"},
		{"!!set\na:\n", "1:1: the tag !!set does not fit a mapping here"},
		{"{!!binary aGk=: 1}\n", "1:2: the tag !!binary does not fit"},
		{"{<<: 1}\n", "1:6: the merge key << merges"},
		{"{a: 1, a: 2}\n", `1:8: duplicate key "a"`},
		{"{\"a\":\n 1 \xff}", "2:4: invalid UTF-8"},
		{"a:\n  ü \xff", "2:5: invalid UTF-8"},
	}
	for _, test := range tests {
		_, err := Parse([]byte(test.text))
		var syntax *SyntaxError
		if !errors.As(err, &syntax) || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%.40q: %v, want %q", test.text, err, test.want)
		}
	}
}

func TestFromValueTakesEveryGoValue(t *testing.T) {
	type name struct {
		First string `json:"first"`
	}
	self := map[string]any{}
	self["self"] = self
	for _, test := range []struct {
		in   any
		want string
	}{
		{5, "5"}, {[]any{int8(1), []byte("hi"), name{"a"}}, `[1,"aGk=",{"first":"a"}]`}, {map[string]int{"a": 1}, `{"a":1}`},
		{json.Number("1.50"), "1.50"}, {self, "null"}, {make(chan int), "null"},
	} {
		if got := strings.Join(strings.Fields(string(FromValue(test.in).JSON())), ""); got != test.want {
			t.Errorf("%v is %s, want %s", test.in, got, test.want)
		}
	}
}

// TestEveryReaderBoundsTheValues lowers the limit and has each of the readers
// read texts with that many values, and with one more.
func TestEveryReaderBoundsTheValues(t *testing.T) {
	before := leastNodes
	leastNodes = 1000
	t.Cleanup(func() { leastNodes = before })
	zeros := func(n int) string { return strings.Repeat("0, ", n-1) + "0" }
	items := func(n int) string { return strings.Repeat("- 0\n", n) }
	array := func(n int) string { return "[" + zeros(n-1) + "]" }
	names := func(n int) (text string) {
		for i := range n {
			text += fmt.Sprintf(`"%d": 0, `, i)
		}
		return text
	}
	later := quickly // parts are read later
	quickly := func(data []byte) (*Node, error) { return quick(data, whole) }
	outlined := func(o *Outline) func([]byte) (*Node, error) {
		return func(data []byte) (*Node, error) {
			n, err := ParseOutline(data, o)
			if err != nil {
				return nil, err
			}
			for _, m := range n.Members {
				if err := m.Value.Err(); err != nil {
					return nil, err
				}
			}
			return n, n.Err()
		}
	}
	for name, read := range map[string]struct {
		text func(n int) string // has n values and names
		by   func([]byte) (*Node, error)
	}{
		"quick JSON":       {array, quickly},
		"full JSON":        {array, ParseJSON},
		"quick JSON names": {func(n int) string { return "{" + names((n-3)/2) + `"last": [` + []string{"", "0"}[1-n%2] + "]}" }, quickly},
		"full JSON names":  {func(n int) string { return "{" + names((n-3)/2) + `"last": [` + []string{"", "0"}[1-n%2] + "]}" }, ParseJSON},
		"unread JSON":      {func(n int) string { return `{"a": ` + array(n-2) + "}" }, outlined(nil)},
		"peeked JSON":      {func(n int) string { return `{"a": ` + array(n-4) + `, "b": 0}` }, outlined(&Outline{Peek: "b"})},
		"quick YAML":       {func(n int) string { return items(n - 1) }, quickly},
		"quick flow YAML":  {func(n int) string { return "a: " + array(n-2) + "\n" }, quickly},
		"unread YAML":      {func(n int) string { return "a: " + array(n-2) + "\n" }, outlined(nil)},
		"quick empty YAML": {func(n int) string { return strings.Repeat("-\n", n-1) }, quickly},
		"aliases": {func(n int) string {
			return "- &a " + array(n/4-1) + "\n- *a\n- *a\n- *a\n" + items(3+n%4)
		}, Parse},
		"merged": {func(n int) string {
			return "- &a {a: " + array(n/4-3) + "}\n- {<<: *a}\n- {<<: *a}\n- {<<: *a}\n" + items(n%4)
		}, Parse},
	} {
		if name == "unread YAML" && !later {
			continue // the library reads it, with a bound of its own
		}
		if _, err := read.by([]byte(read.text(leastNodes))); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		_, err := read.by([]byte(read.text(leastNodes + 1)))
		var syntax *SyntaxError
		if !errors.As(err, &syntax) || !strings.Contains(err.Error(), "too many values") || syntax.Line < 1 || syntax.Column < 1 {
			t.Errorf("%s: %v", name, err)
		}
	}
	// The library never sees the text, for which it would need gigabytes.
	if _, err := Parse([]byte("a: &a [" + zeros(2000) + "\n")); err == nil || !strings.Contains(err.Error(), "may take more than") {
		t.Error(err)
	}
}

func TestManyKeysAreFast(t *testing.T) {
	var b strings.Builder
	for i := range 100_000 {
		fmt.Fprintf(&b, "k%d: v\n", i)
	}
	n, err := Parse([]byte(b.String()))
	if err != nil || n.Get("k99999").Str() != "v" {
		t.Error(err)
	}
}
