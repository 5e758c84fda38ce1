package expr

import (
	"fmt"
	"strings"

	"github.com/gobelin-dev/gobelin/internal/syntax"
)

// A parser reads a text; the methods that read advance pos.
type parser struct {
	text    string
	pos     int
	depth   int
	context context
}

// A context is what an expression is part of, which decides what ends it.
type context uint8

const (
	whole       context = iota // nothing: the expression is the whole text
	embedded                   // a template
	inCondition                // a condition
)

func (p *parser) errorf(format string, args ...any) error {
	return &syntax.Error{Text: p.text, Offset: p.pos, Message: fmt.Sprintf(format, args...)}
}

func (p *parser) accept(s string) bool {
	if strings.HasPrefix(p.text[p.pos:], s) {
		p.pos += len(s)
		return true
	}
	return false
}

// while reads as long as ok is true for the byte at the current place.
func (p *parser) while(ok func(byte) bool) string {
	start := p.pos
	for p.pos < len(p.text) && ok(p.text[p.pos]) {
		p.pos++
	}
	return p.text[start:p.pos]
}

func (p *parser) spaces() {
	p.while(func(c byte) bool { return c == ' ' || c == '\t' || c == '\n' || c == '\r' })
}

// operators are those of conditions, longer ones first.
var operators = []string{"==", "!=", "<=", ">=", "&&", "||", "<", ">"}

// operatorAt reports whether an operator of a condition begins at the current
// place.
func (p *parser) operatorAt() bool {
	if p.context != inCondition {
		return false
	}
	for _, op := range operators {
		if strings.HasPrefix(p.text[p.pos:], op) {
			return true
		}
	}
	return false
}

// atEnd reports whether an expression may end at the current place.
func (p *parser) atEnd() bool {
	if p.pos == len(p.text) {
		return true
	}
	return p.context == inCondition && (strings.IndexByte(" \t\r\n()',\"=!&|}", p.text[p.pos]) >= 0 || p.operatorAt())
}

// braceAt reports whether a brace at the current place is not part of the
// expression. In one that is a whole text braces are characters like any other
// (E4), unless they embed another expression.
func (p *parser) braceAt() bool {
	switch c := p.text[p.pos]; {
	case c != '{' && c != '}':
		return false
	case p.context == whole:
		return strings.HasPrefix(p.text[p.pos:], "{$")
	}
	return true
}

// quoted reads a string literal. A quote inside of it is written twice, as in
//
//	'it''s'
//
// or, in double quotes, as \". JSON string escapes are not supported.
func (p *parser) quoted() (string, error) {
	quote, start := p.text[p.pos], p.pos
	var b strings.Builder
	for p.pos++; p.pos < len(p.text); p.pos++ {
		c := p.text[p.pos]
		next := byte(0)
		if p.pos+1 < len(p.text) {
			next = p.text[p.pos+1]
		}
		switch {
		case c == quote && next == quote, c == '\\' && quote == '"' && next == '"':
			p.pos++
			b.WriteByte(quote)
		case c == quote:
			p.pos++
			return b.String(), nil
		default:
			b.WriteByte(c)
		}
	}
	p.pos = start
	return "", p.errorf("the string is not closed; it must end with %c", quote)
}

func isLetter(c byte) bool { return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' }
func isDigit(c byte) bool  { return c >= '0' && c <= '9' }

// isNameByte reports whether c may be part of the name of an input, step, output,
// source or component: CHAR of the grammar, except what ends a name in the text
// around it.
func isNameByte(c byte) bool {
	return c > ' ' && c != 0x7f && strings.IndexByte("#{}[]()'\"\\,", c) < 0
}

func isMemberByte(c byte) bool {
	return isLetter(c) || isDigit(c) || c == '_' || c == '-' || c == '$' || c == '@' || c >= 0x80
}

// isTokenByte reports whether c is a tchar of RFC 9110 §5.6.2.
func isTokenByte(c byte) bool {
	return isLetter(c) || isDigit(c) || strings.IndexByte("!#$%&'*+-.^_`|~", c) >= 0
}
