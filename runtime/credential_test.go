package runtime_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gobelin-dev/gobelin/arazzo"
	"github.com/gobelin-dev/gobelin/runtime"
)

const tokenDescription = `openapi: 3.1.1
info: {title: t, version: "1"}
servers: [{url: "http://declared.example"}]
components: {securitySchemes: {token: {type: oauth2, flows: {}}}}
paths:
  /poll: {get: {operationId: poll, security: [{token: [read, "jobs:list"]}], responses: {"200": {description: ok}}}}
`

const tokenWorkflow = `arazzo: 1.0.1
info: {title: t, version: "1"}
sourceDescriptions: [{name: api, url: api.yaml, type: openapi}]
workflows:
- workflowId: w
  steps:
  - stepId: poll
    operationId: poll
    successCriteria: [{condition: $statusCode == 200}]
    outputs: {echo: $response.body#/token}
  outputs: {echo: $steps.poll.outputs.echo}
`

func compileText(t testing.TB, document, description string) *runtime.Program {
	t.Helper()
	doc, err := arazzo.Parse([]byte(document))
	if err != nil {
		t.Fatal(err)
	}
	c := runtime.Compiler{Loader: runtime.LoaderFunc(func(context.Context, string) ([]byte, error) { return []byte(description), nil })}
	program, err := c.Compile(t.Context(), doc)
	if err != nil {
		t.Fatal(err)
	}
	return program
}

// tokens are credentials that are fetched: each rejected one leads to the next.
type tokens struct {
	mu    sync.Mutex
	list  []string
	asked []runtime.CredentialRequest
	err   error
}

func (p *tokens) Credential(_ context.Context, r runtime.CredentialRequest) (string, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.asked = append(p.asked, r)
	if r.Rejected != "" && len(p.list) > 1 && p.list[0] == r.Rejected {
		p.list = p.list[1:]
	}
	return p.list[0], p.err
}

// bearer answers 401 but to one token, which it repeats.
func bearer(t *testing.T, token string) (url string, seen *[]string) {
	t.Helper()
	seen = new([]string)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		*seen = append(*seen, r.Header.Get("Authorization"))
		if r.Header.Get("Authorization") != "Bearer "+token {
			w.WriteHeader(http.StatusUnauthorized)
		}
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, `{"token": "`+token+`"}`)
	}))
	t.Cleanup(server.Close)
	return server.URL, seen
}

// A credential that was answered with 401 is asked for anew, once.
func TestRejectedCredential(t *testing.T) {
	program := compileText(t, tokenWorkflow, tokenDescription)
	for name, test := range map[string]struct {
		list []string
		sent []string
		ok   bool
	}{
		"another one": {[]string{"stale-token", "fresh-token"}, []string{"Bearer stale-token", "Bearer fresh-token"}, true},
		"another one is stale, too": {[]string{"stale-token", "older-token", "fresh-token"}, []string{"Bearer stale-token", "Bearer older-token"},
			false},
		"the same": {[]string{"stale-token"}, []string{"Bearer stale-token"}, false},
	} {
		t.Run(name, func(t *testing.T) {
			url, seen := bearer(t, "fresh-token")
			p := &tokens{list: test.list}
			var told strings.Builder
			driver := runtime.Driver{Servers: map[string]string{"api": url}, Credentials: p,
				OnEvent: func(e runtime.Event) { data, _ := json.Marshal(e); told.Write(data) }}
			result, err := driver.Run(t.Context(), program, "w", nil)
			if (err == nil) != test.ok || !slices.Equal(*seen, test.sent) {
				t.Fatalf("%v; sent %q, want %q", err, *seen, test.sent)
			}
			first := p.asked[0]
			if first.Source != "api" || first.Scheme != "token" || first.Type != "oauth2" ||
				!slices.Equal(first.Scopes, []string{"read", "jobs:list"}) ||
				first.Origin != url || first.Operation != "poll" || first.Redirected || first.Rejected != "" {
				t.Errorf("asked for %+v", first)
			}
			if strings.Contains(told.String(), "-token") || !strings.Contains(told.String(), "Bearer ***") {
				t.Errorf("told: %s", &told)
			}
			if test.ok && (result.Outputs["echo"] != "fresh-token" || result.Masked()["echo"] != "***") {
				t.Errorf("outputs %v, masked %v", result.Outputs, result.Masked())
			}
		})
	}
}

