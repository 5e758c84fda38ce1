package link

import (
	"github.com/gobelin-dev/gobelin/internal/program"
	"github.com/gobelin-dev/gobelin/internal/value"
)

// placer assigns references their places in the response body.
type placer struct {
	places *program.BodyPlaces
	always bool // what is being placed is evaluated for every response
}

// place assigns places to all references of a step to its response body.
func place(s *program.Step) {
	p := placer{places: &program.BodyPlaces{}, always: true}
	for _, c := range s.Criteria {
		p.criterion(c)
	}
	for i := range s.Outputs {
		s.Outputs[i].Value.All(p.ref)
	}
	p.always = false
	for _, list := range [][]*program.Action{s.OnSuccess, s.OnFailure} {
		for _, a := range list {
			for _, c := range a.Criteria {
				p.criterion(c)
			}
			for i := range a.Inputs {
				a.Inputs[i].Value.All(p.ref)
			}
		}
	}
	if p.places.Len() > 0 {
		s.Places = p.places
	}
}

func (p *placer) criterion(c *program.Criterion) {
	for i := range c.Refs {
		c.Refs[i].All(p.ref)
	}
	c.Embedded.All(p.ref)
	if c.Context != nil && !p.jsonpath(c) {
		c.Context.All(p.ref)
	}
}

// jsonpath places what a condition reads from the body. It returns false if that is
// more than single values.
func (p *placer) jsonpath(c *program.Criterion) bool {
	r := &c.Context.Ref
	if c.JSONPath == nil || c.Context.Kind != program.Reference || r.Kind != program.ResponseBody || len(r.Pointer)+len(r.Access) > 0 {
		return false
	}
	paths := c.JSONPath.Places()
	for _, path := range paths {
		i, ok := p.places.Add(path)
		if !ok {
			c.Slots = nil
			return false
		}
		c.Slots = append(c.Slots, i)
	}
	return len(paths) > 0
}

func (p *placer) ref(r *program.Ref) {
	if r.Kind != program.ResponseBody {
		return
	}
	path := bodyPath(r)
	if len(path) > 0 {
		if i, ok := p.places.Add(path); ok && p.exact(r) {
			r.Slot = i + 1
			return
		}
	}
	p.places.Whole = p.places.Whole || p.always
}

// exact places the member whose name is the whole of an access (E5).
func (p *placer) exact(r *program.Ref) bool {
	if r.Whole == "" {
		return true
	}
	path := append(value.PointerSegments(r.Pointer), value.Segment{Name: r.Whole, Named: true})
	i, ok := p.places.Add(path)
	r.ExactSlot = i + 1
	return ok
}

// bodyPath returns where a reference leads, starting from its root.
func bodyPath(r *program.Ref) []value.Segment {
	path := value.PointerSegments(r.Pointer)
	for _, a := range r.Access {
		if a.IsIndex {
			path = append(path, value.Segment{Index: a.Index, Indexed: true})
			continue
		}
		path = append(path, value.PointerSegments([]string{a.Name})...)
	}
	return path
}
