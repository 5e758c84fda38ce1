package main

import (
	"context"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/gobelin-dev/gobelin/runtime"
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

// Ctrl-C ends a batch whose next inputs nobody has written yet.
func TestNobodyWritesInputs(t *testing.T) {
	r, w := io.Pipe()
	defer w.Close() // ends the goroutine that reads
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	l := &lines{number: map[int]int{}, common: runtime.Inputs{}}
	go func() {
		if _, err := io.WriteString(w, "{\"a\": 1}\n"); err != nil {
			t.Error(err)
		}
	}()
	var got []runtime.Inputs
	for inputs := range l.read(ctx, r) {
		got = append(got, inputs)
		cancel()
	}
	if len(got) != 1 || got[0]["a"] != int64(1) || l.problem() != nil {
		t.Errorf("%v, %v", got, l.problem())
	}
}
