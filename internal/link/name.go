package link

import (
	"slices"
	"strings"

	"github.com/gobelin-dev/gobelin/arazzo"
	"github.com/gobelin-dev/gobelin/internal/nearest"
	"github.com/gobelin-dev/gobelin/internal/program"
)

// workflowRef resolves a workflowId or $sourceDescriptions.<name>.<workflowId>
// (F18); -1 when there is none.
func (l *workflowLinker) workflowRef(id string, at arazzo.Position) *program.Workflow {
	d := l.workflow.Document
	if rest, ok := strings.CutPrefix(strings.Trim(id, "{}"), "$sourceDescriptions."); ok {
		name, inner := l.sourceName(d, rest)
		s := l.need(d, name, at)
		if s == nil {
			return nil
		}
		if s.Document == nil {
			l.error("unknown-workflow", at, "source %q is an OpenAPI description; it has no workflows", name)
			return nil
		}
		d, id = s.Document, inner
	}
	if w, ok := d.Workflows[id]; ok {
		return w
	}
	var ids []string
	for _, w := range d.Decl.Workflows {
		ids = append(ids, w.WorkflowID)
	}
	l.error("unknown-workflow", at, "there is no workflow %q%s", id, nearest.Hint(id, ids))
	l.rename(at, 0, id, id, ids)
	return nil
}

// sourceName splits "name.rest" at the longest declared source name (E3).
func (l *workflowLinker) sourceName(d *program.Document, text string) (name, rest string) {
	for _, s := range d.Decl.Sources {
		if after, ok := strings.CutPrefix(text, s.Name+"."); ok && len(s.Name) > len(name) {
			name, rest = s.Name, after
		}
	}
	if name == "" {
		name, rest, _ = strings.Cut(text, ".")
	}
	return name, rest
}

// component finds what a Reusable Object refers to in one kind of components.
func component[T any](l *workflowLinker, kind, reference string, from arazzo.Map[T], at arazzo.Position) (T, bool) {
	name, ok := strings.CutPrefix(strings.Trim(reference, "{}"), "$components."+kind+".")
	if !ok {
		var none T
		l.error("unknown-component", at, "%q is no reference; write $components.%s.<name>", reference, kind)
		return none, false
	}
	v, ok := from.Get(name)
	if !ok {
		names := make([]string, len(from))
		for i, e := range from {
			names[i] = e.Name
		}
		l.error("unknown-component", at, "components has no %s %q%s", kind, name, nearest.Hint(name, names))
		l.rename(at, 0, reference, name, names)
	}
	return v, ok
}

func (l *workflowLinker) stepRef(id string, at arazzo.Position) *program.Step {
	var ids []string
	for _, s := range l.workflow.Steps {
		if s.ID == id {
			return s
		}
		ids = append(ids, s.ID)
	}
	// As published: $steps.<id>, where the field wants the id alone.
	if name, ok := strings.CutPrefix(id, "$steps."); ok && slices.Contains(ids, name) {
		l.asPublished("step-reference", at, "a stepId is the id alone: %s", name)
		l.correct(at, 0, id, 0, len(id), name)
		return l.workflow.Steps[slices.Index(ids, name)]
	}
	l.error("unknown-step", at, "workflow %q has no step %q%s", l.workflow.ID, id, nearest.Hint(id, ids))
	l.rename(at, 0, id, id, ids)
	return nil
}
