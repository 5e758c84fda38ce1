package check

import (
	"cmp"
	"math/bits"
	"slices"
)

// history is the set of outcomes that a step can have had when control reaches a
// point.
type history uint8

const (
	unexecuted history = 1 << iota
	hasSucceeded
	hasFailed
)

// outcomeOf is the history of a step right after it.
func outcomeOf(e edge) history {
	if e.failed {
		return hasFailed
	}
	return hasSucceeded
}

// point is where a value is read: before a step has an outcome, after it, or at
// the end of a workflow that has succeeded.
type point struct {
	step    int // or end
	outcome history
}

const end = endSucceeded

// question asks for the history of a step at a point.
type question struct {
	of      int
	at      point
	history history // the answer; 0: none was found within the budget
}

// batch is the number of steps that are analyzed together: the bits of a word.
const batch = 64

// histories are those of the steps of a batch.
type histories struct{ unexecuted, succeeded, failed uint64 }

func (h histories) or(o histories) histories {
	return histories{h.unexecuted | o.unexecuted, h.succeeded | o.succeeded, h.failed | o.failed}
}

// with sets the history of the step with some bit; of no step where bit is 0.
func (h histories) with(bit uint64, now history) histories {
	h = histories{h.unexecuted &^ bit, h.succeeded &^ bit, h.failed &^ bit}
	if now&hasSucceeded != 0 {
		h.succeeded |= bit
	}
	if now&hasFailed != 0 {
		h.failed |= bit
	}
	return h
}

func (h histories) of(bit uint64) (now history) {
	for i, set := range []uint64{h.unexecuted, h.succeeded, h.failed} {
		if set&bit != 0 {
			now |= unexecuted << i
		}
	}
	return now
}

// assignment is the definite assignment of step outputs in a graph. It is computed
// only for steps that are asked about, [batch] of them at a time, and only over
// the part of the graph between a step and the points that ask about it.
type assignment struct {
	*graph
	order     []int   // the reached steps, each after what leads to it, except within a loop
	position  []int   // in order, by step; -1: it is not reached
	first     []int   // the position at which the component of a position begins
	last      []int   // and ends
	earliest  []int   // the least position that leads to a step, by step; -1 for the start
	referrers [][]int // the steps whose retries refer to a step

	bit     []uint64    // of the steps of the batch, by step
	before  []histories // by step
	all     uint64      // the bits in use
	lo      int         // the positions that are looked at
	hi      int
	exits   []int // the steps that lead to the end of a workflow that has succeeded
	atEnd   histories
	lastOut int // the last position of exits
}

func newAssignment(g *graph) *assignment {
	n := len(g.Steps)
	a := &assignment{graph: g, position: make([]int, n), earliest: make([]int, n), referrers: make([][]int, n), bit: make([]uint64, n),
		before: make([]histories, n)}
	for i := range n {
		a.position[i], a.earliest[i] = -1, n
		if g.reached[i] {
			a.order = append(a.order, i)
		}
	}
	slices.SortStableFunc(a.order, func(i, j int) int { return cmp.Compare(g.loop[j], g.loop[i]) })
	a.first, a.last = make([]int, len(a.order)), make([]int, len(a.order))
	for p, i := range a.order {
		a.position[i], a.first[p] = p, p
		if p > 0 && g.loop[a.order[p-1]] == g.loop[i] {
			a.first[p] = a.first[p-1]
		}
	}
	for p := len(a.order) - 1; p >= 0; p-- {
		if a.last[p] = p; p+1 < len(a.order) && a.first[p+1] != p+1 {
			a.last[p] = a.last[p+1]
		}
	}
	for p, i := range a.order {
		for _, e := range g.edges[i] {
			if e.to >= 0 {
				a.earliest[e.to] = min(a.earliest[e.to], p)
			}
			if e.via >= 0 {
				a.referrers[e.via] = append(a.referrers[e.via], i)
			}
			if e.to == endSucceeded && (len(a.exits) == 0 || a.exits[len(a.exits)-1] != i) {
				a.exits, a.lastOut = append(a.exits, i), p
			}
		}
	}
	if n > 0 {
		a.earliest[g.first] = -1
	}
	return a
}

// span is the part of the order that decides the questions about one step.
type span struct {
	of, lo, hi int
	questions  []int
}

// answer answers the questions, in the order of the places that they are about.
func (a *assignment) answer(list []question, left *budget) {
	spans := a.spans(list)
	for len(spans) > 0 {
		n := min(batch, len(spans))
		a.look(spans[:n], list, left)
		spans = spans[n:]
	}
}

