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
	"github.com/gobelin-dev/gobelin/internal/authorize"
	"github.com/gobelin-dev/gobelin/internal/nearest"
	"github.com/gobelin-dev/gobelin/internal/program"
	"github.com/gobelin-dev/gobelin/internal/secret"
	"github.com/gobelin-dev/gobelin/internal/stored"
	"github.com/gobelin-dev/gobelin/internal/transport"
	"github.com/gobelin-dev/gobelin/internal/value"
)

// An Execution is one run of a workflow, as a state machine: [Execution.Next]
// says what it needs, Respond, Fail or Elapse tell it what happened. It performs
// no I/O and must be used by one goroutine at a time; its state can be stored with
// [Execution.Snapshot] between any two calls.
type Execution struct {
	program  *program.Program
	whole    *Program // which program is linked in
	listener func(Event)
	now      func() time.Time // of events; nil: nobody knows
	run      int              // of a batch, for events
	state    state

	place    *place // at which something was evaluated last; nil while the run waits
	pending  Command
	told     bool            // Sent was called for the pending Send
	attached bool            // to a driver
	end      <-chan struct{} // of the driver's context, when evaluations are given up; nil: they are not
	outputs  []value.Found   // of the step that is judged; kept for the next

	// What the driver knows, and no snapshot has.
	address           address  // of the last request
	addresses         []string // base URLs of all requests, for errors in snapshots
	jar               http.CookieJar
	challenges        authorize.Challenges
	cookie            string           // of the last request
	unsent            transport.Unsent // cookies, without a jar
	secrets, supplied secret.Set       // all that is masked; of it what the driver applied
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
	Finished    *completed         `json:"finished,omitempty"`
}

// completed is a workflow that this run has executed to its end.
type completed struct {
	Inputs  stored.Object `json:"inputs,omitempty"`
	Outputs stored.Object `json:"outputs"`
	Failure *failure      `json:"failure,omitempty"`
}

// Begin starts a run of the workflow with that id. Nothing is sent before
// [Execution.Next] asks for it. The error is an *InputError if the inputs do not
// match the workflow's schema, and a *CompileError if the run could reach an error
// of the documents.
func (p *Program) Begin(workflowID string, inputs Inputs, settings Settings) (*Execution, error) {
	return p.begin(nil, workflowID, inputs, settings)
}

// begin is Begin for an execution whose evaluations end, with a panic, when end is
// closed; see eval.Ended.
func (p *Program) begin(end <-chan struct{}, workflowID string, inputs Inputs, settings Settings) (*Execution, error) {
	w, ok := p.linked.Documents[0].Workflows[workflowID]
	if !ok {
		return nil, fmt.Errorf("there is no workflow %q%s", workflowID, nearest.Hint(workflowID, p.WorkflowIDs()))
	}
	if err := p.refusal(w); err != nil {
		return nil, err
	}
	given, err := value.From(map[string]any(inputs))
	if err != nil {
		return nil, fmt.Errorf("workflow %q: the inputs are not JSON values: %w", workflowID, err)
	}
	values, _ := given.(map[string]any)
	prepared, err := prepare(end, w, values)
	if err != nil {
		return nil, err
	}
	for id, inputs := range settings.DependencyInputs {
		if _, err := value.From(map[string]any(inputs)); err != nil {
			return nil, fmt.Errorf("the inputs of workflow %q (Settings.DependencyInputs) are not JSON values: %w", id, err)
		}
	}
	x := p.newExecution()
	x.end, x.state = end, state{Settings: settings, Root: w.Index}
	x.push(w.Index, asRoot, prepared)
	return x, nil
}

// Observe makes the execution call listener, instead of an earlier one, with every
// event from now on, in the goroutine that calls the execution's methods.
func (x *Execution) Observe(listener func(Event)) { x.listener = listener }

// Next returns what the execution needs. Called again before the answer, it returns
// the same command.
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
		w := f.Wait
		x.pending = &Wait{WorkflowID: x.workflow(f).ID, StepID: x.step(f).ID, Duration: w.Duration, Reason: w.Reason, Since: w.Since}
	}
}

// ErrOutOfTurn is the error of an answer that the execution is not waiting for:
// another command is pending, or this one was answered already. Such an answer
// changes nothing.
var ErrOutOfTurn = errors.New("the execution is not waiting for this answer")

// Sent reports how the pending [Send] goes out: its URL, and its header with the
// credentials that were applied. The listener sees them with secrets masked; they do
// not become part of the execution's state. schemes are the security schemes that it
// satisfies; none means those that the step satisfies by itself. Without this call, the
// listener sees the target and the header of the command.
func (x *Execution) Sent(url string, header http.Header, schemes ...string) {
	x.cookie = header.Get("Cookie")
	if x.listener == nil || x.state.Finished != nil || x.top().Phase != phaseSend {
		return
	}
	f := x.top()
	x.told = true
	x.emit(x.requestSent(f, x.step(f), url, header, schemes))
}

