package runtime_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"math"
	"net"
	"net/http"
	"net/http/httptest"
	goruntime "runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gobelin-dev/gobelin/arazzo"
	"github.com/gobelin-dev/gobelin/runtime"
	"go.uber.org/goleak"
)

// pollDocument polls a job until it is done.
const pollDocument = `
arazzo: 1.0.1
info: {title: t, version: "1"}
sourceDescriptions: [{name: api, url: api.yaml, type: openapi}]
workflows:
- workflowId: poll
  inputs: {type: object, required: [id], properties: {id: {type: integer}, host: {type: string, default: a}}}
  steps:
  - stepId: get
    operationId: getJob
    parameters: [{name: id, in: path, value: $inputs.id}, {name: host, in: query, value: $inputs.host}]
    successCriteria: [{condition: $statusCode == 200}]
    onSuccess: [{name: again, type: goto, stepId: get, criteria: [{condition: $response.body#/done == false}]}]
    outputs: {id: $response.body#/id}
  outputs: {id: $steps.get.outputs.id}
`

const pollDescription = `
openapi: 3.1.0
info: {title: t, version: "1"}
servers: [{url: "https://jobs.example"}]
paths:
  /jobs/{id}:
    get:
      operationId: getJob
      parameters: [{name: id, in: path, required: true, schema: {type: integer}}, {name: host, in: query, schema: {type: string}}]
      responses: {"200": {description: a job}}
`

func pollProgram(t testing.TB) *runtime.Program {
	t.Helper()
	doc, err := arazzo.Parse([]byte(pollDocument))
	if err != nil {
		t.Fatal(err)
	}
	c := runtime.Compiler{Loader: runtime.LoaderFunc(func(context.Context, string) ([]byte, error) { return []byte(pollDescription), nil })}
	program, err := c.Compile(t.Context(), doc)
	if err != nil {
		t.Fatal(err)
	}
	return program
}

// jobs answers like a server whose jobs are done after some polls, and keeps
// what it sees.
type jobs struct {
	polls int
	takes time.Duration

	mu     sync.Mutex
	seen   map[string]int
	starts []time.Time
	busy   int
	most   int
}

func (j *jobs) RoundTrip(r *http.Request) (*http.Response, error) {
	j.mu.Lock()
	if j.seen == nil {
		j.seen = map[string]int{}
	}
	j.seen[r.URL.Path]++
	done := j.seen[r.URL.Path] > j.polls
	j.starts = append(j.starts, time.Now())
	j.busy++
	j.most = max(j.most, j.busy)
	j.mu.Unlock()
	defer func() {
		j.mu.Lock()
		defer j.mu.Unlock()
		j.busy--
	}()
	if j.takes > 0 {
		select {
		case <-time.After(j.takes):
		case <-r.Context().Done():
			return nil, r.Context().Err()
		}
	}
	body := fmt.Sprintf(`{"id": %s, "done": %t}`, strings.TrimPrefix(r.URL.Path, "/jobs/"), done)
	return &http.Response{StatusCode: 200, Header: http.Header{"Content-Type": {"application/json"}},
		Body: io.NopCloser(strings.NewReader(body)), Request: r}, nil
}

func numbered(n int) iter.Seq[runtime.Inputs] {
	return func(yield func(runtime.Inputs) bool) {
		for i := range n {
			if !yield(runtime.Inputs{"id": i}) {
				return
			}
		}
	}
}

func TestBatchRunsAll(t *testing.T) {
	program := pollProgram(t)
	synctest.Test(t, func(t *testing.T) {
		server := &jobs{polls: 3, takes: 10 * time.Millisecond}
		b := runtime.Batch{Driver: runtime.Driver{Client: &http.Client{Transport: server}}, Concurrency: 4}
		var got []int
		for r := range b.Run(t.Context(), program, "poll", numbered(200)) {
			if r.Err != nil || r.Result.Outputs["id"] != int64(r.Index) {
				t.Errorf("run %d: %v, %v", r.Index, r.Result.Outputs, r.Err)
			}
			got = append(got, r.Index)
		}
		slices.Sort(got)
		for i := range 200 {
			if i >= len(got) || got[i] != i {
				t.Fatalf("%d results; run %d is not among them once", len(got), i)
			}
		}
		if server.most > 4 {
			t.Errorf("%d requests at once, want 4 at most", server.most)
		}
		if len(server.starts) != 200*4 {
			t.Errorf("%d requests, want 4 of each run", len(server.starts))
		}
	})
}

