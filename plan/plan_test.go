package plan_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/gobelin-dev/gobelin/arazzo"
	"github.com/gobelin-dev/gobelin/plan"
	"github.com/gobelin-dev/gobelin/runtime"
	"go.yaml.in/yaml/v3"
	"golang.org/x/tools/txtar"
)

// TestPlans compares the plans of testdata/*.txtar with what is wanted of them: members
// that want.yaml does not have may be anything, lists are whole. What is in its list
// "never" is nowhere in a plan.
func TestPlans(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatalf("%v, %v", files, err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			archive, err := txtar.ParseFile(file)
			if err != nil {
				t.Fatal(err)
			}
			folder, err := txtar.FS(archive)
			if err != nil {
				t.Fatal(err)
			}
			var driver struct {
				Servers, Credentials, Headers map[string]string
			}
			var inputs runtime.Inputs
			want := map[string]any{}
			read(t, folder, "driver.yaml", &driver)
			read(t, folder, "inputs.yaml", &inputs)
			read(t, folder, "want.yaml", &want)
			d := runtime.Driver{Servers: driver.Servers, Credentials: runtime.StaticCredentials(driver.Credentials),
				Client: &http.Client{Transport: none{t}}, Headers: map[string]http.Header{"api": {}}}
			for name, v := range driver.Headers {
				d.Headers["api"].Set(name, v)
			}
			made, err := plan.Make(t.Context(), &d, compile(t, folder), "w", inputs)
			if err != nil {
				t.Fatal(err)
			}
			text, err := json.Marshal(made)
			if err != nil {
				t.Fatal(err)
			}
			never, _ := want["never"].([]any)
			delete(want, "never")
			for _, secret := range never {
				if strings.Contains(string(text), fmt.Sprint(secret)) {
					t.Errorf("the plan has %s: %s", secret, text)
				}
			}
			var got any
			if err := json.Unmarshal(text, &got); err != nil {
				t.Fatal(err)
			}
			compare(t, "", want, got)
		})
	}
}

// read reads a file of an archive, if it is there.
func read(t *testing.T, folder fs.FS, name string, to any) {
	t.Helper()
	text, err := fs.ReadFile(folder, name)
	if errors.Is(err, fs.ErrNotExist) {
		return
	}
	if err == nil {
		err = yaml.Unmarshal(text, to)
	}
	if err != nil {
		t.Fatal(err)
	}
}

func compile(t *testing.T, folder fs.FS) *runtime.Program {
	t.Helper()
	text, err := fs.ReadFile(folder, "w.yaml")
	if err != nil {
		t.Fatal(err)
	}
	doc, err := arazzo.ParseFile("w.yaml", text)
	if err != nil {
		t.Fatal(err)
	}
	c := runtime.Compiler{Loader: runtime.LoaderFunc(func(_ context.Context, name string) ([]byte, error) {
		return fs.ReadFile(folder, name)
	})}
	p, err := c.Compile(t.Context(), doc)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// none is a transport that must not be used.
type none struct{ t *testing.T }

func (n none) RoundTrip(r *http.Request) (*http.Response, error) {
	n.t.Errorf("%s was sent", r.URL)
	return nil, errors.New("nothing is to be sent")
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
		if len(items) != len(want) {
			t.Errorf("%s: got %v, want %v", at, got, want)
			return
		}
		for i := range want {
			compare(t, fmt.Sprintf("%s/%d", at, i), want[i], items[i])
		}
	case int:
		compare(t, at, float64(want), got)
	default:
		if !reflect.DeepEqual(want, got) {
			t.Errorf("%s:\n got %v\nwant %v", at, got, want)
		}
	}
}

// TestNoPlan has the inputs and documents for which there is no plan.
func TestNoPlan(t *testing.T) {
	archive, err := txtar.ParseFile("testdata/inputs.txtar")
	if err != nil {
		t.Fatal(err)
	}
	folder, err := txtar.FS(archive)
	if err != nil {
		t.Fatal(err)
	}
	p := compile(t, folder)
	_, err = plan.Make(t.Context(), &runtime.Driver{}, p, "w", runtime.Inputs{"a": "one"})
	var invalid *runtime.InputError
	if !errors.As(err, &invalid) || len(invalid.Violations) != 1 || invalid.Violations[0].Pointer != "/a" {
		t.Errorf("an input of another type: %v", err)
	}
	if _, err := plan.Make(t.Context(), &runtime.Driver{}, p, "v", nil); err == nil || !strings.Contains(err.Error(), `no workflow "v"`) {
		t.Errorf("an unknown workflow: %v", err)
	}
}

// TestPlansAreBounded plans a workflow that executes others 2^n times.
func TestPlansAreBounded(t *testing.T) {
	var text strings.Builder
	text.WriteString("arazzo: 1.0.1\ninfo: {title: t, version: '1'}\nsourceDescriptions: [{name: api, url: api.yaml}]\nworkflows:\n")
	const depth = 20
	for i := range depth {
		fmt.Fprintf(&text, "- workflowId: w%d\n  steps: [{stepId: a, workflowId: w%d}, {stepId: b, workflowId: w%[2]d}]\n", i, i+1)
	}
	fmt.Fprintf(&text, "- {workflowId: w%d, steps: [{stepId: s, operationId: get}]}\n", depth)
	archive := &txtar.Archive{Files: []txtar.File{{Name: "w.yaml", Data: []byte(text.String())}, {Name: "api.yaml",
		Data: []byte(`{"openapi": "3.1.0", "info": {"title": "t", "version": "1"}, "paths": {"/x": {"get": {"operationId": "get"}}}}`)}}}
	folder, err := txtar.FS(archive)
	if err != nil {
		t.Fatal(err)
	}
	made, err := plan.Make(t.Context(), &runtime.Driver{}, compile(t, folder), "w0", nil)
	if err != nil {
		t.Fatal(err)
	}
	if steps := count(&made.Workflow); steps != 1000 || made.Omitted == "" {
		t.Errorf("%d steps, %q", steps, made.Omitted)
	}
}

func count(w *plan.Workflow) int {
	n := len(w.Steps)
	for _, s := range w.Steps {
		if s.Calls != nil {
			n += count(s.Calls)
		}
	}
	return n
}
