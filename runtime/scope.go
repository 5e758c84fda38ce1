package runtime

import (
	"slices"

	"github.com/gobelin-dev/gobelin/arazzo"
	"github.com/gobelin-dev/gobelin/internal/eval"
	"github.com/gobelin-dev/gobelin/internal/expr"
	"github.com/gobelin-dev/gobelin/internal/program"
)

// place is where in a run something is evaluated.
type place struct {
	eval.Evaluator
	scope
}

// scope is a frame of an execution.
type scope struct {
	x *Execution
	f *frame
}

// in returns the evaluator for a frame; it serves one frame at a time.
func (x *Execution) in(f *frame) *eval.Evaluator {
	if x.place == nil {
		x.place = &place{Evaluator: eval.Evaluator{Files: x.program.Files, Strict: x.program.Strict}}
	}
	p := x.place
	p.scope, p.Scope, p.Exchange, p.Done = scope{x, f}, &p.scope, f.Exchange, x.end
	return &p.Evaluator
}

// Root returns the input or output that an expression starts from.
func (s *scope) Root(r *program.Ref) (any, bool) {
	x, f := s.x, s.f
	switch r.Kind {
	case program.InputRef:
		return member(f.Inputs, r)
	case program.OutputRef:
		if f.Results != nil { // while a workflow's outputs are evaluated, those above (E12)
			return member(f.Results, r)
		}
		return member(f.Called, r)
	case program.StepOutput:
		return f.stepOutput(r)
	case program.StatusCode:
		return int64(f.Status), f.Status > 0
	}
	return x.workflowValue(f, r)
}

// Note records a diagnostic.
func (s *scope) Note(code string, at arazzo.Position, message string) {
	s.x.raise(s.f, code, at, s.x.secrets.Text(message))
}

// Learn finds the secrets in a value.
func (s *scope) Learn(v any, secrets program.Routes) { s.x.learn(v, secrets) }

func member(values map[string]any, r *program.Ref) (any, bool) {
	return expr.Member(values, r.Name, r.Dotted)
}

func (x *Execution) workflowValue(f *frame, r *program.Ref) (any, bool) {
	if r.Kind == program.WorkflowInput {
		if r.Workflow.Index == f.Workflow {
			return member(f.Inputs, r)
		}
		// One that is not at its end has inputs already.
		for _, open := range slices.Backward(x.state.Frames) {
			if open.Workflow == r.Workflow.Index {
				return member(open.Inputs, r)
			}
		}
	}
	done := x.state.Completed[r.Workflow.Index]
	if done == nil {
		return nil, false
	}
	if r.Kind == program.WorkflowInput {
		return member(done.Inputs, r)
	}
	return member(done.Outputs, r)
}
