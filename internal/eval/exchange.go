package eval

import (
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/gobelin-dev/gobelin/internal/expr"
	"github.com/gobelin-dev/gobelin/internal/openapi"
	"github.com/gobelin-dev/gobelin/internal/program"
	"github.com/gobelin-dev/gobelin/internal/stored"
	"github.com/gobelin-dev/gobelin/internal/value"
)

// An Exchange is a request and the response to it.
type Exchange struct {
	Method  string       `json:"method"`
	Target  string       `json:"target"`
	URL     string       `json:"url,omitempty"`     // that answered
	Header  http.Header  `json:"header,omitempty"`  // of the request
	Sent    []Argument   `json:"sent,omitempty"`    // the arguments, typed as given (E8)
	Payload stored.Value `json:"payload,omitzero"`  // the request body's value
	Status  int          `json:"status,omitempty"`  // 0: no response
	Answer  http.Header  `json:"answer,omitempty"`  // header of the response
	Body    []byte       `json:"body,omitempty"`    // of the response
	Failed  string       `json:"failed,omitempty"`  // why there is no response
	Note    string       `json:"note,omitempty"`    // what was found when the body was decoded
	Lost    string       `json:"lost,omitempty"`    // what of it could not be read in its charset
	Request []byte       `json:"request,omitempty"` // body as sent
	Given   stored.Value `json:"given,omitzero"`    // the response's body, if the transport gave a value and no bytes
	decoded bool
	value   any

	JSON bool `json:"json,omitempty"` // the body may be the JSON that is declared, under a type of text

	Places   *program.BodyPlaces `json:"-"` // that the step reads of the response
	scanned  bool                // the places were looked for
	inText   bool                // and found is valid
	compound bool                // the text is an array or an object
	found    []value.Found
}

// Reuse begins another exchange in the memory of this one.
func (e *Exchange) Reuse(method string) {
	clear(e.Sent)
	clear(e.found)
	*e = Exchange{Method: method, Sent: e.Sent[:0], found: e.found[:0]}
}

// An Argument is an argument of a request.
type Argument struct {
	Name  string       `json:"name"`
	In    string       `json:"in"`
	Value stored.Value `json:"value"`
}

// look returns a part of the messages; a nil Exchange has none.
func (e *Exchange) look(r *program.Ref) (any, bool) {
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
		if v, ok := e.Argument("header", r.Name); ok {
			return v, true
		}
		return expr.HeaderValue(e.Header, r.Name, r.Pointer)
	case program.RequestQuery:
		return e.Argument("query", r.Name)
	case program.RequestPath:
		return e.Argument("path", r.Name)
	case program.RequestBody:
		return e.Payload.V, e.Payload.Set
	case program.ResponseHeader:
		return expr.HeaderValue(e.Answer, r.Name, r.Pointer)
	case program.ResponseBody:
		return e.body()
	}
	return nil, false
}

// Answered notes what a step was answered with.
func (e *Exchange) Answered(s *program.Step, status int, header http.Header) {
	e.Status, e.Answer, e.Places = status, header, s.Places
	contentType := header.Get("Content-Type")
	e.JSON = openapi.IsPage(contentType) && s.Operation.DeclaresJSON(status, contentType)
}

// whyMissing says why nothing is at a place of the response's body, where its type
// tells that; "" otherwise.
func (e *Exchange) whyMissing(r *program.Ref) string {
	if e == nil || r.Kind != program.ResponseBody || len(r.Pointer)+len(r.Access) == 0 {
		return ""
	}
	what := ""
	switch v, _ := e.body(); v.(type) {
	case string:
		what = "text"
	case []byte:
		what = "bytes"
	case nil:
		return ": the body of the response is empty"
	default:
		return ""
	}
	if contentType := e.Answer.Get("Content-Type"); contentType != "" && !openapi.IsJSON(contentType) {
		what += " (" + contentType + ")"
	}
	return ": the body of the response is " + what
}

// Argument returns the value of an argument of the request, typed as given (E8).
func (e *Exchange) Argument(in, name string) (any, bool) {
	for _, s := range e.Sent {
		if openapi.SameParameter(s.In, s.Name, in, name) {
			return s.Value.V, true
		}
	}
	return nil, false
}

