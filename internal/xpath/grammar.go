package xpath

import (
	"fmt"
	"slices"
	"strings"
)

// The grammar of XPath (§2 and §3 of 1.0, A.1 of the later versions), as a
// recursive descent that builds the evaluation. It is one grammar: what a
// version lacks is mostly rejected by comparing versions, and only the
// precedence levels of the operators differ between 1.0 and the later versions.

// A parser panics with a *SyntaxError.
type parser struct {
	text      string
	tokens    []lexeme
	at        int
	depth     int
	version   version
	prefixes  []string
	variables []string
	levels    []level
}

const maxNesting = 200

func (p *parser) parse() (e expression, err error) {
	defer func() {
		switch r := recover().(type) {
		case nil:
		case *SyntaxError:
			err = r
		default:
			panic(r)
		}
	}()
	p.levels = levels20
	if p.version == v10 {
		p.levels = levels10
	}
	e = p.all()
	if p.peek().kind != end {
		p.stop()
	}
	return e, nil
}

func (p *parser) peek() lexeme { return p.tokens[p.at] }

func (p *parser) next() lexeme { return p.tokens[min(p.at+1, len(p.tokens)-1)] }

func (t lexeme) is(signs ...string) bool { return t.kind == sign && slices.Contains(signs, t.text) }

func (p *parser) accept(signs ...string) bool {
	if p.peek().is(signs...) {
		p.at++
		return true
	}
	return false
}

func (p *parser) want(sign string) {
	if !p.accept(sign) {
		p.stop()
	}
}

// word accepts consecutive names.
func (p *parser) word(words ...string) bool {
	for i, w := range words {
		if t := p.tokens[min(p.at+i, len(p.tokens)-1)]; t.kind != name || t.text != w {
			return false
		}
	}
	p.at += len(words)
	return true
}

func (p *parser) wantWord(w string) {
	if !p.word(w) {
		p.unavailable()
		p.fail("expected %s", w)
	}
}

func (p *parser) fail(format string, args ...any) { p.failAt(p.peek(), format, args...) }

func (p *parser) failAt(t lexeme, format string, args ...any) {
	panic(&SyntaxError{Text: p.text, Offset: t.offset, Message: fmt.Sprintf(format, args...)})
}

// from rejects what is newer than the version.
func (p *parser) from(v version, what string) {
	if p.version < v {
		p.fail("%s is %s; this expression is %s", what, v, p.version)
	}
}

// absent names what is not available, by the token that begins it.
var absent = map[string]string{
	"?": "the look-up operator ? is XPath 3.1; it is not available", "{": "maps and arrays are XPath 3.1; they are not available",
	"[": "arrays are XPath 3.1; they are not available", "#": "function references are XPath 3.0; they are not available",
}

func (p *parser) unavailable() {
	if t := p.peek(); t.kind == sign && absent[t.text] != "" {
		p.fail("%s", absent[t.text])
	}
}

// stop rejects the next token.
func (p *parser) stop() {
	t := p.peek()
	if t.kind == end {
		p.fail("unexpected end of the expression")
	}
	p.unavailable()
	if t.kind == sign || t.kind == name {
		p.from(operators[t.text].since, "the operator "+t.text)
	}
	p.fail("unexpected %q", t.text)
}

// all reads Expr: expressions separated by commas.
func (p *parser) all() expression {
	parts := []expression{p.single()}
	for p.version > v10 && p.accept(",") {
		parts = append(parts, p.single())
	}
	if len(parts) == 1 {
		return parts[0]
	}
	return func(s *scope) seq {
		var all seq
		for _, e := range parts {
			all = s.append(all, e(s))
		}
		return all
	}
}

func (p *parser) single() expression {
	if p.depth++; p.depth > maxNesting {
		p.fail("the expression is nested more than %d levels deep", maxNesting)
	}
	defer func() { p.depth-- }()
	t, next := p.peek(), p.next()
	switch since := keywords[t.text+next.text]; {
	case t.kind != name || next.kind != sign || since == 0:
		return p.level(0)
	default:
		p.from(since, t.text)
	}
	p.at++
	switch t.text {
	case "if":
		return p.conditional()
	case "for":
		return p.clauses("in", "return", forEach)
	case "let":
		return p.clauses(":=", "return", bindTo)
	}
	return p.clauses("in", "satisfies", quantified(t.text == "some"))
}

// keywords begin an expression if a certain token follows.
var keywords = map[string]version{"for$": v20, "some$": v20, "every$": v20, "if(": v20, "let$": v30}

func (p *parser) variable() string {
	p.want("$")
	t := p.peek()
	if t.kind != name {
		p.stop()
	}
	if strings.Contains(t.text, ":") {
		p.fail("a variable with a namespace prefix is not available")
	}
	p.at++
	return t.text
}

// clauses reads those of for (§3.7), some and every (§3.9), and let (XPath 3.0
// §3.11), each of which declares a variable for what follows.
func (p *parser) clauses(between, before string, bound func(in, body expression) expression) expression {
	variable := p.variable()
	if between == "in" {
		p.wantWord("in")
	} else {
		p.want(between)
	}
	in := p.single()
	p.variables = append(p.variables, variable)
	defer func() { p.variables = p.variables[:len(p.variables)-1] }()
	if p.accept(",") {
		return bound(in, p.clauses(between, before, bound))
	}
	p.wantWord(before)
	return bound(in, p.single())
}

