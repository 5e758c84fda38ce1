package runtime_test

import (
	"errors"
	"fmt"
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
