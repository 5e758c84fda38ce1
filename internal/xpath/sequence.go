package xpath

import (
	"fmt"
	"math"
	"math/big"
	"slices"
	"strings"
)

// The functions on sequences.

// same is equality as in distinct-values, index-of and deep-equal.
func (s *scope) same(a, b item) bool {
	if isNaN(a) && isNaN(b) {
		return true
	}
	equal, ok := s.compareValues("eq", asString(a), asString(b))
	return ok && equal
}

func distinctValues(s *scope, args []seq) seq {
	var kept seq
	alike := map[any]seq{} // equal values have the same key
	for _, a := range s.atomize(args[0]) {
		key := any(asString(a))
		switch {
		case isNaN(a):
			key = "NaN"
		case isNumber(a):
			key = float(a)
		}
		s.scan(a)
		s.visit(1 + len(alike[key]))
		if !slices.ContainsFunc(alike[key], func(k item) bool { return s.same(a, k) }) {
			kept = append(kept, a)
			alike[key] = append(alike[key], a)
		}
	}
	return kept
}

func indexOf(s *scope, args []seq) seq {
	wanted := s.one(args[1])
	if wanted == nil {
		failf("expected a value to look for, found the empty sequence")
	}
	var places seq
	for i, a := range s.atomize(args[0]) {
		s.visit(1)
		if !isNaN(a) && s.same(a, wanted) {
			places = append(places, big.NewInt(int64(i+1)))
		}
	}
	return places
}

func reverse(s *scope, args []seq) seq {
	s.visit(len(args[0]))
	r := slices.Clone(args[0])
	slices.Reverse(r)
	return r
}

func subsequence(s *scope, args []seq) seq {
	start, stop := nearest(s.double(args[1])), math.Inf(1)
	if len(args) > 2 {
		stop = start + nearest(s.double(args[2]))
	}
	s.visit(len(args[0]))
	var kept seq
	for i, v := range args[0] {
		if at := float64(i + 1); at >= start && at < stop {
			kept = append(kept, v)
		}
	}
	return kept
}

func insertBefore(s *scope, args []seq) seq {
	at := s.place(args[1], 1, len(args[0])+1)
	s.visit(len(args[0]) + len(args[2]))
	return slices.Concat(args[0][:at-1], args[2], args[0][at-1:])
}

func remove(s *scope, args []seq) seq {
	at := s.place(args[1], 0, len(args[0])+1)
	if at == 0 || at > len(args[0]) {
		return args[0]
	}
	s.visit(len(args[0]))
	return slices.Concat(args[0][:at-1], args[0][at:])
}

func ofLength(wanted string, fits func(int) bool) evaluation {
	return func(_ *scope, args []seq) seq {
		if !fits(len(args[0])) {
			failf("expected %s, found %d", wanted, len(args[0]))
		}
		return args[0]
	}
}

// deepEqual is fn:deep-equal (Functions and Operators 15.3.1).
func deepEqual(s *scope, args []seq) seq {
	a, b := args[0], args[1]
	if len(a) != len(b) {
		return seq{false}
	}
	for i := range a {
		s.visit(1)
		x, isNode := a[i].(*node)
		y, both := b[i].(*node)
		if isNode != both || isNode && !s.sameTree(x, y) || !isNode && !s.same(a[i], b[i]) {
			return seq{false}
		}
	}
	return seq{true}
}

// sameTree compares nodes; it ignores comments and processing instructions
// within them.
func (s *scope) sameTree(a, b *node) bool {
	if a.kind != b.kind || a.local != b.local || a.uri != b.uri {
		return false
	}
	s.visit(4 * (a.weight + b.weight))
	var x, y strings.Builder
	a.outline(&x)
	b.outline(&y)
	return x.String() == y.String()
}

// outline writes a node as deep-equal sees it: quoted, so that no text can look
// like another node.
func (n *node) outline(b *strings.Builder) {
	fmt.Fprintf(b, "(%d%q%q%q", n.kind, n.uri, n.local, n.data)
	var attributes []string
	content := n.at + 1
	for ; content < n.end && n.doc.nodes[content].kind == attributeNode; content++ {
		a := n.doc.nodes[content]
		attributes = append(attributes, fmt.Sprintf("%q%q%q", a.uri, a.local, a.data))
	}
	slices.Sort(attributes)
	fmt.Fprint(b, attributes)
	for at := content; at < n.end; at = n.doc.nodes[at].end {
		if c := n.doc.nodes[at]; c.kind == elementNode || c.kind == textNode {
			c.outline(b)
		}
	}
	b.WriteByte(')')
}
