package link

import (
	"iter"
	"slices"
	"strconv"
	"strings"

	"github.com/gobelin-dev/gobelin/internal/program"
)

// What flows into a credential is a secret on all of its way: the analysis here
// goes backward from the arguments that carry credentials, and from the inputs
// that are passwords, to the inputs, outputs, arguments and parts of responses
// that they are made of. Each of them has the routes to the secrets in its
// value; a run finds them there before it tells of the value.

// secretFlow is the analysis of a program. What is to do is in a list, so that
// the depth of a document is not that of the stack.
type secretFlow struct {
	program   *program.Program
	suppliers [][]supplier // by workflow: where its inputs come from
	ends      [][]*program.Workflow
	todo      []secretOperand
}

// secretOperand is an operand with a secret in its value.
type secretOperand struct {
	site
	operand *program.Operand
	route   program.Route
}

// site is where an operand is evaluated; step is nil outside of steps.
type site struct {
	workflow *program.Workflow
	step     *program.Step
}

// supplier is where a workflow gets inputs from: the arguments of a step that
// calls it or an action that leads to it, or the inputs of another workflow that
// have the same names (F10, F16).
type supplier struct {
	site
	arguments []program.Argument
	sameNames bool
}

// markSecrets finds where the secrets of a program are.
func (l *linker) markSecrets() {
	p := l.program
	f := &secretFlow{program: p, suppliers: make([][]supplier, len(p.Workflows)), ends: make([][]*program.Workflow, len(p.Workflows))}
	for _, w := range p.Workflows {
		f.connect(w)
	}
	for _, w := range p.Workflows {
		f.seed(w)
	}
	for len(f.todo) > 0 {
		next := f.todo[len(f.todo)-1]
		f.todo = f.todo[:len(f.todo)-1]
		f.trace(next)
	}
	f.spread()
	for _, w := range p.Workflows {
		for i := range w.Inputs {
			w.Inputs[i].Secret = w.IsSecret(w.Inputs[i].Name)
		}
	}
}

// connect notes what a workflow supplies to others.
func (f *secretFlow) connect(w *program.Workflow) {
	supply := func(to *program.Workflow, from supplier) { f.suppliers[to.Index] = append(f.suppliers[to.Index], from) }
	for _, before := range w.DependsOn {
		supply(before, supplier{site: site{w, nil}, sameNames: true})
	}
	for _, s := range w.Steps {
		if s.Called != nil {
			supply(s.Called, supplier{site: site{w, s}, arguments: s.Arguments})
		}
		for _, a := range slices.Concat(s.OnSuccess, s.OnFailure) {
			if a.Workflow != nil {
				supply(a.Workflow, supplier{site: site{w, s}, arguments: a.Inputs, sameNames: len(a.Inputs) == 0})
			}
		}
	}
}

// seed begins with the credentials and the passwords of a workflow.
func (f *secretFlow) seed(w *program.Workflow) {
	for _, s := range w.Steps {
		for i := range s.Arguments {
			if s.Arguments[i].Secret {
				f.argument(site{w, s}, &s.Arguments[i], credentialRoute(s, &s.Arguments[i]))
			}
		}
	}
	if w.Schema == nil {
		return
	}
	w.Passwords = program.PasswordsOf(w.Schema, w.Schema.Node)
	if w.Passwords == nil {
		return
	}
	for _, from := range f.suppliers[w.Index] {
		for i := range from.arguments {
			a := &from.arguments[i]
			if p := w.Passwords.Member(a.Name); p != nil {
				f.add(from.site, &a.Value, p.Route())
			}
		}
		for _, name := range w.Schema.Names {
			if p := w.Passwords.Member(name); p != nil && from.sameNames {
				f.input(from.workflow, &program.Ref{Name: name}, p.Route())
			}
		}
	}
}

