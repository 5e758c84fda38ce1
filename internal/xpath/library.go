package xpath

import (
	"math"
	"math/big"
	"slices"
	"strings"
	"unicode/utf8"
)

// A laterFunction is a function of XPath 2.0 (version 2), 3.0 (3) or 3.1 (4)
// (XQuery and XPath Functions and Operators). With one argument less than least
// it takes the context item, if orContext is set.
type laterFunction struct {
	version     int
	least, most int
	orContext   bool
	do          func(s *scope, args []seq) seq
}

// library has no function with a collation or a schema.
var library = map[string]laterFunction{
	"position": {2, 0, 0, false, func(s *scope, _ []seq) seq { return integer(s.position) }},
	"last":     {2, 0, 0, false, func(s *scope, _ []seq) seq { return integer(s.size) }},
	"true":     {2, 0, 0, false, func(*scope, []seq) seq { return seq{true} }},
	"false":    {2, 0, 0, false, func(*scope, []seq) seq { return seq{false} }},
	"boolean":  {2, 1, 1, false, func(_ *scope, a []seq) seq { return seq{ebv(a[0])} }},
	"not":      {2, 1, 1, false, func(_ *scope, a []seq) seq { return seq{!ebv(a[0])} }},
	"empty":    {2, 1, 1, false, func(_ *scope, a []seq) seq { return seq{len(a[0]) == 0} }},
	"exists":   {2, 1, 1, false, func(_ *scope, a []seq) seq { return seq{len(a[0]) > 0} }},

	"string":           {2, 1, 1, true, stringFunction},
	"data":             {2, 1, 1, false, func(s *scope, a []seq) seq { return s.atomize(a[0]) }},
	"concat":           {2, 2, many, false, concatFunction},
	"string-join":      {2, 1, 2, false, joinFunction},
	"contains":         {2, 2, 2, false, ofTexts(func(a, b string) item { return strings.Contains(a, b) })},
	"starts-with":      {2, 2, 2, false, ofTexts(func(a, b string) item { return strings.HasPrefix(a, b) })},
	"ends-with":        {2, 2, 2, false, ofTexts(func(a, b string) item { return strings.HasSuffix(a, b) })},
	"substring-before": {2, 2, 2, false, ofTexts(func(a, b string) item { return substringBefore([]any{a, b}) })},
	"substring-after":  {2, 2, 2, false, ofTexts(func(a, b string) item { return substringAfter([]any{a, b}) })},
	"compare":          {2, 2, 2, false, compareFunction},
	"codepoint-equal":  {2, 2, 2, false, equalFunction},
	"contains-token":   {4, 2, 2, false, containsTokenFunction},
	"encode-for-uri":   {2, 1, 1, false, encodeFunction},
	"substring":        {2, 2, 3, false, substringFunction},
	"string-length":    {2, 1, 1, true, func(s *scope, a []seq) seq { return integer(utf8.RuneCountInString(s.text(a[0]))) }},
	"normalize-space":  {2, 1, 1, true, func(s *scope, a []seq) seq { return seq{normalizeSpace([]any{s.text(a[0])})} }},
	"lower-case":       {2, 1, 1, false, func(s *scope, a []seq) seq { return seq{cased(strings.ToLower)([]any{s.text(a[0])})} }},
	"upper-case":       {2, 1, 1, false, func(s *scope, a []seq) seq { return seq{cased(strings.ToUpper)([]any{s.text(a[0])})} }},
	"translate": {2, 3, 3, false, func(s *scope, a []seq) seq {
		return seq{translate([]any{s.text(a[0]), s.needed(a[1]), s.needed(a[2])})}
	}},
	"matches":  {2, 2, 3, false, matchesFunction},
	"replace":  {2, 3, 4, false, replaceFunction},
	"tokenize": {2, 1, 3, false, tokenizeFunction},

	"number":  {2, 1, 1, true, numberFunction},
	"abs":     {2, 1, 1, false, ofNumber(math.Abs, func(r *big.Rat) *big.Rat { return new(big.Rat).Abs(r) })},
	"floor":   {2, 1, 1, false, ofNumber(math.Floor, floorOf)},
	"ceiling": {2, 1, 1, false, ofNumber(math.Ceil, func(r *big.Rat) *big.Rat { return new(big.Rat).Neg(floorOf(new(big.Rat).Neg(r))) })},
	"round":   {2, 1, 2, false, rounding(false)},

	"round-half-to-even": {2, 1, 2, false, rounding(true)},

	"count": {2, 1, 1, false, func(_ *scope, a []seq) seq { return integer(len(a[0])) }},
	"sum":   {2, 1, 2, false, sumFunction},
	"avg":   {2, 1, 1, false, avgFunction},
	"min":   {2, 1, 1, false, extreme("lt")},
	"max":   {2, 1, 1, false, extreme("gt")},

	"distinct-values": {2, 1, 1, false, distinctFunction},
	"index-of":        {2, 2, 2, false, indexOfFunction},
	"reverse":         {2, 1, 1, false, func(_ *scope, a []seq) seq { r := slices.Clone(a[0]); slices.Reverse(r); return r }},
	"head":            {3, 1, 1, false, func(_ *scope, a []seq) seq { return a[0][:min(1, len(a[0]))] }},
	"tail":            {3, 1, 1, false, func(_ *scope, a []seq) seq { return a[0][min(1, len(a[0])):] }},
	"unordered":       {2, 1, 1, false, func(_ *scope, a []seq) seq { return a[0] }},
	"deep-equal":      {2, 2, 2, false, deepEqual},
	"subsequence":     {2, 2, 3, false, subsequenceFunction},
	"insert-before":   {2, 3, 3, false, insertFunction},
	"remove":          {2, 2, 2, false, removeFunction},
	"zero-or-one":     {2, 1, 1, false, ofLength("at most one item is", func(n int) bool { return n < 2 })},
	"one-or-more":     {2, 1, 1, false, ofLength("at least one item is", func(n int) bool { return n > 0 })},
	"exactly-one":     {2, 1, 1, false, ofLength("exactly one item is", func(n int) bool { return n == 1 })},

	"name":          {2, 1, 1, true, ofNode(func(prefix, local, uri string) item { return qualified(prefix, local, uri) })},
	"local-name":    {2, 1, 1, true, ofNode(func(_, local, _ string) item { return local })},
	"namespace-uri": {2, 1, 1, true, ofNode(func(_, _, u string) item { return uri(u) })},
	"root":          {2, 1, 1, true, rootFunction},
	"lang":          {2, 2, 2, true, langFunction},
}

