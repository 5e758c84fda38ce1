package link

import (
	"strings"

	"github.com/gobelin-dev/gobelin/arazzo"
	"github.com/gobelin-dev/gobelin/internal/expr"
	"github.com/gobelin-dev/gobelin/internal/nearest"
)

// The methods here give the newest diagnostic its exact place and a fix. A fix
// is only given where the corrected document does what this one does, or where
// this one cannot run and only one name can have been meant.

// focus gives the newest diagnostic the place of a text inside of the string
// that stands at a place; offset is where it ought to be. It returns the offset
// where it is, or -1.
func (l *workflowLinker) focus(at arazzo.Position, offset int, text string) int {
	decl := l.workflow.Document.Decl
	whole := decl.Origin().At(at.Pointer).Str()
	if offset > len(whole) || !strings.HasPrefix(whole[offset:], text) {
		// What was trimmed, or stands in a literal with escapes.
		if offset = strings.Index(whole, text); offset < 0 || strings.Count(whole, text) > 1 {
			return -1
		}
	}
	l.newest().Position = decl.Within(at, offset, offset+len(text))
	return offset
}

func (l *linker) newest() *arazzo.Diagnostic { return &l.diagnostics[len(l.diagnostics)-1] }

// correct is focus with a fix: the bytes start to end, counted from where text
// begins, become what is right.
func (l *workflowLinker) correct(at arazzo.Position, offset int, text string, start, end int, right string) {
	if offset = l.focus(at, offset, text); offset < 0 {
		return
	}
	decl, d := l.workflow.Document.Decl, l.newest()
	if start < end {
		d.Position = decl.Within(at, offset+start, offset+end)
	}
	if edit, ok := decl.Replace(at, offset+start, offset+end, right); ok {
		d.Fix = &arazzo.Fix{Message: "write " + text[:start] + right + text[end:], Edits: []arazzo.Edit{edit}}
	}
}

// rename corrects a misspelt name in a text to the one declared name that is
// close to it.
func (l *workflowLinker) rename(at arazzo.Position, offset int, text, name string, declared []string) {
	right := nearest.Only(name, declared)
	start := strings.LastIndex(text, name)
	if right == "" || start < 0 {
		l.focus(at, offset, text)
		return
	}
	l.correct(at, offset, text, start, start+len(name), right)
}

// correctForm corrects a lenient form of an expression.
func (l *workflowLinker) correctForm(at arazzo.Position, e *expr.Expression, form expr.Form) {
	l.correct(at, e.Offset, e.Text, form.Start-e.Offset, form.End-e.Offset, form.Text)
}

// correctRoot corrects the misspelt root of an expression, where what follows
// is declared.
func (l *workflowLinker) correctRoot(at arazzo.Position, text string) {
	end := strings.IndexAny(text+".", ".#[")
	root := nearest.Only(strings.TrimPrefix(text[:end], "$"), expr.RootNames())
	if root == "" {
		return
	}
	if e, err := expr.Parse("$" + root + text[end:]); err == nil && l.declared(e) {
		l.correct(at, 0, text, 0, end, "$"+root)
	}
}

// explain says in other words what a fix does.
func (l *linker) explain(message string) {
	if fix := l.newest().Fix; fix != nil {
		fix.Message = message
	}
}

// remove takes a member out of an object.
func (l *workflowLinker) remove(o *arazzo.Object, name string) {
	if edit, ok := l.workflow.Document.Decl.Remove(o, name); ok {
		l.newest().Fix = &arazzo.Fix{Message: "remove " + name, Edits: []arazzo.Edit{edit}}
	}
}

// moveVersion makes an Expression Type Object of a type and the version beside
// it (C15).
func (l *workflowLinker) moveVersion(c *arazzo.Criterion) {
	decl := l.workflow.Document.Decl
	removed, ok := decl.Remove(&c.Object, "version")
	written := decl.Origin().At(c.At("type").Pointer)
	if !ok || written.Str() != c.Type.Type || c.Type.Type == "" || c.Type.Type == "simple" {
		return
	}
	edit, ok := decl.ReplaceValue(c.At("type"), arazzo.NewNode(map[string]any{"type": c.Type.Type, "version": c.Version}))
	if ok {
		l.newest().Fix = &arazzo.Fix{Message: "move the version into the type", Edits: []arazzo.Edit{edit, removed}}
	}
}
