package link

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/gobelin-dev/gobelin/arazzo"
	"github.com/gobelin-dev/gobelin/internal/nearest"
	"github.com/gobelin-dev/gobelin/internal/openapi"
	"github.com/gobelin-dev/gobelin/internal/program"
)

// linker links one entry document with all that it reaches.
type linker struct {
	options     Options
	program     *program.Program
	set         *openapi.Set // all that is read
	entry       *program.Document
	parsed      map[string]*program.Document // Arazzo documents, by the key of their location
	identities  map[string]string            // locations, by the key of the $self of what is there
	failed      []*failedSource
	diagnostics []arazzo.Diagnostic
}

// failedSource is a source that could not be read. It is an error when
// something needs it, else a warning.
type failedSource struct {
	document *program.Document
	name     string
	place    arazzo.Position
	message  string
	reported bool
}

func (l *linker) report(d *program.Document, code string, severity arazzo.Severity, at arazzo.Position, format string, args ...any) {
	at = d.Decl.Locate(at)
	l.diagnostics = append(l.diagnostics, arazzo.Diagnostic{Code: code, Severity: severity, Position: at, Message: fmt.Sprintf(format, args...)})
}

// lenient reports a form that is honored as published: refused when strict.
func (l *linker) lenient(d *program.Document, code string, at arazzo.Position, format string, args ...any) {
	severity := arazzo.Note
	if l.options.Strict {
		severity = arazzo.Error
	}
	l.report(d, code, severity, at, format, args...)
}

// sorted gives the diagnostics by document and place.
func (l *linker) sorted() []arazzo.Diagnostic {
	order := map[string]int{}
	for i, d := range l.program.Documents {
		order[d.Decl.Location] = i
	}
	slices.SortStableFunc(l.diagnostics, func(a, b arazzo.Diagnostic) int {
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
		add(program.Documents[0].Root.JSON())
		for _, text := range texts {
			add(text.Data)
		}
		for _, d := range program.Documents {
			for _, s := range d.Sources {
				if s.Read() {
					add([]byte(s.Name))
					add([]byte(strconv.Itoa(l.index(s, texts))))
				}
			}
		}
		return hex.EncodeToString(h.Sum(nil)[:8])
	})
}

// index tells the sources of one program apart.
func (l *linker) index(s *program.Source, texts []*openapi.Text) int {
	documents := l.program.Documents
	if s.Document != nil {
		return slices.Index(documents, s.Document)
	}
	return len(documents) + slices.Index(texts, s.Description.Text())
}

// need returns the source with that name, or reports why there is none.
func (l *linker) need(d *program.Document, name string, at arazzo.Position) *program.Source {
	for _, s := range d.Sources {
		if s.Name == name && s.Read() {
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
	for _, s := range d.Decl.Sources {
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
	state := make([]int, len(l.program.Workflows))
	var path []string
	var visit func(*program.Workflow)
	visit = func(w *program.Workflow) {
		path = append(path, w.ID)
		defer func() { path = path[:len(path)-1] }()
		state[w.Index] = open
		for _, next := range w.DependsOn {
			switch state[next.Index] {
			case open:
				l.report(w.Document, "dependency-cycle", arazzo.Error, w.Decl.At("dependsOn"),
					"dependsOn leads in a circle: %s → %s", strings.Join(path, " → "), next.ID)
			case unseen:
				visit(next)
			}
		}
		state[w.Index] = closed
	}
	for _, w := range l.program.Workflows {
		if state[w.Index] == unseen {
			visit(w)
		}
	}
}

// failedSources reports the sources of d that could not be read: one of them
// may have what was not found.
func (l *linker) failedSources(d *program.Document) bool {
	some := false
	for _, f := range l.failed {
		if f.document == d {
			l.reportFailed(f, arazzo.Error)
			some = true
		}
	}
	return some
}
