package openapi

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/gobelin-dev/gobelin/internal/uri"
	"github.com/gobelin-dev/gobelin/internal/value"
	"golang.org/x/net/http/httpguts"
)

// An ArgKey names an argument: a parameter's name and location.
type ArgKey struct{ Name, In string }

// A Value is the value of an argument; OK is false if it is missing.
type Value struct {
	V     any
	OK    bool
	Order *value.Order // of its members
}

// A Payload is the body of a request before it is encoded.
type Payload struct {
	ContentType string
	Value       any // a JSON value, text, or []byte
	Order       *value.Order
}

// A Request is ready to be sent.
type Request struct {
	Method, URL string
	Header      http.Header
	Body        []byte // nil: none
}

// AddQuery appends name=value, already escaped, to the query.
func (r *Request) AddQuery(pair string) { r.URL = withQuery(r.URL, pair) }

// AddCookie appends name=value to the Cookie header.
func (r *Request) AddCookie(pair string) {
	if there := r.Header.Get("Cookie"); there != "" {
		pair = there + "; " + pair
	}
	r.Header.Set("Cookie", pair)
}

// A File is the content of a file as a part of a multipart body.
type File struct {
	Name string
	Data []byte
}

// A Binding is an operation with the arguments that its requests will have. It
// is immutable and safe for concurrent use.
type Binding struct {
	operation  *Operation
	params     []*Parameter // parallel to the keys
	undeclared []int
	path       []segment
	pairs      []pair       // of the query that the path has
	placed     []bool       // arguments that are written in pairs; nil: none
	dots       int          // segments of the path that are .. or . as written
	required   []*Parameter // declared as required, and not among the keys
	accept     string
	headers    []string // the canonical names of header parameters, parallel to the keys; "": not sent
	fields     int      // how many header fields a request may have
}

// Bind checks the arguments against the operation. The error reports a path
// parameter that is not in the template, or a template variable without an
// argument.
func (o *Operation) Bind(keys []ArgKey) (*Binding, error) {
	b := &Binding{operation: o, accept: o.accept(), headers: make([]string, len(keys)),
		fields: 3} // Accept, Accept-Encoding and Content-Type
	for i, key := range keys {
		p := o.parameter(key)
		if p == nil {
			p = &Parameter{Name: key.Name, In: key.In, Style: defaultStyles[key.In], Explode: defaultStyles[key.In] == "form",
				Required: key.In == "path"}
			b.undeclared = append(b.undeclared, i)
		}
		b.params = append(b.params, p)
		if key.In == "header" {
			if !Framing(p.Name) {
				b.headers[i] = http.CanonicalHeaderKey(p.Name)
			}
			b.fields++
		}
		if key.In == "path" && !o.HasPathVariable(key.Name) {
			return nil, fmt.Errorf("the path has no {%s}", key.Name)
		}
	}
	for _, p := range o.Parameters {
		if p.Required && p.In != "path" && !slices.Contains(b.params, p) {
			b.required = append(b.required, p)
		}
	}
	return b, b.template(keys)
}

func (o *Operation) parameter(key ArgKey) *Parameter {
	for _, p := range o.Parameters {
		if p.Is(key.Name, key.In) {
			return p
		}
	}
	return nil
}

// Credential makes an argument a credential: it is written as it is, whatever the
// operation declares under its name. It is for whoever binds.
func (b *Binding) Credential(i int) {
	p := &Parameter{Name: b.params[i].Name, In: b.params[i].In, Style: defaultStyles[b.params[i].In]}
	if p.In == "cookie" {
		p.Style = "cookie"
	}
	b.params[i] = p
}

// Undeclared returns the indexes of the arguments that the operation does not
// declare; they are sent in the default style.
func (b *Binding) Undeclared() []int { return b.undeclared }

// ContentType returns the media type in which an argument is written, "" for one
// that has a style.
func (b *Binding) ContentType(i int) string {
	if p := b.params[i]; p.ContentType != "" || p.In != "querystring" {
		return p.ContentType
	}
	return formType
}

// Required returns the parameters that the operation requires and that have no
// argument.
func (b *Binding) Required() []*Parameter { return b.required }

