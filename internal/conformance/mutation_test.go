package conformance_test

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/gobelin-dev/gobelin/internal/conformance"
	"github.com/gobelin-dev/gobelin/internal/tree"
)

// TestMutations breaks rulings on purpose, one at a time, and demands that a
// case of the ruling fails. Each mutation of testdata/mutations.yaml builds the
// command anew, which takes seconds: GOBELIN_MUTATIONS=1 asks for it.
func TestMutations(t *testing.T) {
	if os.Getenv("GOBELIN_MUTATIONS") == "" {
		t.Skip("GOBELIN_MUTATIONS is not set")
	}
	data, err := os.ReadFile("testdata/mutations.yaml")
	if err != nil {
		t.Fatal(err)
	}
	root, err := tree.Parse(data)
	if err != nil {
		t.Fatal(err)
	}
	module, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range root.Items {
		ruling := m.Get("ruling").Str()
		t.Run(ruling, func(t *testing.T) {
			t.Parallel()
			failed := failures(t, mutant(t, module, m))
			if !slices.ContainsFunc(failed, func(r conformance.Result) bool { return slices.Contains(r.Rulings, ruling) }) {
				t.Errorf("no case of %s fails when %s", ruling, m.Get("means").Str())
			}
			t.Logf("%s: %d cases fail when %s", ruling, len(failed), m.Get("means").Str())
		})
	}
}

// mutant builds the command with one text of one file replaced.
func mutant(t *testing.T, module string, m *tree.Node) string {
	t.Helper()
	file := filepath.Join(module, filepath.FromSlash(m.Get("file").Str()))
	source, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	before, after := m.Get("old").Str(), m.Get("new").Str()
	if n := strings.Count(string(source), before); n != 1 {
		t.Fatalf("%s has %q %d times, not once", file, before, n)
	}
	dir := t.TempDir()
	changed, overlay, command := filepath.Join(dir, "changed.go"), filepath.Join(dir, "overlay.json"), filepath.Join(dir, "gobelin")
	replaced, err := json.Marshal(map[string]any{"Replace": map[string]string{file: changed}})
	if err != nil {
		t.Fatal(err)
	}
	for name, data := range map[string][]byte{changed: []byte(strings.Replace(string(source), before, after, 1)), overlay: replaced} {
		if err := os.WriteFile(name, data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	build := exec.CommandContext(t.Context(), "go", "build", "-overlay", overlay, "-o", command, "./cmd/gobelin")
	build.Dir = module
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return command
}

// failures runs the whole suite with a command.
func failures(t *testing.T, command string) (failed []conformance.Result) {
	t.Helper()
	// The exit status tells that cases fail, which is the point.
	out, _ := exec.CommandContext(t.Context(), command, "conformance", "-o", "json").Output()
	var results []conformance.Result
	if err := json.Unmarshal(out, &results); err != nil {
		t.Fatalf("%v: %.200s", err, out)
	}
	for _, r := range results {
		if r.Status == conformance.Failed {
			failed = append(failed, r)
		}
	}
	return failed
}
