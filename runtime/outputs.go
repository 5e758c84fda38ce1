package runtime

import (
	"maps"

	"github.com/gobelin-dev/gobelin/internal/program"
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
func (f *frame) keep(s *program.Step, values []value.Found) {
	copy(f.kept.slots[s.FirstOutput:], values)
	f.kept.filled[s.Index], f.Outputs[s.Index] = true, nil
}

// keepObject records the outputs of the workflow that a step called.
func (f *frame) keepObject(s *program.Step, outputs object) {
	f.kept.filled[s.Index], f.Outputs[s.Index] = false, outputs
}

// stepOutput gives the output of a step that a reference names.
func (f *frame) stepOutput(steps []*program.Step, r *program.Ref) (any, bool) {
	s := r.Step
	if !f.kept.filled[s.Index] {
		return member(f.Outputs[s.Index], r)
	}
	if r.Slot > 0 {
		found := &f.kept.slots[s.FirstOutput+r.Slot-1]
		return found.V, found.OK
	}
	return member(f.outputObject(s), r)
}

// outputObject gives the outputs of a step as an object.
func (f *frame) outputObject(s *program.Step) object {
	if !f.kept.filled[s.Index] {
		return f.Outputs[s.Index]
	}
	outputs := make(object, len(s.Outputs))
	for i := range s.Outputs {
		if found := &f.kept.slots[s.FirstOutput+i]; known(found) {
			outputs[s.Outputs[i].Name] = found.V
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
func (x *Execution) foundNothing(f *frame, r *program.Ref) bool {
	if r.Kind != program.StepOutput && r.Kind != program.WorkflowOutput && r.Kind != program.OutputRef {
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