// credentialRoute is the route to the secret in an argument that carries one. A
// cookie that no security scheme asks for may as well hold a language.
func credentialRoute(s *program.Step, a *program.Argument) program.Route {
	cookie := a.In == "cookie" || a.In == "header" && strings.EqualFold(a.Name, "Cookie")
	if cookie && !isScheme(s.Operation, *a) {
		return program.Route{{Likely: true}}
	}
	return nil
}

func (f *secretFlow) add(at site, o *program.Operand, r program.Route) {
	f.todo = append(f.todo, secretOperand{at, o, r})
}

// trace goes from an operand to what it is made of.
func (f *secretFlow) trace(next secretOperand) {
	o, r := next.operand, next.route
	switch o.Kind {
	case program.Reference:
		f.ref(next.site, &o.Ref, r)
	case program.Interpolation:
		rest, ok := r.Text()
		for i := range o.Template.Refs {
			if ok {
				f.ref(next.site, &o.Template.Refs[i], rest)
			}
		}
	case program.Selection:
		rest := append(program.Route{{Selector: o.Selector}}, r...)
		if names, ok := o.Selector.Names(); ok {
			rest = r.Named(names)
		}
		f.add(next.site, &o.Selector.Context, rest)
	case program.Array, program.Object:
		for i := range o.Items {
			if rest, ok := r.Within([]string{itemName(o, i)}); ok {
				f.add(next.site, &o.Items[i], rest)
			}
		}
	}
}

// itemName is the name of an item of an array or object.
func itemName(o *program.Operand, i int) string {
	if o.Kind == program.Object {
		return o.Names[i]
	}
	return strconv.Itoa(i)
}

// ref goes from an expression to what it names.
func (f *secretFlow) ref(at site, r *program.Ref, rest program.Route) {
	if s := at.step; s != nil && (r.Kind == program.ResponseHeader || r.Kind == program.ResponseBody) {
		if !slices.ContainsFunc(s.Answers, func(a program.Answer) bool { return a.Ref == r && slices.EqualFunc(a.Route, rest, program.Leg.Is) }) {
			s.Answers = append(s.Answers, program.Answer{Ref: r, Route: rest})
		}
		return
	}
	tokens, whole := r.Segments()
	f.names(at, r, rest.Named(tokens))
	if whole != nil {
		f.names(at, r, rest.Named(whole))
	}
}

// names marks what an expression names; the route is from there.
func (f *secretFlow) names(at site, r *program.Ref, to program.Route) {
	s := at.step
	switch r.Kind {
	case program.ComponentParameter:
		f.add(at, r.Operand, to)
	case program.InputRef:
		f.input(at.workflow, r, to)
	case program.WorkflowInput:
		for _, w := range f.endsOf(r.Workflow) {
			f.input(w, r, to)
		}
	case program.WorkflowOutput:
		f.results(r.Workflow, r, to)
	case program.StepOutput:
		f.stepOutput(site{at.workflow, r.Step}, r, to)
	case program.OutputRef:
		if s == nil {
			f.outputs(at, at.workflow.Outputs, r, to)
		} else if s.Called != nil {
			f.results(s.Called, r, to)
		}
	}
	if s != nil {
		f.request(at, r, to)
	}
}

var argumentPlaces = map[program.RefKind]string{program.RequestHeader: "header", program.RequestQuery: "query", program.RequestPath: "path"}

// request marks what an expression names in the request of a step.
func (f *secretFlow) request(at site, r *program.Ref, to program.Route) {
	s := at.step
	switch r.Kind {
	case program.RequestHeader, program.RequestQuery, program.RequestPath:
		for _, a := range namedArguments(s, r) {
			f.argument(at, a, to)
		}
	case program.RequestBody:
		f.body(at, to)
	}
}

// namedArguments returns the arguments of a step that an expression names.
func namedArguments(s *program.Step, r *program.Ref) (list []*program.Argument) {
	for i := range s.Arguments {
		a := &s.Arguments[i]
		if a.In == argumentPlaces[r.Kind] && (a.Name == r.Name || a.In == "header" && strings.EqualFold(a.Name, r.Name)) {
			list = append(list, a)
		}
	}
	return list
}

