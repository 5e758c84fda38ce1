package check

import (
	"slices"
	"strconv"
	"strings"

	"github.com/gobelin-dev/gobelin/arazzo"
	"github.com/gobelin-dev/gobelin/internal/program"
)

// dataFlow reports values that are missing where they are read.
func (c *checker) dataFlow() {
	for _, g := range c.graphs {
		if !g.whole || g.Circular {
			continue
		}
		d := &dataFlow{checker: c, graph: g}
		runs := g.referred()
		for i, s := range g.Steps {
			if runs[i] = runs[i] || g.reached[i]; runs[i] {
				d.step(s)
			}
		}
		if g.succeeds() {
			for o := range program.Each(g.Outputs) {
				d.read(reading{at: point{step: end}, partial: arazzo.Note}, &o.Value)
			}
		} else {
			c.handedOver(g) // it never succeeds; outputs of a failure are those that are there
		}
		newAssignment(g).answer(d.questions, &c.left.flow)
		d.report()
	}
}

// dataFlow collects what the steps and outputs of a workflow read.
type dataFlow struct {
	*checker
	*graph
	readings  []reading
	questions []question // parallel to readings
	search    search
}

// reading is one place that needs what a step has done.
type reading struct {
	at           point
	ref          *program.Ref          // nil: prerequisite is set
	prerequisite *program.Prerequisite // of a step's dependsOn
	optional     bool                  // a missing value is simply omitted (E15)
	partial      arazzo.Severity       // of a value that is missing on some ways
}

func (d *dataFlow) ask(r reading, of *program.Step) {
	d.readings = append(d.readings, r)
	d.questions = append(d.questions, question{of: of.Index, at: r.at})
}

func (d *dataFlow) read(r reading, v interface{ All(func(*program.Ref)) }) {
	v.All(func(ref *program.Ref) {
		if ref.Kind == program.StepOutput && !ref.Dotted {
			r.ref = ref
			d.ask(r, ref.Step)
		}
	})
}

func (d *dataFlow) step(s *program.Step) {
	before := reading{at: point{step: s.Index}, partial: arazzo.Warning}
	for p := range program.Each(s.After) {
		if r := before; p.Step.Workflow == d.Workflow {
			r.prerequisite = p
			d.ask(r, p.Step)
		}
	}
	for argument := range program.Each(s.Arguments) {
		r := before
		r.optional = isWhole(&argument.Value) && !required(s, argument)
		d.read(r, &argument.Value)
	}
	if s.Body != nil {
		d.read(before, &s.Body.Payload)
		for r := range program.Each(s.Body.Replacements) {
			d.read(before, &r.Value)
		}
	}
	for _, criterion := range s.Criteria {
		d.read(before, criterion)
	}
	for o := range program.Each(s.Outputs) {
		d.read(before, &o.Value)
	}
	d.actions(s, s.OnSuccess, hasSucceeded)
	d.actions(s, s.OnFailure, hasFailed)
}

func (d *dataFlow) actions(s *program.Step, list []*program.Action, outcome history) {
	after := reading{at: point{step: s.Index, outcome: outcome}, partial: arazzo.Warning}
	for _, action := range list {
		for _, criterion := range action.Criteria {
			d.read(after, criterion)
		}
		for argument := range program.Each(action.Inputs) {
			r := after
			r.optional = action.Workflow == nil || isWhole(&argument.Value) && !requiresInput(action.Workflow, argument.Name)
			d.read(r, &argument.Value)
		}
	}
}

// report reports what the answers say.
func (d *dataFlow) report() {
	unanswered := 0
	for i, r := range d.readings {
		h := d.questions[i].history
		of := d.Steps[d.questions[i].of]
		switch {
		case h == 0:
			unanswered++
		case r.ref == nil:
			if h == unexecuted {
				d.unmet(d.Steps[r.at.step], r.prerequisite)
			}
		case h == unexecuted:
			d.neverAssigned(r)
		case r.optional:
		case h&unexecuted != 0:
			d.maybeMissing(r, unexecuted, "has not been executed")
		case h&hasFailed != 0 && h&hasSucceeded != 0 && of.Index != r.at.step && ofResponse(of, r.ref.Name):
			d.maybeMissing(r, hasFailed, "has failed")
		}
	}
	if unanswered > 0 {
		d.checker.report(d.Document, arazzo.Note, "check-limit", d.Decl.At("workflowId"),
			"workflow %q is too large to check whether everything that its steps read has a value: %d of %d reads were not analyzed",
			d.Decl.WorkflowID, unanswered, len(d.readings))
	}
}

func (d *dataFlow) unmet(s *program.Step, p *program.Prerequisite) {
	i := max(0, slices.Index(s.Decl.DependsOn, p.Text))
	d.checker.report(d.Document, arazzo.Error, "unmet-dependency", s.Decl.At("dependsOn", strconv.Itoa(i)),
		"step %q always fails: it depends on step %q, which is never executed before it; dependsOn does not execute a step, so move it before "+
			"this one", s.Decl.StepID, p.Step.Decl.StepID)
}

