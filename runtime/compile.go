package runtime

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io/fs"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/gobelin-dev/gobelin/arazzo"
	"github.com/gobelin-dev/gobelin/internal/nearest"
	"github.com/gobelin-dev/gobelin/internal/openapi"
)

// A Compiler links documents. The zero Compiler reads local files only; its
// fields must not be changed while it is in use.
type Compiler struct {
	Loader  Loader            // reads source descriptions and what they refer to; nil: a FileLoader
	Sources map[string]string // a path or URL for a source of the entry document, by name (O4)
	Base    string            // directory or URL that the entry document's relative sources start from; empty: the document's own
	Strict  bool              // refuse what is only honoured because it is published so
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
	linked, err := linkDocument(ctx, doc, linkOptions{
		Read: c.read, Sources: c.Sources, Base: c.Base, Strict: c.Strict, OverrideActions: c.OverrideActions,
	})
	if err != nil {
		return nil, err
	}
	p := &Program{linked: linked, files: c.Files}
	if errs := arazzo.Errors(linked.diagnostics); len(errs) > 0 {
		return p, &CompileError{errs}
	}
	return p, nil
}

// linkOptions are what linking is told by the one who asks for it.
type linkOptions struct {
	Read            func(ctx context.Context, location string) (*openapi.Text, error)
	Sources         map[string]string // locations of sources of the entry document, by name
	Base            string            // where its relative sources start from; empty: the document's own location
	Strict          bool
	OverrideActions bool
}

// linkDocument links a document with all that it reaches. The error is the
// cause of the end of the context; what is wrong with the documents is in the
// diagnostics of the program.
func linkDocument(ctx context.Context, doc *arazzo.Document, options linkOptions) (*linkedProgram, error) {
	l := &linker{options: options, program: &linkedProgram{strict: options.Strict}, parsed: map[string]*document{}, identities: map[string]string{}}
	reading := ctx // of what is read while linking
	l.set = openapi.NewSet(func(location string) (*openapi.Text, error) { return options.Read(reading, location) })
	l.start(doc)
	l.discover()
	l.register(l.entry)
	for _, w := range l.program.workflows {
		(&workflowLinker{linker: l, workflow: w}).link()
	}
	l.markSecrets()
	l.cycles()
	l.unusedSources()
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	reading = context.WithoutCancel(ctx) // package check reads schemas later
	l.program.fingerprint = l.fingerprint()
	l.program.diagnostics = l.sorted()
	return l.program, nil
}

// linker links one entry document with all that it reaches.
type linker struct {
	options     linkOptions
	program     *linkedProgram
	set         *openapi.Set // all that is read
	entry       *document
	parsed      map[string]*document // Arazzo documents, by the key of their location
	identities  map[string]string    // locations, by the key of the $self of what is there
	failed      []*failedSource
	diagnostics []Diagnostic
}

// failedSource is a source that could not be read. It is an error when
// something needs it, else a warning.
type failedSource struct {
	document *document
	name     string
	place    arazzo.Position
	message  string
	reported bool
}

func (l *linker) report(d *document, code string, severity arazzo.Severity, at arazzo.Position, format string, args ...any) {
	at = d.decl.Locate(at)
	l.diagnostics = append(l.diagnostics, Diagnostic{Code: code, Severity: severity, Position: at, Message: fmt.Sprintf(format, args...)})
}

// lenient reports a form that is honoured as published: refused when strict.
func (l *linker) lenient(d *document, code string, at arazzo.Position, format string, args ...any) {
	severity := arazzo.Note
	if l.options.Strict {
		severity = arazzo.Error
	}
	l.report(d, code, severity, at, format, args...)
}

// sorted gives the diagnostics by document and place.
func (l *linker) sorted() []Diagnostic {
	order := map[string]int{}
	for i, d := range l.program.documents {
		order[d.decl.Location] = i
	}
	slices.SortStableFunc(l.diagnostics, func(a, b Diagnostic) int {
		return cmp.Or(order[a.File]-order[b.File], a.Line-b.Line, a.Column-b.Column)
	})
	return l.diagnostics
}

// fingerprint tells programs apart by all that they are made of: the texts that
// compiling has read, which of them each source is, and the options. Only
// snapshots ask for it, so that no one else waits for a hash over large
// descriptions.
func (l *linker) fingerprint() func() string {
	program, texts := l.program, l.set.Texts()
	options := fmt.Sprintf("%+v", struct{ Strict, OverrideActions bool }{l.options.Strict, l.options.OverrideActions})
	return sync.OnceValue(func() string {
		h := sha256.New()
		add := func(part []byte) {
			fmt.Fprintf(h, "%d:", len(part))
			h.Write(part)
		}
		add([]byte(options))
		add(program.documents[0].root.JSON())
		for _, text := range texts {
			add(text.Data)
		}
		for _, d := range program.documents {
			for _, s := range d.sources {
				add([]byte(s.name))
				add([]byte(strconv.Itoa(l.index(s, texts))))
			}
		}
		return hex.EncodeToString(h.Sum(nil)[:8])
	})
}

// index tells the sources of one program apart.
func (l *linker) index(s *source, texts []*openapi.Text) int {
	documents := l.program.documents
	if s.document != nil {
		return slices.Index(documents, s.document)
	}
	return len(documents) + slices.Index(texts, s.description.Text())
}

// need returns the source with that name, or reports why there is none.
func (l *linker) need(d *document, name string, at arazzo.Position) *source {
	for _, s := range d.sources {
		if s.name == name {
			return s
		}
	}
	for _, f := range l.failed {
		if f.document == d && f.name == name {
			l.reportFailed(f, arazzo.Error)
			return nil
		}
	}
	var names []string
	for _, s := range d.decl.Sources {
		names = append(names, s.Name)
	}
	l.report(d, "unknown-source", arazzo.Error, at, "there is no source description %q%s", name, nearest.Hint(name, names))
	return nil
}

func (l *linker) reportFailed(f *failedSource, severity arazzo.Severity) {
	if !f.reported {
		f.reported = true
		l.report(f.document, "source-unreadable", severity, f.place, "%s", f.message)
	}
}

func (l *linker) unusedSources() {
	for _, f := range l.failed {
		l.reportFailed(f, arazzo.Warning)
	}
}

// cycles reports dependsOn lists that lead back to where they started (F16).
func (l *linker) cycles() {
	const (
		unseen = iota
		open
		closed
	)
	state := make([]int, len(l.program.workflows))
	var path []string
	var visit func(*workflow)
	visit = func(w *workflow) {
		path = append(path, w.id)
		defer func() { path = path[:len(path)-1] }()
		state[w.index] = open
		for _, next := range w.dependsOn {
			switch state[next.index] {
			case open:
				l.report(w.document, "dependency-cycle", arazzo.Error, w.decl.At("dependsOn"),
					"dependsOn leads in a circle: %s → %s", strings.Join(path, " → "), next.id)
			case unseen:
				visit(next)
			}
		}
		state[w.index] = closed
	}
	for _, w := range l.program.workflows {
		if state[w.index] == unseen {
			visit(w)
		}
	}
}
