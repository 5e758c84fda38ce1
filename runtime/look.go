package runtime

import (
	"net/http"
	"slices"
	"strings"

	"github.com/gobelin-dev/gobelin/arazzo"
	"github.com/gobelin-dev/gobelin/internal/expr"
	"github.com/gobelin-dev/gobelin/internal/openapi"
	"github.com/gobelin-dev/gobelin/internal/value"
)

// look gives the value that a reference has now.
func (x *Execution) look(f *frame, r *ref) (any, bool) {
	if r.kind == responseBodyRef && r.slot > 0 && f.Exchange.scan() {
		return f.Exchange.at(r)
	}
	v, ok := x.root(f, r)
	if !ok {
		return nil, false
	}
	return expr.Follow(v, r.pointer, r.access, r.whole)
}

// root gives the value that a reference starts from.
func (x *Execution) root(f *frame, r *ref) (any, bool) {
	switch r.kind {
	case constantRef:
		return r.value, true
	case componentRef:
		return x.value(f, r.operand)
	case inputRef:
		return member(f.Inputs, r)
	case outputRef:
		return member(f.visibleOutputs(), r)
	case stepOutputRef:
		return f.stepOutput(x.workflow(f).steps, r)
	case workflowInputRef, workflowOutputRef:
		return x.workflowValue(f, r)
	}
	v, ok := f.Exchange.look(r)
	if r.kind == responseBodyRef && f.Exchange != nil && f.Exchange.Note != "" {
		x.raise(f, "invalid-json", r.place, f.Exchange.Note)
	}
	return v, ok
}

// member looks a name up.
func member(values map[string]any, r *ref) (any, bool) {
	v, ok := expr.Member(values, r.name, r.dotted)
	return v, ok && v != any(nothing{})
}

func (x *Execution) workflowValue(f *frame, r *ref) (any, bool) {
	if r.index == f.Workflow && r.kind == workflowInputRef {
		return member(f.Inputs, r)
	}
	if r.kind == workflowInputRef {
		// One that is not at its end has inputs already.
		for _, open := range slices.Backward(x.Frames) {
			if open.Workflow == r.index {
				return member(open.Inputs, r)
			}
		}
	}
	done := x.Completed[r.index]
	if done == nil {
		return nil, false
	}
	if r.kind == workflowInputRef {
		return member(done.Inputs, r)
	}
	return member(done.Outputs, r)
}

// exchange is a request and what came back for it.
type exchange struct {
	Method  string      `json:"method"`
	URL     string      `json:"url"`
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

	places   *bodyPlaces
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
func (e *exchange) look(r *ref) (any, bool) {
	if e == nil {
		return nil, false
	}
	switch r.kind {
	case urlRef:
		return e.URL, true
	case methodRef:
		return e.Method, true
	case statusRef:
		return int64(e.Status), e.Status != 0
	case requestHeaderRef:
		if v, ok := e.argument("header", r.name); ok {
			return v, true
		}
		return expr.HeaderValue(e.Header, r.name)
	case requestQueryRef:
		return e.argument("query", r.name)
	case requestPathRef:
		return e.argument("path", r.name)
	case requestBodyRef:
		return e.Payload.v, e.Payload.set
	case responseHeaderRef:
		return expr.HeaderValue(e.Answer, r.name)
	case responseBodyRef:
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

// value gives what an operand stands for now. Missing members of an object are
// left out, missing items of an array are null.
func (x *Execution) value(f *frame, o *operand) (any, bool) {
	switch o.kind {
	case refOperand:
		v, ok := x.look(f, &o.ref)
		if !ok {
			x.missing(f, o.ref.text, o.place)
		}
		return v, ok
	case templateOperand:
		text, ok := x.appendText(f, nil, o.template, o.place)
		return string(text), ok
	case selectorOperand:
		return x.selectValue(f, o)
	case arrayOperand:
		items := make([]any, len(o.items))
		for i := range o.items {
			items[i], _ = x.value(f, &o.items[i]) // null
		}
		return items, true
	case objectOperand:
		members := make(map[string]any, len(o.items))
		for i := range o.items {
			if v, ok := x.value(f, &o.items[i]); ok {
				members[o.names[i]] = v
			}
		}
		return members, true
	}
	return o.constant, true
}

// appendText evaluates a template. One with an expression that has no value has
// none itself: a hole in a text is not a text.
func (x *Execution) appendText(f *frame, dst []byte, t *template, at arazzo.Position) (text []byte, ok bool) {
	ok = true
	text = t.parsed.Append(dst, func(i int, e *expr.Expression) (any, bool) {
		v, found := x.look(f, &t.refs[i])
		if !found {
			x.missing(f, e.Text, at)
		}
		if ok = ok && found; !found && len(t.parsed.Parts) > 1 {
			x.leaveHole(e.Text)
		}
		return v, found
	})
	return text, ok
}
