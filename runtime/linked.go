package runtime

import (
	"strings"

	"github.com/gobelin-dev/gobelin/arazzo"
	"github.com/gobelin-dev/gobelin/internal/linked"
)

// Package check sees a program as package linked has it; nobody else does.

func init() {
	linked.Of = func(program any) *linked.Program {
		return newMirror(program.(*Program).linked).out
	}
}

// mirror copies a program: first what others refer to, then what refers.
type mirror struct {
	program *linkedProgram
	out     *linked.Program
}

func newMirror(p *linkedProgram) *mirror {
	m := &mirror{p, &linked.Program{Strict: p.strict}}
	documents := map[*document]*linked.Document{}
	for _, d := range p.documents {
		documents[d] = &linked.Document{Decl: d.decl}
		m.out.Documents = append(m.out.Documents, documents[d])
	}
	for _, d := range p.documents {
		for _, decl := range d.decl.Sources {
			documents[d].Sources = append(documents[d].Sources, d.mirrorSource(decl, documents))
		}
	}
	for _, w := range p.workflows {
		m.out.Workflows = append(m.out.Workflows, m.declare(w, documents[w.document]))
	}
	for i, w := range p.workflows {
		m.workflow(w, m.out.Workflows[i])
	}
	return m
}

func (d *document) mirrorSource(decl *arazzo.SourceDescription, documents map[*document]*linked.Document) *linked.Source {
	for _, s := range d.sources {
		if s.name == decl.Name {
			return &linked.Source{Name: s.name, Location: s.location, Decl: decl, Description: s.description, Document: documents[s.document]}
		}
	}
	return &linked.Source{Name: decl.Name, Decl: decl}
}

// declare copies what other workflows refer to.
func (m *mirror) declare(w *workflow, d *linked.Document) *linked.Workflow {
	out := &linked.Workflow{Index: w.index, Decl: w.decl, Document: d}
	if s := w.schema; s != nil {
		out.Schema = s.node
		for _, name := range s.names {
			out.Inputs = append(out.Inputs, &linked.Input{Name: name, Required: s.requires(name), Schemas: s.applied(s.property(name)), Secret: w.isSecret(name)})
		}
	}
	for _, s := range w.steps {
		out.Steps = append(out.Steps, &linked.Step{Index: s.index, Decl: s.decl, Workflow: out, Label: s.label, Operation: s.operation,
			MissingParameters: s.missingParameters, MissingActions: s.missingActions})
	}
	return out
}

func (m *mirror) workflow(w *workflow, out *linked.Workflow) {
	for _, before := range w.dependsOn {
		out.DependsOn = append(out.DependsOn, m.out.Workflows[before.index])
	}
	for i, s := range w.steps {
		m.step(s, out.Steps[i])
	}
	out.Outputs = m.outputs(out, w.outputs)
}

func (m *mirror) step(s *step, out *linked.Step) {
	w := out.Workflow
	if s.source != nil {
		for _, candidate := range w.Document.Sources {
			if candidate.Name == s.source.name {
				out.Source = candidate
			}
		}
	}
	if s.called != nil {
		out.Called = m.out.Workflows[s.called.index]
	}
	for _, p := range s.after {
		out.After = append(out.After, m.out.Workflows[p.step.workflow.index].Steps[p.step.index])
	}
	out.Arguments = m.arguments(w, s.arguments)
	if b := s.body; b != nil {
		out.Body = &linked.Body{ContentType: b.contentType, Payload: m.value(w, &b.payload), Decl: s.decl.RequestBody, Place: b.place}
		for i := range b.replacements {
			r := &b.replacements[i]
			out.Body.Replacements = append(out.Body.Replacements, &linked.Replacement{Pointer: r.pointer, XPath: r.xpath.String(), Query: r.query, Value: m.value(w, &r.value), Place: r.place})
		}
	}
	out.Criteria = m.criteria(w, s.criteria)
	out.OnSuccess = m.actions(w, s.onSuccess)
	out.OnFailure = m.actions(w, s.onFailure)
	out.Outputs = m.outputs(w, s.outputs)
}

func (m *mirror) arguments(w *linked.Workflow, list []argument) (out []*linked.Argument) {
	for i := range list {
		a := &list[i]
		out = append(out, &linked.Argument{Name: a.name, In: a.in, Value: m.value(w, &a.value), Place: a.place, Decl: a.decl, Inherited: a.inherited, Secret: a.secret})
	}
	return out
}

func (m *mirror) outputs(w *linked.Workflow, list []output) (out []*linked.Output) {
	for i := range list {
		out = append(out, &linked.Output{Name: list[i].name, Value: m.value(w, &list[i].value), Place: list[i].place})
	}
	return out
}

