package main

import (
	"cmp"
	"context"
	"fmt"
	"os"

	"github.com/gobelin-dev/gobelin/runtime"
	"github.com/gobelin-dev/gobelin/trace"
	"github.com/spf13/cobra"
)

// tracing holds the flags of the trace of a run, and the trace itself.
type tracing struct {
	name    string
	maxBody int

	file   *os.File
	writer *trace.Writer // nil: none is written
	runs   int           // that have begun
}

func (t *tracing) flags(c *cobra.Command) {
	c.Flags().StringVar(&t.name, "trace", "", "write all that happens to `FILE` as it happens: a JSON object a line, secrets masked")
	c.Flags().IntVar(&t.maxBody, "trace-body", trace.DefaultMaxBody, "with --trace: the `BYTES` of a body that are kept; -1 for none")
}

// open creates the file for the runs of a program.
func (t *tracing) open(ctx context.Context, p *runtime.Program) (err error) {
	if t.name == "" {
		return nil
	}
	t.file, err = waiting(ctx, func() (*os.File, error) { return os.OpenFile(t.name, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600) })
	if err != nil {
		return fmt.Errorf("--trace: %w", err)
	}
	t.writer = trace.NewWriter(t.file, p, "gobelin "+version())
	t.writer.MaxBody = t.maxBody
	if err := t.writer.Err(); err != nil {
		return fmt.Errorf("--trace: %w", err)
	}
	return nil
}

// begin begins a run that is not one of a batch, and returns its listener.
func (t *tracing) begin(p *runtime.Program, workflowID string) func(runtime.Event) {
	if t.writer == nil {
		return func(runtime.Event) {}
	}
	run := t.runs
	t.runs++
	t.writer.Begin(run, p, workflowID)
	return t.writer.Listener(run)
}

// end ends the run that has begun last.
func (t *tracing) end(result *runtime.Result, err error) {
	if t.writer != nil {
		t.writer.End(t.runs-1, result, err)
	}
}

// close closes the file after runs that came to err. The error is that, or says why
// the trace is not whole.
func (t *tracing) close(err error) error {
	if t.writer == nil {
		return err
	}
	if e := cmp.Or(t.writer.Err(), t.file.Close()); e != nil && err == nil {
		return failure{exitFailed, fmt.Errorf("--trace: the trace is not whole: %w", e)}
	}
	return err
}
