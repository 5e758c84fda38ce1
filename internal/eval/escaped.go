package eval

import (
	"fmt"

	"github.com/gobelin-dev/gobelin/internal/openapi"
	"github.com/gobelin-dev/gobelin/internal/program"
	"github.com/gobelin-dev/gobelin/internal/value"
)

// A quoter follows a text of a media type with values in it, and writes each value
// so that it is nothing but one value there (O8).
type quoter interface {
	Literal(text string)
	Value(text string, isBody bool) (string, error)
}

// quoterFor returns the quoter for a media type in whose texts values would be
// more than text; nil for any other one, and for JSON, which jsonPayload writes.
func quoterFor(contentType string) quoter {
	switch {
	case openapi.IsXML(contentType):
		return &openapi.XMLTemplate{}
	case openapi.IsForm(contentType):
		return formTemplate{}
	}
	return nil
}

// A formTemplate is a text that is a form.
type formTemplate struct{}

func (formTemplate) Literal(string) {}

func (formTemplate) Value(text string, _ bool) (string, error) { return openapi.FormText(text), nil }

// valueIn is [Evaluator.Value] for what is written in a media type: in a text, the
// values are escaped by it. A text that is one expression is that value.
func (e *Evaluator) valueIn(contentType string, o *program.Operand) (any, bool) {
	if o.Kind == program.Array && quoterFor(contentType) != nil {
		items := make([]any, len(o.Items))
		for i := range o.Items {
			items[i], _ = e.valueIn(contentType, &o.Items[i]) // null
		}
		return items, true
	}
	if o.Kind != program.Interpolation || len(o.Template.Parsed.Parts) == 1 {
		return e.Value(o)
	}
	q := quoterFor(contentType)
	if q == nil {
		return e.Value(o)
	}
	var text []byte
	complete, n := true, 0
	for _, part := range o.Template.Parsed.Parts {
		if part.Expr == nil {
			q.Literal(part.Literal)
			text = append(text, part.Literal...)
			continue
		}
		r := &o.Template.Refs[n]
		n++
		v, ok := e.Look(r)
		if !ok {
			e.missing(r, o.Place)
			e.leaveHole(r.Text)
			complete = false
			continue
		}
		if v, ok = e.part(v, r.Text, o.Place); !ok {
			return nil, false
		}
		escaped, err := q.Value(value.Text(v), isBody(r, 0))
		if err != nil {
			e.refuse(fmt.Errorf("%s cannot be written where it is in a text of type %s: %w", r.Text, contentType, err))
		}
		text = append(text, escaped...)
	}
	return string(text), complete
}

// maxHops bounds how far a value is followed through outputs.
const maxHops = 8

// isBody reports whether a reference is to the whole body of a response, in a text
// of which it is a part "as-is" (1.1.0, Runtime Expressions).
func isBody(r *program.Ref, hops int) bool {
	if len(r.Pointer) > 0 || len(r.Access) > 0 || hops > maxHops {
		return false
	}
	var outputs []program.Output
	switch r.Kind {
	case program.ResponseBody:
		return true
	case program.StepOutput:
		if outputs = r.Step.Outputs; len(outputs) == 0 && r.Step.Called != nil {
			outputs = r.Step.Called.Outputs // F17
		}
	case program.WorkflowOutput:
		outputs = r.Workflow.Outputs
	}
	for i := range outputs {
		if o := &outputs[i]; o.Name == r.Name {
			return o.Value.Kind == program.Reference && isBody(&o.Value.Ref, hops+1)
		}
	}
	return false
}
