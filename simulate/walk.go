package simulate

import (
	"context"
	"maps"
	"slices"
	"strings"

	"github.com/gobelin-dev/gobelin/arazzo"
	"github.com/gobelin-dev/gobelin/internal/program"
	"github.com/gobelin-dev/gobelin/runtime"
)

// walk is a run under way, with what led to where it is.
type walk struct {
	x       *runtime.Execution
	types   *types
	inputs  map[string]any
	stack   program.Stack
	active  []*program.Step // by depth: the step under way
	next    []int           // by depth: the success criteria of it that were evaluated
	actions []judged        // by depth
	path    []Visit
	visits  []int // by depth: the index in path of the step under way
	answers map[*program.Step]*answer
	script  []*answer     // all, in order
	send    *runtime.Send // the request that waits for an answer
	pending *program.Step // the step that waits for an answer; nil: the run has ended
	err     error
	events  []runtime.Event // not yet passed on
}

// judged is how far the actions of a step have been tried.
type judged struct {
	succeeded bool
	criteria  map[string]int // by action: of its criteria that were evaluated
}

// checkpoint is a walk that waits for an answer.
type checkpoint struct {
	walk
	snapshot []byte
}

// save returns a checkpoint, from which walks can go on in several ways.
func (w *walk) save() (*checkpoint, error) {
	snapshot, err := w.x.Snapshot()
	if err != nil {
		return nil, err
	}
	return &checkpoint{w.clone(), snapshot}, nil
}

func (w *walk) clone() walk {
	c := *w
	c.stack.Workflows = slices.Clone(w.stack.Workflows)
	c.active, c.next, c.visits = slices.Clone(w.active), slices.Clone(w.next), slices.Clone(w.visits)
	c.actions = slices.Clone(w.actions)
	for i := range c.actions {
		c.actions[i].criteria = maps.Clone(c.actions[i].criteria)
	}
	c.path, c.script = slices.Clone(w.path), slices.Clone(w.script)
	c.answers = maps.Clone(w.answers)
	c.events = slices.Clone(w.events)
	return c
}

// restore returns a walk that goes on from a checkpoint.
func (c *checkpoint) restore(p *runtime.Program) (*walk, error) {
	x, err := p.Restore(c.snapshot)
	if err != nil {
		return nil, err
	}
	w := c.walk.clone()
	w.x = x
	x.Next() // it asks again for what it waits for
	return &w, nil
}

// advance goes to the next request, or to the end, and returns what happened at the steps.
func (w *walk) advance(ctx context.Context, seen map[goal]bool) error {
	w.x.Observe(func(e runtime.Event) { w.note(e, seen) })
	for {
		if err := context.Cause(ctx); err != nil {
			return err
		}
		switch c := w.x.Next().(type) {
		case *runtime.Wait:
			if err := w.x.Elapse(); err != nil {
				return err
			}
		case *runtime.Send:
			w.pending, w.send = w.active[len(w.active)-1], c
			return nil
		case *runtime.Done:
			w.pending, w.err = nil, c.Err
			return nil
		}
	}
}

// respond answers the pending request.
func (w *walk) respond(ctx context.Context, a *answer, seen map[goal]bool) error {
	a.to = w.send
	w.answers[a.step] = a
	w.script = append(w.script, a)
	w.x.Observe(func(e runtime.Event) { w.note(e, seen) })
	if err := w.x.Respond(a.message()); err != nil {
		return err
	}
	return w.advance(ctx, seen)
}

// note takes notice of an event.
func (w *walk) note(e runtime.Event, seen map[goal]bool) {
	w.events = append(w.events, e)
	at := runtime.EventAt(e)
	in := w.stack.Enter(at.Depth, at.WorkflowID)
	if at.StepID == "" {
		return
	}
	for len(w.active) <= at.Depth {
		w.active, w.next, w.visits = append(w.active, nil), append(w.next, 0), append(w.visits, 0)
		w.actions = append(w.actions, judged{})
	}
	d := at.Depth
	if _, started := e.(*runtime.StepStarted); started {
		w.active, w.next, w.visits, w.actions = w.active[:d+1], w.next[:d+1], w.visits[:d+1], w.actions[:d+1]
		w.active[d], w.next[d], w.visits[d], w.actions[d] = in.Step(at.StepID), 0, len(w.path), judged{}
		w.path = append(w.path, Visit{WorkflowID: at.WorkflowID, StepID: at.StepID, Depth: d})
		return
	}
	s := w.active[d]
	if s == nil || s.ID != at.StepID || w.visits[d] >= len(w.path) {
		return
	}
	visit := &w.path[w.visits[d]]
	switch e := e.(type) {
	case *runtime.ResponseReceived:
		visit.Status = e.Status
	case *runtime.CriterionEvaluated:
		if e.Action == "" {
			if w.next[d] < len(s.Criteria) {
				if !e.Passed {
					visit.failsAt(within(s.Workflow, s.Criteria[w.next[d]].Place))
				}
				seen[goal{step: s, success: true, criterion: w.next[d], passes: e.Passed}] = true
			}
			w.next[d]++
			return
		}
		j := &w.actions[d]
		if i := find(s, j.succeeded, e.Action); i != none {
			if n := j.criteria[e.Action]; n < len(actions(s, j.succeeded)[i].Criteria) {
				seen[goal{step: s, succeeded: j.succeeded, action: i, criterion: n, passes: e.Passed}] = true
			}
		}
		j.criteria[e.Action]++
	case *runtime.OutputsEvaluated:
		for name, v := range e.Outputs {
			if v != nil {
				seen[goal{step: s, output: name}] = true
			}
		}
	case *runtime.StepFinished:
		switch visit.Succeeded, visit.Reason = e.Succeeded, e.Reason; {
		case e.Succeeded:
			visit.At = nil
		case visit.At == nil:
			visit.failsAt(within(s.Workflow, unsent(s, e.Reason)))
		}
		w.actions[d] = judged{e.Succeeded, map[string]int{}}
	case *runtime.ActionSelected:
		visit.Action, visit.Target = e.Action, e.Target
		succeeded := w.actions[d].succeeded
		seen[goal{step: s, succeeded: succeeded, action: find(s, succeeded, e.Action), criterion: none}] = true
	}
}

// unsent returns the place of what a request could not be made of, by the reason.
func unsent(s *program.Step, reason string) arazzo.Position {
	for a := range program.Each(s.Arguments) {
		if source := a.Value.Source(); source != "" && strings.Contains(reason, ": "+source+" is ") {
			return a.Value.Place
		}
	}
	if s.Body != nil && (strings.Contains(reason, " body ") || strings.Contains(reason, "the payload")) {
		return s.Body.Payload.Place
	}
	return s.Position()
}

// find returns the index of an action by its name; none if there is no name.
func find(s *program.Step, succeeded bool, name string) int {
	if name == "" {
		return none
	}
	return slices.IndexFunc(actions(s, succeeded), func(a *program.Action) bool { return a.Name == name })
}

// callers returns the steps that have called the workflows under way.
func (w *walk) callers() map[*program.Workflow]*program.Step {
	callers := map[*program.Workflow]*program.Step{}
	for _, s := range w.active {
		if s != nil && s.Called != nil {
			callers[s.Called] = s
		}
	}
	return callers
}

// within reports whether a step waits for its answer, or for a workflow that it calls.
func (w *walk) within(s *program.Step) bool {
	return w.pending != nil && slices.Contains(w.active, s)
}
