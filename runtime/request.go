package runtime

import (
	"cmp"
	"errors"
	"fmt"

	"github.com/gobelin-dev/gobelin/internal/openapi"
	"github.com/gobelin-dev/gobelin/internal/value"
)

// build makes the request of the current step from what is known now.
func (x *Execution) build(f *frame, s *step) error {
	f.Exchange = f.newExchange(s.operation.Method)
	server, err := x.server(s)
	if err != nil {
		return err
	}
	addUserinfo(&x.secrets, server)
	values := x.values[:0]
	if f.Exchange.Sent == nil {
		f.Exchange.Sent = make([]sent, 0, len(s.arguments))
	}
	x.hole = ""
	for i := range s.arguments {
		a := &s.arguments[i]
		v, ok := x.value(f, &a.value)
		if err := x.incomplete(); err != nil {
			return fmt.Errorf("the %s parameter %q: %w", a.in, a.name, err)
		}
		values = append(values, openapi.Value{V: v, OK: ok, Order: a.value.names})
		if !ok {
			continue
		}
		f.Exchange.Sent = append(f.Exchange.Sent, sent{Name: a.name, In: a.in, Value: boxed{v, true}})
		x.learn(v, a.secrets)
	}
	x.values = values
	payload, err := x.payload(f, s)
	if err != nil {
		return err
	}
	request, err := s.binding.Build(server, values, payload)
	if err != nil {
		return explain(s, err)
	}
	if err := x.authenticate(s, &request); err != nil {
		return err
	}
	f.Exchange.URL, f.Exchange.Header, f.Exchange.Request = request.URL, request.Header, request.Body
	return nil
}

// server is the base URL of the step's operation (O11).
func (x *Execution) server(s *step) (string, error) {
	if url, ok := x.Settings.Servers[s.source.name]; ok {
		return x.baseURL(url)
	}
	url := "/"
	if len(s.operation.Servers) > 0 {
		var err error
		if url, err = s.operation.Servers[0].Resolve(x.Settings.ServerVariables); err != nil {
			return "", err
		}
	}
	if !isURL(url) {
		return "", fmt.Errorf("source %q declares no absolute server URL (found %q); set Settings.Servers[%[1]q]", s.source.name, url)
	}
	return x.baseURL(url)
}

// baseURL is [openapi.BaseURL], which most steps of a run ask for one URL.
func (x *Execution) baseURL(server string) (url string, err error) {
	if server != x.base.given {
		if url, err = openapi.BaseURL(server); err != nil {
			return "", err
		}
		x.base.given, x.base.url = server, url
	}
	return x.base.url, nil
}

// payload evaluates the request body (O8, O10); nil when the step has none.
func (x *Execution) payload(f *frame, s *step) (*openapi.Payload, error) {
	b := s.body
	if b == nil {
		return nil, nil
	}
	if s.decl.RequestBody.Payload == nil && len(b.replacements) == 0 {
		if s.operation.Body != nil && s.operation.Body.Required {
			return nil, errors.New("the operation requires a request body, and the step's requestBody has no payload")
		}
		return nil, nil
	}
	v, text, ok := x.payloadValue(f, b)
	err := x.incomplete()
	switch {
	case err != nil:
		return nil, fmt.Errorf("the payload: %w", err)
	case !ok:
		return nil, fmt.Errorf("the payload has no value: %s is missing", cmp.Or(b.payload.source(), "what it is made of"))
	}
	for i := range b.replacements {
		r := &b.replacements[i]
		with, ok := x.value(f, &r.value)
		if err = x.incomplete(); err != nil {
			return nil, fmt.Errorf("replacement: %w", err)
		}
		if v, err = r.apply(v, with, ok); err != nil {
			return nil, fmt.Errorf("replacement: %w", err)
		}
	}
	f.Exchange.Payload = boxed{v, true}
	x.learn(v, b.secrets)
	if text != nil && len(b.replacements) == 0 {
		v = text
	} else if v, err = x.withFiles(b.contentType, v); err != nil {
		return nil, err
	}
	return &openapi.Payload{ContentType: b.contentType, Value: v, Order: b.payload.names}, nil
}

