package syntax_test

import (
	"strings"
	"testing"

	"github.com/gobelin-dev/gobelin/internal/syntax"
)

// The place of each text is its "?".
func TestExcerpt(t *testing.T) {
	for _, test := range []struct{ text, line, caret string }{
		{"a = ?b", "a = ?b", "    ^"},
		{"", "", "^"},
		{"\ta\t?", "\ta\t?", "\t \t^"},
		{"日本?", "日本?", "    ^"},
		{"é\u0301?", "é\u0301?", " ^"},
		{"first\nse?cond\nthird", "se?cond", "  ^"},
		{"first\r\nse?cond\r\nthird", "se?cond", "  ^"},
		{"\x1b[31m?", "\uFFFD[31m?", "     ^"},
		{"a\xff?", "a\uFFFD?", "  ^"},
	} {
		if got, want := syntax.Excerpt(test.text, max(0, strings.Index(test.text, "?"))), test.line+"\n"+test.caret; got != want {
			t.Errorf("%q:\n%s\nwant\n%s", test.text, got, want)
		}
	}
}

// A place outside of the text, or inside of a character, is the nearest one.
func TestExcerptIsBounded(t *testing.T) {
	for offset, want := range map[int]string{-1: "a日\n^", 2: "a日\n ^", 4: "a日\n   ^", 99: "a日\n   ^"} {
		if got := syntax.Excerpt("a日", offset); got != want {
			t.Errorf("%d:\n%s\nwant\n%s", offset, got, want)
		}
	}
	if got, want := syntax.Excerpt("a\r\nb", 2), "a\n ^"; got != want {
		t.Errorf("at a line end:\n%s", got)
	}
}

func TestError(t *testing.T) {
	err := &syntax.Error{Text: "a b", Offset: 2, Message: "unexpected b"}
	if got, want := err.Error(), "unexpected b\na b\n  ^"; got != want {
		t.Errorf("%s\nwant\n%s", got, want)
	}
}
