package check

import (
	"slices"
	"strings"

	"github.com/gobelin-dev/gobelin/arazzo"
	"github.com/gobelin-dev/gobelin/internal/openapi"
	"github.com/gobelin-dev/gobelin/internal/program"
)

// messageReads reports expressions for parts of a message where there is none, or
// that the message does not have, and $outputs and $workflows without a value.
func (c *checker) messageReads() {
	together := c.newTogether()
	for _, w := range c.program.Workflows {
		w.EachRef(func(s *program.Step, when program.Moment, r *program.Ref) {
			switch r.Kind {
			case program.StatusCode, program.ResponseHeader, program.ResponseBody:
				c.responseRead(w, s, when, r)
			case program.URL, program.Method, program.RequestHeader, program.RequestQuery, program.RequestPath, program.RequestBody:
				c.requestRead(w, s, when, r)
			case program.OutputRef:
				c.outputsRead(w, s, when, r)
			case program.WorkflowInput, program.WorkflowOutput:
				c.workflowRead(together, w, r)
			}
		})
	}
}

func (c *checker) responseRead(w *program.Workflow, s *program.Step, when program.Moment, r *program.Ref) {
	switch {
	case when == program.AfterSteps:
		c.report(w.Document, arazzo.Error, "no-message", r.At(w.Document.Decl),
			"%s is always missing: workflow outputs do not belong to a request; declare the output on a step and read it as "+
				"$steps.<stepId>.outputs.<name>", r.Text)
	case s.Decl.WorkflowID != "" && r.Kind == program.StatusCode && when == program.AfterResponse:
		// It is that of the called workflow's last response, as a note says.
	case s.Called != nil && r.Kind == program.StatusCode:
		c.report(w.Document, arazzo.Error, "no-message", r.At(w.Document.Decl), "%s is always missing: the workflow has not been called yet",
			r.Text)
	case s.Decl.WorkflowID != "":
		c.report(w.Document, arazzo.Error, "no-message", r.At(w.Document.Decl),
			"%s is always missing: step %q calls a workflow and has no response of its own; the workflow's outputs are at $outputs.<name>",
			r.Text, s.Decl.StepID)
	case when == program.BeforeRequest:
		c.report(w.Document, arazzo.Error, "no-message", r.At(w.Document.Decl),
			"%s is always missing: the request of step %q has not been sent yet; values from earlier steps are at $steps.<stepId>.outputs.<name>",
			r.Text, s.Decl.StepID)
	}
}

func (c *checker) requestRead(w *program.Workflow, s *program.Step, when program.Moment, r *program.Ref) {
	switch {
	case when == program.AfterSteps:
		c.report(w.Document, arazzo.Error, "no-message", r.At(w.Document.Decl),
			"%s is always missing: workflow outputs do not belong to a request; declare the output on a step", r.Text)
		return
	case s.Decl.WorkflowID != "":
		c.report(w.Document, arazzo.Error, "no-message", r.At(w.Document.Decl),
			"%s is always missing: step %q calls a workflow and sends no request of its own", r.Text, s.Decl.StepID)
		return
	case s.Operation == nil || s.MissingParameters || when == program.BeforeRequest:
		return
	}
	switch in := places[r.Kind]; {
	case r.Kind == program.RequestBody && s.Body == nil:
		c.report(w.Document, arazzo.Warning, "unsent-value", r.At(w.Document.Decl), "%s is always missing: step %q sends no body", r.Text,
			s.Decl.StepID)
	case in == "header" && strings.EqualFold(r.Name, "Content-Type") && s.Body == nil && !sends(s, in, r.Name):
		c.report(w.Document, arazzo.Warning, "unsent-value", r.At(w.Document.Decl),
			"%s is always missing: step %q sends no body, and has no header parameter %q", r.Text, s.Decl.StepID, r.Name)
	case in != "" && !added(in, r.Name) && !sends(s, in, r.Name):
		var names []string
		for a := range program.Each(s.Arguments) {
			if a.In == in {
				names = append(names, a.Name)
			}
		}
		c.report(w.Document, arazzo.Warning, "unsent-value", r.At(w.Document.Decl), "%s is always missing: step %q has no %s parameter %q%s",
			r.Text, s.Decl.StepID, in, r.Name, c.choice(r.Name, names))
	}
}

// added reports whether a run adds a part to requests that the step does not have.
func added(in, name string) bool {
	return in == "header" && slices.ContainsFunc([]string{"Accept", "Content-Type", "Cookie", "Authorization"}, func(header string) bool {
		return strings.EqualFold(header, name)
	})
}

