package program

import (
	"slices"
	"strconv"

	"github.com/gobelin-dev/gobelin/internal/jsonpath"
	"github.com/gobelin-dev/gobelin/internal/secret"
	"github.com/gobelin-dev/gobelin/internal/value"
)

// A Route leads from a value to a secret in it; an empty one to the value
// itself, with all that it holds.
type Route []Leg

// A Leg leads from a value to one in it: to the member or item of that name, to
// what a Selector Object selects, or to the passwords that a schema declares.
// Likely ends a route to what is only a secret if it looks like one, and URL one
// to the values in the URL of a request of that step.
type Leg struct {
	Name      string
	Selector  *Selector
	Passwords *Passwords
	Likely    bool
	URL       *Step
}

// IsName reports whether the leg leads to a member or an item.
func (l Leg) IsName() bool {
	return l.Selector == nil && l.Passwords == nil && !l.Likely && l.URL == nil
}

// Is reports whether two legs lead to the same.
func (l Leg) Is(other Leg) bool {
	if l.Passwords != nil && other.Passwords != nil {
		return slices.Equal(l.Passwords.Nodes, other.Passwords.Nodes)
	}
	return l == other
}

// Named returns the route that goes by names before it goes on.
func (r Route) Named(names []string) Route {
	out := make(Route, 0, len(names)+len(r))
	for _, name := range names {
		out = append(out, Leg{Name: name})
	}
	return append(out, r...)
}

// Text returns the route to the secret in a text that is made of a value; ok is
// false where only its members have one.
func (r Route) Text() (_ Route, ok bool) {
	switch {
	case len(r) == 0 || r[0].Selector != nil:
		return nil, true
	case r[0].Passwords != nil:
		return nil, r[0].Passwords.whole()
	}
	return r, r[0].Likely
}

// Within returns the rest of a route after names; ok is false where it leads
// elsewhere. What a selector selects there is unknown: all of it is a secret.
func (r Route) Within(names []string) (rest Route, ok bool) {
	for _, name := range names {
		switch {
		case len(r) == 0 || r[0].Selector != nil:
			return nil, true
		case r[0].Likely:
			return r, true
		case r[0].URL != nil:
			return nil, false
		case r[0].Passwords == nil:
			if r[0].Name != name {
				return nil, false
			}
			r = r[1:]
			continue
		case r[0].Passwords.whole():
			return nil, true
		}
		p := r[0].Passwords.child(name)
		if p == nil {
			return nil, false
		}
		if r = p.Route(); len(r) == 0 {
			return nil, true
		}
	}
	return r, true
}

// Route is the route to the passwords.
func (p *Passwords) Route() Route {
	if p.whole() {
		return nil
	}
	return Route{{Passwords: p}}
}

// Names returns the path of the one value that a selector selects; ok is false
// where it can be another or more.
func (s *Selector) Names() (names []string, ok bool) {
	if s.Query == nil {
		return s.Pointer, s.Pointer != nil
	}
	path, ok := s.Query.Path()
	if !ok || !s.Query.Singular() {
		return nil, false
	}
	for _, step := range path {
		switch {
		case step.Kind == jsonpath.NameStep:
			names = append(names, step.Name)
		case step.Kind == jsonpath.IndexStep && step.Index >= 0:
			names = append(names, strconv.Itoa(step.Index))
		default:
			return nil, false
		}
	}
	return names, true
}

// Follow visits the secrets in a value.
func (r Route) Follow(v any, visit func(any)) {
	for _, l := range r {
		ok := true
		switch {
		case l.Passwords != nil:
			l.Passwords.In(v, visit)
			return
		case l.URL != nil:
			return // what is in a URL is known from elsewhere
		case l.Likely:
			ok = secret.Random(value.Text(v))
		case l.Selector != nil:
			v, ok, _ = l.Selector.Apply(nil, v)
		default:
			v, ok = value.Child(v, l.Name)
		}
		if !ok {
			return
		}
	}
	visit(v)
}

// Routes lead to all the secrets in a value; without any it has none.
type Routes []Route

// A value with more secrets than that, or with deeper ones, is secret as a
// whole: a workflow that goes to itself can make routes without end.
const (
	maxRoutes = 64
	maxLegs   = 24
)

// Add adds a route, or a shorter one that includes it. It reports false if there
// already is one that includes it.
func (rs *Routes) Add(r Route) (Route, bool) {
	r = r[:min(len(r), maxLegs)]
	if slices.ContainsFunc(*rs, func(known Route) bool {
		return len(known) <= len(r) && slices.EqualFunc(known, r[:len(known)], Leg.Is)
	}) {
		return nil, false
	}
	if len(*rs) == maxRoutes {
		r = nil
	}
	if len(r) == 0 {
		*rs = (*rs)[:0]
	}
	*rs = append(*rs, r)
	return r, true
}

// Join adds routes; it reports whether one is new.
func (rs *Routes) Join(more Routes) (changed bool) {
	for _, r := range more {
		_, isNew := rs.Add(r)
		changed = isNew || changed
	}
	return changed
}
