package link

import (
	"errors"
	"slices"
	"strings"

	"github.com/gobelin-dev/gobelin/arazzo"
	"github.com/gobelin-dev/gobelin/internal/nearest"
	"github.com/gobelin-dev/gobelin/internal/openapi"
	"github.com/gobelin-dev/gobelin/internal/program"
	"github.com/gobelin-dev/gobelin/internal/tree"
)

// parameters merges the workflow's parameters into the step's (F6), with
// components resolved.
func (l *workflowLinker) parameters(s *program.Step) []program.Argument {
	var merged []program.Argument
	taken := map[string]bool{} // keys of what has been merged
	for i, list := range [][]*arazzo.Parameter{s.Decl.Parameters, l.workflow.Decl.Parameters} {
		listed := map[string]bool{}
		for _, p := range list {
			a, ok := l.parameter(p)
			if !ok {
				s.MissingParameters = true
				continue
			}
			a.Inherited = i > 0
			key, named := parameterKey(a), "input "+a.Name
			if listed[key] {
				l.duplicate("duplicate-parameter", p.At(), "parameter", a.Name)
			}
			if s.Decl.WorkflowID != "" && listed[named] && !listed[key] {
				l.report(l.forbidden(l.workflow.Document, "duplicate-input", p.At(),
					"parameter %q is given in two places; the workflow has one input of that name, and takes the first", a.Name))
			}
			listed[key], listed[named] = true, true
			if !taken[key] && !(s.Decl.WorkflowID != "" && taken[named]) {
				merged = append(merged, a)
			}
			taken[key], taken[named] = true, true
		}
	}
	return merged
}

// parameterKey returns what identifies a parameter in a list.
func parameterKey(a program.Argument) string {
	if a.In == "header" {
		return "header " + strings.ToLower(a.Name)
	}
	return a.In + " " + a.Name
}

// duplicate identifies a diagnostic about a duplicate.
type duplicate struct {
	code, file   string
	line, column int
}

func duplicateOf(d arazzo.Diagnostic) duplicate { return duplicate{d.Code, d.File, d.Line, d.Column} }

// duplicate reports an item that a list has twice once its references are resolved
// (O15), unless the parser has already reported it.
func (l *workflowLinker) duplicate(code string, at arazzo.Position, what, name string) {
	p := l.error(code, at, "%s %q is already in the list; it must be unique", what, name)
	if key := duplicateOf(p.Diagnostic); !l.duplicates[key] {
		l.duplicates[key] = true
		l.report(p)
	}
}

func (l *workflowLinker) parameter(p *arazzo.Parameter) (program.Argument, bool) {
	v, at := p.Value, p.At("value")
	if p.Reference != "" {
		var from arazzo.Map[*arazzo.Parameter]
		if c := l.workflow.Document.Decl.Components; c != nil {
			from = c.Parameters
		}
		target, ok := component(l, "parameters", p.Reference, from, p.At("reference"))
		if !ok {
			return program.Argument{}, false
		}
		if !v.Exists() {
			v, at = target.Value, target.At("value")
		}
		p = target
	}
	return program.Argument{Name: p.Name, In: p.In, Value: l.operand(tree.Of(v), at), Place: p.At(), Decl: p}, true
}

// arguments selects the parameters that apply to the step: those without "in" are
// inputs of a called workflow, and inherited path parameters are dropped if the
// path of the operation does not have them.
func (l *workflowLinker) arguments(s *program.Step, params []program.Argument) {
	for _, a := range params {
		if s.Operation != nil && a.In == "" {
			l.report(l.error("required", a.Place, "parameter %q has no \"in\", which is required where the step calls an operation", a.Name))
			s.MissingParameters = true
			continue
		}
		if s.Operation != nil && !slices.Contains(locations, a.In) {
			if a.In == "channel" { // others are no location of Arazzo's, which the parser reports
				l.report(l.error("enum", a.Decl.At("in"), "\"in\" is \"channel\", which is for AsyncAPI; where the step calls an operation "+
					"it must be one of %s, and a payload is written in requestBody", strings.Join(locations, ", ")))
			}
			s.MissingParameters = true
			continue
		}
		if s.Operation != nil && a.In == "path" && a.Inherited && !s.Operation.HasPathVariable(a.Name) {
			continue
		}
		a.Secret = s.Operation != nil && (a.Scheme != nil || isCredential(s.Operation, a))
		s.Arguments = append(s.Arguments, a)
	}
	if s.Operation != nil && !s.MissingParameters {
		s.Arguments = append(s.Arguments, defaults(s)...)
	}
}

