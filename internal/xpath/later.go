package xpath

import (
	"math/big"
	"slices"
	"strings"

	"github.com/antchfx/xmlquery"
)

// The grammar of XPath 2.0, 3.0 and 3.1 (A.1 in each), as a recursive descent
// that builds the evaluation. What is not there is refused by its name.

// An expression gives a sequence (XDM); what cannot be evaluated is a panic
// with an evalError.
type expression func(*scope) seq

// scope is the dynamic context (§2.1.2).
type scope struct {
	item           item
	position, size int
	vars           *binding
	run            *run
}

type binding struct {
	value seq
	outer *binding
}

func (s *scope) bind(value seq) *scope {
	inner := *s
	inner.vars = &binding{value, s.vars}
	return &inner
}

func (s *scope) at(it item, position, size int) *scope {
	inner := *s
	inner.item, inner.position, inner.size = it, position, size
	return &inner
}

// A parser panics with a *SyntaxError.
type parser struct {
	*checker
	variables []string
}

func parseLater(c *checker) (e expression, err error) {
	defer func() {
		switch r := recover().(type) {
		case nil:
		case *SyntaxError:
			err = r
		default:
			panic(r)
		}
	}()
	p := &parser{checker: c}
	e = p.all()
	if p.peek().kind != end {
		p.stop()
	}
	return e, nil
}

func (p *parser) fail(format string, args ...any) { panic(p.errorf(format, args...)) }

var names = [...]string{2: "XPath 2.0", 3: "XPath 3.0", 4: "XPath 3.1"}

func (p *parser) from(version int, what string) {
	if p.version < version {
		p.fail("%s is %s; the version here is %s", what, names[version], names[p.version])
	}
}

// absent names what is not there, by the token that shows it.
var absent = map[string]string{
	"?": "the look-up operator ? is XPath 3.1; it is not available", "{": "maps and arrays are XPath 3.1; they are not available",
	"[": "arrays are XPath 3.1; they are not available", "#": "function references are XPath 3.0; they are not available",
}

func (p *parser) stop() {
	t := p.peek()
	switch {
	case t.kind == end:
		p.fail("the expression ends too early")
	case t.kind == sign && absent[t.text] != "":
		p.fail("%s", absent[t.text])
	}
	p.fail("unexpected %q", t.text)
}

func (p *parser) want(signs string) {
	if !p.accept(signs) {
		p.stop()
	}
}

// word accepts names in a row.
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
		if t := p.peek(); t.kind == sign && absent[t.text] != "" {
			p.stop()
		}
		p.fail("%s is expected", w)
	}
}

