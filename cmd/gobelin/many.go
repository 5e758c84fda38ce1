package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/gobelin-dev/gobelin/report"
	"github.com/gobelin-dev/gobelin/runtime"
	"github.com/spf13/cobra"
)

// documentRun is the record of the run of one of several workflows.
type documentRun struct {
	Document string `json:"document"`
	*report.Run
}

// manyRuns is what several runs print as JSON.
type manyRuns struct {
	Status string        `json:"status"` // succeeded if all did
	Error  *report.Error `json:"error"`  // why nothing was run
	Runs   []documentRun `json:"runs"`
}

var errFailedBefore = errors.New("not run, as one before it failed (--fail-fast)")

// many runs the selected workflows of each document, one after the other. Those of a
// document share what they have executed: each finds the outputs of earlier ones, and
// none runs again as a dependency.
func (r *run) many(ctx context.Context, c *cobra.Command, p prepared) error {
	begun := map[*job]*runtime.Execution{}
	var refused error
	for d := range p.documents {
		s := &p.documents[d]
		for i := range s.workflows {
			x, err := s.begin(s.workflows[i])
			refused = errors.Join(refused, err)
			begun[&s.workflows[i]] = x
		}
	}
	if refused != nil {
		return r.refuse(ctx, c, p, refused)
	}
	warn(c, p)
	t := table{documents: len(p.documents) > 1}
	for _, s := range p.documents {
		var last *runtime.Execution
		for i := range s.workflows {
			w := &s.workflows[i]
			if err := t.ended(ctx, r.failFast); err != nil {
				t.add(documentRun{s.file.Path, new(report.Recorder).Run(s.program, w.ID, nil, &runtime.CanceledError{Err: err})}, 0)
				continue
			}
			x := begun[w]
			if last != nil {
				if err := x.Recall(last); err != nil {
					return err
				}
			}
			last = x
			if err := r.oneOfMany(ctx, c, s, *w, x, &t); err != nil {
				return failure{exitFailed, err}
			}
		}
	}
	if err := r.printMany(c, t.runs, nil); err != nil {
		return failure{exitFailed, err}
	}
	if out := newTerminal(c.OutOrStdout()); r.output == "text" {
		if err := out.print(t.text(out)); err != nil {
			return failure{exitFailed, err}
		}
	}
	switch {
	case errors.Is(context.Cause(ctx), errInterrupted):
		return failure{exitInterrupted, errInterrupted}
	case t.failed > 0:
		return exit(exitFailed)
	}
	return nil
}

// oneOfMany runs a workflow, and prints its result if that is text.
func (r *run) oneOfMany(ctx context.Context, c *cobra.Command, s selected, w job, x *runtime.Execution, t *table) error {
	out := newTerminal(c.ErrOrStderr())
	_ = out.print(out.sentence("%s", t.name(s.file.Path, w.ID)))
	began := time.Now()
	record, result, err := r.execute(ctx, c, s, w, x)
	t.add(documentRun{s.file.Path, record}, max(time.Since(began), 1))
	if r.output != "text" {
		return nil
	}
	if err := r.print(c, record); err != nil {
		return err
	}
	tell(c, result.Diagnostics)
	if err != nil {
		out.printf("gobelin: %s\n", inFlags(err.Error()))
	}
	return nil
}

// printMany prints the records of several runs, if that is asked for as JSON.
func (r *run) printMany(c *cobra.Command, runs []documentRun, refused error) error {
	if r.output != "json" {
		return nil
	}
	all := manyRuns{Status: "succeeded", Runs: append([]documentRun{}, runs...)}
	if refused != nil {
		all.Status = "failed"
		all.Error = new(report.Recorder).Run(nil, "", nil, refused).Error
		all.Error.Message = inFlags(all.Error.Message)
	}
	for _, run := range runs {
		flagged(run.Run)
		if run.Error != nil {
			all.Status = "failed"
		}
	}
	return newTerminal(c.OutOrStdout()).json(all)
}

// table is the results of several runs.
type table struct {
	documents bool // there are several documents
	runs      []documentRun
	took      []time.Duration // 0: it was not run
	failed    int
	notRun    int // of those that failed
}

// ended returns why no other workflow is run, or nil.
func (t *table) ended(ctx context.Context, failFast bool) error {
	if err := context.Cause(ctx); err != nil {
		return err
	}
	if failFast && t.failed > 0 {
		return errFailedBefore
	}
	return nil
}

func (t *table) add(run documentRun, took time.Duration) {
	t.runs, t.took = append(t.runs, run), append(t.took, took)
	if run.Error != nil {
		t.failed++
	}
	if took == 0 {
		t.notRun++
	}
}

// name names a workflow, by its document if there are several.
func (t *table) name(document, id string) string {
	if !t.documents {
		return id
	}
	return document + " " + id
}

// text returns a line for each run, for a terminal, and their number.
func (t *table) text(out *terminal) string {
	var text strings.Builder
	text.WriteByte('\n')
	w := tabwriter.NewWriter(&text, 0, 0, 2, ' ', 0)
	for i, run := range t.runs {
		status, took, why := "succeeded", fmt.Sprintf("%.1fs", t.took[i].Seconds()), ""
		switch {
		case t.took[i] == 0:
			status, took = "not run", ""
		case run.Error != nil:
			status = "failed"
			why, _, _ = strings.Cut(inFlags(run.Error.Message), "\n")
			why = strings.TrimPrefix(why, fmt.Sprintf("workflow %q, ", run.WorkflowID))
			why = strings.TrimPrefix(why, fmt.Sprintf("workflow %q: ", run.WorkflowID))
		}
		row := out.part(run.WorkflowID) + "\t" + status + "\t" + took + "\t" + out.part(why)
		if t.documents {
			row = out.part(run.Document) + "\t" + row
		}
		fmt.Fprintln(w, strings.TrimRight(row, "\t"))
	}
	w.Flush()
	summary := []string{}
	for _, part := range []struct {
		n    int
		what string
	}{{len(t.runs) - t.failed, "succeeded"}, {t.failed - t.notRun, "failed"}, {t.notRun, "not run"}} {
		if part.n > 0 {
			summary = append(summary, fmt.Sprintf("%d %s", part.n, part.what))
		}
	}
	fmt.Fprintf(&text, "%s: %s\n", count(len(t.runs), "workflow"), strings.Join(summary, ", "))
	return text.String()
}
