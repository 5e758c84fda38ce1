package expr

import (
	"slices"
	"strings"

	"github.com/gobelin-dev/gobelin/internal/value"
)

// A Condition is a simple condition (Arazzo 1.0.1, Criterion Object).
type Condition struct {
	root        node
	expressions []*Expression
	notes       []Note
	forms       []Form
	text        string
}

// String returns the condition as written.
func (c *Condition) String() string { return c.text }

// Expressions returns the runtime expressions in order of appearance. Their
// indexes are the arguments of [Condition.Eval]'s operand function.
func (c *Condition) Expressions() []*Expression { return c.expressions }

// Notes returns the non-standard forms of the condition, each once.
func (c *Condition) Notes() []Note { return c.notes }

// Forms returns every place with a non-standard form.
func (c *Condition) Forms() []Form { return c.forms }

// Eval decides the condition. operand returns the value of the i-th of
// [Condition.Expressions]; a missing one behaves as null (C6).
func (c *Condition) Eval(operand func(i int) (any, bool)) bool {
	return evaluation{operand}.test(&c.root)
}

// node is a node of the condition's tree.
type node struct {
	kind        nodeKind
	operator    string // of a comparison
	left, right *node
	literal     any
	index       int       // of an expression
	template    *Template // of a string with expressions inside
	text        string
}

type nodeKind uint8

const (
	orNode nodeKind = iota
	andNode
	notNode
	compareNode
	literalNode
	expressionNode
	templateNode
)

// evaluation is one evaluation of a condition.
type evaluation struct{ operand func(i int) (any, bool) }

func (e evaluation) test(n *node) bool {
	switch n.kind {
	case orNode:
		return e.test(n.left) || e.test(n.right)
	case andNode:
		return e.test(n.left) && e.test(n.right)
	case notNode:
		return !e.test(n.left)
	case compareNode:
		a, _ := e.value(n.left)
		b, _ := e.value(n.right)
		return Compare(n.operator, a, b)
	}
	return truthy(e.value(n))
}

func (e evaluation) value(n *node) (any, bool) {
	switch n.kind {
	case literalNode:
		return n.literal, true
	case expressionNode:
		return e.operand(n.index)
	case templateNode:
		return string(n.template.Append(nil, func(i int, _ *Expression) (any, bool) { return e.operand(n.index + i) })), true
	}
	return e.test(n), true
}

const (
	maxCondition = 64 << 10 // bytes
	maxNesting   = 500
)

// ParseCondition reads a simple condition. The error is a *[syntax.Error].
func ParseCondition(s string) (*Condition, error) {
	c := &Condition{text: s}
	p := &conditionParser{parser: parser{text: s, context: inCondition}, condition: c}
	if len(s) > maxCondition {
		return nil, p.errorf("the condition is longer than %d bytes", maxCondition)
	}
	p.spaces()
	open := p.pos
	braced := p.accept("{")
	root, err := p.or()
	if err != nil {
		return nil, err
	}
	p.spaces()
	if braced {
		if !p.accept("}") {
			return nil, p.errorf("a } must close the condition")
		}
		c.lenient(NoteBraced, open, p.pos, strings.TrimSpace(s[open+1:p.pos-1]))
		p.spaces()
	}
	switch {
	case p.pos == len(s):
	case braced:
		p.pos = open
		return nil, p.errorf(withoutBraces)
	default:
		return nil, p.unexpected()
	}
	c.root = *root
	return c, nil
}

func (c *Condition) note(notes ...Note) {
	for _, n := range notes {
		if !slices.Contains(c.notes, n) {
			c.notes = append(c.notes, n)
		}
	}
}

func (c *Condition) lenient(note Note, start, end int, text string) {
	c.note(note)
	c.forms = append(c.forms, Form{note, start, end, text})
}

type conditionParser struct {
	parser
	condition *Condition
}

// mistaken are the operators of other languages, and what is right here.
var mistaken = []struct{ text, right string }{
	{"===", "=="}, {"!==", "!="}, {"=~", "a criterion of type regex"}, {"=>", ">="}, {"=<", "<="}, {"<>", "!="},
	{"=", "=="}, {"&", "&&"}, {"|", "||"}, {"and ", "&&"}, {"or ", "||"}, {"AND ", "&&"}, {"OR ", "||"},
}

const withoutBraces = "in a simple condition, an expression is written without braces"

func (p *conditionParser) unexpected() error {
	rest := p.text[p.pos:]
	if rest != "" && (rest[0] == '{' || rest[0] == '}') {
		return p.errorf(withoutBraces)
	}
	for _, m := range mistaken {
		if strings.HasPrefix(rest, m.text) {
			return p.errorf("%q is not an operator; write %s", strings.TrimSpace(m.text), m.right)
		}
	}
	for _, op := range operators {
		if strings.HasPrefix(rest, op) {
			return p.errorf("comparisons cannot be chained; join them with && or ||")
		}
	}
	if rest == "" {
		return p.errorf("unexpected end of the condition; expected an operand")
	}
	return p.errorf("unexpected %q; expected an operator: == != < <= > >= && ||", firstRune(rest))
}

func firstRune(s string) string {
	for _, r := range s {
		return string(r)
	}
	return ""
}

func (p *conditionParser) or() (*node, error)  { return p.chain("||", orNode, p.and) }
func (p *conditionParser) and() (*node, error) { return p.chain("&&", andNode, p.comparison) }

