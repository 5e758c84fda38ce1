package program

import "iter"

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
		s.EachRef(func(when Moment, _ bool, r *Ref) { visit(s, when, r) })
	}
	for i := range w.Outputs {
		w.Outputs[i].Value.All(func(r *Ref) { visit(nil, AfterSteps, r) })
	}
}

// EachRef calls visit for every expression of a step, in its order; inherited are
// those of parameters and actions that the step has from its workflow.
func (s *Step) EachRef(visit func(when Moment, inherited bool, r *Ref)) {
	var when Moment
	inherited := false
	each := func(r *Ref) { visit(when, inherited, r) }
	for i := range s.Arguments {
		inherited = s.Arguments[i].Inherited
		s.Arguments[i].Value.All(each)
	}
	inherited = false
	if s.Body != nil {
		s.Body.Payload.All(each)
		for i := range s.Body.Replacements {
			s.Body.Replacements[i].Value.All(each)
		}
	}
	when = AfterResponse
	for _, c := range s.Criteria {
		c.All(each)
	}
	for i := range s.Outputs {
		s.Outputs[i].Value.All(each)
	}
	for _, list := range [][]*Action{s.OnSuccess, s.OnFailure} {
		for _, a := range list {
			inherited = a.Inherited
			for _, c := range a.Criteria {
				c.All(each)
			}
			for i := range a.Inputs {
				a.Inputs[i].Value.All(each)
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

// Leads iterates over the workflows that a run of this one can go to: those that it
// depends on, calls, or hands over to.
func (w *Workflow) Leads() iter.Seq[*Workflow] {
	return func(yield func(*Workflow) bool) {
		next := func(to *Workflow) bool { return to == nil || yield(to) }
		for _, before := range w.DependsOn {
			if !next(before) {
				return
			}
		}
		for _, s := range w.Steps {
			if !next(s.Called) {
				return
			}
			for _, list := range [][]*Action{s.OnSuccess, s.OnFailure} {
				for _, a := range list {
					if !next(a.Workflow) {
						return
					}
				}
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
	reached, listed := map[*Workflow]bool{}, map[*Workflow]bool{}
	w.EachReachable(func(s *Step) {
		if reached[s.Workflow] {
			return
		}
		reached[s.Workflow] = true
		for _, before := range s.Workflow.DependsOn {
			if !listed[before] {
				listed[before] = true
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