func (d *dataFlow) maybeMissing(r reading, h history, what string) {
	of := r.ref.Step
	var way trail
	found := d.checker.report(d.Document, r.partial, "maybe-missing", r.ref.At(d.Document.Decl), "%s can be missing: on %s, step %q %s",
		r.ref.Text,
		lazy(func() string {
			way = d.search.trail(d.graph, r.at, of.Index, h, &d.left.trails)
			return way.text(d.graph)
		}), of.Decl.StepID, what)
	found.Related = way.turns(d.graph)
}

// isWhole reports whether a value is one expression, which may be omitted: a
// longer text with a missing expression fails the step (E15).
func isWhole(v *program.Operand) bool {
	return v.Kind == program.Reference || v.Kind == program.Interpolation && len(v.Template.Parsed.Parts) == 1
}

// required reports whether a step fails without the argument.
func required(s *program.Step, a *program.Argument) bool {
	if s.Called != nil {
		return requiresInput(s.Called, a.Name)
	}
	if s.Operation == nil {
		return false
	}
	if p := parameterOf(s.Operation, a); p != nil {
		return p.Required
	}
	return a.In == "path"
}

func requiresInput(w *program.Workflow, name string) bool {
	in := w.Input(name)
	return in != nil && in.Required
}

// handedOver reports outputs that nobody receives, because every successful end
// of the workflow hands over to another one (F9).
func (c *checker) handedOver(g *graph) {
	for i, edges := range g.edges {
		for _, e := range edges {
			if !g.reached[i] || e.to != endHandedOver || e.failed || len(g.Outputs) == 0 {
				continue
			}
			d := c.report(g.Document, arazzo.Warning, "lost-outputs", g.Decl.At("outputs"),
				"the outputs of workflow %q are lost: when it succeeds it hands over to another workflow, whose outputs become the result; call "+
					"that workflow from a step instead, which returns", g.Decl.WorkflowID)
			d.Related = append(d.Related, related(g.Document, e.action.Listed, "action %q %s", e.action.Name, whereTo(e.action)))
			return
		}
	}
}

// inputsByName reports inputs that a workflow requires and is not passed, because
// the workflow that it is reached from has none with that name (F10, F16).
func (c *checker) inputsByName() {
	for _, w := range c.program.Workflows {
		for _, to := range w.DependsOn {
			i := slices.IndexFunc(w.Decl.DependsOn, func(id string) bool {
				return id == to.Decl.WorkflowID ||
					strings.HasSuffix(id, "."+to.Decl.WorkflowID)
			})
			c.passes(w, to, arazzo.Note, w.Decl.At("dependsOn", strconv.Itoa(max(0, i))), "; pass it as an input of the dependency")
		}
		for _, s := range w.Steps {
			for _, a := range slices.Concat(s.OnSuccess, s.OnFailure) {
				if a.Workflow != nil && len(a.Inputs) == 0 && a.Workflow != w {
					c.passes(w, a.Workflow, arazzo.Warning, a.Listed, "")
				}
			}
		}
	}
}

func (c *checker) passes(w, to *program.Workflow, severity arazzo.Severity, at arazzo.Position, hint string) {
	for in := range program.Each(to.Inputs) {
		byDefault := in.Find("default") != nil
		if in.Required && !byDefault && w.Input(in.Name) == nil {
			c.report(w.Document, severity, "input-not-passed", at,
				"workflow %q requires the input %q; inputs are passed by name, and workflow %q declares none with that name%s",
				to.Decl.WorkflowID, in.Name, w.Decl.WorkflowID, hint)
		}
	}
}

// ofResponse reports whether an output is a part of a response, which a
// response to a failure may not have.
func ofResponse(s *program.Step, name string) bool {
	for o := range program.Each(s.Outputs) {
		if o.Name == name {
			r := o.Value.Ref
			return o.Value.Kind == program.Reference && (r.Kind == program.ResponseHeader || r.Kind == program.ResponseBody &&
				len(r.Pointer)+len(r.Access) > 0)
		}
	}
	return s.Called != nil
}

func (d *dataFlow) neverAssigned(r reading) {
	if r.ref.Early {
		return // it was found when the document was linked
	}
	of, why := r.ref.Step, ""
	severity := arazzo.Error
	switch {
	case r.at.step == end:
		severity = arazzo.Warning
		why = "it is never executed when the workflow succeeds"
	case of.Index == r.at.step:
		why = "it is being executed, and its outputs are evaluated later; its response is at $response"
	case of.Index > r.at.step:
		why = "it comes later"
	default:
		why = "no path to this point goes through it"
	}
	found := d.checker.report(d.Document, severity, "never-assigned", r.ref.At(d.Document.Decl),
		"%s is always missing: step %q has no outputs yet; %s", r.ref.Text, of.Decl.StepID, why)
	found.Related = append(found.Related, related(d.Document, of.Decl.At("stepId"), "step %q", of.Decl.StepID))
}
