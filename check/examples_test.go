package check_test

import (
	"os"
	"strings"
	"testing"

	"github.com/gobelin-dev/gobelin/check"
)

// catalogue returns all entries of the catalogue.
func catalogue() (list []check.Entry) {
	for _, code := range check.Codes() {
		e, _ := check.Explain(code)
		list = append(list, e)
	}
	return list
}

// sharedAPI is the description that the catalogue's examples call.
func sharedAPI(t testing.TB) string {
	data, err := os.ReadFile("catalogue/api.yaml")
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

const exampleHead = `arazzo: 1.0.1
info:
  title: An example
  version: 1.0.0
sourceDescriptions:
  - name: shop
    url: api.yaml
    type: openapi
`

// document completes an example of the catalogue, which leaves out what does
// not matter to it, to a whole document: one that begins with "steps:" is the
// inside of a workflow, one that begins with "- stepId" that of its steps.
func document(example string) string {
	indent := func(text, first, rest string) string {
		return first + strings.ReplaceAll(strings.TrimRight(text, "\n"), "\n", "\n"+rest) + "\n"
	}
	if strings.HasPrefix(example, "- stepId") {
		example = "steps:\n" + indent(example, "  ", "  ")
	}
	switch {
	case strings.Contains(example, "arazzo: ") || strings.HasPrefix(example, "{"):
		return example
	case strings.Contains(example, "sourceDescriptions:"):
		head, _, _ := strings.Cut(exampleHead, "sourceDescriptions:")
		return head + example
	case strings.Contains(example, "workflows:"):
		return exampleHead + example
	}
	return exampleHead + "workflows:\n  - workflowId: example\n" + indent(example, "    ", "    ")
}
