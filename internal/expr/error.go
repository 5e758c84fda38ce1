package expr

import (
	"strings"
	"unicode/utf8"
)

// A SyntaxError says where a text is not what it should be.
type SyntaxError struct {
	Text    string // the whole text
	Offset  int    // bytes in front of the place
	Message string
}

// Error returns the message, and beneath it the text with a caret under the
// place.
func (e *SyntaxError) Error() string {
	return e.Message + "\n" + Excerpt(e.Text, e.Offset)
}

// Excerpt returns the line of text that holds offset, and a caret under it.
func Excerpt(text string, offset int) string {
	offset = max(0, min(offset, len(text)))
	start := strings.LastIndexByte(text[:offset], '\n') + 1
	line, _, _ := strings.Cut(text[start:], "\n")
	return line + "\n" + strings.Repeat(" ", utf8.RuneCountInString(text[start:offset])) + "^"
}
