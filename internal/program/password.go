package program

import (
	"slices"

	"github.com/gobelin-dev/gobelin/internal/inputschema"
	"github.com/gobelin-dev/gobelin/internal/tree"
	"github.com/gobelin-dev/gobelin/internal/value"
)

// Passwords are the passwords that the schemas of a value declare (format:
// password), at any depth.
type Passwords struct {
	Schema *inputschema.Schema
	Nodes  []*tree.Node // that the value is described by, with all that they are made of
}

// sameValue are the keywords whose schemas describe the value that their own
// schema describes, if only on a condition; inside are those whose schemas
// describe what is in it.
var (
	sameValue = []string{"allOf", "anyOf", "oneOf", "if", "then", "else", "dependentSchemas"}
	inside    = []string{"properties", "patternProperties", "additionalProperties", "unevaluatedProperties",
		"items", "prefixItems", "additionalItems", "contains", "unevaluatedItems"}
)

// PasswordsOf returns the passwords of a value that schemas describe; nil when
// it can have none.
func PasswordsOf(schema *inputschema.Schema, nodes ...*tree.Node) *Passwords {
	p := &Passwords{Schema: schema}
	for _, n := range nodes {
		p.describe(n)
	}
	if !p.some() {
		return nil
	}
	return p
}

func (p *Passwords) describe(n *tree.Node) {
	if n == nil || slices.Contains(p.Nodes, n) {
		return
	}
	p.Nodes = append(p.Nodes, n)
	p.describe(p.Schema.Target(n))
	for _, keyword := range sameValue {
		for _, part := range schemasOf(n.Get(keyword), keyword) {
			p.describe(part)
		}
	}
}

// schemasOf returns the schemas in the value of a keyword.
func schemasOf(n *tree.Node, keyword string) []*tree.Node {
	if n == nil {
		return nil
	}
	switch keyword {
	case "properties", "patternProperties", "dependentSchemas":
		list := make([]*tree.Node, len(n.Members))
		for i, m := range n.Members {
			list[i] = m.Value
		}
		return list
	}
	if n.Kind == tree.Array {
		return n.Items
	}
	return []*tree.Node{n}
}

// whole reports whether the value itself is a password.
func (p *Passwords) whole() bool {
	return slices.ContainsFunc(p.Nodes, func(n *tree.Node) bool { return n.Get("format").Str() == "password" })
}

// some reports whether there are passwords at any depth.
func (p *Passwords) some() bool {
	seen := map[*tree.Node]bool{}
	open := slices.Clone(p.Nodes)
	for len(open) > 0 {
		n := open[len(open)-1]
		open = open[:len(open)-1]
		if n == nil || seen[n] {
			continue
		}
		seen[n] = true
		if n.Get("format").Str() == "password" {
			return true
		}
		open = append(open, p.Schema.Target(n))
		for _, keyword := range slices.Concat(sameValue, inside) {
			open = append(open, schemasOf(n.Get(keyword), keyword)...)
		}
	}
	return false
}

// Member returns the passwords of a member of the value.
func (p *Passwords) Member(name string) *Passwords {
	var nodes []*tree.Node
	for _, n := range p.Nodes {
		nodes = append(nodes, inputschema.MemberSchemas(n, name)...)
		nodes = append(nodes, n.Get("unevaluatedProperties"))
	}
	return PasswordsOf(p.Schema, nodes...)
}

// item returns the passwords of an item of the value.
func (p *Passwords) item(i int) *Passwords {
	var nodes []*tree.Node
	for _, n := range p.Nodes {
		nodes = append(nodes, inputschema.ItemSchema(n, i), n.Get("contains"), n.Get("unevaluatedItems"), n.Get("additionalItems"))
		if items := n.Get("items"); items != nil && items.Kind == tree.Array && i < len(items.Items) {
			nodes = append(nodes, items.Items[i])
		}
	}
	return PasswordsOf(p.Schema, nodes...)
}

// child returns the passwords of a member, or of an item, of the value.
func (p *Passwords) child(name string) *Passwords {
	both := []*tree.Node{}
	if member := p.Member(name); member != nil {
		both = append(both, member.Nodes...)
	}
	if i, ok := value.Index(name); ok {
		if item := p.item(i); item != nil {
			both = append(both, item.Nodes...)
		}
	}
	return PasswordsOf(p.Schema, both...)
}

// In visits the passwords in a value.
func (p *Passwords) In(v any, visit func(any)) {
	switch {
	case p == nil:
	case p.whole():
		visit(v)
	default:
		switch v := v.(type) {
		case map[string]any:
			for name, member := range v {
				p.Member(name).In(member, visit)
			}
		case []any:
			var items *Passwords
			for i, item := range v {
				if i <= p.prefix() {
					items = p.item(i)
				}
				items.In(item, visit)
			}
		}
	}
}

// prefix is the number of items that have schemas of their own.
func (p *Passwords) prefix() (length int) {
	for _, n := range p.Nodes {
		for _, keyword := range []string{"prefixItems", "items"} {
			if list := n.Get(keyword); list != nil {
				length = max(length, len(list.Items))
			}
		}
	}
	return length
}
