package report_test

import (
	"context"
	"fmt"
	"net/http/httptest"

	"github.com/gobelin-dev/gobelin/arazzo"
	"github.com/gobelin-dev/gobelin/examples/cancel-and-confirm/batchapi"
	"github.com/gobelin-dev/gobelin/report"
	"github.com/gobelin-dev/gobelin/runtime"
)

// A Recorder listens to a run; its record holds every step and what followed
// it.
func ExampleRecorder() {
	server := httptest.NewServer(&batchapi.Server{})
	defer server.Close()
	doc, err := arazzo.ReadFile("../examples/cancel-and-confirm/arazzo/anthropic-batch-cancel-and-confirm-workflow.yml")
	if err != nil {
		panic(err)
	}
	program, err := runtime.Compile(context.Background(), doc)
	if err != nil {
		panic(err)
	}
	var recorder report.Recorder
	driver := runtime.Driver{OnEvent: recorder.OnEvent, Servers: map[string]string{"messageBatchesApi": server.URL}}
	inputs := runtime.Inputs{"apiKey": "any", "requests": []any{map[string]any{"custom_id": "a", "params": map[string]any{}}}}
	result, err := driver.Run(context.Background(), program, "cancel-and-confirm-batch", inputs)
	run := recorder.Run(program, "cancel-and-confirm-batch", result, err)
	for _, step := range run.Steps {
		fmt.Println(step.StepID, step.Request.Method, step.Response.Status, step.Action.Type)
	}
	fmt.Println(run.Status, run.Outputs["processingStatus"])
	// Output:
	// createBatch POST 200 next
	// cancelBatch POST 200 next
	// confirmCanceled GET 200 end
	// succeeded ended
}
