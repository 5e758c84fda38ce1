package runtime_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/gobelin-dev/gobelin/internal/tree"
	"github.com/gobelin-dev/gobelin/internal/value"
	"github.com/gobelin-dev/gobelin/runtime"
)

// planted is in every value of testdata/messages.yaml.
const planted = "87654321"

// plantedSpellings are what a value may look like in a message.
var plantedSpellings = []string{planted, "8.7654321", "87,654,321", "ODc2NTQzMjE", "8.77e+07", "56 55 54", "5397fb1"}

func tellsPlanted(text string) bool {
	return slices.ContainsFunc(plantedSpellings, func(s string) bool { return strings.Contains(text, s) })
}

// placesOfSchemas put a schema and a value that it applies to at another place.
var placesOfSchemas = map[string]struct {
	schema  func(schema any) any
	value   func(v any) any
	pointer string
}{
	"itself": {func(s any) any { return s }, func(v any) any { return v }, "/p"},
	"$ref": {func(s any) any {
		return map[string]any{"$ref": "#/workflows/0/inputs/properties/p/$defs/x", "$defs": map[string]any{"x": s}}
	}, func(v any) any { return v }, "/p"},
	"allOf": {func(s any) any { return map[string]any{"allOf": []any{true, s}} }, func(v any) any { return v }, "/p"},
	"anyOf": {func(s any) any { return map[string]any{"anyOf": []any{s, s}} }, func(v any) any { return v }, "/p"},
	"items": {func(s any) any { return map[string]any{"items": s} }, func(v any) any { return []any{v} }, "/p/0"},
	"patternProperties": {func(s any) any { return map[string]any{"patternProperties": map[string]any{"^x": s}} },
		func(v any) any { return map[string]any{"x": v} }, "/p/x"},
}

func TestMessagesNeverShowValues(t *testing.T) {
	data, err := os.ReadFile("testdata/messages.yaml")
	if err != nil {
		t.Fatal(err)
	}
	root, err := tree.Parse(data)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range root.Items {
		for name, place := range placesOfSchemas {
			t.Run(c.Get("kind").Str()+" "+name, func(t *testing.T) {
				schema := map[string]any{"properties": map[string]any{"p": place.schema(c.Get("schema").Value())}}
				_, err := withInputs(t, schema).Begin("w", runtime.Inputs{"p": place.value(c.Get("value").Value())}, runtime.Settings{})
				var invalid *runtime.InputError
				if !errors.As(err, &invalid) {
					t.Fatalf("error: %v", err)
				}
				want := []runtime.Violation{{Pointer: place.pointer, Message: c.Get("message").Str()}}
				if !slices.Equal(invalid.Violations, want) {
					t.Errorf("got %q, want %q", invalid.Violations, want)
				}
				if tellsPlanted(err.Error()) {
					t.Errorf("the value is told: %v", err)
				}
			})
		}
	}
}

// A number whose text a Go program made up is not told either.
func TestTextThatIsNotANumberIsNotTold(t *testing.T) {
	_, err := withInputs(t, map[string]any{}).Begin("w", runtime.Inputs{"p": json.Number(planted + "x")}, runtime.Settings{})
	if err == nil || tellsPlanted(err.Error()) {
		t.Errorf("error: %v", err)
	}
}

// The text of an error is the same every time.
func TestViolationsAreSorted(t *testing.T) {
	schema := map[string]any{"additionalProperties": false, "properties": map[string]any{
		"z": map[string]any{"type": "string"}, "o": map[string]any{"additionalProperties": false}}}
	inputs := runtime.Inputs{"e": 1, "d": 1, "c": 1, "b": 1, "a": 1, "z": 1, "o": map[string]any{"y": 1, "x": 1}}
	const want = `workflow "w": invalid inputs
  (inputs): properties 'a', 'b', 'c', 'd', 'e' not allowed
  /o: properties 'x', 'y' not allowed
  /z: got number, want string`
	program := withInputs(t, schema)
	for range 20 {
		if _, err := program.Begin("w", inputs, runtime.Settings{}); fmt.Sprint(err) != want {
			t.Fatalf("got %v\nwant %s", err, want)
		}
	}
}

// FuzzNumbers compares what is said of numbers with exact fractions, for a
// schema and an input that change together.
func FuzzNumbers(f *testing.F) {
	keywords := []string{"minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf", "const", "enum", "type", "uniqueItems",
		"maxLength", "maxItems", "default"}
	numbers := []string{"1", "-2.5", "1e9999999", "-1e9999999", "1e-9999999", "3e5000", "35e-5000", "0e99999999999999999999",
		"1e99999999999999999999"}
	for _, keyword := range keywords {
		for _, number := range numbers {
			f.Add(keyword, "2.5", number)
			f.Add(keyword, number, "7")
			f.Add(keyword, number, number)
		}
	}
	f.Fuzz(func(t *testing.T, keyword, inSchema, given string) {
		bound, ok := value.ParseNumber(inSchema)
		v, also := value.ParseNumber(given)
		if !ok || !also || !slices.Contains(keywords, keyword) || len(given) > 2000 {
			return
		}
		rule, input := map[string]any{keyword: bound}, v
		switch keyword {
		case "enum":
			rule[keyword] = []any{"a", bound}
		case "type":
			rule[keyword] = "integer"
		case "uniqueItems":
			rule[keyword], input = true, []any{bound, v}
		case "default":
			rule = map[string]any{"default": bound, "properties": map[string]any{"x": rule}}
		}
		program, err := compileInputs(map[string]any{"properties": map[string]any{"n": rule}})
		if err != nil {
			return // a diagnostic
		}
		_, err = program.Begin("w", runtime.Inputs{"n": input}, runtime.Settings{})
		var invalid *runtime.InputError
		if err != nil && !errors.As(err, &invalid) {
			t.Fatalf("%s %s, %s: %v", keyword, inSchema, given, err)
		}
		fits, judged := fitsExactly(keyword, inSchema, given)
		if judged && fits != (err == nil) && !strings.Contains(fmt.Sprint(err), "digits") {
			t.Fatalf("%s %s, %s: %v", keyword, inSchema, given, err)
		}
	})
}

// fitsExactly is the verdict by fractions, for numbers that can be written as such.
func fitsExactly(keyword, inSchema, given string) (fits, judged bool) {
	bound, ok := fraction(inSchema)
	v, also := fraction(given)
	if !ok || !also {
		return false, false
	}
	order := v.Cmp(bound)
	switch keyword {
	case "minimum":
		return order >= 0, true
	case "maximum":
		return order <= 0, true
	case "exclusiveMinimum":
		return order > 0, true
	case "exclusiveMaximum":
		return order < 0, true
	case "const", "enum":
		return order == 0, true
	case "uniqueItems":
		return order != 0, true
	case "type":
		return v.IsInt(), true
	case "multipleOf":
		return new(big.Rat).Quo(v, bound).IsInt(), true
	}
	return true, true
}

func fraction(text string) (*big.Rat, bool) {
	if _, exponent, ok := strings.Cut(strings.ToLower(text), "e"); ok && len(strings.TrimLeft(exponent, "+-0")) > 4 {
		return nil, false
	}
	return new(big.Rat).SetString(text)
}
