package main

import (
	"maps"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

// A last line that was cut off is removed, and its run is none that has ended.
func TestReopenResults(t *testing.T) {
	whole := `{"line":3,"status":"succeeded"}` + "\n" + `{"line":1,"status":"canceled"}` + "\n"
	name := filepath.Join(t.TempDir(), "out.jsonl")
	if err := os.WriteFile(name, []byte(whole+`{"line":2,"status":"succee`), 0o600); err != nil {
		t.Fatal(err)
	}
	file, done, err := reopen(name)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := file.WriteString("more\n"); err != nil {
		t.Fatal(err)
	}
	if err := file.Close(); err != nil {
		t.Fatal(err)
	}
	if got := slices.Collect(maps.Keys(done)); !slices.Equal(got, []int{3}) {
		t.Errorf("ended: %v, want 3 alone", got)
	}
	if data, err := os.ReadFile(name); err != nil || string(data) != whole+"more\n" {
		t.Errorf("the file is %q (%v)", data, err)
	}
}
