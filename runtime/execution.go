package runtime

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"time"

	"github.com/gobelin-dev/gobelin/arazzo"
	"github.com/gobelin-dev/gobelin/internal/eval"
	"github.com/gobelin-dev/gobelin/internal/nearest"
	"github.com/gobelin-dev/gobelin/internal/openapi"
	"github.com/gobelin-dev/gobelin/internal/program"
	"github.com/gobelin-dev/gobelin/internal/secret"
	"github.com/gobelin-dev/gobelin/internal/stored"
	"github.com/gobelin-dev/gobelin/internal/value"
)

// Settings are what a run may decide where the specification leaves it open.
// The zero value has the defaults.
type Settings struct {
	// LoopDelay is the wait before a goto re-enters a step that this run has
	// already executed; while the same step repeats it grows by 1.5, up to 30 s
	// (F14). 0 is 1 s; a negative delay switches it off.
	LoopDelay time.Duration
	// MaxRetryAfter caps what a Retry-After header can ask for (F13); 0 is 5 min.
	MaxRetryAfter time.Duration
	// MaxSteps bounds the step executions of a run over all workflows (F15);
	// 0 is 10,000.
	MaxSteps int
	// MaxDepth bounds how deep workflows call one another (F15); 0 is 32.
	MaxDepth int
	// Success says when a step without success criteria succeeds (C19).
	Success SuccessRule
	// DependencyInputs has the inputs of workflows that dependsOn names, by
	// their id (F16).
	DependencyInputs map[string]Inputs
}

// SuccessRule says when a step without success criteria succeeds (C19).
type SuccessRule uint8

// The rules: a status code below 400, any response, or a status code that the
// operation declares as a success.
const (
	SuccessBelow400 SuccessRule = iota
	SuccessAny
	SuccessDocumented
)

const (
	defaultLoopDelay     = time.Second
	maxLoopDelay         = 30 * time.Second
	loopGrowth           = 1.5
	defaultMaxRetryAfter = 5 * time.Minute
	defaultMaxSteps      = 10_000
	defaultMaxDepth      = 32
)

// An Execution is one run of a workflow, as a state machine: [Execution.Next]
// says what it needs, Respond, Fail or Elapse tell it what happened. It
// performs no I/O and must be used by one goroutine at a time; its state can be
// taken with [Execution.Snapshot] whenever Next has returned.
type Execution struct {
	program  *program.Program
	security map[*program.Step][][]SecurityRequirement
	listener func(Event)
	state    state

	evaluator eval.Evaluator
	scope     scope // of the evaluator

	pending  Command
	told     bool            // how the pending Send goes out
	attached bool            // to a driver
	values   []openapi.Value // of the request that is built; kept for the next
	outputs  []value.Found   // of the step that is judged; kept for the next
	hole     string          // the first expression in a longer text that had no value, since the request was begun

	// What the driver knows, and no snapshot has.
	address           address    // of the last request
	addresses         []string   // bases and hosts of all requests, for errors in snapshots
	secrets, supplied secret.Set // all that is masked; of it what the driver applied
}

// state is what a snapshot holds.
type state struct {
	Settings    Settings           `json:"settings"`
	Root        int                `json:"root"`
	Frames      []*frame           `json:"frames"`
	Completed   map[int]*completed `json:"completed,omitempty"`
	Done        map[int][]bool     `json:"done,omitempty"` // steps executed in this run, by workflow; kept for programs with prerequisites
	Steps       int                `json:"steps"`
	Diagnostics []Diagnostic       `json:"diagnostics,omitempty"`
	Finished    *finished          `json:"finished,omitempty"`
}

// completed is a workflow that this run has executed to its end.
type completed struct {
	Inputs  stored.Object `json:"inputs"`
	Outputs stored.Object `json:"outputs"`
	Failure *failure      `json:"failure,omitempty"`
}

type finished struct {
	Outputs stored.Object `json:"outputs"`
	Failure *failure      `json:"failure,omitempty"`
}

