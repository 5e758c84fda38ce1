package readers

import (
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/martian/v3/har"
	"github.com/santhosh-tekuri/jsonschema/v6"
)

// harSchemas returns the schemas of HAR 1.2 in the npm package har-schema. It spells
// formats and ids as an earlier draft does.
func harSchemas(t *testing.T) *jsonschema.Schema {
	t.Helper()
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	files, err := filepath.Glob(module(t, "har-schema") + "/lib/*.json")
	if err != nil || len(files) == 0 {
		t.Fatal("har-schema has no schemas", err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		v, err := jsonschema.UnmarshalJSON(strings.NewReader(string(text)))
		if err != nil {
			t.Fatal(err)
		}
		delete(v.(map[string]any), "$id")
		if err := c.AddResource("http://har.example/"+filepath.Base(file), v); err != nil {
			t.Fatal(err)
		}
	}
	schema, err := c.Compile("http://har.example/har.json")
	if err != nil {
		t.Fatal(err)
	}
	return schema
}

func TestHARSchema(t *testing.T) {
	schema := harSchemas(t)
	text := reported(t, "har", "shop.jsonl")
	v, err := jsonschema.UnmarshalJSON(strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	if err := schema.Validate(v); err != nil {
		t.Error(err)
	}
	// The schema is one that can fail.
	delete(v.(map[string]any)["log"].(map[string]any)["entries"].([]any)[0].(map[string]any), "timings")
	if schema.Validate(v) == nil {
		t.Error("an entry without timings is valid")
	}
}

// The proxy martian reads what is written. It knows whole milliseconds only.
func TestHARLibrary(t *testing.T) {
	v, err := jsonschema.UnmarshalJSON(strings.NewReader(reported(t, "har", "shop.jsonl")))
	if err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(rounded(v))
	if err != nil {
		t.Fatal(err)
	}
	var read har.HAR
	if err := json.Unmarshal(text, &read); err != nil {
		t.Fatal(err)
	}
	if read.Log.Version != "1.2" || read.Log.Creator.Name != "gobelin" || len(read.Log.Entries) != 11 {
		t.Fatalf("%+v", read.Log)
	}
	e := read.Log.Entries[4]
	if e.Request.Method != "POST" || e.Response.Status != 201 || e.Request.PostData.MimeType != "application/json" ||
		!strings.Contains(e.Request.PostData.Text, `"item":"i-1"`) || !strings.Contains(string(e.Response.Content.Text), "\u2028") ||
		e.Time <= 0 || e.Timings.Wait <= 0 {
		t.Errorf("%+v %+v", e.Request, e.Response)
	}
	if got := string(read.Log.Entries[10].Response.Content.Text); got != "\x89PNG\r\n\x1a\n\x00\x00\xff" {
		t.Errorf("content %q", got)
	}
}

// rounded rounds all numbers of a JSON value up.
func rounded(v any) any {
	switch v := v.(type) {
	case map[string]any:
		for name, in := range v {
			v[name] = rounded(in)
		}
	case []any:
		for i, in := range v {
			v[i] = rounded(in)
		}
	case json.Number:
		f, _ := v.Float64()
		return math.Ceil(f)
	}
	return v
}
