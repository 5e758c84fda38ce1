package check_test

import (
	"context"
	"fmt"
	"log"

	"github.com/gobelin-dev/gobelin/arazzo"
	"github.com/gobelin-dev/gobelin/check"
	"github.com/gobelin-dev/gobelin/runtime"
)

// A test of a document is one line more than reading it:
//
//	if found := check.Program(program); len(found) > 0 {
//		t.Error(arazzo.JoinDiagnostics(found))
//	}
//
// Neither the document nor its descriptions need be files: an editor checks
// what has not been saved yet.
func ExampleProgram() {
	files := map[string]string{
		"shop.arazzo.yaml": `arazzo: 1.0.1
info: {title: Orders, version: 1.0.0}
sourceDescriptions:
  - {name: shop, url: shop.yaml, type: openapi}
workflows:
  - workflowId: order
    steps:
      - stepId: get
        operationId: getOrder
        parameters:
          - {name: id, in: path, value: $steps.create.outputs.id}
      - stepId: create
        operationId: createOrdr
        outputs: {id: $response.body#/id}
        successCriteria:
          - condition: $statusCode = 201
`,
		"shop.yaml": `openapi: 3.1.0
info: {title: A shop, version: 1.0.0}
servers: [{url: https://shop.example}]
paths:
  /orders:
    post: {operationId: createOrder, responses: {"201": {description: Created}}}
  /orders/{id}:
    get:
      operationId: getOrder
      parameters: [{name: id, in: path, required: true, schema: {type: string}}]
      responses: {"200": {description: The order}}
`,
	}
	doc, err := arazzo.ParseFile("shop.arazzo.yaml", []byte(files["shop.arazzo.yaml"]))
	if doc == nil {
		log.Fatal(err)
	}
	compiler := &runtime.Compiler{Loader: runtime.LoaderFunc(func(_ context.Context, location string) ([]byte, error) {
		return []byte(files[location]), nil
	})}
	program, _ := compiler.Compile(context.Background(), doc) // what is wrong is among the diagnostics
	fmt.Println(arazzo.JoinDiagnostics(check.Program(program)))
	// Output:
	// shop.arazzo.yaml:11:41: error: $steps.create.outputs.id is always missing: step "create" has no outputs yet; it comes later [never-assigned]
	// shop.arazzo.yaml:13:22: error: no source description has an operation "createOrdr"; did you mean "createOrder"? [unknown-operation]
	// shop.arazzo.yaml:16:36: error: the condition does not parse: "=" is not an operator; write == [condition-syntax]
	//     $statusCode = 201
	//                 ^
}
