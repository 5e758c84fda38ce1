package description_test

import (
	"context"
	"fmt"
	"io/fs"
	"testing"
	"testing/fstest"

	"github.com/gobelin-dev/gobelin/arazzo"
	"github.com/gobelin-dev/gobelin/description"
	"github.com/gobelin-dev/gobelin/runtime"
)

const document = `arazzo: 1.0.1
info: {title: t, version: "1"}
sourceDescriptions: [{name: api, url: api.yaml}]
workflows:
- workflowId: w
  steps: [{stepId: get, operationId: get, parameters: [{name: id, in: path, value: a}]}]
`

// declared returns the operation that a workflow with one step sends to.
func declared(t *testing.T, files map[string]string) description.Operation {
	t.Helper()
	return sent(t, files).Declared
}

// sent returns the command of that step.
func sent(t *testing.T, files map[string]string) *runtime.Send {
	t.Helper()
	doc, err := arazzo.ParseFile("w.yaml", []byte(document))
	if err != nil {
		t.Fatal(err)
	}
	folder := fstest.MapFS{}
	for name, text := range files {
		folder[name] = &fstest.MapFile{Data: []byte(text)}
	}
	c := runtime.Compiler{Loader: runtime.LoaderFunc(func(_ context.Context, name string) ([]byte, error) {
		return fs.ReadFile(folder, name)
	})}
	p, err := c.Compile(t.Context(), doc)
	if err != nil {
		t.Fatal(err)
	}
	x, err := p.Begin("w", nil, runtime.Settings{})
	if err != nil {
		t.Fatal(err)
	}
	return x.Next().(*runtime.Send)
}

// What 2.0 and 3.1 declare reads alike; references lead on, to other documents, too.
func TestVersions(t *testing.T) {
	for name, files := range map[string]map[string]string{
		"2.0": {"api.yaml": `swagger: "2.0"
info: {title: t, version: "1"}
produces: [application/json]
paths:
  /pets/{id}:
    get:
      operationId: get
      parameters: [{name: id, in: path, required: true, type: string, default: a}]
      responses:
        "200":
          description: ""
          schema: {$ref: "#/definitions/Pet"}
          headers: {X-Age: {type: integer}}
          examples: {application/json: {name: Rex}}
        default: {description: ""}
definitions:
  Pet: {type: object, properties: {name: {$ref: "#/definitions/Name"}}}
  Name: {type: string, maxLength: 9}
`},
		"3.1": {"api.yaml": `openapi: 3.1.0
info: {title: t, version: "1"}
paths:
  /pets/{id}:
    get:
      operationId: get
      parameters: [{name: id, in: path, required: true, schema: {type: string, default: a}}]
      responses:
        "200": {$ref: "more.yaml#/components/responses/Pet"}
        default: {description: ""}
`, "more.yaml": `components:
  responses:
    Pet:
      description: ""
      headers: {X-Age: {$ref: "#/components/headers/Age"}}
      content:
        application/json:
          schema: {$ref: "#/components/schemas/Pet"}
          examples: {rex: {$ref: "#/components/examples/Rex"}}
  headers: {Age: {schema: {type: integer}}}
  examples: {Rex: {value: {name: Rex}}}
  schemas:
    Pet: {type: object, properties: {name: {$ref: "#/components/schemas/Name"}}}
    Name: {type: string, maxLength: 9}
`},
	} {
		t.Run(name, func(t *testing.T) {
			op := declared(t, files)
			if op.ID() != "get" || op.Path() != "/pets/{id}" || op.Position().File != "api.yaml" || op.Position().Line == 0 {
				t.Errorf("%s %s at %s", op.ID(), op.Path(), op.Position())
			}
			list := op.Responses()
			if len(list) != 2 || list[0].Code != "200" || list[1].Code != "default" || len(list[1].Content) != 0 {
				t.Fatalf("the responses are %+v", list)
			}
			r := list[0]
			if len(r.Headers) != 1 || r.Headers[0].Name != "X-Age" || r.Headers[0].Schema.Get("type").Str() != "integer" {
				t.Errorf("the headers are %+v", r.Headers)
			}
			if len(r.Content) != 1 || r.Content[0].MediaType != "application/json" || len(r.Content[0].Examples) != 1 {
				t.Fatalf("the content is %+v", r.Content)
			}
			if text := r.Content[0].Examples[0].String(); text != `{"name":"Rex"}` && text != `{"name": "Rex"}` {
				t.Errorf("the example is %s", text)
			}
			schema := r.Content[0].Schema
			part, err := schema.Part(schema.Get("properties").Get("name"))
			if err != nil || fmt.Sprint(part.Get("maxLength").Value()) != "9" || part.Position().Line == 0 {
				t.Errorf("the part is %s, %v", part, err)
			}
			if missing, err := schema.Part(schema.Get("items")); err != nil || missing.Exists() {
				t.Errorf("what is not there is %s, %v", missing, err)
			}
			for status, code := range map[int]string{200: "200", 404: "default"} {
				if r, ok := op.Response(status); !ok || r.Code != code {
					t.Errorf("%d is %s, %t", status, r.Code, ok)
				}
			}
		})
	}
}

// The zero values are of what is not known.
func TestUnknown(t *testing.T) {
	var op description.Operation
	_, ok := op.Response(200)
	if op.ID() != "" || op.Path() != "" || op.Responses() != nil || ok || op.Position() != (arazzo.Position{}) {
		t.Errorf("%+v", op)
	}
	if part, err := (description.Schema{}).Part(arazzo.NewNode(true)); err != nil || part.Exists() || part.Position() != (arazzo.Position{}) {
		t.Errorf("%v, %v", part, err)
	}
}
