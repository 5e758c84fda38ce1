package runtime_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/gobelin-dev/gobelin/runtime"
)

const timedDocument = `
arazzo: 1.1.0
info: {title: t, version: "1"}
sourceDescriptions: [{name: api, url: api.yaml}]
workflows:
- workflowId: w
  steps: [{stepId: call, workflowId: c, timeout: 100}]
- workflowId: c
  steps: [{stepId: a, operationId: get}, {stepId: b, operationId: get, timeout: 90}, {stepId: d, operationId: get}]
`

func begun(t *testing.T) (*runtime.Execution, *[]runtime.Event) {
	t.Helper()
	x, err := compileText(t, timedDocument, fuzzDescription).Begin("w", nil, runtime.Settings{})
	if err != nil {
		t.Fatal(err)
	}
	events := new([]runtime.Event)
	x.Observe(func(e runtime.Event) { *events = append(*events, e) })
	return x, events
}

// next returns the pending send, which has to have a timeout.
func next(t *testing.T, x *runtime.Execution, timeout time.Duration) {
	t.Helper()
	send, ok := x.Next().(*runtime.Send)
	if !ok || send.Timeout != timeout {
		t.Fatalf("next: %+v, want a timeout of %v", x.Next(), timeout)
	}
}

func answer(t *testing.T, x *runtime.Execution, took time.Duration) {
	t.Helper()
	if err := x.Respond(&runtime.Response{Status: 200, Took: took}); err != nil {
		t.Fatal(err)
	}
}

// ended wants the run to have failed at the call, and every step that began to have
// ended.
func ended(t *testing.T, x *runtime.Execution, events *[]runtime.Event) {
	t.Helper()
	done, ok := x.Next().(*runtime.Done)
	var failed *runtime.StepError
	if !ok || !errors.As(done.Err, &failed) || failed.StepID != "call" || !strings.Contains(failed.Error(), "timeout of 100ms") {
		t.Fatalf("next: %+v", x.Next())
	}
	open := 0
	for _, e := range *events {
		switch e.(type) {
		case *runtime.StepStarted, *runtime.WorkflowStarted:
			open++
		case *runtime.StepFinished, *runtime.WorkflowFinished:
			open--
		}
	}
	if open != 0 {
		t.Errorf("%d more began than ended", open)
	}
}

// TestTimeOfACall spends the time of a call by exchanges (F21).
func TestTimeOfACall(t *testing.T) {
	x, events := begun(t)
	next(t, x, 100*time.Millisecond)
	answer(t, x, 30*time.Millisecond)
	next(t, x, 70*time.Millisecond)
	answer(t, x, 50*time.Millisecond)
	next(t, x, 20*time.Millisecond)
	answer(t, x, 20*time.Millisecond)
	ended(t, x, events)

	x, _ = begun(t)
	next(t, x, 100*time.Millisecond)
	answer(t, x, 5*time.Millisecond)
	next(t, x, 90*time.Millisecond)
	if err := x.Fail(context.DeadlineExceeded); err != nil { // the step's own
		t.Fatal(err)
	}
	var failed *runtime.StepError
	if done, ok := x.Next().(*runtime.Done); !ok || !errors.As(done.Err, &failed) || strings.Contains(failed.Error(), "100ms") {
		t.Errorf("next: %+v", x.Next())
	}

	x, events = begun(t)
	next(t, x, 100*time.Millisecond)
	if err := x.Fail(context.DeadlineExceeded); err != nil {
		t.Fatal(err)
	}
	ended(t, x, events)

	x, _ = begun(t)
	next(t, x, 100*time.Millisecond)
	if err := x.Fail(errors.New("connection refused")); err != nil {
		t.Fatal(err)
	}
	if done, ok := x.Next().(*runtime.Done); !ok || strings.Contains(done.Err.Error(), "timeout") {
		t.Errorf("next: %+v", x.Next())
	}
}

// moving is a clock that exchanges move.
type moving struct{ now time.Time }

func (c *moving) Now() time.Time                                 { return c.now }
func (c *moving) Sleep(_ context.Context, d time.Duration) error { c.now = c.now.Add(d); return nil }
func (c *moving) RoundTrip(*http.Request) (*http.Response, error) {
	c.now = c.now.Add(60 * time.Millisecond)
	return &http.Response{StatusCode: 200, Body: io.NopCloser(strings.NewReader(""))}, nil
}

// TestDriverCountsTheTimeOfACall has a driver measure two exchanges of 60 ms.
func TestDriverCountsTheTimeOfACall(t *testing.T) {
	clock := &moving{now: time.Unix(1e9, 0)}
	asked := 0
	d := runtime.Driver{Clock: clock, Client: &http.Client{Transport: clock},
		OnEvent: func(e runtime.Event) {
			if _, ok := e.(*runtime.RequestSent); ok {
				asked++
			}
		}}
	_, err := d.Run(t.Context(), compileText(t, timedDocument, fuzzDescription), "w", nil)
	if err == nil || !strings.Contains(err.Error(), "timeout of 100ms") || asked != 2 {
		t.Errorf("%d requests, %v", asked, err)
	}
}
