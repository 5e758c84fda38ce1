package expr

import (
	"fmt"
	"regexp"
)

// A StatusClass is a comparison of $statusCode with a class of codes, as in
// "$statusCode == 2XX", which holds for no code.
type StatusClass struct {
	Start, End int    // in the text of the condition
	Right      string // the comparison that must have been meant
}

var statusClass = regexp.MustCompile(`\$statusCode\s*([=!]=)\s*(?:'([1-5])[xX]{2}'|"([1-5])[xX]{2}"|([1-5])[xX]{2}\b)`)

// StatusClasses returns the comparisons of a simple condition with classes of codes.
func StatusClasses(condition string) (list []StatusClass) {
	for _, m := range statusClass.FindAllStringSubmatchIndex(condition, -1) {
		var class byte
		for group := 2; group <= 4; group++ {
			if at := m[2*group]; at >= 0 {
				class = condition[at]
			}
		}
		right := fmt.Sprintf("$statusCode >= %c00 && $statusCode < %c00", class, class+1)
		if condition[m[2]:m[3]] == "!=" {
			right = fmt.Sprintf("$statusCode < %c00 || $statusCode >= %c00", class, class+1)
			if m[0] > 0 || m[1] < len(condition) {
				right = "(" + right + ")"
			}
		}
		list = append(list, StatusClass{m[0], m[1], right})
	}
	return list
}
