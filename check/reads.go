package check

import (
	"slices"
	"strings"

	"github.com/gobelin-dev/gobelin/arazzo"
	"github.com/gobelin-dev/gobelin/internal/linked"
	"github.com/gobelin-dev/gobelin/internal/nearest"
)

// moment is when an expression is evaluated.
type moment uint8

const (
	beforeRequest moment = iota // parameters and body of a step
	afterResponse               // criteria, outputs and actions of a step
	afterSteps                  // outputs of a workflow
)

// eachRef calls visit for every expression of a workflow; step is nil in the
// outputs of the workflow.
func eachRef(w *linked.Workflow, visit func(*linked.Step, moment, *linked.Ref)) {
	for _, s := range w.Steps {
		before := func(r *linked.Ref) { visit(s, beforeRequest, r) }
		after := func(r *linked.Ref) { visit(s, afterResponse, r) }
		for _, a := range s.Arguments {
			a.Value.All(before)
		}
		if s.Body != nil {
			s.Body.Payload.All(before)
			for _, r := range s.Body.Replacements {
				r.Value.All(before)
			}
		}
		for _, c := range s.Criteria {
			c.All(after)
		}
		for _, o := range s.Outputs {
			o.Value.All(after)
		}
		for _, a := range slices.Concat(s.OnSuccess, s.OnFailure) {
			for _, c := range a.Criteria {
				c.All(after)
			}
			for _, in := range a.Inputs {
				in.Value.All(after)
			}
		}
	}
	for _, o := range w.Outputs {
		o.Value.All(func(r *linked.Ref) { visit(nil, afterSteps, r) })
	}
}

// messageReads tells of parts of a message where there is none, or that the
// message does not have, and of $outputs and $workflows that have no value.
func (c *checker) messageReads() {
	for _, w := range c.program.Workflows {
		eachRef(w, func(s *linked.Step, when moment, r *linked.Ref) {
			switch r.Kind {
			case linked.StatusCode, linked.ResponseHeader, linked.ResponseBody:
				c.responseRead(w, s, when, r)
			case linked.URL, linked.Method, linked.RequestHeader, linked.RequestQuery, linked.RequestPath, linked.RequestBody:
				c.requestRead(w, s, when, r)
			case linked.OutputRef:
				c.outputsRead(w, s, when, r)
			case linked.WorkflowInput, linked.WorkflowOutput:
				c.workflowRead(w, r)
			}
		})
	}
}

func (c *checker) responseRead(w *linked.Workflow, s *linked.Step, when moment, r *linked.Ref) {
	switch {
	case when == afterSteps:
		c.report(w.Document, arazzo.Error, "no-message", r.Place,
			"%s is always missing: the outputs of a workflow belong to no request; give a step the output and read it as $steps.<stepId>.outputs.<name>", r.Text)
	case s.Decl.WorkflowID != "":
		if r.Kind == linked.StatusCode && when == afterResponse && c.decided(s) {
			return // never-succeeds says it better
		}
		c.report(w.Document, arazzo.Error, "no-message", r.Place,
			"%s is always missing: step %q calls a workflow and has no response of its own; what the workflow gives is at $outputs.<name>", r.Text, s.Decl.StepID)
	case when == beforeRequest:
		c.report(w.Document, arazzo.Error, "no-message", r.Place,
			"%s is always missing: the request of step %q has not been sent yet; what an earlier step got is at $steps.<stepId>.outputs.<name>", r.Text, s.Decl.StepID)
	}
}

// decided reports whether a step of a called workflow is told never to succeed.
func (c *checker) decided(s *linked.Step) bool {
	succeeded, _ := c.outcomes(s)
	return succeeded.empty()
}

func (c *checker) requestRead(w *linked.Workflow, s *linked.Step, when moment, r *linked.Ref) {
	switch {
	case when == afterSteps:
		c.report(w.Document, arazzo.Error, "no-message", r.Place, "%s is always missing: the outputs of a workflow belong to no request; give a step the output", r.Text)
		return
	case s.Decl.WorkflowID != "":
		c.report(w.Document, arazzo.Error, "no-message", r.Place, "%s is always missing: step %q calls a workflow and sends no request of its own", r.Text, s.Decl.StepID)
		return
	case s.Operation == nil || s.MissingParameters || when == beforeRequest:
		return
	}
	places := map[linked.RefKind]string{linked.RequestQuery: "query", linked.RequestPath: "path"}
	switch in := places[r.Kind]; {
	case r.Kind == linked.RequestBody && s.Body == nil:
		c.report(w.Document, arazzo.Warning, "unsent-value", r.Place, "%s is always missing: step %q sends no body", r.Text, s.Decl.StepID)
	case in != "" && !sends(s, in, r.Name):
		var names []string
		for _, a := range s.Arguments {
			if a.In == in {
				names = append(names, a.Name)
			}
		}
		c.report(w.Document, arazzo.Warning, "unsent-value", r.Place, "%s is always missing: step %q has no %s parameter %q%s", r.Text, s.Decl.StepID, in, r.Name, nearest.Hint(r.Name, names))
	}
}

