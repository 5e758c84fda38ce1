package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/gobelin-dev/gobelin/arazzo"
	"github.com/gobelin-dev/gobelin/runtime"
	"github.com/pb33f/libopenapi"
	lib "github.com/pb33f/libopenapi/arazzo"
	high "github.com/pb33f/libopenapi/datamodel/high/arazzo"
)

// The work that is compared: a chain of GET requests, each with a path and a
// query parameter, the first from the outputs of the previous request; for each
// response the status is tested and two values are kept.

const workflowID = "chain"

// description is the OpenAPI description of the work's server.
const description = `openapi: 3.1.0
info: {title: Items, version: "1"}
servers: [{url: "http://127.0.0.1"}]
paths:
  /lists/{id}:
    get:
      operationId: getList
      parameters:
      - {name: id, in: path, required: true, schema: {type: string}}
      - {name: limit, in: query, schema: {type: integer}}
      responses:
        "200": {description: A list, content: {application/json: {schema: {type: object}}}}
`

// kept returns what a step keeps of its response.
var kept = map[bool][2]string{
	true:  {"$response.body#/id", "$response.body#/page/next"},
	false: {"$statusCode", "$response.header.Content-Type"},
}

// document returns the Arazzo document with that many steps; reads reports
// whether its expressions read the body.
func document(steps int, reads bool) []byte {
	var b strings.Builder
	b.WriteString(`arazzo: 1.0.1
info: {title: Chain, version: "1"}
sourceDescriptions: [{name: items, url: items.yaml, type: openapi}]
workflows:
- workflowId: ` + workflowID + `
  inputs: {type: object, properties: {first: {type: string}}}
  steps:
`)
	from := "$inputs.first"
	for i := range steps {
		fmt.Fprintf(&b, `  - stepId: s%d
    operationId: getList
    parameters:
    - {name: id, in: path, value: %s}
    - {name: limit, in: query, value: 100}
    successCriteria:
    - condition: $statusCode == 200
    outputs: {a: %q, b: %q}
`, i, from, kept[reads][0], kept[reads][1])
		if reads {
			from = fmt.Sprintf("$steps.s%d.outputs.b", i)
		}
	}
	fmt.Fprintf(&b, "  outputs: {last: $steps.s%d.outputs.b}\n", steps-1)
	return []byte(b.String())
}

// payload returns a response body of about that many bytes: a page of records
// with the values that steps keep at its beginning and at its end.
func payload(size int) []byte {
	var b bytes.Buffer
	b.WriteString(`{"id":"list_01HXYZ","object":"list","data":[`)
	for i := 0; i == 0 || b.Len() < size-60; i++ {
		if i > 0 {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, `{"id":"item_%06d","name":"Item number %d","price":%d.%02d,"stock":%d,"active":%t,"tags":["a","b%d"],"note":null}`,
			i, i, i%90, i%100, i*7, i%3 == 0, i%10)
	}
	b.WriteString(`],"page":{"size":100,"next":"list_01HXYZ"}}`)
	return b.Bytes()
}

var jsonHeader = http.Header{"Content-Type": {"application/json"}}

// compiled returns the work as gobelin's program.
func compiled(steps int, reads bool) *runtime.Program {
	c := runtime.Compiler{Loader: runtime.LoaderFunc(func(context.Context, string) ([]byte, error) { return []byte(description), nil })}
	return must(c.Compile(context.Background(), must(arazzo.Parse(document(steps, reads)))))
}

var inputs = runtime.Inputs{"first": "list_01HXYZ"}

// runEngine runs gobelin's machine with a response for every request.
func runEngine(p *runtime.Program, r *runtime.Response) {
	x := must(p.Begin(workflowID, inputs, runtime.Settings{}))
	for {
		switch c := x.Next().(type) {
		case *runtime.Send:
			x.Respond(r)
		case *runtime.Done:
			check(c.Err)
			return
		}
	}
}

// runDriver runs gobelin over HTTP.
func runDriver(p *runtime.Program, base string, client *http.Client) {
	d := runtime.Driver{Client: client, Servers: map[string]string{"items": base}}
	must(d.Run(context.Background(), p, workflowID, inputs))
}

