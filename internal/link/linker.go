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
	"github.com/gobelin-dev/gobelin/internal/openapi"
	"github.com/gobelin-dev/gobelin/internal/program"
)

// linker links one entry document and everything that it reaches.
type linker struct {
	options     Options
	program     *program.Program
	set         *openapi.Set // everything that is read
	entry       *program.Document
	parsed      map[string]*program.Document // Arazzo documents, by the key of their location
	identities  map[string]string            // locations, by the key of the $self of what is there
	near        map[string][]string          // what is read instead of a source that is not there, by its name
	failed      map[*program.Document][]*failedSource
	scopes      map[*program.Document]*scope
	stepIDsOf   map[*program.Workflow]*names // their ids
	inputsOf    map[*program.Workflow]*names // that are declared
	outputsOf   map[any]*names               // that a *program.Step or *program.Workflow declares
	duplicates  map[duplicate]bool           // that are reported
	diagnostics []arazzo.Diagnostic
}

func newLinker(options Options) *linker {
	return &linker{
		options: options, program: &program.Program{Strict: options.Strict},
		parsed: map[string]*program.Document{}, identities: map[string]string{}, near: map[string][]string{},
		failed: map[*program.Document][]*failedSource{},
		scopes: map[*program.Document]*scope{}, stepIDsOf: map[*program.Workflow]*names{}, inputsOf: map[*program.Workflow]*names{},
		outputsOf: map[any]*names{}, duplicates: map[duplicate]bool{},
	}
}

// failedSource is a source that could not be read. That is an error if something
// needs the source, and a warning otherwise.
type failedSource struct {
	document *program.Document
	name     string
	place    arazzo.Position
	message  string
	reported *arazzo.Diagnostic // nil: not yet
}

// sorted returns the diagnostics sorted by document and place, each once: what a
// workflow gives to its steps is linked with each of them.
func (l *linker) sorted() []arazzo.Diagnostic {
	order := map[string]int{}
	for i, d := range l.program.Documents {
		order[d.Decl.Location] = i
	}
	slices.SortStableFunc(l.diagnostics, func(a, b arazzo.Diagnostic) int {
		return cmp.Or(order[a.File]-order[b.File], a.Line-b.Line, a.Column-b.Column)
	})
	type finding struct {
		code, message string
		at            arazzo.Position
	}
	seen := map[finding]bool{}
	return slices.DeleteFunc(l.diagnostics, func(d arazzo.Diagnostic) bool {
		f := finding{d.Code, d.Message, d.Position}
		known := seen[f]
		seen[f] = true
		return known
	})
}

// fingerprint identifies a program by everything that it is made of: the texts
// that were read, which of them each source is, and the options. It is computed
// on demand, since only snapshots need a hash over large descriptions.
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

// index identifies a source within its program.
func (l *linker) index(s *program.Source, texts []*openapi.Text) int {
	documents := l.program.Documents
	if s.Document != nil {
		return slices.Index(documents, s.Document)
	}
	return len(documents) + slices.Index(texts, s.Description.Text())
}

// need returns the source with the given name, or reports why there is none.
func (l *workflowLinker) need(name string, at arazzo.Position) *program.Source {
	if read := l.names.read[name]; len(read) > 0 {
		return read[0]
	}
	if f := l.names.failed[name]; f != nil {
		blame(l.workflow, l.reportFailed(f, arazzo.Error))
		return nil
	}
	if source, rest, hash := strings.Cut(name, "#"); hash && l.names.sources.has(source) {
		l.report(l.sourcePointer(source, rest, at))
		return nil
	}
	l.report(l.error("unknown-source", at, "there is no source description %q%s", name, l.names.sources.hint(name)).
		rename(len("$sourceDescriptions."), name, name, l.names.sources.only(name)))
	return nil
}

// sourcePointer returns the problem with a # behind the name of a source, where an
// operationId or workflowId has a dot.
func (l *workflowLinker) sourcePointer(source, rest string, at arazzo.Position) *problem {
	text := source + "#" + rest
	if strings.HasPrefix(rest, "/") {
		return l.error("source-reference", at, "an id has no pointer; write operationPath: '{$sourceDescriptions.%s.url}#%s'", source, rest).
			focus(len("$sourceDescriptions."), text)
	}
	return l.error("source-reference", at, "an id comes after a dot; write $sourceDescriptions.%s.%s", source, rest).
		correct(len("$sourceDescriptions."), text, len(source), len(source)+1, ".")
}

func (l *linker) reportFailed(f *failedSource, severity arazzo.Severity) arazzo.Diagnostic {
	if f.reported == nil {
		p := l.problem(f.document, "source-unreadable", severity, f.place, "%s", f.message)
		l.report(p)
		f.reported = &p.Diagnostic
	}
	return *f.reported
}

// blamed is how many sources that could not be read one workflow is refused for.
const blamed = 16

// failedSources reports the sources of the document that could not be read, since
// one of them may contain what was not found. It returns whether there are any.
func (l *workflowLinker) failedSources() bool {
	if !l.names.allReported {
		l.names.allReported = true
		for _, f := range l.names.failures {
			l.reportFailed(f, arazzo.Error)
		}
	}
	if !l.unreadable {
		l.unreadable = true
		for _, f := range l.names.failures[:min(len(l.names.failures), blamed)] {
			blame(l.workflow, *f.reported)
		}
	}
	return len(l.names.failures) > 0
}

func (l *linker) unusedSources() {
	for _, d := range l.program.Documents {
		for _, f := range l.failed[d] {
			l.reportFailed(f, arazzo.Warning)
		}
	}
}
