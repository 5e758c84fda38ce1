package runtime

import (
	"net/http"
	"time"
)

// A Command is what an [Execution] needs next: a *Send, a *Wait or a *Done.
type Command interface{ command() }

// Send asks for one HTTP exchange; answer with [Execution.Respond] or
// [Execution.Fail]. It says what is sent. Where to and as whom, the server and the
// credentials, is up to the one who sends it, and never enters the execution.
type Send struct {
	WorkflowID, StepID string

	// Source is the name of the source description that has the operation: of a
	// document that the entry document calls, after the names of the sources that
	// lead there, such as "menu.api".
	Source    string
	Operation string // operationId, or method and path where it has none
	Server    Server // as declared for the operation; its URL is "/" where none is

	Method          string
	Target          string // path and query, escaped; it follows the server's URL, which ends without a slash
	Header          http.Header
	Body            []byte
	Security        [][]SecurityRequirement // alternatives; of each all are required, and an empty one requires nothing
	FollowRedirects bool                    // ruling O13
	Timeout         time.Duration           // of the exchange (Arazzo 1.1.0, Step Object); 0: none
}

// Wait asks for time to pass; answer with [Execution.Elapse].
type Wait struct {
	WorkflowID, StepID string // the step that waits
	Duration           time.Duration
	Reason             WaitReason
	Since              time.Time // when it began, as far as the execution was told the time; of a stored wait, what is left counts
}

// Left returns what is left of the wait.
func (w *Wait) Left(now time.Time) time.Duration {
	if w.Since.IsZero() {
		return w.Duration
	}
	return min(max(w.Duration-now.Sub(w.Since), 0), w.Duration)
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
	URL      string    // the URL that answered, after redirects and without credentials: $url; empty: the target alone
	Received time.Time // for a Retry-After that gives a date, and for what is left of a wait

	// Value is the body where Decoded says that the transport has decoded it,
	// for one that knows the value anyway, such as a mock: a JSON value of nil,
	// bool, string, int64, float64, json.Number, []any and map[string]any, which
	// must not be modified afterwards. Body is then ignored.
	Value   any
	Decoded bool
}
