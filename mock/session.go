package mock

import (
	"container/list"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/gobelin-dev/gobelin/internal/schema"
	"github.com/gobelin-dev/gobelin/internal/value"
)

// The bounds on what is kept.
const (
	maxSessions  = 1000
	maxObjects   = 10_000    // of a session, those that were removed included
	maxStored    = 64 << 20  // bytes of a session, roughly
	maxAllStored = 256 << 20 // bytes of all sessions
	maxThreads   = 200       // runs of workflows of a session that are followed
)

// session is the state that requests with one value of the header see.
type session struct {
	mu       sync.Mutex
	name     string
	stores   map[string]*store
	bytes    int
	server   *Server
	ended    bool      // no one finds it any more
	ages     list.List // of *object, the oldest first
	threads  []*thread
	requests uint64
	ahead    time.Duration // of the clock
}

// store is what is in one collection.
type store struct {
	order  []*object
	byID   map[string]*object // those that were removed included
	next   int                // number of the next id
	filled bool               // samples were put there, or a request has changed it
}

// object is an item of a collection. Its value is replaced, never changed.
type object struct {
	id      string
	value   map[string]any
	entered time.Time // when its state began
	seen    bool      // since then a request was answered with it
	moving  bool      // an action has led to its state, which passes by itself
	removed bool      // there was one with this id
	size    int
	age     *list.Element
	in      *store
}

// session returns the session of a name, which it begins if there is none. Of too many the one
// that was not used for the longest time ends.
func (s *Server) session(name string) *session {
	s.mu.Lock()
	if e := s.sessions[name]; e != nil {
		defer s.mu.Unlock()
		s.used.MoveToBack(e)
		return e.Value.(*session)
	}
	if s.sessions == nil {
		s.sessions = map[string]*list.Element{}
	}
	var ended *session
	if len(s.sessions) >= maxSessions {
		ended = s.end(s.used.Front())
	}
	n := &session{name: name, server: s, stores: map[string]*store{}}
	s.sessions[name] = s.used.PushBack(n)
	s.mu.Unlock()
	ended.settle()
	return n
}

// reset forgets a session.
func (s *Server) reset(name string) {
	s.mu.Lock()
	var ended *session
	if e := s.sessions[name]; e != nil {
		ended = s.end(e)
	}
	s.mu.Unlock()
	ended.settle()
}

// end lets no one find a session any more. Server.mu must be held.
func (s *Server) end(e *list.Element) *session {
	n := e.Value.(*session)
	delete(s.sessions, n.name)
	s.used.Remove(e)
	return n
}

// settle lets what an ended session has stored count no more.
func (n *session) settle() {
	if n == nil {
		return
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	n.count(-n.bytes)
	n.ended = true
}

// relieve ends the sessions that were not used for the longest time, until what is stored is
// within bounds. by is locked, and stays; so do those that are just used.
func (s *Server) relieve(by *session) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for e := s.used.Front(); e != nil && s.stored.Load() > maxAllStored; {
		n, next := e.Value.(*session), e.Next()
		if n != by && n.mu.TryLock() {
			s.end(e)
			n.count(-n.bytes)
			n.ended = true
			n.mu.Unlock()
		}
		e = next
	}
}

func (n *session) store(path string) *store {
	o := n.stores[path]
	if o == nil {
		o = &store{byID: map[string]*object{}}
		n.stores[path] = o
	}
	return o
}

// put stores an item, and forgets the oldest ones if there are too many.
func (n *session) put(in *store, o *object) {
	if old := in.byID[o.id]; old != nil && !old.removed {
		in.order[slices.Index(in.order, old)] = o
		n.forget(old)
	} else {
		if old != nil {
			n.forget(old)
		}
		in.order = append(in.order, o)
	}
	in.byID[o.id], o.in = o, in
	o.age = n.ages.PushBack(o)
	n.change(o, o.value)
	for (n.ages.Len() > maxObjects || n.bytes > maxStored) && n.ages.Len() > 1 {
		n.drop(n.ages.Front().Value.(*object))
	}
}

// forget takes an object out of what is counted.
func (n *session) forget(o *object) {
	if o.age != nil {
		n.ages.Remove(o.age)
		n.count(-o.size)
		o.age, o.size = nil, 0
	}
}

// drop forgets that an object was ever there.
func (n *session) drop(o *object) {
	n.forget(o)
	if o.in.byID[o.id] == o {
		delete(o.in.byID, o.id)
	}
	if i := slices.Index(o.in.order, o); i >= 0 {
		o.in.order = slices.Delete(o.in.order, i, i+1)
	}
}

// remove removes an item, and what is below it; it stays known that it was there.
func (n *session) remove(path string, o *object) {
	in := o.in
	in.filled = true
	n.drop(o)
	gone := &object{id: o.id, removed: true, in: in}
	in.byID[o.id] = gone
	gone.age = n.ages.PushBack(gone)
	n.change(gone, nil)
	below := path + "/" + value.PointerToken(o.id) + "/"
	for other, at := range n.stores {
		if strings.HasPrefix(other, below) {
			for _, o := range at.byID {
				n.forget(o)
			}
			delete(n.stores, other)
		}
	}
}

// count adds to the bytes that are held.
func (n *session) count(bytes int) {
	if n.bytes += bytes; !n.ended {
		n.server.stored.Add(int64(bytes))
	}
}

