//go:build linux

package durable_test

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
	"os/exec"
	"os/signal"
	"path/filepath"
	goruntime "runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/gobelin-dev/gobelin/arazzo"
	"github.com/gobelin-dev/gobelin/durable"
	"github.com/gobelin-dev/gobelin/runtime"
	"github.com/google/go-cmp/cmp"
)

// The test binary is the process that is killed, too.
func TestMain(m *testing.M) {
	if os.Getenv("DURABLE_STORE") != "" {
		if err := worker(); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

func program(ctx context.Context, document string) (*runtime.Program, error) {
	data, err := os.ReadFile(document)
	if err != nil {
		return nil, err
	}
	doc, err := arazzo.ParseFile(document, data)
	if err != nil {
		return nil, err
	}
	return runtime.Compile(ctx, doc)
}

// cached compiles each document once.
func cached() func(ctx context.Context, document string) (*runtime.Program, error) {
	var mu sync.Mutex
	programs := map[string]*runtime.Program{}
	return func(ctx context.Context, document string) (*runtime.Program, error) {
		mu.Lock()
		defer mu.Unlock()
		if p := programs[document]; p != nil {
			return p, nil
		}
		p, err := program(ctx, document)
		if err == nil {
			programs[document] = p
		}
		return p, err
	}
}

// worker runs the run of the environment to its end, and appends its events to a file.
func worker() error {
	ctx := context.Background()
	if limit, err := strconv.ParseUint(os.Getenv("DURABLE_LIMIT"), 10, 64); err == nil {
		signal.Ignore(syscall.SIGXFSZ)
		if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &syscall.Rlimit{Cur: limit, Max: limit}); err != nil {
			return err
		}
	}
	events, err := openEvents(os.Getenv("DURABLE_EVENTS"))
	if err != nil {
		return err
	}
	var e *durable.Engine
	opened := make(chan struct{})
	// The person who decides asks the server what it has seen.
	decide := func(u durable.Unknown) {
		<-opened
		d := durable.Decision{Resend: true}
		response, err := http.Get(os.Getenv("DURABLE_URL") + "/answered" + u.Target)
		if err != nil {
			panic(err)
		}
		response.Body.Close()
		if response.StatusCode == http.StatusOK {
			d = durable.Decision{Answer: &runtime.Response{Status: http.StatusOK, Body: []byte(`{"n": 1}`),
				Header: http.Header{"Content-Type": {"application/json"}}}}
		}
		if err := e.Decide(ctx, u.ID, d); err != nil {
			panic(err)
		}
		fmt.Printf("decided %s %s: %+v\n", u.Method, u.Target, d.Resend)
	}
	e, err = durable.Open(ctx, durable.Config{
		Store: os.Getenv("DURABLE_STORE"), Program: program, Lease: 300 * time.Millisecond,
		Driver:  runtime.Driver{Servers: map[string]string{"api": os.Getenv("DURABLE_URL")}},
		OnEvent: events.add, OnUnknown: func(u durable.Unknown) { go decide(u) },
	})
	if err != nil {
		return err
	}
	close(opened)
	settings := runtime.Settings{LoopDelay: time.Millisecond}
	err = e.Start(ctx, os.Getenv("DURABLE_ID"), os.Getenv("DURABLE_DOCUMENT"), "w", runtime.Inputs{}, settings)
	if err != nil {
		return err
	}
	result, err := e.Wait(ctx, os.Getenv("DURABLE_ID"))
	if err != nil {
		return err
	}
	out, err := json.Marshal(result.Outputs)
	fmt.Printf("outputs %s\n", out)
	return errors.Join(err, e.Close())
}

// events is a file with a line for each event, which starts with its number.
type events struct {
	mu   sync.Mutex
	file *os.File
	have int
}

func openEvents(path string) (*events, error) {
	data, err := os.ReadFile(path)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, err
	}
	whole := data[:bytes.LastIndexByte(data, '\n')+1]
	if err := os.WriteFile(path, whole, 0o600); err != nil {
		return nil, err
	}
	f, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY, 0o600)
	return &events{file: f, have: bytes.Count(whole, []byte("\n"))}, err
}

