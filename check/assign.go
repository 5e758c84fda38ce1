package check

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/gobelin-dev/gobelin/arazzo"
	"github.com/gobelin-dev/gobelin/internal/program"
)

// history is what can have become of a step by the time that a place is
// reached, on one way or another.
type history uint8

const (
	unexecuted history = 1 << iota
	hasSucceeded
	hasFailed
)

// assignment is the definite assignment of step outputs over a graph.
type assignment struct {
	*graph
	before [][]history // by step, then by the step that is asked about
}

// outcomeOf is the history of a step just behind it.
func outcomeOf(e edge) history {
	if e.failed {
		return hasFailed
	}
	return hasSucceeded
}

func newAssignment(g *graph) *assignment {
	a := &assignment{graph: g, before: make([][]history, len(g.Steps))}
	if len(g.Steps) == 0 {
		return a
	}
	start := make([]history, len(g.Steps))
	for i := range start {
		start[i] = unexecuted
	}
	a.before[0] = start
	waiting := make([]bool, len(g.Steps))
	scratch := make([]history, len(g.Steps))
	for work := []int{0}; len(work) > 0; {
		i := work[0]
		work, waiting[i] = work[1:], false
		for _, e := range g.edges[i] {
			if e.to >= 0 && a.join(e.to, a.behind(scratch, i, e)) && !waiting[e.to] {
				work, waiting[e.to] = append(work, e.to), true
			}
		}
	}
	// What a retry refers to is executed there and then; nothing follows it.
	for i, edges := range g.edges {
		for _, e := range edges {
			if e.via >= 0 && a.before[i] != nil {
				state := slices.Clone(a.before[i])
				state[i] = hasFailed
				a.join(e.via, state)
			}
		}
	}
	return a
}

// behind is the history of all steps on a way that leaves step i, written into
// state.
func (a *assignment) behind(state []history, i int, e edge) []history {
	state = append(state[:0], a.before[i]...)
	state[i] = outcomeOf(e)
	if e.via >= 0 {
		state[e.via] = hasSucceeded | hasFailed
	}
	return state
}

func (a *assignment) join(i int, state []history) (changed bool) {
	if a.before[i] == nil {
		a.before[i] = slices.Clone(state)
		return true
	}
	for j, h := range state {
		if a.before[i][j]|h != a.before[i][j] {
			a.before[i][j] |= h
			changed = true
		}
	}
	return changed
}

// dataFlow tells of values that are missing where they are read.
func (c *checker) dataFlow() {
	for _, g := range c.graphs {
		if !g.whole {
			continue
		}
		a := newAssignment(g)
		for i, s := range g.Steps {
			if a.before[i] != nil {
				c.stepReads(a, s)
			}
		}
		c.workflowOutputs(a)
	}
}

// reading is one place that reads values.
type reading struct {
	step     *program.Step // being executed; nil: the outputs of the workflow
	state    []history
	optional bool // a value that is missing is left out, and that is that (E15)
	partial  arazzo.Severity
}

func (c *checker) stepReads(a *assignment, s *program.Step) {
	for _, p := range s.After {
		of := p.Step
		if of.Workflow == a.Workflow && a.before[s.Index][of.Index] == unexecuted {
			i := max(0, slices.Index(s.Decl.DependsOn, of.Decl.StepID))
			c.report(a.Document, arazzo.Error, "unmet-dependency", s.Decl.At("dependsOn", strconv.Itoa(i)),
				"step %q always fails: it depends on step %q, which is never executed before it; dependsOn does not execute a step, so put it in front", s.Decl.StepID, of.Decl.StepID)
		}
	}
	before := reading{step: s, state: a.before[s.Index], partial: arazzo.Warning}
	read := func(r reading) func(*program.Ref) { return func(ref *program.Ref) { c.read(a, r, ref) } }
	for i := range s.Arguments {
		argument, r := &s.Arguments[i], before
		r.optional = isWhole(&argument.Value) && !required(s, argument)
		argument.Value.All(read(r))
	}
	if s.Body != nil {
		s.Body.Payload.All(read(before))
		for i := range s.Body.Replacements {
			s.Body.Replacements[i].Value.All(read(before))
		}
	}
	for _, criterion := range s.Criteria {
		criterion.All(read(before))
	}
	for i := range s.Outputs {
		s.Outputs[i].Value.All(read(before))
	}
	for i, actions := range [][]*program.Action{s.OnSuccess, s.OnFailure} {
		after := before
		after.state = a.behind(nil, s.Index, edge{failed: i == 1, via: -1})
		for _, action := range actions {
			for _, criterion := range action.Criteria {
				criterion.All(read(after))
			}
			for i := range action.Inputs {
				argument, r := &action.Inputs[i], after
				r.optional = action.Workflow == nil || isWhole(&argument.Value) && !requiresInput(action.Workflow, argument.Name)
				argument.Value.All(read(r))
			}
		}
	}
}

