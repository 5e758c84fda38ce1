package runtime

import (
	"net/http"
	"time"
)

// An Event is a decision or a happening of a run. The types are those below
// that embed At. Secrets are masked. An event and what it points to must not
// be changed, and is valid after the listener returned.
type Event interface{ at() *At }

// At says where in a run an event happened.
type At struct {
	WorkflowID string
	StepID     string // empty for events of the workflow itself
	Attempt    int    // of the step in this visit, from 1; 0 without a step
	Depth      int    // number of workflows that called this one
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
	// StepStarted opens each execution of a step, repeated ones included.
	StepStarted struct {
		At
		Operation string // "GET /pets/{id}", or the called workflow's id
	}
	// RequestSent tells of the request that the step is about to send.
	RequestSent struct {
		At
		Method, URL string
		Header      http.Header
		Body        []byte
	}
	// ResponseReceived tells of the answer, or of its absence.
	ResponseReceived struct {
		At
		Status int // 0 when Err is set
		Header http.Header
		Body   []byte
		Err    error
	}
	// CriterionEvaluated tells how a success criterion, or a criterion of an
	// action, was decided, with its operands.
	CriterionEvaluated struct {
		At
		Action    string // the action it belongs to; empty for a success criterion
		Condition string
		Type      string // simple, regex, jsonpath, xpath
		Operands  []Operand
		Passed    bool
		Reason    string // why it failed, where the operands do not tell
	}
	// OutputsEvaluated tells a step's outputs.
	OutputsEvaluated struct {
		At
		Outputs map[string]any
	}
	// ActionSelected tells what happens after a step and why.
	ActionSelected struct {
		At
		Action string // the action's name; empty: none matched
		Type   string // end, goto, retry; next or fail when no action matched
		Target string // step or workflow that goto or retry names
		Reason string
	}
	// WaitStarted tells of a wait.
	WaitStarted struct {
		At
		Duration time.Duration
		Reason   WaitReason
	}
	// StepFinished closes each execution of a step.
	StepFinished struct {
		At
		Succeeded bool
		Reason    string // why it failed
	}
	// DiagnosticRaised tells of a form that was honored, or a value that was
	// missing; once per place and run.
	DiagnosticRaised struct {
		At
		Diagnostic Diagnostic
	}
)

// An Operand is a part of a condition with the value that it had.
type Operand struct {
	Text    string
	Value   any
	Missing bool
}
