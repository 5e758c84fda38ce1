package tree

import (
	"strings"
	"testing"
)

// scalars returns every string of a document with its place.
const scalars = `plain: a b $c
lines: one
  two

  three
'single': 'it''s $x'
folded single: 'a
  b

  c'
double: "tab\there \u00e9 \" $x"
continued: "a\
  b"
literal: |
  if $x
    deeper

  end
strip: |-
  one
  two
keep: |+
  one

folded: >-
  one
  two

    more
  end
indicator: |2
    two more
anchored: &a !!str "tagged"
flow: {a: 'x', b: [y z, "q"], c: plain}
ümläut: ä $x
`

func eachString(n *Node, do func(*Node)) {
	if n.Kind == String {
		do(n)
	}
	for _, item := range n.Items {
		eachString(item, do)
	}
	for _, m := range n.Members {
		do(&Node{Kind: String, Text: m.Name, Line: m.Line, Column: m.Column})
		eachString(m.Value, do)
	}
}

func checkScalars(t *testing.T, data string) {
	t.Helper()
	root, err := Parse([]byte(data))
	if err != nil {
		t.Fatal(err)
	}
	text := NewText([]byte(data))
	eachString(root, func(n *Node) {
		s := text.Scalar(text.Offset(n.Line, n.Column), n.Text)
		if s == nil {
			t.Errorf("%d:%d: %q is not found", n.Line, n.Column, n.Text)
			return
		}
		for i, c := range []byte(n.Text) {
			at := s.Offset(i)
			if at < s.Start || at > s.End || i > 0 && at < s.Offset(i-1) {
				t.Errorf("%q: byte %d at %d", n.Text, i, at)
			}
			if c == '$' && data[at] != '$' {
				t.Errorf("%q: the $ is not at %d", n.Text, at)
			}
		}
	})
}

func TestScalars(t *testing.T) {
	checkScalars(t, scalars)
	checkScalars(t, strings.ReplaceAll(scalars, "\n", "\r\n"))
	checkScalars(t, "\ufeff"+scalars)
	checkScalars(t, "{\n  \"a\": \"\\ud83d\\ude00 \\/ \\\" $x\", \"ä\": [\"ü$\"]}")
}

func TestScalarReplace(t *testing.T) {
	tests := []struct{ document, old, new, want string }{
		{"a: Bearer $x", "$x", "{$x}", "a: Bearer {$x}"},
		{"a: $x b # c", "$x", "{$x}", "a: '{$x} b' # c"},
		{"a: [Bearer $x]", "$x", "{$x}", "a: ['Bearer {$x}']"},
		{"a: 'it''s $x'", "$x", "'y'", "a: 'it''s ''y'''"},
		{`a: "\t$x"`, "$x", `"y"`, `a: "\t\"y\""`},
		{"a: >-\n  one\n  $x\n", "$x", "'y'", "a: >-\n  one\n  'y'\n"},
		{"a: |\n  $x\n  two\n", "$x", "'y'", "a: |\n  'y'\n  two\n"},
		{"a: one\n  $x b", "$x", "y: z", "a: 'one y: z b'"},
		{`{"a": "\u0024x é $x"}`, "é $x", "\"'y'", `{"a": "\u0024x \"'y'"}`},
		{"a: $x\nb: 1", "$x", "12", "a: '12'\nb: 1"},
	}
	for _, test := range tests {
		root, err := Parse([]byte(test.document))
		if err != nil {
			t.Fatal(err)
		}
		n, text := root.Get("a"), NewText([]byte(test.document))
		flow := n.Kind == Array
		if flow {
			n = n.Items[0]
		}
		s := text.Scalar(text.Offset(n.Line, n.Column), n.Text)
		start := strings.Index(n.Text, test.old)
		from, to, written, ok := s.Replace(start, start+len(test.old), test.new, flow)
		got := test.document[:from] + written + test.document[to:]
		if !ok || got != test.want {
			t.Errorf("%q: %q, %v, want %q", test.document, got, ok, test.want)
			continue
		}
		again, err := Parse([]byte(got))
		if err != nil {
			t.Error(err)
			continue
		}
		value := again.Get("a")
		if flow {
			value = value.Items[0]
		}
		if want := strings.Replace(n.Text, test.old, test.new, 1); value.Text != want || value.Kind != String {
			t.Errorf("%q: the value is %q, want %q", got, value.Text, want)
		}
	}
}

func TestTextPlaces(t *testing.T) {
	text := NewText([]byte("\ufeffä: 1\r\nb: ü\n"))
	for _, test := range []struct{ line, column, offset int }{{1, 1, 3}, {1, 2, 5}, {2, 1, 10}, {2, 5, 15}, {3, 1, 16}} {
		if got := text.Offset(test.line, test.column); got != test.offset {
			t.Errorf("%d:%d is at %d, want %d", test.line, test.column, got, test.offset)
		}
		if line, column := text.Place(test.offset); line != test.line || column != test.column {
			t.Errorf("%d is %d:%d, want %d:%d", test.offset, line, column, test.line, test.column)
		}
	}
	if text.Line(1) != "ä: 1" || text.Line(2) != "b: ü" || text.Line(3) != "" || text.Line(9) != "" {
		t.Errorf("%q %q", text.Line(1), text.Line(2))
	}
}

func FuzzScalars(f *testing.F) {
	f.Add(scalars)
	f.Add(`{"a": "\u0041"}`)
	f.Fuzz(func(t *testing.T, data string) {
		root, err := Parse([]byte(data))
		if err != nil {
			return
		}
		text := NewText([]byte(data))
		eachString(root, func(n *Node) {
			if s := text.Scalar(text.Offset(n.Line, n.Column), n.Text); s != nil {
				for i := range n.Text {
					if at := s.Offset(i); at < s.Start || at > s.End {
						t.Fatalf("%q: byte %d at %d", n.Text, i, at)
					}
				}
			}
		})
	})
}
