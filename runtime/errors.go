package runtime

import (
	"cmp"
	"fmt"
	"strings"

	"github.com/gobelin-dev/gobelin/arazzo"
)

// A Diagnostic is a finding with its code, severity and position.
type Diagnostic = arazzo.Diagnostic

// A CompileError holds the diagnostics that keep a document, or a workflow of it,
// from being run.
type CompileError struct {
	Diagnostics []Diagnostic // all of severity Error, at least one
}

// Error returns the diagnostics, one per line.
func (e *CompileError) Error() string { return arazzo.JoinDiagnostics(e.Diagnostics) }

// An InputError says that inputs do not match a workflow's schema (E14).
type InputError struct {
	WorkflowID string
	Violations []Violation // at least one
}

// A Violation is one way in which inputs do not match a schema. Message has no
// value of an input.
type Violation struct {
	Pointer string `json:"pointer"` // JSON Pointer (RFC 6901) into the inputs; "" is the whole
	Message string `json:"message"`
}

const mostTold = 100 // violations in the text of an error

// Error returns the violations, one per line; of more than a hundred the first, and
// how many more there are.
func (e *InputError) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "workflow %q: invalid inputs", e.WorkflowID)
	for i, v := range e.Violations {
		if i == mostTold {
			fmt.Fprintf(&b, "\n  and %d more", len(e.Violations)-i)
			break
		}
		fmt.Fprintf(&b, "\n  %s: %s", cmp.Or(v.Pointer, "(inputs)"), v.Message)
	}
	return b.String()
}

// A StepError says that a workflow failed, and at which step.
type StepError struct {
	WorkflowID, StepID string
	Attempt            int    // from 1
	Status             int    // the status code of the response, 0 when there was none
	Reason             string // what was found
	Err                error  // the error of a transport or of a called workflow, or nil
}

// Error returns workflow, step and reason.
func (e *StepError) Error() string {
	if e.StepID == "" { // it did not come to a step
		return fmt.Sprintf("workflow %q: %s", e.WorkflowID, e.Reason)
	}
	return fmt.Sprintf("workflow %q, step %q: %s", e.WorkflowID, e.StepID, e.Reason)
}

// Unwrap returns Err.
func (e *StepError) Unwrap() error { return e.Err }

// A BudgetError says that a run was ended because it exceeded a limit of its
// [Settings] (F15).
type BudgetError struct {
	WorkflowID, StepID string
	Budget             string // "steps" or "depth"
	Limit              int
}

// Error returns where the run was and which limit it exceeded.
func (e *BudgetError) Error() string {
	what := map[string]string{
		"steps": "after %d step executions in one run; Settings.MaxSteps allows more",
		"depth": "workflows nested more than %d deep; Settings.MaxDepth allows more",
	}[e.Budget]
	return fmt.Sprintf("workflow %q, step %q: stopped: "+what, e.WorkflowID, e.StepID, e.Limit)
}

// A CanceledError says that a run was ended from outside; it unwraps to the
// cause, such as context.Canceled.
type CanceledError struct {
	WorkflowID, StepID string // where the run was
	Err                error
}

// Error returns where the run was, if it had begun, and the cause.
func (e *CanceledError) Error() string {
	if e.WorkflowID == "" {
		return e.Err.Error()
	}
	return fmt.Sprintf("workflow %q, step %q: %v", e.WorkflowID, e.StepID, e.Err)
}

// Unwrap returns the cause.
func (e *CanceledError) Unwrap() error { return e.Err }
