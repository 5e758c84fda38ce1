package program

import "slices"

// A Stack follows a run of a program by the ids in its events: which workflow is under
// way at each depth. The zero Stack is one of an unknown program.
type Stack struct {
	Program   *Program    // nil: it is not known
	Workflows []*Workflow // by depth; nil: it is not known
}

// Enter finds the workflow of an event, or nil. Of several with one id it is that to
// which the one below or before it leads.
func (s *Stack) Enter(depth int, workflowID string) *Workflow {
	for len(s.Workflows) <= depth {
		s.Workflows = append(s.Workflows, nil)
	}
	before := s.Workflows[depth]
	if s.Program == nil || before != nil && before.ID == workflowID {
		return before
	}
	s.Workflows[depth] = s.find(before, depth, workflowID)
	return s.Workflows[depth]
}

func (s *Stack) find(before *Workflow, depth int, workflowID string) *Workflow {
	from := []*Workflow{before}
	if depth > 0 {
		from = append(from, s.Workflows[depth-1])
	}
	for _, w := range from {
		if w == nil {
			continue
		}
		for to := range w.Leads() {
			if to.ID == workflowID {
				return to
			}
		}
	}
	for _, any := range s.Program.Workflows {
		if any.ID == workflowID {
			return any
		}
	}
	return nil
}

// Step returns the step of a workflow with an id, or nil. The workflow may be nil.
func (w *Workflow) Step(id string) *Step {
	if w == nil {
		return nil
	}
	if i := slices.IndexFunc(w.Steps, func(s *Step) bool { return s.ID == id }); i >= 0 {
		return w.Steps[i]
	}
	return nil
}