// A provider is told that a redirect leads elsewhere; what is static stays at home.
func TestCredentialsAfterARedirect(t *testing.T) {
	away, atHome := bearer(t, "away-token")
	home := httptest.NewServer(http.RedirectHandler(away+"/poll", http.StatusFound))
	defer home.Close()
	program := compileText(t, tokenWorkflow, tokenDescription)
	driver := runtime.Driver{Servers: map[string]string{"api": home.URL}, Credentials: runtime.StaticCredentials{"token": "home-token"}}
	if _, err := driver.Run(t.Context(), program, "w", nil); err == nil || !slices.Equal(*atHome, []string{""}) {
		t.Errorf("%v; sent %q", err, *atHome)
	}
	p := &tokens{list: []string{"away-token"}}
	driver.Credentials = p
	if _, err := driver.Run(t.Context(), program, "w", nil); err != nil {
		t.Error(err)
	}
	if last := p.asked[len(p.asked)-1]; !last.Redirected || last.Origin != away {
		t.Errorf("asked for %+v", last)
	}
}

func TestCredentialThatCannotBeHad(t *testing.T) {
	url, seen := bearer(t, "a-token")
	driver := runtime.Driver{Servers: map[string]string{"api": url}, Credentials: &tokens{list: []string{""},
		err: errors.New("the authorization server is down")}}
	_, err := driver.Run(t.Context(), compileText(t, tokenWorkflow, tokenDescription), "w", nil)
	var failed *runtime.StepError
	if !errors.As(err, &failed) || !strings.Contains(failed.Reason, "credential for token of source api: the authorization server is down") ||
		len(*seen) > 0 {
		t.Errorf("%v; sent %q", err, *seen)
	}
}

// retryWorkflow waits 30 seconds after a failure.
const retryWorkflow = `arazzo: 1.0.1
info: {title: t, version: "1"}
sourceDescriptions: [{name: api, url: api.yaml, type: openapi}]
workflows:
- workflowId: w
  steps:
  - stepId: poll
    operationId: poll
    successCriteria: [{condition: $statusCode == 200}]
    onFailure: [{name: again, type: retry, retryAfter: 30, retryLimit: 3}]
`

// A stored run goes on with the credentials and servers of today.
func TestRestoredRunGoesOnWithTodays(t *testing.T) {
	program := compileText(t, retryWorkflow, tokenDescription)
	x, err := program.Begin("w", nil, runtime.Settings{})
	if err != nil {
		t.Fatal(err)
	}
	dead := httptest.NewServer(http.NotFoundHandler())
	dead.Close()
	old := runtime.Driver{Servers: map[string]string{"api": dead.URL + "/old-base"},
		Credentials: runtime.StaticCredentials{"token": "old-token"}}
	if _, err := old.Advance(t.Context(), x); err != nil {
		t.Fatal(err)
	}
	if _, waits := x.Next().(*runtime.Wait); !waits {
		t.Fatalf("%T", x.Next())
	}
	stored, err := x.Snapshot()
	if err != nil {
		t.Fatal(err)
	}
	for _, gone := range []string{"old-token", "old-base", strings.TrimPrefix(dead.URL, "http://")} {
		if strings.Contains(string(stored), gone) {
			t.Errorf("the snapshot has %q: %s", gone, stored)
		}
	}
	url, seen := bearer(t, "new-token")
	today := runtime.Driver{Servers: map[string]string{"api": url}, Credentials: runtime.StaticCredentials{"token": "new-token"},
		Clock: &leap{}}
	if x, err = program.Restore(stored); err != nil {
		t.Fatal(err)
	}
	if _, err := today.Continue(t.Context(), x); err != nil || !slices.Equal(*seen, []string{"Bearer new-token"}) {
		t.Errorf("%v; sent %q", err, *seen)
	}
}

// leap is a clock whose waits pass at once and are kept.
type leap struct {
	now   time.Time
	waits []time.Duration
}

func (c *leap) Now() time.Time { return c.now }

func (c *leap) Sleep(_ context.Context, d time.Duration) error {
	c.now, c.waits = c.now.Add(d), append(c.waits, d)
	return nil
}

