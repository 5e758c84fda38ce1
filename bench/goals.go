package main

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/gobelin-dev/gobelin/arazzo"
	"github.com/gobelin-dev/gobelin/runtime"
	"github.com/pb33f/libopenapi"
)

// goal is a row of the table: a measured figure with an upper bound.
type goal struct {
	what, against string
	ours, theirs  string
	figure, bound float64
	unit          string // of figure; empty: a ratio
}

func (g goal) met() bool { return g.figure <= g.bound }

// suite measures with a number of rounds.
type suite struct {
	rounds int
	turn   time.Duration
	goals  []goal
}

func (s *suite) compare(works ...func()) []usage { return compare(s.rounds, s.turn, works...) }

func (s *suite) ratio(what, against string, ours, theirs usage, steps int, bound float64) {
	s.goals = append(s.goals, goal{what: what, against: against, ours: perStep(ours, steps), theirs: perStep(theirs, steps),
		figure: ours.over(theirs), bound: bound})
}

func (s *suite) allocs(what string, ours, theirs usage, steps int) {
	s.goals = append(s.goals, goal{what: what, against: "loop by hand, allocations", figure: ours.allocs / theirs.allocs, bound: 1,
		ours: fmt.Sprintf("%.1f allocs", ours.allocs/float64(steps)), theirs: fmt.Sprintf("%.1f allocs", theirs.allocs/float64(steps))})
}

func perStep(c usage, steps int) string {
	return fmt.Sprintf("%v, %.1f allocs", (c.time / time.Duration(steps)).Round(10*time.Nanosecond), c.allocs/float64(steps))
}

const manySteps, fewSteps = 100, 10

// values measures the engine alone: the transport returns decoded values.
func (s *suite) values() {
	body := payload(400)
	p := compiled(manySteps, true)
	response := &runtime.Response{Status: 200, Header: jsonHeader, Value: decoded(body), Decoded: true}
	e := libCompiled(manySteps, true).new(libValues(body))
	c := s.compare(func() { runEngine(p, response) }, func() { runLib(e) })
	s.ratio("a step, decoded values", "libopenapi", c[0], c[1], manySteps, 1.0/8)
	s.goals = append(s.goals, goal{what: "a step, decoded values", against: "allocations",
		ours: fmt.Sprintf("%.1f allocs", c[0].allocs/manySteps), theirs: fmt.Sprintf("%.1f allocs", c[1].allocs/manySteps),
		figure: c[0].allocs / manySteps, bound: 12, unit: " allocs"})
}

// bytes measures the engine with bodies as they come.
func (s *suite) bytes(size, steps int, name string, lib, hand float64) {
	body := payload(size)
	p := compiled(steps, true)
	response := &runtime.Response{Status: 200, Header: jsonHeader, Body: body}
	e := libCompiled(steps, true).new(libBytes(body))
	c := s.compare(func() { runEngine(p, response) }, func() { runLib(e) }, func() {
		for range steps {
			decode(body)
		}
	})
	s.ratio("a step from bytes, "+name, "libopenapi", c[0], c[1], steps, lib)
	s.ratio("a step from bytes, "+name, "decoding into any by hand", c[0], c[2], steps, hand)
}

// unread measures a step whose body no expression reads.
func (s *suite) unread() {
	p := compiled(manySteps, false)
	small := &runtime.Response{Status: 200, Header: jsonHeader, Body: payload(400)}
	large := &runtime.Response{Status: 200, Header: jsonHeader, Body: payload(1_000_000)}
	c := s.compare(func() { runEngine(p, large) }, func() { runEngine(p, small) })
	s.ratio("a step that does not read its body, 1 MB", "the same with 400 B", c[0], c[1], manySteps, 1.1)
}

// http measures a run over loopback HTTP.
func (s *suite) http(size int, name string, bound float64) {
	api := httptest.NewServer(server(payload(size)))
	defer api.Close()
	p, client := compiled(fewSteps, true), api.Client()
	c := s.compare(func() { runDriver(p, api.URL, client) }, func() { loop(fewSteps, api.URL, client) })
	s.ratio("a step over loopback HTTP, "+name, "loop by hand", c[0], c[1], fewSteps, bound)
	s.allocs("a step over loopback HTTP, "+name, c[0], c[1], fewSteps)
}

