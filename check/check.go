// Package check reports what can be known about Arazzo workflows before they run,
// by analyses of a linked program, or of as much of it as could be linked.
// Nothing is sent.
package check

import (
	"fmt"

	"github.com/gobelin-dev/gobelin/arazzo"
	"github.com/gobelin-dev/gobelin/internal/cells"
	"github.com/gobelin-dev/gobelin/internal/nearest"
	"github.com/gobelin-dev/gobelin/internal/program"
	"github.com/gobelin-dev/gobelin/runtime"
)

// analyses are independent of one another.
var analyses = []func(*checker){
	(*checker).documentRules,
	(*checker).unused,
	(*checker).controlFlow,
	(*checker).dataFlow,
	(*checker).inputsByName,
	(*checker).messageReads,
	(*checker).types,
	(*checker).conditions,
}

// Program returns the diagnostics of a program's documents, ordered by document
// and place: those of compiling and those of the analyses. p may be one that did not compile; the analyses
// then see as much of it as could be linked. A program may be
// checked by several goroutines at the same time.
func Program(p *runtime.Program) []arazzo.Diagnostic { return checked(p, limits) }

func checked(p *runtime.Program, most limit) []arazzo.Diagnostic {
	c := &checker{program: program.Of(p), findings: newFindings(most.findings), verdicts: map[string]verdict{},
		outputs: map[*program.Workflow]outputNames{}, inputs: map[*program.Workflow]map[string]bool{}, left: most}
	for _, d := range c.program.Documents {
		c.silenced[d.Decl.Location] = c.silences(d)
	}
	for _, d := range p.Diagnostics() {
		c.add(d)
	}
	for _, d := range c.program.Documents {
		c.unknownCodes(d)
	}
	for _, w := range c.program.Workflows {
		c.graphs = append(c.graphs, c.newGraph(w))
	}
	for _, analyze := range analyses {
		analyze(c)
	}
	c.leftOut(c.program.Documents)
	c.sort(c.program.Documents)
	return c.diagnostics
}

// checker carries one program through the analyses.
type checker struct {
	*findings
	program  *program.Program
	graphs   []*graph           // parallel to the workflows
	verdicts map[string]verdict // of criteria, by kind and text
	outputs  map[*program.Workflow]outputNames
	inputs   map[*program.Workflow]map[string]bool
	left     limit // what may still be spent
}

// report adds a diagnostic at a place of a document. What it returns can be
// given related places and a fix, until the next report. The arguments are
// formatted only where the diagnostic is listed: those that take time are lazy.
func (c *checker) report(d *program.Document, severity arazzo.Severity, code string, at arazzo.Position, format string,
	args ...any) *arazzo.Diagnostic {
	at.File = d.Decl.Location
	if !c.room(code, at) {
		return c.unlisted()
	}
	return c.add(arazzo.Diagnostic{Code: code, Severity: severity, Position: d.Decl.Locate(at),
		Message: cells.Message(fmt.Sprintf(format, args...))})
}

// lazy is an argument of a message that takes time to work out.
type lazy func() string

func (f lazy) String() string { return f() }

// near is [nearest.Names] within bounds.
func (c *checker) near(name string, candidates []string) []string {
	if !c.left.hints.spend(len(candidates)) {
		return nil
	}
	return nearest.Names(name, candidates)
}

// hint is [nearest.Hint], asked lazily and within bounds.
func (c *checker) hint(name string, candidates []string) lazy {
	return c.ask(nearest.Hint, name, candidates)
}

// choice is [nearest.Choice], asked likewise.
func (c *checker) choice(name string, candidates []string) lazy {
	return c.ask(nearest.Choice, name, candidates)
}

func (c *checker) ask(which func(string, []string) string, name string, candidates []string) lazy {
	return func() string {
		if !c.left.hints.spend(len(candidates)) {
			return ""
		}
		return which(name, candidates)
	}
}

// related returns a place in a document that explains a diagnostic.
func related(d *program.Document, at arazzo.Position, format string, args ...any) arazzo.Related {
	return arazzo.Related{Position: d.Decl.Locate(at), Message: fmt.Sprintf(format, args...)}
}
