package runtime

import (
	"net/http"
	"strings"

	"github.com/gobelin-dev/gobelin/internal/expr"
	"github.com/gobelin-dev/gobelin/internal/openapi"
	"github.com/gobelin-dev/gobelin/internal/program"
	"github.com/gobelin-dev/gobelin/internal/value"
)

// exchange is a request and what came back for it.
type exchange struct {
	Method  string      `json:"method"`
	Target  string      `json:"target"`
	URL     string      `json:"url,omitempty"`     // that answered
	Header  http.Header `json:"header,omitempty"`  // of the request
	Sent    []sent      `json:"sent,omitempty"`    // the arguments, typed as given (E8)
	Payload boxed       `json:"payload,omitzero"`  // the request body's value
	Status  int         `json:"status,omitempty"`  // 0: no response
	Answer  http.Header `json:"answer,omitempty"`  // header of the response
	Body    []byte      `json:"body,omitempty"`    // of the response
	Failed  string      `json:"failed,omitempty"`  // why there is no response
	Note    string      `json:"note,omitempty"`    // what was found when the body was decoded
	Request []byte      `json:"request,omitempty"` // body as sent
	decoded bool
	value   any

	places   *program.BodyPlaces
	scanned  bool // the places were looked for
	inText   bool // and found is valid
	compound bool // the text is an array or an object
	found    []value.Found
}

// newExchange begins an exchange in the memory of the one before.
func (f *frame) newExchange(method string) *exchange {
	e := f.last
	if e == nil {
		e = &exchange{}
		f.last = e
	}
	clear(e.Sent)
	clear(e.found)
	*e = exchange{Method: method, Sent: e.Sent[:0], found: e.found[:0]}
	return e
}

// sent is an argument of a request.
type sent struct {
	Name  string `json:"name"`
	In    string `json:"in"`
	Value boxed  `json:"value"`
}

// look gives a part of the messages; a nil exchange has none.
func (e *exchange) look(r *program.Ref) (any, bool) {
	if e == nil {
		return nil, false
	}
	switch r.Kind {
	case program.URL:
		return e.URL, true
	case program.Method:
		return e.Method, true
	case program.StatusCode:
		return int64(e.Status), e.Status != 0
	case program.RequestHeader:
		if v, ok := e.argument("header", r.Name); ok {
			return v, true
		}
		return expr.HeaderValue(e.Header, r.Name)
	case program.RequestQuery:
		return e.argument("query", r.Name)
	case program.RequestPath:
		return e.argument("path", r.Name)
	case program.RequestBody:
		return e.Payload.v, e.Payload.set
	case program.ResponseHeader:
		return expr.HeaderValue(e.Answer, r.Name)
	case program.ResponseBody:
		return e.body()
	}
	return nil, false
}

func (e *exchange) argument(in, name string) (any, bool) {
	for _, s := range e.Sent {
		if s.In == in && (s.Name == name || in == "header" && strings.EqualFold(s.Name, name)) {
			return s.Value.v, true
		}
	}
	return nil, false
}

// body decodes the response's body when it is first asked for (E9).
func (e *exchange) body() (any, bool) {
	if e.Status == 0 {
		return nil, false
	}
	if !e.decoded {
		e.value, e.Note = openapi.DecodeBody(e.Answer.Get("Content-Type"), e.Body)
		e.decoded = true
	}
	return e.value, true
}

// scan finds the places of a step in the text of its response's body, once. It
// reports false where the body has no such text or is decoded already.
func (e *exchange) scan() bool {
	if e == nil || e.decoded || e.places == nil || e.places.Whole || e.Status == 0 {
		return false
	}
	if !e.scanned {
		e.scanned = true
		text, ok := openapi.JSONText(e.Answer.Get("Content-Type"), e.Body)
		if ok {
			e.found, ok = e.places.Read(text, e.found)
		}
		e.inText = ok
		e.compound = ok && isCompound(text)
	}
	return e.inText
}

// isCompound reports whether a JSON text is an array or an object.
func isCompound(text []byte) bool {
	for _, c := range text {
		switch c {
		case ' ', '\t', '\n', '\r':
			continue
		}
		return c == '{' || c == '['
	}
	return false
}

// at gives what is at the place of a reference.
func (e *exchange) at(r *program.Ref) (any, bool) {
	if r.ExactSlot > 0 {
		if exact := &e.found[r.ExactSlot-1]; exact.OK {
			return exact.V, true
		}
	}
	found := &e.found[r.Slot-1]
	return found.V, found.OK
}
