package expr

import (
	"strings"

	"github.com/gobelin-dev/gobelin/internal/value"
)

// A Template is a text with expressions inside: "Bearer {$inputs.token}".
type Template struct {
	Parts []Part
	bad   []BadEmbedding
	count int
}

// A Part of a template is either a literal or an expression.
type Part struct {
	Literal  string
	Expr     *Expression
	Offset   int
	Unbraced bool // the expression has no braces around it (E1a)
}

// A BadEmbedding is text in braces that begins with "$" but is not an expression;
// it is part of a literal.
type BadEmbedding struct {
	Offset int
	Text   string // between the braces
	Err    error
}

// ParseTemplate reads a text with embedded expressions, {$…} (E1). It never
// fails: what is not an expression is literal text (E2). If word is not nil, it
// is called for each expression without braces that is a separate word; those for
// which it returns true are part of the template too (E1a).
func ParseTemplate(s string, word func(*Expression) bool) *Template {
	t := &Template{}
	literal := 0
	for i := 0; i < len(s); {
		e, end, unbraced := t.embedding(s, i, word)
		if e == nil {
			i++
			continue
		}
		if literal < i {
			t.Parts = append(t.Parts, Part{Literal: s[literal:i], Offset: literal})
		}
		t.Parts = append(t.Parts, Part{Expr: e, Offset: i, Unbraced: unbraced})
		t.count++
		i, literal = end, end
	}
	if literal < len(s) {
		t.Parts = append(t.Parts, Part{Literal: s[literal:], Offset: literal})
	}
	return t
}

// embedding reads an expression that is embedded at offset i.
func (t *Template) embedding(s string, i int, word func(*Expression) bool) (e *Expression, end int, unbraced bool) {
	if strings.HasPrefix(s[i:], "{$") {
		length := strings.IndexByte(s[i:], '}')
		if length < 0 {
			return nil, 0, false
		}
		inner := s[i+1 : i+length]
		e, err := parse(inner, embedded)
		if err != nil {
			if LooksLike(inner) {
				t.bad = append(t.bad, BadEmbedding{i, inner, err})
			}
			return nil, 0, false
		}
		e.shift(i + 1)
		return e, i + length + 1, false
	}
	if s[i] != '$' || word == nil || i > 0 && strings.IndexByte(" \t\n\r\"'([", s[i-1]) < 0 {
		return nil, 0, false
	}
	text := upTo(s[i:], " \t\n\r\"'()[]{}")
	if strings.HasPrefix(s[i+len(text):], "[") {
		// The bracket belongs to the word: an index, or a form that is not supported.
		text = upTo(s[i:], " \t\n\r(){}")
	}
	for {
		if e, err := parse(text, embedded); err == nil && word(e) {
			e.shift(i)
			return e, i + len(text), true
		}
		// Punctuation after the word ends a sentence.
		shorter := strings.TrimRight(text, ",;:!?.")
		if shorter == text || shorter == "" {
			return nil, 0, false
		}
		text = shorter
	}
}

// upTo returns what comes before the first of chars.
func upTo(s, chars string) string {
	if i := strings.IndexAny(s, chars); i >= 0 {
		return s[:i]
	}
	return s
}

// Constant returns the text of a template without expressions.
func (t *Template) Constant() (string, bool) {
	switch {
	case t.count > 0:
		return "", false
	case len(t.Parts) == 0:
		return "", true
	}
	return t.Parts[0].Literal, true
}

// BadEmbeddings returns what looks like an embedded expression but is not one.
func (t *Template) BadEmbeddings() []BadEmbedding { return t.bad }

// Expressions returns the embedded expressions in order.
func (t *Template) Expressions() []*Expression {
	list := make([]*Expression, 0, t.count)
	for _, part := range t.Parts {
		if part.Expr != nil {
			list = append(list, part.Expr)
		}
	}
	return list
}

// Append appends the text of the template: strings as they are, other values as
// JSON, nothing for a missing value. of returns the value of the i-th expression.
func (t *Template) Append(dst []byte, of func(i int, e *Expression) (any, bool)) []byte {
	n := 0
	for _, part := range t.Parts {
		if part.Expr == nil {
			dst = append(dst, part.Literal...)
			continue
		}
		if v, ok := of(n, part.Expr); ok {
			dst = append(dst, value.Text(v)...)
		}
		n++
	}
	return dst
}
