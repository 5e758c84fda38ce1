package view

import (
	"strings"

	"github.com/gobelin-dev/gobelin/arazzo"
	"github.com/gobelin-dev/gobelin/internal/program"
)

// path names the workflow of a step, after the steps that call it.
func (r *run) path(s *step) string {
	var names []string
	for at := s; at != nil; at = at.caller {
		names = append(names, at.workflowID)
		if at.caller != nil {
			names[len(names)-1] = at.caller.id + "." + names[len(names)-1]
		}
	}
	for i, j := 0, len(names)-1; i < j; i, j = i+1, j-1 {
		names[i], names[j] = names[j], names[i]
	}
	return strings.Join(names, ".")
}

// linked returns the step of the program that was executed, or nil.
func (r *run) linked(s *step) *program.Step {
	if r.program == nil {
		return nil
	}
	var w *program.Workflow
	if s.caller != nil {
		if by := r.linked(s.caller); by != nil && by.Called != nil && by.Called.ID == s.workflowID {
			w = by.Called
		}
	}
	if w == nil {
		p := program.Of(r.program)
		w = p.Entry().Workflows[s.workflowID]
		for _, other := range p.Workflows { // that a goto or a dependency leads to
			if w == nil && other.ID == s.workflowID {
				w = other
			}
		}
	}
	if w == nil {
		return nil
	}
	if r.places == nil {
		r.places = map[*program.Workflow]map[string]*program.Step{}
	}
	steps := r.places[w]
	if steps == nil {
		steps = make(map[string]*program.Step, len(w.Steps))
		for _, of := range w.Steps {
			steps[of.ID] = of
		}
		r.places[w] = steps
	}
	return steps[s.id]
}

// place returns where in its document a step is.
func (r *run) place(s *step) (arazzo.Position, bool) {
	of := r.linked(s)
	if of == nil {
		return arazzo.Position{}, false
	}
	return of.Position(), true
}

// notRun reports whether nothing of a run has happened, because another one had failed.
func (r *run) notRun() bool { return len(r.steps) == 0 && r.err != nil && r.err.Type == "canceled" }
