package conformance_test

import (
	"context"
	"strings"
	"testing"

	"github.com/gobelin-dev/gobelin/arazzo"
	"github.com/gobelin-dev/gobelin/check"
	"github.com/gobelin-dev/gobelin/internal/conformance"
	"github.com/gobelin-dev/gobelin/runtime"
)

// TestFixedDocumentsMeanTheSame corrects the documents of all cases that run: a
// corrected document must send the same requests and return the same outputs.
func TestFixedDocumentsMeanTheSame(t *testing.T) {
	changed := 0
	for _, c := range load(t) {
		if data, _ := c.Data().(map[string]any); data["outcome"] == "refused" || data["strict"] == true {
			continue
		}
		edited, err := c.Edited(func(location string, text []byte, source func(string) ([]byte, error)) []byte {
			checker := &check.Checker{Loader: runtime.LoaderFunc(func(_ context.Context, name string) ([]byte, error) {
				return source(name)
			}),
				Tell: func(d arazzo.Diagnostic) bool { return d.Severity == arazzo.Note || d.Code == "context-ignored" }}
			fixed, _, _ := check.Fix(location, text, func(text []byte) []arazzo.Diagnostic {
				return checker.Text(t.Context(), check.File{Path: location}, text)
			})
			return fixed
		})
		if err != nil {
			t.Fatal(err)
		}
		// A correction of $response.body.a.b does not read a member called
		// "a.b", which is what this case has.
		if edited == nil || c.Title == "A member that is called exactly so comes before navigation" {
			continue
		}
		changed++
		t.Run(c.Name, func(t *testing.T) {
			t.Parallel()
			if r := conformance.Run(t.Context(), edited); r.Status != conformance.Passed {
				t.Errorf("%s\n%s", c.Title, strings.Join(r.Differences, "\n"))
			}
		})
	}
	if t.Logf("%d documents were corrected", changed); changed < 20 {
		t.Errorf("only %d documents were corrected", changed)
	}
}
