package jsonpath

import (
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"github.com/gobelin-dev/gobelin/internal/syntax"
	"github.com/theory/jsonpath/spec"
)

// Dialect is a variant of JSONPath.
type Dialect uint8

// The dialects.
const (
	RFC9535 Dialect = iota
	Goessner
)

// The notes of a [Condition]: the codes of what a query cannot have.
const (
	NotePredicate = "jsonpath-predicate" // a comparison instead of a query (C11)
	NoteLength    = "length-property"    // .length, a property that JSONPath does not have (C11a)
	NoteFunction  = "jsonpath-function"  // a function of RFC 9535 in the dialect that came before it (C13)
)

// A Condition is the condition of a criterion of type jsonpath: a query, which
// passes if it selects something (C10), or a predicate, which passes if it is
// true (C11).
type Condition struct {
	text      string
	goessner  *Query
	query     *spec.PathQuery
	path      *path                // query, to be evaluated
	test      test                 // filter, to be evaluated
	filter    *spec.FilterSelector // of a predicate, or of a query that is one filter at the root (C12)
	predicate bool
	operands  []string
	notes     []string
	length    bool // .length is taken of a value
	inside    bool // a predicate all of whose paths lead into the document
	places    places
}

// An Outcome is the result of a condition.
type Outcome struct {
	Pass       bool
	RootFilter bool   // it passes because the filter holds for the root itself (C12)
	Reason     string // why it does not pass, if that is not what the condition asks for
	Ended      error  // [syntax.ErrEnded] if it was given up, and nothing is decided
}

// ParseCondition reads a condition. The error is a *[syntax.Error].
func ParseCondition(s string, dialect Dialect) (*Condition, error) {
	c, err := parseCondition(s, dialect)
	if err == nil {
		c.findPlaces()
	}
	return c, err
}

func parseCondition(s string, dialect Dialect) (*Condition, error) {
	if err := bounded(s); err != nil {
		return nil, err
	}
	if dialect == Goessner {
		if q, err := ParseGoessner(s); err == nil && !compares(s) {
			return q.condition(), nil
		} else if !compares(s) {
			return nil, err
		}
	}
	r := rewrite(s)
	if compares(s) { // no query does
		if wrapped, err := parse(extended, "$[?"+r.text+"]"); err == nil {
			if filter := rootFilter(wrapped); filter != nil {
				return r.predicate(s, filter), nil
			}
		}
	}
	query, queryErr := parse(extended, r.text)
	if queryErr == nil {
		c := &Condition{text: s, query: query, path: compilePath(query), operands: r.operands, notes: r.notes(), length: r.length}
		c.setFilter(rootFilter(query))
		return c, nil
	}
	const open, end = "$[?", "]"
	wrapped, err := parse(extended, open+r.text+end)
	if err != nil {
		// The reading that got further knows what is wrong.
		e := err.(*syntax.Error)
		e.Offset -= len(open)
		if q := queryErr.(*syntax.Error); !compares(s) || q.Offset > e.Offset {
			e = q
		}
		return nil, &syntax.Error{Text: s, Offset: max(0, min(r.original(e.Offset), len(s))), Message: e.Message}
	}
	filter := rootFilter(wrapped)
	if filter == nil {
		return nil, &syntax.Error{Text: s, Offset: len(s), Message: "neither a query nor a predicate"}
	}
	return r.predicate(s, filter), nil
}

// condition returns a query of the Goessner dialect as a condition. What the RFC has
// too is one like any other.
func (q *Query) condition() *Condition {
	if q.rfc == nil {
		return &Condition{text: q.text, goessner: q}
	}
	c := &Condition{text: q.text, query: q.rfc, path: q.path}
	if calls.MatchString(blanked(q.text)) {
		c.notes = []string{NoteFunction}
	}
	c.setFilter(rootFilter(q.rfc))
	return c
}

var calls = regexp.MustCompile(`\b(?:length|count|match|search|value)\(`)

// blanked returns a text without its string literals.
func blanked(s string) string {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] == '\'' || s[i] == '"' {
			i += len(stringAt(s[i:])) - 1
			continue
		}
		b.WriteByte(s[i])
	}
	return b.String()
}

