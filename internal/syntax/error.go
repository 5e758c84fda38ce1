// Package syntax holds the error of the languages that gobelin reads in the
// strings of a document: runtime expressions, conditions, JSONPath and XPath.
package syntax

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/width"
)

// An Error says where a text is not valid in its language.
type Error struct {
	Text    string // the whole text
	Offset  int    // of the place, in bytes
	Message string
}

// Error returns the message, and below it the line in question with a caret
// under the place.
func (e *Error) Error() string { return e.Message + "\n" + Excerpt(e.Text, e.Offset) }

// Excerpt returns the line of text that holds offset, and a caret under it.
// Control characters are shown as U+FFFD, tabs as they are.
func Excerpt(text string, offset int) string {
	offset = max(0, min(offset, len(text)))
	for offset > 0 && offset < len(text) && !utf8.RuneStart(text[offset]) {
		offset--
	}
	start := strings.LastIndexByte(text[:offset], '\n') + 1
	line, _, _ := strings.Cut(text[start:], "\n")
	line = strings.TrimSuffix(line, "\r")
	return strings.Map(visible, line) + "\n" + blank(text[start:min(offset, start+len(line))]) + "^"
}

func visible(r rune) rune {
	if unicode.IsControl(r) && r != '\t' {
		return utf8.RuneError
	}
	return r
}

// blank returns spaces as wide as s. A tab stays one: only the reader's screen
// knows its width.
func blank(s string) string {
	var b strings.Builder
	for _, r := range s {
		switch kind := width.LookupRune(r).Kind(); {
		case r == '\t':
			b.WriteByte('\t')
		case unicode.In(r, unicode.Mn, unicode.Me, unicode.Cf): // drawn on the character before
		case kind == width.EastAsianWide || kind == width.EastAsianFullwidth:
			b.WriteString("  ")
		default:
			b.WriteByte(' ')
		}
	}
	return b.String()
}