// frame is a workflow in execution; a called one stands above its caller.
type frame struct {
	Workflow int             `json:"workflow"`
	Purpose  purpose         `json:"purpose"`
	Phase    phase           `json:"phase"`
	Inputs   stored.Object   `json:"inputs"`
	Outputs  []stored.Object `json:"outputs"`           // by step; nil: none yet
	Executed []bool          `json:"executed"`          // by step
	Tail     []int           `json:"tail,omitempty"`    // the workflows that handed over to this one (F9)
	Entered  bool            `json:"entered,omitempty"` // its start has been told
	Depend   int             `json:"depend,omitempty"`  // the next entry of dependsOn
	Results  stored.Object   `json:"results,omitempty"` // the workflow's outputs so far, while they are evaluated

	Step      int            `json:"step"`
	Attempt   int            `json:"attempt"`             // of this visit of the step
	Used      map[string]int `json:"used,omitempty"`      // retries in this visit, by action (F11)
	Exchange  *eval.Exchange `json:"exchange,omitempty"`  // of the current step
	Received  time.Time      `json:"received,omitzero"`   // when the response came
	Called    stored.Object  `json:"called,omitempty"`    // outputs of the workflow that the step called
	Failure   *failure       `json:"failure,omitempty"`   // of the current step
	Wait      *waiting       `json:"wait,omitempty"`      // in phaseWait
	Return    *returning     `json:"return,omitempty"`    // the step that a retry comes back to (F12)
	Loop      int            `json:"loop,omitempty"`      // target of the last backward goto, + 1
	LoopCount int            `json:"loopCount,omitempty"` // how often it was entered again in a row

	kept stepOutputs
	last *eval.Exchange // whose memory the next one takes
}

// returning is a step that waits for the step that its retry names.
type returning struct {
	Step    int `json:"step"`
	Attempt int `json:"attempt"`
}

// waiting is a wait and what comes after it.
type waiting struct {
	Duration time.Duration `json:"duration"`
	Reason   WaitReason    `json:"reason"`
	Then     jump          `json:"then"`
	Since    time.Time     `json:"since,omitzero"` // when the response came that the wait follows
}

// jump is where control goes.
type jump struct {
	Kind     jumpKind      `json:"kind"`
	Step     int           `json:"step"`
	Workflow int           `json:"workflow"`
	Inputs   stored.Object `json:"inputs,omitempty"` // of the workflow; nil: those of the same names (F10)
}

type jumpKind uint8

const (
	toStep        jumpKind = iota // a new visit of a step
	again                         // another attempt at the current step
	afterStep                     // another attempt once a step was executed
	afterWorkflow                 // another attempt once a workflow was executed
	handOver                      // another workflow in place of this one
	jumpKinds
)

// purpose says for what a workflow is executed.
type purpose uint8

const (
	asRoot purpose = iota
	asDependency
	asCall      // of a step
	asReference // of a retry
	purposes
)

// phase says what a frame does next.
type phase uint8

const (
	phaseEnter  phase = iota // run the dependencies, then the first step
	phaseStart               // start the current step
	phaseSend                // waits for a response
	phaseCalled              // waits for the workflow above
	phaseJudge               // decide on the response
	phaseWait                // waits for time to pass
	phases
)

// visibleOutputs is what $outputs means: while a workflow's outputs are
// evaluated those above, else those of the called workflow (E12).
func (f *frame) visibleOutputs() map[string]any {
	if f.Results != nil {
		return f.Results
	}
	return f.Called
}

// Begin starts a run of the workflow with that id. Nothing is sent before
// [Execution.Next] asks for it. The error is an *InputError when the inputs do
// not fit the workflow's schema.
func (p *Program) Begin(workflowID string, inputs Inputs, settings Settings) (*Execution, error) {
	if errs := arazzo.Errors(p.linked.Diagnostics); len(errs) > 0 {
		return nil, &CompileError{errs}
	}
	w, ok := p.linked.Documents[0].Workflows[workflowID]
	if !ok {
		return nil, fmt.Errorf("there is no workflow %q%s", workflowID, nearest.Hint(workflowID, p.WorkflowIDs()))
	}
	given, err := value.From(map[string]any(inputs))
	if err != nil {
		return nil, fmt.Errorf("workflow %q: the inputs are not JSON values: %w", workflowID, err)
	}
	values, _ := given.(map[string]any)
	prepared, err := prepare(w, values)
	if err != nil {
		return nil, err
	}
	for id, inputs := range settings.DependencyInputs {
		if _, err := value.From(map[string]any(inputs)); err != nil {
			return nil, fmt.Errorf("the inputs of workflow %q (Settings.DependencyInputs) are not JSON values: %w", id, err)
		}
	}
	x := p.newExecution()
	x.state = state{Settings: settings, Root: w.Index}
	x.push(w.Index, asRoot, prepared)
	return x, nil
}

