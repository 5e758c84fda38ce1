package xpath

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/antchfx/xmlquery"
)

// The grammar of XPath 1.0 (§2, §3.7), as a recursive descent that builds the
// evaluation.

type checker struct {
	text     string
	tokens   []lexeme
	at       int
	depth    int
	version  int // 1 is XPath 1.0, 2 is 2.0, 3 is 3.0, 4 is 3.1
	prefixes []string
}

const (
	maxExpr    = 16 << 10
	maxNesting = 200
)

// check reads an expression of XPath 1.0.
func (c *checker) check() (eval, error) {
	e, err := c.expr()
	if err == nil && c.peek().kind != end {
		err = c.refuse()
	}
	return e, err
}

func (c *checker) peek() lexeme { return c.tokens[c.at] }

func (c *checker) next() lexeme { return c.tokens[min(c.at+1, len(c.tokens)-1)] }

func (c *checker) accept(signs ...string) bool {
	if t := c.peek(); t.kind == sign && slices.Contains(signs, t.text) {
		c.at++
		return true
	}
	return false
}

func (c *checker) errorf(format string, args ...any) error {
	return &SyntaxError{Text: c.text, Offset: c.peek().offset, Message: fmt.Sprintf(format, args...)}
}

// later names what XPath 2.0, 3.0 and 3.1 added, by the token that shows it.
var later = map[string]string{
	"eq": "the value comparison eq is XPath 2.0", "ne": "the value comparison ne is XPath 2.0", "lt": "the value comparison lt is XPath 2.0",
	"le": "the value comparison le is XPath 2.0", "gt": "the value comparison gt is XPath 2.0", "ge": "the value comparison ge is XPath 2.0",
	"to": "the range operator to is XPath 2.0", "idiv": "idiv is XPath 2.0", "is": "the node comparison is is XPath 2.0",
	"union": "union is XPath 2.0; write |", "intersect": "intersect is XPath 2.0", "except": "except is XPath 2.0",
	"instance": "instance of is XPath 2.0", "cast": "cast as is XPath 2.0", "castable": "castable as is XPath 2.0", "treat": "treat as is XPath 2.0",
	"return": "for and let are XPath 2.0 and 3.0", "satisfies": "some and every are XPath 2.0",
	"<<": "<< is XPath 2.0", ">>": ">> is XPath 2.0", "||": "the operator || is XPath 3.0; write concat()", "!": "the map operator ! is XPath 3.0",
	"=>": "the arrow operator is XPath 3.1", ":=": "let is XPath 3.0", "?": "the look-up operator ? is XPath 3.1", "{": "maps and arrays are XPath 3.1",
	"#": "function references are XPath 3.0", "$": "variables are not available", ",": "sequences are XPath 2.0",
}

const missing = "; the version here is XPath 1.0"

func (c *checker) refuse() error {
	t := c.peek()
	if what := later[t.text]; what != "" {
		return c.errorf("%s%s", what, missing)
	}
	if t.kind == end {
		return c.errorf("the expression ends too early")
	}
	return c.errorf("unexpected %q", t.text)
}

// operators of the binary levels, from weak to strong; names among them are
// operators only behind an operand.
var levels = [][]string{{"or"}, {"and"}, {"=", "!="}, {"<", "<=", ">", ">="}, {"+", "-"}, {"*", "div", "mod"}}

func (c *checker) expr() (eval, error) {
	if c.depth++; c.depth > maxNesting {
		return nil, c.errorf("the expression is nested more than %d levels deep", maxNesting)
	}
	defer func() { c.depth-- }()
	return c.level(0)
}

func (c *checker) level(n int) (eval, error) {
	if n == len(levels) {
		return c.unary()
	}
	left, err := c.level(n + 1)
	for err == nil {
		t := c.peek()
		if t.kind != sign && t.kind != name || !slices.Contains(levels[n], t.text) {
			return left, nil
		}
		c.at++
		var right eval
		right, err = c.level(n + 1)
		left = binary(t.text, left, right)
	}
	return nil, err
}

