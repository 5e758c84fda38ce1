package runtime

import (
	"errors"
	"strings"
)

// failure is an error in the form that a snapshot holds.
type failure struct {
	Kind       failureKind `json:"kind"`
	WorkflowID string      `json:"workflowId,omitempty"`
	StepID     string      `json:"stepId,omitempty"`
	Attempt    int         `json:"attempt,omitempty"`
	Status     int         `json:"status,omitempty"`
	Reason     string      `json:"reason,omitempty"`
	Cause      string      `json:"cause,omitempty"` // text of err, which a snapshot cannot hold
	Inner      *failure    `json:"inner,omitempty"` // of a called workflow
	Violations []Violation `json:"violations,omitempty"`
	Budget     string      `json:"budget,omitempty"`
	Limit      int         `json:"limit,omitempty"`
	err        error
}

type failureKind uint8

const (
	stepFailure failureKind = iota
	inputsFailure
	budgetFailure
	canceledFailure
	failureKinds
)

// failureOf holds an error of preparing inputs.
func failureOf(err error) *failure {
	var invalid *InputError
	if errors.As(err, &invalid) {
		return &failure{Kind: inputsFailure, WorkflowID: invalid.WorkflowID, Violations: invalid.Violations}
	}
	return &failure{Reason: err.Error(), Cause: err.Error(), err: err}
}

// error returns the failure as the error that callers see; nil for nil.
func (f *failure) error() error {
	if f == nil {
		return nil
	}
	cause := f.err
	switch {
	case f.Inner != nil:
		cause = f.Inner.error()
	case cause == nil && f.Cause != "":
		cause = errors.New(f.Cause)
	}
	switch f.Kind {
	case inputsFailure:
		return &InputError{WorkflowID: f.WorkflowID, Violations: f.Violations}
	case budgetFailure:
		return &BudgetError{WorkflowID: f.WorkflowID, StepID: f.StepID, Budget: f.Budget, Limit: f.Limit}
	case canceledFailure:
		return &CanceledError{WorkflowID: f.WorkflowID, StepID: f.StepID, Err: cause}
	}
	return &StepError{WorkflowID: f.WorkflowID, StepID: f.StepID, Attempt: f.Attempt, Status: f.Status, Reason: f.Reason, Err: cause}
}

// replaced returns the failure with its texts replaced.
func (f *failure) replaced(r *strings.Replacer) *failure {
	if f == nil {
		return nil
	}
	out := *f
	out.Reason, out.Cause, out.Inner = r.Replace(f.Reason), r.Replace(f.Cause), f.Inner.replaced(r)
	return &out
}
