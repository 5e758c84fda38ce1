package runtime

import "slices"

// After the way back from credentials comes the way on: what is made of a
// secret, such as the output that repeats an input, is one as well. Nothing goes
// back from there: what else it is made of is none.

// spread goes on from what is marked until nothing new is.
func (f *secretFlow) spread() {
	workflows := slices.Clone(f.program.workflows)
	for changed := true; changed; {
		changed = false
		for _, w := range workflows {
			changed = f.spreadIn(w) || changed
		}
		slices.Reverse(workflows) // chains against the order of the document take two passes, too
	}
	for _, w := range f.program.workflows {
		for _, s := range w.steps {
			f.conditions(site{w, s})
			s.passed = f.passed(s)
		}
	}
}

func (f *secretFlow) spreadIn(w *workflow) (changed bool) {
	for _, from := range f.suppliers[w.index] {
		changed = f.spreadInputs(w, from) || changed
	}
	for _, s := range w.steps {
		at := site{w, s}
		for i := range s.arguments {
			a := &s.arguments[i]
			changed = a.secrets.join(f.secretsOf(at, &a.value)) || changed
		}
		if s.body != nil {
			changed = s.body.secrets.join(f.secretsOf(at, &s.body.payload)) || changed
			for i := range s.body.replacements {
				r := &s.body.replacements[i]
				for _, to := range f.secretsOf(at, &r.value) {
					changed = s.body.secrets.join(routes{to.named(r.pointer)}) || changed
				}
			}
		}
		for i := range s.outputs {
			changed = s.outputs[i].secrets.join(f.secretsOf(at, &s.outputs[i].value)) || changed
		}
	}
	for i := range w.outputs {
		changed = w.outputs[i].secrets.join(f.secretsOf(site{w, nil}, &w.outputs[i].value)) || changed
	}
	return changed
}

// spreadInputs goes on to the inputs of a workflow.
func (f *secretFlow) spreadInputs(w *workflow, from supplier) (changed bool) {
	pass := func(name string, secrets routes) {
		known := w.secrets[name]
		if len(secrets) == 0 || !known.join(secrets) {
			return
		}
		if w.secrets == nil {
			w.secrets = map[string]routes{}
		}
		w.secrets[name], changed = known, true
	}
	for i := range from.arguments {
		pass(from.arguments[i].name, f.secretsOf(from.site, &from.arguments[i].value))
	}
	if from.sameNames && w.schema != nil {
		for _, name := range w.schema.names {
			pass(name, from.workflow.secretsOf(name))
		}
	}
	return changed
}

// join adds routes; it reports whether one is new.
func (rs *routes) join(more routes) (changed bool) {
	for _, r := range more {
		_, isNew := rs.add(r)
		changed = isNew || changed
	}
	return changed
}

// secretsOf returns the routes to the secrets in an input.
func (w *workflow) secretsOf(name string) routes {
	list := slices.Clone(w.secrets[name])
	if w.passwords != nil {
		if p := w.passwords.member(name); p != nil {
			list.add(p.route())
		}
	}
	return list
}

// secretsOf returns the routes to the secrets in the value of an operand.
func (f *secretFlow) secretsOf(at site, o *operand) (list routes) {
	switch o.kind {
	case refOperand:
		return f.secretsIn(at, &o.ref)
	case templateOperand:
		for i := range o.template.refs {
			for _, r := range f.secretsIn(at, &o.template.refs[i]) {
				if rest, ok := r.text(); ok && len(rest) == 0 {
					list.add(nil)
				}
			}
		}
	case selectorOperand:
		names, known := o.selector.names()
		for _, r := range f.secretsOf(at, &o.selector.context) {
			if rest, ok := r.within(names); ok && (known || len(r) == 0) {
				list.add(rest)
			}
		}
	case arrayOperand, objectOperand:
		for i := range o.items {
			for _, r := range f.secretsOf(at, &o.items[i]) {
				list.add(r.named([]string{o.itemName(i)}))
			}
		}
	}
	return list
}

// secretsIn returns the routes to the secrets in the value of an expression.
func (f *secretFlow) secretsIn(at site, r *ref) (list routes) {
	for name, rest := range r.readings() {
		for _, to := range f.named(at, r, name) {
			tokens, _ := r.segments()
			// After a selector it is not known what an expression names.
			if after, ok := to.within(slices.Concat(rest, tokens)); ok && !(len(tokens) > 0 && to.selects()) {
				list.add(after)
			}
		}
	}
	return list
}

// selects reports whether a route goes by a selector.
func (r route) selects() bool {
	return slices.ContainsFunc(r, func(l leg) bool { return l.selector != nil })
}

// named returns the routes to the secrets in what has a name.
func (f *secretFlow) named(at site, r *ref, name string) (list routes) {
	outputs := func(of []output) {
		for i := range of {
			if of[i].name == name {
				list.join(of[i].secrets)
			}
		}
	}
	ends := func(w *workflow) {
		for _, end := range f.endsOf(w) {
			outputs(end.outputs)
		}
	}
	switch r.kind {
	case componentRef:
		return f.secretsOf(at, r.operand)
	case inputRef:
		return at.workflow.secretsOf(name)
	case workflowInputRef:
		for _, end := range f.endsOf(r.workflow) {
			list.join(end.secretsOf(name))
		}
	case workflowOutputRef:
		ends(r.workflow)
	case stepOutputRef:
		s := r.step
		if outputs(s.outputs); len(s.outputs) == 0 && s.called != nil {
			ends(s.called)
		}
	case outputRef:
		if at.step == nil {
			outputs(at.workflow.outputs)
		} else if at.step.called != nil {
			ends(at.step.called)
		}
	case requestHeaderRef, requestQueryRef, requestPathRef:
		if at.step != nil {
			for _, a := range at.step.named(r) {
				list.join(a.secrets)
			}
			if s := at.step; s.operation != nil && isScheme(s.operation, argument{name: r.name, in: argumentPlaces[r.kind]}) {
				list.add(nil) // what the caller gives for the scheme
			}
		}
	case requestBodyRef:
		if at.step != nil && at.step.body != nil {
			return at.step.body.secrets
		}
	case urlRef:
		if at.step != nil && at.step.operation != nil && len(at.step.secretPlaces()) > 0 {
			return routes{{leg{url: at.step}}}
		}
	case responseBodyRef:
		if at.step != nil {
			return at.step.bodySecrets()
		}
	}
	return list
}

// conditions marks the operands of the conditions of a step.
func (f *secretFlow) conditions(at site) {
	mark := func(r *ref) { r.secrets = f.secretsIn(at, r) }
	all := func(list []*criterion) {
		for _, c := range list {
			c.all(mark)
		}
	}
	all(at.step.criteria)
	for _, a := range slices.Concat(at.step.onSuccess, at.step.onFailure) {
		all(a.criteria)
	}
}

// passed returns the outputs that a step has without declaring them: those of
// the workflow that it calls (F17), or of those that this one hands over to.
func (f *secretFlow) passed(s *step) (list []output) {
	if s.called == nil || len(s.outputs) > 0 {
		return nil
	}
	for _, end := range f.endsOf(s.called) {
		for i := range end.outputs {
			if o := &end.outputs[i]; o.secrets != nil {
				list = append(list, output{name: o.name, secrets: o.secrets})
			}
		}
	}
	return list
}
