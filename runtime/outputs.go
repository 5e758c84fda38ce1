package runtime

import (
	"github.com/gobelin-dev/gobelin/internal/program"
	"github.com/gobelin-dev/gobelin/internal/stored"
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
func (f *frame) keepObject(s *program.Step, outputs stored.Object) {
	f.kept.filled[s.Index], f.Outputs[s.Index] = false, outputs
}

// stepOutput gives the output of a step that a reference names.
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

// outputObject gives the outputs of a step as an object.
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
