package trace

import (
	"bufio"
	"cmp"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/gobelin-dev/gobelin/internal/stored"
	"github.com/gobelin-dev/gobelin/report"
	"github.com/gobelin-dev/gobelin/runtime"
)

// A Reader reads a trace. It must be used by one goroutine at a time.
type Reader struct {
	Header Header
	Cut    bool // the body of the event that Next returned last is not whole

	lines *bufio.Reader
	line  int
}

// maxLine bounds a line: bodies in it may be of any size that a run accepted.
const maxLine = 256 << 20

// NewReader returns a Reader for a trace, whose header it reads. The error says in
// what way it is not a trace of a version that this package knows.
func NewReader(from io.Reader) (*Reader, error) {
	r := &Reader{lines: bufio.NewReaderSize(from, 64<<10)}
	text, err := r.next()
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	switch err := json.Unmarshal(text, &r.Header); {
	case err != nil || r.Header.Trace == 0:
		return nil, errors.New(`not a trace of gobelin: it does not begin with {"gobelinTrace":…}`)
	case r.Header.Trace > Version:
		return nil, fmt.Errorf("the trace has version %d; this gobelin reads versions up to %d", r.Header.Trace, Version)
	}
	return r, nil
}

// Next returns the next line: a [runtime.Event], a *[RunStarted] or a *[RunFinished].
// The error is io.EOF at the end. A last line that was cut off, as by a crash, is
// left out; the error is then [io.ErrUnexpectedEOF].
func (r *Reader) Next() (any, error) {
	for {
		text, err := r.next()
		if err != nil {
			return nil, err
		}
		v, err := r.parse(text)
		if err != nil {
			return nil, fmt.Errorf("line %d of the trace: %w", r.line, err)
		}
		if v != nil { // else of a kind that a later gobelin has
			return v, nil
		}
	}
}

// next returns the next line that is not blank.
func (r *Reader) next() ([]byte, error) {
	var long []byte
	for {
		part, err := r.lines.ReadSlice('\n')
		switch {
		case errors.Is(err, bufio.ErrBufferFull):
			if long = append(long, part...); len(long) > maxLine {
				return nil, fmt.Errorf("line %d of the trace is longer than %d bytes", r.line+1, maxLine)
			}
			continue
		case errors.Is(err, io.EOF) && len(long)+len(part) > 0:
			return nil, io.ErrUnexpectedEOF
		case err != nil:
			return nil, err
		}
		r.line++
		if long != nil {
			part = append(long, part...)
		}
		if len(part) > 1 {
			return part, nil
		}
		long = nil
	}
}

// record has the members of all kinds of lines.
type record struct {
	Event      string          `json:"event"`
	Time       time.Time       `json:"time"`
	Run        int             `json:"run"`
	WorkflowID string          `json:"workflowId"`
	StepID     string          `json:"stepId"`
	Visit      int             `json:"visit"`
	Attempt    int             `json:"attempt"`
	Depth      int             `json:"depth"`
	Document   string          `json:"document"`
	Program    string          `json:"program"`
	Inputs     stored.Object   `json:"inputs"`
	Outputs    stored.Object   `json:"outputs"`
	Error      json.RawMessage `json:"error"`
	Operation  string          `json:"operation"`
	Method     string          `json:"method"`
	URL        string          `json:"url"`
	Target     string          `json:"target"`
	Header     http.Header     `json:"header"`
	Body       *string         `json:"body"`
	BodyBase64 *string         `json:"bodyBase64"`
	BodySHA256 string          `json:"bodySHA256"`
	Security   []string        `json:"security"`
	Wanted     []string        `json:"wanted"`
	Status     json.RawMessage `json:"status"`
	Resent     int             `json:"resent"`
	Timeout    bool            `json:"timeout"`
	Timing     *struct {
		DNS      time.Duration `json:"dns"`
		Connect  time.Duration `json:"connect"`
		TLS      time.Duration `json:"tls"`
		Wait     time.Duration `json:"wait"`
		Transfer time.Duration `json:"transfer"`
		Protocol string        `json:"protocol"`
		Remote   string        `json:"remote"`
		Reused   bool          `json:"reused"`
	} `json:"timing"`
	Action    string `json:"action"`
	Condition string `json:"condition"`
	Type      string `json:"type"`
	Operands  []struct {
		Text    string       `json:"text"`
		Value   stored.Value `json:"value"`
		Missing bool         `json:"missing"`
	} `json:"operands"`
	Passed     bool                `json:"passed"`
	Succeeded  bool                `json:"succeeded"`
	Reason     string              `json:"reason"`
	Duration   time.Duration       `json:"duration"`
	Diagnostic *runtime.Diagnostic `json:"diagnostic"`
}

