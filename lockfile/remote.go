package lockfile

import (
	"context"
	"iter"
	"maps"
	"slices"

	"github.com/gobelin-dev/gobelin/arazzo"
	"github.com/gobelin-dev/gobelin/internal/location"
	"github.com/gobelin-dev/gobelin/internal/openapi"
	"github.com/gobelin-dev/gobelin/internal/source"
	"github.com/gobelin-dev/gobelin/internal/tree"
	"github.com/gobelin-dev/gobelin/runtime"
)

// A Remote collects what documents lead to over http and https. Its zero value is
// empty.
type Remote struct {
	Texts      map[string][]byte // by URL
	Unreadable map[string]error  // what compiling wanted to read at a URL and could not
	Unresolved map[string]error  // likewise of references that compiling does not follow, which may be none
}

// Collect adds what compiling a document reads over http and https, and what these
// texts, and the files that lead to them, refer to by $ref: other things than
// compiling, such as checking, need that too. The compiler's Cache is not used. The
// error is that of [runtime.Compiler.Compile] when the context ends; what is wrong
// with the document does not matter.
func (r *Remote) Collect(ctx context.Context, c *runtime.Compiler, doc *arazzo.Document) error {
	for _, m := range []*map[string]error{&r.Unreadable, &r.Unresolved} {
		if *m == nil {
			*m = map[string]error{}
		}
	}
	if r.Texts == nil {
		r.Texts = map[string][]byte{}
	}
	read := &recorder{loader: c.Loader, ctx: source.Compiling(ctx, doc.Location), texts: map[string][]byte{}, failed: r.Unreadable}
	if read.loader == nil {
		read.loader = runtime.FileLoader{}
	}
	compiler := *c
	compiler.Loader, compiler.Cache = read, nil
	if program, err := compiler.Compile(ctx, doc); program == nil {
		return err
	}
	if at := location.Clean(doc.Location); doc.Text() != nil {
		read.texts[at] = doc.Text()
	}
	read.failed = r.Unresolved
	set := openapi.NewSet(func(place, by string) (*openapi.Text, error) {
		if data, known := read.texts[place]; known {
			return openapi.NewText(data), nil
		}
		data, err := read.Load(source.Asking(read.ctx, by), place)
		return openapi.NewText(data), err
	})
	type reference struct{ place, by string }
	var open []reference
	for _, place := range slices.Sorted(maps.Keys(read.texts)) {
		open = append(open, reference{place: place})
	}
	type asked struct {
		key    string
		remote bool // by a document of the network, which may lead to less
	}
	for seen := map[asked]bool{}; len(open) > 0 && ctx.Err() == nil; open = open[1:] {
		at := open[0]
		this := asked{location.Key(at.place), location.IsURL(at.by)}
		if seen[this] {
			continue
		}
		seen[this] = true
		text, err := set.Text(at.place, at.by)
		if err != nil {
			continue
		}
		root, err := tree.Parse(text.Data)
		if err != nil {
			continue
		}
		for ref := range references(root) {
			place, err := location.Resolve(at.place, ref)
			if err == nil && (location.IsURL(place) || location.Scheme(place) == "") {
				open = append(open, reference{place, at.place})
			}
		}
	}
	for place, text := range read.texts {
		if location.IsURL(place) {
			r.Texts[place] = text
			delete(r.Unresolved, place) // another document may lead to it
		}
	}
	for place := range r.Unreadable {
		delete(r.Unresolved, place)
	}
	return context.Cause(ctx)
}

// references yields the values of $ref.
func references(root *tree.Node) iter.Seq[string] {
	return func(yield func(string) bool) {
		for open := []*tree.Node{root}; len(open) > 0; {
			n := open[len(open)-1]
			open = append(open[:len(open)-1], n.Items...)
			for _, m := range n.Members {
				if m.Name == "$ref" && m.Value.Kind == tree.String && !yield(m.Value.Str()) {
					return
				}
				open = append(open, m.Value)
			}
		}
	}
}

// recorder is a loader that keeps what another one reads.
type recorder struct {
	loader runtime.Loader
	ctx    context.Context // of the last call: in it the caller's documents are named
	texts  map[string][]byte
	failed map[string]error // of URLs
}

func (r *recorder) Load(ctx context.Context, place string) ([]byte, error) {
	r.ctx = ctx
	data, err := r.loader.Load(ctx, place)
	switch {
	case err == nil:
		r.texts[place] = data
	case location.IsURL(place) && ctx.Err() == nil:
		r.failed[place] = err
	}
	return data, err
}

func (r *recorder) Elsewhere(ctx context.Context, place string) iter.Seq[[]string] {
	return source.ElsewhereOf(r.loader, ctx, place)
}
