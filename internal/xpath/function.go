package xpath

import (
	"math"
	"math/big"
	"slices"
	"strings"
	"unicode/utf8"
)

// A function of the core library of XPath 1.0 (§4) or of XPath Functions and
// Operators.
type function struct {
	since       version
	least, most int // arguments
	evaluate    evaluation
}

type evaluation func(s *scope, args []seq) seq

const many = 1 << 20

// functions lacks those that need collations, a schema or a document type, such
// as id().
var functions = map[string]function{
	"position": {v10, 0, 0, func(s *scope, _ []seq) seq { return integer(s.position) }},
	"last":     {v10, 0, 0, func(s *scope, _ []seq) seq { return integer(s.size) }},
	"true":     {v10, 0, 0, func(*scope, []seq) seq { return seq{true} }},
	"false":    {v10, 0, 0, func(*scope, []seq) seq { return seq{false} }},
	"boolean":  {v10, 1, 1, func(_ *scope, a []seq) seq { return seq{ebv(a[0])} }},
	"not":      {v10, 1, 1, func(_ *scope, a []seq) seq { return seq{!ebv(a[0])} }},
	"empty":    {v20, 1, 1, func(_ *scope, a []seq) seq { return seq{len(a[0]) == 0} }},
	"exists":   {v20, 1, 1, func(_ *scope, a []seq) seq { return seq{len(a[0]) > 0} }},

	"string":           {v10, 1, 1, stringOfOne},
	"data":             {v20, 1, 1, func(s *scope, a []seq) seq { return s.atomize(a[0]) }},
	"concat":           {v10, 2, many, concat},
	"string-join":      {v20, 1, 2, stringJoin},
	"contains":         {v10, 2, 2, ofTexts(func(a, b string) item { return strings.Contains(a, b) })},
	"starts-with":      {v10, 2, 2, ofTexts(func(a, b string) item { return strings.HasPrefix(a, b) })},
	"ends-with":        {v20, 2, 2, ofTexts(func(a, b string) item { return strings.HasSuffix(a, b) })},
	"substring-before": {v10, 2, 2, ofTexts(substringBefore)},
	"substring-after":  {v10, 2, 2, ofTexts(substringAfter)},
	"compare":          {v20, 2, 2, ofPresent(func(a, b string) item { return big.NewInt(int64(strings.Compare(a, b))) })},
	"codepoint-equal":  {v20, 2, 2, ofPresent(func(a, b string) item { return a == b })},
	"contains-token":   {v31, 2, 2, containsToken},
	"encode-for-uri":   {v20, 1, 1, encodeForURI},
	"substring":        {v10, 2, 3, substring},
	"string-length":    {v10, 1, 1, func(s *scope, a []seq) seq { return integer(utf8.RuneCountInString(s.text(a[0]))) }},
	"normalize-space":  {v10, 1, 1, normalizeSpace},
	"lower-case":       {v20, 1, 1, cased(strings.ToLower)},
	"upper-case":       {v20, 1, 1, cased(strings.ToUpper)},
	"translate":        {v10, 3, 3, translate},
	"matches":          {v20, 2, 3, matches},
	"replace":          {v20, 3, 4, replace},
	"tokenize":         {v20, 1, 3, tokenize},

	"number":             {v10, 1, 1, func(s *scope, a []seq) seq { return seq{s.numberOf(s.one(a[0]))} }},
	"abs":                {v20, 1, 1, ofNumber(math.Abs, func(r *big.Rat) *big.Rat { return new(big.Rat).Abs(r) })},
	"floor":              {v10, 1, 1, ofNumber(math.Floor, floorOf)},
	"ceiling":            {v10, 1, 1, ofNumber(math.Ceil, ceilingOf)},
	"round":              {v10, 1, 2, rounding(false)},
	"round-half-to-even": {v20, 1, 2, rounding(true)},

	"count": {v10, 1, 1, func(_ *scope, a []seq) seq { return integer(len(a[0])) }},
	"sum":   {v10, 1, 2, sum},
	"avg":   {v20, 1, 1, avg},
	"min":   {v20, 1, 1, extreme("lt")},
	"max":   {v20, 1, 1, extreme("gt")},

	"distinct-values": {v20, 1, 1, distinctValues},
	"index-of":        {v20, 2, 2, indexOf},
	"reverse":         {v20, 1, 1, reverse},
	"head":            {v30, 1, 1, func(_ *scope, a []seq) seq { return a[0][:min(1, len(a[0]))] }},
	"tail":            {v30, 1, 1, func(_ *scope, a []seq) seq { return a[0][min(1, len(a[0])):] }},
	"unordered":       {v20, 1, 1, func(_ *scope, a []seq) seq { return a[0] }},
	"deep-equal":      {v20, 2, 2, deepEqual},
	"subsequence":     {v20, 2, 3, subsequence},
	"insert-before":   {v20, 3, 3, insertBefore},
	"remove":          {v20, 2, 2, remove},
	"zero-or-one":     {v20, 1, 1, ofLength("at most one item", func(n int) bool { return n < 2 })},
	"one-or-more":     {v20, 1, 1, ofLength("at least one item", func(n int) bool { return n > 0 })},
	"exactly-one":     {v20, 1, 1, ofLength("exactly one item", func(n int) bool { return n == 1 })},

	"name":          {v10, 1, 1, ofNode(func(n *node) item { return n.name() })},
	"local-name":    {v10, 1, 1, ofNode(func(n *node) item { return n.local })},
	"namespace-uri": {v10, 1, 1, ofNode(func(n *node) item { return uri(n.uri) })},
	"root":          {v20, 1, 1, rootOf},
	"lang":          {v10, 2, 2, lang},
}

