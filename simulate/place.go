package simulate

import (
	"strings"

	"github.com/gobelin-dev/gobelin/internal/expr"
	"github.com/gobelin-dev/gobelin/internal/jsonpath"
	"github.com/gobelin-dev/gobelin/internal/openapi"
	"github.com/gobelin-dev/gobelin/internal/program"
	"github.com/gobelin-dev/gobelin/internal/schema"
	"github.com/gobelin-dev/gobelin/internal/value"
)

// A place is a part of what a simulation chooses: of the answer to a step, or of the inputs.
type place struct {
	step   *program.Step // nil: of the inputs
	header string        // "" for the body
	xml    bool          // of the value that a body in XML is written of
	tokens []string      // of the body or the inputs, that lead to it
}

// equal reports whether two places are the same.
func (p place) equal(o place) bool {
	return p.step == o.step && p.header == o.header && p.xml == o.xml && strings.Join(p.tokens, "\x00") == strings.Join(o.tokens, "\x00")
}

// An operand is what an expression comes to: a value that is known, a place, or neither.
type operand struct {
	known   bool // of the value; missing if it is nil and missing is set
	value   any
	missing bool
	place   *place
	text    string
}

var unknown = operand{}

func known(v any) operand { return operand{known: true, value: v} }

func missing() operand { return operand{known: true, missing: true} }

// below returns the operand at a place inside of one.
func (o operand) below(tokens []string) operand {
	switch {
	case len(tokens) == 0:
	case o.place != nil:
		inside := *o.place
		inside.tokens = append(inside.tokens[:len(inside.tokens):len(inside.tokens)], tokens...)
		o.place = &inside
	case o.known:
		v, ok := value.Find(o.value, tokens)
		o.value, o.missing = v, !ok
	}
	return o
}

// maxHops bounds how far outputs that are made of one another are followed.
const maxHops = 100

// resolver finds out what expressions stand for at a point of a walk.
type resolver struct {
	root    *program.Workflow
	callers map[*program.Workflow]*program.Step // of the workflows under way
	hops    int
}

// reference resolves an expression of a step, or with nil of the outputs of a workflow.
func (r *resolver) reference(ref *program.Ref, w *program.Workflow, s *program.Step) (o operand) {
	tokens, _ := ref.Segments()
	if r.hops++; r.hops > maxHops {
		return unknown
	}
	defer func() {
		r.hops--
		o.text = ref.Text
	}()
	switch ref.Kind {
	case program.Known:
		return known(ref.Value).below(tokens)
	case program.Method:
		if s != nil && s.Operation != nil {
			return known(s.Operation.Method)
		}
	case program.ResponseBody:
		if s != nil && s.Operation != nil {
			return operand{place: &place{step: s, tokens: tokens}}
		}
	case program.ResponseHeader:
		if s != nil && s.Operation != nil && len(tokens) == 0 {
			return operand{place: &place{step: s, header: ref.Name}}
		}
	case program.RequestQuery, program.RequestPath, program.RequestHeader:
		in := map[program.RefKind]string{program.RequestQuery: "query", program.RequestPath: "path", program.RequestHeader: "header"}[ref.Kind]
		for a := range program.Each(argumentsOf(s)) {
			if openapi.SameParameter(a.In, a.Name, in, ref.Name) {
				return r.value(&a.Value, w, s).below(tokens)
			}
		}
	case program.RequestBody:
		if s != nil && s.Body != nil && len(s.Body.Replacements) == 0 {
			return r.inside(&s.Body.Payload, tokens, w, s)
		}
	case program.InputRef:
		return r.input(w, named(ref, tokens))
	case program.WorkflowInput:
		return r.input(ref.Workflow, named(ref, tokens))
	case program.StepOutput:
		if ref.Step == nil {
			return unknown
		}
		return r.output(ref.Step.Workflow, ref.Step, ref.Step.Outputs, ref, tokens)
	case program.OutputRef:
		if s != nil && s.Called != nil {
			return r.output(s.Called, nil, s.Called.Outputs, ref, tokens)
		}
		return r.output(w, s, w.Outputs, ref, tokens)
	case program.WorkflowOutput:
		if ref.Workflow != nil {
			return r.output(ref.Workflow, nil, ref.Workflow.Outputs, ref, tokens)
		}
	case program.ComponentParameter:
		return r.value(ref.Operand, w, s).below(tokens)
	case program.Missing:
		return missing()
	}
	return unknown
}

