package jsonpath

import (
	"strings"

	"github.com/gobelin-dev/gobelin/internal/value"
)

// Nothing is a value that is missing, which is other than null.
type Nothing struct{}

// Compare applies one of the operators == != < <= > >= (RFC 9535 §2.3.5.2.2); a missing
// operand is Nothing.
func Compare(operator string, a, b any) bool {
	_, leftMissing := a.(Nothing)
	_, rightMissing := b.(Nothing)
	equal := leftMissing && rightMissing || !leftMissing && !rightMissing && value.Equal(a, b)
	order, ordered := 0, false
	switch x := a.(type) {
	case string:
		if y, ok := b.(string); ok {
			order, ordered = strings.Compare(x, y), true
		}
	default:
		if value.IsNumber(a) && value.IsNumber(b) {
			order, ordered = value.CompareNumbers(a, b), true
		}
	}
	switch operator {
	case "==":
		return equal
	case "!=":
		return !equal
	case "<":
		return ordered && order < 0
	case "<=":
		return equal || ordered && order < 0
	case ">":
		return ordered && order > 0
	}
	return equal || ordered && order > 0
}
