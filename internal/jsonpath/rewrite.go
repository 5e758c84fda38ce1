package jsonpath

import (
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// A condition is rewritten before the library parses it, outside of string
// literals:
//
//   - $.items.length becomes length_of($.items), a function of our own, and
//     $.items[?@.a].length becomes count($.items[?@.a]) (C11a);
//   - a runtime expression becomes $['o']['0'], its place in a root that holds
//     both the operands and the document; $ itself then becomes $['d'] (C11b).

const (
	documentName = "d"
	operandsName = "o"
)

type rewritten struct {
	text     string
	operands []string
	length   bool // .length is taken of a value
	count    bool // .length is taken of a list of nodes
	moves    []move
}

// move says which piece of the original text the new text has from an offset
// on. What was put in after the piece belongs to its end.
type move struct{ at, original, length int }

// original returns the place in the original text for one in the new text.
func (r *rewritten) original(offset int) int {
	place := 0
	for _, m := range r.moves {
		if m.at <= offset {
			place = m.original + min(offset-m.at, m.length)
		}
	}
	return place
}

func rewrite(s string) *rewritten {
	r := &rewritten{}
	list := tokens(s)
	for _, t := range list {
		if t.kind == operandToken {
			r.operands = append(r.operands, t.text)
		}
	}
	var b strings.Builder
	operand := 0
	// piece writes what replaces the text of length bytes at an offset of s.
	piece := func(text string, offset, length int) {
		r.moves = append(r.moves, move{b.Len(), offset, length})
		b.WriteString(text)
	}
	for _, t := range list {
		switch t.kind {
		case operandToken:
			piece(operandPlace(operand), t.offset, len(t.text))
			operand++
		case pathToken:
			b.WriteString(t.function())
			path := strings.TrimPrefix(t.path(), "$")
			if len(path) < len(t.path()) {
				piece(r.root(), t.offset, 1)
			}
			piece(path, t.offset+len(t.path())-len(path), len(path))
			if t.length {
				r.length = true
				piece(")", t.offset+len(t.path()), len(lengthMember))
			}
		case countToken:
			r.count = true
			piece(")", t.offset, len(t.text))
		default:
			piece(t.text, t.offset, len(t.text))
		}
	}
	r.text = b.String()
	return r
}

// root returns what replaces $: if there are operands, the place of the document.
func (r *rewritten) root() string {
	if len(r.operands) > 0 {
		return "$['" + documentName + "']"
	}
	return "$"
}

// operandPlace returns the path of the i-th operand.
func operandPlace(i int) string { return "$['" + operandsName + "']['" + strconv.Itoa(i) + "']" }

const lengthMember = ".length"

// lengthFunction replaces .length by the functions of the RFC.
func lengthFunction(s string) string {
	var b strings.Builder
	for _, t := range tokens(s) {
		switch {
		case t.length:
			b.WriteString("length(" + t.path() + ")")
		case t.count:
			b.WriteString("count(" + t.text)
		case t.kind == countToken:
			b.WriteByte(')')
		default:
			b.WriteString(t.text)
		}
	}
	return b.String()
}

type tokenKind uint8

const (
	otherToken   tokenKind = iota
	pathToken              // $ or @, and the names and indexes that follow
	operandToken           // a runtime expression
	countToken             // the .length of a query whose pathToken has count
)

type token struct {
	kind   tokenKind
	text   string
	offset int
	length bool // a path that is compared and ends with .length
	count  bool // a path that begins a query of several nodes whose .length is compared
}

// path returns the text of a path without its .length.
func (t token) path() string {
	if t.length {
		return strings.TrimSuffix(t.text, lengthMember)
	}
	return t.text
}

// function returns the beginning of the call that a path is the argument of.
func (t token) function() string {
	switch {
	case t.length:
		return "length_of("
	case t.count:
		return "count("
	}
	return ""
}

// tokens splits a condition; the texts of all tokens together are the condition.
func tokens(s string) []token {
	var list []token
	other := 0
	add := func(t token) int { // and what is before it
		if other < t.offset {
			list = append(list, token{text: s[other:t.offset], offset: other})
		}
		if t.text != "" {
			list = append(list, t)
		}
		other = t.offset + len(t.text)
		return other
	}
	counts := map[int]bool{} // where the .length of lists of nodes are
	for i := 0; i < len(s); {
		switch {
		case s[i] == '\'' || s[i] == '"':
			i += len(stringAt(s[i:]))
		case s[i] == '$' && i+1 < len(s) && isLetter(s[i+1]):
			i = add(token{kind: operandToken, text: operandAt(s[i:]), offset: i})
		case s[i] == '$' || s[i] == '@':
			t := token{kind: pathToken, text: pathAt(s[i:]), offset: i}
			t.length = strings.HasSuffix(t.text, lengthMember) && len(t.text) > len(lengthMember) && compared(s, i, i+len(t.text))
			if end := countedAt(s[i:]); end > 0 && compared(s, i, i+end+len(lengthMember)) {
				t.count, counts[i+end] = true, true
			}
			i = add(t)
		case counts[i]:
			i = add(token{kind: countToken, text: lengthMember, offset: i})
		default:
			i++
		}
	}
	add(token{offset: len(s)})
	return list
}

// countedAt returns the length of the query that s begins with, without the
// .length that ends it, where the segment before that selects several nodes: a
// filter, a slice, a list, a wildcard. For any other query, where .length may be
// a member of each node, the result is 0.
func countedAt(s string) int {
	several := false // the segment before i selects several nodes
	for i := 1; i < len(s); {
		rest := s[i:]
		if strings.HasPrefix(rest, "..") { // descendants: what follows is a segment
			if rest = rest[1:]; strings.HasPrefix(rest, ".[") {
				rest = rest[1:]
			}
		}
		n := segmentAt(rest)
		if several && n > 0 && s[i:i+n] == lengthMember && !leadsOn(s[i+n:]) {
			return i
		}
		if several = n == 0; several {
			n = severalAt(rest)
		}
		if n == 0 {
			return 0
		}
		i = len(s) - len(rest) + n
	}
	return 0
}

// severalAt returns the length of a segment that selects several nodes: [?@.a],
// [*], [0:2], ['a','b'], .*; a script, [(@.length-1)], selects one.
func severalAt(s string) int {
	switch {
	case strings.HasPrefix(s, ".*"):
		return 2
	case s[0] != '[' || strings.HasPrefix(s, "[("):
		return 0
	}
	depth := 0
	for i := 0; i < len(s); i++ {
		switch s[i] {
		case '\'', '"':
			i += len(stringAt(s[i:])) - 1
		case '[':
			depth++
		case ']':
			if depth--; depth == 0 {
				return i + 1
			}
		}
	}
	return 0
}

// tokensOf returns the tokens of one kind.
func tokensOf(s string, kind tokenKind) []token {
	return slices.DeleteFunc(tokens(s), func(t token) bool { return t.kind != kind })
}

// stringAt returns the string literal that s begins with.
func stringAt(s string) string {
	for i := 1; i < len(s); i++ {
		switch s[i] {
		case '\\':
			i++
		case s[0]:
			return s[:i+1]
		}
	}
	return s
}

// operandAt returns the runtime expression that s begins with.
func operandAt(s string) string {
	for i := 1; i < len(s); i++ {
		if strings.IndexByte(" \t\n\r()],'\"", s[i]) >= 0 {
			return s[:i]
		}
		for _, op := range []string{"==", "!=", "<", ">", "&&", "||"} {
			if strings.HasPrefix(s[i:], op) {
				return s[:i]
			}
		}
	}
	return s
}

// pathAt returns the singular part of the query that s begins with.
func pathAt(s string) string {
	i := 1
	for i < len(s) {
		n := segmentAt(s[i:])
		if n == 0 {
			break
		}
		i += n
	}
	return s[:i]
}

// segmentAt returns the length of a singular segment: .name, ['name'], [0].
func segmentAt(s string) int {
	if s[0] == '.' {
		n := 1
		for n < len(s) && isNameByte(s[n]) {
			n++
		}
		if n == 1 {
			return 0
		}
		return n
	}
	if s[0] != '[' || len(s) < 3 {
		return 0
	}
	n := 1
	if s[1] == '\'' || s[1] == '"' {
		n += len(stringAt(s[1:]))
	} else {
		for n < len(s) && (s[n] == '-' || s[n] >= '0' && s[n] <= '9') {
			n++
		}
	}
	if n > 1 && n < len(s) && s[n] == ']' {
		return n + 1
	}
	return 0
}

// compared reports whether the text from start to end is an operand of a
// comparison.
func compared(s string, start, end int) bool {
	before, after := strings.TrimRight(s[:start], " \t\n\r"), strings.TrimLeft(s[end:], " \t\n\r")
	for _, op := range []string{"==", "!=", "<=", ">=", "<", ">"} {
		if strings.HasPrefix(after, op) || strings.HasSuffix(before, op) {
			return true
		}
	}
	return false
}

func isLetter(c byte) bool { return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' }

func isNameByte(c byte) bool {
	return isLetter(c) || c >= '0' && c <= '9' || c == '_' || c >= utf8.RuneSelf
}
