package check

import (
	"slices"

	"github.com/gobelin-dev/gobelin/internal/digraph"
	"github.com/gobelin-dev/gobelin/internal/program"
)

// together finds which workflows may be in one run: those with a common root, a
// workflow from which dependencies, calls and hand-overs lead to both.
type together struct {
	component []int   // of the workflows, by Workflow.Index
	roots     [][]int // of the components, in order; nil: more than the budget allows
	called    []bool  // the workflows that something calls or hands over to
	left      *budget
}

func (c *checker) newTogether() *together {
	edges, called := make([][]int, len(c.program.Workflows)), make([]bool, len(c.program.Workflows))
	for i, w := range c.program.Workflows {
		for _, to := range w.DependsOn {
			edges[i] = append(edges[i], to.Index)
		}
		for to := range targets(w) {
			edges[i] = append(edges[i], to.Index)
			called[to.Index] = true
		}
	}
	t := &together{component: digraph.Components(edges), called: called, left: &c.left.roots}
	into := make([][]int, len(edges)) // the components that lead to one
	for i, list := range edges {
		for _, to := range list {
			if from := t.component[i]; from != t.component[to] {
				into[t.component[to]] = append(into[t.component[to]], from)
			}
		}
	}
	t.roots = make([][]int, len(edges))
	for i := len(edges) - 1; i >= 0; i-- { // what leads to a component has a higher number
		slices.Sort(into[i])
		t.roots[i] = t.union(i, slices.Compact(into[i]))
	}
	return t
}

// union returns the roots of a component.
func (t *together) union(component int, into []int) []int {
	if len(into) == 0 {
		return []int{component}
	}
	all := t.roots[into[0]]
	for _, from := range into[1:] {
		other := t.roots[from]
		if all == nil || other == nil || !t.left.spend(len(all)+len(other)) {
			return nil
		}
		if slices.Equal(all, other) {
			continue
		}
		all = slices.Concat(all, other)
		slices.Sort(all)
		all = slices.Compact(all)
	}
	return all
}

// run reports whether one run may execute both workflows or, if they are the
// same, execute it more than once.
func (t *together) run(w, of *program.Workflow) bool {
	if w == of {
		return t.called[w.Index]
	}
	a, b := t.roots[t.component[w.Index]], t.roots[t.component[of.Index]]
	if a == nil || b == nil || len(a) > 0 && len(b) > 0 && &a[0] == &b[0] {
		return true
	}
	if !t.left.spend(len(a) + len(b)) {
		return true
	}
	for len(a) > 0 && len(b) > 0 {
		switch {
		case a[0] == b[0]:
			return true
		case a[0] < b[0]:
			a = a[1:]
		default:
			b = b[1:]
		}
	}
	return false
}

// targets iterates over the workflows that the steps of a workflow call, or its
// actions go to.
func targets(w *program.Workflow) func(yield func(*program.Workflow) bool) {
	return func(yield func(*program.Workflow) bool) {
		for _, s := range w.Steps {
			if s.Called != nil && !yield(s.Called) {
				return
			}
			for _, list := range [][]*program.Action{s.OnSuccess, s.OnFailure} {
				for _, a := range list {
					if a.Workflow != nil && !yield(a.Workflow) {
						return
					}
				}
			}
		}
	}
}
