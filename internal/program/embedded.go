package program

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/gobelin-dev/gobelin/internal/jsonpath"
	"github.com/gobelin-dev/gobelin/internal/syntax"
	"github.com/gobelin-dev/gobelin/internal/value"
	"github.com/gobelin-dev/gobelin/internal/xpath"
)

// A Filled criterion is one with values for its embedded expressions.
type Filled struct {
	*Criterion
	Shaping []int // the expressions whose values are more than a text, a number or a name in it: they shape the condition
}

// Fill returns the criterion with values for its embedded expressions (C16):
// each is the text of a literal, an operand, or else a part of the condition, by
// where it stands. Before it is linked, the runtime expressions next to them are
// unknown.
func (c *Criterion) Fill(values []any, linked bool) (Filled, error) {
	parsed := &Criterion{Kind: c.Kind, Text: c.Text, Place: c.Place, Context: c.Context, Dialect: c.Dialect, Version: c.Version}
	f := Filled{Criterion: parsed}
	var b strings.Builder
	var pieces []xpath.Piece
	for i, in := range c.embeddings(values) {
		if in.standing == asText && in.shapes(c.Kind, values[i]) {
			f.Shaping = append(f.Shaping, i)
		}
		if c.Kind == XPathCriterion {
			pieces = append(pieces, in.pieces(values[i])...)
			continue
		}
		text, err := in.write(c.Kind, values[i])
		if err != nil {
			return f, fmt.Errorf("%s: %w", in.name, err)
		}
		b.WriteString(in.before + text)
	}
	rest := c.after()
	var err error
	switch {
	case c.Kind == XPathCriterion:
		parsed.XPath, err = xpath.CompilePieces(joined(append(pieces, xpath.Piece{Text: rest})), c.Version)
	default:
		parsed.Text = b.String() + rest
		if c.Kind == JSONPathCriterion {
			parsed.Text = strings.TrimSpace(parsed.Text)
		}
		if err = parsed.Compile(parsed.Text); err == nil && parsed.JSONPath != nil {
			if parsed.Refs = c.Refs; len(parsed.JSONPath.Operands()) != len(c.Refs) && linked {
				err = errors.New("the runtime expressions cannot be distinguished from the JSONPath around them")
			}
		}
	}
	return f, err
}

// Free reports whether values can shape the condition: one of its embedded
// expressions is neither the text of a literal nor an operand.
func (c *Criterion) Free() bool {
	return slices.ContainsFunc(c.embeddings(nil), func(in embedding) bool { return in.standing == asText })
}

// embeddings follows the condition, with the values that are known, and says for
// each expression where it stands.
func (c *Criterion) embeddings(values []any) []embedding {
	var list []embedding
	t := follower{kind: c.Kind, regexes: c.Dialect == jsonpath.Goessner, comments: c.Kind == XPathCriterion && c.Version != "xpath-10"}
	literal := ""
	parts := c.Embedded.Parsed.Parts
	for i, part := range parts {
		if part.Expr == nil {
			literal += part.Literal
			continue
		}
		t.read(literal)
		next := ""
		if i+1 < len(parts) {
			next = parts[i+1].Literal
		}
		in := t.embedding(next)
		in.name, in.before = "{"+part.Expr.Text+"}", literal
		switch n := len(list); {
		case in.standing == asOperand:
			t.read("''")
		case in.standing == asText && n < len(values):
			t.read(value.Text(values[n]))
		}
		literal = ""
		list = append(list, in)
	}
	return list
}

// after returns the text after the last embedded expression.
func (c *Criterion) after() string {
	parts := c.Embedded.Parsed.Parts
	if last := parts[len(parts)-1]; last.Expr == nil {
		return last.Literal
	}
	return ""
}

// plain are values that are one word in a query, whatever is around them.
var plain = regexp.MustCompile(`^(?:[\pL_][\pL\pN_]*|-?[0-9]+(?:\.[0-9]+)?)$`)

// shapes reports whether a value is more than a text (of a regular expression) or
// a word (of a query) where it is a part of the condition.
func (in *embedding) shapes(kind CriterionKind, v any) bool {
	s := value.Text(v)
	switch {
	case kind != RegexCriterion:
		return !plain.MatchString(s)
	case in.syntax:
		return true
	case in.class:
		return strings.ContainsAny(s, `\]^-[`)
	}
	return regexp.QuoteMeta(s) != s
}

// write returns the text that a value is in a regular expression or in JSONPath.
func (in *embedding) write(kind CriterionKind, v any) (string, error) {
	switch s := value.Text(v); {
	case in.standing == asLiteral && kind == RegexCriterion:
		return `\E` + regexp.QuoteMeta(s) + `\Q`, nil
	case in.standing == asLiteral:
		return jsonpath.EscapeIn(in.quote, s), nil
	case in.standing == asOperand:
		text, err := jsonpath.Literal(v)
		return " " + text + " ", err
	default:
		return s, nil
	}
}

// pieces returns what a value is in XPath.
func (in *embedding) pieces(v any) []xpath.Piece {
	at := xpath.Piece{Text: in.name, Embedded: true, Value: value.Text(v), Number: value.IsNumber(v)}
	if in.standing == asText {
		at = xpath.Piece{Text: at.Value}
	}
	return []xpath.Piece{{Text: in.before}, at}
}

// joined makes one piece of the texts that are next to one another.
func joined(pieces []xpath.Piece) (list []xpath.Piece) {
	for _, p := range pieces {
		if n := len(list) - 1; n >= 0 && !list[n].Embedded && !p.Embedded {
			list[n].Text += p.Text
			continue
		}
		list = append(list, p)
	}
	return list
}

// SyntaxMessage returns the message of a syntax error without its excerpt.
func SyntaxMessage(err error) string {
	var e *syntax.Error
	if errors.As(err, &e) {
		return e.Message
	}
	return err.Error()
}
