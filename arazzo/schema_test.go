package arazzo_test

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/gobelin-dev/gobelin/arazzo"
	"github.com/gobelin-dev/gobelin/internal/shared"
	"github.com/gobelin-dev/gobelin/internal/tree"
	"github.com/santhosh-tekuri/jsonschema/v6"
)

// The specification's own tests of its schema: documents to accept and to refuse.
func TestSchemaTests(t *testing.T) {
	for _, folder := range []string{"pass", "fail"} {
		files, err := filepath.Glob(filepath.Join(shared.Path(t, "oai/tests/schema/"+folder), "*.yaml"))
		if err != nil || len(files) == 0 {
			t.Fatalf("no files in %s: %v", folder, err)
		}
		for _, file := range files {
			if _, err := arazzo.ReadFile(file); (err == nil) != (folder == "pass") {
				t.Errorf("%s/%s: %v", folder, filepath.Base(file), err)
			}
		}
	}
}

// shapeCodes are the diagnostics of what the official schema can say too.
var shapeCodes = []string{"version", "not-an-object", "required", "unknown-field", "type", "enum", "empty", "range", "step-target",
	"action-target", "self"}

type disagreement struct {
	message   *regexp.Regexp
	documents int
}

// disagreements are the documents of the corpus that the official schema
// refuses and the parser does not, by what the schema says. docs/corpus.md
// tells who is right by the text.
var disagreements = []disagreement{
	{regexp.MustCompile(`/onSuccess/\d+/retryLimit': false schema`), 10},
	{regexp.MustCompile(`/successCriteria/\d+': missing property 'version'`), 5},
	{regexp.MustCompile(`/replacements/\d+/value': got array, want string`), 1},
	{regexp.MustCompile(`items at \d+ and \d+ are equal`), 1},
}

// TestShapeAgreesWithSchema compares what the parser finds in every document of
// the corpus with the verdict of the official schema.
func TestShapeAgreesWithSchema(t *testing.T) {
	schemas := map[string]*jsonschema.Schema{"1.0": officialSchema(t, "1.0"), "1.1": officialSchema(t, "1.1")}
	differ := make([]int, len(disagreements))
	for name, data := range corpus(t) {
		root, err := tree.Parse(data)
		if err != nil {
			continue // not YAML: nothing to compare
		}
		schema := schemas["1.0"]
		if strings.HasPrefix(root.Get("arazzo").Str(), "1.1.") {
			schema = schemas["1.1"]
		}
		invalid := schema.Validate(root.Value())
		found := shapeErrors(name, data)
		if (invalid == nil) == (found == nil) {
			continue
		}
		known := -1
		if invalid != nil {
			known = slices.IndexFunc(disagreements, func(d disagreement) bool { return d.message.MatchString(invalid.Error()) })
		}
		if known < 0 {
			t.Errorf("%s: schema: %v\nparser: %v", name, invalid, found)
			continue
		}
		differ[known]++
	}
	for i, d := range disagreements {
		if differ[i] != d.documents {
			t.Errorf("%d documents differ by %s; docs/corpus.md says %d", differ[i], d.message, d.documents)
		}
	}
}

// shapeErrors gives what the parser says of a document's shape.
func shapeErrors(name string, data []byte) (found []string) {
	for _, d := range diagnostics(name, data) {
		if slices.Contains(shapeCodes, d.Code) {
			found = append(found, d.Pointer+" "+d.Message)
		}
	}
	return found
}

func diagnostics(name string, data []byte) []arazzo.Diagnostic {
	doc, err := arazzo.ParseFile(name, data)
	if doc != nil {
		return doc.Diagnostics
	}
	if parse, ok := err.(*arazzo.ParseError); ok {
		return parse.Diagnostics
	}
	return nil
}

func officialSchema(t *testing.T, version string) *jsonschema.Schema {
	t.Helper()
	data, err := os.ReadFile(shared.Path(t, "oai/arazzo-"+version+"-schema.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	root, err := tree.Parse(data)
	if err != nil {
		t.Fatal(err)
	}
	compiler := jsonschema.NewCompiler()
	compiler.UseRegexpEngine(func(pattern string) (jsonschema.Regexp, error) {
		if pattern == `^(?!\$).+$` { // of 1.1; RE2 has no look-ahead
			pattern = `^[^$].*$`
		}
		return regexp.Compile(pattern)
	})
	if err := compiler.AddResource("arazzo-"+version, root.Value()); err != nil {
		t.Fatal(err)
	}
	schema, err := compiler.Compile("arazzo-" + version)
	if err != nil {
		t.Fatal(err)
	}
	return schema
}