func (r *rewritten) predicate(s string, filter *spec.FilterSelector) *Condition {
	notes := append([]string{NotePredicate}, r.notes()...)
	c := &Condition{text: s, predicate: true, operands: r.operands, notes: notes, length: r.length, inside: leadsInside(s)}
	c.setFilter(filter)
	return c
}

func (c *Condition) setFilter(f *spec.FilterSelector) {
	if c.filter = f; f != nil {
		c.test = compileFilter(f)
	}
}

// leadsInside reports whether a predicate has paths and all of them lead into
// the document: it says nothing about the document itself.
func leadsInside(s string) bool {
	found, depth := false, 0
	for _, t := range tokens(s) {
		switch {
		case t.kind == pathToken && depth == 0:
			if found = true; len(t.path()) == 1 && !leadsOn(s[t.offset+1:]) {
				return false
			}
		case t.kind == otherToken:
			depth += brackets(t.text)
		}
	}
	return found
}

// rootFilter returns the filter of a query that is nothing else, or nil.
func rootFilter(q *spec.PathQuery) *spec.FilterSelector {
	segments := q.Segments()
	if len(segments) != 1 || segments[0].IsDescendant() || len(segments[0].Selectors()) != 1 {
		return nil
	}
	filter, _ := segments[0].Selectors()[0].(*spec.FilterSelector)
	return filter
}

// String returns the condition as written.
func (c *Condition) String() string { return c.text }

// Predicate reports whether the condition is a predicate, not a query.
func (c *Condition) Predicate() bool { return c.predicate }

// Operands returns the runtime expressions among the operands, in order of
// appearance (C11b). Their indexes are the arguments of [Condition.Test]'s
// operand function.
func (c *Condition) Operands() []string { return c.operands }

// OperandOffset returns where the i-th operand is in the condition, in bytes.
func (c *Condition) OperandOffset(i int) int { return tokensOf(c.text, operandToken)[i].offset }

// Notes returns the notes of the condition.
func (c *Condition) Notes() []string { return c.notes }

// Correction returns a query of RFC 9535 that means the same on every context,
// or "" if there is none.
//
// A filter at the root, $[?…], tests each child of the context. If all paths in
// it start from the root, it has the same result for each of them, so the query
// passes if the predicate is true and there is a child. On a context without
// children the predicate has to be false: if every path has at least one segment,
// none selects anything in such a context, so that it suffices to try one empty
// object.
func (c *Condition) Correction() string {
	if c.length {
		return ""
	}
	return c.correction()
}

// LengthCorrection is [Condition.Correction] for a predicate in which no value
// that .length is taken of can be an object.
func (c *Condition) LengthCorrection() string { return c.correction() }

func (c *Condition) correction() string {
	if !c.predicate || len(c.operands) > 0 {
		return ""
	}
	text, ok := fromRoot(lengthFunction(c.text))
	if !ok || c.decide(nil, map[string]any{}, map[string]any{}, true).Pass {
		return ""
	}
	text = "$[?" + text + "]"
	if again, err := ParseCondition(text, RFC9535); err != nil || again.predicate {
		return ""
	}
	return text
}

// Suggestion is [Condition.Correction] for a context that has children, if
// .length is taken of arrays and texts only.
func (c *Condition) Suggestion() string {
	if len(c.operands) > 0 {
		return ""
	}
	text := lengthFunction(c.text)
	if !c.predicate {
		return text
	}
	rooted, ok := fromRoot(text)
	if !ok {
		return ""
	}
	return "$[?" + rooted + "]"
}

// Length reports whether .length is taken of a value, where it may be a member
// of an object. Of the nodes of a query it can only be their number.
func (c *Condition) Length() bool { return c.length }

// fromRoot writes a predicate with $ for the @ that means the context; ok is false
// if a path is the context itself.
func fromRoot(s string) (text string, ok bool) {
	var b strings.Builder
	depth := 0
	for _, t := range tokens(s) {
		text := t.text
		switch {
		case t.kind == pathToken && depth == 0:
			next := s[t.offset+len(text):]
			if len(text) == 1 && !strings.HasPrefix(next, "[") && !strings.HasPrefix(next, ".") {
				return "", false
			}
			text = "$" + text[1:]
		case t.kind == otherToken:
			depth += brackets(text)
		}
		b.WriteString(text)
	}
	return b.String(), true
}

