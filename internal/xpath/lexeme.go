package xpath

import (
	"fmt"
	"regexp"
	"strings"
)

// A Piece is a part of an expression: its text, or a value embedded in it
// (ruling C16). A value is an operand of its own, or text if a string literal
// surrounds it; it never becomes syntax.
type Piece struct {
	Text     string // as written, for an embedded value too
	Embedded bool
	Value    string
	Number   bool // the value is a JSON number
}

type lexeme struct {
	text   string // as written
	offset int
	kind   lexemeKind
	value  string // of a literal or an operand
	spaced bool   // something separates it from the previous lexeme
}

type lexemeKind uint8

const (
	sign    lexemeKind = iota
	name               // NCName, QName, or prefix:*
	number             // a numeric literal, or a number as an operand
	literal            // a string literal
	operand            // a text as an operand
	end
)

var lexemes = regexp.MustCompile(`^(?:` +
	`((?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?)` + // a number
	`|([\pL_][\pL\pN_.\-]*(?::(?:[\pL_][\pL\pN_.\-]*|\*))?)` + // a name
	`|(::|//|\.\.|!=|<=|>=|<<|>>|\|\||=>|:=|[\-+*=<>|/()\[\].,@$!?{}#:]))`)

// A lexer splits pieces into lexemes. An open quote and the depth of comments
// carry over from one piece to the next.
type lexer struct {
	source  string
	offset  int // of the piece in source
	version version
	tokens  []lexeme
	quote   byte // the closing quote that the last token needs; 0: none
	comment int  // levels
	began   int  // where the open literal or comment begins
	spaced  bool
}

const maxExpr = 16 << 10 // bytes

func (l *lexer) errorf(offset int, format string, args ...any) error {
	return &SyntaxError{Text: l.source, Offset: offset, Message: fmt.Sprintf(format, args...)}
}

// lex returns the tokens of an expression, and its whole text.
func lex(pieces []Piece, version version) ([]lexeme, string, error) {
	l := &lexer{version: version}
	for _, p := range pieces {
		l.source += p.Text
	}
	if len(l.source) > maxExpr {
		return nil, l.source, l.errorf(0, "the expression is longer than %d bytes", maxExpr)
	}
	for _, p := range pieces {
		if err := l.piece(p); err != nil {
			return nil, l.source, err
		}
		l.offset += len(p.Text)
	}
	switch {
	case l.quote != 0:
		return nil, l.source, l.errorf(l.began, "the string has no closing %c", l.quote)
	case l.comment > 0:
		return nil, l.source, l.errorf(l.began, "the comment has no end :)")
	}
	return append(l.tokens, lexeme{offset: len(l.source), kind: end}), l.source, nil
}

func (l *lexer) piece(p Piece) error {
	switch {
	case !p.Embedded:
		for i := 0; i < len(p.Text); {
			n, err := l.token(p.Text[i:], l.offset+i)
			if err != nil {
				return err
			}
			i += n
		}
	case l.comment > 0:
	case l.quote != 0:
		l.tokens[len(l.tokens)-1].value += p.Value
	case p.Number:
		l.add(lexeme{text: p.Text, offset: l.offset, kind: number, value: p.Value, spaced: true})
	default:
		l.add(lexeme{text: p.Text, offset: l.offset, kind: operand, value: p.Value, spaced: true})
	}
	return nil
}

func (l *lexer) add(t lexeme) {
	t.spaced = t.spaced || l.spaced
	l.spaced = false
	l.tokens = append(l.tokens, t)
}

// token reads the token that text begins with and returns its length.
func (l *lexer) token(text string, offset int) (int, error) {
	switch {
	case l.quote != 0:
		return l.inString(text), nil
	case l.version > v10 && strings.HasPrefix(text, "(:"):
		if l.comment++; l.comment == 1 {
			l.began = offset
		}
		return 2, nil
	case l.comment > 0 && strings.HasPrefix(text, ":)"):
		l.comment--
		l.spaced = true
		return 2, nil
	case l.comment > 0:
		return 1, nil
	case strings.IndexByte(" \t\r\n", text[0]) >= 0:
		l.spaced = true
		return 1, nil
	case text[0] == '\'' || text[0] == '"':
		l.quote, l.began = text[0], offset
		l.add(lexeme{text: text[:1], offset: offset, kind: literal})
		return 1, nil
	}
	return l.lexeme(text, offset)
}

// lexeme reads a sign, a name or a number.
func (l *lexer) lexeme(text string, offset int) (int, error) {
	m := lexemes.FindStringSubmatch(text)
	if m == nil {
		return 0, l.errorf(offset, "unexpected %q", []rune(text)[0])
	}
	kind, found := sign, m[0]
	switch {
	case m[1] != "":
		kind = number
		if at := strings.IndexAny(found, "eE"); at > 0 && l.version == v10 {
			found = found[:at]
		}
	case m[2] != "":
		kind = name
		// "child::x" is an axis and a name, not a name with a prefix.
		if strings.HasPrefix(text[len(found):], ":") && strings.Contains(found, ":") {
			found, _, _ = strings.Cut(found, ":")
		}
	}
	if kind == name && l.version > v10 && l.touchesNumber() {
		return 0, l.errorf(offset, "expected a space between the number and the name")
	}
	l.add(lexeme{text: found, offset: offset, kind: kind, value: found})
	return len(found), nil
}

// touchesNumber reports whether a number ends at the position of the lexer.
func (l *lexer) touchesNumber() bool {
	if len(l.tokens) == 0 || l.spaced {
		return false
	}
	last := l.tokens[len(l.tokens)-1]
	return last.kind == number && last.value == last.text
}

// inString continues a literal up to its closing quote. Since XPath 2.0 two
// quotes are one; there is no other escape.
func (l *lexer) inString(text string) int {
	t := &l.tokens[len(l.tokens)-1]
	at := strings.IndexByte(text, l.quote)
	switch {
	case at < 0:
		t.value += text
		return len(text)
	case l.version > v10 && at+1 < len(text) && text[at+1] == l.quote:
		t.value += text[:at+1]
		return at + 2
	}
	t.value += text[:at]
	l.quote = 0
	return at + 1
}
