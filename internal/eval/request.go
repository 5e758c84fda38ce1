package eval

import (
	"cmp"
	"errors"
	"fmt"
	"strings"

	"github.com/gobelin-dev/gobelin/internal/openapi"
	"github.com/gobelin-dev/gobelin/internal/program"
	"github.com/gobelin-dev/gobelin/internal/stored"
	"github.com/gobelin-dev/gobelin/internal/uri"
	"github.com/gobelin-dev/gobelin/internal/value"
)

// Request makes the request of a step, in the exchange.
func (e *Evaluator) Request(s *program.Step) error {
	e.Exchange.Reuse(s.Operation.Method)
	values := e.values[:0]
	if e.Exchange.Sent == nil {
		e.Exchange.Sent = make([]Argument, 0, len(s.Arguments))
	}
	e.Begin()
	for i := range s.Arguments {
		a := &s.Arguments[i]
		v, ok := e.valueIn(s.Binding.ContentType(i), &a.Value)
		if err := e.Incomplete(); err != nil {
			return fmt.Errorf("the %s parameter %q: %w", a.In, a.Name, err)
		}
		if a.Scheme != nil {
			text, err := credential(a, v)
			if err != nil {
				return err
			}
			v = text
		}
		values = append(values, openapi.Value{V: v, OK: ok, Order: a.Value.Order})
		if !ok {
			continue
		}
		e.Exchange.Sent = append(e.Exchange.Sent, Argument{Name: a.Name, In: a.In, Value: stored.Value{V: v, Set: true}})
		e.Scope.Learn(v, a.Secrets)
	}
	e.values = values
	payload, err := e.payload(s)
	if err != nil {
		return err
	}
	request, err := s.Binding.Build(values, payload)
	if err != nil {
		return explain(s, err)
	}
	e.Exchange.Target, e.Exchange.Header, e.Exchange.Request = request.URL, request.Header, request.Body
	return nil
}

// credential returns what an argument of x-security is sent as. One with a missing
// part is not left out, as other arguments are: the request would go without it.
func credential(a *program.Argument, v any) (string, error) {
	parts, _ := v.([]any)
	texts := make([]string, len(parts))
	for i, part := range parts {
		if part == nil {
			return "", fmt.Errorf("the %s %q of x-security has no value: %s is missing or null", a.In, a.Name, a.Value.Items[i].Source())
		}
		texts[i] = value.Text(part)
	}
	text := openapi.CredentialText(a.Scheme.Type, a.Scheme.Scheme, strings.Join(texts, ":"))
	if a.In == "cookie" {
		text = uri.CookieValue(text)
	}
	return text, nil
}

// payload evaluates the request body (O8, O10); nil when the step has none.
func (e *Evaluator) payload(s *program.Step) (*openapi.Payload, error) {
	b := s.Body
	if b == nil {
		return nil, nil
	}
	if !s.Decl.RequestBody.Payload.Exists() {
		if len(b.Replacements) > 0 {
			return nil, errors.New("the step's requestBody has replacements, and no payload to replace anything in")
		}
		if s.Operation.Body != nil && s.Operation.Body.Required {
			return nil, errors.New("the operation requires a request body, and the step's requestBody has no payload")
		}
		return nil, nil
	}
	v, text, ok := e.payloadValue(b, s.Operation.Body.Media(b.ContentType))
	err := e.Incomplete()
	switch {
	case err != nil:
		return nil, fmt.Errorf("the payload: %w", err)
	case !ok:
		return nil, fmt.Errorf("the payload has no value: %s is missing", cmp.Or(b.Payload.Source(), "what it is made of"))
	}
	order := b.Payload.Order
	if text != nil && len(b.Replacements) > 0 {
		order = value.OrderOf(text) // of a sequence nothing is known
	}
	files := filePlaces{at: map[string]bool{}}
	var mayHave bool
	if files.fileDepth, mayHave = fileDepthOf(b.ContentType); mayHave {
		files.add("", &b.Payload, 0)
	}
	for i := range b.Replacements {
		r := &b.Replacements[i]
		if e.Unknown.hides(v, r) {
			e.Scope.Note("missing-value", r.Place, "what is replaced is a part of a value that only the run will bring, or depends on it")
			continue
		}
		with, ok := e.Value(&r.Value)
		if err = e.Incomplete(); err != nil {
			return nil, fmt.Errorf("replacement: %w", err)
		}
		targets, err := r.Targets(v)
		if err == nil && ok {
			for _, target := range targets {
				order = order.With(v, target, r.Value.Order)
			}
		}
		if err == nil {
			v, err = r.Apply(v, targets, with, ok)
		}
		if err != nil {
			return nil, fmt.Errorf("replacement: %w", err)
		}
		if mayHave {
			for _, target := range targets {
				files.replace(v, target, &r.Value)
			}
		}
	}
	e.Exchange.Payload = stored.Value{V: v, Set: true}
	e.Scope.Learn(v, b.Secrets)
	if text != nil && len(b.Replacements) == 0 {
		v = text
	} else if e.Unknown.Is(v) && !openapi.IsJSON(b.ContentType) {
		v = []byte(value.Text(v)) // whatever it is that the body is made of
	} else if v, err = e.withFiles(b.ContentType, v, files); err != nil {
		return nil, err
	}
	return &openapi.Payload{ContentType: b.ContentType, Value: v, Order: order}, nil
}

// payloadValue evaluates a payload. Text that is JSON is taken as the JSON that
// it is, with embedded expressions quoted as their place requires, and is also
// returned as the text that is sent (O8). The texts of a form or a multipart body
// are each of their own type. A form given as text is taken apart where
// something in it is to be replaced (O10).
func (e *Evaluator) payloadValue(b *program.Body, media *openapi.MediaType) (v any, text []byte, ok bool) {
	constant, isText := b.Payload.Constant.(string)
	isText = isText && b.Payload.Kind == program.Constant
	isJSON := openapi.IsJSON(b.ContentType)
	if (isJSON || openapi.IsSequence(b.ContentType)) && (isText || b.Payload.Kind == program.Interpolation) {
		valid := false
		if isText {
			text = []byte(constant)
			decoded, err := openapi.DecodeJSON(b.ContentType, text)
			v, ok, valid = decoded, true, err == nil
		} else {
			v, text, ok, valid = e.jsonPayload(b)
		}
		if valid {
			return v, text, ok
		}
		as := "a JSON string"
		if !isJSON {
			as = "it is"
		}
		e.Scope.Note("payload-text", b.Place, "the payload is text that is not JSON; it is sent as "+as)
	}
	if b.Payload.Kind == program.Object && (openapi.IsForm(b.ContentType) || openapi.IsMultipart(b.ContentType)) {
		v, ok = e.object(&b.Payload, media.PartType), true
	} else {
		v, ok = e.valueIn(b.ContentType, &b.Payload)
	}
	if form, isText := v.(string); isText && len(b.Replacements) > 0 && openapi.IsForm(b.ContentType) {
		v = openapi.ParseForm(form)
	}
	return v, nil, ok
}
