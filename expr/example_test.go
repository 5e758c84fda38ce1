package expr_test

import (
	"encoding/json"
	"fmt"
	"net/http"

	"github.com/gobelin-dev/gobelin/expr"
)

func ExampleParse() {
	e, err := expr.Parse("$response.body#/id")
	if err != nil {
		panic(err)
	}
	id, ok := e.Eval(expr.Env{Response: expr.Response{Body: json.RawMessage(`{"id": "batch_1"}`)}})
	fmt.Println(id, ok)
	// Output: batch_1 true
}

// An error shows the place.
func ExampleParse_error() {
	_, err := expr.Parse("$response.status")
	fmt.Println(err)
	// Output:
	// $response has header, query, path and body, not "status"
	// $response.status
	//           ^
}

func ExampleParseTemplate() {
	t := expr.ParseTemplate("Bearer {$steps.login.outputs.token}")
	text, ok := t.Eval(expr.Env{Steps: map[string]map[string]any{"login": {"token": "abc"}}})
	fmt.Println(text, ok)
	// Output: Bearer abc true
}

func ExampleParseCondition() {
	c, err := expr.ParseCondition("$statusCode == 200 && $response.header.Retry-After == null")
	if err != nil {
		panic(err)
	}
	fmt.Println(c.Eval(expr.Env{StatusCode: 200}))
	fmt.Println(c.Eval(expr.Env{StatusCode: 200, Response: expr.Response{Header: http.Header{"Retry-After": {"3"}}}}))
	// Output:
	// true
	// false
}

// A missing value is not null; the second result tells them apart.
func ExampleExpression_Eval() {
	e, err := expr.Parse("$inputs.limit")
	if err != nil {
		panic(err)
	}
	fmt.Println(e.Eval(expr.Env{Inputs: map[string]any{"limit": nil}}))
	fmt.Println(e.Eval(expr.Env{}))
	// Output:
	// <nil> true
	// <nil> false
}

// What looks like an expression but is not one is literal text.
func ExampleTemplate_Invalid() {
	t := expr.ParseTemplate("Dear {$input.name}")
	fmt.Println(t.Eval(expr.Env{}))
	for _, err := range t.Invalid() {
		fmt.Println(err.Message)
	}
	// Output:
	// Dear {$input.name} true
	// unknown "$input"; an expression begins with $url, $method, $statusCode, $request, $response, $inputs, $outputs, $steps, $workflows, $sourceDescriptions, $components, $self; did you mean "inputs"?
}
