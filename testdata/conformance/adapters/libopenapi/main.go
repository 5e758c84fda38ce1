// Command libopenapi runs one case of the conformance suite with the Arazzo
// engine of github.com/pb33f/libopenapi. The engine leaves HTTP to the program
// around it; the transport here is the plainest that sends what the engine
// hands over, so cases about how a request is written say nothing of the
// engine, and are not applicable.
//
//	gobelin conformance --exec 'libopenapi {case} {document} {workflow} {inputs} {outputs} {servers}'
package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/pb33f/go-yaml"
	"github.com/pb33f/libopenapi"
	engine "github.com/pb33f/libopenapi/arazzo"
	document "github.com/pb33f/libopenapi/datamodel/high/arazzo"
	openapi "github.com/pb33f/libopenapi/datamodel/high/v3"
)

// exitSkip means that the case is not applicable.
const exitSkip = 77

// transportAreas are the areas that test the transport, not the engine.
var transportAreas = []string{"requests", "serialization", "bodies", "responses", "security", "swagger"}

func main() {
	if len(os.Args) != 7 {
		fmt.Fprintln(os.Stderr, "usage: libopenapi CASE DOCUMENT WORKFLOW INPUTS OUTPUTS SERVERS")
		os.Exit(2)
	}
	area, _, _ := strings.Cut(os.Args[1], "/")
	if slices.Contains(transportAreas, area) {
		fmt.Println("the engine leaves requests to the program around it")
		os.Exit(exitSkip)
	}
	if err := run(os.Args[2], os.Args[3], os.Args[4], os.Args[5], os.Args[6]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(location, workflow, inputsFile, outputsFile, servers string) error {
	text, err := os.ReadFile(location)
	if err != nil {
		return err
	}
	doc, err := libopenapi.NewArazzoDocument(text)
	if err != nil {
		return err
	}
	if found := engine.Validate(doc); found != nil && found.HasErrors() {
		return fmt.Errorf("validation: %v", found.Errors[0])
	}
	sources, err := engine.ResolveSources(doc, &engine.ResolveConfig{
		BaseURL:        "file://" + filepath.ToSlash(filepath.Dir(location)) + "/",
		OpenAPIFactory: readOpenAPI,
		ArazzoFactory:  func(_ string, data []byte) (*document.Arazzo, error) { return libopenapi.NewArazzoDocument(data) },
	})
	if err != nil {
		return err
	}
	inputs := map[string]any{}
	if data, err := os.ReadFile(inputsFile); err != nil || json.Unmarshal(data, &inputs) != nil {
		return errors.Join(errors.New("the inputs cannot be read"), err)
	}
	t := &transport{sources: sources, servers: map[string]string{}, locations: locations(doc)}
	for _, pair := range strings.Fields(servers) {
		name, base, _ := strings.Cut(pair, "=")
		t.servers[name] = base
	}
	// The suite judges requests, not time: waits pass at once.
	config := &engine.EngineConfig{SleepFunc: func(ctx context.Context, _ time.Duration) error { return ctx.Err() }}
	result, err := execute(engine.NewEngineWithConfig(doc, t, sources, config), doc, workflow, inputs)
	if err != nil {
		return err
	}
	if outputs, err := json.Marshal(plain(result.Outputs)); err == nil {
		if err := os.WriteFile(outputsFile, outputs, 0o600); err != nil {
			return err
		}
	}
	if !result.Success {
		return fmt.Errorf("the workflow failed: %v", result.Error)
	}
	return nil
}

// execute runs a workflow. What it depends on is executed by RunAll alone, with
// all else that the document has.
func execute(e *engine.Engine, doc *document.Arazzo, workflow string, inputs map[string]any) (*engine.WorkflowResult, error) {
	ctx := context.Background()
	depends := slices.ContainsFunc(doc.Workflows, func(w *document.Workflow) bool { return w.WorkflowId == workflow && len(w.DependsOn) > 0 })
	if !depends {
		return e.RunWorkflow(ctx, workflow, inputs)
	}
	all, err := e.RunAll(ctx, map[string]map[string]any{workflow: inputs})
	if err != nil {
		return nil, err
	}
	for _, result := range all.Workflows {
		if result.WorkflowId == workflow {
			return result, nil
		}
	}
	return nil, fmt.Errorf("workflow %q was not executed", workflow)
}

// plain returns the values of the nodes that the engine returns.
func plain(v any) any {
	switch v := v.(type) {
	case *yaml.Node:
		var decoded any
		if v.Decode(&decoded) != nil {
			return v.Value
		}
		return plain(decoded)
	case map[string]any:
		members := map[string]any{}
		for name := range v {
			members[name] = plain(v[name])
		}
		return members
	case []any:
		items := make([]any, len(v))
		for i := range v {
			items[i] = plain(v[i])
		}
		return items
	}
	return v
}

func readOpenAPI(_ string, data []byte) (*openapi.Document, error) {
	doc, err := libopenapi.NewDocument(data)
	if err != nil {
		return nil, err
	}
	model, err := doc.BuildV3Model()
	if err != nil {
		return nil, err
	}
	return &model.Model, nil
}

// transport sends what the engine asks for.
type transport struct {
	sources   []*engine.ResolvedSource
	servers   map[string]string // base URL by source name
	locations map[string]string // the location that the document declares for a parameter, by its name
}

// locations collects where the parameters of a document go: the engine passes
// only names and values.
func locations(doc *document.Arazzo) map[string]string {
	found := map[string]string{}
	for _, workflow := range doc.Workflows {
		for _, step := range workflow.Steps {
			for _, p := range slices.Concat(step.Parameters, workflow.Parameters) {
				if found[p.Name] == "" {
					found[p.Name] = p.In
				}
			}
		}
	}
	if doc.Components != nil && doc.Components.Parameters != nil {
		for _, p := range doc.Components.Parameters.FromOldest() {
			if found[p.Name] == "" {
				found[p.Name] = p.In
			}
		}
	}
	return found
}

// operation is the place of an operation.
type operation struct {
	source       *engine.ResolvedSource
	method, path string
	parameters   []*openapi.Parameter
	body         *openapi.RequestBody
}

// find finds the operation by its id, or by the pointer of its path.
func (t *transport) find(req *engine.ExecutionRequest) (operation, error) {
	id := req.OperationID[strings.LastIndex(req.OperationID, ".")+1:]
	_, pointer, _ := strings.Cut(req.OperationPath, "#")
	pointer = strings.NewReplacer("~1", "/", "~0", "~").Replace(strings.TrimPrefix(pointer, "/paths/"))
	for _, source := range t.sources {
		if source.OpenAPIDocument == nil || source.OpenAPIDocument.Paths == nil || req.Source != nil && source != req.Source {
			continue
		}
		for path, item := range source.OpenAPIDocument.Paths.PathItems.FromOldest() {
			for method, op := range item.GetOperations().FromOldest() {
				if op.OperationId != "" && op.OperationId == id || pointer == path+"/"+method {
					return operation{source, strings.ToUpper(method), path, slices.Concat(op.Parameters, item.Parameters), op.RequestBody}, nil
				}
			}
		}
	}
	return operation{}, fmt.Errorf("there is no operation %s%s", req.OperationID, req.OperationPath)
}

// Execute implements the engine's Executor.
func (t *transport) Execute(ctx context.Context, req *engine.ExecutionRequest) (*engine.ExecutionResponse, error) {
	op, err := t.find(req)
	if err != nil {
		return nil, err
	}
	path, query, header := op.path, url.Values{}, http.Header{}
	for name, v := range req.Parameters {
		v = plain(v)
		switch t.location(op, name) {
		case "path":
			path = strings.ReplaceAll(path, "{"+name+"}", url.PathEscape(fmt.Sprint(v)))
		case "header":
			header.Set(name, fmt.Sprint(v))
		case "cookie":
			header.Add("Cookie", name+"="+fmt.Sprint(v))
		default:
			list, ok := v.([]any)
			if !ok {
				list = []any{v}
			}
			for _, item := range list {
				query.Add(name, fmt.Sprint(item))
			}
		}
	}
	target := t.servers[op.source.Name] + path
	if len(query) > 0 {
		target += "?" + query.Encode()
	}
	body, contentType, err := op.encode(req)
	if err != nil {
		return nil, err
	}
	request, err := http.NewRequestWithContext(ctx, op.method, target, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	request.Header = header
	if contentType != "" {
		request.Header.Set("Content-Type", contentType)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	data, err := io.ReadAll(response.Body)
	if err != nil {
		return nil, err
	}
	answer := &engine.ExecutionResponse{StatusCode: response.StatusCode, Headers: response.Header, URL: response.Request.URL.String(),
		Method: op.method}
	// The engine works on nodes: given one, it sees numbers as they came.
	var node yaml.Node
	switch {
	case json.Valid(data) && yaml.Unmarshal(data, &node) == nil && len(node.Content) == 1:
		answer.Body = node.Content[0]
	case len(data) > 0:
		answer.Body = string(data)
	}
	return answer, nil
}

// location returns where a parameter goes.
func (t *transport) location(o operation, name string) string {
	if strings.Contains(o.path, "{"+name+"}") {
		return "path"
	}
	for _, p := range o.parameters {
		if p.Name == name {
			return p.In
		}
	}
	return t.locations[name]
}

func (o operation) encode(req *engine.ExecutionRequest) ([]byte, string, error) {
	if req.RequestBody == nil {
		return nil, "", nil
	}
	payload := plain(req.RequestBody)
	contentType := req.ContentType
	if contentType == "" && o.body != nil && o.body.Content != nil && o.body.Content.Len() > 0 {
		contentType = o.body.Content.Oldest().Key
	}
	members, isObject := payload.(map[string]any)
	text, isText := payload.(string)
	switch {
	case isObject && contentType == "application/x-www-form-urlencoded":
		form := url.Values{}
		for name, v := range members {
			form.Set(name, fmt.Sprint(v))
		}
		return []byte(form.Encode()), contentType, nil
	case isText && contentType != "application/json":
		return []byte(text), contentType, nil
	}
	if contentType == "" {
		contentType = "application/json"
	}
	data, err := json.Marshal(payload)
	return data, contentType, err
}
