package check

import (
	"strings"

	"github.com/gobelin-dev/gobelin/internal/fix"
	"github.com/gobelin-dev/gobelin/internal/jsonpath"
	"github.com/gobelin-dev/gobelin/internal/program"
	"github.com/gobelin-dev/gobelin/internal/schema"
)

// correctLengths corrects .length to the function of RFC 9535 where no value
// that it is taken of can be an object: of an object the function counts the
// members, while the property is one of them (ruling C11a).
func (t *typing) correctLengths(c *program.Criterion, q query, term *jsonpath.Term) {
	right := c.JSONPath.LengthCorrection()
	lengths, certain := t.lengths(q, term)
	if right == "" || !certain || lengths == 0 || lengths != strings.Count(c.Text, ".length") {
		return
	}
	for i := range t.diagnostics {
		d := &t.diagnostics[i]
		if d.Code != jsonpath.NoteLength || d.Pointer != c.Place.Pointer || d.Fix != nil {
			continue
		}
		for _, document := range t.program.Documents {
			if document.Decl.Location != d.File {
				continue
			}
			if text, ok := fix.Find(document.Decl, c.Place, 0, c.Text); ok {
				d.Fix = text.Write(0, len(c.Text), right)
			}
		}
	}
}

// lengths counts the calls of length_of, and reports whether none of them can be
// of an object.
func (t *typing) lengths(q query, term *jsonpath.Term) (n int, certain bool) {
	certain = true
	if term.Kind == jsonpath.CallTerm && term.Operator == "" && term.Function == "length_of" {
		n++
		found := along(q.context, term.Terms[0].Path)
		if found.Type == nil || found.Type.Kinds()&schema.Object != 0 {
			return n, false
		}
	}
	for _, inner := range term.Terms {
		m, ok := t.lengths(q, inner)
		n, certain = n+m, certain && ok
	}
	return n, certain
}
