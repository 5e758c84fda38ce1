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
	judged, refused := s.Judgeable(inputs)
	if refused != nil {
		return refused, nil
	}
	err := Guarded(func() error { return v.Validate(judged) })
	var invalid *jsonschema.ValidationError
	switch {
	case errors.As(err, &invalid):
		return violations(invalid), nil
	case errors.Is(err, pattern.ErrBudget):
		return []Violation{{Message: "validating them would take too long: a pattern tries the same parts of a text again and again"}}, nil
	}
	return nil, err
}

// Judgeable returns a value as a validator can judge it by the schema in a bounded time:
// with numbers that it can compare. Otherwise it returns why there is none.
func (s *Schema) Judgeable(v any) (judged any, refused []Violation) {
	var c comparer
	judged = c.value(v, "")
	if len(c.violations) > 0 {
		return nil, sortedViolations(c.violations)
	}
	if !s.affordable(judged) {
		return nil, []Violation{{Message: tooManyEvaluations}}
	}
	return judged, nil
}

// Guarded runs code of a schema library: a panic there becomes an error, as values come
// from anywhere. Its text could hold one and is left out.
func Guarded(f func() error) (err error) {
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
