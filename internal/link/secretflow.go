package link

import (
	"iter"
	"slices"
	"strconv"
	"strings"

	"github.com/gobelin-dev/gobelin/internal/openapi"
	"github.com/gobelin-dev/gobelin/internal/program"
)

// Whatever flows into a credential is a secret all along its way. The analysis here
// goes backward from the arguments that carry credentials, and from the inputs
// that are passwords, to the inputs, outputs, arguments and parts of responses
// that they are made from. Each of those gets the routes to the secrets in its
// value, so that a run can find them before it reports the value.

// secretFlow is the analysis of a program. It keeps its work in lists, so that a
// deep document does not need a deep stack.
type secretFlow struct {
	*linker
	supplied map[*program.Workflow]*suppliedInputs     // arguments that inputs get their values from
	sameAs   map[*program.Workflow][]*program.Workflow // whose inputs of the same names a workflow gets
	next     map[*program.Workflow][]*program.Workflow // that a workflow hands over to
	before   map[*program.Workflow][]*program.Workflow // the other way

	todo     []secretTask
	traced   map[holder]program.Routes        // of what workflows end as
	answered map[*program.Ref][]program.Route // what is in the answers of steps

	spreading
}

// holder identifies something that can have secrets.
type holder struct {
	kind     holderKind
	workflow *program.Workflow
	step     *program.Step // of an output: nil for one of the workflow
	name     string
}

// A holderKind says what a holder is.
type holderKind uint8

const (
	anInput  holderKind = iota // of a workflow
	anOutput                   // of a step or a workflow
	aRequest                   // of a step: its arguments and its body
	// A workflow may end as another one that it hands over to (F9). These are an
	// input and an output of whatever it ends as.
	endInput
	endOutput
)

// secretTask is an operand with a secret in its value, or a holder with one.
type secretTask struct {
	site
	operand *program.Operand
	holder  holder // where operand is nil
	route   program.Route
}

// site is where an operand is evaluated; step is nil outside of steps.
type site struct {
	workflow *program.Workflow
	step     *program.Step
}

// suppliedInput is an argument of a step that calls a workflow, or of an action
// that leads to it.
type suppliedInput struct {
	site
	argument *program.Argument
}

// suppliedInputs are all the arguments that a workflow gets.
type suppliedInputs struct {
	list   []suppliedInput
	byName map[string][]int
}

// markSecrets finds where the secrets of a program are.
func (l *linker) markSecrets() {
	f := &secretFlow{
		linker: l, supplied: map[*program.Workflow]*suppliedInputs{},
		traced: map[holder]program.Routes{}, answered: map[*program.Ref][]program.Route{},
		sameAs: map[*program.Workflow][]*program.Workflow{}, next: map[*program.Workflow][]*program.Workflow{},
		before: map[*program.Workflow][]*program.Workflow{},
	}
	workflows := l.program.Workflows
	for _, w := range workflows {
		f.connect(w)
	}
	f.markReceived()
	for _, w := range workflows {
		f.seed(w)
	}
	for len(f.todo) > 0 {
		next := f.todo[len(f.todo)-1]
		f.todo = f.todo[:len(f.todo)-1]
		if next.operand != nil {
			f.trace(next)
		} else {
			f.end(next.holder, next.route)
		}
	}
	f.spread()
	for _, w := range workflows {
		for i := range w.Inputs {
			w.Inputs[i].Secret = w.IsSecret(w.Inputs[i].Name)
		}
	}
}

// connect records what a workflow supplies to others: the arguments of a step that
// calls one or of an action that leads to one, or its inputs by name (F10, F16).
func (f *secretFlow) connect(w *program.Workflow) {
	supply := func(to *program.Workflow, at site, arguments []program.Argument) {
		known := f.supplied[to]
		if known == nil {
			known = &suppliedInputs{byName: map[string][]int{}}
			f.supplied[to] = known
		}
		for i := range arguments {
			name := arguments[i].Name
			known.byName[name] = append(known.byName[name], len(known.list))
			known.list = append(known.list, suppliedInput{at, &arguments[i]})
		}
	}
	for _, before := range w.DependsOn {
		f.sameAs[before] = append(f.sameAs[before], w)
	}
	for _, s := range w.Steps {
		if s.Called != nil {
			supply(s.Called, site{w, s}, s.Arguments)
		}
		for _, list := range [][]*program.Action{s.OnSuccess, s.OnFailure} {
			for _, a := range list {
				if a.Workflow == nil {
					continue
				}
				supply(a.Workflow, site{w, s}, a.Inputs)
				if len(a.Inputs) == 0 {
					f.sameAs[a.Workflow] = append(f.sameAs[a.Workflow], w)
				}
				if a.Kind == "goto" {
					f.next[w] = append(f.next[w], a.Workflow)
					f.before[a.Workflow] = append(f.before[a.Workflow], w)
				}
			}
		}
	}
}

// seed starts with the credentials and the passwords of a workflow.
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
	if from := f.supplied[w]; from != nil {
		for _, s := range from.list {
			if p := w.Passwords.Member(s.argument.Name); p != nil {
				f.add(s.site, &s.argument.Value, p.Route())
			}
		}
	}
	for _, name := range w.Schema.Names {
		if p := w.Passwords.Member(name); p != nil {
			f.supplySame(w, name, p.Route())
		}
	}
}

