package openapi

import (
	"cmp"
	"encoding/base64"
	"errors"
	"slices"
	"strconv"
	"strings"

	"github.com/gobelin-dev/gobelin/internal/tree"
)

// An Operation is an Operation Object with what its path item and document add
// to it.
type Operation struct {
	ID, Method, Path string // the method as it is sent
	Pointer          string // to it in the description, "/paths/~1pets/get"
	PathErr          error  // why no request can be sent to the path, or nil
	Summary          string
	Parameters       []*Parameter
	Body             *Body // nil: none is declared
	Responses        []*Response
	Servers          []Server                // the effective ones: of the operation, the path or the document
	Security         [][]SecurityRequirement // alternatives; each needs all of its requirements
	Node             *tree.Node
	Home             *Description // the document that contains Node
	Of               *Description // the description that has the path
	Broken           []error      // why parameters that references should lead to are not known
	BodyErr          error        // why Body is not known, though the operation has one
}

// A Parameter is a Parameter Object.
type Parameter struct {
	Name, In      string
	Required      bool
	Style         string
	Explode       bool
	AllowReserved bool
	AllowEmpty    bool   // allowEmptyValue: a query parameter may be just its name
	ContentType   string // of a parameter with content; "" for one with a schema
	Schema        *tree.Node
	Node          *tree.Node
	Home          *Description // the document that contains Schema
}

// A Body is a Request Body Object.
type Body struct {
	Required bool
	Content  []*MediaType
}

// A MediaType is a Media Type Object with its type.
type MediaType struct {
	Type        string
	Schema      *tree.Node
	Encoding    *tree.Node
	Node        *tree.Node   // nil in 2.0
	Home        *Description // the document that contains Schema
	Files       []string     // the properties of a multipart body that are binary
	StyledParts bool         // style and explode apply in multipart bodies
	Parameters  *tree.Node   // the formData parameters of 2.0 by their names; nil in 3.x
}

// hasXML reports whether bodies of the media type, or parts of them, are XML.
func (m *MediaType) hasXML() bool {
	if IsXML(m.Type) {
		return true
	}
	return m.Encoding != nil && slices.ContainsFunc(m.Encoding.Members, func(e tree.Member) bool { return IsXML(partType(e.Value)) })
}

// HasExample reports whether the description has an example of the media type, or of
// its schema.
func (m *MediaType) HasExample() bool {
	schema, _ := resolved(m.Schema, m.Home)
	for _, n := range []*tree.Node{m.Node, schema} {
		if n.Get("example") != nil || n.Get("examples") != nil {
			return true
		}
	}
	return false
}

// A Response is a Response Object with its code: "200", "2XX" or "default".
type Response struct {
	Code    string
	Content []*MediaType
	Node    *tree.Node
	Home    *Description // the document that contains Node
}

// A SecurityRequirement is a scheme that a request needs, with the properties
// of the scheme.
type SecurityRequirement struct {
	Name      string // of the scheme
	Type      string // apiKey, http, oauth2, openIdConnect, mutualTLS
	In        string // location of the credential: header, query, cookie
	ParamName string // the name of that header, query parameter or cookie
	Scheme    string // of http: basic, bearer, digest
	Scopes    []string
	Node      *tree.Node   // the Security Scheme Object, or nil
	Home      *Description // the document that contains Node; nil for one of x-security
}

