package openapi

import (
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
)

// A NoValueError reports a parameter that a request needs, and whose value is
// missing or cannot be sent in its location.
type NoValueError struct {
	In, Name string
	Argument int    // the index of its value; -1: it is a member of the payload
	Lack     string // "is missing", "is null", "is an empty array", …
}

// Error returns a message that says what the argument is.
func (e *NoValueError) Error() string {
	return e.Subject() + " has no value: its argument " + e.Lack
}

// Subject returns a phrase for the parameter.
func (e *NoValueError) Subject() string {
	if e.In == "path" {
		return fmt.Sprintf("the path parameter %q", e.Name)
	}
	return fmt.Sprintf("the required %s parameter %q", e.In, e.Name)
}

// lack returns why a value is not written: RFC 6570 §2.3 calls null undefined,
// and values without items or members other than null.
func lack(v Value) string {
	if !v.OK {
		return "is missing"
	}
	switch v := v.V.(type) {
	case nil:
		return "is null"
	case []any:
		if !slices.Contains(v, any("")) {
			return "is an array without items"
		}
	case map[string]any:
		return "is an object without members"
	case string:
		if v == "." || v == ".." {
			return "is a dot segment, which leads to another path"
		}
		return "is an empty string"
	}
	return "becomes an empty or dot segment"
}

func (p *Parameter) noValue(argument int, v Value) error {
	return &NoValueError{In: p.In, Name: p.Name, Argument: argument, Lack: lack(v)}
}

var variable = regexp.MustCompile(`\{\+?([^{}]*)\}`)

// NoValue returns the error of every request that has a value, known before the
// run, as an argument, or nil if that value is no reason to fail.
func (o *Operation) NoValue(key ArgKey, v any) *NoValueError {
	keys, values := []ArgKey{key}, []Value{{V: v, OK: true}}
	path, query := o.template()
	for _, m := range variable.FindAllStringSubmatch(path+query, -1) {
		if path := (ArgKey{Name: m[1], In: "path"}); !slices.Contains(keys, path) && !slices.Contains(keys, ArgKey{Name: m[1], In: "query"}) {
			keys, values = append(keys, path), append(values, Value{V: "x", OK: true})
		}
	}
	b, err := o.Bind(keys)
	if err != nil {
		return nil
	}
	_, err = b.Build(values, nil)
	var none *NoValueError
	errors.As(err, &none)
	return none
}

// filled returns the payload of a 2.0 form, whose fields are parameters too,
// with an empty text for a required one that has nothing to write and may be
// empty. A field that the payload does not name is like a parameter without an
// argument.
func (m *MediaType) filled(v Value) (Value, error) {
	members, ok := v.V.(map[string]any)
	if !ok || m == nil || m.Parameters == nil {
		return v, nil
	}
	for _, field := range m.Parameters.Members {
		member, has := members[field.Name]
		switch {
		case !field.Value.Get("required").True(), !has && !v.Order.Has(field.Name), has && m.writes(field.Name, member):
		case has && field.Value.Get("allowEmptyValue").True():
			members = maps.Clone(members)
			members[field.Name] = ""
		default:
			return v, &NoValueError{In: "formData", Name: field.Name, Argument: -1, Lack: lack(Value{V: member, OK: has})}
		}
	}
	v.V = members
	return v, nil
}

// writes reports whether a form has a field for a member of its payload.
func (m *MediaType) writes(name string, member any) bool {
	if p := m.styled(name); p != nil {
		return len(p.items(Value{V: member}, escapeNothing)) > 0
	}
	items, isArray := member.([]any)
	return !isArray && member != nil || slices.ContainsFunc(items, func(item any) bool { return item != nil })
}
