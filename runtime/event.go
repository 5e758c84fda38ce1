package runtime

import (
	"net/http"
	"time"
)

// An Event is something that a run did or decided: a pointer to one of the types
// that embed [At], such as *StepStarted. Secrets are masked. An event and what it
// points to must not be modified, and stays valid after the listener has returned.
type Event interface{ at() *At }

// At is where in a run an event happened.
type At struct {
	WorkflowID string
	StepID     string // empty for events of the workflow itself
	Attempt    int    // of the step in this visit, from 1; 0 without a step
	Depth      int    // number of workflows below this one on the stack: its caller, the caller's caller, and so on
}

func (a *At) at() *At { return a }

// EventAt returns where an event happened.
func EventAt(e Event) At { return *e.at() }

type (
	// WorkflowStarted is the first event of a workflow.
	WorkflowStarted struct {
		At
		Inputs map[string]any
	}
	// WorkflowFinished is the last event of a workflow.
	WorkflowFinished struct {
		At
		Outputs map[string]any
		Err     error // nil on success
	}
	// StepStarted is the first event of each execution of a step, also of a repeated one.
	StepStarted struct {
		At
		Operation string // "GET /pets/{id}", or the called workflow's id
	}
	// RequestSent reports the request that a step sends.
	RequestSent struct {
		At
		Method, URL string
		Header      http.Header
		Body        []byte
	}
	// ResponseReceived reports the response, or why there is none.
	ResponseReceived struct {
		At
		Status int // 0 when Err is set
		Header http.Header
		Body   []byte
		Err    error
		// Resent is how often the request was sent again, on another connection,
		// because the one that was kept from earlier requests was closed before an
		// answer. Only requests of which several do the work of one are (GET, PUT, …).
		Resent int
	}
	// CriterionEvaluated reports how a success criterion, or a criterion of an
	// action, was decided, with its operands.
	CriterionEvaluated struct {
		At
		Action    string // the action it belongs to; empty for a success criterion
		Condition string
		Type      string // simple, regex, jsonpath, xpath
		Operands  []Operand
		Passed    bool
		Reason    string // why it failed, where the operands do not show it
	}
	// OutputsEvaluated reports a step's outputs.
	OutputsEvaluated struct {
		At
		Outputs map[string]any
	}
	// ActionSelected reports what happens after a step and why.
	ActionSelected struct {
		At
		Action string // the action's name; "" if none matched
		Type   string // end, goto, retry; next or fail when no action matched
		Target string // step or workflow that goto or retry names
		Reason string
	}
	// WaitStarted reports that the run waits.
	WaitStarted struct {
		At
		Duration time.Duration
		Reason   WaitReason
	}
	// StepFinished reports whether an execution of a step succeeded. It comes before
	// the actions.
	StepFinished struct {
		At
		Succeeded bool
		Reason    string // why it failed
	}
	// DiagnosticRaised reports a non-standard form that was accepted, or a value
	// that was missing, once per place and run.
	DiagnosticRaised struct {
		At
		Diagnostic Diagnostic
	}
)

// An Operand is an expression in a condition with its value.
type Operand struct {
	Text    string // the expression
	Value   any    // as in [Result].Outputs
	Missing bool   // the expression had no value
}
