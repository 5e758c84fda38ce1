package runtime

import (
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/gobelin-dev/gobelin/internal/openapi"
	"github.com/gobelin-dev/gobelin/internal/secret"
	"github.com/gobelin-dev/gobelin/internal/value"
)

// Secrets are masked wherever they are found. Weak ones (secret.Weak), which
// would be found everywhere, are masked in the places where they are known to be:
// what is here masks them there.

// hide returns a value with the weak secrets that routes lead to masked.
func (rs routes) hide(v any) any {
	for _, r := range rs {
		v = r.hide(v)
	}
	return v
}

func (r route) hide(v any) any {
	if len(r) > 0 && r[0].isName() {
		return r.hideMember(v)
	}
	if text, ok := v.(string); ok && len(r) > 0 && r[0].url != nil {
		return r[0].url.secretPlaces().url(text, r[0].url.operation.Path)
	}
	if len(r) > 0 && r[0].passwords != nil {
		return r[0].passwords.hide(v)
	}
	var weak []any
	r.follow(v, func(found any) { weak = appendWeak(weak, found) })
	if len(weak) == 0 {
		return v
	}
	return hideEqual(v, weak)
}

// hide hides the passwords in a value that is none itself.
func (p *passwords) hide(v any) any {
	switch v := v.(type) {
	case map[string]any:
		out := maps.Clone(v)
		for name := range v {
			if member := p.member(name); member != nil {
				out[name] = member.route().hide(v[name])
			}
		}
		return out
	case []any:
		out := slices.Clone(v)
		for i := range v {
			if item := p.item(i); item != nil {
				out[i] = item.route().hide(v[i])
			}
		}
		return out
	}
	return v
}

// hideMember hides in the member or item that a route begins with.
func (r route) hideMember(v any) any {
	child, ok := value.Child(v, r[0].name)
	if !ok {
		return v
	}
	switch v := v.(type) {
	case map[string]any:
		out := maps.Clone(v)
		out[r[0].name] = r[1:].hide(child)
		return out
	case []any:
		out := slices.Clone(v)
		if i, ok := value.Index(r[0].name); ok {
			out[i] = r[1:].hide(child)
		}
		return out
	}
	return v
}

// appendWeak appends the weak texts and numbers in a value.
func appendWeak(list []any, v any) []any {
	switch v := v.(type) {
	case []any:
		for _, item := range v {
			list = appendWeak(list, item)
		}
		return list
	case map[string]any:
		for _, member := range v {
			list = appendWeak(list, member)
		}
		return list
	}
	if secret.HasWeak(v) {
		list = append(list, v)
	}
	return list
}

// hideEqual masks the texts and numbers in a value that are among weak ones.
func hideEqual(v any, weak []any) any {
	switch v := v.(type) {
	case []any:
		out := make([]any, len(v))
		for i := range v {
			out[i] = hideEqual(v[i], weak)
		}
		return out
	case map[string]any:
		out := make(map[string]any, len(v))
		for name, member := range v {
			out[name] = hideEqual(member, weak)
		}
		return out
	}
	if slices.ContainsFunc(weak, func(w any) bool { return value.Equal(v, w) }) {
		return secret.Whole(v)
	}
	return v
}

// hides reports whether there is anything to hide in a value.
func (rs routes) hides(v any) bool {
	var weak []any
	for _, r := range rs {
		r.follow(v, func(found any) { weak = appendWeak(weak, found) })
	}
	return len(weak) > 0
}

// shownInputs are the inputs of a workflow for an event.
func (x *Execution) shownInputs(w *workflow, inputs map[string]any) map[string]any {
	shown := maps.Clone(inputs)
	for name, secrets := range w.secrets {
		if v, ok := shown[name]; ok {
			shown[name] = secrets.hide(v)
		}
	}
	if w.passwords != nil {
		shown, _ = route{{passwords: w.passwords}}.hide(shown).(map[string]any)
	}
	return x.secrets.Members(shown)
}

// shownOutputs are the outputs of a step or workflow for an event.
func (x *Execution) shownOutputs(list []output, outputs map[string]any) map[string]any {
	shown := withNulls(outputs)
	for i := range list {
		if v, ok := shown[list[i].name]; ok && list[i].secrets != nil {
			shown[list[i].name] = list[i].secrets.hide(v)
		}
	}
	return x.secrets.Members(shown)
}

// hiddenPlaces are the places in a request whose values are masked as a whole.
type hiddenPlaces []openapi.ArgKey

// schemePlaces are the places of what the security schemes of a step's operation
// ask for.
func (s *step) schemePlaces() (h hiddenPlaces) {
	for _, alternative := range s.operation.Security {
		for _, scheme := range alternative {
			h = append(h, openapi.ArgKey{Name: scheme.ParamName, In: scheme.In})
		}
	}
	return h
}

// hidden returns the places of credentials and of weak secrets in a request.
func (s *step) hidden(e *exchange) hiddenPlaces {
	h := s.schemePlaces()
	for i := range s.arguments {
		a := &s.arguments[i]
		v, ok := e.argument(a.in, a.name)
		if !ok || !a.secret && !a.secrets.hides(v) {
			continue
		}
		h = append(h, openapi.ArgKey{Name: a.name, In: a.in})
		if members, ok := v.(map[string]any); ok { // that may be parameters of their own
			for name := range members {
				h = append(h, openapi.ArgKey{Name: name, In: a.in})
			}
		}
	}
	return h
}