// accept returns the Accept header: the types that the operation's responses
// declare, with their parameters, JSON first.
func (o *Operation) accept() string {
	var types []string
	for _, r := range o.Responses {
		for _, m := range r.Content {
			known := func(t string) bool { return strings.EqualFold(t, m.Type) }
			if !slices.ContainsFunc(types, known) && httpguts.ValidHeaderFieldValue(m.Type) {
				types = append(types, m.Type)
			}
		}
	}
	slices.SortStableFunc(types, func(a, b string) int {
		switch x, y := IsJSON(a), IsJSON(b); {
		case x == y:
			return 0
		case x:
			return -1
		}
		return 1
	})
	if len(types) == 0 {
		return "*/*"
	}
	return strings.Join(types, ", ")
}

// Build makes the request; its URL follows the server's, as [BaseURL] returns
// it. values are parallel to the keys of Bind; payload is nil for a request
// without a body.
func (b *Binding) Build(values []Value, payload *Payload) (Request, error) {
	r := Request{Method: b.operation.Method, Header: make(http.Header, b.fields)}
	lines := make([]string, 0, b.fields)
	set := func(name, text string) {
		lines = append(lines, text)
		n := len(lines)
		r.Header[name] = lines[n-1 : n : n]
	}
	set("Accept", b.accept)
	set("Accept-Encoding", "gzip") // net/http would add it, undo the coding, and hide that there was one
	url, query := make([]byte, 0, 128), make([]byte, 0, 64)
	dots := b.dots
	for _, s := range b.path {
		if s.argument < 0 {
			url = append(url, s.text...)
			continue
		}
		text, err := b.pathValue(s, values[s.argument])
		if err != nil {
			return Request{}, err
		}
		if s.whole && text == "." {
			dots++ // of the style label
		}
		url = append(url, text...)
	}
	var cookies []string
	query, err := b.appendPairs(query, values)
	if err != nil {
		return Request{}, err
	}
	for i, p := range b.params {
		if b.placed != nil && b.placed[i] {
			continue
		}
		written := p.In == "path"
		before := len(query)
		switch {
		case !values[i].OK:
		case p.In == "query":
			query = appendQuery(query, p, values[i])
			written = len(query) > before
		case p.In == "querystring":
			var err error
			if query, err = appendQueryString(query, b.ContentType(i), values[i]); err != nil {
				return Request{}, err
			}
			written = len(query) > before
		case p.In == "cookie":
			text, err := cookie(p, values[i])
			if err != nil {
				return Request{}, err
			}
			if written = text != ""; written {
				cookies = append(cookies, text)
			}
		case p.In == "header":
			text, ok, err := headerText(p, values[i])
			if err != nil {
				return Request{}, err
			}
			if written = ok; ok && b.headers[i] != "" {
				set(b.headers[i], text)
			}
		}
		switch {
		case written || !p.Required:
		case values[i].OK && p.AllowEmpty:
			query = append(append(between(query), escapeAll.name(p.Name)...), '=')
		default:
			return Request{}, p.noValue(i, values[i])
		}
	}
	if cookies != nil {
		r.AddCookie(strings.Join(cookies, "; "))
	}
	if len(query) > 0 {
		url = append(append(url, '?'), query...)
	}
	r.URL = string(url)
	if err := b.checkTarget(r.URL, dots); err != nil {
		return Request{}, err
	}
	return r, b.body(&r, payload)
}

// pathValue writes a value into the path. A value that would change the path,
// such as an empty segment, . or .., is rejected.
func (b *Binding) pathValue(s segment, v Value) (string, error) {
	p, escape := b.params[s.argument], escapeAll
	switch {
	case s.reserved:
		escape = escapePath
	case p.AllowReserved:
		escape = escapeSegment
	}
	text := expand(p, v, escape)
	empty := text == "" && (s.whole || v.V != any(""))
	if !v.OK || empty || s.whole && (text == ".." || text == "." && p.Style != "label") {
		return "", p.noValue(s.argument, v)
	}
	return text, nil
}

