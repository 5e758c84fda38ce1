package secret

import (
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/gobelin-dev/gobelin/internal/value"
)

// Values whose place makes them secret are masked there, whatever they are.

// Whole returns a JSON value with all strings and numbers masked.
func Whole(v any) any {
	switch v := v.(type) {
	case nil, bool:
		return v
	case []any:
		out := make([]any, len(v))
		for i := range v {
			out[i] = Whole(v[i])
		}
		return out
	case map[string]any:
		out := make(map[string]any, len(v))
		for name, member := range v {
			out[name] = Whole(member)
		}
		return out
	case string:
		scheme, _ := Scheme(v)
		return scheme + Masked
	}
	return Masked
}

// HasWeak reports whether a JSON value contains a weak string or number.
func HasWeak(v any) bool {
	switch v := v.(type) {
	case nil, bool:
		return false
	case []any:
		return slices.ContainsFunc(v, HasWeak)
	case map[string]any:
		for _, member := range v {
			if HasWeak(member) {
				return true
			}
		}
		return false
	}
	_, text := Scheme(value.Text(v))
	return Weak(text)
}

// Random reports whether a text looks random, as keys and tokens do, rather
// than made of words.
func Random(text string) bool {
	return len(text) >= 8 && strings.ContainsFunc(text, func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && r != '-' && r != '_' && r != ' '
	})
}

// Userinfo masks the user information of a URL, which may have variables or be
// invalid.
func Userinfo(text string) string {
	if strings.IndexByte(text, '@') < 0 {
		return text
	}
	start, end := 0, len(text)
	if i := strings.Index(text, "//"); i >= 0 {
		start = i + len("//")
	}
	if i := strings.IndexAny(text[start:], "/?#"); i >= 0 {
		if _, err := url.Parse(text); err == nil {
			end = start + i
		}
	}
	if at := strings.LastIndexByte(text[start:end], '@'); at >= 0 {
		return text[:start] + Masked + text[start+at:]
	}
	return text
}

// Pairs masks the values in a query or form whose names hidden reports true
// for.
func Pairs(text string, hidden func(name string) bool) string {
	pairs := strings.Split(text, "&")
	for i, pair := range pairs {
		name, _, ok := strings.Cut(pair, "=")
		plain, err := url.QueryUnescape(name)
		if err != nil {
			plain = name
		}
		plain, _, _ = strings.Cut(plain, "[") // of a member of a deep object
		if ok && hidden(plain) {
			pairs[i] = name + "=" + Masked
		}
	}
	return strings.Join(pairs, "&")
}

// Cookies masks the values in a Cookie header whose names hidden reports true
// for.
func Cookies(text string, hidden func(name string) bool) string {
	cookies := strings.Split(text, ";")
	for i, cookie := range cookies {
		if name, _, ok := strings.Cut(cookie, "="); ok && hidden(strings.TrimSpace(name)) {
			cookies[i] = name + "=" + Masked
		}
	}
	return strings.Join(cookies, ";")
}

// Fields returns a header with the values of its fields that another has, too,
// masked.
func Fields(h, hidden http.Header) http.Header {
	if len(hidden) == 0 {
		return h
	}
	h = h.Clone()
	for name, values := range hidden {
		name = http.CanonicalHeaderKey(name)
		if !slices.Equal(h[name], values) {
			continue
		}
		h[name] = []string{Masked}
		if name == "Cookie" {
			h[name] = []string{Cookies(strings.Join(values, "; "), func(string) bool { return true })}
		}
	}
	return h
}

// carriers are parts of the names of fields whose values are secrets.
var carriers = []string{"auth", "cookie", "key", "password", "secret", "session", "signature", "token"}

// InFields returns the secrets in a header whose fields are not known otherwise:
// what looks random in one whose name says that it carries a secret.
func InFields(h http.Header) (secrets []string) {
	for name, values := range h {
		name = strings.ToLower(name)
		if !slices.ContainsFunc(carriers, func(part string) bool { return strings.Contains(name, part) }) {
			continue
		}
		for _, v := range values {
			if cookies, err := http.ParseCookie(v); err == nil && name == "cookie" {
				for _, c := range cookies {
					secrets = append(secrets, c.Value)
				}
			}
			secrets = append(secrets, v)
		}
	}
	return slices.DeleteFunc(secrets, func(v string) bool { return !Random(v) })
}

// SetCookies returns the header of a response with the values of its Set-Cookie
// fields masked.
func SetCookies(h http.Header) http.Header {
	values := h.Values("Set-Cookie")
	if len(values) == 0 {
		return h
	}
	h = h.Clone()
	for i, v := range values {
		cookie, attributes, more := strings.Cut(v, ";")
		name, _, _ := strings.Cut(cookie, "=")
		shown := name + "=" + Masked
		if more {
			shown += ";" + attributes
		}
		h["Set-Cookie"][i] = shown
	}
	return h
}
