package check

import (
	"fmt"
	"strings"

	"github.com/gobelin-dev/gobelin/arazzo"
	"github.com/gobelin-dev/gobelin/internal/program"
)

// controlFlow tells of ways that control cannot take, and of those that it
// cannot leave.
func (c *checker) controlFlow() {
	for _, g := range c.graphs {
		c.neverSucceeding(g)
		c.deadActions(g)
		if g.whole {
			c.unreachableSteps(g)
			c.endlessLoops(g)
		}
		c.busyLoops(g)
		c.retries(g)
	}
	c.endlessRecursion()
}

func (c *checker) neverSucceeding(g *graph) {
	for _, s := range g.Steps {
		succeeded, _ := c.outcomes(s)
		if !succeeded.empty() {
			continue
		}
		var parts []string
		for _, criterion := range s.Criteria {
			if c.verdict(criterion).pass != everyCode {
				parts = append(parts, criterion.Text)
			}
		}
		at := s.Criteria[0].Place
		if s.Decl.WorkflowID != "" {
			c.report(g.Document, arazzo.Error, "never-succeeds", at,
				"step %q calls a workflow and has no status of its own, so %s never holds; leave it out, the step succeeds when the workflow does", s.Decl.StepID, strings.Join(parts, " and "))
			continue
		}
		hint := ""
		if len(parts) > 1 {
			hint = "; all criteria must pass, alternatives are joined in one condition: " + strings.Join(parts, " || ")
		}
		c.report(g.Document, arazzo.Error, "never-succeeds", at, "step %q can never succeed: there is no status with which %s%s", s.Decl.StepID, holds(parts), hint)
	}
}

func holds(conditions []string) string {
	if len(conditions) == 1 {
		return conditions[0] + " holds"
	}
	return strings.Join(conditions, " and ") + " hold"
}

func (c *checker) deadActions(g *graph) {
	outcome := map[bool]string{false: "succeeded", true: "failed"}
	for _, dead := range g.dead {
		succeeded, _ := c.outcomes(dead.step)
		switch by := dead.by; {
		case succeeded.empty() && !dead.failed:
			// The step itself is the mistake.
		case by == nil && !dead.action.Inherited && c.contradicts(dead.action):
			which := "its criteria pass"
			if len(dead.action.Criteria) > 1 {
				which = "all of its criteria pass; alternatives are joined in one condition by ||"
			}
			c.report(g.Document, arazzo.Warning, "impossible-action", dead.action.Listed,
				"action %q is never selected: there is no status with which %s", dead.action.Name, which)
		case by == nil && !dead.action.Inherited:
			c.report(g.Document, arazzo.Warning, "impossible-action", dead.action.Listed,
				"action %q is never selected: when step %q has %s, there is no status with which its criteria pass", dead.action.Name, dead.step.Decl.StepID, outcome[dead.failed])
		case by != nil && (!dead.action.Inherited || by.Inherited):
			why := "whose criteria pass whenever those of this one do"
			if len(by.Criteria) == 0 {
				why = "which has no criteria and is always selected"
			}
			d := c.report(g.Document, arazzo.Warning, "unreachable-action", dead.action.Listed,
				"action %q is never selected: in front of it stands %q, %s", dead.action.Name, by.Name, why)
			d.Related = append(d.Related, related(g.Document, by.Listed, "the action %q", by.Name))
		}
	}
}

// contradicts reports whether the criteria of an action exclude one another.
func (c *checker) contradicts(a *program.Action) bool {
	pass, _ := c.passing(a.Criteria)
	return pass.empty()
}