// locations are where a request has parameters.
var locations = []string{"path", "query", "querystring", "header", "cookie"}

// defaults returns the parameters that the operation requires, that have a default
// in their schema, and that the step does not set: the default is sent (O5). Path
// parameters have no defaults, since they say which resource is meant.
func defaults(s *program.Step) (list []program.Argument) {
	for _, p := range s.Operation.Parameters {
		v, ok := p.Default()
		if !ok || !p.Required || p.In == "path" || s.Operation.Supplied(p) || openapi.Undeclarable(p.Name, p.In) {
			continue
		}
		sets := func(a program.Argument) bool { return p.Is(a.Name, a.In) || a.In == "querystring" && p.In == "query" }
		if !slices.ContainsFunc(s.Arguments, sets) {
			list = append(list, program.Argument{
				Name: p.Name, In: p.In, Value: program.Operand{Constant: v}, Place: s.Decl.At("parameters"), Inherited: true,
			})
		}
	}
	return list
}

var credentialHeaders = []string{"authorization", "proxy-authorization", "cookie", "x-api-key", "api-key"}

// isCredential reports whether an argument carries a secret: what a security
// scheme of the operation names, and the headers that always do.
func isCredential(op *openapi.Operation, a program.Argument) bool {
	return isScheme(op, a) || a.In == "header" && slices.Contains(credentialHeaders, strings.ToLower(a.Name)) || a.In == "cookie"
}

// isScheme reports whether an argument is what a security scheme of the
// operation asks for. Unlike [openapi.SameParameter] it ignores case everywhere:
// a credential under a misspelled name is still a secret.
func isScheme(op *openapi.Operation, a program.Argument) bool {
	for _, alternative := range op.Security {
		for _, scheme := range alternative {
			if strings.EqualFold(scheme.ParamName, a.Name) && scheme.In == a.In {
				return true
			}
		}
	}
	return false
}

// expected reports whether an argument is legitimate although the operation does
// not declare it: a security scheme of the description asks for it, or it is a
// header that cannot be declared.
func expected(d *openapi.Description, a program.Argument) bool {
	return openapi.Undeclarable(a.Name, a.In) ||
		slices.ContainsFunc(d.SecuritySchemes(), func(s openapi.SecurityRequirement) bool {
			return openapi.SameParameter(s.In, s.ParamName, a.In, a.Name)
		})
}

func (l *workflowLinker) bind(s *program.Step) {
	if err := s.Operation.PathErr; err != nil {
		l.report(l.error("path-template", operationPlace(s), "step %q: %v", s.ID, err))
		return
	}
	keys := make([]openapi.ArgKey, len(s.Arguments))
	for i, a := range s.Arguments {
		keys[i] = openapi.ArgKey{Name: a.Name, In: a.In}
	}
	binding, err := s.Operation.Bind(keys)
	if err != nil {
		// The variable may be meant for the parameter that could not be linked.
		if unassigned := new(openapi.UnassignedError); s.MissingParameters && errors.As(err, &unassigned) {
			return
		}
		l.report(l.error("parameters", s.Decl.At("parameters"), "step %q, %s: %v", s.ID, s.Label, err))
		return
	}
	s.Binding = binding
	for i := range s.Arguments {
		if s.Arguments[i].Scheme != nil {
			binding.Credential(i)
		}
	}
	for _, i := range binding.Undeclared() {
		a := s.Arguments[i]
		if a.Scheme != nil || expected(s.Source.Description, a) {
			continue
		}
		l.report(l.problem(l.workflow.Document, "undeclared-parameter", arazzo.Note, a.Place,
			"%s does not declare the %s parameter %q; it is sent anyway%s", s.Label, a.In, a.Name, nearest.Hint(a.Name, ungiven(s, a.In))))
	}
}

// ungiven returns the parameters in one location that an operation declares and the
// step does not give.
func ungiven(s *program.Step, in string) (names []string) {
	for _, p := range s.Operation.Parameters {
		if p.In == in && !slices.ContainsFunc(s.Arguments, func(a program.Argument) bool { return p.Is(a.Name, a.In) }) {
			names = append(names, p.Name)
		}
	}
	return names
}