// loop is the work as written by hand.
func loop(steps int, base string, client *http.Client) {
	id := "list_01HXYZ"
	kept := map[string][2]any{}
	for i := range steps {
		req := must(http.NewRequestWithContext(context.Background(), http.MethodGet,
			base+"/lists/"+url.PathEscape(id)+"?limit="+strconv.Itoa(100), nil))
		req.Header.Set("Accept", "application/json")
		resp := must(client.Do(req))
		body := must(io.ReadAll(resp.Body))
		resp.Body.Close()
		if resp.StatusCode != http.StatusOK {
			panic(resp.Status)
		}
		a, b := decode(body)
		kept["s"+strconv.Itoa(i)] = [2]any{a, b}
		id = b.(string)
	}
}

// bare is the cost of HTTP itself: the same requests, with each response read
// and discarded.
func bare(steps int, base string, client *http.Client) {
	for range steps {
		req := must(http.NewRequestWithContext(context.Background(), http.MethodGet, base+"/lists/list_01HXYZ?limit=100", nil))
		resp := must(client.Do(req))
		must(io.Copy(io.Discard, resp.Body))
		resp.Body.Close()
	}
}

// decode reads a step's body as written by hand.
func decode(body []byte) (a, b any) {
	var v any
	check(json.Unmarshal(body, &v))
	m := v.(map[string]any)
	return m["id"], m["page"].(map[string]any)["next"]
}

// engine is the work for libopenapi's engine.
type engine struct {
	doc     *high.Arazzo
	sources []*lib.ResolvedSource
}

func libCompiled(steps int, reads bool) *engine {
	e := &engine{doc: must(libopenapi.NewArazzoDocument(document(steps, reads)))}
	e.sources = []*lib.ResolvedSource{{Name: "items", Type: "openapi", OpenAPIDocument: fullModel([]byte(description))}}
	return e
}

// executor adapts a function to [lib.Executor].
type executor func(*lib.ExecutionRequest) (*lib.ExecutionResponse, error)

func (f executor) Execute(_ context.Context, r *lib.ExecutionRequest) (*lib.ExecutionResponse, error) {
	return f(r)
}

// new returns an engine that may be used for many runs, one after the other.
func (e *engine) new(f executor) *lib.Engine { return lib.NewEngine(e.doc, f, e.sources) }

func runLib(e *lib.Engine) {
	result := must(e.RunWorkflow(context.Background(), workflowID, inputs))
	check(result.Error)
}

// libValues answers with a decoded value, libBytes decodes for each request.
func libValues(body []byte) executor {
	var v any
	check(json.Unmarshal(body, &v))
	return func(*lib.ExecutionRequest) (*lib.ExecutionResponse, error) {
		return &lib.ExecutionResponse{StatusCode: 200, Headers: jsonHeader, Body: v}, nil
	}
}

func libBytes(body []byte) executor {
	return func(*lib.ExecutionRequest) (*lib.ExecutionResponse, error) {
		var v any
		check(json.Unmarshal(body, &v))
		return &lib.ExecutionResponse{StatusCode: 200, Headers: jsonHeader, Body: v}, nil
	}
}

// libHTTP sends the request, as the engine leaves it to its caller.
func libHTTP(base string, client *http.Client) executor {
	return func(r *lib.ExecutionRequest) (*lib.ExecutionResponse, error) {
		target := base + "/lists/" + url.PathEscape(fmt.Sprint(r.Parameters["id"])) + "?limit=" + fmt.Sprint(r.Parameters["limit"])
		req := must(http.NewRequest(http.MethodGet, target, nil))
		resp := must(client.Do(req))
		defer resp.Body.Close()
		var v any
		check(json.Unmarshal(must(io.ReadAll(resp.Body)), &v))
		return &lib.ExecutionResponse{StatusCode: resp.StatusCode, Headers: resp.Header, Body: v, URL: target, Method: http.MethodGet}, nil
	}
}

func must[T any](v T, err error) T {
	check(err)
	return v
}

func check(err error) {
	if err != nil {
		panic(err)
	}
}

// decoded returns a body as from a transport that has decoded it.
func decoded(body []byte) any {
	var v any
	check(json.Unmarshal(body, &v))
	return v
}
