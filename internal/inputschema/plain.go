package inputschema

import (
	"slices"

	"github.com/gobelin-dev/gobelin/internal/tree"
)

// Most schemas of inputs are made of a few keywords whose values can be seen to
// be right. Such a schema is valid and refers to nothing, so that it need not be
// compiled before the first inputs come.

// plainKeywords maps each such keyword to a check of its value.
var plainKeywords map[string]func(n *tree.Node, depth int) bool

func init() {
	text := func(n *tree.Node, _ int) bool { return n.Kind == tree.String }
	flag := func(n *tree.Node, _ int) bool { return n.Kind == tree.Bool }
	plainKeywords = map[string]func(*tree.Node, int) bool{
		"type": isPlainType, "properties": isPlainProperties, "items": isPlain, "required": areNames, "enum": isNearList, "examples": isList,
		"title": text, "description": text, "format": text, "deprecated": flag, "readOnly": flag, "writeOnly": flag,
		"default": anything, "example": anything, "const": func(n *tree.Node, _ int) bool { return isNear(n) },
	}
}

const maxPlain = 32

// isPlain reports whether a schema has plain keywords only.
func isPlain(n *tree.Node, depth int) bool {
	return n.Kind == tree.Object && depth < maxPlain && !slices.ContainsFunc(n.Members, func(m tree.Member) bool {
		right := plainKeywords[m.Name]
		return right == nil || !right(m.Value, depth+1)
	})
}

func isPlainProperties(n *tree.Node, depth int) bool {
	return n.Kind == tree.Object && !slices.ContainsFunc(n.Members, func(m tree.Member) bool { return !isPlain(m.Value, depth) })
}

var schemaTypes = []string{"null", "boolean", "object", "array", "number", "string", "integer"}

func isPlainType(n *tree.Node, _ int) bool {
	return n.Kind == tree.String && slices.Contains(schemaTypes, n.Text)
}

func anything(*tree.Node, int) bool { return true }

func isNearList(n *tree.Node, _ int) bool { return n.Kind == tree.Array && isNear(n) }

func isList(n *tree.Node, _ int) bool { return n.Kind == tree.Array }

// areNames reports whether an array has different strings only.
func areNames(n *tree.Node, _ int) bool {
	if n.Kind != tree.Array {
		return false
	}
	for i, item := range n.Items {
		if item.Kind != tree.String || slices.ContainsFunc(n.Items[:i], func(other *tree.Node) bool { return other.Text == item.Text }) {
			return false
		}
	}
	return true
}