func (m *mirror) actions(w *linked.Workflow, list []*action) (out []*linked.Action) {
	for _, a := range list {
		to := &linked.Action{Name: a.name, Kind: a.kind, Inputs: m.arguments(w, a.inputs), After: a.after, Limit: a.limit,
			Criteria: m.criteria(w, a.criteria), Place: a.place, Listed: a.listed, Decl: a.decl, Inherited: a.inherited}
		switch {
		case a.step != nil:
			to.Step = w.Steps[a.step.index]
		case a.workflow != nil:
			to.Workflow = m.out.Workflows[a.workflow.index]
		default:
			to.Dangling = a.target != "" || a.kind == "goto"
		}
		out = append(out, to)
	}
	return out
}

func (m *mirror) criteria(w *linked.Workflow, list []*criterion) (out []*linked.Criterion) {
	for _, c := range list {
		to := &linked.Criterion{Kind: criterionNames[c.kind], Text: c.text, Place: c.place, Decl: c.decl, Simple: c.simple, JSONPath: c.jsonpath, Refs: m.refs(w, c.refs)}
		if c.context != nil {
			to.Context = m.value(w, c.context)
		}
		if c.embedded != nil {
			to.Embedded = m.value(w, &operand{kind: templateOperand, template: c.embedded, place: c.place})
		}
		to.Parsed = c.simple != nil || c.jsonpath != nil || c.regex != nil || c.xpath != nil || c.embedded != nil
		out = append(out, to)
	}
	return out
}

// valueKinds are parallel to the kinds of operands.
var valueKinds = [...]linked.ValueKind{linked.Constant, linked.Reference, linked.Template, linked.Array, linked.Object, linked.Selection}

func (m *mirror) value(w *linked.Workflow, o *operand) *linked.Value {
	v := &linked.Value{Kind: valueKinds[o.kind], Constant: o.constant, Names: o.names, Place: o.place}
	switch o.kind {
	case refOperand:
		v.Ref = m.ref(w, &o.ref)
	case templateOperand:
		v.Template, v.Refs = o.template.parsed, m.refs(w, o.template.refs)
	case selectorOperand:
		s := o.selector
		v.Selector = &linked.Selector{Context: m.value(w, &s.context), Pointer: s.pointer, Query: s.query, XPath: s.xpath != nil, Text: s.text}
	}
	for i := range o.items {
		v.Items = append(v.Items, m.value(w, &o.items[i]))
	}
	return v
}

func (m *mirror) refs(w *linked.Workflow, list []ref) (out []*linked.Ref) {
	for i := range list {
		out = append(out, m.ref(w, &list[i]))
	}
	return out
}

// refKinds are parallel to the kinds of refs.
var refKinds = [...]linked.RefKind{
	linked.Known, linked.URL, linked.Method, linked.StatusCode,
	linked.RequestHeader, linked.RequestQuery, linked.RequestPath, linked.RequestBody, linked.ResponseHeader, linked.ResponseBody,
	linked.InputRef, linked.OutputRef, linked.StepOutput, linked.WorkflowInput, linked.WorkflowOutput, linked.Component, linked.Missing,
}

func (m *mirror) ref(w *linked.Workflow, r *ref) *linked.Ref {
	out := &linked.Ref{Kind: refKinds[r.kind], Name: r.name, Pointer: r.pointer, Access: r.access, Text: r.text, Place: r.within(w.Document.Decl), Value: r.value}
	switch r.kind {
	case inputRef:
		out.Declared = !r.dotted
	case stepOutputRef:
		out.Step, out.Declared = w.Steps[r.step.index], !r.dotted
	case workflowInputRef, workflowOutputRef:
		m.ofWorkflow(r, out)
	case componentRef:
		out.Component = m.value(w, r.operand)
	}
	return out
}

// within is the exact place of the expression.
func (r *ref) within(d *arazzo.Document) arazzo.Position {
	whole := d.Origin().At(r.place.Pointer).Str()
	if r.offset > len(whole) || !strings.HasPrefix(whole[r.offset:], r.text) {
		return r.place
	}
	return d.Within(r.place, r.offset, r.offset+len(r.text))
}

// ofWorkflow finds the declared input or output that a dotted name begins with.
func (m *mirror) ofWorkflow(r *ref, out *linked.Ref) {
	out.Workflow = m.out.Workflows[r.workflow.index]
	var declared []string
	if r.kind == workflowInputRef {
		for _, in := range out.Workflow.Inputs {
			declared = append(declared, in.Name)
		}
	} else {
		for _, e := range out.Workflow.Decl.Outputs {
			declared = append(declared, e.Name)
		}
	}
	name, rest := longest(r.name, declared)
	if name == "" {
		return
	}
	out.Name, out.Declared = name, true
	if rest != "" {
		out.Pointer = append(strings.Split(rest, "."), r.pointer...)
	}
}
