package link

import (
	"slices"

	"github.com/gobelin-dev/gobelin/internal/program"
)

// A value that shapes a condition should be the author's or the caller's, not one
// that a server has answered (C16). markReceived tells the two apart for the
// expressions in conditions: through outputs, arguments and hand-overs to other
// workflows.
func (f *secretFlow) markReceived() {
	for _, w := range f.program.Workflows {
		for _, s := range w.Steps {
			at := site{w, s}
			f.receive(at, s.Criteria)
			for _, list := range [][]*program.Action{s.OnSuccess, s.OnFailure} {
				for _, a := range list {
					f.receive(at, a.Criteria)
				}
			}
		}
	}
}

func (f *secretFlow) receive(at site, criteria []*program.Criterion) {
	for _, c := range criteria {
		if c.Embedded == nil {
			continue
		}
		for r := range program.Each(c.Embedded.Refs) {
			r.Received = f.received(at, r, map[received]bool{})
		}
	}
}

// received identifies an input or an output that has been looked at.
type received struct {
	workflow *program.Workflow
	step     *program.Step // of an output
	name     string
}

// received reports whether the value of an expression can come from a response.
func (f *secretFlow) received(at site, r *program.Ref, seen map[received]bool) bool {
	switch r.Kind {
	case program.Known, program.Method, program.Missing, program.StatusCode:
		return false
	case program.ComponentParameter:
		return f.anyReceived(at, r.Operand, seen)
	case program.InputRef:
		return f.inputReceived(received{workflow: at.workflow, name: r.Name}, seen)
	case program.WorkflowInput:
		return r.Workflow != nil && f.inputReceived(received{workflow: r.Workflow, name: r.Name}, seen)
	case program.WorkflowOutput:
		return r.Workflow != nil && f.outputReceived(site{workflow: r.Workflow}, r.Workflow.Outputs, r.Name, seen)
	case program.StepOutput:
		switch s := r.Step; {
		case s == nil:
			return false
		case len(s.Outputs) == 0 && s.Called != nil: // the workflow's (F17)
			return f.outputReceived(site{workflow: s.Called}, s.Called.Outputs, r.Name, seen)
		default:
			return f.outputReceived(site{s.Workflow, s}, s.Outputs, r.Name, seen)
		}
	}
	return true
}

func (f *secretFlow) anyReceived(at site, o *program.Operand, seen map[received]bool) bool {
	found := false
	o.All(func(r *program.Ref) { found = found || f.received(at, r, seen) })
	return found
}

func (f *secretFlow) outputReceived(at site, list []program.Output, name string, seen map[received]bool) bool {
	key := received{at.workflow, at.step, name}
	if seen[key] {
		return false
	}
	seen[key] = true
	return slices.ContainsFunc(list, func(o program.Output) bool { return o.Name == name && f.anyReceived(at, &o.Value, seen) })
}

func (f *secretFlow) inputReceived(in received, seen map[received]bool) bool {
	if seen[in] {
		return false
	}
	seen[in] = true
	if s := f.supplied[in.workflow]; s != nil {
		for _, i := range s.byName[in.name] {
			if f.anyReceived(s.list[i].site, &s.list[i].argument.Value, seen) {
				return true
			}
		}
	}
	return slices.ContainsFunc(f.sameAs[in.workflow], func(from *program.Workflow) bool {
		return f.inputReceived(received{workflow: from, name: in.name}, seen)
	})
}
