package runtime

import (
	"maps"

	"github.com/gobelin-dev/gobelin/internal/value"
)

// The outputs of the steps of a frame stand in slots, in the order in which
// the steps declare them. Outputs that a step does not declare itself (F17), and
// those of a snapshot, are objects.

// stepOutputs are the outputs of a frame's steps.
type stepOutputs struct {
	slots  []value.Found // of all steps
	filled []bool        // by step: its outputs are in the slots
}

// keep records what a step's outputs came to.
func (f *frame) keep(s *step, values []value.Found) {
	copy(f.kept.slots[s.firstOutput:], values)
	f.kept.filled[s.index], f.Outputs[s.index] = true, nil
}

// keepObject records the outputs of the workflow that a step called.
func (f *frame) keepObject(s *step, outputs object) {
	f.kept.filled[s.index], f.Outputs[s.index] = false, outputs
}

// stepOutput gives the output of a step that a reference names.
func (f *frame) stepOutput(steps []*step, r *ref) (any, bool) {
	s := r.step
	if !f.kept.filled[s.index] {
		return member(f.Outputs[s.index], r)
	}
	if r.slot > 0 {
		found := &f.kept.slots[s.firstOutput+r.slot-1]
		return found.V, found.OK
	}
	return member(f.outputObject(s), r)
}

// outputObject gives the outputs of a step as an object.
func (f *frame) outputObject(s *step) object {
	if !f.kept.filled[s.index] {
		return f.Outputs[s.index]
	}
	outputs := make(object, len(s.outputs))
	for i := range s.outputs {
		if found := &f.kept.slots[s.firstOutput+i]; known(found) {
			outputs[s.outputs[i].name] = found.V
		}
	}
	return outputs
}

// nothing is in place of an output that found nothing, of a step or workflow that
// succeeded: null where it is shown, missing where it is read (F2).
type nothing struct{}

// known reports whether an output has a value, or nothing in place of one.
func known(found *value.Found) bool { return found.OK || found.V == any(nothing{}) }

// foundNothing reports whether a reference is to an output that found nothing.
func (x *Execution) foundNothing(f *frame, r *ref) bool {
	if r.kind != stepOutputRef && r.kind != workflowOutputRef && r.kind != outputRef {
		return false
	}
	v, _ := x.root(f, r)
	return v == any(nothing{})
}

// withNulls returns outputs as a result or an event has them.
func withNulls(outputs object) object {
	shown := maps.Clone(outputs)
	for name, v := range shown {
		if v == any(nothing{}) {
			shown[name] = nil
		}
	}
	return shown
}

// settle puts all outputs into objects, as a snapshot has them.
func (f *frame) settle(steps []*step) {
	for _, s := range steps {
		f.keepObject(s, f.outputObject(s))
	}
}

// newOutputs makes room for the outputs of a workflow's steps.
func (w *workflow) newOutputs() stepOutputs {
	slots := 0
	if n := len(w.steps); n > 0 {
		slots = w.steps[n-1].firstOutput + len(w.steps[n-1].outputs)
	}
	return stepOutputs{slots: make([]value.Found, slots), filled: make([]bool, len(w.steps))}
}
