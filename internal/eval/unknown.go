package eval

import (
	"crypto/rand"
	"regexp"
	"strconv"
	"strings"

	"github.com/gobelin-dev/gobelin/internal/expr"
	"github.com/gobelin-dev/gobelin/internal/program"
	"github.com/gobelin-dev/gobelin/internal/value"
)

// Unknown are the values that only a run will bring, for who evaluates without one: in
// the place of each is a text, which stays as it is in whatever it is written in, a URL
// or JSON or a header, and is found there again. What is read of an unknown value is
// unknown itself. It must be used by one goroutine at a time; a nil *Unknown has none.
type Unknown struct {
	mark        string // that all of the texts begin with, and no document can foresee
	find        *regexp.Regexp
	texts       map[string]string // by expression
	expressions []string          // by number
}

// NewUnknown returns an Unknown without values.
func NewUnknown() *Unknown {
	mark := rand.Text() // letters and digits, which nothing escapes
	return &Unknown{mark: mark, find: regexp.MustCompile(mark + "([0-9]+)E"), texts: map[string]string{}}
}

// Value returns the value of an expression.
func (u *Unknown) Value(expression string) string {
	text, known := u.texts[expression]
	if !known {
		text = u.mark + strconv.Itoa(len(u.expressions)) + "E"
		u.texts[expression] = text
		u.expressions = append(u.expressions, expression)
	}
	return text
}

// Is reports whether a value is unknown.
func (u *Unknown) Is(v any) bool {
	text, _ := v.(string)
	return u != nil && strings.HasPrefix(text, u.mark) && u.find.FindString(text) == text
}

// In reports whether anything in a value is unknown.
func (u *Unknown) In(v any) bool {
	if u == nil {
		return false
	}
	switch v := v.(type) {
	case string:
		return strings.Contains(v, u.mark)
	case []any:
		for _, item := range v {
			if u.In(item) {
				return true
			}
		}
	case map[string]any:
		for _, member := range v {
			if u.In(member) {
				return true
			}
		}
	}
	return false
}

// Show returns a text with {expressions} where values are unknown, and calls found for
// each of these.
func (u *Unknown) Show(text string, found func(expression string)) string {
	return u.find.ReplaceAllStringFunc(text, func(at string) string {
		n, err := strconv.Atoi(at[len(u.mark) : len(at)-1])
		if err != nil || n >= len(u.expressions) {
			return at
		}
		found(u.expressions[n])
		return "{" + u.expressions[n] + "}"
	})
}

// follow is [expr.Follow] from the value that a reference starts from.
func (u *Unknown) follow(v any, r *program.Ref) (any, bool) {
	ok := true
	if !u.Is(v) {
		v, ok = expr.Follow(v, r.Pointer, r.Access, r.Whole)
	}
	if u.Is(v) {
		return u.Value(r.Text), true
	}
	return v, ok
}

// hides reports whether the target of a replacement cannot be found in a payload,
// because it depends on what is unknown.
func (u *Unknown) hides(v any, r *program.Replacement) bool {
	if !u.In(v) {
		return false
	}
	for _, token := range r.Pointer {
		if u.Is(v) {
			return true
		}
		v, _ = value.Child(v, token)
	}
	return r.Pointer == nil && (r.Query != nil || r.XPath != nil)
}
