package program

import (
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/gobelin-dev/gobelin/internal/openapi"
	"github.com/gobelin-dev/gobelin/internal/secret"
	"github.com/gobelin-dev/gobelin/internal/value"
)

// Secrets are masked wherever they are found. Weak ones (secret.Weak), which would
// be found everywhere, are only masked where they are known to be, which is what
// the functions here do.

// Hide returns a value with the weak secrets that routes lead to masked.
func (rs Routes) Hide(v any) any {
	for _, r := range rs {
		v = r.Hide(v)
	}
	return v
}

// Hide returns a value with the weak secrets that a route leads to masked.
func (r Route) Hide(v any) any {
	if len(r) > 0 && r[0].IsName() {
		return r.hideMember(v)
	}
	if text, ok := v.(string); ok && len(r) > 0 && r[0].URL != nil {
		return r[0].URL.SecretPlaces().URL(text, r[0].URL.Operation.Path)
	}
	if len(r) > 0 && r[0].Passwords != nil {
		return r[0].Passwords.hide(v)
	}
	var weak []any
	r.Follow(v, func(found any) { weak = appendWeak(weak, found) })
	if len(weak) == 0 {
		return v
	}
	return hideEqual(v, weak)
}

// HideInputs returns the inputs of a workflow with the weak secrets in them masked.
func (w *Workflow) HideInputs(inputs map[string]any) map[string]any {
	shown := maps.Clone(inputs)
	for name, secrets := range w.Secrets {
		if v, ok := shown[name]; ok {
			shown[name] = secrets.Hide(v)
		}
	}
	if w.Passwords != nil {
		shown, _ = Route{{Passwords: w.Passwords}}.Hide(shown).(map[string]any)
	}
	return shown
}

// EachInputSecret visits the secrets in the inputs of a workflow.
func (w *Workflow) EachInputSecret(inputs map[string]any, visit func(any)) {
	for name, secrets := range w.Secrets {
		if v, ok := inputs[name]; ok {
			for _, r := range secrets {
				r.Follow(v, visit)
			}
		}
	}
	if w.Passwords != nil {
		w.Passwords.In(inputs, visit)
	}
}

// hide hides the passwords in a value that is not one itself.
func (p *Passwords) hide(v any) any {
	switch v := v.(type) {
	case map[string]any:
		out := maps.Clone(v)
		for name := range v {
			if member := p.Member(name); member != nil {
				out[name] = member.Route().Hide(v[name])
			}
		}
		return out
	case []any:
		out := slices.Clone(v)
		for i := range v {
			if item := p.item(i); item != nil {
				out[i] = item.Route().Hide(v[i])
			}
		}
		return out
	}
	return v
}

// hideMember hides what is in the member or item that a route begins with.
func (r Route) hideMember(v any) any {
	child, ok := value.Child(v, r[0].Name)
	if !ok {
		return v
	}
	switch v := v.(type) {
	case map[string]any:
		out := maps.Clone(v)
		out[r[0].Name] = r[1:].Hide(child)
		return out
	case []any:
		out := slices.Clone(v)
		if i, ok := value.Index(r[0].Name); ok {
			out[i] = r[1:].Hide(child)
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

// Hides reports whether there is anything to hide in a value.
func (rs Routes) Hides(v any) bool {
	var weak []any
	for _, r := range rs {
		r.Follow(v, func(found any) { weak = appendWeak(weak, found) })
	}
	return len(weak) > 0
}

// HiddenPlaces are the places in a request whose values are masked as a whole.
type HiddenPlaces []openapi.ArgKey

// SchemePlaces are the places of what the security schemes of a step's operation
// ask for.
func (s *Step) SchemePlaces() (h HiddenPlaces) {
	for _, alternative := range s.Operation.Security {
		for _, scheme := range alternative {
			h = append(h, openapi.ArgKey{Name: scheme.ParamName, In: scheme.In})
		}
	}
	return h
}

// SecretPlaces are the places of all arguments of a step that have secrets.
func (s *Step) SecretPlaces() HiddenPlaces {
	h := s.SchemePlaces()
	for i := range s.Arguments {
		a := &s.Arguments[i]
		if slices.ContainsFunc(a.Secrets, func(r Route) bool { return len(r) == 0 || !r[0].Likely }) {
			h = append(h, openapi.ArgKey{Name: a.Name, In: a.In})
		}
	}
	return h
}

func (h HiddenPlaces) in(in string) func(name string) bool {
	return func(name string) bool {
		return slices.ContainsFunc(h, func(k openapi.ArgKey) bool {
			return openapi.SameParameter(k.In, k.Name, in, name)
		})
	}
}

// URL masks the values in a URL whose path is that of an operation.
func (h HiddenPlaces) URL(text, template string) string {
	text = secret.Userinfo(text)
	if len(h) == 0 {
		return text
	}
	path, query, hasQuery := strings.Cut(text, "?")
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

// Header masks the values in a header.
func (h HiddenPlaces) Header(header http.Header) http.Header {
	if len(h) == 0 {
		return header.Clone()
	}
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

// BodySecrets are the routes to the secrets in the body of a step's response.
func (s *Step) BodySecrets() (list Routes) {
	for i := range s.Answers {
		if a := &s.Answers[i]; a.Ref.Kind == ResponseBody {
			tokens, _ := a.Ref.Segments()
			list.Add(a.Route.Named(tokens))
		}
	}
	return list
}

// is reports whether the value itself is a password, or may be.
func (p *Passwords) is() bool { return p != nil && p.whole() }
