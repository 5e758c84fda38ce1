// Command catalogue writes the catalogue of diagnostics to a file.
package main

import (
	"fmt"
	"log"
	"os"
	"strings"

	"github.com/gobelin-dev/gobelin/check"
)

func main() {
	if err := os.WriteFile(os.Args[1], []byte(markdown()), 0o644); err != nil {
		log.Fatal(err)
	}
}

// markdown is the whole catalogue as one document.
func markdown() string {
	var entries []check.Entry
	for _, code := range check.Codes() {
		e, _ := check.Explain(code)
		entries = append(entries, e)
	}
	var b strings.Builder
	b.WriteString("# Diagnostics\n\nGenerated from [check/catalogue](../check/catalogue) by `go generate ./check`. Every example is a " +
		"test.\n" +
		"`gobelin check --explain CODE` prints an entry.\n\n" +
		"An error keeps a document from running, or a step from ever succeeding; a warning is about something that runs but can hardly be " +
		"meant; a\n" +
		"note is about a form that is accepted because published documents use it, though the specification differs (an error under " +
		"`--strict`).\n\n| code | severity |\n|---|---|\n")
	for _, e := range entries {
		fmt.Fprintf(&b, "| [%s](#%s) | %s |\n", e.Code, e.Code, e.Severity)
	}
	for _, e := range entries {
		fmt.Fprintf(&b, "\n## %s\n\n%s. %s\n", e.Code, strings.ToUpper(e.Severity[:1])+e.Severity[1:], e.Reason)
		fence(&b, "Wrong", "yaml", e.Wrong)
		fence(&b, "Right", "yaml", e.Right)
		fence(&b, "with this description", "yaml", e.API)
		fence(&b, "where the answer is", "json", e.Response)
	}
	return b.String()
}

func fence(b *strings.Builder, title, language, text string) {
	if text != "" {
		fmt.Fprintf(b, "\n%s:\n\n```%s\n%s\n```\n", title, language, strings.TrimRight(text, "\n"))
	}
}
