package conformance_test

import (
	"fmt"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/gobelin-dev/gobelin/internal/shared"
	"github.com/gobelin-dev/gobelin/internal/tree"
)

var (
	keywords  = regexp.MustCompile(`\b(MUST|SHALL|SHOULD)( NOT)?\b|\b(NOT )?RECOMMENDED\b|\b(MAY|REQUIRED|OPTIONAL)\b`)
	field     = regexp.MustCompile(`^\|? *<a name="`)     // the row of a fixed field
	separator = regexp.MustCompile(`^[-|: ]*\|[-|: ]*$`)  // the line between the head of a table and its rows
	example   = regexp.MustCompile(`^##+ .*Examples?$`)   // the heading of examples
	rule      = regexp.MustCompile(`^ *([A-Za-z-]+) += `) // the beginning of a rule in ABNF
	testNamed = regexp.MustCompile(`^([a-z/]+)\.(Test\w+)$`)
	document  = regexp.MustCompile(`^check/([a-z-]+): (\S+)$`)
)

// statements returns the table of normative statements.
func statements(t *testing.T) []*tree.Node {
	t.Helper()
	data, err := os.ReadFile("../../testdata/conformance/statements.yaml")
	if err != nil {
		t.Fatal(err)
	}
	root, err := tree.Parse(data)
	if err != nil {
		t.Fatal(err)
	}
	return root.Items
}

// list returns the texts of a member of a statement.
func list(s *tree.Node, name string) (texts []string) {
	if n := s.Get(name); n != nil {
		for _, item := range n.Items {
			texts = append(texts, item.Text)
		}
	}
	return texts
}

// Whatever a statement names exists, and what has nothing that is run says why.
func TestStatementsNameWhatExists(t *testing.T) {
	exists := map[string]map[string]bool{"rulings": {}, "cases": {}}
	for _, line := range strings.Split(read(t, semantics), "\n") {
		if m := rulingRow.FindStringSubmatch(line); m != nil {
			exists["rulings"][m[1]] = true
		}
	}
	for _, c := range load(t) {
		file := strings.Join(strings.Split(c.Name, "/")[:2], "/")
		exists["cases"][file], exists["cases"][file+": "+c.Title] = true, true
	}
	members := []string{"at", "words", "says", "rulings", "cases", "diagnostics", "tests", "why"}
	for _, s := range statements(t) {
		for _, m := range s.Members {
			if !slices.Contains(members, m.Name) {
				t.Errorf("statements.yaml:%d: a statement has no member %q", m.Line, m.Name)
			}
			for _, name := range list(s, m.Name) {
				known, ok := exists[m.Name]
				switch {
				case ok:
					ok = known[name]
				case m.Name == "diagnostics":
					_, err := os.Stat("../../check/catalogue/" + name + ".txtar")
					ok = err == nil
				case m.Name == "tests":
					ok = isTest(t, name)
				default:
					continue
				}
				if !ok {
					t.Errorf("statements.yaml:%d: among the %s there is no %q", m.Line, m.Name, name)
				}
			}
		}
		if s.Get("says").Str() == "" || len(list(s, "cases")) == 0 && len(list(s, "diagnostics")) == 0 &&
			len(list(s, "tests")) == 0 && s.Get("why").Str() == "" {
			t.Errorf("statements.yaml:%d: a statement says something, and has a case or says why it has none", s.Line)
		}
	}
}

// isTest reports whether a test in Go, or a document in an archive of check, is
// there: "runtime.TestX" or "check/rules: x.arazzo.yaml".
func isTest(t *testing.T, name string) bool {
	if m := document.FindStringSubmatch(name); m != nil {
		return strings.Contains(read(t, "../../check/testdata/"+m[1]+".txtar"), "\n-- "+m[2]+" --\n")
	}
	m := testNamed.FindStringSubmatch(name)
	if m == nil {
		return false
	}
	files, err := os.ReadDir("../../" + m[1])
	return err == nil && slices.ContainsFunc(files, func(f os.DirEntry) bool {
		return strings.HasSuffix(f.Name(), "_test.go") && strings.Contains(read(t, "../../"+m[1]+"/"+f.Name()), "func "+m[2]+"(")
	})
}

