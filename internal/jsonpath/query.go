package jsonpath

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"github.com/gobelin-dev/gobelin/internal/syntax"
	"github.com/ohler55/ojg/jp"
	"github.com/theory/jsonpath/parser"
	"github.com/theory/jsonpath/registry"
	"github.com/theory/jsonpath/spec"
)

// A Query is a compiled JSONPath query.
type Query struct {
	text     string
	rfc      *spec.PathQuery // nil for the Goessner dialect
	path     *path           // rfc, to be evaluated
	goessner jp.Expr
}

// Parse reads a query of RFC 9535 (§2). The error is a *[syntax.Error].
func Parse(query string) (*Query, error) {
	parsed, err := parse(standard, query)
	if err != nil {
		return nil, err
	}
	return &Query{text: query, rfc: parsed, path: compilePath(parsed)}, nil
}

// parse calls the library within bounds, because it is recursive.
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
		return &syntax.Error{Text: query, Message: fmt.Sprintf("the query is longer than %d bytes", maxQuery)}
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
			return &syntax.Error{Text: query, Offset: i, Message: fmt.Sprintf("the query is nested more than %d levels deep", maxNesting)}
		}
	}
	return nil
}

var position = regexp.MustCompile(`^jsonpath: (.*?)(?: at position (\d+))?$`)

// located turns an error of the library into one with a place.
func located(query string, err error) error {
	m := position.FindStringSubmatch(err.Error())
	if m == nil {
		return &syntax.Error{Text: query, Offset: len(query), Message: err.Error()}
	}
	at, convErr := strconv.Atoi(m[2])
	if convErr != nil {
		at = len(query) + 1
	}
	return &syntax.Error{Text: query, Offset: min(at-1, len(query)), Message: m[1]}
}

// A script that the RFC has its own form for, and the operators of JavaScript.
var (
	lastElement = regexp.MustCompile(`\[\(@\.length\s*-\s*([0-9]+)\)\]`)
	javaScript  = strings.NewReplacer("===", "==", "!==", "!=")
)

// modern rewrites what the RFC writes in another way than the Goessner dialect,
// outside of string literals.
func modern(query string) string {
	var b strings.Builder
	rest := 0
	plain := func(end int) {
		b.WriteString(javaScript.Replace(lastElement.ReplaceAllString(query[rest:end], "[-$1]")))
	}
	for i := 0; i < len(query); i++ {
		if query[i] == '\'' || query[i] == '"' {
			plain(i)
			text := stringAt(query[i:])
			b.WriteString(text)
			i += len(text) - 1
			rest = i + 1
		}
	}
	plain(len(query))
	return b.String()
}

// ParseGoessner reads a query of the dialect that preceded the RFC
// (draft-goessner-dispatch-jsonpath-00): filters ?(…), unions, negative slices.
// What the RFC has too is evaluated by its rules, with its precedence of && and
// ||, the rest by ojg. The error is a *[syntax.Error].
func ParseGoessner(query string) (q *Query, err error) {
	if err := bounded(query); err != nil {
		return nil, err
	}
	if parsed, err := parse(extended, rewrite(modern(query)).text); err == nil && len(tokensOf(query, operandToken)) == 0 {
		return &Query{text: query, rfc: parsed, path: compilePath(parsed)}, nil
	}
	if message := mistaken(query); message != "" {
		return nil, &syntax.Error{Text: query, Offset: len(query), Message: message}
	}
	// The library panics on some input.
	defer func() {
		if r := recover(); r != nil {
			q, err = nil, &syntax.Error{Text: query, Message: fmt.Sprint(r)}
		}
	}()
	parsed, err := jp.ParseString(query)
	if err != nil {
		return nil, &syntax.Error{Text: query, Offset: len(query), Message: err.Error()}
	}
	return &Query{text: query, goessner: parsed}, nil
}

var arrayOperand = regexp.MustCompile(`[=!]==?\s*\[|\]\s*[=!]==?\s*\]`)

// mistaken says what ojg would evaluate wrongly, or returns "". To ojg, && and ||
// have the same precedence, and it panics when arrays are compared.
func mistaken(query string) string {
	var b strings.Builder
	for i := 0; i < len(query); i++ {
		expression := query[i] == '/' && strings.HasSuffix(strings.TrimRight(b.String(), " "), "~")
		if query[i] == '\'' || query[i] == '"' || expression {
			i += len(stringAt(query[i:])) - 1
			b.WriteByte('_')
			continue
		}
		b.WriteByte(query[i])
	}
	plain := b.String()
	switch {
	case strings.Contains(plain, "&&") && strings.Contains(plain, "||"):
		return "&& and || cannot be combined in a query with operators that only the Goessner dialect has"
	case arrayOperand.MatchString(plain):
		return "comparisons with arrays are not supported"
	}
	return ""
}

