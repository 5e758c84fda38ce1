package attack

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net/http"
	"os"
	"os/exec"
	"path"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gobelin-dev/gobelin/arazzo"
	"github.com/gobelin-dev/gobelin/check"
	"github.com/gobelin-dev/gobelin/internal/conformance"
	"github.com/gobelin-dev/gobelin/internal/location"
	"github.com/gobelin-dev/gobelin/internal/value"
	"github.com/gobelin-dev/gobelin/report"
	"github.com/gobelin-dev/gobelin/runtime"
	"github.com/gobelin-dev/gobelin/trace"
)

// all reports whether the long attacks are tried, too.
func all() bool { return os.Getenv("GOBELIN_ATTACKS") != "" }

// alone names the only attack that a process of its own tries.
const alone = "GOBELIN_ATTACK_ALONE"

// mostText bounds what an error says.
const mostText = 64 << 10

// canary is the credential of every run.
const canary = "canary-5d1e77c0"

// net/http logs what a server sends without being asked.
func TestMain(m *testing.M) {
	log.SetOutput(io.Discard)
	m.Run()
}

// TestAttacks tries the attacks of testdata. One that says why it fails must do
// so, in a process of its own.
func TestAttacks(t *testing.T) {
	seen, tried := map[string]bool{}, 0
	defer func() { t.Logf("%d attacks of %d", tried, len(seen)) }()
	for _, a := range load(t) {
		if seen[a.Name] {
			t.Errorf("there are two attacks %q", a.Name)
		}
		seen[a.Name] = true
		only := os.Getenv(alone)
		if only != "" && only != a.Name {
			continue
		}
		t.Run(a.Name, func(t *testing.T) {
			switch {
			case only != "":
				a.try(t)
			case (a.Long || a.Fails != "") && !all():
				t.Skip("long; GOBELIN_ATTACKS is not set")
			case a.Fails != "":
				a.mustFail(t)
			default:
				tried++
				a.try(t)
			}
		})
	}
}

// mustFail tries an attack that is known to succeed, so that mending it is
// noticed.
func (a *attack) mustFail(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), cmp.Or(time.Duration(a.Limit), mostTime)+grace)
	defer cancel()
	c := exec.CommandContext(ctx, os.Args[0], "-test.run=^TestAttacks$")
	c.Env = append(os.Environ(), alone+"="+a.Name)
	out, err := c.CombinedOutput()
	if err == nil {
		t.Errorf("it holds: remove %q\n%s", a.Fails, out)
	}
}

// outcome is what an attack came to.
type outcome struct {
	kind    string // as in "want"
	err     error
	codes   []string // of the diagnostics that refused the document
	checked []string // of all that check finds
	outputs map[string]any
	faults  []string // what must never be
}

func (a *attack) try(t *testing.T) {
	s := serve(t, a)
	defer s.listener.Close()
	var o outcome
	guarded(t, cmp.Or(time.Duration(a.Limit), mostTime), cmp.Or(a.Memory<<20, mostMemory), func(ctx context.Context) { o = a.run(ctx, s) })
	a.judge(t, &o, s)
}

const entry = "main.yaml"

func (a *attack) run(ctx context.Context, s *server) (o outcome) {
	client := s.client()
	defer client.CloseIdleConnections()
	c := &runtime.Compiler{Strict: a.Strict, Loader: a.loader(client, &o)}
	doc, err := arazzo.ParseFile(entry, a.Document.bytes(a.Fill))
	if doc == nil {
		return *o.end("refused", err)
	}
	// Deadlines are of what reaches the server, the limit is of the whole.
	limited := func(really bool) context.CancelFunc {
		cancel := func() {}
		if really && a.Deadline > 0 {
			ctx, cancel = context.WithTimeout(ctx, time.Duration(a.Deadline))
		}
		return cancel
	}
	defer limited(a.Fetch)()
	program, err := c.Compile(ctx, doc)
	if program != nil {
		findings := check.Program(program)
		for _, d := range findings {
			o.checked = append(o.checked, d.Code)
		}
		_ = check.WriteJSON(&told{what: "what check finds", o: &o}, findings) // no other error than that it tells
	}
	if err != nil {
		return *o.end("refused", err)
	}
	inputs, err := value.Decode([]byte(cmp.Or(string(a.Inputs.bytes(a.Fill)), "{}")))
	if err != nil {
		return *o.end("inputs", err)
	}
	d := a.driver(client)
	var result *runtime.Result
	workflow := cmp.Or(a.Workflow, doc.Workflows[0].WorkflowID)
	events, record := trace.NewWriter(&told{what: "an event", o: &o}, program, "attack"), report.Recorder{}
	events.Begin(0, program, workflow)
	d.OnEvent = func(e runtime.Event) { events.OnEvent(e); record.OnEvent(e) }
	defer limited(!a.Fetch)()
	result, err = d.Run(ctx, program, workflow, inputs.(map[string]any))
	events.End(0, result, err)
	if err := events.Err(); err != nil {
		o.faults = append(o.faults, "the events cannot be written: "+err.Error())
	}
	shown := result
	if result != nil {
		masked := *result
		masked.Outputs = result.Masked()
		shown = &masked
	}
	if err := record.Run(program, workflow, shown, err).WriteJSON(&told{what: "the record of the run", o: &o}); err != nil {
		o.faults = append(o.faults, "the run cannot be recorded: "+err.Error())
	}
	kind, detail := conformance.Outcome(err)
	if detail == "canceled" || detail == "budget" || detail == "inputs" {
		kind = detail
	}
	if result != nil {
		o.outputs = result.Outputs
	} else if kind != "inputs" && kind != "refused" {
		o.faults = append(o.faults, "the result is lost")
	}
	return *o.end(kind, err)
}

