package inputschema

import (
	"fmt"
	"slices"

	"github.com/gobelin-dev/gobelin/internal/tree"
)

// What a schema of inputs declares, as far as it holds whatever the value.

// applied returns the schemas that hold for what the given ones describe,
// whatever the value: they themselves, what their $ref names, and all of their allOf.
func (s *Schema) applied(schemas ...*tree.Node) (list []*tree.Node) {
	seen := map[*tree.Node]bool{}
	open := slices.Clone(schemas)
	slices.Reverse(open)
	for len(open) > 0 {
		n := open[len(open)-1]
		open = open[:len(open)-1]
		if n == nil || seen[n] {
			continue
		}
		seen[n] = true
		list = append(list, n)
		if all := n.Get("allOf"); all != nil {
			for _, part := range slices.Backward(all.Items) {
				open = append(open, part)
			}
		}
		open = append(open, s.Target(n))
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

// maxApplied bounds the schemas that apply to the properties, counted for each of
// them: all may refer to one another.
const maxApplied = 200_000

// collect gathers the declared properties, in the order of the schema. It returns
// what is wrong with them.
func (s *Schema) collect() (problems []string) {
	known := map[string]bool{}
	required := map[string]bool{}
	parts, count := s.applied(s.Node), 0
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
				applied := s.applied(m.Value)
				if count += len(applied); count > maxApplied {
					return []string{fmt.Sprintf("more than %d schemas apply to its properties, by $ref and allOf", maxApplied)}
				}
				s.Names = append(s.Names, m.Name)
				s.Properties = append(s.Properties, Property{Name: m.Name, Required: required[m.Name], Schemas: applied})
			}
		}
	}
	return nil
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
