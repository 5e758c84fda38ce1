package main

import (
	"bytes"
	"context"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/gobelin-dev/gobelin/runtime"
)

func testResults(t *testing.T, content string) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "out.jsonl")
	if err := os.WriteFile(name, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

// The remains of a crash are repaired: the cut-off line is removed, and its run
// is not finished.
func TestOpenResults(t *testing.T) {
	const (
		head  = `{"format":"gobelin batch 1","workflowId":"w","document":"d"}` + "\n"
		three = `{"line":3,"status":"succeeded"}`
		one   = `{"line":1,"status":"failed"}`
	)
	tests := []struct {
		name, before, after string
		lines               []int // that have a result
	}{
		{"no file", "", head, nil},
		{"header cut off", head[:20], head, nil},
		{"header without its end", head[:len(head)-1], head, nil},
		{"header alone", head, head, nil},
		{"whole", head + three + "\n" + one + "\n", head + three + "\n" + one + "\n", []int{1, 3}},
		{"cut off", head + three + "\n" + `{"line":1,"status":"fai`, head + three + "\n", []int{3}},
		{"cut off before the end of the line", head + three + "\n" + one, head + three + "\n" + one + "\n", []int{1, 3}},
		{"empty lines", head + "\n" + three + "\n\n \n" + one + "\n\n", head + "\n" + three + "\n\n \n" + one + "\n\n", []int{1, 3}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			name := testResults(t, test.before)
			r, err := openResults(name, header{resultsFormat, "w", "d"})
			if err != nil {
				t.Fatal(err)
			}
			_, err = openResults(name, header{resultsFormat, "w", "d"})
			if err == nil || !strings.Contains(err.Error(), "another process is writing to it") {
				t.Errorf("opened again: %v", err)
			}
			if _, err := r.file.WriteString("more\n"); err != nil {
				t.Fatal(err)
			}
			if err := r.close(); err != nil {
				t.Fatal(err)
			}
			var lines []int
			for line := range r.runs {
				lines = append(lines, line)
			}
			slices.Sort(lines)
			if !slices.Equal(lines, test.lines) {
				t.Errorf("there are results of lines %v, want %v", lines, test.lines)
			}
			if data, err := os.ReadFile(name); err != nil || string(data) != test.after+"more\n" {
				t.Errorf("the file is %q (%v)", data, err)
			}
		})
	}
}

// A file that belongs to another batch is rejected and not modified.
func TestOpenForeignResults(t *testing.T) {
	head := `{"format":"gobelin batch 1","workflowId":"w","document":"d"}` + "\n"
	tests := []struct{ name, content, want string }{
		{"a text", "my notes", "does not begin like a file of results"},
		{"inputs", `{"a": 1}` + "\n", "does not begin like a file of results"},
		{"a long line", strings.Repeat("x", 1<<20), "does not begin like a file of results"},
		{"results without a header", `{"line":3,"status":"succeeded"}` + "\n", "does not begin like a file of results"},
		{"another workflow's", strings.Replace(head, `"w"`, `"v"`, 1), `the results of workflow "v", not of "w"`},
		{"another document's", strings.Replace(head, `"d"`, `"e"`, 1), "the results of another document"},
		{"a damaged line", head + "x\n" + `{"line":3,"status":"succeeded"}` + "\n", "line 2 is not a result"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			name := testResults(t, test.content)
			_, err := openResults(name, header{resultsFormat, "w", "d"})
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("%v, want %s", err, test.want)
			}
			if data, err := os.ReadFile(name); err != nil || string(data) != test.content {
				t.Errorf("the file was changed: %q (%v)", data, err)
			}
		})
	}
	if _, err := openResults(t.TempDir(), header{}); err == nil {
		t.Error("a folder is opened")
	}
}

// Ctrl-C ends a batch that waits for its next inputs.
func TestNobodyWritesInputs(t *testing.T) {
	r, w := io.Pipe()
	defer w.Close() // ends the goroutine that reads
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	l := &lines{open: map[int]inputLine{}, common: runtime.Inputs{}, longest: 100}
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

// A line that is too long is an error of only that line; byte order marks and
// empty lines are not errors.
func TestReadLines(t *testing.T) {
	long := strings.Repeat("x", 200<<10)
	tests := []struct {
		name, text string
		want       []any // inputs a of the runs
		refused    string
	}{
		{"lines", `{"a": 1}` + "\n\n" + `{"a": 2}`, []any{int64(1), int64(2)}, ""},
		{"a mark", "\ufeff" + `{"a": 1}` + "\r\n" + `{"a": 2}` + "\r\n", []any{int64(1), int64(2)}, ""},
		{"UTF-16", "\xff\xfe{\x00\"\x00a\x00\"\x00:\x001\x00}\x00\n\x00{\x00\"\x00a\x00\"\x00:\x002\x00}\x00", []any{int64(1), int64(2)},
			""},
		{"a long line", `{"a": 1}` + "\n" + long + "\n" + `{"a": 3}`, []any{int64(1), int64(3)}, "line 2 is longer than 64 MiB"},
		{"a long last line", `{"a": 1}` + "\n" + long, []any{int64(1)}, "line 2 is longer than 64 MiB"},
		{"no object", "[1]\n" + `{"a": 2}`, []any{int64(2)}, "line 1 is not a JSON object"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			var out bytes.Buffer
			l := &lines{open: map[int]inputLine{}, common: runtime.Inputs{}, out: &out, longest: 100}
			var got []any
			for inputs := range l.read(t.Context(), strings.NewReader(test.text)) {
				got = append(got, inputs["a"])
			}
			if !slices.Equal(got, test.want) || l.problem() != nil {
				t.Errorf("%v, %v", got, l.problem())
			}
			if !strings.Contains(out.String(), test.refused) || test.refused == "" && out.Len() > 0 {
				t.Errorf("refused: %s", out.String())
			}
		})
	}
}
