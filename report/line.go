package report

import (
	"encoding/json"

	"github.com/gobelin-dev/gobelin/runtime"
)

// A Line is the record of one run of a batch, in the form of a line that
// gobelin run --each prints.
type Line struct {
	Line       int            `json:"line"` // of the inputs, from 1
	WorkflowID string         `json:"workflowId"`
	Status     string         `json:"status"` // succeeded, failed or canceled
	Outputs    map[string]any `json:"outputs"`
	Error      *Error         `json:"error"`
}

// NewLine returns the record of the run whose inputs are on a line and which
// came to result and err. result may be nil.
func NewLine(line int, workflowID string, result *runtime.Result, err error) Line {
	l := Line{Line: line, WorkflowID: workflowID, Status: "succeeded", Outputs: map[string]any{}, Error: NewError(err)}
	if result != nil {
		l.Outputs = result.Outputs
	}
	switch {
	case err == nil:
	case l.Error.Type == "canceled":
		l.Status = "canceled"
	default:
		l.Status = "failed"
	}
	return l
}

// Done reports whether a resumed batch skips the line. A canceled run is not
// done: it is run again.
func (l Line) Done() bool { return l.Status == "succeeded" || l.Status == "failed" }

// JSON returns the record as one line of JSON, newline included.
func (l Line) JSON() ([]byte, error) {
	data, err := json.Marshal(l)
	return append(data, '\n'), err
}
