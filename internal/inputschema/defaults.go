package inputschema

import (
	"maps"
	"slices"

	"github.com/gobelin-dev/gobelin/internal/pattern"
	"github.com/gobelin-dev/gobelin/internal/tree"
)

// maxDefaults bounds how many values schemas can add to the inputs.
const maxDefaults = 10_000

// defaulter adds to a value the defaults that a schema has for what is absent,
// at every depth. Only what applies unconditionally counts: a default in a branch
// of if, anyOf or oneOf is ignored.
type defaulter struct {
	schema *Schema
	open   []*tree.Node // the defaults that are being filled themselves
	left   int
}

// root returns the inputs, or the default of the schema if there are none.
func (d *defaulter) root(inputs map[string]any) map[string]any {
	if len(inputs) > 0 {
		return inputs
	}
	whole, _ := d.schema.find(d.schema.Node, "default").Value().(map[string]any)
	return whole
}

// fill returns v with defaults; v itself is not changed.
func (d *defaulter) fill(v any, schemas ...*tree.Node) any {
	parts := d.schema.applied(schemas...)
	switch v := v.(type) {
	case map[string]any:
		full := maps.Clone(v)
		if full == nil {
			full = map[string]any{}
		}
		for _, part := range parts {
			d.add(part, full)
		}
		for name := range full {
			if _, given := v[name]; !given {
				continue
			}
			var inner []*tree.Node
			for _, part := range parts {
				inner = append(inner, MemberSchemas(part, name)...)
			}
			full[name] = d.fill(full[name], inner...)
		}
		return full
	case []any:
		full := slices.Clone(v)
		for i := range full {
			inner := make([]*tree.Node, len(parts))
			for j, part := range parts {
				inner[j] = ItemSchema(part, i)
			}
			full[i] = d.fill(full[i], inner...)
		}
		return full
	}
	return v
}

// add adds to an object the members that a schema has defaults for.
func (d *defaulter) add(part *tree.Node, full map[string]any) {
	properties := part.Get("properties")
	if properties == nil {
		return
	}
	for _, m := range properties.Members {
		fallback := d.schema.find(m.Value, "default")
		if _, present := full[m.Name]; present || fallback == nil || d.left == 0 || slices.Contains(d.open, fallback) {
			continue
		}
		d.left--
		d.open = append(d.open, fallback)
		full[m.Name] = d.fill(fallback.Value(), m.Value)
		d.open = d.open[:len(d.open)-1]
	}
}

// MemberSchemas are the schemas that one schema has for a member of that name.
func MemberSchemas(part *tree.Node, name string) (list []*tree.Node) {
	if n := part.Get("properties").Get(name); n != nil {
		list = append(list, n)
	}
	if patterns := part.Get("patternProperties"); patterns != nil {
		for _, m := range patterns.Members {
			if re, err := pattern.Compile(m.Name); err == nil {
				if matches, _ := re.Matches(name); matches {
					list = append(list, m.Value)
				}
			}
		}
	}
	if n := part.Get("additionalProperties"); n != nil && len(list) == 0 {
		list = append(list, n)
	}
	return list
}

// ItemSchema is the schema that one schema has for the i-th item.
func ItemSchema(part *tree.Node, i int) *tree.Node {
	if prefix := part.Get("prefixItems"); prefix != nil && i < len(prefix.Items) {
		return prefix.Items[i]
	}
	return part.Get("items")
}