func (e *events) add(_ string, n int, event runtime.Event) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if n <= e.have {
		return
	}
	e.have = n
	at := runtime.EventAt(event)
	fmt.Fprintf(e.file, "%d %T %s %s %d\n", n, event, at.WorkflowID, at.StepID, at.Attempt)
}

// api counts what it is asked, and knows what it has answered. A job is done at the
// fourth poll, as the client counts them; an update never succeeds.
type api struct {
	*httptest.Server
	mu       sync.Mutex
	requests map[string]int
	all      int
	at       func(n int) // called before the nth request is answered
}

func newAPI(t *testing.T) *api {
	a := &api{requests: map[string]int{}, at: func(int) {}}
	a.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		key := r.Method + " " + r.URL.Path
		w.Header().Set("Content-Type", "application/json")
		a.mu.Lock()
		if path, asked := strings.CutPrefix(r.URL.Path, "/answered"); asked {
			if a.requests["POST "+path] == 0 {
				w.WriteHeader(http.StatusNotFound)
			}
			a.mu.Unlock()
			return
		}
		a.requests[key]++
		a.all++
		n, at := a.all, a.at
		a.mu.Unlock()
		at(n)
		switch r.Method {
		case http.MethodGet:
			seen, _ := strconv.Atoi(r.FormValue("seen"))
			state := "running"
			if seen >= 3 || strings.Contains(r.URL.Path, "/c") {
				state = "done"
			}
			fmt.Fprintf(w, `{"state": %q, "n": %d}`, state, seen+1)
		case http.MethodPut:
			w.WriteHeader(http.StatusServiceUnavailable)
		default:
			fmt.Fprint(w, `{"n": 1}`)
		}
	}))
	t.Cleanup(a.Close)
	return a
}

func (a *api) count() int {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.all
}

// posts returns how often each job was made.
func (a *api) posts() map[string]int {
	a.mu.Lock()
	defer a.mu.Unlock()
	posts := map[string]int{}
	for key, n := range a.requests {
		if strings.HasPrefix(key, "POST ") {
			posts[key] = n
		}
	}
	return posts
}

func run(store, url, id, document, eventFile string) *exec.Cmd {
	c := exec.Command(os.Args[0])
	c.Env = append(os.Environ(), "DURABLE_STORE="+store, "DURABLE_URL="+url, "DURABLE_ID="+id, "DURABLE_DOCUMENT="+document,
		"DURABLE_EVENTS="+eventFile)
	c.Stderr = os.Stderr
	return c
}

func TestRun(t *testing.T) {
	a := newAPI(t)
	dir := t.TempDir()
	ctx := t.Context()
	var told []string
	e, err := durable.Open(ctx, durable.Config{Store: "sqlite:" + filepath.Join(dir, "runs.db"), Program: program,
		Driver:  runtime.Driver{Servers: map[string]string{"api": a.URL}},
		OnEvent: func(_ string, n int, e runtime.Event) { told = append(told, fmt.Sprintf("%d %T", n, e)) }})
	if err != nil {
		t.Fatal(err)
	}
	document := "testdata/fifty.arazzo.yaml"
	settings := runtime.Settings{LoopDelay: time.Millisecond}
	start := time.Now()
	if err := e.Start(ctx, "one", document, "w", runtime.Inputs{}, settings); err != nil {
		t.Fatal(err)
	}
	result, err := e.Wait(ctx, "one")
	if err != nil {
		t.Fatal(err)
	}
	t.Log(time.Since(start), result.Outputs)
	s, err := e.Status(ctx, "one", nil)
	if err != nil || s.State != durable.Succeeded || fmt.Sprint(s.Result.Outputs) != fmt.Sprint(result.Outputs) {
		t.Errorf("status %+v, %v", s, err)
	}
	var again []string
	if _, err := e.Status(ctx, "one", func(n int, e runtime.Event) { again = append(again, fmt.Sprintf("%d %T", n, e)) }); err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(told, again) {
		t.Errorf("told\n%s\nagain\n%s", strings.Join(told, "\n"), strings.Join(again, "\n"))
	}
	if err := e.Start(ctx, "one", document, "w", runtime.Inputs{}, settings); err != nil {
		t.Error("the same run again:", err)
	}
	if err := e.Start(ctx, "one", document, "w", runtime.Inputs{"x": "other"}, settings); err == nil {
		t.Error("another run has the id, too")
	}
	for key, n := range a.posts() {
		if n != 1 {
			t.Errorf("%s was sent %d times", key, n)
		}
	}
	if err := e.Close(); err != nil {
		t.Error(err)
	}
}

