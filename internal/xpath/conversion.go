package xpath

import (
	"math"
	"math/big"
	"slices"
	"strings"
)

// The conversions of operands and arguments to their required types (§3.1.5 of
// 2.0). XPath 1.0 is more lenient (§3.2 of 1.0, and the compatibility mode of
// 2.0): the first of several nodes counts, and everything is a string and a
// number.

// atomize returns the typed values of a sequence (§2.4.2). Without a schema
// they are untyped, except those of comments and processing instructions.
func (s *scope) atomize(v seq) seq {
	if !slices.ContainsFunc(v, isA[*node]) {
		return v
	}
	atoms := make(seq, len(v))
	for i, it := range v {
		atoms[i] = s.typed(it)
	}
	return atoms
}

func (s *scope) typed(v item) item {
	n, ok := v.(*node)
	if !ok {
		return v
	}
	s.read(n)
	if n.kind == commentNode || n.kind == instructionNode {
		return n.data
	}
	return untyped(n.text())
}

// one returns the only atomic value of a sequence, or nil if it is empty.
func (s *scope) one(v seq) item {
	if len(v) == 0 {
		return nil
	}
	if len(v) > 1 && s.run.version > v10 {
		failf("expected one value, found %d", len(v))
	}
	return s.typed(v[0])
}

// textOf returns an atomic value as a string.
func (s *scope) textOf(v item) string {
	if f, ok := v.(float64); ok {
		return doubleText(f, s.run.version)
	}
	s.visit(bits(v) / 8)
	return stringOf(v)
}

// text returns an argument of the type xs:string?; an absent one is the empty
// string.
func (s *scope) text(v seq) string {
	a := s.one(v)
	if a == nil {
		return ""
	}
	if s.run.version > v10 && !isString(asString(a)) {
		failf("expected a string, found %s", typeName(a))
	}
	s.read(a)
	return s.textOf(a)
}

// needed returns an argument of the type xs:string.
func (s *scope) needed(v seq) string {
	if len(v) == 0 && s.run.version > v10 {
		failf("expected a string, found the empty sequence")
	}
	return s.text(v)
}

// number returns an operand of arithmetic: untyped values are xs:double. In
// XPath 1.0 all values are.
func (s *scope) number(v seq) item {
	a := s.one(v)
	if s.run.version == v10 {
		return s.numberOf(a)
	}
	if isA[untyped](a) {
		return s.valid(a, "xs:double")
	}
	if a != nil && !isNumber(a) {
		failf("expected a number, found %s", typeName(a))
	}
	return a
}

// valid returns an untyped value as one of a type.
func (s *scope) valid(v item, name string) item {
	s.scan(v)
	c, ok := atomicTypeOf(name).cast(v)
	if !ok {
		failf("the text %s is not a valid %s", shown(stringOf(v)), name)
	}
	return c
}

// numberOf is fn:number, NaN for what is not a number. In XPath 1.0 (§4.4) a
// text has neither an exponent nor a plus sign.
func (s *scope) numberOf(v item) float64 {
	s.scan(v)
	if s.run.version == v10 {
		v = asString(v)
		if text, ok := lexical(v); ok && (strings.HasPrefix(text, "+") || !decimalForm.MatchString(text)) {
			return math.NaN()
		}
	}
	if f, ok := toDouble(v); ok {
		return f.(float64)
	}
	return math.NaN()
}

// double returns an argument of the type xs:double.
func (s *scope) double(v seq) float64 {
	n := s.number(v)
	if n == nil {
		failf("expected a number, found the empty sequence")
	}
	return float(n)
}

// integer returns an operand of the type xs:integer.
func (s *scope) integer(v seq) *big.Int {
	a := s.one(v)
	if isA[untyped](a) {
		a = s.valid(a, "xs:integer")
	}
	i, ok := a.(*big.Int)
	if !ok {
		failf("expected an xs:integer, found %s", typeName(a))
	}
	return i
}

// place returns an argument of the type xs:integer, within bounds.
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

// node returns an argument of the type node()?, or nil if it is absent.
func (s *scope) node(v seq) *node {
	if len(v) == 0 {
		return nil
	}
	n, ok := v[0].(*node)
	switch {
	case len(v) > 1 && s.run.version > v10:
		failf("expected one node, found %d items", len(v))
	case !ok:
		failf("expected one node, found %s", typeName(v[0]))
	}
	return n
}
