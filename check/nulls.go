package check

import (
	"slices"
	"strings"

	"github.com/gobelin-dev/gobelin/arazzo"
	"github.com/gobelin-dev/gobelin/internal/openapi"
	"github.com/gobelin-dev/gobelin/internal/program"
	"github.com/gobelin-dev/gobelin/internal/schema"
)

// nullable reports an argument that may be null, by a schema that says so, where
// the request needs a value (E15), unless a condition of the workflow looks at it.
func (t *typing) nullable(at *scope, s *program.Step, a *program.Argument) {
	r := only(&a.Value)
	if r == nil {
		return
	}
	found := t.reference(at, r)
	null := func(a *schema.Alternative) bool { return a.Kinds&schema.Null != 0 && a.Kinds != schema.AnyKind }
	if !slices.ContainsFunc(found.Type.Alternatives(), null) || t.looksAt(s.Workflow, r) {
		return
	}
	if none := s.Operation.NoValue(openapi.ArgKey{Name: a.Name, In: a.In}, nil); none != nil {
		place, _ := found.Type.Place()
		d := t.report(s.Workflow.Document, arazzo.Note, "maybe-null", r.At(s.Workflow.Document.Decl),
			"%s can be null, and then step %q fails: %s has no value; before it, an action in onSuccess whose criteria have a condition with "+
				"== null can end or go elsewhere", r.Text, s.Decl.StepID, none.Subject())
		d.Related = schemaPlace(place, "its schema")
	}
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