// Runs that wait for an hour are still waiting when the store is opened again, by
// then in the hands of the new engine. DURABLE_SLEEPING says how many.
func TestSleeping(t *testing.T) {
	a := newAPI(t)
	n := 100
	fmt.Sscan(os.Getenv("DURABLE_SLEEPING"), &n)
	file := filepath.Join(t.TempDir(), "runs.db")
	var told atomic.Int64
	config := durable.Config{Store: "sqlite:" + file + "?sync=normal", Program: cached(), Lease: time.Hour,
		Driver: runtime.Driver{Servers: map[string]string{"api": a.URL}}, OnEvent: func(_ string, _ int, e runtime.Event) {
			if _, waits := e.(*runtime.WaitStarted); waits {
				told.Add(1)
			}
		}}
	waiting := func() {
		for deadline := time.Now().Add(10 * time.Minute); told.Load() < int64(n); {
			if time.Now().After(deadline) {
				t.Fatalf("%d of %d runs wait", told.Load(), n)
			}
			time.Sleep(time.Millisecond) // between two checks
		}
		told.Store(0)
	}
	for _, way := range []string{"begun", "again"} {
		start := time.Now()
		e, err := durable.Open(t.Context(), config)
		if err != nil {
			t.Fatal(err)
		}
		opened := time.Since(start)
		if way == "begun" {
			ids := make(chan int)
			var starting sync.WaitGroup
			for range 16 {
				starting.Go(func() {
					for i := range ids {
						if err := e.Start(t.Context(), fmt.Sprint(i), "testdata/sleep.arazzo.yaml", "w", nil, runtime.Settings{}); err != nil {
							t.Error(err)
						}
					}
				})
			}
			for i := range n {
				ids <- i
			}
			close(ids)
			starting.Wait()
		}
		waiting()
		all := time.Since(start)
		var memory goruntime.MemStats
		goruntime.GC()
		goruntime.ReadMemStats(&memory)
		s, err := e.Status(t.Context(), fmt.Sprint(n-1), nil)
		if err != nil || s.State != durable.Waiting || time.Until(s.Until) < 45*time.Minute {
			t.Errorf("%+v, %v", s, err)
		}
		if err := e.Close(); err != nil {
			t.Error(err)
		}
		info, err := os.Stat(file)
		if err != nil {
			t.Fatal(err)
		}
		t.Logf("%d runs %s: opened in %v, all waiting in %v, %d KB of memory and %d bytes of the file each", n, way, opened, all,
			(memory.HeapAlloc+memory.StackInuse)>>10/uint64(n), info.Size()/int64(n))
	}
	if len(a.posts()) != 0 || a.count() != n {
		t.Errorf("%d requests of %d runs", a.count(), n)
	}
}

// A process that is killed at any time leaves a run that another one takes to the
// same end, with the same events; what was answered is sent once.
func TestKilled(t *testing.T) {
	t.Run("sqlite", func(t *testing.T) {
		killed(t, func(dir string, _ int) string { return "sqlite:" + filepath.Join(dir, "runs.db") + "?sync=normal" })
	})
	t.Run("postgres", func(t *testing.T) {
		url := postgres(t)
		killed(t, func(string, int) string { return url })
	})
}

