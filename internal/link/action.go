package link

import (
	"math"
	"time"

	"github.com/gobelin-dev/gobelin/arazzo"
	"github.com/gobelin-dev/gobelin/internal/program"
)

// actions returns the step's actions followed by the workflow's (F5), with
// components resolved.
func (l *workflowLinker) actions(s *program.Step, kind string, own, inherited []*arazzo.Action,
	from arazzo.Map[*arazzo.Action]) []*program.Action {
	var merged []*program.Action
	taken := map[string]bool{}
	if l.options.OverrideActions && len(own) > 0 {
		inherited = nil
	}
	for i, list := range [][]*arazzo.Action{own, inherited} {
		listed := map[string]bool{}
		for _, decl := range list {
			place := decl.At()
			if decl.Reference != "" {
				target, ok := component(l, kind, decl.Reference, from, decl.At("reference"))
				if !ok {
					s.MissingActions = true
					continue
				}
				decl = target
			}
			if decl.Name != "" && listed[decl.Name] {
				l.duplicate("duplicate-action", place, "action", decl.Name)
			}
			listed[decl.Name] = true
			if !taken[decl.Name] {
				taken[decl.Name] = true
				a := l.action(kind, decl)
				a.Listed, a.Inherited = place, i > 0
				merged = append(merged, a)
			}
		}
	}
	return merged
}

func (l *workflowLinker) action(kind string, decl *arazzo.Action) *program.Action {
	a := &program.Action{Name: decl.Name, Kind: decl.Type, Key: kind + "." + decl.Name, Limit: 1, Place: decl.At(), Decl: decl}
	if decl.RetryAfter != nil {
		a.After = time.Duration(min(*decl.RetryAfter, 1e9) * float64(time.Second))
	}
	if decl.RetryLimit != nil {
		a.Limit = int(min(*decl.RetryLimit, math.MaxInt))
	}
	if a.Kind == "retry" && kind == "successActions" {
		l.report(l.asPublished("success-retry", decl.At("type"), "retry is a failure action; to repeat a step that succeeded, use goto"))
	}
	if a.Kind == "end" {
		a.Target = ""
	} else if decl.StepID != "" {
		a.Target = decl.StepID
		a.Step = l.stepRef(decl.StepID, decl.At("stepId"))
	} else if decl.WorkflowID != "" {
		a.Target = decl.WorkflowID
		a.Workflow = l.workflowRef(decl.WorkflowID, decl.At("workflowId"))
	}
	for _, p := range decl.Parameters {
		if argument, ok := l.parameter(p); ok {
			a.Inputs = append(a.Inputs, argument)
		}
	}
	for _, c := range decl.Criteria {
		a.Criteria = append(a.Criteria, l.criterion(c))
	}
	return a
}
