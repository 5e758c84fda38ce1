package runtime

import (
	"fmt"
	"strings"

	"github.com/gobelin-dev/gobelin/arazzo"
)

// Diagnostic is [arazzo.Diagnostic].
type Diagnostic = arazzo.Diagnostic

// A CompileError holds what keeps a document from being run.
type CompileError struct {
	Diagnostics []Diagnostic // all of severity Error, at least one
}

// Error returns the diagnostics, one a line.
func (e *CompileError) Error() string { return arazzo.JoinDiagnostics(e.Diagnostics) }

// An InputError says in what way inputs do not fit a workflow's schema (E14).
type InputError struct {
	WorkflowID string
	Violations []Violation // at least one
}

// A Violation is one way in which an input does not fit.
type Violation struct {
	Pointer string `json:"pointer"` // JSON Pointer into the inputs
	Message string `json:"message"`
}

// Error returns the violations, one a line.
func (e *InputError) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "workflow %q: invalid inputs", e.WorkflowID)
	for _, v := range e.Violations {
		pointer := v.Pointer
		if pointer == "" {
			pointer = "(inputs)"
		}
		fmt.Fprintf(&b, "\n  %s: %s", pointer, v.Message)
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
	return fmt.Sprintf("workflow %q, step %q: %s", e.WorkflowID, e.StepID, e.Reason)
}

// Unwrap returns Err.
func (e *StepError) Unwrap() error { return e.Err }

// A BudgetError says that a run was ended because it went beyond what is
// allowed (F15).
type BudgetError struct {
	WorkflowID, StepID string
	Budget             string // "steps" or "depth"
	Limit              int
}

// Error returns where the run was and which limit it met.
func (e *BudgetError) Error() string {
	what := map[string]string{
		"steps": "step executions in one run; Settings.MaxSteps allows more",
		"depth": "workflows called by one another; Settings.MaxDepth allows more",
	}[e.Budget]
	return fmt.Sprintf("workflow %q, step %q: stopped after %d %s", e.WorkflowID, e.StepID, e.Limit, what)
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
