// Package report turns the events of a run into a record of it.
package report

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"slices"

	"github.com/gobelin-dev/gobelin/arazzo"
	"github.com/gobelin-dev/gobelin/runtime"
)

// A Run is the record of a run, in the form that gobelin run -o json prints.
type Run struct {
	WorkflowID  string              `json:"workflowId"`
	Status      string              `json:"status"` // succeeded or failed
	Outputs     map[string]any      `json:"outputs"`
	Error       *Error              `json:"error"`
	Steps       []*Step             `json:"steps"`
	Diagnostics []arazzo.Diagnostic `json:"diagnostics"`
}

// An Error says why a run did not succeed.
type Error struct {
	Type       string              `json:"type"` // step, contract, inputs, budget, canceled, document or usage
	Message    string              `json:"message"`
	WorkflowID string              `json:"workflowId,omitempty"`
	StepID     string              `json:"stepId,omitempty"`
	Status     int                 `json:"status,omitempty"`
	Violations []runtime.Violation `json:"violations,omitempty"`
}

// A Step is one execution of a step.
type Step struct {
	StepID     string         `json:"stepId"`
	WorkflowID string         `json:"workflowId"`
	Attempt    int            `json:"attempt"`
	Status     string         `json:"status"` // succeeded, failed, or canceled when the run ended before
	Reason     string         `json:"reason,omitempty"`
	Request    *Request       `json:"request,omitempty"`
	Response   *Response      `json:"response,omitempty"`
	Outputs    map[string]any `json:"outputs,omitempty"`
	Action     *Action        `json:"action,omitempty"`

	Diagnostics []arazzo.Diagnostic `json:"diagnostics,omitempty"` // that were raised by it
}

// A Request is the request of a step, secrets masked.
type Request struct {
	Method string `json:"method"`
	URL    string `json:"url"`
}

// A Response is the response to a step's request.
type Response struct {
	Status int `json:"status"`
}

// An Action is what followed a step.
type Action struct {
	Name   string `json:"name,omitempty"`
	Type   string `json:"type"`
	Target string `json:"target,omitempty"`
	Reason string `json:"reason"`
}

// A Recorder listens to one run. The zero Recorder is ready for use, by one
// goroutine.
type Recorder struct {
	steps   []*Step
	current []*Step // by depth
	raised  []arazzo.Diagnostic
}

// OnEvent records an event. It is meant for runtime.Driver.OnEvent.
func (r *Recorder) OnEvent(e runtime.Event) {
	at := runtime.EventAt(e)
	if started, ok := e.(*runtime.StepStarted); ok {
		s := &Step{StepID: started.StepID, WorkflowID: started.WorkflowID, Attempt: started.Attempt, Status: "canceled"}
		r.steps = append(r.steps, s)
		for len(r.current) <= at.Depth {
			r.current = append(r.current, nil)
		}
		r.current[at.Depth] = s
		return
	}
	if at.StepID == "" || at.Depth >= len(r.current) || r.current[at.Depth] == nil {
		return
	}
	s := r.current[at.Depth]
	switch e := e.(type) {
	case *runtime.RequestSent:
		s.Request = &Request{e.Method, e.URL}
	case *runtime.ResponseReceived:
		if e.Err == nil {
			s.Response = &Response{e.Status}
		}
	case *runtime.OutputsEvaluated:
		s.Outputs = e.Outputs
	case *runtime.StepFinished:
		s.Status, s.Reason = "succeeded", e.Reason
		if !e.Succeeded {
			s.Status = "failed"
		}
	case *runtime.DiagnosticRaised:
		s.Diagnostics = append(s.Diagnostics, e.Diagnostic)
		r.raised = append(r.raised, e.Diagnostic)
	case *runtime.ActionSelected:
		s.Action = &Action{e.Action, e.Type, e.Target, e.Reason}
	}
}

// Run returns the record of a run that came to result and err. The diagnostics
// of program precede those of the run. program and result may be nil.
func (r *Recorder) Run(program *runtime.Program, workflowID string, result *runtime.Result, err error) *Run {
	run := &Run{WorkflowID: workflowID, Status: "succeeded", Outputs: map[string]any{}, Steps: r.steps,
		Diagnostics: []arazzo.Diagnostic{}, Error: NewError(err)}
	if err != nil {
		run.Status = "failed"
	}
	if run.Steps == nil {
		run.Steps = []*Step{}
	}
	if program != nil {
		run.Diagnostics = append(run.Diagnostics, program.Diagnostics()...)
	}
	if result != nil {
		run.Outputs = result.Outputs
		run.Diagnostics = append(run.Diagnostics, result.Diagnostics...)
	}
	for _, d := range r.raised { // by others than the run, such as a contract
		if !slices.ContainsFunc(run.Diagnostics, func(o arazzo.Diagnostic) bool {
			return o.Code == d.Code && o.Position == d.Position && o.Message == d.Message
		}) {
			run.Diagnostics = append(run.Diagnostics, d)
		}
	}
	var parse *arazzo.ParseError
	if errors.As(err, &parse) && program == nil {
		run.Diagnostics = parse.Diagnostics
	}
	return run
}

// NewError returns the record of an error of package runtime or arazzo, with its kind, or
// of another one whose method ErrorType() string says it, such as that of package contract;
// nil for nil.
func NewError(err error) *Error {
	if err == nil {
		return nil
	}
	e := &Error{Type: "usage", Message: err.Error()}
	var (
		step     *runtime.StepError
		inputs   *runtime.InputError
		budget   *runtime.BudgetError
		canceled *runtime.CanceledError
		compile  *runtime.CompileError
		parse    *arazzo.ParseError
		other    interface{ ErrorType() string }
	)
	switch {
	case errors.As(err, &canceled):
		e.Type, e.WorkflowID, e.StepID = "canceled", canceled.WorkflowID, canceled.StepID
	case errors.As(err, &budget):
		e.Type, e.WorkflowID, e.StepID = "budget", budget.WorkflowID, budget.StepID
	case errors.As(err, &step):
		e.Type, e.WorkflowID, e.StepID, e.Status = "step", step.WorkflowID, step.StepID, step.Status
	case errors.As(err, &inputs):
		e.Type, e.WorkflowID, e.Violations = "inputs", inputs.WorkflowID, inputs.Violations
	case errors.As(err, &compile), errors.As(err, &parse):
		e.Type = "document"
	case errors.As(err, &other):
		e.Type = other.ErrorType()
	}
	return e
}

// WriteJSON writes the record as an indented JSON object. It returns the errors of w.
func (r *Run) WriteJSON(w io.Writer) error {
	enc := json.NewEncoder(&indenter{w: bufio.NewWriter(w)})
	enc.SetEscapeHTML(false)
	return enc.Encode(r)
}

// JSON returns what [Run.WriteJSON] writes.
func (r *Run) JSON() ([]byte, error) {
	var b bytes.Buffer
	err := r.WriteJSON(&b)
	return b.Bytes(), err
}
