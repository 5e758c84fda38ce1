package tree

import (
	"fmt"

	"go.yaml.in/yaml/v3"
)

// mergeKey is the key that merges mappings into its own (yaml.org/type/merge):
// it belongs to YAML 1.1, but every reader of OpenAPI descriptions supports it.
const mergeKey = "<<"

// isMerge reports whether a key is the merge key. In quotes, and as an alias,
// it is a key like any other.
func isMerge(key *yaml.Node) bool {
	return key.Kind == yaml.ScalarNode && key.Value == mergeKey && key.Tag == "!!merge"
}

// merge adds to n, whose own members are complete, those members of a mapping
// or of a list of mappings that n does not have; those of an earlier mapping
// precede those of a later one. They keep their places.
func (c *yamlConverter) merge(n *Node, y *yaml.Node, depth int) error {
	v, err := c.node(y, depth+1)
	if err != nil {
		return err
	}
	from := []*Node{v}
	if v.Kind == Array {
		from = v.Items
	}
	own := len(n.Members)
	known := make(map[string]int, own)
	for i, m := range n.Members {
		known[m.Name] = i
	}
	for i, mapping := range from {
		if mapping.Kind != Object {
			at := y // of an item if it is written here, else of the alias
			if y.Kind == yaml.SequenceNode {
				at = y.Content[i]
			}
			message := fmt.Sprintf("the merge key %s merges a mapping or a list of mappings, not %s", mergeKey, mapping.Kind)
			return &SyntaxError{at.Line, at.Column, message}
		}
		for _, m := range mapping.Members {
			if _, has := known[m.Name]; !has {
				known[m.Name] = len(n.Members)
				n.Members = append(n.Members, m)
			}
		}
	}
	if len(n.Members) >= indexed {
		n.index = known
	}
	return nil
}
