package contract

import (
	"net/http"
	"net/url"
	"strings"

	"github.com/gobelin-dev/gobelin/arazzo"
	"github.com/gobelin-dev/gobelin/description"
	"github.com/gobelin-dev/gobelin/internal/openapi"
	"github.com/gobelin-dev/gobelin/internal/program"
	"github.com/gobelin-dev/gobelin/internal/value"
	"github.com/gobelin-dev/gobelin/runtime"
)

// A Violation is a difference between a request and the description of its operation.
type Violation struct {
	arazzo.Diagnostic // its position is that of the declaration

	In, Name string // of a parameter: its location and its name; of the body: "body" and ""
	Pointer  string // to what does not fit in the value of the parameter or the body, as a JSON Pointer; "" is the value
}

// subject is what findings are about.
type subject struct{ in, name, pointer string }

// Request returns where a request to an operation differs from its description, whoever has
// sent it: a server may ask. target is the path and the query below the URL of the server.
// What cannot be judged is a note, each time.
func (c *Checker) Request(op description.Operation, target string, header http.Header, body []byte) []Violation {
	of := openapi.OperationOf(op)
	if of == nil {
		return nil
	}
	x := &exchange{checker: c, step: &program.Step{Operation: of, Label: of.Method + " " + of.Path,
		Source: &program.Source{Description: of.Of}}}
	x.guarded("the request", func() { x.request(&runtime.RequestSent{Method: of.Method, Target: target, Header: header, Body: body}) })
	return x.found
}

// request judges a request: the parameters that the operation declares, and the body.
func (x *exchange) request(e *runtime.RequestSent) {
	op := x.step.Operation
	path, query, _ := strings.Cut(e.Target, "?")
	sent := sentParameters{header: e.Header, path: segments(op.Path, path)}
	sent.query, _ = url.ParseQuery(query) // what cannot be read is not there
	for _, c := range (&http.Request{Header: e.Header}).Cookies() {
		if sent.cookies == nil {
			sent.cookies = url.Values{}
		}
		sent.cookies.Add(c.Name, c.Value)
	}
	for _, p := range op.Parameters {
		if !op.Supplied(p) { // credentials, and what every request has
			x.subject = subject{in: p.In, name: p.Name}
			x.parameter(p, sent)
		}
	}
	x.subject = subject{in: "body"}
	x.requestBody(e)
}

func (x *exchange) requestBody(e *runtime.RequestSent) {
	op := x.step.Operation
	switch {
	case op.Body == nil:
		return
	case len(e.Body) == 0:
		if op.Body.Required {
			x.find(arazzo.Error, RequestBody, place(op.Node, "requestBody"), op.Home, "the request has no body; the description requires one")
		}
		return
	}
	contentType := e.Header.Get("Content-Type")
	media := mediaOf(op.Body.Content, contentType)
	if media == nil {
		var types []string
		for _, m := range op.Body.Content {
			types = append(types, m.Type)
		}
		x.find(arazzo.Error, RequestBody, place(op.Node, "requestBody"), op.Home,
			"the request has the content type %s; the description declares %s", typeName(contentType), strings.Join(types, ", "))
		return
	}
	if media.Schema != nil {
		x.body(RequestBody, "the body of the request", media, contentType, e.Body, fromClient)
	}
}

// sentParameters are the parameters of a request by their names.
type sentParameters struct {
	query, cookies url.Values
	header         http.Header
	path           map[string]string
}

// segments returns the values of the variables that are a segment of a path each.
func segments(template, path string) map[string]string {
	values := map[string]string{}
	template, _, _ = strings.Cut(template, "?")
	names, parts := strings.Split(template, "/"), strings.Split(path, "/")
	if len(names) != len(parts) {
		return values
	}
	for i, name := range names {
		if strings.HasPrefix(name, "{") && strings.HasSuffix(name, "}") && strings.Count(name, "{") == 1 {
			if text, err := url.PathUnescape(parts[i]); err == nil {
				values[name[1:len(name)-1]] = text
			}
		}
	}
	return values
}

// texts returns the texts of a parameter; known is false where it cannot be told which
// they are.
func (s *sentParameters) texts(p *openapi.Parameter) (texts []string, known bool) {
	switch p.In {
	case "query":
		return s.query[p.Name], true
	case "cookie":
		return s.cookies[p.Name], true
	case "header":
		return s.header.Values(p.Name), true
	case "path":
		text, ok := s.path[p.Name]
		return []string{text}, ok && p.Style == "simple"
	}
	return nil, false
}

// delimiters are what the styles of parameters have between the items of an array.
var delimiters = map[string]string{"spaceDelimited": " ", "pipeDelimited": "|", "tabDelimited": "\t"}

func (x *exchange) parameter(p *openapi.Parameter, sent sentParameters) {
	texts, known := sent.texts(p)
	schema, home := p.Schema, p.Home
	if schema == nil || !known {
		return
	}
	resolved, _, err := home.Resolve(schema)
	switch {
	case err != nil:
		x.unjudged(p.Node, home, "the %s parameter %s is not held against its schema: %v", p.In, p.Name, err)
		return
	case resolved.Get("type").Str() == "object" && (p.In == "query" || p.In == "cookie") && p.ContentType == "":
		for name := range sent.query {
			if strings.HasPrefix(name, p.Name+"[") {
				texts = append(texts, name)
			}
		}
		if len(texts) == 0 {
			return
		}
		x.unjudged(p.Node, home, "the %s parameter %s is an object; its members are not held against their schemas", p.In, p.Name)
		return
	case len(texts) == 0:
		if p.Required && resolved.Get("type").Str() != "array" { // one without items is not sent
			x.find(arazzo.Error, Parameter, place(p.Node, "required"), home,
				"the request has no %s parameter %s; the description requires it", p.In, p.Name)
		}
		return
	}
	what := "the " + p.In + " parameter " + p.Name + " of the request"
	if p.ContentType != "" {
		if v, err := value.Decode([]byte(texts[0])); openapi.IsJSON(p.ContentType) && err == nil {
			x.judge(Parameter, what, schema, home, v, fromClient)
		}
		return
	}
	text := strings.Join(texts, ",")
	if delimiter := delimiters[p.Style]; delimiter != "" {
		text = strings.ReplaceAll(text, delimiter, ",")
	}
	if texts[0] == "" && p.AllowEmpty {
		return
	}
	x.judge(Parameter, what, schema, home, readings(text, schema, home, p.Explode), fromClient)
}
