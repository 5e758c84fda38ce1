package runtime_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http/httptest"
	"time"

	"github.com/gobelin-dev/gobelin/arazzo"
	"github.com/gobelin-dev/gobelin/examples/cancel-and-confirm/batchapi"
	"github.com/gobelin-dev/gobelin/runtime"
)

var errLater = errors.New("this process ends")

// A tool that embeds gobelin: it offers the workflows of a document with the
// schemas of their inputs, watches a run, stops it while it waits, and goes on
// from the stored state, as another process would.
func Example_embedding() {
	server := httptest.NewServer(&batchapi.Server{CancelPolls: 1})
	defer server.Close()
	program := must(load())

	for _, id := range program.WorkflowIDs() {
		schema, _ := program.InputSchema(id)
		required := schema.(map[string]any)["required"]
		fmt.Printf("%s needs %s\n", id, must(json.Marshal(required)))
	}

	ctx, stop := context.WithCancelCause(context.Background())
	driver := runtime.Driver{
		Settings: runtime.Settings{LoopDelay: time.Millisecond}, Servers: map[string]string{"messageBatchesApi": server.URL},
		OnEvent: func(e runtime.Event) {
			switch e := e.(type) {
			case *runtime.StepFinished:
				fmt.Println(e.StepID, "succeeded:", e.Succeeded)
			case *runtime.WaitStarted:
				stop(errLater)
			}
		},
	}
	inputs := runtime.Inputs{"apiKey": "any", "requests": []any{map[string]any{"custom_id": "a", "params": map[string]any{}}}}
	x := must(program.Begin("cancel-and-confirm-batch", inputs, driver.Settings))
	_, err := finish(ctx, &driver, x)
	fmt.Println("stopped:", err)
	stored := must(x.Snapshot()) // holds the inputs: keep it like a secret

	x = must(must(load()).Restore(stored))
	done, err := finish(context.Background(), &driver, x)
	fmt.Println(done.Result.Outputs["processingStatus"], done.Err, err)
	// Output:
	// cancel-and-confirm-batch needs ["apiKey","requests"]
	// createBatch succeeded: true
	// cancelBatch succeeded: true
	// confirmCanceled succeeded: true
	// stopped: this process ends
	// confirmCanceled succeeded: true
	// ended <nil> <nil>
}

func load() (*runtime.Program, error) {
	doc, err := arazzo.ReadFile("../examples/cancel-and-confirm/arazzo/anthropic-batch-cancel-and-confirm-workflow.yml")
	if err != nil {
		return nil, err
	}
	return runtime.Compile(context.Background(), doc)
}

// finish advances an execution to its end, or to that of the context.
func finish(ctx context.Context, driver *runtime.Driver, x *runtime.Execution) (*runtime.Done, error) {
	for {
		if done, err := driver.Advance(ctx, x); done != nil || err != nil {
			return done, err
		}
	}
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// A batch runs a workflow once for each of many inputs; the results come in the
// order in which the runs end.
func ExampleBatch() {
	server := httptest.NewServer(&batchapi.Server{})
	defer server.Close()
	batch := runtime.Batch{
		Driver:      runtime.Driver{Settings: runtime.Settings{LoopDelay: -1}, Servers: map[string]string{"messageBatchesApi": server.URL}},
		Concurrency: 4,
	}
	inputs := func(yield func(runtime.Inputs) bool) {
		for i := range 3 {
			if !yield(runtime.Inputs{"apiKey": "any", "requests": []any{map[string]any{"custom_id": fmt.Sprint(i), "params": map[string]any{}}}}) {
				return
			}
		}
	}
	for result := range batch.Run(context.Background(), must(load()), "cancel-and-confirm-batch", inputs) {
		fmt.Println(result.Index, result.Result.Outputs["processingStatus"], result.Err)
	}
	// Unordered output:
	// 0 ended <nil>
	// 1 ended <nil>
	// 2 ended <nil>
}
