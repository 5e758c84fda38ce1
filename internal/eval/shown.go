package eval

import (
	"net/http"
	"slices"

	"github.com/gobelin-dev/gobelin/internal/openapi"
	"github.com/gobelin-dev/gobelin/internal/program"
	"github.com/gobelin-dev/gobelin/internal/secret"
	"github.com/gobelin-dev/gobelin/internal/value"
)

// Hidden returns the places of credentials and of weak secrets in a request.
func (e *Exchange) Hidden(s *program.Step) program.HiddenPlaces {
	h := s.SchemePlaces()
	for i := range s.Arguments {
		a := &s.Arguments[i]
		v, ok := e.Argument(a.In, a.Name)
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

// ShownRequest returns the body of the request with the weak secrets in it masked.
func (e *Exchange) ShownRequest(s *program.Step) []byte {
	contentType := e.Header.Get("Content-Type")
	if s.Body == nil || !s.Body.Secrets.Hides(e.Payload.V) {
		return openapi.Readable(contentType, e.Request)
	}
	if openapi.IsForm(contentType) {
		return []byte(secret.Pairs(string(e.Request), func(name string) bool {
			return slices.ContainsFunc(s.Body.Secrets, func(r program.Route) bool {
				return len(r) == 0 || !r[0].IsName() || r[0].Name == name
			})
		}))
	}
	if openapi.IsJSON(contentType) {
		if v, err := value.Decode(e.Request); err == nil {
			return value.AppendOrdered(nil, s.Body.Secrets.Hide(v), value.OrderOf(e.Request))
		}
	}
	return []byte(secret.Masked)
}

// ShownAnswer returns the body of a response with the weak secrets in it masked.
func ShownAnswer(s *program.Step, header http.Header, body []byte) []byte {
	secrets, contentType := s.BodySecrets(), header.Get("Content-Type")
	if len(secrets) == 0 {
		return openapi.Readable(contentType, body)
	}
	v, note, _ := openapi.DecodeBody(contentType, body)
	switch {
	case note != "" || !secrets.Hides(v):
		return openapi.Readable(contentType, body)
	case openapi.IsJSON(contentType):
		return value.AppendOrdered(nil, secrets.Hide(v), value.OrderOf(body))
	}
	return []byte(secret.Masked)
}
