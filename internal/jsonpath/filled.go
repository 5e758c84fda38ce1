package jsonpath

import (
	"fmt"
	"strings"

	"github.com/theory/jsonpath/spec"
)

// Filled returns what a condition comes to on a document: of a query the number of
// nodes that it selects, of a predicate its text with the values of its queries and
// operands. show writes a value, or, if ok is false, that there is none.
func (c *Condition) Filled(doc any, operand func(i int) (any, bool), show func(v any, ok bool) string) string {
	if c.goessner != nil {
		found, err := c.goessner.Select(doc)
		return nodes(len(found), err)
	}
	if !c.predicate {
		root, count := c.rooted(doc, operand), 0
		err := within(root, nil, func(e *evaluation) {
			e.each(c.path, doc, func(any, *place) bool { count++; return true })
		})
		return nodes(count, err)
	}
	var b strings.Builder
	depth, next := 0, 0
	for _, t := range tokens(c.text) {
		switch {
		case t.kind == operandToken:
			b.WriteString(show(operand(next)))
			next++
		case t.kind == pathToken && depth == 0 && !leadsOn(c.text[t.offset+len(t.text):]):
			b.WriteString(filledPath(t, doc, show))
		default:
			if t.kind == otherToken {
				depth += brackets(t.text)
			}
			b.WriteString(t.text)
		}
	}
	return b.String()
}

func nodes(count int, err error) string {
	switch {
	case err != nil:
		return err.Error()
	case count == 1:
		return "selects 1 node"
	}
	return fmt.Sprintf("selects %d nodes", count)
}

// filledPath writes what a path of one value comes to.
func filledPath(t token, doc any, show func(v any, ok bool) string) string {
	q, err := Parse("$" + t.path()[1:])
	if err != nil {
		return t.text
	}
	found, err := q.Select(doc)
	switch {
	case err != nil:
		return t.text
	case len(found) == 0:
		return show(nil, false)
	case t.length:
		n := spec.ValueFrom(lengthOf([]spec.PathValue{spec.Value(found[0])}))
		if n == nil {
			return show(nil, false)
		}
		return show(n.Value(), true)
	}
	return show(found[0], true)
}
