package value

import (
	"errors"
	"strconv"
	"strings"
)

var (
	unescapePointer = strings.NewReplacer("~1", "/", "~0", "~")
	escapePointer   = strings.NewReplacer("~", "~0", "/", "~1")
)

// SplitPointer returns the reference tokens of a JSON Pointer (RFC 6901 §3).
// The empty pointer, which is the whole document, has none.
func SplitPointer(pointer string) ([]string, error) {
	if pointer == "" {
		return nil, nil
	}
	if pointer[0] != '/' {
		return nil, errors.New("a JSON Pointer must be empty or start with '/'")
	}
	tokens := strings.Split(pointer[1:], "/")
	for i, token := range tokens {
		if !strings.Contains(token, "~") {
			continue
		}
		for j := 0; j < len(token); j++ {
			if token[j] == '~' && (j+1 == len(token) || (token[j+1] != '0' && token[j+1] != '1')) {
				return nil, errors.New("in a JSON Pointer '~' must be followed by 0 or 1")
			}
		}
		tokens[i] = unescapePointer.Replace(token)
	}
	return tokens, nil
}

// PointerToken escapes name for use as a reference token of a JSON Pointer.
func PointerToken(name string) string {
	if !strings.ContainsAny(name, "~/") {
		return name
	}
	return escapePointer.Replace(name)
}

// Find follows reference tokens through v (RFC 6901 §4).
func Find(v any, tokens []string) (any, bool) {
	for _, token := range tokens {
		var ok bool
		if v, ok = Child(v, token); !ok {
			return nil, false
		}
	}
	return v, true
}

// Child returns the member or the array element of v that a token names.
func Child(v any, token string) (any, bool) {
	switch v := v.(type) {
	case map[string]any:
		child, ok := v[token]
		return child, ok
	case []any:
		i, ok := Index(token)
		if !ok || i >= len(v) {
			return nil, false
		}
		return v[i], true
	}
	return nil, false
}

// Index reads a reference token as an array index: digits without leading zeros.
func Index(token string) (int, bool) {
	if token == "" || len(token) > 1 && token[0] == '0' || len(token) > 18 {
		return 0, false
	}
	for i := 0; i < len(token); i++ {
		if token[i] < '0' || token[i] > '9' {
			return 0, false
		}
	}
	i, err := strconv.Atoi(token)
	return i, err == nil
}
