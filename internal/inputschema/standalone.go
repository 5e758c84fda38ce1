package inputschema

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"github.com/gobelin-dev/gobelin/internal/tree"
	"github.com/gobelin-dev/gobelin/internal/value"
)

// standalone is a schema of inputs as one that refers to nothing but itself.
type standalone struct {
	schema  *Schema
	places  map[*tree.Node]string // JSON Pointers into what is made, of all schemas in it
	carried []schemaPlace
	names   []string // parallel to carried: in $defs
}

func newStandalone(s *Schema) *standalone {
	b := &standalone{schema: s, places: map[*tree.Node]string{}}
	b.locate(s.Node, "")
	targets := s.targets()
	// What is outside comes before what is inside of it, which then need not be
	// carried once more.
	slices.SortFunc(targets, func(a, b schemaPlace) int { return cmp.Compare(a.pointer, b.pointer) })
	for _, t := range targets {
		if _, known := b.places[t.node]; !known {
			name := b.name(t.pointer)
			b.carried, b.names = append(b.carried, t), append(b.names, name)
			b.locate(t.node, "/$defs/"+value.PointerToken(name))
		}
	}
	return b
}

// targets returns all schemas that references in the schema lead to, through
// one another too.
func (s *Schema) targets() (list []schemaPlace) {
	seen := map[*tree.Node]bool{}
	for open := []*tree.Node{s.Node}; len(open) > 0; {
		n := open[len(open)-1]
		open = open[:len(open)-1]
		if seen[n] {
			continue
		}
		seen[n] = true
		for _, keyword := range schemaReferences {
			if t, declared, err := s.resolve(keyword, n); declared && err == nil {
				list, open = append(list, t), append(open, t.node)
			}
		}
		for _, sub := range subschemas(n) {
			open = append(open, sub.node)
		}
	}
	return list
}

func (b *standalone) locate(n *tree.Node, at string) {
	if _, known := b.places[n]; known {
		return
	}
	b.places[n] = at
	for _, sub := range subschemas(n) {
		b.locate(sub.node, at+sub.pointer())
	}
}

// name returns a free name in $defs, after the last part of a pointer.
func (b *standalone) name(pointer string) string {
	tokens, _ := value.SplitPointer(pointer)
	base := tokens[len(tokens)-1]
	name := base
	for i := 2; b.schema.Node.Get("$defs").Get(name) != nil || slices.Contains(b.names, name); i++ {
		name = base + strconv.Itoa(i)
	}
	return name
}

// origin returns the reference in the document that is at a place of what was
// made; inside of the schema of the inputs itself the pointer as it is.
func (b *standalone) origin(pointer string) string {
	for i, name := range b.names {
		at := "/$defs/" + value.PointerToken(name)
		if rest, ok := strings.CutPrefix(pointer, at); ok && (rest == "" || rest[0] == '/') {
			return fragmentOf(b.carried[i].pointer + rest)
		}
	}
	return pointer
}

// value returns the schema as a new JSON value.
func (b *standalone) value() any {
	whole := b.copy(b.schema.Node)
	object, ok := whole.(map[string]any)
	if !ok || len(b.carried) == 0 {
		return whole
	}
	if _, declared := object["$defs"]; !declared {
		object["$defs"] = map[string]any{}
	}
	if defs, ok := object["$defs"].(map[string]any); ok {
		for i, at := range b.carried {
			defs[b.names[i]] = b.copy(at.node)
		}
	}
	return whole
}

const dialect2020 = "https://json-schema.org/draft/2020-12/schema"

// dropped are the keywords that say what references mean.
var dropped = []string{"$id", "$anchor", "$dynamicAnchor", "$recursiveAnchor", "$recursiveRef", "$schema"}

func (b *standalone) copy(n *tree.Node) any {
	if n.Kind != tree.Object {
		return n.Value()
	}
	out := make(map[string]any, len(n.Members))
	for _, m := range n.Members {
		k, isSchema := schemaKeywords[m.Name]
		switch {
		case m.Name == "$schema" && m.Value.Str() == dialect2020 && n == b.schema.Node:
			out[m.Name] = dialect2020
		case slices.Contains(dropped, m.Name):
		case slices.Contains(schemaReferences, m.Name):
			out[m.Name] = b.reference(m.Name, n)
		case isSchema:
			out[m.Name] = b.subschemas(k.shape, m.Value)
		default:
			out[m.Name] = withinLength(m.Name, m.Value.Value())
		}
	}
	return out
}

func (b *standalone) reference(keyword string, n *tree.Node) any {
	target, declared, err := b.schema.resolve(keyword, n)
	if !declared || err != nil {
		return n.Get(keyword).Value() // an error, or in a part that nothing reaches
	}
	return fragmentOf(b.places[target.node])
}

func (b *standalone) subschemas(shape schemaShape, n *tree.Node) any {
	switch {
	case shape == schemaList && n.Kind == tree.Array:
		items := make([]any, len(n.Items))
		for i, item := range n.Items {
			items[i] = b.copy(item)
		}
		return items
	case shape == schemasByName && n.Kind == tree.Object:
		members := make(map[string]any, len(n.Members))
		for _, m := range n.Members {
			members[m.Name] = b.copy(m.Value)
		}
		return members
	case shape == oneSchema:
		return b.copy(n)
	}
	return n.Value() // the wrong type: the metaschema says so
}
