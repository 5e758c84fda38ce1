package xpath

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// The grammar of XPath 1.0 (§2, §3.7), as a recursive descent that builds
// nothing: it only says whether an expression is in the language.

type checker struct {
	text     string
	tokens   []lexeme
	at       int
	depth    int
	prefixes []string
}

type lexeme struct {
	text   string
	offset int
	kind   lexemeKind
}

type lexemeKind uint8

const (
	sign lexemeKind = iota
	name            // NCName, QName, or prefix:*
	number
	literal
	end
)

var lexemes = regexp.MustCompile(`^(?:(\d+(?:\.\d*)?|\.\d+)|("[^"]*"|'[^']*')|([\pL_][\pL\pN_.\-]*(?::(?:[\pL_][\pL\pN_.\-]*|\*))?)|(::|//|\.\.|!=|<=|>=|<<|>>|\|\||=>|:=|[\-+*=<>|/()\[\].,@$!?{}#:]))`)

const (
	maxExpr    = 16 << 10
	maxNesting = 200
)

// check returns the namespace prefixes that an expression uses.
func check(expr string) ([]string, error) {
	c := &checker{text: expr}
	if len(expr) > maxExpr {
		return nil, &SyntaxError{expr, 0, fmt.Sprintf("the expression is longer than %d bytes", maxExpr)}
	}
	for i := 0; i < len(expr); {
		if strings.IndexByte(" \t\r\n", expr[i]) >= 0 {
			i++
			continue
		}
		m := lexemes.FindStringSubmatch(expr[i:])
		if m == nil {
			return nil, &SyntaxError{expr, i, fmt.Sprintf("unexpected %q", []rune(expr[i:])[0])}
		}
		kind := sign
		for j, k := range []lexemeKind{number, literal, name} {
			if m[j+1] != "" {
				kind = k
			}
		}
		text := m[0]
		// "child::x" is an axis and a name, not a name with a prefix.
		if kind == name && strings.HasPrefix(expr[i+len(text):], ":") && strings.Contains(text, ":") {
			text, _, _ = strings.Cut(text, ":")
		}
		c.tokens = append(c.tokens, lexeme{text, i, kind})
		i += len(text)
	}
	c.tokens = append(c.tokens, lexeme{"", len(expr), end})
	if err := c.expr(); err != nil {
		return nil, err
	}
	if c.peek().kind != end {
		return nil, c.refuse()
	}
	return c.prefixes, nil
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
	return &SyntaxError{c.text, c.peek().offset, fmt.Sprintf(format, args...)}
}

// later names what XPath 2.0, 3.0 and 3.1 added, by the token that shows it.
var later = map[string]string{
	"eq": "the value comparison eq is XPath 2.0", "ne": "the value comparison ne is XPath 2.0", "lt": "the value comparison lt is XPath 2.0",
	"le": "the value comparison le is XPath 2.0", "gt": "the value comparison gt is XPath 2.0", "ge": "the value comparison ge is XPath 2.0",
	"to": "the range operator to is XPath 2.0", "idiv": "idiv is XPath 2.0", "is": "the node comparison is is XPath 2.0",
	"union": "union is XPath 2.0; write |", "intersect": "intersect is XPath 2.0", "except": "except is XPath 2.0",
	"instance": "instance of is XPath 2.0", "cast": "cast as is XPath 2.0", "castable": "castable as is XPath 2.0", "treat": "treat as is XPath 2.0",
	"return": "for and let are XPath 2.0 and 3.0", "then": "if is XPath 2.0", "satisfies": "some and every are XPath 2.0",
	"<<": "<< is XPath 2.0", ">>": ">> is XPath 2.0", "||": "the operator || is XPath 3.0; write concat()", "!": "the map operator ! is XPath 3.0",
	"=>": "the arrow operator is XPath 3.1", ":=": "let is XPath 3.0", "?": "the look-up operator ? is XPath 3.1", "{": "maps and arrays are XPath 3.1",
	"#": "function references are XPath 3.0", "$": "variables are not available", ",": "sequences are XPath 2.0",
}

const only = "; only XPath 1.0 is available"

func (c *checker) refuse() error {
	t := c.peek()
	if what := later[t.text]; what != "" {
		return c.errorf("%s%s", what, only)
	}
	if t.kind == end {
		return c.errorf("the expression ends too early")
	}
	return c.errorf("unexpected %q", t.text)
}

// operators of the binary levels, from weak to strong; names among them are
// operators only behind an operand.
var levels = [][]string{{"or"}, {"and"}, {"=", "!="}, {"<", "<=", ">", ">="}, {"+", "-"}, {"*", "div", "mod"}}

func (c *checker) expr() error {
	if c.depth++; c.depth > maxNesting {
		return c.errorf("the expression is nested more than %d levels deep", maxNesting)
	}
	defer func() { c.depth-- }()
	return c.level(0)
}

func (c *checker) level(n int) error {
	if n == len(levels) {
		return c.unary()
	}
	if err := c.level(n + 1); err != nil {
		return err
	}
	for t := c.peek(); (t.kind == sign || t.kind == name) && slices.Contains(levels[n], t.text); t = c.peek() {
		c.at++
		if err := c.level(n + 1); err != nil {
			return err
		}
	}
	return nil
}

