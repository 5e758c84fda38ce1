package link

import (
	"errors"
	"fmt"
	regexpsyntax "regexp/syntax"
	"strings"
	"unicode/utf8"

	"github.com/gobelin-dev/gobelin/arazzo"
	"github.com/gobelin-dev/gobelin/internal/cells"
	"github.com/gobelin-dev/gobelin/internal/program"
	"github.com/gobelin-dev/gobelin/internal/syntax"
)

// A problem is a diagnostic that has not been reported yet. It is completed first,
// with its exact place and a fix, and then reported as a value.
type problem struct {
	arazzo.Diagnostic
	document  *arazzo.Document
	at        arazzo.Position // of the string that contains the problem
	tolerable bool            // an error that keeps nothing from being run, except in strict mode
}

// problem returns a problem at a place of a document.
func (l *linker) problem(d *program.Document, code string, severity arazzo.Severity, at arazzo.Position,
	format string, args ...any) *problem {
	return &problem{document: d.Decl, at: at, Diagnostic: arazzo.Diagnostic{
		Code: code, Severity: severity, Position: d.Decl.Locate(at), Message: cells.Message(fmt.Sprintf(format, args...)),
	}}
}

func (l *linker) report(problems ...*problem) {
	for _, p := range problems {
		l.diagnostics = append(l.diagnostics, p.Diagnostic)
	}
}

func (l *workflowLinker) error(code string, at arazzo.Position, format string, args ...any) *problem {
	return l.problem(l.workflow.Document, code, arazzo.Error, at, format, args...)
}

func (l *workflowLinker) warn(code string, at arazzo.Position, format string, args ...any) *problem {
	return l.problem(l.workflow.Document, code, arazzo.Warning, at, format, args...)
}

// asPublished returns a problem with a form that is accepted because published
// documents use it, and is an error when linking is strict.
func (l *workflowLinker) asPublished(code string, at arazzo.Position, format string, args ...any) *problem {
	severity := arazzo.Note
	if l.options.Strict {
		severity = arazzo.Error
	}
	return l.problem(l.workflow.Document, code, severity, at, format, args...)
}

// syntax returns a problem with a text that does not parse, with the excerpt of
// the syntax error.
func (l *workflowLinker) syntax(code string, at arazzo.Position, what string, err error) *problem {
	message, excerpt, _ := strings.Cut(err.Error(), "\n")
	p := l.error(code, at, "%s: %s", what, message)
	p.Excerpt = excerpt
	if text, offset, ok := syntaxPlace(err); ok {
		_, size := utf8.DecodeRuneInString(text[offset:])
		p.inside(text, offset, offset+size)
	}
	return p
}

// inside places the problem at the bytes start to end of a piece of its string,
// which may be all of it.
func (p *problem) inside(text string, start, end int) *problem {
	if i := strings.Index(p.document.Origin().At(p.at.Pointer).Str(), text); i >= 0 {
		p.Position = p.document.Within(p.at, i+start, i+end)
	}
	return p
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