func (c *checker) unary() (eval, error) {
	negative := 0
	for c.accept("-") {
		negative++
	}
	left, err := c.path()
	for err == nil && c.accept("|") {
		var right eval
		right, err = c.path()
		left = binary("|", left, right)
	}
	if err != nil || negative == 0 {
		return left, err
	}
	return func(f *focus) any {
		v := num(left(f))
		if negative%2 == 1 {
			v = -v
		}
		return v
	}, nil
}

func root(f *focus) any {
	n := f.node.Node
	for n.Parent != nil {
		n = n.Parent
	}
	return []node{{n, -1}}
}

func context(f *focus) any { return []node{f.node} }

func anyNode(*focus, node) bool { return true }

var below = step(axes["descendant-or-self"], anyNode, nil)

// path is a PathExpr: a filter expression that a location path may follow, or
// a location path.
func (c *checker) path() (eval, error) {
	switch {
	case c.accept("/"):
		if !c.stepFollows() {
			return root, nil
		}
		return c.relative(root)
	case c.accept("//"):
		return c.relative(then(root, below))
	}
	e, err := c.primary()
	if err != nil {
		return nil, err
	}
	if e == nil {
		return c.relative(context)
	}
	predicates, err := c.predicates()
	if err != nil {
		return nil, err
	}
	if len(predicates) > 0 {
		inner := e
		e = func(f *focus) any {
			nodes := nodeSet(inner(f))
			for _, p := range predicates {
				nodes = filter(f, nodes, p)
			}
			return nodes
		}
	}
	switch {
	case c.accept("/"):
		return c.relative(e)
	case c.accept("//"):
		return c.relative(then(e, below))
	}
	return e, nil
}

// primary is a PrimaryExpr, or nil where none begins.
func (c *checker) primary() (eval, error) {
	t := c.peek()
	switch {
	case t.kind == literal || t.kind == operand:
		c.at++
		return func(*focus) any { return t.value }, nil
	case t.kind == number:
		c.at++
		constant, _ := strconv.ParseFloat(t.value, 64) // out of range it is an infinity
		return func(*focus) any { return constant }, nil
	case t.kind == name && c.next().text == "(" && !nodeTypes[t.text]:
		return c.call()
	case c.accept("("):
		e, err := c.expr()
		if err == nil && !c.accept(")") {
			err = c.refuse()
		}
		return e, err
	}
	return nil, nil
}

func (c *checker) stepFollows() bool {
	t := c.peek()
	return t.kind == name || t.kind == sign && slices.Contains([]string{".", "..", "@", "*"}, t.text)
}

func (c *checker) relative(from eval) (eval, error) {
	for {
		e, err := c.step()
		if err != nil {
			return nil, err
		}
		from = then(from, e)
		switch {
		case c.accept("/"):
		case c.accept("//"):
			from = then(from, below)
		default:
			return from, nil
		}
	}
}

var nodeTypes = map[string]bool{"node": true, "text": true, "comment": true, "processing-instruction": true}

func (c *checker) step() (eval, error) {
	switch {
	case c.accept("."):
		return context, nil
	case c.accept(".."):
		return step(axes["parent"], anyNode, nil), nil
	}
	axis := "child"
	if c.accept("@") {
		axis = "attribute"
	} else if t := c.peek(); t.kind == name && c.next().text == "::" {
		if t.text == "namespace" {
			return nil, c.errorf("the namespace axis is not available")
		}
		if axes[t.text] == nil {
			return nil, c.errorf("there is no axis %q", t.text)
		}
		axis = t.text
		c.at += 2
	}
	test, err := c.nodeTest(axis == "attribute")
	if err != nil {
		return nil, err
	}
	predicates, err := c.predicates()
	return step(axes[axis], test, predicates), err
}

