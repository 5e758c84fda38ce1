package runtime

import (
	"fmt"
	"slices"
	"strings"

	"github.com/gobelin-dev/gobelin/arazzo"
	"github.com/gobelin-dev/gobelin/internal/expr"
	"github.com/gobelin-dev/gobelin/internal/jsonpath"
	"github.com/gobelin-dev/gobelin/internal/tree"
	"github.com/gobelin-dev/gobelin/internal/value"
	"github.com/gobelin-dev/gobelin/internal/xpath"
)

// selector is a Selector Object in compiled form (Arazzo 1.1.0).
type selector struct {
	context operand
	pointer []string
	query   *jsonpath.Query
	xpath   *xpath.Expr
	text    string
}

var selectorFields = []string{"context", "selector", "type"}

// isSelector reports whether a value of a 1.1 document is a Selector Object.
func (l *workflowLinker) isSelector(n *arazzo.Node) bool {
	if n.Kind != tree.Object || !l.workflow.document.later() {
		return false
	}
	for _, name := range selectorFields {
		if n.Get(name) == nil {
			return false
		}
	}
	return !slices.ContainsFunc(n.Members, func(m tree.Member) bool {
		return !slices.Contains(selectorFields, m.Name) && !strings.HasPrefix(m.Name, "x-")
	})
}

func (l *workflowLinker) selectorOf(n *arazzo.Node, at arazzo.Position) operand {
	t := arazzo.ExpressionType{Type: n.Get("type").Str(), Version: n.Get("type").Get("version").Str()}
	if n.Get("type").Kind == tree.Object {
		t.Type = n.Get("type").Get("type").Str()
	}
	return l.selector(n.Get("context").Str(), n.Get("selector").Str(), t, at)
}

// context links the text that a query is applied to the value of, which must be
// an expression.
func (l *workflowLinker) context(text string, at arazzo.Position) operand {
	if _, err := expr.Parse(text); err != nil && strings.HasPrefix(text, "$") {
		l.syntax("expression-syntax", at, fmt.Sprintf("the context %q is no runtime expression, such as $response.body", text), err)
		return operand{}
	}
	o := l.text(text, at)
	if o.kind != refOperand {
		l.error("expression-syntax", at, "the context %q must be a runtime expression, such as $response.body", text)
	}
	return o
}

func (l *workflowLinker) selector(context, text string, t arazzo.ExpressionType, at arazzo.Position) operand {
	s := &selector{context: l.context(context, at), text: text}
	o := operand{kind: selectorOperand, selector: s, place: at}
	if s.context.kind != refOperand {
		return o
	}
	o.ref.text = context + " " + text
	var err error
	switch {
	case t.Type == "jsonpath" && t.Version == goessnerVersion:
		s.query, err = jsonpath.ParseGoessner(text)
	case t.Type == "jsonpath":
		s.query, err = jsonpath.Parse(text)
	case t.Type == "xpath":
		s.xpath, err = xpath.CompileVersion(text, t.Version)
	case t.Type == "jsonpointer":
		s.pointer, err = value.SplitPointer(strings.TrimPrefix(text, "#"))
	default:
		l.error("enum", at, "the type of a selector is jsonpath, xpath or jsonpointer, not %q", t.Type)
	}
	if err != nil {
		l.syntax("selector-syntax", at, "the selector is no "+t.Type, err)
	}
	return o
}

// selectValue evaluates a Selector Object: a query that can select one node at
// most gives its value, another one the array of what it selects.
func (x *Execution) selectValue(f *frame, o *operand) (any, bool) {
	s := o.selector
	context, ok := x.value(f, &s.context)
	if !ok {
		return nil, false
	}
	v, ok := s.apply(context)
	if !ok {
		x.missing(f, o.ref.text, o.place)
	}
	return v, ok
}

func (s *selector) apply(context any) (any, bool) {
	switch {
	case s.query != nil:
		nodes := s.query.Select(context)
		if !s.query.Singular() {
			return append([]any{}, nodes...), true
		}
		if len(nodes) == 0 {
			return nil, false
		}
		return nodes[0], true
	case s.xpath != nil:
		v, err := s.xpath.Value(value.Text(context))
		return v, err == nil && v != nil
	}
	return value.Find(context, s.pointer)
}
