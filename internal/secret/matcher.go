package secret

import "strings"

// matcher finds all spellings of secrets in one pass over a text
// (Aho-Corasick): the time depends on the text, not on the number of secrets.
type matcher struct {
	secrets []string
	states  []state
	root    [256]int32         // the states after the root; 0: none
	rest    map[int32][]string // the rests of spellings longer than maxSpelling, by the state of their beginning
}

// state is a node in the trie of the spellings.
type state struct {
	child, next int32 // the first state after it, and its next sibling
	fail        int32 // the state of the longest suffix of its text that begins a spelling
	match       int32 // length of the longest spelling that its text ends with; 0: none
	by          byte
}

// maxSpelling is how much of a spelling is in the trie, which keeps it small;
// the rest is compared where the beginning is found.
const maxSpelling = 1 << 10

func newMatcher(secrets []string) *matcher {
	m := &matcher{secrets: secrets, states: make([]state, 1, 64)}
	for _, secret := range secrets {
		for _, form := range spellings(secret) {
			m.insert(form)
		}
	}
	m.link()
	return m
}

func (m *matcher) insert(form string) {
	at, length := int32(0), min(len(form), maxSpelling)
	for i := range length {
		next := m.step(at, form[i])
		if next == 0 {
			next = int32(len(m.states))
			m.states = append(m.states, state{by: form[i], next: m.states[at].child})
			m.states[at].child = next
			if at == 0 {
				m.root[form[i]] = next
			}
		}
		at = next
	}
	m.states[at].match = int32(length)
	if length < len(form) {
		if m.rest == nil {
			m.rest = map[int32][]string{}
		}
		m.rest[at] = append(m.rest[at], form[length:])
	}
}

// step returns the state after one, or 0 if there is none.
func (m *matcher) step(at int32, by byte) int32 {
	if at == 0 {
		return m.root[by]
	}
	next := m.states[at].child
	for next != 0 && m.states[next].by != by {
		next = m.states[next].next
	}
	return next
}

// link sets the failure link of each state, from the shortest to the longest.
func (m *matcher) link() {
	queue := make([]int32, 0, len(m.states))
	for child := m.states[0].child; child != 0; child = m.states[child].next {
		queue = append(queue, child)
	}
	for i := 0; i < len(queue); i++ {
		at := queue[i]
		for child := m.states[at].child; child != 0; child = m.states[child].next {
			fail := m.follow(m.states[at].fail, m.states[child].by)
			m.states[child].fail = fail
			if m.states[child].match == 0 {
				m.states[child].match = m.states[fail].match
			}
			queue = append(queue, child)
		}
	}
}

// follow returns the state after one more byte.
func (m *matcher) follow(at int32, by byte) int32 {
	for {
		if next := m.step(at, by); next != 0 || at == 0 {
			return next
		}
		at = m.states[at].fail
	}
}

// find appends the spans of the spellings in a text, in order of their ends.
func (m *matcher) find(spans []span, text string) []span {
	at := int32(0)
	for i := range len(text) {
		if at == 0 {
			at = m.root[text[i]]
		} else {
			at = m.follow(at, text[i])
		}
		length := int(m.states[at].match)
		if length == 0 {
			continue
		}
		found := span{i + 1 - length, i + 1}
		for _, rest := range m.rest[at] {
			if strings.HasPrefix(text[i+1:], rest) {
				found.end = max(found.end, i+1+len(rest))
			}
		}
		if last := len(spans) - 1; last >= 0 && spans[last].start >= found.start && spans[last].end <= found.end {
			spans[last] = found // the text of the last one goes on
			continue
		}
		spans = append(spans, found)
	}
	return spans
}
