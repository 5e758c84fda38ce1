package report_test

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http/httptest"
	"testing"

	"github.com/gobelin-dev/gobelin/arazzo"
	"github.com/gobelin-dev/gobelin/examples/cancel-and-confirm/batchapi"
	"github.com/gobelin-dev/gobelin/report"
	"github.com/gobelin-dev/gobelin/runtime"
	"github.com/google/go-cmp/cmp"
)

func record(t *testing.T, key string) map[string]any {
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
	var recorder report.Recorder
	driver := runtime.Driver{OnEvent: recorder.OnEvent, Settings: runtime.Settings{LoopDelay: -1},
		Servers: map[string]string{"messageBatchesApi": server.URL}}
	result, err := driver.Run(t.Context(), program, "cancel-and-confirm-batch", runtime.Inputs{
		"apiKey": key, "requests": []any{map[string]any{"custom_id": "a", "params": map[string]any{}}},
	})
	text, jsonErr := recorder.Run(program, "cancel-and-confirm-batch", result, err).JSON()
	if jsonErr != nil {
		t.Fatal(jsonErr)
	}
	var run map[string]any
	if err := json.Unmarshal(text, &run); err != nil {
		t.Fatal(err)
	}
	return run
}

func TestRecord(t *testing.T) {
	run := record(t, "right-key")
	if run["status"] != "succeeded" || run["error"] != nil || run["workflowId"] != "cancel-and-confirm-batch" {
		t.Errorf("%v", run)
	}
	var got []string
	for _, s := range run["steps"].([]any) {
		s := s.(map[string]any)
		got = append(got, s["stepId"].(string)+" "+s["status"].(string)+" "+s["action"].(map[string]any)["type"].(string))
	}
	want := []string{"createBatch succeeded next", "cancelBatch succeeded next", "confirmCanceled succeeded goto",
		"confirmCanceled succeeded end"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestRecordOfAFailure(t *testing.T) {
	run := record(t, "wrong-key")
	failure := run["error"].(map[string]any)
	if run["status"] != "failed" || failure["type"] != "step" || failure["stepId"] != "createBatch" || failure["status"] != 401.0 {
		t.Errorf("%v", run["error"])
	}
	step := run["steps"].([]any)[0].(map[string]any)
	if step["status"] != "failed" || step["response"].(map[string]any)["status"] != 401.0 ||
		step["request"].(map[string]any)["method"] != "POST" {
		t.Errorf("%v", step)
	}
}

// What is written is what json.Indent makes of it, whatever comes in parts.
func TestRecordIsIndented(t *testing.T) {
	run := report.Run{WorkflowID: `a "quoted\" {name`, Outputs: map[string]any{"empty": map[string]any{}, "none": []any{},
		"deep": []any{[]any{}, map[string]any{"x": []any{1, "a,b:c\\", nil}}}, "<html>": `\"]`}, Steps: []*report.Step{{StepID: "s"}}}
	got, err := run.JSON()
	if err != nil {
		t.Fatal(err)
	}
	var compact, want bytes.Buffer
	if err := json.Compact(&compact, got); err != nil {
		t.Fatal(err)
	}
	if err := json.Indent(&want, compact.Bytes(), "", "  "); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want.String()+"\n", string(got)); diff != "" {
		t.Error(diff)
	}
}
