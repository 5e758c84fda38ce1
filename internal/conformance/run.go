package conformance

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"reflect"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/gobelin-dev/gobelin/arazzo"
	"github.com/gobelin-dev/gobelin/internal/openapi"
	"github.com/gobelin-dev/gobelin/internal/tree"
	"github.com/gobelin-dev/gobelin/internal/value"
	"github.com/gobelin-dev/gobelin/runtime"
)

// Run runs a case and returns in what it differs from what is expected;
// nothing when it passes.
func Run(ctx context.Context, c *Case) []string {
	j := &judge{c: c}
	j.run(ctx)
	return j.differences
}

type judge struct {
	c           *Case
	server      scripted
	waits       []any
	differences []string
}

func (j *judge) differ(format string, args ...any) {
	j.differences = append(j.differences, fmt.Sprintf(format, args...))
}

func (j *judge) run(ctx context.Context) {
	if responses := j.c.root.Get("responses"); responses != nil {
		for _, r := range responses.Items {
			times := int64(1)
			if n, ok := r.Get("times").Value().(int64); ok {
				times = n
			}
			for range times {
				j.server.script = append(j.server.script, r)
			}
		}
	}
	server := httptest.NewServer(&j.server)
	defer server.Close()
	program, result, err := j.execute(ctx, server.URL)
	j.outcome(err)
	j.requests()
	j.outputs(result)
	j.diagnostics(program, result)
	if want := j.c.root.Get("waits"); want != nil && !value.Equal(want.Value(), append([]any{}, j.waits...)) {
		j.differ("waits: got %s, want %s", value.AppendJSON(nil, j.waits), value.AppendJSON(nil, want.Value()))
	}
}

func (j *judge) execute(ctx context.Context, server string) (*runtime.Program, *runtime.Result, error) {
	location, text, err := j.c.document()
	if err != nil {
		return nil, nil, err
	}
	doc, err := arazzo.ParseFile(location, text)
	if doc == nil {
		return nil, nil, err
	}
	compiler := runtime.Compiler{Strict: j.c.root.Get("strict").True(), Loader: runtime.LoaderFunc(
		func(_ context.Context, location string) ([]byte, error) { return j.c.source(location) })}
	program, err := compiler.Compile(ctx, doc)
	if err != nil {
		return program, nil, err
	}
	settings := runtime.Settings{Servers: map[string]string{}}
	for _, s := range doc.Sources {
		settings.Servers[s.Name] = server
	}
	given := j.c.root.Get("settings")
	if seconds, ok := number(given.Get("loopDelay")); ok {
		settings.LoopDelay = time.Duration(seconds * float64(time.Second))
		if seconds == 0 {
			settings.LoopDelay = -1
		}
	}
	if n, ok := number(given.Get("maxSteps")); ok {
		settings.MaxSteps = int(n)
	}
	if n, ok := number(given.Get("maxDepth")); ok {
		settings.MaxDepth = int(n)
	}
	workflow := j.c.root.Get("workflow").Str()
	if workflow == "" {
		workflow = doc.Workflows[0].WorkflowID
	}
	inputs, _ := j.c.root.Get("inputs").Value().(map[string]any)
	driver := runtime.Driver{Settings: settings, Clock: &clock{j: j, now: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)}}
	result, err := driver.Run(ctx, program, workflow, inputs)
	return program, result, err
}

func number(n *tree.Node) (float64, bool) {
	switch v := n.Value().(type) {
	case int64:
		return float64(v), true
	case float64:
		return v, true
	}
	return 0, false
}

// clock lets time pass at once and notes how long was asked for.
type clock struct {
	j   *judge
	now time.Time
}

func (c *clock) Now() time.Time { return c.now }

func (c *clock) Sleep(ctx context.Context, d time.Duration) error {
	c.j.waits = append(c.j.waits, d.Seconds())
	c.now = c.now.Add(d)
	return context.Cause(ctx)
}

// scripted answers with the case's responses in order.
type scripted struct {
	mu     sync.Mutex
	script []*tree.Node
	seen   []request
}

type request struct {
	method, path string
	query        url.Values
	header       http.Header
	body         []byte
}

func (s *scripted) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	n := len(s.seen)
	s.seen = append(s.seen, request{r.Method, r.URL.EscapedPath(), r.URL.Query(), r.Header, body})
	if n >= len(s.script) {
		w.WriteHeader(http.StatusNotImplemented)
		return
	}
	answer := s.script[n]
	if answer.Get("drop").True() {
		panic(http.ErrAbortHandler)
	}
	if headers := answer.Get("headers"); headers != nil {
		for _, m := range headers.Members {
			w.Header().Add(m.Name, m.Value.Text)
		}
	}
	var text []byte
	switch {
	case answer.Get("text") != nil:
		text = []byte(answer.Get("text").Text)
	case answer.Get("body") != nil:
		text = value.AppendJSON(nil, answer.Get("body").Value())
		if w.Header().Get("Content-Type") == "" {
			w.Header().Set("Content-Type", "application/json")
		}
	}
	status := http.StatusOK
	if given, ok := answer.Get("status").Value().(int64); ok {
		status = int(given)
	}
	w.WriteHeader(status)
	// A client that has gone away is the case's business.
	_, _ = w.Write(text)
}

