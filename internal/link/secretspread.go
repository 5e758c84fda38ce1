package link

import (
	"slices"

	"github.com/gobelin-dev/gobelin/internal/program"
)

// After going backward from the credentials, the analysis goes forward: whatever is
// made from a secret, such as an output that repeats an input, is a secret too. It
// does not go backward from there: what else the output is made from is not.

// spreading is the state of going forward. When a holder gets a secret, the flows
// that read it, and only those, are run again.
type spreading struct {
	flows   []*flow                          // to run
	readers map[holder][]*flow               // of a holder
	changed []holder                         // whose readers must run again
	ended   map[holder]program.Routes        // of an endInput or endOutput
	results map[*program.Workflow][]string   // names of endOutputs with secrets
	bodies  map[*program.Step]program.Routes // in the bodies of responses
}

// flow is a value that becomes part of a holder.
type flow struct {
	site
	value   *program.Operand // nil: the value of from
	from    holder
	below   []string // where the value is in the holder
	to      holder
	secrets *program.Routes // of the holder; nil: they are in a map
	waiting bool            // to run
}

// spread goes forward from what is marked until there is nothing new.
func (f *secretFlow) spread() {
	f.spreading = spreading{
		readers: map[holder][]*flow{}, ended: map[holder]program.Routes{}, results: map[*program.Workflow][]string{},
		bodies: map[*program.Step]program.Routes{},
	}
	for _, w := range f.program.Workflows {
		f.outset(w)
	}
	for len(f.changed)+len(f.flows) > 0 {
		if n := len(f.changed); n > 0 {
			h := f.changed[n-1]
			f.changed = f.changed[:n-1]
			f.spreadFrom(h)
			continue
		}
		next := f.flows[0]
		f.flows = f.flows[1:]
		next.waiting = false
		if f.run(next) {
			f.changed = append(f.changed, next.to)
		}
	}
	passed := map[*program.Workflow][]program.Output{}
	for _, w := range f.program.Workflows {
		for _, s := range w.Steps {
			f.conditions(site{w, s})
			s.Passed = f.passed(s, passed)
		}
	}
}

// outset collects the flows of a workflow, and what already has secrets.
func (f *secretFlow) outset(w *program.Workflow) {
	for _, name := range f.inputNames(w).list {
		own := holder{kind: anInput, workflow: w, name: name}
		for _, from := range f.sameAs[w] {
			f.flow(&flow{from: holder{kind: anInput, workflow: from, name: name}, to: own})
		}
	}
	if from := f.supplied[w]; from != nil {
		for _, s := range from.list {
			f.flow(&flow{site: s.site, value: &s.argument.Value, to: holder{kind: anInput, workflow: w, name: s.argument.Name}})
		}
	}
	for _, s := range w.Steps {
		f.outsetStep(site{w, s})
	}
	f.outsetOutputs(site{w, nil}, w.Outputs)
	w.EachRef(func(_ *program.Step, _ program.Moment, r *program.Ref) {
		if r.Kind == program.WorkflowInput {
			for name := range readings(r) {
				f.endInputs(holder{kind: endInput, workflow: r.Workflow, name: name})
			}
		}
	})
}

func (f *secretFlow) outsetStep(at site) {
	s := at.step
	request := holder{kind: aRequest, step: s}
	for i := range s.Arguments {
		f.flow(&flow{site: at, value: &s.Arguments[i].Value, to: request, secrets: &s.Arguments[i].Secrets})
	}
	if b := s.Body; b != nil {
		f.flow(&flow{site: at, value: &b.Payload, to: request, secrets: &b.Secrets})
		for i := range b.Replacements {
			r := &b.Replacements[i]
			f.flow(&flow{site: at, value: &r.Value, below: r.Pointer, to: request, secrets: &b.Secrets})
		}
	}
	f.outsetOutputs(at, s.Outputs)
	if len(s.Answers) > 0 {
		f.bodies[s] = s.BodySecrets()
	}
}

func (f *secretFlow) outsetOutputs(at site, outputs []program.Output) {
	for i := range outputs {
		o := &outputs[i]
		h := holder{kind: anOutput, workflow: at.workflow, step: at.step, name: o.Name}
		f.flow(&flow{site: at, value: &o.Value, to: h, secrets: &o.Secrets})
		if len(o.Secrets) > 0 {
			f.changed = append(f.changed, h)
		}
	}
}

// flow adds a flow, which runs once, and again whenever something that it reads
// gets a secret. A constant has none.
func (f *secretFlow) flow(fl *flow) {
	if fl.value == nil {
		f.readers[fl.from] = append(f.readers[fl.from], fl)
		f.enqueue(fl)
		return
	}
	reads := false
	fl.value.All(func(r *program.Ref) {
		reads = true
		for _, h := range f.read(fl.site, r) {
			f.readers[h] = append(f.readers[h], fl)
		}
	})
	if reads {
		f.enqueue(fl)
	}
}

