package value

import (
	"slices"
	"sync"
)

// A Segment leads from a value to one inside it: to the member of an object
// with that name, or to the element of an array with that index.
type Segment struct {
	Name    string
	Index   int
	Named   bool // leads into objects
	Indexed bool // leads into arrays
}

// PointerSegments returns the tokens of a JSON Pointer as segments: a token is
// a name or, if it has the form of one, an index (RFC 6901 §4).
func PointerSegments(tokens []string) []Segment {
	segments := make([]Segment, len(tokens))
	for i, token := range tokens {
		s := Segment{Name: token, Named: true}
		s.Index, s.Indexed = Index(token)
		segments[i] = s
	}
	return segments
}

// Follow follows segments from v.
func Follow(v any, segments []Segment) (any, bool) {
	for i := range segments {
		s := &segments[i]
		switch in := v.(type) {
		case map[string]any:
			child, ok := in[s.Name]
			if !ok || !s.Named {
				return nil, false
			}
			v = child
		case []any:
			if !s.Indexed || s.Index >= len(in) {
				return nil, false
			}
			v = in[s.Index]
		default:
			return nil, false
		}
	}
	return v, true
}

// Places are places in JSON texts that are read together, in one pass that
// decodes nothing else. They are immutable and safe for concurrent use.
type Places struct {
	root  place
	paths [][]Segment
}

// place is a node in the tree of all paths.
type place struct {
	targets  []int // the paths that end here
	children []child
	below    []int // the paths that continue from here
}

type child struct {
	Segment
	place *place
}

// Found is the value at a place; OK is false if there is none.
type Found struct {
	V  any
	OK bool
}

// Add adds a path and returns its index in the result of Read; false if only
// the text can distinguish it from another: "0" as a name only, besides "0" as
// a name or an index. It must not be called once Places are shared.
func (p *Places) Add(path []Segment) (int, bool) {
	for i, known := range p.paths {
		if slices.Equal(known, path) {
			return i, true
		}
	}
	at := &p.root
	for _, s := range path {
		next := at.find(s)
		if next == nil && at.rivals(s) {
			return 0, false
		}
		if next == nil {
			break
		}
		at = next
	}
	index := len(p.paths)
	p.paths = append(p.paths, path)
	at = &p.root
	for _, s := range path {
		at.below = append(at.below, index)
		next := at.find(s)
		if next == nil {
			next = &place{}
			at.children = append(at.children, child{s, next})
		}
		at = next
	}
	at.targets = append(at.targets, index)
	return index, true
}

func (p *place) find(s Segment) *place {
	for _, c := range p.children {
		if c.Segment == s {
			return c.place
		}
	}
	return nil
}

// rivals reports whether a child leads to the same value as s by another
// spelling.
func (p *place) rivals(s Segment) bool {
	return slices.ContainsFunc(p.children, func(c child) bool {
		return c.Named && s.Named && c.Name == s.Name || c.Indexed && s.Indexed && c.Index == s.Index
	})
}

// Len returns the number of places.
func (p *Places) Len() int { return len(p.paths) }

// ArePlain reports whether what is at the places, and what leads there, consists only
// of this package's types (see [IsPlain]). Other parts of v are not looked at.
func (p *Places) ArePlain(v any) bool { return p.root.isPlain(v) }

func (p *place) isPlain(v any) bool {
	if len(p.targets) > 0 {
		return IsPlain(v)
	}
	switch v := v.(type) {
	case map[string]any:
		for i := range p.children {
			c := &p.children[i]
			if member, ok := v[c.Name]; ok && c.Named && !c.place.isPlain(member) {
				return false
			}
		}
		return true
	case []any:
		for i := range p.children {
			if c := &p.children[i]; c.Indexed && c.Index < len(v) && !c.place.isPlain(v[c.Index]) {
				return false
			}
		}
		return true
	}
	return IsPlain(v)
}

var readers = sync.Pool{New: func() any { return new(reader) }}

