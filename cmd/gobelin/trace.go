package main

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"slices"

	"github.com/gobelin-dev/gobelin/runtime"
	"github.com/gobelin-dev/gobelin/trace"
	"github.com/gobelin-dev/gobelin/view"
	"github.com/spf13/cobra"
)

// tracing holds the flags of what listens to runs, the trace and reports, and these
// themselves.
type tracing struct {
	name    string
	maxBody int
	reports reports
	contracts

	file   *os.File
	writer *trace.Writer // nil: none is written
	view   *view.Writer  // nil: there are no reports
	runs   int           // that have begun
}

func (t *tracing) flags(c *cobra.Command) {
	c.Flags().StringVar(&t.name, "trace", "", "write all that happens to `FILE` as it happens: a JSON object a line, secrets masked")
	c.Flags().IntVar(&t.maxBody, "trace-body", trace.DefaultMaxBody, "with --trace: the `BYTES` of a body that are kept; -1 for none")
	t.reports.flags(c)
	t.contracts.flags(c)
}

// open creates the files for the runs of a program.
func (t *tracing) open(ctx context.Context, c *cobra.Command, p *runtime.Program) (err error) {
	if err := t.contracts.check(); err != nil {
		return err
	}
	if t.view, err = t.reports.open(ctx, c, p); err != nil || t.name == "" {
		return err
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

// listens reports whether anything is written.
func (t *tracing) listens() bool { return t.writer != nil || t.view != nil || t.judges() }

// begin begins a run that is not one of a batch, and returns its listener.
func (t *tracing) begin(p *runtime.Program, workflowID string) func(runtime.Event) {
	run := t.runs
	t.runs++
	var listeners []func(runtime.Event)
	if t.writer != nil {
		t.writer.Begin(run, p, workflowID)
		listeners = append(listeners, t.writer.Listener(run))
	}
	if t.view != nil {
		t.view.Begin(run, p, workflowID)
		listeners = append(listeners, t.view.Listener(run))
	}
	return func(e runtime.Event) {
		for _, listen := range listeners {
			listen(e)
		}
	}
}

// onEvent takes an event of a batch.
func (t *tracing) onEvent(e runtime.Event) {
	t.note(e)
	if t.writer != nil {
		t.writer.OnEvent(e)
	}
	if t.view != nil {
		t.view.OnEvent(e)
	}
}

// end ends the run that has begun last.
func (t *tracing) end(result *runtime.Result, err error) { t.ended(t.runs-1, result, err) }

// ended ends a run.
func (t *tracing) ended(run int, result *runtime.Result, err error) {
	if t.writer != nil {
		t.writer.End(run, result, err)
	}
	if t.view != nil {
		t.view.End(run, result, err)
	}
}

// refused has the reports say why nothing is run: a CI looks for their files.
func (t *tracing) refused(ctx context.Context, c *cobra.Command, p prepared, err error) error {
	if len(p.documents) == 0 {
		return nil // the command line is wrong
	}
	if t.view == nil {
		var failed error
		if t.view, failed = t.reports.open(ctx, c, p.documents[0].program); failed != nil || t.view == nil {
			return failed
		}
	}
	wrong := slices.DeleteFunc(slices.Clone(p.documents), func(s selected) bool { return s.err == nil })
	if len(wrong) == 0 {
		wrong = p.documents[:1]
	}
	for _, s := range wrong {
		name := s.file.Path
		if len(s.workflows) == 1 {
			name = s.workflows[0].ID
		}
		t.begin(s.program, name)
		t.end(nil, cmp.Or(s.err, err))
	}
	return nil
}

// close closes the files after runs that came to err. The error is that, or says what
// is not whole.
func (t *tracing) close(err error) error {
	if t.writer != nil {
		if e := cmp.Or(t.writer.Err(), t.file.Close()); e != nil && err == nil {
			err = failure{exitFailed, fmt.Errorf("--trace: the trace is not whole: %w", e)}
		}
	}
	if t.view != nil {
		if e := cmp.Or(t.view.Close(), t.reports.close()); e != nil && err == nil {
			err = failure{exitFailed, fmt.Errorf("--report: %w", e)}
		}
	}
	return err
}
