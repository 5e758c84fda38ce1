package link

import (
	"strconv"
	"strings"

	"github.com/gobelin-dev/gobelin/arazzo"
	"github.com/gobelin-dev/gobelin/internal/expr"
	"github.com/gobelin-dev/gobelin/internal/program"
	"github.com/gobelin-dev/gobelin/internal/tree"
	"github.com/gobelin-dev/gobelin/internal/value"
)

// operand compiles a value of the document: strings may be or hold expressions,
// arrays and objects may hold such strings.
func (l *workflowLinker) operand(n *tree.Node, at arazzo.Position) program.Operand {
	if n == nil {
		return program.Operand{Place: at}
	}
	at.Line, at.Column = n.Line, n.Column
	switch n.Kind {
	case tree.String:
		return l.text(n.Text, at)
	case tree.Array, tree.Object:
		if l.isSelector(n) {
			return l.selectorOf(n, at)
		}
		return l.compound(n, at)
	}
	return program.Operand{Constant: n.Value(), Place: at}
}

func (l *workflowLinker) compound(n *tree.Node, at arazzo.Position) program.Operand {
	o := program.Operand{Kind: program.Array, Place: at}
	constant := true
	orders := make([]*value.Order, 0, len(n.Items)+len(n.Members))
	add := func(token string, child *tree.Node) {
		inner := at
		inner.Pointer += "/" + value.PointerToken(token)
		item := l.operand(child, inner)
		constant = constant && item.Kind == program.Constant
		o.Items = append(o.Items, item)
		orders = append(orders, item.Order)
	}
	for i, item := range n.Items {
		add(strconv.Itoa(i), item)
	}
	if n.Kind == tree.Object {
		o.Kind = program.Object
		for _, m := range n.Members {
			l.memberName(m, at)
			o.Names = append(o.Names, m.Name)
			add(m.Name, m.Value)
		}
	}
	o.Order = value.NewOrder(o.Names, orders)
	if constant {
		return program.Operand{Constant: n.Value(), Names: o.Names, Order: o.Order, Place: at}
	}
	return o
}

// memberName reports an expression as the name of a member, which is not
// evaluated: names are literal, unless the payload is one JSON text (O8).
func (l *workflowLinker) memberName(m tree.Member, object arazzo.Position) {
	if !strings.Contains(m.Name, "$") {
		return
	}
	if _, constant := expr.ParseTemplate(m.Name, nil).Constant(); constant {
		if _, err := expr.Parse(m.Name); err != nil || !strings.ContainsAny(m.Name, ".#") {
			return
		}
	}
	at := arazzo.Position{Line: m.Line, Column: m.Column, Pointer: object.Pointer + "/" + value.PointerToken(m.Name)}
	l.report(l.warn("expression-key", at,
		"%q is the name of a member, and names are not evaluated; in a payload that is one JSON text, as in '{\"{%s}\": …}', they are",
		m.Name, strings.Trim(m.Name, "{}")))
}

// text compiles a string: an expression, a template, or plain text (E1, E2).
func (l *workflowLinker) text(s string, at arazzo.Position) program.Operand {
	o, err := l.expression(s, at)
	if err == nil {
		return o
	}
	l.foreign(s, at)
	t := l.template(s, at, l.declared)
	if t == nil {
		if expr.LooksLike(s) {
			p := l.warn("literal-expression", at, "%q is not an expression and is used as text: %s", s, program.SyntaxMessage(err))
			l.report(l.correctRoot(p, s))
		}
		return program.Operand{Constant: s, Place: at}
	}
	return program.Operand{Kind: program.Interpolation, Template: t, Place: at}
}

// expression compiles a text that is one expression.
func (l *workflowLinker) expression(s string, at arazzo.Position) (program.Operand, error) {
	e, err := expr.Parse(s)
	if err != nil {
		if e = l.exactly(s); e == nil {
			return program.Operand{}, err
		}
	}
	return program.Operand{Kind: program.Reference, Ref: l.ref(e, at), Place: at}, nil
}

// exactly reads a text as the input, or the output of a step, that is declared
// by just that name, such as "$inputs.filter[status]" or
// "$steps.s.outputs.total (net)": the grammar allows any characters, and an
// exactly so named key wins (E5).
func (l *workflowLinker) exactly(text string) *expr.Expression {
	if name, ok := strings.CutPrefix(text, "$inputs."); ok && l.inputs.has(name) {
		return &expr.Expression{Root: expr.Inputs, Name: name, Text: text}
	}
	name, ok := strings.CutPrefix(text, "$steps.")
	if !ok {
		return nil
	}
	for from := 0; ; {
		i := strings.Index(name[from:], outputsField)
		if i < 0 {
			return nil
		}
		id, output := name[:from+i], name[from+i+len(outputsField):]
		if s := l.stepByID(id); s != nil && l.declaredOutputs(s).has(output) {
			return &expr.Expression{Root: expr.Steps, Name: name, Text: text}
		}
		from += i + 1
	}
}

const outputsField = ".outputs."

// template compiles a text with expressions inside, nil when it has none.
func (l *workflowLinker) template(s string, at arazzo.Position, word func(*expr.Expression) bool) *program.Template {
	if !strings.Contains(s, "$") {
		return nil
	}
	parsed := expr.ParseTemplate(s, word)
	for _, bad := range parsed.BadEmbeddings() {
		l.report(l.warn("literal-expression", at, "{%s} is not an expression and is used as text: %s",
			strings.Trim(bad.Text, "{}"), program.SyntaxMessage(bad.Err)).focus(bad.Offset, "{"+bad.Text+"}"))
	}
	if _, constant := parsed.Constant(); constant {
		return nil
	}
	t := &program.Template{Parsed: parsed}
	for _, part := range parsed.Parts {
		if part.Expr == nil {
			continue
		}
		if part.Unbraced {
			l.report(l.asPublished("unbraced-expression", at, "an expression inside a string must be in braces: {%s}", part.Expr.Text).
				correct(part.Offset, part.Expr.Text, 0, len(part.Expr.Text), "{"+part.Expr.Text+"}"))
		}
		t.Refs = append(t.Refs, l.ref(part.Expr, at))
	}
	return t
}
