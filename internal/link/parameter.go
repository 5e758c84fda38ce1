package link

import (
	"errors"
	"slices"
	"strings"

	"github.com/gobelin-dev/gobelin/arazzo"
	"github.com/gobelin-dev/gobelin/internal/openapi"
	"github.com/gobelin-dev/gobelin/internal/program"
)

// parameters merges the workflow's parameters into the step's (F6), components
// resolved.
func (l *workflowLinker) parameters(s *program.Step) []program.Argument {
	var merged []program.Argument
	key := func(a program.Argument) string {
		if a.In == "header" {
			return "header " + strings.ToLower(a.Name)
		}
		return a.In + " " + a.Name
	}
	for i, list := range [][]*arazzo.Parameter{s.Decl.Parameters, l.workflow.Decl.Parameters} {
		listed := map[string]bool{}
		for _, p := range list {
			a, ok := l.parameter(p)
			a.Inherited = i > 0
			s.MissingParameters = s.MissingParameters || !ok
			if ok && listed[key(a)] {
				l.duplicate("duplicate-parameter", p.At(), "parameter", a.Name)
			}
			listed[key(a)] = ok
			if ok && !slices.ContainsFunc(merged, func(m program.Argument) bool {
				return key(m) == key(a) || s.Decl.WorkflowID != "" && m.Name == a.Name
			}) {
				merged = append(merged, a)
			}
		}
	}
	return merged
}

// duplicate reports what a list has twice once its references are resolved
// (O15); what the parser saw already is not told again.
func (l *workflowLinker) duplicate(code string, at arazzo.Position, what, name string) {
	at = l.workflow.Document.Decl.Locate(at)
	if !slices.ContainsFunc(l.diagnostics, func(d arazzo.Diagnostic) bool {
		return d.Code == code && d.Line == at.Line && d.Column == at.Column && d.File == at.File
	}) {
		l.error(code, at, "%s %q is already in the list; it must be unique", what, name)
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
		if v == nil {
			v, at = target.Value, target.At("value")
		}
		p = target
	}
	return program.Argument{Name: p.Name, In: p.In, Value: l.operand(v, at), Place: p.At(), Decl: p}, true
}

// arguments takes the parameters that apply to the step: those without "in"
// are inputs of a called workflow, workflow-level ones that an operation does
// not know stay out of its path.
func (l *workflowLinker) arguments(s *program.Step, params []program.Argument) {
	for _, a := range params {
		if s.Operation != nil && a.In == "" {
			l.error("required", a.Place, "parameter %q has no \"in\", which is required where the step calls an operation", a.Name)
			s.MissingParameters = true
			continue
		}
		if s.Operation != nil && a.In == "path" && a.Inherited && !s.Operation.HasPathVariable(a.Name) {
			continue
		}
		a.Secret = s.Operation != nil && isCredential(s.Operation, a)
		s.Arguments = append(s.Arguments, a)
	}
	if s.Operation != nil && !s.MissingParameters {
		s.Arguments = append(s.Arguments, defaults(s)...)
	}
}

// defaults are the parameters that the operation requires, whose schema has a
// default, and that the step does not give: the default is sent (O5). Which
// resource is meant is for the document to say: a path has no defaults.
func defaults(s *program.Step) (list []program.Argument) {
	for _, p := range s.Operation.Parameters {
		v, ok := p.Default()
		if !ok || !p.Required || p.In == "path" || s.Operation.Supplied(p) || p.In == "header" && slices.Contains(undeclarable, strings.ToLower(p.Name)) {
			continue
		}
		if !slices.ContainsFunc(s.Arguments, func(a program.Argument) bool { return p.Is(a.Name, a.In) || a.In == "querystring" && p.In == "query" }) {
			list = append(list, program.Argument{Name: p.Name, In: p.In, Value: program.Operand{Constant: v}, Place: s.Decl.At("parameters"), Inherited: true})
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
// operation asks for.
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

// undeclarable are the headers that OpenAPI lets no operation declare.
var undeclarable = []string{"accept", "content-type", "authorization"}

// expected reports whether an argument that the operation does not declare is
// no surprise: what a security scheme of the description asks for, or a header
// that cannot be declared.
func expected(d *openapi.Description, a program.Argument) bool {
	return a.In == "header" && slices.Contains(undeclarable, strings.ToLower(a.Name)) ||
		slices.ContainsFunc(d.SecuritySchemes(), func(s openapi.SecurityRequirement) bool {
			return s.In == a.In && strings.EqualFold(s.ParamName, a.Name)
		})
}

func (l *workflowLinker) bind(s *program.Step) {
	if err := s.Operation.PathErr; err != nil {
		field := "operationId"
		if s.Decl.OperationID == "" {
			field = "operationPath"
		}
		l.error("path-template", s.Decl.At(field), "step %q: %v", s.ID, err)
		return
	}
	keys := make([]openapi.ArgKey, len(s.Arguments))
	for i, a := range s.Arguments {
		keys[i] = openapi.ArgKey{Name: a.Name, In: a.In}
	}
	binding, err := s.Operation.Bind(keys)
	if err != nil {
		// What the path lacks may be the parameter that could not be linked.
		if unassigned := new(openapi.UnassignedError); s.MissingParameters && errors.As(err, &unassigned) {
			return
		}
		l.error("parameters", s.Decl.At("parameters"), "step %q, %s: %v", s.ID, s.Label, err)
		return
	}
	s.Binding = binding
	for _, i := range binding.Undeclared() {
		a := s.Arguments[i]
		if expected(s.Source.Description, a) {
			continue
		}
		l.report(l.workflow.Document, "undeclared-parameter", arazzo.Note, a.Place, "%s does not declare the %s parameter %q; it is sent all the same", s.Label, a.In, a.Name)
	}
}
