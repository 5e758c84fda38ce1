package openapi

import (
	"fmt"
	"slices"
	"sync"

	"github.com/gobelin-dev/gobelin/internal/location"
	"github.com/gobelin-dev/gobelin/internal/tree"
)

// A Text is what is at one location, parsed as far as every use needs it. It is
// safe for concurrent use, and may be part of several sets.
type Text struct {
	Data []byte
	Root *tree.Node
	Err  error // why there is no Root: neither JSON nor YAML
}

// NewText parses data, which must not be modified afterwards.
func NewText(data []byte) *Text {
	root, err := tree.ParseOutline(data, outline)
	return &Text{data, root, err}
}

// What one set reads at most: a document may name others without end.
const (
	maxDocuments = 10_000
	maxBytes     = 4 * tree.MaxText
)

// A Set has the texts that one program is made of: each is read once, and the
// descriptions refer to one another through it. It is safe for concurrent use.
type Set struct {
	read func(location string) (*Text, error)

	mu        sync.Mutex
	documents map[string]*document // by [location.Key]
	texts     []*Text
	bytes     int
}

// document is what is at one location.
type document struct {
	text        *Text
	err         error // it could not be read
	description *Description
}

// NewSet returns a Set whose texts read reads, one at a time.
func NewSet(read func(location string) (*Text, error)) *Set {
	return &Set{read: read, documents: map[string]*document{}}
}

// Text returns what is at a location. The error says that it could not be read.
func (s *Set) Text(location string) (*Text, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	d := s.at(location)
	return d.text, d.err
}

// Texts returns what has been read until now, in that order.
func (s *Set) Texts() []*Text {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.texts)
}

// Description returns the OpenAPI description at a location.
func (s *Set) Description(location string) (*Description, error) {
	d, err := s.document(location)
	if err != nil {
		return nil, err
	}
	d.once.Do(func() { d.err = d.describe() })
	if d.err != nil {
		return nil, d.err
	}
	return d, nil
}

// document returns the document at a location, a description or not.
func (s *Set) document(location string) (*Description, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	d := s.at(location)
	if d.err != nil {
		return nil, d.err
	}
	if d.text.Err != nil {
		return nil, d.text.Err
	}
	if d.description == nil {
		d.description = &Description{location: location, root: d.text.Root, text: d.text, set: s}
	}
	return d.description, nil
}

// at reads what is at a location, once. The mutex is held.
func (s *Set) at(at string) *document {
	key := location.Key(at)
	if s.documents[key] == nil {
		s.documents[key] = s.load(at)
	}
	return s.documents[key]
}

func (s *Set) load(at string) *document {
	switch {
	case len(s.documents) >= maxDocuments:
		return &document{err: fmt.Errorf("the program has more than %d documents, the most that are read", maxDocuments)}
	case s.bytes >= maxBytes:
		return &document{err: fmt.Errorf("the program's documents have more than %d MiB, the most that are read", maxBytes>>20)}
	}
	text, err := s.read(at)
	if err != nil {
		return &document{err: err}
	}
	s.bytes += len(text.Data)
	s.texts = append(s.texts, text)
	return &document{text: text}
}
