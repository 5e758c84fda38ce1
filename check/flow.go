package check

import (
	"fmt"
	"slices"
	"strings"

	"github.com/gobelin-dev/gobelin/arazzo"
	"github.com/gobelin-dev/gobelin/internal/digraph"
	"github.com/gobelin-dev/gobelin/internal/program"
)

// controlFlow reports paths that control cannot take, and those that it cannot
// leave.
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
		hint := ""
		if len(parts) > 1 {
			hint = "; all criteria must pass; write alternatives as one condition: " + strings.Join(parts, " || ")
		}
		d := c.report(g.Document, arazzo.Error, "never-succeeds", at, "step %q can never succeed: no status code satisfies %s%s", s.Decl.StepID,
			strings.Join(parts, " and "), hint)
		statusClass(g.Document, d, s.Criteria)
	}
}

func (c *checker) deadActions(g *graph) {
	outcome := map[bool]string{false: "succeeded", true: "failed"}
	for _, dead := range g.dead {
		succeeded, _ := c.outcomes(dead.step)
		switch by := dead.by; {
		case succeeded.empty() && !dead.failed:
			// The mistake is the step itself.
		case by == nil && !dead.action.Inherited && c.contradicts(dead.action):
			which := "its criteria"
			if len(dead.action.Criteria) > 1 {
				which = "all of its criteria; write alternatives as one condition with ||"
			}
			d := c.report(g.Document, arazzo.Warning, "impossible-action", dead.action.Listed,
				"action %q is never selected: no status code satisfies %s", dead.action.Name, which)
			statusClass(g.Document, d, dead.action.Criteria)
		case by == nil && !dead.action.Inherited:
			c.report(g.Document, arazzo.Warning, "impossible-action", dead.action.Listed,
				"action %q is never selected: when step %q has %s, no status code satisfies its criteria; write it in %s",
				dead.action.Name, dead.step.Decl.StepID, outcome[dead.failed], otherField[dead.failed])
		case by != nil && (!dead.action.Inherited || by.Inherited):
			why := "passes whenever this one does"
			if len(by.Criteria) == 0 {
				why = "has no criteria, so it is always selected"
			}
			d := c.report(g.Document, arazzo.Warning, "unreachable-action", dead.action.Listed,
				"action %q is never selected: %q comes first and %s", dead.action.Name, by.Name, why)
			d.Related = append(d.Related, related(g.Document, by.Listed, "the action %q", by.Name))
		}
	}
}

// otherField is where an action belongs that is not selected where it stands.
var otherField = map[bool]string{false: "onFailure", true: "onSuccess"}

// contradicts reports whether the criteria of an action exclude one another.
func (c *checker) contradicts(a *program.Action) bool {
	pass, _ := c.passing(a.Criteria)
	return pass.empty()
}