// chain reads operands that are joined by one operator.
func (p *conditionParser) chain(operator string, kind nodeKind, operand func() (*node, error)) (*node, error) {
	left, err := operand()
	for err == nil {
		p.spaces()
		if !p.accept(operator) {
			return left, nil
		}
		var right *node
		right, err = operand()
		left = &node{kind: kind, left: left, right: right}
	}
	return nil, err
}

func (p *conditionParser) comparison() (*node, error) {
	left, err := p.unary(false)
	if err != nil {
		return nil, err
	}
	p.spaces()
	for _, op := range operators {
		if op == "&&" || op == "||" || !p.accept(op) {
			continue
		}
		if rest := p.text[p.pos:]; strings.HasPrefix(rest, "=") || op == "<" && strings.HasPrefix(rest, ">") {
			p.pos -= len(op)
			return nil, p.unexpected()
		}
		right, err := p.unary(true)
		if err != nil {
			return nil, err
		}
		return &node{kind: compareNode, operator: op, left: left, right: right}, nil
	}
	return left, nil
}

// unary reads an operand with any number of ! before it. right says that it is
// the right side of a comparison, where a bare word is a string (C2).
func (p *conditionParser) unary(right bool) (*node, error) {
	p.spaces()
	if p.depth++; p.depth > maxNesting {
		return nil, p.errorf("the condition is nested more than %d levels deep", maxNesting)
	}
	defer func() { p.depth-- }()
	switch {
	case strings.HasPrefix(p.text[p.pos:], "!="):
		return nil, p.errorf("expected an operand before !=")
	case p.accept("!"):
		inner, err := p.unary(false)
		return &node{kind: notNode, left: inner}, err
	case p.accept("("):
		inner, err := p.or()
		if err != nil {
			return nil, err
		}
		if p.spaces(); !p.accept(")") {
			if p.pos < len(p.text) {
				return nil, p.unexpected()
			}
			return nil, p.errorf("a ) must close the parenthesis")
		}
		return inner, nil
	}
	return p.operand(right)
}

func (p *conditionParser) operand(right bool) (*node, error) {
	start := p.pos
	if start == len(p.text) {
		return nil, p.unexpected()
	}
	n, err := p.operandNode(right)
	if err != nil {
		return nil, err
	}
	n.text = p.text[start:p.pos]
	return n, nil
}

func (p *conditionParser) operandNode(right bool) (*node, error) {
	switch c := p.text[p.pos]; {
	case c == '$':
		e, err := p.expression()
		if err != nil {
			return nil, err
		}
		p.condition.note(e.Notes...)
		p.condition.forms = append(p.condition.forms, e.Forms...)
		return p.add(e), nil
	case c == '\'' || c == '"':
		start := p.pos
		text, err := p.quoted()
		if err != nil {
			return nil, err
		}
		if c == '"' {
			p.condition.lenient(NoteDoubleQuoted, start, p.pos, singleQuoted(text))
		}
		return p.literalText(text, start), nil
	}
	return p.word(right)
}

func (p *conditionParser) add(e *Expression) *node {
	p.condition.expressions = append(p.condition.expressions, e)
	return &node{kind: expressionNode, index: len(p.condition.expressions) - 1}
}

func singleQuoted(text string) string { return "'" + strings.ReplaceAll(text, "'", "''") + "'" }

// literalText returns the node of a string literal that begins at start;
// expressions inside of it are evaluated (E1).
func (p *conditionParser) literalText(text string, start int) *node {
	t := ParseTemplate(text, nil)
	if _, constant := t.Constant(); constant {
		return &node{kind: literalNode, literal: text}
	}
	n := &node{kind: templateNode, template: t, index: len(p.condition.expressions)}
	for _, e := range t.Expressions() {
		e.shift(start + 1)
		if !strings.HasPrefix(p.text[e.Offset:], e.Text) { // a doubled quote comes before it
			e.Offset, e.Forms = start, nil
		}
		p.condition.expressions = append(p.condition.expressions, e)
	}
	return n
}

var words = map[string]any{"true": true, "false": false, "null": nil}

// word reads true, false, null, a number, or a bare word (C2).
func (p *conditionParser) word(right bool) (*node, error) {
	start := p.pos
	text := p.while(func(c byte) bool {
		rest := p.text[p.pos:]
		return c > ' ' && c != ')' && c != '}' && !strings.HasPrefix(rest, "&&") && !strings.HasPrefix(rest, "||")
	})
	// An operator ends a literal; a bare word may contain one.
	if i := strings.IndexAny(text, "=!<>("); i > 0 && !right {
		text = text[:i]
	}
	p.pos = start + len(text)
	if v, ok := words[text]; ok {
		return &node{kind: literalNode, literal: v}, nil
	}
	if v, ok := value.ParseNumber(text); ok {
		return &node{kind: literalNode, literal: v}, nil
	}
	p.pos = start
	switch {
	case text == "":
		return nil, p.errorf("unexpected %q; expected an operand", firstRune(p.text[p.pos:]))
	case !right:
		return nil, p.errorf("%q is not an operand; write a runtime expression, or a string in single quotes", text)
	case strings.ContainsAny(text, "=<>!('\""):
		return nil, p.errorf("%q is not a literal; strings must be in single quotes", text)
	}
	p.pos += len(text)
	p.condition.lenient(NoteUnquotedWord, start, p.pos, singleQuoted(text))
	return &node{kind: literalNode, literal: text}, nil
}
