package runtime

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"sync"

	"github.com/gobelin-dev/gobelin/arazzo"
	"github.com/gobelin-dev/gobelin/internal/nearest"
)

// A Compiler links documents. The zero Compiler reads local files only; its
// fields must not be changed while it is in use.
type Compiler struct {
	Loader  Loader            // reads source descriptions; nil: Files
	Sources map[string]string // a path or URL for a source of the entry document, by name (O4)
	Base    string            // directory or URL that the entry document's relative sources start from; empty: the document's own
	Strict  bool              // refuse what is only honoured because it is published so
	Cache   *Cache            // keeps descriptions for other documents; nil: none is kept

	// OverrideActions has a step's list of actions replace the workflow's as a
	// whole, instead of name by name (F5).
	OverrideActions bool
	// Files has the files that request bodies name as {file: path} (O9); nil:
	// they are refused. os.Root gives a folder that nothing leads out of.
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
// cannot be run.
func (c *Compiler) Compile(ctx context.Context, doc *arazzo.Document) (*Program, error) {
	l := &linker{ctx: ctx, compiler: c, program: &Program{byID: map[string]int{}, strict: c.Strict, files: c.Files}, loaded: map[string]*document{}}
	if l.compiler.Loader == nil {
		copied := *c
		copied.Loader, l.compiler = Files, &copied
	}
	base := doc.Location
	if c.Base != "" {
		base = strings.TrimSuffix(c.Base, "/") + "/."
	}
	entry := l.document(doc, base)
	for _, w := range doc.Workflows {
		if _, dup := l.program.byID[w.WorkflowID]; !dup {
			l.program.byID[w.WorkflowID] = entry.workflows[w.WorkflowID]
		}
	}
	for _, w := range l.program.workflows {
		(&workflowLinker{linker: l, workflow: w}).link()
	}
	l.program.markSecrets()
	l.cycles()
	l.unusedSources()
	l.program.fingerprint = fingerprint(l.texts)
	l.program.diagnostics = l.sorted()
	if errs := arazzo.Errors(l.program.diagnostics); len(errs) > 0 {
		return l.program, &CompileError{errs}
	}
	return l.program, nil
}

// linker links one entry document with all that it reaches.
type linker struct {
	ctx         context.Context
	compiler    *Compiler
	program     *Program
	loaded      map[string]*document // by location
	failed      []*failedSource
	diagnostics []Diagnostic
	texts       []func() []byte // all that the program is made of
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
	if l.compiler.Strict {
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

// fingerprint tells programs apart by all that they are made of. Only snapshots
// ask for it, so that no one else waits for a hash over large descriptions.
func fingerprint(texts []func() []byte) func() string {
	return sync.OnceValue(func() string {
		h := sha256.New()
		for _, text := range texts {
			h.Write(text())
		}
		return hex.EncodeToString(h.Sum(nil)[:8])
	})
}

// document registers an Arazzo document with its workflows and loads its sources.
func (l *linker) document(decl *arazzo.Document, base string) *document {
	d := &document{decl: decl, root: decl.Node(), location: base, workflows: map[string]int{}}
	l.program.documents = append(l.program.documents, d)
	l.loaded[decl.Location] = d
	l.diagnostics = append(l.diagnostics, decl.Diagnostics...)
	l.texts = append(l.texts, d.root.JSON)
	for _, w := range decl.Workflows {
		if _, dup := d.workflows[w.WorkflowID]; dup {
			continue
		}
		index := len(l.program.workflows)
		d.workflows[w.WorkflowID] = index
		l.program.workflows = append(l.program.workflows, &workflow{index: index, id: w.WorkflowID, decl: w, document: d})
	}
	entry := len(l.program.documents) == 1
	for _, s := range decl.Sources {
		l.source(d, s, entry)
	}
	return d
}

func (l *linker) source(d *document, decl *arazzo.SourceDescription, entry bool) {
	if decl.Type == "asyncapi" {
		l.failed = append(l.failed, &failedSource{document: d, name: decl.Name, place: decl.At("type"), message: fmt.Sprintf("source %q is an AsyncAPI description; gobelin runs steps over OpenAPI only", decl.Name)})
		return
	}
	location := resolveLocation(d.location, decl.URL)
	remapped := entry && l.compiler.Sources[decl.Name] != ""
	if remapped {
		location = l.compiler.Sources[decl.Name]
	}
	s := &source{name: decl.Name, location: location}
	fail := func(format string, args ...any) {
		l.failed = append(l.failed, &failedSource{document: d, name: decl.Name, place: decl.At("url"), message: fmt.Sprintf(format, args...)})
	}
	known := l.loaded[location]
	if identified := l.identified(d, decl); identified != nil && !remapped {
		known = identified
	}
	if known != nil {
		s.document = known
		d.sources = append(d.sources, s)
		return
	}
	data, err := l.load(d, decl, &location, remapped)
	if err != nil {
		fail("source %q cannot be read: tried %s: %v; give another place with --source %s=PATH (Compiler.Sources), or another base with --base (Compiler.Base)", decl.Name, location, err, decl.Name)
		return
	}
	if s.location = location; l.loaded[location] != nil {
		s.document = l.loaded[location]
		d.sources = append(d.sources, s)
		return
	}
	s.description, err = l.describe(location, data)
	if err != nil {
		fail("source %q (%s): %v", decl.Name, location, err)
		return
	}
	kind := "openapi"
	if s.description == nil {
		kind = "arazzo"
	}
	if decl.Type != "" && decl.Type != kind {
		l.report(d, "source-type", arazzo.Warning, decl.At("type"), "source %q is an %s description, not %s", decl.Name, kind, decl.Type)
	}
	if kind == "arazzo" {
		inner, err := arazzo.ParseFile(location, data)
		if inner == nil {
			fail("source %q: %v", decl.Name, err)
			return
		}
		s.document = l.document(inner, location)
	} else {
		l.texts = append(l.texts, func() []byte { return data })
	}
	d.sources = append(d.sources, s)
}

// self is the document's own URI, resolved against where it is from (Arazzo
// 1.1.0, Establishing the Base URI); empty when it has none.
func (d *document) self() string {
	if d.decl.Self == "" {
		return ""
	}
	return resolveLocation(d.location, d.decl.Self)
}

// load reads a source description: by its identity where the document has a
// $self, else, or when there is nothing, by its place (Arazzo 1.1.0,
// Establishing the Base URI).
func (l *linker) load(d *document, decl *arazzo.SourceDescription, location *string, remapped bool) ([]byte, error) {
	if self := d.self(); self != "" && !remapped && !isURL(decl.URL) {
		identity := resolveLocation(self, decl.URL)
		if data, err := l.read(identity); err == nil {
			*location = identity
			return data, nil
		}
	}
	return l.read(*location)
}

// identified finds a document that is linked already by its $self.
func (l *linker) identified(d *document, decl *arazzo.SourceDescription) *document {
	url := resolveLocation(or(d.self(), d.location), decl.URL)
	for _, known := range l.program.documents {
		if self := known.self(); self != "" && self == url {
			return known
		}
	}
	return nil
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
	var visit func(int)
	visit = func(i int) {
		w := l.program.workflows[i]
		path = append(path, w.id)
		defer func() { path = path[:len(path)-1] }()
		state[i] = open
		for _, next := range w.dependsOn {
			switch state[next] {
			case open:
				l.report(w.document, "dependency-cycle", arazzo.Error, w.decl.At("dependsOn"),
					"dependsOn leads in a circle: %s → %s", strings.Join(path, " → "), l.program.workflows[next].id)
			case unseen:
				visit(next)
			}
		}
		state[i] = closed
	}
	for i := range state {
		if state[i] == unseen {
			visit(i)
		}
	}
}
