package runtime

import (
	"slices"
	"strconv"

	"github.com/gobelin-dev/gobelin/internal/jsonpath"
	"github.com/gobelin-dev/gobelin/internal/secret"
	"github.com/gobelin-dev/gobelin/internal/value"
)

// A route leads from a value to a secret in it; an empty one to the value
// itself, with all that it holds.
type route []leg

// A leg leads from a value to one in it: to the member or item of that name, to
// what a Selector Object selects, or to the passwords that a schema declares.
// likely ends a route to what is only a secret if it looks like one, url one to
// the values in the URL of a request of that step.
type leg struct {
	name      string
	selector  *selector
	passwords *passwords
	likely    bool
	url       *step
}

func (l leg) isName() bool {
	return l.selector == nil && l.passwords == nil && !l.likely && l.url == nil
}

func (l leg) is(other leg) bool {
	if l.passwords != nil && other.passwords != nil {
		return slices.Equal(l.passwords.nodes, other.passwords.nodes)
	}
	return l == other
}

// named returns the route that goes by names before it goes on.
func (r route) named(names []string) route {
	out := make(route, 0, len(names)+len(r))
	for _, name := range names {
		out = append(out, leg{name: name})
	}
	return append(out, r...)
}

// text returns the route to the secret in a text that is made of a value; ok is
// false where only its members have one.
func (r route) text() (_ route, ok bool) {
	switch {
	case len(r) == 0 || r[0].selector != nil:
		return nil, true
	case r[0].passwords != nil:
		return nil, r[0].passwords.whole()
	}
	return r, r[0].likely
}

// within returns the rest of a route after names; ok is false where it leads
// elsewhere. What a selector selects there is not known: it is all a secret.
func (r route) within(names []string) (rest route, ok bool) {
	for _, name := range names {
		switch {
		case len(r) == 0 || r[0].selector != nil:
			return nil, true
		case r[0].likely:
			return r, true
		case r[0].url != nil:
			return nil, false
		case r[0].passwords == nil:
			if r[0].name != name {
				return nil, false
			}
			r = r[1:]
			continue
		case r[0].passwords.whole():
			return nil, true
		}
		p := r[0].passwords.child(name)
		if p == nil {
			return nil, false
		}
		if r = p.route(); len(r) == 0 {
			return nil, true
		}
	}
	return r, true
}

// route is the route to the passwords.
func (p *passwords) route() route {
	if p.whole() {
		return nil
	}
	return route{{passwords: p}}
}

// names returns the path of the one value that a selector selects; ok is false
// where it can be another or more.
func (s *selector) names() (names []string, ok bool) {
	if s.query == nil {
		return s.pointer, s.pointer != nil
	}
	path, ok := s.query.Path()
	if !ok || !s.query.Singular() {
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

// follow visits the secrets in a value.
func (r route) follow(v any, visit func(any)) {
	for _, l := range r {
		ok := true
		switch {
		case l.passwords != nil:
			l.passwords.in(v, visit)
			return
		case l.url != nil:
			return // what is in a URL is known from elsewhere
		case l.likely:
			ok = secret.Random(value.Text(v))
		case l.selector != nil:
			v, ok = l.selector.apply(v)
		default:
			v, ok = value.Child(v, l.name)
		}
		if !ok {
			return
		}
	}
	visit(v)
}

// routes lead to all the secrets in a value; without any it has none.
type routes []route

// A value with more secrets than that, or with deeper ones, is secret as a
// whole: a workflow that goes to itself can make routes without end.
const (
	maxRoutes = 64
	maxLegs   = 24
)

// add adds a route, or a shorter one that includes it. It reports false where
// one that includes it is there already.
func (rs *routes) add(r route) (route, bool) {
	r = r[:min(len(r), maxLegs)]
	if slices.ContainsFunc(*rs, func(known route) bool {
		return len(known) <= len(r) && slices.EqualFunc(known, r[:len(known)], leg.is)
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
