package inputschema

import (
	"slices"

	"github.com/gobelin-dev/gobelin/internal/tree"
)

// What a schema of inputs declares, as far as it holds whatever the value.

// applied returns the schemas that hold for what the given ones describe,
// whatever the value: they themselves, what their $ref names, and all of their allOf.
func (s *Schema) applied(schemas ...*tree.Node) (list []*tree.Node) {
	for _, n := range schemas {
		list = s.appendApplied(list, n)
	}
	return list
}

func (s *Schema) appendApplied(list []*tree.Node, n *tree.Node) []*tree.Node {
	if n == nil || slices.Contains(list, n) {
		return list
	}
	list = append(list, n)
	list = s.appendApplied(list, s.Target(n))
	if all := n.Get("allOf"); all != nil {
		for _, part := range all.Items {
			list = s.appendApplied(list, part)
		}
	}
	return list
}

// A Property is a declared property of inputs.
type Property struct {
	Name     string
	Required bool         // by the schema itself
	Schemas  []*tree.Node // all that apply to it: its own, and what that refers to or joins by allOf
}

// Find returns the value of a keyword in the first of the schemas that has it, or
// nil.
func (p *Property) Find(keyword string) *tree.Node { return first(p.Schemas, keyword) }

// collect gathers the declared properties, in the order of the schema.
func (s *Schema) collect() {
	known := map[string]bool{}
	required := map[string]bool{}
	parts := s.applied(s.Node)
	for _, part := range parts {
		if list := part.Get("required"); list != nil {
			for _, n := range list.Items {
				required[n.Text] = true
			}
		}
	}
	for _, part := range parts {
		properties := part.Get("properties")
		if properties == nil {
			continue
		}
		for _, m := range properties.Members {
			if !known[m.Name] {
				known[m.Name] = true
				s.Names = append(s.Names, m.Name)
				s.Properties = append(s.Properties, Property{Name: m.Name, Required: required[m.Name], Schemas: s.applied(m.Value)})
			}
		}
	}
}

// find returns the value of a keyword in the first of the schemas that apply.
func (s *Schema) find(n *tree.Node, keyword string) *tree.Node { return first(s.applied(n), keyword) }

// first returns the value of a keyword in the first of the schemas that has it.
func first(schemas []*tree.Node, keyword string) *tree.Node {
	for _, part := range schemas {
		if v := part.Get(keyword); v != nil {
			return v
		}
	}
	return nil
}