// parse reads a line; the result is nil for a kind that is not known.
func (in *Reader) parse(text []byte) (any, error) {
	var r record
	if err := json.Unmarshal(text, &r); err != nil {
		return nil, err
	}
	in.Cut = r.BodySHA256 != ""
	at := runtime.At{Run: r.Run, WorkflowID: r.WorkflowID, StepID: r.StepID, Visit: r.Visit, Attempt: r.Attempt, Depth: r.Depth, Time: r.Time}
	switch r.Event {
	case "runStarted":
		return &RunStarted{Run: r.Run, Time: r.Time, WorkflowID: r.WorkflowID, Document: cmp.Or(r.Document, in.Header.Document),
			Program: cmp.Or(r.Program, in.Header.Program)}, nil
	case "runFinished":
		finished := &RunFinished{Run: r.Run, Time: r.Time, Outputs: r.Outputs}
		if err := r.into(r.Status, &finished.Status); err != nil {
			return nil, err
		}
		if r.Error != nil {
			finished.Err = new(report.Error)
		}
		return finished, r.into(r.Error, finished.Err)
	case "workflowStarted":
		return &runtime.WorkflowStarted{At: at, Inputs: r.Inputs}, nil
	case "workflowFinished":
		failed, err := r.failure()
		return &runtime.WorkflowFinished{At: at, Outputs: r.Outputs, Err: failed}, err
	case "stepStarted":
		return &runtime.StepStarted{At: at, Operation: r.Operation}, nil
	case "requestSent":
		body, err := r.body()
		return &runtime.RequestSent{At: at, Method: r.Method, URL: r.URL, Target: r.Target, Header: r.Header, Body: body,
			Security: r.Security, Wanted: r.Wanted}, err
	case "responseReceived":
		return r.response(at)
	case "criterionEvaluated":
		e := &runtime.CriterionEvaluated{At: at, Action: r.Action, Condition: r.Condition, Type: r.Type, Passed: r.Passed, Reason: r.Reason}
		for _, o := range r.Operands {
			e.Operands = append(e.Operands, runtime.Operand{Text: o.Text, Value: o.Value.V, Missing: o.Missing})
		}
		return e, nil
	case "outputsEvaluated":
		return &runtime.OutputsEvaluated{At: at, Outputs: r.Outputs}, nil
	case "actionSelected":
		return &runtime.ActionSelected{At: at, Action: r.Action, Type: r.Type, Target: r.Target, Reason: r.Reason}, nil
	case "waitStarted":
		return &runtime.WaitStarted{At: at, Duration: r.Duration, Reason: runtime.WaitReason(r.Reason)}, nil
	case "stepFinished":
		return &runtime.StepFinished{At: at, Succeeded: r.Succeeded, Reason: r.Reason}, nil
	case "diagnosticRaised":
		if r.Diagnostic == nil {
			return nil, errors.New("a diagnosticRaised without its diagnostic")
		}
		return &runtime.DiagnosticRaised{At: at, Diagnostic: *r.Diagnostic}, nil
	case "":
		return nil, errors.New("a line without the name of its event")
	}
	return nil, nil
}

func (r *record) response(at runtime.At) (any, error) {
	body, err := r.body()
	if err != nil {
		return nil, err
	}
	e := &runtime.ResponseReceived{At: at, URL: r.URL, Header: r.Header, Body: body, Resent: r.Resent}
	if e.Err, err = r.failure(); err != nil {
		return nil, err
	}
	if r.Timeout && e.Err != nil {
		e.Err = timedOut{Error(e.Err.Error())}
	}
	if t := r.Timing; t != nil {
		e.Timing = &runtime.Timing{DNS: t.DNS, Connect: t.Connect, TLS: t.TLS, Wait: t.Wait, Transfer: t.Transfer,
			Protocol: t.Protocol, Remote: t.Remote, Reused: t.Reused}
	}
	return e, r.into(r.Status, &e.Status)
}

// into decodes a member, if it is there.
func (r *record) into(member json.RawMessage, to any) error {
	if member == nil {
		return nil
	}
	return json.Unmarshal(member, to)
}

func (r *record) failure() (error, error) {
	if r.Error == nil {
		return nil, nil
	}
	var text string
	if err := json.Unmarshal(r.Error, &text); err != nil {
		return nil, err
	}
	return Error(text), nil
}

func (r *record) body() ([]byte, error) {
	switch {
	case r.Body != nil:
		return []byte(*r.Body), nil
	case r.BodyBase64 != nil:
		return base64.StdEncoding.DecodeString(*r.BodyBase64)
	}
	return nil, nil
}
