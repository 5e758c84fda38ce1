package readers

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// The schema of CTRF in its reference implementation, the npm package ctrf, takes what is written.
func TestCTRFSchema(t *testing.T) {
	text, err := os.ReadFile(filepath.Join(module(t, "ctrf"), "dist", "ctrf-schema-0.0.json"))
	if err != nil {
		t.Fatal(err)
	}
	v, err := jsonschema.UnmarshalJSON(strings.NewReader(string(text)))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	if err := c.AddResource("http://ctrf.example/schema.json", v); err != nil {
		t.Fatal(err)
	}
	schema, err := c.Compile("http://ctrf.example/schema.json")
	if err != nil {
		t.Fatal(err)
	}
	report, err := jsonschema.UnmarshalJSON(strings.NewReader(reported(t, "ctrf", "shop.jsonl")))
	if err != nil {
		t.Fatal(err)
	}
	if err := schema.Validate(report); err != nil {
		t.Error(err)
	}
	// The schema is one that can fail.
	delete(report.(map[string]any)["results"].(map[string]any), "summary")
	if schema.Validate(report) == nil {
		t.Error("a report without a summary is valid")
	}
}
