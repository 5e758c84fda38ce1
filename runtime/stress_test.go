package runtime_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	goruntime "runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gobelin-dev/gobelin/arazzo"
	"github.com/gobelin-dev/gobelin/check"
	"github.com/gobelin-dev/gobelin/runtime"
	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"
)

const (
	stressWorkers = 64
	stressFolder  = "testdata/stress"
)

// Ways in which runs of TestStress end; the test wants each of them.
const (
	endSucceeded = "succeeded"
	endFailed    = "failed as written"
	endCanceled  = "canceled"
	endDeadline  = "deadline exceeded"
	endStopped   = "stopped with a cause"
	endResumed   = "interrupted, resumed from a snapshot, succeeded"
	endBatch     = "succeeded in a batch"
)

var stressEnds = []string{endSucceeded, endFailed, endCanceled, endDeadline, endStopped, endResumed, endBatch}

var errStopped = errors.New("stopped by the test")

// What the workflows of testdata/stress return for the token run-0-end.
const (
	orderOutputs = `{"id": "o-run-0-end", "text": "for run-0-end", "state": "done", "greeting": "Hello run-0-end",
		"counted": "<stock><item>item of run-0-end</item></stock>"}`
	nothingOutputs = `{"token": "run-0-end"}`
)

// stressCodes are the diagnostics of testdata/stress/orders.arazzo.yaml.
var stressCodes = []string{"loop-without-delay", "unused-input", "unused-input"}

// TestStress has many goroutines compile, check and run one document at once,
// with a cache that they share, references to other files, and contexts that
// end at any time. GOBELIN_STRESS says for how long, such as 10m; it is meant for
// the race detector.
func TestStress(t *testing.T) {
	length := time.Second
	if text := os.Getenv("GOBELIN_STRESS"); text != "" {
		var err error
		if length, err = time.ParseDuration(text); err != nil {
			t.Fatal(err)
		}
	}
	others := goleak.IgnoreCurrent()
	memory := liveHeap()
	s := newStress(t)
	until := time.Now().Add(length)
	var workers sync.WaitGroup
	for i := range stressWorkers {
		workers.Go(func() {
			for n := i; n < stressWorkers || time.Now().Before(until) && !t.Failed(); n += stressWorkers {
				s.one(n, stressEnds[(n/stressWorkers+i)%len(stressEnds)])
			}
		})
	}
	workers.Wait()
	s.server.Close()
	s.client.CloseIdleConnections()
	goleak.VerifyNone(t, others)
	s.summary(length)
	if t.Failed() {
		return
	}
	s.server, s.client, s.document = nil, nil, nil
	s.cache.Store(nil)
	s.program.Store(nil)
	if grown := liveHeap() - memory; grown > 64<<20 {
		t.Errorf("%d MiB are kept", grown>>20)
	}
}

func liveHeap() int64 {
	goruntime.GC()
	goruntime.GC() // what the first has finalized
	var m goruntime.MemStats
	goruntime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

// stress is what the goroutines of TestStress share.
type stress struct {
	t        *testing.T
	files    map[string][]byte // by slashed path from stressFolder
	server   *httptest.Server
	client   *http.Client
	document *arazzo.Document
	cache    atomic.Pointer[runtime.Cache]
	program  atomic.Pointer[runtime.Program] // the newest

	compiled, notCompiled, checked atomic.Int64

	mu   sync.Mutex
	ends map[string]int
}

func newStress(t *testing.T) *stress {
	s := &stress{t: t, files: map[string][]byte{}, ends: map[string]int{}}
	for _, pattern := range []string{"*.yaml", "*/*.yaml"} {
		names, err := filepath.Glob(filepath.Join(stressFolder, pattern))
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range names {
			data, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			s.files[filepath.ToSlash(name)] = data
		}
	}
	s.server = httptest.NewServer(newShop())
	s.client = &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: stressWorkers}}
	s.cache.Store(&runtime.Cache{})
	s.document = s.parse()
	s.program.Store(s.compile(t.Context(), s.document))
	return s
}