func argumentsOf(s *program.Step) []program.Argument {
	if s == nil {
		return nil
	}
	return s.Arguments
}

// named returns the name of an expression with what follows it.
func named(ref *program.Ref, tokens []string) []string {
	names := []string{ref.Name}
	if ref.Dotted {
		names = strings.Split(ref.Name, ".")
	}
	return append(names, tokens...)
}

// input resolves an input of a workflow: of one that is called, it is what its caller gives.
func (r *resolver) input(w *program.Workflow, tokens []string) operand {
	if w == nil || w == r.root {
		return operand{place: &place{tokens: tokens}}
	}
	caller := r.callers[w]
	for a := range program.Each(argumentsOf(caller)) {
		if a.Name == tokens[0] {
			return r.value(&a.Value, caller.Workflow, caller).below(tokens[1:])
		}
	}
	return unknown
}

func (r *resolver) output(w *program.Workflow, s *program.Step, list []program.Output, ref *program.Ref, tokens []string) operand {
	if s != nil && len(list) == 0 && s.Called != nil {
		return r.output(s.Called, nil, s.Called.Outputs, ref, tokens)
	}
	names := named(ref, tokens)
	for o := range program.Each(list) {
		switch o.Name {
		case ref.Name:
			return r.value(&o.Value, w, s).below(tokens)
		case names[0]:
			return r.value(&o.Value, w, s).below(names[1:])
		}
	}
	return missing()
}

// value resolves a value of the document.
func (r *resolver) value(o *program.Operand, w *program.Workflow, s *program.Step) operand {
	if o == nil {
		return unknown
	}
	switch o.Kind {
	case program.Constant:
		return known(o.Constant)
	case program.Reference:
		return r.reference(&o.Ref, w, s)
	case program.Interpolation:
		if len(o.Template.Parsed.Parts) == 1 && len(o.Template.Refs) == 1 {
			return r.reference(&o.Template.Refs[0], w, s)
		}
	case program.Selection:
		tokens, ok := singular(o.Selector)
		if ok {
			return r.value(&o.Selector.Context, w, s).below(tokens)
		}
	}
	return unknown
}

// inside resolves a part of a value of the document.
func (r *resolver) inside(o *program.Operand, tokens []string, w *program.Workflow, s *program.Step) operand {
	for len(tokens) > 0 && (o.Kind == program.Array || o.Kind == program.Object) {
		found := false
		for name, part := range o.Parts() {
			if name == tokens[0] {
				o, tokens, found = part, tokens[1:], true
				break
			}
		}
		if !found {
			return missing()
		}
	}
	return r.value(o, w, s).below(tokens)
}

// singular returns the tokens that a selector leads along, if it selects one place.
func singular(s *program.Selector) ([]string, bool) {
	switch {
	case s.Query != nil && s.Query.Singular():
		path, ok := s.Query.Path()
		if !ok {
			return nil, false
		}
		tokens, _, ok := along(path)
		return tokens, ok
	case s.Query == nil && s.XPath == nil:
		return s.Pointer, true
	}
	return nil, false
}

// along returns the tokens of the beginning of a query that names one place each, and how
// many of its steps those are; ok says that they are all.
func along(path []jsonpath.Step) (tokens []string, n int, ok bool) {
	for i, step := range path {
		switch {
		case step.Kind == jsonpath.NameStep:
			tokens = append(tokens, step.Name)
		case step.Kind == jsonpath.IndexStep:
			tokens = append(tokens, index(step.Index))
		default:
			return tokens, i, false
		}
	}
	return tokens, len(path), true
}

// index returns the token of an item. Counted from the end, that of an array with a single
// item is meant, as samples have it.
func index(i int) string { return value.Text(int64(max(i, 0))) }

// typeAt returns the type of what is at a place of a value that a type describes.
func typeAt(t *schema.Type, tokens []string) schema.Found {
	found := t.Follow(tokens)
	if found.Type == nil {
		found.Type = schema.Any()
	}
	return found
}

// compare compares as a language does.
type compare func(operator string, a, b any) bool

// compareSimply compares as a simple condition does (C3 to C6): what is missing is null.
func compareSimply(operator string, a, b any) bool {
	if _, missing := a.(jsonpath.Nothing); missing {
		a = nil
	}
	if _, missing := b.(jsonpath.Nothing); missing {
		b = nil
	}
	return expr.Compare(operator, a, b)
}