// Read reads the values at the places into found, whose length is that of
// Places, and returns it. It reports false if text is not exactly one JSON
// text; [Decode] returns the reason.
func (p *Places) Read(text []byte, found []Found) ([]Found, bool) {
	found = found[:0]
	for range p.paths {
		found = append(found, Found{})
	}
	r := readers.Get().(*reader)
	defer r.release()
	r.text, r.room = text, RoomFor(len(text))
	s := search{r, p.paths, found}
	end := s.place(&p.root, ScanBlanks(text, 0), 0)
	return found, end != Bad && ScanBlanks(text, end) == len(text)
}

// release returns a reader to the pool; state left by a text that is not JSON
// must not remain for the next use.
func (r *reader) release() {
	r.text = nil
	clear(r.names)
	readers.Put(r)
}

// search is one pass over a text.
type search struct {
	*reader
	paths [][]Segment
	found []Found
}

// place reads the value at i, which is the target of the path to p.
func (s *search) place(p *place, i, depth int) int {
	if len(p.targets) > 0 {
		v, end := s.read(i, depth)
		if end != Bad {
			s.give(p, v, depth)
		}
		return end
	}
	if i < len(s.text) {
		switch s.text[i] {
		case '{':
			return s.object(p, ScanBlanks(s.text, i+1), depth+1)
		case '[':
			return s.array(p, ScanBlanks(s.text, i+1), depth+1)
		}
	}
	return s.skip(i, depth)
}

// give records the value for the paths that end at p and those that continue.
func (s *search) give(p *place, v any, depth int) {
	for _, i := range p.targets {
		s.found[i] = Found{v, true}
	}
	for _, i := range p.below {
		inner, ok := Follow(v, s.paths[i][depth:])
		s.found[i] = Found{inner, ok}
	}
}

// forget removes what was found below p: the name occurs again, and the last
// occurrence counts.
func (s *search) forget(p *place) {
	for _, i := range p.targets {
		s.found[i] = Found{}
	}
	for _, i := range p.below {
		s.found[i] = Found{}
	}
}

func (s *search) object(p *place, i, depth int) int {
	if depth > maxDepth {
		return Bad
	}
	if i < len(s.text) && s.text[i] == '}' {
		return i + 1
	}
	for closed := false; !closed; {
		raw, escaped, at := ScanName(s.text, i)
		if at == Bad {
			return Bad
		}
		if i = s.value(p.named(raw, escaped), at, depth); i == Bad {
			return Bad
		}
		i, closed = AfterItem(s.text, i, '}')
	}
	return i
}

// skip skips the value at i.
func (s *search) skip(i, depth int) int {
	return Skip(s.text, i, maxDepth-depth)
}

// value reads a member or element, whether it is on a path or not.
func (s *search) value(p *place, i, depth int) int {
	if p == nil {
		return s.skip(i, depth)
	}
	s.forget(p)
	return s.place(p, i, depth)
}

// named returns the place for a member's name, or nil if there is none.
func (p *place) named(raw []byte, escaped bool) *place {
	if escaped {
		raw = Unescape(nil, raw)
	}
	for i := range p.children {
		if c := &p.children[i]; c.Named && len(raw) == len(c.Name) && string(raw) == c.Name {
			return c.place
		}
	}
	return nil
}

func (s *search) array(p *place, i, depth int) int {
	if depth > maxDepth {
		return Bad
	}
	if i < len(s.text) && s.text[i] == ']' {
		return i + 1
	}
	for index, closed := 0, false; !closed; index++ {
		if i = s.value(p.indexed(index), i, depth); i == Bad {
			return Bad
		}
		i, closed = AfterItem(s.text, i, ']')
	}
	return i
}

func (p *place) indexed(index int) *place {
	for i := range p.children {
		if c := &p.children[i]; c.Indexed && c.Index == index {
			return c.place
		}
	}
	return nil
}

// decode reads text as exactly one JSON text within a room, and returns what is
// left of that.
func decode(text []byte, room Room) (v any, left Room, ok bool) {
	r := readers.Get().(*reader)
	defer r.release()
	r.text, r.room = text, room
	v, end := r.read(ScanBlanks(text, 0), 0)
	return v, r.room, end != Bad && ScanBlanks(text, end) == len(text)
}
