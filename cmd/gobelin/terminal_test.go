package main

import "testing"

func TestEscape(t *testing.T) {
	tests := []struct{ text, line, lines string }{
		{"plain äöü 日本 👩‍👩‍👧", "plain äöü 日本 👩‍👩‍👧", "plain äöü 日本 👩‍👩‍👧"},
		{"a\tb\nc", `a\tb\nc`, "a\tb\nc"},
		{"\r\nw succeeded", `\r\nw succeeded`, "\\r\nw succeeded"},
		{"\x1b]0;t\a", `\u001b]0;t\u0007`, `\u001b]0;t\u0007`},
		{"\x1b[1;31mred\x1b[0m", `\u001b[1;31mred\u001b[0m`, "\x1b[1;31mred\x1b[0m"},
		{"\x1b[8mhidden", `\u001b[8mhidden`, `\u001b[8mhidden`},
		{"\x1b[31;8mhidden", `\u001b[31;8mhidden`, `\u001b[31;8mhidden`},
		{"\u009b2J\x7f", `\u009b2J\u007f`, `\u009b2J\u007f`},
		{"\x9b2J", `\x9b2J`, `\x9b2J`},
		{"\u202eabc\u2028", `\u202eabc\u2028`, `\u202eabc\u2028`},
	}
	for _, test := range tests {
		if got := escape(test.text, false); got != test.line {
			t.Errorf("%q on a line: %q, want %q", test.text, got, test.line)
		}
		if got := escape(test.text, true); got != test.lines {
			t.Errorf("%q in lines: %q, want %q", test.text, got, test.lines)
		}
	}
}

func TestCut(t *testing.T) {
	tests := []struct {
		text  string
		cells int
		want  string
	}{
		{"abcdef", 6, "abcdef"},
		{"abcdef", 5, "abcd…"},
		{"abcdef", 1, "…"},
		{"abcdef", 0, ""},
		{"abcdef", -1, ""},
		{"", 0, ""},
		{"日本語", 6, "日本語"},
		{"日本語", 5, "日本…"},
		{"日本語", 4, "日…"},
		{"e\u0301e\u0301e\u0301", 3, "e\u0301e\u0301e\u0301"},
		{"e\u0301e\u0301e\u0301", 2, "e\u0301…"},
	}
	for _, test := range tests {
		if got := cut(test.text, test.cells); got != test.want {
			t.Errorf("%q in %d cells: %q, want %q", test.text, test.cells, got, test.want)
		}
	}
}
