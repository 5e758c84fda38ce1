// Package link makes a [program.Program] of a document.
//
// # How linking proceeds
//
// A document is linked in passes over all that it reaches; each pass relies on
// the ones before it and on nothing that comes later.
//
//  1. Discover (sources.go). What the sources of the entry document lead to is
//     read, then what those lead to, files before URLs. Now the $self of every
//     document is known, so that what a source means does not depend on order.
//  2. Register (sources.go). Each document gets its sources, its workflows and
//     their steps, empty: from here on everything that has a name can be pointed
//     to, whether it was linked yet or not.
//  3. Link (workflow.go), one workflow after the other, one step after the other:
//     the schema of its inputs; the operation or workflow that a step calls
//     (operation.go, name.go); its parameters, bound to the operation
//     (parameter.go); its body (body.go), criteria (criterion.go), outputs and
//     actions (action.go). Every value of the document becomes an operand, every
//     expression a reference whose names are resolved (resolve.go). A reference
//     may lead to a step or workflow that is linked later: what it needs of that
//     one is in its declaration.
//     At the end of a step its references to the response's body get their
//     places in it (places.go).
//  4. Settle (resolve.go): the inputs and outputs of other workflows, which are
//     known only now, are looked up.
//  5. Secrets (secretflow.go, secretspread.go): what flows into a credential is a
//     secret on all of its way, across workflows.
//  6. Report: circles of dependsOn, sources that nobody needed. The diagnostics
//     are sorted by document and place.
//
// Nothing is evaluated and nothing stops at an error: what cannot be resolved
// has a diagnostic and stays empty, so that all mistakes are reported at once.
package link

import (
	"context"

	"github.com/gobelin-dev/gobelin/arazzo"
	"github.com/gobelin-dev/gobelin/internal/openapi"
	"github.com/gobelin-dev/gobelin/internal/program"
)

// Options configure linking; all but Read may be zero.
type Options struct {
	// Read reads what a document names. It is called by one goroutine at a time.
	Read            func(ctx context.Context, location string) (*openapi.Text, error)
	Sources         map[string]string // locations of sources of the entry document, by name
	Base            string            // where its relative sources start from; empty: the document's own location
	Strict          bool              // reject forms that are accepted only because published documents use them
	OverrideActions bool              // a step's list of actions replaces the workflow's as a whole (F5)
}

// Link links a document with all that it reaches. The error is the cause of the
// end of the context; what is wrong with the documents is in the diagnostics of
// the program.
func Link(ctx context.Context, doc *arazzo.Document, options Options) (*program.Program, error) {
	l := newLinker(options)
	reading := ctx // of what is read while linking
	l.set = openapi.NewSet(func(location string) (*openapi.Text, error) { return options.Read(reading, location) })
	l.start(doc)
	l.discover()
	l.register(l.entry)
	for _, w := range l.program.Workflows {
		l.linkWorkflow(w)
	}
	l.settle()
	l.markSecrets()
	l.cycles()
	l.unusedSources()
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	reading = context.WithoutCancel(ctx) // package check reads schemas later
	l.program.Fingerprint = l.fingerprint()
	l.program.Diagnostics = l.sorted()
	return l.program, nil
}
