package runtime

import (
	"errors"
	"fmt"
	"regexp"
	"strings"

	"github.com/gobelin-dev/gobelin/internal/jsonpath"
	"github.com/gobelin-dev/gobelin/internal/value"
	"github.com/gobelin-dev/gobelin/internal/xpath"
)

// substitute puts the values of the embedded expressions into a condition and
// parses it (C16). A value becomes one operand, or text inside of a literal: it
// cannot change the structure.
func (x *Execution) substitute(f *frame, c *criterion, operands *operandList) (*criterion, error) {
	values := make([]any, len(c.embedded.refs))
	for i := range values {
		v, ok := x.look(f, &c.embedded.refs[i])
		x.tell(operands, &c.embedded.refs[i], v, ok)
		values[i] = v
	}
	return c.filled(values, true)
}

// filled is the criterion with values for its embedded expressions. Before it
// is linked the runtime expressions beside them are not known.
func (c *criterion) filled(values []any, linked bool) (*criterion, error) {
	parsed := &criterion{kind: c.kind, text: c.text, place: c.place, context: c.context, dialect: c.dialect, version: c.version}
	pieces := c.pieces(values)
	var err error
	switch c.kind {
	case xpathCriterion:
		parsed.xpath, err = xpath.CompilePieces(pieces, c.version)
	case regexCriterion:
		if parsed.text, err = regexWith(pieces); err == nil {
			err = parsed.compile(parsed.text)
		}
	default:
		if parsed.text, err = jsonpathWith(pieces, values, c.dialect); err == nil {
			err = parsed.compile(parsed.text)
		}
		if err == nil && len(parsed.jsonpath.Operands()) != len(c.refs) && linked {
			err = errors.New("the runtime expressions beside JSONPath cannot be told apart from it")
		}
		parsed.refs = c.refs
	}
	return parsed, err
}

// pieces takes a condition apart at its embedded expressions.
func (c *criterion) pieces(values []any) []xpath.Piece {
	var pieces []xpath.Piece
	n := 0
	for _, part := range c.embedded.parsed.Parts {
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
// class. They are written by their numbers, which are syntax nowhere.
func regexWith(pieces []xpath.Piece) (string, error) {
	var b strings.Builder
	var s regexState
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
		case s.escaped:
			return "", fmt.Errorf(`%s: a value cannot stand behind a \`, p.Text)
		case s.class && (s.last == '-' || strings.HasPrefix(next, "-")):
			return "", fmt.Errorf("%s: a value cannot be an end of a range of characters", p.Text)
		case s.class && p.Value == "":
			return "", fmt.Errorf("%s: an empty value cannot stand in a class of characters", p.Text)
		case s.class:
			b.WriteString(characters.String())
			s.first = false
		case repetition.MatchString(b.String()) && !s.quoted:
			return "", fmt.Errorf("%s: a value cannot be the count of a repetition", p.Text)
		case s.quoted:
			b.WriteString(`\E` + characters.String() + `\Q`)
		default:
			b.WriteString("(?:" + characters.String() + ")")
		}
		s.last = 0
	}
	return b.String(), nil
}

var repetition = regexp.MustCompile(`(?:^|[^\\])\{(?:[0-9]*,)?$`)

// regexState is where in a regular expression (RE2) a place is.
type regexState struct {
	class, first    bool // in […], and in front of its first character
	quoted, escaped bool // in \Q…\E, behind a \
	last            byte
}

func (s *regexState) read(text string) {
	for i := 0; i < len(text); i++ {
		switch ch := text[i]; {
		case s.quoted:
			if strings.HasPrefix(text[i:], `\E`) {
				s.quoted = false
				i++
			}
		case s.escaped:
			s.escaped, s.first = false, false
			s.quoted = ch == 'Q' && !s.class
		case ch == '\\':
			s.escaped = true
		case s.class && s.first && (ch == '^' && s.last == '['):
		case s.class && ch == ']' && !s.first:
			s.class = false
		case s.class:
			s.first = false
			if end := strings.Index(text[i:], ":]"); strings.HasPrefix(text[i:], "[:") && end > 1 {
				i += end + 1
			}
		case ch == '[':
			s.class, s.first = true, true
		}
		s.last = text[i]
	}
}

// jsonpathWith makes each value a literal, or text inside of one.
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
				return "", fmt.Errorf("%s: a value cannot stand behind another", p.Text)
			}
			b.WriteString(" " + text + " ")
		case '/':
			return "", fmt.Errorf("%s: a value inside of a regular expression is not available; compare with a text", p.Text)
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
