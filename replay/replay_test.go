package replay_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"reflect"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/gobelin-dev/gobelin/arazzo"
	"github.com/gobelin-dev/gobelin/internal/conformance"
	"github.com/gobelin-dev/gobelin/replay"
	"github.com/gobelin-dev/gobelin/runtime"
	suite "github.com/gobelin-dev/gobelin/testdata/conformance"
	"github.com/gobelin-dev/gobelin/trace"
)

// timeless compares events without what only a live run knows, errors by what they
// say, and texts up to what one of them masks: a replay begins with what was masked.
var timeless = cmp.Options{
	cmp.Comparer(func(a, b string) bool {
		return a == b || len(strings.Split(a, "***")) != len(strings.Split(b, "***")) && (matches(a, b) || matches(b, a))
	}),
	cmp.FilterPath(func(p cmp.Path) bool {
		return p.Last().Type() == reflect.TypeFor[time.Time]()
	}, cmp.Ignore()),
	cmp.FilterValues(func(a, b error) bool { return a != nil && b != nil },
		cmp.Comparer(func(a, b error) bool { return a.Error() == b.Error() })),
}

// matches reports whether a text is as a pattern says, in which *** may be anything.
func matches(pattern, text string) bool {
	expr := strings.ReplaceAll(regexp.QuoteMeta(pattern), regexp.QuoteMeta("***"), "(?s:.*)")
	return regexp.MustCompile("^" + expr + "$").MatchString(text)
}

// A replay of the trace of a conformance case gives the same events: of every
// tenth, of all if GOBELIN_REPLAYS is set.
func TestEveryCaseReplays(t *testing.T) {
	cases, err := conformance.Load(suite.Files)
	if err != nil {
		t.Fatal(err)
	}
	every := 10
	if os.Getenv("GOBELIN_REPLAYS") != "" {
		every = 1
	}
	var replayed atomic.Int32
	t.Run("cases", func(t *testing.T) {
		for i, c := range cases {
			if i%every == 0 {
				t.Run(c.Name, func(t *testing.T) {
					t.Parallel()
					if strings.Contains(c.Name, "/cookies/") {
						t.Skip("a trace has no values of cookies, and a replay no jar")
					}
					if replays(t, c) {
						replayed.Add(1)
					}
				})
			}
		}
	})
	if n := int(replayed.Load()); n < len(cases)/every/2 {
		t.Errorf("only %d of %d cases were replayed", n, len(cases)/every)
	}
}

// replays runs a case, and again on the trace of that. It reports whether there was
// anything to replay.
func replays(t *testing.T, c *conformance.Case) (replayed bool) {
	conformance.RunWith(t.Context(), c, func(ctx context.Context, d *runtime.Driver, p *runtime.Program, workflow string,
		inputs runtime.Inputs) (*runtime.Result, error) {
		var recorded bytes.Buffer
		w := trace.NewWriter(&recorded, p, "")
		w.MaxBody = 64 << 20
		var want, got []runtime.Event
		d.OnEvent = func(e runtime.Event) { w.OnEvent(e); want = append(want, e) }
		result, err := d.Run(ctx, p, workflow, inputs)
		w.End(0, result, err)
		if len(want) == 0 || ctx.Err() != nil {
			return result, err
		}
		replayed = true
		recording, readErr := replay.ReadTrace(&recorded, 0)
		if readErr != nil {
			t.Error(readErr)
			return result, err
		}
		r := replay.Driver{Recording: recording, Settings: d.Settings, OnEvent: func(e runtime.Event) { got = append(got, e) }}
		again, againErr := r.Run(ctx, p, workflow, inputs)
		if diff := cmp.Diff(want, got, timeless); diff != "" {
			t.Errorf("events (-recorded +replayed):\n%s", diff)
		}
		if fmt.Sprint(err) != fmt.Sprint(againErr) {
			t.Errorf("error %v, replayed %v", err, againErr)
		}
		if result != nil && again != nil {
			if diff := cmp.Diff(result.Outputs, again.Outputs, timeless); diff != "" {
				t.Errorf("outputs (-recorded +replayed):\n%s", diff)
			}
		}
		return result, err
	})
	return replayed
}

const document = `
arazzo: 1.0.1
info: {title: t, version: "1"}
sourceDescriptions: [{name: api, url: api.yaml}]
workflows:
- workflowId: w
  inputs: {type: object, properties: {n: {type: integer}, token: {type: string, format: password}}}
  steps:
  - stepId: create
    operationId: create
    parameters: [{name: Authorization, in: header, value: "Bearer {$inputs.token}"}]
    requestBody: {contentType: application/json, payload: {kind: plain, n: $inputs.n}}
    outputs: {id: $response.body#/id}
  - stepId: get
    operationId: get
    parameters: [{name: id, in: path, value: $steps.create.outputs.id}]
    outputs: {state: $response.body#/state}
  outputs: {state: $steps.get.outputs.state}
`

