package pattern

import (
	"strings"
	"unicode/utf8"
)

// maxSample bounds the text that [Sample] makes, in bytes.
const maxSample = 4 << 10

// Sample returns a short text that a regular expression matches, of at least least
// characters where that is a matter of repeating something; ok is false if none was found.
// Look-around and what only RE2 has may be too much for it.
func Sample(text string, least int) (sample string, ok bool) {
	compiled, err := Compile(text)
	if err != nil {
		return "", false
	}
	tree, _, err := parse(text)
	if err != nil {
		return "", false
	}
	for more := 0; ; more++ {
		w := sampler{more: more}
		w.node(tree)
		sample = w.b.String()
		matches, known := compiled.Matches(sample)
		enough := utf8.RuneCountInString(sample) >= least
		switch {
		case w.full || !known || !matches && !w.repeats:
			return "", false
		case matches && (enough || !w.repeats || more > least):
			return sample, true
		case more > max(least, 2):
			return "", false
		}
	}
}

// sampler writes a text that a pattern matches: the first of alternatives, and as few
// repetitions as there may be, or some more.
type sampler struct {
	b       strings.Builder
	more    int
	repeats bool // more would make a difference
	full    bool
	groups  map[int]string
}

func (s *sampler) node(n *node) {
	if s.full = s.full || s.b.Len() > maxSample; s.full {
		return
	}
	switch n.kind {
	case aSet:
		s.b.WriteRune(plainest(n.characters()))
	case aSequence:
		for _, inner := range n.nodes {
			s.node(inner)
		}
	case anAlternative:
		s.node(n.nodes[0])
	case aGroup:
		start := s.b.Len()
		for _, inner := range n.nodes {
			s.node(inner)
		}
		if n.group > 0 {
			if s.groups == nil {
				s.groups = map[int]string{}
			}
			s.groups[n.group] = s.b.String()[start:]
		}
	case aReference:
		s.b.WriteString(s.groups[n.group])
	case aRepetition:
		times := n.min + s.more
		if n.max >= 0 {
			times = min(times, n.max)
		}
		s.repeats = s.repeats || n.max < 0 || times < n.max
		for range times {
			s.node(n.nodes[0])
		}
	}
}

// plainest returns a character of a set: a letter or a digit, if it has one.
func plainest(ranges []rune) rune {
	for _, c := range "a1A-_ " {
		if contains(ranges, c) {
			return c
		}
	}
	if len(ranges) == 0 {
		return utf8.RuneError // nothing matches
	}
	return ranges[0]
}