// Respond answers the pending [Send]. The error is ErrOutOfTurn if there is no such
// command, or says why the response is not valid; the command is then still pending.
// The response must not be modified afterwards.
func (x *Execution) Respond(r *Response) error {
	f, err := x.awaiting(phaseSend)
	switch {
	case err != nil:
		return err
	case r == nil || r.Status < 100 || r.Status > 999:
		return errors.New("a response needs a status code of three digits")
	}
	e := f.Exchange
	e.Places = x.step(f).Places
	if r.Decoded {
		if err := e.Give(r.Value, x.listener != nil); err != nil {
			return err
		}
	}
	if !x.told {
		x.Sent(e.Target, e.Header)
	}
	x.pending, x.told = nil, false
	if x.jar == nil {
		x.unsent.Note(x.step(f).Source.Qualified, x.step(f).ID, r.Header)
	}
	e.Answered(x.step(f), r.Status, r.Header)
	if !r.Decoded {
		e.Body = r.Body
	}
	e.URL, f.Received, f.Status, f.Phase = cmp.Or(r.URL, e.Target), r.Received, r.Status, phaseJudge
	if x.listener != nil {
		x.emit(x.responseReceived(f, r))
	}
	x.spend(r.Took)
	return nil
}

// Fail reports that there is no response to the pending [Send] (C20); an error that
// is context.DeadlineExceeded, that the [Send].Timeout has passed. The error is
// ErrOutOfTurn if there is no such command.
func (x *Execution) Fail(cause error) error { return x.fail(cause, time.Time{}, 0) }

// fail is Fail at a known time, after one that it took.
func (x *Execution) fail(cause error, now time.Time, took time.Duration) error {
	f, err := x.awaiting(phaseSend)
	if err != nil {
		return err
	}
	if cause == nil {
		cause = errors.New("there is no response")
	}
	send, _ := x.pending.(*Send)
	x.pending, x.told = nil, false
	masked := x.secrets.Error(cause)
	f.Exchange.Failed, f.Failure, f.Received = masked.Error(), &failure{err: masked, Cause: masked.Error()}, now
	f.Phase = phaseJudge
	if x.listener != nil {
		x.emit(&ResponseReceived{At: x.where(f), Err: masked})
	}
	if send != nil && send.Timeout > 0 && errors.Is(cause, context.DeadlineExceeded) {
		took = send.Timeout
	}
	x.spend(took)
	return nil
}

// Elapse reports that the time of the pending [Wait] has passed. The error is
// ErrOutOfTurn if there is no such command.
func (x *Execution) Elapse() error {
	f, err := x.awaiting(phaseWait)
	if err != nil {
		return err
	}
	w := f.Wait
	x.pending, f.Wait = nil, nil
	if !x.spend(w.Duration) {
		x.jump(f, w.Then)
	}
	return nil
}

// awaiting returns the frame whose command is pending, if it is one of a phase.
func (x *Execution) awaiting(p phase) (*frame, error) {
	if x.state.Finished != nil || x.pending == nil || x.top().Phase != p {
		return nil, ErrOutOfTurn
	}
	return x.top(), nil
}

// Cancel ends the run with a *CanceledError for the cause; a nil cause means
// context.Canceled. The result has the outputs so far. A run that has ended stays
// as it is.
func (x *Execution) Cancel(cause error) {
	if x.state.Finished == nil {
		f, masked := x.top(), x.secrets.Error(cmp.Or(cause, context.Canceled))
		x.abort(&failure{Kind: canceledFailure, WorkflowID: x.workflow(f).ID, StepID: x.step(f).ID, Cause: masked.Error(), err: masked})
	}
}

func (x *Execution) done() *Done {
	s, id := &x.state, x.program.Workflows[x.state.Root].ID
	return &Done{Result: &Result{WorkflowID: id, Outputs: s.Finished.Outputs, Diagnostics: s.Diagnostics, supplied: &x.supplied},
		Err: s.Finished.Failure.error()}
}

func (x *Execution) top() *frame                         { return x.state.Frames[len(x.state.Frames)-1] }
func (x *Execution) workflow(f *frame) *program.Workflow { return x.program.Workflows[f.Workflow] }
func (x *Execution) step(f *frame) *program.Step         { return x.workflow(f).Steps[f.Step] }

// where returns the place in the run for an event.
func (x *Execution) where(f *frame) At {
	at := At{WorkflowID: x.workflow(f).ID, StepID: x.step(f).ID, Attempt: f.Attempt, Depth: slices.Index(x.state.Frames, f)}
	if f.Visits != nil {
		at.Visit = f.Visits[f.Step]
	}
	return at
}

func (x *Execution) whereWorkflow(f *frame) At {
	return At{WorkflowID: x.workflow(f).ID, Depth: slices.Index(x.state.Frames, f)}
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

func (x *Execution) emit(e Event) {
	if x.now != nil {
		e.at().Time, e.at().Run = x.now(), x.run
	}
	x.listener(e)
}