// operation parses an operation, once.
func (d *Description) operation(e *entry) (*Operation, error) {
	key := e.method + " " + e.path
	d.mu.Lock()
	known := d.built[key]
	d.mu.Unlock()
	if known != nil {
		return known, nil
	}
	op := &Operation{ID: e.id, Method: e.method, Path: e.path, Pointer: e.pointer(), PathErr: e.checkPath(),
		Summary: e.node.Get("summary").Str(), Node: e.node, Home: e.home, Of: e.of}
	r := operationReader{d: d, entry: e, op: op}
	if err := r.read(); err != nil {
		return nil, &UnreadableError{e.String(), err}
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.built == nil {
		d.built = map[string]*Operation{}
	}
	d.built[key] = op
	return op, nil
}

type operationReader struct {
	d     *Description
	entry *entry
	op    *Operation
}

func (r *operationReader) read() error {
	if err := r.entry.node.Err(); err != nil {
		return err
	}
	if err := r.parameters(); err != nil {
		return err
	}
	if !r.d.isSwagger() {
		if n := r.entry.node.Get("requestBody"); n != nil {
			body, home, err := r.entry.home.Resolve(n)
			var broken *BrokenError
			switch {
			case errors.As(err, &broken):
				r.op.BodyErr = err
			case err != nil:
				return err
			default:
				r.op.Body = &Body{Required: body.Get("required").True(), Content: r.content(body.Get("content"), home)}
				for _, m := range r.op.Body.Content {
					if m.hasXML() || isFormless(m.Type) {
						preload(m.Schema, home, map[*tree.Node]bool{})
					}
				}
			}
		}
	}
	if responses := r.entry.node.Get("responses"); responses != nil {
		for _, m := range responses.Members {
			// A response that cannot be found is treated as one without
			// content.
			n, home, err := r.entry.home.Resolve(m.Value)
			if err != nil {
				n, home = m.Value, r.entry.home
			}
			r.op.Responses = append(r.op.Responses, r.response(m.Name, n, home))
		}
	}
	r.op.Servers = r.servers()
	r.op.Security = r.security()
	return nil
}

func (r *operationReader) response(code string, n *tree.Node, home *Description) *Response {
	resp := &Response{Code: strings.ToUpper(code), Content: r.content(n.Get("content"), home), Node: n, Home: home}
	if code == "default" {
		resp.Code = code
	}
	if r.d.isSwagger() {
		for _, mediaType := range r.mediaTypes("produces") {
			resp.Content = append(resp.Content, &MediaType{Type: mediaType, Schema: n.Get("schema"), Home: home})
		}
	}
	return resp
}

func (r *operationReader) content(n *tree.Node, home *Description) []*MediaType {
	if n == nil {
		return nil
	}
	var list []*MediaType
	for _, m := range n.Members {
		t := &MediaType{Type: m.Name, Schema: m.Value.Get("schema"), Encoding: m.Value.Get("encoding"), Node: m.Value, Home: home}
		if IsMultipart(t.Type) {
			t.Files = files(t.Schema, home)
			// OpenAPI 3.0.4 ignores them outside of form-urlencoded bodies.
			t.StyledParts = baseType(t.Type) == multipartType && !strings.HasPrefix(r.d.Version, "3.0")
		}
		list = append(list, t)
	}
	return list
}

// files returns the properties of a schema that are files: by format in 3.0, by
// contentEncoding or contentMediaType later; those of the items of an array.
func files(schema *tree.Node, home *Description) (names []string) {
	schema, home, err := home.Resolve(schema)
	if err != nil || schema.Get("properties") == nil {
		return nil
	}
	for _, m := range schema.Get("properties").Members {
		property, inner, err := home.Resolve(m.Value)
		if err == nil && property.Get("items") != nil {
			property, _, err = inner.Resolve(property.Get("items"))
		}
		if err == nil && (property.Get("format").Str() == "binary" ||
			property.Get("contentMediaType") != nil && property.Get("contentEncoding") == nil) {
			names = append(names, m.Name)
		}
	}
	return names
}

// mediaTypes returns what a 2.0 operation consumes or produces.
func (r *operationReader) mediaTypes(field string) []string {
	n := r.entry.node.Get(field)
	if n == nil {
		n = r.d.root.Get(field)
	}
	var list []string
	if n != nil {
		for _, item := range n.Items {
			list = append(list, item.Str())
		}
	}
	return list
}

// parameters merges the parameters of the path item and of the operation, which
// take precedence.
func (r *operationReader) parameters() error {
	var form []*tree.Node
	for _, list := range []*tree.Node{r.entry.node.Get("parameters"), r.entry.item.Get("parameters")} {
		if list == nil {
			continue
		}
		for _, item := range list.Items {
			n, home, err := r.entry.home.Resolve(item)
			if broken := new(BrokenError); errors.As(err, &broken) {
				r.op.Broken = append(r.op.Broken, err)
				continue
			} else if err != nil {
				return err
			}
			switch in := n.Get("in").Str(); in {
			case "body":
				if r.op.Body == nil {
					r.body(n, home)
				}
			case "formData":
				if !slices.ContainsFunc(form, func(f *tree.Node) bool { return f.Get("name").Str() == n.Get("name").Str() }) {
					form = append(form, n)
				}
			default:
				if !r.d.isSwagger() && Undeclarable(n.Get("name").Str(), in) {
					continue // "the parameter definition SHALL be ignored" (OpenAPI 3, Parameter Object)
				}
				p := r.parameter(n, home)
				if !slices.ContainsFunc(r.op.Parameters, func(o *Parameter) bool { return o.Name == p.Name && o.In == p.In }) {
					r.op.Parameters = append(r.op.Parameters, p)
				}
			}
		}
	}
	if form != nil {
		r.form(form)
	}
	return nil
}

// body makes a request body from a 2.0 parameter "in: body".
func (r *operationReader) body(n *tree.Node, home *Description) {
	types := r.mediaTypes("consumes")
	if len(types) == 0 {
		types = []string{"application/json"}
	}
	r.op.Body = &Body{Required: n.Get("required").True()}
	for _, t := range types {
		r.op.Body.Content = append(r.op.Body.Content, &MediaType{Type: t, Schema: n.Get("schema"), Home: home})
		if IsXML(t) || isFormless(t) {
			preload(n.Get("schema"), home, map[*tree.Node]bool{})
		}
	}
}

// form makes a request body from the 2.0 parameters "in: formData". Their
// collection formats become the encoding.
func (r *operationReader) form(params []*tree.Node) {
	types := r.mediaTypes("consumes")
	types = slices.DeleteFunc(types, func(t string) bool { return baseType(t) != formType && baseType(t) != multipartType })
	properties, required, encoding := &tree.Node{Kind: tree.Object}, &tree.Node{Kind: tree.Array}, &tree.Node{Kind: tree.Object}
	var files []string
	for _, n := range params {
		name := n.Get("name").Str()
		properties.Members = append(properties.Members, tree.Member{Name: name, Value: n})
		if n.Get("required").True() {
			required.Items = append(required.Items, n.Get("name"))
		}
		if n.Get("type").Str() == "file" {
			files = append(files, name)
		}
		if n.Get("type").Str() == "array" {
			encoding.Members = append(encoding.Members, tree.Member{Name: name, Value: encodingOf(n.Get("collectionFormat").Str())})
		}
	}
	if len(types) == 0 {
		types = []string{formType}
	}
	if files != nil && !slices.ContainsFunc(types, func(t string) bool { return baseType(t) == multipartType }) {
		types = []string{multipartType}
	}
	schema := &tree.Node{Kind: tree.Object, Members: []tree.Member{{Name: "properties", Value: properties},
		{Name: "required", Value: required}}}
	r.op.Body = &Body{Required: len(required.Items) > 0}
	for _, t := range types {
		if files != nil && baseType(t) == formType {
			continue
		}
		r.op.Body.Content = append(r.op.Body.Content, &MediaType{Type: t, Schema: schema, Encoding: encoding, Home: r.entry.home,
			Files: files, StyledParts: true, Parameters: properties})
	}
}

// encodingOf returns the Encoding Object equivalent to a collection format.
func encodingOf(collectionFormat string) *tree.Node {
	format, ok := collectionStyles[collectionFormat]
	if !ok || format.style == "" {
		format.style = "form"
	}
	return &tree.Node{Kind: tree.Object, Members: []tree.Member{
		{Name: "style", Value: &tree.Node{Kind: tree.String, Text: format.style}},
		{Name: "explode", Value: &tree.Node{Kind: tree.Bool, Text: strconv.FormatBool(format.explode)}},
	}}
}

// defaultStyles are the styles that apply if none is declared (OpenAPI 3,
// Parameter Object).
var defaultStyles = map[string]string{"path": "simple", "query": "form", "header": "simple", "cookie": "form"}

// locationStyles are the styles that a location knows (OpenAPI 3.2, Style Values); a
// parameter with another one has the default.
var locationStyles = map[string][]string{
	"path":   {"simple", "label", "matrix"},
	"query":  {"form", "spaceDelimited", "pipeDelimited", "deepObject"},
	"header": {"simple"},
	"cookie": {"form", "cookie"},
}

// collectionStyles are the styles equivalent to the collection formats of 2.0.
var collectionStyles = map[string]struct {
	style   string
	explode bool
}{
	"csv": {"", false}, "ssv": {"spaceDelimited", false}, "pipes": {"pipeDelimited", false}, "multi": {"form", true},
	"tsv": {"tabDelimited", false},
}

func (r *operationReader) parameter(n *tree.Node, home *Description) *Parameter {
	p := &Parameter{Name: n.Get("name").Str(), In: n.Get("in").Str(), Schema: n.Get("schema"), Node: n, Home: home}
	p.Required = n.Get("required").True() || p.In == "path"
	p.Style = defaultStyles[p.In]
	if style := n.Get("style").Str(); slices.Contains(locationStyles[p.In], style) {
		p.Style = style
	}
	p.Explode = p.Style == "form" || p.Style == "deepObject" || p.Style == "cookie"
	if explode := n.Get("explode"); explode != nil {
		p.Explode = explode.True()
	}
	p.AllowReserved = n.Get("allowReserved").True()
	p.AllowEmpty = p.In == "query" && n.Get("allowEmptyValue").True()
	if c := n.Get("content"); c != nil && len(c.Members) > 0 {
		p.ContentType, p.Schema = c.Members[0].Name, c.Members[0].Value.Get("schema")
	}
	if r.d.isSwagger() {
		p.Schema = n
		format := collectionStyles[n.Get("collectionFormat").Str()]
		p.Explode = format.explode
		if format.style != "" {
			p.Style = format.style
		}
	}
	return p
}

// Default returns the default of the parameter's schema.
func (p *Parameter) Default() (v any, ok bool) {
	n, home := p.Schema, p.Home
	for range maxReferences {
		if given := n.Get("default"); given != nil {
			v = given.Value()
			return v, v != nil
		}
		next, other, err := home.Follow(n)
		if err != nil || next == n {
			break
		}
		n, home = next, other
	}
	return nil, false
}

// Is reports whether the parameter has a name and a location.
func (p *Parameter) Is(name, in string) bool { return SameParameter(p.In, p.Name, in, name) }

// SameParameter reports whether two parameters are the same: header names are
// case-insensitive (RFC 9110 §5.1).
func SameParameter(in, name, otherIn, other string) bool {
	return in == otherIn && (name == other || in == "header" && strings.EqualFold(name, other))
}

// Undeclarable reports whether a parameter is a header that an operation cannot
// declare: it follows from the operation's content and security.
func Undeclarable(name, in string) bool {
	return in == "header" && slices.Contains(undeclarable, strings.ToLower(name))
}

var undeclarable = []string{"accept", "content-type", "authorization"}

// Framing reports whether a header says where a message ends. A step cannot set it:
// it follows from the body.
func Framing(header string) bool { return slices.Contains(framing, strings.ToLower(header)) }

var framing = []string{"content-length", "transfer-encoding", "trailer"}

// Supplied reports whether a parameter is supplied otherwise: as a credential
// (O12), as a header that every request has, or by the path template.
func (o *Operation) Supplied(p *Parameter) bool {
	if name := strings.ToLower(p.Name); p.In == "header" && (slices.Contains(ownHeaders, name) ||
		name == "authorization" && len(o.Security) > 0) {
		return true
	}
	if _, literal := o.QueryLiteral(p.Name); literal && p.In == "query" {
		return true
	}
	for _, alternative := range o.Security {
		for _, scheme := range alternative {
			if p.Is(scheme.ParamName, scheme.In) {
				return true
			}
		}
	}
	return false
}

// ownHeaders are the headers of every request, whatever a description declares.
var ownHeaders = []string{"accept", "content-type", "user-agent", "host", "content-length", "connection", "accept-encoding"}

// security returns the effective alternatives.
func (r *operationReader) security() [][]SecurityRequirement {
	n := r.entry.node.Get("security")
	if n == nil {
		n = r.d.root.Get("security")
	}
	if n == nil {
		return nil
	}
	var alternatives [][]SecurityRequirement
	for _, item := range n.Items {
		all := []SecurityRequirement{}
		for _, m := range item.Members {
			all = append(all, r.scheme(m.Name, m.Value))
		}
		alternatives = append(alternatives, all)
	}
	return alternatives
}

func (r *operationReader) schemes() *tree.Node {
	if r.d.isSwagger() {
		return r.d.root.Get("securityDefinitions")
	}
	return r.d.root.Get("components").Get("securitySchemes")
}

func (r *operationReader) scheme(name string, scopes *tree.Node) SecurityRequirement {
	n, home, err := r.d.Resolve(r.schemes().Get(name))
	if err != nil {
		n = nil
	}
	s := SchemeOf(name, n)
	s.Home = home
	for _, item := range scopes.Items {
		s.Scopes = append(s.Scopes, item.Str())
	}
	return s
}

// SchemeOf reads a Security Scheme Object; nil is one that is not known.
func SchemeOf(name string, n *tree.Node) SecurityRequirement {
	s := SecurityRequirement{Name: name, Node: n}
	if n == nil {
		return s
	}
	s.Type, s.Scheme = n.Get("type").Str(), strings.ToLower(n.Get("scheme").Str())
	switch s.Type {
	case "apiKey":
		s.In, s.ParamName = n.Get("in").Str(), n.Get("name").Str()
		return s
	case "basic":
		s.Type, s.Scheme = "http", "basic"
	}
	s.In, s.ParamName = "header", "Authorization"
	return s
}

// CredentialText returns what a scheme makes of a credential: "user:password" for http
// basic, else a key or a token.
func CredentialText(typ, httpScheme, credential string) string {
	switch {
	case typ == "http" && httpScheme == "basic":
		return "Basic " + base64.StdEncoding.EncodeToString([]byte(credential))
	case typ == "http" && httpScheme != "bearer" && httpScheme != "":
		return httpScheme + " " + credential
	case typ != "apiKey":
		return "Bearer " + credential
	}
	return credential
}

// SecurityScheme returns a security scheme that the description defines.
func (d *Description) SecurityScheme(name string) (s SecurityRequirement, ok bool) {
	r := operationReader{d: d}
	if schemes := r.schemes(); schemes == nil || schemes.Get(name) == nil {
		return s, false
	}
	return r.scheme(name, &tree.Node{}), true
}

// SecuritySchemes returns the security schemes that the description defines.
func (d *Description) SecuritySchemes() (list []SecurityRequirement) {
	r := operationReader{d: d}
	schemes := r.schemes()
	if schemes == nil {
		return nil
	}
	for _, m := range schemes.Members {
		list = append(list, r.scheme(m.Name, &tree.Node{}))
	}
	return list
}

// Response returns the response declared for a status: by its code, its class
// or default; nil if there is none.
func (o *Operation) Response(status int) *Response {
	code := strconv.Itoa(status)
	for _, want := range []string{code, code[:1] + "XX", "default"} {
		for _, r := range o.Responses {
			if r.Code == want {
				return r
			}
		}
	}
	return nil
}

// Described returns the description.Operation of an operation. Package description sets it,
// so that it has no public function for it.
var Described func(op *Operation) any

// OperationOf returns the operation of a description.Operation. Package description sets it.
var OperationOf func(described any) *Operation

// DescribedScheme returns the description.SecurityScheme of a scheme, likewise.
var DescribedScheme func(s SecurityRequirement) any

// Bodies returns the media types that the body of the response can be of; none if it has no
// body.
func (r *Response) Bodies() (list []*MediaType) {
	if n := r.Node.Get("schema"); n != nil && len(r.Content) == 0 {
		return []*MediaType{{Type: "application/json", Schema: n, Home: r.Home}} // 2.0 without "produces"
	}
	for _, m := range r.Content {
		if m.Schema != nil || m.Node != nil { // else it is what a 2.0 operation without a schema produces: nothing
			list = append(list, m)
		}
	}
	return list
}

// Examples returns the examples of a body of the response, those of the schema excepted.
func (r *Response) Examples(m *MediaType) (list []*tree.Node) {
	for _, e := range r.NamedExamples(m) {
		list = append(list, e.Value)
	}
	return list
}

// NamedExamples returns the examples of a body of the response by their names; one that has
// none, as those of 2.0, is "".
func (r *Response) NamedExamples(m *MediaType) (list []tree.Member) {
	if n := m.Node.Get("example"); n != nil {
		list = append(list, tree.Member{Value: n})
	}
	if named := m.Node.Get("examples"); named != nil {
		for _, member := range named.Members {
			n, _, err := m.Home.Resolve(member.Value)
			if err != nil {
				continue
			}
			for _, field := range []string{"dataValue", "value"} { // OpenAPI 3.2, 3.0
				if v := n.Get(field); v != nil {
					list = append(list, tree.Member{Name: member.Name, Value: v})
					break
				}
			}
		}
	}
	if n := r.Node.Get("examples").Get(m.Type); m.Node == nil && n != nil { // 2.0
		list = append(list, tree.Member{Value: n})
	}
	return list
}

// Header returns the Header Object of a response, its $ref followed, and the document that
// it is in; nil if there is none.
func (r *Response) Header(name string) (*tree.Node, *Description) {
	headers := r.Node.Get("headers")
	if headers == nil {
		return nil, nil
	}
	for _, m := range headers.Members {
		if strings.EqualFold(m.Name, name) {
			if n, home, err := r.Home.Resolve(m.Value); err == nil {
				return n, home
			}
		}
	}
	return nil, nil
}

// DeclaresJSON reports whether the operation declares JSON for a status, and nothing
// of a content type.
func (o *Operation) DeclaresJSON(status int, contentType string) bool {
	r := o.Response(status)
	return r != nil && slices.ContainsFunc(r.Content, func(m *MediaType) bool { return IsJSON(m.Type) }) &&
		!slices.ContainsFunc(r.Content, func(m *MediaType) bool { return within(contentType, m.Type) })
}

// DeclaresSuccess reports whether the operation declares the status, by its
// code or its class, as a success (2xx or 3xx).
func (o *Operation) DeclaresSuccess(status int) bool {
	r := o.Response(status)
	return r != nil && r.Code != "default" && (r.Code[0] == '2' || r.Code[0] == '3')
}

// DefaultContentType returns the content type of a body for which none is
// given: of several, JSON first, then +json, form, multipart, text; "" if none
// is declared.
func (o *Operation) DefaultContentType() string {
	if o.Body == nil || len(o.Body.Content) == 0 {
		return ""
	}
	rank := func(m *MediaType) int {
		t := baseType(m.Type)
		for i, matches := range []bool{t == "application/json", strings.HasSuffix(t, "+json"), t == formType, t == multipartType,
			strings.HasPrefix(t, "text/")} {
			if matches {
				return i
			}
		}
		return 5
	}
	best := o.Body.Content[0]
	for _, m := range o.Body.Content[1:] {
		if rank(m) < rank(best) {
			best = m
		}
	}
	if text, isRange := strings.CutSuffix(baseType(best.Type), "/*"); isRange {
		return cmp.Or(rangeDefaults[text], binaryType)
	}
	return best.Type
}

// rangeDefaults are the types that are sent where only a range is declared.
var rangeDefaults = map[string]string{"*": "application/json", "application": "application/json", "text": "text/plain",
	"multipart": multipartType}
