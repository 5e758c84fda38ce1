package trace_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gobelin-dev/gobelin/arazzo"
	"github.com/gobelin-dev/gobelin/runtime"
	"github.com/gobelin-dev/gobelin/trace"
)

// BenchmarkStep compares runs of 100 steps, each with two parameters, a criterion and two
// outputs, whose transport answers at once, and runs over loopback: without a listener, with
// one that does nothing, and with traces. docs/performance.md has the figures.
func BenchmarkStep(b *testing.B) {
	const steps = 100
	p := chain(b, steps)
	record := `{"id":"item","tags":["a","b"],"price":12.5,"note":null},`
	body := []byte(`{"id":"list","data":[` + strings.Repeat(record, 6) + `0],"page":{"next":"list_2"}}`)
	answer := transport(func(r *http.Request) (*http.Response, error) {
		return &http.Response{StatusCode: 200, Header: http.Header{"Content-Type": {"application/json"}}, ContentLength: int64(len(body)),
			Body: io.NopCloser(bytes.NewReader(body)), Request: r}, nil
	})
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write(body)
	}))
	defer server.Close()
	file, err := os.Create(filepath.Join(b.TempDir(), "trace"))
	if err != nil {
		b.Fatal(err)
	}
	defer file.Close()
	for _, test := range []struct {
		name   string
		listen func() func(runtime.Event)
	}{
		{"nobody listens", func() func(runtime.Event) { return nil }},
		{"a listener", func() func(runtime.Event) { return func(runtime.Event) {} }},
		{"a trace, not written", func() func(runtime.Event) { return trace.NewWriter(io.Discard, p, "").OnEvent }},
		{"a trace", func() func(runtime.Event) { return trace.NewWriter(file, p, "").OnEvent }},
	} {
		for where, d := range map[string]runtime.Driver{
			"":                {Client: &http.Client{Transport: answer}},
			", over loopback": {Servers: map[string]string{"d": server.URL}},
		} {
			b.Run(test.name+where, func(b *testing.B) {
				d.OnEvent = test.listen()
				b.ReportAllocs()
				for b.Loop() {
					if _, err := d.Run(b.Context(), p, "w", nil); err != nil {
						b.Fatal(err)
					}
				}
				b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/steps, "ns/step")
			})
		}
	}
}

type transport func(*http.Request) (*http.Response, error)

func (t transport) RoundTrip(r *http.Request) (*http.Response, error) { return t(r) }

// chain is a program of so many steps.
func chain(b *testing.B, steps int) *runtime.Program {
	b.Helper()
	var text strings.Builder
	text.WriteString("arazzo: 1.0.1\ninfo: {title: Chain, version: '1'}\nsourceDescriptions: [{name: d, url: d.yaml}]\nworkflows:\n- " +
		"workflowId: w\n  steps:\n")
	for i := range steps {
		fmt.Fprintf(&text, "  - stepId: s%d\n    operationId: get\n    parameters: [{name: id, in: path, value: some-id}, {name: limit, in: "+
			"query, value: 100}]\n    successCriteria: [{condition: $statusCode == 200}]\n"+
			"    outputs: {a: $response.body#/id, b: $response.body#/page/next}\n", i)
	}
	doc, err := arazzo.Parse([]byte(text.String()))
	if err != nil {
		b.Fatal(err)
	}
	const description = `
openapi: 3.1.0
info: {title: D, version: "1"}
servers: [{url: "http://d.example"}]
paths: {"/x/{id}": {get: {operationId: get, parameters: [{name: id, in: path, required: true}, {name: limit, in: query}]}}}
`
	c := runtime.Compiler{Loader: runtime.LoaderFunc(func(context.Context, string) ([]byte, error) { return []byte(description), nil })}
	p, err := c.Compile(b.Context(), doc)
	if err != nil {
		b.Fatal(err)
	}
	return p
}