// All runs wait at once although few requests are made at once: a waiting run
// keeps no worker.
func TestBatchWaitsAreUnbounded(t *testing.T) {
	program := pollProgram(t)
	synctest.Test(t, func(t *testing.T) {
		const runs = 5000
		server := &jobs{polls: 1}
		b := runtime.Batch{Driver: runtime.Driver{Client: &http.Client{Transport: server}, Settings: runtime.Settings{LoopDelay: time.Hour}},
			Concurrency: 2}
		started := time.Now()
		n := 0
		for r := range b.Run(t.Context(), program, "poll", numbered(runs)) {
			if r.Err != nil {
				t.Error(r.Err)
			}
			n++
		}
		if n != runs || time.Since(started) != time.Hour {
			t.Errorf("%d runs in %v, want %d in 1h0m0s", n, time.Since(started), runs)
		}
	})
}

func TestBatchKeepsTheRate(t *testing.T) {
	program := pollProgram(t)
	synctest.Test(t, func(t *testing.T) {
		server := &jobs{}
		b := runtime.Batch{Driver: runtime.Driver{Client: &http.Client{Transport: server}}, Rate: 20}
		for r := range b.Run(t.Context(), program, "poll", numbered(40)) {
			if r.Err != nil {
				t.Error(r.Err)
			}
		}
		for i := range server.starts {
			if i > 0 && server.starts[i].Sub(server.starts[i-1]) < 50*time.Millisecond {
				t.Fatalf("request %d comes %v after the one before it, want 50ms at least", i, server.starts[i].Sub(server.starts[i-1]))
			}
		}
	})
}

// A host at its limit does not keep the workers from another.
func TestBatchLimitsEachHost(t *testing.T) {
	program := pollProgram(t)
	synctest.Test(t, func(t *testing.T) {
		server := &jobs{takes: time.Second}
		b := runtime.Batch{Driver: runtime.Driver{Client: &http.Client{Transport: server}}, Concurrency: 8, PerHost: 2}
		started := time.Now()
		for r := range b.Run(t.Context(), program, "poll", numbered(10)) {
			if r.Err != nil {
				t.Error(r.Err)
			}
		}
		if server.most != 2 || time.Since(started) != 5*time.Second {
			t.Errorf("%d at once and %v, want 2 and 5s", server.most, time.Since(started))
		}
	})
}

func TestBatchIsCanceled(t *testing.T) {
	program := pollProgram(t)
	synctest.Test(t, func(t *testing.T) {
		server := &jobs{polls: 1000, takes: time.Second}
		b := runtime.Batch{Driver: runtime.Driver{Client: &http.Client{Transport: server}, Settings: runtime.Settings{LoopDelay: time.Minute}},
			Concurrency: 3, PerHost: 2}
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		n := 0
		for r := range b.Run(ctx, program, "poll", numbered(1_000_000)) {
			var canceled *runtime.CanceledError
			if !errors.As(r.Err, &canceled) || r.Result == nil {
				t.Errorf("run %d: %v, want a *CanceledError and a result", r.Index, r.Err)
			}
			n++
		}
		if n < 18 || n > 30 {
			t.Errorf("%d runs, want those that ten seconds allow at two a second", n)
		}
	})
}

