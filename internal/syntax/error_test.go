package syntax_test

import (
	"strings"
	"testing"

	"github.com/gobelin-dev/gobelin/internal/syntax"
)

// The position in each text is its "?".
func TestError(t *testing.T) {
	for _, test := range []struct{ text, line, caret string }{
		{"a = ?b", "a = ?b", "    ^"},
		{"", "", "^"},
		{"\ta\t?", "\ta\t?", "\t \t^"},
		{"日本?", "日本?", "    ^"},
		{"e\u0301?", "e\u0301?", " ^"},
		{"first\nse?cond\nthird", "se?cond", "  ^"},
		{"first\r\nse?cond\r\nthird", "se?cond", "  ^"},
		{"\x1b[31m?", "\uFFFD[31m?", "     ^"},
		{"a\xff?", "a\uFFFD?", "  ^"},
	} {
		err := &syntax.Error{Text: test.text, Offset: max(0, strings.Index(test.text, "?")), Message: "unexpected ?"}
		if got, want := err.Error(), "unexpected ?\n"+test.line+"\n"+test.caret; got != want {
			t.Errorf("%q:\n%s\nwant\n%s", test.text, got, want)
		}
	}
}

// A position outside the line, or inside a character, is moved to the nearest
// one.
func TestErrorIsBounded(t *testing.T) {
	for _, test := range []struct {
		text   string
		offset int
		want   string
	}{
		{"a日", -1, "a日\n^"},
		{"a日", 2, "a日\n ^"},
		{"a日", 4, "a日\n   ^"},
		{"a日", 99, "a日\n   ^"},
		{"a\r\nb", 2, "a\n ^"},
	} {
		err := &syntax.Error{Text: test.text, Offset: test.offset, Message: "m"}
		if got := err.Error(); got != "m\n"+test.want {
			t.Errorf("%q at %d:\n%s", test.text, test.offset, got)
		}
	}
}
