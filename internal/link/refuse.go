package link

import (
	"strings"

	"github.com/gobelin-dev/gobelin/arazzo"
	"github.com/gobelin-dev/gobelin/internal/digraph"
	"github.com/gobelin-dev/gobelin/internal/program"
	"github.com/gobelin-dev/gobelin/internal/value"
)

// An error belongs to the workflow that has it, or that uses the component that
// has it; else to its document. It refuses the runs that can reach that workflow,
// and no others.

// report reports problems of the workflow.
func (l *workflowLinker) report(problems ...*problem) {
	l.linker.report(problems...)
	for _, p := range problems {
		if !p.tolerable {
			blame(l.workflow, p.Diagnostic)
		}
	}
}

func blame(w *program.Workflow, found ...arazzo.Diagnostic) {
	w.Errors = append(w.Errors, arazzo.Errors(found)...)
}

// attribute finds out to what the errors belong that parsing has found.
func (l *linker) attribute(d *program.Document) {
	workflows := map[string]*program.Workflow{} // by the pointer to their objects
	for _, w := range d.Decl.Workflows {
		workflows[w.At().Pointer] = d.Workflows[w.WorkflowID]
	}
	d.Faulty = map[string][]arazzo.Diagnostic{}
	for _, found := range arazzo.Errors(d.Decl.Diagnostics) {
		parts := strings.SplitN(found.Pointer, "/", 5)
		switch {
		case len(parts) > 2 && workflows["/"+parts[1]+"/"+parts[2]] != nil:
			blame(workflows["/"+parts[1]+"/"+parts[2]], found)
		case len(parts) > 3 && parts[1] == "components" && parts[2] != "inputs":
			key := parts[2] + "/" + parts[3]
			d.Faulty[key] = append(d.Faulty[key], found)
		default:
			d.Errors = append(d.Errors, found)
		}
	}
}

// use notes that the workflow uses a component, whose errors are then its own.
func (l *workflowLinker) use(kind, name string) {
	errs := l.workflow.Document.Faulty[kind+"/"+value.PointerToken(name)]
	if len(errs) > 0 && !l.components.faulty[&errs[0]] {
		if l.components.faulty == nil {
			l.components.faulty = map[*arazzo.Diagnostic]bool{}
		}
		l.components.faulty[&errs[0]] = true
		blame(l.workflow, errs...)
	}
}

// refuse marks the workflows that cannot be run, since a run can reach an error. In
// strict mode all errors keep all of them from it.
func (l *linker) refuse() {
	workflows := l.program.Workflows
	leads := make([][]int, len(workflows))
	refused := make([]bool, len(workflows))
	strict := l.options.Strict && len(arazzo.Errors(l.diagnostics)) > 0
	var wrong []int
	for i, w := range workflows {
		for to := range w.Leads() {
			leads[i] = append(leads[i], to.Index)
		}
		if strict || len(w.Errors)+len(w.Document.Errors) > 0 {
			refused[i] = true
			wrong = append(wrong, i)
		}
	}
	back := digraph.Reversed(leads)
	for _, i := range wrong {
		digraph.Spread(back, i, refused, func(int) {})
	}
	for i, w := range workflows {
		w.Refused = refused[i]
	}
}
