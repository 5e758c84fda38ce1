package check

import (
	"strings"

	"github.com/gobelin-dev/gobelin/arazzo"
	"github.com/gobelin-dev/gobelin/internal/expr"
	"github.com/gobelin-dev/gobelin/internal/fix"
	"github.com/gobelin-dev/gobelin/internal/nearest"
	"github.com/gobelin-dev/gobelin/internal/program"
	"github.com/gobelin-dev/gobelin/internal/schema"
	"github.com/gobelin-dev/gobelin/internal/value"
)

// respell gives a diagnostic the fix that writes right in place of the bytes
// start to end of a piece of the text at a place; where the text has the piece
// twice, it is not certain which is meant.
func respell(in *program.Document, d *arazzo.Diagnostic, place arazzo.Position, piece string, start, end int, right string) {
	if found, ok := fix.Find(in.Decl, place, fix.Anywhere, piece); ok && right != "" {
		d.Fix = found.Write(start, end, right)
	}
}

// respellToken corrects the one token of a pointer into a response that leads
// nowhere, where all of it leads somewhere with the name that differs in case and separators
// alone. What else is near is a suggestion: a description may be what is wrong.
func (t *typing) respellToken(at *scope, d *arazzo.Diagnostic, r *program.Ref, base *schema.Type, found schema.Found) {
	if found.At >= len(r.Pointer) {
		return
	}
	path := tokens(r)
	right := nearest.Same(path[found.At], found.Names)
	if right == "" {
		return
	}
	path[found.At] = right
	if again := base.Follow(path); again.Type == nil || again.Presence == schema.Unknown {
		return
	}
	start := strings.IndexByte(r.Text, '#') + 1
	for range found.At + 1 {
		start += strings.IndexByte(r.Text[start:], '/') + 1
	}
	end := start + len(value.PointerToken(r.Pointer[found.At]))
	if end <= len(r.Text) && r.Text[start:end] == value.PointerToken(r.Pointer[found.At]) {
		respell(at.workflow.Document, d, r.At(at.workflow.Document.Decl), r.Text, start, end, value.PointerToken(right))
	}
}

// statusClass corrects the first comparison of the status with a class of codes,
// such as 2XX, that makes criteria fail.
func statusClass(in *program.Document, d *arazzo.Diagnostic, criteria []*program.Criterion) {
	for _, c := range criteria {
		if c.Simple == nil {
			continue
		}
		for _, class := range expr.StatusClasses(c.Text) {
			d.Message += "; write " + class.Right
			respell(in, d, c.Place, c.Text, class.Start, class.End, class.Right)
			return
		}
	}
}

// respellWord corrects a literal of a condition, where one of the values that
// can be there differs in case and separators alone.
func (t *typing) respellWord(at *scope, d *arazzo.Diagnostic, c *program.Criterion, word string, values []any) {
	right := nearest.Same(word, stringsOf(values))
	if strings.ContainsAny(right, `'"\`) {
		return
	}
	for _, quote := range []string{"'", `"`} {
		if piece := quote + word + quote; strings.Contains(c.Text, piece) {
			respell(at.workflow.Document, d, c.Place, piece, 1, 1+len(word), right)
		}
	}
}

func stringsOf(values []any) (list []string) {
	for _, v := range values {
		if s, ok := v.(string); ok {
			list = append(list, s)
		}
	}
	return list
}
