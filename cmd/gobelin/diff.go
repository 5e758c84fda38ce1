package main

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/gobelin-dev/gobelin/replay"
	"github.com/spf13/cobra"
)

func diffCommand() *cobra.Command {
	var output string
	c := &cobra.Command{
		Use:   "diff TRACE TRACE",
		Short: "Tell where the runs of two traces part",
		Long: "Compare the runs of two traces (run --trace), and tell where they part: the first inputs, request, status, condition, output, " +
			"action or end that differs; then what differs, step by step. Times make no difference, nor do servers and what is masked.\n\n" +
			"Exit codes: 0 the runs are equal, 1 they differ, 2 usage.",
		Example: "  gobelin diff yesterday.jsonl today.jsonl",
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 2 {
				return errors.New("name two traces: gobelin diff TRACE TRACE")
			}
			return nil
		},
		RunE: func(c *cobra.Command, args []string) error {
			if output != "text" && output != "json" {
				return fmt.Errorf("-o %s: must be text or json", output)
			}
			runs, err := waiting(c.Context(), func() ([]replay.Comparison, error) { return diffOf(args[0], args[1]) })
			if err != nil {
				return err
			}
			equal := !slices.ContainsFunc(runs, func(r replay.Comparison) bool { return r.First != nil })
			if err := printDiff(c, output, equal, runs); err != nil {
				return failure{exitFailed, err}
			}
			if !equal {
				return exit(exitFailed)
			}
			return nil
		},
	}
	c.Flags().StringVarP(&output, "output", "o", "text", "`text|json`: output format")
	completeWords(c, map[string]string{"output": "text|json"})
	return c
}

func diffOf(first, second string) ([]replay.Comparison, error) {
	a, err := os.Open(first)
	if err != nil {
		return nil, err
	}
	defer a.Close()
	b, err := os.Open(second)
	if err != nil {
		return nil, err
	}
	defer b.Close()
	return replay.Diff(a, b)
}

func printDiff(c *cobra.Command, output string, equal bool, runs []replay.Comparison) error {
	out := newTerminal(c.OutOrStdout())
	if output == "json" {
		return out.json(struct {
			Equal bool                `json:"equal"`
			Runs  []replay.Comparison `json:"runs"`
		}{equal, runs})
	}
	var text strings.Builder
	for _, r := range runs {
		if r.First == nil {
			continue
		}
		if len(runs) > 1 {
			text.WriteString(out.sentence("run %d, workflow %s", r.Run, r.WorkflowID))
		}
		writeDifference(&text, out, r)
	}
	if equal {
		text.WriteString(out.sentence("equal: %s", count(len(runs), "run")))
	}
	return out.print(text.String())
}

// writeDifference writes where two runs part, and a table of their steps.
func writeDifference(text *strings.Builder, out *terminal, r replay.Comparison) {
	d := r.First
	where := fmt.Sprintf("workflow %q", d.WorkflowID)
	if d.StepID != "" {
		where += fmt.Sprintf(", step %q", d.StepID)
	}
	if d.Visit > 1 {
		where += fmt.Sprintf(", visit %d", d.Visit)
	}
	if d.Attempt > 1 {
		where += fmt.Sprintf(", attempt %d", d.Attempt)
	}
	text.WriteString(out.sentence("the runs part in the %s: %s", string(d.Kind), where))
	for _, line := range d.Texts {
		text.WriteString(out.sentence("  %s", line))
	}
	text.WriteByte('\n')
	w := tabwriter.NewWriter(text, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "step\tfirst\tsecond\tdiffers in")
	for _, s := range r.Steps {
		name := s.StepID
		if s.WorkflowID != r.WorkflowID {
			name = s.WorkflowID + "." + name
		}
		kinds := make([]string, len(s.Differs))
		for i, kind := range s.Differs {
			kinds[i] = string(kind)
		}
		row := fmt.Sprintf("%s\t%s\t%s\t%s", out.part(name), executed(s, 0), executed(s, 1), strings.Join(kinds, ", "))
		fmt.Fprintln(w, strings.TrimRight(row, "\t"))
	}
	w.Flush()
}

// executed says how often a run executed a step, and with which status the last time.
func executed(s replay.StepComparison, run int) string {
	switch n, status := s.Executions[run], s.Statuses[run]; {
	case n == 0:
		return "-"
	case status == 0:
		return fmt.Sprintf("%d ×", n)
	default:
		return fmt.Sprintf("%d × %d", n, status)
	}
}