// killed kills runs in stores.
func killed(t *testing.T, stores func(dir string, i int) string) {
	t.Helper()
	document, err := filepath.Abs("testdata/fifty.arazzo.yaml")
	if err != nil {
		t.Fatal(err)
	}
	kills := 4
	if os.Getenv("DURABLE_KILLS") != "" {
		fmt.Sscan(os.Getenv("DURABLE_KILLS"), &kills)
	}
	undisturbed, requests := "", 0
	unknown, again := 0, 0
	for i := range kills + 1 {
		a := newAPI(t)
		dir := t.TempDir()
		store, eventFile, id := stores(dir, i), filepath.Join(dir, "events"), fmt.Sprintf("run-%d", i)
		for i > 0 {
			c := run(store, a.URL, id, document, eventFile)
			if err := c.Start(); err != nil {
				t.Fatal(err)
			}
			// At one of its requests, before it is answered or a little later.
			nth, later := a.count()+1+rand.IntN(requests), time.Duration(rand.IntN(2000)-1000)*time.Microsecond
			var once sync.Once
			kill := func() { once.Do(func() { c.Process.Signal(syscall.SIGKILL) }) }
			a.mu.Lock()
			a.at = func(n int) {
				switch {
				case n < nth:
				case later <= 0:
					kill()
				default:
					time.AfterFunc(later, kill)
				}
			}
			a.mu.Unlock()
			c.Wait()
			a.mu.Lock()
			a.at = func(int) {}
			a.mu.Unlock()
			if rand.IntN(2) == 0 {
				break
			}
		}
		data, err := run(store, a.URL, id, document, eventFile).Output()
		if err != nil {
			t.Fatalf("%v\n%s", err, data)
		}
		told, err := os.ReadFile(eventFile)
		if err != nil {
			t.Fatal(err)
		}
		out := ""
		for line := range strings.Lines(string(data)) {
			if strings.HasPrefix(line, "outputs") {
				out = line
			} else {
				unknown++
			}
		}
		for key, n := range a.posts() {
			if n != 1 {
				t.Errorf("kill %d: %s was sent %d times", i, key, n)
			}
		}
		if i == 0 {
			undisturbed, requests = out+string(told), a.count()
			continue
		}
		again += a.count() - requests
		if out+string(told) != undisturbed {
			t.Errorf("kill %d: %s", i, cmp.Diff(strings.Split(undisturbed, "\n"), strings.Split(out+string(told), "\n")))
		}
	}
	t.Logf("%d requests in a run; of %d kills %d left a POST unknown, %d requests were sent again", requests, kills, unknown, again)
}

// A process that stood still for longer than its lease has lost its run to another
// one, and sends nothing more when it goes on.
func TestFenced(t *testing.T) {
	document, err := filepath.Abs("testdata/fifty.arazzo.yaml")
	if err != nil {
		t.Fatal(err)
	}
	locked := 0
	for i := 0; i < 3+locked && locked < 10; i++ {
		a := newAPI(t)
		dir := t.TempDir()
		store := "sqlite:" + filepath.Join(dir, "runs.db") + "?sync=normal"
		stopped := run(store, a.URL, "r", document, filepath.Join(dir, "stopped"))
		output := &bytes.Buffer{}
		stopped.Stderr = output
		nth, started, reached := 1+rand.IntN(90), make(chan struct{}), make(chan struct{})
		a.mu.Lock()
		a.at = func(n int) {
			if n == nth {
				<-started
				stopped.Process.Signal(syscall.SIGSTOP)
				close(reached)
			}
		}
		a.mu.Unlock()
		if err := stopped.Start(); err != nil {
			t.Fatal(err)
		}
		close(started)
		<-reached
		other, said := run(store, a.URL, "r", document, filepath.Join(dir, "other")), &bytes.Buffer{}
		other.Stderr = said
		err := other.Run()
		if err != nil && strings.Contains(said.String(), "database is locked") {
			locked++ // it stands still while it writes: SQLite has one lock for all
			stopped.Process.Kill()
			stopped.Wait()
			continue
		}
		if err != nil {
			t.Fatalf("%v\n%s", err, said)
		}
		before := a.count()
		stopped.Process.Signal(syscall.SIGCONT)
		// The run has ended well elsewhere, or its own part of it was refused.
		if err := stopped.Wait(); err != nil && !strings.Contains(output.String(), durable.ErrFenced.Error()) {
			t.Errorf("the one that was stopped ends with %v: %s", err, output)
		}
		if after := a.count(); after != before {
			t.Errorf("stopped at request %d of run %d: it sent %d more", nth, i, after-before)
		}
		for key, n := range a.posts() {
			if n != 1 {
				t.Errorf("stopped at request %d: %s was sent %d times", nth, key, n)
			}
		}
	}
}

