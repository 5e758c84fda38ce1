package eval

import (
	"errors"
	"fmt"
	"slices"

	"github.com/gobelin-dev/gobelin/internal/openapi"
	"github.com/gobelin-dev/gobelin/internal/program"
)

// What a request cannot do without and has no value fails its step before
// anything is sent (E15); the errors name the expression that has none.

// leaveHole notes an expression in a longer text that has no value.
func (e *Evaluator) leaveHole(expression string) {
	e.refuse(fmt.Errorf("%s is missing; a text needs a value for each expression in it", expression))
}

// refuse notes why a text cannot be written; the first reason counts.
func (e *Evaluator) refuse(err error) {
	if e.hole == nil {
		e.hole = err
	}
}

// Begin forgets the holes of the texts before, and how long they were.
func (e *Evaluator) Begin() { e.hole, e.made = nil, 0 }

// Incomplete returns the error for the first hole in a text since Begin; nil if
// there is none.
func (e *Evaluator) Incomplete() error { return e.hole }

// explain names the expression that should have had the value of a required
// parameter.
func explain(s *program.Step, err error) error {
	var none *openapi.NoValueError
	if !errors.As(err, &none) {
		return err
	}
	var source string
	if none.Argument >= 0 {
		source = s.Arguments[none.Argument].Value.Source()
	} else if i := slices.Index(s.Body.Payload.Names, none.Name); i >= 0 && i < len(s.Body.Payload.Items) { // a constant has names only
		source = s.Body.Payload.Items[i].Source()
	}
	if source == "" {
		source = "the value that the step has for it"
	}
	return fmt.Errorf("%s has no value: %s %s; it must be one that is not null or empty", none.Subject(), source, none.Lack)
}
