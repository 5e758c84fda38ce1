package runtime

import (
	"context"
	"fmt"
	"time"
)

// A step that calls a workflow may have a timeout (Arazzo 1.1.0, Step Object). What
// is left of it is in the frame of the called workflow, and is spent by exchanges and
// waits, in that frame and in those above: a run that is stored spends nothing.

// allowance returns the least time that the calls in execution have left, and no more
// than limit; 0 is no limit.
func (x *Execution) allowance(limit time.Duration) time.Duration {
	for _, f := range x.state.Frames {
		if f.Left > 0 && (limit == 0 || f.Left < limit) {
			limit = f.Left
		}
	}
	return limit
}

// spend takes time from the calls in execution. The outermost that has no time left is
// ended, with all that it has called, and its step fails; spend reports whether there
// is one.
func (x *Execution) spend(took time.Duration) bool {
	expired := 0
	for i, f := range x.state.Frames {
		if f.Left > 0 {
			if f.Left = max(f.Left-took, 0); f.Left == 0 && expired == 0 {
				expired = i
			}
		}
	}
	if expired == 0 {
		return false
	}
	f, caller := x.top(), x.state.Frames[expired-1]
	limit := x.step(caller).Timeout
	failed := &failure{Kind: stepFailure, WorkflowID: x.workflow(f).ID, StepID: x.step(f).ID, Attempt: f.Attempt,
		Reason: fmt.Sprintf("step %s, which called the workflow, has a timeout of %v", x.step(caller).ID, limit)}
	for above := purposes; len(x.state.Frames) > expired; {
		f := x.top()
		if x.listener != nil && (f.Phase == phaseJudge || f.Phase == phaseCalled && above == asCall) {
			x.emit(&StepFinished{At: x.where(f), Reason: failed.Reason})
		}
		above = f.Purpose
		x.finish(f, failed)
	}
	caller.Failure.Reason = fmt.Sprintf("the workflow did not end within the step's timeout of %v", limit)
	return true
}

// exceeded is the error of an exchange for which there was no more time.
type exceeded time.Duration

func (e exceeded) Error() string {
	return fmt.Sprintf("no answer within the step's timeout of %v", time.Duration(e))
}

// Is makes it the error of a deadline, as [Execution.Fail] knows it.
func (e exceeded) Is(target error) bool { return target == context.DeadlineExceeded }