// A run whose process was killed while a POST was under way waits for a decision,
// which the list of runs shows, and goes on as that says.
func TestUnknown(t *testing.T) {
	document, err := filepath.Abs("testdata/fifty.arazzo.yaml")
	if err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct {
		durable.Decision
		want  durable.State
		posts int
	}{
		"answered": {durable.Decision{Answer: &runtime.Response{Status: http.StatusOK, Body: []byte(`{"n": 7}`),
			Header: http.Header{"Content-Type": {"application/json"}}}}, durable.Succeeded, 1},
		"sent again": {durable.Decision{Resend: true}, durable.Succeeded, 2},
		"failed":     {durable.Decision{Fail: "the server was replaced"}, durable.Failed, 1},
	} {
		t.Run(name, func(t *testing.T) {
			a := newAPI(t)
			store := "sqlite:" + filepath.Join(t.TempDir(), "runs.db") + "?sync=normal"
			killed, started := run(store, a.URL, "r", document, filepath.Join(t.TempDir(), "events")), make(chan struct{})
			var once sync.Once
			a.mu.Lock()
			a.at = func(int) {
				once.Do(func() { // the first request is a POST
					<-started
					killed.Process.Kill()
					killed.Wait()
				})
			}
			a.mu.Unlock()
			if err := killed.Start(); err != nil {
				t.Fatal(err)
			}
			close(started)
			unknown := make(chan durable.Unknown, 1)
			e, err := durable.Open(t.Context(), durable.Config{Store: store, Program: program, Lease: 200 * time.Millisecond,
				Driver: runtime.Driver{Servers: map[string]string{"api": a.URL}}, OnUnknown: func(u durable.Unknown) { unknown <- u }})
			if err != nil {
				t.Fatal(err)
			}
			want := durable.Unknown{ID: "r", WorkflowID: "w", StepID: "create0", Method: "POST", Target: "/jobs/a0"}
			if got := <-unknown; got != want {
				t.Errorf("unknown is %+v", got)
			}
			var listed []durable.Status
			for s, err := range e.Runs(t.Context(), durable.Undecided) {
				if err != nil {
					t.Fatal(err)
				}
				listed = append(listed, s)
			}
			if len(listed) != 1 || listed[0].Unknown == nil || *listed[0].Unknown != want || listed[0].Document != document ||
				listed[0].Workflow != "w" {
				t.Errorf("listed: %+v", listed)
			}
			if s, err := e.Status(t.Context(), "r", nil); err != nil || s.State != durable.Undecided || *s.Unknown != want {
				t.Errorf("status %+v, %v", s, err)
			}
			if err := e.Remove(t.Context(), "r"); err == nil {
				t.Error("a run that has not ended was removed")
			}
			if err := e.Decide(t.Context(), "r", durable.Decision{Resend: true, Fail: "both"}); err == nil {
				t.Error("two decisions at once were taken")
			}
			if err := e.Decide(t.Context(), "r", test.Decision); err != nil {
				t.Fatal(err)
			}
			result, err := e.Wait(t.Context(), "r")
			if (err == nil) != (test.want == durable.Succeeded) || test.Fail != "" && !strings.Contains(err.Error(), test.Fail) {
				t.Errorf("the run ends with %v", err)
			}
			if test.Answer != nil && fmt.Sprint(result.Outputs["first"]) != "7" {
				t.Errorf("outputs %v", result.Outputs)
			}
			if n := a.posts()["POST /jobs/a0"]; n != test.posts {
				t.Errorf("%d POSTs", n)
			}
			s, err := e.Status(t.Context(), "r", nil)
			if err != nil || s.State != test.want || s.Unknown != nil {
				t.Errorf("at the end %+v, %v", s, err)
			}
			for s, err := range e.Runs(t.Context()) {
				if err != nil || s.State != test.want || s.Unknown != nil {
					t.Errorf("listed at the end: %+v, %v", s, err)
				}
			}
			if err := e.Remove(t.Context(), "r"); err != nil {
				t.Error(err)
			}
			if _, err := e.Status(t.Context(), "r", nil); !errors.Is(err, durable.ErrNoRun) {
				t.Errorf("after it was removed: %v", err)
			}
			if err := e.Close(); err != nil {
				t.Error(err)
			}
		})
	}
}

