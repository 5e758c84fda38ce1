// Package cells writes text for a terminal, where a character is zero, one or
// two cells wide.
package cells

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/width"
)

// Of returns how many cells a character occupies.
func Of(r rune) int {
	if unicode.In(r, unicode.Mn, unicode.Me, unicode.Cf) {
		return 0
	}
	switch width.LookupRune(r).Kind() {
	case width.EastAsianWide, width.EastAsianFullwidth:
		return 2
	}
	return 1
}

// Printable returns s with U+FFFD for each character that a terminal would
// interpret, or show in another order, except tabs.
func Printable(s string) string {
	return strings.Map(func(r rune) rune {
		if r != '\t' && unicode.In(r, unicode.Cc, unicode.Zl, unicode.Zp, unicode.Bidi_Control) {
			return utf8.RuneError
		}
		return r
	}, s)
}

// maxMessage bounds, in bytes, a message that quotes what a document has.
const maxMessage = 4000

// Message returns a message that quotes what a document has: on one line, [Printable],
// and with its middle left out if it is too long to be read.
func Message(s string) string {
	s = Printable(s)
	if len(s) <= maxMessage {
		return s
	}
	head, tail := s[:maxMessage/2], s[len(s)-maxMessage/2:]
	return strings.ToValidUTF8(head, "") + " … " + strings.ToValidUTF8(tail, "")
}

// Blank returns spaces as wide as s is when it is [Printable]. A tab remains a
// tab, because only the terminal knows its width.
func Blank(s string) string { return fill(s, ' ', "\t") }

// Carets returns carets as wide as s is when it is [Printable], with one for a
// tab.
func Carets(s string) string { return fill(s, '^', "^") }

func fill(s string, with byte, tab string) string {
	var b strings.Builder
	for _, r := range Printable(s) {
		if r == '\t' {
			b.WriteString(tab)
			continue
		}
		for range Of(r) {
			b.WriteByte(with)
		}
	}
	return b.String()
}
