package conformance_test

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/gobelin-dev/gobelin/internal/tree"
)

// TestMutations breaks rulings on purpose, one at a time, and requires that a
// case of the ruling fails. Each mutation of testdata/mutations.yaml builds a
// program anew, which takes seconds: it runs only if GOBELIN_MUTATIONS=1.
func TestMutations(t *testing.T) {
	if os.Getenv("GOBELIN_MUTATIONS") == "" {
		t.Skip("GOBELIN_MUTATIONS is not set")
	}
	module, list := mutations(t)
	for _, m := range list {
		ruling := m.Get("ruling").Str()
		t.Run(ruling, func(t *testing.T) {
			t.Parallel()
			failed := failures(t, mutant(t, module, m), ruling)
			if failed == 0 {
				t.Errorf("no case of %s fails when %s", ruling, m.Get("means").Str())
			}
			t.Logf("%s: %d of its cases fail when %s", ruling, failed, m.Get("means").Str())
		})
	}
}

// The code that the mutations replace exists, and at least 30 rulings are
// broken.
func TestMutationsAreUpToDate(t *testing.T) {
	module, list := mutations(t)
	rulings := map[string]bool{}
	for _, m := range list {
		rulings[m.Get("ruling").Str()] = true
		mutated(t, module, m)
	}
	if len(rulings) < 30 {
		t.Errorf("%d rulings are broken on purpose", len(rulings))
	}
}

// docs/conformance.md has all of them; `go test ./internal/conformance -update` writes
// them.
func TestMutationsAreListed(t *testing.T) {
	const page, head = "../../docs/conformance.md", "| ruling | broken so that |\n|---|---|\n"
	_, list := mutations(t)
	rulings, rows := map[string]bool{}, ""
	for _, m := range list {
		rulings[m.Get("ruling").Str()] = true
		rows += fmt.Sprintf("| %s | %s |\n", m.Get("ruling").Str(), m.Get("means").Str())
	}
	text := read(t, page)
	before, table, found := strings.Cut(text, head)
	counted := regexp.MustCompile(`Of [0-9]+ mutations, of [0-9]+ rulings,`)
	if !found || !counted.MatchString(before) {
		t.Fatalf("%s does not list the mutations", page)
	}
	_, after, _ := strings.Cut(table, "|\n\n")
	updated := counted.ReplaceAllString(before, fmt.Sprintf("Of %d mutations, of %d rulings,", len(list), len(rulings))) + head + rows + after
	if *update {
		if err := os.WriteFile(page, []byte(updated), 0o644); err != nil {
			t.Fatal(err)
		}
	} else if updated != text {
		t.Errorf("%s is out of date: go test ./internal/conformance -update", page)
	}
}

// mutations returns the folder of the module and what to break in it.
func mutations(t *testing.T) (module string, list []*tree.Node) {
	t.Helper()
	data, err := os.ReadFile("testdata/mutations.yaml")
	if err != nil {
		t.Fatal(err)
	}
	root, err := tree.Parse(data)
	if err != nil {
		t.Fatal(err)
	}
	if module, err = filepath.Abs("../.."); err != nil {
		t.Fatal(err)
	}
	return module, root.Items
}

// mutated returns a file and its text with the mutation.
func mutated(t *testing.T, module string, m *tree.Node) (file, text string) {
	t.Helper()
	file = filepath.Join(module, filepath.FromSlash(m.Get("file").Str()))
	source, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	before, after := m.Get("old").Str(), m.Get("new").Str()
	if n := strings.Count(string(source), before); n != 1 {
		t.Errorf("%s: %s has %q %d times, not once", m.Get("ruling").Str(), file, before, n)
	}
	return file, strings.Replace(string(source), before, after, 1)
}

// mutant builds the program of that name with one text of one file replaced.
func mutant(t *testing.T, module string, m *tree.Node) string {
	t.Helper()
	file, text := mutated(t, module, m)
	dir := t.TempDir()
	changed, overlay, command := filepath.Join(dir, "changed.go"), filepath.Join(dir, "overlay.json"), filepath.Join(dir, "mutant")
	replaced, err := json.Marshal(map[string]any{"Replace": map[string]string{file: changed}})
	if err != nil {
		t.Fatal(err)
	}
	for name, data := range map[string][]byte{changed: []byte(text), overlay: replaced} {
		if err := os.WriteFile(name, data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	build := exec.CommandContext(t.Context(), "go", "build", "-overlay", overlay, "-o", command, "./internal/conformance/mutant")
	build.Dir = module
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return command
}

// failures returns how many cases of a ruling fail with a mutant.
func failures(t *testing.T, command, ruling string) (failed int) {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), command, ruling).Output()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := fmt.Sscan(string(out), &failed); err != nil {
		t.Fatalf("%v: %.200s", err, out)
	}
	return failed
}