// Observe has listener called with every event from now on, by the goroutine
// that calls the methods of the execution.
func (x *Execution) Observe(listener func(Event)) { x.listener = listener }

// Next returns what the execution needs. Called again before it was told what
// happened, it returns the same command.
func (x *Execution) Next() Command {
	for x.pending == nil {
		x.advance()
	}
	return x.pending
}

// advance does one step of the machine.
func (x *Execution) advance() {
	if x.state.Finished != nil {
		x.pending = x.done()
		return
	}
	f := x.top()
	switch f.Phase {
	case phaseEnter:
		x.enter(f)
	case phaseStart:
		x.start(f)
	case phaseSend:
		x.pending = x.send(f)
	case phaseJudge:
		x.judge(f)
	case phaseWait:
		x.pending = &Wait{WorkflowID: x.workflow(f).ID, StepID: x.step(f).ID, Duration: f.Wait.Duration, Reason: f.Wait.Reason, Since: f.Wait.Since}
	}
}

// ErrOutOfTurn is the error of an answer that the execution does not wait for:
// the pending command is another one, or was answered already. It changes
// nothing.
var ErrOutOfTurn = errors.New("the execution does not wait for this answer")

// Sent tells how the pending [Send] goes out: its URL, and its header with the
// credentials that were applied. Listeners see them with secrets masked; nothing of
// them becomes part of the execution's state. A caller that does not call it leaves
// its listeners with the target and the header of the command.
func (x *Execution) Sent(url string, header http.Header) {
	if x.listener == nil || x.state.Finished != nil || x.top().Phase != phaseSend {
		return
	}
	f := x.top()
	x.told = true
	x.emit(x.requestSent(f, x.step(f), url, header))
}

// Respond tells the response to the pending [Send]. The error says that there is
// no such command (ErrOutOfTurn), or that the response is not one; the command is
// then still pending.
func (x *Execution) Respond(r *Response) error {
	f, err := x.awaiting(phaseSend)
	switch {
	case err != nil:
		return err
	case r == nil || r.Status < 100 || r.Status > 999:
		return errors.New("a response needs a status code of three digits")
	}
	decoded := r.Value
	if r.Decoded && !value.IsPlain(decoded) {
		if decoded, err = value.From(decoded); err != nil {
			return fmt.Errorf("the value of the response is not a JSON value: %w", err)
		}
	}
	if !x.told {
		x.Sent(f.Exchange.Target, f.Exchange.Header)
	}
	x.pending, x.told = nil, false
	e := f.Exchange
	e.Status, e.Answer, e.Body, f.Received = r.Status, r.Header, r.Body, r.Received
	e.URL = cmp.Or(r.URL, e.Target)
	e.Places = x.step(f).Places
	if r.Decoded {
		e.Decoded(decoded)
	}
	f.Phase = phaseJudge
	if x.listener != nil {
		x.emit(x.responseReceived(f, r))
	}
	return nil
}

// Fail tells that there is no response to the pending [Send] (C20). The error is
// ErrOutOfTurn when there is no such command.
func (x *Execution) Fail(cause error) error { return x.fail(cause, time.Time{}) }

// fail is Fail at a time.
func (x *Execution) fail(cause error, now time.Time) error {
	f, err := x.awaiting(phaseSend)
	if err != nil {
		return err
	}
	if cause == nil {
		cause = errors.New("there is no response")
	}
	x.pending, x.told = nil, false
	masked := x.secrets.Error(cause)
	f.Exchange.Failed, f.Failure, f.Received = masked.Error(), &failure{err: masked, Cause: masked.Error()}, now
	f.Phase = phaseJudge
	if x.listener != nil {
		x.emit(&ResponseReceived{At: x.where(f), Err: masked})
	}
	return nil
}

