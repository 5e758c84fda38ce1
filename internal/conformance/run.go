package conformance

import (
	"bytes"
	"context"
	"errors"
	"iter"
	"net/http"
	"path/filepath"
	"strings"
	"testing/fstest"
	"time"

	"github.com/gobelin-dev/gobelin/arazzo"
	"github.com/gobelin-dev/gobelin/cookies"
	"github.com/gobelin-dev/gobelin/internal/source"
	"github.com/gobelin-dev/gobelin/internal/tree"
	"github.com/gobelin-dev/gobelin/internal/value"
	"github.com/gobelin-dev/gobelin/runtime"
)

// Status is the result of a case.
type Status string

// The statuses. A case does not apply to a runner if it needs what the runner's
// command line cannot express.
const (
	Passed        Status = "passed"
	Failed        Status = "failed"
	NotApplicable Status = "not applicable"
)

// A Result is a case with its status.
type Result struct {
	Name        string   `json:"name"`
	Area        string   `json:"area"`
	Title       string   `json:"title"`
	Rulings     []string `json:"rulings"`
	Status      Status   `json:"status"`
	Differences []string `json:"differences,omitempty"` // from what is expected
}

func (c *Case) result(status Status, differences ...string) Result {
	if status == Passed && len(differences) > 0 {
		status = Failed
	}
	return Result{Name: c.Name, Area: c.Area, Title: c.Title, Rulings: c.Rulings, Status: status, Differences: differences}
}

// A Drive runs a workflow to its end, as [runtime.Driver.Run] does.
type Drive func(ctx context.Context, d *runtime.Driver, p *runtime.Program, workflow string, inputs runtime.Inputs) (*runtime.Result, error)

// Run runs a case with gobelin, in this process and in virtual time.
func Run(ctx context.Context, c *Case) Result {
	return RunWith(ctx, c, func(ctx context.Context, d *runtime.Driver, p *runtime.Program, workflow string,
		inputs runtime.Inputs) (*runtime.Result, error) {
		return d.Run(ctx, p, workflow, inputs)
	})
}

// RunWith is Run with another way to run the workflow.
func RunWith(ctx context.Context, c *Case, drive Drive) Result {
	j := &judge{}
	c, end := j.server.open(c)
	defer end()
	j.c = c
	r := &ownRun{c: c, server: j.server.server}
	err := r.run(ctx, drive)
	j.outcome(err)
	j.requests()
	if r.result != nil {
		j.outputs(r.result.Outputs, true)
	} else if c.root.Get("outputs") != nil {
		j.differ("there are no outputs")
	}
	j.codes(r.codes())
	if want := c.root.Get("waits"); want != nil && !value.Equal(want.Value(), append([]any{}, r.waits...)) {
		j.differ("waits: got %s, want %s", value.AppendJSON(nil, r.waits), value.AppendJSON(nil, want.Value()))
	}
	return c.result(Passed, j.differences...)
}

// ownRun is a run of gobelin.
type ownRun struct {
	c       *Case
	server  string
	program *runtime.Program
	result  *runtime.Result
	waits   []any
}

func (r *ownRun) run(ctx context.Context, drive Drive) error {
	location, text, err := r.c.text()
	if err != nil {
		return err
	}
	doc, err := arazzo.ParseFile(location, text)
	if doc == nil {
		return err
	}
	given := r.c.root.Get("settings")
	compiler := runtime.Compiler{Strict: r.c.root.Get("strict").True(), Loader: sourcesOf{r.c}}
	settings := map[string]func(*tree.Node){}
	driver := runtime.Driver{Clock: &clock{r: r, now: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)}}
	defaults(&driver, doc, r.server)
	configure(&compiler, &driver, settings)
	if given != nil {
		for _, m := range given.Members {
			settings[m.Name](m.Value)
		}
	}
	if r.program, err = compiler.Compile(ctx, doc); err != nil {
		return err
	}
	called(&driver, r.program)
	workflow := r.c.root.Get("workflow").Str()
	if workflow == "" {
		workflow = doc.Workflows[0].WorkflowID
	}
	inputs, _ := r.c.root.Get("inputs").Value().(map[string]any)
	transport := &http.Transport{}
	defer transport.CloseIdleConnections()
	driver.Client = &http.Client{Transport: transport}
	r.result, err = drive(ctx, &driver, r.program, workflow, inputs)
	return err
}

// sourcesOf is the loader of what a case contains.
type sourcesOf struct{ *Case }

func (s sourcesOf) Load(_ context.Context, location string) ([]byte, error) {
	return s.source(location)
}

func (s sourcesOf) Elsewhere(_ context.Context, place string) iter.Seq[[]string] {
	root, err := filepath.Abs(s.dir)
	if err != nil {
		return func(func([]string) bool) {}
	}
	return source.Near(place, s.dir, root, func(name string) bool {
		_, err := s.source(filepath.ToSlash(name))
		return err == nil
	})
}

