// Package source reads the documents that a program is made of, and decides which
// document may lead where:
//
//   - files only from the folders that the caller's own documents belong to
//     (files.go);
//   - what came over the network leads to no file, and to no address that only
//     this machine or its network can reach (web.go, address.go).
package source

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"sync"

	"github.com/gobelin-dev/gobelin/internal/location"
)

// asker is for whom a document is read.
type asker struct {
	asks  bool            // a document names it; false: the caller
	by    string          // the location of that document
	entry string          // the location of the document that is compiled
	trees func() []string // the folders that what the caller has named belongs to
}

type askerKey struct{}

func askerOf(ctx context.Context) asker {
	a, ok := ctx.Value(askerKey{}).(asker)
	if !ok {
		a.trees = func() []string { return nil }
	}
	return a
}

// remote reports whether what asks came over the network.
func (a asker) remote() bool { return location.IsURL(a.by) }

// Named returns a context in which the caller has named some paths and URLs, such
// as the entry document, besides those named before.
func Named(ctx context.Context, places ...string) context.Context {
	before := askerOf(ctx)
	trees := sync.OnceValue(func() []string {
		folders := before.trees()
		for _, place := range places {
			if place = location.Clean(place); place != "" && location.Scheme(place) == "" {
				if folder := treeOf(absolute(place)); !slices.Contains(folders, folder) {
					folders = append(folders, folder)
				}
			}
		}
		return folders
	})
	named := before
	named.trees = trees
	return context.WithValue(ctx, askerKey{}, named)
}

// Compiling returns a context in which a document is compiled, which the caller has
// named.
func Compiling(ctx context.Context, document string) context.Context {
	asker := askerOf(Named(ctx, document))
	asker.entry = location.Clean(document)
	return context.WithValue(ctx, askerKey{}, asker)
}

// Asking returns a context in which the document at a location asks for others.
func Asking(ctx context.Context, by string) context.Context {
	asker := askerOf(ctx)
	asker.asks, asker.by = true, by
	return context.WithValue(ctx, askerKey{}, asker)
}

// AskedBy returns the location of the document that asks; "" if it is the caller.
func AskedBy(ctx context.Context) string { return askerOf(ctx).by }

// AskedFor returns the location of the document that is compiled; "" if none is.
func AskedFor(ctx context.Context) string { return askerOf(ctx).entry }

// ScopeOf calls the method Scope of a loader, if it has one.
func ScopeOf(loader any, ctx context.Context, place string) string {
	if scoped, ok := loader.(interface {
		Scope(ctx context.Context, location string) string
	}); ok {
		return scoped.Scope(ctx, place)
	}
	return ""
}

// ElsewhereOf calls the method Elsewhere of a loader, if it has one.
func ElsewhereOf(loader any, ctx context.Context, place string) iter.Seq[[]string] {
	if searcher, ok := loader.(interface {
		Elsewhere(ctx context.Context, location string) iter.Seq[[]string]
	}); ok {
		return searcher.Elsewhere(ctx, place)
	}
	return func(func([]string) bool) {}
}

// A Policy decides what is read, and reads it. The zero Policy reads files of the
// folders that the caller's documents belong to. It is safe for concurrent use.
type Policy struct {
	Roots []string // folders whose files may be read, too
	Web   *Web     // nil: nothing is read over the network
}

// Read returns what is at a location.
func (p *Policy) Read(ctx context.Context, place string) ([]byte, error) {
	switch scheme := location.Scheme(place); {
	case location.IsURL(place) && p.Web == nil:
		return nil, errors.New("remote descriptions are not loaded unless the caller allows it (Compiler.Loader)")
	case location.IsURL(place):
		return p.Web.read(ctx, place)
	case scheme != "":
		return nil, fmt.Errorf("the scheme %q is not supported; a location is a file, or an http or https URL "+
			"(write ./name for a file whose name has a colon)", scheme)
	}
	return p.file(ctx, place)
}

// Scope returns what, besides its location, a document depends on: what is read
// in one scope must not be used in another.
func (p *Policy) Scope(ctx context.Context, place string) string {
	asker := askerOf(ctx)
	switch {
	case location.IsURL(place) && asker.remote():
		return "the network"
	case location.Scheme(place) == "":
		return p.root(asker, place)
	}
	return ""
}
