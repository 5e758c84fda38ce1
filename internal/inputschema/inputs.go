package inputschema

import (
	"errors"

	"github.com/gobelin-dev/gobelin/internal/pattern"
	"github.com/gobelin-dev/gobelin/internal/syntax"
	"github.com/santhosh-tekuri/jsonschema/v6"
)

// Prepare returns the inputs with defaults, and the ways in which they do not
// fit. It is given up when done is closed, with [syntax.ErrEnded].
func (s *Schema) Prepare(done <-chan struct{}, inputs map[string]any) (full map[string]any, found []Violation, err error) {
	d := defaulter{schema: s, left: maxDefaults}
	full, _ = d.fill(d.root(inputs), s.Node).(map[string]any)
	v, err := s.validator()
	if err != nil {
		return nil, nil, err
	}
	defer s.validators.put(v)
	*v.allowance = *pattern.NewAllowance(done)
	found, err = s.validate(v, full)
	return full, found, err
}

// A Violation is one way in which an input does not fit.
type Violation struct {
	Pointer string // JSON Pointer into the inputs
	Message string
}

// validate returns the ways in which inputs do not fit. The validator only gets
// what it can judge in a bounded time.
func (s *Schema) validate(v *validator, inputs map[string]any) ([]Violation, error) {
	var c comparer
	judged := c.value(map[string]any(inputs), "")
	if len(c.violations) > 0 {
		return sortedViolations(c.violations), nil
	}
	if !s.affordable(judged) {
		return []Violation{{Message: tooManyEvaluations}}, nil
	}
	err := guarded(func() error { return v.Validate(judged) })
	var invalid *jsonschema.ValidationError
	switch {
	case errors.As(err, &invalid):
		return violations(invalid), nil
	case errors.Is(err, pattern.ErrBudget):
		return []Violation{{Message: "validating them would take too long: a pattern tries the same parts of a text again and again"}}, nil
	}
	return nil, err
}

// guarded runs code of the schema library: a panic there becomes an error, as
// inputs come from anywhere. Its text could hold an input and is left out.
func guarded(f func() error) (err error) {
	defer func() {
		switch r := recover(); r {
		case nil:
		case any(pattern.ErrBudget), any(syntax.ErrEnded):
			err, _ = r.(error)
		default:
			err = errors.New("the JSON Schema validator failed")
		}
	}()
	return f()
}