func (c *checker) unary() error {
	for c.accept("-") {
	}
	for {
		if err := c.path(); err != nil {
			return err
		}
		if !c.accept("|") {
			return nil
		}
	}
}

// path is a PathExpr: a filter expression that a location path may follow, or
// a location path.
func (c *checker) path() error {
	t := c.peek()
	switch {
	case t.kind == literal || t.kind == number:
		c.at++
	case t.kind == sign && t.text == "(":
		c.at++
		if err := c.expr(); err != nil {
			return err
		}
		if !c.accept(")") {
			return c.refuse()
		}
	case t.kind == name && c.next().text == "(" && !nodeTypes[t.text]:
		if err := c.call(); err != nil {
			return err
		}
	case c.accept("/"):
		if !c.stepFollows() {
			return nil
		}
		return c.relative()
	case c.accept("//"):
		return c.relative()
	default:
		return c.relative()
	}
	if err := c.predicates(); err != nil {
		return err
	}
	if c.accept("/", "//") {
		return c.relative()
	}
	return nil
}

func (c *checker) stepFollows() bool {
	t := c.peek()
	return t.kind == name || t.kind == sign && slices.Contains([]string{".", "..", "@", "*"}, t.text)
}

func (c *checker) relative() error {
	for {
		if err := c.step(); err != nil {
			return err
		}
		if !c.accept("/", "//") {
			return nil
		}
	}
}

var axes = []string{"ancestor", "ancestor-or-self", "attribute", "child", "descendant", "descendant-or-self", "following", "following-sibling", "parent", "preceding", "preceding-sibling", "self"}

var nodeTypes = map[string]bool{"node": true, "text": true, "comment": true, "processing-instruction": true}

func (c *checker) step() error {
	if c.accept(".", "..") {
		return nil
	}
	c.accept("@")
	if t := c.peek(); t.kind == name && c.next().text == "::" {
		if t.text == "namespace" {
			return c.errorf("the namespace axis is not available")
		}
		if !slices.Contains(axes, t.text) {
			return c.errorf("there is no axis %q", t.text)
		}
		c.at += 2
	}
	t := c.peek()
	switch {
	case c.accept("*"):
	case t.kind == name && c.next().text == "(":
		if !nodeTypes[t.text] {
			if functions[t.text] != (arity{}) {
				return c.errorf("a function as a step is XPath 2.0%s", only)
			}
			return c.errorf("%s() is no node test of XPath 1.0", t.text)
		}
		c.at += 2
		if c.peek().kind == literal && t.text == "processing-instruction" {
			c.at++
		}
		if !c.accept(")") {
			return c.refuse()
		}
	case t.kind == name && strings.HasSuffix(t.text, ":*"):
		// In the grammar, but the library below selects nothing by it.
		return c.errorf("the name test %s is not available", t.text)
	case t.kind == name:
		c.at++
		if prefix, _, ok := strings.Cut(t.text, ":"); ok && !slices.Contains(c.prefixes, prefix) {
			c.prefixes = append(c.prefixes, prefix)
		}
		if n := c.peek(); n.kind == sign && (n.text == "$" || n.text == "{") && slices.Contains([]string{"for", "let", "some", "every", "map", "array"}, t.text) {
			return c.errorf("%s is XPath 2.0 or later%s", t.text, only)
		}
	default:
		return c.refuse()
	}
	return c.predicates()
}

func (c *checker) predicates() error {
	for c.accept("[") {
		if err := c.expr(); err != nil {
			return err
		}
		if !c.accept("]") {
			return c.refuse()
		}
	}
	return nil
}

// arity is how many arguments a function takes; the zero arity is none.
type arity struct{ least, most, is int }

const many = 1 << 20

// functions is the core library (§4), without id() and lang(), which the
// library below does not have.
var functions = map[string]arity{
	"last": {0, 0, 1}, "position": {0, 0, 1}, "count": {1, 1, 1}, "local-name": {0, 1, 1}, "namespace-uri": {0, 1, 1}, "name": {0, 1, 1},
	"string": {0, 1, 1}, "concat": {2, many, 1}, "starts-with": {2, 2, 1}, "contains": {2, 2, 1}, "substring-before": {2, 2, 1},
	"substring-after": {2, 2, 1}, "substring": {2, 3, 1}, "string-length": {0, 1, 1}, "normalize-space": {0, 1, 1}, "translate": {3, 3, 1},
	"boolean": {1, 1, 1}, "not": {1, 1, 1}, "true": {0, 0, 1}, "false": {0, 0, 1}, "number": {0, 1, 1}, "sum": {1, 1, 1},
	"floor": {1, 1, 1}, "ceiling": {1, 1, 1}, "round": {1, 1, 1},
}

func (c *checker) call() error {
	t := c.peek()
	takes := functions[t.text]
	if takes == (arity{}) {
		if what := later[t.text]; what != "" {
			return c.errorf("%s%s", what, only)
		}
		return c.errorf("the function %s() is not one of XPath 1.0", t.text)
	}
	c.at += 2
	n := 0
	for !c.accept(")") {
		if n > 0 && !c.accept(",") {
			return c.refuse()
		}
		if err := c.expr(); err != nil {
			return err
		}
		n++
	}
	if n < takes.least || n > takes.most {
		return &SyntaxError{c.text, t.offset, fmt.Sprintf("%s() does not take %d arguments", t.text, n)}
	}
	return nil
}
