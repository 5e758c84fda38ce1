// Package schema reports what is known of a value from the schema that
// describes it: a JSON Schema 2020-12 or a Schema Object of OpenAPI 2.0, 3.0 or
// 3.1. What it reports is certain; it does not guess what a schema leaves open.
package schema

import (
	"maps"
	"slices"

	"github.com/gobelin-dev/gobelin/internal/tree"
	"github.com/gobelin-dev/gobelin/internal/value"
)

// A Document contains schemas.
type Document interface {
	// Follow resolves one $ref of a node of the document.
	Follow(n *tree.Node) (target *tree.Node, in Document, err error)
	// Location returns the document's path or URL.
	Location() string
}

// A Place is the location of a schema.
type Place struct {
	Location     string
	Line, Column int
}

// A Type is what is known of a value: that it matches one of several
// alternatives. They are computed when first needed, so a Type must not be used
// by several goroutines at the same time.
type Type struct {
	work         func() []*Alternative
	alternatives []*Alternative
}

// An Alternative is one form that a value can have: all its schemas hold.
type Alternative struct {
	Kinds  Kinds
	Values []any // the only ones possible, if Closed
	Closed bool
	Open   bool // its schemas may not describe all of it: a reference that cannot be followed, a subtype

	parts   []part
	members []member // of an object that is constructed, not described
	items   []*Type  // of an array that is constructed
	made    bool
}

// part is one schema of an alternative.
type part struct {
	node *tree.Node
	in   Document
}

type member struct {
	name string
	t    *Type
}

func (p part) place() Place {
	return Place{Location: p.in.Location(), Line: p.node.Line, Column: p.node.Column}
}

// Any returns the type of a value of which nothing is known.
func Any() *Type { return fixed(&Alternative{Kinds: AnyKind, Open: true}) }

// Kind returns the type of any value of some JSON types.
func Kind(kinds Kinds) *Type { return fixed(&Alternative{Kinds: kinds, Open: true}) }

func fixed(list ...*Alternative) *Type { return &Type{alternatives: list} }

// Constant returns the type of one value.
func Constant(v any) *Type {
	switch v := v.(type) {
	case []any:
		items := make([]*Type, len(v))
		for i := range v {
			items[i] = Constant(v[i])
		}
		return ArrayOf(items)
	case map[string]any:
		a := &Alternative{Kinds: Object, made: true}
		for _, name := range slices.Sorted(maps.Keys(v)) {
			a.members = append(a.members, member{name, Constant(v[name])})
		}
		return fixed(a)
	}
	return fixed(&Alternative{Kinds: KindOf(v), Values: []any{v}, Closed: true})
}

// ObjectOf returns the type of an object with exactly these members; types is
// parallel to names.
func ObjectOf(names []string, types []*Type) *Type {
	a := &Alternative{Kinds: Object, made: true}
	for i, name := range names {
		a.members = append(a.members, member{name, types[i]})
	}
	return fixed(a)
}

// ArrayOf returns the type of an array with exactly these items.
func ArrayOf(items []*Type) *Type {
	return fixed(&Alternative{Kinds: Array, items: items, made: true})
}

// Union returns the type of a value that has one of the types.
func Union(types ...*Type) *Type {
	if len(types) == 1 {
		return types[0]
	}
	return &Type{work: func() (all []*Alternative) {
		for _, t := range types {
			all = append(all, t.Alternatives()...)
		}
		if len(all) > maxAlternatives {
			return Any().alternatives
		}
		return all
	}}
}

// Of returns the type of the values that a schema describes; a nil schema
// describes any value.
func Of(n *tree.Node, in Document) *Type {
	if n == nil || in == nil {
		return Any()
	}
	return conjunction([]part{{n, in}})
}

func conjunction(parts []part) *Type {
	return &Type{work: func() []*Alternative {
		e := expansion{budget: maxSteps, open: map[*tree.Node]bool{}}
		all := []draft{{}}
		for _, p := range parts {
			all = e.product(all, e.expand(p))
		}
		return settle(all)
	}}
}

// Alternatives returns the forms that the value can have, at least one.
func (t *Type) Alternatives() []*Alternative {
	if t.work != nil {
		work := t.work
		t.work = nil
		t.alternatives = []*Alternative{{Kinds: AnyKind, Open: true}} // for a schema that refers to itself
		t.alternatives = work()
	}
	return t.alternatives
}

// Kinds returns the JSON types that the value can have.
func (t *Type) Kinds() (kinds Kinds) {
	for _, a := range t.Alternatives() {
		kinds |= a.Kinds
	}
	return kinds
}

// Known reports whether anything is known of the value.
func (t *Type) Known() bool {
	for _, a := range t.Alternatives() {
		if a.Kinds == AnyKind && a.Open && len(a.parts) == 0 {
			return false
		}
	}
	return true
}

// Values returns the only values possible, if the type restricts them.
func (t *Type) Values() (values []any, closed bool) {
	for _, a := range t.Alternatives() {
		if !a.Closed {
			return nil, false
		}
		for _, v := range a.Values {
			if !contains(values, v) {
				values = append(values, v)
			}
		}
	}
	return values, true
}

func contains(list []any, v any) bool {
	for _, other := range list {
		if value.Equal(v, other) {
			return true
		}
	}
	return false
}

// Place returns the place of the first schema of the type; ok is false for a
// type that no schema describes.
func (t *Type) Place() (Place, bool) {
	for _, a := range t.Alternatives() {
		if p, ok := a.place(); ok {
			return p, true
		}
	}
	return Place{}, false
}

// place prefers the schema that declares the value's JSON type.
func (a *Alternative) place() (Place, bool) {
	for _, keyword := range []string{"enum", "const", "properties", "type", ""} {
		for _, p := range a.parts {
			if p.node.Line > 0 && (keyword == "" || p.node.Get(keyword) != nil) {
				return p.place(), true
			}
		}
	}
	return Place{}, false
}

// Format returns the keyword "format", or "" if there is none.
func (a *Alternative) Format() string {
	for _, p := range a.parts {
		if f := p.node.Get("format").Str(); f != "" {
			return f
		}
	}
	return ""
}

// Missing returns the type of a missing value, which v represents.
func Missing(v any) *Type { return fixed(&Alternative{Values: []any{v}, Closed: true}) }
