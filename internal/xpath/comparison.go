package xpath

import (
	"cmp"
	"math"
	"strings"
)

// holds are the comparison operators, by the order of their operands.
var holds = map[string]func(order int) bool{
	"eq": func(order int) bool { return order == 0 }, "ne": func(order int) bool { return order != 0 },
	"lt": func(order int) bool { return order < 0 }, "le": func(order int) bool { return order <= 0 },
	"gt": func(order int) bool { return order > 0 }, "ge": func(order int) bool { return order >= 0 },
}

// compareValues compares atomic values (XPath 2.0 §3.5.1, B.2); ok is false if
// no comparison is defined for their types.
func (s *scope) compareValues(operator string, a, b item) (result, ok bool) {
	order := 0
	switch {
	case isNumber(a) && isNumber(b):
		if isA[float64](a) || isA[float64](b) {
			x, y := float(a), float(b)
			if math.IsNaN(x) || math.IsNaN(y) {
				return operator == "ne", true
			}
			order = cmp.Compare(x, y)
		} else {
			s.visit(bits(a, b) / 32)
			order = rational(a).Cmp(rational(b))
		}
	case isString(a) && isString(b):
		x, y := stringOf(a), stringOf(b)
		s.visit(min(len(x), len(y)) / 256)
		order = strings.Compare(x, y)
	case isA[bool](a) && isA[bool](b):
		x, _ := toDecimal(a)
		y, _ := toDecimal(b)
		order = rational(x).Cmp(rational(y))
	default:
		return false, false
	}
	return holds[operator](order), true
}

// valueComparison treats untyped values as strings.
func valueComparison(operation string) func(s *scope, left, right seq) seq {
	return func(s *scope, left, right seq) seq {
		a, b := asString(s.one(left)), asString(s.one(right))
		if a == nil || b == nil {
			return nil
		}
		result, ok := s.compareValues(operation, a, b)
		if !ok {
			failf("%s %s %s is not defined", typeName(a), operation, typeName(b))
		}
		return seq{result}
	}
}

// nodeComparison compares by identity and document order (§3.5.3).
func nodeComparison(operation string) func(s *scope, left, right seq) seq {
	return func(s *scope, left, right seq) seq {
		a, b := s.node(left), s.node(right)
		if a == nil || b == nil {
			return nil
		}
		return seq{holds[operation](cmp.Compare(a.at, b.at))}
	}
}

// generalComparison (§3.5.2) holds if it does for one pair of values. A pair
// that cannot be compared is an error only if it holds for none.
func generalComparison(sign, operation string) func(s *scope, a, b seq) seq {
	return func(s *scope, a, b seq) seq {
		alike := s.alike
		if s.run.version == v10 {
			a, b = besideBoolean(a, b), besideBoolean(b, a)
			alike = s.alike10
		}
		a, b = s.atomize(a), s.atomize(b)
		failure := ""
		for _, x := range a {
			for _, y := range b {
				s.visit(1)
				v, w, message := alike(operation, x, y)
				result, ok := false, false
				if message == "" {
					result, ok = s.compareValues(operation, v, w)
				}
				switch {
				case result:
					return seq{true}
				case failure == "" && message != "":
					failure = message
				case failure == "" && !ok:
					failure = typeName(v) + " " + sign + " " + typeName(w) + " is not defined"
				}
			}
		}
		if failure != "" {
			failf("%s", failure)
		}
		return seq{false}
	}
}

// alike casts an untyped value to the type of the other; message is the reason
// if it cannot be cast.
func (s *scope) alike(_ string, x, y item) (v, w item, message string) {
	v, ok := s.likeOther(x, y)
	if !ok {
		return nil, nil, "the text " + shown(stringOf(x)) + " is not a valid " + typeName(y)
	}
	w, ok = s.likeOther(y, v)
	if !ok {
		return nil, nil, "the text " + shown(stringOf(y)) + " is not a valid " + typeName(v)
	}
	return v, w, ""
}

func (s *scope) likeOther(v, other item) (item, bool) {
	if !isA[untyped](v) {
		return v, true
	}
	switch {
	case isNumber(other):
		s.scan(v)
		return toDouble(v)
	case isA[bool](other):
		s.scan(v)
		return toBoolean(v)
	}
	return asString(v), true
}

// alike10 is the conversion of XPath 1.0 (§3.4): for equality values are
// compared as booleans or numbers if one of them is, else as strings; otherwise
// as numbers.
func (s *scope) alike10(operation string, x, y item) (v, w item, message string) {
	if operation == "eq" || operation == "ne" {
		switch {
		case isA[bool](x) || isA[bool](y):
			return ebv(seq{x}), ebv(seq{y}), ""
		case !isNumber(x) && !isNumber(y):
			return asString(x), asString(y), ""
		}
	}
	return s.numberOf(x), s.numberOf(y), ""
}

// besideBoolean converts a node-set of XPath 1.0 that is compared with a
// boolean to a boolean.
func besideBoolean(v, other seq) seq {
	if len(other) == 1 && isA[bool](other[0]) && (len(v) != 1 || isA[*node](v[0])) {
		return seq{ebv(v)}
	}
	return v
}
