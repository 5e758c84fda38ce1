package check

import (
	"slices"

	"github.com/gobelin-dev/gobelin/internal/digraph"
	"github.com/gobelin-dev/gobelin/internal/program"
)

// graph is the control flow of a workflow: its nodes are the steps.
type graph struct {
	*program.Workflow
	first int      // the step that is executed first
	edges [][]edge // by the index of the step that they leave
	// reached are the steps that control can come to, other than by a retry that
	// refers to them (F12).
	reached []bool
	dead    []deadAction
	whole   bool    // false: some actions lead to what does not exist
	next    [][]int // the steps that edges lead to, by the step that they leave
	loop    []int   // the number of the strongly connected component of each step
}

// edge is one way to continue after a step.
type edge struct {
	to     int             // a step, or one of the ends
	failed bool            // whether the step has failed
	action *program.Action // nil: none was selected (F3)
	via    int             // the step that a retry refers to, or -1
}

// The ends of a workflow.
const (
	endSucceeded  = -1 - iota
	endFailed     // without an action that says so
	endByAction   // an end action among the failure actions
	endHandedOver // a goto to another workflow (F9)
)

// deadAction is an action that can never be selected.
type deadAction struct {
	step   *program.Step
	action *program.Action
	failed bool
	by     *program.Action // that is selected first whenever this one passes; nil: its own criteria cannot pass
}

func (c *checker) newGraph(w *program.Workflow) *graph {
	g := &graph{Workflow: w, whole: true, edges: make([][]edge, len(w.Steps)), reached: make([]bool, len(w.Steps))}
	for _, s := range w.Steps {
		succeeded, failed := c.outcomes(s)
		g.whole = g.whole && !s.MissingActions
		if !succeeded.empty() {
			next := endSucceeded
			if s.Next != nil {
				next = s.Next.Index
			}
			g.leave(c, s, s.OnSuccess, succeeded, false, next)
		}
		g.leave(c, s, s.OnFailure, failed, true, endFailed)
	}
	g.next = make([][]int, len(w.Steps))
	for i, edges := range g.edges {
		for _, e := range edges {
			if e.to >= 0 {
				g.next[i] = append(g.next[i], e.to)
			}
		}
	}
	g.loop = digraph.Components(g.next)
	if len(w.Steps) > 0 {
		g.first = w.Order[0].Index
		g.reached[g.first] = true
		digraph.Spread(g.next, g.first, g.reached, func(int) {})
	}
	return g
}

// loops reports whether a path leads from a step back to it.
func (g *graph) loops(i int) bool {
	return slices.Contains(g.next[i], i) || slices.ContainsFunc(g.next[i], func(to int) bool { return g.loop[to] == g.loop[i] })
}

// leave adds the edges of a list of actions (F4), and the one taken when none is
// selected.
func (g *graph) leave(c *checker, s *program.Step, actions []*program.Action, left codes, failed bool, otherwise int) {
	all := left
	type passed struct {
		by   *program.Action
		with codes
	}
	var taken []passed
	for _, a := range actions {
		pass, certain := c.passing(a.Criteria)
		switch {
		case a.Dangling(), a.Name == "", !slices.Contains(actionTypes, a.Kind):
			g.whole = false // its target is unknown, or others without a name are not linked
			continue
		case all.and(pass).empty():
			g.dead = append(g.dead, deadAction{s, a, failed, nil})
			continue
		case left.and(pass).empty():
			i := slices.IndexFunc(taken, func(p passed) bool { return !p.with.and(pass).empty() })
			g.dead = append(g.dead, deadAction{s, a, failed, taken[i].by})
			continue
		case a.Kind == "retry" && a.Limit == 0:
			continue
		}
		if certain && a.Kind != "retry" { // a retry is exhausted at some point (F11)
			left = left.without(pass)
			taken = append(taken, passed{a, pass})
		}
		g.edges[s.Index] = append(g.edges[s.Index], g.follow(s, a, failed))
	}
	if !left.empty() {
		g.edges[s.Index] = append(g.edges[s.Index], edge{to: otherwise, failed: failed, via: -1})
	}
}

func (g *graph) follow(s *program.Step, a *program.Action, failed bool) edge {
	e := edge{failed: failed, action: a, via: -1}
	switch {
	case a.Kind == "retry":
		e.to = s.Index
		if a.Step != nil {
			e.via = a.Step.Index
		}
	case a.Kind == "goto" && a.Step != nil:
		e.to = a.Step.Index
	case a.Kind == "goto":
		e.to = endHandedOver
	case failed:
		e.to = endByAction
	default:
		e.to = endSucceeded
	}
	return e
}

// referred returns the steps that reachable retries refer to.
func (g *graph) referred() []bool {
	list := make([]bool, len(g.Steps))
	for i, edges := range g.edges {
		for _, e := range edges {
			if g.reached[i] && e.via >= 0 {
				list[e.via] = true
			}
		}
	}
	return list
}

// succeeds reports whether a path leads to the end of the workflow, so that it
// has outputs.
func (g *graph) succeeds() bool {
	for i, edges := range g.edges {
		if g.reached[i] && slices.ContainsFunc(edges, func(e edge) bool { return e.to == endSucceeded }) {
			return true
		}
	}
	return false
}
