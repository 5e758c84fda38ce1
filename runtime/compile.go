package runtime

import (
	"cmp"
	"context"
	"io/fs"
	"maps"
	"slices"

	"github.com/gobelin-dev/gobelin/arazzo"
	"github.com/gobelin-dev/gobelin/internal/link"
	"github.com/gobelin-dev/gobelin/internal/source"
)

// A Compiler links documents. The zero Compiler reads local files only. It may be
// used by several goroutines at once; its fields must not be changed meanwhile.
type Compiler struct {
	Loader  Loader            // reads source descriptions and what they refer to; nil means [FileLoader]
	Sources map[string]string // a path or URL for a source, by name as in [Send] (O4)
	Base    string            // directory or URL that relative sources start from; "" means that of the entry document
	Strict  bool              // reject non-standard forms that are otherwise accepted because published documents use them
	Cache   *Cache            // keeps descriptions for other documents; nil means no cache

	// OverrideActions makes a step's list of actions replace the workflow's as a
	// whole, instead of name by name (F5).
	OverrideActions bool
	// Files holds the files that request bodies name as {file: path} (O9); it is
	// independent of Loader. If nil, they are refused. os.Root.FS returns a
	// directory that no path leads out of.
	Files fs.FS
}

// Compile links the document with the descriptions beside it; see
// [Compiler.Compile].
func Compile(ctx context.Context, doc *arazzo.Document) (*Program, error) {
	return new(Compiler).Compile(ctx, doc)
}

// Compile links the document with its source descriptions: it resolves every
// reference and parses every expression. What is wrong is among the diagnostics
// of the Program; it keeps those workflows from being run that can reach it. The
// error is a *CompileError with all that is wrong if none is left; the Program is
// then returned too. When the context ends there is no Program, and the error is the
// context's cause.
func (c *Compiler) Compile(ctx context.Context, doc *arazzo.Document) (*Program, error) {
	named := slices.AppendSeq([]string{cmp.Or(doc.Location, "."), c.Base}, maps.Values(c.Sources))
	ctx = source.Named(source.Compiling(ctx, doc.Location), named...)
	linked, err := link.Link(ctx, doc, link.Options{
		Read: c.read, Elsewhere: c.elsewhere(ctx), Sources: c.Sources, Base: c.Base, Strict: c.Strict, OverrideActions: c.OverrideActions,
	})
	if err != nil {
		return nil, err
	}
	linked.Files = c.Files
	p := newProgram(linked)
	if !linked.Runs() {
		return p, &CompileError{arazzo.Errors(linked.Diagnostics)}
	}
	return p, nil
}