// Elapse tells that the time of the pending [Wait] has passed. The error is
// ErrOutOfTurn when there is no such command.
func (x *Execution) Elapse() error {
	f, err := x.awaiting(phaseWait)
	if err != nil {
		return err
	}
	x.pending = nil
	then := f.Wait.Then
	f.Wait = nil
	x.jump(f, then)
	return nil
}

// awaiting returns the frame whose command is pending, if it is one of a phase.
func (x *Execution) awaiting(want phase) (*frame, error) {
	if x.state.Finished != nil || x.pending == nil || x.top().Phase != want {
		return nil, ErrOutOfTurn
	}
	return x.top(), nil
}

// Cancel ends the run with a *CanceledError for the cause; a nil cause is
// context.Canceled. What the run has so far is in the result. A run that has
// ended stays as it is.
func (x *Execution) Cancel(cause error) {
	if x.state.Finished == nil {
		f, masked := x.top(), x.secrets.Error(cmp.Or(cause, context.Canceled))
		x.abort(&failure{Kind: canceledFailure, WorkflowID: x.workflow(f).ID, StepID: x.step(f).ID, Cause: masked.Error(), err: masked})
	}
}

func (x *Execution) done() *Done {
	result := &Result{WorkflowID: x.program.Workflows[x.state.Root].ID, Outputs: x.state.Finished.Outputs, Diagnostics: x.state.Diagnostics, supplied: &x.supplied}
	return &Done{Result: result, Err: x.state.Finished.Failure.error()}
}

func (x *Execution) top() *frame { return x.state.Frames[len(x.state.Frames)-1] }

func (x *Execution) workflow(f *frame) *program.Workflow { return x.program.Workflows[f.Workflow] }

func (x *Execution) step(f *frame) *program.Step { return x.workflow(f).Steps[f.Step] }

// where is the place in the run for an event.
func (x *Execution) where(f *frame) At {
	return At{WorkflowID: x.workflow(f).ID, StepID: x.step(f).ID, Attempt: f.Attempt, Depth: slices.Index(x.state.Frames, f)}
}

func (x *Execution) whereWorkflow(f *frame) At {
	return At{WorkflowID: x.workflow(f).ID, Depth: slices.Index(x.state.Frames, f)}
}

// push puts a workflow on the stack; inputs are prepared already.
func (x *Execution) push(index int, why purpose, inputs map[string]any) {
	w := x.program.Workflows[index]
	f := &frame{Workflow: index, Purpose: why, Inputs: inputs, Outputs: make([]stored.Object, len(w.Steps)), Executed: make([]bool, len(w.Steps)), kept: newOutputs(w)}
	x.state.Frames = append(x.state.Frames, f)
	x.learnInputs(w, inputs)
}

// call puts a workflow on the stack for another one, or tells why its inputs do
// not fit. Beyond the budget of depth it ends the run.
func (x *Execution) call(f *frame, index int, why purpose, inputs map[string]any) *failure {
	if limit := cmp.Or(x.state.Settings.MaxDepth, defaultMaxDepth); len(x.state.Frames) > limit {
		x.abort(&failure{Kind: budgetFailure, Budget: "depth", Limit: limit, WorkflowID: x.workflow(f).ID, StepID: x.step(f).ID})
		return nil
	}
	full, err := prepare(x.program.Workflows[index], inputs)
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
			x.finish(f, &failure{Kind: stepFailure, WorkflowID: w.ID, Reason: "the workflow depends on " + x.program.Workflows[index].ID + ", which failed", Inner: cause})
			return
		}
		f.Depend++
	}
	f.Phase = phaseStart
}

