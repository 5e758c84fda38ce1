package link

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"github.com/gobelin-dev/gobelin/arazzo"
	"github.com/gobelin-dev/gobelin/internal/location"
	"github.com/gobelin-dev/gobelin/internal/program"
	"github.com/gobelin-dev/gobelin/internal/tree"
)

// Sources are found in two passes. The first reads everything that the documents
// lead to, so that the second knows the $self of each document when it binds
// sources to them: the meaning of a source does not depend on the order of the
// sources.

// maxLevels bounds how many documents lead to one another: a server can answer with
// ever new ones, whose places and names grow.
const maxLevels = 100

// target is what a source description may lead to.
type target struct {
	by       string   // the location of the document that asks for it; "" if the caller has named the place
	name     string   // of the source, after those that lead to its document: "menu.api"
	kind     string   // the type that the source declares; "" if none
	identity string   // the URI that it names, which may be a document's $self; "" if the caller has named a place
	places   []string // where it may be, in the order in which they are tried
}

// target returns what a source description leads to. The place is set by the
// caller (O4), or is relative to the document's $self, or else to where the
// document was read from (Arazzo 1.1.0, Establishing the Base URI).
func (l *linker) target(d *program.Document, decl *arazzo.SourceDescription) (target, error) {
	t := target{by: readFrom(d), name: d.Qualified + decl.Name, kind: decl.Type}
	if strings.Count(d.Qualified, ".") > maxLevels {
		return t, fmt.Errorf("it is the source of a source, and so on, more than %d levels deep, which is the limit", maxLevels)
	}
	if given := l.options.Sources[t.name]; given != "" {
		t.by, t.places = "", []string{location.Clean(given)} // the caller's own
		return t, nil
	}
	if d == l.entry && l.options.Base != "" && location.Relative(decl.URL) {
		t.by = "" // the base is the caller's own, too
	}
	bases := []string{d.Location}
	if self := selfOf(d); self != "" {
		bases = []string{self, d.Location}
	}
	var err error
	for _, base := range bases {
		place, resolveErr := location.Resolve(base, decl.URL)
		if resolveErr != nil {
			err = resolveErr
			continue
		}
		if t.identity == "" {
			t.identity = place
		}
		if !slices.ContainsFunc(t.places, func(other string) bool { return location.Same(other, place) }) {
			t.places = append(t.places, place)
		}
	}
	if len(t.places) > 0 {
		err = nil
	}
	return t, err
}

// readFrom returns where a document was read from, whatever its sources are
// relative to.
func readFrom(d *program.Document) string { return location.Clean(d.Decl.Location) }

// String returns the places, for messages.
func (t target) String() string {
	var places []string
	for _, place := range t.places {
		places = append(places, location.Redacted(place))
	}
	return strings.Join(places, " and ")
}

// selfOf returns a document's own URI, resolved against where it was read from; ""
// if it has none.
func selfOf(d *program.Document) string {
	if d.Decl.Self == "" {
		return ""
	}
	self, err := location.Resolve(d.Location, d.Decl.Self)
	if err != nil {
		return ""
	}
	return self
}

// start makes the entry document the first one.
func (l *linker) start(decl *arazzo.Document) {
	at := location.Clean(decl.Location)
	l.entry = &program.Document{Decl: decl, Location: at}
	if l.options.Base != "" {
		l.entry.Location = location.In(l.options.Base)
	}
	l.parsed[location.Key(at)] = l.entry
	l.identify(selfOf(l.entry), at)
}

// discover reads what documents lead to, starting from the entry document. Files
// come first: a URL may be the $self of one of them, and is then not fetched.
func (l *linker) discover() {
	var remote []target
	for documents := []*program.Document{l.entry}; len(documents) > 0; {
		for ; len(documents) > 0; documents = documents[1:] {
			for _, decl := range documents[0].Decl.Sources {
				t, err := l.target(documents[0], decl)
				if err != nil || decl.Type == asyncapi {
					continue
				}
				remote = append(remote, t)
				if place, err := l.locate(t.files()); err == nil {
					documents = l.visit(t, place, documents)
				}
			}
		}
		remote = slices.DeleteFunc(remote, func(t target) bool {
			_, known := l.identities[location.Key(t.identity)]
			return known
		})
		for _, t := range remote {
			place, err := l.locate(t)
			if err != nil {
				if near := l.elsewhere(t); len(near) == 1 {
					place, err = near[0], nil
				}
			}
			if err == nil {
				documents = l.visit(t, place, documents)
			}
		}
		remote = nil
	}
}

