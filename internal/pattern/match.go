package pattern

import (
	"errors"
	"sort"
	"strings"
	"unicode/utf8"

	"github.com/gobelin-dev/gobelin/internal/syntax"
)

// ErrBudget reports that a search was given up: the pattern has parts that are
// tried again and again.
var ErrBudget = errors.New("the search takes too long: the regular expression tries the same parts of the text again and again")

// The bounds of a search: more steps for a longer text, but never more than what
// takes about a second.
const (
	minSteps  = 50_000
	perByte   = 1_000
	maxSteps  = 10_000_000
	maxLevels = 20_000 // of repetitions of groups inside one another
)

// A matcher tries to match a pattern (ECMA-262, 22.2.2): each part is a function
// that calls the next one with where it ended.
type matcher struct {
	start  part
	groups int
}

// A part matches from a place of the text on, and calls then with where it ends.
type part func(r *search, at int, then func(at int) bool) bool

// A search is one on a text.
type search struct {
	text   string
	groups []int // where each begins and ends; -1: it has matched nothing
	steps  int   // that are left
	pause  int   // what is left when it looks at done
	done   <-chan struct{}
	levels int
}

func newMatcher(tree *node, groups int) *matcher {
	return &matcher{start: tree.part(false), groups: groups}
}

// match looks for a match that begins anywhere, and says how many steps that took.
func (m *matcher) match(done <-chan struct{}, text string) (found bool, steps int, err error) {
	r := &search{text: text, groups: make([]int, 2*(m.groups+1)), steps: maxSteps, done: done}
	if len(text) < maxSteps/perByte {
		r.steps = min(maxSteps, minSteps+perByte*len(text))
	}
	if done != nil {
		r.pause = r.steps
	}
	given := r.steps
	defer func() {
		steps = given - r.steps
		switch e := recover(); e {
		case nil:
		case any(ErrBudget):
			found, err = false, ErrBudget
		case any(syntax.ErrEnded):
			found, err = false, syntax.ErrEnded
		default:
			panic(e)
		}
	}()
	for at := 0; at <= len(text); at++ {
		if at < len(text) && !utf8.RuneStart(text[at]) {
			continue
		}
		r.forget(0, m.groups+1)
		if m.start(r, at, func(int) bool { return true }) {
			return true, 0, nil
		}
	}
	return false, 0, nil
}

// step counts one step. It also ends a search whose calls are too deep.
func (r *search) step() {
	if r.steps--; r.steps < r.pause || r.levels > maxLevels {
		r.rest()
	}
}

// rest ends the search if it must not go on.
func (r *search) rest() {
	switch {
	case r.steps < 0 || r.levels > maxLevels:
		panic(ErrBudget)
	case syntax.Ended(r.done):
		panic(syntax.ErrEnded)
	}
	r.pause = max(0, r.steps-1<<16)
}

// forget empties the groups from one to before another.
func (r *search) forget(from, to int) {
	for i := 2 * from; i < 2*to; i++ {
		r.groups[i] = -1
	}
}

// part returns what matches a node; backward: towards the beginning of the text.
func (n *node) part(backward bool) part {
	switch n.kind {
	case aSet:
		return setPart(n.characters(), backward)
	case aBeginning:
		return place(func(r *search, at int) bool { return at == 0 || n.multi && r.text[at-1] == '\n' })
	case anEnd:
		return place(func(r *search, at int) bool { return at == len(r.text) || n.multi && r.text[at] == '\n' })
	case aBoundary:
		return place(func(r *search, at int) bool {
			before, after := at > 0 && isWord(r.text[at-1]), at < len(r.text) && isWord(r.text[at])
			return (before != after) != n.not
		})
	case aLook:
		return n.look()
	case aReference:
		return n.reference(backward)
	case aRepetition:
		return n.repetition(backward)
	case aGroup:
		return n.captured(backward)
	}
	parts := make([]part, len(n.nodes))
	for i := range n.nodes {
		parts[i] = n.nodes[i].part(backward)
	}
	if n.kind == anAlternative {
		return func(r *search, at int, then func(int) bool) bool {
			for _, p := range parts {
				if r.step(); p(r, at, then) {
					return true
				}
			}
			return false
		}
	}
	return sequencePart(parts, backward)
}

func isWord(c byte) bool { return isLetter(c) || c >= '0' && c <= '9' || c == '_' }

func place(holds func(r *search, at int) bool) part {
	return func(r *search, at int, then func(int) bool) bool { return holds(r, at) && then(at) }
}

func sequencePart(parts []part, backward bool) part {
	all := part(func(_ *search, at int, then func(int) bool) bool { return then(at) })
	for i := range parts {
		p, rest := parts[len(parts)-1-i], all
		if backward {
			p = parts[i]
		}
		if i == 0 {
			all = p
			continue
		}
		all = func(r *search, at int, then func(int) bool) bool {
			return p(r, at, func(at int) bool { return rest(r, at, then) })
		}
	}
	return all
}

// characters returns the ranges of a set.
func (n *node) characters() []rune {
	ranges, _ := rangesOf(n.set, n.fold)
	return ranges
}