// apply replaces what the target names (O10); a member whose value is missing is
// left out, as one of a payload is.
func (r *replacement) apply(v, with any, ok bool) (any, error) {
	switch {
	case r.xpath != nil && !ok:
		return nil, fmt.Errorf("%s is missing; a part of a text cannot be left out", r.value.source())
	case r.xpath != nil:
		return r.xpath.Set(value.Text(v), value.Text(with))
	case !ok:
		with = leftOut{}
	}
	if r.query == nil {
		return r.replace(v, r.pointer, with)
	}
	places := r.query.Locate(v)
	if len(places) == 0 {
		return nil, fmt.Errorf("%s selects nothing in the payload", r.query)
	}
	var err error
	for _, place := range places {
		tokens := make([]string, len(place))
		for i := range place {
			tokens[i] = fmt.Sprint(place[i])
		}
		if v, err = r.replace(v, tokens, with); err != nil {
			return nil, err
		}
	}
	return v, nil
}

// leftOut is in place of a value that is missing.
type leftOut struct{}

// payloadValue evaluates a payload. Text that is JSON is taken as the JSON that
// it is, with embedded expressions quoted as their place demands, and comes back
// as the text that is sent, too (O8). A form given as text is taken apart where
// something in it is to be replaced (O10).
func (x *Execution) payloadValue(f *frame, b *body) (v any, text []byte, ok bool) {
	constant, isText := b.payload.constant.(string)
	isText = isText && b.payload.kind == constantOperand
	if openapi.IsJSON(b.contentType) && (isText || b.payload.kind == templateOperand) {
		isJSON := false
		if isText {
			text = []byte(constant)
			decoded, err := value.Decode(text)
			v, ok, isJSON = decoded, true, err == nil
		} else {
			v, text, ok, isJSON = x.jsonPayload(f, b)
		}
		if isJSON {
			return v, text, ok
		}
		x.raise(f, "payload-text", b.place, "the payload is text that is no JSON; it is sent as a JSON string")
	}
	v, ok = x.value(f, &b.payload)
	if form, isText := v.(string); isText && len(b.replacements) > 0 && openapi.IsForm(b.contentType) {
		v = openapi.ParseForm(form)
	}
	return v, nil, ok
}

// replace returns v with another value at a JSON Pointer (O10): a missing last
// member is created, "-" appends. v itself is not changed.
func (r *replacement) replace(v any, tokens []string, with any) (any, error) {
	if len(tokens) == 0 {
		if with == any(leftOut{}) {
			return nil, fmt.Errorf("%s is missing; only a member of an object can be left out", r.value.source())
		}
		return with, nil
	}
	token := tokens[0]
	switch v := v.(type) {
	case map[string]any:
		child, ok := v[token]
		if !ok && len(tokens) > 1 {
			return nil, fmt.Errorf("the payload has no %q to look into", token)
		}
		out := make(map[string]any, len(v)+1)
		for name, member := range v {
			out[name] = member
		}
		if len(tokens) == 1 && with == any(leftOut{}) {
			delete(out, token)
			return out, nil
		}
		changed, err := r.replace(child, tokens[1:], with)
		if err != nil {
			return nil, err
		}
		out[token] = changed
		return out, nil
	case []any:
		i, ok := value.Index(token)
		if token == "-" && len(tokens) == 1 {
			i, ok = len(v), true
			v = append(v[:len(v):len(v)], nil)
		}
		if !ok || i >= len(v) {
			return nil, fmt.Errorf("an array of %d has no element %q", len(v), token)
		}
		changed, err := r.replace(v[i], tokens[1:], with)
		if err != nil {
			return nil, err
		}
		out := append([]any(nil), v...)
		out[i] = changed
		return out, nil
	}
	return nil, fmt.Errorf("the target leads to %q inside a value that is neither an object nor an array", token)
}

// send gives the command for the request that was built.
func (x *Execution) send(f *frame) *Send {
	s, e := x.step(f), f.Exchange
	return &Send{WorkflowID: x.workflow(f).id, StepID: s.id, Method: e.Method, URL: e.URL, Header: e.Header, Body: e.Request, FollowRedirects: s.redirects, Timeout: s.timeout}
}
