package runtime_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var goBlock = regexp.MustCompile("(?s)```go\n(.*?)```")

// TestReadmeProgram builds the program of the README and runs it beside a
// workflow that fits.
func TestReadmeProgram(t *testing.T) {
	readme, err := os.ReadFile("../README.md")
	if err != nil {
		t.Fatal(err)
	}
	program := goBlock.FindSubmatch(readme)
	if program == nil {
		t.Fatal("the README has no program")
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		fmt.Fprintf(w, `{"order": "%s-%s"}`, r.Method, strings.TrimPrefix(r.URL.Path, "/pets/"))
	}))
	defer server.Close()
	dir := t.TempDir()
	files := map[string]string{
		"main.go": string(program[1]),
		"workflow.arazzo.yaml": `
arazzo: 1.0.1
info: {title: Pets, version: "1"}
sourceDescriptions: [{name: pets, url: pets.yaml}]
workflows:
- workflowId: buy-pet
  inputs: {type: object, required: [petId], properties: {petId: {type: integer}}}
  steps:
  - {stepId: buy, operationId: buyPet, parameters: [{name: id, in: path, value: $inputs.petId}], outputs: {order: $response.body#/order}}
  outputs: {orderId: $steps.buy.outputs.order}
`,
		"pets.yaml": `
openapi: 3.1.0
info: {title: Pets, version: "1"}
servers: [{url: "` + server.URL + `"}]
paths: {"/pets/{id}": {post: {operationId: buyPet, parameters: [{name: id, in: path, required: true}]}}}
`,
	}
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	binary := filepath.Join(dir, "program")
	build := exec.CommandContext(t.Context(), "go", "build", "-o", binary, filepath.Join(dir, "main.go"))
	build.Dir = ".."
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	run := exec.CommandContext(t.Context(), binary)
	run.Dir = dir
	out, err := run.CombinedOutput()
	if err != nil || string(out) != "POST-7\n" {
		t.Errorf("%v\n%s", err, out)
	}
}
