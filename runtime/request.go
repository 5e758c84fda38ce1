package runtime

import (
	"cmp"
	"errors"
	"fmt"

	"github.com/gobelin-dev/gobelin/internal/openapi"
	"github.com/gobelin-dev/gobelin/internal/program"
	"github.com/gobelin-dev/gobelin/internal/value"
)

// build makes the request of the current step from what is known now.
func (x *Execution) build(f *frame, s *program.Step) error {
	f.Exchange = f.newExchange(s.Operation.Method)
	values := x.values[:0]
	if f.Exchange.Sent == nil {
		f.Exchange.Sent = make([]sent, 0, len(s.Arguments))
	}
	x.hole = ""
	for i := range s.Arguments {
		a := &s.Arguments[i]
		v, ok := x.value(f, &a.Value)
		if err := x.incomplete(); err != nil {
			return fmt.Errorf("the %s parameter %q: %w", a.In, a.Name, err)
		}
		values = append(values, openapi.Value{V: v, OK: ok, Order: a.Value.Names})
		if !ok {
			continue
		}
		f.Exchange.Sent = append(f.Exchange.Sent, sent{Name: a.Name, In: a.In, Value: boxed{v, true}})
		x.learn(v, a.Secrets)
	}
	x.values = values
	payload, err := x.payload(f, s)
	if err != nil {
		return err
	}
	request, err := s.Binding.Build(values, payload)
	if err != nil {
		return explain(s, err)
	}
	f.Exchange.Target, f.Exchange.Header, f.Exchange.Request = request.URL, request.Header, request.Body
	return nil
}

// payload evaluates the request body (O8, O10); nil when the step has none.
func (x *Execution) payload(f *frame, s *program.Step) (*openapi.Payload, error) {
	b := s.Body
	if b == nil {
		return nil, nil
	}
	if !s.Decl.RequestBody.Payload.Exists() && len(b.Replacements) == 0 {
		if s.Operation.Body != nil && s.Operation.Body.Required {
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
		return nil, fmt.Errorf("the payload has no value: %s is missing", cmp.Or(b.Payload.Source(), "what it is made of"))
	}
	for i := range b.Replacements {
		r := &b.Replacements[i]
		with, ok := x.value(f, &r.Value)
		if err = x.incomplete(); err != nil {
			return nil, fmt.Errorf("replacement: %w", err)
		}
		if v, err = substituted(r, v, with, ok); err != nil {
			return nil, fmt.Errorf("replacement: %w", err)
		}
	}
	f.Exchange.Payload = boxed{v, true}
	x.learn(v, b.Secrets)
	if text != nil && len(b.Replacements) == 0 {
		v = text
	} else if v, err = x.withFiles(b.ContentType, v); err != nil {
		return nil, err
	}
	return &openapi.Payload{ContentType: b.ContentType, Value: v, Order: b.Payload.Names}, nil
}

// substituted replaces what the target of a replacement names (O10); a member whose value is missing is
// left out, as one of a payload is.
func substituted(r *program.Replacement, v, with any, ok bool) (any, error) {
	switch {
	case r.XPath != nil && !ok:
		return nil, fmt.Errorf("%s is missing; a part of a text cannot be left out", r.Value.Source())
	case r.XPath != nil:
		return r.XPath.Set(value.Text(v), value.Text(with))
	case !ok:
		with = leftOut{}
	}
	if r.Query == nil {
		return replace(r, v, r.Pointer, with)
	}
	places := r.Query.Locate(v)
	if len(places) == 0 {
		return nil, fmt.Errorf("%s selects nothing in the payload", r.Query)
	}
	var err error
	for _, place := range places {
		tokens := make([]string, len(place))
		for i := range place {
			tokens[i] = fmt.Sprint(place[i])
		}
		if v, err = replace(r, v, tokens, with); err != nil {
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
func (x *Execution) payloadValue(f *frame, b *program.Body) (v any, text []byte, ok bool) {
	constant, isText := b.Payload.Constant.(string)
	isText = isText && b.Payload.Kind == program.Constant
	if openapi.IsJSON(b.ContentType) && (isText || b.Payload.Kind == program.Interpolation) {
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
		x.raise(f, "payload-text", b.Place, "the payload is text that is no JSON; it is sent as a JSON string")
	}
	v, ok = x.value(f, &b.Payload)
	if form, isText := v.(string); isText && len(b.Replacements) > 0 && openapi.IsForm(b.ContentType) {
		v = openapi.ParseForm(form)
	}
	return v, nil, ok
}

// replace returns v with another value at a JSON Pointer (O10): a missing last
// member is created, "-" appends. v itself is not changed.
func replace(r *program.Replacement, v any, tokens []string, with any) (any, error) {
	if len(tokens) == 0 {
		if with == any(leftOut{}) {
			return nil, fmt.Errorf("%s is missing; only a member of an object can be left out", r.Value.Source())
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
		changed, err := replace(r, child, tokens[1:], with)
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
		changed, err := replace(r, v[i], tokens[1:], with)
		if err != nil {
			return nil, err
		}
		out := append([]any(nil), v...)
		out[i] = changed
		return out, nil
	}
	return nil, fmt.Errorf("the target leads to %q inside a value that is neither an object nor an array", token)
}

// send is the command for the request that was built.
func (x *Execution) send(f *frame) *Send {
	s, e := x.step(f), f.Exchange
	return &Send{WorkflowID: x.workflow(f).ID, StepID: s.ID, Source: s.Source.Qualified, Operation: cmp.Or(s.Operation.ID, s.Label),
		Server: serverOf(s), Method: e.Method, Target: e.Target, Header: e.Header, Body: e.Request, Security: x.security[s],
		FollowRedirects: s.Redirects, Timeout: s.Timeout}
}
