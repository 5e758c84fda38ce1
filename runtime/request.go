package runtime

import (
	"fmt"
	"strings"

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
	for i := range s.arguments {
		a := &s.arguments[i]
		v, ok := x.value(f, &a.value)
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
		return err
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
		return strings.TrimSuffix(url, "/"), nil
	}
	url := "/"
	if len(s.operation.Servers) > 0 {
		var err error
		if url, err = s.operation.Servers[0].Resolve(x.Settings.ServerVariables); err != nil {
			return "", err
		}
	}
	if !isURL(url) {
		return "", fmt.Errorf("the description of source %q gives no server to send to, but %q; give one with --server %s=URL (Settings.Servers)", s.source.name, url, s.source.name)
	}
	return strings.TrimSuffix(url, "/"), nil
}

// payload evaluates the request body (O8, O10); nil when the step has none.
func (x *Execution) payload(f *frame, s *step) (*openapi.Payload, error) {
	b := s.body
	if b == nil {
		return nil, nil
	}
	v, text, ok := x.payloadValue(f, b)
	if !ok {
		return nil, fmt.Errorf("the payload %s has no value", b.payload.ref.text)
	}
	var err error
	for i := range b.replacements {
		r := &b.replacements[i]
		with, _ := x.value(f, &r.value)
		v, err = r.apply(v, with)
		if err != nil {
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

// apply replaces what the target names (O10).
func (r *replacement) apply(v, with any) (any, error) {
	switch {
	case r.xpath != nil:
		return r.xpath.Set(value.Text(v), value.Text(with))
	case r.query == nil:
		return replace(v, r.pointer, with)
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
		if v, err = replace(v, tokens, with); err != nil {
			return nil, err
		}
	}
	return v, nil
}

// payloadValue evaluates a payload. Text that is JSON is taken as the JSON that
// it is, with embedded expressions quoted as their place demands, and comes back
// as the text that is sent, too (O8). A form given as text is taken apart where
// something in it is to be replaced (O10).
func (x *Execution) payloadValue(f *frame, b *body) (v any, text []byte, ok bool) {
	if !openapi.IsJSON(b.contentType) {
		v, ok = x.value(f, &b.payload)
		if form, isText := v.(string); isText && len(b.replacements) > 0 && openapi.IsForm(b.contentType) {
			v = openapi.ParseForm(form)
		}
		return v, nil, ok
	}
	constant, isText := b.payload.constant.(string)
	switch {
	case b.payload.kind == templateOperand:
		text = x.appendJSONText(f, b)
	case b.payload.kind == constantOperand && isText:
		text = []byte(constant)
	default:
		v, ok = x.value(f, &b.payload)
		return v, nil, ok
	}
	v, err := value.Decode(text)
	if err != nil {
		x.raise(f, "payload-text", b.place, "the payload is text that is no JSON; it is sent as a JSON string")
		v, ok = x.value(f, &b.payload)
		return v, nil, ok
	}
	return v, text, true
}

// appendJSONText interpolates a JSON text: inside of a string the value's text
// is escaped, elsewhere the value stands as JSON.
func (x *Execution) appendJSONText(f *frame, b *body) []byte {
	var dst []byte
	inString, n := false, 0
	for _, part := range b.payload.template.parsed.Parts {
		if part.Expr == nil {
			dst = append(dst, part.Literal...)
			inString = value.InStringAfter(inString, part.Literal)
			continue
		}
		r := &b.payload.template.refs[n]
		n++
		v, ok := x.look(f, r)
		if !ok {
			x.missing(f, r.text, b.place)
		}
		if inString {
			if ok {
				quoted := value.AppendString(nil, value.Text(v))
				dst = append(dst, quoted[1:len(quoted)-1]...)
			}
			continue
		}
		dst = value.AppendJSON(dst, v)
	}
	return dst
}

// replace returns v with another value at a JSON Pointer (O10): a missing last
// member is created, "-" appends. v itself is not changed.
func replace(v any, tokens []string, with any) (any, error) {
	if len(tokens) == 0 {
		return with, nil
	}
	token := tokens[0]
	switch v := v.(type) {
	case map[string]any:
		child, ok := v[token]
		if !ok && len(tokens) > 1 {
			return nil, fmt.Errorf("the payload has no %q to look into", token)
		}
		changed, err := replace(child, tokens[1:], with)
		if err != nil {
			return nil, err
		}
		out := make(map[string]any, len(v)+1)
		for name, member := range v {
			out[name] = member
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
		changed, err := replace(v[i], tokens[1:], with)
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
