package arazzo

import (
	"fmt"
	"strings"
	"testing"
)

const sourceTest = `arazzo: 1.0.1
info: {title: t, version: "1"}
sourceDescriptions: [{name: s, url: o.yaml}]
workflows:
- workflowId: w
  steps:
  - stepId: a
    operationId: op
    successCriteria:
    - condition: >-
        $statusCode == 200 &&
        $response.body#/a == 'it'
    - condition: '$response.body#/a == ''it'''
    - {condition: "$a == \"\u0069t\""}
    outputs: {o: $response.body}
    parametres: []
`

func TestPlacesInsideOfStrings(t *testing.T) {
	doc, err := ParseFile("d.yaml", []byte(sourceTest))
	if err != nil {
		t.Fatal(err)
	}
	step := doc.Workflows[0].Steps[0]
	tests := []struct {
		find, text, want, replaced string
	}{
		{"0", "$response.body#/a", "12:9-12:26", "        <x> == 'it'"},
		{"0", "it", "12:31-12:33", "        $response.body#/a == '<x>'"},
		{"1", "it", "13:42-13:44", "    - condition: '$response.body#/a == ''<x>'''"},
		{"2", "it", "14:28-14:35", `    - {condition: "$a == \"<x>\""}`},
	}
	for _, test := range tests {
		at := step.At("successCriteria", test.find, "condition")
		value := doc.Origin().At(at.Pointer).Str()
		start := strings.Index(value, test.text)
		p := doc.Within(at, start, start+len(test.text))
		if got := fmt.Sprintf("%d:%d-%d:%d", p.Line, p.Column, p.EndLine, p.EndColumn); got != test.want || p.File != "d.yaml" {
			t.Errorf("%q is at %s in %s, want %s", test.text, got, p.File, test.want)
		}
		edit, ok := doc.Replace(at, start, start+len(test.text), "<x>")
		if !ok {
			t.Errorf("%q: no edit", test.text)
			continue
		}
		after := sourceTest[:edit.Start] + edit.Text + sourceTest[edit.End:]
		if got := strings.Split(after, "\n")[p.Line-1]; got != test.replaced {
			t.Errorf("%q: %s, want %s", test.text, got, test.replaced)
		}
	}
	if p := doc.Locate(step.At("outputs", "o")); p.EndLine != 15 || p.EndColumn != 32 {
		t.Errorf("the output ends at %d:%d", p.EndLine, p.EndColumn)
	}
	if d := doc.Diagnostics[0]; d.Code != "unknown-field" || d.Line != 16 || d.Column != 5 || d.EndColumn != 15 {
		t.Errorf("the unknown field is at %+v", d.Position)
	}
	if _, ok := doc.Replace(step.At(), 0, 0, "x"); ok {
		t.Error("an object was replaced as a string")
	}
}
