// Package schema says what is known of a value from the schema that describes
// it: a JSON Schema 2020-12 or a Schema Object of OpenAPI 2.0, 3.0 or 3.1. What
// it says is certain; of what a schema leaves open it says nothing.
package schema

import (
	"maps"
	"slices"

	"github.com/gobelin-dev/gobelin/internal/tree"
	"github.com/gobelin-dev/gobelin/internal/value"
)

// A Document has the schemas that stand in it.
type Document interface {
	// Follow takes one $ref of a node of the document.
	Follow(n *tree.Node) (target *tree.Node, in Document, err error)
	// Location is the document's path or URL.
	Location() string
}

// A Place is where a schema stands.
type Place struct {
	Location     string
	Line, Column int
}

// A Type is what is known of a value: one of several alternatives. It is
// worked out when first asked for, and must not be used by several goroutines
// at the same time.
type Type struct {
	work         func() []*Alternative
	alternatives []*Alternative
}

// An Alternative is one way in which a value can be: all its schemas hold.
type Alternative struct {
	Kinds  Kinds
	Values []any // the only ones possible, where Closed
	Closed bool
	Open   bool // it may be more than its schemas say: a reference that cannot be followed, a subtype

	parts    []part
	required map[string]bool // by parts; nil: not yet collected
	members  []member        // of an object that is made, not described
	items    []*Type         // of an array that is made
	made     bool
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

// Any is a value of which nothing is known.
func Any() *Type { return fixed(&Alternative{Kinds: AnyKind, Open: true}) }

// Kind is any value of some types.
func Kind(kinds Kinds) *Type { return fixed(&Alternative{Kinds: kinds, Open: true}) }

func fixed(list ...*Alternative) *Type { return &Type{alternatives: list} }

// Constant is one value.
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

// ObjectOf is an object with just these members, types parallel to names.
func ObjectOf(names []string, types []*Type) *Type {
	a := &Alternative{Kinds: Object, made: true}
	for i, name := range names {
		a.members = append(a.members, member{name, types[i]})
	}
	return fixed(a)
}

// ArrayOf is an array of just these items.
func ArrayOf(items []*Type) *Type {
	return fixed(&Alternative{Kinds: Array, items: items, made: true})
}

// Union is a value of one of the types.
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

// Of is the type of the values that a schema describes; nil describes any.
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

// Alternatives are the ways in which the value can be, at least one.
func (t *Type) Alternatives() []*Alternative {
	if t.work != nil {
		work := t.work
		t.work = nil
		t.alternatives = []*Alternative{{Kinds: AnyKind, Open: true}} // for one that asks for itself
		t.alternatives = work()
	}
	return t.alternatives
}

// Kinds are the types that the value can have.
func (t *Type) Kinds() (kinds Kinds) {
	for _, a := range t.Alternatives() {
		kinds |= a.Kinds
	}
	return kinds
}

// Known reports whether anything at all is known.
func (t *Type) Known() bool {
	for _, a := range t.Alternatives() {
		if a.Kinds == AnyKind && a.Open && len(a.parts) == 0 {
			return false
		}
	}
	return true
}

// Values are the only values possible, where the type says so.
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

// Place is where the first schema of the type stands; ok is false for a type
// that no schema describes.
func (t *Type) Place() (Place, bool) {
	for _, a := range t.Alternatives() {
		if p, ok := a.place(); ok {
			return p, true
		}
	}
	return Place{}, false
}

// place prefers the schema that says which type the value has.
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

// Format is the keyword "format", "" where there is none.
func (a *Alternative) Format() string {
	for _, p := range a.parts {
		if f := p.node.Get("format").Str(); f != "" {
			return f
		}
	}
	return ""
}

// Missing is a value that is not there, as which v stands.
func Missing(v any) *Type { return fixed(&Alternative{Values: []any{v}, Closed: true}) }
