package check_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"runtime"
	"slices"
	"strings"
	"testing"
	"text/template"

	"github.com/gobelin-dev/gobelin/arazzo"
	"github.com/gobelin-dev/gobelin/check"
	gobelin "github.com/gobelin-dev/gobelin/runtime"
	"golang.org/x/tools/txtar"
)

const growthHead = "arazzo: 1.0.1\ninfo: {title: Large, version: '1'}\nsourceDescriptions: [{name: jobs, url: jobs.yaml, type: openapi}]\n"

const growthAPI = `openapi: 3.1.0
info: {title: Jobs, version: "1"}
servers: [{url: "https://jobs.example"}]
paths:
  /jobs/{id}:
    parameters: [{name: id, in: path, required: true, schema: {type: string}}]
    get: {operationId: getJob, responses: {default: {description: Any.,
      content: {application/json: {schema: {$ref: '#/components/schemas/Job'}}}}}}
    put: {operationId: putJob, requestBody: {content: {application/json: {schema: {$ref: '#/components/schemas/Job'}}}},
      responses: {'200': {description: Done.}}}
components:
  schemas:
    Job: {type: object, properties: {id: {type: string}, name: {type: string}}}
`

// shape is a document of any size.
type shape struct {
	name string
	text *template.Template
}

func shapes(t testing.TB) (list []shape) {
	archive, err := txtar.ParseFile("testdata/growth.txtar")
	if err != nil {
		t.Fatal(err)
	}
	functions := template.FuncMap{
		"add": func(a, b int) int { return a + b },
		"mod": func(a, b int) int { return a % b },
		"min": func(a, b int) int { return min(a, b) },
	}
	for _, f := range archive.Files {
		parsed, err := template.New(f.Name).Funcs(functions).Parse(string(f.Data))
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, shape{f.Name, parsed})
	}
	return list
}

// compile links the document of a shape with a size.
func (s shape) compile(t testing.TB, size int) *gobelin.Program {
	text := bytes.NewBufferString(growthHead)
	if err := s.text.Execute(text, struct{ N int }{size}); err != nil {
		t.Fatal(err)
	}
	doc, err := arazzo.ParseFile("large.arazzo.yaml", text.Bytes())
	if doc == nil {
		t.Fatal(err)
	}
	compiler := gobelin.Compiler{Loader: gobelin.LoaderFunc(func(_ context.Context, location string) ([]byte, error) {
		if location == "jobs.yaml" {
			return []byte(growthAPI), nil
		}
		return nil, fmt.Errorf("%s: %w", location, fs.ErrNotExist)
	})}
	program, err := compiler.Compile(context.Background(), doc)
	var compile *gobelin.CompileError
	if err != nil && !errors.As(err, &compile) {
		t.Fatal(err)
	}
	return program
}

// TestGrowth checks documents of all shapes in two sizes: what is allocated, in
// number and in bytes, grows as they do. Time is not looked at, as it is never
// the same twice.
func TestGrowth(t *testing.T) {
	const size, times, most = 300, 4, 5
	cost := func(p *gobelin.Program) (objects, bytes float64) {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		check.Program(p)
		runtime.ReadMemStats(&after)
		return float64(after.Mallocs - before.Mallocs), float64(after.TotalAlloc - before.TotalAlloc)
	}
	for _, s := range shapes(t) {
		t.Run(strings.ReplaceAll(s.name, " ", "-"), func(t *testing.T) {
			objects, bytes := cost(s.compile(t, size))
			moreObjects, moreBytes := cost(s.compile(t, times*size))
			if objects*most < moreObjects || bytes*most < moreBytes {
				t.Errorf("a document of %d times the size takes %.1f times the objects and %.1f times the bytes", times, moreObjects/objects,
					moreBytes/bytes)
			}
		})
	}
}

// TestLimits checks documents beyond the bounds: what is left out is counted.
func TestLimits(t *testing.T) {
	byName := map[string]shape{}
	for _, s := range shapes(t) {
		byName[s.name] = s
	}
	const findings, flow = 3, 100
	for name, want := range map[string][]string{
		"inputs that are not read": {"unused-input", "unused-input", "unused-input",
			`check-limit 7 more "unused-input" findings are not listed`},
		"unknown operations": {"unknown-operation", "unknown-operation", "unknown-operation",
			`check-limit 7 more "unknown-operation" findings are not listed`},
		"comments that ignore": {"unknown-code", "response-member", "response-member", "response-member",
			`check-limit 7 more "response-member" findings are not listed`},
		"steps that go back and read": {
			`check-limit workflow "w" is too large to check whether everything that its steps read has a value: ` +
				`10 of 10 reads were not analyzed`},
		"outputs that nobody reads": {"unused-output", "unused-output", "unused-output",
			`check-limit 7 more "unused-output" findings are not listed`},
		"steps that read the one before":        nil,
		"a chain of dependencies that are read": nil,
		"workflows that read one that nothing runs": {"workflow-not-run", "workflow-not-run", "workflow-not-run",
			`check-limit 7 more "workflow-not-run" findings are not listed`},
	} {
		var got []string
		for _, d := range check.Within(byName[name].compile(t, 10), findings, flow) {
			text := d.Code
			if d.Code == "check-limit" {
				text += " " + d.Message
			}
			got = append(got, text)
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s: got %q, want %q", name, got, want)
		}
	}
}
