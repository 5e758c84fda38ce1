package jsonpath

import (
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// A condition is rewritten before the library parses it, outside of string
// literals only:
//
//   - $.items.length becomes length_of($.items), a function of our own (C11a);
//   - a runtime expression becomes $['o']['0'], its place in a root that holds
//     the operands beside the document; $ itself then becomes $['d'] (C11b).

const (
	documentName = "d"
	operandsName = "o"
)

type rewritten struct {
	text     string
	operands []string
	length   bool
	moves    []move
}

// move says that from an offset of the new text on the original is elsewhere.
type move struct{ at, original int }

// original gives the place in the original text for one in the new text.
func (r *rewritten) original(offset int) int {
	place := offset
	for _, m := range r.moves {
		if m.at <= offset {
			place = m.original + min(offset-m.at, max(0, offset-m.at))
		}
	}
	return place
}

func rewrite(s string) *rewritten {
	r := &rewritten{}
	for _, t := range tokens(s) {
		if t.kind == operandToken {
			r.operands = append(r.operands, t.text)
		}
	}
	var b strings.Builder
	operand := 0
	for _, t := range tokens(s) {
		r.moves = append(r.moves, move{b.Len(), t.offset})
		switch {
		case t.kind == operandToken:
			b.WriteString("$['" + operandsName + "']['" + strconv.Itoa(operand) + "']")
			operand++
		case t.kind == pathToken:
			path := t.text
			if t.length {
				r.length = true
				path = "length_of(" + r.rooted(strings.TrimSuffix(path, lengthMember)) + ")"
			} else {
				path = r.rooted(path)
			}
			b.WriteString(path)
		default:
			b.WriteString(t.text)
		}
	}
	r.text = b.String()
	return r
}

// rooted gives a path from $ its place when operands stand beside the document.
func (r *rewritten) rooted(path string) string {
	if len(r.operands) > 0 && path[0] == '$' {
		return "$['" + documentName + "']" + path[1:]
	}
	return path
}

const lengthMember = ".length"

// lengthFunction writes .length as the function that the RFC has.
func lengthFunction(s string) string {
	var b strings.Builder
	for _, t := range tokens(s) {
		if t.length {
			b.WriteString("length(" + strings.TrimSuffix(t.text, lengthMember) + ")")
		} else {
			b.WriteString(t.text)
		}
	}
	return b.String()
}

type tokenKind uint8

const (
	otherToken   tokenKind = iota
	pathToken              // the names and indexes that follow $ or @, as far as they are singular
	operandToken           // a runtime expression
)

type token struct {
	kind   tokenKind
	text   string
	offset int
	length bool // a path that is compared and ends in .length
}

// tokens splits a condition so that the texts of all tokens make it up again.
func tokens(s string) []token {
	var list []token
	other := 0
	flush := func(end int) {
		if other < end {
			list = append(list, token{text: s[other:end], offset: other})
		}
	}
	for i := 0; i < len(s); {
		switch {
		case s[i] == '\'' || s[i] == '"':
			i += len(stringAt(s[i:]))
		case s[i] == '$' && i+1 < len(s) && isLetter(s[i+1]):
			flush(i)
			text := operandAt(s[i:])
			list = append(list, token{kind: operandToken, text: text, offset: i})
			i += len(text)
			other = i
		case s[i] == '$' || s[i] == '@':
			flush(i)
			text := pathAt(s[i:])
			t := token{kind: pathToken, text: text, offset: i}
			t.length = strings.HasSuffix(text, lengthMember) && len(text) > len(lengthMember) && compared(s, i, i+len(text))
			list = append(list, t)
			i += len(text)
			other = i
		default:
			i++
		}
	}
	flush(len(s))
	return list
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

// compared reports whether what stands from start to end is an operand of a
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
