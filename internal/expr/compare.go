package expr

import (
	"encoding/json"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/gobelin-dev/gobelin/internal/value"
)

// truthy reports whether a bare operand passes (C7): false, null, missing, 0 and
// the empty string do not; everything else does.
func truthy(v any, ok bool) bool {
	switch v := v.(type) {
	case nil:
		return false
	case bool:
		return ok && v
	case string:
		return ok && v != ""
	case []byte:
		return ok && len(v) > 0
	case int64, float64, json.Number:
		return ok && value.CompareNumbers(v, int64(0)) != 0
	}
	return ok
}

// Truthy reports whether a value passes as a condition of its own (C7).
func Truthy(v any) bool { return truthy(v, true) }

// Compare applies one of the operators == != < <= > >= (C3–C6); a missing
// operand is nil.
func Compare(operator string, a, b any) bool {
	switch operator {
	case "==":
		return equal(a, b)
	case "!=":
		return !equal(a, b)
	}
	order, ok := order(a, b)
	if !ok {
		return false
	}
	switch operator {
	case "<":
		return order < 0
	case "<=":
		return order <= 0
	case ">":
		return order > 0
	}
	return order >= 0
}

func equal(a, b any) bool {
	a, b = textOf(a), textOf(b)
	if x, ok := a.(string); ok {
		if y, ok := b.(string); ok {
			return strings.EqualFold(x, y)
		}
	}
	if x, y, ok := numbers(a, b); ok {
		return value.CompareNumbers(x, y) == 0
	}
	return value.Equal(a, b)
}

// order compares two numbers or two strings; nothing else has an order.
func order(a, b any) (int, bool) {
	a, b = textOf(a), textOf(b)
	if x, ok := a.(string); ok {
		if y, ok := b.(string); ok {
			return compareFolded(x, y), true
		}
	}
	if x, y, ok := numbers(a, b); ok {
		return value.CompareNumbers(x, y), true
	}
	return 0, false
}

// textOf returns bytes that are text as a string, and anything else as it is.
func textOf(v any) any {
	if b, ok := v.([]byte); ok && utf8.Valid(b) {
		return string(b)
	}
	return v
}

// numbers returns the operands as numbers if one of them is a number and the
// other a number or a numeric string (C4).
func numbers(a, b any) (x, y any, ok bool) {
	if !value.IsNumber(a) && !value.IsNumber(b) {
		return nil, nil, false
	}
	if x, ok = number(a); !ok {
		return nil, nil, false
	}
	y, ok = number(b)
	return x, y, ok
}

func number(v any) (any, bool) {
	if s, ok := v.(string); ok {
		return value.ParseNumber(strings.TrimSpace(s))
	}
	return v, value.IsNumber(v)
}

// compareFolded orders two strings ignoring case: rune by rune, each in the
// smallest form of its simple folding (C3).
func compareFolded(a, b string) int {
	for a != "" && b != "" {
		x, n := utf8.DecodeRuneInString(a)
		y, m := utf8.DecodeRuneInString(b)
		if x, y = fold(x), fold(y); x != y {
			return int(x) - int(y)
		}
		a, b = a[n:], b[m:]
	}
	return len(a) - len(b)
}

// fold returns the representative of a rune's folding orbit: its lower-case
// form if it has one, so that "_" orders as usual.
func fold(r rune) rune {
	if r < utf8.RuneSelf {
		if r >= 'A' && r <= 'Z' {
			r += 'a' - 'A'
		}
		return r
	}
	least := r
	for next := unicode.SimpleFold(r); next != r; next = unicode.SimpleFold(next) {
		least = min(least, next)
	}
	if least < utf8.RuneSelf {
		return fold(least)
	}
	return least
}
