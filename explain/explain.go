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
	program *program.Program
	stack   []*program.Workflow // by depth
	levels  []level             // by depth
	failure *Failure
}

// level is what is known of the current step at a depth.
type level struct {
	request  *runtime.RequestSent
	response *runtime.ResponseReceived
	failed   *Explanation // the success criterion that failed
	rejected []string     // the actions that were not chosen
}

// New returns an Explainer for a run of a program. Without the program, which may be
// nil, it knows no places and no expressions of outputs.
func New(p *runtime.Program) *Explainer {
	x := &Explainer{}
	if p != nil {
		x.program = program.Of(p)
	}
	return x
}

// Event returns the explanation of an event, or nil if it has none.
func (x *Explainer) Event(e runtime.Event) *Explanation {
	at := runtime.EventAt(e)
	for len(x.levels) <= at.Depth {
		x.levels, x.stack = append(x.levels, level{}), append(x.stack, nil)
	}
	l := &x.levels[at.Depth]
	x.enter(at)
	s := x.step(at)
	switch e := e.(type) {
	case *runtime.StepStarted:
		l.request, l.response, l.failed, l.rejected = nil, nil, nil, nil
	case *runtime.RequestSent:
		l.request = e
	case *runtime.ResponseReceived:
		l.response = e
		return &Explanation{At: at, Kind: Response, Text: answer(e), OK: e.Err == nil, Place: x.stepPlace(s, at)}
	case *runtime.CriterionEvaluated:
		return x.criterion(l, s, e)
	case *runtime.OutputsEvaluated:
		if len(e.Outputs) > 0 {
			return &Explanation{At: at, Kind: Outputs, Text: "outputs", Lines: outputs(s, e.Outputs), OK: true, Place: x.stepPlace(s, at)}
		}
	case *runtime.WorkflowFinished:
		if w := x.stack[at.Depth]; len(e.Outputs) > 0 {
			out := &Explanation{At: at, Kind: Outputs, Text: "outputs of the workflow", Lines: workflowOutputs(w, e.Outputs), OK: true}
			if w != nil {
				out.Place = x.place(w.Decl.At("outputs"), at)
			}
			return out
		}
	case *runtime.ActionSelected:
		return x.action(l, s, e)
	case *runtime.WaitStarted:
		return &Explanation{At: at, Kind: Wait, Text: wait(e, l.response), OK: true, Place: x.stepPlace(s, at)}
	case *runtime.StepFinished:
		if x.finished(l, s, e); !e.Succeeded {
			return &Explanation{At: at, Kind: Step, Text: "the step failed: " + e.Reason, Place: x.failure.Place}
		}
	}
	return nil
}

// enter finds the workflow of an event. Of several with one id it is that to which the
// one below or before it leads.
func (x *Explainer) enter(at runtime.At) {
	w := &x.stack[at.Depth]
	if x.program == nil || *w != nil && (*w).ID == at.WorkflowID {
		return
	}
	before := *w
	*w = nil
	for _, from := range []*program.Workflow{before, x.below(at.Depth)} {
		if from == nil {
			continue
		}
		for to := range from.Leads() {
			if to.ID == at.WorkflowID {
				*w = to
				return
			}
		}
	}
	for _, any := range x.program.Workflows {
		if any.ID == at.WorkflowID {
			*w = any
			return
		}
	}
}

func (x *Explainer) below(depth int) *program.Workflow {
	if depth == 0 {
		return nil
	}
	return x.stack[depth-1]
}

func (x *Explainer) step(at runtime.At) *program.Step {
	w := x.stack[at.Depth]
	if w == nil {
		return nil
	}
	if i := slices.IndexFunc(w.Steps, func(s *program.Step) bool { return s.ID == at.StepID }); i >= 0 {
		return w.Steps[i]
	}
	return nil
}

// stepPlace returns the place of a step.
func (x *Explainer) stepPlace(s *program.Step, at runtime.At) arazzo.Position {
	if s == nil {
		return arazzo.Position{}
	}
	return x.place(s.Decl.At("stepId"), at)
}

// place adds the file to a place in the document of an event.
func (x *Explainer) place(p arazzo.Position, at runtime.At) arazzo.Position {
	if w := x.stack[at.Depth]; w != nil && p.Line > 0 {
		p.File = w.Document.Decl.Location
	}
	return p
}

func (x *Explainer) criterion(l *level, s *program.Step, e *runtime.CriterionEvaluated) *Explanation {
	c := find(s, e)
	out := &Explanation{At: e.At, Kind: Criterion, OK: e.Passed, Text: condition(c, e)}
	if c != nil {
		out.Place = x.place(c.Place, e.At)
	}
	switch {
	case e.Action != "":
		if !e.Passed {
			l.rejected = append(l.rejected, fmt.Sprintf("action %s is not chosen: %s", e.Action, out.Text))
		}
		out.Text = "action " + e.Action + ": " + out.Text
	case !e.Passed:
		l.failed = out
	}
	return out
}

// find returns the criterion of a step that an event is about.
func find(s *program.Step, e *runtime.CriterionEvaluated) *program.Criterion {
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

func (x *Explainer) action(l *level, s *program.Step, e *runtime.ActionSelected) *Explanation {
	out := &Explanation{At: e.At, Kind: Action, OK: e.Type != "fail", Lines: l.rejected, Place: x.stepPlace(s, e.At)}
	if s != nil {
		for _, a := range slices.Concat(s.OnSuccess, s.OnFailure) {
			if a.Name == e.Action {
				out.Place = x.place(a.Place, e.At)
			}
		}
	}
	switch {
	case e.Action != "":
		out.Text = strings.TrimSpace(fmt.Sprintf("action %s is chosen: %s %s", e.Action, e.Type, e.Target)) + ": " + e.Reason
	case e.Type == "fail":
		out.Text = "the workflow fails: " + e.Reason
	default:
		out.Text = "goes on in order: " + e.Reason
	}
	if f := x.failure; f != nil && f.At.Depth == e.At.Depth && f.At.StepID == e.At.StepID {
		if _, spent, ok := strings.Cut(e.Reason, "; "); ok && e.Type == "fail" {
			f.Spent = spent
		}
	}
	return out
}