// body decodes the response's body when it is first asked for (E9).
func (e *Exchange) body() (any, bool) {
	if e.Status == 0 {
		return nil, false
	}
	if e.Given.Set {
		return e.Given.V, true
	}
	if !e.decoded {
		if e.JSON {
			if v, err := value.Decode(e.Body); err == nil {
				e.value, e.decoded = v, true
				return v, true
			}
			e.JSON = false // it is not
		}
		e.value, e.Note, e.Lost = openapi.DecodeBody(e.Answer.Get("Content-Type"), e.Body)
		e.decoded = true
	}
	return e.value, true
}

// notJSON says why a value is not JSON, which JSONPath cannot be applied to
// (C17), and returns "" if it is: bytes are none, nor is the body of a message, as a
// whole, that is text. A text from elsewhere is a JSON string.
func (e *Evaluator) notJSON(r *program.Ref, v any) string {
	what := "text"
	switch v.(type) {
	case []byte:
		what = "bytes"
	case string:
	default:
		return ""
	}
	x, contentType := e.Exchange, ""
	switch whole := x != nil && len(r.Pointer) == 0 && len(r.Access) == 0; {
	case whole && r.Kind == program.ResponseBody:
		contentType = x.Answer.Get("Content-Type")
		if x.Note != "" {
			return x.Note
		}
		if _, err := value.Decode(x.Body); contentType == "" && what == "text" && (err == nil || len(x.Body) == 0) {
			return ""
		}
	case whole && r.Kind == program.RequestBody:
		contentType = x.Header.Get("Content-Type")
	case what == "text":
		return ""
	}
	if openapi.IsJSON(contentType) {
		return ""
	}
	if contentType != "" {
		what += " (" + contentType + ")"
	}
	return r.Text + " is " + what + ", not JSON"
}

// scan finds the places of a step in the text of its response's body, once. It
// reports false where the body has no such text or is decoded already.
func (e *Exchange) scan() bool {
	if e == nil || e.decoded || e.Given.Set || e.Places == nil || e.Places.Whole || e.Status == 0 {
		return false
	}
	if !e.scanned {
		e.scanned = true
		text, ok := openapi.JSONText(e.Answer.Get("Content-Type"), e.Body)
		if e.JSON {
			text, ok = e.Body, true
		}
		if ok {
			e.found, ok = e.Places.Read(text, e.found)
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

// at returns what is at the place of a reference.
func (e *Exchange) at(r *program.Ref) (any, bool) {
	if r.ExactSlot > 0 {
		if exact := &e.found[r.ExactSlot-1]; exact.OK {
			return exact.V, true
		}
	}
	found := &e.found[r.Slot-1]
	return found.V, found.OK
}

// Give sets the response's body to a value that the transport has decoded. The error
// says why it is not a JSON value.
func (e *Exchange) Give(v any) error {
	if !value.IsPlain(v) {
		var err error
		if v, err = value.From(v); err != nil {
			return err
		}
	}
	e.Body, e.Given = nil, stored.Value{V: v, Set: true}
	return nil
}

// RetryAfter returns what the Retry-After header of the response asks for: seconds
// or a date, capped (F13). received is when the response came, zero if that is not
// known.
func (e *Exchange) RetryAfter(received time.Time, limit time.Duration) (time.Duration, bool) {
	if e == nil {
		return 0, false
	}
	text := strings.TrimSpace(e.Answer.Get("Retry-After"))
	if isDigits(text) {
		seconds, err := strconv.ParseUint(text, 10, 32)
		if err != nil || time.Duration(seconds)*time.Second > limit {
			return limit, true
		}
		return time.Duration(seconds) * time.Second, true
	}
	date, err := http.ParseTime(text)
	if err != nil {
		return 0, false
	}
	if received.IsZero() {
		if received, err = http.ParseTime(e.Answer.Get("Date")); err != nil {
			return 0, false
		}
	}
	return min(max(date.Sub(received), 0), limit), true
}

func isDigits(s string) bool {
	return s != "" && strings.Trim(s, "0123456789") == ""
}
