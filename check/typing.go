package check

import (
	"github.com/gobelin-dev/gobelin/internal/jsonpath"
	"github.com/gobelin-dev/gobelin/internal/openapi"
	"github.com/gobelin-dev/gobelin/internal/program"
	"github.com/gobelin-dev/gobelin/internal/schema"
	"github.com/gobelin-dev/gobelin/internal/tree"
)

// types checks values against the schemas of descriptions and of workflows'
// inputs.
func (c *checker) types() {
	t := &typing{checker: c, outputs: map[*program.Output]*schema.Type{}, schemas: map[*tree.Node]*schema.Type{},
		conditions: map[*program.Workflow]string{}}
	for _, w := range c.program.Workflows {
		for _, s := range w.Steps {
			t.step(s)
		}
		at := &scope{workflow: w}
		for o := range program.Each(w.Outputs) {
			t.lookups(at, &o.Value)
		}
	}
}

// typing propagates types from the schemas that declare them to where values are
// used.
type typing struct {
	*checker
	outputs    map[*program.Output]*schema.Type // nil while it is computed
	schemas    map[*tree.Node]*schema.Type
	conditions map[*program.Workflow]string // all of a workflow, once asked for
	depth      int                          // of outputs that are being computed
}

// maxOutputs is how deep outputs that depend on one another are followed.
const maxOutputs = 1000

// schema is the type that a schema of a description has; it is computed once.
func (t *typing) schema(n *tree.Node, home *openapi.Description) *schema.Type {
	if n == nil || home == nil {
		return schema.Any()
	}
	known := t.schemas[n]
	if known == nil {
		known = home.Type(n)
		t.schemas[n] = known
	}
	return known
}

// inputs is the type of a workflow's inputs.
func (t *typing) inputs(w *program.Workflow) *schema.Type {
	if w.Schema == nil {
		return schema.Any()
	}
	n := tree.Of(w.Decl.Inputs)
	known := t.schemas[n]
	if known == nil {
		known = w.Schema.Type(w.Document.Decl.Location)
		t.schemas[n] = known
	}
	return known
}

// value is the type of a value of the document.
func (t *typing) value(at *scope, v *program.Operand) *schema.Type {
	if v == nil {
		return schema.Any()
	}
	switch v.Kind {
	case program.Constant:
		return schema.Constant(v.Constant)
	case program.Reference:
		return t.reference(at, &v.Ref).Type
	case program.Interpolation:
		return schema.Kind(schema.String)
	case program.Array, program.Object:
		types := make([]*schema.Type, len(v.Items))
		for i := range v.Items {
			types[i] = t.value(at, &v.Items[i])
		}
		if v.Kind == program.Array {
			return schema.ArrayOf(types)
		}
		return schema.ObjectOf(v.Names, types)
	case program.Selection:
		return t.selection(at, v.Selector)
	}
	return schema.Any()
}

func (t *typing) selection(at *scope, s *program.Selector) *schema.Type {
	context := t.value(at, &s.Context)
	switch {
	case s.XPath != nil || s.Query == nil && s.Pointer == nil:
		return schema.Any()
	case s.Query != nil:
		path, ok := s.Query.Path()
		if !ok {
			return schema.Any()
		}
		if !s.Query.Singular() {
			return schema.Kind(schema.Array)
		}
		if found := along(context, path); found.Type != nil {
			return found.Type
		}
		return schema.Any()
	}
	if found := context.Follow(s.Pointer); found.Type != nil {
		return found.Type
	}
	return schema.Any()
}

// reference returns what is known about the value of an expression. If a schema
// does not have it, nothing is known: lookup reports that.
func (t *typing) reference(at *scope, r *program.Ref) schema.Found {
	base, certain := t.base(at, r)
	found := base.Follow(tokens(r))
	if found.Type == nil {
		return schema.Found{Presence: schema.Unknown, Type: schema.Any()}
	}
	if !certain && found.Presence == schema.Always {
		found.Presence = schema.Sometimes
	}
	return found
}

// tokens are the pointer and the accessors after an expression.
func tokens(r *program.Ref) []string {
	list, _ := r.Segments()
	return list
}