func appendQuery(query []byte, p *Parameter, v Value) []byte {
	escape := escapeAll
	if p.AllowReserved {
		escape = escapeReserved
	}
	if st := p.style(); p.isPlain(v) && st.named && st.first == "" && !st.bareEmpty {
		query = append(append(between(query), escape.name(p.Name)...), '=')
		if n, ok := v.V.(int64); ok {
			return strconv.AppendInt(query, n, 10)
		}
		return append(query, escape.value(v.V.(string))...)
	}
	text := expand(p, v, escape)
	if text == "" {
		return query
	}
	return append(between(query), text...)
}

// between returns the separator after what a query already contains.
func between(query []byte) []byte {
	if len(query) == 0 {
		return query
	}
	return append(query, '&')
}

// cookie writes a cookie. The style cookie escapes nothing (OpenAPI 3.2, Style
// Values), and neither does content of text (3.1.1, Appendix D), so that text which
// would begin another cookie is rejected.
func cookie(p *Parameter, v Value) (string, error) {
	if p.Style != "cookie" && !strings.HasPrefix(baseType(p.ContentType), "text/") {
		escape := escapeAll
		if p.AllowReserved {
			escape = escaping{uri.Encode, encodeCookie}
		}
		return expand(p, v, escape), nil
	}
	for _, it := range p.items(v, escapeNothing) {
		if text := it.name + it.text; strings.Contains(text, ";") || !httpguts.ValidHeaderFieldValue(text) {
			return "", fmt.Errorf("the cookie %q has characters that a cookie cannot have; escape it", p.Name)
		}
	}
	return expand(p, v, escapeNothing), nil
}

// appendQueryString uses a value as the whole query (OpenAPI 3.2, Parameter
// Locations): text as it is, for Arazzo takes it for that; an object by its
// members in a form, or as its media type has it. All but a form is escaped as a whole.
func appendQueryString(query []byte, contentType string, v Value) ([]byte, error) {
	text, isText := v.V.(string)
	if v.V == nil {
		return query, nil
	}
	if !IsForm(contentType) {
		if !isText {
			text = contentText(contentType, v)
		}
		if text == "" {
			return query, nil
		}
		return append(between(query), uri.Encode(text)...), nil
	}
	if !isText {
		form, err := encodeForm(v, nil)
		if err != nil {
			return nil, fmt.Errorf("the query string: %w", err)
		}
		text = string(form)
	}
	text = strings.TrimPrefix(text, "?")
	if text == "" {
		return query, nil
	}
	return append(between(query), uri.PercentOnce(text, querySet)...), nil
}

func withQuery(url, query string) string {
	switch {
	case query == "":
		return url
	case strings.Contains(url, "?"):
		return url + "&" + query
	}
	return url + "?" + query
}

// headerText rejects text that would end the header field; ok is false for an
// undefined value.
func headerText(p *Parameter, v Value) (text string, ok bool, err error) {
	text, plain := p.plain(v)
	if !plain || p.style().first != "" {
		if len(p.items(v, escapeNothing)) == 0 {
			return "", false, nil
		}
		text = expand(p, v, escapeNothing)
	}
	if !httpguts.ValidHeaderFieldName(p.Name) {
		return "", false, fmt.Errorf("%q is not a valid header name", p.Name)
	}
	if !httpguts.ValidHeaderFieldValue(text) {
		return "", false, fmt.Errorf("the value of header %q has characters that a header cannot have", p.Name)
	}
	return text, true, nil
}

func (b *Binding) body(r *Request, payload *Payload) error {
	if payload == nil {
		return nil
	}
	contentType := payload.ContentType
	if given := r.Header.Get("Content-Type"); given != "" {
		contentType = given
	}
	media := b.operation.Body.Media(contentType)
	v, err := media.filled(Value{payload.Value, true, payload.Order})
	if err != nil {
		return err
	}
	body, contentType, err := encodeBody(contentType, v, media)
	if err != nil {
		return err
	}
	if !httpguts.ValidHeaderFieldValue(contentType) {
		return fmt.Errorf("the content type %q has characters that a header cannot have", contentType)
	}
	r.Body = body
	r.Header.Set("Content-Type", contentType)
	return nil
}
