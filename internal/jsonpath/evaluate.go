package jsonpath

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/theory/jsonpath/spec"

	"github.com/gobelin-dev/gobelin/internal/syntax"
	"github.com/gobelin-dev/gobelin/internal/value"
)

// ErrBudget reports that an evaluation was given up: queries inside of queries, and
// descents after descents, can look at the same nodes again and again.
var ErrBudget = fmt.Errorf("the evaluation is given up: it looks at more than %d values, or selects too many", maxLooks)

// maxLooks is how many values an evaluation looks at, at most, which takes about a
// second; maxSelected is how many it selects.
const (
	maxLooks    = 30_000_000
	maxSelected = 5_000_000
)

// An evaluation is one of a query or a condition.
type evaluation struct {
	root    any
	left    int
	pause   int             // what is left when it looks at done
	done    <-chan struct{} // closed when nobody waits for it; nil: somebody does
	ordered bool            // members are visited in the order of their names
	located bool            // places are kept
}

// within evaluates, up to the budget, or until done is closed.
func within(root any, done <-chan struct{}, evaluate func(e *evaluation)) (err error) {
	defer func() {
		switch r := recover(); r {
		case nil:
		case any(ErrBudget):
			err = ErrBudget
		case any(syntax.ErrEnded):
			err = syntax.ErrEnded
		default:
			panic(r)
		}
	}()
	e := &evaluation{root: root, left: maxLooks, done: done}
	if done != nil {
		e.pause = maxLooks
	}
	evaluate(e)
	return nil
}

// look counts what is looked at.
func (e *evaluation) look(n int) {
	if e.left -= n; e.left < e.pause {
		e.rest()
	}
}

// rest ends the evaluation if it must not go on.
func (e *evaluation) rest() {
	switch {
	case e.left < 0:
		panic(ErrBudget)
	case syntax.Ended(e.done):
		panic(syntax.ErrEnded)
	}
	e.pause = max(0, e.left-1<<16)
}

// A place is where a node is.
type place struct {
	parent *place
	key    any // string or int
}

func (p *place) keys() []any {
	list := []any{}
	for ; p != nil && p.key != nil; p = p.parent {
		list = append(list, p.key)
	}
	slices.Reverse(list)
	return list
}

func (e *evaluation) under(at *place, key any) *place {
	if !e.located {
		return nil
	}
	return &place{at, key}
}

// A visitor is called with each node; it returns false when it has seen enough.
type visitor func(v any, at *place) bool

// each visits what a path selects.
func (e *evaluation) each(p *path, current any, visit visitor) bool {
	if !p.relative {
		current = e.root
	}
	return e.follow(p.segments, current, nil, visit)
}

// one returns what a singular path selects.
func (e *evaluation) one(p *path, current any) (any, bool) {
	if !p.relative {
		current = e.root
	}
	for i := range p.segments {
		e.look(1)
		s := &p.segments[i].selectors[0]
		ok := false
		if s.kind == selectName {
			var members map[string]any
			if members, ok = current.(map[string]any); ok {
				current, ok = members[s.name]
			}
		} else {
			current, ok = item(current, s.index)
		}
		if !ok {
			return nil, false
		}
	}
	return current, true
}

func item(v any, index int) (any, bool) {
	items, ok := v.([]any)
	if index < 0 {
		index += len(items)
	}
	if !ok || index < 0 || index >= len(items) {
		return nil, false
	}
	return items[index], true
}

func (e *evaluation) follow(segments []segment, v any, at *place, visit visitor) bool {
	e.look(1)
	if len(segments) == 0 {
		return visit(v, at)
	}
	s, rest := &segments[0], segments[1:]
	for i := range s.selectors {
		if !e.selects(&s.selectors[i], v, at, func(v any, at *place) bool { return e.follow(rest, v, at, visit) }) {
			return false
		}
	}
	if !s.inside {
		return true
	}
	return e.children(v, at, func(child any, at *place) bool { return e.follow(segments, child, at, visit) })
}

// children visits those of an array or object.
func (e *evaluation) children(v any, at *place, visit visitor) bool {
	switch v := v.(type) {
	case []any:
		for i := range v {
			if e.look(1); !visit(v[i], e.under(at, i)) {
				return false
			}
		}
	case map[string]any:
		if e.ordered {
			e.look(len(v))
			for _, name := range slices.Sorted(maps.Keys(v)) {
				if e.look(1); !visit(v[name], e.under(at, name)) {
					return false
				}
			}
			return true
		}
		for name, member := range v {
			if e.look(1); !visit(member, e.under(at, name)) {
				return false
			}
		}
	}
	return true
}

