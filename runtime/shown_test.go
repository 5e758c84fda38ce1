package runtime_test

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"strings"
	"testing"

	"github.com/gobelin-dev/gobelin/arazzo"
	"github.com/gobelin-dev/gobelin/internal/tree"
	"github.com/gobelin-dev/gobelin/internal/value"
	"github.com/gobelin-dev/gobelin/runtime"
)

// shown is what the events of one step show.
type shown struct {
	inputs, outputs map[string]any
	request         *runtime.RequestSent
	response        *runtime.ResponseReceived
}

func runShown(t *testing.T, c *tree.Node) (s shown) {
	t.Helper()
	step, ok := c.Get("step").Value().(map[string]any)
	if !ok {
		t.Fatal("there is no step")
	}
	step["stepId"] = "step"
	steps := []any{step}
	if more := c.Get("more"); more != nil {
		steps = append(steps, more.Value().([]any)...)
	}
	w := map[string]any{"workflowId": "main", "steps": steps}
	if schema := c.Get("schema"); schema != nil {
		w["inputs"] = schema.Value()
	}
	document, err := json.Marshal(map[string]any{
		"arazzo": "1.0.1", "info": map[string]any{"title": "t", "version": "1"},
		"sourceDescriptions": []any{map[string]any{"name": "api", "url": "api.yaml"}}, "workflows": []any{w},
	})
	if err != nil {
		t.Fatal(err)
	}
	doc, err := arazzo.Parse(document)
	if err != nil {
		t.Fatal(err)
	}
	load := func(context.Context, string) ([]byte, error) { return []byte(matrixDescription), nil }
	compiler := runtime.Compiler{Loader: runtime.LoaderFunc(load)}
	program, err := compiler.Compile(t.Context(), doc)
	if err != nil {
		t.Fatal(err)
	}
	driver := runtime.Driver{Client: &http.Client{Transport: roundTripper(func(r *http.Request) (*http.Response, error) {
		header := http.Header{"Content-Type": {"application/json"}}
		for name, v := range texts(c.Get("answer").Get("headers").Value()) {
			header.Set(name, v)
		}
		body := io.NopCloser(strings.NewReader(c.Get("answer").Get("body").Str()))
		return &http.Response{StatusCode: 200, Header: header, Body: body, Request: r, ContentLength: -1}, nil
	})}}
	driver.Credentials, driver.Servers = runtime.StaticCredentials(texts(c.Get("credentials").Value())), texts(c.Get("servers").Value())
	driver.OnEvent = func(e runtime.Event) {
		if id := runtime.EventAt(e).StepID; id != "" && id != "step" {
			return
		}
		switch e := e.(type) {
		case *runtime.WorkflowStarted:
			s.inputs = e.Inputs
		case *runtime.RequestSent:
			s.request = e
		case *runtime.ResponseReceived:
			s.response = e
		case *runtime.OutputsEvaluated:
			s.outputs = e.Outputs
		}
	}
	inputs, _ := c.Get("inputs").Value().(map[string]any)
	if _, err := driver.Run(t.Context(), program, "main", inputs); err != nil {
		t.Fatal(err)
	}
	return s
}

// TestEventsShow has what is masked by its place, and what is not.
func TestEventsShow(t *testing.T) {
	data, err := os.ReadFile("testdata/shown.yaml")
	if err != nil {
		t.Fatal(err)
	}
	root, err := tree.Parse(data)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range root.Get("cases").Items {
		t.Run(c.Get("title").Str(), func(t *testing.T) {
			s := runShown(t, c)
			if want := c.Get("url").Str(); s.request.URL != want {
				t.Errorf("URL %s, want %s", s.request.URL, want)
			}
			for name, want := range texts(c.Get("header").Value()) {
				if got := s.request.Header.Get(name); got != want {
					t.Errorf("header %s: %s, want %s", name, got, want)
				}
			}
			if want := c.Get("body"); want != nil && string(s.request.Body) != want.Str() {
				t.Errorf("body %s, want %s", s.request.Body, want.Str())
			}
			for name, want := range texts(c.Get("shownAnswer").Get("headers").Value()) {
				if got := s.response.Header.Get(name); got != want {
					t.Errorf("header %s of the response: %s, want %s", name, got, want)
				}
			}
			if want := c.Get("shownAnswer").Get("body"); want != nil && string(s.response.Body) != want.Str() {
				t.Errorf("body of the response %s, want %s", s.response.Body, want.Str())
			}
			if want := c.Get("shownInputs"); want != nil && !value.Equal(any(s.inputs), want.Value()) {
				t.Errorf("inputs %v, want %v", s.inputs, want.Value())
			}
			if want := c.Get("outputs"); want != nil && !value.Equal(any(s.outputs), want.Value()) {
				t.Errorf("outputs %v, want %v", s.outputs, want.Value())
			}
		})
	}
}
