package trace

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"slices"
	"strconv"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/gobelin-dev/gobelin/internal/program"
	"github.com/gobelin-dev/gobelin/internal/stored"
	"github.com/gobelin-dev/gobelin/internal/value"
	"github.com/gobelin-dev/gobelin/report"
	"github.com/gobelin-dev/gobelin/runtime"
)

// DefaultMaxBody is how many bytes of a body a [Writer] keeps unless told otherwise.
const DefaultMaxBody = 1 << 20

// A Writer writes a trace. Each line is written when its event happens, at the latest
// before anything is sent or waited for: a crash loses nothing that anybody has seen.
// A Writer may be used by several goroutines, as the listener of a
// [runtime.Batch] is.
type Writer struct {
	MaxBody int // bytes of a body, beyond which it is cut and has its hash; 0 means DefaultMaxBody, -1 none

	document string // of the header
	program  string

	mu   sync.Mutex
	ends map[int]map[string]any // the outputs of runs, secrets masked, that End is to write
	to   io.Writer
	line line // with those before it that are not written yet
	err  error
}

// NewWriter returns a Writer whose trace begins with a header, for runs of a program.
// tool is what writes it, such as "gobelin v1.2.3".
func NewWriter(to io.Writer, p *runtime.Program, tool string) *Writer {
	w := &Writer{to: to, ends: map[int]map[string]any{}}
	w.document, w.program = names(p)
	line, err := json.Marshal(Header{Trace: Version, Time: time.Now().UTC(), Tool: tool, Document: w.document, Program: w.program})
	w.line.b, w.err = append(line, '\n'), err
	w.flush()
	return w
}

// Err returns the first error of writing. What comes after it is not written.
func (w *Writer) Err() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.err
}

// names returns the location of a program's document, and its fingerprint.
func names(p *runtime.Program) (document, fingerprint string) {
	linked := program.Of(p)
	return linked.Entry().Location, linked.Fingerprint()
}

// Begin writes the line before the events of a run, whose index is 0 unless there are
// several. The program may be another one than that of the header.
func (w *Writer) Begin(run int, p *runtime.Program, workflowID string) {
	w.write(true, func(l *line) {
		l.begin("runStarted", runtime.At{Run: run, WorkflowID: workflowID, Time: time.Now()})
		if document, fingerprint := names(p); document != w.document || fingerprint != w.program {
			l.text("document", document)
			l.text("program", fingerprint)
		}
	})
}

// End writes the line after the events of a run, which came to result and err; result
// may be nil.
func (w *Writer) End(run int, result *runtime.Result, err error) {
	outcome := report.NewLine(0, "", result, err)
	w.write(true, func(l *line) {
		l.begin("runFinished", runtime.At{Run: run, Time: time.Now()})
		l.text("status", outcome.Status)
		l.object("outputs", w.ends[run])
		delete(w.ends, run)
		if outcome.Error != nil {
			l.json("error", outcome.Error)
		}
	})
}

// OnEvent writes an event. It is meant for runtime.Driver.OnEvent.
func (w *Writer) OnEvent(e runtime.Event) { w.event(e, runtime.EventAt(e)) }

// Listener returns a listener for one of several runs that are not those of a
// [runtime.Batch]: it writes their events with that index.
func (w *Writer) Listener(run int) func(runtime.Event) {
	return func(e runtime.Event) {
		at := runtime.EventAt(e)
		at.Run = run
		w.event(e, at)
	}
}

func (w *Writer) event(e runtime.Event, at runtime.At) {
	soon := false
	switch e.(type) {
	case *runtime.RequestSent, *runtime.ResponseReceived, *runtime.WaitStarted:
		soon = true
	}
	w.write(soon, func(l *line) {
		l.event(e, at)
		if end, ok := e.(*runtime.WorkflowFinished); ok && at.Depth == 0 && end.Outputs != nil {
			w.ends[at.Run] = end.Outputs
		}
	})
}

