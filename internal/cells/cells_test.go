package cells_test

import (
	"testing"

	"github.com/gobelin-dev/gobelin/internal/cells"
)

func TestCells(t *testing.T) {
	for _, test := range []struct{ text, printable, blank, carets string }{
		{"", "", "", ""},
		{"a\tb", "a\tb", " \t ", "^^^"},
		{"日本", "日本", "    ", "^^^^"},
		{"ｆ", "ｆ", "  ", "^^"},
		{"😀", "😀", "  ", "^^"},
		{"e\u0301", "e\u0301", " ", "^"},
		{"a\u200bb", "a\u200bb", "  ", "^^"},
		{"\x1b[1m\r", "\uFFFD[1m\uFFFD", "     ", "^^^^^"},
		{"\u202ea\u2028", "\uFFFDa\uFFFD", "   ", "^^^"},
		{"\xff", "\uFFFD", " ", "^"},
	} {
		if got := cells.Printable(test.text); got != test.printable {
			t.Errorf("%q is shown as %q", test.text, got)
		}
		if got := cells.Blank(test.text); got != test.blank {
			t.Errorf("%q is as wide as %q", test.text, got)
		}
		if got := cells.Carets(test.text); got != test.carets {
			t.Errorf("%q is underlined by %q", test.text, got)
		}
	}
}
