package runtime_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/gobelin-dev/gobelin/arazzo"
	"github.com/gobelin-dev/gobelin/examples/cancel-and-confirm/batchapi"
	"github.com/gobelin-dev/gobelin/runtime"
)

func asError[T error](err error, target *T) bool { return errors.As(err, target) }

func TestProgramIsShared(t *testing.T) {
	program := fuzzProgram(t)
	var wg sync.WaitGroup
	for range 16 {
		wg.Go(func() {
			x, err := program.Begin("main", runtime.Inputs{"n": 4}, runtime.Settings{MaxSteps: 40})
			if err != nil {
				t.Error(err)
				return
			}
			x.Observe(func(runtime.Event) {})
			drive(x, 100, func(*runtime.Execution) {})
		})
	}
	wg.Wait()
}

func TestRestoreRefusesOtherPrograms(t *testing.T) {
	program := fuzzProgram(t)
	x, err := program.Begin("main", nil, runtime.Settings{})
	if err != nil {
		t.Fatal(err)
	}
	x.Next()
	snapshot, err := x.Snapshot()
	if err != nil {
		t.Fatal(err)
	}
	doc, err := arazzo.Parse([]byte(strings.Replace(fuzzDocument, "default: 3", "default: 4", 1)))
	if err != nil {
		t.Fatal(err)
	}
	c := runtime.Compiler{Loader: runtime.LoaderFunc(func(context.Context, string) ([]byte, error) { return []byte(fuzzDescription), nil })}
	other, err := c.Compile(t.Context(), doc)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := other.Restore(snapshot); err == nil {
		t.Error("a snapshot of another program was accepted")
	}
}

func TestAnswersOutOfTurnChangeNothing(t *testing.T) {
	x, err := fuzzProgram(t).Begin("main", nil, runtime.Settings{})
	if err != nil {
		t.Fatal(err)
	}
	x.Elapse()
	x.Respond(&runtime.Response{Status: 200})
	first := x.Next()
	x.Elapse()
	if x.Next() != first {
		t.Error("an answer that nobody waits for moved the execution")
	}
}

func TestNetworkErrorHasNoSecret(t *testing.T) {
	doc, err := arazzo.Parse([]byte(strings.Replace(fuzzDocument, "type: integer, default: 3", "type: string, format: password", 1)))
	if err != nil {
		t.Fatal(err)
	}
	c := runtime.Compiler{Loader: runtime.LoaderFunc(func(context.Context, string) ([]byte, error) { return []byte(fuzzDescription), nil })}
	program, err := c.Compile(t.Context(), doc)
	if err != nil {
		t.Fatal(err)
	}
	client := &http.Client{Transport: roundTripper(func(r *http.Request) (*http.Response, error) {
		return nil, fmt.Errorf("cannot reach %s", r.URL)
	})}
	driver := runtime.Driver{Client: client, Settings: runtime.Settings{MaxSteps: 4, LoopDelay: -1}}
	_, err = driver.Run(t.Context(), program, "main", runtime.Inputs{"n": "hunter2!"})
	if err == nil || strings.Contains(err.Error(), "hunter2") {
		t.Errorf("error: %v", err)
	}
}

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// The shortest program: read, compile, run.
func Example() {
	api := httptest.NewServer(&batchapi.Server{})
	defer api.Close()

	doc, err := arazzo.ReadFile("../examples/cancel-and-confirm/arazzo/anthropic-batch-cancel-and-confirm-workflow.yml")
	if err != nil {
		panic(err)
	}
	program, err := runtime.Compile(context.Background(), doc) // sources are found beside the document
	if err != nil {
		panic(err)
	}
	driver := runtime.Driver{Servers: map[string]string{"messageBatchesApi": api.URL}}
	result, err := driver.Run(context.Background(), program, "cancel-and-confirm-batch", runtime.Inputs{
		"apiKey":   "any",
		"requests": []any{map[string]any{"custom_id": "a", "params": map[string]any{"model": "m"}}},
	})
	if err != nil {
		panic(err)
	}
	fmt.Println(result.Outputs["processingStatus"])
	http.DefaultClient.CloseIdleConnections()
	// Output: ended
}

// An Execution performs no I/O: its caller sends the requests, to the server and
// with the credentials of its choice.
func ExampleExecution() {
	program, err := exampleProgram()
	if err != nil {
		panic(err)
	}
	x, err := program.Begin("w", runtime.Inputs{"id": 7}, runtime.Settings{})
	if err != nil {
		panic(err)
	}
	for {
		switch c := x.Next().(type) {
		case *runtime.Send:
			server, resolveErr := c.Server.Resolve(map[string]string{"region": "eu"})
			if resolveErr != nil {
				panic(resolveErr)
			}
			fmt.Println(c.Method, server+c.Target)
			err = x.Respond(&runtime.Response{Status: 200, Header: http.Header{"Content-Type": {"application/json"}},
				Body: []byte(`{"name": "Rex"}`)})
		case *runtime.Wait:
			err = x.Elapse()
		case *runtime.Done:
			fmt.Println(c.Result.Outputs["name"], c.Err)
			return
		}
		if err != nil {
			panic(err)
		}
	}
	// Output:
	// GET https://eu.pets.example/pets/7
	// Rex <nil>
}

func exampleProgram() (*runtime.Program, error) {
	doc, err := arazzo.Parse([]byte(`
arazzo: 1.0.1
info: {title: Pets, version: "1"}
sourceDescriptions: [{name: pets, url: pets.yaml}]
workflows:
- workflowId: w
  inputs: {type: object, properties: {id: {type: integer}}}
  steps:
  - stepId: get
    operationId: getPet
    parameters: [{name: id, in: path, value: $inputs.id}]
    outputs: {name: $response.body#/name}
  outputs: {name: $steps.get.outputs.name}
`))
	if err != nil {
		return nil, err
	}
	const description = `
openapi: 3.1.0
info: {title: Pets, version: "1"}
servers: [{url: "https://{region}.pets.example", variables: {region: {default: us}}}]
paths: {"/pets/{id}": {get: {operationId: getPet, parameters: [{name: id, in: path, required: true}]}}}
`
	c := runtime.Compiler{Loader: runtime.LoaderFunc(func(context.Context, string) ([]byte, error) { return []byte(description), nil })}
	return c.Compile(context.Background(), doc)
}