func read(t *testing.T, name string) string {
	t.Helper()
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// Every word of RFC 2119, every row of a table, every heading of examples and every
// rule of the grammar of both texts is in the table, at its line.
func TestStatementsAreComplete(t *testing.T) {
	demanded := map[place][]string{}
	for _, version := range []string{"1.0.1", "1.1.0"} {
		grammar, rows := false, false
		for i, line := range strings.Split(read(t, shared.Path(t, "oai/arazzo-"+version+".md")), "\n") {
			at := place{version, i + 1}
			if strings.HasPrefix(line, "```") {
				grammar = line == "```abnf"
			}
			rows = strings.Contains(line, "|") && (rows || separator.MatchString(line))
			has := func(what string) { demanded[at] = append(demanded[at], what) }
			m := rule.FindStringSubmatch(line)
			switch {
			case grammar && m != nil:
				has(m[1])
			case field.MatchString(line):
				has("field")
			case rows && !separator.MatchString(line):
				has("row")
			case example.MatchString(line):
				has("example")
			}
			demanded[at] = append(demanded[at], keywords.FindAllString(line, -1)...)
			if line == "" {
				delete(demanded, at) // no statement can be there
			}
		}
	}
	table := statements(t)
	for _, difference := range differences(demanded, table) {
		t.Error(difference)
	}
	for i, s := range table { // the comparison can fail: without a statement it does
		if len(list(s, "words")) > 0 && len(differences(demanded, slices.Delete(slices.Clone(table), i, i+1))) == 0 {
			t.Errorf("statements.yaml:%d is not missed", s.Line)
		}
	}
}

// A place is a line of one of the texts.
type place struct {
	version string
	line    int
}

// differences compares what the texts have in each line with what the statements
// say that they have.
func differences(demanded map[place][]string, table []*tree.Node) (found []string) {
	claimed := map[place][]string{}
	for _, s := range table {
		for _, m := range s.Get("at").Members {
			line, _ := strconv.Atoi(m.Value.Text)
			at := place{m.Name, line}
			claimed[at] = append(claimed[at], list(s, "words")...)
			if _, ok := demanded[at]; !ok {
				found = append(found, fmt.Sprintf("statements.yaml:%d: arazzo-%s.md has nothing in line %d", s.Line, m.Name, line))
			}
		}
	}
	for at, words := range demanded {
		if !slices.Equal(slices.Sorted(slices.Values(words)), slices.Sorted(slices.Values(claimed[at]))) {
			found = append(found, fmt.Sprintf("arazzo-%s.md:%d has %q, the table %q", at.version, at.line, words, claimed[at]))
		}
	}
	slices.Sort(found)
	return found
}

// docs/conformance.md says how many statements have what;
// `go test ./internal/conformance -update` writes it.
func TestStatementsAreCounted(t *testing.T) {
	const page = "../../docs/conformance.md"
	table := statements(t)
	var cases, others int
	for _, s := range table {
		switch {
		case len(list(s, "cases")) > 0:
			cases++
		case len(list(s, "diagnostics")) > 0 || len(list(s, "tests")) > 0:
			others++
		}
	}
	sentence := fmt.Sprintf("Of %d statements %d have cases, %d have a diagnostic or a test only, and %d say why they have neither.",
		len(table), cases, others, len(table)-cases-others)
	text := read(t, page)
	counted := regexp.MustCompile(`(?m)^Of [0-9]+ statements .*$`)
	if !counted.MatchString(text) {
		t.Fatalf("%s does not count the statements", page)
	}
	updated := counted.ReplaceAllLiteralString(text, sentence)
	if *update {
		if err := os.WriteFile(page, []byte(updated), 0o644); err != nil {
			t.Fatal(err)
		}
	} else if updated != text {
		t.Errorf("docs/conformance.md is out of date: go test ./internal/conformance -update")
	}
}