// base returns the type of what an expression names, before its pointer; certain
// reports that it is never missing.
func (t *typing) base(at *scope, r *program.Ref) (known *schema.Type, certain bool) {
	switch r.Kind {
	case program.Known:
		return schema.Constant(r.Value), true
	case program.URL:
		return schema.Kind(schema.String), true
	case program.Method:
		if at.step != nil && at.step.Operation != nil {
			return schema.Constant(at.step.Operation.Method), true
		}
		return schema.Kind(schema.String), true
	case program.StatusCode:
		return schema.Kind(schema.Integer), true
	case program.RequestHeader, program.RequestQuery, program.RequestPath:
		return t.sent(at, r), false
	case program.RequestBody:
		if at.step != nil && at.step.Body != nil && len(at.step.Body.Replacements) == 0 && openapi.IsJSON(at.step.Body.ContentType) {
			if v := &at.step.Body.Payload; v.Kind == program.Array || v.Kind == program.Object {
				return t.value(at, v), true
			}
		}
		return schema.Any(), false
	case program.ResponseHeader:
		return schema.Kind(schema.String), false
	case program.ResponseBody:
		return t.responseBody(at), len(tokens(r)) > 0 // an empty body is null (E9)
	case program.InputRef:
		return t.input(at.workflow, r.Name)
	case program.WorkflowInput:
		if r.Workflow != nil {
			return t.input(r.Workflow, r.Name)
		}
	case program.StepOutput:
		if r.Step != nil {
			return t.stepOutput(r.Step, r.Name), false
		}
	case program.WorkflowOutput:
		if r.Workflow != nil {
			return t.output(&scope{workflow: r.Workflow}, r.Workflow.Outputs, r.Name), false
		}
	case program.OutputRef:
		return t.ownOutput(at, r.Name), false
	case program.ComponentParameter:
		return t.value(at, r.Operand), false
	}
	return schema.Any(), false
}

var places = map[program.RefKind]string{program.RequestHeader: "header", program.RequestQuery: "query", program.RequestPath: "path"}

// sent is the type of a parameter of the step's own request.
func (t *typing) sent(at *scope, r *program.Ref) *schema.Type {
	if at.step == nil {
		return schema.Any()
	}
	names := func(in, name string) bool { return openapi.SameParameter(in, name, places[r.Kind], r.Name) }
	written := 0
	for _, p := range at.step.Decl.Parameters {
		if names(p.In, p.Name) {
			written++
		}
	}
	for a := range program.Each(at.step.Arguments) {
		if names(a.In, a.Name) && written < 2 {
			return t.value(at, &a.Value)
		}
	}
	return schema.Any()
}

func (t *typing) input(w *program.Workflow, name string) (*schema.Type, bool) {
	found := t.inputs(w).Member(name)
	if found.Type == nil {
		return schema.Any(), false
	}
	return found.Type, found.Presence == schema.Always || found.Type.HasDefault()
}

// stepOutput is the type of an output of a step; of one that calls a workflow
// and declares none, of the workflow's (F17).
func (t *typing) stepOutput(s *program.Step, name string) *schema.Type {
	if len(s.Outputs) == 0 && s.Called != nil {
		return t.output(&scope{workflow: s.Called}, s.Called.Outputs, name)
	}
	succeeded, _ := t.outcomes(s)
	return t.output(&scope{workflow: s.Workflow, step: s, statuses: meant(s, succeeded)}, s.Outputs, name)
}

func (t *typing) ownOutput(at *scope, name string) *schema.Type {
	if at.step == nil {
		return t.output(at, at.workflow.Outputs, name)
	}
	if called := at.step.Called; called != nil {
		return t.output(&scope{workflow: called}, called.Outputs, name)
	}
	return schema.Any()
}

func (t *typing) output(at *scope, list []program.Output, name string) *schema.Type {
	for o := range program.Each(list) {
		if o.Name != name {
			continue
		}
		known, begun := t.outputs[o]
		switch {
		case known != nil:
			return known
		case begun:
			return schema.Any() // of itself
		case o.Value.Kind == program.Constant && o.Value.Constant == nil:
			return schema.Any() // it could not be read
		}
		if t.depth == maxOutputs {
			return schema.Any()
		}
		t.depth++
		t.outputs[o] = nil
		known = t.value(at, &o.Value)
		t.outputs[o] = known
		t.depth--
		return known
	}
	return schema.Any()
}

// along goes the singular part of a JSONPath into a type.
func along(context *schema.Type, path []jsonpath.Step) schema.Found {
	found := schema.Found{Presence: schema.Always, Type: context}
	for i, step := range path {
		var next schema.Found
		switch {
		case step.Kind == jsonpath.NameStep:
			next = found.Type.Member(step.Name)
		case step.Kind == jsonpath.IndexStep && step.Index >= 0:
			next = found.Type.Item(step.Index)
		case step.Kind == jsonpath.IndexStep:
			next = found.Type.Item(0)
			next.Presence = min(next.Presence, schema.Sometimes)
		case step.Kind == jsonpath.EachStep || step.Kind == jsonpath.FilterStep:
			next = schema.Found{Presence: schema.Unknown, Type: children(found.Type)}
		default:
			return schema.Found{Presence: schema.Unknown, Type: schema.Any()}
		}
		next.At = i
		switch {
		case next.Presence == schema.Never || next.Presence == schema.Undeclared:
			return next
		case found.Presence < schema.Always:
			next.Presence = found.Presence
		}
		found = next
	}
	return found
}

// children is the type of the elements of an array; of the members of an
// object nothing is known.
func children(t *schema.Type) *schema.Type {
	if t.Kinds()&schema.Object != 0 {
		return schema.Any()
	}
	if items := t.Items(); items != nil {
		return items
	}
	return schema.Any()
}
