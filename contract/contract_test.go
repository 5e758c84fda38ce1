package contract_test

import (
	"bufio"
	"bytes"
	"errors"
	"flag"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gobelin-dev/gobelin/arazzo"
	"github.com/gobelin-dev/gobelin/contract"
	"github.com/gobelin-dev/gobelin/internal/tree"
	"github.com/gobelin-dev/gobelin/internal/value"
	"github.com/gobelin-dev/gobelin/runtime"
	"golang.org/x/tools/txtar"
)

var update = flag.Bool("update", false, "write the findings into testdata")

// TestFindings answers the operations of the descriptions in testdata, and compares what is
// found. The file "answer OPERATION TITLE" of an archive is a response, byte for byte, "want
// …" the findings. The file "step …" has fields of the step instead, whose request is
// judged. -update writes the findings; each was read against the description.
func TestFindings(t *testing.T) {
	archives, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(archives) < 5 {
		t.Fatalf("%d archives, %v", len(archives), err)
	}
	for _, name := range archives {
		archive, err := txtar.ParseFile(name)
		if err != nil {
			t.Fatal(err)
		}
		folder := t.TempDir()
		for _, f := range archive.Files {
			if filepath.Ext(f.Name) == ".yaml" {
				if err := os.WriteFile(filepath.Join(folder, f.Name), f.Data, 0o600); err != nil {
					t.Fatal(err)
				}
			}
		}
		for i, f := range archive.Files {
			kind, title, _ := strings.Cut(f.Name, " ")
			if kind != "answer" && kind != "step" {
				continue
			}
			t.Run(strings.TrimSuffix(filepath.Base(name), ".txtar")+"/"+title, func(t *testing.T) {
				operation, _, _ := strings.Cut(title, " ")
				answer, step := f.Data, []byte("{}")
				if kind == "step" {
					answer, step = []byte("HTTP/1.1 200 OK\nContent-Length: 0\n"), f.Data
				}
				list := answered(t, &contract.Checker{Requests: kind == "step"}, folder, operation, step, answer)
				got := strings.ReplaceAll(text(list), folder+string(filepath.Separator), "")
				want := &archive.Files[i+1]
				if *update {
					want.Data = []byte(got)
				}
				if want.Name != "want "+title || string(want.Data) != got {
					t.Errorf("found:\n%s\nwant (%s):\n%s", got, want.Name, want.Data)
				}
			})
		}
		if *update {
			if err := os.WriteFile(name, txtar.Format(archive), 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
}

func text(list []arazzo.Diagnostic) string {
	var b strings.Builder
	for _, d := range list {
		fmt.Fprintln(&b, d)
	}
	return b.String()
}

// answered runs a step that calls an operation of api.yaml and has these fields, answers it, and returns the
// findings.
func answered(t testing.TB, c *contract.Checker, folder, operation string, step, answer []byte) (list []arazzo.Diagnostic) {
	t.Helper()
	fields, err := tree.Parse(step)
	if err != nil {
		t.Fatal(err)
	}
	declared, _ := fields.Value().(map[string]any)
	declared["stepId"], declared["operationId"] = "s", operation
	declared["successCriteria"] = []any{map[string]any{"condition": "$statusCode > 0"}}
	text := value.AppendJSON(nil, map[string]any{"arazzo": "1.0.1", "info": map[string]any{"title": "Contract", "version": "1"},
		"sourceDescriptions": []any{map[string]any{"name": "api", "url": "api.yaml", "type": "openapi"}},
		"workflows":          []any{map[string]any{"workflowId": "w", "steps": []any{declared}}}})
	doc, err := arazzo.ParseFile(filepath.Join(folder, "w.yaml"), text)
	if err != nil {
		t.Fatal(err)
	}
	if c.Program, err = runtime.Compile(t.Context(), doc); err != nil {
		t.Fatal(err)
	}
	d := runtime.Driver{Client: &http.Client{Transport: answers(answer)}, OnEvent: c.Listener(func(e runtime.Event) {
		if found, is := e.(*runtime.DiagnosticRaised); is && found.StepID == "s" && strings.HasPrefix(found.Diagnostic.Code, "contract-") {
			list = append(list, found.Diagnostic)
		}
	})}
	if _, err := d.Run(t.Context(), c.Program, "w", nil); err != nil {
		t.Fatal(err)
	}
	return list
}

// answers is the transport of one answer, as it would come over the network.
type answers []byte

func (a answers) RoundTrip(r *http.Request) (*http.Response, error) {
	text := bytes.ReplaceAll(bytes.TrimRight(a, "\n"), []byte("\n"), []byte("\r\n"))
	if !bytes.Contains(text, []byte("\r\n\r\n")) {
		text = append(text, "\r\n\r\n"...) // there is nothing after the head
	}
	return http.ReadResponse(bufio.NewReader(bytes.NewReader(text)), r)
}

// A run whose exchanges have errors has an error, with the first; one whose findings are
// at most warnings has none.
func TestErr(t *testing.T) {
	folder := t.TempDir()
	description := `
openapi: 3.1.0
info: {title: T, version: "1"}
servers: [{url: "http://api.example"}]
paths:
  /a:
    get:
      operationId: a
      responses: {"200": {description: ok, content: {application/json: {schema: {type: array, items: {type: integer}}}}}}
`
	if err := os.WriteFile(filepath.Join(folder, "api.yaml"), []byte(description), 0o600); err != nil {
		t.Fatal(err)
	}
	answer := []byte("HTTP/1.1 200 OK\nContent-Type: application/json\n\n[1, \"2\", \"3\"]")
	c := &contract.Checker{}
	answered(t, c, folder, "a", []byte("{}"), answer)
	var failed *contract.Error
	if err := c.Err(0); !errors.As(err, &failed) || failed.Errors != 2 || failed.At.StepID != "s" ||
		!strings.Contains(err.Error(), `the body of the response, /1 is "2"; the description says type: "integer"`) {
		t.Errorf("%v", err)
	}
	if err := c.Err(0); err != nil {
		t.Errorf("the next run has the error of the last: %v", err)
	}
	c = &contract.Checker{Warn: true}
	if list := answered(t, c, folder, "a", []byte("{}"), answer); len(list) != 2 || list[0].Severity != arazzo.Warning {
		t.Errorf("%v", list)
	}
	if err := c.Err(0); err != nil {
		t.Error(err)
	}
}

func TestCheckDescription(t *testing.T) {
	const name = "testdata/descriptions.txtar"
	archive, err := txtar.ParseFile(name)
	if err != nil {
		t.Fatal(err)
	}
	var got string
	files := archive.Files[:len(archive.Files)-1]
	want := &archive.Files[len(files)]
	for _, f := range files {
		got += text(contract.CheckDescription(f.Name, f.Data))
	}
	if *update {
		want.Data = []byte(got)
		if err := os.WriteFile(name, txtar.Format(archive), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if string(want.Data) != got {
		t.Errorf("found:\n%s\nwant:\n%s", got, want.Data)
	}
}
