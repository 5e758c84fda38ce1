package jsonpath

import (
	"strconv"
	"strings"

	"github.com/theory/jsonpath/spec"

	"github.com/gobelin-dev/gobelin/internal/value"
)

// A query is evaluated by ourselves, within a budget (see evaluate.go): the library,
// which only parses, has no bound on time. Its tree is turned into the types here.

// A path is a query.
type path struct {
	relative bool
	segments []segment
}

// A segment selects from children, or from all that is inside of a node.
type segment struct {
	inside    bool
	selectors []selector
}

type selectorKind uint8

const (
	selectName selectorKind = iota
	selectIndex
	selectAll
	selectSlice
	selectFilter
)

type selector struct {
	kind   selectorKind
	name   string
	index  int
	slice  spec.SliceSelector
	filter test
}

// A test is a logical expression.
type test interface {
	holds(e *evaluation, current any) bool
}

type (
	anyOf      []test
	allOf      []test
	negation   struct{ test }
	exists     struct{ *path }
	comparison struct {
		operator    string
		left, right operand
	}
)

// An operand is a side of a comparison or an argument; it may have no value.
type operand interface {
	value(e *evaluation, current any) (any, bool)
}

type (
	constant struct{ v any }
	single   struct{ *path } // a query of one node
	call     struct {
		function  string
		arguments []operand // of nodes: a selection
		evaluate  func(args []spec.PathValue) spec.PathValue
	}
	selection struct{ *path } // a query of several nodes, as an argument
)

func compilePath(q *spec.PathQuery) *path {
	p := &path{relative: strings.HasPrefix(q.String(), "@")}
	for _, s := range q.Segments() {
		inner := segment{inside: s.IsDescendant()}
		for _, one := range s.Selectors() {
			inner.selectors = append(inner.selectors, compileSelector(one))
		}
		p.segments = append(p.segments, inner)
	}
	return p
}

func compileSelector(s spec.Selector) selector {
	switch s := s.(type) {
	case spec.Name:
		return selector{kind: selectName, name: string(s)}
	case spec.Index:
		return selector{kind: selectIndex, index: int(s)}
	case spec.SliceSelector:
		return selector{kind: selectSlice, slice: s}
	case *spec.FilterSelector:
		return selector{kind: selectFilter, filter: compileFilter(s)}
	}
	return selector{kind: selectAll}
}

func compileFilter(f *spec.FilterSelector) test { return compileOr(f.LogicalOr) }

func compileOr(list spec.LogicalOr) test {
	var tests anyOf
	for _, and := range list {
		var inner allOf
		for _, e := range and {
			inner = append(inner, compileTest(e))
		}
		if len(inner) == 1 {
			tests = append(tests, inner[0])
		} else {
			tests = append(tests, inner)
		}
	}
	if len(tests) == 1 {
		return tests[0]
	}
	return tests
}

func compileTest(e spec.BasicExpr) test {
	switch e := e.(type) {
	case *spec.ParenExpr:
		return compileOr(e.LogicalOr)
	case *spec.NotParenExpr:
		return negation{compileOr(e.LogicalOr)}
	case *spec.ExistExpr:
		return exists{compilePath(e.PathQuery)}
	case *spec.NonExistExpr:
		return negation{exists{compilePath(e.PathQuery)}}
	case *spec.CompExpr:
		left, operator, right := splitComparison(e.String())
		return comparison{operator, compileOperand(left), compileOperand(right)}
	case *spec.FuncExpr:
		return compileCall(e.String())
	case spec.NotFuncExpr:
		return negation{compileCall(e.FuncExpr.String())}
	}
	return anyOf(nil)
}

// splitComparison takes the text of a comparison apart, because the library does not
// export its parts.
func splitComparison(text string) (left, operator, right string) {
	i := topLevel(text, ' ')
	if i < 0 {
		return text, "", ""
	}
	operator, right, _ = strings.Cut(text[i+1:], " ")
	return text[:i], operator, right
}

// topLevel returns the place of a byte outside of strings and brackets, or -1.
func topLevel(text string, wanted byte) int {
	depth := 0
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case c == '"':
			i += len(stringAt(text[i:])) - 1
		case c == '[' || c == '(':
			depth++
		case c == ']' || c == ')':
			depth--
		case c == wanted && depth == 0:
			return i
		}
	}
	return -1
}

// compileOperand reads an operand as the library writes it.
func compileOperand(text string) operand {
	switch {
	case text == "":
	case text[0] == '"':
		if s, err := strconv.Unquote(text); err == nil {
			return constant{s}
		}
	case text[0] == '$' || text[0] == '@':
		if q, err := parse(extended, "$"+jsonStrings(text[1:])); err == nil {
			p := compilePath(q)
			p.relative = text[0] == '@'
			if q.Singular() == nil {
				return selection{p}
			}
			return single{p}
		}
	case topLevel(text, ' ') < 0 && strings.HasSuffix(text, ")"):
		return compileCall(text)
	}
	if v, err := value.Decode([]byte(text)); err == nil {
		return constant{v}
	}
	return constant{nothing{}}
}

// nothing is the value of what cannot have one.
type nothing struct{}

// compileCall reads a call of a function.
func compileCall(text string) call {
	name, rest, _ := strings.Cut(text, "(")
	c := call{function: name}
	rest = strings.TrimSuffix(rest, ")")
	for rest != "" {
		argument, more := rest, ""
		if i := topLevel(rest, ','); i >= 0 {
			argument, more = rest[:i], strings.TrimSpace(rest[i+1:])
		}
		c.arguments = append(c.arguments, compileOperand(argument))
		rest = more
	}
	if f := extended.Get(name); f != nil {
		c.evaluate = f.Evaluate
	}
	return c
}

// jsonStrings writes the strings in a text of the library, which are those of Go, as
// JSONPath has them.
func jsonStrings(text string) string {
	var b strings.Builder
	for i := 0; i < len(text); {
		if text[i] != '"' {
			b.WriteByte(text[i])
			i++
			continue
		}
		quoted := stringAt(text[i:])
		i += len(quoted)
		if s, err := strconv.Unquote(quoted); err == nil {
			quoted = `"` + EscapeIn('"', s) + `"`
		}
		b.WriteString(quoted)
	}
	return b.String()
}
