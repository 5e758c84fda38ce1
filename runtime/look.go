package runtime

import (
	"slices"

	"github.com/gobelin-dev/gobelin/arazzo"
	"github.com/gobelin-dev/gobelin/internal/expr"
	"github.com/gobelin-dev/gobelin/internal/program"
)

// look gives the value that a reference has now.
func (x *Execution) look(f *frame, r *program.Ref) (any, bool) {
	if r.Kind == program.ResponseBody && r.Slot > 0 && f.Exchange.scan() {
		return f.Exchange.at(r)
	}
	v, ok := x.root(f, r)
	if !ok {
		return nil, false
	}
	return expr.Follow(v, r.Pointer, r.Access, r.Whole)
}

// root gives the value that a reference starts from.
func (x *Execution) root(f *frame, r *program.Ref) (any, bool) {
	switch r.Kind {
	case program.Known:
		return r.Value, true
	case program.ComponentParameter:
		return x.value(f, r.Operand)
	case program.InputRef:
		return member(f.Inputs, r)
	case program.OutputRef:
		return member(f.visibleOutputs(), r)
	case program.StepOutput:
		return f.stepOutput(x.workflow(f).Steps, r)
	case program.WorkflowInput, program.WorkflowOutput:
		return x.workflowValue(f, r)
	}
	v, ok := f.Exchange.look(r)
	if r.Kind == program.ResponseBody && f.Exchange != nil && f.Exchange.Note != "" {
		x.raise(f, "invalid-json", r.Place, f.Exchange.Note)
	}
	return v, ok
}

// member looks a name up.
func member(values map[string]any, r *program.Ref) (any, bool) {
	v, ok := expr.Member(values, r.Name, r.Dotted)
	return v, ok && v != any(nothing{})
}

func (x *Execution) workflowValue(f *frame, r *program.Ref) (any, bool) {
	if r.Workflow.Index == f.Workflow && r.Kind == program.WorkflowInput {
		return member(f.Inputs, r)
	}
	if r.Kind == program.WorkflowInput {
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

// value gives what an operand stands for now. Missing members of an object are
// left out, missing items of an array are null.
func (x *Execution) value(f *frame, o *program.Operand) (any, bool) {
	switch o.Kind {
	case program.Reference:
		v, ok := x.look(f, &o.Ref)
		if !ok {
			x.missing(f, o.Ref.Text, o.Place)
		}
		return v, ok
	case program.Interpolation:
		text, ok := x.appendText(f, nil, o.Template, o.Place)
		return string(text), ok
	case program.Selection:
		return x.selectValue(f, o)
	case program.Array:
		items := make([]any, len(o.Items))
		for i := range o.Items {
			items[i], _ = x.value(f, &o.Items[i]) // null
		}
		return items, true
	case program.Object:
		members := make(map[string]any, len(o.Items))
		for i := range o.Items {
			if v, ok := x.value(f, &o.Items[i]); ok {
				members[o.Names[i]] = v
			}
		}
		return members, true
	}
	return o.Constant, true
}

// appendText evaluates a template. One with an expression that has no value has
// none itself: a hole in a text is not a text.
func (x *Execution) appendText(f *frame, dst []byte, t *program.Template, at arazzo.Position) (text []byte, ok bool) {
	ok = true
	text = t.Parsed.Append(dst, func(i int, e *expr.Expression) (any, bool) {
		v, found := x.look(f, &t.Refs[i])
		if !found {
			x.missing(f, e.Text, at)
		}
		if ok = ok && found; !found && len(t.Parsed.Parts) > 1 {
			x.leaveHole(e.Text)
		}
		return v, found
	})
	return text, ok
}

// selectValue evaluates a Selector Object: a query that can select one node at
// most gives its value, another one the array of what it selects.
func (x *Execution) selectValue(f *frame, o *program.Operand) (any, bool) {
	s := o.Selector
	context, ok := x.value(f, &s.Context)
	if !ok {
		return nil, false
	}
	v, ok := s.Apply(context)
	if !ok {
		x.missing(f, o.Ref.Text, o.Place)
	}
	return v, ok
}
