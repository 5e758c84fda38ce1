// Package eval evaluates what a linked program says at one place of a run: its
// expressions, texts, payloads, requests and conditions. It knows the messages of
// the current step; what else expressions start from it asks for.
package eval

import (
	"fmt"
	"io/fs"

	"github.com/gobelin-dev/gobelin/arazzo"
	"github.com/gobelin-dev/gobelin/internal/expr"
	"github.com/gobelin-dev/gobelin/internal/openapi"
	"github.com/gobelin-dev/gobelin/internal/program"
	"github.com/gobelin-dev/gobelin/internal/stored"
	"github.com/gobelin-dev/gobelin/internal/value"
)

// A Scope is the place of a run at which something is evaluated.
type Scope interface {
	// Root returns what an expression starts from that names an input or an output,
	// and the status of a called workflow.
	Root(r *program.Ref) (any, bool)
	// Note reports a form that was accepted, or a value that was missing.
	Note(code string, at arazzo.Position, message string)
	// Learn takes note of the secrets in a value, before anything is reported of it.
	Learn(v any, secrets program.Routes)
}

// An Evaluator evaluates in a scope.
type Evaluator struct {
	Scope    Scope
	Exchange *Exchange // of the current step; nil: there is none
	Files    fs.FS     // that payloads may name; nil: none
	Strict   bool      // as in runtime.Compiler
	Unknown  *Unknown  // the values that only a run will bring; nil: this is one
	// Done is closed when nobody waits any more for what is evaluated, which then ends
	// with a panic (see Ended); nil: somebody does. With Last, what is still evaluated has
	// no value instead.
	Done <-chan struct{}
	Last bool

	hole   error           // about the first text that could not be written, see Incomplete
	values []openapi.Value // of the request that is built; kept for the next
	made   int             // bytes of the values in texts since Begin
}

// Look returns the value that a reference has now.
func (e *Evaluator) Look(r *program.Ref) (any, bool) {
	if r.Kind == program.ResponseBody && r.Slot > 0 && e.Exchange.scan() {
		e.noteBody(r)
		return e.Exchange.at(r)
	}
	v, ok := e.Root(r)
	if !ok || v == any(stored.Nothing{}) {
		return nil, false
	}
	if e.Unknown != nil {
		return e.Unknown.follow(v, r)
	}
	return expr.Follow(v, r.Pointer, r.Access, r.Whole)
}

// Root returns the value that a reference starts from; of an output that found
// nothing it is stored.Nothing.
func (e *Evaluator) Root(r *program.Ref) (any, bool) {
	switch r.Kind {
	case program.Known:
		return r.Value, true
	case program.ComponentParameter:
		return e.Value(r.Operand)
	case program.InputRef, program.OutputRef, program.StepOutput, program.WorkflowInput, program.WorkflowOutput:
		return e.Scope.Root(r)
	}
	if r.Kind == program.StatusCode && e.Exchange == nil { // a step that calls a workflow (F17)
		return e.Scope.Root(r)
	}
	v, ok := e.Exchange.look(r)
	if r.Kind == program.ResponseBody && e.Exchange != nil {
		e.noteBody(r)
	}
	return v, ok
}

// noteBody reports what was found when the response's body was decoded.
func (e *Evaluator) noteBody(r *program.Ref) {
	x := e.Exchange
	if x.JSON {
		e.Scope.Note("json-as-text", r.Place, fmt.Sprintf("the body is the JSON that the description declares, though its type is %s; "+
			"it is read as JSON", x.Answer.Get("Content-Type")))
	}
	if x.Note != "" {
		e.Scope.Note("invalid-json", r.Place, x.Note)
	}
	if x.Lost != "" {
		e.Scope.Note("undecoded-text", r.Place, x.Lost)
	}
}

// FoundNothing reports whether a reference is to an output that found nothing.
func (e *Evaluator) FoundNothing(r *program.Ref) bool {
	if r.Kind != program.StepOutput && r.Kind != program.WorkflowOutput && r.Kind != program.OutputRef {
		return false
	}
	v, _ := e.Root(r)
	return v == any(stored.Nothing{})
}

