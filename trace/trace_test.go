package trace_test

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/gobelin-dev/gobelin/arazzo"
	"github.com/gobelin-dev/gobelin/report"
	"github.com/gobelin-dev/gobelin/runtime"
	"github.com/gobelin-dev/gobelin/trace"
)

func program(t testing.TB) *runtime.Program {
	t.Helper()
	doc, err := arazzo.ReadFile("../examples/cancel-and-confirm/arazzo/anthropic-batch-cancel-and-confirm-workflow.yml")
	if err != nil {
		t.Fatal(err)
	}
	p, err := runtime.Compile(t.Context(), doc)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// events has each kind of event with all of its parts.
func events() []runtime.Event {
	at := runtime.At{Run: 3, WorkflowID: "w", StepID: "s", Visit: 2, Attempt: 1, Depth: 1, Time: time.Date(2026, 11, 28, 1, 2, 3, 4, time.UTC)}
	return []runtime.Event{
		&runtime.WorkflowStarted{At: at, Inputs: map[string]any{"a": nil, "b": 1.0, "c": int64(1), "d": []any{"x", []byte{1, 255}, true}}},
		&runtime.StepStarted{At: at, Operation: "GET /x"},
		&runtime.RequestSent{At: at, Method: "POST", URL: "http://h/x?y=\"", Target: "/x?y=\"", Header: http.Header{"A": {"1", "2"}, "B": {""}},
			Body: []byte("line\nline"), Security: []string{"key"}, Wanted: []string{"token", "basic"}},
		&runtime.ResponseReceived{At: at, Status: 200, URL: "http://h/z", Header: http.Header{"Content-Type": {"application/json"}},
			Body: []byte{0xff, 0, 1}, Resent: 2,
			Timing: &runtime.Timing{DNS: 1, Connect: 2, TLS: 3, Wait: 4, Transfer: 5, Protocol: "HTTP/2.0", Remote: "[::1]:443", Reused: true}},
		&runtime.ResponseReceived{At: at, Err: trace.Error("no answer"), Timing: &runtime.Timing{}},
		&runtime.CriterionEvaluated{At: at, Action: "a", Condition: "$x == 1", Type: "simple", Passed: true, Reason: "r",
			Operands: []runtime.Operand{{Text: "$x", Value: map[string]any{"y": 2.0}}, {Text: "$z", Missing: true}, {Text: "$n"}}},
		&runtime.OutputsEvaluated{At: at, Outputs: map[string]any{"o": "v"}},
		&runtime.ActionSelected{At: at, Action: "a", Type: "goto", Target: "s", Reason: "r"},
		&runtime.WaitStarted{At: at, Duration: time.Second, Reason: runtime.WaitLoop},
		&runtime.StepFinished{At: at, Succeeded: true},
		&runtime.StepFinished{At: at, Reason: "status 500"},
		&runtime.DiagnosticRaised{At: at, Diagnostic: runtime.Diagnostic{Code: "c", Severity: arazzo.Note, Message: "m",
			Position: arazzo.Position{File: "f", Line: 1, Column: 2}}},
		&runtime.WorkflowFinished{At: at, Outputs: map[string]any{}, Err: trace.Error("failed")},
	}
}

func readAll(t *testing.T, text []byte) (trace.Header, []any) {
	t.Helper()
	r, err := trace.NewReader(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	var all []any
	for {
		v, err := r.Next()
		if errors.Is(err, io.EOF) {
			return r.Header, all
		}
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, v)
	}
}

// What is read is what was written, in the types and with the values that it had.
func TestEventsAreReadAsWritten(t *testing.T) {
	var b bytes.Buffer
	w := trace.NewWriter(&b, program(t), "gobelin test")
	w.Begin(3, program(t), "w")
	var want []any
	for _, e := range events() {
		w.OnEvent(e)
		want = append(want, e)
	}
	w.End(3, &runtime.Result{Outputs: map[string]any{"o": 1.0}},
		&runtime.StepError{WorkflowID: "w", StepID: "s", Attempt: 1, Status: 500, Reason: "status 500"})
	if err := w.Err(); err != nil {
		t.Fatal(err)
	}
	header, got := readAll(t, b.Bytes())
	if header.Tool != "gobelin test" || !strings.HasSuffix(header.Document, "workflow.yml") || header.Program == "" {
		t.Errorf("header %+v", header)
	}
	if diff := cmp.Diff(want, got[1:len(got)-1]); diff != "" {
		t.Errorf("events (-written +read):\n%s", diff)
	}
	if started, ok := got[0].(*trace.RunStarted); !ok || started.Run != 3 || started.WorkflowID != "w" || started.Time.IsZero() {
		t.Errorf("begin: %+v", got[0])
	}
	finished, ok := got[len(got)-1].(*trace.RunFinished)
	if !ok || finished.Status != "failed" {
		t.Fatalf("end: %+v", got[len(got)-1])
	}
	wantError := &report.Error{Type: "step", Message: `workflow "w", step "s": status 500`, WorkflowID: "w", StepID: "s", Status: 500}
	if diff := cmp.Diff(wantError, finished.Err); diff != "" {
		t.Errorf("error (-want +got):\n%s", diff)
	}
}

// A body beyond the bound is cut between characters, and has the hash of the whole.
func TestLongBodies(t *testing.T) {
	var b bytes.Buffer
	w := trace.NewWriter(&b, program(t), "")
	w.MaxBody = 4
	w.OnEvent(&runtime.RequestSent{Body: []byte("abcé")})
	w.OnEvent(&runtime.RequestSent{Body: []byte("abcd")})
	lines := strings.Split(b.String(), "\n")
	// The sum is that of `printf abcé | sha256sum`.
	const want = `"bodySize":5,"bodySHA256":"ab2b4afd2eb587b106d4831e83d3f408a44dc34a4479fa991b8dd19cc63d7208","body":"abc"`
	if !strings.Contains(lines[1], want) {
		t.Errorf("%s has no %s", lines[1], want)
	}
	if !strings.Contains(lines[2], `"bodySize":4,"body":"abcd"`) {
		t.Errorf("%s", lines[2])
	}
	r, err := trace.NewReader(&b)
	if err != nil {
		t.Fatal(err)
	}
	for _, cut := range []bool{true, false} {
		if _, err := r.Next(); err != nil || r.Cut != cut {
			t.Errorf("cut %v, want %v (%v)", r.Cut, cut, err)
		}
	}
}

// failing refuses to write after some bytes.
type failing struct{ left int }

func (f *failing) Write(p []byte) (int, error) {
	if f.left -= len(p); f.left < 0 {
		return 0, errors.New("disk full")
	}
	return len(p), nil
}

func TestErrorsOfWriting(t *testing.T) {
	w := trace.NewWriter(&failing{left: 400}, program(t), "")
	for range 10 {
		w.OnEvent(&runtime.RequestSent{URL: "http://h/x"})
	}
	if err := w.Err(); err == nil || err.Error() != "disk full" {
		t.Errorf("%v", err)
	}
}

func TestDamagedTraces(t *testing.T) {
	const head = `{"gobelinTrace":1,"time":"2026-11-28T00:00:00Z"}` + "\n"
	for _, c := range []struct{ text, want string }{
		{"", "not a trace"},
		{"{}\n", "not a trace"},
		{"arazzo: 1.0.1\n", "not a trace"},
		{`{"gobelinTrace":2}` + "\n", "the trace has version 2; this gobelin reads versions up to 1"},
		{head + "{\n", "line 2 of the trace"},
		{head + "\n{\"event\":\"later\"}\n{}\n", "line 4 of the trace: a line without the name of its event"},
		{head + `{"event":"diagnosticRaised"}` + "\n", "line 2 of the trace: a diagnosticRaised without"},
		{head + `{"event":"stepStarted"`, "unexpected EOF"},
		{head + `{"event":"requestSent","bodyBase64":"?"}` + "\n", "line 2 of the trace: illegal base64"},
	} {
		r, err := trace.NewReader(strings.NewReader(c.text))
		for err == nil {
			_, err = r.Next()
		}
		if !strings.Contains(err.Error(), c.want) {
			t.Errorf("%q: %v, want %q", c.text, err, c.want)
		}
	}
}

func FuzzReader(f *testing.F) {
	var b bytes.Buffer
	p := program(f)
	w := trace.NewWriter(&b, p, "gobelin test")
	for _, e := range events() {
		w.OnEvent(e)
	}
	f.Add(b.Bytes())
	f.Fuzz(func(t *testing.T, text []byte) {
		r, err := trace.NewReader(bytes.NewReader(text))
		if err != nil {
			return
		}
		var again bytes.Buffer
		w := trace.NewWriter(&again, p, "")
		for {
			v, err := r.Next()
			if err != nil {
				break
			}
			if e, ok := v.(runtime.Event); ok {
				w.OnEvent(e)
			}
		}
		if w.Err() != nil {
			t.Fatal(w.Err())
		}
		readAll(t, again.Bytes())
	})
}

// What is written is as docs/trace.schema.json says.
func TestSchema(t *testing.T) {
	compiler := jsonschema.NewCompiler()
	compiler.AssertFormat()
	schema, err := compiler.Compile("../docs/trace.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	w := trace.NewWriter(&b, program(t), "gobelin test")
	w.MaxBody = 2
	w.Begin(3, program(t), "w")
	for _, e := range events() {
		w.OnEvent(e)
	}
	w.End(3, &runtime.Result{Outputs: map[string]any{"o": 1.0}}, errors.New("failed"))
	for line := range strings.Lines(b.String()) {
		v, err := jsonschema.UnmarshalJSON(strings.NewReader(line))
		if err != nil {
			t.Fatal(err)
		}
		if err := schema.Validate(v); err != nil {
			t.Errorf("%s%v", line, err)
		}
	}
}
