package xpath

import (
	"fmt"
	"math/big"
	"slices"
	"unicode/utf8"

	"github.com/gobelin-dev/gobelin/internal/syntax"
)

// An expression is compiled to a function that evaluates it to a sequence. An
// evaluation that fails panics with an evalError.
type expression func(*scope) seq

type evalError string

func failf(format string, args ...any) { panic(evalError(fmt.Sprintf(format, args...))) }

// shown returns a text for a message: whole, so that a secret in it can be
// found, or not at all.
func shown(text string) string {
	if n := utf8.RuneCountInString(text); n > 80 {
		return fmt.Sprintf("(a text of %d characters)", n)
	}
	return `"` + text + `"`
}

// scope is the dynamic context (§2.1.2 of 2.0, §1 of 1.0).
type scope struct {
	item           item
	position, size int
	vars           *binding
	run            *run
}

type binding struct {
	value seq
	outer *binding
}

// run is one evaluation of a whole expression.
type run struct {
	doc      *document
	version  version
	patterns map[string]*pattern // by flags and text
	visits   int
	pause    int             // how many there are when it looks at done
	done     <-chan struct{} // closed when nobody waits for it; nil: somebody does
}

const maxText = maxDocument

var maxVisits = 8 << 20 // less in tests

// visit accounts for work, in units of the time to visit a node. It is called
// before the work, so that too much work is never begun.
func (r *run) visit(n int) {
	if r.visits += n; r.visits > r.pause {
		r.rest()
	}
}

// rest ends the evaluation if it must not go on.
func (r *run) rest() {
	switch {
	case r.visits > maxVisits:
		failf("the evaluation visits more than %d nodes", maxVisits)
	case syntax.Ended(r.done):
		panic(syntax.ErrEnded)
	}
	r.pause = maxVisits
	if r.done != nil {
		r.pause = min(maxVisits, r.visits+1<<14)
	}
}

func (s *scope) visit(n int) { s.run.visit(n) }

// read accounts for the text of an item that is used as a whole.
func (s *scope) read(v item) {
	switch v := v.(type) {
	case *node:
		s.visit(v.weight)
	case string:
		s.visit(len(v) / 256)
	case untyped:
		s.visit(len(v) / 256)
	}
}

// scan accounts for the text of an item that is read character by character.
func (s *scope) scan(v item) {
	switch v.(type) {
	case string, untyped, uri:
		s.visit(len(stringOf(v)) / 16)
	}
}

// built accounts for a text before it is made.
func (s *scope) built(length int) {
	if length > maxText {
		failf("a text is longer than %d bytes", maxText)
	}
	s.visit(1 + length/16)
}

// append accounts for the items that are added to a sequence.
func (s *scope) append(all, more seq) seq {
	s.visit(1 + len(more))
	return append(all, more...)
}

// bind returns the scope of an expression with a variable.
func (s *scope) bind(value ...item) *scope {
	inner := *s
	inner.vars = &binding{value, s.vars}
	return &inner
}

func bindTo(in, body expression) expression {
	return func(s *scope) seq { return body(s.bind(in(s)...)) }
}

func forEach(in, body expression) expression {
	return func(s *scope) (all seq) {
		for _, it := range in(s) {
			all = s.append(all, body(s.bind(it)))
		}
		return all
	}
}

// quantified evaluates some or every.
func quantified(some bool) func(in, body expression) expression {
	return func(in, body expression) expression {
		return func(s *scope) seq {
			for _, it := range in(s) {
				s.visit(1)
				if ebv(body(s.bind(it))) == some {
					return seq{some}
				}
			}
			return seq{!some}
		}
	}
}

// lookUp evaluates a reference to a variable with as many others between.
func lookUp(others int) expression {
	return func(s *scope) seq {
		b := s.vars
		for range others {
			b = b.outer
		}
		return b.value
	}
}

func root(s *scope) seq {
	if _, ok := s.item.(*node); !ok {
		failf("expected a node before /, found %s", typeName(s.item))
	}
	return seq{s.run.doc.nodes[0]}
}

// step selects nodes along an axis, and then by each predicate in turn.
func step(axis axis, test nodeTest, predicates []expression) expression {
	return func(s *scope) seq {
		n, ok := s.item.(*node)
		if !ok {
			failf("expected a node before a step, found %s", typeName(s.item))
		}
		var found seq
		axis(s.run, n, func(m *node) {
			if test(s, m) {
				found = append(found, m)
			}
		})
		for _, predicate := range predicates {
			found = s.filter(found, predicate)
		}
		return s.ordered(found)
	}
}

// each evaluates an expression with one item after another as its context.
func (s *scope) each(v seq, e expression, use func(it item, result seq)) {
	inner := *s
	inner.size = len(v)
	for i, it := range v {
		s.visit(1)
		inner.item, inner.position = it, i+1
		use(it, e(&inner))
	}
}

func (s *scope) filter(v seq, predicate expression) (kept seq) {
	position := int64(0)
	s.each(v, predicate, func(it item, test seq) {
		position++
		holds := false
		if len(test) == 1 && isNumber(test[0]) {
			holds, _ = s.compareValues("eq", test[0], big.NewInt(position))
		} else {
			holds = ebv(test)
		}
		if holds {
			kept = append(kept, it)
		}
	})
	return kept
}

// mapping is the operator ! (XPath 3.0 §3.14).
func mapping(from, to expression) expression {
	return func(s *scope) (all seq) {
		s.each(from(s), to, func(_ item, v seq) { all = s.append(all, v) })
		return all
	}
}

// path is E1/E2 (§3.2): nodes are returned in document order, atomic values as
// they are found.
func path(from, to expression) expression {
	selected := mapping(func(s *scope) seq { return s.nodes(from(s)) }, to)
	return func(s *scope) seq {
		found := selected(s)
		for _, it := range found {
			if isA[*node](it) != isA[*node](found[0]) {
				failf("a path selects either nodes or values, not both")
			}
		}
		if len(found) == 0 || !isA[*node](found[0]) {
			return found
		}
		return s.ordered(found)
	}
}

// nodes returns a sequence that must consist of nodes.
func (s *scope) nodes(v seq) seq {
	for _, it := range v {
		if !isA[*node](it) {
			failf("expected nodes, found %s", typeName(it))
		}
	}
	return v
}

// ordered sorts nodes into document order, without duplicates.
func (s *scope) ordered(v seq) seq {
	s.visit(len(v))
	inOrder := func(a, b item) int { return a.(*node).at - b.(*node).at }
	if !slices.IsSortedFunc(v, inOrder) {
		slices.SortFunc(v, inOrder)
	}
	return slices.Compact(v)
}
