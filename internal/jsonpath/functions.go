package jsonpath

import (
	"unicode/utf8"

	"github.com/theory/jsonpath/registry"
	"github.com/theory/jsonpath/spec"
)

// standard has the functions of RFC 9535 §2.4.
var standard = functions()

// extended also has length_of, which conditions are rewritten to.
var extended = func() *registry.Registry {
	r := functions()
	if err := r.Register("length_of", spec.FuncValue, r.Get("length").Validate, lengthOf); err != nil {
		panic(err)
	}
	return r
}()

// functions returns the library's registry with match and search fixed: they
// panic if an argument is Nothing, as in $[?match(@.absent, 'a')], which is false,
// and match takes 'a|b' for two patterns, each of which needs one end only, which is wrong
// by the RFC (§2.4.6, §2.4.7).
func functions() *registry.Registry {
	r := registry.New()
	for _, name := range []string{"match", "search"} {
		original := *r.Get(name)
		*r.Get(name) = *spec.Extension(name, spec.FuncLogical, original.Validate, func(args []spec.PathValue) spec.PathValue {
			for _, arg := range args {
				if spec.ValueFrom(arg) == nil {
					return spec.LogicalFalse
				}
			}
			if pattern, ok := spec.ValueFrom(args[1]).Value().(string); ok && name == "match" {
				args[1] = spec.Value("(?:" + pattern + ")") // all of it, not its first and last alternatives
			}
			return original.Evaluate(args)
		})
	}
	return r
}

// lengthOf returns the member "length" of an object, or the length of an array or
// a string.
func lengthOf(args []spec.PathValue) spec.PathValue {
	v := spec.ValueFrom(args[0])
	if v == nil {
		return nil
	}
	switch v := v.Value().(type) {
	case map[string]any:
		if length, ok := v["length"]; ok {
			return spec.Value(length)
		}
	case []any:
		return spec.Value(int64(len(v)))
	case string:
		return spec.Value(int64(utf8.RuneCountInString(v)))
	}
	return nil
}