// spans groups the questions by the steps that they are about: those with spans
// of similar length are together, in the order of the steps.
func (a *assignment) spans(list []question) (spans []span) {
	known := map[int]int{}
	for q := range list {
		of := list[q].of
		i, ok := known[of]
		if !ok {
			i = len(spans)
			known[of] = i
			spans = append(spans, span{of: of, lo: len(a.order), hi: -1})
			for _, definer := range append(a.referrers[of], of) {
				if p := a.position[definer]; p >= 0 {
					spans[i].lo = min(spans[i].lo, a.first[p])
				}
			}
		}
		s := &spans[i]
		s.questions = append(s.questions, q)
		if list[q].at.step == end {
			s.hi = max(s.hi, a.lastOut)
			continue
		}
		for _, reader := range append(a.referrers[list[q].at.step], list[q].at.step) {
			if p := a.position[reader]; p >= 0 {
				s.hi = max(s.hi, a.last[p])
			}
		}
	}
	slices.SortFunc(spans, func(s, t span) int {
		return cmp.Or(bits.Len(uint(max(0, s.hi-s.lo)/batch))-bits.Len(uint(max(0, t.hi-t.lo)/batch)), s.lo-t.lo, s.of-t.of)
	})
	return spans
}

// look answers the questions about one batch of steps.
func (a *assignment) look(spans []span, list []question, left *budget) {
	a.lo, a.hi, a.all = len(a.order), -1, 0
	asksEnd := false
	for i, s := range spans {
		a.bit[s.of] = 1 << i
		a.all |= 1 << i
		a.lo, a.hi = min(a.lo, s.lo), max(a.hi, s.hi)
		for _, q := range s.questions {
			asksEnd = asksEnd || list[q].at.step == end
		}
	}
	if a.settle(left) {
		if asksEnd {
			a.finish(left)
		}
		for _, s := range spans {
			for _, q := range s.questions {
				list[q].history = a.at(list[q].at).of(a.bit[s.of])
			}
		}
	}
	for _, s := range spans {
		a.bit[s.of] = 0
	}
}

// settle computes the histories before the steps of the analyzed part. It reports
// whether the budget was sufficient.
func (a *assignment) settle(left *budget) bool {
	left.spend(max(0, a.hi-a.lo))
	for p := a.lo; p <= a.hi; p++ {
		i := a.order[p]
		a.before[i] = histories{}
		if a.earliest[i] < a.lo {
			a.before[i].unexecuted = a.all
		}
	}
	for p := a.lo; p <= a.hi; p = a.last[p] + 1 {
		if !a.settleLoop(p, a.last[p], left) {
			return false
		}
	}
	return true
}

// settleLoop settles the steps of one component, at the positions first to last,
// until nothing changes: in their order, then in the opposite one, as most edges
// lead to the next step, or back.
func (a *assignment) settleLoop(first, last int, left *budget) bool {
	for forward, again := true, true; again; forward = !forward {
		again = false
		for n := range last - first + 1 {
			p := first + n
			if !forward {
				p = last - n
			}
			i := a.order[p]
			if !left.spend(1 + len(a.edges[i])) {
				return false
			}
			for _, e := range a.edges[i] {
				if e.to < 0 {
					continue
				}
				if joined := a.before[e.to].or(a.after(i, e)); joined != a.before[e.to] {
					a.before[e.to] = joined
					to := a.position[e.to]
					again = again || first <= to && to <= last && (to == p || (to < p) == forward)
				}
			}
		}
	}
	return true
}

// after returns the histories on an edge.
func (a *assignment) after(i int, e edge) histories {
	h := a.reaching(i).with(a.bit[i], outcomeOf(e))
	if e.via >= 0 {
		h = h.with(a.bit[e.via], hasSucceeded|hasFailed)
	}
	return h
}

// reaching is the histories before a step in the order of the graph. Before
// the part that is analyzed, no step of the batch has been executed.
func (a *assignment) reaching(i int) histories {
	switch p := a.position[i]; {
	case p < 0:
		return histories{}
	case p < a.lo:
		return histories{unexecuted: a.all}
	}
	return a.before[i]
}

// finish computes the histories at the end.
func (a *assignment) finish(left *budget) {
	a.atEnd = histories{}
	left.spend(len(a.exits))
	for _, i := range a.exits {
		for _, e := range a.edges[i] {
			if e.to == endSucceeded {
				a.atEnd = a.atEnd.or(a.after(i, e))
			}
		}
	}
}

// at returns the histories at a point. A step that a retry refers to is executed
// at that moment too; nothing follows it.
func (a *assignment) at(p point) histories {
	if p.step == end {
		return a.atEnd
	}
	h := a.reaching(p.step)
	for _, i := range a.referrers[p.step] {
		h = h.or(a.reaching(i).with(a.bit[i], hasFailed))
	}
	if p.outcome != 0 {
		h = h.with(a.bit[p.step], p.outcome)
	}
	return h
}
