package conformance_test

import (
	"bytes"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/gobelin-dev/gobelin/internal/conformance"
	suite "github.com/gobelin-dev/gobelin/testdata/conformance"
	"github.com/santhosh-tekuri/jsonschema/v6"
)

func load(t *testing.T) []*conformance.Case {
	t.Helper()
	cases, err := conformance.Load(suite.Files)
	if err != nil {
		t.Fatal(err)
	}
	return cases
}

func TestSuite(t *testing.T) {
	for _, c := range load(t) {
		t.Run(c.Name, func(t *testing.T) {
			t.Parallel()
			if r := conformance.Run(t.Context(), c); r.Status != conformance.Passed {
				t.Errorf("%s\n%s", c.Title, strings.Join(r.Differences, "\n"))
			}
		})
	}
}

func TestSuiteSize(t *testing.T) {
	if cases := load(t); len(cases) < 500 {
		t.Errorf("%d cases; the suite has 500 at least", len(cases))
	}
}

func TestCasesFitTheirSchema(t *testing.T) {
	file, err := suite.Files.Open("case.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	schema, err := jsonschema.UnmarshalJSON(file)
	if err != nil {
		t.Fatal(err)
	}
	compiler := jsonschema.NewCompiler()
	if err := compiler.AddResource("case.schema.json", schema); err != nil {
		t.Fatal(err)
	}
	compiled, err := compiler.Compile("case.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range load(t) {
		if err := compiled.Validate(c.Data()); err != nil {
			t.Errorf("%s: %v", c.Name, err)
		}
	}
}

// Every ruling has a case, and every ruling that a case names exists.
func TestRulingsAndCases(t *testing.T) {
	data, err := os.ReadFile("../../docs/semantics.md")
	if err != nil {
		t.Fatal(err)
	}
	var rulings []string
	for _, m := range regexp.MustCompile(`(?m)^\| ([CFEO][0-9]+[ab]?) \|`).FindAllSubmatch(data, -1) {
		rulings = append(rulings, string(m[1]))
	}
	tested := map[string]int{}
	for _, c := range load(t) {
		for _, id := range c.Rulings {
			tested[id]++
			if strings.ContainsAny(id[:1], "CFEO") && !slices.Contains(rulings, id) {
				t.Errorf("%s: there is no ruling %s", c.Name, id)
			}
		}
	}
	for _, id := range rulings {
		if tested[id] == 0 {
			t.Errorf("ruling %s has no case", id)
		}
	}
}

// The suite contains the reference workflow, which is that of the example.
func TestReferenceIsTheExample(t *testing.T) {
	for _, folder := range []string{"arazzo", "openapi"} {
		files, err := filepath.Glob("../../examples/cancel-and-confirm/" + folder + "/*.yml")
		if err != nil || len(files) == 0 {
			t.Fatal("no files", err)
		}
		for _, name := range files {
			want, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			got, err := suite.Files.ReadFile("reference/" + folder + "/" + filepath.Base(name))
			if err != nil || !bytes.Equal(got, want) {
				t.Errorf("%s differs from the suite's (%v)", name, err)
			}
		}
	}
}
