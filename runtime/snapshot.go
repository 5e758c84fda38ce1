package runtime

import (
	"bytes"
	"cmp"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"math"

	"github.com/gobelin-dev/gobelin/arazzo"
	"github.com/gobelin-dev/gobelin/internal/program"
	"github.com/gobelin-dev/gobelin/internal/value"
)

// Snapshot returns the execution's state, which [Program.Restore] continues
// from. It holds the inputs and what the responses said, secrets included:
// keep it as safe as them.
func (x *Execution) Snapshot() ([]byte, error) {
	for _, f := range x.Frames {
		f.settle(x.workflow(f).Steps)
	}
	x.Program = x.program.Fingerprint()
	return json.Marshal(&x.state)
}

// Restore continues an execution from a snapshot of the same program: the same
// documents and descriptions. Its next command is the one that was pending
// when the snapshot was taken.
func (p *Program) Restore(snapshot []byte) (*Execution, error) {
	if errs := arazzo.Errors(p.linked.Diagnostics); len(errs) > 0 {
		return nil, &CompileError{errs}
	}
	x := &Execution{program: p.linked, files: p.files}
	d := json.NewDecoder(bytes.NewReader(snapshot))
	d.DisallowUnknownFields()
	if err := d.Decode(&x.state); err != nil {
		return nil, fmt.Errorf("not a snapshot: %w", err)
	}
	if x.Program != p.linked.Fingerprint() {
		return nil, fmt.Errorf("the snapshot is of program %q, this is %q: the document or a description has changed", x.Program, p.linked.Fingerprint())
	}
	if err := x.valid(); err != nil {
		return nil, fmt.Errorf("not a snapshot: %w", err)
	}
	x.Settings.addTo(&x.secrets)
	for index, c := range x.Completed {
		x.learnInputs(p.linked.Workflows[index], c.Inputs)
		x.learnResults(p.linked.Workflows[index], c.Outputs)
	}
	for _, f := range x.Frames {
		f.kept = newOutputs(x.workflow(f))
		x.learnInputs(x.workflow(f), f.Inputs)
		for _, s := range x.workflow(f).Steps {
			x.learnOutputs(f, s)
		}
		if e := f.Exchange; e != nil {
			x.learnSent(x.step(f), e)
			x.learnAnswer(f)
		}
	}
	return x, nil
}

// learnSent finds the secrets among what the pending request carries.
func (x *Execution) learnSent(s *program.Step, e *exchange) {
	for i := range s.Arguments {
		a := &s.Arguments[i]
		if v, ok := e.argument(a.In, a.Name); ok {
			x.learn(v, a.Secrets)
		}
	}
	if e.Payload.set && s.Body != nil {
		x.learn(e.Payload.v, s.Body.Secrets)
	}
}

// valid checks all that the machine relies on, so that no snapshot, however
// damaged, makes it fail later.
func (x *Execution) valid() error {
	workflows := len(x.program.Workflows)
	if x.Root < 0 || x.Root >= workflows || x.Steps < 0 || (len(x.Frames) == 0) != (x.Finished != nil) || len(x.Frames) > cmp.Or(x.Settings.MaxDepth, defaultMaxDepth)+1 {
		return errors.New("the run is out of range")
	}
	for index, c := range x.Completed {
		if index < 0 || index >= workflows || c == nil || !c.Failure.valid() || !c.Inputs.isJSON() {
			return errors.New("a completed workflow is out of range")
		}
	}
	for index, done := range x.Done {
		if index < 0 || index >= workflows || len(done) != len(x.program.Workflows[index].Steps) {
			return errors.New("an executed step is out of range")
		}
	}
	if x.Finished != nil && !(x.Finished.Failure.valid() && x.Finished.Outputs.isJSON()) {
		return errors.New("the result is out of range")
	}
	for i, f := range x.Frames {
		if f == nil || f.Workflow < 0 || f.Workflow >= workflows || !f.valid(x.program) {
			return fmt.Errorf("frame %d is out of range", i)
		}
		top, root := i == len(x.Frames)-1, i == 0
		if root != (f.Purpose == asRoot) {
			return fmt.Errorf("frame %d has the wrong purpose", i)
		}
		if !top && !x.waitsFor(f, x.Frames[i+1]) || top && f.Phase == phaseCalled {
			return fmt.Errorf("frame %d waits for nothing", i)
		}
	}
	return nil
}

// waitsFor reports whether a frame is in the state in which it called the one
// above.
func (x *Execution) waitsFor(f, above *frame) bool {
	if above.Purpose == asDependency {
		return f.Phase == phaseEnter && f.Depend < len(x.workflow(f).DependsOn)
	}
	return f.Phase == phaseCalled
}