func (c *checker) unreachableSteps(g *graph) {
	referred := g.referred()
	runs := func(s *program.Step) bool { return g.reached[s.Index] || referred[s.Index] }
	for i, s := range g.Order {
		if i == 0 || runs(s) {
			continue // the first is always executed
		}
		before := g.Order[i-1]
		if !runs(before) {
			continue // reported for the first of several only
		}
		if succeeded, _ := c.outcomes(before); succeeded.empty() {
			continue // a step that never succeeds is reported itself
		}
		d := c.report(g.Document, arazzo.Warning, "unreachable-step", s.Decl.At("stepId"),
			"step %q is unreachable: an action before it needs criteria, or one must go to it", s.Decl.StepID)
		for _, e := range g.edges[before.Index] {
			if !e.failed && e.action != nil {
				d.Related = append(d.Related, related(g.Document, e.action.Listed, "after step %q, action %q %s", before.Decl.StepID,
					e.action.Name, whereTo(e.action)))
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

// endlessLoops reports steps from which no path leads to an end, except by a
// failure that no action handles.
func (c *checker) endlessLoops(g *graph) {
	reported, ends := make([]bool, len(g.Steps)), g.canEnd()
	for i := range g.Steps {
		if !g.reached[i] || reported[i] || ends[i] || !g.loops(i) {
			continue
		}
		var from []int
		digraph.Spread(g.next, i, reported, func(j int) { from = append(from, j) })
		slices.Sort(from)
		d := c.report(g.Document, arazzo.Warning, "endless-loop", g.Steps[i].Decl.At("stepId"),
			"once step %q is reached, the workflow cannot end: only a failure that no action handles, or the step limit, stops the loop; "+
				"an action that goes back needs criteria",
			g.Steps[i].Decl.StepID)
		for _, j := range from {
			for _, e := range g.edges[j] {
				if e.to >= 0 && e.to <= j && e.action != nil && e.action.Kind == "goto" && len(d.Related) < mostNames {
					d.Related = append(d.Related, related(g.Document, e.action.Listed, "action %q goes back to step %q", e.action.Name,
						g.Steps[e.to].Decl.StepID))
				}
			}
		}
	}
}

// canEnd reports for each step whether a path leads from it to the end of the
// workflow.
func (g *graph) canEnd() []bool {
	can, back := make([]bool, len(g.Steps)), digraph.Reversed(g.next)
	for i := range g.Steps {
		// A step that never succeeds is another mistake than a loop.
		ends := len(g.edges[i]) == 0 || g.edges[i][0].failed
		for _, e := range g.edges[i] {
			ends = ends || e.to == endSucceeded || e.to == endByAction || e.to == endHandedOver
		}
		if ends && !can[i] {
			can[i] = true
			digraph.Spread(back, i, can, func(int) {})
		}
	}
	return can
}

// busyLoops reports a goto that leads back to the same request at once.
func (c *checker) busyLoops(g *graph) {
	unsafe := map[int]bool{} // components with a step that does more than read
	for i, s := range g.Steps {
		if !reads(s) {
			unsafe[g.loop[i]] = true
		}
	}
	for i := range g.Steps {
		if !g.reached[i] {
			continue
		}
		for _, e := range g.edges[i] {
			if e.action == nil || e.action.Kind != "goto" || e.to < 0 || e.to > i || !g.polls(e.to, i, unsafe) {
				continue
			}
			s := g.Steps[e.to]
			hint := "a retry can say how long to wait (retryAfter)"
			if !e.failed {
				hint = "with successCriteria that fail until all is there, a retry in onFailure can say how long to wait (retryAfter) and how " +
					"often (retryLimit)"
			}
			c.report(g.Document, arazzo.Warning, "loop-without-delay", e.action.Listed,
				"action %q repeats the request of step %q without a delay of its own; gobelin waits 1 s, growing to 30 s, but other tools may not: %s",
				e.action.Name, s.Decl.StepID, hint)
		}
	}
}

// reads reports whether the request of a step is a safe one.
func reads(s *program.Step) bool {
	return s.Operation != nil && (s.Operation.Method == "GET" || s.Operation.Method == "HEAD")
}

// polls reports whether the loop from head to tail, from which an edge leads back
// to head, sends the same safe requests over and over. Its steps are those of
// their component, or the two where no way leads from head to tail.
func (g *graph) polls(head, tail int, unsafe map[int]bool) bool {
	in := func(i int) bool { return i == head || i == tail || g.loop[i] == g.loop[head] }
	if g.loop[head] != g.loop[tail] {
		in = func(i int) bool { return i == head || i == tail }
		if !reads(g.Steps[head]) || !reads(g.Steps[tail]) {
			return false
		}
	} else if unsafe[g.loop[head]] {
		return false
	}
	same := true
	for a := range program.Each(g.Steps[head].Arguments) {
		a.Value.All(func(r *program.Ref) { same = same && (r.Step == nil || !in(r.Step.Index)) })
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
				c.report(g.Document, arazzo.Warning, "retry-never", a.Decl.At("retryLimit"),
					"action %q never retries: its retryLimit is 0; without one it retries once", a.Name)
			}
			if a.Limit > 1 && a.After == 0 && a.Step == nil && a.Workflow == nil && !a.Dangling() && s.Operation != nil {
				c.report(g.Document, arazzo.Note, "retry-without-delay", a.Place,
					"action %q sends the request up to %d more times without a delay; set retryAfter", a.Name, a.Limit)
			}
		}
	}
}