func (c *checker) unreachableSteps(g *graph) {
	referred := g.referred()
	for i, s := range g.Steps {
		if g.reached[i] || referred[i] {
			continue
		}
		if i > 0 && !g.reached[i-1] && !referred[i-1] {
			continue // the first of several says it for all
		}
		if i > 0 {
			if succeeded, _ := c.outcomes(g.Steps[i-1]); succeeded.empty() {
				continue // what never succeeds is reported itself
			}
		}
		d := c.report(g.Document, arazzo.Warning, "unreachable-step", s.Decl.At("stepId"), "step %q is never executed: no way leads to it", s.Decl.StepID)
		if i == 0 {
			continue
		}
		for _, e := range g.edges[i-1] {
			if !e.failed && e.action != nil {
				d.Related = append(d.Related, related(g.Document, e.action.Listed, "after step %q, action %q %s", g.Steps[i-1].Decl.StepID, e.action.Name, whereTo(e.action)))
			}
		}
	}
}

func whereTo(a *program.Action) string {
	switch {
	case a.Kind == "end":
		return "ends the workflow"
	case a.Kind == "retry":
		return "executes the step again"
	case a.Step != nil:
		return fmt.Sprintf("goes to step %q", a.Step.Decl.StepID)
	case a.Workflow != nil:
		return fmt.Sprintf("goes to workflow %q", a.Workflow.Decl.WorkflowID)
	}
	return "goes on"
}

// endlessLoops tells of steps from which no way leads to an end, but that a
// step fails and nothing catches it.
func (c *checker) endlessLoops(g *graph) {
	told, ends := make([]bool, len(g.Steps)), g.canEnd()
	for i := range g.Steps {
		if !g.reached[i] || told[i] || ends[i] {
			continue
		}
		from := g.from(i)
		if !from[i] {
			continue
		}
		for j := range from {
			told[j] = told[j] || from[j]
		}
		d := c.report(g.Document, arazzo.Warning, "endless-loop", g.Steps[i].Decl.At("stepId"),
			"once step %q is reached, no way leads to the end of the workflow: the loop stops only by a failure that no action catches, or by the limit of steps", g.Steps[i].Decl.StepID)
		for j, in := range from {
			for _, e := range g.edges[j] {
				if in && e.to >= 0 && e.to <= j && e.action != nil && e.action.Kind == "goto" {
					d.Related = append(d.Related, related(g.Document, e.action.Listed, "action %q goes back to step %q", e.action.Name, g.Steps[e.to].Decl.StepID))
				}
			}
		}
	}
}

// canEnd tells of each step whether a way leads from it to the end of the
// workflow.
func (g *graph) canEnd() []bool {
	can := make([]bool, len(g.Steps))
	before := make([][]int, len(g.Steps))
	var found []int
	for i := range g.Steps {
		// One that never succeeds is another mistake than a loop.
		can[i] = len(g.edges[i]) == 0 || g.edges[i][0].failed
		for _, e := range g.edges[i] {
			switch {
			case e.to >= 0:
				before[e.to] = append(before[e.to], i)
			case e.to == endSucceeded, e.to == endByAction, e.to == endHandedOver:
				can[i] = true
			}
		}
		if can[i] {
			found = append(found, i)
		}
	}
	for len(found) > 0 {
		last := found[len(found)-1]
		found = found[:len(found)-1]
		for _, i := range before[last] {
			if !can[i] {
				can[i] = true
				found = append(found, i)
			}
		}
	}
	return can
}

// busyLoops tells of a goto that leads back to the same request at once.
func (c *checker) busyLoops(g *graph) {
	for i := range g.Steps {
		if !g.reached[i] {
			continue
		}
		for _, e := range g.edges[i] {
			if e.action == nil || e.action.Kind != "goto" || e.to < 0 || e.to > i || !g.polls(e.to, i) {
				continue
			}
			s := g.Steps[e.to]
			hint := "a retry among its failure actions can say how long to wait (retryAfter)"
			if e.failed {
				hint = "a retry can say how long to wait (retryAfter)"
			}
			c.report(g.Document, arazzo.Warning, "loop-without-delay", e.action.Listed,
				"action %q sends the request of step %q again without a delay of its own; gobelin waits 1 s, growing to 30 s, others may not: %s", e.action.Name, s.Decl.StepID, hint)
		}
	}
}