func (p *parser) reference() expression {
	at := p.peek()
	variable := p.variable()
	for i, known := range slices.Backward(p.variables) {
		if known == variable {
			return lookUp(len(p.variables) - 1 - i)
		}
	}
	p.failAt(at, "no variable $%s is bound here", variable)
	return nil
}

func (p *parser) conditional() expression {
	p.want("(")
	test := p.all()
	p.want(")")
	p.wantWord("then")
	yes := p.single()
	p.wantWord("else")
	no := p.single()
	return func(s *scope) seq {
		if ebv(test(s)) {
			return yes(s)
		}
		return no(s)
	}
}

// A level is a precedence level of operators: it reads its own between
// expressions of the tighter level with a number.
type level func(p *parser, tighter int) expression

// levels10 are the levels of XPath 1.0, from loose to tight.
var levels10 = []level{
	chain("or"), chain("and"), chain("=", "!="), chain("<", "<=", ">", ">="),
	chain("+", "-"), chain("*", "div", "mod"), signed("-"), chain("|"),
}

// levels20 are those of XPath 2.0 and later; an operator that is newer than the
// version of an expression is rejected.
var levels20 = []level{
	chain("or"), chain("and"), once("=", "!=", "<", "<=", ">", ">=", "eq", "ne", "lt", "le", "gt", "ge", "is", "<<", ">>"),
	chain("||"), once("to"), chain("+", "-"), chain("*", "div", "idiv", "mod"), chain("|", "union"), chain("intersect", "except"),
	ofType("instance", "of", instanceOf), ofType("treat", "as", treatAs), ofType("castable", "as", castableAs),
	ofType("cast", "as", castAs),
	arrow, signed("+", "-"), chain("!"),
}

func (p *parser) level(n int) expression {
	if n == len(p.levels) {
		return p.path()
	}
	return p.levels[n](p, n+1)
}

func (p *parser) operator(signs []string) (o operator, ok bool) {
	t := p.peek()
	if t.kind != sign && t.kind != name || !slices.Contains(signs, t.text) {
		return o, false
	}
	if o = operators[t.text]; o.since > p.version {
		return o, false
	}
	p.at++
	return o, true
}

// chain reads operators that associate to the left.
func chain(signs ...string) level { return binary(true, signs) }

// once reads operators that do not associate.
func once(signs ...string) level { return binary(false, signs) }

func binary(associates bool, signs []string) level {
	return func(p *parser, tighter int) expression {
		left := p.level(tighter)
		for first := true; ; first = false {
			t := p.peek()
			o, ok := p.operator(signs)
			switch {
			case !ok:
				return left
			case !first && !associates:
				p.failAt(t, "%q is an operator too many: since XPath 2.0 comparisons cannot be chained", t.text)
			}
			left = o.between(left, p.level(tighter))
		}
	}
}

// signed reads the unary operators.
func signed(signs ...string) level {
	return func(p *parser, tighter int) expression {
		isSigned, negative := false, false
		for t := p.peek(); p.accept(signs...); t = p.peek() {
			isSigned = true
			negative = negative != (t.text == "-")
		}
		e := p.level(tighter)
		if !isSigned {
			return e
		}
		return func(s *scope) seq {
			v := s.number(e(s))
			switch {
			case v == nil:
				return nil
			case negative:
				v = negated(v)
			}
			return seq{v}
		}
	}
}

// arrow reads a call whose first argument precedes it (XPath 3.1 §3.16).
func arrow(p *parser, tighter int) expression {
	e := p.level(tighter)
	for p.version >= operators["=>"].since && p.accept("=>") {
		if p.peek().kind != name || !p.next().is("(") {
			p.fail("expected the name of a function after =>; function items are not available")
		}
		e = p.call(e)
	}
	return e
}

func (p *parser) path() expression {
	var e expression
	switch t := p.peek(); {
	case t.is("//"):
		e = root
	case p.accept("/"):
		if !p.beginsStep() {
			return root
		}
		e = path(root, p.step())
	default:
		e = p.stepExpr()
	}
	for {
		switch {
		case p.accept("//"):
			e = path(e, step(axes["descendant-or-self"], isAny, nil))
		case !p.accept("/"):
			return e
		}
		e = path(e, p.step())
	}
}

// beginsStep reports whether the next token begins a step. Before XPath 2.0
// every step is along an axis.
func (p *parser) beginsStep() bool {
	t := p.peek()
	switch t.kind {
	case name:
		return true
	case sign:
		return t.is(".", "..", "@", "*") || p.version > v10 && t.is("(", "$")
	}
	return t.kind != end && p.version > v10
}

// step reads what follows a slash.
func (p *parser) step() expression {
	t := p.peek()
	if !p.beginsStep() {
		p.stop()
	}
	if t.kind == name && p.next().is("(") && !p.kindFollows() {
		p.from(v20, "a function as a step")
	}
	return p.stepExpr()
}

