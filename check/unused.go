package check

import (
	"fmt"
	"slices"
	"strings"

	"github.com/gobelin-dev/gobelin/arazzo"
	"github.com/gobelin-dev/gobelin/internal/program"
	"github.com/gobelin-dev/gobelin/internal/tree"
	"github.com/gobelin-dev/gobelin/internal/value"
)

// unused reports what is declared and never read. What a text merely mentions
// counts as read, and so do the outputs of workflows, which are for callers.
func (c *checker) unused() {
	elsewhere := c.inputsReadElsewhere()
	for _, w := range c.program.Workflows {
		m := newMentions(source(w.Document, &w.Decl.Object))
		c.unusedInputs(w, m, elsewhere)
		c.unusedOutputs(w, m)
	}
	for _, d := range c.program.Documents {
		m := newMentions(source(d, &d.Decl.Object))
		c.unusedComponents(d, m)
		c.unusedSources(d, m)
	}
}

// source returns an object as it was read or, in a document made by a program, as
// it would be written.
func source(d *program.Document, o *arazzo.Object) *tree.Node {
	if n := o.Origin(); n.Exists() {
		return tree.Of(n)
	}
	return d.Root.At(o.At().Pointer)
}

// mentions are what the texts in a part of a document mention: everything that
// follows a "$" or "#", sorted.
type mentions []string

// mostMention is how many bytes are kept of each mention.
const mostMention = 512

func newMentions(n *tree.Node) (m mentions) {
	for open := []*tree.Node{n}; len(open) > 0; {
		n := open[len(open)-1]
		open = open[:len(open)-1]
		if n == nil {
			continue
		}
		if n.Kind == tree.String {
			m = m.with(n.Text)
		}
		open = append(open, n.Items...)
		for _, member := range n.Members {
			m, open = m.with(member.Name), append(open, member.Value)
		}
	}
	slices.Sort(m)
	return m
}

func (m mentions) with(text string) mentions {
	for {
		i := strings.IndexAny(text, "$#")
		if i < 0 {
			return m
		}
		m = append(m, text[i:min(len(text), i+mostMention)])
		text = text[i+1:]
	}
}

// have reports whether a text, which begins with "$" or "#", is mentioned.
func (m mentions) have(text string) bool {
	text = text[:min(len(text), mostMention)]
	i, _ := slices.BinarySearch(m, text)
	return i < len(m) && strings.HasPrefix(m[i], text)
}

func (c *checker) unusedInputs(w *program.Workflow, m mentions, elsewhere map[inputName]bool) {
	read := map[string]bool{}
	w.EachRef(func(_ *program.Step, _ program.Moment, r *program.Ref) {
		if r.Kind == program.InputRef {
			read[r.Name] = true
		}
	})
	passedOn := c.passedOn(w)
	for in := range program.Each(w.Inputs) {
		if read[in.Name] || m.have("$inputs."+in.Name) || elsewhere[inputName{w, in.Name}] || passedOn(in.Name) {
			continue
		}
		at := w.Decl.At("inputs")
		if w.Decl.Inputs.Get("properties").Get(in.Name).Exists() {
			at = w.Decl.NameAt("inputs", "properties", in.Name)
		}
		severity, asked := arazzo.Note, ""
		if in.Required {
			severity, asked = arazzo.Warning, ", though every caller must provide it"
		}
		c.report(w.Document, severity, "unused-input", at, "the input %q of workflow %q is never read%s", in.Name, w.Decl.WorkflowID, asked)
	}
}

// unusedOutputs reports outputs that are never read of steps with others that
// are. If none of a step's outputs is read, they are for the reader of the record.
func (c *checker) unusedOutputs(w *program.Workflow, m mentions) {
	for _, s := range w.Steps {
		var unread []*program.Output
		for o := range program.Each(s.Outputs) {
			if !m.have("$steps."+s.Decl.StepID+".outputs."+o.Name) && !m.have("$steps."+s.Decl.StepID+"."+o.Name) {
				unread = append(unread, o)
			}
		}
		if len(unread) == len(s.Outputs) || m.have("$steps."+s.Decl.StepID+".outputs#") {
			continue
		}
		for _, o := range unread {
			c.report(w.Document, arazzo.Note, "unused-output", s.Decl.NameAt("outputs", o.Name),
				"the output %q of step %q is never read, though others of that step are", o.Name, s.Decl.StepID)
		}
	}
}

