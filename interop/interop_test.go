package interop_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/gobelin-dev/gobelin/interop"
	"github.com/gobelin-dev/gobelin/runtime"
	"github.com/pb33f/libopenapi"
)

const workflows = `
arazzo: 1.0.1
info: {title: Orders, version: "1"}
sourceDescriptions: [{name: orders, url: orders.yaml, type: openapi}]
workflows:
- workflowId: buy
  steps:
  - stepId: order
    operationId: createOrder
    successCriteria: [{condition: $statusCode == 201}]
`

const description = `
openapi: 3.1.0
info: {title: Orders, version: "1"}
servers: [{url: "https://orders.example"}]
paths:
  /orders: {post: {operationId: createOrder, responses: {"201": {description: created}}}}
`

// A program that has its documents as those of libopenapi compiles them as they are, with
// what it has changed in them.
func Example() {
	openAPI, err := libopenapi.NewDocument([]byte(description))
	if err != nil {
		panic(err)
	}
	model, err := openAPI.BuildV3Model()
	if err != nil {
		panic(err)
	}
	model.Model.Servers[0].URL = "https://staging.example"

	arazzoModel, err := libopenapi.NewArazzoDocument([]byte(workflows))
	if err != nil {
		panic(err)
	}
	doc, err := interop.Document(arazzoModel)
	if err != nil {
		panic(err)
	}
	program, err := interop.Compile(context.Background(), runtime.Compiler{}, doc, map[string]libopenapi.Document{"orders": openAPI})
	if err != nil {
		panic(err)
	}
	for _, w := range program.Workflows() {
		fmt.Println(w.ID, w.Steps[0].Operation, w.Servers[0].URL)
	}
	// Output: buy POST /orders https://staging.example
}

// A description without a model is its text; what is not in memory is what the loader has.
func TestCompile(t *testing.T) {
	arazzoModel, err := libopenapi.NewArazzoDocument([]byte(workflows))
	if err != nil {
		t.Fatal(err)
	}
	doc, err := interop.Document(arazzoModel)
	if err != nil {
		t.Fatal(err)
	}
	openAPI, err := libopenapi.NewDocument([]byte(strings.Replace(description, "/orders:", `/orders: {$ref: "items.yaml#/item"}
  /other:`, 1)))
	if err != nil {
		t.Fatal(err)
	}
	asked := ""
	compiler := runtime.Compiler{Loader: runtime.LoaderFunc(func(_ context.Context, location string) ([]byte, error) {
		asked = location
		return []byte("item: {get: {operationId: getOrder}}"), nil
	})}
	p, err := interop.Compile(t.Context(), compiler, doc, map[string]libopenapi.Document{"orders": openAPI})
	if err != nil || asked != "https://memory.invalid/items.yaml" || p.Workflows()[0].Steps[0].Operation != "POST /other" {
		t.Errorf("%v, asked for %q", err, asked)
	}
	if compiler.Sources != nil {
		t.Error("the compiler of the caller was changed")
	}
}
