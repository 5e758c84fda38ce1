package check

import (
	"slices"
	"strings"

	"github.com/gobelin-dev/gobelin/arazzo"
	"github.com/gobelin-dev/gobelin/internal/program"
	"github.com/gobelin-dev/gobelin/internal/tree"
)

// unused tells of what is declared and read nowhere. What a text merely
// mentions counts as read, and so do the outputs of workflows: they are for
// their callers.
func (c *checker) unused() {
	for _, w := range c.program.Workflows {
		c.unusedInputs(w)
		c.unusedOutputs(w)
	}
	for _, d := range c.program.Documents {
		texts := allTexts(tree.Of(d.Decl.Origin()))
		c.unusedComponents(d, texts)
		c.unusedSources(d, texts)
	}
}

// allTexts are the strings of a document.
func allTexts(n *tree.Node) (texts []string) {
	if n == nil {
		return nil
	}
	if n.Kind == tree.String {
		return []string{n.Text}
	}
	for _, item := range n.Items {
		texts = append(texts, allTexts(item)...)
	}
	for _, m := range n.Members {
		texts = append(texts, allTexts(m.Value)...)
	}
	return texts
}

func mentions(texts []string, what string) bool {
	return slices.ContainsFunc(texts, func(text string) bool { return strings.Contains(text, what) })
}

func (c *checker) unusedInputs(w *program.Workflow) {
	read := map[string]bool{}
	w.EachRef(func(_ *program.Step, _ program.Moment, r *program.Ref) {
		if r.Kind == program.InputRef {
			read[r.Name] = true
		}
	})
	texts := slices.DeleteFunc(allTexts(tree.Of(w.Decl.Origin())), func(text string) bool { return strings.Contains(text, " ") && !strings.Contains(text, "$") })
	for in := range program.Each(w.Inputs) {
		if read[in.Name] || mentions(texts, "$inputs."+in.Name) || c.passedOn(w, in.Name) || c.readElsewhere(w, in.Name) {
			continue
		}
		at := w.Decl.At("inputs")
		if w.Decl.Inputs.Get("properties").Get(in.Name).Exists() {
			at = w.Decl.NameAt("inputs", "properties", in.Name)
		}
		severity, asked := arazzo.Note, ""
		if in.Required {
			severity, asked = arazzo.Warning, ", though every caller has to give it"
		}
		c.report(w.Document, severity, "unused-input", at, "the input %q of workflow %q is read nowhere%s", in.Name, w.Decl.WorkflowID, asked)
	}
}

// unusedOutputs tells of an output that is read nowhere, of a step whose other
// outputs are read. A step none of whose outputs is read has them for the
// reader of the record.
func (c *checker) unusedOutputs(w *program.Workflow) {
	texts := allTexts(tree.Of(w.Decl.Origin()))
	for _, s := range w.Steps {
		var unread []*program.Output
		for o := range program.Each(s.Outputs) {
			if !mentions(texts, "$steps."+s.Decl.StepID+".outputs."+o.Name) && !mentions(texts, "$steps."+s.Decl.StepID+"."+o.Name) {
				unread = append(unread, o)
			}
		}
		if len(unread) == len(s.Outputs) || mentions(texts, "$steps."+s.Decl.StepID+".outputs#") {
			continue
		}
		for _, o := range unread {
			c.report(w.Document, arazzo.Note, "unused-output", s.Decl.NameAt("outputs", o.Name), "the output %q of step %q is read nowhere, while others of it are", o.Name, s.Decl.StepID)
		}
	}
}

func pointerToken(name string) string {
	return strings.NewReplacer("~", "~0", "/", "~1").Replace(name)
}

// passedOn reports whether an input goes to another workflow by its name: one
// that is depended on (F16), or that an action reaches (F10).
func (c *checker) passedOn(w *program.Workflow, name string) bool {
	takes := func(to *program.Workflow) bool { return to != nil && to.Input(name) != nil }
	if slices.ContainsFunc(w.DependsOn, takes) {
		return true
	}
	for _, s := range w.Steps {
		for _, a := range slices.Concat(s.OnSuccess, s.OnFailure) {
			if len(a.Inputs) == 0 && takes(a.Workflow) {
				return true
			}
		}
	}
	return false
}

func (c *checker) readElsewhere(w *program.Workflow, name string) (read bool) {
	for _, other := range c.program.Workflows {
		other.EachRef(func(_ *program.Step, _ program.Moment, r *program.Ref) {
			read = read || r.Kind == program.WorkflowInput && r.Workflow == w && r.Name == name
		})
	}
	return read
}

func (c *checker) unusedComponents(d *program.Document, texts []string) {
	all := d.Decl.Components
	if all == nil {
		return
	}
	tell := func(kind, name, reference string) {
		pointer := "#/components/" + kind + "/" + pointerToken(name) // a $ref is no Reusable Object, but meant as one
		if mentions(texts, reference) || mentions(texts, pointer) {
			return
		}
		c.report(d, arazzo.Note, "unused-component", all.NameAt(kind, name), "%q of the components' %s is used nowhere", name, kind)
	}
	for _, e := range all.Inputs {
		anchor := e.Value.Get("$anchor").Str()
		if anchor == "" || !mentions(texts, "#"+anchor) {
			tell("inputs", e.Name, "$components.inputs."+e.Name)
		}
	}
	for _, e := range all.Parameters {
		tell("parameters", e.Name, "$components.parameters."+e.Name)
	}
	for _, e := range all.SuccessActions {
		tell("successActions", e.Name, "$components.successActions."+e.Name)
	}
	for _, e := range all.FailureActions {
		tell("failureActions", e.Name, "$components.failureActions."+e.Name)
	}
}

func (c *checker) unusedSources(d *program.Document, texts []string) {
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
		if used[s] || !s.Read() || mentions(texts, "$sourceDescriptions."+s.Name) {
			continue
		}
		c.report(d, arazzo.Warning, "unused-source", s.Decl.At("name"), "the source description %q is used by no step", s.Name)
	}
}
