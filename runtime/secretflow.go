package runtime

import (
	"iter"
	"slices"
	"strconv"
	"strings"
)

// What flows into a credential is a secret on all of its way: the analysis here
// goes backward from the arguments that carry credentials, and from the inputs
// that are passwords, to the inputs, outputs, arguments and parts of responses
// that they are made of. Each of them has the routes to the secrets in its
// value; a run finds them there before it tells of the value.

// secretFlow is the analysis of a program. What is to do is in a list, so that
// the depth of a document is not that of the stack.
type secretFlow struct {
	program   *linkedProgram
	suppliers [][]supplier // by workflow: where its inputs come from
	ends      [][]*workflow
	todo      []secretOperand
}

// secretOperand is an operand with a secret in its value.
type secretOperand struct {
	site
	operand *operand
	route   route
}

// site is where an operand is evaluated; step is nil outside of steps.
type site struct {
	workflow *workflow
	step     *step
}

// supplier is where a workflow gets inputs from: the arguments of a step that
// calls it or an action that leads to it, or the inputs of another workflow that
// have the same names (F10, F16).
type supplier struct {
	site
	arguments []argument
	sameNames bool
}

// An answer is a part of a response that has a secret in it.
type answer struct {
	ref   *ref
	route route
}

// markSecrets finds where the secrets of a program are.
func (l *linker) markSecrets() {
	p := l.program
	f := &secretFlow{program: p, suppliers: make([][]supplier, len(p.workflows)), ends: make([][]*workflow, len(p.workflows))}
	for _, w := range p.workflows {
		f.connect(w)
	}
	for _, w := range p.workflows {
		f.seed(w)
	}
	for len(f.todo) > 0 {
		next := f.todo[len(f.todo)-1]
		f.todo = f.todo[:len(f.todo)-1]
		f.trace(next)
	}
	f.spread()
}

// connect notes what a workflow supplies to others.
func (f *secretFlow) connect(w *workflow) {
	supply := func(to *workflow, from supplier) { f.suppliers[to.index] = append(f.suppliers[to.index], from) }
	for _, before := range w.dependsOn {
		supply(before, supplier{site: site{w, nil}, sameNames: true})
	}
	for _, s := range w.steps {
		if s.called != nil {
			supply(s.called, supplier{site: site{w, s}, arguments: s.arguments})
		}
		for _, a := range slices.Concat(s.onSuccess, s.onFailure) {
			if a.workflow != nil {
				supply(a.workflow, supplier{site: site{w, s}, arguments: a.inputs, sameNames: len(a.inputs) == 0})
			}
		}
	}
}

// seed begins with the credentials and the passwords of a workflow.
func (f *secretFlow) seed(w *workflow) {
	for _, s := range w.steps {
		for i := range s.arguments {
			if s.arguments[i].secret {
				f.argument(site{w, s}, &s.arguments[i], s.arguments[i].credential(s))
			}
		}
	}
	if w.schema == nil {
		return
	}
	w.passwords = passwordsOf(w.schema, w.schema.node)
	if w.passwords == nil {
		return
	}
	for _, from := range f.suppliers[w.index] {
		for i := range from.arguments {
			a := &from.arguments[i]
			if p := w.passwords.member(a.name); p != nil {
				f.add(from.site, &a.value, p.route())
			}
		}
		for _, name := range w.schema.names {
			if p := w.passwords.member(name); p != nil && from.sameNames {
				f.input(from.workflow, &ref{name: name}, p.route())
			}
		}
	}
}

// credential is the route to the secret in an argument that carries one. A
// cookie that no security scheme asks for may as well hold a language.
func (a *argument) credential(s *step) route {
	cookie := a.in == "cookie" || a.in == "header" && strings.EqualFold(a.name, "Cookie")
	if cookie && !isScheme(s.operation, *a) {
		return route{{likely: true}}
	}
	return nil
}

func (f *secretFlow) add(at site, o *operand, r route) {
	f.todo = append(f.todo, secretOperand{at, o, r})
}

// trace goes from an operand to what it is made of.
func (f *secretFlow) trace(next secretOperand) {
	o, r := next.operand, next.route
	switch o.kind {
	case refOperand:
		f.ref(next.site, &o.ref, r)
	case templateOperand:
		rest, ok := r.text()
		for i := range o.template.refs {
			if ok {
				f.ref(next.site, &o.template.refs[i], rest)
			}
		}
	case selectorOperand:
		rest := append(route{{selector: o.selector}}, r...)
		if names, ok := o.selector.names(); ok {
			rest = r.named(names)
		}
		f.add(next.site, &o.selector.context, rest)
	case arrayOperand, objectOperand:
		for i := range o.items {
			if rest, ok := r.within([]string{o.itemName(i)}); ok {
				f.add(next.site, &o.items[i], rest)
			}
		}
	}
}

// itemName is the name of an item of an array or object.
func (o *operand) itemName(i int) string {
	if o.kind == objectOperand {
		return o.names[i]
	}
	return strconv.Itoa(i)
}

// ref goes from an expression to what it names.
func (f *secretFlow) ref(at site, r *ref, rest route) {
	if s := at.step; s != nil && (r.kind == responseHeaderRef || r.kind == responseBodyRef) {
		if !slices.ContainsFunc(s.answers, func(a answer) bool { return a.ref == r && slices.EqualFunc(a.route, rest, leg.is) }) {
			s.answers = append(s.answers, answer{r, rest})
		}
		return
	}
	tokens, whole := r.segments()
	f.names(at, r, rest.named(tokens))
	if whole != nil {
		f.names(at, r, rest.named(whole))
	}
}

