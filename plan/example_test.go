package plan_test

import (
	"context"
	"fmt"
	"log"

	"github.com/gobelin-dev/gobelin/arazzo"
	"github.com/gobelin-dev/gobelin/plan"
	"github.com/gobelin-dev/gobelin/runtime"
)

// Example lists the requests of the reference workflow before it is run.
func Example() {
	ctx := context.Background()
	doc, err := arazzo.ReadFile("../examples/cancel-and-confirm/arazzo/anthropic-batch-cancel-and-confirm-workflow.yml")
	if err != nil {
		log.Fatal(err)
	}
	program, err := runtime.Compile(ctx, doc)
	if err != nil {
		log.Fatal(err)
	}
	driver := &runtime.Driver{Servers: map[string]string{"messageBatchesApi": "http://127.0.0.1:8080"}}
	made, err := plan.Make(ctx, driver, program, "cancel-and-confirm-batch", runtime.Inputs{"requests": []any{}})
	if err != nil {
		log.Fatal(err)
	}
	for _, s := range made.Steps {
		fmt.Println(s.Request.Method, s.Request.URL)
	}
	fmt.Println("missing:", made.MissingInputs)
	// Output:
	// POST http://127.0.0.1:8080/v1/messages/batches
	// POST http://127.0.0.1:8080/v1/messages/batches/{$steps.createBatch.outputs.batchId}/cancel
	// GET http://127.0.0.1:8080/v1/messages/batches/{$steps.createBatch.outputs.batchId}
	// missing: [apiKey]
}
