// Package fix corrects pieces of the strings of a document.
package fix

import (
	"strings"

	"github.com/gobelin-dev/gobelin/arazzo"
)

// A Piece is a piece of a string of a document.
type Piece struct {
	document *arazzo.Document
	at       arazzo.Position // of the whole string
	offset   int             // of the piece in the string
	text     string
}

// Anywhere is the offset of a piece that may be anywhere in its string.
const Anywhere = -1

// Find returns the piece of the string at a place that is text: the one at
// offset, or else the only one in the string. It is elsewhere where the string
// was trimmed, or where offset does not count escapes.
func Find(document *arazzo.Document, at arazzo.Position, offset int, text string) (Piece, bool) {
	n := document.Origin().At(at.Pointer)
	whole := n.Str()
	if offset < 0 || offset > len(whole) || !strings.HasPrefix(whole[offset:], text) {
		if offset = strings.Index(whole, text); offset < 0 || strings.Count(whole, text) > 1 {
			return Piece{}, false
		}
	}
	if n.Exists() {
		at.Line, at.Column = n.Position().Line, n.Position().Column // at may be the place of a part of the string
	}
	return Piece{document, at, offset, text}, true
}

// Position returns the place of the bytes start to end of the piece.
func (p Piece) Position(start, end int) arazzo.Position {
	return p.document.Within(p.at, p.offset+start, p.offset+end)
}

// All returns the place of the piece.
func (p Piece) All() arazzo.Position { return p.Position(0, len(p.text)) }

// Write returns the fix that writes right in place of the bytes start to end of
// the piece; nil where the style of the string cannot hold it.
func (p Piece) Write(start, end int, right string) *arazzo.Fix {
	edit, ok := p.document.Replace(p.at, p.offset+start, p.offset+end, right)
	if !ok {
		return nil
	}
	return &arazzo.Fix{Message: "write " + p.text[:start] + right + p.text[end:], Edits: []arazzo.Edit{edit}}
}