// outcomeOf tells errors apart as cases name them.
func outcomeOf(err error) (outcome, kind string) {
	var (
		step     *runtime.StepError
		inputs   *runtime.InputError
		budget   *runtime.BudgetError
		canceled *runtime.CanceledError
	)
	switch {
	case err == nil:
		return "succeeded", ""
	case errors.As(err, &canceled):
		return "failed", "canceled"
	case errors.As(err, &budget):
		return "failed", "budget"
	case errors.As(err, &step):
		return "failed", step.StepID
	case errors.As(err, &inputs):
		return "refused", "inputs"
	}
	return "refused", "document"
}

func (j *judge) outcome(err error) {
	outcome, kind := outcomeOf(err)
	if want := j.c.root.Get("outcome").Str(); outcome != want {
		j.differ("outcome: %s, want %s: %v", outcome, want, err)
	}
	if want := j.c.root.Get("error").Str(); want != "" && want != kind {
		j.differ("error: %q, want %q: %v", kind, want, err)
	}
}

func (j *judge) requests() {
	want := j.c.root.Get("requests")
	if want == nil {
		want = &tree.Node{Kind: tree.Array}
	}
	var expected []*tree.Node
	for _, r := range want.Items {
		times := int64(1)
		if n, ok := r.Get("times").Value().(int64); ok {
			times = n
		}
		for range times {
			expected = append(expected, r)
		}
	}
	j.server.mu.Lock()
	seen := j.server.seen
	j.server.mu.Unlock()
	if len(seen) != len(expected) {
		var got []string
		for _, r := range seen {
			got = append(got, r.method+" "+r.path)
		}
		j.differ("%d requests, want %d: %s", len(got), len(expected), strings.Join(got, ", "))
		return
	}
	for i, r := range seen {
		j.request(i, r, expected[i])
	}
}

func (j *judge) request(i int, got request, want *tree.Node) {
	if line := got.method + " " + got.path; line != want.Get("method").Str()+" "+want.Get("path").Str() {
		j.differ("request %d: %s, want %s %s", i+1, line, want.Get("method").Str(), want.Get("path").Str())
	}
	query := url.Values{}
	if n := want.Get("query"); n != nil {
		for _, m := range n.Members {
			query[m.Name] = []string{m.Value.Text}
			if m.Value.Kind == tree.Array {
				query[m.Name] = nil
				for _, item := range m.Value.Items {
					query[m.Name] = append(query[m.Name], item.Text)
				}
			}
		}
	}
	if !reflect.DeepEqual(query, got.query) {
		j.differ("request %d: query %v, want %v", i+1, got.query, query)
	}
	if n := want.Get("headers"); n != nil {
		for _, m := range n.Members {
			values := got.header.Values(m.Name)
			if m.Value.Kind == tree.Null {
				if len(values) > 0 {
					j.differ("request %d: header %s is sent", i+1, m.Name)
				}
				continue
			}
			if text := strings.Join(values, ", "); text != m.Value.Text {
				j.differ("request %d: header %s is %q, want %q", i+1, m.Name, text, m.Value.Text)
			}
		}
	}
	if n := want.Get("text"); n != nil && string(got.body) != n.Text {
		j.differ("request %d: body %q, want %q", i+1, got.body, n.Text)
	}
	if n := want.Get("body"); n != nil {
		body, _ := openapi.DecodeBody("application/json", got.body)
		if !value.Equal(body, n.Value()) {
			j.differ("request %d: body %s, want %s", i+1, got.body, value.AppendJSON(nil, n.Value()))
		}
	}
}

func (j *judge) outputs(result *runtime.Result) {
	want := j.c.root.Get("outputs")
	if want == nil || result == nil {
		if want != nil {
			j.differ("there are no outputs")
		}
		return
	}
	if !value.Equal(map[string]any(result.Outputs), want.Value()) {
		j.differ("outputs: %s, want %s", value.AppendJSON(nil, map[string]any(result.Outputs)), value.AppendJSON(nil, want.Value()))
	}
}

// diagnostics compares the set of codes.
func (j *judge) diagnostics(program *runtime.Program, result *runtime.Result) {
	want := j.c.root.Get("diagnostics")
	if want == nil {
		return
	}
	var got, expected []string
	if program != nil {
		for _, d := range program.Diagnostics() {
			got = append(got, d.Code)
		}
	}
	if result != nil {
		for _, d := range result.Diagnostics {
			got = append(got, d.Code)
		}
	}
	for _, item := range want.Items {
		expected = append(expected, item.Text)
	}
	slices.Sort(got)
	slices.Sort(expected)
	if !slices.Equal(slices.Compact(got), slices.Compact(expected)) {
		j.differ("diagnostics: %v, want %v", slices.Compact(got), expected)
	}
}