// since has the calls that came later than their functions.
var since = map[string]map[int]int{"string-join": {1: 3}, "round": {2: 3}, "tokenize": {1: 4}}

func integer(n int) seq { return seq{big.NewInt(int64(n))} }

// text is an argument of the type xs:string?; none is the empty string.
func (s *scope) text(v seq) string {
	switch a := s.one(v).(type) {
	case nil:
		return ""
	case string, untyped, uri:
		text := stringOf(a)
		s.run.visit(len(text) / 256)
		return text
	default:
		failf("a string is wanted, not %s", typeName(a))
	}
	return ""
}

// needed is an argument of the type xs:string.
func (s *scope) needed(v seq) string {
	if len(v) == 0 {
		failf("a string is wanted, not the empty sequence")
	}
	return s.text(v)
}

// built accounts for a text that is made.
func (s *scope) built(length int) {
	if length > maxText {
		failf("a text is longer than %d bytes", maxText)
	}
	s.run.visit(1 + length/16)
}

func ofTexts(do func(a, b string) item) func(*scope, []seq) seq {
	return func(s *scope, args []seq) seq { return seq{do(s.text(args[0]), s.text(args[1]))} }
}

func stringFunction(s *scope, args []seq) seq {
	if len(args[0]) > 1 {
		failf("string() takes one item, not %d", len(args[0]))
	}
	if len(args[0]) == 0 {
		return seq{""}
	}
	if n, ok := args[0][0].(node); ok {
		s.run.read([]node{n})
	}
	return seq{stringOf(args[0][0])}
}

func concatFunction(s *scope, args []seq) seq {
	texts := make([]string, len(args))
	for i, a := range args {
		if v := s.one(a); v != nil {
			texts[i] = stringOf(v)
		}
	}
	return seq{s.joined(texts, "")}
}