// sends reports whether a step has a parameter, or may be given it as a
// credential.
func sends(s *linked.Step, in, name string) bool {
	for _, a := range s.Arguments {
		if a.In == in && a.Name == name || a.In == "querystring" && in == "query" {
			return true
		}
	}
	for _, alternative := range s.Operation.Security {
		for _, scheme := range alternative {
			if scheme.In == in && scheme.ParamName == name {
				return true
			}
		}
	}
	return false
}

// outputsRead checks $outputs (E12).
func (c *checker) outputsRead(w *linked.Workflow, s *linked.Step, when moment, r *linked.Ref) {
	switch {
	case when == afterSteps:
		var all []string
		for _, o := range w.Outputs {
			if at := r.Place.Pointer; o.Place.Pointer == at {
				break
			}
			all = append(all, o.Name)
		}
		if !names(all, r.Name) {
			c.report(w.Document, arazzo.Warning, "unknown-output", r.Place, "%s is always missing: above it workflow %q has no output %q%s", r.Text, w.Decl.WorkflowID, r.Name, nearest.Hint(r.Name, all))
		}
	case s.Decl.WorkflowID == "" && s.Operation != nil:
		c.report(w.Document, arazzo.Error, "no-outputs", r.Place,
			"%s is always missing: step %q calls no workflow; outputs of steps are at $steps.<stepId>.outputs.<name>", r.Text, s.Decl.StepID)
	case s.Called != nil && when == beforeRequest:
		c.report(w.Document, arazzo.Error, "no-outputs", r.Place, "%s is always missing: the workflow has not been called yet", r.Text)
	case s.Called != nil && !handsOver(c.graphs[s.Called.Index]):
		c.declaredBy(w, s.Called, r)
	}
}

// handsOver reports whether a workflow may end in another one, whose outputs
// are then its (F9).
func handsOver(g *graph) bool {
	for _, edges := range g.edges {
		for _, e := range edges {
			if e.to == endHandedOver {
				return true
			}
		}
	}
	return !g.whole
}

func (c *checker) declaredBy(w, of *linked.Workflow, r *linked.Ref) {
	var all []string
	for _, e := range of.Decl.Outputs {
		all = append(all, e.Name)
	}
	if !names(all, r.Name) {
		c.report(w.Document, arazzo.Warning, "unknown-output", r.Place, "%s is always missing: workflow %q declares no output %q%s", r.Text, of.Decl.WorkflowID, r.Name, nearest.Hint(r.Name, all))
	}
}

// names reports whether a dotted name is, or begins with, one of the declared.
func names(declared []string, name string) bool {
	return slices.ContainsFunc(declared, func(d string) bool { return name == d || strings.HasPrefix(name, d+".") })
}

// workflowRead checks $workflows: whether the workflow declares the name, and
// whether anything can have run it before.
func (c *checker) workflowRead(w *linked.Workflow, r *linked.Ref) {
	of := r.Workflow
	switch {
	case r.Kind == linked.WorkflowOutput && !r.Declared:
		c.declaredBy(w, of, r)
		return
	case r.Kind == linked.WorkflowInput && !r.Declared:
		var all []string
		for _, in := range of.Inputs {
			all = append(all, in.Name)
		}
		c.report(w.Document, arazzo.Warning, "unknown-input", r.Place, "workflow %q declares no input %q%s", of.Decl.WorkflowID, r.Name, nearest.Hint(r.Name, all))
		return
	case r.Kind == linked.WorkflowInput && of == w:
		return
	}
	for _, entry := range c.program.Workflows {
		if runs := c.runs(entry); runs[w] && runs[of] && (of != w || c.leadsBackAny(w)) {
			return
		}
	}
	c.report(w.Document, arazzo.Warning, "workflow-not-run", r.Place,
		"%s is always missing: nothing runs workflow %q before; name it in the dependsOn of workflow %q, or call it from a step", r.Text, of.Decl.WorkflowID, w.Decl.WorkflowID)
}

// runs are the workflows that a run of one may come to, itself included.
func (c *checker) runs(entry *linked.Workflow) map[*linked.Workflow]bool {
	seen := map[*linked.Workflow]bool{}
	var visit func(*linked.Workflow)
	visit = func(w *linked.Workflow) {
		if w == nil || seen[w] {
			return
		}
		seen[w] = true
		for _, d := range w.DependsOn {
			visit(d)
		}
		for _, s := range w.Steps {
			visit(s.Called)
			for _, a := range slices.Concat(s.OnSuccess, s.OnFailure) {
				visit(a.Workflow)
			}
		}
	}
	visit(entry)
	return seen
}

// leadsBackAny reports whether a workflow can come to run again within a run:
// where calls are many, nothing is said about it.
func (c *checker) leadsBackAny(w *linked.Workflow) bool {
	calls := 0
	for _, other := range c.program.Workflows {
		for _, s := range other.Steps {
			if s.Called == w {
				calls++
			}
			for _, a := range slices.Concat(s.OnSuccess, s.OnFailure) {
				if a.Workflow == w {
					calls++
				}
			}
		}
	}
	return calls > 0
}
