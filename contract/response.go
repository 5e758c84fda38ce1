package contract

import (
	"maps"
	"mime"
	"net/http"
	"slices"
	"strings"

	"github.com/gobelin-dev/gobelin/arazzo"
	"github.com/gobelin-dev/gobelin/internal/openapi"
	"github.com/gobelin-dev/gobelin/internal/tree"
	"github.com/gobelin-dev/gobelin/runtime"
)

// mostBody bounds a body that is judged, in bytes.
const mostBody = 8 << 20

// response judges a response to a request, which may be nil.
func (x *exchange) response(sent *runtime.RequestSent, e *runtime.ResponseReceived) {
	op := x.step.Operation
	if len(op.Responses) == 0 {
		x.unjudged(op.Node, op.Home, "%s declares no responses: nothing can be said of them", x.step.Label)
		return
	}
	r := op.Response(e.Status)
	if r == nil {
		x.undeclared(e)
		return
	}
	if ref := r.Node.Get("$ref").Str(); ref != "" {
		x.unjudged(r.Node, op.Home, "the response %s of %s is not known: $ref %q leads nowhere", r.Code, x.step.Label, ref)
		return
	}
	x.headers(r, e)
	head := sent != nil && sent.Method == http.MethodHead
	if !head && e.Status != http.StatusNoContent && e.Status != http.StatusResetContent && e.Status != http.StatusNotModified {
		x.content(r, e)
	}
}

// undeclared reports a status that the operation does not have: what went wrong may be
// beyond a description, what went right is not.
func (x *exchange) undeclared(e *runtime.ResponseReceived) {
	op := x.step.Operation
	var codes []string
	for _, r := range op.Responses {
		codes = append(codes, r.Code)
	}
	severity := arazzo.Error
	if e.Status >= 400 {
		severity = arazzo.Warning
	}
	at := place(op.Node, "responses")
	x.find(severity, Status, at, op.Home, "the response has status %d; the description declares %s", e.Status, strings.Join(codes, ", "))
}

// place returns where a member of an object begins, for a position only; the object itself
// if it is not there.
func place(n *tree.Node, name string) *tree.Node {
	if m, ok := n.Member(name); ok && m.Line > 0 {
		return &tree.Node{Line: m.Line, Column: m.Column}
	}
	return n
}

// content judges the content type and the body.
func (x *exchange) content(r *openapi.Response, e *runtime.ResponseReceived) {
	declared := r.Content
	if schema := r.Node.Get("schema"); schema != nil && len(declared) == 0 { // 2.0, where the types may be left out
		declared = []*openapi.MediaType{{Type: "*/*", Schema: schema, Home: r.Home}}
	}
	contentType := e.Header.Get("Content-Type")
	at := place(r.Node, "content")
	switch {
	case len(declared) == 0 && len(e.Body) == 0:
		return
	case len(declared) == 0:
		if e.Status < 400 {
			x.find(arazzo.Warning, ContentType, r.Node, r.Home, "the response %d has a body (%s); the description declares none", e.Status,
				typeName(contentType))
		}
		return
	case len(e.Body) == 0:
		if i := slices.IndexFunc(declared, func(m *openapi.MediaType) bool { return openapi.IsJSON(m.Type) && m.Schema != nil }); i >= 0 {
			x.find(arazzo.Error, Body, at, r.Home, "the response %d has no body; the description declares %s", e.Status, declared[i].Type)
		}
		return
	}
	media := mediaOf(declared, contentType)
	if media == nil {
		var types []string
		for _, m := range declared {
			types = append(types, m.Type)
		}
		x.find(arazzo.Error, ContentType, at, r.Home, "the response %d has the content type %s; the description declares %s", e.Status,
			typeName(contentType), strings.Join(types, ", "))
		return
	}
	if media.Schema != nil {
		x.body(Body, "the body of the response", media, contentType, e.Body, fromServer)
	}
}

func typeName(contentType string) string {
	if contentType == "" {
		return "none"
	}
	return contentType
}

// mediaOf returns what is declared for a content type: one with the same parameters (such
// as a version) comes first; otherwise parameters are not compared.
func mediaOf(declared []*openapi.MediaType, contentType string) *openapi.MediaType {
	t, parameters, err := mime.ParseMediaType(contentType)
	for _, m := range declared {
		other, same, e := mime.ParseMediaType(m.Type)
		if err == nil && e == nil && len(same) > 0 && t == other && maps.Equal(parameters, same) {
			return m
		}
	}
	return openapi.MediaOf(declared, contentType)
}

// body judges a body by the schema of its media type.
func (x *exchange) body(code, what string, m *openapi.MediaType, contentType string, body []byte, from direction) {
	switch {
	case m.Home == nil || m.Schema.Get("type").Str() == "file": // of 2.0: any bytes
		return
	case openapi.IsSequence(contentType), openapi.IsEvents(contentType), openapi.IsXML(contentType), openapi.IsForm(contentType),
		openapi.IsMultipart(contentType):
		x.unjudged(m.Schema, m.Home, "bodies of type %s are not held against their schemas", contentType)
		return
	case !openapi.IsJSON(contentType): // text and bytes, of which schemas say little
		return
	case len(body) > mostBody:
		x.unjudged(m.Schema, m.Home, "%s has %d bytes; at most %d are held against a schema", what, len(body), mostBody)
		return
	}
	v, problem, _ := openapi.DecodeBody(contentType, body)
	if problem != "" {
		x.find(arazzo.Error, code, m.Schema, m.Home, "%s: %s", what, problem)
		return
	}
	x.judge(code, what, m.Schema, m.Home, v, from)
}

// headers judges the headers that a response declares.
func (x *exchange) headers(r *openapi.Response, e *runtime.ResponseReceived) {
	declared := r.Node.Get("headers")
	if declared == nil {
		return
	}
	for _, m := range declared.Members {
		if strings.EqualFold(m.Name, "Content-Type") {
			continue // "it SHALL be ignored" (OpenAPI 3, Response Object)
		}
		n, home, err := r.Home.Resolve(m.Value)
		if err != nil {
			x.unjudged(&tree.Node{Line: m.Line, Column: m.Column}, r.Home, "the header %s is not known: %v", m.Name, err)
			continue
		}
		x.header(m.Name, n, home, e.Header.Values(m.Name))
	}
}

func (x *exchange) header(name string, n *tree.Node, home *openapi.Description, values []string) {
	if len(values) == 0 {
		if n.Get("required").True() {
			x.find(arazzo.Error, Header, place(n, "required"), home, "the response has no header %s; the description requires it", name)
		}
		return
	}
	schema := n.Get("schema")
	if schema == nil && n.Get("type") != nil { // 2.0
		schema = n
	}
	if schema == nil || strings.EqualFold(name, "Set-Cookie") {
		return
	}
	what := "the header " + name + " of the response"
	x.judge(Header, what, schema, home, readings(strings.Join(values, ","), schema, home, n.Get("explode").True()), fromServer)
}
