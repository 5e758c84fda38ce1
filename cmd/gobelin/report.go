package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/gobelin-dev/gobelin/internal/program"
	"github.com/gobelin-dev/gobelin/runtime"
	"github.com/gobelin-dev/gobelin/trace"
	"github.com/gobelin-dev/gobelin/view"
	"github.com/spf13/cobra"
)

// reports holds the flags of reports, and their files.
type reports struct {
	wanted []string
	files  []*os.File
}

func (r *reports) flags(c *cobra.Command) {
	c.Flags().StringArrayVar(&r.wanted, "report", nil, "`FORMAT=FILE`: write a report, "+strings.Join(view.Formats(), ", ")+
		"; FILE may be -; repeatable")
	assignments(c, "report", func([]string) completed { return view.Formats() })
}

// open creates the files of reports on runs of a program.
func (r *reports) open(ctx context.Context, c *cobra.Command, p *runtime.Program) (*view.Writer, error) {
	var outs []view.Output
	for _, text := range r.wanted {
		name, file, _ := strings.Cut(text, "=")
		if !slices.Contains(view.Formats(), name) {
			return nil, fmt.Errorf("--report %s: unknown format %q%s", text, name, hint(name, view.Formats()))
		}
		to, err := r.create(ctx, c, name, file)
		if err != nil {
			return nil, fmt.Errorf("--report %s: %w", text, err)
		}
		outs = append(outs, view.Output{Format: name, To: to})
	}
	if outs == nil {
		return nil, nil
	}
	return view.NewWriter(p, "gobelin "+version(), outs...)
}

// create opens where a report goes.
func (r *reports) create(ctx context.Context, c *cobra.Command, format, name string) (io.Writer, error) {
	mode := os.O_TRUNC
	switch {
	case name == stdinName, name == "" && format == "github":
		return c.OutOrStdout(), nil
	case name == "" && format == "md":
		if name = os.Getenv("GITHUB_STEP_SUMMARY"); name == "" {
			return nil, errors.New("write md=FILE; without FILE it is added to that of GITHUB_STEP_SUMMARY, which is not set")
		}
		mode = os.O_APPEND
	case name == "":
		return nil, errors.New("write FORMAT=FILE")
	}
	file, err := waiting(ctx, func() (*os.File, error) { return os.OpenFile(name, os.O_WRONLY|os.O_CREATE|mode, 0o666) })
	if err != nil {
		return nil, err
	}
	r.files = append(r.files, file)
	return file, nil
}

func (r *reports) close() (err error) {
	for _, file := range r.files {
		err = errors.Join(err, file.Close())
	}
	return err
}

func reportCommand() *cobra.Command {
	var from sources
	var wanted reports
	c := &cobra.Command{
		Use:   "report TRACE [DOCUMENT]",
		Short: "Write reports on the runs of a trace",
		Long: "Write reports on the runs that a trace (run --trace) has, as run --report does while they happen. DOCUMENT is by default " +
			"that of the trace, if it still is what was run; without it reports have no lines of a document, and no drawing.",
		Example: "  gobelin report run.jsonl --report html=run.html --report junit=run.xml",
		Args:    positional("gobelin report TRACE [DOCUMENT]", 1, 2),
		RunE: func(c *cobra.Command, args []string) error {
			if len(wanted.wanted) == 0 {
				return errors.New("name a report: --report FORMAT=FILE; the formats are " + strings.Join(view.Formats(), ", "))
			}
			file, err := os.Open(args[0])
			if err != nil {
				return err
			}
			defer file.Close()
			events, err := trace.NewReader(file)
			if err != nil {
				return fmt.Errorf("%s: %w", args[0], err)
			}
			p, err := from.ofTrace(c, events.Header, args[1:])
			if err != nil {
				return err
			}
			w, err := wanted.open(c.Context(), c, p)
			if err != nil {
				return err
			}
			if err := w.Read(events); err != nil {
				return fmt.Errorf("%s: %w", args[0], err)
			}
			if err := errors.Join(w.Close(), wanted.close()); err != nil {
				return failure{exitFailed, fmt.Errorf("--report: %w", err)}
			}
			return nil
		},
	}
	from.flags(c)
	wanted.flags(c)
	return c
}

// ofTrace returns the program whose runs a trace has: of the document that is named,
// or else the trace's own, or nil if that is not what was run any more.
func (s *sources) ofTrace(c *cobra.Command, of trace.Header, named []string) (*runtime.Program, error) {
	if len(named) > 0 {
		p, err := s.open(c, named[0])
		if p == nil {
			return nil, documentError(c, p, err)
		}
		return p, nil
	}
	p, err := s.open(c, of.Document)
	if err == nil && program.Of(p).Fingerprint() == of.Program {
		return p, nil
	}
	why := "is not what was run any more"
	if err != nil {
		why = "cannot be read: " + err.Error()
	}
	newTerminal(c.ErrOrStderr()).printf("the document of the trace, %s, %s; reports have no places in it\n", of.Document, why)
	return nil, nil
}
