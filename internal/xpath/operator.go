package xpath

import "math/big"

// An operator is a binary operator, or one with a level of its own in the
// grammar.
type operator struct {
	since   version
	between func(left, right expression) expression
}

var operators = map[string]operator{
	"or":  {v10, logical(true)},
	"and": {v10, logical(false)},

	"=":  {v10, of(generalComparison("=", "eq"))},
	"!=": {v10, of(generalComparison("!=", "ne"))},
	"<":  {v10, of(generalComparison("<", "lt"))},
	"<=": {v10, of(generalComparison("<=", "le"))},
	">":  {v10, of(generalComparison(">", "gt"))},
	">=": {v10, of(generalComparison(">=", "ge"))},
	"eq": {v20, of(valueComparison("eq"))},
	"ne": {v20, of(valueComparison("ne"))},
	"lt": {v20, of(valueComparison("lt"))},
	"le": {v20, of(valueComparison("le"))},
	"gt": {v20, of(valueComparison("gt"))},
	"ge": {v20, of(valueComparison("ge"))},
	"is": {v20, of(nodeComparison("eq"))},
	"<<": {v20, of(nodeComparison("lt"))},
	">>": {v20, of(nodeComparison("gt"))},

	"||": {v30, of(func(s *scope, a, b seq) seq { return concat(s, []seq{a, b}) })},
	"to": {v20, of(integers)},

	"+":    {v10, of(calculation("+"))},
	"-":    {v10, of(calculation("-"))},
	"*":    {v10, of(calculation("*"))},
	"div":  {v10, of(calculation("div"))},
	"mod":  {v10, of(calculation("mod"))},
	"idiv": {v20, of(calculation("idiv"))},

	"|":         {v10, of(nodeSets(func(inA, inB bool) bool { return true }))},
	"union":     {v20, of(nodeSets(func(inA, inB bool) bool { return true }))},
	"intersect": {v20, of(nodeSets(func(inA, inB bool) bool { return inA && inB }))},
	"except":    {v20, of(nodeSets(func(inA, inB bool) bool { return inA && !inB }))},

	"!":  {v30, mapping},
	"=>": {since: v31},
	",":  {since: v20}, "instance": {since: v20}, "treat": {since: v20}, "castable": {since: v20}, "cast": {since: v20},
}

// of returns an operator on the values of its operands.
func of(evaluate func(s *scope, a, b seq) seq) func(left, right expression) expression {
	return func(left, right expression) expression {
		return func(s *scope) seq { return evaluate(s, left(s), right(s)) }
	}
}

// logical is or and and, which stop after the left operand if it decides.
func logical(decisive bool) func(left, right expression) expression {
	return func(left, right expression) expression {
		return func(s *scope) seq {
			if ebv(left(s)) == decisive {
				return seq{decisive}
			}
			return seq{ebv(right(s))}
		}
	}
}

// nodeSets combines sequences of nodes (§3.3.3).
func nodeSets(keep func(inA, inB bool) bool) func(s *scope, a, b seq) seq {
	return func(s *scope, a, b seq) seq {
		a, b = s.nodes(a), s.nodes(b)
		s.visit(2 * (len(a) + len(b)))
		inA, inB := map[item]bool{}, map[item]bool{}
		for _, n := range a {
			inA[n] = true
		}
		for _, n := range b {
			inB[n] = true
		}
		var kept seq
		for _, v := range []seq{a, b} {
			for _, n := range v {
				if keep(inA[n], inB[n]) {
					kept = append(kept, n)
				}
			}
		}
		return s.ordered(kept)
	}
}

// integers is the operator to (§3.3.1).
func integers(s *scope, from, to seq) seq {
	if len(from) == 0 || len(to) == 0 {
		return nil
	}
	first, last := s.integer(from), s.integer(to)
	size := new(big.Int).Sub(last, first)
	if size.Sign() < 0 {
		return nil
	}
	if size.Cmp(big.NewInt(int64(maxVisits))) >= 0 {
		failf("the range has more than %d numbers", maxVisits)
	}
	s.visit(4 * (int(size.Int64()) + 1))
	numbers := make(seq, size.Int64()+1)
	for i := range numbers {
		numbers[i] = new(big.Int).Add(first, big.NewInt(int64(i)))
	}
	return numbers
}