// polls reports whether the loop from a step to another and back sends the same
// safe requests over and over.
func (g *graph) polls(head, tail int) bool {
	var loop []*program.Step
	after, before := g.from(head), g.into(tail)
	for i, s := range g.Steps {
		if i == head || i == tail || after[i] && before[i] {
			loop = append(loop, s)
		}
	}
	for _, s := range loop {
		if s.Operation == nil || s.Operation.Method != "GET" && s.Operation.Method != "HEAD" {
			return false
		}
	}
	same := true
	for a := range program.Each(g.Steps[head].Arguments) {
		a.Value.All(func(r *program.Ref) {
			for _, s := range loop {
				same = same && r.Step != s
			}
		})
	}
	return same
}

func (c *checker) retries(g *graph) {
	for _, s := range g.Steps {
		for _, a := range s.OnFailure {
			if a.Kind != "retry" {
				continue
			}
			if a.Limit == 0 {
				c.report(g.Document, arazzo.Warning, "retry-never", a.Decl.At("retryLimit"), "action %q never retries: its retryLimit is 0", a.Name)
			}
			if a.Limit > 1 && a.After == 0 && a.Step == nil && a.Workflow == nil && !a.Dangling() && s.Operation != nil {
				c.report(g.Document, arazzo.Note, "retry-without-delay", a.Place, "action %q sends the request up to %d more times without a delay; say how long to wait with retryAfter", a.Name, a.Limit)
			}
		}
	}
}

// endlessRecursion tells of workflows that call themselves whatever happens.
// A workflow can finish when a way leads to one of its ends on which all that
// it calls can finish.
func (c *checker) endlessRecursion() {
	finishes := make([]bool, len(c.graphs))
	for changed := true; changed; {
		changed = false
		for i, g := range c.graphs {
			if !finishes[i] && g.finishes(func(w *program.Workflow) bool { return w == nil || finishes[w.Index] }) {
				finishes[i], changed = true, true
			}
		}
	}
	anything := func(*program.Workflow) bool { return true }
	for i, g := range c.graphs {
		if finishes[i] || !g.whole || !g.finishes(anything) {
			continue
		}
		s, called := g.recursion(finishes)
		if s == nil || !c.leadsBack(called, g.Workflow) {
			continue
		}
		c.report(g.Document, arazzo.Error, "endless-recursion", s.Decl.At("stepId"),
			"workflow %q never finishes: every way through it comes to step %q, which leads to workflow %q again", g.Decl.WorkflowID, s.Decl.StepID, g.Decl.WorkflowID)
	}
}

func (g *graph) finishes(can func(*program.Workflow) bool) bool {
	seen := make([]bool, len(g.Steps))
	var visit func(int) bool
	visit = func(i int) bool {
		if i < 0 {
			return i != endFailed
		}
		if seen[i] {
			return false
		}
		seen[i] = true
		s := g.Steps[i]
		for _, e := range g.edges[i] {
			if s.Called != nil && !e.failed && !can(s.Called) {
				continue
			}
			if e.to == endHandedOver && !can(e.action.Workflow) {
				continue
			}
			if visit(e.to) {
				return true
			}
		}
		return false
	}
	return len(g.Steps) == 0 || visit(0)
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

// leadsBack reports whether calls and hand-overs lead from one workflow to
// another.
func (c *checker) leadsBack(from, to *program.Workflow) bool {
	seen := map[*program.Workflow]bool{}
	var visit func(*program.Workflow) bool
	visit = func(w *program.Workflow) bool {
		if w == nil || seen[w] {
			return false
		}
		if w == to {
			return true
		}
		seen[w] = true
		g := c.graphs[w.Index]
		for i, s := range g.Steps {
			if visit(s.Called) {
				return true
			}
			for _, e := range g.edges[i] {
				if e.action != nil && visit(e.action.Workflow) {
					return true
				}
			}
		}
		return false
	}
	return visit(from)
}
