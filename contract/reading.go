package contract

import (
	"slices"
	"strings"

	"github.com/gobelin-dev/gobelin/internal/openapi"
	"github.com/gobelin-dev/gobelin/internal/tree"
	"github.com/gobelin-dev/gobelin/internal/value"
)

// readingsOf are values that one text can be: that of a header has no types.
type readingsOf []any

// readings returns what a header can be: what its schema wants, in the style simple, a
// JSON value, the text itself.
func readings(text string, schema *tree.Node, in *openapi.Description, explode bool) readingsOf {
	all := readingsOf{read(text, schema, in, explode), text}
	if v, err := value.Decode([]byte(text)); err == nil {
		all = append(all, v)
	}
	return all
}

// read reads a text as the type that a schema declares.
func read(text string, schema *tree.Node, in *openapi.Description, explode bool) any {
	schema, in, err := in.Resolve(schema)
	if err != nil {
		return text
	}
	is := func(name string) bool {
		t := schema.Get("type")
		return t.Str() == name || t != nil && slices.ContainsFunc(t.Items, func(n *tree.Node) bool { return n.Str() == name })
	}
	part := func(text string, schema *tree.Node) any {
		if schema == nil {
			return text
		}
		return read(text, schema, in, false)
	}
	switch {
	case is("string"):
	case is("array"):
		items := []any{}
		for item := range strings.SplitSeq(text, ",") {
			items = append(items, part(strings.TrimSpace(item), schema.Get("items")))
		}
		return items
	case is("object"):
		members, properties := map[string]any{}, schema.Get("properties")
		list := strings.Split(text, ",")
		for i := 0; i < len(list); i++ {
			name, v, ok := strings.Cut(strings.TrimSpace(list[i]), "=")
			if !explode {
				if i++; i == len(list) {
					return text
				}
				name, v, ok = strings.TrimSpace(list[i-1]), strings.TrimSpace(list[i]), true
			}
			if !ok {
				return text
			}
			members[name] = part(v, properties.Get(name))
		}
		return members
	case is("integer"), is("number"), is("boolean"):
		if v, err := value.Decode([]byte(text)); err == nil {
			return v
		}
	}
	return text
}
