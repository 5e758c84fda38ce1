package schema

import (
	"github.com/gobelin-dev/gobelin/internal/tree"
	"github.com/gobelin-dev/gobelin/internal/value"
)

// The bounds of expanding a schema; a schema beyond them is open.
const (
	maxAlternatives = 64
	maxSteps        = 2000
)

// draft is an alternative under construction.
type draft struct {
	parts []part
	open  bool
}

// expansion expands one schema into alternatives: allOf multiplies them, oneOf
// and anyOf add to them.
type expansion struct {
	budget int
	open   map[*tree.Node]bool // the schemas being expanded: one that occurs again is a cycle
}

var anything = []draft{{}}

// unknown is the type of a schema that cannot be read.
var unknown = []draft{{open: true}}

func (e *expansion) expand(p part) []draft {
	n := p.node
	if n == nil || n.Kind != tree.Object {
		if n != nil && n.Kind == tree.Bool && !n.True() {
			return nil
		}
		return anything
	}
	if e.budget--; e.budget < 0 || e.open[n] {
		return unknown
	}
	e.open[n] = true
	defer delete(e.open, n)
	if n.Get("$ref") != nil {
		return e.reference(p)
	}
	return e.keywords(p)
}

// reference follows a $ref. Its sibling keywords count in every version: 3.0
// ignores them, but authors mean them.
func (e *expansion) reference(p part) []draft {
	target, in, err := p.in.Follow(p.node)
	if err != nil || target == p.node {
		return unknown
	}
	all := e.expand(part{target, in})
	if len(p.node.Members) > 1 {
		return e.product(all, e.keywords(p))
	}
	return all
}

func (e *expansion) keywords(p part) []draft {
	n := p.node
	own := draft{parts: []part{p}}
	for _, name := range []string{"$dynamicRef", "$recursiveRef"} {
		own.open = own.open || n.Get(name) != nil
	}
	// The subtypes of a discriminator without alternatives are elsewhere: they
	// refer to this schema.
	if n.Get("discriminator") != nil && n.Get("oneOf") == nil && n.Get("anyOf") == nil {
		own.open = true
	}
	all := []draft{own}
	if list := n.Get("allOf"); list != nil {
		for _, item := range list.Items {
			all = e.product(all, e.expand(part{item, p.in}))
		}
	}
	for _, name := range []string{"oneOf", "anyOf"} {
		if list := n.Get(name); list != nil && len(list.Items) > 0 {
			var sum []draft
			for _, item := range list.Items {
				sum = append(sum, e.expand(part{item, p.in})...)
			}
			all = e.product(all, sum)
		}
	}
	return e.conditional(all, p)
}

// conditional adds the schemas that hold only for some values.
func (e *expansion) conditional(all []draft, p part) []draft {
	n := p.node
	if n.Get("if") != nil {
		var sum []draft
		for _, name := range []string{"then", "else"} {
			if branch := n.Get(name); branch != nil {
				sum = append(sum, e.expand(part{branch, p.in})...)
			} else {
				sum = append(sum, anything...)
			}
		}
		all = e.product(all, sum)
	}
	if list := n.Get("dependentSchemas"); list != nil {
		for _, m := range list.Members {
			all = e.product(all, append(e.expand(part{m.Value, p.in}), draft{}))
		}
	}
	return all
}

// product combines alternatives that hold together.
func (e *expansion) product(a, b []draft) []draft {
	if len(a)*len(b) > maxAlternatives {
		return unknown
	}
	var all []draft
	for _, x := range a {
		for _, y := range b {
			parts := x.parts[:len(x.parts):len(x.parts)]
			for _, p := range y.parts {
				if !hasPart(parts, p) {
					parts = append(parts, p)
				}
			}
			all = append(all, draft{parts, x.open || y.open})
		}
	}
	return all
}

func hasPart(parts []part, p part) bool {
	for _, other := range parts {
		if other.node == p.node {
			return true
		}
	}
	return false
}

// settle computes the types and values of alternatives. Contradictory ones are
// dropped; if all are, the schema is not understood.
func settle(all []draft) []*Alternative {
	if len(all) > maxAlternatives {
		all = unknown
	}
	var settled []*Alternative
	for _, d := range all {
		a := &Alternative{Kinds: AnyKind, Open: d.open, parts: d.parts}
		if a.narrow(); a.Kinds != 0 {
			settled = append(settled, a)
		}
	}
	if len(settled) == 0 {
		return []*Alternative{{Kinds: AnyKind, Open: true}}
	}
	return settled
}

func (a *Alternative) narrow() {
	nullable := false
	for _, p := range a.parts {
		if p.node.Get("nullable").True() || p.node.Get("x-nullable").True() {
			nullable = true
		}
		if kinds, ok := declared(p.node); ok {
			a.Kinds &= kinds
		} else if p.node.Get("type") != nil {
			a.Open = true // a type that no specification defines: file, any
		}
	}
	for _, p := range a.parts {
		a.restrict(p.node)
	}
	if nullable {
		a.Kinds |= Null
		if a.Closed && !contains(a.Values, nil) {
			a.Values = append(a.Values, nil)
		}
	}
	a.bounded()
}

// restrict applies the keywords enum and const.
func (a *Alternative) restrict(n *tree.Node) {
	var allowed []any
	if enum := n.Get("enum"); enum != nil && enum.Kind == tree.Array && len(enum.Items) > 0 {
		allowed, _ = enum.Value().([]any)
	} else if c := n.Get("const"); c != nil {
		allowed = []any{c.Value()}
	} else {
		return
	}
	var kept []any
	var kinds Kinds
	for _, v := range allowed {
		// A number in the enum of a string is a string without its quotes.
		if a.Kinds&(Scalars&^Null) == String && v != nil && KindOf(v)&String == 0 && KindOf(v)&Compound == 0 {
			v = value.Text(v)
		}
		if a.Kinds&KindOf(v) != 0 && (!a.Closed || contains(a.Values, v)) {
			kept, kinds = append(kept, v), kinds|KindOf(v)
		}
	}
	a.Values, a.Closed = kept, true
	a.Kinds &= kinds
}

// bounded closes the types that have few values.
func (a *Alternative) bounded() {
	if a.Closed {
		return
	}
	if a.Kinds != 0 && a.Kinds&^(Boolean|Null) == 0 {
		a.Closed = true
		if a.Kinds&Boolean != 0 {
			a.Values = append(a.Values, true, false)
		}
		if a.Kinds&Null != 0 {
			a.Values = append(a.Values, nil)
		}
	}
}