// What is computed ends with the context of a batch, too: the inputs are not judged to
// the end, nor is a criterion.
func TestBatchIsCanceledWhileItComputes(t *testing.T) {
	items := map[string]any{"items": map[string]any{"pattern": "^(?=a?)(a+)+$"}}
	tries := withInputs(t, map[string]any{"properties": map[string]any{"x": items}})
	ctx, cancel := context.WithCancel(t.Context())
	inputs := func(yield func(runtime.Inputs) bool) {
		time.AfterFunc(20*time.Millisecond, cancel)
		yield(runtime.Inputs{"x": slices.Repeat([]any{"aaaaaaaaaaaab"}, 200_000)})
	}
	var canceled *runtime.CanceledError
	for r := range new(runtime.Batch).Run(ctx, tries, "w", inputs) {
		if !errors.As(r.Err, &canceled) || r.Result == nil {
			t.Errorf("inputs: %v", r.Err)
		}
	}

	doc, err := arazzo.Parse([]byte(strings.Replace(pollDocument, "{condition: $statusCode == 200}",
		"{context: $response.body, type: jsonpath, condition: $"+strings.Repeat("..*", 12)+"..none}", 1)))
	if err != nil {
		t.Fatal(err)
	}
	c := runtime.Compiler{Loader: runtime.LoaderFunc(func(context.Context, string) ([]byte, error) { return []byte(pollDescription), nil })}
	program, err := c.Compile(t.Context(), doc)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel = context.WithCancel(t.Context())
	b := runtime.Batch{Driver: runtime.Driver{Client: &http.Client{Transport: roundTripper(func(r *http.Request) (*http.Response, error) {
		time.AfterFunc(20*time.Millisecond, cancel)
		return &http.Response{StatusCode: http.StatusOK, Header: http.Header{"Content-Type": {"application/json"}},
			Body: io.NopCloser(strings.NewReader(strings.Repeat("[", 300) + strings.Repeat("]", 300))), Request: r}, nil
	})}}}
	for r := range b.Run(ctx, program, "poll", numbered(1)) {
		if !errors.As(r.Err, &canceled) || r.Result == nil {
			t.Errorf("criterion: %v", r.Err)
		}
	}
}

// Whoever leaves the loop leaves nothing behind: synctest fails on a goroutine
// that is still there.
func TestBatchIsLeft(t *testing.T) {
	program := pollProgram(t)
	synctest.Test(t, func(t *testing.T) {
		server := &jobs{polls: 2}
		b := runtime.Batch{Driver: runtime.Driver{Client: &http.Client{Transport: server}}}
		for range b.Run(t.Context(), program, "poll", numbered(1000)) {
			break
		}
	})
}

// brokenClock ends whoever sleeps.
type brokenClock struct{ end func() }

func (brokenClock) Now() time.Time { return time.Now() }

func (c brokenClock) Sleep(context.Context, time.Duration) error {
	c.end()
	return nil
}

// However foreign code ends a batch, nothing of it is left behind, and the
// goroutine of the loop ends the way that code did: t.Fatal ends a test.
func TestBatchIsEndedByForeignCode(t *testing.T) {
	program := pollProgram(t)
	endings := map[string]func(){
		"panic":  func() { panic("foreign") },
		"Goexit": goruntime.Goexit,
	}
	for name, end := range endings {
		places := map[string]func(*runtime.Batch, *iter.Seq[runtime.Inputs]) (body func()){
			"loop": func(*runtime.Batch, *iter.Seq[runtime.Inputs]) func() { return end },
			"inputs": func(_ *runtime.Batch, inputs *iter.Seq[runtime.Inputs]) func() {
				*inputs = func(yield func(runtime.Inputs) bool) {
					if yield(runtime.Inputs{"id": 1}) && yield(runtime.Inputs{"id": 2}) {
						end()
					}
				}
				return func() {}
			},
			"listener": func(b *runtime.Batch, _ *iter.Seq[runtime.Inputs]) func() {
				b.Driver.OnEvent = func(e runtime.Event) {
					if _, ok := e.(*runtime.ResponseReceived); ok {
						end()
					}
				}
				return func() {}
			},
			"clock": func(b *runtime.Batch, _ *iter.Seq[runtime.Inputs]) func() {
				b.Driver.Clock, b.Driver.Client = brokenClock{end}, &http.Client{Transport: &jobs{polls: 1}}
				return func() {}
			},
			"transport": func(b *runtime.Batch, _ *iter.Seq[runtime.Inputs]) func() {
				b.Driver.Client = &http.Client{Transport: roundTripper(func(*http.Request) (*http.Response, error) {
					end()
					return nil, errors.New("not reached")
				})}
				return func() {}
			},
		}
		for place, set := range places {
			for _, concurrency := range []int{1, 8} {
				t.Run(fmt.Sprintf("%s/%s/%d", name, place, concurrency), func(t *testing.T) {
					defer goleak.VerifyNone(t, goleak.IgnoreCurrent())
					settings := runtime.Settings{LoopDelay: time.Hour} // some runs wait when the end comes
					b := &runtime.Batch{Driver: runtime.Driver{Client: &http.Client{Transport: &jobs{}}, Settings: settings}, Concurrency: concurrency}
					inputs := numbered(100)
					body := set(b, &inputs)
					var recovered any
					returned := false
					ended := make(chan struct{})
					go func() {
						defer close(ended)
						defer func() { recovered = recover() }()
						for range b.Run(t.Context(), program, "poll", inputs) {
							body()
						}
						returned = true
					}()
					<-ended
					if returned || (recovered != nil) != (name == "panic") || recovered != nil && recovered != "foreign" {
						t.Errorf("the loop returned: %t; recovered: %v", returned, recovered)
					}
				})
			}
		}
	}
}

