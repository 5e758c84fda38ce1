package runtime

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/gobelin-dev/gobelin/internal/eval"
	"github.com/gobelin-dev/gobelin/internal/program"
)

// snapshotFormat is the version of what [Execution.Snapshot] returns. It changes
// with the meaning of any member.
const snapshotFormat = 2

// snapshot is an execution in the form in which it is stored.
type snapshot struct {
	Format  int    `json:"gobelin"` // snapshotFormat
	Program string `json:"program"` // its fingerprint
	state
}

// Snapshot returns the execution's state as JSON, from which [Program.Restore]
// continues. It holds the inputs and the content of responses, secrets included:
// protect it as you would protect those. It holds no credential and no server
// address of the driver: the driver that continues it has its own.
func (x *Execution) Snapshot() ([]byte, error) {
	for _, f := range x.state.Frames {
		f.settle(x.workflow(f).Steps)
		if err := f.Exchange.Settle(); err != nil {
			return nil, err
		}
	}
	stored := snapshot{Format: snapshotFormat, Program: x.program.Fingerprint(), state: x.state}
	return json.Marshal(x.withoutAddresses(stored))
}

// withoutAddresses replaces the addresses of servers in what a snapshot says of
// failures.
func (x *Execution) withoutAddresses(stored snapshot) snapshot {
	if len(x.addresses) == 0 {
		return stored
	}
	var pairs []string
	for _, at := range x.addresses {
		pairs = append(pairs, at, "(server)", hostOf(at), "(server)")
	}
	replacer := strings.NewReplacer(pairs...)
	anonymous := func(c completed) *completed {
		c.Failure = c.Failure.replaced(replacer)
		return &c
	}
	if stored.Finished != nil {
		stored.Finished = anonymous(*stored.Finished)
	}
	stored.Completed = maps.Clone(stored.Completed)
	for index, c := range stored.Completed {
		stored.Completed[index] = anonymous(*c)
	}
	stored.Frames = slices.Clone(stored.Frames)
	for i, f := range stored.Frames {
		copied := *f
		copied.Failure = f.Failure.replaced(replacer)
		stored.Frames[i] = &copied
	}
	return stored
}

// Restore returns an execution that continues from a snapshot of the same program:
// the same texts, options and version of the format. Its next command is the one
// that was pending when the snapshot was taken. The error says in what way data is
// not a valid snapshot; a *CompileError, that the program cannot be run.
func (p *Program) Restore(data []byte) (*Execution, error) {
	x := p.newExecution()
	var stored snapshot
	if err := p.read(data, &stored); err != nil {
		return nil, err
	}
	x.state = stored.state
	if root := x.state.Root; root >= 0 && root < len(p.linked.Workflows) {
		if err := p.refusal(p.linked.Workflows[root]); err != nil {
			return nil, err
		}
	}
	if err := x.valid(); err != nil {
		return nil, fmt.Errorf("not a snapshot: %w", err)
	}
	x.learnCompleted()
	for _, f := range x.state.Frames {
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

// read reads a snapshot of this program.
func (p *Program) read(data []byte, into *snapshot) error {
	var head struct {
		Format  int    `json:"gobelin"`
		Program string `json:"program"`
	}
	if err := json.Unmarshal(data, &head); err != nil {
		return fmt.Errorf("not a snapshot: %w", err)
	}
	switch {
	case head.Format == 0 && head.Program != "":
		return fmt.Errorf("the snapshot has the format of gobelin before snapshots had a version; this one reads format %d", snapshotFormat)
	case head.Format != snapshotFormat:
		return fmt.Errorf("the snapshot has format %d; this gobelin reads format %d", head.Format, snapshotFormat)
	case head.Program != p.linked.Fingerprint():
		return fmt.Errorf("the snapshot is of program %q, this is %q: the document, a description or an option has changed",
			head.Program, p.linked.Fingerprint())
	}
	d := json.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields()
	if err := d.Decode(into); err != nil {
		return fmt.Errorf("not a snapshot: %w", err)
	}
	return nil
}

// learnSent finds the secrets among what the pending request carries.
func (x *Execution) learnSent(s *program.Step, e *eval.Exchange) {
	for i := range s.Arguments {
		a := &s.Arguments[i]
		if v, ok := e.Argument(a.In, a.Name); ok {
			x.learn(v, a.Secrets)
		}
	}
	if e.Payload.Set && s.Body != nil {
		x.learn(e.Payload.V, s.Body.Secrets)
	}
}

// valid checks all that the machine relies on, so that no snapshot, however
// damaged, makes it fail later.
func (x *Execution) valid() error {
	workflows := len(x.program.Workflows)
	if x.state.Root < 0 || x.state.Root >= workflows || x.state.Steps < 0 ||
		(len(x.state.Frames) == 0) != (x.state.Finished != nil) ||
		len(x.state.Frames) > cmp.Or(x.state.Settings.MaxDepth, defaultMaxDepth)+1 {
		return errors.New("the run is out of range")
	}
	for index, c := range x.state.Completed {
		if index < 0 || index >= workflows || c == nil || !c.Failure.valid() || !c.Inputs.IsJSON() {
			return errors.New("a completed workflow is out of range")
		}
	}
	for index, done := range x.state.Done {
		if index < 0 || index >= workflows || len(done) != len(x.program.Workflows[index].Steps) {
			return errors.New("an executed step is out of range")
		}
	}
	if x.state.Finished != nil && !(x.state.Finished.Failure.valid() && x.state.Finished.Outputs.IsJSON()) {
		return errors.New("the result is out of range")
	}
	if slices.Contains(x.state.Frames, nil) {
		return errors.New("a frame is missing")
	}
	for i, f := range x.state.Frames {
		if f.Workflow < 0 || f.Workflow >= workflows || x.workflow(f).Refused || !f.valid(x.program) {
			return fmt.Errorf("frame %d is out of range", i)
		}
		top, root := i == len(x.state.Frames)-1, i == 0
		if root != (f.Purpose == asRoot) {
			return fmt.Errorf("frame %d has the wrong purpose", i)
		}
		if !top && !x.waitsFor(f, x.state.Frames[i+1]) || top && f.Phase == phaseCalled {
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
		f.Left >= 0 && (f.Left == 0 || f.Purpose == asCall) &&
		len(f.Outputs) == steps && len(f.Executed) == steps && (f.Visits == nil || len(f.Visits) == steps) &&
		inRange(f.Step) && f.Attempt >= 0 && f.LoopCount >= 0 && f.Inputs.IsJSON() &&
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
		return f.Wait != nil && f.Wait.Then.Kind < jumpKinds && inRange(f.Wait.Then.Step) && f.Wait.Then.Inputs.IsJSON() &&
			f.Wait.Then.Workflow >= 0 && f.Wait.Then.Workflow < len(p.Workflows) &&
			(f.Wait.Then.Kind < afterWorkflow || !p.Workflows[f.Wait.Then.Workflow].Refused)
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
