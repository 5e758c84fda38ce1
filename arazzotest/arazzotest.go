// Package arazzotest runs workflows as Go tests: a subtest for each workflow, and in it
// one for each execution of a step, against a server, an http.Handler, or a recording of
// an earlier run.
package arazzotest

import (
	"context"
	"fmt"
	"iter"
	"maps"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/gobelin-dev/gobelin/arazzo"
	"github.com/gobelin-dev/gobelin/replay"
	"github.com/gobelin-dev/gobelin/runtime"
	"github.com/gobelin-dev/gobelin/simulate"
)

// Options say what is run, and against what. The zero Options run all workflows
// against the servers of the descriptions.
type Options struct {
	// Workflows are the ids of those that run; nil means all of the document, or those
	// of the Recordings.
	Workflows []string
	// Inputs are the inputs of each workflow, by its id.
	Inputs map[string]runtime.Inputs

	// Driver says where requests go, with which credentials, and what the specification
	// leaves open. Its OnEvent hears all runs.
	Driver runtime.Driver
	// Handler, if not nil, answers all requests in place of Driver.Client, without a
	// connection. It sees the URLs that the descriptions declare, or Driver.Servers; a
	// server that is only a path is taken to be of http://localhost. With several APIs,
	// an [http.ServeMux] tells them apart by host. Unless Driver.Clock is set, waits end
	// at once, and the clock of the run says that their time has passed.
	Handler http.Handler
	// Recordings, if not nil, are what runs are compared with and answered from, one run
	// each; nothing is sent. See [Trace].
	Recordings []*replay.Recording

	// Simulate, if not nil, answers all requests from the descriptions, so that the
	// workflow succeeds if it can; nothing is sent. Its Inputs, Settings and OnEvent are
	// those of the other options.
	Simulate *simulate.Simulator

	// Then, if not nil, is called in the subtest of each workflow that has succeeded, to
	// look at its outputs.
	Then func(t *testing.T, workflowID string, result *runtime.Result)
}

// Load returns the program of a document, whose descriptions are found from there. The
// test ends with the diagnostics if no workflow of it can be run.
func Load(t testing.TB, name string) *runtime.Program {
	t.Helper()
	doc, err := arazzo.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	program, err := runtime.Compile(t.Context(), doc)
	if err != nil {
		t.Fatal(err)
	}
	return program
}

// Trace returns the recordings of all runs of a trace, as gobelin run --trace writes it.
func Trace(t testing.TB, name string) []*replay.Recording {
	t.Helper()
	file, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	runs, err := replay.ReadRuns(file)
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return runs
}

// Run runs workflows of a program, each in a subtest of its own name, and in that each
// execution of a step in one of the step's name. The subtest of a step fails if the
// step fails and no action goes on from there, and shows what was sent, what came, and
// how it was decided. The steps of a workflow that a step calls are shown with that step.
func Run(t *testing.T, p *runtime.Program, options Options) {
	t.Helper()
	for _, j := range options.jobs(p) {
		t.Run(j.workflowID, func(t *testing.T) {
			r := &run{program: p, options: &options, job: j}
			r.test(t)
		})
	}
}

// job is a workflow to run, on a recording if there is one.
type job struct {
	workflowID string
	inputs     runtime.Inputs
	recording  *replay.Recording
}

func (o *Options) jobs(p *runtime.Program) (jobs []job) {
	if o.Recordings == nil {
		ids := o.Workflows
		if ids == nil {
			ids = p.WorkflowIDs()
		}
		for _, id := range ids {
			jobs = append(jobs, job{workflowID: id, inputs: o.Inputs[id]})
		}
		return jobs
	}
	for _, recording := range o.Recordings {
		ids := []string{recording.WorkflowID}
		if recording.WorkflowID == "" { // of a HAR file
			ids = o.Workflows
		} else if o.Workflows != nil && !slices.Contains(o.Workflows, recording.WorkflowID) {
			continue
		}
		for _, id := range ids {
			inputs := runtime.Inputs{}
			maps.Copy(inputs, recording.Inputs)
			maps.Copy(inputs, o.Inputs[id])
			jobs = append(jobs, job{id, inputs, recording})
		}
	}
	return jobs
}

