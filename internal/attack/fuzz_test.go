package attack

import (
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/gobelin-dev/gobelin/check"
	"github.com/gobelin-dev/gobelin/internal/conformance"
	"github.com/gobelin-dev/gobelin/internal/value"
	"github.com/gobelin-dev/gobelin/runtime"
)

// mostFuzzed bounds each text that FuzzRun tries; longer ones are attacks of testdata.
const mostFuzzed = 16 << 10

var fuzzedTypes = []string{"application/json", "", "text/plain", "application/xml", "application/x-www-form-urlencoded",
	"multipart/form-data",
	"text/event-stream", "application/x-ndjson", "application/problem+json; charset=utf-16"}

// FuzzRun changes a document, its description, the inputs and the answers of the
// server together: whatever they are, linking, checking and running them comes to
// an end without a panic, a run that is stored at any command goes on from there,
// and what is sent is below its server. It starts with some of the attacks and
// conformance cases; with GOBELIN_ATTACKS set, with all.
func FuzzRun(f *testing.F) {
	f.Add(wholeDocument, wholeDescription, `{"n": 3}`, uint16(100), `{"v": 1.0, "more": true}`)
	taken := func(n int) bool { return all() || n%20 == 0 }
	for n, a := range load(f) {
		file := a.Files["api.yaml"]
		if a.Long || a.Fails != "" || !taken(n) {
			continue
		}
		body := ""
		if len(a.Answers) > 0 {
			body = string(a.Answers[0].Body.bytes(a.Fill))
		}
		addSmall(f, string(a.Document.bytes(a.Fill)), string(file.bytes(a.Fill)), string(a.Inputs.bytes(a.Fill)), body)
	}
	for n, c := range cases(f) {
		if taken(n) {
			addCase(f, c)
		}
	}
	f.Fuzz(func(t *testing.T, document, description, inputs string, kind uint16, body string) {
		if max(len(document), len(description), len(inputs), len(body)) > mostFuzzed {
			return
		}
		doc, p, _ := tryCompile(document, description)
		if p == nil {
			return
		}
		check.Program(p)
		given, _ := value.Decode([]byte(inputs)) // none if it is not JSON
		object, _ := given.(map[string]any)
		answer := func(x *runtime.Execution, n int) {
			header := map[string][]string{}
			if named := fuzzedTypes[(int(kind)/500+n)%len(fuzzedTypes)]; named != "" {
				header["Content-Type"] = []string{named}
			}
			_ = x.Respond(&runtime.Response{Status: 100 + (int(kind)+n/2)%500, Header: header, Body: []byte(body)})
		}
		for _, w := range doc.Workflows {
			if err := ran(p, w.WorkflowID, object, answer); err != nil {
				t.Error(err)
			}
		}
	})
}

// cases are those of the conformance suite.
func cases(t testing.TB) []*conformance.Case {
	t.Helper()
	list, err := conformance.Load(os.DirFS("../../testdata/conformance"))
	if err != nil {
		t.Fatal(err)
	}
	return list
}

func addCase(f *testing.F, c *conformance.Case) {
	data, _ := c.Data().(map[string]any)
	sources, _ := data["sources"].(map[string]any)
	responses, _ := data["responses"].([]any)
	body := ""
	if len(responses) > 0 {
		answer, _ := responses[0].(map[string]any)
		body, _ = answer["text"].(string)
		if v, ok := answer["body"]; ok {
			body = textOf(v)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(sources)) {
		addSmall(f, textOf(data["document"]), textOf(sources[name]), textOf(data["inputs"]), body)
	}
}

func textOf(v any) string {
	if text, ok := v.(string); ok {
		return text
	}
	return string(value.AppendJSON(nil, v))
}

func addSmall(f *testing.F, document, description, inputs, body string) {
	if strings.Contains(document, "arazzo") && max(len(document), len(description), len(inputs), len(body)) < mostFuzzed/4 {
		f.Add(document, description, inputs, uint16(100), body)
	}
}