// passedOn returns a test of whether an input is passed to another workflow by its name:
// one that is depended on (F16), or that an action reaches (F10).
func (c *checker) passedOn(w *program.Workflow) func(name string) bool {
	takers := map[*program.Workflow]bool{}
	for _, to := range w.DependsOn {
		takers[to] = true
	}
	for _, s := range w.Steps {
		for _, list := range [][]*program.Action{s.OnSuccess, s.OnFailure} {
			for _, a := range list {
				if a.Workflow != nil && len(a.Inputs) == 0 {
					takers[a.Workflow] = true
				}
			}
		}
	}
	return func(name string) bool {
		for to := range takers {
			if c.declaresInput(to, name) {
				return true
			}
		}
		return false
	}
}

// declaresInput reports whether a workflow declares an input.
func (c *checker) declaresInput(w *program.Workflow, name string) bool {
	known, ok := c.inputs[w]
	if !ok {
		known = map[string]bool{}
		for in := range program.Each(w.Inputs) {
			known[in.Name] = true
		}
		c.inputs[w] = known
	}
	return known[name]
}

// inputName is an input of a workflow.
type inputName struct {
	of   *program.Workflow
	name string
}

// inputsReadElsewhere are the inputs that $workflows names.
func (c *checker) inputsReadElsewhere() map[inputName]bool {
	read := map[inputName]bool{}
	for _, w := range c.program.Workflows {
		w.EachRef(func(_ *program.Step, _ program.Moment, r *program.Ref) {
			if r.Kind == program.WorkflowInput {
				read[inputName{r.Workflow, r.Name}] = true
			}
		})
	}
	return read
}

// useOf is how each kind of component is used.
var useOf = map[string]string{
	"inputs":         "inputs: {$ref: '#/components/inputs/%s'}",
	"parameters":     "reference: $components.parameters.%s",
	"successActions": "reference: $components.successActions.%s",
	"failureActions": "reference: $components.failureActions.%s",
}

func (c *checker) unusedComponents(d *program.Document, m mentions) {
	all := d.Decl.Components
	if all == nil {
		return
	}
	for _, kind := range []string{"inputs", "parameters", "successActions", "failureActions"} {
		list := source(d, &all.Object).Get(kind)
		if list == nil {
			continue
		}
		for _, component := range list.Members {
			pointer := kind + "/" + value.PointerToken(component.Name) // a $ref is not a Reusable Object, but meant as one
			anchor := component.Value.Get("$anchor").Str()
			if m.have("$components."+kind+"."+component.Name) || m.have("#/components/"+pointer) || kind == "inputs" && anchor != "" &&
				m.have("#"+anchor) {
				continue
			}
			at := arazzo.Position{Line: component.Line, Column: component.Column, Pointer: "/components/" + pointer}
			c.report(d, arazzo.Note, "unused-component", at, "%q in components.%s is never used; it would be with %s", component.Name, kind,
				fmt.Sprintf(useOf[kind], component.Name))
		}
	}
}

func (c *checker) unusedSources(d *program.Document, m mentions) {
	used := map[*program.Source]bool{}
	for _, w := range c.program.Workflows {
		if w.Document != d {
			continue
		}
		for _, s := range w.Steps {
			if s.Operation == nil && s.Called == nil {
				return // it may call one of any source
			}
			used[s.Source] = true
		}
	}
	for _, s := range d.Sources {
		if used[s] || !s.Read() || m.have("$sourceDescriptions."+s.Name) {
			continue
		}
		c.report(d, arazzo.Warning, "unused-source", s.Decl.At("name"), "no step uses the source description %q", s.Name)
	}
}
