// Package secret masks secrets in output.
package secret

import (
	"bytes"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/gobelin-dev/gobelin/internal/value"
)

// Masked replaces a secret.
const Masked = "***"

// A Set holds secrets and masks them wherever they are found, in every spelling.
// The zero Set is empty. A Set must be used by one goroutine at a time.
//
// Adding a secret is cheap: its spellings are made the next time something is
// masked.
type Set struct{ *texts }

// texts are the secrets of a set that has any: most runs have none, and many may wait.
type texts struct {
	known    map[string]bool
	added    []string   // since the matchers were built
	matchers []*matcher // each has at least twice the texts of the one after it
}

// minLength is the length from which a text is distinctive by itself.
const minLength = 4

// common are texts that occur in too many places to be secrets there.
var common = []string{
	"true", "false", "null", "none", "undefined", "admin", "anonymous", "basic", "bearer", "default", "demo", "example",
	"guest", "localhost", "name", "password", "root", "secret", "string", "test", "token", "user", "value",
}

// Weak reports whether a text is so short or so common that it is masked only
// where a secret is known to be, not wherever it occurs.
func Weak(text string) bool {
	return len(text) < minLength || slices.Contains(common, strings.ToLower(text))
}

// schemes are the prefixes of credentials in a header that are not secret.
var schemes = []string{"Bearer ", "Basic ", "bearer ", "basic "}

// Scheme splits a credential before its secret part.
func Scheme(credential string) (scheme, secret string) {
	for _, scheme := range schemes {
		if rest, ok := strings.CutPrefix(credential, scheme); ok {
			return scheme, rest
		}
	}
	return "", credential
}

// Add adds a string or number, or all strings and numbers in an array or
// object.
func (s *Set) Add(v any) {
	switch v := v.(type) {
	case nil, bool:
	case []any:
		for _, item := range v {
			s.Add(item)
		}
	case map[string]any:
		for _, member := range v {
			s.Add(member)
		}
	default:
		_, text := Scheme(value.Text(v))
		if Weak(text) {
			return
		}
		if s.texts == nil {
			s.texts = &texts{known: map[string]bool{}}
		}
		if s.known[text] {
			return
		}
		s.known[text] = true
		s.added = append(s.added, text)
	}
}

// AddCredential adds a credential, with the password in it if it is user:password.
func (s *Set) AddCredential(credential string) {
	s.Add(credential)
	if user, password, ok := strings.Cut(credential, ":"); ok {
		s.Add(password)
		s.AddBasic(user, password)
	}
}

// AddUserinfo adds the user information of a URL and its password.
func (s *Set) AddUserinfo(u *url.URL) {
	if u.User == nil {
		return
	}
	if password, ok := u.User.Password(); ok {
		s.Add(password)
		s.AddBasic(u.User.Username(), password)
	} else {
		s.Add(u.User.Username())
	}
}

// Text returns a text with its secrets masked.
func (s *Set) Text(text string) string {
	if spans := s.find(text); spans != nil {
		return string(mask(nil, text, spans))
	}
	return text
}

// Bytes is [Set.Text] for bytes, which are not modified.
func (s *Set) Bytes(b []byte) []byte {
	if s.empty() {
		return b
	}
	text := string(b)
	if spans := s.find(text); spans != nil {
		return mask(make([]byte, 0, len(b)), text, spans)
	}
	return b
}

// Header returns a header with the secrets in its values masked.
func (s *Set) Header(h http.Header) http.Header {
	if s.empty() {
		return h
	}
	out := make(http.Header, len(h))
	for name, values := range h {
		for _, v := range values {
			out[name] = append(out[name], s.Text(v))
		}
	}
	return out
}

// Value returns a JSON value with the secrets in its names and values masked. The
// argument is not modified; what has no secret in it is returned as it is.
func (s *Set) Value(v any) any {
	if s.empty() {
		return v
	}
	v, _ = s.masked(v)
	return v
}

// Members is [Set.Value] for an object.
func (s *Set) Members(m map[string]any) map[string]any {
	if s.empty() {
		return m
	}
	m, _ = s.members(m)
	return m
}

// masked reports also whether it is another value.
func (s *Set) masked(v any) (_ any, changed bool) {
	switch v := v.(type) {
	case string:
		text := s.Text(v)
		return text, text != v
	case []byte:
		text := s.Bytes(v)
		return text, !bytes.Equal(text, v)
	case []any:
		out := v
		for i := range v {
			item, other := s.masked(v[i])
			if other && !changed {
				out, changed = slices.Clone(v), true
			}
			if other {
				out[i] = item
			}
		}
		return out, changed
	case map[string]any:
		return s.members(v)
	}
	if value.IsNumber(v) && s.known[value.Text(v)] {
		return Masked, true
	}
	return v, false
}

func (s *Set) members(m map[string]any) (_ map[string]any, changed bool) {
	out := m
	for name, v := range m {
		shown := s.Text(name)
		member, other := s.masked(v)
		if !other && shown == name {
			continue
		}
		if !changed {
			out, changed = maps.Clone(m), true
		}
		if shown != name {
			delete(out, name)
		}
		out[shown] = member
	}
	return out, changed
}

// Error returns an error whose text has no secrets. errors.Is and errors.As
// still see the original.
func (s *Set) Error(err error) error {
	text := s.Text(err.Error())
	if text == err.Error() {
		return err
	}
	return &maskedError{text, err}
}

type maskedError struct {
	text string
	err  error
}

func (e *maskedError) Error() string { return e.text }
func (e *maskedError) Unwrap() error { return e.err }

func (s *Set) empty() bool { return s.texts == nil }

// span is a part of a text.
type span struct{ start, end int }

// find returns the parts of a text that secrets cover, in order.
func (s *Set) find(text string) []span {
	if s.empty() {
		return nil
	}
	s.build()
	var all []span
	for _, m := range s.matchers {
		all = m.find(all, text)
	}
	slices.SortFunc(all, func(a, b span) int { return a.start - b.start })
	merged := all[:0]
	for _, next := range all {
		if last := len(merged) - 1; last >= 0 && next.start < merged[last].end {
			merged[last].end = max(merged[last].end, next.end)
			continue
		}
		merged = append(merged, next)
	}
	return merged
}

// build makes a matcher for the added secrets together with those of the
// smaller matchers, so that n secrets added one by one cost n·log n.
func (s *Set) build() {
	if len(s.added) == 0 {
		return
	}
	texts := s.added
	for i := len(s.matchers) - 1; i >= 0 && len(s.matchers[i].secrets) < 2*len(texts); i-- {
		texts = append(texts, s.matchers[i].secrets...)
		s.matchers = s.matchers[:i]
	}
	s.matchers, s.added = append(s.matchers, newMatcher(texts)), nil
}

// mask appends a text with its spans masked.
func mask(dst []byte, text string, spans []span) []byte {
	end := 0
	for _, s := range spans {
		dst = append(dst, text[end:s.start]...)
		dst = append(dst, Masked...)
		end = s.end
	}
	return append(dst, text[end:]...)
}
