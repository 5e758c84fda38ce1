package explain

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"mime"
	"net/http"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/gobelin-dev/gobelin/arazzo"
	"github.com/gobelin-dev/gobelin/runtime"
)

// A Failure is what is known of a step that failed.
type Failure struct {
	At       runtime.At
	Place    arazzo.Position // of the criterion that failed, or else of the step
	Reason   string
	Spent    []string                  // which retries were used up
	Request  *runtime.RequestSent      // nil: none was sent
	Response *runtime.ResponseReceived // nil: there was none

	decision func() string // of the criterion that failed; nil: it was none
	causes   []string      // why expressions have no value
}

// Failure returns what is known of the step that failed last, of those where the
// failure began: the innermost of called workflows. It is nil if the last step succeeded.
func (x *Explainer) Failure() *Failure { return x.failure }

// finished notes how a step ended.
func (x *Explainer) finished(l *level, e *runtime.StepFinished) {
	switch f := x.failure; {
	case e.Succeeded:
		x.failure = nil
		return
	case f != nil && f.At.Depth > e.Depth && l.request == nil && strings.HasPrefix(e.Reason, "the workflow "):
		return // it failed because of that one
	}
	f := &Failure{At: e.At, Reason: e.Reason, Request: l.request, Response: l.response, causes: x.causes(l, e.Reason)}
	x.failure = f
	if l.step != nil {
		f.Place = l.step.Position()
	}
	if l.failed == nil {
		return
	}
	failed, c := l.failed, criterion(l.step, l.failed)
	f.decision = func() string { return condition(c, failed) }
	if c != nil {
		f.Place = x.place(c.Place, e.At)
	}
}

// Stopped returns where a run was when it was ended, by a limit or from outside: the
// step that began last, how often it was executed, and what has led to it.
func (x *Explainer) Stopped() []string {
	if x.last.StepID == "" {
		return nil
	}
	line := fmt.Sprintf("step %q was the last that began", x.last.StepID)
	if s := x.levels[x.last.Depth].step; s != nil {
		line = s.Position().String() + ": " + line
	}
	key := step{x.last.WorkflowID, x.last.StepID}
	times := x.executed[key]
	if times == 1 {
		return []string{line}
	}
	lines := []string{line + fmt.Sprintf("; it was executed %d times", times)}
	if round := x.round(); round != "" {
		return append(lines, "the workflows call one another without end: "+round)
	}
	for key, times := range x.executed {
		if led := x.actions[key]; led != "" && times > 1 {
			lines = append(lines, fmt.Sprintf("after step %q, %s", key.stepID, led))
		}
	}
	slices.Sort(lines[1:])
	return lines[:min(len(lines), 1+mostMembers)]
}

// round returns the workflows that lead back to one that is on the stack already.
func (x *Explainer) round() string {
	var names []string
	for _, w := range x.stack.Workflows[:x.last.Depth+1] {
		if w == nil {
			return ""
		}
		if i := slices.Index(names, w.ID); i >= 0 {
			return strings.Join(append(names[i:], w.ID), " → ")
		}
		names = append(names, w.ID)
	}
	return ""
}

// led says which action followed a step, and why; "" if none did.
func led(l *level, e *runtime.ActionSelected) string {
	if e.Action == "" {
		return ""
	}
	text := strings.TrimSpace(fmt.Sprintf("action %s leads on: %s %s", e.Action, e.Type, e.Target))
	if c := l.chosen; c != nil && c.Action == e.Action {
		return text + ", as " + c.Condition + " holds"
	}
	return text + ", as " + e.Reason
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
	case f.decision != nil:
		lines = append(lines, place+f.decision())
	case f.Response != nil && f.Response.Err == nil:
		lines = append(lines, place+"the step has no success criteria, so that its status decides")
	case place != "":
		lines = append(lines, place+fmt.Sprintf("step %q", f.At.StepID))
	}
	lines = append(lines, f.causes...)
	if f.Request != nil {
		lines = append(lines, "the request: "+f.Request.Method+" "+f.Request.URL)
	}
	if f.Response != nil && f.Response.Err == nil {
		lines = append(lines, "the response: "+answer(f.Response))
	}
	return append(lines, f.Spent...)
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