// secretPlaces are the places of all arguments of a step that have secrets.
func (s *step) secretPlaces() hiddenPlaces {
	h := s.schemePlaces()
	for i := range s.arguments {
		a := &s.arguments[i]
		if slices.ContainsFunc(a.secrets, func(r route) bool { return len(r) == 0 || !r[0].likely }) {
			h = append(h, openapi.ArgKey{Name: a.name, In: a.in})
		}
	}
	return h
}

func (h hiddenPlaces) in(in string) func(name string) bool {
	return func(name string) bool {
		return slices.ContainsFunc(h, func(k openapi.ArgKey) bool {
			return k.In == in && (k.Name == name || in == "header" && strings.EqualFold(k.Name, name))
		})
	}
}

// url masks the values in a URL whose path is that of an operation.
func (h hiddenPlaces) url(text, template string) string {
	path, query, hasQuery := strings.Cut(secret.Userinfo(text), "?")
	parts, names := strings.Split(path, "/"), strings.Split(template, "/")
	isHidden := h.in("path")
	for i := range names {
		at := len(parts) - len(names) + i
		for _, k := range h {
			if at > 0 && isHidden(k.Name) && strings.Contains(names[i], "{"+k.Name+"}") {
				parts[at] = secret.Masked
			}
		}
	}
	path = strings.Join(parts, "/")
	if hasQuery {
		return path + "?" + secret.Pairs(query, h.in("query"))
	}
	return path
}

// header masks the values in a header.
func (h hiddenPlaces) header(header http.Header) http.Header {
	out := make(http.Header, len(header))
	isHidden, isCookie := h.in("header"), h.in("cookie")
	for name, values := range header {
		for _, v := range values {
			switch {
			case strings.EqualFold(name, "Cookie"):
				v = secret.Cookies(v, func(cookie string) bool { return isHidden(name) || isCookie(cookie) })
			case isHidden(name):
				scheme, _ := secret.Scheme(v)
				v = scheme + secret.Masked
			}
			out[name] = append(out[name], v)
		}
	}
	return out
}

// requestSent is the event of the request of a step.
func (x *Execution) requestSent(f *frame, s *step) *RequestSent {
	e := f.Exchange
	hidden := s.hidden(e)
	return &RequestSent{At: x.where(f), Method: e.Method, URL: x.secrets.Text(hidden.url(e.URL, s.operation.Path)),
		Header: x.secrets.Header(hidden.header(e.Header)), Body: x.secrets.Bytes(s.shownBody(e))}
}

// shownBody is the body of a request with the weak secrets in it masked.
func (s *step) shownBody(e *exchange) []byte {
	if s.body == nil || !s.body.secrets.hides(e.Payload.v) {
		return e.Request
	}
	contentType := s.body.contentType
	if openapi.IsForm(contentType) {
		return []byte(secret.Pairs(string(e.Request), func(name string) bool {
			return slices.ContainsFunc(s.body.secrets, func(r route) bool { return len(r) == 0 || !r[0].isName() || r[0].name == name })
		}))
	}
	if openapi.IsJSON(contentType) {
		if v, err := value.Decode(e.Request); err == nil {
			return value.AppendJSON(nil, s.body.secrets.hide(v))
		}
	}
	return []byte(secret.Masked)
}

// responseReceived is the event of the response to the request of a step.
func (x *Execution) responseReceived(f *frame, r *Response) *ResponseReceived {
	x.learnAnswer(f)
	s, header, body := x.step(f), secret.SetCookies(r.Header), r.Body
	if r.Decoded {
		body = value.AppendJSON(nil, s.bodySecrets().hide(r.Value))
	} else if len(s.answers) > 0 {
		body = s.shownAnswer(r)
	}
	for i := range s.answers {
		name := s.answers[i].ref.name
		if s.answers[i].ref.kind == responseHeaderRef && secret.HasWeak(header.Get(name)) {
			header = header.Clone()
			header.Set(name, secret.Masked)
		}
	}
	return &ResponseReceived{At: x.where(f), Status: r.Status, Header: x.secrets.Header(header), Body: x.secrets.Bytes(body)}
}

// shownAnswer is the body of a response with the weak secrets in it masked.
func (s *step) shownAnswer(r *Response) []byte {
	secrets := s.bodySecrets()
	if len(secrets) == 0 {
		return r.Body
	}
	v, note := openapi.DecodeBody(r.Header.Get("Content-Type"), r.Body)
	switch {
	case note != "" || !secrets.hides(v):
		return r.Body
	case openapi.IsJSON(r.Header.Get("Content-Type")):
		return value.AppendJSON(nil, secrets.hide(v))
	}
	return []byte(secret.Masked)
}

// bodySecrets are the routes to the secrets in the body of a step's response.
func (s *step) bodySecrets() (list routes) {
	for i := range s.answers {
		if a := &s.answers[i]; a.ref.kind == responseBodyRef {
			tokens, _ := a.ref.segments()
			list.add(a.route.named(tokens))
		}
	}
	return list
}

// shownOperand is the value of an expression in a condition.
func (x *Execution) shownOperand(r *ref, v any) any {
	if text, ok := v.(string); ok && r.kind == urlRef {
		v = secret.Userinfo(text)
	}
	return x.secrets.Value(r.secrets.hide(v))
}
