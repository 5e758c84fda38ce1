package program

import (
	"errors"
	"fmt"
	"regexp"
	"strings"

	"github.com/gobelin-dev/gobelin/internal/jsonpath"
	"github.com/gobelin-dev/gobelin/internal/syntax"
	"github.com/gobelin-dev/gobelin/internal/value"
	"github.com/gobelin-dev/gobelin/internal/xpath"
)

// Filled returns the criterion with values for its embedded expressions. Before it
// is linked, the runtime expressions next to them are unknown.
func (c *Criterion) Filled(values []any, linked bool) (*Criterion, error) {
	parsed := &Criterion{Kind: c.Kind, Text: c.Text, Place: c.Place, Context: c.Context, Dialect: c.Dialect, Version: c.Version}
	pieces := c.pieces(values)
	var err error
	switch c.Kind {
	case XPathCriterion:
		parsed.XPath, err = xpath.CompilePieces(pieces, c.Version)
	case RegexCriterion:
		if parsed.Text, err = regexWith(pieces); err == nil {
			err = parsed.Compile(parsed.Text)
		}
	default:
		if parsed.Text, err = jsonpathWith(pieces, values, c.Dialect); err == nil {
			err = parsed.Compile(parsed.Text)
		}
		if err == nil && len(parsed.JSONPath.Operands()) != len(c.Refs) && linked {
			err = errors.New("the runtime expressions cannot be distinguished from the JSONPath around them")
		}
		parsed.Refs = c.Refs
	}
	return parsed, err
}

// pieces takes a condition apart at its embedded expressions.
func (c *Criterion) pieces(values []any) []xpath.Piece {
	var pieces []xpath.Piece
	n := 0
	for _, part := range c.Embedded.Parsed.Parts {
		switch last := len(pieces) - 1; {
		case part.Expr != nil:
			v := values[n]
			n++
			pieces = append(pieces, xpath.Piece{Text: "{" + part.Expr.Text + "}", Embedded: true, Value: value.Text(v), Number: value.IsNumber(v)})
		case last >= 0 && !pieces[last].Embedded:
			pieces[last].Text += part.Literal
		default:
			pieces = append(pieces, xpath.Piece{Text: part.Literal})
		}
	}
	return pieces
}

// regexWith makes each value an atom of its own: a group, or characters of a
// class. They are written as code points, which are never syntax.
func regexWith(pieces []xpath.Piece) (string, error) {
	var b strings.Builder
	var s RegexState
	for i, p := range pieces {
		if !p.Embedded {
			s.read(p.Text)
			b.WriteString(p.Text)
			continue
		}
		next := ""
		if i+1 < len(pieces) {
			next = pieces[i+1].Text
		}
		var characters strings.Builder
		for _, r := range p.Value {
			fmt.Fprintf(&characters, `\x{%x}`, r)
		}
		switch {
		case s.Escaped:
			return "", fmt.Errorf(`%s: a value cannot directly follow a \`, p.Text)
		case s.Class && (s.Last == '-' || strings.HasPrefix(next, "-")):
			return "", fmt.Errorf("%s: a value cannot be the end of a character range", p.Text)
		case s.Class && p.Value == "":
			return "", fmt.Errorf("%s: an empty value cannot be in a character class", p.Text)
		case s.Class:
			b.WriteString(characters.String())
			s.First = false
		case repetition.MatchString(b.String()) && !s.Quoted:
			return "", fmt.Errorf("%s: a value cannot be a repetition count", p.Text)
		case s.Quoted:
			b.WriteString(`\E` + characters.String() + `\Q`)
		default:
			b.WriteString("(?:" + characters.String() + ")")
		}
		s.Last = 0
	}
	return b.String(), nil
}

var repetition = regexp.MustCompile(`(?:^|[^\\])\{(?:[0-9]*,)?$`)

// RegexState is the syntactic context of a place in a regular expression (RE2).
type RegexState struct {
	Class, First    bool // in […], and before its first character
	Quoted, Escaped bool // in \Q…\E, after a \
	Last            byte
}

func (s *RegexState) read(text string) {
	for i := 0; i < len(text); i++ {
		switch ch := text[i]; {
		case s.Quoted:
			if strings.HasPrefix(text[i:], `\E`) {
				s.Quoted = false
				i++
			}
		case s.Escaped:
			s.Escaped, s.First = false, false
			s.Quoted = ch == 'Q' && !s.Class
		case ch == '\\':
			s.Escaped = true
		case s.Class && s.First && (ch == '^' && s.Last == '['):
		case s.Class && ch == ']' && !s.First:
			s.Class = false
		case s.Class:
			s.First = false
			if end := strings.Index(text[i:], ":]"); strings.HasPrefix(text[i:], "[:") && end > 1 {
				i += end + 1
			}
		case ch == '[':
			s.Class, s.First = true, true
		}
		s.Last = text[i]
	}
}

// jsonpathWith makes each value a literal, or text inside one.
func jsonpathWith(pieces []xpath.Piece, values []any, dialect jsonpath.Dialect) (string, error) {
	var b strings.Builder
	var quote byte
	for _, p := range pieces {
		if !p.Embedded {
			quote = quoteAfter(b.String(), quote, p.Text, dialect == jsonpath.Goessner)
			b.WriteString(p.Text)
			continue
		}
		v := values[0]
		values = values[1:]
		switch quote {
		case 0:
			text, err := jsonpath.Literal(v)
			if err != nil {
				return "", fmt.Errorf("%s: %w", p.Text, err)
			}
			if strings.HasPrefix(text, "-") && operandEnd.MatchString(b.String()) {
				return "", fmt.Errorf("%s: a value cannot directly follow another", p.Text)
			}
			b.WriteString(" " + text + " ")
		case '/':
			return "", fmt.Errorf("%s: a value inside a regular expression is not supported; compare with a string", p.Text)
		default:
			b.WriteString(jsonpath.EscapeIn(quote, p.Value))
		}
	}
	return strings.TrimSpace(b.String()), nil
}

var operandEnd = regexp.MustCompile(`[\pL\pN_)\]'"]\s*$`)

// quoteAfter follows string literals of JSONPath, and regular expressions of
// the Goessner dialect, through a piece of text.
func quoteAfter(before string, quote byte, text string, regexes bool) byte {
	tilde := regexes && strings.HasSuffix(strings.TrimSpace(before), "~")
	for i := 0; i < len(text); i++ {
		switch ch := text[i]; {
		case quote != 0 && ch == '\\':
			i++
		case quote != 0:
			if ch == quote {
				quote = 0
			}
		case ch == '\'' || ch == '"' || ch == '/' && tilde:
			quote = ch
		case ch != ' ':
			tilde = regexes && ch == '~'
		}
	}
	return quote
}

// SyntaxMessage returns the message of a syntax error without its excerpt.
func SyntaxMessage(err error) string {
	var e *syntax.Error
	if errors.As(err, &e) {
		return e.Message
	}
	return err.Error()
}