func (o *outcome) end(kind string, err error) *outcome {
	o.kind, o.err = kind, err
	var (
		parse   *arazzo.ParseError
		compile *runtime.CompileError
	)
	var diagnostics []arazzo.Diagnostic
	switch {
	case errors.As(err, &parse):
		diagnostics = parse.Diagnostics
	case errors.As(err, &compile):
		diagnostics = compile.Diagnostics
	}
	for _, d := range diagnostics {
		o.codes = append(o.codes, d.Code)
	}
	return o
}

// loader reads the files of the attack, and what is at the server if it may. A
// file that the attack does not have is none that may be read.
func (a *attack) loader(client *http.Client, o *outcome) runtime.Loader {
	remote := runtime.FilesAndHTTP(client)
	return runtime.LoaderFunc(func(ctx context.Context, place string) ([]byte, error) {
		if location.IsURL(place) && a.Fetch {
			return remote.Load(ctx, place)
		}
		if file, ok := a.Files[path.Clean(place)]; ok {
			return file.bytes(a.Fill), nil
		}
		o.faults = append(o.faults, fmt.Sprintf("%q is read", shortened(place)))
		return nil, errors.New("there is no such file")
	})
}

func (a *attack) driver(client *http.Client) *runtime.Driver {
	return &runtime.Driver{Client: client, Clock: &clock{now: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)}, MaxBody: a.MaxBody,
		Servers: a.Servers, Credentials: runtime.StaticCredentials{"key": canary}, Settings: runtime.Settings{MaxSteps: a.MaxSteps}}
}

// told looks for the credential in what is written, a line or more at a time.
type told struct {
	what string
	o    *outcome
	end  []byte // of what was written before: the canary may come in two parts
}

func (t *told) Write(p []byte) (int, error) {
	text := append(t.end, p...)
	t.end = slices.Clone(text[max(0, len(text)-len(canary)+1):])
	if i := bytes.Index(text, []byte(canary)); i >= 0 {
		around := text[max(0, i-100):min(len(text), i+100)]
		t.o.faults = append(t.o.faults, fmt.Sprintf("%s tells the credential: …%s…", t.what, around))
	}
	return len(p), nil
}

// clock lets time pass at once.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) Sleep(ctx context.Context, d time.Duration) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
	return context.Cause(ctx)
}

func (a *attack) judge(t *testing.T, o *outcome, s *server) {
	t.Helper()
	for _, fault := range o.faults {
		t.Error(fault)
	}
	said := fmt.Sprint(o.err)
	if len(said) > mostText {
		t.Errorf("the error has %d bytes: %s", len(said), shortened(said))
	}
	if strings.Contains(said, canary) {
		t.Errorf("the error tells the credential: %s", shortened(said))
	}
	if o.kind != a.Want {
		t.Errorf("it is %s, want %s: %s", o.kind, a.Want, shortened(said))
	}
	if a.Code != "" && !slices.Contains(o.codes, a.Code) {
		t.Errorf("refused by %v, want %s: %s", o.codes, a.Code, shortened(said))
	}
	if !strings.Contains(said, a.Saying) {
		t.Errorf("the error is %q, want %q in it", shortened(said), a.Saying)
	}
	for _, code := range a.Checked {
		if !slices.Contains(o.checked, code) {
			t.Errorf("check finds %v, want %s", slices.Compact(o.checked), code)
		}
	}
	if a.Outputs != nil {
		want, err := value.Decode(a.Outputs)
		if err != nil || !value.Equal(o.outputs, want) {
			t.Errorf("outputs: %s, want %s (%v)", shortened(string(value.AppendJSON(nil, o.outputs))), a.Outputs, err)
		}
	}
	a.judgeSent(t, s)
}

// judgeSent holds what came to the server, and what would have come elsewhere, to
// what may.
func (a *attack) judgeSent(t *testing.T, s *server) {
	t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, address := range s.dials {
		t.Errorf("a connection to %s is asked for", address)
	}
	a.judgeTargets(t, s.sent)
	for _, never := range a.Never {
		if strings.Contains(string(s.raw), never) {
			t.Errorf("%q is sent: %q", never, shortened(string(s.raw)))
		}
	}
	for _, text := range a.Elsewhere {
		for _, r := range s.sent {
			if r.host != good && strings.Contains(r.text, text) {
				t.Errorf("%q is sent to %s", text, r.host)
			}
		}
	}
	for _, text := range a.Once {
		with := func(r request) bool { return !strings.Contains(r.text, text) }
		if n := len(slices.DeleteFunc(slices.Clone(s.sent), with)); n != 1 {
			t.Errorf("%q is sent %d times, want once", text, n)
		}
	}
}

func (a *attack) judgeTargets(t *testing.T, sent []request) {
	t.Helper()
	var lines []string
	for _, r := range sent {
		lines = append(lines, r.line)
		if a.Sent == nil && r.host != good {
			t.Errorf("%q is sent", shortened(r.line))
		}
	}
	if a.Sent == nil {
		return
	}
	var want []string
	for i := range *a.Sent {
		want = append(want, string((*a.Sent)[i].bytes(a.Fill)))
	}
	if !slices.Equal(lines, want) {
		t.Errorf("sent: %q, want %q", lines, want)
	}
}

// shortened returns the beginning of a text.
func shortened(s string) string {
	const most = 600
	if len(s) <= most {
		return s
	}
	return fmt.Sprintf("%s… (%d bytes)", s[:most], len(s))
}
