package jsonpath

import (
	"errors"
	"fmt"

	"github.com/gobelin-dev/gobelin/internal/jsonpath"
	"github.com/gobelin-dev/gobelin/internal/syntax"
	"github.com/gobelin-dev/gobelin/internal/value"
)

// A SyntaxError says where a text is not valid.
type SyntaxError struct {
	Text    string // the whole text
	Offset  int    // of the place, in bytes
	Message string
}

// Error returns the message, and below it the line in question with a caret
// under the place.
func (e *SyntaxError) Error() string { return (*syntax.Error)(e).Error() }

// public turns the error of the evaluator into the one of this package.
func public(err error) error {
	var invalid *syntax.Error
	if errors.As(err, &invalid) {
		return (*SyntaxError)(invalid)
	}
	return err
}

// A Dialect is a variant of JSONPath.
type Dialect uint8

// The dialects of Arazzo's Criterion Expression Type Object.
const (
	RFC9535  Dialect = iota // rfc9535, the default
	Goessner                // draft-goessner-dispatch-jsonpath-00: scripts and filters in parentheses, === and =~ (C13)
)

// A Query is a JSONPath query.
type Query struct{ parsed *jsonpath.Query }

// Parse reads a query of RFC 9535 (§2). Any error is a *SyntaxError.
func Parse(query string) (*Query, error) { return RFC9535.Parse(query) }

// Parse reads a query of the dialect. Any error is a *SyntaxError.
func (d Dialect) Parse(query string) (*Query, error) {
	parse := jsonpath.Parse
	if d == Goessner {
		parse = jsonpath.ParseGoessner
	}
	parsed, err := parse(query)
	if err != nil {
		return nil, public(err)
	}
	return &Query{parsed}, nil
}

// String returns the query as written.
func (q *Query) String() string { return q.parsed.String() }

// Select returns the values of the nodes that the query selects from doc, in
// their order.
func (q *Query) Select(doc any) []any {
	root, err := value.From(doc)
	if err != nil {
		return nil
	}
	values, _ := q.parsed.Select(root)
	return values
}

// Locate returns the paths of the nodes that the query selects from doc, each as
// the names (string) and indexes (int) that lead to the node (RFC 9535 §2.7). A
// query that only the Goessner dialect has locates nothing.
func (q *Query) Locate(doc any) [][]any {
	root, err := value.From(doc)
	if err != nil {
		return nil
	}
	places, _ := q.parsed.Locate(root)
	return places
}

// A Condition is the condition of a criterion of type jsonpath.
type Condition struct{ parsed *jsonpath.Condition }

// ParseCondition reads a condition with queries of RFC 9535. Any error is a
// *SyntaxError.
func ParseCondition(s string) (*Condition, error) { return RFC9535.ParseCondition(s) }

// ParseCondition reads a condition with queries of the dialect. Runtime
// expressions in it, which have values only in a run, are refused. Any error is a
// *SyntaxError.
func (d Dialect) ParseCondition(s string) (*Condition, error) {
	parsed, err := jsonpath.ParseCondition(s, jsonpath.Dialect(d))
	if err != nil {
		return nil, public(err)
	}
	if operands := parsed.Operands(); len(operands) > 0 {
		message := fmt.Sprintf("%s has no value outside of a run", operands[0])
		return nil, &SyntaxError{Text: s, Offset: parsed.OperandOffset(0), Message: message}
	}
	return &Condition{parsed}, nil
}

// String returns the condition as written.
func (c *Condition) String() string { return c.parsed.String() }

// Test reports whether doc meets the condition: a query if it selects a node,
// whatever the value (C10), a comparison if it is true, with $ and @ bound to doc
// (C11). A filter at the root of an object may hold for the object itself (C12).
func (c *Condition) Test(doc any) bool {
	root, err := value.From(doc)
	return err == nil && c.parsed.Test(root, nil, false).Pass
}
