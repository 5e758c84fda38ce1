// Package explain says in words why a run went the way it did: what each condition
// came to with the values of its operands, why an action was chosen, where an output
// came from, why a run waits, and why it failed.
package explain

import (
	"fmt"
	"slices"
	"strings"

	"github.com/gobelin-dev/gobelin/arazzo"
	"github.com/gobelin-dev/gobelin/internal/program"
	"github.com/gobelin-dev/gobelin/runtime"
)

// An Explanation is one decision of a run, or one thing that happened in it.
type Explanation struct {
	At    runtime.At
	Kind  Kind
	Text  string          // a line, without where it happened
	Lines []string        // more of it: one for each output, or for each action that was not chosen
	Place arazzo.Position // in a document; zero if it is not known
	OK    bool            // the criterion passed, the step succeeded; true for what cannot fail
}

// A Kind says what an [Explanation] explains.
type Kind string

// The kinds of explanations.
const (
	Criterion Kind = "criterion"
	Outputs   Kind = "outputs"
	Action    Kind = "action"
	Wait      Kind = "wait"
	Response  Kind = "response"
	Step      Kind = "step" // that it failed, and why
)

// An Explainer explains the events of one run. It must see all of them, in their
// order, in one goroutine at a time.
type Explainer struct {
	stack   program.Stack
	levels  []level // by depth
	failure *Failure

	last     runtime.At // of the step that began last
	executed map[step]int
	actions  map[step]string   // what followed last, and why
	missing  map[string]string // why outputs have no value, by their expressions
}

// step names a step of a run.
type step struct{ workflowID, stepID string }

// level is what is known of the current step at a depth.
type level struct {
	step     *program.Step // nil: it is not known
	request  *runtime.RequestSent
	response *runtime.ResponseReceived
	failed   *runtime.CriterionEvaluated   // the success criterion
	rejected []*runtime.CriterionEvaluated // of actions that were not chosen
	chosen   *runtime.CriterionEvaluated   // of the action that may be chosen, the last
}

// New returns an Explainer for a run of a program. Without the program, which may be
// nil, it knows no places and no expressions of outputs.
func New(p *runtime.Program) *Explainer {
	x := &Explainer{executed: map[step]int{}, actions: map[step]string{}, missing: map[string]string{}}
	if p != nil {
		x.stack.Program = program.Of(p)
	}
	return x
}

// Note takes notice of an event without explaining it: it is what [Explainer.Failure]
// and later explanations are made of.
func (x *Explainer) Note(e runtime.Event) {
	at := runtime.EventAt(e)
	for len(x.levels) <= at.Depth {
		x.levels = append(x.levels, level{})
	}
	w := x.stack.Enter(at.Depth, at.WorkflowID)
	l, key := &x.levels[at.Depth], step{at.WorkflowID, at.StepID}
	switch e := e.(type) {
	case *runtime.StepStarted:
		*l = level{step: w.Step(at.StepID)}
		x.last = at
		x.executed[key]++
	case *runtime.RequestSent:
		l.request = e
	case *runtime.ResponseReceived:
		l.response = e
	case *runtime.CriterionEvaluated:
		switch {
		case e.Passed && e.Action != "":
			l.chosen = e
		case e.Passed:
		case e.Action == "":
			l.failed = e
		default:
			l.rejected = append(l.rejected, e)
		}
	case *runtime.OutputsEvaluated:
		x.noteMissing(l, e)
	case *runtime.ActionSelected:
		x.actions[key] = led(l, e)
		if _, spent, ok := strings.Cut(e.Reason, "; "); ok && e.Type == "fail" && x.failure != nil {
			x.failure.Spent = append(x.failure.Spent, spent)
		}
	case *runtime.StepFinished:
		x.finished(l, e)
	}
}

// Event takes notice of an event, and returns its explanation, or nil if it has none.
func (x *Explainer) Event(e runtime.Event) *Explanation {
	x.Note(e)
	at := runtime.EventAt(e)
	l := &x.levels[at.Depth]
	out := &Explanation{At: at, OK: true}
	if l.step != nil {
		out.Place = l.step.Position()
	}
	switch e := e.(type) {
	case *runtime.ResponseReceived:
		out.Kind, out.Text, out.OK = Response, answer(e), e.Err == nil
	case *runtime.CriterionEvaluated:
		c := criterion(l.step, e)
		out.Kind, out.Text, out.OK = Criterion, condition(c, e), e.Passed
		if e.Action != "" {
			out.Text = "action " + e.Action + ": " + out.Text
		}
		if c != nil {
			out.Place = x.place(c.Place, at)
		}
	case *runtime.OutputsEvaluated:
		out.Kind, out.Text, out.Lines = Outputs, "outputs", outputs(l.step, e.Outputs)
	case *runtime.WorkflowFinished:
		w := x.stack.Workflows[at.Depth]
		out.Kind, out.Text, out.Lines = Outputs, "outputs of the workflow", workflowOutputs(w, e.Outputs)
		if w != nil {
			out.Place = x.place(w.Decl.At("outputs"), at)
		}
	case *runtime.ActionSelected:
		x.action(out, l, e)
	case *runtime.WaitStarted:
		out.Kind, out.Text = Wait, wait(e, l.response)
	case *runtime.StepFinished:
		if e.Succeeded {
			return nil
		}
		out.Kind, out.Text, out.OK, out.Place = Step, "the step failed: "+e.Reason, false, x.failure.Place
	default:
		return nil
	}
	if out.Kind == Outputs && len(out.Lines) == 0 {
		return nil
	}
	return out
}

// place adds the file to a place in the document of an event.
func (x *Explainer) place(p arazzo.Position, at runtime.At) arazzo.Position {
	if w := x.stack.Workflows[at.Depth]; w != nil && p.Line > 0 {
		return w.Document.Decl.Locate(p)
	}
	return p
}

// criterion returns the criterion of a step that an event is about, or nil.
func criterion(s *program.Step, e *runtime.CriterionEvaluated) *program.Criterion {
	if s == nil {
		return nil
	}
	lists := [][]*program.Criterion{s.Criteria}
	if e.Action != "" {
		lists = nil
		for _, a := range slices.Concat(s.OnSuccess, s.OnFailure) {
			if a.Name == e.Action {
				lists = append(lists, a.Criteria)
			}
		}
	}
	for _, list := range lists {
		for _, c := range list {
			if c.Text == e.Condition && c.Kind.String() == e.Type {
				return c
			}
		}
	}
	return nil
}

// action explains what followed a step.
func (x *Explainer) action(out *Explanation, l *level, e *runtime.ActionSelected) {
	out.Kind, out.OK = Action, e.Type != "fail"
	for _, c := range l.rejected {
		out.Lines = append(out.Lines, fmt.Sprintf("action %s is not chosen: %s", c.Action, condition(criterion(l.step, c), c)))
	}
	switch {
	case e.Action != "":
		out.Text = strings.TrimSpace(fmt.Sprintf("action %s is chosen: %s %s", e.Action, e.Type, e.Target)) + ": " + e.Reason
	case e.Type == "fail":
		out.Text = "the workflow fails: " + e.Reason
	default:
		out.Text = "goes on in order: " + e.Reason
	}
	if l.step == nil {
		return
	}
	for _, a := range slices.Concat(l.step.OnSuccess, l.step.OnFailure) {
		if a.Name == e.Action {
			out.Place = x.place(a.Place, e.At)
		}
	}
}
