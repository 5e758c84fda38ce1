// Package trace writes what runs do into a file, as it happens, and reads it again:
// all events of package runtime, one JSON object a line, secrets masked. Whatever
// shows a run can show one from a trace, later and elsewhere.
//
// docs/trace.md describes the format.
package trace

import (
	"context"
	"time"

	"github.com/gobelin-dev/gobelin/report"
)

// Version is the version of the format. A reader refuses later ones; within a
// version fields and kinds of lines may be added.
const Version = 1

// A Header is the first line of a trace.
type Header struct {
	Trace    int       `json:"gobelinTrace"`       // Version
	Time     time.Time `json:"time"`               // when it was begun
	Tool     string    `json:"tool,omitempty"`     // what wrote it, such as "gobelin v1.2.3"
	Document string    `json:"document,omitempty"` // location of the document
	Program  string    `json:"program,omitempty"`  // fingerprint of all that the run was made of
}

// A RunStarted is the line before the events of a run.
type RunStarted struct {
	Run        int // the index of the run in its [runtime.Batch]; 0 for others
	Time       time.Time
	WorkflowID string
	// Document and Program are as in the Header; they are also there when they are
	// written once for all runs.
	Document, Program string
}

// A RunFinished is the line after the events of a run.
type RunFinished struct {
	Run     int
	Time    time.Time
	Status  string         // succeeded, failed or canceled
	Outputs map[string]any // as in [runtime.Result], credentials masked
	Err     *report.Error  // nil on success
}

// An Error is an error of an event that was read from a trace: what it said.
type Error string

// Error returns what the error said.
func (e Error) Error() string { return string(e) }

// timedOut is the error of an exchange that took longer than its step allows.
type timedOut struct{ text Error }

// Error returns what the error said.
func (e timedOut) Error() string { return string(e.text) }

// Is reports that the error is context.DeadlineExceeded.
func (timedOut) Is(target error) bool { return target == context.DeadlineExceeded }
