package runtime

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/gobelin-dev/gobelin/internal/program"
)

// act selects an action (F4) and follows it.
func (x *Execution) act(f *frame, actions []*program.Action, succeeded bool) {
	spent := ""
	for _, a := range actions {
		if a.Kind == "retry" && f.Used[a.Key] >= a.Limit { // later actions are considered (F11)
			spent += fmt.Sprintf("; action %s has used up its retries (%d)", a.Name, a.Limit)
			continue
		}
		if passed, _ := x.passes(f, a.Name, a.Criteria); passed {
			x.follow(f, a)
			return
		}
	}
	why := "no action matched" + spent
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
	next := x.step(f).Next
	if next == nil {
		x.finish(f, nil)
		return
	}
	f.visit(next.Index)
}

func (x *Execution) selected(f *frame, e ActionSelected) {
	if x.listener != nil {
		e.At = x.where(f)
		x.emit(new(e))
	}
}

func (x *Execution) follow(f *frame, a *program.Action) {
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
		x.finish(f, f.Failure) // nil after a success
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
		inputs, err := x.in(f).Inputs(a.Inputs)
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
		inputs, err := x.in(f).Inputs(a.Inputs)
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
	// A server can ask for a longer wait, not for a shorter one than the first
	// delay. The delay grows only while the server does not ask.
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

// retryAfter returns what the Retry-After header of the last response asks for (F13).
func (x *Execution) retryAfter(f *frame) (time.Duration, bool) {
	return f.Exchange.RetryAfter(f.Received, cmp.Or(x.state.Settings.MaxRetryAfter, defaultMaxRetryAfter))
}

func (x *Execution) wait(f *frame, d time.Duration, reason WaitReason, then jump) {
	if d <= 0 {
		x.jump(f, then)
		return
	}
	d = x.allowance(d)
	f.Wait, f.Phase = &waiting{Duration: d, Reason: reason, Then: then, Since: f.Received}, phaseWait
	f.Exchange, f.last = nil, nil // what comes next is decided: a waiting run does not keep the messages
	x.place, x.outputs = nil, nil
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

// failureHere is the failure of the current step for a reason that comes from its
// actions.
func (x *Execution) failureHere(f *frame, reason string) *failure {
	return &failure{Kind: stepFailure, WorkflowID: x.workflow(f).ID, StepID: x.step(f).ID, Attempt: f.Attempt, Reason: reason}
}
