package link

import (
	"github.com/gobelin-dev/gobelin/internal/nearest"
)

// names are the names that something declares. They are indexed, since each of
// many expressions may name each of many things.
type names struct {
	list        []string
	index       map[string]int // of the first of that name, in list
	longest     int            // length of the longest name
	suggestions int            // that were looked for
}

func newNames[T any](list []T, name func(T) string) *names {
	n := &names{list: make([]string, len(list)), index: make(map[string]int, len(list))}
	for i, item := range list {
		n.list[i] = name(item)
		n.longest = max(n.longest, len(n.list[i]))
		if _, known := n.index[n.list[i]]; !known {
			n.index[n.list[i]] = i
		}
	}
	return n
}

// has reports whether a name is declared; of nil, none is.
func (n *names) has(name string) bool {
	if n == nil {
		return false
	}
	_, ok := n.index[name]
	return ok
}

// prefix returns the longest of the names that text is, or begins with before a
// dot, and what follows it (E3).
func (n *names) prefix(text string) (name, rest string) {
	if text != "" && n.has(text) {
		return text, ""
	}
	return n.followed(text)
}

// followed returns the longest of the names that text begins with before a dot,
// and what follows it.
func (n *names) followed(text string) (name, rest string) {
	if n == nil {
		return "", text
	}
	for end := min(n.longest, len(text)-1); end > 0; end-- {
		if text[end] == '.' && n.has(text[:end]) {
			return text[:end], text[end+1:]
		}
	}
	return "", text
}

// maxSuggestions bounds the searches of a list for similar names: a document may
// have as many misspelled names as others.
const maxSuggestions = 200

// hint returns what to add to the message about a name that is not declared: the
// similar ones, or all if they are few.
func (n *names) hint(name string) string {
	if n == nil {
		return ""
	}
	if n.suggestions++; n.suggestions > maxSuggestions {
		return "; too many names are unknown to suggest a similar one"
	}
	return nearest.Choice(name, n.list)
}

// only returns the declared name of this document that must have been meant by
// another one, or "".
func (n *names) only(name string) string { return n.meant(name, nearest.Only) }

// same is only for the names of a description, which need not be right: it
// returns one that differs in case and separators alone.
func (n *names) same(name string) string { return n.meant(name, nearest.Same) }

func (n *names) meant(name string, by func(string, []string) string) string {
	if n.suggestions++; n.suggestions > maxSuggestions {
		return ""
	}
	return by(name, n.list)
}
