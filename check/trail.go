package check

import (
	"slices"
	"strconv"

	"github.com/gobelin-dev/gobelin/arazzo"
)

// trail is a shortest path on which a step has some history: the entry of the
// workflow and the edges taken; empty if the budget did not suffice to find it.
type trail []taken

type taken struct {
	from int
	edge
}

// search finds trails in one graph. A trail is valid until the next search.
type search struct {
	visits []visit
	seen   []int // the number of the search that came to a place, by place
	count  int
	way    trail
}

// visit is that of a step with a history of the one that is asked about.
type visit struct {
	at       int
	history  history
	previous int
	by       taken
}

// trail returns a shortest path to a point on which a step has a history.
func (s *search) trail(g *graph, to point, of int, h history, left *budget) trail {
	const ends, histories = 4, hasFailed + 1 // see endHandedOver
	if s.seen == nil {
		s.seen = make([]int, (len(g.Steps)+ends)*int(histories))
	}
	s.count++
	s.visits, s.way = s.visits[:0], s.way[:0]
	come := func(v visit) {
		if place := (v.at+ends)*int(histories) + int(v.history); s.seen[place] != s.count {
			s.seen[place] = s.count
			s.visits = append(s.visits, v)
		}
	}
	come(visit{at: g.first, history: unexecuted, previous: -1})
	for n := 0; n < len(s.visits) && left.spend(1); n++ {
		v := s.visits[n]
		if v.at == to.step && v.history == h {
			s.way = append(s.way, taken{from: -1, edge: edge{to: g.first, via: -1}})
			for ; v.previous >= 0; v = s.visits[v.previous] {
				s.way = append(s.way, v.by)
			}
			slices.Reverse(s.way[1:])
			return s.way
		}
		if v.at < 0 {
			continue
		}
		for _, e := range g.edges[v.at] {
			next := visit{e.to, v.history, n, taken{v.at, e}}
			if v.at == of {
				next.history = outcomeOf(e)
			} else if e.via == of {
				next.history = hasSucceeded
			}
			come(next)
		}
	}
	return nil
}

// text describes a trail in one phrase.
func (t trail) text(g *graph) string {
	if len(t) == 0 {
		return "some path"
	}
	const most = 9
	text := "the path "
	for i, taken := range t {
		switch {
		case taken.to < 0:
			return text
		case i == most && len(t) > most+1:
			return text + " → …"
		case i > 0:
			text += " → "
		}
		text += strconv.Quote(g.Steps[taken.to].Decl.StepID)
	}
	return text
}

// turns returns the places at which a trail leaves the order of the steps.
func (t trail) turns(g *graph) (list []arazzo.Related) {
	for _, taken := range t {
		if taken.action == nil || taken.action.Kind == "retry" || len(list) == mostNames {
			continue
		}
		outcome := "succeeds"
		if taken.failed {
			outcome = "fails"
		}
		list = append(list, related(g.Document, taken.action.Listed, "when step %q %s, action %q %s", g.Steps[taken.from].Decl.StepID, outcome,
			taken.action.Name, whereTo(taken.action)))
	}
	return list
}