func (e *evaluation) selects(s *selector, v any, at *place, visit visitor) bool {
	switch s.kind {
	case selectName:
		if members, ok := v.(map[string]any); ok {
			if member, ok := members[s.name]; ok {
				return visit(member, e.under(at, s.name))
			}
		}
	case selectIndex:
		if found, ok := item(v, s.index); ok {
			index := s.index
			if index < 0 {
				index += len(v.([]any))
			}
			return visit(found, e.under(at, index))
		}
	case selectSlice:
		if items, ok := v.([]any); ok {
			return e.slice(s.slice, items, at, visit)
		}
	case selectAll:
		return e.children(v, at, visit)
	case selectFilter:
		return e.children(v, at, func(child any, at *place) bool {
			return !s.filter.holds(e, child) || visit(child, at)
		})
	}
	return true
}

func (e *evaluation) slice(s spec.SliceSelector, items []any, at *place, visit visitor) bool {
	lower, upper := s.Bounds(len(items))
	switch step := s.Step(); {
	case step > 0:
		for i := lower; i < upper; i += step {
			if e.look(1); !visit(items[i], e.under(at, i)) {
				return false
			}
		}
	case step < 0:
		for i := upper; i > lower; i += step {
			if e.look(1); !visit(items[i], e.under(at, i)) {
				return false
			}
		}
	}
	return true
}

func (list anyOf) holds(e *evaluation, current any) bool {
	for _, t := range list {
		if t.holds(e, current) {
			return true
		}
	}
	return false
}

func (list allOf) holds(e *evaluation, current any) bool {
	for _, t := range list {
		if !t.holds(e, current) {
			return false
		}
	}
	return true
}

func (n negation) holds(e *evaluation, current any) bool { return !n.test.holds(e, current) }

func (x exists) holds(e *evaluation, current any) bool {
	return !e.each(x.path, current, func(any, *place) bool { return false })
}

func (c comparison) holds(e *evaluation, current any) bool {
	a, isA := c.left.value(e, current)
	b, isB := c.right.value(e, current)
	switch c.operator {
	case "==":
		return e.equal(a, isA, b, isB)
	case "!=":
		return !e.equal(a, isA, b, isB)
	case "<":
		return e.less(a, b)
	case ">":
		return e.less(b, a)
	case "<=":
		return e.less(a, b) || e.equal(a, isA, b, isB)
	}
	return e.less(b, a) || e.equal(a, isA, b, isB)
}

// equal compares as RFC 9535 does (§2.3.5.2.2).
func (e *evaluation) equal(a any, isA bool, b any, isB bool) bool {
	if !isA || !isB {
		return isA == isB
	}
	return e.same(a, b)
}

// same compares values and counts what it looks at.
func (e *evaluation) same(a, b any) bool {
	e.look(1)
	switch a := a.(type) {
	case string:
		e.look(len(a) / 64)
	case []any:
		b, ok := b.([]any)
		return ok && slices.EqualFunc(a, b, e.same)
	case map[string]any:
		b, ok := b.(map[string]any)
		return ok && maps.EqualFunc(a, b, e.same)
	}
	return value.Equal(a, b)
}

func (e *evaluation) less(a, b any) bool {
	e.look(1)
	if x, ok := a.(string); ok {
		e.look(len(x) / 64)
		y, ok := b.(string)
		return ok && strings.Compare(x, y) < 0
	}
	return value.IsNumber(a) && value.IsNumber(b) && value.CompareNumbers(a, b) < 0
}

func (c constant) value(*evaluation, any) (any, bool) { return c.v, c.v != any(nothing{}) }

func (s single) value(e *evaluation, current any) (any, bool) { return e.one(s.path, current) }

func (s selection) value(*evaluation, any) (any, bool) { return nil, false } // it is no value, but nodes

func (c call) value(e *evaluation, current any) (any, bool) {
	if v, ok := c.result(e, current).(*spec.ValueType); ok && v != nil {
		return plainNumber(v.Value()), true
	}
	return nil, false
}

// plainNumber makes a value of what a function returns.
func plainNumber(v any) any {
	if n, ok := v.(int); ok {
		return int64(n)
	}
	return v
}

func (c call) holds(e *evaluation, current any) bool {
	switch v := c.result(e, current).(type) {
	case spec.LogicalType:
		return v.Bool()
	case spec.NodesType:
		return len(v) > 0
	}
	return false
}

func (c call) result(e *evaluation, current any) spec.PathValue {
	if c.evaluate == nil {
		return nil
	}
	arguments := make([]spec.PathValue, len(c.arguments))
	for i, a := range c.arguments {
		if s, ok := a.(selection); ok {
			var nodes spec.NodesType
			e.each(s.path, current, func(v any, _ *place) bool {
				e.look(8) // they take memory
				nodes = append(nodes, v)
				return true
			})
			arguments[i] = nodes
			continue
		}
		if v, ok := a.value(e, current); ok {
			if text, ok := v.(string); ok {
				e.look(len(text)/8 + 1)
			}
			arguments[i] = spec.Value(v)
		}
	}
	return c.evaluate(arguments)
}
