package view

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/gobelin-dev/gobelin/internal/value"
)

// mostSaid bounds the excerpt of a body, in bytes.
const mostSaid = 2000

// text says in lines what an execution of a step did: its request, the answer, what
// decided, what came next.
func (s *step) text() string {
	var b strings.Builder
	if s.sent != nil {
		fmt.Fprintf(&b, "%s %s\n", s.sent.Method, s.sent.URL)
	} else if s.operation != "" {
		fmt.Fprintf(&b, "%s\n", s.operation)
	}
	if r := s.received; r != nil {
		if r.Err != nil {
			fmt.Fprintf(&b, "no response: %v\n", r.Err)
		} else {
			fmt.Fprintf(&b, "%s, after %v\n", status(r.Status), s.response.time.Sub(s.request.time).Round(time.Millisecond/10))
		}
	}
	for _, c := range s.criteria {
		if c.Action != "" && !c.Passed {
			continue
		}
		what := "criterion met: "
		switch {
		case c.Action != "":
			what = "criterion of action " + c.Action + " met: "
		case !c.Passed:
			what = "criterion not met: "
		}
		b.WriteString(what + c.Condition)
		for i, o := range c.Operands {
			text := "without a value"
			if !o.Missing {
				text = short(value.Text(o.Value), 200)
			}
			fmt.Fprintf(&b, "%s%s: %s", [2]string{" (", ", "}[min(i, 1)], o.Text, text)
		}
		if len(c.Operands) > 0 {
			b.WriteByte(')')
		}
		if c.Reason != "" && !c.Passed {
			b.WriteString(": " + c.Reason)
		}
		b.WriteByte('\n')
	}
	for _, d := range s.raised {
		fmt.Fprintf(&b, "%v\n", d)
	}
	if s.status == "failed" {
		fmt.Fprintf(&b, "failed: %s\n", s.reason)
		if s.response != nil {
			if said := excerpt(s.received.Header.Get("Content-Type"), s.response.body); said != "" {
				fmt.Fprintf(&b, "the response: %s\n", said)
			}
		}
	}
	if a := s.action; a != nil && a.Action != "" {
		fmt.Fprintf(&b, "action %s: %s\n", a.Action, strings.TrimSpace(a.Type+" "+a.Target))
	}
	for _, w := range s.waits {
		fmt.Fprintf(&b, "waits %v (%s)\n", w.Duration, w.Reason)
	}
	return b.String()
}

// status is a status code with its name.
func status(code int) string {
	return strings.TrimSpace(fmt.Sprintf("%d %s", code, http.StatusText(code)))
}

// excerpt returns the beginning of a body as a line.
func excerpt(contentType string, body []byte) string {
	var compact bytes.Buffer
	text := body
	if len(body) <= 1<<20 && json.Compact(&compact, body) == nil {
		text = compact.Bytes()
	}
	if !utf8.Valid(text) {
		return fmt.Sprintf("%d bytes of %s", len(body), cmp.Or(contentType, "an unknown type"))
	}
	return strings.Join(strings.Fields(short(string(text), mostSaid)), " ")
}

// short cuts a text after so many bytes.
func short(text string, most int) string {
	if len(text) <= most {
		return text
	}
	for most > 0 && !utf8.RuneStart(text[most]) {
		most--
	}
	return text[:most] + "…"
}

// title names a run among several.
func (r *run) title() string {
	if !r.named {
		return fmt.Sprintf("%s [%d]", r.workflowID, r.index)
	}
	return r.workflowID
}
