package arazzo

import (
	"fmt"
	"strings"

	"github.com/gobelin-dev/gobelin/internal/cells"
)

// Severity grades a [Diagnostic].
type Severity uint8

// The severities. A document with an Error does not run; a Warning is about
// something that runs but deserves a look; a Note of a form that is honored
// though the specification writes it otherwise.
const (
	Error Severity = iota
	Warning
	Note
)

var severityNames = [...]string{"error", "warning", "note"}

// String returns "error", "warning" or "note".
func (s Severity) String() string { return severityNames[s] }

// MarshalText writes the severity as its name.
func (s Severity) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// UnmarshalText reads what MarshalText has written.
func (s *Severity) UnmarshalText(text []byte) error {
	for i, name := range severityNames {
		if name == string(text) {
			*s = Severity(i)
			return nil
		}
	}
	return fmt.Errorf("there is no severity %q; it is %s", text, strings.Join(severityNames[:], ", "))
}

// A Position is a place in a document. Lines and columns count from 1, columns
// in characters; both are 0 where the place was not read from a text.
type Position struct {
	File      string `json:"file,omitempty"`
	Line      int    `json:"line,omitempty"`
	Column    int    `json:"column,omitempty"`
	EndLine   int    `json:"endLine,omitempty"`   // where what is meant ends; 0: not known
	EndColumn int    `json:"endColumn,omitempty"` // just behind its last character
	Pointer   string `json:"pointer,omitempty"`   // JSON Pointer (RFC 6901) from the document's root
}

// String returns "file:line:col", as far as known.
func (p Position) String() string {
	file := cells.Printable(p.File)
	if file == "" {
		file = "document"
	}
	if p.Line == 0 {
		return file
	}
	return fmt.Sprintf("%s:%d:%d", file, p.Line, p.Column)
}

// A Diagnostic says what was found at a place of a document and what would be
// right. Codes are stable.
type Diagnostic struct {
	Code     string   `json:"code"`
	Severity Severity `json:"severity"`
	Position
	Message string    `json:"message"`
	Excerpt string    `json:"excerpt,omitempty"` // the text in question and a caret below the place, or empty
	Related []Related `json:"related,omitempty"` // other places that show why
	Fix     *Fix      `json:"fix,omitempty"`     // the correction, where there is a certain one
}

// A Related is a place that helps to understand a [Diagnostic], such as the
// line of an OpenAPI description that contradicts, with one sentence.
type Related struct {
	Position
	Message string `json:"message"`
}

// A Fix is a correction that keeps what the document means.
type Fix struct {
	Message string `json:"message"` // what is done, such as "write $response.body#/a/b"
	Edits   []Edit `json:"edits"`   // apart from one another
}

// An Edit replaces a piece of a file by text.
type Edit struct {
	File  string `json:"file,omitempty"`
	Start int    `json:"start"` // byte offsets; equal ones insert
	End   int    `json:"end"`
	Text  string `json:"text"`
}

// String returns "file:line:col: severity: message [code]".
func (d Diagnostic) String() string {
	return fmt.Sprintf("%s: %s: %s [%s]", d.Position, d.Severity, d.Message, d.Code)
}

// A ParseError holds what keeps a document from being used.
type ParseError struct {
	Diagnostics []Diagnostic // all of severity Error, at least one
}

// Error returns the diagnostics, one a line.
func (e *ParseError) Error() string { return JoinDiagnostics(e.Diagnostics) }

// JoinDiagnostics returns the diagnostics as text, one a line, each with its
// excerpt below it. Of more than a hundred it returns the first, and says how many
// more there are.
func JoinDiagnostics(list []Diagnostic) string {
	shown := list[:min(len(list), mostJoined)]
	lines := make([]string, len(shown), len(shown)+1)
	for i, d := range shown {
		lines[i] = d.String()
		if d.Excerpt != "" {
			lines[i] += "\n    " + strings.ReplaceAll(d.Excerpt, "\n", "\n    ")
		}
	}
	if more := len(list) - len(shown); more > 0 {
		lines = append(lines, fmt.Sprintf("and %d more", more))
	}
	return strings.Join(lines, "\n")
}

const mostJoined = 100

// Errors returns the diagnostics of severity Error.
func Errors(list []Diagnostic) []Diagnostic {
	var errs []Diagnostic
	for _, d := range list {
		if d.Severity == Error {
			errs = append(errs, d)
		}
	}
	return errs
}
