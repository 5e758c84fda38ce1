package replay

import (
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/gobelin-dev/gobelin/internal/secret"
	"github.com/gobelin-dev/gobelin/internal/value"
	"github.com/gobelin-dev/gobelin/runtime"
)

// A comparer compares what happened twice.
type comparer struct {
	words [2]string // for the one and the other, in texts
	times bool      // dates and times are all equal
}

var (
	replayed = comparer{words: [2]string{"now", "recorded"}}
	both     = comparer{words: [2]string{"first", "second"}, times: true}
)

// pair says what there is of something the one time and the other.
func (c comparer) pair(what, a, b string) string {
	return fmt.Sprintf("%s: %s %s, %s %s", what, c.words[0], a, c.words[1], b)
}

// quoted is pair for long texts: about the place where they begin to differ.
func (c comparer) quoted(what, a, b string) string {
	a, b = around(a, b)
	return c.pair(what, a, b)
}

// differences returns how a request differs from the one that was recorded. Where the
// recording is masked anything is equal. The header of the recording has more: what
// the transport and the credentials added. shown is the event of the request: its body
// is what a trace has, in whichever charset it is sent.
func differences(c *runtime.Send, shown, recorded *runtime.RequestSent) (list []string) {
	now := &runtime.RequestSent{Method: c.Method, Target: c.Target, Header: c.Header, Body: shown.Body}
	if sameJSON := replayed.sameJSON(c.Body, recorded.Body); sameJSON || string(c.Body) == string(recorded.Body) {
		now.Body = recorded.Body
	}
	return replayed.request(now, recorded, slices.Sorted(maps.Keys(c.Header)))
}

// requests returns how two requests that were sent differ.
func (c comparer) requests(a, b *runtime.RequestSent) []string {
	names := slices.Collect(maps.Keys(a.Header))
	for name := range b.Header {
		if a.Header[name] == nil {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return c.request(a, b, names)
}

// request returns how a request differs from a recorded one, with the header fields of
// those names.
func (c comparer) request(now, recorded *runtime.RequestSent, names []string) (list []string) {
	differ := func(what, now, then string) { list = append(list, c.quoted(what, now, then)) }
	if now.Method != recorded.Method {
		differ("method", now.Method, recorded.Method)
	}
	if !sameTarget(now.Target, recorded) {
		then := recorded.Target
		if then == "" {
			then = recorded.URL
		}
		differ("target", now.Target, then)
	}
	for _, name := range names {
		now, then := strings.Join(now.Header.Values(name), ", "), strings.Join(recorded.Header.Values(name), ", ")
		if name == "Cookie" && sameCookies(now, then) {
			continue
		}
		if recorded.Target == "" && slices.Contains(clients, name) {
			continue // of another client
		}
		if !c.sameText(now, then) {
			differ("header "+name, now, then)
		}
	}
	if a, b := string(now.Body), string(recorded.Body); !c.sameText(a, b) && !c.sameJSON(now.Body, recorded.Body) {
		differ("body", a, b)
	}
	return list
}

// clients are the headers that each client chooses for itself.
var clients = []string{"Accept", "Accept-Encoding", "User-Agent"}

// shownHeader is the header with which a request is told: the recorded one, and what of
// the request's the recording does not have.
func shownHeader(c *runtime.Send, recorded *runtime.RequestSent) http.Header {
	h := recorded.Header.Clone()
	if h == nil {
		h = http.Header{}
	}
	for name, values := range c.Header {
		if h[name] == nil || recorded.Target == "" && slices.Contains(clients, name) {
			h[name] = values
		}
	}
	return h
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

// sameText reports whether two texts are equal, of which either may be masked.
func (c comparer) sameText(a, b string) bool {
	return masked(b, a) || masked(a, b) || c.times && isTime(a) && isTime(b)
}

// isTime reports whether a text is a date and time.
func isTime(text string) bool {
	if _, err := time.Parse(time.RFC3339, text); err == nil {
		return true
	}
	_, err := http.ParseTime(text)
	return err == nil
}

// sameJSON reports whether two texts are JSON texts of equal values.
func (c comparer) sameJSON(a, b []byte) bool {
	x, err := value.Decode(a)
	if err != nil {
		return false
	}
	y, err := value.Decode(b)
	return err == nil && c.same(x, y)
}

// same reports whether two values are equal, of which either may be masked.
func (c comparer) same(a, b any) bool {
	switch x := a.(type) {
	case string:
		if y, ok := b.(string); ok {
			return c.sameText(x, y)
		}
	case []any:
		y, ok := b.([]any)
		return ok && slices.EqualFunc(x, y, c.same)
	case map[string]any:
		y, ok := b.(map[string]any)
		return ok && maps.EqualFunc(x, y, c.same)
	}
	return value.Equal(a, b) || a == any(secret.Masked) || b == any(secret.Masked)
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
