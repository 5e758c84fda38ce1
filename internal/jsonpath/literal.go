package jsonpath

import (
	"encoding/json"
	"fmt"
	"strings"
)

// Literal returns a scalar as a literal of RFC 9535 (§2.3.5.1), so that a value
// that is put into a query cannot change its structure (C16). Arrays and objects
// have no literal form and are an error.
func Literal(v any) (string, error) {
	switch v := v.(type) {
	case string:
		return "'" + EscapeIn('\'', v) + "'", nil
	case nil, bool, int64, float64, json.Number:
		text, err := json.Marshal(v)
		return string(text), err
	}
	return "", fmt.Errorf("an array or object cannot be a literal in a JSONPath query")
}

// EscapeIn returns text for use inside of a string literal with the given quote,
// ' or ".
func EscapeIn(quote byte, text string) string {
	var b strings.Builder
	for _, r := range text {
		switch {
		case r == rune(quote) || r == '\\':
			b.WriteByte('\\')
			b.WriteRune(r)
		case r < ' ':
			fmt.Fprintf(&b, "\\u%04x", r)
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}