// credentialRoute returns the route to the secret in an argument that carries one.
// A cookie that no security scheme asks for might just hold a language.
func credentialRoute(s *program.Step, a *program.Argument) program.Route {
	cookie := a.In == "cookie" || a.In == "header" && strings.EqualFold(a.Name, "Cookie")
	if cookie && a.Scheme == nil && !isScheme(s.Operation, *a) {
		return program.Route{{Likely: true}}
	}
	return nil
}

func (f *secretFlow) add(at site, o *program.Operand, r program.Route) {
	f.todo = append(f.todo, secretTask{site: at, operand: o, route: r})
}

// trace goes from an operand to what it is made from.
func (f *secretFlow) trace(next secretTask) {
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

// itemName returns the name of an item of an array or object.
func itemName(o *program.Operand, i int) string {
	if o.Kind == program.Object {
		return o.Names[i]
	}
	return strconv.Itoa(i)
}

// ref goes from an expression to what it names.
func (f *secretFlow) ref(at site, r *program.Ref, rest program.Route) {
	if s := at.step; s != nil && (r.Kind == program.ResponseHeader || r.Kind == program.ResponseBody) {
		if !slices.ContainsFunc(f.answered[r], func(known program.Route) bool { return slices.EqualFunc(known, rest, program.Leg.Is) }) {
			f.answered[r] = append(f.answered[r], rest)
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
		for name, rest := range readings(r) {
			f.input(at.workflow, name, to.Named(rest))
		}
	case program.WorkflowInput:
		f.ends(endInput, r.Workflow, r, to)
	case program.WorkflowOutput:
		f.ends(endOutput, r.Workflow, r, to)
	case program.StepOutput:
		f.stepOutput(site{at.workflow, r.Step}, r, to)
	case program.OutputRef:
		if s == nil {
			f.outputs(at, r, to)
		} else if s.Called != nil {
			f.ends(endOutput, s.Called, r, to)
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
		if openapi.SameParameter(a.In, a.Name, argumentPlaces[r.Kind], r.Name) {
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

// body marks the payload of a step, and whatever replaces the part of it that
// holds the secret.
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
func (f *secretFlow) input(w *program.Workflow, name string, to program.Route) {
	secrets := w.Secrets[name]
	r, isNew := secrets.Add(to)
	if !isNew {
		return
	}
	if w.Secrets == nil {
		w.Secrets = map[string]program.Routes{}
	}
	w.Secrets[name] = secrets
	f.supply(w, name, r)
}

// supply marks what supplies an input of a workflow.
func (f *secretFlow) supply(w *program.Workflow, name string, to program.Route) {
	if from := f.supplied[w]; from != nil {
		for _, i := range from.byName[name] {
			f.add(from.list[i].site, &from.list[i].argument.Value, to)
		}
	}
	f.supplySame(w, name, to)
}

// supplySame marks the inputs of the same name that supply an input.
func (f *secretFlow) supplySame(w *program.Workflow, name string, to program.Route) {
	for _, from := range f.sameAs[w] {
		f.todo = append(f.todo, secretTask{holder: holder{kind: anInput, workflow: from, name: name}, route: to})
	}
}

// stepOutput marks an output of a step: its own, or one of the workflow that it
// calls (F17).
func (f *secretFlow) stepOutput(at site, r *program.Ref, to program.Route) {
	if s := at.step; len(s.Outputs) == 0 && s.Called != nil {
		f.ends(endOutput, s.Called, r, to)
	}
	f.outputs(at, r, to)
}

// ends marks an input or output of whatever a workflow ends as.
func (f *secretFlow) ends(kind holderKind, w *program.Workflow, named *program.Ref, to program.Route) {
	for name, rest := range readings(named) {
		f.todo = append(f.todo, secretTask{holder: holder{kind: kind, workflow: w, name: name}, route: to.Named(rest)})
	}
}

// end marks an input, or an input or output of what a workflow ends as: its own
// and those of the workflows that it hands over to (F9).
func (f *secretFlow) end(h holder, to program.Route) {
	if h.kind == anInput {
		f.input(h.workflow, h.name, to)
		return
	}
	known := f.traced[h]
	r, isNew := known.Add(to)
	if !isNew {
		return
	}
	f.traced[h] = known
	if h.kind == endInput {
		f.input(h.workflow, h.name, r)
	} else {
		f.output(site{h.workflow, nil}, h.name, r)
	}
	for _, next := range f.next[h.workflow] {
		f.todo = append(f.todo, secretTask{holder: holder{kind: h.kind, workflow: next, name: h.name}, route: r})
	}
}

func (f *secretFlow) outputs(at site, named *program.Ref, to program.Route) {
	for name, rest := range readings(named) {
		f.output(at, name, to.Named(rest))
	}
}

// output marks an output of a step or, where there is no step, of a workflow.
func (f *secretFlow) output(at site, name string, to program.Route) {
	if o := f.outputAt(at, name); o != nil {
		if r, isNew := o.Secrets.Add(to); isNew {
			f.add(at, &o.Value, r)
		}
	}
}

// outputAt returns the declared output of that name, or nil.
func (f *secretFlow) outputAt(at site, name string) *program.Output {
	declared, list := (*names)(nil), at.workflow.Outputs
	if at.step != nil {
		declared, list = f.declaredOutputs(at.step), at.step.Outputs
	} else {
		declared = f.workflowOutputs(at.workflow)
	}
	if i, ok := declared.index[name]; ok {
		return &list[i]
	}
	return nil
}

// readings yields the names that an expression may mean, each with the path that
// remains (E5).
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
