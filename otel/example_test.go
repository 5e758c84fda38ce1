package otelgobelin_test

import (
	"context"
	"log"

	"github.com/gobelin-dev/gobelin/arazzo"
	otelgobelin "github.com/gobelin-dev/gobelin/otel"
	"github.com/gobelin-dev/gobelin/runtime"
)

// A run that is told to the global providers, below the span of its context.
func ExampleInstrumentation_Run() {
	ctx := context.Background()
	doc, err := arazzo.ReadFile("workflows.arazzo.yaml")
	if err != nil {
		log.Fatal(err)
	}
	program, err := runtime.Compile(ctx, doc)
	if err != nil {
		log.Fatal(err)
	}
	var tracing otelgobelin.Instrumentation
	driver := runtime.Driver{Credentials: runtime.StaticCredentials{"key": "…"}}
	result, err := tracing.Run(ctx, &driver, program, "adopt", runtime.Inputs{"name": "Rex"})
	if err != nil {
		log.Fatal(err)
	}
	log.Print(result.Outputs)
}
