package schema_test

import (
	"testing"

	"github.com/gobelin-dev/gobelin/internal/schema"
	"github.com/gobelin-dev/gobelin/internal/tree"
)

// FuzzSchema calls everything on invalid schemas, which must neither panic nor
// run forever.
func FuzzSchema(f *testing.F) {
	for _, text := range []string{
		`{"$ref": "#"}`, `{"allOf": [{"$ref": "#"}], "properties": {"a": {"$ref": "#"}}}`,
		`{"type": ["object", 5], "required": "a", "enum": {}, "properties": []}`,
		`{"oneOf": [{"$ref": "#/oneOf/1"}, {"$ref": "#/oneOf/0"}], "items": [true, false], "minItems": -1, "maxItems": 1e99}`,
		`{"if": 1, "then": [], "patternProperties": {"(": 1, "a": {}}, "additionalProperties": {"not": {}}, "minimum": "x", "pattern": "("}`,
	} {
		f.Add(text, "a")
	}
	f.Fuzz(func(t *testing.T, text, token string) {
		root, err := tree.Parse([]byte(text))
		if err != nil {
			return
		}
		typ := schema.Of(root, file{root})
		found := typ.Follow([]string{token, "0", token})
		if (found.Type == nil) != (found.Presence == schema.Never || found.Presence == schema.Undeclared) {
			t.Fatalf("presence %d has type %v", found.Presence, found.Type)
		}
		typ.Values()
		typ.Required()
		typ.HasDefault()
		for _, asText := range []bool{false, true} {
			typ.Refuses(schema.Constant(token), asText)
			typ.Refuses(typ, asText)
		}
		if items := typ.Items(); items != nil {
			items.Kinds()
		}
	})
}
