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
	"slices"
	"sync"

	"github.com/gobelin-dev/gobelin/internal/location"
)

// asker is for whom a document is read.
type asker struct {
	asks  bool            // a document names it; false: the caller
	by    string          // the location of that document
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
	return context.WithValue(ctx, askerKey{}, asker{before.asks, before.by, trees})
}

// Asking returns a context in which the document at a location asks for others.
func Asking(ctx context.Context, by string) context.Context {
	return context.WithValue(ctx, askerKey{}, asker{true, by, askerOf(ctx).trees})
}

// AskedBy returns the location of the document that asks; "" if it is the caller.
func AskedBy(ctx context.Context) string { return askerOf(ctx).by }

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