// A wait that is stored goes on with what is left of it.
func TestStoredWait(t *testing.T) {
	program := compileText(t, retryWorkflow, tokenDescription)
	begin := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	for name, test := range map[string]struct {
		answer func(x *runtime.Execution) error
		later  time.Duration
		want   time.Duration
	}{
		"a part":           {respond(begin), 12 * time.Second, 18 * time.Second},
		"nothing":          {respond(begin), time.Hour, 0},
		"the clock is set": {respond(begin), -time.Hour, 30 * time.Second},
		"no time was told": {func(x *runtime.Execution) error { return x.Fail(errors.New("down")) }, 12 * time.Second, 30 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			x, err := program.Begin("w", nil, runtime.Settings{})
			if err != nil {
				t.Fatal(err)
			}
			x.Next()
			if err := test.answer(x); err != nil {
				t.Fatal(err)
			}
			x.Next()
			stored, err := x.Snapshot()
			if err != nil {
				t.Fatal(err)
			}
			if x, err = program.Restore(stored); err != nil {
				t.Fatal(err)
			}
			c := &leap{now: begin.Add(test.later)}
			if _, err := (&runtime.Driver{Clock: c}).Advance(t.Context(), x); err != nil || len(c.waits) != 1 || c.waits[0] != test.want {
				t.Errorf("%v; waited %v, want %v", err, c.waits, test.want)
			}
		})
	}
}

func respond(at time.Time) func(x *runtime.Execution) error {
	return func(x *runtime.Execution) error { return x.Respond(&runtime.Response{Status: 503, Received: at}) }
}