func (f *secretFlow) enqueue(fl *flow) {
	if !fl.waiting {
		fl.waiting = true
		f.flows = append(f.flows, fl)
	}
}

// read returns the holders whose secrets the value of an expression may have.
func (f *secretFlow) read(at site, r *program.Ref) (list []holder) {
	var h holder
	switch r.Kind {
	case program.InputRef:
		h = holder{kind: anInput, workflow: at.workflow}
	case program.WorkflowInput:
		h = holder{kind: endInput, workflow: r.Workflow}
	case program.WorkflowOutput:
		h = holder{kind: endOutput, workflow: r.Workflow}
	case program.StepOutput:
		h = holder{kind: anOutput, workflow: at.workflow, step: r.Step}
		if len(r.Step.Outputs) == 0 && r.Step.Called != nil {
			h = holder{kind: endOutput, workflow: r.Step.Called}
		}
	case program.OutputRef:
		h = holder{kind: anOutput, workflow: at.workflow}
		if at.step != nil {
			h = holder{kind: endOutput, workflow: at.step.Called}
		}
	case program.RequestHeader, program.RequestQuery, program.RequestPath, program.RequestBody, program.URL:
		return []holder{{kind: aRequest, step: at.step}}
	default:
		return nil
	}
	for name := range readings(r) {
		h.name = name
		list = append(list, h)
	}
	return list
}

// endInputs adds the flows to an endInput: from the input of the workflow itself,
// and from those of the workflows that it hands over to.
func (f *secretFlow) endInputs(h holder) {
	for todo := []holder{h}; len(todo) > 0; {
		h, todo = todo[len(todo)-1], todo[:len(todo)-1]
		if _, known := f.ended[h]; known {
			continue
		}
		f.ended[h] = nil
		f.flow(&flow{from: holder{kind: anInput, workflow: h.workflow, name: h.name}, to: h})
		for _, next := range f.next[h.workflow] {
			from := holder{kind: endInput, workflow: next, name: h.name}
			f.flow(&flow{from: from, to: h})
			todo = append(todo, from)
		}
	}
}

// run runs a flow. It reports whether its holder got a new secret.
func (f *secretFlow) run(fl *flow) bool {
	var found program.Routes
	switch {
	case fl.value != nil:
		found = f.secretsOf(fl.site, fl.value)
	case fl.from.kind == anInput:
		found = inputSecrets(fl.from.workflow, fl.from.name)
	default:
		found = f.ended[fl.from]
	}
	if len(fl.below) > 0 {
		for i := range found {
			found[i] = found[i].Named(fl.below)
		}
	}
	if fl.secrets != nil {
		return fl.secrets.Join(found)
	}
	return f.join(fl.to, found)
}

// join adds secrets to a holder that has them in a map.
func (f *secretFlow) join(h holder, found program.Routes) bool {
	if len(found) == 0 {
		return false
	}
	if h.kind != anInput {
		known := f.ended[h]
		if h.kind == endOutput && len(known) == 0 {
			f.results[h.workflow] = append(f.results[h.workflow], h.name)
		}
		isNew := known.Join(found)
		f.ended[h] = known
		return isNew
	}
	known := h.workflow.Secrets[h.name]
	if !known.Join(found) {
		return false
	}
	if h.workflow.Secrets == nil {
		h.workflow.Secrets = map[string]program.Routes{}
	}
	h.workflow.Secrets[h.name] = known
	return true
}

// spreadFrom goes forward from a holder that got a secret.
func (f *secretFlow) spreadFrom(h holder) {
	for _, reader := range f.readers[h] {
		f.enqueue(reader)
	}
	end := holder{kind: endOutput, workflow: h.workflow, name: h.name}
	switch {
	case h.kind == anOutput && h.step == nil:
		if f.join(end, f.outputAt(site{h.workflow, nil}, h.name).Secrets) {
			f.changed = append(f.changed, end)
		}
	case h.kind == endOutput:
		for _, before := range f.before[h.workflow] {
			end.workflow = before
			if f.join(end, f.ended[h]) {
				f.changed = append(f.changed, end)
			}
		}
	}
}

// inputSecrets returns the routes to the secrets in an input.
func inputSecrets(w *program.Workflow, name string) program.Routes {
	list := slices.Clone(w.Secrets[name])
	if w.Passwords != nil {
		if p := w.Passwords.Member(name); p != nil {
			list.Add(p.Route())
		}
	}
	return list
}