// isWhole reports whether a value is one expression, which may be left out: a
// longer text with an expression that is missing fails the step (E15).
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

func (c *checker) workflowOutputs(a *assignment) {
	var state []history
	for i, edges := range a.edges {
		for _, e := range edges {
			if e.to != endSucceeded || a.before[i] == nil {
				continue
			}
			behind := a.behind(nil, i, e)
			for j := range state {
				behind[j] |= state[j]
			}
			state = behind
		}
	}
	if state == nil {
		c.handedOver(a)
		return // it never succeeds; outputs of a failure are those that are there
	}
	for o := range program.Each(a.Outputs) {
		o.Value.All(func(ref *program.Ref) {
			c.read(a, reading{state: state, partial: arazzo.Note}, ref)
		})
	}
}

// handedOver tells of outputs that nobody gets, because each end of the
// workflow that is no failure hands over to another one (F9).
func (c *checker) handedOver(a *assignment) {
	for i, edges := range a.edges {
		for _, e := range edges {
			if a.before[i] == nil || e.to != endHandedOver || e.failed || len(a.Outputs) == 0 {
				continue
			}
			d := c.report(a.Document, arazzo.Warning, "lost-outputs", a.Decl.At("outputs"),
				"the outputs of workflow %q are lost: where it succeeds it hands over to another workflow, whose outputs are the result; a step that calls that workflow comes back", a.Decl.WorkflowID)
			d.Related = append(d.Related, related(a.Document, e.action.Listed, "action %q %s", e.action.Name, whereTo(e.action)))
			return
		}
	}
}

// inputsByName tells of inputs that a workflow requires and that do not go
// along to it, because the one that it is reached from has none of that name
// (F10, F16).
func (c *checker) inputsByName() {
	for _, w := range c.program.Workflows {
		for _, to := range w.DependsOn {
			i := slices.IndexFunc(w.Decl.DependsOn, func(id string) bool { return id == to.Decl.WorkflowID || strings.HasSuffix(id, "."+to.Decl.WorkflowID) })
			c.passes(w, to, arazzo.Note, w.Decl.At("dependsOn", strconv.Itoa(max(0, i))), "; give it as an input of the dependency")
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
				"workflow %q requires the input %q; inputs go along by their names, and workflow %q declares none of that name%s", to.Decl.WorkflowID, in.Name, w.Decl.WorkflowID, hint)
		}
	}
}

// read checks one expression at one place.
func (c *checker) read(a *assignment, r reading, ref *program.Ref) {
	if ref.Kind != program.StepOutput || ref.Dotted {
		return
	}
	of := ref.Step
	switch h := r.state[of.Index]; {
	case h == unexecuted:
		c.neverAssigned(a, r, ref)
	case r.optional:
	case h&unexecuted != 0:
		d := c.report(a.Document, r.partial, "maybe-missing", ref.At(a.Document.Decl),
			"%s can be missing: on the way %s, step %q has not been executed", ref.Text, a.way(r, of, unexecuted), of.Decl.StepID)
		d.Related = a.turns(r, of, unexecuted)
	case h&hasFailed != 0 && h&hasSucceeded != 0 && of != r.step && ofResponse(of, ref.Name):
		d := c.report(a.Document, r.partial, "maybe-missing", ref.At(a.Document.Decl),
			"%s can be missing: on the way %s, step %q has failed", ref.Text, a.way(r, of, hasFailed), of.Decl.StepID)
		d.Related = a.turns(r, of, hasFailed)
	}
}

