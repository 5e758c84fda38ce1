package link

import (
	"fmt"
	"slices"
	"strings"

	"github.com/gobelin-dev/gobelin/arazzo"
	"github.com/gobelin-dev/gobelin/internal/expr"
	"github.com/gobelin-dev/gobelin/internal/jsonpath"
	"github.com/gobelin-dev/gobelin/internal/program"
	"github.com/gobelin-dev/gobelin/internal/tree"
	"github.com/gobelin-dev/gobelin/internal/value"
	"github.com/gobelin-dev/gobelin/internal/xpath"
)

// selectorLanguages names the types of selectors and of targets.
var selectorLanguages = map[string]string{"jsonpath": "JSONPath query", "xpath": "XPath expression", "jsonpointer": "JSON Pointer"}

var selectorFields = []string{"context", "selector", "type"}

// isSelector reports whether a value of a 1.1 document is a Selector Object.
func (l *workflowLinker) isSelector(n *tree.Node) bool {
	if n.Kind != tree.Object || !l.workflow.Document.Later() {
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

func (l *workflowLinker) selectorOf(n *tree.Node, at arazzo.Position) program.Operand {
	t := arazzo.ExpressionType{Type: n.Get("type").Str(), Version: n.Get("type").Get("version").Str()}
	if n.Get("type").Kind == tree.Object {
		t.Type = n.Get("type").Get("type").Str()
	}
	return l.selector(n.Get("context").Str(), n.Get("selector").Str(), t, at)
}

// context links the text of the expression whose value a query is applied to.
func (l *workflowLinker) context(text string, at arazzo.Position) program.Operand {
	if _, err := expr.Parse(text); err != nil && strings.HasPrefix(text, "$") {
		p := l.syntax("expression-syntax", at, fmt.Sprintf("the context %q is not a runtime expression, such as $response.body", text), err)
		if text == "$inputs" {
			p.Message = "the context $inputs is no value, but $inputs.<name> is; a condition on an input can be simple, without type and " +
				"context: $inputs.<name> == null"
		}
		l.report(p)
		return program.Operand{}
	}
	o := l.text(text, at)
	if o.Kind != program.Reference {
		l.report(l.error("expression-syntax", at, "the context %q must be a runtime expression, such as $response.body", text))
	}
	return o
}

func (l *workflowLinker) selector(context, text string, t arazzo.ExpressionType, at arazzo.Position) program.Operand {
	s := &program.Selector{Context: l.context(context, at), Text: text}
	o := program.Operand{Kind: program.Selection, Selector: s, Place: at}
	if s.Context.Kind != program.Reference {
		return o
	}
	o.Ref.Text = context + " " + text
	var err error
	switch {
	case t.Type == "jsonpath" && t.Version == program.GoessnerVersion:
		s.Query, err = jsonpath.ParseGoessner(text)
	case t.Type == "jsonpath":
		s.Query, err = jsonpath.Parse(text)
	case t.Type == "xpath":
		s.XPath, err = xpath.CompileVersion(text, t.Version)
	case t.Type == "jsonpointer":
		s.Pointer, err = value.SplitPointer(strings.TrimPrefix(text, "#"))
	default:
		l.report(l.error("enum", at, "the type of a selector is jsonpath, xpath or jsonpointer, not %q", t.Type))
	}
	if err != nil {
		l.report(l.syntax("selector-syntax", at, "the selector is not a valid "+selectorLanguages[t.Type], err))
	}
	return o
}
