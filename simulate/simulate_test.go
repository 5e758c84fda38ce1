package simulate_test

import (
	"context"
	"encoding/json"
	"errors"
	"io/fs"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/gobelin-dev/gobelin/arazzo"
	"github.com/gobelin-dev/gobelin/internal/tree"
	"github.com/gobelin-dev/gobelin/runtime"
	"github.com/gobelin-dev/gobelin/simulate"
	"golang.org/x/tools/txtar"
)

// TestSimulations simulates workflow w of testdata/*.txtar once for each file of what is wanted
// of the report: want.yaml, strict.yaml in strict mode, and given*.yaml, which have inputs and
// answers. Members that such a file does not have may be anything; lists are whole. Unseen has
// the branches that were not seen.
func TestSimulations(t *testing.T) {
	names, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(names) == 0 {
		t.Fatalf("%v, %v", names, err)
	}
	for _, name := range names {
		archive, err := txtar.ParseFile(name)
		if err != nil {
			t.Fatal(err)
		}
		folder, err := txtar.FS(archive)
		if err != nil {
			t.Fatal(err)
		}
		p := compile(t, folder)
		for _, f := range archive.Files {
			if f.Name == "w.yaml" || f.Name == "api.yaml" {
				continue
			}
			t.Run(strings.TrimSuffix(filepath.Base(name), ".txtar")+"/"+f.Name, func(t *testing.T) {
				root, err := tree.Parse(f.Data)
				if err != nil {
					t.Fatal(err)
				}
				want, _ := root.Value().(map[string]any)
				s := simulate.Simulator{Strict: f.Name == "strict.yaml"}
				s.Inputs, _ = want["inputs"].(map[string]any)
				if answers := root.Get("answers"); answers != nil {
					if s.Answers, err = simulate.ReadAnswers(answers.JSON()); err != nil {
						t.Fatal(err)
					}
				}
				message := want["error"]
				for _, option := range []string{"inputs", "answers", "error"} {
					delete(want, option)
				}
				r, err := s.Workflow(t.Context(), p, "w")
				if message != nil {
					if err == nil || err.Error() != message {
						t.Fatalf("the error is %v, want %v", err, message)
					}
					return
				}
				if err != nil {
					t.Fatal(err)
				}
				got := plain(t, r)
				got["complete"], got["unseen"] = r.Complete(), plain(t, map[string]any{"list": r.Unseen()})["list"]
				if got["unseen"] == nil {
					got["unseen"] = []any{}
				}
				if compare(t, "", want, got); t.Failed() {
					t.Logf("the unseen: %v", got["unseen"])
				}
			})
		}
	}
}

func plain(t *testing.T, v any) map[string]any {
	t.Helper()
	text, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	root, err := tree.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	members, _ := root.Value().(map[string]any)
	return members
}

func compile(t testing.TB, folder fs.FS) *runtime.Program {
	t.Helper()
	text, err := fs.ReadFile(folder, "w.yaml")
	if err != nil {
		t.Fatal(err)
	}
	doc, err := arazzo.ParseFile("w.yaml", text)
	if err != nil {
		t.Fatal(err)
	}
	c := runtime.Compiler{Files: simulate.Files(), Loader: runtime.LoaderFunc(func(_ context.Context, name string) ([]byte, error) {
		return fs.ReadFile(folder, name)
	})}
	p, err := c.Compile(t.Context(), doc)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// compare requires the members of want in got.
func compare(t *testing.T, at string, want, got any) {
	t.Helper()
	switch want := want.(type) {
	case map[string]any:
		members, _ := got.(map[string]any)
		for name, v := range want {
			compare(t, at+"/"+name, v, members[name])
		}
	case []any:
		items, _ := got.([]any)
		if len(items) < len(want) || len(items) > len(want) && at != "/runs" {
			t.Errorf("%s: got %v, want %v", at, got, want)
			return
		}
		for i := range want {
			compare(t, at+"/"+string(rune('0'+i)), want[i], items[i])
		}
	default:
		if !reflect.DeepEqual(want, got) {
			t.Errorf("%s:\n got %v\nwant %v", at, got, want)
		}
	}
}

func poll(t testing.TB) *runtime.Program {
	t.Helper()
	archive, err := txtar.ParseFile("testdata/poll.txtar")
	if err != nil {
		t.Fatal(err)
	}
	folder, err := txtar.FS(archive)
	if err != nil {
		t.Fatal(err)
	}
	return compile(t, folder)
}

// A simulation is the same each time, and from several goroutines at once.
func TestSameSeedSameRuns(t *testing.T) {
	p := poll(t)
	s := simulate.Simulator{Seed: 7}
	const times = 4
	reports := make(chan *simulate.Report, times)
	for range times {
		go func() {
			r, err := s.Workflow(t.Context(), p, "w")
			if err != nil {
				t.Error(err)
			}
			reports <- r
		}()
	}
	first := <-reports
	for range times - 1 {
		if r := <-reports; !reflect.DeepEqual(r, first) {
			t.Errorf("%+v\nand %+v", r, first)
		}
	}
}

// Run runs a workflow once, and OnEvent hears it.
func TestRun(t *testing.T) {
	var steps []string
	s := simulate.Simulator{OnEvent: func(e runtime.Event) {
		if finished, ok := e.(*runtime.StepFinished); ok {
			steps = append(steps, finished.StepID)
		}
	}}
	result, err := s.Run(t.Context(), poll(t), "w")
	if err != nil || result.WorkflowID != "w" {
		t.Fatalf("%v, %v", result, err)
	}
	if want := []string{"create", "poll", "poll"}; !slices.Equal(steps, want) {
		t.Errorf("the steps are %v, want %v", steps, want)
	}
}

// Bounds end runs and simulations, and the end of the context does.
func TestBounds(t *testing.T) {
	p := poll(t)
	r, err := (&simulate.Simulator{MaxRuns: 2}).Workflow(t.Context(), p, "w")
	if err != nil || len(r.Runs) != 2 || r.Limit != "2 runs" || r.Complete() {
		t.Errorf("%+v, %v", r, err)
	}
	r, err = (&simulate.Simulator{MaxSteps: 1}).Workflow(t.Context(), p, "w")
	if err != nil || r.Succeeded || !strings.Contains(r.Failure, "the bound on the steps") {
		t.Errorf("%+v, %v", r, err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := new(simulate.Simulator).Workflow(ctx, p, "w"); !errors.Is(err, context.Canceled) {
		t.Errorf("the error is %v", err)
	}
	if _, err := new(simulate.Simulator).Workflow(t.Context(), p, "v"); err == nil || !strings.Contains(err.Error(), `no workflow "v"`) {
		t.Errorf("the error is %v", err)
	}
}

// ReadAnswers says where answers are wrong.
func TestReadAnswers(t *testing.T) {
	for text, want := range map[string]string{
		"[]":                             "1:1: answers must be an object with a list for each step, not an array",
		"a: 1":                           "1:4: the answers of step a must be a list, not a number",
		"a: [1]":                         "1:5: an answer must be an object with status, headers and body, not a number",
		"a: [{status: 99}]":              "1:14: the status must be a number from 100 to 599",
		"a: [{headers: []}]":             "1:15: headers must be an object",
		"a: [{status: 200}, {stats: 1}]": `1:28: an answer has no "stats"; it has status, headers and body`,
	} {
		if _, err := simulate.ReadAnswers([]byte(text)); err == nil || err.Error() != want {
			t.Errorf("%s: %v, want %s", text, err, want)
		}
	}
}