func contains(ranges []rune, r rune) bool {
	i := sort.Search(len(ranges)/2, func(i int) bool { return ranges[2*i+1] >= r })
	return 2*i < len(ranges) && ranges[2*i] <= r
}

// next returns the character at a place and where it ends; size 0: there is none.
func (r *search) next(at int, backward bool) (c rune, end int) {
	if backward {
		c, size := utf8.DecodeLastRuneInString(r.text[:at])
		return c, at - size
	}
	c, size := utf8.DecodeRuneInString(r.text[at:])
	return c, at + size
}

func setPart(ranges []rune, backward bool) part {
	return func(r *search, at int, then func(int) bool) bool {
		r.step()
		c, end := r.next(at, backward)
		return end != at && contains(ranges, c) && then(end)
	}
}

// look matches at a place without moving from it. What groups have matched inside is
// kept if it holds.
func (n *node) look() part {
	inner := n.nodes[0].part(n.behind)
	return func(r *search, at int, then func(int) bool) bool {
		before := append([]int(nil), r.groups...)
		holds := inner(r, at, func(int) bool { return true })
		if holds == n.not {
			copy(r.groups, before)
			return false
		}
		if n.not {
			copy(r.groups, before)
		}
		if then(at) {
			return true
		}
		copy(r.groups, before)
		return false
	}
}

func (n *node) reference(backward bool) part {
	return func(r *search, at int, then func(int) bool) bool {
		r.step()
		begin, end := r.groups[2*n.group], r.groups[2*n.group+1]
		if begin < 0 || end < 0 {
			return then(at) // it has matched nothing
		}
		want, got := r.text[begin:end], ""
		r.steps -= len(want)
		switch {
		case backward && at >= len(want):
			got = r.text[at-len(want) : at]
		case !backward && len(r.text)-at >= len(want):
			got = r.text[at : at+len(want)]
		}
		if len(got) != len(want) || got != want && !(n.fold && strings.EqualFold(got, want)) {
			return false
		}
		if backward {
			return then(at - len(want))
		}
		return then(at + len(want))
	}
}

// captured matches a group and keeps where it matched.
func (n *node) captured(backward bool) part {
	inner := n.nodes[0].part(backward)
	if n.group == 0 {
		return inner
	}
	return func(r *search, at int, then func(int) bool) bool {
		return inner(r, at, func(end int) bool {
			place := r.groups[2*n.group : 2*n.group+2]
			begun, ended := place[0], place[1]
			place[0], place[1] = min(at, end), max(at, end)
			if then(end) {
				return true
			}
			place[0], place[1] = begun, ended
			return false
		})
	}
}

// repetition matches a node again and again.
func (n *node) repetition(backward bool) part {
	inner := n.nodes[0]
	if inner.kind == aSet {
		return n.run(inner.characters(), backward)
	}
	body := inner.part(backward)
	first, last := inner.captures()
	var again func(r *search, at, count int, then func(int) bool) bool
	again = func(r *search, at, count int, then func(int) bool) bool {
		if count == n.max {
			return then(at)
		}
		r.step()
		r.levels++
		defer func() { r.levels-- }()
		if n.lazy && count >= n.min && then(at) {
			return true
		}
		before := append([]int(nil), r.groups[2*first:2*last]...)
		r.forget(first, last)
		if body(r, at, func(end int) bool {
			return (end != at || count < n.min) && again(r, end, max(count+1, n.reached(end == at)), then)
		}) {
			return true
		}
		copy(r.groups[2*first:], before)
		return !n.lazy && count >= n.min && then(at)
	}
	return func(r *search, at int, then func(int) bool) bool { return again(r, at, 0, then) }
}

// reached is the count after a repetition that matched nothing: all the others that
// are asked for match nothing too.
func (n *node) reached(nothing bool) int {
	if nothing {
		return n.min
	}
	return 0
}

// run matches characters of one set in a row.
func (n *node) run(ranges []rune, backward bool) part {
	return func(r *search, at int, then func(int) bool) bool {
		ends := []int{at} // after each of them
		more := func() bool {
			last := ends[len(ends)-1]
			c, end := r.next(last, backward)
			if len(ends)-1 == n.max || end == last || !contains(ranges, c) {
				return false
			}
			r.step()
			ends = append(ends, end)
			return true
		}
		for len(ends) <= n.min {
			if !more() {
				return false
			}
		}
		if n.lazy {
			for {
				if then(ends[len(ends)-1]) {
					return true
				}
				if r.step(); !more() {
					return false
				}
			}
		}
		for more() {
		}
		for ; len(ends) > n.min; ends = ends[:len(ends)-1] {
			if r.step(); then(ends[len(ends)-1]) {
				return true
			}
		}
		return false
	}
}

// captures returns the first group in a node and the one after the last.
func (n *node) captures() (first, after int) {
	if n.kind == aGroup && n.group > 0 {
		first, after = n.group, n.group+1
	}
	for _, inner := range n.nodes {
		if f, a := inner.captures(); a > 0 {
			if after == 0 || f < first {
				first = f
			}
			after = max(after, a)
		}
	}
	return first, after
}