func (s *scope) joined(texts []string, between string) string {
	length := len(between) * max(0, len(texts)-1)
	for _, t := range texts {
		length += len(t)
	}
	s.built(length)
	return strings.Join(texts, between)
}

func joinFunction(s *scope, args []seq) seq {
	var texts []string
	for _, v := range s.atomize(args[0]) {
		if s.run.version < 4 && !isString(asString(v)) {
			failf("string-join() takes strings before XPath 3.1, not %s", typeName(v))
		}
		texts = append(texts, stringOf(v))
	}
	between := ""
	if len(args) > 1 {
		between = s.needed(args[1])
	}
	return seq{s.joined(texts, between)}
}

func compareFunction(s *scope, args []seq) seq {
	if len(args[0]) == 0 || len(args[1]) == 0 {
		return nil
	}
	return integer(strings.Compare(s.text(args[0]), s.text(args[1])))
}

func equalFunction(s *scope, args []seq) seq {
	if len(args[0]) == 0 || len(args[1]) == 0 {
		return nil
	}
	return seq{s.text(args[0]) == s.text(args[1])}
}

// containsTokenFunction looks through white-space separated lists.
func containsTokenFunction(s *scope, args []seq) seq {
	token := strings.Trim(s.needed(args[1]), " \t\r\n")
	for _, v := range args[0] {
		tokens := strings.FieldsFunc(s.text(seq{v}), func(r rune) bool { return strings.ContainsRune(" \t\r\n", r) })
		s.built(len(tokens))
		if token != "" && slices.Contains(tokens, token) {
			return seq{true}
		}
	}
	return seq{false}
}

func encodeFunction(s *scope, args []seq) seq {
	text := s.text(args[0])
	s.built(3 * len(text))
	return seq{encodeForURI(text)}
}

// double is an argument of the type xs:double.
func (s *scope) double(v seq) float64 {
	n := s.number(v)
	if n == nil {
		failf("a number is wanted, not the empty sequence")
	}
	return float(n)
}

func substringFunction(s *scope, args []seq) seq {
	plain := []any{s.text(args[0])}
	for _, a := range args[1:] {
		plain = append(plain, s.double(a))
	}
	return seq{substring(plain)}
}

func numberFunction(s *scope, args []seq) seq {
	if v := s.one(args[0]); v != nil {
		if f, ok := toDouble(v); ok {
			return seq{f}
		}
	}
	return seq{math.NaN()}
}

