package runtime

import (
	"errors"
	"fmt"
	"slices"

	"github.com/gobelin-dev/gobelin/internal/openapi"
)

// What a request cannot do without and has no value fails its step before
// anything is sent (E15); the errors name the expression that has none.

// leaveHole notes the first expression in a longer text that has no value.
func (x *Execution) leaveHole(expression string) {
	if x.hole == "" {
		x.hole = expression
	}
}

// incomplete is the error for the hole that an expression leaves in a text.
func (x *Execution) incomplete() error {
	if x.hole == "" {
		return nil
	}
	return fmt.Errorf("%s is missing; a text needs a value for each expression in it", x.hole)
}

// explain names the expression that was to give a required parameter its value.
func explain(s *step, err error) error {
	var none *openapi.NoValueError
	if !errors.As(err, &none) {
		return err
	}
	var source string
	if none.Argument >= 0 {
		source = s.arguments[none.Argument].value.source()
	} else if i := slices.Index(s.body.payload.names, none.Name); i >= 0 && i < len(s.body.payload.items) { // a constant has names only
		source = s.body.payload.items[i].source()
	}
	if source == "" {
		source = "the value that the step has for it"
	}
	return fmt.Errorf("%s has no value: %s %s; it must be one that is not null or empty", none.Subject(), source, none.Lack)
}

// source returns the text of the expression that an operand is; "" for any other
// operand.
func (o *operand) source() string {
	switch {
	case o.kind == refOperand || o.kind == selectorOperand:
		return o.ref.text
	case o.kind == templateOperand && len(o.template.parsed.Parts) == 1:
		return o.template.refs[0].text
	}
	return ""
}
