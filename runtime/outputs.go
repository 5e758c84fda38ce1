package runtime

import (
	"slices"

	"github.com/gobelin-dev/gobelin/internal/program"
	"github.com/gobelin-dev/gobelin/internal/stored"
	"github.com/gobelin-dev/gobelin/internal/value"
)

// The outputs of the steps of a frame are in slots, in the order in which the
// steps declare them. Outputs that a step does not declare itself (F17), and those
// of a snapshot, are objects.

// stepOutputs are the outputs of a frame's steps.
type stepOutputs struct {
	slots  []value.Found // of all steps
	filled []bool        // by step: its outputs are in the slots
}

// keep records the values of a step's outputs.
func (f *frame) keep(s *program.Step, values []value.Found) {
	copy(f.kept.slots[s.FirstOutput:], values)
	f.kept.filled[s.Index], f.Outputs[s.Index] = true, nil
}

// keepObject records the outputs of the workflow that a step called.
func (f *frame) keepObject(s *program.Step, outputs stored.Object) {
	f.kept.filled[s.Index], f.Outputs[s.Index] = false, outputs
}

// stepOutput returns the output of a step that a reference names.
func (f *frame) stepOutput(r *program.Ref) (any, bool) {
	s := r.Step
	if !f.kept.filled[s.Index] {
		return member(f.Outputs[s.Index], r)
	}
	if r.Slot > 0 {
		found := &f.kept.slots[s.FirstOutput+r.Slot-1]
		return found.V, stored.Known(found)
	}
	return member(f.outputObject(s), r)
}

// outputObject returns the outputs of a step as an object.
func (f *frame) outputObject(s *program.Step) stored.Object {
	if !f.kept.filled[s.Index] {
		return f.Outputs[s.Index]
	}
	outputs := make(stored.Object, len(s.Outputs))
	for i := range s.Outputs {
		if found := &f.kept.slots[s.FirstOutput+i]; stored.Known(found) {
			outputs[s.Outputs[i].Name] = found.V
		}
	}
	return outputs
}

// settle puts all outputs into objects, as a snapshot has them.
func (f *frame) settle(steps []*program.Step) {
	for _, s := range steps {
		f.keepObject(s, f.outputObject(s))
	}
}

// newOutputs makes room for the outputs of a workflow's steps.
func newOutputs(w *program.Workflow) stepOutputs {
	slots := 0
	if n := len(w.Steps); n > 0 {
		slots = w.Steps[n-1].FirstOutput + len(w.Steps[n-1].Outputs)
	}
	return stepOutputs{slots: make([]value.Found, slots), filled: make([]bool, len(w.Steps))}
}

func (x *Execution) stepOutputs(f *frame, s *program.Step, succeeded bool) {
	if len(s.Decl.Outputs) == 0 && f.Called != nil {
		f.keepObject(s, f.Called)
	} else {
		// They see what the step's execution before this one left.
		x.outputs = x.outputs[:0]
		for i := range s.Outputs {
			x.outputs = append(x.outputs, x.output(f, &s.Outputs[i], succeeded))
		}
		f.keep(s, x.outputs)
		clear(x.outputs)
	}
	x.learnOutputs(f, s)
	if x.listener == nil {
		return
	}
	if outputs := f.outputObject(s); len(outputs) > 0 {
		declared := s.Outputs
		if len(s.Passed) > 0 {
			declared = slices.Concat(declared, s.Passed)
		}
		x.emit(&OutputsEvaluated{At: x.where(f), Outputs: x.shownOutputs(declared, outputs)})
	}
}

// output evaluates one output. One that cannot be resolved is missing where it is
// read; in results and events it is null on success, absent on failure (F2).
func (x *Execution) output(f *frame, o *program.Output, succeeded bool) value.Found {
	noted := x.state.Diagnostics
	v, ok := x.in(f).Value(&o.Value)
	switch {
	case ok:
		return value.Found{V: v, OK: true}
	case succeeded || o.Value.Kind == program.Reference && x.in(f).FoundNothing(&o.Value.Ref):
		v = stored.Nothing{}
	default:
		v = nil
	}
	if !succeeded {
		// What a failure leaves without a value deserves no diagnostic of its own.
		x.state.Diagnostics = noted
	}
	return value.Found{V: v}
}

func (x *Execution) workflowOutputs(f *frame, succeeded bool) map[string]any {
	w := x.workflow(f)
	f.Exchange, f.Called, f.Results = nil, nil, map[string]any{}
	for i := range w.Outputs {
		if v := x.output(f, &w.Outputs[i], succeeded); stored.Known(&v) {
			f.Results[w.Outputs[i].Name] = v.V
		}
	}
	return f.Results
}
