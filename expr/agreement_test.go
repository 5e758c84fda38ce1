package expr_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"testing"

	"github.com/gobelin-dev/gobelin/arazzo"
	"github.com/gobelin-dev/gobelin/expr"
	"github.com/gobelin-dev/gobelin/internal/tree"
	"github.com/gobelin-dev/gobelin/internal/value"
	"github.com/gobelin-dev/gobelin/runtime"
	"github.com/google/go-cmp/cmp"
)

// What the document of testdata/arazzo.yaml is run with.
var (
	inputs = map[string]any{
		"n": 5, "s": "Ready", "z": nil, "big": int64(9007199254740993), "list": []any{1, map[string]string{"k": "v"}},
		"o": map[string]any{"p": map[string]any{"q": "inner"}, "p.r": "dotted"}, "o.p": "whole", "x[0]": "exact",
	}
	header = http.Header{"X-Id": {"h1"}, "Vary": {"a", "b"}, "Set-Cookie": {"c=1", "d=2"}, "Content-Type": {"application/json"}}
)

const (
	priorBody = `{"id": 7, "name": "name", "list": ["a"], "o": {"c": 1}, "zero": null}`
	body      = `{"id": 9, "name": null, "a/b": {"~": "tilde"}, "a": {"b.c": "dotted", "b": {"c": "nested"}}, "list": [{"x": 1}, {"x": 2}],
		"{k}": "brace", "a.b.c": "whole"}`
)

// env holds what the run of testdata/arazzo.yaml has after the response of step
// "get".
func env() expr.Env {
	return expr.Env{
		Inputs: inputs,
		Steps: map[string]map[string]any{
			"prior":   {"id": 7, "list": []string{"a"}, "a.b": map[string]int{"c": 1}, "zero": nil},
			"prior.x": {"id": "name"},
		},
		Workflows: map[string]expr.Workflow{"w": {Inputs: inputs}},
		SourceDescriptions: map[string]expr.Source{
			"api":    {URL: "api.yaml", Type: "openapi", Operations: []string{"prior", "getItem", "post"}},
			"api.v2": {URL: "v2.yaml", Type: "openapi"},
		},
		Components: expr.Components{Parameters: map[string]any{"p": map[string]int{"k": 12}}},
		Self:       "https://flows.example/w.yaml",
		URL:        "https://items.example/items/7?q=a%20b&flags=1&flags=2",
		Method:     "POST",
		StatusCode: 201,
		Request: expr.Request{
			Header: http.Header{"X-Trace": {"t1"}, "Content-Type": {"application/json"}},
			Query:  map[string]any{"q": "a b", "flags": [2]int{1, 2}},
			Path:   map[string]any{"id": 7},
			Body: struct {
				Text string `json:"text"`
			}{"sent"},
		},
		Response: expr.Response{Header: header, Body: json.RawMessage(body)},
	}
}

func read(t *testing.T, file string) *tree.Node {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", file))
	if err != nil {
		t.Fatal(err)
	}
	root, err := tree.Parse(data)
	if err != nil {
		t.Fatal(err)
	}
	return root
}

// interpret runs testdata/arazzo.yaml with a change in step "get", and returns
// the payload of step "post".
func interpret(t *testing.T, change func(get, post map[string]any)) (payload map[string]any, err error) {
	t.Helper()
	document := read(t, "arazzo.yaml").Value().(map[string]any)
	steps := document["workflows"].([]any)[0].(map[string]any)["steps"].([]any)
	change(steps[2].(map[string]any), steps[3].(map[string]any)["requestBody"].(map[string]any)["payload"].(map[string]any))
	doc, err := arazzo.Parse(value.AppendJSON(nil, document))
	if err != nil {
		t.Fatal(err)
	}
	compiler := runtime.Compiler{Loader: runtime.LoaderFunc(func(context.Context, string) ([]byte, error) {
		return os.ReadFile(filepath.Join("testdata", "api.yaml"))
	})}
	program, err := compiler.Compile(t.Context(), doc)
	if err != nil {
		t.Fatal(err)
	}
	x, err := program.Begin("w", inputs, runtime.Settings{})
	if err != nil {
		t.Fatal(err)
	}
	for {
		switch c := x.Next().(type) {
		case *runtime.Done:
			return payload, c.Err
		case *runtime.Send:
			r := &runtime.Response{Status: 201, Header: header, Body: []byte(body)}
			switch c.StepID {
			case "prior", "prior.x":
				r.Body = []byte(priorBody)
			case "post":
				decoded, err := value.Decode(c.Body)
				if err != nil {
					t.Fatal(err)
				}
				payload = decoded.(map[string]any)
			}
			r.URL = c.Server.URL + c.Target
			if err := x.Respond(r); err != nil {
				t.Fatal(err)
			}
		default:
			t.Fatalf("unexpected %T", c)
		}
	}
}

// eval evaluates a text of a document as doc.go says.
func eval(text string, env expr.Env) (any, bool) {
	if e, err := expr.Parse(text); err == nil {
		return e.Eval(env)
	}
	if text, ok := expr.ParseTemplate(text).Eval(env); ok {
		return text, true
	}
	return nil, false
}

// The public evaluator and the interpreter have the values that
// testdata/expressions.yaml says.
func TestExpressionsAsInARun(t *testing.T) {
	cases := read(t, "expressions.yaml").Items
	payload, err := interpret(t, func(get, post map[string]any) {
		for i, c := range cases {
			name := fmt.Sprint("case", i)
			get["outputs"].(map[string]any)[name] = c.Get("text").Str()
			post[name] = "$steps.get.outputs." + name
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	for i, c := range cases {
		text := c.Get("text").Str()
		want, exists := any(nil), c.Get("value") != nil
		if exists {
			want = c.Get("value").Value()
		}
		t.Run(text, func(t *testing.T) {
			got, ok := eval(text, env())
			if ok != exists || !cmp.Equal(got, want) {
				t.Errorf("expr: %#v, %t", got, ok)
			}
			got, ok = payload[fmt.Sprint("case", i)]
			if ok != exists || !value.Equal(got, want) {
				t.Errorf("runtime: %#v, %t", got, ok)
			}
		})
	}
}

// Conditions are met, by the public evaluator and in a run, as
// testdata/conditions.yaml says.
func TestConditionsAsInARun(t *testing.T) {
	for _, c := range read(t, "conditions.yaml").Items {
		text, met := c.Get("condition").Str(), c.Get("met").True()
		t.Run(text, func(t *testing.T) {
			condition, err := expr.ParseCondition(text)
			if err != nil {
				t.Fatal(err)
			}
			if got := condition.Eval(env()); got != met {
				t.Errorf("expr: %t", got)
			}
			_, err = interpret(t, func(get, _ map[string]any) {
				get["successCriteria"] = []any{map[string]any{"condition": text}}
			})
			var failed *runtime.StepError
			if err != nil && !errors.As(err, &failed) {
				t.Fatal(err)
			}
			if got := err == nil; got != met {
				t.Errorf("runtime: %t", got)
			}
		})
	}
}