func (f *frame) valid(p *program.Program) bool {
	w := p.Workflows[f.Workflow]
	steps := len(w.Steps)
	inRange := func(step int) bool { return step >= 0 && step < steps }
	ok := f.Purpose < purposes && f.Phase < phases && f.Depend >= 0 && f.Depend <= len(w.DependsOn) &&
		len(f.Outputs) == steps && len(f.Executed) == steps && inRange(f.Step) && f.Attempt >= 0 && f.LoopCount >= 0 && f.Inputs.isJSON() &&
		(f.Return == nil || inRange(f.Return.Step) && f.Return.Attempt >= 0) && f.Failure.valid()
	if !ok {
		return false
	}
	s := w.Steps[f.Step]
	switch f.Phase {
	case phaseSend:
		return f.Exchange != nil && s.Operation != nil
	case phaseJudge:
		return f.Exchange != nil || s.Operation == nil || f.Failure != nil
	case phaseWait:
		return f.Wait != nil && f.Wait.Then.Kind < jumpKinds && inRange(f.Wait.Then.Step) && f.Wait.Then.Inputs.isJSON() &&
			f.Wait.Then.Workflow >= 0 && f.Wait.Then.Workflow < len(p.Workflows)
	}
	return true
}

func (f *failure) valid() bool {
	for ; f != nil; f = f.Inner {
		if f.Kind >= failureKinds {
			return false
		}
	}
	return true
}

// boxed is a JSON value in a snapshot, with what JSON itself cannot tell: the
// bytes of a body, and a float64 that happens to be an integer.
type boxed struct {
	v   any
	set bool
}

func (b boxed) IsZero() bool { return !b.set }

func (b boxed) MarshalJSON() ([]byte, error) { return value.AppendJSON(nil, box(b.v)), nil }

func (b *boxed) UnmarshalJSON(data []byte) error {
	v, err := value.Decode(data)
	if err != nil {
		return err
	}
	b.v, b.set = unbox(v), true
	return nil
}

// object is a JSON object in a snapshot. A member may be nothing: outputs have that.
type object map[string]any

func (o object) MarshalJSON() ([]byte, error) {
	if o == nil {
		return []byte("null"), nil
	}
	members := make(map[string]any, len(o))
	for name, v := range o {
		members[name] = box(v)
	}
	return value.AppendJSON(nil, members), nil
}

func (o *object) UnmarshalJSON(data []byte) error {
	v, err := value.Decode(data)
	if err != nil {
		return err
	}
	members, ok := v.(map[string]any)
	if v == nil {
		*o = nil
		return nil
	}
	if !ok {
		return errors.New("an object is expected")
	}
	for name, v := range members {
		if m, ok := v.(map[string]any); ok && len(m) == 1 && m[boxNone] == true {
			members[name] = nothing{}
			continue
		}
		members[name] = unbox(v)
	}
	*o = members
	return nil
}

// isJSON reports whether no member is nothing.
func (o object) isJSON() bool {
	for _, v := range o {
		if v == any(nothing{}) {
			return false
		}
	}
	return true
}

const (
	boxBytes = "$bytes"
	boxMap   = "$object"
	boxNone  = "$nothing"
)

func box(v any) any {
	switch v := v.(type) {
	case nothing:
		return map[string]any{boxNone: true}
	case []byte:
		return map[string]any{boxBytes: base64.StdEncoding.EncodeToString(v)}
	case float64:
		if v == math.Trunc(v) && math.Abs(v) < 1e21 {
			return json.Number(string(value.AppendJSON(nil, v)) + ".0")
		}
	case []any:
		out := make([]any, len(v))
		for i := range v {
			out[i] = box(v[i])
		}
		return out
	case map[string]any:
		out := make(map[string]any, len(v))
		for name := range v {
			out[name] = box(v[name])
		}
		_, bytes := out[boxBytes]
		_, object := out[boxMap]
		_, none := out[boxNone]
		if len(out) == 1 && (bytes || object || none) {
			return map[string]any{boxMap: out}
		}
		return out
	case object:
		return box(map[string]any(v))
	}
	return v
}

func unbox(v any) any {
	switch v := v.(type) {
	case []any:
		for i := range v {
			v[i] = unbox(v[i])
		}
	case map[string]any:
		if len(v) == 1 {
			if text, ok := v[boxBytes].(string); ok {
				if b, err := base64.StdEncoding.DecodeString(text); err == nil {
					return b
				}
			}
			if inner, ok := v[boxMap].(map[string]any); ok {
				v = inner
			}
		}
		for name := range v {
			v[name] = unbox(v[name])
		}
		return v
	}
	return v
}
