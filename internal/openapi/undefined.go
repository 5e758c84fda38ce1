package openapi

import (
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
)

// A NoValueError is a parameter that a request cannot do without, and whose
// value is missing, or nothing that its location can carry.
type NoValueError struct {
	In, Name string
	Argument int    // the index of its value; -1: it is a member of the payload
	Lack     string // "is missing", "is null", "is an empty array", …
}

func (e *NoValueError) Error() string {
	return e.Subject() + " has no value: what it is given " + e.Lack
}

// Subject names the parameter.
func (e *NoValueError) Subject() string {
	if e.In == "path" {
		return fmt.Sprintf("the path parameter %q", e.Name)
	}
	return fmt.Sprintf("the required %s parameter %q", e.In, e.Name)
}

// lack says of a value that is not written why it is none: RFC 6570 §2.3 calls
// null and what has no items or members, but for those that are null, undefined.
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
	return "comes to an empty or dot segment"
}

func (p *Parameter) noValue(argument int, v Value) error {
	return &NoValueError{In: p.In, Name: p.Name, Argument: argument, Lack: lack(v)}
}

var variable = regexp.MustCompile(`\{\+?([^{}]*)\}`)

// NoValue returns the error of any request that has a value, which is known
// before the run, as an argument; nil where that is no reason for one to fail.
func (o *Operation) NoValue(key ArgKey, v any) *NoValueError {
	keys, values := []ArgKey{key}, []Value{{V: v, OK: true}}
	for _, m := range variable.FindAllStringSubmatch(o.Path, -1) {
		if path := (ArgKey{Name: m[1], In: "path"}); !slices.Contains(keys, path) {
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

// filled returns the payload of a 2.0 form, whose fields are parameters too, with
// an empty text where one that is required has nothing to write and may be empty.
// A field that the payload does not name is as a parameter that is not given.
func (m *MediaType) filled(v Value) (Value, error) {
	members, ok := v.V.(map[string]any)
	if !ok || m == nil || m.Parameters == nil {
		return v, nil
	}
	for _, field := range m.Parameters.Members {
		member, has := members[field.Name]
		switch {
		case !field.Value.Get("required").True(), !has && !slices.Contains(v.Order, field.Name), has && m.writes(field.Name, member):
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
	return len(m.parts(name, member)) > 0
}
