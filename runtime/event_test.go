package runtime_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/gobelin-dev/gobelin/runtime"
)

const eventsWorkflow = `
arazzo: 1.0.1
info: {title: t, version: "1"}
sourceDescriptions: [{name: api, url: api.yaml}]
workflows:
- workflowId: w
  steps:
  - {stepId: first, operationId: get}
  - stepId: poll
    operationId: get
    successCriteria: [{condition: $statusCode == 200}]
    onSuccess: [{name: more, type: goto, stepId: poll, criteria: [{condition: $response.body#/more == true}]}]
    onFailure: [{name: again, type: retry, retryAfter: 0, retryLimit: 3}]
`

const eventsDescription = `
openapi: 3.1.0
info: {title: t, version: "1"}
servers: [{url: "http://127.0.0.1:1"}]
paths: {/v: {get: {operationId: get, security: [{key: []}, {token: []}]}}}
components:
  securitySchemes:
    key: {type: apiKey, in: header, name: X-Key}
    token: {type: http, scheme: bearer}
`

// A goto begins another visit of a step, a retry another attempt in the same one.
// Events are told when they happened, and of an exchange its parts and its schemes.
func TestEventsAreComplete(t *testing.T) {
	answers := []string{"200 {}", "503", "200 {\"more\": true}", "503", "503", "200 {\"more\": true}", "200 {}"}
	server := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		var status int
		var body string
		_, _ = fmt.Sscan(answers[0], &status, &body)
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		_, _ = w.Write([]byte(answers[0][3:]))
		answers = answers[1:]
	}))
	defer server.Close()
	type visit struct {
		Step           string
		Visit, Attempt int
	}
	var visits []visit
	var timings []*runtime.Timing
	var schemes, wanted []string
	last := time.Now()
	driver := runtime.Driver{Client: server.Client(), Servers: map[string]string{"api": server.URL}, Settings: runtime.Settings{LoopDelay: -1},
		OnEvent: func(e runtime.Event) {
			at := runtime.EventAt(e)
			if at.Time.Before(last) {
				t.Errorf("%T is told at %v, before %v", e, at.Time, last)
			}
			last = at.Time
			switch e := e.(type) {
			case *runtime.StepStarted:
				visits = append(visits, visit{at.StepID, at.Visit, at.Attempt})
			case *runtime.RequestSent:
				schemes, wanted = append(schemes, e.Security...), append(wanted, e.Wanted...)
			case *runtime.ResponseReceived:
				timings = append(timings, e.Timing)
			}
		}}
	program := compileText(t, eventsWorkflow, eventsDescription)
	if _, err := driver.Run(t.Context(), program, "w", nil); err != nil {
		t.Fatal(err)
	}
	want := []visit{{"first", 1, 1}, {"poll", 1, 1}, {"poll", 1, 2}, {"poll", 2, 1}, {"poll", 2, 2}, {"poll", 2, 3}, {"poll", 3, 1}}
	if diff := cmp.Diff(want, visits); diff != "" {
		t.Errorf("visits (-want +got):\n%s", diff)
	}
	for i, timing := range timings {
		switch {
		case timing == nil || timing.Protocol != "HTTP/1.1" || timing.Remote != server.Listener.Addr().String() || timing.Wait <= 0:
			t.Errorf("exchange %d: %+v", i, timing)
		case timing.Reused != (i > 0), (timing.TLS > 0) != (i == 0), (timing.Connect > 0) != (i == 0):
			t.Errorf("exchange %d: %+v: only the first one connects", i, timing)
		}
	}
	if len(schemes) > 0 || !slices.Equal(wanted[:2], []string{"key", "token"}) {
		t.Errorf("without credentials: schemes %v, wanted %v", schemes, wanted)
	}

	answers, schemes, wanted = []string{"200 {}", "200 {}"}, nil, nil
	driver.Credentials = runtime.StaticCredentials{"token": "t-123456"}
	if _, err := driver.Run(t.Context(), program, "w", nil); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"token", "token"}, schemes); diff != "" || wanted != nil {
		t.Errorf("wanted %v; schemes (-want +got):\n%s", wanted, diff)
	}
}
