package link

import (
	"strings"

	"github.com/gobelin-dev/gobelin/arazzo"
	"github.com/gobelin-dev/gobelin/internal/expr"
	"github.com/gobelin-dev/gobelin/internal/fix"
	"github.com/gobelin-dev/gobelin/internal/nearest"
)

// The methods here set the exact place and the fix of a problem. There is a fix
// only if the corrected document does the same as this one, or if this one cannot
// run and only one name can have been meant.

// focus places the problem at a text in its string; offset is where the text
// should be.
func (p *problem) focus(offset int, text string) *problem {
	if piece, ok := fix.Find(p.document, p.at, offset, text); ok {
		p.Position = piece.All()
	}
	return p
}

// correct is focus with a fix: the bytes start to end, counted from where text
// begins, become what is right.
func (p *problem) correct(offset int, text string, start, end int, right string) *problem {
	piece, ok := fix.Find(p.document, p.at, offset, text)
	if !ok {
		return p
	}
	p.Position = piece.All()
	if start < end {
		p.Position = piece.Position(start, end)
	}
	p.Fix = piece.Write(start, end, right)
	return p
}

// replace corrects the whole string.
func (p *problem) replace(text, right string) *problem {
	return p.correct(0, text, 0, len(text), right)
}

// rename corrects the last occurrence of a misspelled name in a text to the
// right one, where that is known.
func (p *problem) rename(offset int, text, name, right string) *problem {
	start := strings.LastIndex(text, name)
	if right == "" || start < 0 {
		return p.focus(offset, text)
	}
	return p.correct(offset, text, start, start+len(name), right)
}

// correctForm corrects a lenient form of an expression.
func (p *problem) correctForm(e *expr.Expression, form expr.Form) *problem {
	return p.correct(e.Offset, e.Text, form.Start-e.Offset, form.End-e.Offset, form.Text)
}

// explain replaces the message of the fix.
func (p *problem) explain(message string) *problem {
	if p.Fix != nil {
		p.Fix.Message = message
	}
	return p
}

// remove adds a fix that removes a member from an object.
func (p *problem) remove(o *arazzo.Object, name string) *problem {
	if edit, ok := p.document.Remove(o, name); ok {
		p.Fix = &arazzo.Fix{Message: "remove " + name, Edits: []arazzo.Edit{edit}}
	}
	return p
}

// moveVersion adds a fix that combines a type and the version next to it into an
// Expression Type Object (C15).
func (p *problem) moveVersion(c *arazzo.Criterion) *problem {
	removed, ok := p.document.Remove(&c.Object, "version")
	written := p.document.Origin().At(c.At("type").Pointer)
	if !ok || written.Str() != c.Type.Type || c.Type.Type == "" || c.Type.Type == "simple" {
		return p
	}
	edit, ok := p.document.ReplaceValue(c.At("type"), arazzo.NewNode(map[string]any{"type": c.Type.Type, "version": c.Version}))
	if ok {
		p.Fix = &arazzo.Fix{Message: "move the version into the type", Edits: []arazzo.Edit{edit, removed}}
	}
	return p
}

// correctRoot corrects the misspelled root of the expression that a string is,
// where what follows is declared.
func (l *workflowLinker) correctRoot(p *problem, text string) *problem {
	end := strings.IndexAny(text+".", ".#[")
	root := nearest.Only(strings.TrimPrefix(text[:end], "$"), expr.RootNames())
	if root == "" {
		return p
	}
	if e, err := expr.Parse("$" + root + text[end:]); err == nil && l.declared(e) {
		p.correct(0, text, 0, end, "$"+root)
	}
	return p
}
