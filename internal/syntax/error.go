// Package syntax holds the error of the languages that gobelin reads in the
// strings of a document: runtime expressions, conditions, JSONPath and XPath.
package syntax

import (
	"strings"
	"unicode/utf8"

	"github.com/gobelin-dev/gobelin/internal/cells"
)

// An Error says where a text is not valid in its language.
type Error struct {
	Text    string // the whole text
	Offset  int    // of the place, in bytes
	Message string
}

// Error returns the message, and below it the line in question with a caret
// under the place.
func (e *Error) Error() string { return e.Message + "\n" + excerpt(e.Text, e.Offset) }

// excerpt returns the line of text that holds offset, as it can be printed, and a
// caret under the place.
func excerpt(text string, offset int) string {
	offset = max(0, min(offset, len(text)))
	for offset > 0 && offset < len(text) && !utf8.RuneStart(text[offset]) {
		offset--
	}
	start := strings.LastIndexByte(text[:offset], '\n') + 1
	line, _, _ := strings.Cut(text[start:], "\n")
	line = strings.TrimSuffix(line, "\r")
	return cells.Printable(line) + "\n" + cells.Blank(line[:min(offset-start, len(line))]) + "^"
}