func (p *parser) stepExpr() expression {
	t, next := p.peek(), p.next()
	switch {
	case p.accept(".", ".."):
		if p.peek().is("[") {
			p.from(v20, "a predicate after "+t.text)
		}
		if t.text == "." {
			return p.filtered(func(s *scope) seq { return seq{s.item} })
		}
		return p.filtered(step(axes["parent"], isAny, nil))
	case p.accept("@"):
		return p.axis("attribute")
	case t.kind == name && next.is("::"):
		if t.text == "namespace" {
			p.fail("the namespace axis is not available")
		}
		if axes[t.text] == nil {
			p.fail("unknown axis %q", t.text)
		}
		p.at += 2
		return p.axis(t.text)
	case p.kindFollows() && t.text == "attribute":
		return p.axis("attribute")
	case t.is("*"), t.kind == name && !next.is("("), p.kindFollows():
		return p.axis("child")
	}
	return p.filtered(p.primary())
}

func (p *parser) axis(name string) expression {
	principal := elementNode
	if name == "attribute" {
		principal = attributeNode
	}
	var test nodeTest
	if p.kindFollows() {
		test = p.kindTest()
	} else {
		named := p.nameTest()
		test = func(s *scope, n *node) bool { return n.kind == principal && named(s, n) }
	}
	return step(axes[name], test, p.predicates())
}

func (p *parser) predicates() (list []expression) {
	for p.accept("[") {
		list = append(list, p.all())
		p.want("]")
	}
	return list
}

// filtered reads an expression that predicates may follow.
func (p *parser) filtered(e expression) expression {
	predicates := p.predicates()
	if len(predicates) == 0 {
		return e
	}
	return func(s *scope) seq {
		v := e(s)
		if s.run.version == v10 {
			s.nodes(v)
		}
		for _, predicate := range predicates {
			v = s.filter(v, predicate)
		}
		return v
	}
}

func (p *parser) primary() expression {
	t := p.peek()
	switch {
	case t.kind == literal || t.kind == operand:
		p.at++
		return constant(t.value)
	case t.kind == number:
		p.at++
		return constant(p.numeric(t))
	case t.is("$"):
		return p.reference()
	case p.accept("("):
		if p.version > v10 && p.accept(")") {
			return func(*scope) seq { return nil }
		}
		e := p.all()
		p.want(")")
		return e
	case t.kind == name && p.next().is("("):
		return p.call(nil)
	}
	p.stop()
	return nil
}

func constant(v item) expression {
	value := seq{v}
	return func(*scope) seq { return value }
}

// numeric reads a NumericLiteral (A.2.1), or a JSON number in its place. XPath
// 1.0 has doubles only.
func (p *parser) numeric(t lexeme) item {
	cast := toInteger
	switch {
	case p.version == v10 || strings.ContainsAny(t.value, "eE"):
		cast = toDouble
	case strings.Contains(t.value, "."):
		cast = toDecimal
	}
	v, ok := cast(t.value)
	if !ok {
		p.fail("the number %s is not available", t.text)
	}
	return v
}

// reserved names cannot be names of functions (A.3).
var reserved = []string{
	"empty-sequence", "if", "item", "schema-attribute", "schema-element", "typeswitch", "function", "namespace-node", "switch", "map",
	"array",
}

// call reads a call of a function, or of a constructor of a simple type
// (§3.1.5). Its first argument may come from an arrow.
func (p *parser) call(first expression) expression {
	t := p.peek()
	name := t.text
	if p.version > v10 {
		name = strings.TrimPrefix(name, "fn:")
	}
	f, ok := functions[name]
	cast := atomicTypeOf(name).cast
	_, isKind := kinds[name]
	switch {
	case slices.Contains(reserved, name) || isKind:
		p.fail("%s() is not a function; as a type or a test it is not available here", name)
	case cast != nil && p.version > v10:
		f = function{v20, 1, 1, func(s *scope, args []seq) seq { return s.cast(args[0], cast, true) }}
	case !ok:
		p.fail("the function %s() is not available", name)
	}
	p.from(f.since, "the function "+name+"()")
	p.at += 2
	var args []expression
	if first != nil {
		args = append(args, first)
	}
	for n := 0; !p.accept(")"); n++ {
		if n > 0 {
			p.want(",")
		}
		args = append(args, p.single())
	}
	p.arity(t, name, f, len(args))
	if p.version == v10 && len(args) > 0 && slices.Contains(ofNodes, name) {
		given := args[0]
		args[0] = func(s *scope) seq { return s.nodes(given(s)) }
	}
	return f.applied(args)
}

func (p *parser) arity(t lexeme, name string, f function, n int) {
	switch since := arities[name][n]; {
	case n < f.least && !(n == f.least-1 && slices.Contains(ofContext, name)), n > f.most:
		p.failAt(t, "%s() with %s is not available", name, counted(n, "argument"))
	case since > p.version:
		p.failAt(t, "%s() with %s is %s; this expression is %s", name, counted(n, "argument"), since, p.version)
	}
}

func counted(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}