// run is the run of a workflow. Its events are pulled by the subtests that tell them.
type run struct {
	program *runtime.Program
	options *Options
	job

	next   func() (runtime.Event, bool)
	ahead  runtime.Event // read, but not yet told; nil: none
	result *runtime.Result
	err    error
	failed bool // a subtest has told why
}

func (r *run) test(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	next, stop := iter.Pull(r.events(ctx, cancel))
	defer stop()
	r.next = next
	for {
		e, ok := r.read()
		if !ok {
			break
		}
		if started, ok := e.(*runtime.StepStarted); ok {
			s := &step{at: started.At, where: r.where(started.At)}
			name := started.StepID
			if started.WorkflowID != r.workflowID { // one that it depends on, or hands over to
				name = started.WorkflowID + "." + name
			}
			ran := false
			t.Run(name, func(t *testing.T) { ran = true; r.step(t, s, started) })
			if !ran { // -run chooses others
				r.pass(s, func(runtime.Event) {})
			}
		}
	}
	switch {
	case r.err != nil && !r.failed:
		t.Error(r.err)
	case r.err == nil && r.options.Then != nil:
		r.options.Then(t, r.workflowID, r.result)
	}
}

// events runs the workflow; its error is known when there are no more events.
func (r *run) events(ctx context.Context, cancel func()) iter.Seq[runtime.Event] {
	return func(yield func(runtime.Event) bool) {
		listening := true
		tell := func(e runtime.Event) {
			if r.options.Driver.OnEvent != nil {
				r.options.Driver.OnEvent(e)
			}
			if listening && !yield(e) {
				listening = false
				cancel()
			}
		}
		if r.recording != nil {
			d := replay.Driver{Recording: r.recording, Settings: r.options.Driver.Settings, OnEvent: tell}
			r.result, r.err = d.Run(ctx, r.program, r.workflowID, r.inputs)
			return
		}
		if r.options.Simulate != nil {
			s := *r.options.Simulate
			s.Inputs, s.Settings, s.OnEvent = r.inputs, r.options.Driver.Settings, tell
			r.result, r.err = s.Run(ctx, r.program, r.workflowID)
			return
		}
		d := r.options.Driver
		d.OnEvent = tell
		if r.options.Handler != nil {
			serve(&d, r.program, r.options.Handler)
		}
		r.result, r.err = d.Run(ctx, r.program, r.workflowID, r.inputs)
	}
}

func (r *run) read() (runtime.Event, bool) {
	if e := r.ahead; e != nil {
		r.ahead = nil
		return e, true
	}
	return r.next()
}

// step tells one execution of a step, and of all that it calls.
func (r *run) step(t *testing.T, s *step, started *runtime.StepStarted) {
	t.Helper()
	s.add(started)
	whole := r.pass(s, s.add)
	switch {
	case !whole: // the run ended within it
		r.failed = true
		s.line("  ended     %s", strings.ReplaceAll(fmt.Sprint(r.err), "\n", "\n          "))
		t.Error(s.text())
	case s.fatal():
		r.failed = true
		t.Error(s.text())
	default:
		t.Log(s.text())
	}
}

// pass reads the events of a step, up to what is not its own or of a workflow that it
// calls, and reports whether it was finished.
func (r *run) pass(s *step, tell func(runtime.Event)) bool {
	finished := false
	for {
		e, ok := r.read()
		if !ok {
			return finished
		}
		at := runtime.EventAt(e)
		if at.Depth <= s.at.Depth {
			switch e.(type) {
			case *runtime.StepStarted, *runtime.WorkflowStarted, *runtime.WorkflowFinished:
				if finished {
					r.ahead = e
					return true
				}
			case *runtime.StepFinished:
				finished = true
			}
		}
		tell(e)
	}
}

// where returns the place of a step in the entry document; "" in another one.
func (r *run) where(at runtime.At) string {
	for _, w := range r.program.Document().Workflows {
		if w.WorkflowID != at.WorkflowID {
			continue
		}
		for _, s := range w.Steps {
			if s.StepID == at.StepID {
				return fmt.Sprintf("%s: ", r.program.Document().Locate(s.At()))
			}
		}
	}
	return ""
}