// write writes a line; soon is set if the lines up to here must not be lost.
func (w *Writer) write(soon bool, content func(*line)) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.err != nil {
		return
	}
	l := &w.line
	l.b, l.most = append(l.b, '{'), cmp.Or(w.MaxBody, DefaultMaxBody)
	content(l)
	l.b = append(l.b, '}', '\n')
	if soon || len(l.b) > 64<<10 {
		w.flush()
	}
}

func (w *Writer) flush() {
	if w.err == nil && len(w.line.b) > 0 {
		_, w.err = w.to.Write(w.line.b)
	}
	w.line.b = w.line.b[:0]
}

// line is a line that is written: a JSON object. Members without a value are left out.
type line struct {
	b    []byte
	most int // of a body
}

func (l *line) begin(kind string, at runtime.At) {
	l.b = append(append(l.b, `"event":"`...), kind...)
	l.b = append(l.b, `","time":"`...)
	l.b = append(at.Time.UTC().AppendFormat(l.b, time.RFC3339Nano), '"')
	l.number("run", at.Run)
	l.text("workflowId", at.WorkflowID)
	l.text("stepId", at.StepID)
	l.number("visit", at.Visit)
	l.number("attempt", at.Attempt)
	l.number("depth", at.Depth)
}

func (l *line) name(name string) {
	l.b = append(append(append(l.b, ',', '"'), name...), '"', ':')
}

func (l *line) text(name, v string) {
	if v != "" {
		l.name(name)
		l.b = value.AppendString(l.b, v)
	}
}

func (l *line) number(name string, n int) {
	if n != 0 {
		l.name(name)
		l.b = strconv.AppendInt(l.b, int64(n), 10)
	}
}

func (l *line) flag(name string, v bool) {
	if v {
		l.name(name)
		l.b = append(l.b, "true"...)
	}
}

func (l *line) failure(err error) {
	if err != nil {
		l.text("error", err.Error())
	}
}

func (l *line) object(name string, v map[string]any) {
	if v != nil {
		l.name(name)
		l.b = stored.Object(v).Append(l.b)
	}
}

func (l *line) json(name string, v any) {
	if text, err := json.Marshal(v); err == nil {
		l.name(name)
		l.b = append(l.b, text...)
	}
}

func (l *line) texts(name string, list []string) {
	if len(list) > 0 {
		l.name(name)
		l.array(list)
	}
}

func (l *line) array(list []string) {
	l.b = append(l.b, '[')
	for i, v := range list {
		if i > 0 {
			l.b = append(l.b, ',')
		}
		l.b = value.AppendString(l.b, v)
	}
	l.b = append(l.b, ']')
}

func (l *line) header(h http.Header) {
	if len(h) == 0 {
		return
	}
	l.name("header")
	names := make([]string, 0, 16)
	for name := range h {
		names = append(names, name)
	}
	slices.Sort(names)
	for i, name := range names {
		l.b = append(l.b, "{,"[min(i, 1)])
		l.b = append(value.AppendString(l.b, name), ':')
		l.array(h[name])
	}
	l.b = append(l.b, '}')
}

func (l *line) body(body []byte) {
	if body == nil {
		return
	}
	l.name("bodySize")
	l.b = strconv.AppendInt(l.b, int64(len(body)), 10)
	if kept := max(l.most, 0); len(body) > kept {
		sum := sha256.Sum256(body)
		l.text("bodySHA256", hex.EncodeToString(sum[:]))
		body = wholeText(body[:kept])
	}
	if utf8.Valid(body) {
		l.name("body")
		l.b = value.AppendString(l.b, string(body))
		return
	}
	l.name("bodyBase64")
	l.b = append(base64.StdEncoding.AppendEncode(append(l.b, '"'), body), '"')
}