// Where the store is full a run ends with an error, before anything is sent that could not
// be written down; with room again, it goes on.
func TestFull(t *testing.T) {
	document, err := filepath.Abs("testdata/fifty.arazzo.yaml")
	if err != nil {
		t.Fatal(err)
	}
	a := newAPI(t)
	dir := t.TempDir()
	store, eventFile := "sqlite:"+filepath.Join(dir, "runs.db")+"?sync=normal", filepath.Join(dir, "events")
	e, err := durable.Open(t.Context(), durable.Config{Store: store, Program: program})
	if err != nil {
		t.Fatal(err)
	}
	if err := e.Close(); err != nil {
		t.Fatal(err)
	}
	full, said := run(store, a.URL, "r", document, eventFile), &bytes.Buffer{}
	full.Env, full.Stderr = append(full.Env, "DURABLE_LIMIT=600000"), said
	if err := full.Run(); err == nil || !strings.Contains(said.String(), "run r cannot go on") {
		t.Errorf("without room it ends with %v: %s", err, said)
	}
	before := a.count()
	if before == 0 || before >= 100 {
		t.Fatalf("%d requests were sent before it was full: the limit of the test is wrong", before)
	}
	if out, err := run(store, a.URL, "r", document, eventFile).Output(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	for key, n := range a.posts() {
		if n != 1 {
			t.Errorf("%s was sent %d times", key, n)
		}
	}
	if len(a.posts()) != 20 {
		t.Errorf("%d POSTs", len(a.posts()))
	}
}

// A run whose document is another one now is left alone until the right one is there again.
func TestOtherDocument(t *testing.T) {
	a := newAPI(t)
	dir := t.TempDir()
	for _, name := range []string{"sleep.arazzo.yaml", "jobs.openapi.yaml"} {
		data, err := os.ReadFile(filepath.Join("testdata", name))
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), bytes.ReplaceAll(data, []byte("3000"), []byte("1")), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	document := filepath.Join(dir, "sleep.arazzo.yaml")
	right, err := os.ReadFile(document)
	if err != nil {
		t.Fatal(err)
	}
	open := func() *durable.Engine {
		e, err := durable.Open(t.Context(), durable.Config{Store: "sqlite:" + filepath.Join(dir, "runs.db") + "?sync=normal", Program: program,
			Driver: runtime.Driver{Servers: map[string]string{"api": a.URL}}, Lease: 100 * time.Millisecond})
		if err != nil {
			t.Fatal(err)
		}
		return e
	}
	e := open()
	if err := e.Start(t.Context(), "r", document, "w", nil, runtime.Settings{}); err != nil {
		t.Fatal(err)
	}
	if err := e.Close(); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(document, bytes.Replace(right, []byte("retryLimit: 20"), []byte("retryLimit: 21"), 1), 0o600); err != nil {
		t.Fatal(err)
	}
	e = open()
	_, err = e.Wait(t.Context(), "r")
	if err == nil || !strings.Contains(err.Error(), "cannot go on") || !strings.Contains(err.Error(), document) {
		t.Errorf("with another document: %v", err)
	}
	if s, err := e.Status(t.Context(), "r", nil); err != nil || s.State != durable.Broken || s.Err == nil {
		t.Errorf("with another document: %+v, %v", s, err)
	}
	if err := e.Close(); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(document, right, 0o600); err != nil {
		t.Fatal(err)
	}
	e = open()
	// The step fails after 20 retries, a second apart: none of it is waited for here.
	for s, err := e.Status(t.Context(), "r", nil); s == nil || s.State == durable.Broken; s, err = e.Status(t.Context(), "r", nil) {
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := e.Cancel(t.Context(), "r"); err != nil {
		t.Fatal(err)
	}
	if _, err := e.Wait(t.Context(), "r"); !errors.As(err, new(*runtime.CanceledError)) {
		t.Errorf("a canceled run ends with %v", err)
	}
	if s, err := e.Status(t.Context(), "r", nil); err != nil || s.State != durable.Canceled {
		t.Errorf("canceled: %+v, %v", s, err)
	}
	if err := e.Close(); err != nil {
		t.Fatal(err)
	}
}
