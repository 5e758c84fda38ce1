package runtime_test

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httptrace"
	"strings"
	"testing"

	"github.com/gobelin-dev/gobelin/cookies"
	"github.com/gobelin-dev/gobelin/runtime"
)

const cookieFlow = flowHead + "sourceDescriptions: [{name: api, url: api.yaml, type: openapi}]\n" + `
workflows:
- workflowId: w
  steps:
  - {stepId: first, operationId: get}
  - stepId: second
    operationId: get
    parameters: [{name: q, in: query, value: again}]
    outputs: {set: $response.header.Set-Cookie, body: $response.body}
  outputs: {set: $steps.second.outputs.set, body: $steps.second.outputs.body}
`

// session is a server that sets a cookie, and repeats in its second answer what
// it was sent.
func session(t *testing.T, set string, status int) *httptest.Server {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/plain")
		if r.URL.Query().Get("q") == "" {
			w.Header().Set("Set-Cookie", set)
			return
		}
		w.Header().Set("X-Echo", r.Header.Get("Cookie"))
		w.WriteHeader(status)
		_, _ = io.WriteString(w, "you sent "+r.Header.Get("Cookie"))
	}))
	t.Cleanup(server.Close)
	return server
}

// told runs the flow and returns all that events say, the result and the error.
func told(t *testing.T, server *httptest.Server, d *runtime.Driver) (text string, result *runtime.Result, err error) {
	t.Helper()
	program, err := (&runtime.Compiler{Loader: served{"api.yaml": described("t.yaml#/p"), "t.yaml": parameter}}).Compile(t.Context(),
		parse(t, "w.yaml", cookieFlow))
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	d.Client, d.Servers = server.Client(), map[string]string{"api": server.URL}
	d.OnEvent = func(e runtime.Event) {
		switch e := e.(type) {
		case *runtime.RequestSent:
			for name, values := range e.Header {
				b.WriteString(name + ": " + strings.Join(values, ", ") + "\n")
			}
		case *runtime.ResponseReceived:
			for name, values := range e.Header {
				b.WriteString(name + ": " + strings.Join(values, ", ") + "\n")
			}
			b.Write(e.Body)
		case *runtime.StepFinished:
			b.WriteString(e.Reason + "\n")
		}
	}
	result, err = d.Run(t.Context(), program, "w", nil)
	return b.String(), result, err
}

// A cookie of a jar is told nowhere; one that is a common word is masked where
// cookies are, and not wherever it occurs.
func TestCookiesAreSecrets(t *testing.T) {
	jar := func() http.CookieJar { return cookies.New() }
	text, result, err := told(t, session(t, "sid=s3cr3t-0f9a; Path=/", 200), &runtime.Driver{NewJar: jar})
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(text, "s3cr3t") || !strings.Contains(text, "Cookie: sid=***") || !strings.Contains(text, "you sent sid=***") {
		t.Errorf("told: %s", text)
	}
	if body := result.Masked()["body"]; body != "you sent sid=***" {
		t.Errorf("masked: %v", body)
	}
	text, _, err = told(t, session(t, "lang=english; Path=/", 200), &runtime.Driver{NewJar: jar})
	if err != nil || !strings.Contains(text, "\nCookie: lang=***\n") || !strings.Contains(text, "you sent lang=english") {
		t.Errorf("told: %s, %v", text, err)
	}
}

// Headers of the driver are not told, nor are their values if they look like secrets.
func TestHeadersAreNotShown(t *testing.T) {
	header := http.Header{"Cookie": {"key=s3cr3t-0f9a"}, "X-Team": {"blue"}}
	text, _, err := told(t, session(t, "a=b", 200), &runtime.Driver{Headers: map[string]http.Header{"api": header}})
	if err != nil || strings.Contains(text, "s3cr3t") || strings.Contains(text, "blue") ||
		!strings.Contains(text, "Cookie: key=***") || !strings.Contains(text, "X-Team: ***") {
		t.Errorf("told: %s, %v", text, err)
	}
}

// A failure says which cookie was not sent, unless something else sent it, or it
// was a failure of another kind.
func TestUnsentCookie(t *testing.T) {
	const hint = `; the cookie "sid", which the response of step "first" set, was not sent (Driver.NewJar keeps cookies)`
	for _, test := range []struct {
		set    string
		status int
		driver runtime.Driver
		told   bool
	}{
		{set: "sid=s3cr3t-0f9a", status: 401, told: true},
		{set: "sid=s3cr3t-0f9a", status: 403, told: true},
		{set: "sid=s3cr3t-0f9a", status: 404},
		{set: "sid=; Max-Age=0", status: 401},
		{set: "", status: 401},
		{set: "sid=s3cr3t-0f9a", status: 401, driver: runtime.Driver{NewJar: func() http.CookieJar { return cookies.New() }}},
		{set: "sid=s3cr3t-0f9a", status: 401, driver: runtime.Driver{Headers: map[string]http.Header{"api": {"Cookie": {"sid=own"}}}}},
		{set: "sid=s3cr3t-0f9a", status: 403, driver: runtime.Driver{Headers: map[string]http.Header{"api": {"Cookie": {"x=y"}}}}, told: true},
	} {
		text, _, err := told(t, session(t, test.set, test.status), &test.driver)
		var failed *runtime.StepError
		if !errors.As(err, &failed) || failed.StepID != "second" {
			t.Fatalf("%+v: %v", test, err)
		}
		if strings.HasSuffix(failed.Reason, hint) != test.told || strings.Contains(text, hint) != test.told {
			t.Errorf("%q, %d: %s", test.set, test.status, failed.Reason)
		}
	}
}

// Each run has a jar of its own, also where a driver runs many at once.
func TestJarOfEachRun(t *testing.T) {
	jars := 0
	d := &runtime.Driver{NewJar: func() http.CookieJar { jars++; return cookies.New() }}
	server := session(t, "sid=s3cr3t-0f9a; Path=/", 200)
	for range 2 {
		if text, _, err := told(t, server, d); err != nil || strings.Count(text, "\nCookie: ") != 1 {
			t.Errorf("%s, %v", text, err)
		}
	}
	if jars != 2 {
		t.Errorf("%d jars", jars)
	}
}

// That a request was sent again is told.
func TestResentIsTold(t *testing.T) {
	program, err := (&runtime.Compiler{Loader: served{"api.yaml": described("t.yaml#/p"), "t.yaml": parameter}}).Compile(t.Context(),
		parse(t, "w.yaml", flow))
	if err != nil {
		t.Fatal(err)
	}
	sent := 0
	d := runtime.Driver{Client: &http.Client{Transport: roundTripper(func(r *http.Request) (*http.Response, error) {
		sent++
		trace := httptrace.ContextClientTrace(r.Context())
		trace.GotConn(httptrace.GotConnInfo{Reused: sent == 1})
		trace.WroteRequest(httptrace.WroteRequestInfo{})
		if sent == 1 {
			return nil, io.EOF
		}
		return &http.Response{StatusCode: 200, Header: http.Header{}, Body: http.NoBody}, nil
	})}}
	resent := -1
	d.OnEvent = func(e runtime.Event) {
		if e, ok := e.(*runtime.ResponseReceived); ok {
			resent = e.Resent
		}
	}
	if _, err := d.Run(t.Context(), program, "w", nil); err != nil || sent != 2 || resent != 1 {
		t.Errorf("sent %d times, told %d, %v", sent, resent, err)
	}
}
