package arazzotest_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/gobelin-dev/gobelin/arazzotest"
	"github.com/gobelin-dev/gobelin/runtime"
	"github.com/gobelin-dev/gobelin/simulate"
	"github.com/gobelin-dev/gobelin/trace"
)

var update = flag.Bool("update", false, "write the expected output anew")

// pets is the API: a pet is ready when it has been asked for three times.
func pets() http.Handler {
	asked := 0
	answer := func(w http.ResponseWriter, status int, text string) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		_, _ = io.WriteString(w, text)
	}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /v1/pets", func(w http.ResponseWriter, r *http.Request) {
		var pet struct{ Name string }
		if err := json.NewDecoder(r.Body).Decode(&pet); err != nil {
			answer(w, 400, `{"error":"no pet"}`)
			return
		}
		answer(w, 201, `{"id":"p1","name":"`+pet.Name+`"}`)
	})
	mux.HandleFunc("GET /v1/pets/{id}", func(w http.ResponseWriter, r *http.Request) {
		asked++
		switch {
		case r.PathValue("id") != "p1":
			answer(w, 404, `{"error": "there is no pet `+r.PathValue("id")+`"}`)
		case asked < 3:
			answer(w, 200, `{"state": "new"}`)
		default:
			answer(w, 200, `{"state": "ready"}`)
		}
	})
	return mux
}

var adopt = map[string]runtime.Inputs{"adopt": {"name": "Rex"}}

func ready(t *testing.T, workflowID string, result *runtime.Result) {
	t.Helper()
	if workflowID != "adopt" || result.Outputs["state"] != "ready" {
		t.Errorf("outputs of %s: %v", workflowID, result.Outputs)
	}
}

// Waits of five seconds each take no time, and there is no socket.
func TestHandler(t *testing.T) {
	then := 0
	arazzotest.Run(t, arazzotest.Load(t, "testdata/pets.arazzo.yaml"), arazzotest.Options{
		Workflows: []string{"adopt"}, Inputs: adopt, Handler: pets(),
		Then: func(t *testing.T, id string, r *runtime.Result) { then++; ready(t, id, r) },
	})
	if then != 1 {
		t.Errorf("Then was called %d times", then)
	}
}

// Nothing is sent, and each request is answered from the description.
func TestSimulate(t *testing.T) {
	arazzotest.Run(t, arazzotest.Load(t, "testdata/pets.arazzo.yaml"), arazzotest.Options{
		Workflows: []string{"adopt", "predicate", "called", "dependent", "inputs"},
		Simulate:  &simulate.Simulator{},
		Then: func(t *testing.T, workflowID string, result *runtime.Result) {
			if result.WorkflowID != workflowID {
				t.Errorf("the result is that of %s", result.WorkflowID)
			}
		},
	})
}

func TestServer(t *testing.T) {
	server := httptest.NewServer(pets())
	defer server.Close()
	events := 0
	driver := runtime.Driver{Servers: map[string]string{"pets": server.URL + "/v1"}, OnEvent: func(runtime.Event) { events++ },
		Settings: runtime.Settings{LoopDelay: -1}}
	arazzotest.Run(t, arazzotest.Load(t, "testdata/pets.arazzo.yaml"), arazzotest.Options{
		Workflows: []string{"caught"}, Driver: driver,
	})
	if events == 0 {
		t.Error("the driver's own listener heard nothing")
	}
}

