package runtime_test

import (
	"context"
	"errors"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/gobelin-dev/gobelin/arazzo"
	"github.com/gobelin-dev/gobelin/internal/tree"
	"github.com/gobelin-dev/gobelin/runtime"
)

// withInputs compiles a document whose only workflow has that schema.
func withInputs(t *testing.T, schema any) *runtime.Program {
	t.Helper()
	program, err := compileInputs(schema)
	if err != nil {
		t.Fatal(err)
	}
	return program
}

func compileInputs(schema any) (*runtime.Program, error) {
	root := tree.FromValue(map[string]any{
		"arazzo": "1.0.1", "info": map[string]any{"title": "t", "version": "1"},
		"sourceDescriptions": []any{map[string]any{"name": "api", "url": "api.yaml"}},
		"workflows": []any{map[string]any{"workflowId": "w", "inputs": schema,
			"steps": []any{map[string]any{"stepId": "s", "operationId": "get"}}}},
	})
	doc, err := arazzo.Parse(root.JSON())
	if err != nil {
		return nil, err
	}
	c := runtime.Compiler{Loader: runtime.LoaderFunc(func(context.Context, string) ([]byte, error) { return []byte(fuzzDescription), nil })}
	return c.Compile(context.Background(), doc)
}

func TestViolations(t *testing.T) {
	data, err := os.ReadFile("testdata/violations.yaml")
	if err != nil {
		t.Fatal(err)
	}
	root, err := tree.Parse(data)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range root.Items {
		t.Run(c.Get("name").Str(), func(t *testing.T) {
			inputs, _ := c.Get("inputs").Value().(map[string]any)
			_, err := withInputs(t, c.Get("schema").Value()).Begin("w", inputs, runtime.Settings{})
			var invalid *runtime.InputError
			if !errors.As(err, &invalid) {
				t.Fatalf("error: %v", err)
			}
			var got, want []string
			for _, v := range invalid.Violations {
				got = append(got, v.Pointer)
				if v.Message == "" {
					t.Errorf("%s has no message", v.Pointer)
				}
			}
			for _, item := range c.Get("violations").Items {
				want = append(want, item.Text)
			}
			slices.Sort(got)
			if !slices.Equal(got, want) {
				t.Errorf("got %q, want %q", got, want)
			}
		})
	}
}

// A schema whose defaults contain one another without end, or too many times,
// ends all the same.
func TestDefaultsWithoutEnd(t *testing.T) {
	names := strings.Split("abcdefghijklmnop", "")
	defs := map[string]any{}
	for _, name := range names {
		properties := map[string]any{}
		for _, other := range names {
			properties[other] = map[string]any{"$ref": "#/workflows/0/inputs/$defs/" + other}
		}
		defs[name] = map[string]any{"default": map[string]any{}, "properties": properties}
	}
	schema := map[string]any{"$defs": defs, "properties": map[string]any{"a": map[string]any{"$ref": "#/workflows/0/inputs/$defs/a"}}}
	x, err := withInputs(t, schema).Begin("w", nil, runtime.Settings{})
	if err != nil {
		t.Fatal(err)
	}
	snapshot, err := x.Snapshot()
	if err != nil || len(snapshot) > 1<<20 {
		t.Errorf("%d bytes, %v", len(snapshot), err)
	}
}

// The start of a workflow is told once, however often it comes back from what
// it depends on.
func TestWorkflowStartsOnce(t *testing.T) {
	x, err := fuzzProgram(t).Begin("main", nil, runtime.Settings{MaxSteps: 3})
	if err != nil {
		t.Fatal(err)
	}
	started := map[string]int{}
	x.Observe(func(e runtime.Event) {
		if s, ok := e.(*runtime.WorkflowStarted); ok {
			started[s.WorkflowID]++
		}
	})
	drive(x, 2, func(*runtime.Execution) {})
	if started["main"] != 1 || started["first"] != 1 {
		t.Errorf("started: %v", started)
	}
}
