package link

import (
	"strings"

	"github.com/gobelin-dev/gobelin/arazzo"
	"github.com/gobelin-dev/gobelin/internal/program"
	"github.com/gobelin-dev/gobelin/internal/tree"
)

// component finds what a Reusable Object refers to in one kind of components.
func component[T any](l *workflowLinker, kind, reference string, from arazzo.Map[T], at arazzo.Position) (T, bool) {
	var none T
	name, ok := strings.CutPrefix(strings.Trim(reference, "{}"), "$components."+kind+".")
	if !ok {
		l.report(l.error("unknown-component", at, "%q is not a reference; write $components.%s.<name>", reference, kind))
		return none, false
	}
	declared := l.names.components[kind]
	if declared == nil {
		declared = new(names)
	}
	i, ok := declared.index[name]
	if !ok {
		l.report(l.error("unknown-component", at, "components.%s has no %q%s", kind, name, declared.hint(name)).
			rename(0, reference, name, declared.only(name)))
		return none, false
	}
	l.use(kind, name)
	return from[i].Value, true
}

// maxComponents bounds how many components the value of one consists of, through
// one another: all of them are evaluated wherever it is named.
const maxComponents = 256

// linkedComponent is the linked value of a component.
type linkedComponent struct {
	operand *program.Operand // nil while it is being linked
	size    int              // the components that it consists of, itself included
}

// components are the linked values of the components that a workflow names. A
// value that reads the request or the response of its step is linked for each
// step, since it has its own places in the body.
type components struct {
	ofWorkflow, ofStep map[string]*linkedComponent
	depth, size        int                         // of the component that is being linked
	faulty             map[*arazzo.Diagnostic]bool // the first errors of those that are used and have any
}

func (l *workflowLinker) resolveComponent(r *resolution) {
	kind, name := cutDot(r.Name)
	if kind == "parameters" && l.names.components[kind] != nil {
		if i, ok := l.names.components[kind].index[name]; ok {
			l.use(kind, name)
			if p := l.workflow.Document.Decl.Components.Parameters[i].Value; p.Value.Exists() {
				l.resolveParameter(r, name, p)
				return
			}
		}
	}
	r.add(l.missingComponent(r))
}

func (l *workflowLinker) missingComponent(r *resolution) *problem {
	return l.warn("unknown-component", r.Place, "%s is always missing; only $components.parameters.<name> has a value", r.Text).
		focus(r.Offset, r.Text)
}

// resolveParameter resolves to the value of a parameter in the components.
func (l *workflowLinker) resolveParameter(r *resolution, name string, p *arazzo.Parameter) {
	c := &l.components
	known := c.ofWorkflow[name]
	if known == nil {
		known = c.ofStep[name]
	}
	if known == nil && c.depth < maxComponents {
		known = l.linkComponent(name, p)
	}
	switch {
	case known == nil || c.depth > 0 && c.size+known.size > maxComponents:
		r.add(l.error("unknown-component", r.Place, "%s is one too many: a component can refer to at most %d others", r.Text, maxComponents-1).
			focus(r.Offset, r.Text))
	case known.operand == nil: // it refers to itself
		r.add(l.missingComponent(r))
	default:
		c.size += known.size
		r.Kind, r.Operand = program.ComponentParameter, known.operand
	}
}

func (l *workflowLinker) linkComponent(name string, p *arazzo.Parameter) *linkedComponent {
	c := &l.components
	linked := &linkedComponent{}
	if c.ofStep == nil {
		c.ofStep = map[string]*linkedComponent{}
	}
	c.ofStep[name] = linked
	outer := c.size
	c.size = 1
	c.depth++
	o := l.operand(tree.Of(p.Value), p.At("value"))
	c.depth--
	linked.operand, linked.size = &o, c.size
	c.size = outer
	if !ofStep(&o) {
		if c.ofWorkflow == nil {
			c.ofWorkflow = map[string]*linkedComponent{}
		}
		c.ofWorkflow[name] = linked
	}
	return linked
}

// ofStep reports whether a value depends on the step that it is linked for, not
// on the workflow alone.
func ofStep(o *program.Operand) (found bool) {
	o.All(func(r *program.Ref) {
		found = found || r.Kind >= program.URL && r.Kind <= program.ResponseBody || r.Kind == program.OutputRef
	})
	return found
}
