package runtime

import (
	"maps"
	"slices"

	"github.com/gobelin-dev/gobelin/internal/openapi"
	"github.com/gobelin-dev/gobelin/internal/program"
	"github.com/gobelin-dev/gobelin/internal/secret"
	"github.com/gobelin-dev/gobelin/internal/value"
)

// shownInputs are the inputs of a workflow for an event.
func (x *Execution) shownInputs(w *program.Workflow, inputs map[string]any) map[string]any {
	shown := maps.Clone(inputs)
	for name, secrets := range w.Secrets {
		if v, ok := shown[name]; ok {
			shown[name] = secrets.Hide(v)
		}
	}
	if w.Passwords != nil {
		shown, _ = program.Route{{Passwords: w.Passwords}}.Hide(shown).(map[string]any)
	}
	return x.secrets.Members(shown)
}

// shownOutputs are the outputs of a step or workflow for an event.
func (x *Execution) shownOutputs(list []program.Output, outputs map[string]any) map[string]any {
	shown := withNulls(outputs)
	for i := range list {
		if v, ok := shown[list[i].Name]; ok && list[i].Secrets != nil {
			shown[list[i].Name] = list[i].Secrets.Hide(v)
		}
	}
	return x.secrets.Members(shown)
}

// hiddenIn returns the places of credentials and of weak secrets in a request.
func hiddenIn(s *program.Step, e *exchange) program.HiddenPlaces {
	h := s.SchemePlaces()
	for i := range s.Arguments {
		a := &s.Arguments[i]
		v, ok := e.argument(a.In, a.Name)
		if !ok || !a.Secret && !a.Secrets.Hides(v) {
			continue
		}
		h = append(h, openapi.ArgKey{Name: a.Name, In: a.In})
		if members, ok := v.(map[string]any); ok { // that may be parameters of their own
			for name := range members {
				h = append(h, openapi.ArgKey{Name: name, In: a.In})
			}
		}
	}
	return h
}

// requestSent is the event of the request of a step.
func (x *Execution) requestSent(f *frame, s *program.Step) *RequestSent {
	e := f.Exchange
	hidden := hiddenIn(s, e)
	return &RequestSent{At: x.where(f), Method: e.Method, URL: x.secrets.Text(hidden.Url(e.URL, s.Operation.Path)),
		Header: x.secrets.Header(hidden.Header(e.Header)), Body: x.secrets.Bytes(shownBody(s, e))}
}

// shownBody is the body of a request with the weak secrets in it masked.
func shownBody(s *program.Step, e *exchange) []byte {
	if s.Body == nil || !s.Body.Secrets.Hides(e.Payload.v) {
		return e.Request
	}
	contentType := s.Body.ContentType
	if openapi.IsForm(contentType) {
		return []byte(secret.Pairs(string(e.Request), func(name string) bool {
			return slices.ContainsFunc(s.Body.Secrets, func(r program.Route) bool { return len(r) == 0 || !r[0].IsName() || r[0].Name == name })
		}))
	}
	if openapi.IsJSON(contentType) {
		if v, err := value.Decode(e.Request); err == nil {
			return value.AppendJSON(nil, s.Body.Secrets.Hide(v))
		}
	}
	return []byte(secret.Masked)
}

// responseReceived is the event of the response to the request of a step.
func (x *Execution) responseReceived(f *frame, r *Response) *ResponseReceived {
	x.learnAnswer(f)
	s, header, body := x.step(f), secret.SetCookies(r.Header), r.Body
	if r.Decoded {
		body = value.AppendJSON(nil, s.BodySecrets().Hide(r.Value))
	} else if len(s.Answers) > 0 {
		body = shownAnswer(s, r)
	}
	for i := range s.Answers {
		name := s.Answers[i].Ref.Name
		if s.Answers[i].Ref.Kind == program.ResponseHeader && secret.HasWeak(header.Get(name)) {
			header = header.Clone()
			header.Set(name, secret.Masked)
		}
	}
	return &ResponseReceived{At: x.where(f), Status: r.Status, Header: x.secrets.Header(header), Body: x.secrets.Bytes(body)}
}

// shownAnswer is the body of a response with the weak secrets in it masked.
func shownAnswer(s *program.Step, r *Response) []byte {
	secrets := s.BodySecrets()
	if len(secrets) == 0 {
		return r.Body
	}
	v, note := openapi.DecodeBody(r.Header.Get("Content-Type"), r.Body)
	switch {
	case note != "" || !secrets.Hides(v):
		return r.Body
	case openapi.IsJSON(r.Header.Get("Content-Type")):
		return value.AppendJSON(nil, secrets.Hide(v))
	}
	return []byte(secret.Masked)
}

// shownOperand is the value of an expression in a condition.
func (x *Execution) shownOperand(r *program.Ref, v any) any {
	if text, ok := v.(string); ok && r.Kind == program.URL {
		v = secret.Userinfo(text)
	}
	return x.secrets.Value(r.Secrets.Hide(v))
}
