package runtime

import (
	"cmp"
	"errors"
	"maps"
	"slices"

	"github.com/gobelin-dev/gobelin/internal/stored"
	"github.com/gobelin-dev/gobelin/internal/value"
)

// push puts a workflow on the stack; inputs are prepared already.
func (x *Execution) push(index int, why purpose, inputs map[string]any) {
	w := x.program.Workflows[index]
	x.state.Frames = append(x.state.Frames, &frame{Workflow: index, Purpose: why, Inputs: inputs, Step: w.Order[0].Index,
		Outputs: make([]stored.Object, len(w.Steps)), Executed: make([]bool, len(w.Steps)), kept: newOutputs(w)})
	x.learnInputs(w, inputs)
}

// call puts a workflow on the stack for another one, or returns why its inputs do
// not fit. Beyond the budget of depth it ends the run.
func (x *Execution) call(f *frame, index int, why purpose, inputs map[string]any) *failure {
	if limit := cmp.Or(x.state.Settings.MaxDepth, defaultMaxDepth); len(x.state.Frames) > limit {
		x.abort(&failure{Kind: budgetFailure, Budget: "depth", Limit: limit, WorkflowID: x.workflow(f).ID, StepID: x.step(f).ID})
		return nil
	}
	full, err := prepare(x.end, x.program.Workflows[index], inputs)
	if err != nil {
		return failureOf(err)
	}
	x.push(index, why, full)
	return nil
}

// enter runs what the workflow depends on, then goes to its first step (F16).
func (x *Execution) enter(f *frame) {
	w := x.workflow(f)
	if !f.Entered && x.listener != nil {
		x.emit(&WorkflowStarted{At: x.whereWorkflow(f), Inputs: x.shownInputs(w, f.Inputs)})
	}
	f.Entered = true
	for f.Depend < len(w.DependsOn) {
		index := w.DependsOn[f.Depend].Index
		if x.state.Completed[index] == nil {
			x.depend(f, index)
			return
		}
		if cause := x.state.Completed[index].Failure; cause != nil {
			why := "the workflow depends on " + x.program.Workflows[index].ID + ", which failed"
			x.finish(f, &failure{Kind: stepFailure, WorkflowID: w.ID, Reason: why, Inner: cause})
			return
		}
		f.Depend++
	}
	f.Phase = phaseStart
}

func (x *Execution) depend(f *frame, index int) {
	target := x.program.Workflows[index]
	inputs := target.SameNamed(f.Inputs)
	if given, ok := x.state.Settings.DependencyInputs[target.ID]; ok {
		if v, err := value.From(map[string]any(given)); err == nil {
			inputs, _ = v.(map[string]any)
		}
	}
	if failed := x.call(f, index, asDependency, inputs); failed != nil {
		x.complete(index, inputs, nil, failed)
	}
}

// complete records a workflow that has ended (its outputs are then at
// $workflows.<id>.outputs).
func (x *Execution) complete(index int, inputs, outputs map[string]any, failed *failure) {
	if x.state.Completed == nil {
		x.state.Completed = map[int]*completed{}
	}
	x.state.Completed[index] = &completed{Inputs: inputs, Outputs: outputs, Failure: failed}
}

// Recall makes the workflows that an earlier run of the same program has executed
// count as executed in this one: what depends on them finds them done, or failed
// (F16), and $workflows has their inputs and outputs. Call it before
// [Execution.Next].
func (x *Execution) Recall(earlier *Execution) error {
	if earlier.program != x.program {
		return errors.New("the earlier run is of another program")
	}
	if x.state.Completed = maps.Clone(earlier.state.Completed); x.state.Completed == nil {
		x.state.Completed = map[int]*completed{}
	}
	if done := earlier.state.Finished; done != nil && x.state.Completed[earlier.state.Root] == nil { // it was aborted
		x.state.Completed[earlier.state.Root] = done
	}
	x.learnCompleted()
	return nil
}

// finish ends a workflow, with its outputs (F7), and goes back to its caller.
func (x *Execution) finish(f *frame, failed *failure) {
	outputs := x.workflowOutputs(f, failed == nil)
	x.learnResults(x.workflow(f), outputs)
	if x.listener != nil {
		x.emit(&WorkflowFinished{At: x.whereWorkflow(f), Outputs: x.shownOutputs(x.workflow(f).Outputs, outputs), Err: failed.error()})
	}
	x.complete(f.Workflow, f.Inputs, outputs, failed)
	if len(x.state.Frames) == 1 {
		x.state.Finished, x.state.Frames = &completed{Outputs: stored.Object(outputs).WithNulls(), Failure: failed}, nil
		return
	}
	x.state.Frames = x.state.Frames[:len(x.state.Frames)-1]
	x.comeBack(x.top(), f, outputs, failed)
}

// comeBack hands the end of a workflow to the frame that called it.
func (x *Execution) comeBack(caller, f *frame, outputs map[string]any, failed *failure) {
	switch f.Purpose {
	case asDependency:
		// What the caller depends on is what it named, whoever it handed over to.
		if named := x.workflow(caller).DependsOn[caller.Depend].Index; named != f.Workflow {
			x.complete(named, f.Inputs, outputs, failed)
		}
	case asCall:
		caller.Called, caller.Status, caller.Phase = outputs, f.Status, phaseJudge
		if failed != nil {
			caller.Failure = &failure{Reason: "the workflow " + x.program.Workflows[f.Workflow].ID + " failed", Inner: failed}
		}
	case asReference:
		caller.Phase = phaseStart
	}
}

// handOver puts another workflow in the place of this one (F9, F10).
func (x *Execution) handOver(f *frame, to jump) {
	index := to.Workflow
	inputs, err := prepare(x.end, x.program.Workflows[index], x.inputsFor(f, to))
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
	next.Loop, next.LoopCount, next.Left = f.Loop, f.LoopCount, f.Left
}

// abort ends the whole run at once; the outputs that are known are kept.
func (x *Execution) abort(failed *failure) {
	root := x.state.Frames[0]
	w := x.workflow(root)
	x.in(root).Last = true
	outputs := stored.Object(x.workflowOutputs(root, false)).WithNulls()
	x.learnResults(w, outputs)
	x.state.Finished = &completed{Outputs: outputs, Failure: failed}
	x.pending = nil
	if x.listener != nil {
		x.emit(&WorkflowFinished{At: x.whereWorkflow(root), Outputs: x.shownOutputs(w.Outputs, outputs), Err: failed.error()})
	}
	x.state.Frames = nil
}
