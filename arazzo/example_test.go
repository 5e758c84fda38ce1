package arazzo_test

import (
	"fmt"

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
	doc, err := arazzo.Parse([]byte("arazzo: 1.0.1\nworkflows:\n- steps: [{operationId: list, stepId: s}]\n  workflowId: w\ninfo: {version: \"1\", title: t}\nsourceDescriptions: [{name: a, url: b}]\n"))
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
