package explain_test

import (
	"context"
	"net/http/httptest"
	"os"
	"strings"
	"testing"

	"github.com/gobelin-dev/gobelin/arazzo"
	"github.com/gobelin-dev/gobelin/examples/cancel-and-confirm/batchapi"
	"github.com/gobelin-dev/gobelin/explain"
	"github.com/gobelin-dev/gobelin/internal/value"
	"github.com/gobelin-dev/gobelin/runtime"
	"github.com/google/go-cmp/cmp"
	"go.yaml.in/yaml/v3"
)

// TestConditions explains those of testdata/conditions.yaml, without a program.
func TestConditions(t *testing.T) {
	text, err := os.ReadFile("testdata/conditions.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var cases []struct {
		Type, Condition, Reason, Want string
		Passed                        bool
		Operands                      []runtime.Operand
	}
	if err := yaml.Unmarshal(text, &cases); err != nil {
		t.Fatal(err)
	}
	for _, c := range cases {
		for i := range c.Operands {
			if c.Operands[i].Value, err = value.From(c.Operands[i].Value); err != nil {
				t.Fatal(err)
			}
		}
		got := explain.New(nil).Event(&runtime.CriterionEvaluated{
			Condition: c.Condition, Type: c.Type, Operands: c.Operands, Passed: c.Passed, Reason: c.Reason,
		})
		if got.Text != c.Want || got.OK != c.Passed {
			t.Errorf("%s:\n got %s\nwant %s", c.Condition, got.Text, c.Want)
		}
	}
}

// explained runs the reference workflow, and returns all explanations, a line each.
func explained(t *testing.T, key string) (lines []string, x *explain.Explainer) {
	t.Helper()
	server := httptest.NewServer(&batchapi.Server{Key: "right-key", CancelPolls: 1})
	defer server.Close()
	doc, err := arazzo.ReadFile("../examples/cancel-and-confirm/arazzo/anthropic-batch-cancel-and-confirm-workflow.yml")
	if err != nil {
		t.Fatal(err)
	}
	program, err := runtime.Compile(context.Background(), doc)
	if err != nil {
		t.Fatal(err)
	}
	x = explain.New(program)
	driver := runtime.Driver{
		OnEvent: func(e runtime.Event) {
			if said := x.Event(e); said != nil && said.Kind != explain.Response {
				place := said.Place.String()
				lines = append(lines, place[strings.LastIndex(place, "/")+1:]+" "+said.Text)
				for _, more := range said.Lines {
					lines = append(lines, "  "+more)
				}
			}
		},
		Settings: runtime.Settings{LoopDelay: -1},
		Servers:  map[string]string{"messageBatchesApi": server.URL},
	}
	_, _ = driver.Run(t.Context(), program, "cancel-and-confirm-batch", runtime.Inputs{
		"apiKey": key, "requests": []any{map[string]any{"custom_id": "a", "params": map[string]any{}}},
	})
	return lines, x
}

func TestRun(t *testing.T) {
	lines, x := explained(t, "right-key")
	const file = "anthropic-batch-cancel-and-confirm-workflow.yml"
	want := []string{
		file + ":58:18 $statusCode == 200: 200 == 200 → true",
		file + ":42:13 outputs",
		"  batchId = 'msgbatch_000000000000000000000001', from $response.body#/id",
		file + ":42:13 goes on in order: there are no actions",
	}
	if len(lines) < len(want) {
		t.Fatal(lines)
	}
	if diff := cmp.Diff(want, lines[:len(want)]); diff != "" {
		t.Error(diff)
	}
	whole := strings.Join(lines, "\n")
	for _, want := range []string{
		file + ":107:20 action stillCanceling: $.processing_status == 'canceling': 'canceling' == 'canceling' → true",
		file + ":107:20 action stillCanceling: $.processing_status == 'canceling': 'ended' == 'canceling' → false",
		file + ":109:7 action finalized is chosen: end: its criteria pass\n  action stillCanceling is not chosen: $.processing_status",
		"outputs of the workflow\n  batchId = 'msgbatch_000000000000000000000001', from $steps.createBatch.outputs.batchId",
	} {
		if !strings.Contains(whole, want) {
			t.Errorf("no %q in\n%s", want, whole)
		}
	}
	if x.Failure() != nil {
		t.Errorf("%v, want no failure", x.Failure())
	}
}

func TestFailure(t *testing.T) {
	_, x := explained(t, "wrong-key")
	f := x.Failure()
	if f == nil {
		t.Fatal("no failure")
	}
	whole := strings.Join(f.Lines(), "\n")
	for _, want := range []string{
		".yml:58:18: $statusCode == 200: 401 == 200 → false", "the request: POST http", "the response: 401 Unauthorized, application/json: {",
	} {
		if !strings.Contains(whole, want) {
			t.Errorf("no %q in\n%s", want, whole)
		}
	}
}
