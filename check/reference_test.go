package check_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/gobelin-dev/gobelin/arazzo"
	"github.com/gobelin-dev/gobelin/check"
	"github.com/gobelin-dev/gobelin/examples/cancel-and-confirm/batchapi"
	"github.com/gobelin-dev/gobelin/internal/shared"
	"github.com/gobelin-dev/gobelin/runtime"
	"github.com/google/go-cmp/cmp"
)

const referenceFile = "../examples/cancel-and-confirm/arazzo/anthropic-batch-cancel-and-confirm-workflow.yml"

// TestReferenceWorkflow checks the reference workflow: the predicates and the
// loop without a delay of its own are told, and with the predicates corrected
// it runs the same.
func TestReferenceWorkflow(t *testing.T) {
	before, err := os.ReadFile(referenceFile)
	if err != nil {
		t.Fatal(err)
	}
	checker := new(check.Checker)
	find := func(text []byte) []arazzo.Diagnostic {
		return checker.Text(t.Context(), check.File{Path: referenceFile}, text)
	}
	lines := func(list []arazzo.Diagnostic) (out []string) {
		for _, d := range list {
			if d.Code != "unused-output" { // what only a reader of the report sees
				out = append(out, fmt.Sprintf("%d %s %s", d.Line, d.Severity, d.Code))
			}
		}
		return out
	}
	want := []string{"102 warning loop-without-delay", "107 note jsonpath-predicate", "113 note jsonpath-predicate"}
	if diff := cmp.Diff(want, lines(find(before))); diff != "" {
		t.Errorf("diagnostics (-want +got):\n%s", diff)
	}
	after, applied, rest := check.Fix(referenceFile, before, find)
	if applied != 2 || !slices.Equal(lines(rest), want[:1]) {
		t.Errorf("%d corrected; left: %v", applied, lines(rest))
	}
	changed := 0
	now := strings.Split(string(after), "\n")
	for i, line := range strings.Split(string(before), "\n") {
		if line != now[i] {
			changed++
		}
	}
	if changed != 2 {
		t.Errorf("%d lines are changed, want 2", changed)
	}
	wantRun, gotRun := runReference(t, before), runReference(t, after)
	if diff := cmp.Diff(wantRun, gotRun); diff != "" {
		t.Errorf("the corrected document runs otherwise (-before +after):\n%s", diff)
	}
	if len(wantRun) != 6 {
		t.Errorf("it is created, canceled and polled four times: %q", wantRun)
	}
}

// runReference gives the requests of a run, in which three polls still see the
// batch canceling, and its outputs as the last line.
func runReference(t *testing.T, text []byte) []string {
	t.Helper()
	doc, err := arazzo.ParseFile(referenceFile, text)
	if err != nil {
		t.Fatal(err)
	}
	program, err := runtime.Compile(t.Context(), doc)
	if err != nil {
		t.Fatal(err)
	}
	api := &batchapi.Server{CancelPolls: 3}
	var mu sync.Mutex
	var requests []string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		segments := strings.Split(r.URL.Path, "/") // without the id, which differs
		requests = append(requests, fmt.Sprint(r.Method, " ", len(segments), " ", segments[len(segments)-1] == "cancel"))
		mu.Unlock()
		api.ServeHTTP(w, r)
	}))
	defer server.Close()
	driver := &runtime.Driver{Settings: runtime.Settings{LoopDelay: -1}, Servers: map[string]string{doc.Sources[0].Name: server.URL}}
	inputs := runtime.Inputs{"apiKey": "k", "requests": []any{map[string]any{"custom_id": "a", "params": map[string]any{"model": "m"}}}}
	result, err := driver.Run(t.Context(), program, program.WorkflowIDs()[0], inputs)
	if err != nil {
		t.Fatal(err)
	}
	if result.Outputs["processingStatus"] != "ended" {
		t.Errorf("the batch is %v at the end", result.Outputs["processingStatus"])
	}
	return requests
}

// TestCorpusIsFixed corrects the published documents of the corpus in memory: each one still
// parses, nothing is left to correct, and no error is new. It takes every fifth, in CI all.
func TestCorpusIsFixed(t *testing.T) {
	if testing.Short() {
		t.Skip("the whole corpus")
	}
	folder := t.TempDir()
	for name, text := range shared.ReadCorpus(t).Texts() {
		file := filepath.Join(folder, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	files, err := check.Find(folder)
	if err != nil {
		t.Fatal(err)
	}
	checker := new(check.Checker)
	changed, applied := 0, 0
	byCode := map[string]int{}
	every := 5
	if shared.Required() {
		every = 1
	}
	for i, f := range files {
		if i%every != 0 {
			continue
		}
		before, err := os.ReadFile(f.Path)
		if err != nil {
			t.Fatal(err)
		}
		find := func(text []byte) []arazzo.Diagnostic { return checker.Text(t.Context(), f, text) }
		had := find(before)
		after, n, rest := check.Fix(f.Path, before, find)
		if n == 0 {
			continue
		}
		changed++
		applied += n
		left := map[string]int{}
		for _, d := range rest {
			left[d.Code]++
		}
		for _, d := range had {
			if d.Fix != nil {
				byCode[d.Code]++
			}
		}
		name, _ := filepath.Rel(folder, f.Path)
		if again, m, _ := check.Fix(f.Path, after, find); m > 0 || string(again) != string(after) {
			t.Errorf("%s: %d more are corrected the second time", name, m)
		}
		if len(arazzo.Errors(rest)) > len(arazzo.Errors(had)) {
			t.Errorf("%s: more errors than before", name)
		}
		for _, d := range rest {
			if d.Fix != nil {
				t.Errorf("%s: left: %v: %s", name, d, d.Fix.Message)
			}
		}
	}
	t.Logf("every document of %d: %d of %d changed, %d corrections: %v", every, changed, len(files)/every, applied, byCode)
}
