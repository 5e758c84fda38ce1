package runtime

import (
	"errors"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// Inputs are the inputs of a workflow by name. Values may be of any Go type
// that encoding/json writes.
type Inputs = map[string]any

// prepare adds defaults to the inputs and validates them.
func (w *workflow) prepare(inputs map[string]any) (map[string]any, error) {
	if w.schema == nil {
		if inputs == nil {
			inputs = map[string]any{}
		}
		return inputs, nil
	}
	d := defaulter{schema: w.schema, left: maxDefaults}
	full, _ := d.fill(d.root(inputs), w.schema.node).(map[string]any)
	compiled, err := w.schema.compile()
	if err != nil {
		return nil, err
	}
	found, err := w.schema.validate(compiled, full)
	if len(found) > 0 {
		return nil, &InputError{WorkflowID: w.id, Violations: found}
	}
	return full, err
}

// validate returns the ways in which inputs do not fit. The validator is given
// only what it can judge, and in a bounded time.
func (s *inputSchema) validate(compiled *jsonschema.Schema, inputs map[string]any) ([]Violation, error) {
	var c comparer
	judged := c.value(map[string]any(inputs), "")
	if len(c.violations) > 0 {
		return sortedViolations(c.violations), nil
	}
	if !s.affordable(judged) {
		return []Violation{{Message: tooManyEvaluations}}, nil
	}
	err := guarded(func() error { return compiled.Validate(judged) })
	var invalid *jsonschema.ValidationError
	if errors.As(err, &invalid) {
		return violations(invalid), nil
	}
	return nil, err
}

// guarded runs code of the schema library: a panic there becomes an error, as
// inputs come from anywhere. Its text could hold an input and is left out.
func guarded(f func() error) (err error) {
	defer func() {
		if recover() != nil {
			err = errors.New("the JSON Schema validator failed")
		}
	}()
	return f()
}

func sameNamed(inputs map[string]any, w *workflow) map[string]any {
	out := map[string]any{}
	if w.schema == nil {
		return out
	}
	for _, name := range w.schema.names {
		if v, ok := inputs[name]; ok {
			out[name] = v
		}
	}
	return out
}
