package expr

import (
	"net/http"
	"net/textproto"
	"strings"

	"github.com/gobelin-dev/gobelin/internal/value"
)

// Longest returns the longest of the names that text is, or begins with before
// a dot, and what follows it (E3).
func Longest(text string, names []string) (name, rest string) {
	for _, n := range names {
		if len(n) > len(name) && (text == n || strings.HasPrefix(text, n+".")) {
			name = n
		}
	}
	return name, strings.TrimPrefix(strings.TrimPrefix(text, name), ".")
}

// Member returns the member with a name. A dotted name is one that may be a
// path; it is followed where no member has the whole of it (E5).
func Member(values map[string]any, name string, dotted bool) (any, bool) {
	if v, ok := values[name]; ok || !dotted {
		return v, ok
	}
	for end := len(name); ; {
		if end = strings.LastIndexByte(name[:end], '.'); end < 0 {
			return nil, false
		}
		if v, ok := values[name[:end]]; ok {
			return value.Find(v, strings.Split(name[end+1:], "."))
		}
	}
}

// Follow returns the value that a pointer and then accessors lead to from v.
// whole is [Dotted] of the accessors: a member with just that name goes first
// (E5).
func Follow(v any, pointer []string, access []Access, whole string) (any, bool) {
	v, ok := value.Find(v, pointer)
	if !ok {
		return nil, false
	}
	if members, isObject := v.(map[string]any); isObject && whole != "" {
		if exact, ok := members[whole]; ok {
			return exact, true
		}
	}
	return navigate(v, access)
}

// Dotted returns accessors that are all names as one name with dots, or "" where
// there are fewer than two or any index.
func Dotted(access []Access) string {
	if len(access) < 2 {
		return ""
	}
	names := make([]string, len(access))
	for i, a := range access {
		if a.IsIndex {
			return ""
		}
		names[i] = a.Name
	}
	return strings.Join(names, ".")
}

// IsCookies reports whether a field is Set-Cookie, into which a pointer may lead.
func IsCookies(name string) bool { return strings.EqualFold(name, "Set-Cookie") }

// HeaderValue joins the lines of a field by commas, except those of Set-Cookie,
// which cannot be joined: the first one counts, or, where a pointer leads into
// it, the value is an object of the cookies by name (E6).
func HeaderValue(header map[string][]string, name string, pointer []string) (any, bool) {
	lines := textproto.MIMEHeader(header).Values(name)
	if len(lines) == 0 {
		return nil, false
	}
	switch {
	case IsCookies(name) && len(pointer) > 0:
		cookies := map[string]any{}
		for _, line := range lines {
			if c, err := http.ParseSetCookie(line); err == nil {
				cookies[c.Name] = c.Value
			}
		}
		return cookies, true
	case IsCookies(name):
		return lines[0], true
	}
	return strings.Join(lines, ", "), true
}
