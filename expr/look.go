package expr

import (
	"maps"
	"slices"
	"strings"

	"github.com/gobelin-dev/gobelin/internal/expr"
	"github.com/gobelin-dev/gobelin/internal/value"
)

// value returns the value of an expression outside of conditions: a key that has
// just the name that is written with dots or brackets goes first (E5).
func (env *Env) value(e *expr.Expression) (any, bool) {
	if len(e.Access) > 0 && e.Name != "" {
		exact := *e
		exact.Name = strings.TrimPrefix(e.Text, e.Root.String()+".")
		if v, rest, ok := env.root(&exact); ok && rest == "" {
			return follow(v, nil, nil, false)
		}
	}
	return env.look(e, true)
}

// operand returns the value of an expression in a condition (C1).
func (env *Env) operand(e *expr.Expression) (any, bool) { return env.look(e, false) }

func (env *Env) look(e *expr.Expression, exact bool) (any, bool) {
	root, rest, ok := env.root(e)
	if !ok {
		return nil, false
	}
	pointer, access := e.Pointer, e.Access
	if rest != "" { // names after the declared one lead on into its value (E5)
		names := strings.Split(rest, ".")
		if len(pointer) > 0 {
			pointer = slices.Concat(names, pointer)
		} else {
			access = slices.Concat(accessors(names), access)
		}
	}
	return follow(root, pointer, access, exact)
}

func accessors(names []string) []expr.Access {
	access := make([]expr.Access, len(names))
	for i, name := range names {
		access[i].Name = name
	}
	return access
}

// follow leads from a value of the Env to one of the evaluator. What is a JSON
// value already is not converted on the way.
func follow(root any, pointer []string, access []expr.Access, exact bool) (any, bool) {
	whole := ""
	if exact {
		whole = expr.Dotted(access)
	}
	v, ok := expr.Follow(root, pointer, access, whole)
	if ok {
		v, err := value.From(v)
		return v, err == nil
	}
	if len(pointer)+len(access) == 0 {
		return nil, false
	}
	converted, err := value.From(root)
	if err != nil {
		return nil, false
	}
	return expr.Follow(converted, pointer, access, whole)
}

// root returns the value that an expression starts from, and what of its name
// follows the name of that value.
func (env *Env) root(e *expr.Expression) (v any, rest string, ok bool) {
	switch e.Root {
	case expr.URL:
		return env.URL, "", env.URL != ""
	case expr.Method:
		return env.Method, "", env.Method != ""
	case expr.StatusCode:
		return env.StatusCode, "", env.StatusCode != 0
	case expr.Self:
		return env.Self, "", env.Self != ""
	case expr.Request:
		v, ok = env.Request.part(e)
		return v, "", ok
	case expr.Response:
		v, ok = env.response(e)
		return v, "", ok
	case expr.Inputs:
		return named(env.Inputs, e.Name)
	case expr.Outputs:
		return named(env.Outputs, e.Name)
	case expr.Steps:
		return env.step(e.Name)
	case expr.Workflows:
		return env.workflow(e.Name)
	case expr.SourceDescriptions:
		v, ok = env.source(e.Name)
		return v, "", ok
	case expr.Components:
		if name, ok := strings.CutPrefix(e.Name, "parameters."); ok {
			return named(env.Components.Parameters, name)
		}
	}
	return nil, "", false
}

// named returns the member with the longest name that text begins with (E3).
func named(values map[string]any, text string) (v any, rest string, ok bool) {
	if v, ok = values[text]; ok {
		return v, "", true
	}
	name, rest := expr.Longest(text, keys(values))
	v, ok = values[name]
	return v, rest, ok && name != ""
}

func keys[T any](m map[string]T) []string { return slices.Collect(maps.Keys(m)) }

// step returns an output of a step; "outputs." may be left out (E1b).
func (env *Env) step(text string) (v any, rest string, ok bool) {
	ids := slices.DeleteFunc(keys(env.Steps), func(id string) bool { return id == text }) // an output has to follow
	id, rest := expr.Longest(text, ids)
	outputs := env.Steps[id]
	if name, ok := strings.CutPrefix(rest, "outputs."); ok {
		return named(outputs, name)
	}
	v, ok = outputs[rest]
	return v, "", ok
}

func (env *Env) workflow(text string) (v any, rest string, ok bool) {
	id, rest := expr.Longest(text, keys(env.Workflows))
	field, name, _ := strings.Cut(rest, ".")
	switch field {
	case "inputs":
		return named(env.Workflows[id].Inputs, name)
	case "outputs":
		return named(env.Workflows[id].Outputs, name)
	}
	return nil, "", false
}

// source returns what a source description says: an operation is itself (E11).
func (env *Env) source(text string) (any, bool) {
	name, field := expr.Longest(text, keys(env.SourceDescriptions))
	s, ok := env.SourceDescriptions[name]
	switch {
	case !ok:
		return nil, false
	case slices.Contains(s.Operations, field):
		return field, true
	}
	v := map[string]string{"name": name, "url": s.URL, "type": s.Type}[field]
	return v, v != ""
}

func (r *Request) part(e *expr.Expression) (v any, ok bool) {
	switch e.Source {
	case expr.Header:
		return expr.HeaderValue(r.Header, e.Name, e.Pointer)
	case expr.Query:
		v, ok = r.Query[e.Name]
	case expr.Path:
		v, ok = r.Path[e.Name]
	case expr.Body:
		v, ok = r.Body, r.Body != nil
	}
	return v, ok
}

func (env *Env) response(e *expr.Expression) (any, bool) {
	switch e.Source {
	case expr.Header:
		return expr.HeaderValue(env.Response.Header, e.Name, e.Pointer)
	case expr.Body:
		return env.Response.Body, env.Response.Body != nil || env.StatusCode != 0
	}
	return nil, false
}