// brackets counts the brackets that a piece of a condition opens, minus those
// that it closes.
func brackets(s string) int {
	depth := 0
	for i := 0; i < len(s); i++ {
		switch s[i] {
		case '\'', '"':
			i += len(stringAt(s[i:])) - 1
		case '[':
			depth++
		case ']':
			depth--
		}
	}
	return depth
}

// Test decides the condition on a document. operand returns the value of the
// i-th operand. A predicate that only looks for members holds of no value that
// cannot have any: there it is not their absence that is meant (C11). strict means that a filter at the root tests its children only.
func (c *Condition) Test(doc any, operand func(i int) (any, bool), strict bool) Outcome {
	return c.TestUntil(nil, doc, operand, strict)
}

// TestUntil is [Condition.Test] that is given up when done is closed.
func (c *Condition) TestUntil(done <-chan struct{}, doc any, operand func(i int) (any, bool), strict bool) Outcome {
	if c.goessner != nil {
		found, err := c.goessner.SelectUntil(done, doc)
		return decided(Outcome{Pass: len(found) > 0}, err)
	}
	if c.inside && !isCompound(doc) {
		return Outcome{Reason: fmt.Sprintf("the context is %s, which has no members to look for", kindOf(doc))}
	}
	return c.decide(done, doc, c.rooted(doc, operand), strict)
}

// rooted returns a document, in a root beside the operands if there are any (C11b).
func (c *Condition) rooted(doc any, operand func(i int) (any, bool)) any {
	if len(c.operands) == 0 {
		return doc
	}
	return map[string]any{documentName: doc, operandsName: c.operandValues(operand)}
}

// decide evaluates the condition on a document, which root holds beside the
// operands.
func (c *Condition) decide(done <-chan struct{}, doc, root any, strict bool) (o Outcome) {
	err := within(root, done, func(e *evaluation) {
		if c.predicate {
			o.Pass = c.test.holds(e, doc)
			return
		}
		if o.Pass = !e.each(c.path, doc, func(any, *place) bool { return false }); o.Pass || c.test == nil || strict {
			return
		}
		if _, isObject := doc.(map[string]any); isObject {
			o.Pass = c.test.holds(e, doc)
			o.RootFilter = o.Pass
		}
	})
	return decided(o, err)
}

// decided is an outcome, or, after an error, none that passes.
func decided(o Outcome, err error) Outcome {
	switch {
	case errors.Is(err, syntax.ErrEnded):
		return Outcome{Ended: err}
	case err != nil:
		return Outcome{Reason: err.Error()}
	}
	return o
}

// isCompound reports whether a value is an array or an object.
func isCompound(v any) bool {
	switch v.(type) {
	case []any, map[string]any:
		return true
	}
	return false
}

// kindOf names the type of a value that is neither array nor object.
func kindOf(v any) string {
	switch v.(type) {
	case nil:
		return "null"
	case bool:
		return "a boolean"
	case string:
		return "a string"
	}
	return "a number"
}

func (c *Condition) operandValues(operand func(i int) (any, bool)) map[string]any {
	values := make(map[string]any, len(c.operands))
	for i := range c.operands {
		if v, ok := operand(i); ok {
			values[strconv.Itoa(i)] = v
		}
	}
	return values
}

// compares reports whether there is an operator outside of strings and brackets.
func compares(s string) bool {
	depth := 0
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c == '\'' || c == '"':
			i += len(stringAt(s[i:])) - 1
		case c == '[' || c == '(':
			depth++
		case c == ']' || c == ')':
			depth--
		case depth == 0 && strings.IndexByte("=<>!&|", c) >= 0:
			return true
		}
	}
	return false
}

func (r *rewritten) notes() []string {
	if r.length || r.count {
		return []string{NoteLength}
	}
	return nil
}