func (s *stress) parse() *arazzo.Document {
	const name = stressFolder + "/orders.arazzo.yaml"
	doc, err := arazzo.ParseFile(name, s.files[name])
	if err != nil {
		s.t.Error(err)
	}
	return doc
}

// Load is the runtime.Loader of all compilers.
func (s *stress) Load(ctx context.Context, location string) ([]byte, error) {
	if err := context.Cause(ctx); err != nil {
		return nil, err
	}
	data, ok := s.files[filepath.ToSlash(location)]
	if !ok {
		return nil, fmt.Errorf("%s: %w", location, os.ErrNotExist)
	}
	return slices.Clone(data), nil
}

// compile compiles a document; nil when the context has ended.
func (s *stress) compile(ctx context.Context, doc *arazzo.Document) *runtime.Program {
	compiler := runtime.Compiler{Loader: s, Cache: s.cache.Load()}
	program, err := compiler.Compile(ctx, doc)
	switch cause := context.Cause(ctx); {
	case err == nil:
		if s.compiled.Add(1)%stressWorkers == 0 {
			s.cache.Store(&runtime.Cache{}) // loading is raced too
		}
		return program
	case cause == nil:
		s.t.Errorf("compiling: %v", err)
	default:
		s.notCompiled.Add(1)
	}
	return nil
}

// linked returns a program: the newest of all goroutines, or one compiled now.
func (s *stress) linked(n int) *runtime.Program {
	program := s.program.Load()
	if n%3 == 0 {
		return program
	}
	doc := s.document
	if n%2 == 0 {
		doc = s.parse()
	}
	ctx, cancel := s.ending([]string{endSucceeded, endDeadline, endStopped}[n/2%3], time.Millisecond)
	defer cancel()
	if mine := s.compile(ctx, doc); mine != nil {
		program = mine
		s.program.Store(mine)
	}
	if n%5 == 0 {
		s.check(program)
	}
	return program
}

func (s *stress) check(program *runtime.Program) {
	var codes []string
	for _, d := range check.Program(program) {
		codes = append(codes, d.Code)
	}
	slices.Sort(codes)
	if diff := cmp.Diff(stressCodes, codes); diff != "" {
		s.t.Errorf("diagnostics:\n%s", diff)
	}
	s.checked.Add(1)
}

// ending returns a context that ends in a given way within a time, or not at all.
func (s *stress) ending(way string, within time.Duration) (context.Context, context.CancelFunc) {
	ctx, after := s.t.Context(), rand.N(within)
	switch way {
	case endDeadline:
		return context.WithTimeout(ctx, after)
	case endCanceled, endStopped, endResumed:
		ctx, cancel := context.WithCancelCause(ctx)
		cause := errStopped
		if way == endCanceled {
			cause = nil
		}
		timer := time.AfterFunc(after, func() { cancel(cause) })
		return ctx, func() { timer.Stop(); cancel(nil) }
	}
	return context.WithCancel(ctx)
}

// one is one run that ends, or may end, in a given way.
func (s *stress) one(n int, way string) {
	program := s.linked(n)
	own := fmt.Sprintf("run-%d-end", n+1)
	driver := s.driver(own)
	ctx, cancel := s.ending(way, 60*time.Millisecond)
	defer cancel()
	switch way {
	case endFailed:
		result, err := driver.Run(ctx, program, "nothing", stressInputs(own))
		s.failed(own, result, err)
	case endResumed:
		s.resume(ctx, driver, program, own)
	case endBatch:
		s.batch(ctx, program, own)
	default:
		result, err := driver.Run(ctx, program, "order", stressInputs(own))
		s.ended(ctx, way, own, result, err)
	}
}

func stressInputs(token string) runtime.Inputs {
	return runtime.Inputs{"token": token, "password": "secret of " + token}
}

