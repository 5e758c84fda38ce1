package link

import (
	"slices"

	"github.com/gobelin-dev/gobelin/internal/program"
)

// After the way back from credentials comes the way on: what is made of a
// secret, such as the output that repeats an input, is one as well. Nothing goes
// back from there: what else it is made of is none.

// spread goes on from what is marked until nothing new is.
func (f *secretFlow) spread() {
	workflows := slices.Clone(f.program.Workflows)
	for changed := true; changed; {
		changed = false
		for _, w := range workflows {
			changed = f.spreadIn(w) || changed
		}
		slices.Reverse(workflows) // chains against the order of the document take two passes, too
	}
	for _, w := range f.program.Workflows {
		for _, s := range w.Steps {
			f.conditions(site{w, s})
			s.Passed = f.passed(s)
		}
	}
}

func (f *secretFlow) spreadIn(w *program.Workflow) (changed bool) {
	for _, from := range f.suppliers[w.Index] {
		changed = f.spreadInputs(w, from) || changed
	}
	for _, s := range w.Steps {
		at := site{w, s}
		for i := range s.Arguments {
			a := &s.Arguments[i]
			changed = a.Secrets.Join(f.secretsOf(at, &a.Value)) || changed
		}
		if s.Body != nil {
			changed = s.Body.Secrets.Join(f.secretsOf(at, &s.Body.Payload)) || changed
			for i := range s.Body.Replacements {
				r := &s.Body.Replacements[i]
				for _, to := range f.secretsOf(at, &r.Value) {
					changed = s.Body.Secrets.Join(program.Routes{to.Named(r.Pointer)}) || changed
				}
			}
		}
		for i := range s.Outputs {
			changed = s.Outputs[i].Secrets.Join(f.secretsOf(at, &s.Outputs[i].Value)) || changed
		}
	}
	for i := range w.Outputs {
		changed = w.Outputs[i].Secrets.Join(f.secretsOf(site{w, nil}, &w.Outputs[i].Value)) || changed
	}
	return changed
}

// spreadInputs goes on to the inputs of a workflow.
func (f *secretFlow) spreadInputs(w *program.Workflow, from supplier) (changed bool) {
	pass := func(name string, secrets program.Routes) {
		known := w.Secrets[name]
		if len(secrets) == 0 || !known.Join(secrets) {
			return
		}
		if w.Secrets == nil {
			w.Secrets = map[string]program.Routes{}
		}
		w.Secrets[name], changed = known, true
	}
	for i := range from.arguments {
		pass(from.arguments[i].Name, f.secretsOf(from.site, &from.arguments[i].Value))
	}
	if from.sameNames && w.Schema != nil {
		for _, name := range w.Schema.Names {
			pass(name, inputSecrets(from.workflow, name))
		}
	}
	return changed
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
			// After a selector it is not known what an expression names.
			if after, ok := to.Within(slices.Concat(rest, tokens)); ok && !(len(tokens) > 0 && selects(to)) {
				list.Add(after)
			}
		}
	}
	return list
}

// selects reports whether a route goes by a selector.
func selects(r program.Route) bool {
	return slices.ContainsFunc(r, func(l program.Leg) bool { return l.Selector != nil })
}

// named returns the routes to the secrets in what has a name.
func (f *secretFlow) named(at site, r *program.Ref, name string) (list program.Routes) {
	outputs := func(of []program.Output) {
		for i := range of {
			if of[i].Name == name {
				list.Join(of[i].Secrets)
			}
		}
	}
	ends := func(w *program.Workflow) {
		for _, end := range f.endsOf(w) {
			outputs(end.Outputs)
		}
	}
	switch r.Kind {
	case program.ComponentParameter:
		return f.secretsOf(at, r.Operand)
	case program.InputRef:
		return inputSecrets(at.workflow, name)
	case program.WorkflowInput:
		for _, end := range f.endsOf(r.Workflow) {
			list.Join(inputSecrets(end, name))
		}
	case program.WorkflowOutput:
		ends(r.Workflow)
	case program.StepOutput:
		s := r.Step
		if outputs(s.Outputs); len(s.Outputs) == 0 && s.Called != nil {
			ends(s.Called)
		}
	case program.OutputRef:
		if at.step == nil {
			outputs(at.workflow.Outputs)
		} else if at.step.Called != nil {
			ends(at.step.Called)
		}
	case program.RequestHeader, program.RequestQuery, program.RequestPath:
		if at.step != nil {
			for _, a := range namedArguments(at.step, r) {
				list.Join(a.Secrets)
			}
			if s := at.step; s.Operation != nil && isScheme(s.Operation, program.Argument{Name: r.Name, In: argumentPlaces[r.Kind]}) {
				list.Add(nil) // what the caller gives for the scheme
			}
		}
	case program.RequestBody:
		if at.step != nil && at.step.Body != nil {
			return at.step.Body.Secrets
		}
	case program.URL:
		if at.step != nil && at.step.Operation != nil && len(at.step.SecretPlaces()) > 0 {
			return program.Routes{{program.Leg{URL: at.step}}}
		}
	case program.ResponseBody:
		if at.step != nil {
			return at.step.BodySecrets()
		}
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
func (f *secretFlow) passed(s *program.Step) (list []program.Output) {
	if s.Called == nil || len(s.Outputs) > 0 {
		return nil
	}
	for _, end := range f.endsOf(s.Called) {
		for i := range end.Outputs {
			if o := &end.Outputs[i]; o.Secrets != nil {
				list = append(list, program.Output{Name: o.Name, Secrets: o.Secrets})
			}
		}
	}
	return list
}
