package replay

import (
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"

	"github.com/gobelin-dev/gobelin/internal/secret"
	"github.com/gobelin-dev/gobelin/internal/value"
	"github.com/gobelin-dev/gobelin/runtime"
)

// differences returns how a request differs from the one that was recorded. Where the
// recording is masked anything is equal. The header of the recording has more: what
// the transport and the credentials added.
func differences(c *runtime.Send, recorded *runtime.RequestSent) (list []string) {
	differ := func(what, now, then string) {
		now, then = around(now, then)
		list = append(list, fmt.Sprintf("%s: now %s, recorded %s", what, now, then))
	}
	if c.Method != recorded.Method {
		differ("method", c.Method, recorded.Method)
	}
	if !sameTarget(c.Target, recorded) {
		then := recorded.Target
		if then == "" {
			then = recorded.URL
		}
		differ("target", c.Target, then)
	}
	for _, name := range slices.Sorted(maps.Keys(c.Header)) {
		now, then := strings.Join(c.Header[name], ", "), strings.Join(recorded.Header.Values(name), ", ")
		if name == "Cookie" && sameCookies(now, then) {
			continue
		}
		if !masked(then, now) && !(recorded.Header.Values(name) == nil && recorded.Target == "" && name == "Accept") {
			differ("header "+name, now, then)
		}
	}
	if now, then := string(c.Body), string(recorded.Body); !masked(then, now) && !sameJSON(c.Body, recorded.Body) {
		differ("body", now, then)
	}
	return list
}

// sameTarget reports whether a recorded request went to a target: below whatever
// server, with whatever credentials in its query.
func sameTarget(target string, recorded *runtime.RequestSent) bool {
	if recorded.Target != "" {
		return masked(recorded.Target, target)
	}
	path, query, _ := strings.Cut(target, "?")
	u, err := url.Parse(recorded.URL)
	if err != nil || !strings.HasSuffix(u.EscapedPath(), path) {
		return false
	}
	now, err := url.ParseQuery(query)
	if err != nil {
		return u.RawQuery == query
	}
	then := u.Query()
	for name, values := range now {
		if !slices.Equal(values, then[name]) {
			return false
		}
	}
	return true
}

// sameCookies reports whether a recorded header has all cookies of another one: the
// credentials add some.
func sameCookies(now, recorded string) bool {
	then := strings.Split(recorded, "; ")
	for cookie := range strings.SplitSeq(now, "; ") {
		if !slices.ContainsFunc(then, func(c string) bool { return masked(c, cookie) }) {
			return false
		}
	}
	return true
}

// masked reports whether a text is the one that was recorded, in which *** may be
// anything.
func masked(recorded, text string) bool {
	parts := strings.Split(recorded, secret.Masked)
	if len(parts) == 1 {
		return recorded == text
	}
	rest, ok := strings.CutPrefix(text, parts[0])
	if !ok {
		return false
	}
	last := parts[len(parts)-1]
	for _, part := range parts[1 : len(parts)-1] {
		i := strings.Index(rest, part)
		if i < 0 {
			return false
		}
		rest = rest[i+len(part):]
	}
	return strings.HasSuffix(rest, last)
}

// sameJSON reports whether two texts are JSON texts of equal values.
func sameJSON(a, b []byte) bool {
	x, err := value.Decode(a)
	if err != nil {
		return false
	}
	y, err := value.Decode(b)
	return err == nil && value.Equal(x, y)
}

// around returns two texts, quoted, about the place where they begin to differ.
func around(a, b string) (string, string) {
	const before, length = 20, 80
	same := 0
	for same < len(a) && same < len(b) && a[same] == b[same] {
		same++
	}
	from := max(0, same-before)
	cut := func(text string) string {
		end, dots := len(text), ""
		if end > from+length {
			end, dots = from+length, "…"
		}
		out := fmt.Sprintf("%q", strings.ToValidUTF8(text[min(from, len(text)):end], "\uFFFD")) + dots
		if from > 0 {
			out = "…" + out
		}
		return out
	}
	return cut(a), cut(b)
}