// wholeText returns a text without the part of a character at its end; what is not a
// text stays as it is.
func wholeText(b []byte) []byte {
	cut := b
	for range utf8.UTFMax - 1 {
		if r, size := utf8.DecodeLastRune(cut); r == utf8.RuneError && size == 1 {
			cut = cut[:len(cut)-1]
		}
	}
	if utf8.Valid(cut) {
		return cut
	}
	return b
}

func (l *line) event(e runtime.Event, at runtime.At) {
	switch e := e.(type) {
	case *runtime.WorkflowStarted:
		l.begin("workflowStarted", at)
		l.object("inputs", e.Inputs)
	case *runtime.WorkflowFinished:
		l.begin("workflowFinished", at)
		l.object("outputs", e.Outputs)
		l.failure(e.Err)
	case *runtime.StepStarted:
		l.begin("stepStarted", at)
		l.text("operation", e.Operation)
	case *runtime.RequestSent:
		l.begin("requestSent", at)
		l.text("method", e.Method)
		l.text("url", e.URL)
		l.text("target", e.Target)
		l.header(e.Header)
		l.body(e.Body)
		l.texts("security", e.Security)
		l.texts("wanted", e.Wanted)
	case *runtime.ResponseReceived:
		l.begin("responseReceived", at)
		l.number("status", e.Status)
		l.text("url", e.URL)
		l.header(e.Header)
		l.body(e.Body)
		l.failure(e.Err)
		l.flag("timeout", errors.Is(e.Err, context.DeadlineExceeded))
		l.number("resent", e.Resent)
		l.timing(e.Timing)
	case *runtime.CriterionEvaluated:
		l.begin("criterionEvaluated", at)
		l.text("action", e.Action)
		l.text("condition", e.Condition)
		l.text("type", e.Type)
		l.operands(e.Operands)
		l.flag("passed", e.Passed)
		l.text("reason", e.Reason)
	case *runtime.OutputsEvaluated:
		l.begin("outputsEvaluated", at)
		l.object("outputs", e.Outputs)
	case *runtime.ActionSelected:
		l.begin("actionSelected", at)
		l.text("action", e.Action)
		l.text("type", e.Type)
		l.text("target", e.Target)
		l.text("reason", e.Reason)
	case *runtime.WaitStarted:
		l.begin("waitStarted", at)
		l.name("duration")
		l.b = strconv.AppendInt(l.b, int64(e.Duration), 10)
		l.text("reason", string(e.Reason))
	case *runtime.StepFinished:
		l.begin("stepFinished", at)
		l.flag("succeeded", e.Succeeded)
		l.text("reason", e.Reason)
	case *runtime.DiagnosticRaised:
		l.begin("diagnosticRaised", at)
		l.json("diagnostic", e.Diagnostic)
	}
}

func (l *line) timing(t *runtime.Timing) {
	if t == nil {
		return
	}
	l.name("timing")
	l.b = append(l.b, '{')
	first := len(l.b)
	l.number("dns", int(t.DNS))
	l.number("connect", int(t.Connect))
	l.number("tls", int(t.TLS))
	l.number("wait", int(t.Wait))
	l.number("transfer", int(t.Transfer))
	l.text("protocol", t.Protocol)
	l.text("remote", t.Remote)
	l.flag("reused", t.Reused)
	l.closeObject(first)
}

// closeObject ends an object that began at first, whose first member has a comma too
// many before it.
func (l *line) closeObject(first int) {
	if len(l.b) > first {
		l.b = slices.Delete(l.b, first, first+1)
	}
	l.b = append(l.b, '}')
}

func (l *line) operands(list []runtime.Operand) {
	if len(list) == 0 {
		return
	}
	l.name("operands")
	for i, o := range list {
		l.b = append(l.b, "[,"[min(i, 1)], '{')
		first := len(l.b)
		l.text("text", o.Text)
		if o.Missing {
			l.flag("missing", true)
		} else {
			l.name("value")
			l.b = stored.Value{V: o.Value, Set: true}.Append(l.b)
		}
		l.closeObject(first)
	}
	l.b = append(l.b, ']')
}
