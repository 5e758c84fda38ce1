// Command corpus takes every published document of the corpus through all that
// gobelin does: it parses, links, checks and simulates it, and runs its workflows
// over HTTP against the mock of its descriptions. It writes a page with the
// counts, and what did not come to its end, one by one.
package main

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/gobelin-dev/gobelin/arazzo"
	"github.com/gobelin-dev/gobelin/check"
	"github.com/gobelin-dev/gobelin/mock"
	"github.com/gobelin-dev/gobelin/runtime"
	"github.com/gobelin-dev/gobelin/simulate"
)

func main() {
	log.SetFlags(0)
	page := flag.String("page", "", "`FILE` to write; empty: standard output")
	least := flag.Float64("least", 0, "exit with 1 if fewer of 100 workflows succeed over HTTP")
	flag.Parse()
	if flag.NArg() != 1 {
		log.Fatal("usage: corpus [-page FILE] FOLDER, with the unpacked corpus")
	}
	documents, err := manifest(flag.Arg(0))
	if err != nil {
		log.Fatal(err)
	}
	var all census
	start := time.Now()
	for _, d := range documents {
		all.document(context.Background(), flag.Arg(0), d)
	}
	log.Printf("%v", time.Since(start))
	text := all.page()
	if *page == "" {
		os.Stdout.Write(text)
	} else if err := os.WriteFile(*page, text, 0o644); err != nil {
		log.Fatal(err)
	}
	if got := 100 * float64(all.served) / float64(max(all.workflows, 1)); got < *least {
		log.Fatalf("%.1f of 100 workflows succeed over HTTP, not %g", got, *least)
	}
}

// A document is a line of the manifest.
type document struct {
	name, base string
	complete   bool // its sources are in the corpus
}

func manifest(folder string) (list []document, err error) {
	data, err := os.ReadFile(filepath.Join(folder, "manifest.tsv"))
	if err != nil {
		return nil, err
	}
	for i, line := range strings.Split(strings.TrimSpace(string(data)), "\n") {
		if cells := strings.Split(line, "\t"); i > 0 && len(cells) == 6 {
			list = append(list, document{cells[0], cells[1], cells[5] == "yes"})
		}
	}
	return list, nil
}

// census counts documents, and workflows, by how far they came.
type census struct {
	documents, complete, parsed, linked, faultless  int
	workflows, refused, simulated, everyWay, served int

	log []string // rows of the table
}

func (c *census) failed(document string, at *arazzo.Position, workflow, stage, why string) {
	place := document
	if at != nil && at.Line > 0 {
		place = fmt.Sprintf("%s:%d:%d", document, at.Line, at.Column)
	}
	why = strings.NewReplacer("|", "\\|", "\n", " ").Replace(why)
	if len(why) > 200 {
		why = strings.ToValidUTF8(why[:200], "") + "…"
	}
	c.log = append(c.log, fmt.Sprintf("| `%s` | `%s` | %s | %s |", place, workflow, stage, why))
}

func (c *census) document(ctx context.Context, folder string, d document) {
	c.documents++
	if !d.complete {
		return
	}
	c.complete++
	data, err := os.ReadFile(filepath.Join(folder, d.name))
	if err != nil {
		log.Fatal(err)
	}
	doc, err := arazzo.ParseFile(d.name, data)
	if err != nil {
		return // docs/corpus.md counts why
	}
	c.parsed++
	files := os.DirFS(folder)
	compiler := runtime.Compiler{Base: d.base, Files: simulate.Files(), Loader: runtime.LoaderFunc(
		func(_ context.Context, at string) ([]byte, error) {
			return fs.ReadFile(files, filepath.ToSlash(filepath.Clean(at)))
		})}
	p, err := compiler.Compile(ctx, doc)
	if err != nil {
		return
	}
	c.linked++
	if !slices.ContainsFunc(check.Program(p), func(d arazzo.Diagnostic) bool { return d.Severity != arazzo.Note }) {
		c.faultless++
	}
	clock := &instant{}
	server := &mock.Server{Now: clock.Now}
	if err := server.AddProgram(ctx, p); err != nil {
		log.Fatalf("%s: %v", d.name, err)
	}
	listening := httptest.NewServer(server)
	defer listening.Close()
	transport := &http.Transport{MaxIdleConnsPerHost: 2}
	defer transport.CloseIdleConnections()
	driver := &runtime.Driver{Client: &http.Client{Transport: transport}, Clock: clock, Servers: map[string]string{},
		Credentials: anyCredential{}, Settings: runtime.Settings{LoopDelay: -1}}
	for _, name := range server.Sources() {
		driver.Servers[name] = listening.URL + server.BasePath(name)
	}
	for _, w := range p.Workflows() {
		c.workflow(ctx, d.name, p, w, driver)
	}
}

