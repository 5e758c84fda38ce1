package view_test

import (
	"bytes"
	"context"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/gobelin-dev/gobelin/arazzo"
	"github.com/gobelin-dev/gobelin/replay"
	"github.com/gobelin-dev/gobelin/runtime"
	"github.com/gobelin-dev/gobelin/trace"
	"github.com/gobelin-dev/gobelin/view"
)

func program(t testing.TB) *runtime.Program {
	t.Helper()
	doc, err := arazzo.ReadFile("testdata/shop.yaml")
	if err != nil {
		t.Fatal(err)
	}
	p, err := runtime.Compile(t.Context(), doc)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// reported returns a report on a trace.
func reported(t testing.TB, format string, text []byte, p *runtime.Program) string {
	t.Helper()
	var b bytes.Buffer
	w, err := view.NewWriter(p, "gobelin v1.2.3", view.Output{Format: format, To: &b})
	if err != nil {
		t.Fatal(err)
	}
	r, err := trace.NewReader(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(w.Read(r), w.Close()); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// shop is the trace of two runs that fail: one with a called workflow, retries, a loop
// and texts that would break out of a page or a report that does not escape them, and one whose
// response is not text.
func shop(t testing.TB) []byte {
	t.Helper()
	text, err := os.ReadFile("testdata/shop.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	return text
}

type junitCase struct {
	Name    string `xml:"name,attr"`
	Class   string `xml:"classname,attr"`
	Line    int    `xml:"line,attr"`
	Failure *struct {
		Message string `xml:"message,attr"`
		Text    string `xml:",chardata"`
	} `xml:"failure"`
	Error *struct {
		Message string `xml:"message,attr"`
		Type    string `xml:"type,attr"`
	} `xml:"error"`
	Skipped *struct{} `xml:"skipped"`
	Out     string    `xml:"system-out"`
}

type junitSuites struct {
	Tests    int `xml:"tests,attr"`
	Failures int `xml:"failures,attr"`
	Errors   int `xml:"errors,attr"`
	Suites   []struct {
		Name    string      `xml:"name,attr"`
		Tests   int         `xml:"tests,attr"`
		Skipped int         `xml:"skipped,attr"`
		Cases   []junitCase `xml:"testcase"`
	} `xml:"testsuite"`
}

func parseJUnit(t testing.TB, text string) (all junitSuites) {
	t.Helper()
	if err := xml.Unmarshal([]byte(text), &all); err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	return all
}

// A case for each visit of a step, in its place; failures that an action handles are none.
func TestJUnit(t *testing.T) {
	all := parseJUnit(t, reported(t, "junit", shop(t), program(t)))
	var got []string
	for _, s := range all.Suites {
		for _, c := range s.Cases {
			line := fmt.Sprintf("%s: %s %s :%d", s.Name, c.Class, c.Name, c.Line)
			if c.Failure != nil {
				line += " failed: " + c.Failure.Message
			}
			got = append(got, line)
		}
	}
	want := []string{
		"order: order login :8",
		"order: order.login.auth token :40",
		"order: order list :12",
		"order: order create :18",
		"order: order poll :23",
		"order: order poll (2) :23",
		"order: order poll (3) :23",
		"order: order poll (4) :23",
		"order: order receipt :30 failed: the criterion $[?@.total > 10] is not met",
		"picture: picture picture :47 failed: the criterion $statusCode == 200 is not met: $statusCode is 404",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("cases (-want +got):\n%s", diff)
	}
	if all.Tests != 10 || all.Failures != 2 || all.Errors != 0 || all.Suites[0].Tests != 9 {
		t.Errorf("counts %+v", all)
	}
	if out := all.Suites[0].Cases[2].Out; strings.Count(out, "attempt ") != 3 || !strings.Contains(out, "503 Service Unavailable") {
		t.Errorf("of the retried step:\n%s", out)
	}
	if text := all.Suites[0].Cases[8].Failure.Text; !strings.Contains(text, `"text":"]]> <\u0007> <![CDATA["`) {
		t.Errorf("of the failure:\n%s", text)
	}
}

// Runs that end before a step fails have an error; those that were not begun are skipped.
func TestJUnitWithoutFailedSteps(t *testing.T) {
	const head = `{"gobelinTrace":1,"time":"2026-11-28T00:00:00Z"}` + "\n" +
		`{"event":"runStarted","time":"2026-11-28T00:00:00Z","workflowId":"w"}` + "\n"
	const step = `{"event":"workflowStarted","time":"2026-11-28T00:00:00Z","workflowId":"w"}` + "\n" +
		`{"event":"stepStarted","time":"2026-11-28T00:00:00Z","workflowId":"w","stepId":"s","visit":1,"attempt":1}` + "\n"
	const end = `{"event":"runFinished","time":"2026-11-28T00:00:02Z",`
	const failed = end + `"status":"failed","error":{"type":"inputs","message":"no \u0001 n"}}` + "\n"
	const canceled = end + `"status":"canceled","error":{"type":"canceled","message":"interrupted"}}` + "\n"
	for _, c := range []struct{ name, text, want string }{
		{"inputs", head + failed, "w error inputs: no \uFFFD n"},
		{"not begun", head + canceled, "w skipped"},
		{"interrupted", head + step + canceled, "s error canceled: interrupted"},
		{"crashed", head + step + `{"event":"stepFini`, "s error canceled: the run has no end in the trace"},
		{"succeeded", head + `{"event":"runFinished","time":"2026-11-28T00:00:02Z","status":"succeeded"}` + "\n", ""},
	} {
		all := parseJUnit(t, reported(t, "junit", []byte(c.text), nil))
		got := ""
		for _, of := range all.Suites[0].Cases {
			got += of.Name
			if of.Error != nil {
				got += " error " + of.Error.Type + ": " + of.Error.Message
			}
			if of.Skipped != nil {
				got += " skipped"
			}
		}
		if got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}

// A HAR file has each request, and a replay of it goes the way of the run.
func TestHAR(t *testing.T) {
	text := reported(t, "har", shop(t), program(t))
	var h struct {
		Log struct {
			Pages   []struct{ ID, Title string }
			Entries []struct {
				Pageref string
				Time    float64
				Request struct {
					Method, URL string
					QueryString []struct{ Name, Value string }
				}
				Response struct {
					Status  int
					Cookies []struct{ Name, Value string }
					Content struct{ Text, Encoding string }
				}
				Timings map[string]float64
			}
		}
	}
	if err := json.Unmarshal([]byte(text), &h); err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, e := range h.Log.Entries {
		got = append(got, fmt.Sprintf("%s %s %d", e.Pageref, e.Request.Method, e.Response.Status))
		sum := 0.0
		for name, v := range e.Timings {
			if name != "ssl" && v > 0 {
				sum += v
			}
		}
		if d := sum - e.Time; d > 0.01 || d < -0.01 {
			t.Errorf("the times of %s are %v together, its time is %v", e.Request.URL, sum, e.Time)
		}
	}
	want := []string{"run_0 POST 200", "run_0 GET 503", "run_0 GET 503", "run_0 GET 200", "run_0 POST 201", "run_0 GET 200", "run_0 GET 200",
		"run_0 GET 200", "run_0 GET 200", "run_0 GET 200", "run_1 GET 404"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("entries (-want +got):\n%s", diff)
	}
	if q := h.Log.Entries[1].Request.QueryString; len(q) != 2 || q[1].Name != "q" || q[1].Value != "a&b=<c>" {
		t.Errorf("query %v", q)
	}
	if c := h.Log.Entries[0].Response.Cookies; len(c) != 1 || c[0].Name != "sid" || c[0].Value != "***" {
		t.Errorf("cookies %v", c)
	}
	if c := h.Log.Entries[10].Response.Content; c.Encoding != "base64" || c.Text != "iVBORw0KGgoAAP8=" {
		t.Errorf("content %v", c)
	}
	if len(h.Log.Pages) != 2 || h.Log.Pages[1].Title != "picture" {
		t.Errorf("pages %v", h.Log.Pages)
	}

	recording, err := replay.ReadHAR(strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	d := &replay.Driver{Recording: recording}
	_, err = d.Run(t.Context(), program(t), "order", runtime.Inputs{"password": "***", "note": "</script><svg onload=window.hostile=3>"})
	var step *runtime.StepError
	if !errors.As(err, &step) || step.StepID != "receipt" {
		t.Errorf("the replay came to %v", err)
	}
}

// Events of a run that is under way come to the same as those of its trace.
func TestLiveAndTraced(t *testing.T) {
	p := program(t)
	var traced, live bytes.Buffer
	tw := trace.NewWriter(&traced, p, "")
	vw, err := view.NewWriter(p, "gobelin v1.2.3", view.Output{Format: "har", To: &live})
	if err != nil {
		t.Fatal(err)
	}
	answer := transport(func(r *http.Request) (*http.Response, error) {
		return &http.Response{StatusCode: 200, Header: http.Header{"Content-Type": {"image/png"}}, Request: r,
			Body: io.NopCloser(strings.NewReader("\x89PNG\xff"))}, nil
	})
	d := runtime.Driver{Client: &http.Client{Transport: answer}, OnEvent: func(e runtime.Event) { tw.OnEvent(e); vw.OnEvent(e) }}
	batch := &runtime.Batch{Driver: d}
	for r := range batch.Run(context.Background(), p, "picture", func(yield func(runtime.Inputs) bool) {
		for range 2 {
			if !yield(nil) {
				return
			}
		}
	}) {
		tw.End(r.Index, r.Result, r.Err)
		vw.End(r.Index, r.Result, r.Err)
	}
	if err := vw.Close(); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(reported(t, "har", traced.Bytes(), p), live.String()); diff != "" {
		t.Errorf("(-traced +live):\n%s", diff)
	}
	if n := strings.Count(live.String(), `"pageref":"run_`); n != 2 {
		t.Errorf("%d entries", n)
	}
}

type transport func(*http.Request) (*http.Response, error)

func (t transport) RoundTrip(r *http.Request) (*http.Response, error) { return t(r) }

func TestUnknownFormat(t *testing.T) {
	_, err := view.NewWriter(nil, "", view.Output{Format: "jnit", To: io.Discard})
	if err == nil || err.Error() != `there is no format "jnit"; did you mean "junit"?` {
		t.Error(err)
	}
}

// failing refuses to write.
type failing struct{}

func (failing) Write([]byte) (int, error) { return 0, errors.New("disk full") }

func TestErrorsOfWriting(t *testing.T) {
	for _, name := range view.Formats() {
		w, err := view.NewWriter(program(t), "", view.Output{Format: name, To: failing{}})
		if err != nil {
			t.Fatal(err)
		}
		r, err := trace.NewReader(bytes.NewReader(shop(t)))
		if err != nil {
			t.Fatal(err)
		}
		if err := errors.Join(w.Read(r), w.Close()); err == nil || !strings.Contains(err.Error(), name+": disk full") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// What a step has raised that is an error, such as a violation of a contract, is why its
// run has failed, though the step succeeded; all formats have it.
func TestRaisedErrors(t *testing.T) {
	const raised = `{"gobelinTrace":1,"time":"2026-11-28T00:00:00Z"}
{"event":"runStarted","time":"2026-11-28T00:00:00Z","workflowId":"w"}
{"event":"workflowStarted","time":"2026-11-28T00:00:00Z","workflowId":"w"}
{"event":"stepStarted","time":"2026-11-28T00:00:00Z","workflowId":"w","stepId":"s","visit":1,"attempt":1}
{"event":"requestSent","time":"2026-11-28T00:00:00Z","workflowId":"w","stepId":"s","visit":1,"attempt":1,"method":"GET","url":"http://h/a"}
{"event":"responseReceived","time":"2026-11-28T00:00:01Z","workflowId":"w","stepId":"s","visit":1,"attempt":1,"status":200}
{"event":"diagnosticRaised","time":"2026-11-28T00:00:01Z","workflowId":"w","stepId":"s","visit":1,"attempt":1,` +
		`"diagnostic":{"code":"contract-body","severity":"error","file":"api.yaml","line":3,"column":5,"message":"it is <wrong>"}}
{"event":"stepFinished","time":"2026-11-28T00:00:01Z","workflowId":"w","stepId":"s","visit":1,"attempt":1,"succeeded":true}
{"event":"runFinished","time":"2026-11-28T00:00:02Z","status":"failed","error":{"type":"contract","message":"it is <wrong>"}}
`
	for format, want := range map[string]string{
		"junit": `<failure message="it is &lt;wrong&gt;" type="failed">GET http://h/a&#xA;200 OK, after 1s&#xA;` +
			`api.yaml:3:5: error: it is &lt;wrong&gt;`,
		"ctrf":   `"message": "it is \u003cwrong\u003e"`,
		"har":    `"_diagnostics":[{"code":"contract-body","severity":"error","file":"api.yaml","line":3,"column":5,"message":"it is \u003cwrong`,
		"md":     "\napi.yaml:3:5 it is &lt;wrong&gt;\n",
		"github": "::error file=api.yaml,line=3,col=5,title=contract-body::it is <wrong>\n",
		"sarif":  `"ruleId": "contract-body"`,
		"html":   `{"text":"error: it is \u003cwrong\u003e [contract-body]","ok":false,"place":"api.yaml:3"}]`,
	} {
		got := reported(t, format, []byte(raised), nil)
		if strings.Count(got, want) != 1 {
			t.Errorf("%s has not once %q:\n%s", format, want, got)
		}
	}
	if all := parseJUnit(t, reported(t, "junit", []byte(raised), nil)); all.Tests != 1 || all.Failures != 1 || all.Errors != 0 {
		t.Errorf("counts %+v", all)
	}
}
