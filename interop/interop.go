// Package interop takes the documents that a program has in memory as those of
// github.com/pb33f/libopenapi: OpenAPI descriptions, and Arazzo documents.
package interop

import (
	"context"
	"fmt"

	"github.com/gobelin-dev/gobelin/arazzo"
	"github.com/gobelin-dev/gobelin/runtime"
	"github.com/pb33f/libopenapi"
	higharazzo "github.com/pb33f/libopenapi/datamodel/high/arazzo"
)

// Document returns the document of a model, as its Render method writes it: places in it are
// those of that text. The error is that of rendering, or an [*arazzo.ParseError].
func Document(model *higharazzo.Arazzo) (*arazzo.Document, error) {
	text, err := model.Render()
	if err != nil {
		return nil, err
	}
	return arazzo.Parse(text)
}

// Compile compiles a document whose source descriptions are in memory, by their names. What
// is not among them is read by the compiler's loader, or if it has none as that does. The
// compiler itself is not changed. A description is taken as its model renders it, with what
// was changed in that, if BuildV3Model was called; else as its text. The errors are those of
// [runtime.Compiler.Compile], and those of rendering.
func Compile(ctx context.Context, compiler runtime.Compiler, doc *arazzo.Document,
	descriptions map[string]libopenapi.Document) (*runtime.Program, error) {
	texts := map[string][]byte{}
	sources := map[string]string{}
	for name, at := range compiler.Sources {
		sources[name] = at
	}
	for name, d := range descriptions {
		text, err := textOf(d)
		if err != nil {
			return nil, fmt.Errorf("source description %q: %w", name, err)
		}
		location := "https://memory.invalid/" + name // no other document is there (RFC 6761)
		texts[location], sources[name] = text, location
	}
	next := compiler.Loader
	if next == nil {
		next = runtime.FileLoader{}
	}
	compiler.Sources = sources
	compiler.Loader = runtime.LoaderFunc(func(ctx context.Context, location string) ([]byte, error) {
		if text, known := texts[location]; known {
			return text, nil
		}
		return next.Load(ctx, location)
	})
	return compiler.Compile(ctx, doc)
}

func textOf(d libopenapi.Document) ([]byte, error) {
	if text, err := d.Render(); err == nil {
		return text, nil
	}
	info := d.GetSpecInfo()
	if info == nil || info.SpecBytes == nil {
		return nil, fmt.Errorf("the document has no text")
	}
	return *info.SpecBytes, nil
}