func (c *census) workflow(ctx context.Context, document string, p *runtime.Program, w runtime.WorkflowInfo, driver *runtime.Driver) {
	if len(w.Errors) > 0 {
		c.refused++
		return
	}
	c.workflows++
	report, err := new(simulate.Simulator).Workflow(ctx, p, w.ID)
	if err != nil {
		log.Fatalf("%s %s: %v", document, w.ID, err)
	}
	if report.Complete() {
		c.everyWay++
	}
	if !report.Succeeded {
		c.failed(document, report.FailedAt, w.ID, "simulation", report.Failure)
		return
	}
	c.simulated++
	script, _, err := new(simulate.Simulator).Script(ctx, p, w.ID)
	if err != nil {
		log.Fatalf("%s %s: %v", document, w.ID, err)
	}
	// A session of its own, as the mock has for each run that asks for one.
	driver.Headers = map[string]http.Header{}
	for name := range driver.Servers {
		driver.Headers[name] = http.Header{"Mock-Session": {w.ID}}
	}
	if _, err := driver.Run(ctx, p, w.ID, script.Inputs); err != nil {
		c.failed(document, stepOf(p, err), w.ID, "HTTP", err.Error())
		return
	}
	c.served++
}

// stepOf returns where the step is at which a run failed.
func stepOf(p *runtime.Program, err error) *arazzo.Position {
	failed, ok := errors.AsType[*runtime.StepError](err)
	if !ok {
		return nil
	}
	for _, w := range p.Document().Workflows {
		for _, s := range w.Steps {
			if w.WorkflowID == failed.WorkflowID && s.StepID == failed.StepID {
				at := s.At("stepId")
				return &at
			}
		}
	}
	return nil
}

// anyCredential is there for every scheme.
type anyCredential struct{}

func (anyCredential) Credential(_ context.Context, r runtime.CredentialRequest) (string, error) {
	if r.Name == "" { // of a scheme that does not say where
		return "", nil
	}
	return "credential-of-a-test", nil
}

// instant is a clock whose waits pass at once, for the runs and for the mock.
type instant struct{ ahead atomic.Int64 }

func (c *instant) Now() time.Time { return time.Now().Add(time.Duration(c.ahead.Load())) }

func (c *instant) Sleep(ctx context.Context, d time.Duration) error {
	c.ahead.Add(int64(d))
	return ctx.Err()
}

func (c *census) page() []byte {
	var b bytes.Buffer
	fmt.Fprint(&b, "# The corpus, end to end\n\nWritten by `go run ./corpus -page ../docs/corpus-runs.md FOLDER` in `bench`; "+
		"[corpus.md](corpus.md) says\nwhat the corpus is.\n\n| | | |\n|---|---:|---:|\n")
	row := func(what string, n, of int) {
		fmt.Fprintf(&b, "| %s | %d of %d | %.1f %% |\n", what, n, of, 100*float64(n)/float64(of))
	}
	row("documents whose sources are in the corpus", c.complete, c.documents)
	row("of these, parse", c.parsed, c.complete)
	row("of these, link", c.linked, c.parsed)
	row("of these, `check` has no warning and no error", c.faultless, c.linked)
	row("workflows of those that link, that can be run", c.workflows, c.workflows+c.refused)
	row("of these, succeed in a simulation", c.simulated, c.workflows)
	row("every step, action and outcome was taken there, or is impossible", c.everyWay, c.workflows)
	row("succeed over HTTP, against the mock", c.served, c.workflows)
	fmt.Fprintf(&b, "\n## One by one\n\nWhat did not come to its end: %d workflows.\n\n", len(c.log))
	fmt.Fprintln(&b, "| at | workflow | in | why |\n|---|---|---|---|")
	slices.Sort(c.log)
	fmt.Fprintln(&b, strings.Join(c.log, "\n"))
	return b.Bytes()
}
