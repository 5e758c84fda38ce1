package schema_test

import (
	"fmt"
	"testing"

	"github.com/gobelin-dev/gobelin/internal/schema"
	"github.com/gobelin-dev/gobelin/internal/tree"
	"github.com/gobelin-dev/gobelin/internal/value"
)

// TestSample has schemas with the samples that are made of them.
func TestSample(t *testing.T) {
	cases(t, "samples", func(t *testing.T, f file, c *tree.Node) {
		want := &schema.Want{}
		if wants := c.Get("wants"); wants != nil {
			for _, m := range wants.Members {
				tokens, err := value.SplitPointer(m.Name)
				if err != nil {
					t.Fatal(err)
				}
				*want.At(tokens) = schema.Want{Exactly: true, Value: m.Value.Value()}
			}
		}
		var s schema.Sampler
		if seed, ok := c.Get("seed").Value().(int64); ok {
			s.Seed = uint64(seed)
		}
		s.Client = c.Get("client").True()
		typ := schema.Of(c.Get("schema"), f)
		got := s.Sample(typ, "name", want, schema.Want{})
		if !value.Equal(got, c.Get("is").Value()) {
			t.Errorf("is %s", value.AppendJSON(nil, got))
		}
	})
}

// TestMisfit has values with what does not fit.
func TestMisfit(t *testing.T) {
	cases(t, "misfits", func(t *testing.T, f file, c *tree.Node) {
		got := ""
		if m := schema.Of(c.Get("schema"), f).Misfit(c.Get("value").Value()); m != nil {
			got = fmt.Sprintf("%s %s", m.Pointer, m.Want)
		}
		if got != c.Get("because").Str() {
			t.Errorf("got %q", got)
		}
	})
}

// FuzzSample makes samples of whatever is written as a schema: they are made in a bounded
// time and size, are JSON values, and the same each time.
func FuzzSample(f *testing.F) {
	for _, text := range []string{
		`{"type": "object", "required": ["a"], "properties": {"a": {"$ref": "#"}, "b": {"type": "array", "items": {"$ref": "#"}}}}`,
		`{"oneOf": [{"type": "string", "pattern": "^[a-f]{3,}(x|y)\\1?$"}, {"type": "integer", "minimum": 3, "multipleOf": 5}]}`,
		`{"allOf": [{"properties": {"k": {"const": 1}}}, {"anyOf": [{"$ref": "#"}, {"type": "null"}]}], "minProperties": 9}`,
		`{"type": "array", "minItems": 99999999999, "maxItems": -1, "prefixItems": [{}, {}], "items": false}`,
		`{"type": ["number", "null"], "exclusiveMinimum": 1e308, "maximum": -1e308, "multipleOf": 1e-300, "example": {"a": 1}}`,
		`{"minLength": 1e9, "maxLength": -5, "pattern": "(((((a*)*)*)*)*){900}", "format": "date"}`,
	} {
		f.Add(text, uint64(1))
	}
	f.Fuzz(func(t *testing.T, text string, seed uint64) {
		root, err := tree.Parse([]byte(text))
		if err != nil {
			return
		}
		make := func() any {
			s := schema.Sampler{Seed: seed}
			want := &schema.Want{}
			want.At([]string{"b", "2", "c"})
			return s.Sample(schema.Of(root, file{root}), "name", want, schema.Want{})
		}
		first, again := make(), make()
		if !value.IsPlain(first) {
			t.Fatalf("%#v is not a JSON value", first)
		}
		a, b := string(value.AppendJSON(nil, first)), string(value.AppendJSON(nil, again))
		if a != b {
			t.Fatalf("%s, and then %s", a, b)
		}
		if len(a) > 16<<20 {
			t.Fatalf("%d bytes", len(a))
		}
	})
}
