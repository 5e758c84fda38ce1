// Package link turns a document into a [program.Program].
//
// # How linking proceeds
//
// A document is linked in passes over everything that it reaches. Each pass relies
// on the ones before it and on nothing that comes later.
//
//  1. Discover (sources.go). The sources of the entry document are read, then the
//     sources of those, files before URLs. After this the $self of every document
//     is known, so that the meaning of a source does not depend on order.
//  2. Register (sources.go). Each document gets its sources, its workflows and
//     their steps, all empty: from here on anything with a name can be pointed
//     to, whether it has been linked or not.
//  3. Link (workflow.go), one workflow after another and one step after another:
//     the schema of the inputs; the operation or workflow that a step calls
//     (operation.go, name.go); its parameters, bound to the operation
//     (parameter.go); its body (body.go), criteria (criterion.go), outputs and
//     actions (action.go). Every value of the document becomes an operand
//     (operand.go), and every expression a reference whose names are resolved
//     (resolve.go, component.go). A reference may lead to a step or workflow that
//     is linked later; what it needs to know of it is in the declaration. When a
//     step is done, its references to the response body get their places in it
//     (places.go). When all steps of a workflow are done, they get their order
//     (order.go).
//  4. Settle (resolve.go). The inputs and outputs of other workflows, which are
//     only known now, are looked up.
//  5. Secrets (secretflow.go, secretspread.go). Whatever flows into a credential
//     is a secret all along its way, across workflows.
//  6. Report circular dependencies (cycles.go) and sources that are not needed.
//     What can reach an error is marked (refuse.go). The diagnostics are sorted by
//     document and place.
//
// Nothing is evaluated, and nothing stops at an error: what cannot be resolved
// has a diagnostic and stays empty, so that all mistakes are reported at once. A
// diagnostic is built as a value (diagnostic.go, fix.go) and reported by the
// function that knows whether the problem matters.
//
// # Cost
//
// Linking takes time proportional to the size of the document. Names are found in
// indexes (names.go, scope.go), which are made once for a document, a workflow or
// a step; a search for similar names, which looks at all of them, is only done a
// limited number of times. Whatever a document can make deep, such as a chain of
// dependencies or the way of a secret, is followed with a list, not by recursion;
// how deep components refer to one another is limited.
package link

import (
	"context"
	"iter"

	"github.com/gobelin-dev/gobelin/arazzo"
	"github.com/gobelin-dev/gobelin/internal/location"
	"github.com/gobelin-dev/gobelin/internal/openapi"
	"github.com/gobelin-dev/gobelin/internal/program"
)

// Options configure linking; all but Read may be zero.
type Options struct {
	// Read reads what the document at by names. It is called by one goroutine at a time.
	Read func(ctx context.Context, location, by string) (*openapi.Text, error)
	// Elsewhere yields where else a file may be that the document at by names and that there is not; nil: nowhere.
	Elsewhere       func(place, by string) iter.Seq[[]string]
	Sources         map[string]string // locations of sources of the entry document, by name
	Base            string            // where its relative sources start from; empty: the document's own location
	Strict          bool              // reject forms that are accepted only because published documents use them
	OverrideActions bool              // a step's list of actions replaces the workflow's as a whole (F5)
}

// Link links a document with everything that it reaches. It returns an error only
// when the context ends; what is wrong with the documents is in the diagnostics
// of the program.
func Link(ctx context.Context, doc *arazzo.Document, options Options) (*program.Program, error) {
	l := newLinker(options)
	reading := ctx // of what is read while linking
	l.set = openapi.NewSet(func(at, by string) (*openapi.Text, error) {
		if place, known := l.identities[location.Key(at)]; known && (!location.IsURL(by) || location.IsURL(place)) {
			at = place // a $ref of a description names another one by its $self
		}
		return options.Read(reading, at, by)
	})
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
	l.refuse()
	l.program.Diagnostics = l.sorted()
	return l.program, nil
}
