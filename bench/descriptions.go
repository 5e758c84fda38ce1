package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	goruntime "runtime"
	"strings"
	"time"

	"github.com/gobelin-dev/gobelin/arazzo"
	"github.com/gobelin-dev/gobelin/runtime"
	"github.com/pb33f/libopenapi"
	v3 "github.com/pb33f/libopenapi/datamodel/high/v3"
)

// A largeDescription is a published description and three of its operations.
type largeDescription struct {
	name  string
	env   string // the variable that may hold its path
	find  func() (string, error)
	steps string // of the workflow that is compiled against it
}

// largeDescriptions are not part of the project: one is in libopenapi's module,
// the other in the npm package @octokit/openapi.
var largeDescriptions = []largeDescription{
	{"stripe.yaml", "GOBELIN_BENCH_STRIPE", inModule("github.com/pb33f/libopenapi", "test_specs/stripe.yaml"), `
  - {stepId: create, operationId: PostCustomers, outputs: {id: $response.body#/id}}
  - {stepId: read, operationId: GetCustomersCustomer, parameters: [{name: customer, in: path, value: $steps.create.outputs.id}]}
  - {stepId: list, operationId: GetCharges, parameters: [{name: customer, in: query, value: $steps.create.outputs.id}]}
`},
	{"api.github.com.json", "GOBELIN_BENCH_GITHUB", inNodeModules("@octokit/openapi/generated/api.github.com.json"), `
  - stepId: repository
    operationId: repos/get
    parameters: [{name: owner, in: path, value: octokit}, {name: repo, in: path, value: openapi}]
    outputs: {name: $response.body#/name}
  - stepId: issues
    operationId: issues/list-for-repo
    parameters: [{name: owner, in: path, value: octokit}, {name: repo, in: path, value: $steps.repository.outputs.name}]
  - stepId: open
    operationId: issues/create
    parameters: [{name: owner, in: path, value: octokit}, {name: repo, in: path, value: $steps.repository.outputs.name}]
    requestBody: {payload: {title: A title}}
`},
}

// inModule finds a file of a module that this one requires.
func inModule(module, name string) func() (string, error) {
	return func() (string, error) {
		dir, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", module).Output()
		return filepath.Join(strings.TrimSpace(string(dir)), filepath.FromSlash(name)), err
	}
}

// inNodeModules finds a file of an npm package in the folders above.
func inNodeModules(name string) func() (string, error) {
	return func() (string, error) {
		dir, err := os.Getwd()
		for err == nil {
			path := filepath.Join(dir, "node_modules", filepath.FromSlash(name))
			if _, absent := os.Stat(path); absent == nil {
				return path, nil
			}
			parent := filepath.Dir(dir)
			if parent == dir {
				err = errors.New(name + " is in no node_modules")
			}
			dir = parent
		}
		return "", err
	}
}

func (d largeDescription) read() ([]byte, error) {
	path, err := os.Getenv(d.env), error(nil)
	if path == "" {
		if path, err = d.find(); err != nil {
			return nil, fmt.Errorf("%w; set %s to its path", err, d.env)
		}
	}
	return os.ReadFile(path)
}

// workflow returns the parsed document with the three steps.
func (d largeDescription) workflow() *arazzo.Document {
	return must(arazzo.Parse([]byte(`arazzo: 1.0.1
info: {title: Three steps, version: "1"}
sourceDescriptions: [{name: api, url: ` + d.name + `, type: openapi}]
workflows:
- workflowId: three
  steps:` + d.steps)))
}

func compileAgainst(doc *arazzo.Document, description []byte) *runtime.Program {
	c := runtime.Compiler{Loader: runtime.LoaderFunc(func(context.Context, string) ([]byte, error) { return description, nil })}
	return must(c.Compile(context.Background(), doc))
}

// cost is the cost of reading a description, without its text.
type cost struct {
	time time.Duration // the best of several
	heap int64         // bytes in use with the result
}

func costOf[T any](tries int, read func() T) (c cost) {
	for i := range tries {
		before := heap()
		start := time.Now()
		result := read()
		took := time.Since(start)
		if c.heap = int64(heap()) - int64(before); i == 0 || took < c.time {
			c.time = took
		}
		goruntime.KeepAlive(result)
	}
	return c
}

// compare measures gobelin's compile and libopenapi's full model.
func (d largeDescription) compare(data []byte) (ours, lib cost) {
	doc := d.workflow()
	ours = costOf(9, func() *runtime.Program { return compileAgainst(doc, data) })
	lib = costOf(3, func() *v3.Document { return fullModel(data) })
	return ours, lib
}

// fullModel returns libopenapi's model; for a description with circular
// references also an error.
func fullModel(data []byte) *v3.Document {
	m, err := must(libopenapi.NewDocument(data)).BuildV3Model()
	if m == nil {
		panic(err)
	}
	return &m.Model
}
