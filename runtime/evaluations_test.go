package runtime_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/gobelin-dev/gobelin/runtime"
)

// Large inputs are validated as long as their schema does not multiply.
func TestLargeInputsAreValidated(t *testing.T) {
	node := map[string]any{"type": "object", "required": []any{"name"}, "properties": map[string]any{
		"name": map[string]any{"type": "string"}, "kids": map[string]any{"type": "array",
			"items": map[string]any{"$ref": "#/workflows/0/inputs"}}}}
	program := withInputs(t, node)
	kids := make([]any, 20_000)
	for i := range kids {
		kids[i] = map[string]any{"name": "a", "kids": []any{map[string]any{"name": "b"}}}
	}
	if _, err := program.Begin("w", runtime.Inputs{"name": "a", "kids": kids}, runtime.Settings{}); err != nil {
		t.Error(err)
	}
	kids[19_999] = map[string]any{"kids": []any{}}
	_, err := program.Begin("w", runtime.Inputs{"name": "a", "kids": kids}, runtime.Settings{})
	var invalid *runtime.InputError
	if !errors.As(err, &invalid) || len(invalid.Violations) != 1 || invalid.Violations[0].Pointer != "/kids/19999" {
		t.Errorf("error: %v", err)
	}
}

// Each level of the inputs doubles what a validator does.
func TestInputsThatMultiplyAreRefused(t *testing.T) {
	self := map[string]any{"properties": map[string]any{"n": map[string]any{"$ref": "#/workflows/0/inputs"}}}
	program := withInputs(t, map[string]any{"allOf": []any{self, self}})
	begin := func(depth int) error {
		inputs := map[string]any{}
		for range depth {
			inputs = map[string]any{"n": inputs}
		}
		_, err := program.Begin("w", inputs, runtime.Settings{})
		return err
	}
	if err := begin(5); err != nil {
		t.Error(err)
	}
	var invalid *runtime.InputError
	if err := begin(60); !errors.As(err, &invalid) || !strings.Contains(err.Error(), "again and again") {
		t.Errorf("error: %v", err)
	}
}

func TestSchemaOfTooManySchemas(t *testing.T) {
	properties := map[string]any{}
	for i := range 20_001 {
		properties[fmt.Sprint(i)] = map[string]any{}
	}
	if _, err := compileInputs(map[string]any{"properties": properties}); err == nil ||
		!strings.Contains(err.Error(), "more than 20000 schemas") {
		t.Errorf("error: %v", err)
	}
}

// Names, values and patterns of a schema are tried for each value: what takes too long
// together is refused, though each value alone does not.
func TestInputsWhoseComparisonsMultiplyAreRefused(t *testing.T) {
	const many = 100_000
	texts := func(n int) (list []any) {
		for i := range n {
			list = append(list, fmt.Sprint("a", i))
		}
		return list
	}
	numbers := func(n int) (list []any) {
		for i := range n {
			list = append(list, i)
		}
		return list
	}
	deep := []any{}
	for range 900 {
		deep = append([]any{deep}, numbers(25)...)
	}
	times := func(n int, v any) []any { return slices.Repeat([]any{v}, n) }
	for _, c := range []struct {
		name   string
		schema map[string]any // of x
		x      any
		long   bool
	}{
		{"an enum", map[string]any{"items": map[string]any{"enum": texts(200)}}, times(many, "a199"), false},
		{"a long enum", map[string]any{"items": map[string]any{"enum": texts(20_000)}}, times(many, "b"), true},
		{"an enum of numbers", map[string]any{"items": map[string]any{"enum": numbers(2_000)}}, times(many, 2_000), true},
		{"required names", map[string]any{"items": map[string]any{"required": texts(2_000)}}, times(many, map[string]any{}), true},
		{"names that depend", map[string]any{"items": map[string]any{"dependentRequired": map[string]any{"a": texts(2_000)}}},
			times(many, map[string]any{"a": 1}), true},
		{"regular expressions", map[string]any{"items": map[string]any{"format": "regex"}}, times(many, "((a|b)*(?=c))"), true},
		{"some regular expressions", map[string]any{"items": map[string]any{"format": "regex"}}, times(1_000, "((a|b)*(?=c))"), false},
		{"far quotients", map[string]any{"items": map[string]any{"multipleOf": json.Number("1.7e-399")}},
			times(20_000, json.Number(strings.Repeat("7", 900))), true},
		{"near quotients", map[string]any{"items": map[string]any{"multipleOf": json.Number("0.01")}}, times(many, 12.25), false},
		{"a pattern", map[string]any{"items": map[string]any{"pattern": "^(?=.*[0-9]).+$"}}, times(many, "abcdefgh7"), false},
		{"a pattern that tries", map[string]any{"items": map[string]any{"pattern": "^(?=a?)(a+)+$"}},
			times(many, strings.Repeat("a", 11)+"b"), true},
		{"different items", map[string]any{"uniqueItems": true}, numbers(many), false},
		{"different items at each level", map[string]any{"$ref": "#/$defs/each", "$defs": map[string]any{"each": map[string]any{
			"uniqueItems": true, "items": map[string]any{"$ref": "#/workflows/0/inputs/properties/x/$defs/each"}}}}, deep, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			if ref, ok := c.schema["$ref"].(string); ok {
				c.schema["$ref"] = "#/workflows/0/inputs/properties/x" + ref[1:]
			}
			program := withInputs(t, map[string]any{"properties": map[string]any{"x": c.schema}})
			_, err := program.Begin("w", runtime.Inputs{"x": c.x}, runtime.Settings{})
			if long := err != nil && strings.Contains(err.Error(), "would take too long"); long != c.long || err != nil && !long {
				t.Errorf("%v", err)
			}
		})
	}
}
