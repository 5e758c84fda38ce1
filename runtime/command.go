package runtime

import (
	"net/http"
	"time"
)

// A Command is what an [Execution] needs next: a *Send, a *Wait or a *Done.
type Command interface{ command() }

// Send asks for one HTTP exchange; answer with [Execution.Respond] or
// [Execution.Fail].
type Send struct {
	WorkflowID, StepID string
	Method, URL        string
	Header             http.Header
	Body               []byte
	FollowRedirects    bool          // ruling O13
	Timeout            time.Duration // of the exchange (Arazzo 1.1.0, Step Object); 0: none
}

// Wait asks for time to pass; answer with [Execution.Elapse].
type Wait struct {
	WorkflowID, StepID string // the step that waits
	Duration           time.Duration
	Reason             WaitReason
}

// WaitReason says why an execution waits.
type WaitReason string

// The reasons to wait.
const (
	WaitRetryAfterHeader WaitReason = "Retry-After header" // the response said how long (F13, F14)
	WaitRetryAfter       WaitReason = "retryAfter"         // the action said how long (F13)
	WaitLoop             WaitReason = "loop delay"         // a goto re-enters a step (F14)
)

// Done is the last command of an execution.
type Done struct {
	Result *Result
	Err    error // nil when the workflow succeeded; see [Program.Run]
}

func (*Send) command() {}

func (*Wait) command() {}

func (*Done) command() {}

// A Response is what came back for a [Send].
type Response struct {
	Status   int
	Header   http.Header
	Body     []byte    // decoded of any Content-Encoding
	URL      string    // the URL that answered, after redirects; empty: as sent
	Received time.Time // for a Retry-After that gives a date

	// Value is the body where Decoded says that the transport has decoded it,
	// for one that knows the value anyway, such as a mock: a JSON value of nil,
	// bool, string, int64, float64, json.Number, []any and map[string]any, which
	// must not be changed any more. Body is then not looked at.
	Value   any
	Decoded bool
}

// A Result is what a run came to, or what it had when it ended early.
type Result struct {
	WorkflowID  string
	Outputs     map[string]any // the workflow's outputs, those that could be resolved; never nil
	Diagnostics []Diagnostic   // of the run; those of the program are in [Program.Diagnostics]
}