// Answers that nothing asks for, and values that are none, are errors and change
// nothing.
func TestAnswersOutOfTurn(t *testing.T) {
	program := compileText(t, tokenWorkflow, tokenDescription)
	x, err := program.Begin("w", nil, runtime.Settings{})
	if err != nil {
		t.Fatal(err)
	}
	ok := &runtime.Response{Status: 200, Value: map[string]any{"token": "a"}, Decoded: true}
	outOfTurn := func(when string, answers ...error) {
		for i, err := range answers {
			if !errors.Is(err, runtime.ErrOutOfTurn) {
				t.Errorf("%s, answer %d: %v", when, i, err)
			}
		}
	}
	outOfTurn("before the first command", x.Respond(ok), x.Fail(nil), x.Elapse())
	x.Next()
	outOfTurn("a request is pending", x.Elapse())
	loop := map[string]any{}
	loop["x"] = loop
	for name, bad := range map[string]*runtime.Response{
		"nil": nil, "no status": {}, "status 1000": {Status: 1000},
		"a channel":       {Status: 200, Value: make(chan int), Decoded: true},
		"contains itself": {Status: 200, Value: map[string]any{"token": loop}, Decoded: true},
	} {
		if err := x.Respond(bad); err == nil || errors.Is(err, runtime.ErrOutOfTurn) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := x.Respond(&runtime.Response{Status: 200, Value: map[string]any{"token": 7}, Decoded: true}); err != nil {
		t.Errorf("an int: %v", err)
	}
	stored, err := x.Snapshot()
	if err != nil {
		t.Fatal(err)
	}
	later, err := program.Restore(stored)
	if err != nil {
		t.Fatal(err)
	}
	if done, ok := later.Next().(*runtime.Done); !ok || done.Result.Outputs["echo"] != int64(7) {
		t.Errorf("after a snapshot between the answer and the next command: %+v", later.Next())
	}
	outOfTurn("after the answer", x.Respond(ok), x.Fail(nil))
	done, isDone := x.Next().(*runtime.Done)
	if !isDone || done.Result.Outputs["echo"] != int64(7) {
		t.Fatalf("%+v", x.Next())
	}
	outOfTurn("after the end", x.Respond(ok), x.Fail(nil), x.Elapse())
	x.Cancel(nil)
	if x.Next() != runtime.Command(done) {
		t.Error("the end has changed")
	}
}

// What is not a JSON value matters only to the step that reads it, and to a snapshot.
func TestMalformedValues(t *testing.T) {
	program := compileText(t, tokenWorkflow, tokenDescription)
	x, err := program.Begin("w", nil, runtime.Settings{})
	if err != nil {
		t.Fatal(err)
	}
	x.Next()
	body := map[string]any{"token": "a", "other": make(chan int)}
	if err := x.Respond(&runtime.Response{Status: 200, Value: body, Decoded: true}); err != nil {
		t.Fatal(err)
	}
	if _, err := x.Snapshot(); err == nil {
		t.Error("a snapshot has a channel")
	}
	if done, ok := x.Next().(*runtime.Done); !ok || done.Err != nil || done.Result.Outputs["echo"] != "a" {
		t.Errorf("%+v", x.Next())
	}
}

// A nil cause is an error all the same.
func TestNilCauses(t *testing.T) {
	program := compileText(t, tokenWorkflow, tokenDescription)
	for name, end := range map[string]func(x *runtime.Execution){
		"Cancel": func(x *runtime.Execution) { x.Cancel(nil) },
		"Fail": func(x *runtime.Execution) {
			if err := x.Fail(nil); err != nil {
				t.Error(err)
			}
		},
	} {
		x, err := program.Begin("w", nil, runtime.Settings{})
		if err != nil {
			t.Fatal(err)
		}
		x.Next()
		end(x)
		if done, ok := x.Next().(*runtime.Done); !ok || done.Err == nil {
			t.Errorf("%s: %+v", name, x.Next())
		}
	}
}

// Snapshots of other formats and programs are refused by name.
func TestSnapshotFormats(t *testing.T) {
	program := compileText(t, tokenWorkflow, tokenDescription)
	x, err := program.Begin("w", nil, runtime.Settings{})
	if err != nil {
		t.Fatal(err)
	}
	stored, err := x.Snapshot()
	if err != nil {
		t.Fatal(err)
	}
	for text, want := range map[string]string{
		string(stored): "",
		strings.Replace(string(stored), `{"gobelin":2,`, `{`, 1):              "before snapshots had a version; this one reads format 2",
		strings.Replace(string(stored), `"gobelin":2`, `"gobelin":3`, 1):      "the snapshot has format 3; this gobelin reads format 2",
		strings.Replace(string(stored), `"program":"`, `"program":"0`, 1):     "the snapshot is of program",
		strings.Replace(string(stored), `"steps":0`, `"steps":0,"more":1`, 1): `unknown field "more"`,
		string(stored) + "{}": "not a snapshot",
		"null":                "the snapshot has format 0",
		`[]`:                  "not a snapshot",
	} {
		if _, err := program.Restore([]byte(text)); (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%.60s: %v, want %q", text, err, want)
		}
	}
}

// A challenge of digest is answered once; later requests of the run answer it unasked, with
// a higher count, until the server has a new one. The password is masked in events.
func TestDigest(t *testing.T) {
	var sent []string
	nonce := "one"
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		answer := r.Header.Get("Authorization")
		sent = append(sent, regexp.MustCompile(`nonce="[a-z]*"|nc=[0-9a-f]*`).FindAllString(answer, -1)...)
		if !strings.Contains(answer, `nonce="`+nonce+`"`) {
			w.Header().Set("WWW-Authenticate", `Digest realm="r", qop="auth", algorithm=SHA-256, nonce="`+nonce+`"`)
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		if strings.HasSuffix(r.URL.Path, "second") {
			nonce = "two"
		}
		w.Header().Set("Content-Type", "text/plain")
		fmt.Fprint(w, "the password is pass:word7 of user:pass:word7")
	}))
	defer server.Close()
	program := compileText(t, `arazzo: 1.0.1
info: {title: t, version: "1"}
sourceDescriptions: [{name: api, url: api.yaml, type: openapi}]
workflows:
- workflowId: w
  steps: [{stepId: a, operationId: first}, {stepId: b, operationId: second}, {stepId: c, operationId: first}]
`, `openapi: 3.1.1
info: {title: t, version: "1"}
security: [{digest: []}]
components: {securitySchemes: {digest: {type: http, scheme: digest}}}
paths:
  /first: {get: {operationId: first, responses: {"200": {description: ok}}}}
  /second: {get: {operationId: second, responses: {"200": {description: ok}}}}
`)
	var events strings.Builder
	driver := runtime.Driver{Servers: map[string]string{"api": server.URL},
		Credentials: runtime.StaticCredentials{"digest": "user:pass:word7"},
		OnEvent: func(e runtime.Event) {
			text, err := json.Marshal(e)
			if err != nil {
				t.Error(err)
			}
			events.Write(text)
		}}
	if _, err := driver.Run(t.Context(), program, "w", nil); err != nil {
		t.Fatal(err)
	}
	want := []string{`nonce="one"`, "nc=00000001", `nonce="one"`, "nc=00000002", `nonce="one"`, "nc=00000003", `nonce="two"`, "nc=00000001"}
	if !slices.Equal(sent, want) {
		t.Errorf("sent %q, want %q", sent, want)
	}
	if strings.Contains(events.String(), "word7") {
		t.Error("the password is in an event")
	}
}