// change replaces the value of an item.
func (n *session) change(o *object, v map[string]any) {
	o.value = v
	size := sizeOf(v)
	n.count(size - o.size)
	o.size = size
	if n.server.stored.Load() > maxAllStored {
		n.server.relieve(n)
	}
}

// sizeOf returns about how many bytes a value has.
func sizeOf(v any) int {
	size := 64
	switch v := v.(type) {
	case string:
		size += len(v)
	case []any:
		for _, item := range v {
			size += sizeOf(item)
		}
	case map[string]any:
		for name, member := range v {
			size += len(name) + 32 + sizeOf(member)
		}
	}
	return size
}

// path returns the path of a collection with the values of a request.
func (c *collection) at(o *source, values map[string]string) string {
	var b strings.Builder
	b.WriteString(o.name)
	for _, segment := range split(c.path) {
		b.WriteByte('/')
		p := parsePattern(segment)
		for i, text := range p.texts {
			b.WriteString(text)
			if i < len(p.names) {
				b.WriteString(value.PointerToken(values[strings.Trim(p.names[i], "+*")]))
			}
		}
	}
	return b.String()
}

// newID makes an id that no item of a store has. Server.shapes must be held.
func (s *Server) newID(c *collection, k *kind, in *store, like any) any {
	t := schema.Any()
	if k.id != "" {
		if found := k.t.Member(k.id); found.Type != nil {
			t = found.Type
		}
	}
	free := func(v any) bool {
		_, used := in.byID[value.Text(v)]
		return !used
	}
	uuid := false
	asParameter := c.parameterType()
	fits := func(v any) bool {
		return t.Misfit(v) == nil && (asParameter == nil || asParameter.Misfit(fitted(asParameter, value.Text(v))) == nil)
	}
	for _, a := range t.Alternatives() {
		uuid = uuid || a.Format() == "uuid"
	}
	for range 1000 {
		in.next++
		n := in.next
		var candidates []any
		kinds := t.Kinds()
		_, isText := like.(string)
		switch {
		case uuid:
			candidates = []any{uuidOf(s.Seed, uint64(n))}
		case kinds&schema.Integer != 0 && kinds != schema.AnyKind && (!isText || kinds&schema.String == 0):
			candidates = []any{int64(n)}
		default:
			if text, is := like.(string); is && varies(text) {
				candidates = append(candidates, vary(text, s.Seed, uint64(n)))
			}
			candidates = append(candidates, fmt.Sprintf("%s_%d", c.word(), n), fmt.Sprint(n))
			if text, is := like.(string); is {
				candidates = append(candidates, vary(text, s.Seed, uint64(n)), text)
			}
			if kinds&schema.String == 0 && kinds != schema.AnyKind {
				candidates = append([]any{int64(n)}, candidates...)
			}
		}
		for _, v := range candidates {
			if free(v) && fits(v) {
				return v
			}
		}
	}
	return like
}

// parameterType returns the type of the path parameter that names an item; nil if none does.
func (c *collection) parameterType() *schema.Type {
	for _, op := range c.all {
		for _, p := range op.Parameters {
			if op.item != "" && p.Is(strings.Trim(op.item, "+*"), "path") && p.Schema != nil {
				return p.Home.Type(p.Schema)
			}
		}
	}
	return nil
}

// word is the name of an item as a part of an id.
func (c *collection) word() string {
	word := strings.ToLower(c.name)
	if word == "" || strings.Trim(word, "abcdefghijklmnopqrstuvwxyz0123456789_-") != "" {
		return "item"
	}
	return word
}

// varies reports whether a text looks like an id, which another of its kind can be made of.
func varies(text string) bool { return strings.ContainsAny(text, "0123456789") && len(text) > 5 }

// vary makes a text of the same form: with its prefix ("cus_"), and other letters and digits.
func vary(text string, seed, n uint64) string {
	keep := strings.LastIndexAny(text, "_-/:.") + 1
	if keep == len(text) {
		keep = 0
	}
	if keep == 0 { // "tbl" of "tblABC123def456"
		for keep < 4 && keep < len(text) && text[keep] >= 'a' && text[keep] <= 'z' {
			keep++
		}
		if keep == 4 || keep == len(text) {
			keep = 0
		}
	}
	x := mixed(seed ^ n*0x9e3779b97f4a7c15)
	hex := strings.Trim(text[keep:], "0123456789abcdefABCDEF") == ""
	out := []byte(text)
	for i := keep; i < len(out); i++ {
		x = mixed(x + uint64(i))
		letters := uint64(26)
		if hex {
			letters = 6
		}
		switch c := out[i]; {
		case c >= '0' && c <= '9':
			out[i] = byte('0' + x%10)
		case c >= 'a' && c <= 'z':
			out[i] = byte('a' + x%letters)
		case c >= 'A' && c <= 'Z':
			out[i] = byte('A' + x%letters)
		}
	}
	return string(out)
}

func uuidOf(seed, n uint64) string {
	a, b := mixed(seed+n), mixed(seed^n^0x5851f42d4c957f2d)
	return fmt.Sprintf("%08x-%04x-4%03x-%04x-%012x", uint32(a>>32), uint16(a>>16), a&0xfff, 0x8000|b>>48&0x3fff, b&0xffffffffffff)
}

// mixed scatters the bits of a number (splitmix64).
func mixed(x uint64) uint64 {
	x += 0x9e3779b97f4a7c15
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}
