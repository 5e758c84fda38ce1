package runtime

import (
	"cmp"
	"fmt"
	"math"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/gobelin-dev/gobelin/internal/program"
)

// judge decides on what the current step came to: criteria, outputs, actions,
// in this order (F1).
func (x *Execution) judge(f *frame) {
	s := x.step(f)
	x.executed(f)
	succeeded, reason := x.succeeded(f, s)
	if !succeeded {
		if f.Failure == nil {
			f.Failure = &failure{}
		}
		f.Failure.Kind, f.Failure.WorkflowID, f.Failure.StepID, f.Failure.Attempt = stepFailure, x.workflow(f).ID, s.ID, f.Attempt
		f.Failure.Reason = reason
		if f.Exchange != nil {
			f.Failure.Status = f.Exchange.Status
		}
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
		passed, reason := x.passes(f, "", s.Criteria)
		return passed, reason
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

func (x *Execution) stepOutputs(f *frame, s *program.Step, succeeded bool) {
	if len(s.Decl.Outputs) == 0 && f.Called != nil {
		f.keepObject(s, f.Called)
	} else {
		// They see what the step's execution before this one left.
		x.outputs = x.outputs[:0]
		for i := range s.Outputs {
			x.outputs = append(x.outputs, x.output(f, &s.Outputs[i], succeeded))
		}
		f.keep(s, x.outputs)
		clear(x.outputs)
	}
	x.learnOutputs(f, s)
	if x.listener == nil {
		return
	}
	if outputs := f.outputObject(s); len(outputs) > 0 {
		x.emit(&OutputsEvaluated{At: x.where(f), Outputs: x.shownOutputs(slices.Concat(s.Outputs, s.Passed), outputs)})
	}
}

// act selects an action (F4) and follows it.
func (x *Execution) act(f *frame, actions []*program.Action, succeeded bool) {
	for _, a := range actions {
		if a.Kind == "retry" && f.Used[a.Key] >= a.Limit {
			continue // exhausted: later actions are considered (F11)
		}
		if passed, _ := x.passes(f, a.Name, a.Criteria); passed {
			x.follow(f, a, succeeded)
			return
		}
	}
	why := "no action matched"
	if len(actions) == 0 {
		why = "there are no actions"
	}
	if !succeeded {
		x.selected(f, ActionSelected{Type: "fail", Reason: why})
		x.finish(f, f.Failure)
		return
	}
	x.selected(f, ActionSelected{Type: "next", Reason: why})
	x.advanceFrom(f)
}

// advanceFrom goes to the next step in order, or ends the workflow (F3).
func (x *Execution) advanceFrom(f *frame) {
	if f.Step+1 == len(f.Executed) {
		x.finish(f, nil)
		return
	}
	f.visit(f.Step + 1)
}

func (x *Execution) selected(f *frame, e ActionSelected) {
	if x.listener != nil {
		e.At = x.where(f)
		x.emit(new(e))
	}
}

func (x *Execution) follow(f *frame, a *program.Action, succeeded bool) {
	why := "its criteria pass"
	if len(a.Criteria) == 0 {
		why = "it has no criteria"
	}
	if a.Kind == "retry" {
		why += fmt.Sprintf("; retry %d of %d", f.Used[a.Key]+1, a.Limit)
	}
	x.selected(f, ActionSelected{Action: a.Name, Type: a.Kind, Target: a.Target, Reason: why})
	switch a.Kind {
	case "end":
		if succeeded {
			x.finish(f, nil)
		} else {
			x.finish(f, f.Failure)
		}
	case "retry":
		x.retry(f, a)
	default:
		x.transfer(f, a)
	}
}

// retry executes the step again, after what the action refers to (F11, F12).
func (x *Execution) retry(f *frame, a *program.Action) {
	if f.Used == nil {
		f.Used = map[string]int{}
	}
	f.Used[a.Key]++
	then := jump{Kind: again}
	switch {
	case a.Step != nil:
		then = jump{Kind: afterStep, Step: a.Step.Index}
	case a.Workflow != nil:
		inputs, err := x.actionInputs(f, a)
		if err == nil { // else it is as one that failed, which does not stop the chain (F12)
			then = jump{Kind: afterWorkflow, Workflow: a.Workflow.Index, Inputs: inputs}
		}
	}
	if after, ok := x.retryAfter(f); ok {
		x.wait(f, after, WaitRetryAfterHeader, then)
		return
	}
	x.wait(f, a.After, WaitRetryAfter, then)
}

// transfer goes to a step, or hands over to a workflow (F8, F9). What re-enters
// a step that this run has executed waits first (F14).
func (x *Execution) transfer(f *frame, a *program.Action) {
	var then jump
	var target int // in f.Loop
	var again bool
	if a.Step != nil {
		then, target = jump{Kind: toStep, Step: a.Step.Index}, a.Step.Index+1
		again = f.Executed[a.Step.Index]
	} else {
		inputs, err := x.actionInputs(f, a)
		if err != nil {
			x.finish(f, x.failureHere(f, err.Error()))
			return
		}
		to := a.Workflow.Index
		then, target = jump{Kind: handOver, Workflow: to, Inputs: inputs}, -1-to
		again = to == f.Workflow || slices.Contains(f.Tail, to)
	}
	if !again {
		x.jump(f, then)
		return
	}
	if f.Loop == target {
		f.LoopCount++
	} else {
		f.Loop, f.LoopCount = target, 0
	}
	// The first delay is the least: no server makes the run a flood. Growing is
	// for one that does not say when to come again.
	if after, ok := x.retryAfter(f); ok {
		if least := x.loopDelay(0); after < least {
			x.wait(f, least, WaitLoop, then)
			return
		}
		x.wait(f, after, WaitRetryAfterHeader, then)
		return
	}
	x.wait(f, x.loopDelay(f.LoopCount), WaitLoop, then)
}

func (x *Execution) loopDelay(count int) time.Duration {
	base := cmp.Or(x.state.Settings.LoopDelay, defaultLoopDelay)
	if base < 0 {
		return 0
	}
	grown := float64(base) * math.Pow(loopGrowth, float64(count))
	return time.Duration(min(grown, float64(max(maxLoopDelay, base))))
}

// retryAfter reads the Retry-After header of the last response: seconds or a
// date, capped (F13).
func (x *Execution) retryAfter(f *frame) (time.Duration, bool) {
	if f.Exchange == nil {
		return 0, false
	}
	text := strings.TrimSpace(f.Exchange.Answer.Get("Retry-After"))
	limit := cmp.Or(x.state.Settings.MaxRetryAfter, defaultMaxRetryAfter)
	if isDigits(text) {
		seconds, err := strconv.ParseUint(text, 10, 32)
		if err != nil || time.Duration(seconds)*time.Second > limit {
			return limit, true
		}
		return time.Duration(seconds) * time.Second, true
	}
	date, err := http.ParseTime(text)
	if err != nil {
		return 0, false
	}
	now := f.Received
	if now.IsZero() {
		if now, err = http.ParseTime(f.Exchange.Answer.Get("Date")); err != nil {
			return 0, false
		}
	}
	return min(max(date.Sub(now), 0), limit), true
}

func isDigits(s string) bool {
	return s != "" && strings.Trim(s, "0123456789") == ""
}

func (x *Execution) wait(f *frame, d time.Duration, reason WaitReason, then jump) {
	if d <= 0 {
		x.jump(f, then)
		return
	}
	f.Wait, f.Phase = &waiting{Duration: d, Reason: reason, Then: then, Since: f.Received}, phaseWait
	f.Exchange, f.last, x.values = nil, nil, nil // what comes next is decided: a waiting run does not keep the messages
	if x.listener != nil {
		x.emit(&WaitStarted{At: x.where(f), Duration: d, Reason: reason})
	}
}

// jump moves control.
func (x *Execution) jump(f *frame, to jump) {
	f.Exchange = nil // what comes next is decided
	switch to.Kind {
	case toStep:
		f.visit(to.Step)
	case again:
		f.Phase = phaseStart
	case afterStep:
		f.Return = &returning{Step: f.Step, Attempt: f.Attempt}
		f.Step, f.Attempt, f.Phase = to.Step, 0, phaseStart
	case afterWorkflow:
		f.Phase = phaseCalled
		inputs := x.inputsFor(f, to)
		if failed := x.call(f, to.Workflow, asReference, inputs); failed != nil {
			f.Phase = phaseStart // its failure does not stop the chain (F12)
		}
	case handOver:
		x.handOver(f, to)
	}
}

// actionInputs evaluates the parameters of an action; nil when it has none.
func (x *Execution) actionInputs(f *frame, a *program.Action) (object, error) {
	if len(a.Inputs) == 0 {
		return nil, nil
	}
	return x.inputs(f, a.Inputs)
}

// inputs evaluates parameters that are the inputs of a workflow.
func (x *Execution) inputs(f *frame, parameters []program.Argument) (object, error) {
	inputs := object{}
	x.hole = ""
	for i := range parameters {
		a := &parameters[i]
		if v, ok := x.value(f, &a.Value); ok {
			inputs[a.Name] = v
		}
		if err := x.incomplete(); err != nil {
			return nil, fmt.Errorf("the parameter %q: %w", a.Name, err)
		}
	}
	return inputs, nil
}

// failureHere is the failure of the current step for a reason that its actions
// have brought.
func (x *Execution) failureHere(f *frame, reason string) *failure {
	return &failure{Kind: stepFailure, WorkflowID: x.workflow(f).ID, StepID: x.step(f).ID, Attempt: f.Attempt, Reason: reason}
}

// inputsFor gives the inputs of a workflow that an action reaches (F10).
func (x *Execution) inputsFor(f *frame, to jump) map[string]any {
	if to.Inputs != nil {
		return to.Inputs
	}
	return sameNamed(f.Inputs, x.program.Workflows[to.Workflow])
}

// handOver puts another workflow in the place of this one (F9, F10).
func (x *Execution) handOver(f *frame, to jump) {
	index := to.Workflow
	inputs, err := prepare(x.program.Workflows[index], x.inputsFor(f, to))
	if err != nil {
		inner := failureOf(err)
		failed := x.failureHere(f, inner.error().Error())
		failed.Inner = inner
		x.finish(f, failed)
		return
	}
	if x.listener != nil {
		x.emit(&WorkflowFinished{At: x.whereWorkflow(f), Outputs: map[string]any{}})
	}
	x.state.Frames = x.state.Frames[:len(x.state.Frames)-1]
	x.push(index, f.Purpose, inputs)
	next := x.top()
	if next.Tail = f.Tail; !slices.Contains(f.Tail, f.Workflow) {
		next.Tail = append(f.Tail, f.Workflow)
	}
	next.Loop, next.LoopCount = f.Loop, f.LoopCount
}