// driver returns a driver whose events know of no other run, and of no secret.
func (s *stress) driver(own string) *runtime.Driver {
	return &runtime.Driver{
		Client:   s.client,
		Servers:  map[string]string{"shop": s.server.URL, "stock.shop": s.server.URL},
		Settings: runtime.Settings{LoopDelay: time.Millisecond},
		OnEvent: func(e runtime.Event) {
			text := fmt.Sprintf("%s", e)
			s.onlyOwn(own, text)
			if strings.Contains(text, "secret of") {
				s.t.Errorf("%s: a secret is told: %s", own, text)
			}
		},
	}
}

var stressToken = regexp.MustCompile(`run-[0-9]+-end`)

// onlyOwn demands that a text has no token of another run.
func (s *stress) onlyOwn(own, text string) {
	for _, token := range stressToken.FindAllString(text, -1) {
		if token != own {
			s.t.Errorf("%s sees %s: %s", own, token, text)
			return
		}
	}
}

func (s *stress) count(end string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ends[end]++
}

// outputs compares outputs with those that are written above for a token.
func (s *stress) outputs(own, want string, result *runtime.Result) {
	var wanted map[string]any
	if err := json.Unmarshal([]byte(strings.ReplaceAll(want, "run-0-end", own)), &wanted); err != nil {
		s.t.Error(err)
	}
	if diff := cmp.Diff(wanted, result.Outputs); diff != "" {
		s.t.Errorf("%s: outputs (-want +got):\n%s", own, diff)
	}
}

// succeeded judges a run of the workflow "order" that has come to its end.
func (s *stress) succeeded(end, own string, result *runtime.Result, err error) {
	if err != nil {
		s.t.Errorf("%s, %s: %v", own, end, err)
		return
	}
	s.outputs(own, orderOutputs, result)
	s.count(end)
}

func (s *stress) failed(own string, result *runtime.Result, err error) {
	var failed *runtime.StepError
	if !errors.As(err, &failed) || failed.StepID != "create" || failed.Status != http.StatusNotFound {
		s.t.Errorf("%s: not a 404 of step \"create\": %v", own, err)
		return
	}
	s.onlyOwn(own, err.Error())
	s.outputs(own, nothingOutputs, result)
	s.count(endFailed)
}

// ended judges a run whose context may have ended before it did.
func (s *stress) ended(ctx context.Context, way, own string, result *runtime.Result, err error) {
	var canceled *runtime.CanceledError
	if !errors.As(err, &canceled) {
		s.succeeded(endSucceeded, own, result, err)
		return
	}
	cause := map[string]error{endCanceled: context.Canceled, endDeadline: context.DeadlineExceeded, endStopped: errStopped}[way]
	if ctx.Err() == nil || !errors.Is(err, cause) {
		s.t.Errorf("%s: the run says %q, the context %v", own, err, context.Cause(ctx))
		return
	}
	s.onlyOwn(own, fmt.Sprint(err, result.Outputs))
	s.count(way)
}

// resume runs until the context ends, and goes on from a snapshot in the newest
// program, whoever compiled it.
func (s *stress) resume(ctx context.Context, driver *runtime.Driver, program *runtime.Program, own string) {
	x, err := program.Begin("order", stressInputs(own), driver.Settings)
	if err != nil {
		s.t.Error(err)
		return
	}
	for {
		done, err := driver.Advance(ctx, x)
		if done != nil {
			s.succeeded(endSucceeded, own, done.Result, done.Err)
			return
		}
		if err != nil {
			break
		}
	}
	snapshot, err := x.Snapshot()
	if err != nil {
		s.t.Error(err)
		return
	}
	s.onlyOwn(own, string(snapshot))
	restored, err := s.program.Load().Restore(snapshot)
	if err != nil {
		s.t.Errorf("%s: %v", own, err)
		return
	}
	result, err := driver.Continue(s.t.Context(), restored)
	s.succeeded(endResumed, own, result, err)
}

