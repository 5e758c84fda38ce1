package runtime

import (
	"net/http"
	"time"

	"github.com/gobelin-dev/gobelin/description"
	"github.com/gobelin-dev/gobelin/internal/authorize"
)

// A Command is what an [Execution] needs next: a *Send, a *Wait or a *Done.
type Command interface{ command() }

// Send asks for one HTTP exchange; answer with [Execution.Respond] or
// [Execution.Fail]. It says what to send. The server it goes to ([Server.Resolve])
// and the credentials are up to the caller, and never enter the execution.
type Send struct {
	WorkflowID, StepID string

	// Source is the name of the source description that has the operation. In a
	// document that the entry document calls, it follows the names of the sources
	// that lead there, as in "menu.api".
	Source    string
	Operation string                // operationId, or method and path where it has none
	Declared  description.Operation // what the source declares of it, for drivers that answer by themselves
	Server    Server                // declared for the operation (O11); its URL is "/" if none is

	Method          string
	Target          string // path and query, escaped; it follows the server's URL, which ends without a slash
	Header          http.Header
	Body            []byte
	Security        [][]SecurityRequirement // alternatives (O12): each needs all of its schemes; an empty one needs none
	FollowRedirects bool                    // ruling O13
	Timeout         time.Duration           // of the exchange (Arazzo 1.1.0, Step Object), or what is left of that of a call; 0 means none

	schemes [][]authorize.Scheme // parallel to Security
}

// Wait asks for time to pass; answer with [Execution.Elapse].
type Wait struct {
	WorkflowID, StepID string // the step that waits
	Duration           time.Duration
	Reason             WaitReason
	Since              time.Time // when the wait began; zero if no [Response] said the time
}

// Left returns how much of the wait is left at a time, such as that at which a
// stored execution is continued: between 0 and Duration.
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
	Err    error // nil when the workflow succeeded; see [Driver.Run]
}

func (*Send) command() {}
func (*Wait) command() {}
func (*Done) command() {}

// A Response is the answer to a [Send].
type Response struct {
	Status   int
	Header   http.Header
	Body     []byte        // decoded of any Content-Encoding
	URL      string        // the URL that answered, after redirects and without credentials: $url; "" means [Send].Target
	Received time.Time     // when it came: Retry-After dates and [Wait.Left] count from it; optional
	Took     time.Duration // how long the exchange took, for the timeouts of steps that call workflows; optional
	Resent   int           // how often the request was sent again, see [ResponseReceived]
	Timing   *Timing       // of the exchange, for [ResponseReceived]; optional

	// Value is the body if Decoded is set, for a transport that knows the value
	// anyway, such as a mock: a JSON value of nil, bool, string, int64, float64,
	// json.Number, []any and map[string]any, which must not be modified
	// afterwards. Body is then ignored. Without a listener, what the step does not
	// read of it is not looked at until a snapshot is taken.
	Value   any
	Decoded bool
}
