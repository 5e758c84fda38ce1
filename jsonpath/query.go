package jsonpath

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/ohler55/ojg/jp"
	"github.com/theory/jsonpath/parser"
	"github.com/theory/jsonpath/registry"
	"github.com/theory/jsonpath/spec"
)

// A Query is a compiled JSONPath query.
type Query struct {
	text     string
	rfc      *spec.PathQuery // nil for the Goessner dialect
	goessner jp.Expr
}

// Parse reads a query of RFC 9535 (§2). The error is a *SyntaxError.
func Parse(query string) (*Query, error) {
	parsed, err := parse(standard, query)
	if err != nil {
		return nil, err
	}
	return &Query{text: query, rfc: parsed}, nil
}

// parse calls the library within bounds: it descends recursively.
func parse(functions *registry.Registry, query string) (*spec.PathQuery, error) {
	if err := bounded(query); err != nil {
		return nil, err
	}
	parsed, err := parser.Parse(functions, query)
	if err != nil {
		return nil, located(query, err)
	}
	return parsed, nil
}

const (
	maxQuery   = 64 << 10 // bytes
	maxNesting = 500
)

func bounded(query string) error {
	if len(query) > maxQuery {
		return &SyntaxError{Text: query, Message: fmt.Sprintf("the query is longer than %d bytes", maxQuery)}
	}
	depth := 0
	for i := 0; i < len(query); i++ {
		switch query[i] {
		case '\'', '"':
			i += len(stringAt(query[i:])) - 1
		case '(', '[':
			depth++
		case ')', ']':
			depth--
		}
		if depth > maxNesting {
			return &SyntaxError{Text: query, Offset: i, Message: fmt.Sprintf("the query is nested more than %d levels deep", maxNesting)}
		}
	}
	return nil
}

var position = regexp.MustCompile(`^jsonpath: (.*?)(?: at position (\d+))?$`)

// located gives the library's error its place.
func located(query string, err error) error {
	m := position.FindStringSubmatch(err.Error())
	if m == nil {
		return &SyntaxError{Text: query, Offset: len(query), Message: err.Error()}
	}
	at, convErr := strconv.Atoi(m[2])
	if convErr != nil {
		at = len(query) + 1
	}
	return &SyntaxError{Text: query, Offset: min(at-1, len(query)), Message: m[1]}
}

// ParseGoessner reads a query of the dialect that preceded the RFC
// (draft-goessner-dispatch-jsonpath-00): filters ?(…), unions, negative slices.
// The error is a *SyntaxError.
func ParseGoessner(query string) (q *Query, err error) {
	if err := bounded(query); err != nil {
		return nil, err
	}
	// The library panics on some input; what it cannot read is an error.
	defer func() {
		if r := recover(); r != nil {
			q, err = nil, &SyntaxError{Text: query, Message: fmt.Sprint(r)}
		}
	}()
	parsed, err := jp.ParseString(query)
	if err != nil {
		return nil, &SyntaxError{Text: query, Offset: len(query), Message: err.Error()}
	}
	return &Query{text: query, goessner: parsed}, nil
}

// String returns the query as written.
func (q *Query) String() string { return q.text }

// Select returns the values of the nodes that the query selects, in their order.
func (q *Query) Select(doc any) (values []any) {
	if q.rfc != nil {
		return q.rfc.Select(doc, doc)
	}
	// The library panics where a comparison meets values it does not expect; a
	// query that cannot be evaluated selects nothing.
	defer func() {
		if recover() != nil {
			values = nil
		}
	}()
	return q.goessner.Get(doc)
}

// A SyntaxError says where a text is no JSONPath.
type SyntaxError struct {
	Text    string
	Offset  int // bytes in front of the place
	Message string
}

// Error returns the message, and beneath it the text with a caret under the
// place.
func (e *SyntaxError) Error() string {
	offset := max(0, min(e.Offset, len(e.Text)))
	start := strings.LastIndexByte(e.Text[:offset], '\n') + 1
	line, _, _ := strings.Cut(e.Text[start:], "\n")
	return e.Message + "\n" + line + "\n" + strings.Repeat(" ", utf8.RuneCountInString(e.Text[start:offset])) + "^"
}