// ofNumber keeps the type of its argument.
func ofNumber(double func(float64) float64, decimal func(*big.Rat) *big.Rat) func(*scope, []seq) seq {
	return func(s *scope, args []seq) seq {
		switch v := s.number(args[0]).(type) {
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

func floorOf(r *big.Rat) *big.Rat {
	quotient := new(big.Int).Div(r.Num(), r.Denom()) // Euclidean: down, as the denominator is positive
	return new(big.Rat).SetInt(quotient)
}

// numbers are the values that sum and avg take: untyped ones are xs:double.
func (s *scope) numbers(v seq) seq {
	atoms := slices.Clone(s.atomize(v))
	for i := range atoms {
		s.run.visit(1)
		atoms[i] = s.number(seq{atoms[i]})
	}
	return atoms
}

func (s *scope) total(numbers seq) item {
	sum := numbers[0]
	for _, n := range numbers[1:] {
		sum = arithmeticOf("+", sum, n)
	}
	return sum
}

func sumFunction(s *scope, args []seq) seq {
	numbers := s.numbers(args[0])
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

func avgFunction(s *scope, args []seq) seq {
	numbers := s.numbers(args[0])
	if len(numbers) == 0 {
		return nil
	}
	return seq{arithmeticOf("div", s.total(numbers), big.NewInt(int64(len(numbers))))}
}

// extreme is min() and max(): of numbers, of strings, or of booleans.
func extreme(operator string) func(*scope, []seq) seq {
	return func(s *scope, args []seq) seq {
		atoms := slices.Clone(s.atomize(args[0]))
		doubles, decimals := false, false
		for i, a := range atoms {
			s.run.visit(1)
			switch v := a.(type) {
			case untyped:
				atoms[i] = s.number(seq{a})
				doubles = true
			case uri:
				atoms[i] = string(v)
			case float64:
				doubles = true
			case *big.Rat:
				decimals = true
			}
		}
		var best item
		for i, a := range atoms {
			if i == 0 {
				best = a
				continue
			}
			better, ok := compareValues(operator, a, best)
			if !ok {
				failf("%s and %s have no order", typeName(best), typeName(a))
			}
			if better || isNaN(a) {
				best = a
			}
		}
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

func isNaN(v item) bool {
	f, ok := v.(float64)
	return ok && math.IsNaN(f)
}

func same(a, b item) bool {
	if isNaN(a) && isNaN(b) {
		return true
	}
	holds, ok := compareValues("eq", asString(a), asString(b))
	return ok && holds
}

func distinctFunction(s *scope, args []seq) seq {
	var kept seq
	alike := map[any]seq{} // what is equal is alike
	for _, a := range s.atomize(args[0]) {
		key := any(asString(a))
		switch {
		case isNaN(a):
			key = "NaN"
		case isNumber(a):
			key = float(a)
		case isString(a):
			key = uri(stringOf(a))
		}
		s.run.visit(1 + len(alike[key]))
		if !slices.ContainsFunc(alike[key], func(k item) bool { return same(a, k) }) {
			kept = append(kept, a)
			alike[key] = append(alike[key], a)
		}
	}
	return kept
}

func indexOfFunction(s *scope, args []seq) seq {
	wanted := s.one(args[1])
	if wanted == nil {
		failf("index-of() wants a value to look for")
	}
	var places seq
	for i, a := range s.atomize(args[0]) {
		s.run.visit(1)
		if !isNaN(a) && same(a, wanted) {
			places = append(places, integer(i+1)...)
		}
	}
	return places
}

func subsequenceFunction(s *scope, args []seq) seq {
	start, stop := round(s.double(args[1])), math.Inf(1)
	if len(args) > 2 {
		stop = start + round(s.double(args[2]))
	}
	var kept seq
	for i, v := range args[0] {
		if at := float64(i + 1); at >= start && at < stop {
			kept = append(kept, v)
		}
	}
	return kept
}

// place is an argument of the type xs:integer, within bounds.
func (s *scope) place(v seq, least, most int) int {
	i := s.integer(v)
	switch {
	case i.Cmp(big.NewInt(int64(least))) < 0:
		return least
	case i.Cmp(big.NewInt(int64(most))) > 0:
		return most
	}
	return int(i.Int64())
}

func insertFunction(s *scope, args []seq) seq {
	at := s.place(args[1], 1, len(args[0])+1)
	s.run.visit(len(args[0]) + len(args[2]))
	return slices.Concat(args[0][:at-1], args[2], args[0][at-1:])
}

func removeFunction(s *scope, args []seq) seq {
	at := s.place(args[1], 0, len(args[0])+1)
	if at == 0 || at > len(args[0]) {
		return args[0]
	}
	s.run.visit(len(args[0]))
	return slices.Concat(args[0][:at-1], args[0][at:])
}

func ofLength(wanted string, fits func(int) bool) func(*scope, []seq) seq {
	return func(_ *scope, args []seq) seq {
		if !fits(len(args[0])) {
			failf("%s wanted, not %d", wanted, len(args[0]))
		}
		return args[0]
	}
}

// onlyNode is an argument of the type node()?.
func onlyNode(v seq) (node, bool) {
	if len(v) == 0 {
		return node{}, false
	}
	n, ok := v[0].(node)
	if !ok || len(v) > 1 {
		failf("one node is wanted")
	}
	return n, true
}

func ofNode(part func(prefix, local, uri string) item) func(*scope, []seq) seq {
	return func(_ *scope, args []seq) seq {
		n, ok := onlyNode(args[0])
		if !ok {
			return seq{part("", "", "")}
		}
		return seq{part(n.name())}
	}
}

func rootFunction(_ *scope, args []seq) seq {
	n, ok := onlyNode(args[0])
	if !ok {
		return nil
	}
	return seq{topOf(n)}
}

func topOf(n node) node {
	top := n.Node
	for top.Parent != nil {
		top = top.Parent
	}
	return node{top, -1}
}

func langFunction(s *scope, args []seq) seq {
	n, ok := onlyNode(args[1])
	if !ok {
		failf("lang() wants a node")
	}
	return seq{lang(&focus{node: n, run: s.run}, s.text(args[0]))}
}