// files returns the files of a target, without its identity.
func (t target) files() target {
	files := target{by: t.by}
	for _, place := range t.places {
		if location.Scheme(place) == "" {
			files.places = append(files.places, place)
		}
	}
	return files
}

// visit reads what a target leads to, at a place, and appends it to the documents if
// it is a new Arazzo document.
func (l *linker) visit(t target, place string, documents []*program.Document) []*program.Document {
	if _, known := l.parsed[location.Key(place)]; known {
		return documents
	}
	text, err := l.set.Text(place, t.by)
	if err != nil || text.Err != nil {
		return documents
	}
	if text.Root.Get("arazzo") == nil {
		if self, err := location.Resolve(place, text.Root.Get("$self").Str()); err == nil { // OpenAPI 3.2
			l.identify(self, place)
		}
		return documents
	}
	decl, _ := arazzo.ParseFile(place, text.Data)
	if decl == nil {
		return documents
	}
	d := &program.Document{Decl: decl, Location: place, Qualified: t.name + "."}
	l.parsed[location.Key(place)] = d
	l.identify(selfOf(d), place)
	return append(documents, d)
}

// identify records which document has a URI as its $self. A document from the
// network is not trusted to be one of another origin. Of several documents with
// the same $self, the one at that place is preferred, then a file, then the first
// by name.
func (l *linker) identify(self, place string) {
	if self == "" || location.IsURL(place) && location.IsURL(self) && !location.SameOrigin(self, place) {
		return
	}
	key := location.Key(self)
	known, found := l.identities[key]
	rank := func(place string) int {
		switch {
		case location.Same(place, self):
			return 0
		case location.Scheme(place) == "":
			return 1
		}
		return 2
	}
	if !found || cmp.Or(rank(place)-rank(known), strings.Compare(place, known)) < 0 {
		l.identities[key] = place
	}
}

// locate returns the place of a target: the document with its identity, or else the
// first place that can be read. The error is that of the last place.
func (l *linker) locate(t target) (string, error) {
	if place, known := l.identities[location.Key(t.identity)]; known {
		return place, nil
	}
	err := fs.ErrNotExist // if there is no place to try
	for _, place := range t.places {
		if l.parsed[location.Key(place)] != nil {
			return place, nil
		}
		if _, err = l.set.Text(place, t.by); err == nil {
			return place, nil
		}
	}
	return "", err
}

// maxSought is for how many sources of a program files are looked for elsewhere.
const maxSought = 100

// elsewhere returns the descriptions that are meant by a target none of whose
// places is there: one, or several that are equally likely. They are found where
// publishers put them; each is told by the function that binds the source.
func (l *linker) elsewhere(t target) []string {
	if near, known := l.near[t.name]; known || l.options.Elsewhere == nil || len(l.near) == maxSought {
		return near
	}
	l.near[t.name] = nil
	for _, place := range t.files().places {
		for group := range l.options.Elsewhere(place, t.by) {
			for i, place := range group {
				group[i] = location.Clean(place)
			}
			group = slices.DeleteFunc(group, func(place string) bool { return !l.describes(place, t) })
			if len(group) > 0 {
				l.near[t.name] = group
				return group
			}
		}
	}
	return nil
}

// describes reports whether what is at a place is what a target may be.
func (l *linker) describes(place string, t target) bool {
	text, err := l.set.Text(place, t.by)
	if err != nil || text.Err != nil || location.Same(place, t.by) {
		return false
	}
	is := "openapi"
	if text.Root.Get("arazzo") != nil {
		is = "arazzo"
	} else if text.Root.Get("openapi") == nil && text.Root.Get("swagger") == nil {
		return false
	}
	return t.kind == "" || t.kind == is
}

