package runtime

import (
	"cmp"
	"fmt"
	"net/http"

	"github.com/gobelin-dev/gobelin/description"
	"github.com/gobelin-dev/gobelin/internal/eval"
	"github.com/gobelin-dev/gobelin/internal/openapi"
	"github.com/gobelin-dev/gobelin/internal/program"
)

// start begins one execution of the current step.
func (x *Execution) start(f *frame) {
	s := x.step(f)
	if limit := cmp.Or(x.state.Settings.MaxSteps, defaultMaxSteps); x.state.Steps >= limit {
		x.abort(&failure{Kind: budgetFailure, Budget: "steps", Limit: limit, WorkflowID: x.workflow(f).ID, StepID: s.ID})
		return
	}
	x.state.Steps++
	f.Attempt++
	f.Exchange, f.Called, f.Failure, f.Status = nil, nil, nil, 0
	if x.listener != nil {
		if f.Visits == nil {
			f.Visits = make([]int, len(f.Executed))
		}
		if f.Attempt == 1 {
			f.Visits[f.Step]++
		}
		x.emit(&StepStarted{At: x.where(f), Operation: s.Label})
	}
	if text := x.unmet(f, s); text != "" {
		f.Failure, f.Phase = &failure{Reason: "the step depends on " + text + ", which has not been executed"}, phaseJudge
		return
	}
	f.Executed[f.Step] = true
	if s.Operation == nil {
		x.callWorkflow(f, s)
		return
	}
	if f.last == nil {
		f.last = &eval.Exchange{}
	}
	f.Exchange = f.last
	if err := x.in(f).Request(s); err != nil {
		f.Failure, f.Phase = &failure{Reason: x.secrets.Error(err).Error()}, phaseJudge
		return
	}
	f.Phase = phaseSend
}

// unmet names a step that must have been executed before and was not.
func (x *Execution) unmet(f *frame, s *program.Step) string {
	for _, p := range s.After {
		workflow, step := p.Step.Workflow.Index, p.Step.Index
		done := x.state.Done[workflow]
		if workflow == f.Workflow {
			done = f.Executed
		}
		if step >= len(done) || !done[step] {
			return p.Text
		}
	}
	return ""
}

// executed notes for other workflows that the current step was executed.
func (x *Execution) executed(f *frame) {
	if !x.program.Prerequisites || !f.Executed[f.Step] {
		return
	}
	if x.state.Done == nil {
		x.state.Done = map[int][]bool{}
	}
	if x.state.Done[f.Workflow] == nil {
		x.state.Done[f.Workflow] = make([]bool, len(f.Executed))
	}
	x.state.Done[f.Workflow][f.Step] = true
}

// callWorkflow puts the workflow that a step calls on the stack; all
// parameters are its inputs (F17).
func (x *Execution) callWorkflow(f *frame, s *program.Step) {
	inputs, err := x.in(f).Inputs(s.Arguments)
	if err != nil {
		f.Failure, f.Phase = &failure{Reason: err.Error()}, phaseJudge
		return
	}
	f.Phase = phaseCalled
	switch failed := x.call(f, s.Called.Index, asCall, inputs); {
	case failed != nil:
		f.Failure, f.Phase = &failure{Inner: failed}, phaseJudge
	case x.state.Finished == nil:
		x.top().Left = s.Timeout
	}
}

// send is the command for the request that was built.
func (x *Execution) send(f *frame) *Send {
	s, e := x.step(f), f.Exchange
	c := x.whole.send(s)
	c.Method, c.Target, c.Header, c.Body, c.Timeout = e.Method, e.Target, e.Header, e.Request, x.allowance(s.Timeout)
	return c
}

// send is the command of a step without its request.
func (p *Program) send(s *program.Step) *Send {
	asked := p.security[s]
	return &Send{WorkflowID: s.Workflow.ID, StepID: s.ID, Source: s.Source.Qualified, Operation: cmp.Or(s.Operation.ID, s.Label),
		Declared: openapi.Described(s.Operation).(description.Operation), Server: serverOf(s), Security: asked.requirements,
		schemes: asked.schemes, FollowRedirects: s.Redirects}
}

// judge decides how the current step ended: criteria, outputs, actions, in this
// order (F1).
func (x *Execution) judge(f *frame) {
	s := x.step(f)
	x.executed(f)
	succeeded, reason := x.succeeded(f, s)
	if !succeeded {
		f.Failure = cmp.Or(f.Failure, &failure{})
		f.Failure.Kind, f.Failure.WorkflowID, f.Failure.StepID, f.Failure.Attempt = stepFailure, x.workflow(f).ID, s.ID, f.Attempt
		if f.Exchange != nil {
			f.Failure.Status = f.Exchange.Status
			reason += x.secrets.Text(x.unsent.Missing(s.Source.Qualified, f.Exchange.Status, x.cookie))
		}
		f.Failure.Reason = reason
	}
	x.stepOutputs(f, s, succeeded)
	if x.listener != nil {
		x.emit(&StepFinished{At: x.where(f), Succeeded: succeeded, Reason: reason})
	}
	switch {
	case f.Return != nil:
		// Executed for a retry: its own actions are not followed (F12).
		f.Step, f.Attempt, f.Phase, f.Return = f.Return.Step, f.Return.Attempt, phaseStart, nil
	case succeeded:
		x.act(f, s.OnSuccess, true)
	default:
		x.act(f, s.OnFailure, false)
	}
}

func (x *Execution) succeeded(f *frame, s *program.Step) (bool, string) {
	if failed := f.Failure; failed != nil {
		reason := failed.Reason
		switch {
		case reason == "" && failed.Inner != nil:
			reason = failed.Inner.error().Error()
		case failed.Kind == inputsFailure:
			reason = failed.error().Error()
		case reason == "":
			reason = failed.Cause
		}
		return false, reason
	}
	if len(s.Criteria) > 0 {
		return x.passes(f, "", s.Criteria)
	}
	if f.Exchange == nil {
		return true, ""
	}
	status := f.Exchange.Status
	passed := status < 400
	switch x.state.Settings.Success {
	case SuccessAny:
		passed = true
	case SuccessDocumented:
		passed = s.Operation.DeclaresSuccess(status)
	}
	if passed {
		return true, ""
	}
	return false, fmt.Sprintf("status %d %s", status, http.StatusText(status))
}