// String returns the query as written.
func (q *Query) String() string { return q.text }

// Singular reports whether the query selects at most one node (RFC 9535
// §2.3.5.1).
func (q *Query) Singular() bool { return q.rfc != nil && q.rfc.Singular() != nil }

// Locate returns the paths of the nodes that the query selects, each as the names
// (string) and indexes (int) that lead to the node (RFC 9535 §2.7). A query that
// only the Goessner dialect has locates nothing. The error is [ErrBudget].
func (q *Query) Locate(doc any) (places [][]any, err error) {
	if q.rfc == nil {
		return nil, nil
	}
	err = within(doc, nil, func(e *evaluation) {
		e.ordered, e.located = true, true
		e.each(q.path, doc, func(_ any, at *place) bool {
			places = append(places, at.keys())
			e.look(len(places[len(places)-1]))
			return true
		})
	})
	if err != nil {
		places = nil
	}
	return places, err
}

// Select returns the values of the nodes that the query selects, in order; those
// of an object's members in the order of their names. The error is [ErrBudget].
func (q *Query) Select(doc any) (values []any, err error) { return q.SelectUntil(nil, doc) }

// SelectUntil is [Query.Select] that is given up when done is closed, with
// [syntax.ErrEnded].
func (q *Query) SelectUntil(done <-chan struct{}, doc any) (values []any, err error) {
	switch {
	case syntax.Ended(done):
		return nil, syntax.ErrEnded
	case q.rfc == nil:
		return q.selectByOther(doc)
	}
	err = within(doc, done, func(e *evaluation) {
		e.ordered = true
		e.each(q.path, doc, func(v any, _ *place) bool {
			values = append(values, v)
			if len(values) > maxSelected {
				panic(ErrBudget)
			}
			return true
		})
	})
	if err != nil {
		values = nil
	}
	return values, err
}

// selectByOther evaluates a query that only ojg knows. The library panics when a
// comparison has operands that it does not expect; a query that cannot be evaluated
// selects nothing.
func (q *Query) selectByOther(doc any) (values []any, err error) {
	if q.cost(doc) > maxLooks {
		return nil, ErrBudget
	}
	defer func() {
		if recover() != nil {
			values = nil
		}
	}()
	return q.goessner.Get(doc), nil
}

// cost is what a query that only ojg knows may look at, at most: each value, again
// for each descent after the first, and for each filter or descent inside of a filter.
func (q *Query) cost(doc any) int {
	nodes, depth := measure(doc, maxLooks)
	cost, brackets, filters := nodes, 0, []int{}
	multiply := func(by int) { cost = min(cost, maxLooks+1) * min(by, maxLooks+1) }
	descents := 0
	for i := 0; i < len(q.text); i++ {
		switch rest := q.text[i:]; {
		case rest[0] == '\'' || rest[0] == '"':
			i += len(stringAt(rest)) - 1
		case rest[0] == '[':
			brackets++
			if strings.HasPrefix(rest, "[?") {
				if len(filters) > 0 {
					multiply(nodes)
				}
				filters = append(filters, brackets)
			}
		case rest[0] == ']':
			if n := len(filters); n > 0 && filters[n-1] == brackets {
				filters = filters[:n-1]
			}
			brackets--
		case strings.HasPrefix(rest, ".."), rest[0] == '*' && len(filters) > 0:
			if descents++; len(filters) > 0 {
				multiply(nodes)
			} else if descents > 1 {
				multiply(depth)
			}
		}
	}
	return cost
}

// measure counts the values in a value, up to a limit, and its levels.
func measure(v any, limit int) (nodes, depth int) {
	nodes = 1
	add := func(child any) {
		if nodes < limit {
			n, d := measure(child, limit-nodes)
			nodes, depth = nodes+n, max(depth, d)
		}
	}
	switch v := v.(type) {
	case []any:
		for _, item := range v {
			add(item)
		}
	case map[string]any:
		for _, member := range v {
			add(member)
		}
	}
	return nodes, depth + 1
}
