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
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/gobelin-dev/gobelin/arazzo"
	"github.com/gobelin-dev/gobelin/durable"
	"github.com/gobelin-dev/gobelin/runtime"
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

// worker runs the run of the environment to its end, and appends its events to a file.
func worker() error {
	ctx := context.Background()
	events, err := openEvents(os.Getenv("DURABLE_EVENTS"))
	if err != nil {
		return err
	}
	e, err := durable.Open(ctx, durable.Config{
		Store: os.Getenv("DURABLE_STORE"), Program: program, Lease: 300 * time.Millisecond,
		Driver:  runtime.Driver{Servers: map[string]string{"api": os.Getenv("DURABLE_URL")}},
		OnEvent: events.add, OnUnknown: func(u durable.Unknown) { fmt.Println("unknown", u.Method, u.Target) },
	})
	if err != nil {
		return err
	}
	err = e.Start(ctx, os.Getenv("DURABLE_ID"), os.Getenv("DURABLE_DOCUMENT"), "w", runtime.Inputs{}, runtime.Settings{LoopDelay: time.Millisecond})
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

// api counts what it is asked; a job that was posted is done after some polls.
type api struct {
	*httptest.Server
	mu       sync.Mutex
	requests map[string]int
}

func newAPI(t *testing.T) *api {
	a := &api{requests: map[string]int{}}
	a.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		a.mu.Lock()
		key := r.Method + " " + r.URL.Path
		a.requests[key]++
		n := a.requests[key]
		a.mu.Unlock()
		w.Header().Set("Content-Type", "application/json")
		switch {
		case strings.HasPrefix(r.URL.Path, "/poll/"):
			state := "running"
			if n >= 4 {
				state = "done"
			}
			fmt.Fprintf(w, `{"state": %q}`, state)
		case r.URL.Path == "/flaky" && n == 1:
			w.WriteHeader(http.StatusServiceUnavailable)
		default:
			fmt.Fprintf(w, `{"n": %d}`, n)
		}
	}))
	t.Cleanup(a.Close)
	return a
}

func (a *api) count(key string) int {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.requests[key]
}

func run(t *testing.T, store, url, id, document, eventFile string) *exec.Cmd {
	t.Helper()
	c := exec.Command(os.Args[0])
	c.Env = append(os.Environ(), "DURABLE_STORE="+store, "DURABLE_URL="+url, "DURABLE_ID="+id, "DURABLE_DOCUMENT="+document, "DURABLE_EVENTS="+eventFile)
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
	document := "testdata/jobs.arazzo.yaml"
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
	if n := a.count("POST /jobs"); n != 1 {
		t.Errorf("%d jobs", n)
	}
	if err := e.Close(); err != nil {
		t.Error(err)
	}
}

// A process that is killed at any time leaves a run that another one takes to the
// same end, with the same events; what was answered is sent once.
func TestKilled(t *testing.T) {
	document, err := filepath.Abs("testdata/jobs.arazzo.yaml")
	if err != nil {
		t.Fatal(err)
	}
	kills := 10
	if os.Getenv("DURABLE_KILLS") != "" {
		fmt.Sscan(os.Getenv("DURABLE_KILLS"), &kills)
	}
	undisturbed := ""
	for i := range kills + 1 {
		a := newAPI(t)
		dir := t.TempDir()
		store, eventFile := "sqlite:"+filepath.Join(dir, "runs.db")+"?sync=normal", filepath.Join(dir, "events")
		if i > 0 {
			c := run(t, store, a.URL, "r", document, eventFile)
			if err := c.Start(); err != nil {
				t.Fatal(err)
			}
			time.Sleep(time.Duration(rand.IntN(200)) * time.Millisecond) // the point at which it is killed, not a wait for something
			c.Process.Signal(syscall.SIGKILL)
			c.Wait()
		}
		out := ""
		c := run(t, store, a.URL, "r", document, eventFile)
		data, err := c.Output()
		if err != nil {
			t.Fatalf("%v\n%s", err, data)
		}
		for line := range strings.Lines(string(data)) {
			if strings.HasPrefix(line, "outputs") {
				out = line
			}
		}
		told, err := os.ReadFile(eventFile)
		if err != nil {
			t.Fatal(err)
		}
		if i == 0 {
			undisturbed = out + string(told)
		} else if out+string(told) != undisturbed {
			t.Errorf("kill %d:\n%s%s\nundisturbed:\n%s", i, out, told, undisturbed)
		}
	}
}

