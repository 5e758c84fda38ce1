// Package nearest finds the names that an author may have meant.
package nearest

import (
	"slices"
	"strings"
)

// Names returns up to three of the candidates that are close to name, the
// closest first, none when nothing is close.
func Names(name string, candidates []string) []string {
	type scored struct {
		name     string
		distance int
	}
	var close []scored
	limit := max(1, len(name)/3)
	for _, c := range candidates {
		d := distance(strings.ToLower(name), strings.ToLower(c), limit)
		if swapped(strings.ToLower(name), strings.ToLower(c)) {
			d = 1
		}
		if d <= limit {
			close = append(close, scored{c, d})
		}
	}
	slices.SortStableFunc(close, func(a, b scored) int { return a.distance - b.distance })
	var names []string
	for _, s := range close[:min(3, len(close))] {
		names = append(names, s.name)
	}
	return names
}

// Only returns the candidate that must have been meant: one that is very close
// to name while no other is close; else "".
func Only(name string, candidates []string) string {
	names := Names(name, slices.Compact(slices.Sorted(slices.Values(candidates))))
	limit := max(1, len(name)/6)
	if len(names) != 1 || names[0] == name || len(name) < 3 {
		return ""
	}
	a, b := strings.ToLower(name), strings.ToLower(names[0])
	if distance(a, b, limit) > limit && !swapped(a, b) {
		return ""
	}
	return names[0]
}

// swapped reports whether two neighboring bytes of a are the other way round in b.
func swapped(a, b string) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range len(a) - 1 {
		if a[i] != b[i] {
			return a[i] == b[i+1] && a[i+1] == b[i] && a[i+2:] == b[i+2:]
		}
	}
	return false
}

// Hint returns "; did you mean "a" or "b"?" for the candidates close to name,
// or "" when there are none.
func Hint(name string, candidates []string) string {
	names := Names(name, candidates)
	if len(names) == 0 {
		return ""
	}
	return `; did you mean "` + strings.Join(names, `" or "`) + `"?`
}

// distance is the Levenshtein distance; it stops counting beyond limit.
func distance(a, b string, limit int) int {
	if len(a)-len(b) > limit || len(b)-len(a) > limit {
		return limit + 1
	}
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := 1; i <= len(a); i++ {
		diagonal := row[0]
		row[0] = i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			diagonal, row[j] = row[j], min(row[j]+1, row[j-1]+1, diagonal+cost)
		}
	}
	return row[len(b)]
}
