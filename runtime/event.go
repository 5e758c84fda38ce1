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
	Run        int // of a [Batch], the index of the run's inputs; 0 for others
	WorkflowID string
	StepID     string    // empty for events of the workflow itself
	Attempt    int       // of the step in this visit, from 1; 0 without a step
	Visit      int       // of the step in this execution of the workflow, from 1: a goto begins another; 0 without a step
	Depth      int       // number of workflows below this one on the stack: its caller, the caller's caller, and so on
	Time       time.Time // when it happened; zero if no [Driver] drives the run
}

func (a *At) at() *At { return a }

// EventAt returns where an event happened.
func EventAt(e Event) At { return *e.at() }

// A Timing is how long the parts of an exchange took, of all its requests together
// where a redirect led to another. What is from the response to the next event is
// gobelin's own.
type Timing struct {
	DNS, Connect, TLS time.Duration // 0 where a connection was kept from an earlier request
	Wait              time.Duration // from the end of the request to the beginning of the response
	Transfer          time.Duration // from there to the end of its body
	Protocol          string        // of the response: "HTTP/1.1", "HTTP/2.0"
	Remote            string        // address and port of the other side of the last connection
	Reused            bool          // the last connection was kept from an earlier request
}

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
		Target      string // what of the URL is the step's, not the driver's: path and query below the server's URL
		Header      http.Header
		Body        []byte
		// Security has the names of the security schemes that it satisfies: by
		// credentials of the driver, or by parameters of the step. Wanted has those that
		// the operation asks for where it satisfies none.
		Security, Wanted []string
	}
	// ResponseReceived reports the response, or why there is none.
	ResponseReceived struct {
		At
		Status int    // 0 when Err is set
		URL    string // that answered, after redirects: $url
		Header http.Header
		Body   []byte
		Err    error
		// Resent is how often the request was sent again, on another connection,
		// because the one that was kept from earlier requests was closed before an
		// answer. Only requests of which several do the work of one are (GET, PUT, …).
		Resent int
		Timing *Timing // of an exchange of a [Driver]; nil if it is not known
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