// register adds a document to the program with its workflows and sources.
func (l *linker) register(d *program.Document) {
	d.Root, d.Workflows = tree.Of(d.Decl.Node()), map[string]*program.Workflow{}
	l.program.Documents = append(l.program.Documents, d)
	found := l.byLetter(d.Decl.Diagnostics)
	l.diagnostics = append(l.diagnostics, found...)
	for _, found := range found {
		l.duplicates[duplicateOf(found)] = true
	}
	for _, w := range d.Decl.Workflows {
		if _, dup := d.Workflows[w.WorkflowID]; dup {
			continue
		}
		registered := &program.Workflow{Index: len(l.program.Workflows), ID: w.WorkflowID, Decl: w, Document: d}
		for i, s := range w.Steps {
			registered.Steps = append(registered.Steps, &program.Step{Index: i, ID: s.StepID, Decl: s, Workflow: registered})
		}
		d.Workflows[w.WorkflowID] = registered
		l.program.Workflows = append(l.program.Workflows, registered)
	}
	l.attribute(d)
	l.letter(d)
	for _, decl := range d.Decl.Sources {
		s := &program.Source{Name: decl.Name, Decl: decl, Qualified: d.Qualified + decl.Name}
		d.Sources = append(d.Sources, s)
		if field, err := l.find(d, s); err != nil {
			l.failed[d] = append(l.failed[d], &failedSource{document: d, name: decl.Name, place: decl.At(field),
				message: fmt.Sprintf("source %q %v", decl.Name, err)})
			continue
		}
		if s.Document != nil && s.Document.Workflows == nil {
			s.Document.Qualified = s.Qualified + "."
			l.register(s.Document)
		}
	}
}

// asyncapi is the type of sources that are not read.
const asyncapi = "asyncapi"

// find finds what a source of a document leads to. The error continues a sentence
// about the source, and belongs to a field of its declaration.
func (l *linker) find(d *program.Document, s *program.Source) (field string, err error) {
	decl := s.Decl
	if decl.Type == asyncapi {
		return "type", errors.New("is an AsyncAPI description; gobelin runs only steps over OpenAPI")
	}
	t, err := l.target(d, decl)
	if err != nil {
		return "url", fmt.Errorf("cannot be read: url %q: %w", decl.URL, err)
	}
	place, err := l.locate(t)
	if err != nil {
		near := l.elsewhere(t)
		switch {
		case len(near) == 1 && !l.options.Strict:
			place = near[0]
			l.report(l.problem(d, "source-elsewhere", arazzo.Note, decl.At("url"),
				"source %q is read from %s: there is nothing at %s; write where it is, or set Compiler.Sources[%q]", decl.Name, place, t, t.name))
		case len(near) == 1:
			err = fmt.Errorf("%w; only outside strict mode %s is read instead", err, near[0])
		case len(near) > 1:
			err = fmt.Errorf("%w; it may be %s, which are equally likely", err, strings.Join(near, " or "))
		}
		if place == "" {
			return "url", fmt.Errorf("cannot be read: tried %s: %w; set Compiler.Sources[%q] to where it is, "+
				"or Compiler.Base to where relative sources start from", t, err, t.name)
		}
	}
	s.Location = place
	kind := "arazzo"
	if s.Document = l.parsed[location.Key(place)]; s.Document == nil {
		kind = "openapi"
		if s.Description, err = l.set.Description(place, t.by); err != nil {
			return "url", fmt.Errorf("(%s): %w", location.Redacted(place), l.unusable(place, t.by, err))
		}
	}
	if decl.Type != "" && decl.Type != kind {
		l.report(l.problem(d, "source-type", arazzo.Warning, decl.At("type"),
			"source %q is an %s description, not %s", decl.Name, kind, decl.Type))
	}
	return "", nil
}

// unusable returns the error from parsing what is at a place as an Arazzo document,
// if it is meant to be one, and err otherwise.
func (l *linker) unusable(place, by string, err error) error {
	if text, readErr := l.set.Text(place, by); readErr == nil && text.Err == nil && text.Root.Get("arazzo") != nil {
		_, err = arazzo.ParseFile(place, text.Data)
	}
	return err
}