func (x *Execution) depend(f *frame, index int) {
	target := x.program.Workflows[index]
	inputs := sameNamed(f.Inputs, target)
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

// visit begins a new visit of a step.
func (f *frame) visit(step int) {
	f.Step, f.Attempt, f.Used, f.Phase = step, 0, nil, phaseStart
}

// start begins one execution of the current step.
func (x *Execution) start(f *frame) {
	s := x.step(f)
	if limit := cmp.Or(x.state.Settings.MaxSteps, defaultMaxSteps); x.state.Steps >= limit {
		x.abort(&failure{Kind: budgetFailure, Budget: "steps", Limit: limit, WorkflowID: x.workflow(f).ID, StepID: s.ID})
		return
	}
	x.state.Steps++
	f.Attempt++
	f.Exchange, f.Called, f.Failure = nil, nil, nil
	if x.listener != nil {
		x.emit(&StepStarted{At: x.where(f), Operation: s.Label})
	}
	if text := x.unmet(f, s); text != "" {
		f.Failure = &failure{Reason: "the step depends on " + text + ", which has not been executed"}
		f.Phase = phaseJudge
		return
	}
	f.Executed[f.Step] = true
	if s.Operation == nil {
		x.callWorkflow(f, s)
		return
	}
	if err := x.build(f, s); err != nil {
		f.Failure = &failure{Reason: x.secrets.Error(err).Error()}
		f.Phase = phaseJudge
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
	inputs, err := x.inputs(f, s.Arguments)
	if err != nil {
		f.Failure, f.Phase = &failure{Reason: err.Error()}, phaseJudge
		return
	}
	f.Phase = phaseCalled
	if failed := x.call(f, s.Called.Index, asCall, inputs); failed != nil {
		f.Failure, f.Phase = &failure{Inner: failed}, phaseJudge
	}
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
		x.state.Finished, x.state.Frames = &finished{Outputs: stored.Object(outputs).WithNulls(), Failure: failed}, nil
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
		caller.Called, caller.Phase = outputs, phaseJudge
		if failed != nil {
			caller.Failure = &failure{Reason: "the workflow " + x.program.Workflows[f.Workflow].ID + " failed", Inner: failed}
		}
	case asReference:
		caller.Phase = phaseStart
	}
}

// abort ends the whole run at once; the outputs that are known are kept.
func (x *Execution) abort(failed *failure) {
	root := x.state.Frames[0]
	outputs := stored.Object(x.workflowOutputs(root, false)).WithNulls()
	x.learnResults(x.workflow(root), outputs)
	x.state.Finished = &finished{Outputs: outputs, Failure: failed}
	x.pending = nil
	if x.listener != nil {
		x.emit(&WorkflowFinished{At: x.whereWorkflow(root), Outputs: x.shownOutputs(x.workflow(root).Outputs, outputs), Err: failed.error()})
	}
	x.state.Frames = nil
}

func (x *Execution) workflowOutputs(f *frame, succeeded bool) map[string]any {
	w := x.workflow(f)
	f.Exchange, f.Called, f.Results = nil, nil, map[string]any{}
	for i := range w.Outputs {
		if v := x.output(f, &w.Outputs[i], succeeded); stored.Known(&v) {
			f.Results[w.Outputs[i].Name] = v.V
		}
	}
	return f.Results
}

// output evaluates one output. One that cannot be resolved is missing wherever it
// is read; shown it is null on success, absent on failure (F2).
func (x *Execution) output(f *frame, o *program.Output, succeeded bool) value.Found {
	noted := x.state.Diagnostics
	v, ok := x.in(f).Value(&o.Value)
	switch {
	case ok:
		return value.Found{V: v, OK: true}
	case succeeded || o.Value.Kind == program.Reference && x.in(f).FoundNothing(&o.Value.Ref):
		v = stored.Nothing{}
	default:
		v = nil
	}
	if !succeeded {
		// What a failure leaves without a value deserves no diagnostic of its own.
		x.state.Diagnostics = noted
	}
	return value.Found{V: v}
}

// raise records a diagnostic once per place.
func (x *Execution) raise(f *frame, code string, at arazzo.Position, message string) {
	at.File = x.workflow(f).Document.Decl.Location
	if slices.ContainsFunc(x.state.Diagnostics, func(d Diagnostic) bool {
		return d.Code == code && d.Position == at && d.Message == message
	}) {
		return
	}
	d := Diagnostic{Code: code, Severity: arazzo.Note, Position: at, Message: message}
	x.state.Diagnostics = append(x.state.Diagnostics, d)
	if x.listener != nil {
		x.emit(&DiagnosticRaised{At: x.where(f), Diagnostic: d})
	}
}

func (x *Execution) emit(e Event) { x.listener(e) }
