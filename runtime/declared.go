package runtime

import (
	"slices"

	"github.com/gobelin-dev/gobelin/internal/tree"
)

// What a schema of inputs declares, as far as it holds whatever the value.

// applied returns the schemas that hold for what the given ones describe,
// whatever the value: they themselves, what their $ref names, and all of their allOf.
func (s *inputSchema) applied(schemas ...*tree.Node) (list []*tree.Node) {
	for _, n := range schemas {
		list = s.appendApplied(list, n)
	}
	return list
}

func (s *inputSchema) appendApplied(list []*tree.Node, n *tree.Node) []*tree.Node {
	if n == nil || slices.Contains(list, n) {
		return list
	}
	list = append(list, n)
	list = s.appendApplied(list, s.target(n))
	if all := n.Get("allOf"); all != nil {
		for _, part := range all.Items {
			list = s.appendApplied(list, part)
		}
	}
	return list
}

// collect gathers the names of the declared properties.
func (s *inputSchema) collect() {
	for _, part := range s.applied(s.node) {
		properties := part.Get("properties")
		if properties == nil {
			continue
		}
		for _, m := range properties.Members {
			if !slices.Contains(s.names, m.Name) {
				s.names = append(s.names, m.Name)
			}
		}
	}
}

// find returns the keyword of the first of the applied schemas that has it.
func (s *inputSchema) find(n *tree.Node, keyword string) *tree.Node {
	for _, part := range s.applied(n) {
		if v := part.Get(keyword); v != nil {
			return v
		}
	}
	return nil
}

// property finds a declared property.
func (s *inputSchema) property(name string) *tree.Node {
	for _, part := range s.applied(s.node) {
		if p := part.Get("properties").Get(name); p != nil {
			return p
		}
	}
	return nil
}

// requires reports whether a property is required.
func (s *inputSchema) requires(name string) bool {
	return slices.ContainsFunc(s.applied(s.node), func(part *tree.Node) bool {
		required := part.Get("required")
		return required != nil && slices.ContainsFunc(required.Items, func(n *tree.Node) bool { return n.Text == name })
	})
}
