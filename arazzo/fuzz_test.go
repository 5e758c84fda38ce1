package arazzo_test

import (
	"os"
	"testing"

	"github.com/gobelin-dev/gobelin/arazzo"
)

// FuzzParse looks for input that Parse does not survive, and for documents
// that writing changes.
func FuzzParse(f *testing.F) {
	reference, err := os.ReadFile("../examples/cancel-and-confirm/arazzo/anthropic-batch-cancel-and-confirm-workflow.yml")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(reference)
	for _, seed := range []string{
		`{"arazzo":"1.0.1","info":{"title":"t","version":"1"},"sourceDescriptions":[{"name":"a","url":"b"}],"workflows":[{"workflowId":"w",
      "steps":[{"stepId":"s","operationId":"o"}]}]}`,
		"arazzo: 1.0.1\nx-a: &a [1, 2.5, .5, 0x1F, ~, 2023-06-01, \"\\ud83d\\ude00\"]\nx-b: *a\n",
		"{\"a\": [[[[", "- a\n- b: {c: d, e}\n", "a: |\n  text\n   more\n", "? [k]\n: v\n", "%YAML 1.2\n---\n!!str 5", "a: &x [*x]",
		"\xef\xbb\xbf{}",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		doc, err := arazzo.Parse(data)
		if doc == nil && err == nil {
			t.Fatal("neither a document nor an error")
		}
		if err != nil {
			return
		}
		text, err := doc.YAML()
		if err != nil {
			t.Fatal(err)
		}
		for _, written := range [][]byte{text, doc.JSON()} {
			again, err := arazzo.Parse(written)
			if err != nil {
				t.Fatalf("%v\n%s", err, written)
			}
			if !again.Origin().Equal(doc.Origin()) {
				t.Fatalf("writing changed the document:\n%s", written)
			}
		}
	})
}
