package runtime

import (
	"github.com/gobelin-dev/gobelin/internal/program"
)

// Inputs are the inputs of a workflow by name. Values may be of any Go type
// that encoding/json writes.
type Inputs = map[string]any

// prepare adds defaults to the inputs of a workflow and validates them (E14).
func prepare(w *program.Workflow, inputs map[string]any) (map[string]any, error) {
	if w.Schema == nil {
		if inputs == nil {
			inputs = map[string]any{}
		}
		return inputs, nil
	}
	full, found, err := w.Schema.Prepare(inputs)
	if len(found) > 0 {
		violations := make([]Violation, len(found))
		for i := range found {
			violations[i] = Violation(found[i])
		}
		return nil, &InputError{WorkflowID: w.ID, Violations: violations}
	}
	return full, err
}

func sameNamed(inputs map[string]any, w *program.Workflow) map[string]any {
	out := map[string]any{}
	if w.Schema == nil {
		return out
	}
	for _, name := range w.Schema.Names {
		if v, ok := inputs[name]; ok {
			out[name] = v
		}
	}
	return out
}
