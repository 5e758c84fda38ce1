// Package syntax holds the error of the languages embedded in the strings of a
// document: runtime expressions, conditions, JSONPath and XPath.
package syntax

import (
	"strings"
	"unicode/utf8"

	"github.com/gobelin-dev/gobelin/internal/cells"
)

// An Error reports where a text is not valid in its language.
type Error struct {
	Text    string // the whole text
	Offset  int    // of the error, in bytes
	Message string
}

// Error returns the message and, below it, the line of the error with a caret
// at its position.
func (e *Error) Error() string { return e.Message + "\n" + excerpt(e.Text, e.Offset) }

// excerpt returns the printable form of the line that contains offset, with a
// caret under the position.
func excerpt(text string, offset int) string {
	offset = max(0, min(offset, len(text)))
	for offset > 0 && offset < len(text) && !utf8.RuneStart(text[offset]) {
		offset--
	}
	start := strings.LastIndexByte(text[:offset], '\n') + 1
	line, _, _ := strings.Cut(text[start:], "\n")
	line = strings.TrimSuffix(line, "\r")
	before, after := line[:min(offset-start, len(line))], line[min(offset-start, len(line)):]
	if len(before) > aside {
		before = "…" + strings.ToValidUTF8(before[len(before)-aside:], "")
	}
	if len(after) > aside {
		after = strings.ToValidUTF8(after[:aside], "") + "…"
	}
	return cells.Printable(before+after) + "\n" + cells.Blank(before) + "^"
}

// aside is how much of a line is shown at either side of an error, in bytes.
const aside = 1000