// secretsOf returns the routes to the secrets in the value of an operand.
func (f *secretFlow) secretsOf(at site, o *program.Operand) (list program.Routes) {
	switch o.Kind {
	case program.Reference:
		return f.secretsIn(at, &o.Ref)
	case program.Interpolation:
		for i := range o.Template.Refs {
			for _, r := range f.secretsIn(at, &o.Template.Refs[i]) {
				if rest, ok := r.Text(); ok && len(rest) == 0 {
					list.Add(nil)
				}
			}
		}
	case program.Selection:
		names, known := o.Selector.Names()
		for _, r := range f.secretsOf(at, &o.Selector.Context) {
			if rest, ok := r.Within(names); ok && (known || len(r) == 0) {
				list.Add(rest)
			}
		}
	case program.Array, program.Object:
		for i := range o.Items {
			for _, r := range f.secretsOf(at, &o.Items[i]) {
				list.Add(r.Named([]string{itemName(o, i)}))
			}
		}
	}
	return list
}

// secretsIn returns the routes to the secrets in the value of an expression.
func (f *secretFlow) secretsIn(at site, r *program.Ref) (list program.Routes) {
	for name, rest := range readings(r) {
		for _, to := range f.named(at, r, name) {
			tokens, _ := r.Segments()
			// Past a selector it is unknown what an expression names.
			if after, ok := to.Within(slices.Concat(rest, tokens)); ok && !(len(tokens) > 0 && selects(to)) {
				list.Add(after)
			}
		}
	}
	return list
}

// selects reports whether a route goes through a selector.
func selects(r program.Route) bool {
	return slices.ContainsFunc(r, func(l program.Leg) bool { return l.Selector != nil })
}

// named returns the routes to the secrets in what has a name.
func (f *secretFlow) named(at site, r *program.Ref, name string) program.Routes {
	ended := func(w *program.Workflow) program.Routes {
		return f.ended[holder{kind: endOutput, workflow: w, name: name}]
	}
	output := func(at site) program.Routes {
		if o := f.outputAt(at, name); o != nil {
			return o.Secrets
		}
		return nil
	}
	switch r.Kind {
	case program.ComponentParameter:
		return f.secretsOf(at, r.Operand)
	case program.InputRef:
		return inputSecrets(at.workflow, name)
	case program.WorkflowInput:
		return f.ended[holder{kind: endInput, workflow: r.Workflow, name: name}]
	case program.WorkflowOutput:
		return ended(r.Workflow)
	case program.StepOutput:
		if s := r.Step; len(s.Outputs) == 0 && s.Called != nil {
			return ended(s.Called)
		}
		return output(site{at.workflow, r.Step})
	case program.OutputRef:
		if at.step == nil {
			return output(at)
		} else if at.step.Called != nil {
			return ended(at.step.Called)
		}
	}
	if at.step != nil {
		return f.message(at.step, r)
	}
	return nil
}

// message returns the routes to the secrets in a part of the request or response
// of a step.
func (f *secretFlow) message(s *program.Step, r *program.Ref) (list program.Routes) {
	switch r.Kind {
	case program.RequestHeader, program.RequestQuery, program.RequestPath:
		for _, a := range namedArguments(s, r) {
			list.Join(a.Secrets)
		}
		if s.Operation != nil && isScheme(s.Operation, program.Argument{Name: r.Name, In: argumentPlaces[r.Kind]}) {
			list.Add(nil) // what the caller supplies for the scheme
		}
	case program.RequestBody:
		if s.Body != nil {
			return s.Body.Secrets
		}
	case program.URL:
		if s.Operation != nil && len(s.SecretPlaces()) > 0 {
			return program.Routes{{program.Leg{URL: s}}}
		}
	case program.ResponseBody:
		return f.bodies[s]
	}
	return list
}

// conditions marks the operands of the conditions of a step.
func (f *secretFlow) conditions(at site) {
	mark := func(r *program.Ref) { r.Secrets = f.secretsIn(at, r) }
	all := func(list []*program.Criterion) {
		for _, c := range list {
			c.All(mark)
		}
	}
	all(at.step.Criteria)
	for _, a := range slices.Concat(at.step.OnSuccess, at.step.OnFailure) {
		all(a.Criteria)
	}
}

// passed returns the outputs that a step has without declaring them: those of
// the workflow that it calls (F17), or of those that this one hands over to.
func (f *secretFlow) passed(s *program.Step, known map[*program.Workflow][]program.Output) []program.Output {
	if s.Called == nil || len(s.Outputs) > 0 {
		return nil
	}
	list, ok := known[s.Called]
	if !ok {
		for _, name := range f.results[s.Called] {
			end := holder{kind: endOutput, workflow: s.Called, name: name}
			list = append(list, program.Output{Name: name, Secrets: f.ended[end]})
		}
		known[s.Called] = list
	}
	return slices.Clip(list) // shared: it must not be appended to
}
