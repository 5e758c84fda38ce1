package conformance_test

import (
	"flag"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/gobelin-dev/gobelin/internal/conformance"
)

var update = flag.Bool("update", false, "write the links of docs/semantics.md and the counts of docs/conformance.md anew")

const semantics = "../../docs/semantics.md"

var rulingRow = regexp.MustCompile(`^\| ([CFEO][0-9]+[ab]?) \|`)

// The last column of docs/semantics.md links each ruling to the files with its
// cases; `go test ./internal/conformance -update` writes it.
func TestSemanticsLinkTheirCases(t *testing.T) {
	data, err := os.ReadFile(semantics)
	if err != nil {
		t.Fatal(err)
	}
	links := linksOf(load(t))
	lines := strings.Split(string(data), "\n")
	for i, line := range lines {
		m := rulingRow.FindStringSubmatch(line)
		if m == nil {
			continue
		}
		if cut := strings.LastIndex(line, "| ["); cut > 0 && strings.Contains(line[cut:], "testdata/conformance") {
			line = line[:cut+1]
		}
		lines[i] = strings.TrimRight(line, " |") + " | " + links[m[1]] + " |"
	}
	if *update {
		err = os.WriteFile(semantics, []byte(strings.Join(lines, "\n")), 0o644)
	} else if strings.Join(lines, "\n") != string(data) {
		err = fmt.Errorf("the links of docs/semantics.md are out of date: go test ./internal/conformance -update")
	}
	if err != nil {
		t.Error(err)
	}
}

// linksOf returns the links to the cases of each ruling, with their number.
func linksOf(cases []*conformance.Case) map[string]string {
	type file struct{ ruling, name string }
	count := map[file]int{}
	for _, c := range cases {
		name := strings.Join(strings.Split(c.Name, "/")[:2], "/")
		for _, ruling := range c.Rulings {
			count[file{ruling, name}]++
		}
	}
	files := make([]file, 0, len(count))
	for f := range count {
		files = append(files, f)
	}
	slices.SortFunc(files, func(a, b file) int { return strings.Compare(a.name, b.name) })
	links := map[string]string{}
	for _, f := range files {
		link := fmt.Sprintf("[%s](../testdata/conformance/%s.yaml)", f.name, f.name)
		if n := count[f]; n > 1 {
			link += fmt.Sprintf(" %d", n)
		}
		if links[f.ruling] != "" {
			link = ", " + link
		}
		links[f.ruling] += link
	}
	return links
}
