package check

import (
	"embed"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
)

//go:generate go run ./internal/catalogue ../docs/diagnostics.md

// An Entry of the catalogue explains a code.
type Entry struct {
	Code     string
	Severity string // "error", "warning", "note"; "warning or error" where it depends
	Reason   string // why it matters and what would be right, as Markdown
	Wrong    string // an example that triggers the code
	Right    string // the same corrected, or "" where there is no one correction
	API      string // the description that the example calls; "" for the one that all share
	Response string // the body that the example's requests are answered with, of a code that only a run shows
}

//go:embed catalogue
var entries embed.FS

var catalogue = sync.OnceValue(func() []Entry {
	files, _ := entries.ReadDir("catalogue")
	var list []Entry
	for _, f := range files {
		code, ok := strings.CutSuffix(f.Name(), ".txtar")
		if !ok {
			continue
		}
		data, _ := entries.ReadFile("catalogue/" + f.Name())
		list = append(list, entry(code, data))
	}
	slices.SortFunc(list, func(a, b Entry) int { return strings.Compare(a.Code, b.Code) })
	return list
})

// entry reads a file of the catalogue: the severity on the first line, the
// reason under it, then the parts of the example, each after a line "-- name --".
func entry(code string, data []byte) Entry {
	severity, rest, _ := strings.Cut(string(data), "\n")
	e := Entry{Code: code, Severity: severity}
	parts := map[string]*string{"-- wrong --\n": &e.Wrong, "-- right --\n": &e.Right, "-- api --\n": &e.API, "-- response --\n": &e.Response}
	part := &e.Reason
	for line := range strings.Lines(rest) {
		if next := parts[line]; next != nil {
			part = next
			continue
		}
		*part += line
	}
	e.Reason = strings.TrimSpace(e.Reason)
	return e
}

// Catalogue returns all codes that diagnostics have, by name.
func Catalogue() []Entry { return slices.Clone(catalogue()) }

// Codes returns the codes of the catalogue.
func Codes() []string {
	var codes []string
	for _, e := range catalogue() {
		codes = append(codes, e.Code)
	}
	return codes
}

// Explain returns the catalogue's entry for a code.
func Explain(code string) (Entry, bool) {
	i, ok := slices.BinarySearchFunc(catalogue(), code, func(e Entry, code string) int { return strings.Compare(e.Code, code) })
	if !ok {
		return Entry{}, false
	}
	return catalogue()[i], true
}

// String returns the entry as text for a terminal.
func (e Entry) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s (%s)\n\n%s\n", e.Code, e.Severity, e.Reason)
	for _, part := range []struct{ title, text string }{{"Wrong:", e.Wrong}, {"Right:", e.Right}, {"answered with:", e.Response}} {
		if part.text != "" {
			fmt.Fprintf(&b, "\n%s\n\n    %s\n", part.title, strings.ReplaceAll(strings.TrimRight(part.text, "\n"), "\n", "\n    "))
		}
	}
	return b.String()
}

// WriteCatalogue writes all entries as one Markdown document.
func WriteCatalogue(w io.Writer) error {
	var b strings.Builder
	b.WriteString("# Diagnostics\n\nGenerated from [check/catalogue](../check/catalogue) by `go generate ./check`. Every example is a test.\n" +
		"`gobelin check --explain CODE` prints an entry.\n\n" +
		"An error keeps a document from running; a warning tells of what runs but can hardly be meant; a note of a form that is honored\n" +
		"as published, though the specification writes it otherwise (an error under `--strict`).\n\n| code | severity |\n|---|---|\n")
	for _, e := range catalogue() {
		fmt.Fprintf(&b, "| [%s](#%s) | %s |\n", e.Code, e.Code, e.Severity)
	}
	for _, e := range catalogue() {
		fmt.Fprintf(&b, "\n## %s\n\n%s. %s\n", e.Code, strings.ToUpper(e.Severity[:1])+e.Severity[1:], e.Reason)
		fence(&b, "Wrong", "yaml", e.Wrong)
		fence(&b, "Right", "yaml", e.Right)
		fence(&b, "with this description", "yaml", e.API)
		fence(&b, "where the answer is", "json", e.Response)
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func fence(b *strings.Builder, title, language, text string) {
	if text != "" {
		fmt.Fprintf(b, "\n%s:\n\n```%s\n%s\n```\n", title, language, strings.TrimRight(text, "\n"))
	}
}

// sharedAPI is the description that the catalogue's examples call.
func sharedAPI() string {
	data, _ := entries.ReadFile("catalogue/api.yaml")
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