// Workers are started as there is work, however many are allowed; numbers that
// make no sense are the defaults.
func TestBatchOfOddNumbers(t *testing.T) {
	program := pollProgram(t)
	for _, b := range []runtime.Batch{{Concurrency: 2_000_000_000}, {Concurrency: -1}, {PerHost: -1}, {Rate: -1}, {Rate: math.NaN()},
		{Rate: math.Inf(1)}} {
		b.Driver.Client = &http.Client{Transport: &jobs{}}
		n := 0
		for r := range b.Run(t.Context(), program, "poll", numbered(50)) {
			if r.Err != nil {
				t.Error(r.Err)
			}
			n++
		}
		if n != 50 {
			t.Errorf("%d at once, %d a host, %v a second: %d results, want 50", b.Concurrency, b.PerHost, b.Rate, n)
		}
	}
}

// A rate that is next to nothing lets one request begin, and the next in years.
func TestBatchOfTinyRate(t *testing.T) {
	program := pollProgram(t)
	synctest.Test(t, func(t *testing.T) {
		server := &jobs{}
		b := runtime.Batch{Driver: runtime.Driver{Client: &http.Client{Transport: server}}, Rate: 1e-300}
		ctx, cancel := context.WithTimeout(t.Context(), 365*24*time.Hour)
		defer cancel()
		for range b.Run(ctx, program, "poll", numbered(3)) {
		}
		if len(server.starts) != 1 {
			t.Errorf("%d requests in a year, want 1", len(server.starts))
		}
	})
}

func TestBatchTellsInvalidInputs(t *testing.T) {
	program := pollProgram(t)
	inputs := slices.Values([]runtime.Inputs{{"id": 1}, {"id": "x"}, {"id": 3}})
	synctest.Test(t, func(t *testing.T) {
		b := runtime.Batch{Driver: runtime.Driver{Client: &http.Client{Transport: &jobs{}}}}
		failed := 0
		for r := range b.Run(t.Context(), program, "poll", inputs) {
			var invalid *runtime.InputError
			if errors.As(r.Err, &invalid) != (r.Index == 1) || r.Index == 1 && r.Result != nil {
				t.Errorf("run %d: %v", r.Index, r.Err)
			}
			if r.Err != nil {
				failed++
			}
		}
		if failed != 1 {
			t.Errorf("%d runs failed, want 1", failed)
		}
	})
}

// A transport as tests write it gives no more than it must.
func TestResponseThatNamesNoRequest(t *testing.T) {
	program := pollProgram(t)
	d := runtime.Driver{Client: &http.Client{Transport: roundTripper(func(r *http.Request) (*http.Response, error) {
		return &http.Response{StatusCode: http.StatusOK, Body: io.NopCloser(strings.NewReader(`{"id": 1, "done": true}`))}, nil
	})}}
	result, err := d.Run(t.Context(), program, "poll", runtime.Inputs{"id": 1})
	if err != nil || result.Outputs["id"] != int64(1) {
		t.Errorf("%v, %v", result, err)
	}
}

// A batch keeps as many connections as it has requests at once; net/http may open
// another where one becomes free meanwhile.
func TestBatchKeepsConnections(t *testing.T) {
	const concurrency = 24
	program := pollProgram(t)
	var opened atomic.Int32
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		fmt.Fprintf(w, `{"id": %s, "done": true}`, strings.TrimPrefix(r.URL.Path, "/jobs/"))
	}))
	server.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			opened.Add(1)
		}
	}
	server.Start()
	defer server.Close()
	sources := map[string]string{}
	for _, w := range program.Workflows() {
		for _, s := range w.Servers {
			sources[s.Source] = server.URL
		}
	}
	b := runtime.Batch{Concurrency: concurrency, Driver: runtime.Driver{Servers: sources}}
	for r := range b.Run(t.Context(), program, program.WorkflowIDs()[0], numbered(40*concurrency)) {
		if r.Err != nil {
			t.Fatal(r.Err)
		}
	}
	if n := opened.Load(); n > 2*concurrency {
		t.Errorf("%d connections for %d requests at once", n, concurrency)
	}
}
