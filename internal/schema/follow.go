package schema

import (
	"slices"

	"github.com/gobelin-dev/gobelin/internal/pattern"
	"github.com/gobelin-dev/gobelin/internal/tree"
	"github.com/gobelin-dev/gobelin/internal/value"
)

// Presence says whether a member or an item exists.
type Presence uint8

// The presences, from the least known to the most.
const (
	Unknown    Presence = iota // the schema allows it and does not mention it
	Undeclared                 // the schema lists members, and this is not one of them; it does not forbid it
	Never                      // the schema forbids it, or the value has no members
	Sometimes
	Always
)

// Found is what is known of a member or an item.
type Found struct {
	Presence
	Type  *Type
	Names []string // of the members declared in its place, for Undeclared and Never
	Place Place    // of the schema that lacks it, or of the schema of what was found
	Kinds Kinds    // of the value it was looked up in
	At    int      // of [Type.Follow]: the index of the token that has no target
}

// Follow follows reference tokens (RFC 6901) into the value.
func (t *Type) Follow(tokens []string) Found {
	found := Found{Presence: Always, Type: t, Kinds: t.Kinds()}
	found.Place, _ = t.Place()
	for i, token := range tokens {
		next := found.Type.Child(token)
		next.At = i
		switch {
		case next.Presence == Undeclared || next.Presence == Never:
			return next
		case next.Presence == Unknown || found.Presence == Unknown:
			next.Presence = Unknown
		case found.Presence == Sometimes:
			next.Presence = Sometimes
		}
		found = next
	}
	return found
}

// Child returns what a reference token names: a member, or an item of an array.
func (t *Type) Child(token string) Found {
	index, isIndex := value.Index(token)
	return t.look(func(a *Alternative) Found {
		switch {
		case a.Kinds&Array != 0 && (isIndex || a.Kinds&Object == 0):
			if !isIndex {
				return Found{Presence: Never}
			}
			return a.item(index)
		}
		return a.member(token)
	})
}

// Member returns a member of the value, if it is an object.
func (t *Type) Member(name string) Found {
	return t.look(func(a *Alternative) Found { return a.member(name) })
}

// Item returns an item of the value, if it is an array.
func (t *Type) Item(index int) Found {
	return t.look(func(a *Alternative) Found { return a.item(index) })
}

// look combines the answers of the alternatives.
func (t *Type) look(in func(*Alternative) Found) Found {
	all := Found{Presence: Never, Kinds: t.Kinds()}
	var types []*Type
	unknown, undeclared, never, always := 0, 0, 0, 0
	alternatives := t.Alternatives()
	for _, a := range alternatives {
		f := in(a)
		switch f.Presence {
		case Always, Sometimes:
			if types == nil {
				all.Place = f.Place
			}
			types = append(types, f.Type)
			if f.Presence == Always && a.only() {
				always++
			}
			continue
		case Unknown:
			unknown++
			if f.Type != nil {
				types = append(types, f.Type)
			}
			continue
		case Undeclared:
			undeclared++
		case Never:
			never++
		}
		all.Names = append(all.Names, f.Names...)
		if place, ok := a.place(); ok && all.Place == (Place{}) {
			all.Place = place
		}
	}
	switch {
	case always == len(alternatives):
		all.Presence = Always
	case len(types) > 0 && unknown < len(types):
		all.Presence = Sometimes
	case unknown > 0:
		all.Presence = Unknown
	case undeclared > 0:
		all.Presence = Undeclared
	}
	if all.Presence == Undeclared || all.Presence == Never {
		all.Names = unique(all.Names)
		return all
	}
	if unknown > 0 && len(types) < unknown+always || len(types) == 0 {
		types = []*Type{Any()}
	}
	all.Type, all.Names = Union(types...), nil
	return all
}

// unique drops the names that are there already.
func unique(names []string) []string {
	seen := make(map[string]bool, len(names))
	return slices.DeleteFunc(names, func(name string) bool {
		again := seen[name]
		seen[name] = true
		return again
	})
}

// only reports whether the value is certainly an object or an array. A schema
// that lists members without a type describes an object.
func (a *Alternative) only() bool {
	if a.Kinds == AnyKind {
		return a.has("properties") || a.has("items")
	}
	return a.Kinds == Object || a.Kinds == Array
}

func (a *Alternative) has(keyword string) bool {
	return slices.ContainsFunc(a.parts, func(p part) bool { return p.node.Get(keyword) != nil })
}

func (a *Alternative) member(name string) Found {
	switch {
	case a.Kinds&Object == 0:
		return Found{Presence: Never}
	case a.made:
		return a.madeMember(name)
	}
	var parts []part
	for _, p := range a.parts {
		if n := p.node.Get("properties").Get(name); n != nil {
			parts = append(parts, part{n, p.in})
		}
		parts = append(parts, p.matching(name)...)
	}
	if len(parts) > 0 {
		found := Found{Presence: Sometimes, Type: conjunction(parts), Place: parts[0].place()}
		if a.Requires(name) {
			found.Presence = Always
		}
		return found
	}
	return a.additional()
}

func (a *Alternative) madeMember(name string) Found {
	var names []string
	for _, m := range a.members {
		if m.name == name {
			return Found{Presence: Always, Type: m.t}
		}
		names = append(names, m.name)
	}
	return Found{Presence: Never, Names: names}
}

// matching returns the schemas of patternProperties for a name.
func (p part) matching(name string) (parts []part) {
	patterns := p.node.Get("patternProperties")
	if patterns == nil {
		return nil
	}
	for _, m := range patterns.Members {
		if re, err := pattern.Compile(m.Name); err == nil {
			if matches, _ := re.Matches(name); matches {
				parts = append(parts, part{m.Value, p.in})
			}
		}
	}
	return parts
}

