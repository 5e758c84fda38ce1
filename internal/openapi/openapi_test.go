package openapi

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/gobelin-dev/gobelin/internal/tree"
	"github.com/gobelin-dev/gobelin/internal/value"
	"github.com/google/go-cmp/cmp"
)

func TestSerialization(t *testing.T) {
	data, err := os.ReadFile("testdata/serialization.yaml")
	if err != nil {
		t.Fatal(err)
	}
	root, err := tree.Parse(data)
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range root.Get("rows").Items {
		t.Run(fmt.Sprint("line ", row.Line), func(t *testing.T) {
			got, err := wire(t, row)
			if err != nil || got != row.Get("wire").Str() {
				t.Errorf("%s, want %s (%v)", got, row.Get("wire").Str(), err)
			}
		})
	}
}

// wire puts a row's parameter into a description, builds a request, and returns
// what the value became.
func wire(t *testing.T, row *tree.Node) (string, error) {
	in := row.Get("in").Str()
	path := "/p"
	if in == "path" {
		path = "/p/{color}"
	}
	parameter := []string{"name: color", "in: " + in, "required: " + fmt.Sprint(in == "path")}
	for _, field := range []string{"style", "explode", "allowReserved", "collectionFormat"} {
		if n := row.Get(field); n != nil {
			parameter = append(parameter, field+": "+n.Text)
		}
	}
	if n := row.Get("content"); n != nil {
		parameter = append(parameter, "content: {"+n.Text+": {}}")
	}
	version := `openapi: "3.1.1"`
	if row.Get("collectionFormat") != nil {
		version = `swagger: "2.0"`
	}
	d, err := Load([]byte(version+"\npaths: {\""+path+"\": {get: {operationId: o, parameters: [{"+strings.Join(parameter, ", ")+"}]}}}"),
		"", nil)
	if err != nil {
		t.Fatal(err)
	}
	op, err := d.OperationByID("o")
	if err != nil {
		t.Fatal(err)
	}
	b, err := op.Bind([]ArgKey{{"color", in}})
	if err != nil {
		t.Fatal(err)
	}
	r, err := b.Build([]Value{{V: row.Get("value").Value(), OK: true, Order: &value.Order{Names: names(row.Get("value"))}}}, nil)
	if err != nil {
		return "", err
	}
	switch in {
	case "header":
		return r.Header.Get("color"), nil
	case "cookie":
		return r.Header.Get("Cookie"), nil
	case "path":
		return strings.TrimPrefix(r.URL, "/p/"), nil
	}
	_, query, _ := strings.Cut(r.URL, "?")
	return query, nil
}

// names returns an object's members in the order of the file.
func names(n *tree.Node) (list []string) {
	for _, m := range n.Members {
		list = append(list, m.Name)
	}
	return list
}

func TestDecodeBody(t *testing.T) {
	tests := []struct {
		contentType, body string
		want              any
		noted             bool
	}{
		{"application/json", `{"a":1}`, map[string]any{"a": int64(1)}, false},
		{"application/problem+json; charset=utf-8", `[1.5]`, []any{1.5}, false},
		{"application/json", "", nil, false},
		{"application/json", "{", "{", true},
		{"application/json", "\ufeff1", int64(1), false},
		{"", `{"a":null}`, map[string]any{"a": nil}, false},
		{"", "text", "text", false},
		{"", "\xff", []byte("\xff"), false},
		{"text/plain; charset=iso-8859-1", "\xe4", "ä", false},
		{"application/xml", "<a/>", "<a/>", false},
		{"image/png", "\x89PNG", []byte("\x89PNG"), false},
		{"application/json", "9007199254740993", int64(9007199254740993), false},
	}
	for _, test := range tests {
		got, note, _ := DecodeBody(test.contentType, []byte(test.body))
		if diff := cmp.Diff(test.want, got); diff != "" || (note != "") != test.noted {
			t.Errorf("%s %q: %s note %q", test.contentType, test.body, diff, note)
		}
	}
}

