package check

import (
	"embed"
	"fmt"
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

// Codes returns all codes that diagnostics have, sorted.
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
