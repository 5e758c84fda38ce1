package program

import (
	"iter"
	"slices"
)

// A Moment is when an expression is evaluated.
type Moment uint8

// The moments of a workflow.
const (
	BeforeRequest Moment = iota // parameters and body of a step
	AfterResponse               // criteria, outputs and actions of a step
	AfterSteps                  // outputs of the workflow
)

// EachRef calls visit for every expression of a workflow, in its order; step is
// nil for the outputs of the workflow.
func (w *Workflow) EachRef(visit func(step *Step, when Moment, r *Ref)) {
	for _, s := range w.Steps {
		s.eachRef(func(when Moment, r *Ref) { visit(s, when, r) })
	}
	for i := range w.Outputs {
		w.Outputs[i].Value.All(func(r *Ref) { visit(nil, AfterSteps, r) })
	}
}

func (s *Step) eachRef(visit func(when Moment, r *Ref)) {
	before := func(r *Ref) { visit(BeforeRequest, r) }
	after := func(r *Ref) { visit(AfterResponse, r) }
	for i := range s.Arguments {
		s.Arguments[i].Value.All(before)
	}
	if s.Body != nil {
		s.Body.Payload.All(before)
		for i := range s.Body.Replacements {
			s.Body.Replacements[i].Value.All(before)
		}
	}
	for _, c := range s.Criteria {
		c.All(after)
	}
	for i := range s.Outputs {
		s.Outputs[i].Value.All(after)
	}
	for _, list := range [][]*Action{s.OnSuccess, s.OnFailure} {
		for _, a := range list {
			for _, c := range a.Criteria {
				c.All(after)
			}
			for i := range a.Inputs {
				a.Inputs[i].Value.All(after)
			}
		}
	}
}

// Each iterates over a list by address: its items are large, and are identified by
// their addresses.
func Each[T any](list []T) iter.Seq[*T] {
	return func(yield func(*T) bool) {
		for i := range list {
			if !yield(&list[i]) {
				return
			}
		}
	}
}

// EachReachable calls visit for the steps that a run of a workflow may execute:
// its own, and those of the workflows that it depends on, calls or hands over to.
func (w *Workflow) EachReachable(visit func(*Step)) { w.eachReachable(map[*Workflow]bool{}, visit) }

// Dependencies returns the workflows that a run of a workflow executes before it or a
// workflow that it reaches, because that depends on them.
func (w *Workflow) Dependencies() (list []*Workflow) {
	w.EachReachable(func(s *Step) {
		for _, before := range s.Workflow.DependsOn {
			if !slices.Contains(list, before) {
				list = append(list, before)
			}
		}
	})
	return list
}

func (w *Workflow) eachReachable(seen map[*Workflow]bool, visit func(*Step)) {
	if w == nil || seen[w] {
		return
	}
	seen[w] = true
	for _, before := range w.DependsOn {
		before.eachReachable(seen, visit)
	}
	for _, s := range w.Steps {
		visit(s)
		s.Called.eachReachable(seen, visit)
		for _, list := range [][]*Action{s.OnSuccess, s.OnFailure} {
			for _, a := range list {
				a.Workflow.eachReachable(seen, visit)
			}
		}
	}
}
