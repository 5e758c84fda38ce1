// Package check tells what can be known about Arazzo workflows before they run:
// analyses over a program that package runtime has linked, or over as much of
// it as linking came to. Nothing is sent and nothing is read.
package check

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/gobelin-dev/gobelin/arazzo"
	"github.com/gobelin-dev/gobelin/internal/program"
	"github.com/gobelin-dev/gobelin/runtime"
)

// analyses are what Program does, each on its own.
var analyses = []func(*checker){
	(*checker).documentRules,
	(*checker).unused,
	(*checker).controlFlow,
	(*checker).dataFlow,
	(*checker).inputsByName,
	(*checker).messageReads,
	(*checker).types,
}

// Program returns all that is known to be wrong, or worth a look, with the
// documents of a program, ordered by document and place: what compiling found
// and what the analyses find. p may be one that did not compile; the analyses
// then see as much of it as could be program. The Program of a document that is
// linked several times may be checked by several goroutines.
func Program(p *runtime.Program) []arazzo.Diagnostic {
	c := &checker{program: program.Of(p), diagnostics: slices.Clone(p.Diagnostics()), verdicts: map[string]verdict{}}
	for _, w := range c.program.Workflows {
		c.graphs = append(c.graphs, c.newGraph(w))
	}
	for _, analyze := range analyses {
		analyze(c)
	}
	c.ignore()
	return c.sorted()
}

// checker carries one program through the analyses.
type checker struct {
	program     *program.Program
	diagnostics []arazzo.Diagnostic
	graphs      []*graph           // parallel to the workflows
	verdicts    map[string]verdict // of criteria, by kind and text
}

// report adds a diagnostic at a place of a document. What it returns can be
// given related places and a fix, until the next report.
func (c *checker) report(d *program.Document, severity arazzo.Severity, code string, at arazzo.Position, format string, args ...any) *arazzo.Diagnostic {
	c.diagnostics = append(c.diagnostics, arazzo.Diagnostic{Code: code, Severity: severity, Position: d.Decl.Locate(at), Message: fmt.Sprintf(format, args...)})
	return &c.diagnostics[len(c.diagnostics)-1]
}

// related is a place of a document that helps to understand a diagnostic.
func related(d *program.Document, at arazzo.Position, format string, args ...any) arazzo.Related {
	return arazzo.Related{Position: d.Decl.Locate(at), Message: fmt.Sprintf(format, args...)}
}

// sorted gives the diagnostics by document and place, each once: what stands in
// the components is linked wherever it is used.
func (c *checker) sorted() []arazzo.Diagnostic {
	order := map[string]int{}
	for i, d := range c.program.Documents {
		order[d.Decl.Location] = i
	}
	slices.SortStableFunc(c.diagnostics, func(a, b arazzo.Diagnostic) int {
		return cmp.Or(order[a.File]-order[b.File], a.Line-b.Line, a.Column-b.Column)
	})
	type identity struct {
		arazzo.Position
		code, message string
	}
	seen := map[identity]bool{}
	return slices.DeleteFunc(c.diagnostics, func(d arazzo.Diagnostic) bool {
		id := identity{d.Position, d.Code, d.Message}
		again := seen[id]
		seen[id] = true
		return again
	})
}
