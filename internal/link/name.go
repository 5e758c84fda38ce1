package link

import (
	"strings"

	"github.com/gobelin-dev/gobelin/arazzo"
	"github.com/gobelin-dev/gobelin/internal/inputschema"
	"github.com/gobelin-dev/gobelin/internal/program"
)

// workflowRef resolves a workflowId or $sourceDescriptions.<name>.<workflowId>
// (F18); nil when there is none.
func (l *workflowLinker) workflowRef(id string, at arazzo.Position) *program.Workflow {
	d := l.workflow.Document
	if rest, ok := strings.CutPrefix(strings.Trim(id, "{}"), "$sourceDescriptions."); ok {
		name, inner := l.names.splitSource(rest)
		s := l.need(name, at)
		if s == nil {
			return nil
		}
		if s.Document == nil {
			l.report(l.error("unknown-workflow", at, "source %q is an OpenAPI description; it has no workflows", name))
			return nil
		}
		d, id = s.Document, inner
	}
	if w, ok := d.Workflows[id]; ok {
		return w
	}
	if name, ok := strings.CutPrefix(id, "$workflows."); ok && d.Workflows[name] != nil {
		l.report(l.error("unknown-workflow", at, "a workflowId is only the id: write %s", name).replace(id, name))
		return nil
	}
	ids := l.scope(d).workflows
	l.report(l.error("unknown-workflow", at, "there is no workflow %q%s", id, ids.hint(id)).rename(0, id, id, ids.only(id)))
	return nil
}

// lookUpWorkflow is workflowRef without diagnostics.
func (l *workflowLinker) lookUpWorkflow(id string) *program.Workflow {
	if rest, ok := strings.CutPrefix(strings.Trim(id, "{}"), "$sourceDescriptions."); ok {
		name, inner := l.names.splitSource(rest)
		if s := l.names.arazzoSource(name); s != nil {
			return s.Document.Workflows[inner]
		}
		return nil
	}
	return l.workflow.Document.Workflows[id]
}

// stepRef resolves the stepId of an action.
func (l *workflowLinker) stepRef(id string, at arazzo.Position) *program.Step {
	if s := l.stepByID(id); s != nil {
		return s
	}
	// As published: $steps.<id>, where the field is the id alone.
	if name, ok := strings.CutPrefix(id, "$steps."); ok && l.steps.has(name) {
		l.report(l.asPublished("step-reference", at, "a stepId is only the id: %s", name).replace(id, name))
		return l.stepByID(name)
	}
	l.report(l.error("unknown-step", at, "workflow %q has no step %q%s", l.workflow.ID, id, l.steps.hint(id)).
		rename(0, id, id, l.steps.only(id)))
	return nil
}

// stepByID returns the step of the workflow with that id, or nil.
func (l *workflowLinker) stepByID(id string) *program.Step {
	if i, ok := l.steps.index[id]; ok {
		return l.workflow.Steps[i]
	}
	return nil
}

// stepName finds the step that a dotted name begins with. A step that something
// of the name is left for goes first.
func (l *workflowLinker) stepName(text string) (s *program.Step, rest string) {
	id, rest := l.steps.followed(text)
	if id == "" {
		id, rest = l.steps.prefix(text)
	}
	if id == "" {
		return nil, ""
	}
	return l.stepByID(id), rest
}

// stepIDs returns the ids of the steps of a workflow.
func (l *linker) stepIDs(w *program.Workflow) *names {
	if l.stepIDsOf[w] == nil {
		l.stepIDsOf[w] = newNames(w.Steps, func(s *program.Step) string { return s.ID })
	}
	return l.stepIDsOf[w]
}

// outputNames returns the outputs that a step has: those that it declares, or
// those of the workflow that it calls when it declares none (F17); nil if that
// workflow is not known.
func (l *workflowLinker) outputNames(s *program.Step) *names {
	if len(s.Decl.Outputs) > 0 || s.Decl.WorkflowID == "" {
		return l.declaredOutputs(s)
	}
	called := s.Called
	if called == nil {
		called = l.lookUpWorkflow(s.Decl.WorkflowID)
	}
	if called == nil {
		return nil
	}
	return l.workflowOutputs(called)
}

// declaredOutputs returns the names of the outputs that a step declares.
func (l *linker) declaredOutputs(s *program.Step) *names {
	if l.outputsOf[s] == nil {
		l.outputsOf[s] = entryNames(s.Decl.Outputs)
	}
	return l.outputsOf[s]
}

// workflowOutputs returns the names of the outputs of a workflow.
func (l *linker) workflowOutputs(w *program.Workflow) *names {
	if l.outputsOf[w] == nil {
		l.outputsOf[w] = entryNames(w.Decl.Outputs)
	}
	return l.outputsOf[w]
}

// inputNames returns the names of the inputs that the schema of a linked workflow
// declares.
func (l *linker) inputNames(w *program.Workflow) *names {
	if l.inputsOf[w] == nil {
		var properties []inputschema.Property
		if w.Schema != nil {
			properties = w.Schema.Properties
		}
		l.inputsOf[w] = newNames(properties, func(p inputschema.Property) string { return p.Name })
	}
	return l.inputsOf[w]
}