// limit measures a run over loopback HTTP against net/http alone, with the same
// exchanges whose results are discarded.
func (s *suite) limit() {
	api := httptest.NewServer(server(payload(400)))
	defer api.Close()
	p, client := compiled(manySteps, true), api.Client()
	c := s.compare(func() { runDriver(p, api.URL, client) }, func() { bare(manySteps, api.URL, client) })
	s.ratio("a step over loopback HTTP, 400 B", "a bare exchange", c[0], c[1], manySteps, 1.10)
	s.goals = append(s.goals, goal{what: "a step over loopback HTTP, 400 B", against: "a bare exchange, allocations more",
		ours: perStep(c[0], manySteps), theirs: perStep(c[1], manySteps), figure: (c[0].allocs - c[1].allocs) / manySteps, bound: 7,
		unit: " allocs"})
}

// concurrent measures 64 runs at once.
func (s *suite) concurrent() {
	api := httptest.NewServer(server(payload(400)))
	defer api.Close()
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 64}}
	defer client.CloseIdleConnections()
	p := compiled(fewSteps, true)
	c := s.compare(func() { together(64, func() { runDriver(p, api.URL, client) }) },
		func() { together(64, func() { loop(fewSteps, api.URL, client) }) })
	s.ratio("64 concurrent runs of one Program, 400 B", "64 loops by hand", c[0], c[1], 64*fewSteps, 1)
}

func together(n int, work func()) {
	var wait sync.WaitGroup
	for range n {
		wait.Go(work)
	}
	wait.Wait()
}

func (s *suite) waiting() {
	each, goroutines := waiting(100_000)
	s.goals = append(s.goals, goal{what: "100,000 waiting runs, each", against: "memory",
		ours: fmt.Sprintf("%.2f KB, %d goroutines in all", each/1000, goroutines), figure: each / 1000, bound: 2.5, unit: " KB"})
}

// reference measures the workflow of the example with its description.
func (s *suite) reference(root string) {
	workflow, text, api := reference(root)
	compiler := runtime.Compiler{Loader: runtime.LoaderFunc(func(context.Context, string) ([]byte, error) { return api, nil })}
	c := s.compare(func() {
		must(compiler.Compile(context.Background(), must(arazzo.ParseFile(workflow, text))))
	}, func() {
		must(libopenapi.NewArazzoDocument(text))
		fullModel(api)
	})
	s.ratio("parse and compile of the reference workflow", "libopenapi, document and model", c[0], c[1], 1, 1.0/4)
}

func reference(root string) (workflow string, text, api []byte) {
	example := filepath.Join(root, "examples", "cancel-and-confirm")
	workflow = must(filepath.Glob(filepath.Join(example, "arazzo", "*.yml")))[0]
	return workflow, must(os.ReadFile(workflow)), must(os.ReadFile(must(filepath.Glob(filepath.Join(example, "openapi", "*.yml")))[0]))
}

// description measures a workflow of three steps over a large description.
func (s *suite) description(d largeDescription) {
	data, err := d.read()
	if err != nil {
		fmt.Fprintf(os.Stderr, "left out: %s: %v\n", d.name, err)
		return
	}
	ours, lib := d.compare(data)
	what := fmt.Sprintf("compile against %s, %.1f MB", d.name, float64(len(data))/1e6)
	s.goals = append(s.goals,
		goal{what: what, against: "libopenapi, full model", ours: ours.time.Round(time.Microsecond).String(),
			theirs: lib.time.Round(time.Microsecond).String(), figure: float64(ours.time) / float64(lib.time), bound: 1.0 / 15},
		goal{what: what, against: "libopenapi, memory held", ours: megabytes(ours.heap), theirs: megabytes(lib.heap),
			figure: float64(ours.heap) / float64(lib.heap), bound: 1.0 / 20})
}

func megabytes(n int64) string { return fmt.Sprintf("%.2f MB", float64(n)/1e6) }
