package arazzotest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"unicode/utf8"

	"github.com/gobelin-dev/gobelin/internal/value"
	"github.com/gobelin-dev/gobelin/runtime"
)

// step is the text of one execution of a step: what it did, and how it was decided.
type step struct {
	at     runtime.At
	where  string
	lines  strings.Builder
	failed bool   // the step itself
	action string // that followed
}

// fatal reports whether the step failed and nothing goes on from there.
func (s *step) fatal() bool { return s.failed && (s.action == "fail" || s.action == "end") }

func (s *step) text() string { return strings.TrimSuffix(s.lines.String(), "\n") }

func (s *step) line(format string, args ...any) {
	fmt.Fprintf(&s.lines, format+"\n", args...)
}

// add tells an event of the step, or, indented, of a workflow that it calls.
func (s *step) add(e runtime.Event) {
	at := runtime.EventAt(e)
	inside := at.Depth > s.at.Depth
	if inside {
		s.lines.WriteString(strings.Repeat("  ", at.Depth-s.at.Depth))
	}
	before := s.lines.Len()
	switch e := e.(type) {
	case *runtime.StepStarted:
		where := s.where
		if inside {
			where = ""
		}
		s.line("%sworkflow %q, step %q%s: %s", where, at.WorkflowID, at.StepID, turn(at), e.Operation)
	case *runtime.RequestSent:
		s.line("  sent      %s %s%s", e.Method, e.URL, content(e.Header, e.Body))
		if len(e.Wanted) > 0 {
			s.line("  without   a credential for %s", strings.Join(e.Wanted, ", "))
		}
	case *runtime.ResponseReceived:
		if e.Err != nil {
			s.line("  received  nothing: %v", e.Err)
		} else {
			s.line("  received  %d %s%s", e.Status, http.StatusText(e.Status), content(e.Header, e.Body))
		}
	case *runtime.CriterionEvaluated:
		s.criterion(e)
	case *runtime.WaitStarted:
		s.line("  waits     %v (%s)", e.Duration, e.Reason)
	case *runtime.StepFinished:
		if !inside {
			s.failed = !e.Succeeded
		}
		if e.Succeeded {
			s.line("  succeeded")
		} else {
			s.line("  failed    %s", strings.ReplaceAll(e.Reason, "\n", "\n            "))
		}
	case *runtime.ActionSelected:
		if !inside {
			s.action = e.Type
		}
		s.line("  then      %s", strings.Join(strings.Fields(e.Type+" "+e.Target+" "+name(e.Action)), " ")+": "+e.Reason)
	case *runtime.DiagnosticRaised:
		s.line("  note      %s", e.Diagnostic.Message)
	}
	if inside && s.lines.Len() == before { // nothing to tell: take the indentation away
		text := strings.TrimRight(s.lines.String(), " ")
		s.lines.Reset()
		s.lines.WriteString(text)
	}
}

func (s *step) criterion(e *runtime.CriterionEvaluated) {
	verdict := "false"
	if e.Passed {
		verdict = "true"
	}
	of := ""
	if e.Action != "" {
		of = "for " + name(e.Action) + " "
	}
	text := fmt.Sprintf("  %-9s %s%s", verdict, of, e.Condition)
	var operands []string
	for _, o := range e.Operands {
		v := "is missing"
		if !o.Missing {
			v = "= " + cut([]byte(value.Text(o.Value)), mostOfOperand)
		}
		operands = append(operands, o.Text+" "+v)
	}
	if len(operands) > 0 {
		text += "   (" + strings.Join(operands, ", ") + ")"
	}
	if e.Reason != "" && !e.Passed {
		text += ": " + e.Reason
	}
	s.line("%s", text)
}

// turn says which execution of a step it is, if not the first.
func turn(at runtime.At) string {
	text := ""
	if at.Visit > 1 {
		text += fmt.Sprintf(", visit %d", at.Visit)
	}
	if at.Attempt > 1 {
		text += fmt.Sprintf(", attempt %d", at.Attempt)
	}
	return text
}

func name(action string) string {
	if action == "" {
		return ""
	}
	return fmt.Sprintf("(%s)", action)
}

// Most bytes of a body, and of the value of an operand, that are shown.
const (
	mostOfBody    = 1000
	mostOfOperand = 100
)

// content describes a body: its media type, its length, its beginning.
func content(header http.Header, body []byte) string {
	mediaType := header.Get("Content-Type")
	switch {
	case len(body) == 0 && mediaType == "":
		return ""
	case len(body) == 0:
		return ", " + mediaType + ", no body"
	case mediaType == "":
		mediaType = "no content type"
	}
	return fmt.Sprintf(", %s, %d bytes: %s", mediaType, len(body), cut(body, mostOfBody))
}

// cut returns the beginning of a text in a line.
func cut(text []byte, most int) string {
	var compact bytes.Buffer
	if len(text) <= 1<<20 && json.Compact(&compact, text) == nil {
		text = compact.Bytes()
	}
	dots := ""
	if len(text) > most {
		text, dots = text[:most], "…"
		for len(text) > most-utf8.UTFMax && !utf8.Valid(text) {
			text = text[:len(text)-1]
		}
	}
	if !utf8.Valid(text) {
		return "(not text)"
	}
	return strings.Join(strings.Fields(string(text)), " ") + dots
}