// missing reports that an operand had no value.
func (e *Evaluator) missing(r *program.Ref, at arazzo.Position) {
	e.Scope.Note("missing-value", at, r.Text+" has no value here"+e.Exchange.whyMissing(r))
}

// Value returns the value of an operand now. Missing members of an object are
// left out, missing items of an array are null.
func (e *Evaluator) Value(o *program.Operand) (any, bool) {
	switch o.Kind {
	case program.Reference:
		v, ok := e.Look(&o.Ref)
		if !ok {
			e.missing(&o.Ref, o.Place)
		}
		return v, ok
	case program.Interpolation:
		text, ok := e.appendText(nil, o.Template, o.Place)
		return string(text), ok
	case program.Selection:
		return e.selectValue(o)
	case program.Array:
		items := make([]any, len(o.Items))
		for i := range o.Items {
			items[i], _ = e.Value(&o.Items[i]) // null
		}
		return items, true
	case program.Object:
		return e.object(o, anyType), true
	}
	return o.Constant, true
}

// object evaluates the members of an object, each in its media type.
func (e *Evaluator) object(o *program.Operand, typeOf func(name string) string) map[string]any {
	members := make(map[string]any, len(o.Items))
	for i := range o.Items {
		if v, ok := e.valueIn(typeOf(o.Names[i]), &o.Items[i]); ok {
			members[o.Names[i]] = v
		}
	}
	return members
}

func anyType(string) string { return "" }

// appendText evaluates a template. One with an expression that has no value has
// none itself: a hole in a text is not a text.
func (e *Evaluator) appendText(dst []byte, t *program.Template, at arazzo.Position) (text []byte, ok bool) {
	ok = true
	text = t.Parsed.Append(dst, func(i int, expression *expr.Expression) (any, bool) {
		v, found := e.Look(&t.Refs[i])
		if !found {
			e.missing(&t.Refs[i], at)
		}
		if ok = ok && found; !found && len(t.Parsed.Parts) > 1 {
			e.leaveHole(expression.Text)
		}
		if found {
			v, found = e.part(v, expression.Text, at)
			ok = ok && found
		}
		return v, found
	})
	return text, ok
}

// maxMade bounds what texts are made of for one step, in bytes: a text that holds
// another one twice doubles with each step.
const maxMade = 32 << 20

// part returns a value as a part of a text, unless the texts of the step become
// too long by it.
func (e *Evaluator) part(v any, expression string, at arazzo.Position) (any, bool) {
	text, isText := v.(string)
	if !isText {
		text = value.Text(v)
		v = text
	}
	if e.made += len(text); e.made > maxMade {
		err := fmt.Errorf("%s is not put into the text: the texts of one step may have %d MiB together", expression, maxMade>>20)
		e.Scope.Note("missing-value", at, err.Error())
		e.refuse(err)
		return nil, false
	}
	return v, true
}

// selectValue evaluates a Selector Object: a query that can select one node at
// most returns its value, another one the array of what it selects.
func (e *Evaluator) selectValue(o *program.Operand) (any, bool) {
	s := o.Selector
	context, ok := e.Value(&s.Context)
	if !ok {
		return nil, false
	}
	if e.Unknown.In(context) {
		return e.Unknown.Value(o.Ref.Text), true
	}
	reason := ""
	if s.Query != nil {
		reason = e.notJSON(&s.Context.Ref, context)
	}
	if reason == "" {
		v, ok, err := s.Apply(e.Done, context)
		e.givenUp(err)
		switch {
		case ok:
			return v, true
		case err == nil:
			e.missing(&o.Ref, o.Place)
			return nil, false
		}
		reason = err.Error()
	}
	e.Scope.Note("missing-value", o.Place, o.Ref.Text+" has no value here: "+reason)
	return nil, false
}
