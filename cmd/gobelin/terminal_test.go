package main

import "testing"

func TestEscape(t *testing.T) {
	tests := []struct{ text, part, lines, colored string }{
		{"plain äöü 日本 👩‍👩‍👧", "plain äöü 日本 👩‍👩‍👧", "plain äöü 日本 👩‍👩‍👧", "plain äöü 日本 👩‍👩‍👧"},
		{"a\tb\nc", `a\tb\nc`, "a\tb\nc", "a\tb\nc"},
		{"\r\nw succeeded", `\r\nw succeeded`, "\\r\nw succeeded", "\\r\nw succeeded"},
		{"\x1b]0;t\a", `\u001b]0;t\u0007`, `\u001b]0;t\u0007`, `\u001b]0;t\u0007`},
		{"\x1b[1;31mred\x1b[0m", `\u001b[1;31mred\u001b[0m`, `\u001b[1;31mred\u001b[0m`, "\x1b[1;31mred\x1b[0m"},
		{"\x1b[8mhidden", `\u001b[8mhidden`, `\u001b[8mhidden`, `\u001b[8mhidden`},
		{"\x1b[31;8mhidden", `\u001b[31;8mhidden`, `\u001b[31;8mhidden`, `\u001b[31;8mhidden`},
		{"\u009b2J\x7f", `\u009b2J\u007f`, `\u009b2J\u007f`, `\u009b2J\u007f`},
		{"\x9b2J", `\x9b2J`, `\x9b2J`, `\x9b2J`},
		{"\u202eabc\u2028", `\u202eabc\u2028`, `\u202eabc\u2028`, `\u202eabc\u2028`},
	}
	for _, test := range tests {
		for of, want := range map[kind]string{aPart: test.part, aText: test.lines, aColoredText: test.colored} {
			if got := escape(test.text, of); got != want {
				t.Errorf("%q as %d: %q, want %q", test.text, of, got, want)
			}
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
