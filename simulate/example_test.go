package simulate_test

import (
	"context"
	"fmt"
	"log"

	"github.com/gobelin-dev/gobelin/arazzo"
	"github.com/gobelin-dev/gobelin/runtime"
	"github.com/gobelin-dev/gobelin/simulate"
)

// The reference workflow, along every branch: the poll goes on while the batch is being
// canceled, and ends when it has ended.
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
	var s simulate.Simulator
	report, err := s.Workflow(ctx, program, "cancel-and-confirm-batch")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(report.Succeeded, report.Complete())
	for _, visit := range report.Runs[0].Path {
		fmt.Printf("%s %d %q\n", visit.StepID, visit.Status, visit.Action)
	}
	// Output:
	// true true
	// createBatch 200 ""
	// cancelBatch 200 ""
	// confirmCanceled 200 "stillCanceling"
	// confirmCanceled 200 "finalized"
}
