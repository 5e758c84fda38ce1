package openapi

import (
	"fmt"
	"slices"
	"sync"

	"github.com/gobelin-dev/gobelin/internal/location"
	"github.com/gobelin-dev/gobelin/internal/tree"
)

// A Text is the content of one location, parsed as far as every use needs it.
// It is safe for concurrent use, and may be part of several sets.
type Text struct {
	Data []byte
	Root *tree.Node
	Err  error // why there is no Root: it is neither JSON nor YAML
}

// NewText parses data, which must not be modified afterwards.
func NewText(data []byte) *Text {
	root, err := tree.ParseOutline(data, outline)
	return &Text{data, root, err}
}

// The limits of one set: a document may refer to others without end.
const (
	maxDocuments = 10_000
	maxBytes     = 4 * tree.MaxText
)

// A Set holds the texts of one program: each is read once, and the descriptions
// refer to one another through it. It is safe for concurrent use.
type Set struct {
	read func(location, by string) (*Text, error)

	mu        sync.Mutex
	documents map[string]*document // by [location.Key]
	texts     []*Text
	bytes     int
}

// document is the content of one location.
type document struct {
	text        *Text
	err         error // why it could not be read
	description *Description
}

// NewSet returns a Set that reads texts with read, one at a time, for the
// document at by.
func NewSet(read func(location, by string) (*Text, error)) *Set {
	return &Set{read: read, documents: map[string]*document{}}
}

// Text returns the text at a location that the document at by names, or the error
// of reading it.
func (s *Set) Text(location, by string) (*Text, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	d := s.at(location, by)
	return d.text, d.err
}

// Texts returns the texts read so far, in that order.
func (s *Set) Texts() []*Text {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.texts)
}

// Description returns the OpenAPI description at a location that the document at
// by names.
func (s *Set) Description(location, by string) (*Description, error) {
	d, err := s.document(location, by)
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
func (s *Set) document(location, by string) (*Description, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	d := s.at(location, by)
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

// at reads the content of a location, once; twice if what came over the network
// cannot lead there. The mutex must be held.
func (s *Set) at(at, by string) *document {
	key := location.Key(at)
	for _, key := range []string{key, remotely + key} {
		if d := s.documents[key]; d != nil && d.err == nil {
			return d
		}
	}
	if location.IsURL(by) {
		key = remotely + key
	}
	if s.documents[key] == nil {
		s.documents[key] = s.load(at, by)
	}
	return s.documents[key]
}

// remotely precedes the key of a location that was asked for over the network.
const remotely = "remotely "

func (s *Set) load(at, by string) *document {
	switch {
	case len(s.documents) >= maxDocuments:
		return &document{err: fmt.Errorf("the program has more than %d documents, which is the limit", maxDocuments)}
	case s.bytes >= maxBytes:
		return &document{err: fmt.Errorf("the program's documents are larger than %d MiB in total, which is the limit", maxBytes>>20)}
	}
	text, err := s.read(at, by)
	if err != nil {
		return &document{err: err}
	}
	s.bytes += len(text.Data)
	s.texts = append(s.texts, text)
	return &document{text: text}
}
