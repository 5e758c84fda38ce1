package runtime

import (
	"github.com/gobelin-dev/gobelin/arazzo"
	"github.com/gobelin-dev/gobelin/internal/program"
)

// A Program is a document linked with its sources. It is immutable and safe for
// concurrent use.
type Program struct {
	linked   *program.Program
	security map[*program.Step]required // of the steps whose operation requires any
}

// newProgram returns the program for what was linked.
func newProgram(linked *program.Program) *Program {
	p := &Program{linked: linked, security: map[*program.Step]required{}}
	shared := linked.SharedSchemes()
	for _, w := range linked.Workflows {
		for _, s := range w.Steps {
			if s.Operation != nil && len(s.Operation.Security) > 0 {
				p.security[s] = security(s, shared)
			}
		}
	}
	return p
}

func (p *Program) newExecution() *Execution {
	return &Execution{program: p.linked, whole: p}
}

// Other packages of this module see what is linked.
func init() {
	program.Of = func(p any) *program.Program { return p.(*Program).linked }
	program.Send = func(p any, s *program.Step) any { return p.(*Program).send(s) }
}

// refusal returns the error of a workflow that cannot be run.
func (p *Program) refusal(w *program.Workflow) error {
	if errs := p.linked.Refusal(w); len(errs) > 0 {
		return &CompileError{errs}
	}
	return nil
}

// Diagnostics returns what compiling found, in the order of the documents.
func (p *Program) Diagnostics() []Diagnostic { return p.linked.Diagnostics }

// Document returns the entry document.
func (p *Program) Document() *arazzo.Document { return p.linked.Documents[0].Decl }

// WorkflowIDs returns the ids of the entry document's workflows, in its order.
func (p *Program) WorkflowIDs() []string {
	declared := p.linked.Documents[0].Decl.Workflows
	ids := make([]string, len(declared))
	for i, w := range declared {
		ids[i] = w.WorkflowID
	}
	return ids
}
