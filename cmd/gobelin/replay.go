package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"os"

	"github.com/gobelin-dev/gobelin/replay"
	"github.com/gobelin-dev/gobelin/runtime"
	"github.com/spf13/cobra"
)

// replaying holds the flags of gobelin replay, which runs on what the others say.
type replaying struct {
	index     int
	from      int
	recording *replay.Recording // nil: the run is live
}

func replayCommand() *cobra.Command {
	var r run
	c := &cobra.Command{
		Use:   "replay TRACE|HAR [DOCUMENT [WORKFLOW]]",
		Short: "Run a workflow again on the responses of an earlier run, and tell where it parts from it",
		Long: "Run a workflow on the responses that a trace (run --trace) or a HAR file has, without sending anything or waiting: each " +
			"request is compared with the recorded one. DOCUMENT and WORKFLOW are by default those of the trace. So are the inputs; " +
			"secrets among them are masked there, which is enough unless the workflow computes with them: give these with -i.\n\n" +
			"Exit codes: 0 the run went the same way and succeeded, 1 it failed or parted, 2 usage, document or inputs.",
		Example: "  gobelin run workflow.yaml --trace run.jsonl\n" +
			"  gobelin replay run.jsonl\n" +
			"  gobelin replay session.har workflow.yaml checkout",
		Args: positional("gobelin replay TRACE|HAR [DOCUMENT [WORKFLOW]]", 1, 3),
		RunE: func(c *cobra.Command, args []string) error {
			defer r.timed(c)()
			recording, err := waiting(c.Context(), func() (*replay.Recording, error) { return readRecording(args[0], r.replaying.index) })
			if err != nil {
				return err
			}
			args = args[1:]
			if len(args) == 0 {
				if recording.Document == "" {
					return errors.New("a HAR file does not say what was run: gobelin replay HAR DOCUMENT [WORKFLOW]")
				}
				args = []string{recording.Document}
			}
			if len(args) == 1 && recording.WorkflowID != "" {
				args = append(args, recording.WorkflowID)
			}
			r.replaying.recording = recording
			return r.run(c, args)
		},
	}
	r.sources.flags(c)
	r.requests.flags(c)
	r.exchange.flags(c)
	r.sources.adjust = r.requests.compiler
	r.tracing.flags(c)
	r.flags(c)
	f := c.Flags()
	f.IntVar(&r.replaying.index, "run", 0, "of a trace of several runs, the one with index `N`")
	f.IntVar(&r.replaying.from, "from", 0, "go on live, with request number `N` (from 1) as the first that is sent; 0 for never")
	return c
}

// offline reports whether nothing is sent.
func (r *replaying) offline() bool { return r.recording != nil && r.from < 1 }

// fill gives the inputs of the recording to the workflow, except those that the flags
// give.
func (r *replaying) fill(documents []selected) {
	if r.recording == nil {
		return
	}
	for _, d := range documents {
		for i := range d.workflows {
			w := &d.workflows[i]
			w.inputs = maps.Clone(w.inputs)
			if w.inputs == nil {
				w.inputs = runtime.Inputs{}
			}
			for name, v := range r.recording.Inputs {
				if _, given := w.inputs[name]; !given {
					w.inputs[name] = v
				}
			}
		}
	}
}

// drive brings a run to its end: live, or on the recording.
func (r *replaying) drive(ctx context.Context, d *runtime.Driver, x *runtime.Execution) (*runtime.Result, error) {
	if r.recording == nil {
		return d.Continue(ctx, x)
	}
	replayed := replay.Driver{Recording: r.recording, OnEvent: d.OnEvent}
	if r.from > 0 {
		replayed.Live, replayed.From = d, r.from-1
	}
	return replayed.Continue(ctx, x)
}

// readRecording reads a trace, or a HAR file.
func readRecording(name string, index int) (*replay.Recording, error) {
	file, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	in := bufio.NewReader(file)
	read := func() (*replay.Recording, error) { return replay.ReadHAR(in) }
	if head, _ := in.Peek(64); bytes.Contains(head, []byte(`"gobelinTrace"`)) {
		read = func() (*replay.Recording, error) { return replay.ReadTrace(in, index) }
	}
	recording, err := read()
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return recording, nil
}