func (f *secretFlow) argument(at site, a *program.Argument, to program.Route) {
	if r, isNew := a.Secrets.Add(to); isNew {
		f.add(at, &a.Value, r)
	}
}

// body marks the payload of a step, and what replaces a part of it where the
// secret is.
func (f *secretFlow) body(at site, to program.Route) {
	b := at.step.Body
	if b == nil {
		return
	}
	r, isNew := b.Secrets.Add(to)
	if !isNew {
		return
	}
	f.add(at, &b.Payload, r)
	for i := range b.Replacements {
		if rest, ok := r.Within(b.Replacements[i].Pointer); ok {
			f.add(at, &b.Replacements[i].Value, rest)
		}
	}
}

// input marks an input of a workflow, and what supplies it.
func (f *secretFlow) input(w *program.Workflow, named *program.Ref, to program.Route) {
	for name, rest := range readings(named) {
		secrets := w.Secrets[name]
		r, isNew := secrets.Add(to.Named(rest))
		if !isNew {
			continue
		}
		if w.Secrets == nil {
			w.Secrets = map[string]program.Routes{}
		}
		w.Secrets[name] = secrets
		for _, from := range f.suppliers[w.Index] {
			for i := range from.arguments {
				if from.arguments[i].Name == name {
					f.add(from.site, &from.arguments[i].Value, r)
				}
			}
			if from.sameNames {
				f.add(site{from.workflow, nil}, &program.Operand{Kind: program.Reference, Ref: program.Ref{Kind: program.InputRef, Name: name}}, r)
			}
		}
	}
}

// stepOutput marks an output of a step: its own, or one of the workflow that it
// calls (F17).
func (f *secretFlow) stepOutput(at site, r *program.Ref, to program.Route) {
	if s := at.step; len(s.Outputs) == 0 && s.Called != nil {
		f.results(s.Called, r, to)
	}
	f.outputs(at, at.step.Outputs, r, to)
}

// results marks an output of a workflow, and of those that it hands over to:
// theirs are taken for its own (F9).
func (f *secretFlow) results(w *program.Workflow, r *program.Ref, to program.Route) {
	for _, end := range f.endsOf(w) {
		f.outputs(site{end, nil}, end.Outputs, r, to)
	}
}

func (f *secretFlow) outputs(at site, list []program.Output, named *program.Ref, to program.Route) {
	for name, rest := range readings(named) {
		for i := range list {
			if list[i].Name != name {
				continue
			}
			if r, isNew := list[i].Secrets.Add(to.Named(rest)); isNew {
				f.add(at, &list[i].Value, r)
			}
		}
	}
}

// readings yields the names that an expression may mean, each with the path that
// is then left (E5).
func readings(r *program.Ref) iter.Seq2[string, []string] {
	return func(yield func(string, []string) bool) {
		if !yield(r.Name, nil) || !r.Dotted {
			return
		}
		for i := range r.Name {
			if r.Name[i] == '.' && !yield(r.Name[:i], strings.Split(r.Name[i+1:], ".")) {
				return
			}
		}
	}
}

// endsOf returns the workflows that a workflow may end as: itself, and those
// that it hands over to.
func (f *secretFlow) endsOf(w *program.Workflow) []*program.Workflow {
	if f.ends[w.Index] != nil {
		return f.ends[w.Index]
	}
	ends := []*program.Workflow{w}
	for i := 0; i < len(ends); i++ {
		for _, s := range ends[i].Steps {
			for _, a := range slices.Concat(s.OnSuccess, s.OnFailure) {
				if next := a.Workflow; a.Kind == "goto" && next != nil && !slices.Contains(ends, next) {
					ends = append(ends, next)
				}
			}
		}
	}
	f.ends[w.Index] = ends
	return ends
}