const description = `
openapi: 3.1.0
info: {title: t, version: "1"}
servers: [{url: "https://api.example/v1"}]
paths:
  /things: {post: {operationId: create, requestBody: {content: {application/json: {}}}}}
  /things/{id}: {get: {operationId: get, parameters: [{name: id, in: path, required: true, schema: {type: string}}]}}
`

func compile(t *testing.T, document string) *runtime.Program {
	t.Helper()
	doc, err := arazzo.Parse([]byte(document))
	if err != nil {
		t.Fatal(err)
	}
	c := runtime.Compiler{Loader: runtime.LoaderFunc(func(context.Context, string) ([]byte, error) { return []byte(description), nil })}
	p, err := c.Compile(t.Context(), doc)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// fromBrowser is a HAR file as a browser writes it: with other requests, pseudo headers,
// JSON in another form, and content that was compressed.
const fromBrowser = `{"log": {"version": "1.2", "entries": [
 {"startedDateTime": "2026-11-28T00:00:00.000Z", "request": {"method": "GET", "url": "https://app.example/logo.svg", "headers": []},
  "response": {"status": 200, "headers": [], "content": {"text": "<svg/>"}}},
 {"startedDateTime": "2026-11-28T00:00:01.000Z", "request": {"method": "POST", "url": "https://other.example/base/things", "headers": [
   {"name": ":authority", "value": "other.example"}, {"name": "authorization", "value": "Bearer t-123456"},
   {"name": "content-type", "value": "application/json"}], "postData": {"mimeType": "application/json",
   "text": "{ \"kind\": \"plain\", \"n\": 7 }"}},
  "response": {"status": 201, "headers": [{"name": "content-type", "value": "application/json"},
   {"name": "content-encoding", "value": "br"}],
   "content": {"encoding": "base64", "text": "eyJpZCI6ICJhIGIifQ=="}}},
 {"startedDateTime": "2026-11-28T00:00:02.000Z",
  "request": {"method": "GET", "url": "https://other.example/base/things/a%20b", "headers": []},
  "response": {"status": 200, "headers": [{"name": "content-type", "value": "application/json"}],
   "content": {"text": "{\"state\": \"done\"}"}}}
]}}`

func TestHAR(t *testing.T) {
	recording, err := replay.ReadHAR(strings.NewReader(fromBrowser))
	if err != nil {
		t.Fatal(err)
	}
	inputs := runtime.Inputs{"n": 7, "token": "t-123456"}
	d := replay.Driver{Recording: recording}
	result, err := d.Run(t.Context(), compile(t, document), "w", inputs)
	if err != nil || result.Outputs["state"] != "done" {
		t.Fatalf("%+v, %v", result, err)
	}
}

// A changed document is told at the first request that differs.
func TestDivergence(t *testing.T) {
	inputs := runtime.Inputs{"n": 7, "token": "t-123456"}
	for _, c := range []struct {
		name, from, to string
		want           replay.Divergence
	}{
		{"a member of the body", "kind: plain", "kind: fancy", replay.Divergence{Exchange: 1, WorkflowID: "w", StepID: "create",
			Differences: []string{`body: now "{\"kind\":\"fancy\",\"n\":7}", recorded "{ \"kind\": \"plain\", \"n\": 7 }"`}}},
		{"another token", "Bearer {", "Token {", replay.Divergence{Exchange: 1, WorkflowID: "w", StepID: "create",
			Differences: []string{`header Authorization: now "Token t-123456", recorded "Bearer t-123456"`}}},
		{"another path", "value: $steps.create.outputs.id", "value: x", replay.Divergence{Exchange: 2, WorkflowID: "w", StepID: "get",
			Differences: []string{"the recording has no further request GET /things/x"}}},
	} {
		recording, err := replay.ReadHAR(strings.NewReader(fromBrowser))
		if err != nil {
			t.Fatal(err)
		}
		changed := strings.Replace(document, c.from, c.to, 1)
		if changed == document {
			t.Fatalf("%s: nothing is changed", c.name)
		}
		d := replay.Driver{Recording: recording}
		_, err = d.Run(t.Context(), compile(t, changed), "w", inputs)
		var parted *replay.Divergence
		if !errors.As(err, &parted) {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		got := *parted
		got.Exchange = c.want.Exchange // of a sparse recording it is where the search began
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.name, diff)
		}
	}
}

func TestDamagedRecordings(t *testing.T) {
	for text, want := range map[string]string{
		"":   "not a HAR file",
		"{}": "no log.entries",
		`{"log":{"entries":[{"response":{"status":200,"content":{"encoding":"base64","text":"?"}}}]}}`: "entry 0 of the HAR file: " +
			"the content: it is not base64",
	} {
		if _, err := replay.ReadHAR(strings.NewReader(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %s", text, err, want)
		}
	}
	if _, err := replay.ReadTrace(strings.NewReader(`{"gobelinTrace":1}`+"\n"), 1); err == nil || err.Error() != "the trace has no run 1" {
		t.Error(err)
	}
}