// defaults sends all sources to the scripted server.
func defaults(d *runtime.Driver, doc *arazzo.Document, server string) {
	d.Servers = map[string]string{}
	for _, s := range doc.Sources {
		d.Servers[s.Name] = server
	}
}

// called sends the sources of called documents where the entry document's own
// sources of the same name go.
func called(d *runtime.Driver, p *runtime.Program) {
	for _, w := range p.Workflows() {
		for _, s := range w.Servers {
			name := s.Source[strings.LastIndexByte(s.Source, '.')+1:]
			if server, given := d.Servers[name]; given {
				d.Servers[s.Source] = server
			}
		}
	}
}

// configure applies each member of a case's settings.
func configure(c *runtime.Compiler, d *runtime.Driver, into map[string]func(*tree.Node)) {
	into["loopDelay"] = func(n *tree.Node) {
		if d.LoopDelay = seconds(n); d.LoopDelay == 0 {
			d.LoopDelay = -1
		}
	}
	into["maxRetryAfter"] = func(n *tree.Node) { d.MaxRetryAfter = seconds(n) }
	into["maxSteps"] = func(n *tree.Node) { d.MaxSteps = int(number(n)) }
	into["maxDepth"] = func(n *tree.Node) { d.MaxDepth = int(number(n)) }
	into["maxBody"] = func(n *tree.Node) { d.MaxBody = int64(number(n)) }
	into["success"] = func(n *tree.Node) {
		d.Success = map[string]runtime.SuccessRule{"any": runtime.SuccessAny, "documented": runtime.SuccessDocumented}[n.Text]
	}
	into["actions"] = func(*tree.Node) { c.OverrideActions = true }
	into["serverVariables"] = func(n *tree.Node) { d.ServerVariables = texts(n) }
	into["credentials"] = func(n *tree.Node) { d.Credentials = runtime.StaticCredentials(texts(n)) }
	into["cookies"] = func(*tree.Node) {
		jar := cookies.New()
		d.NewJar = func() http.CookieJar { // anew for each snapshot that a run goes on from: as the jar was stored
			var text bytes.Buffer
			_, _ = jar.WriteTo(&text) // a buffer takes all
			jar, _ = cookies.Read(&text)
			return jar
		}
	}
	into["headers"] = func(n *tree.Node) {
		d.Headers = map[string]http.Header{}
		for _, source := range n.Members {
			d.Headers[source.Name] = http.Header{}
			for name, value := range texts(source.Value) {
				d.Headers[source.Name].Set(name, value)
			}
		}
	}
	into["servers"] = func(n *tree.Node) {
		for name, url := range texts(n) {
			if url == "" {
				delete(d.Servers, name)
			} else {
				d.Servers[name] = url
			}
		}
	}
	into["files"] = func(n *tree.Node) {
		files := fstest.MapFS{}
		for name, text := range texts(n) {
			files[name] = &fstest.MapFile{Data: []byte(text)}
		}
		c.Files = files
	}
	into["sources"] = func(n *tree.Node) { c.Sources = texts(n) }
	into["base"] = func(n *tree.Node) { c.Base = n.Text }
	into["dependencyInputs"] = func(n *tree.Node) {
		d.DependencyInputs = map[string]runtime.Inputs{}
		for _, m := range n.Members {
			d.DependencyInputs[m.Name], _ = m.Value.Value().(map[string]any)
		}
	}
}

func texts(n *tree.Node) map[string]string {
	m := map[string]string{}
	for _, member := range n.Members {
		m[member.Name] = member.Value.Text
	}
	return m
}

func number(n *tree.Node) float64 {
	switch v := n.Value().(type) {
	case int64:
		return float64(v)
	case float64:
		return v
	}
	return 0
}

func seconds(n *tree.Node) time.Duration { return time.Duration(number(n) * float64(time.Second)) }

func (r *ownRun) codes() []string {
	var codes []string
	if r.program != nil {
		for _, d := range r.program.Diagnostics() {
			codes = append(codes, d.Code)
		}
	}
	if r.result != nil {
		for _, d := range r.result.Diagnostics {
			codes = append(codes, d.Code)
		}
	}
	return codes
}

// clock lets time pass at once and records the waits.
type clock struct {
	r   *ownRun
	now time.Time
}

func (c *clock) Now() time.Time { return c.now }

func (c *clock) Sleep(ctx context.Context, d time.Duration) error {
	c.r.waits = append(c.r.waits, d.Seconds())
	c.now = c.now.Add(d)
	return context.Cause(ctx)
}

// Outcome returns the outcome of a run that ended with an error, and what more the
// cases say of it: the step, "budget", "canceled", "inputs" or "document".
func Outcome(err error) (outcome, kind string) {
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
	outcome, kind := Outcome(err)
	if want := j.c.root.Get("outcome").Str(); outcome != want {
		j.differ("outcome: %s, want %s: %v", outcome, want, err)
	}
	if want := j.c.root.Get("error").Str(); want != "" && want != kind {
		j.differ("error: %q, want %q: %v", kind, want, err)
	}
}
