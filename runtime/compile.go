package runtime

import (
	"context"
	"io/fs"

	"github.com/gobelin-dev/gobelin/arazzo"
	"github.com/gobelin-dev/gobelin/internal/link"
	"github.com/gobelin-dev/gobelin/internal/openapi"
)

// read loads what is at a location, or finds it in the cache.
func (c *Compiler) read(ctx context.Context, place string) (*openapi.Text, error) {
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	kept := &cached{}
	if c.Cache != nil {
		kept = c.Cache.at(place)
	}
	kept.mu.Lock()
	defer kept.mu.Unlock()
	if kept.text != nil || kept.err != nil {
		return kept.text, kept.err
	}
	loader := c.Loader
	if loader == nil {
		loader = FileLoader{}
	}
	data, err := loader.Load(ctx, place)
	switch {
	case err == nil:
		kept.text = openapi.NewText(data)
	case ctx.Err() != nil: // the next one may have more time
		return nil, err
	default:
		kept.err = err
	}
	return kept.text, kept.err
}

// A Compiler links documents. The zero Compiler reads local files only; its
// fields must not be changed while it is in use.
type Compiler struct {
	Loader  Loader            // reads source descriptions and what they refer to; nil: a FileLoader
	Sources map[string]string // a path or URL for a source of the entry document, by name (O4)
	Base    string            // directory or URL that the entry document's relative sources start from; empty: the document's own
	Strict  bool              // refuse what is only honored because it is published so
	Cache   *Cache            // keeps descriptions for other documents; nil: none is kept

	// OverrideActions has a step's list of actions replace the workflow's as a
	// whole, instead of name by name (F5).
	OverrideActions bool
	// Files has the files that request bodies name as {file: path} (O9), and has
	// nothing to do with the Loader; nil: they are refused. os.Root gives a folder
	// that nothing leads out of.
	Files fs.FS
}

// Compile links the document with the descriptions beside it; see
// [Compiler.Compile].
func Compile(ctx context.Context, doc *arazzo.Document) (*Program, error) {
	return new(Compiler).Compile(ctx, doc)
}

// Compile links the document with its source descriptions: it resolves every
// reference and parses every expression. The error is a *CompileError with all
// that is wrong; the Program is then returned for its diagnostics, but it
// cannot be run. When the context ends there is no Program, and the error is
// the context's cause.
func (c *Compiler) Compile(ctx context.Context, doc *arazzo.Document) (*Program, error) {
	linked, err := link.Link(ctx, doc, link.Options{
		Read: c.read, Sources: c.Sources, Base: c.Base, Strict: c.Strict, OverrideActions: c.OverrideActions,
	})
	if err != nil {
		return nil, err
	}
	p := newProgram(linked, c.Files)
	if errs := arazzo.Errors(linked.Diagnostics); len(errs) > 0 {
		return p, &CompileError{errs}
	}
	return p, nil
}