// all is Expr: expressions with commas between them.
func (p *parser) all() expression {
	parts := []expression{p.single()}
	for p.accept(",") {
		parts = append(parts, p.single())
	}
	if len(parts) == 1 {
		return parts[0]
	}
	return func(s *scope) seq {
		var all seq
		for _, e := range parts {
			v := e(s)
			s.run.visit(1 + len(v))
			all = append(all, v...)
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
	variable := next.kind == sign && next.text == "$"
	switch {
	case t.kind != name:
	case t.text == "for" && variable:
		p.at++
		return p.clauses("in", p.flatMap)
	case t.text == "let" && variable:
		p.from(3, "let")
		p.at++
		return p.clauses(":=", nil)
	case (t.text == "some" || t.text == "every") && variable:
		p.at++
		return p.quantified(t.text == "some")
	case t.text == "if" && next.kind == sign && next.text == "(":
		return p.conditional()
	}
	return p.or()
}

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

// clauses are those of for (§3.7) and let (XPath 3.0 §3.11), each with a
// variable for what follows.
func (p *parser) clauses(sign string, each func(in, body expression) expression) expression {
	variable := p.variable()
	if sign == "in" {
		p.wantWord("in")
	} else {
		p.want(sign)
	}
	in := p.single()
	p.variables = append(p.variables, variable)
	defer func() { p.variables = p.variables[:len(p.variables)-1] }()
	var body expression
	if p.accept(",") {
		body = p.clauses(sign, each)
	} else {
		p.wantWord("return")
		body = p.single()
	}
	if each != nil {
		return each(in, body)
	}
	return func(s *scope) seq { return body(s.bind(in(s))) }
}

func (p *parser) flatMap(in, body expression) expression {
	return func(s *scope) seq {
		var all seq
		for _, it := range in(s) {
			v := body(s.bind(seq{it}))
			s.run.visit(1 + len(v))
			all = append(all, v...)
		}
		return all
	}
}

// quantified is some or every (§3.9).
func (p *parser) quantified(some bool) expression {
	variable := p.variable()
	p.wantWord("in")
	in := p.single()
	p.variables = append(p.variables, variable)
	defer func() { p.variables = p.variables[:len(p.variables)-1] }()
	var body expression
	if p.accept(",") {
		body = p.quantified(some)
	} else {
		p.wantWord("satisfies")
		body = p.single()
	}
	return func(s *scope) seq {
		for _, it := range in(s) {
			s.run.visit(1)
			if ebv(body(s.bind(seq{it}))) == some {
				return seq{some}
			}
		}
		return seq{!some}
	}
}

func (p *parser) conditional() expression {
	p.at++
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

func (p *parser) or() expression {
	left := p.and()
	for p.word("or") {
		a, b := left, p.and()
		left = func(s *scope) seq { return seq{ebv(a(s)) || ebv(b(s))} }
	}
	return left
}

func (p *parser) and() expression {
	left := p.comparison()
	for p.word("and") {
		a, b := left, p.comparison()
		left = func(s *scope) seq { return seq{ebv(a(s)) && ebv(b(s))} }
	}
	return left
}

var valueOperators = []string{"eq", "ne", "lt", "le", "gt", "ge"}

// comparisonOperator accepts one of §3.5.
func (p *parser) comparisonOperator() func(s *scope, a, b seq) seq {
	t := p.peek()
	switch {
	case t.kind == sign && generalOperators[t.text] != "":
		p.at++
		return func(s *scope, a, b seq) seq { return seq{s.generalComparison(t.text, a, b)} }
	case t.kind == sign && (t.text == "<<" || t.text == ">>") || t.kind == name && t.text == "is":
		p.at++
		return func(s *scope, a, b seq) seq { return s.nodeComparison(t.text, a, b) }
	case t.kind == name && slices.Contains(valueOperators, t.text):
		p.at++
		return func(s *scope, a, b seq) seq { return s.valueComparison(t.text, a, b) }
	}
	return nil
}

func (p *parser) comparison() expression {
	a := p.concatenation()
	do := p.comparisonOperator()
	if do == nil {
		return a
	}
	b := p.concatenation()
	if t := p.peek(); p.comparisonOperator() != nil {
		p.at--
		p.fail("comparisons are not chained since XPath 2.0: %q is one too many", t.text)
	}
	return func(s *scope) seq { return do(s, a(s), b(s)) }
}

func (s *scope) nodeComparison(operator string, a, b seq) seq {
	x, ok := onlyNode(a)
	y, both := onlyNode(b)
	if !ok || !both {
		return nil
	}
	order := s.run.compare(x, y)
	return seq{map[string]bool{"is": order == 0, "<<": order < 0, ">>": order > 0}[operator]}
}

func (p *parser) concatenation() expression {
	left := p.rangeExpr()
	for p.peek().kind == sign && p.peek().text == "||" {
		p.from(3, "the operator ||")
		p.at++
		a, b := left, p.rangeExpr()
		left = func(s *scope) seq { return concatFunction(s, []seq{a(s), b(s)}) }
	}
	return left
}

func (p *parser) rangeExpr() expression {
	a := p.additive()
	if !p.word("to") {
		return a
	}
	b := p.additive()
	return func(s *scope) seq {
		from, to := a(s), b(s)
		if len(from) == 0 || len(to) == 0 {
			return nil
		}
		first, last := s.integer(from), s.integer(to)
		size := new(big.Int).Sub(last, first)
		if size.Sign() < 0 {
			return nil
		}
		if size.Cmp(big.NewInt(maxVisits)) >= 0 {
			failf("the range has more than %d numbers", maxVisits)
		}
		s.run.visit(int(size.Int64()) + 1)
		numbers := make(seq, size.Int64()+1)
		for i := range numbers {
			numbers[i] = new(big.Int).Add(first, big.NewInt(int64(i)))
		}
		return numbers
	}
}

// integer is an operand of the type xs:integer.
func (s *scope) integer(v seq) *big.Int {
	a := s.one(v)
	if u, ok := a.(untyped); ok {
		cast, ok := toInteger(u)
		if !ok {
			failf("the text %s is no xs:integer", shown(string(u)))
		}
		a = cast
	}
	i, ok := a.(*big.Int)
	if !ok {
		failf("an xs:integer is wanted, not %s", typeName(a))
	}
	return i
}

func (p *parser) additive() expression {
	left := p.multiplicative()
	for {
		t := p.peek()
		if !p.accept("+", "-") {
			return left
		}
		left = calculation(t.text, left, p.multiplicative())
	}
}

func (p *parser) multiplicative() expression {
	left := p.union()
	for {
		t := p.peek()
		if !p.accept("*") && !p.word("div") && !p.word("idiv") && !p.word("mod") {
			return left
		}
		left = calculation(t.text, left, p.union())
	}
}

func calculation(operator string, a, b expression) expression {
	return func(s *scope) seq {
		s.run.visit(1)
		x, y := s.number(a(s)), s.number(b(s))
		if x == nil || y == nil {
			return nil
		}
		return seq{arithmeticOf(operator, x, y)}
	}
}

func (p *parser) union() expression {
	left := p.intersection()
	for p.word("union") || p.accept("|") {
		left = nodeSets(left, p.intersection(), func(_, _ bool) bool { return true })
	}
	return left
}

func (p *parser) intersection() expression {
	left := p.instanceOf()
	for {
		switch {
		case p.word("intersect"):
			left = nodeSets(left, p.instanceOf(), func(a, b bool) bool { return a && b })
		case p.word("except"):
			left = nodeSets(left, p.instanceOf(), func(a, b bool) bool { return a && !b })
		default:
			return left
		}
	}
}

// nodeSets combines sequences of nodes (§3.3.3).
func nodeSets(a, b expression, keep func(inA, inB bool) bool) expression {
	return func(s *scope) seq {
		x, y := nodesOf(a(s)), nodesOf(b(s))
		inA, inB := map[node]bool{}, map[node]bool{}
		s.run.visit(len(x) + len(y))
		for _, n := range x {
			inA[n] = true
		}
		for _, n := range y {
			inB[n] = true
		}
		return s.ordered(slices.DeleteFunc(slices.Concat(x, y), func(n node) bool { return !keep(inA[n], inB[n]) }))
	}
}

func nodesOf(v seq) []node {
	nodes := make([]node, len(v))
	for i, it := range v {
		n, ok := it.(node)
		if !ok {
			failf("nodes are wanted, not %s", typeName(it))
		}
		nodes[i] = n
	}
	return nodes
}

// ordered is a sequence of nodes in document order, without duplicates.
func (s *scope) ordered(nodes []node) seq {
	nodes = s.run.sorted(nodes)
	v := make(seq, len(nodes))
	for i, n := range nodes {
		v[i] = n
	}
	return v
}

func (p *parser) instanceOf() expression {
	e := p.treatAs()
	if !p.word("instance", "of") {
		return e
	}
	is := p.sequenceType()
	return func(s *scope) seq { return seq{is(s, e(s))} }
}

func (p *parser) treatAs() expression {
	e := p.castableAs()
	if !p.word("treat", "as") {
		return e
	}
	is := p.sequenceType()
	return func(s *scope) seq {
		v := e(s)
		if !is(s, v) {
			failf("the value is not of the type that it is treated as")
		}
		return v
	}
}

func (p *parser) castableAs() expression {
	e := p.castAs()
	if !p.word("castable", "as") {
		return e
	}
	cast, optional := p.castType()
	return func(s *scope) seq {
		v := s.atomize(e(s))
		if len(v) != 1 {
			return seq{len(v) == 0 && optional}
		}
		_, ok := cast(v[0])
		return seq{ok}
	}
}

func (p *parser) castAs() expression {
	e := p.arrow()
	if !p.word("cast", "as") {
		return e
	}
	cast, optional := p.castType()
	return func(s *scope) seq { return s.cast(e(s), cast, optional) }
}

func (s *scope) cast(v seq, cast func(item) (item, bool), optional bool) seq {
	a := s.one(v)
	if a == nil {
		if !optional {
			failf("a value is wanted for the cast, not the empty sequence")
		}
		return nil
	}
	c, ok := cast(a)
	if !ok {
		failf("%s %s cannot be cast", typeName(a), shown(stringOf(a)))
	}
	return seq{c}
}

func (p *parser) castType() (cast func(item) (item, bool), optional bool) {
	t := p.peek()
	cast = casts[t.text]
	if t.kind != name || cast == nil {
		p.fail("the type %q is not available; there are xs:string, xs:boolean, xs:integer, xs:decimal, xs:double and xs:untypedAtomic", t.text)
	}
	p.at++
	return cast, p.accept("?")
}

// sequenceType is §2.5.3.
func (p *parser) sequenceType() func(*scope, seq) bool {
	if p.word("empty-sequence") {
		p.want("(")
		p.want(")")
		return func(_ *scope, v seq) bool { return len(v) == 0 }
	}
	is := p.itemType()
	least, most := 1, 1
	switch {
	case p.accept("?"):
		least = 0
	case p.accept("*"):
		least, most = 0, many
	case p.accept("+"):
		most = many
	}
	return func(s *scope, v seq) bool {
		return len(v) >= least && (most == many || len(v) <= most) && !slices.ContainsFunc(v, func(it item) bool { return !is(s, it) })
	}
}

var atomicTypes = map[string]func(item) bool{
	"xs:string": isA[string], "xs:untypedAtomic": isA[untyped], "xs:anyURI": isA[uri], "xs:boolean": isA[bool],
	"xs:integer": isA[*big.Int], "xs:double": isA[float64], "xs:anyAtomicType": func(v item) bool { return !isA[node](v) },
	"xs:decimal": func(v item) bool { return isA[*big.Int](v) || isA[*big.Rat](v) },
}

func (p *parser) itemType() func(*scope, item) bool {
	t := p.peek()
	switch {
	case t.kind == name && atomicTypes[t.text] != nil:
		p.at++
		return func(_ *scope, v item) bool { return atomicTypes[t.text](v) }
	case p.word("item"):
		p.want("(")
		p.want(")")
		return func(*scope, item) bool { return true }
	case t.kind == name && kinds[t.text] && p.next().text == "(":
		test, _ := p.kind()
		return func(s *scope, v item) bool {
			n, ok := v.(node)
			return ok && test(s, n)
		}
	}
	p.fail("the type %q is not available", t.text)
	return nil
}

func (p *parser) arrow() expression {
	e := p.unary()
	for p.accept("=>") {
		p.at--
		p.from(4, "the arrow operator =>")
		p.at++
		if p.peek().kind != name || p.next().text != "(" {
			p.fail("the name of a function is expected behind =>; function items are not available")
		}
		e = p.call(e)
	}
	return e
}

func (p *parser) unary() expression {
	signed, negative := false, false
	for {
		t := p.peek()
		if !p.accept("+", "-") {
			break
		}
		signed = true
		negative = negative != (t.text == "-")
	}
	e := p.mapping()
	if !signed {
		return e
	}
	return func(s *scope) seq {
		v := s.number(e(s))
		if v == nil {
			return nil
		}
		if negative {
			v = negated(v)
		}
		return seq{v}
	}
}

// mapping is the operator ! (XPath 3.0 §3.14).
func (p *parser) mapping() expression {
	left := p.pathExpr()
	for p.peek().kind == sign && p.peek().text == "!" {
		p.from(3, "the operator !")
		p.at++
		from, to := left, p.pathExpr()
		left = func(s *scope) seq {
			var all seq
			items := from(s)
			for i, it := range items {
				v := to(s.at(it, i+1, len(items)))
				s.run.visit(1 + len(v))
				all = append(all, v...)
			}
			return all
		}
	}
	return left
}

func theRoot(s *scope) seq {
	n, ok := s.item.(node)
	if !ok {
		failf("/ wants a node, not %s", typeName(s.item))
	}
	return seq{topOf(n)}
}

func (p *parser) beginsStep() bool {
	t := p.peek()
	return t.kind == name || t.kind == literal || t.kind == operand || t.kind == number ||
		t.kind == sign && slices.Contains([]string{".", "..", "@", "*", "(", "$"}, t.text)
}

var descendantsOrSelf = axisStep("descendant-or-self", func(*scope, node) bool { return true }, nil)

func (p *parser) pathExpr() expression {
	var e expression
	switch {
	case p.accept("/"):
		if !p.beginsStep() {
			return theRoot
		}
		e = path(theRoot, p.step())
	case p.accept("//"):
		e = path(path(theRoot, descendantsOrSelf), p.step())
	default:
		e = p.stepExpr()
	}
	for {
		switch {
		case p.accept("/"):
			e = path(e, p.step())
		case p.accept("//"):
			e = path(path(e, descendantsOrSelf), p.step())
		default:
			return e
		}
	}
}

// step is what stands behind a slash. An embedded value there is most likely
// meant for a name, which it cannot be (C16).
func (p *parser) step() expression {
	if t := p.peek(); t.kind == operand || t.kind == number && t.value != t.text {
		p.fail("a value is no step of a path; write *[local-name() = %s]", t.text)
	}
	return p.stepExpr()
}

// path is E1/E2 (§3.2): nodes come in document order, atomic values as they
// are found.
func path(from, to expression) expression {
	return func(s *scope) seq {
		origins := from(s)
		var nodes []node
		var atoms seq
		for i, it := range origins {
			if !isA[node](it) {
				failf("/ wants nodes, not %s", typeName(it))
			}
			s.run.visit(1)
			for _, v := range to(s.at(it, i+1, len(origins))) {
				s.run.visit(1)
				if n, ok := v.(node); ok {
					nodes = append(nodes, n)
				} else {
					atoms = append(atoms, v)
				}
			}
		}
		if len(atoms) > 0 && len(nodes) > 0 {
			failf("a path gives either nodes or values, not both")
		}
		if len(atoms) > 0 {
			return atoms
		}
		return s.ordered(nodes)
	}
}

var kinds = map[string]bool{
	"node": true, "text": true, "comment": true, "processing-instruction": true, "element": true, "attribute": true, "document-node": true,
}

// reserved are no names of functions (A.3).
var reserved = []string{
	"empty-sequence", "if", "item", "schema-attribute", "schema-element", "typeswitch", "function", "namespace-node", "switch", "map", "array",
}

func (p *parser) stepExpr() expression {
	t, next := p.peek(), p.next()
	call := next.kind == sign && next.text == "("
	switch {
	case p.accept(".."):
		return axisStep("parent", func(*scope, node) bool { return true }, p.predicatesLater())
	case p.accept("@"):
		return p.axis("attribute")
	case t.kind == name && next.text == "::":
		if t.text == "namespace" {
			p.fail("the namespace axis is not available")
		}
		if axes[t.text] == nil {
			p.fail("there is no axis %q", t.text)
		}
		p.at += 2
		return p.axis(t.text)
	case t.kind == name && call && t.text == "attribute":
		return p.axis("attribute")
	case t.kind == sign && t.text == "*", t.kind == name && (!call || kinds[t.text]):
		return p.axis("child")
	}
	e := p.primaryExpr()
	for _, predicate := range p.predicatesLater() {
		inner := e
		e = func(s *scope) seq { return s.filter(inner(s), predicate) }
	}
	return e
}

func (p *parser) axis(axis string) expression {
	test := p.test(axis)
	return axisStep(axis, test, p.predicatesLater())
}

func axisStep(axis string, test func(*scope, node) bool, predicates []expression) expression {
	return func(s *scope) seq {
		n, ok := s.item.(node)
		if !ok {
			failf("a step wants a node, not %s", typeName(s.item))
		}
		var found seq
		axes[axis](n, func(n node) {
			s.run.visit(1)
			if test(s, n) {
				found = append(found, n)
			}
		})
		for _, predicate := range predicates {
			found = s.filter(found, predicate)
		}
		return s.ordered(nodesOf(found))
	}
}

func (s *scope) filter(v seq, predicate expression) seq {
	var kept seq
	for i, it := range v {
		s.run.visit(1)
		test := predicate(s.at(it, i+1, len(v)))
		holds := false
		if len(test) == 1 && isNumber(test[0]) {
			holds, _ = compareValues("eq", test[0], big.NewInt(int64(i+1)))
		} else {
			holds = ebv(test)
		}
		if holds {
			kept = append(kept, it)
		}
	}
	return kept
}

func (p *parser) predicatesLater() (list []expression) {
	for p.accept("[") {
		list = append(list, p.all())
		p.want("]")
	}
	return list
}

// test is a NodeTest (§3.2.1.2).
func (p *parser) test(axis string) func(*scope, node) bool {
	principal := isElement
	if axis == "attribute" {
		principal = isAttribute
	}
	t := p.peek()
	if t.kind == name && kinds[t.text] && p.next().text == "(" {
		test, _ := p.kind()
		return test
	}
	named := p.nameTest()
	return func(s *scope, n node) bool { return principal(n) && named(s, n) }
}

func isElement(n node) bool   { return n.attr < 0 && n.Type == xmlquery.ElementNode }
func isAttribute(n node) bool { return n.attr >= 0 }

func (p *parser) nameTest() func(*scope, node) bool {
	t := p.peek()
	switch {
	case p.accept("*"):
		colon, local := p.peek(), p.next()
		if colon.kind != sign || colon.text != ":" || colon.spaced {
			return func(*scope, node) bool { return true }
		}
		if local.kind != name || local.spaced || strings.Contains(local.text, ":") {
			p.stop()
		}
		p.at += 2
		return func(_ *scope, n node) bool {
			_, name, _ := n.name()
			return name == local.text
		}
	case t.kind != name:
		p.stop()
	case t.text == "Q" && p.next().text == "{":
		p.fail("names with a URI, Q{…}, are XPath 3.0; they are not available")
	}
	p.at++
	prefix, local, ok := strings.Cut(t.text, ":")
	if !ok {
		prefix, local = "", t.text
	} else if !slices.Contains(p.prefixes, prefix) {
		p.prefixes = append(p.prefixes, prefix)
	}
	return func(s *scope, n node) bool {
		_, name, uri := n.name()
		return uri == s.run.namespaces[prefix] && (local == "*" || name == local)
	}
}

// kind is a KindTest (§2.5.4).
func (p *parser) kind() (func(*scope, node) bool, string) {
	t := p.peek()
	p.at += 2
	argument := func(*scope, node) bool { return true }
	switch inner := p.peek(); {
	case inner.text == ")" && inner.kind == sign:
	case t.text == "element" || t.text == "attribute":
		argument = p.nameTest()
		if strings.HasSuffix(inner.text, ":*") || p.tokens[p.at-1].text != inner.text {
			p.fail("%s() takes a name or *", t.text)
		}
		if p.peek().text == "," {
			p.fail("types of a schema are not available")
		}
	case t.text == "processing-instruction" && (inner.kind == name || inner.kind == literal):
		p.at++
		target := strings.Trim(inner.value, " \t\r\n")
		argument = func(_ *scope, n node) bool {
			_, name, _ := n.name()
			return name == target
		}
	case t.text == "document-node":
		p.fail("document-node() with a test is not available")
	}
	p.want(")")
	return func(s *scope, n node) bool { return isKind(t.text, n) && argument(s, n) }, t.text
}

func isKind(kind string, n node) bool {
	switch kind {
	case "node":
		return true
	case "element":
		return isElement(n)
	case "attribute":
		return isAttribute(n)
	case "text":
		return n.attr < 0 && isText(n.Node)
	case "comment":
		return n.attr < 0 && n.Type == xmlquery.CommentNode
	case "processing-instruction":
		return n.attr < 0 && n.Type == xmlquery.ProcessingInstruction
	}
	return n.attr < 0 && n.Type == xmlquery.DocumentNode
}

func constant(v item) expression {
	value := seq{v}
	return func(*scope) seq { return value }
}

func (p *parser) primaryExpr() expression {
	t := p.peek()
	switch {
	case t.kind == literal || t.kind == operand:
		p.at++
		return constant(t.value)
	case t.kind == number:
		p.at++
		return constant(p.numeric(t))
	case t.kind == sign && t.text == "$":
		return p.reference()
	case p.accept("."):
		return func(s *scope) seq { return seq{s.item} }
	case p.accept("("):
		if p.accept(")") {
			return func(*scope) seq { return nil }
		}
		e := p.all()
		p.want(")")
		return e
	case t.kind == name && p.next().text == "(":
		return p.call(nil)
	}
	p.stop()
	return nil
}

// numeric is a NumericLiteral (A.2.1), or a number of JSON in its place.
func (p *parser) numeric(t lexeme) item {
	cast := toInteger
	switch {
	case strings.ContainsAny(t.value, "eE"):
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

func (p *parser) reference() expression {
	at := p.at
	variable := p.variable()
	for i, known := range slices.Backward(p.variables) {
		if known == variable {
			outer := len(p.variables) - 1 - i
			return func(s *scope) seq {
				b := s.vars
				for range outer {
					b = b.outer
				}
				return b.value
			}
		}
	}
	p.at = at
	p.fail("no variable $%s is bound here", variable)
	return nil
}

// call is a function call, of a constructor of a simple type too (§3.1.5); an
// argument may come from an arrow.
func (p *parser) call(first expression) expression {
	t := p.peek()
	function := strings.TrimPrefix(t.text, "fn:")
	cast := casts[t.text]
	known, ok := library[function]
	switch {
	case slices.Contains(reserved, t.text) || kinds[t.text]:
		p.fail("%s() is no function; as a type or a test it is not available here", t.text)
	case !ok && cast == nil:
		p.fail("the function %s() is not available", t.text)
	case ok:
		p.from(known.version, "the function "+function+"()")
	}
	p.at += 2
	var args []expression
	if first != nil {
		args = append(args, first)
	}
	if !p.accept(")") {
		args = append(args, p.single())
		for p.accept(",") {
			args = append(args, p.single())
		}
		p.want(")")
	}
	if cast != nil {
		if len(args) != 1 {
			panic(&SyntaxError{Text: p.text, Offset: t.offset, Message: t.text + "() takes one argument"})
		}
		return func(s *scope) seq { return s.cast(args[0](s), cast, true) }
	}
	p.arity(t, function, known, len(args))
	if len(args) < known.least {
		args = append(args, func(s *scope) seq { return seq{s.item} })
	}
	return func(s *scope) seq {
		values := make([]seq, len(args))
		for i, a := range args {
			values[i] = a(s)
			s.run.visit(1 + len(values[i])/16)
		}
		return known.do(s, values)
	}
}

func (p *parser) arity(t lexeme, function string, known laterFunction, n int) {
	switch version := since[function][n]; {
	case n < known.least && !(known.orContext && n == known.least-1), n > known.most:
		panic(&SyntaxError{Text: p.text, Offset: t.offset,
			Message: function + "() with " + big.NewInt(int64(n)).String() + " arguments is not available"})
	case version > p.version:
		panic(&SyntaxError{Text: p.text, Offset: t.offset,
			Message: function + "() with " + big.NewInt(int64(n)).String() + " arguments is " + names[version]})
	}
}