func TestBodies(t *testing.T) {
	const description = `
openapi: 3.1.0
paths:
  /f:
    post:
      operationId: form
      requestBody: {content: {application/x-www-form-urlencoded: {encoding: {tags: {style: pipeDelimited}}}}}
  /m: {post: {operationId: multi, requestBody: {content: {multipart/form-data: {}}}}}
  /j: {post: {operationId: json, requestBody: {content: {text/plain: {}, application/json: {}}}}}
`
	d, err := Load([]byte(description), "", nil)
	if err != nil {
		t.Fatal(err)
	}
	build := func(id string, v any) *Request {
		op, err := d.OperationByID(id)
		if err != nil {
			t.Fatal(err)
		}
		b, err := op.Bind(nil)
		if err != nil {
			t.Fatal(err)
		}
		r, err := b.Build(nil, &Payload{ContentType: op.DefaultContentType(), Value: v})
		if err != nil {
			t.Fatal(err)
		}
		return &r
	}
	if got := string(build("form", map[string]any{"a": "x y&z", "l": []any{int64(1), "b"}, "o": map[string]any{"k": true},
		"tags": []any{"p", "q"}}).Body); got != "a=x+y%26z&l=1&l=b&o=%7B%22k%22%3Atrue%7D&tags=p%7Cq" {
		t.Errorf("form: %s", got)
	}
	if r := build("json", map[string]any{"a": "<&>"}); string(r.Body) != `{"a":"<&>"}` ||
		r.Header.Get("Content-Type") != "application/json" {
		t.Errorf("json: %s %v", r.Body, r.Header)
	}
	r := build("multi", map[string]any{"file": []byte{0, 1}, "name": "n"})
	for _, want := range []string{"Content-Disposition: form-data; name=\"file\"; filename=\"file\"\r\nContent-Type: " +
		"application/octet-stream\r\n\r\n\x00\x01\r\n", "form-data; name=\"name\"\r\n\r\nn\r\n"} {
		if !strings.Contains(string(r.Body), want) {
			t.Errorf("multipart: %q", r.Body)
		}
	}
}

func TestHeadersCannotBreakOut(t *testing.T) {
	d, err := Load([]byte(`{"openapi":"3.1.0","paths":{"/a":{"get":{"operationId":"o"}}}}`), "", nil)
	if err != nil {
		t.Fatal(err)
	}
	op, err := d.OperationByID("o")
	if err != nil {
		t.Fatal(err)
	}
	b, err := op.Bind([]ArgKey{{"X", "header"}})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := b.Build([]Value{{V: "a\r\nEvil: 1", OK: true}}, nil); err == nil {
		t.Error("a header with a line break was built")
	}
}

func TestLookUp(t *testing.T) {
	files := map[string]string{
		"http://h/api/items.yaml":  "get: {operationId: listItems, parameters: [{$ref: 'params.yaml#/limit'}]}\n",
		"http://h/api/params.yaml": "limit: {name: limit, in: query, required: true}\n",
	}
	open := func(location string) ([]byte, error) {
		if text, ok := files[location]; ok {
			return []byte(text), nil
		}
		return nil, fmt.Errorf("there is no %s", location)
	}
	const description = `
openapi: 3.0.3
servers: [{url: "/v1/{stage}", variables: {stage: {default: prod, enum: [prod, test]}}}]
security: [{key: []}, {}]
components: {securitySchemes: {key: {type: apiKey, in: query, name: token}}}
paths:
  /items: {$ref: items.yaml}
  "/items/{id}":
    parameters: [{name: id, in: path}, {name: q, in: query}]
    get: {operationId: getItem, parameters: [{name: q, in: query, required: true}], responses: {200: {description: ok},
      4xx: {description: no}}}
    put: {operationId: twice}
    delete: {operationId: twice}
`
	d, err := Load([]byte(description), "http://h/api/openapi.yaml", open)
	if err != nil {
		t.Fatal(err)
	}
	op, err := d.OperationAt("/paths/~1items~1{id}/get")
	if err != nil || op.ID != "getItem" || len(op.Parameters) != 2 || !op.Parameters[0].Required {
		t.Fatalf("%+v %v", op, err)
	}
	if op.Response(404) == nil || op.Response(500) != nil || !op.DeclaresSuccess(200) || op.DeclaresSuccess(404) {
		t.Error("responses are not found by code and class")
	}
	url, err := op.Servers[0].Resolve(map[string]string{"stage": "test"})
	if err != nil || url != "http://h/v1/test" {
		t.Errorf("server %s %v", url, err)
	}
	if _, err := op.Servers[0].Resolve(map[string]string{"stage": "x"}); err == nil {
		t.Error("a server variable outside of its enum was accepted")
	}
	if len(op.Security) != 2 || op.Security[0][0].ParamName != "token" {
		t.Errorf("security %+v", op.Security)
	}
	list, err := d.OperationByID("listItems")
	if err != nil || len(list.Parameters) != 1 || list.Parameters[0].Name != "limit" {
		t.Errorf("through external references: %+v %v", list, err)
	}
	for pointer, want := range map[string]string{
		"/paths/~1item/get":         `there is no path "/item"; did you mean "/items"?`,
		"/paths/~1items~1{id}/post": "it has get, put, delete",
		"/paths":                    "does not name an operation",
	} {
		if _, err := d.OperationAt(pointer); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", pointer, err)
		}
	}
	if _, err := d.OperationByID("twice"); err == nil || !strings.Contains(err.Error(), "PUT /items/{id} and DELETE /items/{id}") {
		t.Errorf("duplicate operationId: %v", err)
	}
}