// arities has the numbers of arguments that were added after their functions.
var arities = map[string]map[int]version{
	"string-join": {1: v30}, "round": {2: v30}, "tokenize": {1: v31}, "sum": {2: v20}, "lang": {2: v20},
}

// ofContext are the functions whose last argument defaults to the context item.
var ofContext = []string{"string", "string-length", "normalize-space", "number", "name", "local-name", "namespace-uri", "root", "lang"}

// ofNodes are the functions of XPath 1.0 that take a node-set.
var ofNodes = []string{"count", "sum", "name", "local-name", "namespace-uri"}

// applied returns a call with arguments, or with the context instead of one.
func (f function) applied(args []expression) expression {
	if len(args) < f.least {
		args = append(args, func(s *scope) seq { return seq{s.item} })
	}
	return func(s *scope) seq {
		values := make([]seq, len(args))
		for i, a := range args {
			values[i] = a(s)
			s.visit(1 + len(values[i])/16)
		}
		return f.evaluate(s, values)
	}
}

func integer(n int) seq { return seq{big.NewInt(int64(n))} }

// ofNode returns a property of a node, or the empty string if there is no node.
func ofNode(part func(*node) item) evaluation {
	return func(s *scope, args []seq) seq {
		n := s.node(args[0])
		if n == nil {
			n = &node{}
		}
		return seq{part(n)}
	}
}

func rootOf(s *scope, args []seq) seq {
	if s.node(args[0]) == nil {
		return nil
	}
	return seq{s.run.doc.nodes[0]}
}

// lang implements §4.3 of XPath 1.0, 14.1 of Functions and Operators.
func lang(s *scope, args []seq) seq {
	n := s.node(args[1])
	if n == nil {
		failf("expected a node for lang(), found the empty sequence")
	}
	text := s.text(args[0])
	s.built(len(text))
	want := strings.ToLower(text)
	for ; n != nil; n = n.parent {
		have, found := "", false
		attributes(s.run, n, func(a *node) {
			if a.prefix == "xml" && a.local == "lang" {
				s.built(len(a.data))
				have, found = strings.ToLower(a.data), true
			}
		})
		if found {
			return seq{have == want || strings.HasPrefix(have, want+"-")}
		}
	}
	return seq{false}
}

// numbers returns the values for sum and avg: untyped ones are xs:double.
func (s *scope) numbers(v seq) seq {
	s.visit(len(v))
	atoms := slices.Clone(s.atomize(v))
	for i := range atoms {
		atoms[i] = s.number(atoms[i : i+1])
	}
	return atoms
}

func (s *scope) total(numbers seq) item {
	sum := numbers[0]
	for _, n := range numbers[1:] {
		sum = s.arithmetic("+", sum, n)
	}
	return sum
}

func sum(s *scope, args []seq) seq {
	numbers := s.numbers(args[0])
	if s.run.version == v10 {
		numbers = slices.Insert(numbers, 0, item(0.0)) // so that the sum of -0 is 0
	}
	switch {
	case len(numbers) > 0:
		return seq{s.total(numbers)}
	case len(args) == 1:
		return integer(0)
	}
	if zero := s.one(args[1]); zero != nil {
		return seq{zero}
	}
	return nil
}

func avg(s *scope, args []seq) seq {
	numbers := s.numbers(args[0])
	if len(numbers) == 0 {
		return nil
	}
	return seq{s.arithmetic("div", s.total(numbers), big.NewInt(int64(len(numbers))))}
}

// ofNumber keeps the type of its argument.
func ofNumber(double func(float64) float64, decimal func(*big.Rat) *big.Rat) evaluation {
	return func(s *scope, args []seq) seq {
		n := s.number(args[0])
		s.visit(bits(n) / 32)
		switch v := n.(type) {
		case float64:
			return seq{double(v)}
		case *big.Rat:
			return seq{decimal(v)}
		case *big.Int:
			return seq{truncated(decimal(rational(v)))}
		}
		return nil
	}
}

func ceilingOf(r *big.Rat) *big.Rat {
	down := floorOf(new(big.Rat).Neg(r))
	return down.Neg(down)
}

// extreme implements min() and max(): of numbers, of strings, or of booleans.
func extreme(operation string) evaluation {
	return func(s *scope, args []seq) seq {
		s.visit(len(args[0]))
		atoms := slices.Clone(s.atomize(args[0]))
		doubles, decimals := false, false
		for i, a := range atoms {
			if isA[untyped](a) {
				a = s.number(seq{a})
			}
			atoms[i] = asString(a)
			doubles = doubles || isA[float64](a)
			decimals = decimals || isA[*big.Rat](a)
		}
		best := s.best(operation, atoms)
		switch {
		case best == nil:
			return nil
		case doubles && isNumber(best):
			return seq{float(best)}
		case decimals && isNumber(best):
			return seq{rational(best)}
		}
		return seq{best}
	}
}

func (s *scope) best(operation string, atoms seq) (best item) {
	for i, a := range atoms {
		if i == 0 {
			best = a
			continue
		}
		s.visit(1)
		better, ok := s.compareValues(operation, a, best)
		if !ok {
			failf("%s and %s have no order", typeName(best), typeName(a))
		}
		if better || isNaN(a) {
			best = a
		}
	}
	return best
}

func isNaN(v item) bool {
	f, ok := v.(float64)
	return ok && math.IsNaN(f)
}
