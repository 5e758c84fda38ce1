package check

import (
	"fmt"
	"slices"
	"strings"

	"github.com/gobelin-dev/gobelin/arazzo"
	"github.com/gobelin-dev/gobelin/internal/openapi"
	"github.com/gobelin-dev/gobelin/internal/program"
	"github.com/gobelin-dev/gobelin/internal/schema"
)

// nullable reports an argument that may be null, by a schema that says so, where
// the request needs a value (E15), or where it is a part of a text, which then has "null"
// (E1), unless a condition of the workflow looks at it.
func (t *typing) nullable(at *scope, s *program.Step, a *program.Argument) {
	whole := only(&a.Value)
	a.Value.All(func(r *program.Ref) {
		if a.Value.Kind != program.Interpolation && whole == nil {
			return // a member of an object or array
		}
		place, ok := t.mayBeNull(at, r)
		if !ok || t.looksAt(s.Workflow, r) {
			return
		}
		then := "the text has \"null\""
		if whole != nil {
			none := s.Operation.NoValue(openapi.ArgKey{Name: a.Name, In: a.In}, nil)
			if none == nil {
				return
			}
			then = fmt.Sprintf("step %q fails: %s has no value", s.Decl.StepID, none.Subject())
		}
		d := t.report(s.Workflow.Document, arazzo.Note, "maybe-null", r.At(s.Workflow.Document.Decl),
			"%s can be null, and then %s; before it, an action in onSuccess whose criteria have a condition with == null can end or go elsewhere",
			r.Text, then)
		d.Related = schemaPlace(place, "its schema")
	})
}

// mayBeNull reports whether a schema says that the value of an expression may be
// null, and where.
func (t *typing) mayBeNull(at *scope, r *program.Ref) (schema.Place, bool) {
	found := t.reference(at, r)
	place, described := found.Type.Place()
	null := func(a *schema.Alternative) bool { return a.Kinds&schema.Null != 0 && a.Kinds != schema.AnyKind }
	return place, described && slices.ContainsFunc(found.Type.Alternatives(), null)
}

// only returns the expression that a value is, with or without braces.
func only(v *program.Operand) *program.Ref {
	switch {
	case v.Kind == program.Reference:
		return &v.Ref
	case v.Kind == program.Interpolation && len(v.Template.Parsed.Parts) == 1 && len(v.Template.Refs) == 1:
		return &v.Template.Refs[0]
	}
	return nil
}

// looksAt reports whether a condition of a workflow mentions the value of an
// expression, or the part of a response that it is an output of.
func (t *typing) looksAt(w *program.Workflow, r *program.Ref) bool {
	text, known := t.conditions[w]
	if !known {
		text = conditions(w)
		t.conditions[w] = text
	}
	if strings.Contains(text, r.Text) {
		return true
	}
	if r.Kind != program.StepOutput {
		return false
	}
	for o := range program.Each(r.Step.Outputs) {
		if path := tokens(&o.Value.Ref); o.Name == r.Name && len(path) > 0 {
			return strings.Contains(text, path[len(path)-1])
		}
	}
	return false
}

// conditions returns the texts of all criteria of a workflow, a line each.
func conditions(w *program.Workflow) string {
	var b strings.Builder
	add := func(list []*program.Criterion) {
		for _, c := range list {
			b.WriteString(c.Text + "\n")
		}
	}
	for _, s := range w.Steps {
		add(s.Criteria)
		for _, a := range slices.Concat(s.OnSuccess, s.OnFailure) {
			add(a.Criteria)
		}
	}
	return b.String()
}
