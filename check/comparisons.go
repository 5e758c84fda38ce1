package check

import (
	"strings"

	"github.com/gobelin-dev/gobelin/internal/expr"
	"github.com/gobelin-dev/gobelin/internal/jsonpath"
	"github.com/gobelin-dev/gobelin/internal/schema"
	"github.com/gobelin-dev/gobelin/internal/value"
)

// chance says how a test can end.
type chance struct{ pass, fail bool }

var either = chance{true, true}

func (c chance) not() chance { return chance{c.fail, c.pass} }

// or and and take the chances as independent of one another.
func (c chance) or(d chance) chance  { return chance{c.pass || d.pass, c.fail && d.fail} }
func (c chance) and(d chance) chance { return chance{c.pass && d.pass, c.fail || d.fail} }

// A language compares values: simple conditions by the rulings C3 to C6,
// JSONPath by RFC 9535 §2.3.5.2.2.
type language struct {
	compare func(operator string, a, b any) bool
	numeric bool // a number and a numeric string are compared as numbers
}

var (
	simpleLanguage   = language{expr.Compare, true}
	jsonpathLanguage = language{jsonpath.Compare, false}
)

// nothing is a value that is missing, where that is other than null.
type nothing = jsonpath.Nothing

// chance says how the comparison of a value of type a with one of type b can
// end. What may be missing is in the types already.
func (l language) chance(operator string, a, b *schema.Type) (all chance) {
	for _, x := range a.Alternatives() {
		for _, y := range b.Alternatives() {
			c := l.between(operator, x, y)
			all = chance{all.pass || c.pass, all.fail || c.fail}
		}
	}
	return all
}

const mostPairs = 10_000

func (l language) between(operator string, x, y *schema.Alternative) (all chance) {
	switch operator {
	case "!=":
		return l.between("==", x, y).not()
	case "==":
		if x.Closed && y.Closed && len(x.Values)*len(y.Values) <= mostPairs {
			return l.pairs(operator, x.Values, y.Values)
		}
		return chance{pass: l.meet(x, y, true), fail: true}
	}
	if x.Closed && y.Closed && len(x.Values)*len(y.Values) <= mostPairs {
		return l.pairs(operator, x.Values, y.Values)
	}
	return chance{pass: l.meet(x, y, false), fail: true}
}

func (l language) pairs(operator string, xs, ys []any) (all chance) {
	for _, x := range xs {
		for _, y := range ys {
			if l.compare(operator, x, y) {
				all.pass = true
			} else {
				all.fail = true
			}
		}
	}
	return all
}

// ordered are the types that have an order.
const ordered = schema.Number | schema.String

// meet reports whether some values of two alternatives can be compared with
// success; equal says that it is for equality.
func (l language) meet(x, y *schema.Alternative, equal bool) bool {
	if y.Closed {
		x, y = y, x
	}
	if !x.Closed {
		return l.overlap(x.Kinds, y.Kinds, equal) || l.numeric && (x.Kinds&schema.Number != 0 && readable(y) || y.Kinds&schema.Number != 0 &&
			readable(x))
	}
	for _, v := range x.Values {
		kind := schema.KindOf(v)
		if _, missing := v.(nothing); missing {
			continue
		}
		if l.overlap(kind, y.Kinds, equal) {
			return true
		}
		if !l.numeric {
			continue
		}
		if kind&schema.Number != 0 && readable(y) {
			return true
		}
		if text, ok := v.(string); ok && y.Kinds&schema.Number != 0 {
			if _, isNumber := value.ParseNumber(strings.TrimSpace(text)); isNumber {
				return true
			}
		}
	}
	return false
}

func (l language) overlap(a, b schema.Kinds, equal bool) bool {
	if !equal {
		a &= ordered
	}
	// An integer may equal a fraction that is written 1.0.
	if a&schema.Number != 0 && b&schema.Number != 0 {
		return true
	}
	return a&b != 0
}

// readable reports whether the strings among the values may be numbers.
func readable(a *schema.Alternative) bool {
	switch a.Format() {
	case "uuid", "date", "date-time", "email", "uri", "hostname":
		return false
	}
	return a.Kinds&schema.String != 0
}
