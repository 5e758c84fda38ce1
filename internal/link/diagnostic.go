package link

import (
	"errors"
	regexpsyntax "regexp/syntax"
	"strings"
	"unicode/utf8"

	"github.com/gobelin-dev/gobelin/arazzo"
	"github.com/gobelin-dev/gobelin/internal/syntax"
)

func (l *workflowLinker) error(code string, at arazzo.Position, format string, args ...any) {
	l.report(l.workflow.Document, code, arazzo.Error, at, format, args...)
}

func (l *workflowLinker) warn(code string, at arazzo.Position, format string, args ...any) {
	l.report(l.workflow.Document, code, arazzo.Warning, at, format, args...)
}

func (l *workflowLinker) asPublished(code string, at arazzo.Position, format string, args ...any) {
	l.lenient(l.workflow.Document, code, at, format, args...)
}

// inside returns the place of a piece of a text that stands at a place, alone or
// with blanks around it.
func (l *workflowLinker) inside(at arazzo.Position, text string, start, end int) arazzo.Position {
	decl := l.workflow.Document.Decl
	if i := strings.Index(decl.Origin().At(at.Pointer).Str(), text); i >= 0 {
		return decl.Within(at, i+start, i+end)
	}
	return at
}

// syntax reports a text that does not parse, with the caret of its error.
func (l *workflowLinker) syntax(code string, at arazzo.Position, what string, err error) {
	message, excerpt, _ := strings.Cut(err.Error(), "\n")
	if text, offset, ok := syntaxPlace(err); ok {
		_, size := utf8.DecodeRuneInString(text[offset:])
		at = l.inside(at, text, offset, offset+size)
	}
	l.error(code, at, "%s: %s", what, message)
	l.diagnostics[len(l.diagnostics)-1].Excerpt = excerpt
}

// syntaxPlace returns the text that did not parse and the offset of its error,
// for errors of every language.
func syntaxPlace(err error) (text string, offset int, ok bool) {
	var invalid *syntax.Error
	var invalidRegexp *regexpsyntax.Error
	switch {
	case errors.As(err, &invalid):
		text, offset = invalid.Text, invalid.Offset
	case errors.As(err, &invalidRegexp):
		text = invalidRegexp.Expr
	default:
		return "", 0, false
	}
	return text, max(0, min(offset, len(text))), true
}