// sends reports whether a step has a parameter, or may get it as a credential.
func sends(s *program.Step, in, name string) bool {
	for a := range program.Each(s.Arguments) {
		if openapi.SameParameter(a.In, a.Name, in, name) || a.In == "querystring" && in == "query" {
			return true
		}
	}
	for _, alternative := range s.Operation.Security {
		for _, scheme := range alternative {
			if openapi.SameParameter(scheme.In, scheme.ParamName, in, name) {
				return true
			}
		}
	}
	return false
}

// outputsRead checks $outputs (E12).
func (c *checker) outputsRead(w *program.Workflow, s *program.Step, when program.Moment, r *program.Ref) {
	switch {
	case when == program.AfterSteps:
		own, above := c.outputNames(w), len(w.Outputs)
		if i, ok := own.places[r.Place.Pointer]; ok {
			above = i
		}
		if !own.has(r.Name, above) {
			c.report(w.Document, arazzo.Warning, "unknown-output", r.At(w.Document.Decl),
				"%s is always missing: workflow %q has no output %q above it%s",
				r.Text, w.Decl.WorkflowID, r.Name, c.choice(r.Name, own.list[:above]))
		}
	case s.Decl.WorkflowID == "" && s.Operation != nil:
		c.report(w.Document, arazzo.Error, "no-outputs", r.At(w.Document.Decl),
			"%s is always missing: step %q does not call a workflow; its response is at $response.body and .header, and the outputs of "+
				"earlier steps are at $steps.<stepId>.outputs.<name>", r.Text, s.Decl.StepID)
	case s.Called != nil && when == program.BeforeRequest:
		c.report(w.Document, arazzo.Error, "no-outputs", r.At(w.Document.Decl), "%s is always missing: the workflow has not been called yet",
			r.Text)
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

func (c *checker) declaredBy(w, of *program.Workflow, r *program.Ref) {
	if all := c.outputNames(of); !all.has(r.Name, len(all.list)) {
		c.report(w.Document, arazzo.Warning, "unknown-output", r.At(w.Document.Decl), "%s is always missing: workflow %q declares no output %q%s",
			r.Text, of.Decl.WorkflowID, r.Name, c.choice(r.Name, all.list))
	}
}

// outputNames are the outputs of a workflow: their indexes by name and by place.
type outputNames struct {
	list          []string
	names, places map[string]int
}

func (c *checker) outputNames(w *program.Workflow) outputNames {
	known, ok := c.outputs[w]
	if !ok {
		known = outputNames{make([]string, len(w.Outputs)), map[string]int{}, map[string]int{}}
		for i, o := range slices.Backward(w.Outputs) {
			known.list[i] = o.Name
			known.names[o.Name], known.places[o.Place.Pointer] = i, i
		}
		c.outputs[w] = known
	}
	return known
}

// has reports whether a dotted name is, or begins with, one of the first n outputs.
func (o outputNames) has(name string, n int) bool {
	for {
		if i, ok := o.names[name]; ok && i < n {
			return true
		}
		dot := strings.LastIndexByte(name, '.')
		if dot < 0 {
			return false
		}
		name = name[:dot]
	}
}

// workflowRead checks $workflows: whether the workflow declares the name, and
// whether anything can have run it before.
func (c *checker) workflowRead(t *together, w *program.Workflow, r *program.Ref) {
	of := r.Workflow
	switch {
	case r.Kind == program.WorkflowOutput && r.Dotted:
		c.declaredBy(w, of, r)
	case r.Kind == program.WorkflowInput && r.Dotted:
		c.report(w.Document, arazzo.Warning, "unknown-input", r.At(w.Document.Decl), "workflow %q declares no input %q%s", of.Decl.WorkflowID,
			r.Name, lazy(func() string {
				var all []string
				for in := range program.Each(of.Inputs) {
					all = append(all, in.Name)
				}
				return c.choice(r.Name, all)()
			}))
	case r.Kind == program.WorkflowInput && of == w, t.run(w, of):
	default:
		c.report(w.Document, arazzo.Warning, "workflow-not-run", r.At(w.Document.Decl),
			"%s is always missing: nothing runs workflow %q first; add it to dependsOn of workflow %q, or call it from a step",
			r.Text, workflowName(w.Document, of), w.Decl.WorkflowID)
	}
}

// workflowName returns the name by which a document calls a workflow.
func workflowName(d *program.Document, w *program.Workflow) string {
	i := slices.IndexFunc(d.Sources, func(s *program.Source) bool { return s.Document == w.Document })
	if w.Document == d || i < 0 {
		return w.ID
	}
	return "$sourceDescriptions." + d.Sources[i].Name + "." + w.ID
}
