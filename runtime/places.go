package runtime

import (
	"github.com/gobelin-dev/gobelin/internal/openapi"
	"github.com/gobelin-dev/gobelin/internal/value"
)

// What the expressions of a step read of its response's body is known when it
// is compiled. Where they are places that lead to one value each, the body is
// never decoded: one pass over its text finds them all (E9). A body that is
// read otherwise is decoded once, and the places are then found in its value.

// bodyPlaces are the places of a step.
type bodyPlaces struct {
	value.Places
	whole bool // criteria or outputs need the whole value: there is no use in a pass for the rest
}

// placed gives references their place in the body.
type placer struct {
	places *bodyPlaces
	always bool // what is placed now is evaluated on every response
}

// place gives all references of a step to its response's body their place.
func (s *step) place() {
	p := placer{places: &bodyPlaces{}, always: true}
	for _, c := range s.criteria {
		p.criterion(c)
	}
	for i := range s.outputs {
		s.outputs[i].value.all(p.ref)
	}
	p.always = false
	for _, list := range [][]*action{s.onSuccess, s.onFailure} {
		for _, a := range list {
			for _, c := range a.criteria {
				p.criterion(c)
			}
			for i := range a.inputs {
				a.inputs[i].value.all(p.ref)
			}
		}
	}
	if p.places.Len() > 0 {
		s.places = p.places
	}
}

func (p *placer) criterion(c *criterion) {
	for i := range c.refs {
		c.refs[i].all(p.ref)
	}
	c.embedded.all(p.ref)
	if c.context != nil && !p.jsonpath(c) {
		c.context.all(p.ref)
	}
}

// jsonpath places what a condition reads of the body; false where that is more
// than single values.
func (p *placer) jsonpath(c *criterion) bool {
	r := &c.context.ref
	if c.jsonpath == nil || c.context.kind != refOperand || r.kind != responseBodyRef || len(r.pointer)+len(r.access) > 0 {
		return false
	}
	paths := c.jsonpath.Places()
	for _, path := range paths {
		i, ok := p.places.Add(path)
		if !ok {
			c.slots = nil
			return false
		}
		c.slots = append(c.slots, i)
	}
	return len(paths) > 0
}

func (p *placer) ref(r *ref) {
	if r.kind != responseBodyRef {
		return
	}
	path := r.path()
	if len(path) > 0 {
		if i, ok := p.places.Add(path); ok && p.exact(r) {
			r.slot = i + 1
			return
		}
	}
	p.places.whole = p.places.whole || p.always
}

// exact places the member that is called as the whole of an access (E5).
func (p *placer) exact(r *ref) bool {
	if r.whole == "" {
		return true
	}
	path := append(value.PointerSegments(r.pointer), value.Segment{Name: r.whole, Named: true})
	i, ok := p.places.Add(path)
	r.exactSlot = i + 1
	return ok
}

// path is where a reference leads from its root.
func (r *ref) path() []value.Segment {
	path := value.PointerSegments(r.pointer)
	for _, a := range r.access {
		if a.IsIndex {
			path = append(path, value.Segment{Index: a.Index, Indexed: true})
			continue
		}
		path = append(path, value.PointerSegments([]string{a.Name})...)
	}
	return path
}

// scan finds the places of a step in the text of its response's body, once. It
// reports false where the body has no such text or is decoded already.
func (e *exchange) scan() bool {
	if e == nil || e.decoded || e.places == nil || e.places.whole || e.Status == 0 {
		return false
	}
	if !e.scanned {
		e.scanned = true
		text, ok := openapi.JSONText(e.Answer.Get("Content-Type"), e.Body)
		if ok {
			e.found, ok = e.places.Read(text, e.found)
		}
		e.inText = ok
		e.compound = ok && isCompound(text)
	}
	return e.inText
}

// isCompound reports whether a JSON text is an array or an object.
func isCompound(text []byte) bool {
	for _, c := range text {
		switch c {
		case ' ', '\t', '\n', '\r':
			continue
		}
		return c == '{' || c == '['
	}
	return false
}

// at gives what is at the place of a reference.
func (e *exchange) at(r *ref) (any, bool) {
	if r.exactSlot > 0 {
		if exact := &e.found[r.exactSlot-1]; exact.OK {
			return exact.V, true
		}
	}
	found := &e.found[r.slot-1]
	return found.V, found.OK
}
