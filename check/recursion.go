package check

import (
	"slices"

	"github.com/gobelin-dev/gobelin/arazzo"
	"github.com/gobelin-dev/gobelin/internal/digraph"
	"github.com/gobelin-dev/gobelin/internal/program"
)

// endlessRecursion reports workflows that call, or hand over to, themselves on
// all of their paths. It is a warning if a step may fail and no action handles
// that, which ends the workflow, as it ends an endless loop.
func (c *checker) endlessRecursion() {
	finishes, ends := c.finishing(false), c.finishing(true)
	circle := digraph.Components(c.callEdges())
	for i, g := range c.graphs {
		if finishes[i] || !g.whole || !g.hasEnd() {
			continue
		}
		s, called := g.recursion(finishes)
		if s == nil || circle[called.Index] != circle[i] {
			continue
		}
		const message = "workflow %q never finishes: every path through it reaches step %q, which leads back to workflow %q"
		if ends[i] {
			c.report(g.Document, arazzo.Warning, "endless-recursion", s.Decl.At("stepId"), message+", until a step fails and no action handles it",
				g.Decl.WorkflowID, s.Decl.StepID, g.Decl.WorkflowID)
			continue
		}
		c.report(g.Document, arazzo.Error, "endless-recursion", s.Decl.At("stepId"), message, g.Decl.WorkflowID, s.Decl.StepID, g.Decl.WorkflowID)
	}
}

// finishing finds the workflows that can finish: a path leads to one of their ends
// on which everything they call can finish. With failures, an end by a failure
// that no action handles counts too.
type finishing struct {
	graphs   []*graph
	failures bool
	finished []bool
	waiting  [][]way  // by the workflow that has to finish first
	seen     [][]bool // steps, by workflow
	open     []place
}

// place is a step, or an end, of a workflow.
type place struct{ workflow, step int }

// way is an edge from a place.
type way struct {
	place
	edge
}

func (c *checker) finishing(failures bool) []bool {
	n := len(c.graphs)
	f := &finishing{graphs: c.graphs, failures: failures, finished: make([]bool, n), waiting: make([][]way, n), seen: make([][]bool, n)}
	for i, g := range c.graphs {
		f.seen[i] = make([]bool, len(g.Steps))
		start := place{i, g.first}
		if len(g.Steps) == 0 {
			start.step = endSucceeded
		}
		f.open = append(f.open, start)
		if failures && len(g.DependsOn) > 0 { // what it depends on may fail
			f.open = append(f.open, place{i, endFailed})
		}
	}
	for len(f.open) > 0 {
		p := f.open[len(f.open)-1]
		f.open = f.open[:len(f.open)-1]
		f.arrive(p)
	}
	return f.finished
}

func (f *finishing) arrive(p place) {
	switch {
	case p.step == endFailed && !f.failures:
	case p.step < 0 && !f.finished[p.workflow]:
		f.finished[p.workflow] = true
		for _, w := range f.waiting[p.workflow] {
			f.follow(w)
		}
	case p.step >= 0 && !f.seen[p.workflow][p.step]:
		f.seen[p.workflow][p.step] = true
		for _, e := range f.graphs[p.workflow].edges[p.step] {
			f.follow(way{p, e})
		}
	}
}

// follow takes an edge, or waits until what is called on it can finish.
func (f *finishing) follow(w way) {
	var needed []*program.Workflow
	s := f.graphs[w.workflow].Steps[w.step]
	if !w.failed || f.failures && s.Timeout == 0 && !mayNotBegin(s.Called, s.Arguments) {
		needed = append(needed, s.Called)
	}
	if w.to == endHandedOver {
		needed = append(needed, w.action.Workflow)
		if f.failures && mayNotBegin(w.action.Workflow, w.action.Inputs) {
			f.open = append(f.open, place{w.workflow, endFailed})
		}
	}
	for _, n := range needed {
		if n != nil && !f.finished[n.Index] {
			f.waiting[n.Index] = append(f.waiting[n.Index], w)
			return
		}
	}
	f.open = append(f.open, place{w.workflow, w.to})
}

// mayNotBegin reports whether a workflow can be refused its inputs, or these cannot be
// made: whoever calls it fails then, though it does not finish.
func mayNotBegin(w *program.Workflow, inputs []program.Argument) bool {
	isText := func(a program.Argument) bool { return a.Value.Kind == program.Interpolation }
	return w != nil && w.Schema != nil || slices.ContainsFunc(inputs, isText)
}

// hasEnd reports whether a path leads to an end that is not a failure, supposing
// that everything the workflow calls finishes.
func (g *graph) hasEnd() bool {
	for i, edges := range g.edges {
		for _, e := range edges {
			if g.reached[i] && e.to < 0 && e.to != endFailed {
				return true
			}
		}
	}
	return len(g.Steps) == 0
}

// recursion finds a reachable step that calls, or hands over to, a workflow
// that never finishes.
func (g *graph) recursion(finishes []bool) (*program.Step, *program.Workflow) {
	for i, s := range g.Steps {
		if !g.reached[i] {
			continue
		}
		if s.Called != nil && !finishes[s.Called.Index] {
			return s, s.Called
		}
		for _, e := range g.edges[i] {
			if e.to == endHandedOver && e.action.Workflow != nil && !finishes[e.action.Workflow.Index] {
				return s, e.action.Workflow
			}
		}
	}
	return nil, nil
}

// callEdges returns the graph of calls and hand-overs between workflows.
func (c *checker) callEdges() [][]int {
	edges := make([][]int, len(c.graphs))
	for i, g := range c.graphs {
		add := func(w *program.Workflow) {
			if w != nil {
				edges[i] = append(edges[i], w.Index)
			}
		}
		for j, s := range g.Steps {
			add(s.Called)
			for _, e := range g.edges[j] {
				if e.action != nil {
					add(e.action.Workflow)
				}
			}
		}
	}
	return edges
}