// ofResponse reports whether an output is a part of a response, which a
// response to a failure may not have.
func ofResponse(s *program.Step, name string) bool {
	for o := range program.Each(s.Outputs) {
		if o.Name == name {
			r := o.Value.Ref
			return o.Value.Kind == program.Reference && (r.Kind == program.ResponseHeader || r.Kind == program.ResponseBody && len(r.Pointer)+len(r.Access) > 0)
		}
	}
	return s.Called != nil
}

func (c *checker) neverAssigned(a *assignment, r reading, ref *program.Ref) {
	of, why := ref.Step, ""
	severity := arazzo.Error
	switch {
	case r.step == nil:
		severity = arazzo.Warning
		why = "when the workflow has succeeded, it has never been executed"
	case of == r.step:
		why = "it is being executed, and its outputs are evaluated later; its response is at $response"
	case of.Index > r.step.Index:
		why = "it comes later"
	default:
		why = "no way to here leads through it"
	}
	d := c.report(a.Document, severity, "never-assigned", ref.At(a.Document.Decl), "%s is always missing: step %q has no outputs yet; %s", ref.Text, of.Decl.StepID, why)
	d.Related = append(d.Related, related(a.Document, of.Decl.At("stepId"), "step %q", of.Decl.StepID))
}

// trail is a shortest way on which a step has a history, as the edges taken.
func (a *assignment) trail(r reading, of *program.Step, h history) []taken {
	type place struct {
		at      int
		history history
	}
	type visit struct {
		place
		previous int
		by       taken
	}
	visits := []visit{{place: place{0, unexecuted}, previous: -1}}
	seen := map[place]bool{{0, unexecuted}: true}
	for n := 0; n < len(visits); n++ {
		v := visits[n]
		arrived := r.step != nil && v.at == r.step.Index || r.step == nil && v.at == endSucceeded
		if arrived && v.history == h {
			var way []taken
			for ; v.previous >= 0; v = visits[v.previous] {
				way = append(way, v.by)
			}
			slices.Reverse(way)
			return way
		}
		if v.at < 0 {
			continue
		}
		for _, e := range a.edges[v.at] {
			next := place{e.to, v.history}
			if v.at == of.Index {
				next.history = outcomeOf(e)
			} else if e.via == of.Index {
				next.history = hasSucceeded
			}
			if !seen[next] {
				seen[next] = true
				visits = append(visits, visit{next, n, taken{v.at, e}})
			}
		}
	}
	return nil
}

type taken struct {
	from int
	edge
}

// way tells a trail in one phrase.
func (a *assignment) way(r reading, of *program.Step, h history) string {
	text := fmt.Sprintf("%q", a.Steps[0].Decl.StepID)
	trail := a.trail(r, of, h)
	const most = 8
	for i, t := range trail {
		if t.to < 0 {
			break
		}
		if i == most && len(trail) > most+1 {
			return text + " → …"
		}
		text += fmt.Sprintf(" → %q", a.Steps[t.to].Decl.StepID)
	}
	return text
}

// turns are the places at which a trail leaves the order of the steps.
func (a *assignment) turns(r reading, of *program.Step, h history) (list []arazzo.Related) {
	for _, t := range a.trail(r, of, h) {
		if t.action == nil || t.action.Kind == "retry" {
			continue
		}
		outcome := "succeeds"
		if t.failed {
			outcome = "fails"
		}
		list = append(list, related(a.Document, t.action.Listed, "when step %q %s, action %q %s", a.Steps[t.from].Decl.StepID, outcome, t.action.Name, whereTo(t.action)))
	}
	return list
}