// names marks what an expression names; the route is from there.
func (f *secretFlow) names(at site, r *ref, to route) {
	s := at.step
	switch r.kind {
	case componentRef:
		f.add(at, r.operand, to)
	case inputRef:
		f.input(at.workflow, r, to)
	case workflowInputRef:
		for _, w := range f.endsOf(r.workflow) {
			f.input(w, r, to)
		}
	case workflowOutputRef:
		f.results(r.workflow, r, to)
	case stepOutputRef:
		f.stepOutput(site{at.workflow, r.step}, r, to)
	case outputRef:
		if s == nil {
			f.outputs(at, at.workflow.outputs, r, to)
		} else if s.called != nil {
			f.results(s.called, r, to)
		}
	}
	if s != nil {
		f.request(at, r, to)
	}
}

var argumentPlaces = map[refKind]string{requestHeaderRef: "header", requestQueryRef: "query", requestPathRef: "path"}

// request marks what an expression names in the request of a step.
func (f *secretFlow) request(at site, r *ref, to route) {
	s := at.step
	switch r.kind {
	case requestHeaderRef, requestQueryRef, requestPathRef:
		for _, a := range s.named(r) {
			f.argument(at, a, to)
		}
	case requestBodyRef:
		f.body(at, to)
	}
}

// named returns the arguments of a step that an expression names.
func (s *step) named(r *ref) (list []*argument) {
	for i := range s.arguments {
		a := &s.arguments[i]
		if a.in == argumentPlaces[r.kind] && (a.name == r.name || a.in == "header" && strings.EqualFold(a.name, r.name)) {
			list = append(list, a)
		}
	}
	return list
}

func (f *secretFlow) argument(at site, a *argument, to route) {
	if r, isNew := a.secrets.add(to); isNew {
		f.add(at, &a.value, r)
	}
}

// body marks the payload of a step, and what replaces a part of it where the
// secret is.
func (f *secretFlow) body(at site, to route) {
	b := at.step.body
	if b == nil {
		return
	}
	r, isNew := b.secrets.add(to)
	if !isNew {
		return
	}
	f.add(at, &b.payload, r)
	for i := range b.replacements {
		if rest, ok := r.within(b.replacements[i].pointer); ok {
			f.add(at, &b.replacements[i].value, rest)
		}
	}
}

// input marks an input of a workflow, and what supplies it.
func (f *secretFlow) input(w *workflow, named *ref, to route) {
	for name, rest := range named.readings() {
		secrets := w.secrets[name]
		r, isNew := secrets.add(to.named(rest))
		if !isNew {
			continue
		}
		if w.secrets == nil {
			w.secrets = map[string]routes{}
		}
		w.secrets[name] = secrets
		for _, from := range f.suppliers[w.index] {
			for i := range from.arguments {
				if from.arguments[i].name == name {
					f.add(from.site, &from.arguments[i].value, r)
				}
			}
			if from.sameNames {
				f.add(site{from.workflow, nil}, &operand{kind: refOperand, ref: ref{kind: inputRef, name: name}}, r)
			}
		}
	}
}

// stepOutput marks an output of a step: its own, or one of the workflow that it
// calls (F17).
func (f *secretFlow) stepOutput(at site, r *ref, to route) {
	if s := at.step; len(s.outputs) == 0 && s.called != nil {
		f.results(s.called, r, to)
	}
	f.outputs(at, at.step.outputs, r, to)
}

// results marks an output of a workflow, and of those that it hands over to:
// theirs are taken for its own (F9).
func (f *secretFlow) results(w *workflow, r *ref, to route) {
	for _, end := range f.endsOf(w) {
		f.outputs(site{end, nil}, end.outputs, r, to)
	}
}

func (f *secretFlow) outputs(at site, list []output, named *ref, to route) {
	for name, rest := range named.readings() {
		for i := range list {
			if list[i].name != name {
				continue
			}
			if r, isNew := list[i].secrets.add(to.named(rest)); isNew {
				f.add(at, &list[i].value, r)
			}
		}
	}
}

// readings yields the names that an expression may mean, each with the path that
// is then left (E5).
func (r *ref) readings() iter.Seq2[string, []string] {
	return func(yield func(string, []string) bool) {
		if !yield(r.name, nil) || !r.dotted {
			return
		}
		for i := range r.name {
			if r.name[i] == '.' && !yield(r.name[:i], strings.Split(r.name[i+1:], ".")) {
				return
			}
		}
	}
}

// endsOf returns the workflows that a workflow may end as: itself, and those
// that it hands over to.
func (f *secretFlow) endsOf(w *workflow) []*workflow {
	if f.ends[w.index] != nil {
		return f.ends[w.index]
	}
	ends := []*workflow{w}
	for i := 0; i < len(ends); i++ {
		for _, s := range ends[i].steps {
			for _, a := range slices.Concat(s.onSuccess, s.onFailure) {
				if next := a.workflow; a.kind == "goto" && next != nil && !slices.Contains(ends, next) {
					ends = append(ends, next)
				}
			}
		}
	}
	f.ends[w.index] = ends
	return ends
}

// isSecret reports whether an input is a secret, or has one that flows into a
// credential.
func (w *workflow) isSecret(name string) bool {
	return len(w.secrets[name]) > 0 || w.passwords != nil && w.passwords.member(name).is()
}

// is reports whether the value itself is a password, or may be.
func (p *passwords) is() bool { return p != nil && p.whole() }
