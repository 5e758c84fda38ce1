package explain

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"mime"
	"net/http"
	"strings"
	"unicode/utf8"

	"github.com/gobelin-dev/gobelin/arazzo"
	"github.com/gobelin-dev/gobelin/internal/program"
	"github.com/gobelin-dev/gobelin/runtime"
)

// A Failure is what is known of a step that failed.
type Failure struct {
	At       runtime.At
	Place    arazzo.Position // of the criterion that failed, or else of the step
	Reason   string
	Decision string                    // the criterion that failed, with the values of its operands; "" if it was none
	Spent    string                    // which retries were used up
	Request  *runtime.RequestSent      // nil: none was sent
	Response *runtime.ResponseReceived // nil: there was none
}

// Failure returns what is known of the step that failed last, of those where the
// failure began: the innermost of called workflows. It is nil if the last step succeeded.
func (x *Explainer) Failure() *Failure { return x.failure }

// finished notes how a step ended.
func (x *Explainer) finished(l *level, s *program.Step, e *runtime.StepFinished) {
	switch f := x.failure; {
	case e.Succeeded:
		x.failure = nil
		return
	case f != nil && f.At.Depth > e.Depth && l.request == nil && strings.HasPrefix(e.Reason, "the workflow "):
		return // it failed because of that one
	}
	x.failure = &Failure{At: e.At, Reason: e.Reason, Request: l.request, Response: l.response, Place: x.stepPlace(s, e.At)}
	if l.failed != nil {
		x.failure.Decision = l.failed.Text
		if l.failed.Place.Line > 0 {
			x.failure.Place = l.failed.Place
		}
	}
}

// Unauthorized returns the security schemes that the operation asks for, if the
// server refused the request and none of them was satisfied.
func (f *Failure) Unauthorized() []string {
	if f.Request == nil || f.Response == nil || f.Response.Status != http.StatusUnauthorized && f.Response.Status != http.StatusForbidden {
		return nil
	}
	return f.Request.Wanted
}

// Lines returns the explanation, a fact a line.
func (f *Failure) Lines() (lines []string) {
	place := ""
	if f.Place.Line > 0 {
		place = f.Place.String() + ": "
	}
	switch {
	case f.Decision != "":
		lines = append(lines, place+f.Decision)
	case place != "":
		lines = append(lines, place+fmt.Sprintf("step %q", f.At.StepID))
	}
	if f.Request != nil {
		lines = append(lines, "the request: "+f.Request.Method+" "+f.Request.URL)
	}
	if f.Response != nil && f.Response.Err == nil {
		lines = append(lines, "the response: "+answer(f.Response))
	}
	if f.Spent != "" {
		lines = append(lines, f.Spent)
	}
	return lines
}

// answer describes a response: its status, media type, and the beginning of its body.
func answer(e *runtime.ResponseReceived) string {
	if e.Err != nil {
		return "no response: " + e.Err.Error()
	}
	text := strings.TrimSpace(fmt.Sprintf("%d %s", e.Status, http.StatusText(e.Status)))
	if len(e.Body) == 0 {
		return text + ", without a body"
	}
	contentType := e.Header.Get("Content-Type")
	if t, _, err := mime.ParseMediaType(contentType); err == nil {
		contentType = t
	}
	return text + ", " + cmp.Or(contentType, "without a type") + ": " + Excerpt(contentType, e.Body)
}

// mostSaid bounds the excerpt of a body, in bytes.
const mostSaid = 2000

// Excerpt returns the beginning of a body as a line.
func Excerpt(contentType string, body []byte) string {
	if len(body) == 0 {
		return ""
	}
	var compact bytes.Buffer
	text := body
	if len(body) <= 1<<20 && json.Compact(&compact, body) == nil {
		text = compact.Bytes()
	}
	rest := ""
	if len(text) > mostSaid {
		text, rest = text[:mostSaid], fmt.Sprintf("… (%d bytes)", len(body))
		for len(text) > mostSaid-utf8.UTFMax && !utf8.Valid(text) {
			text = text[:len(text)-1]
		}
	}
	if !utf8.Valid(text) {
		return fmt.Sprintf("%d bytes of %s", len(body), cmp.Or(contentType, "an unknown type"))
	}
	return strings.Join(strings.Fields(string(text)), " ") + rest
}
