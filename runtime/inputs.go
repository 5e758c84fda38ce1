package runtime

import (
	"errors"

	"github.com/gobelin-dev/gobelin/internal/program"
	"github.com/gobelin-dev/gobelin/internal/syntax"
)

// Inputs are the inputs of a workflow by name. Values may be of any Go type that
// encoding/json marshals, and must not be modified while the run goes on.
type Inputs = map[string]any

// prepare adds defaults to the inputs of a workflow and validates them (E14). It ends
// with a panic if done is closed meanwhile, as evaluations do.
func prepare(done <-chan struct{}, w *program.Workflow, inputs map[string]any) (map[string]any, error) {
	switch {
	case w.Schema == nil && inputs == nil:
		return map[string]any{}, nil
	case w.Schema == nil:
		return inputs, nil
	}
	full, found, err := w.Schema.Prepare(done, inputs)
	if errors.Is(err, syntax.ErrEnded) {
		panic(syntax.ErrEnded)
	}
	if len(found) > 0 {
		violations := make([]Violation, len(found))
		for i := range found {
			violations[i] = Violation(found[i])
		}
		return nil, &InputError{WorkflowID: w.ID, Violations: violations}
	}
	return full, err
}

// inputsFor returns the inputs of a workflow that an action reaches (F10).
func (x *Execution) inputsFor(f *frame, to jump) map[string]any {
	if to.Inputs != nil {
		return to.Inputs
	}
	return x.program.Workflows[to.Workflow].SameNamed(f.Inputs)
}