// nodeTest is §2.3. attributes says that the principal node type of the axis
// is the attribute.
func (c *checker) nodeTest(attributes bool) (func(*focus, node) bool, error) {
	principal := func(n node) bool {
		return attributes && n.attr >= 0 || !attributes && n.attr < 0 && n.Type == xmlquery.ElementNode
	}
	t := c.peek()
	switch {
	case c.accept("*"):
		return func(_ *focus, n node) bool { return principal(n) }, nil
	case t.kind == name && c.next().text == "(":
		return c.kindTest()
	case t.kind == name:
		c.at++
		if n := c.peek(); n.kind == sign && (n.text == "$" || n.text == "{") && slices.Contains([]string{"for", "let", "some", "every", "map", "array"}, t.text) {
			return nil, c.errorf("%s is XPath 2.0 or later%s", t.text, missing)
		}
		prefix, local, ok := strings.Cut(t.text, ":")
		if !ok {
			prefix, local = "", t.text
		} else if !slices.Contains(c.prefixes, prefix) {
			c.prefixes = append(c.prefixes, prefix)
		}
		return func(f *focus, n node) bool {
			if !principal(n) {
				return false
			}
			_, name, uri := n.name()
			return uri == f.run.namespaces[prefix] && (local == "*" || name == local)
		}, nil
	}
	return nil, c.refuse()
}

func (c *checker) kindTest() (func(*focus, node) bool, error) {
	t := c.peek()
	if !nodeTypes[t.text] {
		if _, known := functions[t.text]; known {
			return nil, c.errorf("a function as a step is XPath 2.0%s", missing)
		}
		return nil, c.errorf("%s() is no node test of XPath 1.0", t.text)
	}
	c.at += 2
	target := ""
	if l := c.peek(); l.kind == literal && t.text == "processing-instruction" {
		target = l.value
		c.at++
	}
	if !c.accept(")") {
		return nil, c.refuse()
	}
	return func(_ *focus, n node) bool {
		switch t.text {
		case "text":
			return n.attr < 0 && isText(n.Node)
		case "comment":
			return n.attr < 0 && n.Type == xmlquery.CommentNode
		case "processing-instruction":
			_, name, _ := n.name()
			return n.attr < 0 && n.Type == xmlquery.ProcessingInstruction && (target == "" || name == target)
		}
		return true
	}, nil
}

func (c *checker) predicates() (list []eval, err error) {
	for c.accept("[") {
		e, err := c.expr()
		if err != nil {
			return nil, err
		}
		if !c.accept("]") {
			return nil, c.refuse()
		}
		list = append(list, e)
	}
	return list, nil
}

func (c *checker) call() (eval, error) {
	t := c.peek()
	takes, known := functions[t.text]
	switch {
	case !known && later[t.text] != "":
		return nil, c.errorf("%s%s", later[t.text], missing)
	case !known && library[t.text].do != nil:
		return nil, c.errorf("the function %s() is not one of XPath 1.0", t.text)
	case !known:
		return nil, c.errorf("the function %s() is not available", t.text)
	}
	c.at += 2
	var args []eval
	for !c.accept(")") {
		if len(args) > 0 && !c.accept(",") {
			return nil, c.refuse()
		}
		e, err := c.expr()
		if err != nil {
			return nil, err
		}
		args = append(args, e)
	}
	if len(args) < takes.least || len(args) > takes.most {
		return nil, &SyntaxError{Text: c.text, Offset: t.offset, Message: fmt.Sprintf("%s() does not take %d arguments", t.text, len(args))}
	}
	if len(args) == 0 && takes.orNode {
		args = []eval{context}
	}
	return takes.applied(args), nil
}

func (fn function) applied(args []eval) eval {
	return func(f *focus) any {
		values := make([]any, len(args))
		for i, a := range args {
			values[i] = a(f)
			if nodes, ok := values[i].([]node); ok && len(nodes) > 0 {
				f.run.read(nodes[:1])
			}
		}
		if fn.focus != nil {
			return fn.focus(f, values)
		}
		return fn.do(values)
	}
}