func TestSwagger(t *testing.T) {
	const description = `
swagger: "2.0"
host: api.example
basePath: /v2
schemes: [http, https]
consumes: [application/json]
securityDefinitions: {b: {type: basic}}
security: [{b: []}]
paths:
  /a:
    post: {operationId: body, parameters: [{name: b, in: body, required: true, schema: {type: object}}]}
    put: {operationId: form, consumes: [multipart/form-data], parameters: [{name: f, in: formData, type: file, required: true}]}
`
	d, err := Load([]byte(description), "", nil)
	if err != nil {
		t.Fatal(err)
	}
	op, err := d.OperationByID("body")
	if err != nil || op.Body == nil || !op.Body.Required || op.DefaultContentType() != "application/json" {
		t.Fatalf("%+v %v", op, err)
	}
	if op.Servers[0].URL != "https://api.example/v2" || op.Security[0][0].ParamName != "Authorization" {
		t.Errorf("%+v %+v", op.Servers, op.Security)
	}
	if op, err = d.OperationByID("form"); err != nil || op.DefaultContentType() != "multipart/form-data" ||
		op.Body.Content[0].Schema.Get("properties").Get("f") == nil {
		t.Errorf("%+v %v", op, err)
	}
}

// FuzzLoad looks for descriptions and values that cause a panic.
func FuzzLoad(f *testing.F) {
	f.Add([]byte(`{"openapi":"3.1.0","paths":{"/a/{b}":{"$ref":"#/x"}},"x":{"get":{"parameters":[{"name":"b","in":"path","style":"label",
      "explode":true}],"responses":{"2XX":{}}}}}`), `{"a":[1,null]}`)
	f.Add([]byte(`{"swagger":"2.0","host":"h","paths":{"/a":{"post":{"consumes":["multipart/form-data"],"parameters":[{"in":"formData",
      "name":"f"},{"$ref":"#/paths"}]}}}}`), `"\r\n"`)
	f.Add([]byte("openapi: 3.0.0\npaths: {/a: {$ref: '#/paths/~1a'}}\nsecurity: [{k: [1]}]\n"), `1e400`)
	f.Fuzz(func(t *testing.T, data []byte, text string) {
		d, err := Load(data, "http://h/d", func(string) ([]byte, error) { return data, nil })
		if err != nil {
			return
		}
		v, err := value.Decode([]byte(text))
		if err != nil {
			v = text
		}
		for op := range d.Operations() {
			var keys []ArgKey
			var values []Value
			for _, p := range op.Parameters {
				keys, values = append(keys, ArgKey{p.Name, p.In}), append(values, Value{V: v, OK: true})
			}
			op.Response(200)
			b, err := op.Bind(keys)
			if err != nil {
				continue
			}
			if r, err := b.Build(values, &Payload{ContentType: op.DefaultContentType(), Value: v}); err == nil &&
				strings.ContainsAny(r.Header.Get("Content-Type"), "\r\n") {
				t.Fatal("a header with a line break")
			}
		}
	})
}

func TestFollowIntoAnotherDocument(t *testing.T) {
	files := map[string]string{"schemas/pet.yaml": "Pet: {properties: {tag: {$ref: '#/Tag'}}}\nTag: {type: string}"}
	d, err := Load([]byte(`
openapi: "3.1.0"
paths: {/p: {get: {operationId: o, responses: {"200": {content: {application/json: {schema: {$ref: "schemas/pet.yaml#/Pet"}}}}}}}}
`), "api.yaml", func(location string) ([]byte, error) {
		if text, ok := files[location]; ok {
			return []byte(text), nil
		}
		return nil, os.ErrNotExist
	})
	if err != nil {
		t.Fatal(err)
	}
	op, err := d.OperationByID("o")
	if err != nil {
		t.Fatal(err)
	}
	media := op.Response(200).Content[0]
	pet, home, err := media.Home.Follow(media.Schema)
	if err != nil || home.Location() != "schemas/pet.yaml" {
		t.Fatalf("%v %v", home.Location(), err)
	}
	tag, home, err := home.Follow(pet.Get("properties").Get("tag"))
	if err != nil || home.Location() != "schemas/pet.yaml" || tag.Get("type").Str() != "string" || tag.Line != 2 {
		t.Fatalf("%v %v", tag, err)
	}
	if same, _, err := home.Follow(tag); same != tag || err != nil {
		t.Errorf("a node without $ref leads to %v", same)
	}
}
