// Package nearest finds the names that an author may have meant.
package nearest

import (
	"fmt"
	"slices"
	"strings"
	"unicode"
)

// Names returns up to three candidates that name may be a misspelling of, the
// closest first, or none if there is none. Each word of a name may be misspelled; a name with
// another word, such as getOrder for listOrder, means something else.
func Names(name string, candidates []string) []string {
	type scored struct {
		name     string
		distance int
	}
	const most = 3
	var close []scored
	plain, words := Plain(name), Words(name)
	limit := max(1, len(plain)/3)
	for _, c := range candidates {
		d := distance(plain, Plain(c), limit)
		if d > limit || len(close) == most && d >= close[most-1].distance || d > 0 && !meantAlike(words, Words(c)) {
			continue
		}
		if len(close) == most {
			close = close[:most-1]
		}
		close = append(close, scored{c, d})
		slices.SortStableFunc(close, func(a, b scored) int { return a.distance - b.distance })
	}
	var names []string
	for _, s := range close {
		if s.distance > 0 && close[0].distance == 0 {
			break // one is the same but for case and separators
		}
		names = append(names, s.name)
	}
	return names
}

// Only returns the candidate that must have been meant: the one that is very
// close to name while no other is close. It returns "" if there is none.
func Only(name string, candidates []string) string {
	names := Names(name, slices.Compact(slices.Sorted(slices.Values(candidates))))
	if len(names) != 1 || names[0] == name || len(name) < 3 || digits(names[0]) != digits(name) {
		return ""
	}
	a, b := Plain(name), Plain(names[0])
	if limit := max(1, len(a)/6); distance(a, b, limit) > limit {
		return ""
	}
	return names[0]
}

// Same returns the candidate that differs from name in case and separators only,
// if it is one, or "".
func Same(name string, candidates []string) string {
	plain, found := Plain(name), ""
	for _, c := range candidates {
		if c == name || c == found || Plain(c) != plain {
			continue
		}
		if found != "" {
			return ""
		}
		found = c
	}
	return found
}

// Hint returns "; did you mean "a" or "b"?" for the candidates close to name,
// or "" when there are none.
func Hint(name string, candidates []string) string {
	if names := Names(name, candidates); len(names) > 0 {
		return "; did you mean " + quoted(names, "or") + "?"
	}
	return ""
}

// few is how many candidates a message lists when none is close.
const few = 5

// Choice is [Hint], or where none is close what there is to choose from, if that is little.
func Choice(name string, candidates []string) string {
	if hint := Hint(name, candidates); hint != "" {
		return hint
	}
	var all []string
	for _, c := range candidates {
		if slices.Contains(all, c) {
			continue
		}
		if len(all) == few {
			return ""
		}
		all = append(all, c)
	}
	switch len(all) {
	case 0:
		return ""
	case 1:
		return fmt.Sprintf("; there is only %q", all[0])
	}
	return "; there are " + quoted(all, "and")
}

func quoted(names []string, last string) string {
	list := make([]string, len(names))
	for i, n := range names {
		list[i] = fmt.Sprintf("%q", n)
	}
	if len(list) == 1 {
		return list[0]
	}
	end := len(list) - 1
	return strings.Join(list[:end], ", ") + " " + last + " " + list[end]
}

var separators = strings.NewReplacer("_", "", "-", "", " ", "")

// Plain returns a name without the differences of naming conventions: "order_id"
// and "OrderID" are the same.
func Plain(name string) string { return strings.ToLower(separators.Replace(name)) }

// Words returns the words of a name in lower case: "getOrderById", "get_order_by_id"
// and "get-order-by-ID" have the same. Signs are words of their own.
func Words(name string) (list []string) {
	inWord := func(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }
	runes := []rune(name)
	start := 0
	end := func(i int) {
		if word := strings.ToLower(strings.Trim(string(runes[start:i]), "_- ")); word != "" {
			list = append(list, word)
		}
		start = i
	}
	for i := 1; i < len(runes); i++ {
		upper := unicode.IsUpper(runes[i])
		switch {
		case inWord(runes[i]) != inWord(runes[i-1]),
			upper && !unicode.IsUpper(runes[i-1]),
			upper && i+1 < len(runes) && unicode.IsLower(runes[i+1]): // the last of some capitals begins a word
			end(i)
		}
	}
	end(len(runes))
	return list
}

// meantAlike reports whether names, by their words, may mean the same: each word of the
// shorter one is, perhaps misspelled, in the longer one in the same order, and both
// end alike, as the last word says what something is: an order_id is no list of orders. Where words
// run together, all of them are one.
func meantAlike(a, b []string) bool {
	if len(a) > len(b) {
		a, b = b, a
	}
	switch {
	case len(a) == 0:
		return false
	case len(a) == 1 && len(b) > 1 && misspelt(a[0], strings.Join(b, ""), false):
		return true
	case len(a) < len(b) && !misspelt(a[len(a)-1], b[len(b)-1], false):
		short := withoutPhrase(b)
		return len(short) < len(b) && meantAlike(withoutPhrase(a), short)
	}
	verb := len(a) == len(b) && len(a) > 1 // of the first word: with another verb a name means something else
	for i, word := range a {
		for !misspelt(word, b[0], i == 0 && verb) {
			if b = b[1:]; len(b) < len(a)-i {
				return false
			}
		}
		b = b[1:]
	}
	return true
}

// withoutPhrase returns the words before a preposition: "get order" of "get order by id".
func withoutPhrase(words []string) []string {
	for i, word := range words {
		if i > 0 && slices.Contains(prepositions, word) {
			return words[:i]
		}
	}
	return words
}

var prepositions = []string{"by", "for", "from", "in", "of", "on", "to", "with"}

// misspelt reports whether one word can be the other, misspelled. Few write its
// first letter wrongly, and with another one, and a verb or a short word, it is another
// word: get and set, active and inactive.
func misspelt(a, b string, verb bool) bool {
	n := min(len(a), len(b))
	limit := 1
	switch {
	case n == 0:
		return false
	case a[0] != b[0]:
		if verb || n < 5 {
			return n > 1 && a[:2] == string([]byte{b[1], b[0]}) && a[2:] == b[2:]
		}
	case verb:
	case n >= 12:
		limit = 3
	case n >= 6:
		limit = 2
	}
	return distance(a, b, limit) <= limit
}

func digits(name string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsDigit(r) {
			return r
		}
		return -1
	}, name)
}

// distance is that of Levenshtein, in which exchanging two adjacent bytes is one change
// too; it stops counting beyond limit.
func distance(a, b string, limit int) int {
	if len(a)-len(b) > limit || len(b)-len(a) > limit {
		return limit + 1
	}
	var usual [3][64]int // is not allocated
	before, above, row := usual[0][:], usual[1][:], usual[2][:]
	if len(b) >= len(row) {
		before, above, row = make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	}
	for j := range len(b) + 1 {
		row[j] = j
	}
	for i := 1; i <= len(a); i++ {
		before, above, row = above, row, before
		row[0] = i
		least := i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			row[j] = min(above[j]+1, row[j-1]+1, above[j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
			least = min(least, row[j])
		}
		if least > limit {
			return limit + 1
		}
	}
	return row[len(b)]
}
