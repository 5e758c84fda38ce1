package jsonpath

import (
	"encoding/json"
	"testing"

	"github.com/gobelin-dev/gobelin/internal/value"
)

// FuzzPlaces holds a condition that reads single places against the same one
// on the document.
func FuzzPlaces(f *testing.F) {
	documents := []string{
		`{"status":"ended","a":{"b":[{"c":1},2]},"n":null,"items":[1,2],"length":3,"s":"text","0":"zero"}`,
		`[{"status":"x"},{"a":1}]`, `{}`, `[]`, `{"items":{"length":0},"status":1e400}`, `{"status":["ended"],"a":[[1]]}`,
	}
	conditions := []string{
		`$.status == 'ended'`, `@.status == 'ended'`, `$.status != 'ended'`, `$.a.b[0].c == 1 && $.n == null`,
		`!($.status == 'ended') || $.items.length > 1`,
		`$.items.length > 0`, `$.s.length == 4`, `$.status`, `$.a.b[0]`, `$['a']['b'][1]`, `$.a && !$.x`, `$.n`, `length($.items) == 2`,
		`match($.s, 't.*')`, `count($.items[*]) == 2`,
		`$.a.b[-1] == 2`, `$.a .b == 1`, `$['it\'s'] == 1`, `$..status`, `$.status == $inputs.x`, `$inputs.x > $.a.b[1]`, `$.items[?@ > 1]`,
		`$ == 1`, `$.a == $['a']`, `$[0].status == 'x'`, `$.0 == 'zero'`, `$['0'] == 'zero'`, `$.status < 2`, `$.a.* == 1`,
	}
	for _, condition := range conditions {
		for _, document := range documents {
			f.Add(condition, document)
		}
	}
	f.Fuzz(func(t *testing.T, condition, document string) {
		c, err := ParseCondition(condition, RFC9535)
		if err != nil || c.Places() == nil {
			return
		}
		doc, err := value.Decode([]byte(document))
		if err != nil {
			return
		}
		switch doc.(type) {
		case map[string]any, []any:
		default:
			return
		}
		operand := func(i int) (any, bool) { return json.Number("2"), i == 0 }
		want := c.Test(doc, operand, false)
		got := c.TestPlaces(func(i int) (any, bool) { return value.Follow(doc, c.Places()[i]) }, operand)
		if got != want {
			t.Fatalf("%s on %s: %+v by its places, %+v whole", condition, document, got, want)
		}
	})
}

func TestPlacesOfConditions(t *testing.T) {
	tests := map[string]int{
		`$.status == 'ended'`: 1, `$.status`: 1, `$.a.b[0].c == 1 && $.n == null`: 2, `$.items.length > 0`: 1, `$.status == $inputs.x`: 1,
		`count($.items[*]) == 2`: 0, `$.a.b[-1] == 2`: 0, `$..status`: 0, `$`: 0, `$.a[?@.b == 1]`: 0, `$['a\'b'] == 1`: 0,
	}
	for condition, want := range tests {
		c, err := ParseCondition(condition, RFC9535)
		if err != nil {
			t.Fatal(err)
		}
		if got := len(c.Places()); got != want {
			t.Errorf("%s reads %d places, want %d", condition, got, want)
		}
	}
}

// BenchmarkTestPlaces decides the condition of a poll from the value at its place.
func BenchmarkTestPlaces(b *testing.B) {
	for _, condition := range []string{`$.status == 'ended'`, `$.counts.done == 4 && $.status != 'failed'`} {
		b.Run(condition, func(b *testing.B) {
			c, err := ParseCondition(condition, RFC9535)
			if err != nil {
				b.Fatal(err)
			}
			values := []any{"ended", "ended"}
			at := func(i int) (any, bool) { return values[i], true }
			b.ReportAllocs()
			for b.Loop() {
				c.TestPlaces(at, nil)
			}
		})
	}
}
