package link

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/gobelin-dev/gobelin/arazzo"
	"github.com/gobelin-dev/gobelin/internal/openapi"
	"github.com/gobelin-dev/gobelin/internal/program"
	"github.com/gobelin-dev/gobelin/internal/tree"
)

// The extension x-security of a workflow or a step is a list: each item names a
// security scheme of the description, as schemeName, or has one, as scheme, and has
// the credential for it in values. Published documents have it in place of the
// parameters that it makes (O12).

// securityField is the extension.
const securityField = "x-security"

// security adds to the parameters of a step what x-security makes of credentials:
// that of its workflow first, then its own. Of several for one place the last counts,
// and it goes before a parameter.
func (l *workflowLinker) security(s *program.Step, params []program.Argument) []program.Argument {
	var applied []program.Argument
	var places map[string]int // in applied, by the key of a parameter
	for _, of := range []*arazzo.Object{&l.workflow.Decl.Object, &s.Decl.Object} {
		list := tree.Of(of.Origin().Get(securityField))
		if list == nil || s.Decl.WorkflowID != "" && of == &l.workflow.Decl.Object {
			continue
		}
		switch {
		case s.Decl.WorkflowID != "":
			l.unusable(of.NameAt(securityField), "step %q calls a workflow, and sends no request itself", s.ID)
			continue
		case list.Kind != tree.Array:
			l.unusable(of.At(securityField), "it must be a list of objects with schemeName or scheme, and values")
		}
		var first *program.Argument
		for i, item := range list.Items {
			if a, ok := l.credential(s, item, of.At(securityField, strconv.Itoa(i))); ok {
				first = cmp.Or(first, &a)
				a.Inherited = of == &l.workflow.Decl.Object
				key := parameterKey(a)
				if before, taken := places[key]; taken {
					applied[before] = a
					continue
				}
				if places == nil {
					places = map[string]int{}
				}
				places[key] = len(applied)
				applied = append(applied, a)
			}
		}
		if first != nil {
			parameter := fmt.Sprintf("{name: %s, in: %s, value: %s}", first.Name, first.In, written(first.Scheme))
			if first.Name == "" { // its scheme is not known
				parameter = "one with the name and in that its scheme has"
			}
			l.report(l.asPublished("x-security", of.NameAt(securityField), "x-security is an extension of one runner; write the credential in "+
				"parameters: %s, or leave it to the caller of the workflow", parameter))
		}
	}
	if len(applied) == 0 {
		return params
	}
	params = slices.DeleteFunc(params, func(p program.Argument) bool {
		_, taken := places[parameterKey(p)]
		return taken
	})
	return append(params, applied...)
}

// written is what a parameter has in place of a credential.
func written(s *openapi.SecurityRequirement) string {
	if s.Scheme == "basic" {
		return "Basic <base64 of username:password>"
	}
	return openapi.CredentialText(s.Type, s.Scheme, "…")
}

// unusable reports that x-security, or an item of it, is not applied.
func (l *workflowLinker) unusable(at arazzo.Position, format string, args ...any) {
	l.report(l.forbidden(l.workflow.Document, "x-security-unusable", at, "this x-security is not applied: "+format, args...))
}

// credential links an item of x-security.
func (l *workflowLinker) credential(s *program.Step, item *tree.Node, at arazzo.Position) (program.Argument, bool) {
	scheme, ok := l.schemeOf(s, item, at)
	if !ok {
		return program.Argument{}, false
	}
	names := credentialNames(scheme)
	if s.Operation == nil { // an error of its own; what is read is not unused
		if values := item.Get("values"); values != nil {
			for _, m := range values.Members {
				names = append(names, m.Name)
			}
		}
	} else if names == nil || scheme.ParamName == "" || !slices.Contains(locations, scheme.In) {
		l.unusable(at, "it can have apiKey with in and name, http basic and bearer, oauth2 and openIdConnect; this scheme is %s",
			strings.TrimSpace("of type "+strconv.Quote(scheme.Type)+" "+scheme.Scheme))
		return program.Argument{}, false
	}
	a := program.Argument{Name: scheme.ParamName, In: scheme.In, Place: at, Scheme: &scheme,
		Value: program.Operand{Kind: program.Array, Place: at}}
	for _, name := range names {
		v, place := item.Get("values").Get(name), at
		if v == nil || v.Kind == tree.Null {
			l.unusable(at, "its values must have %s", strings.Join(names, " and "))
			return program.Argument{}, false
		}
		place.Pointer += "/values/" + name
		a.Value.Items = append(a.Value.Items, l.operand(v, place))
	}
	return a, true
}

// schemeOf returns the security scheme that an item of x-security means.
func (l *workflowLinker) schemeOf(s *program.Step, item *tree.Node, at arazzo.Position) (scheme openapi.SecurityRequirement, ok bool) {
	name, inline := item.Get("schemeName"), item.Get("scheme")
	switch {
	case name == nil && inline == nil, name != nil && inline != nil:
		l.unusable(at, "an item must have either schemeName or scheme, and values")
		return scheme, false
	case inline != nil:
		return openapi.SchemeOf(securityField, inline), true
	case s.Operation == nil:
		return scheme, true
	}
	if scheme, ok = s.Source.Description.SecurityScheme(name.Str()); !ok {
		l.unusable(at, "source %q has no security scheme %q%s", s.Source.Name, name.Str(), l.names.schemes(s.Source).hint(name.Str()))
	}
	return scheme, ok
}

// credentialNames returns what the values of x-security have for a scheme; nil for
// one that it cannot have.
func credentialNames(s openapi.SecurityRequirement) []string {
	if s.Type == "http" {
		return map[string][]string{"basic": {"username", "password"}, "bearer": {"token"}}[s.Scheme]
	}
	return map[string][]string{"apiKey": {"apiKey"}, "oauth2": {"accessToken"}, "openIdConnect": {"accessToken"}}[s.Type]
}