// batch runs the workflow for some inputs at once.
func (s *stress) batch(ctx context.Context, program *runtime.Program, own string) {
	var tokens []string
	var inputs []runtime.Inputs
	for i := range 4 {
		tokens = append(tokens, strings.Replace(own, "-end", fmt.Sprintf("000000%d-end", i), 1))
		inputs = append(inputs, stressInputs(tokens[i]))
	}
	b := runtime.Batch{Driver: *s.driver(own), Concurrency: 2}
	b.Driver.OnEvent = nil
	ended := 0
	for r := range b.Run(ctx, program, "order", slices.Values(inputs)) {
		s.succeeded(endBatch, tokens[r.Index], r.Result, r.Err)
		ended++
	}
	if ended != len(tokens) {
		s.t.Errorf("%s: %d of %d runs of the batch have ended", own, ended, len(tokens))
	}
}

func (s *stress) summary(length time.Duration) {
	var b strings.Builder
	runs := 0
	for _, end := range stressEnds {
		fmt.Fprintf(&b, "\n  %7d %s", s.ends[end], end)
		runs += s.ends[end]
		if s.ends[end] == 0 {
			s.t.Errorf("no run ended so: %s", end)
		}
	}
	s.t.Logf("%v, %d goroutines: %d programs compiled, %d given up with their context, %d checked; %d runs:%s",
		length, stressWorkers, s.compiled.Load(), s.notCompiled.Load(), s.checked.Load(), runs, b.String())
}

// shop is the server of testdata/stress. It is busy for the first request for
// each order, and for two polls. Each response has a body: net/http puts the
// connection of one without a body back before the request is over, and when its
// context ends just then, the next request on that connection fails with its cause.
type shop struct {
	mu     sync.Mutex
	orders map[string]*order
}

type order struct{ asked, polls int }

func newShop() http.Handler {
	s := &shop{orders: map[string]*order{}}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /orders", s.create)
	mux.HandleFunc("GET /orders/{id}", s.get)
	mux.HandleFunc("GET /greeting", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/plain")
		fmt.Fprintf(w, "Hello %s", r.FormValue("token"))
	})
	mux.HandleFunc("GET /stock", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/xml")
		fmt.Fprintf(w, "<stock><item>item of %s</item></stock>", r.FormValue("token"))
	})
	return mux
}

// order returns the order of a token, which is made when it is asked for.
func (s *shop) order(token string) *order {
	if s.orders[token] == nil {
		s.orders[token] = &order{}
	}
	return s.orders[token]
}

func (s *shop) create(w http.ResponseWriter, r *http.Request) {
	var body bytes.Buffer
	var sent struct{ Token string }
	if _, err := body.ReadFrom(r.Body); err != nil || json.Unmarshal(body.Bytes(), &sent) != nil {
		return // the client has gone
	}
	if r.Header.Get("X-Key") != "secret of "+sent.Token {
		w.WriteHeader(http.StatusForbidden)
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	o := s.order(sent.Token)
	if o.asked++; o.asked == 1 {
		http.Error(w, "later", http.StatusServiceUnavailable)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(http.StatusCreated)
	fmt.Fprintf(w, `{"id": %q, "state": "busy", "order": [{"token": %q}]}`, "o-"+sent.Token, sent.Token)
}

func (s *shop) get(w http.ResponseWriter, r *http.Request) {
	token := r.FormValue("token")
	w.Header().Set("X-Token", token)
	if r.PathValue("id") != "o-"+token {
		http.Error(w, "no order", http.StatusNotFound)
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	o, state := s.order(token), "busy"
	if o.polls++; o.polls > 2 {
		delete(s.orders, token)
		state = "done"
	}
	w.Header().Set("Content-Type", "application/json")
	fmt.Fprintf(w, `{"id": %q, "state": %q, "lines": [{"text": "for %s"}]}`, "o-"+token, state, token)
}
