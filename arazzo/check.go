package arazzo

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/gobelin-dev/gobelin/internal/tree"
)

// The methods here hold what the struct tags cannot say of an object.

var supportedVersion = regexp.MustCompile(`^1\.[01]\.[0-9]+(-.+)?$`)

func (d *Document) check(r *reader) {
	if d.Version != "" && !supportedVersion.MatchString(d.Version) {
		r.report("version", Error, d.At("arazzo"), fmt.Sprintf("version %q is not supported; it must be 1.0.x or 1.1.x, such as 1.0.1",
			d.Version))
	}
	if strings.Contains(d.Self, "#") {
		r.report("self", Error, d.At("$self"), fmt.Sprintf("$self is %q; it must not have a fragment", d.Self))
	}
	unique(r, "duplicate-id", "source description", d.Sources, func(s *SourceDescription) (string, Position) { return s.Name, s.At("name") })
	unique(r, "duplicate-id", "workflowId", d.Workflows, func(w *Workflow) (string, Position) { return w.WorkflowID, w.At("workflowId") })
}

func (w *Workflow) check(r *reader) {
	unique(r, "duplicate-id", "stepId", w.Steps, func(s *Step) (string, Position) { return s.StepID, s.At("stepId") })
	checkActions(r, w.SuccessActions)
	checkActions(r, w.FailureActions)
	checkParameters(r, w.Parameters)
}

func (s *Step) check(r *reader) {
	var given []string
	targets := []string{"operationId", "operationPath", "workflowId"}
	if r.later {
		targets = append(targets, "channelPath")
	}
	for _, name := range targets {
		if s.source.Get(name) != nil {
			given = append(given, name)
		}
	}
	switch len(given) {
	case 0:
		r.report("step-target", Error, s.At(), fmt.Sprintf("step %q says nothing to do; give it one of operationId, operationPath and workflowId",
			s.StepID))
	case 1:
		if n := s.source.Get(given[0]); n.Kind == tree.String && n.Text == "" {
			r.report("step-target", Error, s.At(given[0]), fmt.Sprintf("step %q has an empty %s", s.StepID, given[0]))
		}
		for _, p := range s.Parameters {
			if given[0] != "workflowId" && p.Reference == "" && p.In == "" && p.source.Get("in") == nil {
				r.report("required", Error, p.At(), fmt.Sprintf("parameter %q has no \"in\", which is required where the step calls an operation",
					p.Name))
			}
		}
	default:
		r.report("step-target", Error, s.At(given[1]), fmt.Sprintf("step %q has %s; keep one", s.StepID, strings.Join(given, " and ")))
	}
	checkActions(r, s.OnSuccess)
	checkActions(r, s.OnFailure)
	checkParameters(r, s.Parameters)
}

func (p *Parameter) check(r *reader) {
	if p.source.Get("reference") == nil {
		r.require(&p.Object, "name", "value")
	}
}

func (a *Action) check(r *reader) {
	if a.source.Get("reference") != nil {
		return
	}
	r.require(&a.Object, "name", "type")
	switch {
	case a.WorkflowID != "" && a.StepID != "":
		r.report("action-target", Error, a.At("stepId"), fmt.Sprintf("action %q has both workflowId and stepId; keep one", a.Name))
	case len(a.Parameters) > 0 && a.WorkflowID == "":
		r.report("action-target", Error, a.At("parameters"), fmt.Sprintf("action %q has parameters but no workflowId to give them to", a.Name))
	case a.Type == "goto" && a.WorkflowID == "" && a.StepID == "":
		r.report("action-target", Error, a.At(), fmt.Sprintf("action %q goes nowhere; a goto needs a stepId or a workflowId", a.Name))
	}
}

func (c *Criterion) check(r *reader) {
	if c.Type.Type != "" && c.Type.Type != "simple" && c.Context == "" {
		r.report("required", Error, c.At(), fmt.Sprintf("a criterion of type %s has no \"context\", which is required", c.Type.Type))
	}
}

// versions are the values of version for each type; those of 1.1.0 are
// accepted too (ruling C15).
var versions = map[string][]string{
	"jsonpath":    {"draft-goessner-dispatch-jsonpath-00", "rfc9535"},
	"jsonpointer": {"rfc6901"},
	"xpath":       {"xpath-10", "xpath-20", "xpath-30", "xpath-31"},
}

func (t *ExpressionType) check(r *reader) {
	if !r.later {
		r.require(&t.Object, "version")
	}
	if allowed := versions[t.Type]; t.Version != "" && allowed != nil && !slices.Contains(allowed, t.Version) {
		r.report("enum", Error, t.At("version"), fmt.Sprintf("%q is no version of %s; it must be one of %s", t.Version, t.Type,
			strings.Join(allowed, ", ")))
	}
}

func (r *reader) require(o *Object, names ...string) {
	for _, name := range names {
		if o.source.Get(name) == nil {
			r.missing(o.source, o.pointer, name)
		}
	}
}

// unique reports names that occur twice in a list (ruling O15).
func unique[T any](r *reader, code, what string, list []T, key func(T) (string, Position)) {
	first := make(map[string]Position, len(list))
	for _, item := range list {
		name, at := key(item)
		if name == "" {
			continue
		}
		if before, dup := first[name]; dup {
			r.report(code, Error, at, fmt.Sprintf("%s %q is already at line %d; it must be unique", what, name, before.Line))
			continue
		}
		first[name] = at
	}
}

func checkActions(r *reader, list []*Action) {
	unique(r, "duplicate-action", "action", list, func(a *Action) (string, Position) { return a.Name + a.Reference, a.At() })
}

func checkParameters(r *reader, list []*Parameter) {
	unique(r, "duplicate-parameter", "parameter", list, func(p *Parameter) (string, Position) {
		if p.Reference != "" {
			return p.Reference, p.At()
		}
		name := p.Name
		if p.In == "header" {
			name = strings.ToLower(name)
		}
		return strings.TrimSpace(p.In + " " + name), p.At()
	})
}
