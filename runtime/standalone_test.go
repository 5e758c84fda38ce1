package runtime_test

import (
	"context"
	"fmt"
	"os"
	"strings"
	"testing"

	goruntime "runtime"

	"github.com/gobelin-dev/gobelin/arazzo"
	"github.com/gobelin-dev/gobelin/internal/tree"
	"github.com/gobelin-dev/gobelin/runtime"
	"github.com/santhosh-tekuri/jsonschema/v6"
)

// withComponents compiles a document with one workflow for each schema, w0, w1, ….
func withComponents(version string, components any, schemas ...any) (*runtime.Program, error) {
	var workflows []any
	for i, schema := range schemas {
		workflows = append(workflows, map[string]any{"workflowId": fmt.Sprintf("w%d", i), "inputs": schema,
			"steps": []any{map[string]any{"stepId": "s", "operationId": "get"}}})
	}
	doc, err := arazzo.Parse(tree.FromValue(map[string]any{
		"arazzo": version, "info": map[string]any{"title": "t", "version": "1"},
		"sourceDescriptions": []any{map[string]any{"name": "api", "url": "api.yaml"}},
		"workflows":          workflows, "components": map[string]any{"inputs": components},
	}).JSON())
	if err != nil {
		return nil, err
	}
	c := runtime.Compiler{Loader: runtime.LoaderFunc(func(context.Context, string) ([]byte, error) { return []byte(fuzzDescription), nil })}
	return c.Compile(context.Background(), doc)
}

// A validator that has nothing but the schema judges as a run does.
func TestInputSchemaStandsAlone(t *testing.T) {
	data, err := os.ReadFile("testdata/standalone.yaml")
	if err != nil {
		t.Fatal(err)
	}
	root, err := tree.Parse(data)
	if err != nil {
		t.Fatal(err)
	}
	for _, version := range []string{"1.0.1", "1.1.0"} {
		for _, c := range root.Get("cases").Items {
			t.Run(version+" "+c.Get("name").Str(), func(t *testing.T) {
				program, err := withComponents(version, root.Get("components").Value(), c.Get("schema").Value())
				if err != nil {
					t.Fatal(err)
				}
				schema, ok := program.InputSchema("w0")
				if !ok {
					t.Fatal("there is no workflow w0")
				}
				validator := jsonschema.NewCompiler()
				if err := validator.AddResource("mem:///schema", schema); err != nil {
					t.Fatal(err)
				}
				compiled, err := validator.Compile("mem:///schema")
				if err != nil {
					t.Fatalf("%v\n%s", err, tree.FromValue(schema).JSON())
				}
				judge := func(inputs *tree.Node, fits bool) {
					if err := compiled.Validate(inputs.Value()); (err == nil) != fits {
						t.Errorf("%s by the schema alone: %v", inputs.JSON(), err)
					}
					given, _ := inputs.Value().(map[string]any)
					if _, err := program.Begin("w0", given, runtime.Settings{}); (err == nil) != fits {
						t.Errorf("%s by a run: %v", inputs.JSON(), err)
					}
				}
				for _, inputs := range c.Get("fits").Items {
					judge(inputs, true)
				}
				for _, inputs := range c.Get("misfits").Items {
					judge(inputs, false)
				}
			})
		}
	}
}

// Only what is referred to is carried along, and who gets the schema may change it.
func TestInputSchemaIsOnesOwn(t *testing.T) {
	components := map[string]any{"a": map[string]any{"type": "string"}, "b": map[string]any{"type": "string", "title": "not referred to"}}
	program, err := withComponents("1.0.1", components, map[string]any{"$ref": "#/components/inputs/a"})
	if err != nil {
		t.Fatal(err)
	}
	const want = `{"$defs":{"a":{"type":"string"}},"$ref":"#/$defs/a"}`
	for range 2 {
		schema, _ := program.InputSchema("w0")
		if got := strings.Join(strings.Fields(string(tree.FromValue(schema).JSON())), ""); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
		clear(schema.(map[string]any)["$defs"].(map[string]any))
	}
}

// What compiling one workflow more allocates does not depend on how many there are.
func TestCostOfSchemasIsLinear(t *testing.T) {
	allocated := func(n int) float64 {
		components, schemas := map[string]any{}, make([]any, n)
		for i := range n {
			name := fmt.Sprintf("c%d", i)
			components[name] = map[string]any{"type": "object", "minProperties": int64(0)}
			schemas[i] = map[string]any{"$ref": "#/components/inputs/" + name}
		}
		if _, err := withComponents("1.0.1", components, schemas...); err != nil {
			t.Fatal(err)
		}
		var before, after goruntime.MemStats
		goruntime.ReadMemStats(&before)
		if _, err := withComponents("1.0.1", components, schemas...); err != nil {
			t.Fatal(err)
		}
		goruntime.ReadMemStats(&after)
		return float64(after.TotalAlloc - before.TotalAlloc)
	}
	const n = 50
	if one, four := allocated(n), allocated(4*n); four > 5*one {
		t.Errorf("%d workflows: %.0f bytes, %d: %.0f", n, one, 4*n, four)
	}
}