// additional reports whether a member that no schema lists can be present.
func (a *Alternative) additional() Found {
	closed := false
	var parts []part
	free := a.Open
	for _, p := range a.parts {
		if patterns := p.node.Get("patternProperties"); patterns != nil {
			for _, m := range patterns.Members {
				if _, err := pattern.Compile(m.Name); err != nil {
					free = true
				}
			}
		}
		for _, keyword := range []string{"additionalProperties", "unevaluatedProperties"} {
			switch n := p.node.Get(keyword); {
			case n == nil:
			case n.Kind == tree.Bool && !n.True():
				closed = true
			case n.Kind == tree.Object && len(n.Members) > 0:
				parts = append(parts, part{n, p.in})
			default:
				free = true
			}
		}
	}
	names := a.Names()
	switch {
	case closed && !free:
		return Found{Presence: Never, Names: names}
	case len(parts) > 0 && !free:
		return Found{Presence: Unknown, Type: conjunction(parts)}
	case free || len(names) == 0:
		return Found{Presence: Unknown}
	}
	return Found{Presence: Undeclared, Names: names}
}

// Names returns the members that the alternative lists.
func (a *Alternative) Names() (names []string) {
	for _, m := range a.members {
		names = append(names, m.name)
	}
	for _, p := range a.parts {
		if properties := p.node.Get("properties"); properties != nil {
			for _, m := range properties.Members {
				names = append(names, m.Name)
			}
		}
	}
	return unique(names)
}

// Requires reports whether the member is always present.
func (a *Alternative) Requires(name string) bool { return a.requires()[name] }

// requires returns the members that are always present.
func (a *Alternative) requires() map[string]bool {
	if a.required == nil {
		a.required = map[string]bool{}
		for _, p := range a.parts {
			if list := p.node.Get("required"); list != nil {
				for _, item := range list.Items {
					a.required[item.Text] = true
				}
			}
		}
	}
	return a.required
}

// Required returns the members that every alternative requires, without the
// readOnly ones, which a request never has.
func (t *Type) Required() (names []string) {
	alternatives := t.Alternatives()
	for _, p := range alternatives[0].parts {
		list := p.node.Get("required")
		if list == nil {
			continue
		}
		for _, item := range list.Items {
			every := true
			for _, a := range alternatives {
				every = every && a.Kinds&Object != 0 && a.Requires(item.Text)
			}
			if every && !t.Member(item.Text).Marked("readOnly") {
				names = append(names, item.Text)
			}
		}
	}
	return unique(names)
}

// Marked reports whether a boolean keyword is true in a schema of what was
// found.
func (f Found) Marked(keyword string) bool {
	if f.Type == nil {
		return false
	}
	for _, a := range f.Type.Alternatives() {
		for _, p := range a.parts {
			if p.node.Get(keyword).True() {
				return true
			}
		}
	}
	return false
}

// HasDefault reports whether the schema has a default.
func (t *Type) HasDefault() bool {
	for _, a := range t.Alternatives() {
		if a.has("default") {
			return true
		}
	}
	return false
}

// HasValue reports whether the schema has a value of its own: an example, a default, or a
// list of all.
func (t *Type) HasValue() bool {
	for _, a := range t.Alternatives() {
		if a.Closed || a.has("example") || a.has("examples") || a.has("default") {
			return true
		}
	}
	return false
}

func (a *Alternative) item(index int) Found {
	switch {
	case a.Kinds&Array == 0:
		return Found{Presence: Never}
	case a.made && index < len(a.items):
		return Found{Presence: Always, Type: a.items[index]}
	case a.made:
		return Found{Presence: Never}
	}
	presence := Sometimes
	var parts []part
	for _, p := range a.parts {
		if most, ok := p.count("maxItems"); ok && index >= most {
			return Found{Presence: Never}
		}
		if least, ok := p.count("minItems"); ok && index < least {
			presence = Always
		}
		if n := p.element(index); n != nil {
			parts = append(parts, part{n, p.in})
		}
	}
	if len(parts) == 0 {
		return Found{Presence: Unknown}
	}
	return Found{Presence: presence, Type: conjunction(parts), Place: parts[0].place()}
}

// Items returns the type of the items of the value if it is an array, else nil.
func (t *Type) Items() *Type {
	var types []*Type
	for _, a := range t.Alternatives() {
		if a.Kinds&Array == 0 {
			continue
		}
		if a.made {
			types = append(types, a.items...)
			continue
		}
		var parts []part
		tuple := false
		for _, p := range a.parts {
			tuple = tuple || p.node.Get("prefixItems") != nil
			if n := p.node.Get("items"); n != nil && n.Kind == tree.Object {
				parts = append(parts, part{n, p.in})
			}
		}
		if len(parts) == 0 || tuple {
			return Any()
		}
		types = append(types, conjunction(parts))
	}
	if types == nil {
		return nil
	}
	return Union(types...)
}

func (p part) element(index int) *tree.Node {
	tuple, rest := p.node.Get("prefixItems"), p.node.Get("items")
	if rest != nil && rest.Kind == tree.Array {
		tuple, rest = rest, p.node.Get("additionalItems")
	}
	if tuple != nil && index < len(tuple.Items) {
		return tuple.Items[index]
	}
	if rest != nil && rest.Kind == tree.Object {
		return rest
	}
	return nil
}

func (p part) count(keyword string) (int, bool) {
	n := p.node.Get(keyword)
	if n == nil || n.Kind != tree.Number {
		return 0, false
	}
	i, ok := n.Value().(int64)
	return int(i), ok
}
