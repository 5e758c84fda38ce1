package arazzo_test

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/gobelin-dev/gobelin/arazzo"
)

const exampleText = `arazzo: 1.0.1
info:
  title: Pets
  version: "1"
sourceDescriptions:
- name: pets
  url: pets.yaml
workflows:
- workflowId: list
  steps:
  - stepId: all
    operationID: listPets
`

// All mistakes are found in one pass, each with its place.
func ExampleParse() {
	doc, err := arazzo.Parse([]byte(exampleText))
	fmt.Println(err)
	for _, d := range doc.Diagnostics {
		fmt.Println(d.Line, d.Code)
	}
	// Output:
	// document:11:5: error: step "all" says nothing to do; give it one of operationId, operationPath and workflowId [step-target]
	// 11 step-target
	// 12 unknown-field
}

// A changed document is written with its order kept.
func ExampleDocument_YAML() {
	doc, err := arazzo.Parse([]byte("arazzo: 1.0.1\nworkflows:\n- steps: [{operationId: list, stepId: s}]\n  workflowId: w\ninfo: " +
		"{version: \"1\", title: t}\nsourceDescriptions: [{name: a, url: b}]\n"))
	if err != nil {
		panic(err)
	}
	doc.Workflows[0].Summary = "Lists."
	text, err := doc.YAML()
	if err != nil {
		panic(err)
	}
	fmt.Print(string(text))
	// Output:
	// arazzo: 1.0.1
	// workflows:
	//   - steps:
	//       - operationId: list
	//         stepId: s
	//     workflowId: w
	//     summary: Lists.
	// info:
	//   version: "1"
	//   title: t
	// sourceDescriptions:
	//   - name: a
	//     url: b
}

const ordersText = `arazzo: 1.0.1
info: {title: Orders, version: "1"}
sourceDescriptions: [{name: shop, url: shop.yaml}]
workflows:
- workflowId: order
  steps:
  - stepId: create
    operationId: createOrder
    x-owner: sales
    requestBody:
      payload: {item: $inputs.item, count: 2, tags: [new, web]}
    successCriteria:
    - condition: $statusCode == 201
`

// A document is a tree of typed objects.
func ExampleParse_walk() {
	doc, err := arazzo.Parse([]byte(ordersText))
	if err != nil {
		panic(err)
	}
	for _, w := range doc.Workflows {
		for _, s := range w.Steps {
			owner, _ := s.Extensions.Get("x-owner")
			fmt.Println(w.WorkflowID, s.StepID, s.OperationID, owner.Str())
			for i, c := range s.SuccessCriteria {
				at := s.At("successCriteria", strconv.Itoa(i), "condition")
				fmt.Println(at.Line, at.Pointer, c.Condition)
			}
		}
	}
	// Output:
	// order create createOrder sales
	// 13 /workflows/0/steps/0/successCriteria/0/condition $statusCode == 201
}

// A Node is read by its kind, by a path, or as a plain value.
func ExampleNode() {
	doc, err := arazzo.Parse([]byte(ordersText))
	if err != nil {
		panic(err)
	}
	payload := doc.Workflow("order").Step("create").RequestBody.Payload
	for name, v := range payload.Members() {
		fmt.Println(name, "is", v.Kind(), "in line", v.Position().Line)
	}
	fmt.Println(payload.Get("item").Str(), payload.At("/tags/1").Str(), payload.Get("price").Exists())
	fmt.Println(payload.Value())
	fmt.Println(payload)
	// Output:
	// item is a string in line 11
	// count is a number in line 11
	// tags is an array in line 11
	// $inputs.item web false
	// map[count:2 item:$inputs.item tags:[new web]]
	// {"item":"$inputs.item","count":2,"tags":["new","web"]}
}

// A rule of your own says where a text is, and how it is corrected.
func ExampleDocument_Replace() {
	doc, err := arazzo.ParseFile("orders.yaml", []byte(ordersText))
	if err != nil {
		panic(err)
	}
	s := doc.Workflow("order").Step("create")
	at := s.At("successCriteria", "0", "condition")
	start := strings.Index(s.SuccessCriteria[0].Condition, "201")
	edit, ok := doc.Replace(at, start, start+3, "200")
	fmt.Println(doc.Within(at, start, start+3), ok)
	fmt.Println(ordersText[edit.Start:edit.End], "becomes", edit.Text)
	// Output:
	// orders.yaml:13:33 true
	// 201 becomes 200
}