func TestTrace(t *testing.T) {
	p := arazzotest.Load(t, "testdata/pets.arazzo.yaml")
	var text bytes.Buffer
	w := trace.NewWriter(&text, p, "")
	w.Begin(0, p, "adopt")
	arazzotest.Run(t, p, arazzotest.Options{Workflows: []string{"adopt"}, Inputs: adopt, Handler: pets(),
		Driver: runtime.Driver{OnEvent: w.OnEvent}})
	w.End(0, nil, nil)
	name := filepath.Join(t.TempDir(), "run.jsonl")
	if err := os.WriteFile(name, text.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	then := 0
	arazzotest.Run(t, p, arazzotest.Options{Recordings: arazzotest.Trace(t, name),
		Then: func(t *testing.T, id string, r *runtime.Result) { then++; ready(t, id, r) }})
	if then != 1 {
		t.Errorf("Then was called %d times", then)
	}
}

func TestTransport(t *testing.T) {
	client := http.Client{Transport: arazzotest.Transport(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil || r.Host != "api.example" || r.RequestURI != "/a%2Fb?c=d" || r.URL.Path != "/a/b" || r.URL.Host != "" {
			t.Errorf("%v: %s %s %v", err, r.Host, r.RequestURI, r.URL)
		}
		_, _ = w.Write(body)
	}))}
	for method, want := range map[string]string{"GET": "", "POST": "text", "HEAD": ""} {
		request, err := http.NewRequestWithContext(t.Context(), method, "https://api.example/a%2Fb?c=d", strings.NewReader(want))
		if err != nil {
			t.Fatal(err)
		}
		response, err := client.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		got, err := io.ReadAll(response.Body)
		if err != nil || string(got) != want || response.StatusCode != 200 {
			t.Errorf("%s: %d %q, %v", method, response.StatusCode, got, err)
		}
	}
}

// inside says which options the test that another one runs has.
const inside = "GOBELIN_ARAZZOTEST"

// TestInside is what TestFailures looks at from outside.
func TestInside(t *testing.T) {
	what := os.Getenv(inside)
	if what == "" {
		t.Skip("is run by TestFailures")
	}
	p := arazzotest.Load(t, "testdata/pets.arazzo.yaml")
	o := arazzotest.Options{Handler: pets(), Inputs: adopt, Driver: runtime.Driver{Settings: runtime.Settings{MaxSteps: 4}}}
	switch what {
	case "unreachable":
		o = arazzotest.Options{Workflows: []string{"status"}, Driver: runtime.Driver{Servers: map[string]string{"pets": "http://127.0.0.1:1"}}}
	case "parted":
		o = arazzotest.Options{Recordings: arazzotest.Trace(t, "testdata/parted.jsonl")}
	case "unlinked":
		arazzotest.Load(t, "testdata/unlinked.arazzo.yaml")
	default:
		o.Workflows = []string{what}
	}
	arazzotest.Run(t, p, o)
}

// What a failing test prints is in testdata/failures.txt, so that a reader can judge it.
func TestFailures(t *testing.T) {
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	var all strings.Builder
	for _, test := range []struct {
		what, run string
		fails     bool
	}{
		{"status", "", true},
		{"predicate", "", true},
		{"caught", "", false},
		{"called", "", true},
		{"dependent", "", true},
		{"inputs", "", true},
		{"endless", "", true},
		{"retried", "", true},
		{"unreachable", "", true},
		{"parted", "", true},
		{"unlinked", "", true},
		{"caught", "/caught/add", false}, // -run leaves the other steps' tests out
	} {
		c := exec.CommandContext(t.Context(), program, "-test.run=^TestInside$"+test.run, "-test.v", "-test.count=1")
		c.Env = append(os.Environ(), inside+"="+test.what)
		out, err := c.CombinedOutput()
		if failed := err != nil; failed != test.fails {
			t.Errorf("%s: failed: %v\n%s", test.what, failed, out)
		}
		all.WriteString("== " + test.what + test.run + "\n" + timeless(string(out)) + "\n")
	}
	const name = "testdata/failures.txt"
	if *update {
		if err := os.WriteFile(name, []byte(all.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), all.String()); diff != "" {
		t.Errorf("%s (-want +got):\n%s", name, diff)
	}
}

var (
	took     = regexp.MustCompile(`\(\d+\.\d+s\)`)
	sections = regexp.MustCompile(`(?m)^=== .*\n|^(PASS|FAIL|exit status 1)\n|^coverage: .*\n`)
	lines    = regexp.MustCompile(`(?m)(arazzotest(?:_test)?\.go):\d+: `)
)

// timeless takes away what differs from run to run.
func timeless(out string) string {
	out = sections.ReplaceAllString(strings.ReplaceAll(out, "\r\n", "\n"), "")
	return lines.ReplaceAllString(took.ReplaceAllString(out, "(time)"), "$1: ")
}
