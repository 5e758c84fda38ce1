package jsonpath

import (
	"strconv"
	"strings"

	"github.com/gobelin-dev/gobelin/internal/value"
	"github.com/theory/jsonpath/spec"
)

// A Term is a part of a condition, for analyses: a logical expression, a
// comparison, or an operand (RFC 9535 §2.3.5).
type Term struct {
	Operator string  // || && ! == != < <= > >=; "" of an operand
	Terms    []*Term // what the operator joins
	Kind     TermKind
	Literal  any
	Path     []Step // of a query
	Relative bool   // the query begins with @
	Operand  int    // index into [Condition.Operands]; Path leads into its value
	Function string // of a call
	Text     string
}

// A TermKind says what an operand is.
type TermKind uint8

// The kinds of operands.
const (
	OtherTerm   TermKind = iota // a call with arguments of other kinds
	LiteralTerm                 // a value
	QueryTerm                   // a query; alone it tests that something is selected
	OperandTerm                 // a runtime expression (C11b)
	CallTerm                    // a function of one query: length(@.a)
)

// A Step is a segment of a query (RFC 9535 §2.5).
type Step struct {
	Kind   StepKind
	Name   string
	Index  int
	Filter *Term
}

// A StepKind says what a [Step] selects.
type StepKind uint8

// The kinds of steps.
const (
	OtherStep  StepKind = iota // descendants, several selectors
	NameStep                   // a member
	IndexStep                  // an element
	EachStep                   // all children, or a slice of them
	FilterStep                 // the children for which Filter holds
)

// Term returns the condition as a tree, or nil if only the Goessner dialect has
// it.
func (c *Condition) Term() *Term {
	o := outliner{operands: len(c.operands) > 0}
	switch {
	case c.goessner != nil:
		return c.goessner.term(o)
	case c.predicate:
		return o.or(c.filter.LogicalOr)
	}
	return o.query(c.query)
}

// RootFilter returns the filter of a query that is one filter at the root, which
// the root itself may pass too (C12).
func (c *Condition) RootFilter() *Term {
	if c.predicate || c.filter == nil {
		return nil
	}
	return outliner{operands: len(c.operands) > 0}.or(c.filter.LogicalOr)
}

// Path returns the segments of the query; ok is false if only the Goessner
// dialect has it.
func (q *Query) Path() (path []Step, ok bool) {
	if t := q.term(outliner{}); t != nil {
		return t.Path, true
	}
	return nil, false
}

func (q *Query) term(o outliner) *Term {
	if q.rfc == nil {
		return nil
	}
	return o.query(q.rfc)
}

// An outliner turns the library's tree into terms; operands says that the root
// holds runtime expressions and the document.
type outliner struct{ operands bool }

func (o outliner) or(list spec.LogicalOr) *Term {
	return join("||", list, func(and spec.LogicalAnd) *Term {
		return join("&&", and, o.basic)
	})
}

func join[T any](operator string, list []T, each func(T) *Term) *Term {
	if len(list) == 1 {
		return each(list[0])
	}
	t := &Term{Operator: operator}
	for _, item := range list {
		t.Terms = append(t.Terms, each(item))
	}
	return t
}

func not(t *Term) *Term { return &Term{Operator: "!", Terms: []*Term{t}} }

func (o outliner) basic(e spec.BasicExpr) *Term {
	switch e := e.(type) {
	case *spec.ParenExpr:
		return o.or(e.LogicalOr)
	case *spec.NotParenExpr:
		return not(o.or(e.LogicalOr))
	case *spec.ExistExpr:
		return o.query(e.PathQuery)
	case *spec.NonExistExpr:
		return not(o.query(e.PathQuery))
	case *spec.CompExpr:
		return o.comparison(e.String())
	}
	return &Term{}
}

// comparison parses the text of a comparison, because the library does not export
// its parts. It writes names and strings as Go does.
func (o outliner) comparison(text string) *Term {
	depth := 0
	for i := 0; i < len(text); i++ {
		switch text[i] {
		case '"':
			i += len(stringAt(text[i:])) - 1
		case '[', '(':
			depth++
		case ']', ')':
			depth--
		case ' ':
			operator, right, ok := strings.Cut(text[i+1:], " ")
			if depth == 0 && ok {
				return &Term{Operator: operator, Terms: []*Term{o.operand(text[:i]), o.operand(right)}, Text: text}
			}
		}
	}
	return &Term{}
}

func (o outliner) operand(text string) *Term {
	if text == "" {
		return &Term{}
	}
	switch text[0] {
	case '"':
		if s, err := strconv.Unquote(text); err == nil {
			return &Term{Kind: LiteralTerm, Literal: s}
		}
		return &Term{}
	case '$', '@':
		if q, err := parse(extended, "$"+text[1:]); err == nil {
			t := o.query(q)
			t.Relative = text[0] == '@'
			return t
		}
		return &Term{}
	}
	if name, rest, ok := strings.Cut(text, "("); ok && strings.HasSuffix(rest, ")") {
		t := &Term{Kind: OtherTerm, Function: name}
		if argument := o.operand(rest[:len(rest)-1]); argument.Kind == QueryTerm {
			t.Kind, t.Terms = CallTerm, []*Term{argument}
		}
		return t
	}
	if v, err := value.Decode([]byte(text)); err == nil {
		return &Term{Kind: LiteralTerm, Literal: v}
	}
	return &Term{}
}

func (o outliner) query(q *spec.PathQuery) *Term {
	t := &Term{Kind: QueryTerm, Text: q.String(), Relative: strings.HasPrefix(q.String(), "@")}
	for _, segment := range q.Segments() {
		t.Path = append(t.Path, o.step(segment))
	}
	if !o.operands || t.Relative || len(t.Path) == 0 || t.Path[0].Kind != NameStep {
		return t
	}
	// The root holds the document and the operands; see rewrite.
	if t.Path[0].Name == documentName {
		t.Path = t.Path[1:]
	} else if len(t.Path) < 2 {
		return &Term{}
	} else if i, err := strconv.Atoi(t.Path[1].Name); err == nil {
		t.Kind, t.Operand, t.Path = OperandTerm, i, t.Path[2:]
	}
	return t
}

func (o outliner) step(segment *spec.Segment) Step {
	selectors := segment.Selectors()
	if segment.IsDescendant() || len(selectors) != 1 {
		return Step{}
	}
	switch s := selectors[0].(type) {
	case spec.Name:
		return Step{Kind: NameStep, Name: string(s)}
	case spec.Index:
		return Step{Kind: IndexStep, Index: int(s)}
	case spec.WildcardSelector, *spec.WildcardSelector, spec.SliceSelector, *spec.SliceSelector:
		return Step{Kind: EachStep}
	case *spec.FilterSelector:
		return Step{Kind: FilterStep, Filter: o.or(s.LogicalOr)}
	}
	return Step{}
}
