package link

import (
	"slices"

	"github.com/gobelin-dev/gobelin/arazzo"
	"github.com/gobelin-dev/gobelin/internal/openapi"
	"github.com/gobelin-dev/gobelin/internal/program"
)

// scope finds what the names in a document mean.
type scope struct {
	document    *program.Document
	sources     *names                               // that are declared
	read        map[string][]*program.Source         // that could be read, by name
	failures    []*failedSource                      // the others
	failed      map[string]*failedSource             // by name
	allReported bool                                 // of failures
	addressed   map[string]*arazzo.SourceDescription // the first with that name or URL
	workflows   *names
	components  map[string]*names              // by the kind of components
	described   int                            // the sources that are not Arazzo documents
	operations  *operationIndex                // nil until an operation is looked for
	idsOf       map[*program.Source]*names     // the ids of the operations, or of the workflows, of each source
	schemesOf   map[*program.Source]*names     // security schemes; nil until one is not found
	others      map[string][]*program.Workflow // of other documents, by id; nil until one is looked for
	otherIDs    *names
}

// operationIndex finds the operations of all sources of a document.
type operationIndex struct {
	ids    *names
	byID   map[string][]*program.Source // that have an operation of that operationId
	byPath map[string][]sourceOperation // nil until a path is looked for
}

// sourceOperation is an operation of a source.
type sourceOperation struct {
	operation *openapi.Operation
	source    *program.Source
}

// scope returns the scope of a registered document.
func (l *linker) scope(d *program.Document) *scope {
	if s := l.scopes[d]; s != nil {
		return s
	}
	s := &scope{document: d, read: map[string][]*program.Source{}, failures: l.failed[d], failed: map[string]*failedSource{},
		addressed: map[string]*arazzo.SourceDescription{}, components: map[string]*names{}, idsOf: map[*program.Source]*names{}}
	l.scopes[d] = s
	s.sources = newNames(d.Decl.Sources, func(decl *arazzo.SourceDescription) string { return decl.Name })
	s.workflows = workflowNames(d)
	s.described = len(d.Decl.Sources)
	for _, source := range d.Sources {
		if source.Document != nil {
			s.described--
		}
		if source.Read() {
			s.read[source.Name] = append(s.read[source.Name], source)
		}
	}
	for _, f := range s.failures {
		if s.failed[f.name] == nil {
			s.failed[f.name] = f
		}
	}
	for _, decl := range d.Decl.Sources {
		for _, key := range []string{decl.Name, decl.URL} {
			if s.addressed[key] == nil {
				s.addressed[key] = decl
			}
		}
	}
	if c := d.Decl.Components; c != nil {
		s.components["parameters"] = entryNames(c.Parameters)
		s.components["successActions"] = entryNames(c.SuccessActions)
		s.components["failureActions"] = entryNames(c.FailureActions)
	}
	return s
}

// entryNames returns the names of the entries of a map.
func entryNames[T any](m arazzo.Map[T]) *names {
	return newNames(m, func(e arazzo.Entry[T]) string { return e.Name })
}

// declaration returns the first source description with that name, or nil.
func (s *scope) declaration(name string) *arazzo.SourceDescription {
	if i, ok := s.sources.index[name]; ok {
		return s.document.Decl.Sources[i]
	}
	return nil
}

// splitSource splits "name.rest" at the longest declared source name (E3).
func (s *scope) splitSource(text string) (name, rest string) {
	if name, rest = s.sources.followed(text); name != "" {
		return name, rest
	}
	return cutDot(text)
}

// arazzoSource returns the first source with that name that is an Arazzo
// document, or nil.
func (s *scope) arazzoSource(name string) *program.Source {
	for _, source := range s.read[name] {
		if source.Document != nil {
			return source
		}
	}
	return nil
}

// operationIndex returns the operations of all sources.
func (s *scope) operationIndex() *operationIndex {
	if s.operations != nil {
		return s.operations
	}
	s.operations = &operationIndex{byID: map[string][]*program.Source{}}
	var ids []string
	for _, source := range s.document.Sources {
		if source.Description == nil {
			continue
		}
		for _, id := range source.Description.OperationIDs() {
			ids = append(ids, id)
			if known := s.operations.byID[id]; len(known) == 0 || known[len(known)-1] != source {
				s.operations.byID[id] = append(known, source)
			}
		}
	}
	s.operations.ids = newNames(ids, func(id string) string { return id })
	return s.operations
}

// onPath returns the operations of all sources that have a path.
func (s *scope) onPath(path string) []sourceOperation {
	x := s.operationIndex()
	if x.byPath == nil {
		x.byPath = map[string][]sourceOperation{}
		for _, source := range s.document.Sources {
			if source.Description == nil {
				continue
			}
			for op := range source.Description.Operations() {
				x.byPath[op.Path] = append(x.byPath[op.Path], sourceOperation{op, source})
			}
		}
	}
	return x.byPath[path]
}

// inSource reports whether a source with that name has an operation or a workflow
// with that id.
func (s *scope) inSource(name, id string) bool {
	return slices.ContainsFunc(s.read[name], func(source *program.Source) bool {
		if source.Document != nil {
			return source.Document.Workflows[id] != nil
		}
		return s.operationIDs(source).has(id)
	})
}

// hasOperation reports whether a source with that name has an operation with that
// operationId.
func (s *scope) hasOperation(name, id string) bool {
	return slices.ContainsFunc(s.read[name], func(source *program.Source) bool {
		return source.Description != nil && s.operationIDs(source).has(id)
	})
}

// operationIDs returns the operationIds of one source.
func (s *scope) operationIDs(source *program.Source) *names {
	if s.idsOf[source] == nil {
		s.idsOf[source] = newNames(source.Description.OperationIDs(), func(id string) string { return id })
	}
	return s.idsOf[source]
}

// schemes returns the names of the security schemes of a source.
func (s *scope) schemes(source *program.Source) *names {
	if s.schemesOf[source] == nil {
		if s.schemesOf == nil {
			s.schemesOf = map[*program.Source]*names{}
		}
		s.schemesOf[source] = newNames(source.Description.SecuritySchemes(), func(r openapi.SecurityRequirement) string { return r.Name })
	}
	return s.schemesOf[source]
}

// ofSource returns the workflow that the rest of a name begins with, in the Arazzo
// document that is the source with that name, or nil.
func (s *scope) ofSource(name, text string) (w *program.Workflow, rest string) {
	source := s.arazzoSource(name)
	if source == nil {
		return nil, ""
	}
	if s.idsOf[source] == nil {
		s.idsOf[source] = workflowNames(source.Document)
	}
	id, rest := s.idsOf[source].followed(text)
	return source.Document.Workflows[id], rest
}

func workflowNames(d *program.Document) *names {
	return newNames(d.Decl.Workflows, func(w *arazzo.Workflow) string { return w.WorkflowID })
}

// elsewhere returns the workflows of other documents, which are sources of this one,
// that a name begins with.
func (s *scope) elsewhere(text string) (id, rest string, found []*program.Workflow) {
	if s.others == nil {
		s.others = map[string][]*program.Workflow{}
		var ids []string
		for _, source := range s.document.Sources {
			if source.Document == nil || source.Document == s.document {
				continue
			}
			for id, w := range source.Document.Workflows {
				if !slices.Contains(s.others[id], w) {
					s.others[id] = append(s.others[id], w)
					ids = append(ids, id)
				}
			}
		}
		s.otherIDs = newNames(ids, func(id string) string { return id })
	}
	id, rest = s.otherIDs.followed(text)
	return id, rest, s.others[id]
}
