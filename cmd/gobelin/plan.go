package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/gobelin-dev/gobelin/internal/value"
	"github.com/gobelin-dev/gobelin/plan"
	"github.com/gobelin-dev/gobelin/runtime"
	"github.com/spf13/cobra"
)

// documentPlan is the plan of a workflow of one of several documents.
type documentPlan struct {
	Document string `json:"document"`
	*plan.Plan
}

// plannable rejects the flags for what a dry run does not have.
func (r *run) plannable(c *cobra.Command) error {
	for _, name := range []string{"each", "resume", "trace", "report", "explain", "verbose", "curl", "contract", "contract-requests"} {
		if c.Flags().Changed(name) {
			return fmt.Errorf("--dry-run sends nothing, so that there is nothing for --%s", name)
		}
	}
	return nil
}

// plan prints what the selected workflows would send.
func (r *run) plan(ctx context.Context, c *cobra.Command, p prepared) error {
	var plans []documentPlan
	for i := range p.documents {
		s := &p.documents[i]
		for _, w := range s.workflows {
			d := s.driver
			d.Settings.DependencyInputs = w.dependency
			made, err := plan.Make(ctx, &d, s.program, w.ID, w.inputs)
			if err != nil {
				var compile *runtime.CompileError
				if errors.As(err, &compile) {
					s.err = err
				}
				return r.refuse(ctx, c, p, err)
			}
			flaggedPlan(&made.Workflow)
			plans = append(plans, documentPlan{s.file.Path, made})
		}
	}
	warn(c, p)
	out := newTerminal(c.OutOrStdout())
	if r.output == "json" {
		if p.several {
			return out.json(struct {
				Plans []documentPlan `json:"plans"`
			}{plans})
		}
		return out.json(plans[0].Plan)
	}
	for i, made := range plans {
		t := &planText{out: out}
		if i > 0 {
			t.b.WriteByte('\n')
		}
		if len(p.documents) > 1 {
			t.line(0, "%s", made.Document)
		}
		t.workflow(0, "workflow ", &made.Workflow)
		if len(made.MissingInputs) > 0 {
			t.line(0, "\na run needs inputs that were not given: %s", strings.Join(made.MissingInputs, ", "))
		}
		if err := out.print(t.b.String()); err != nil {
			return err
		}
	}
	return nil
}

// flaggedPlan replaces the fields in the messages of a plan by flags.
func flaggedPlan(w *plan.Workflow) {
	for _, before := range w.DependsOn {
		flaggedPlan(before)
	}
	for _, s := range w.Steps {
		s.Failure = inFlags(s.Failure)
		for i := range s.Notes {
			s.Notes[i] = inFlags(s.Notes[i])
		}
		if s.Calls != nil {
			flaggedPlan(s.Calls)
		}
	}
}

// planText writes a plan, indented by depth.
type planText struct {
	out *terminal
	b   strings.Builder
}

func (t *planText) line(depth int, format string, args ...any) {
	t.b.WriteString(strings.Repeat("  ", depth) + t.out.sentence(format, args...))
}

func (t *planText) workflow(depth int, what string, w *plan.Workflow) {
	t.line(depth, "%s%s", what, w.ID)
	for _, name := range sortedNames(w.Inputs) {
		t.line(depth+1, "input %s: %s", name, value.Text(w.Inputs[name]))
	}
	for _, before := range w.DependsOn {
		t.workflow(depth+1, "first workflow ", before)
	}
	for _, s := range w.Steps {
		t.b.WriteByte('\n')
		t.step(depth+1, s)
	}
	if w.Omitted != "" {
		t.line(depth+1, "%s", "… "+w.Omitted)
	}
	if len(w.Steps) > 0 && len(w.Outputs) > 0 {
		t.b.WriteByte('\n')
	}
	t.names(depth+1, "outputs", w.Outputs)
}

func (t *planText) names(depth int, what string, names []string) {
	if len(names) > 0 {
		t.line(depth, "%s: %s", what, strings.Join(names, ", "))
	}
}

func (t *planText) step(depth int, s *plan.Step) {
	t.line(depth, "step %s: %s (%s)", s.ID, s.Operation, s.Position.String())
	for _, note := range s.Notes {
		t.line(depth+1, "note: %s", note)
	}
	if s.Failure != "" {
		t.line(depth+1, "fails: %s", s.Failure)
	}
	if s.Request != nil {
		t.request(depth+1, s.Request)
	}
	if s.Calls != nil {
		t.workflow(depth+1, "calls workflow ", s.Calls)
	}
	for _, c := range s.Criteria {
		t.line(depth+1, "succeeds if %s", criterionText(c))
	}
	t.actions(depth+1, "on success", s.OnSuccess)
	t.actions(depth+1, "on failure", s.OnFailure)
	t.names(depth+1, "outputs", s.Outputs)
}

func criterionText(c plan.Criterion) string {
	if c.Context == "" {
		return c.Condition
	}
	return fmt.Sprintf("%s of %s: %s", c.Type, c.Context, c.Condition)
}

func (t *planText) actions(depth int, when string, list []plan.Action) {
	for _, a := range list {
		text := fmt.Sprintf("%s, %s: %s %s", when, a.Name, a.Type, a.Target)
		if a.Type == "retry" {
			text = fmt.Sprintf("%s (after %gs, %d at most)", strings.TrimSpace(text), a.RetryAfter, a.RetryLimit)
		}
		text = strings.TrimSpace(text)
		for i, c := range a.Criteria {
			text += []string{", if ", " and "}[min(i, 1)] + criterionText(c)
		}
		t.line(depth, "%s", text)
	}
}

func (t *planText) request(depth int, r *plan.Request) {
	t.line(depth, "%s %s", r.Method, r.URL)
	for _, name := range sortedNames(r.Header) {
		for _, v := range r.Header[name] {
			t.line(depth, "%s: %s", name, v)
		}
	}
	for line := range strings.Lines(pretty(r.Body)) {
		t.line(depth, "%s", strings.TrimSuffix(line, "\n"))
	}
	if r.Size > len(r.Body) {
		t.line(depth, "%s", fmt.Sprintf("… a body of %d bytes", r.Size))
	}
	for i, alternative := range r.Security {
		var schemes []string
		for _, s := range alternative {
			schemes = append(schemes, s.Name+" ("+s.Type+"), "+suppliedBy[s.By])
		}
		if schemes == nil {
			schemes = []string{"none"}
		}
		t.line(depth, "%s: %s", []string{"credentials", "or credentials"}[min(i, 1)], strings.Join(schemes, " and "))
	}
	if len(r.Unknown) > 0 {
		t.line(depth, "not known before the run: %s", strings.Join(r.Unknown, ", "))
	}
}

var suppliedBy = map[string]string{"": "not given", "step": "set by the step", "driver": "given", "client": "of the TLS connection"}

// pretty indents a text if it is JSON.
func pretty(text string) string {
	var out bytes.Buffer
	if json.Indent(&out, []byte(text), "", "  ") != nil {
		return text
	}
	return out.String()
}
