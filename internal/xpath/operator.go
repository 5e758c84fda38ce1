package xpath

import "math/big"

// An operator is a binary operator, or one with a level of its own in the
// grammar, which has no evaluation here.
type operator struct {
	since    version
	evaluate func(s *scope, left, right expression) seq
	build    func(left, right expression) expression // instead, of one that changes the context
}

func (o operator) between(left, right expression) expression {
	if o.build != nil {
		return o.build(left, right)
	}
	return func(s *scope) seq { return o.evaluate(s, left, right) }
}

var operators = map[string]operator{
	"or":  {since: v10, evaluate: func(s *scope, a, b expression) seq { return seq{ebv(a(s)) || ebv(b(s))} }},
	"and": {since: v10, evaluate: func(s *scope, a, b expression) seq { return seq{ebv(a(s)) && ebv(b(s))} }},

	"=":  generalComparison("=", "eq"),
	"!=": generalComparison("!=", "ne"),
	"<":  generalComparison("<", "lt"),
	"<=": generalComparison("<=", "le"),
	">":  generalComparison(">", "gt"),
	">=": generalComparison(">=", "ge"),
	"eq": valueComparison("eq"),
	"ne": valueComparison("ne"),
	"lt": valueComparison("lt"),
	"le": valueComparison("le"),
	"gt": valueComparison("gt"),
	"ge": valueComparison("ge"),
	"is": nodeComparison("eq"),
	"<<": nodeComparison("lt"),
	">>": nodeComparison("gt"),

	"||": {since: v30, evaluate: func(s *scope, a, b expression) seq { return concat(s, []seq{a(s), b(s)}) }},
	"to": {since: v20, evaluate: func(s *scope, a, b expression) seq { return s.integers(a(s), b(s)) }},

	"+":    calculation(v10, "+"),
	"-":    calculation(v10, "-"),
	"*":    calculation(v10, "*"),
	"div":  calculation(v10, "div"),
	"mod":  calculation(v10, "mod"),
	"idiv": calculation(v20, "idiv"),

	"|":         nodeSets(v10, func(inA, inB bool) bool { return true }),
	"union":     nodeSets(v20, func(inA, inB bool) bool { return true }),
	"intersect": nodeSets(v20, func(inA, inB bool) bool { return inA && inB }),
	"except":    nodeSets(v20, func(inA, inB bool) bool { return inA && !inB }),

	"!":  {since: v30, build: mapping},
	"=>": {since: v31},
	",":  {since: v20}, "instance": {since: v20}, "treat": {since: v20}, "castable": {since: v20}, "cast": {since: v20},
}

// nodeSets combines sequences of nodes (§3.3.3).
func nodeSets(since version, keep func(inA, inB bool) bool) operator {
	return operator{since: since, evaluate: func(s *scope, left, right expression) seq {
		a, b := s.nodes(left(s)), s.nodes(right(s))
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
	}}
}

// integers is the operator to (§3.3.1).
func (s *scope) integers(from, to seq) seq {
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
	s.visit(4 * (int(size.Int64()) + 1))
	numbers := make(seq, size.Int64()+1)
	for i := range numbers {
		numbers[i] = new(big.Int).Add(first, big.NewInt(int64(i)))
	}
	return numbers
}
