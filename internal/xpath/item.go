package xpath

import (
	"math"
	"math/big"
	"regexp"
	"strconv"
	"strings"
)

// The values of XPath (XDM) over documents without a schema. An item is a *node,
// or atomic: a string, untyped, uri, bool, *big.Int (xs:integer), *big.Rat
// (xs:decimal) or float64 (xs:double). The node-sets of XPath 1.0 are sequences
// of nodes in document order, and its other values sequences of one.
type (
	item    any
	seq     []item
	untyped string // xs:untypedAtomic
	uri     string // xs:anyURI
)

// An atomicType is a type for cast as, instance of and the constructors.
type atomicType struct {
	name string
	is   func(item) bool
	cast func(item) (item, bool) // nil if it is not available
}

// atomicTypes are ordered so that the first type that matches a value is its
// type.
var atomicTypes = []atomicType{
	{"xs:string", isA[string], func(v item) (item, bool) { return stringOf(v), true }},
	{"xs:untypedAtomic", isA[untyped], func(v item) (item, bool) { return untyped(stringOf(v)), true }},
	{"xs:anyURI", isA[uri], nil},
	{"xs:boolean", isA[bool], toBoolean},
	{"xs:integer", isA[*big.Int], toInteger},
	{"xs:decimal", func(v item) bool { return isA[*big.Int](v) || isA[*big.Rat](v) }, toDecimal},
	{"xs:double", isA[float64], toDouble},
	{"xs:anyAtomicType", func(v item) bool { return !isA[*node](v) }, nil},
}

func atomicTypeOf(name string) (none atomicType) {
	for _, t := range atomicTypes {
		if t.name == name {
			return t
		}
	}
	return none
}

func typeName(v item) string {
	for _, t := range atomicTypes {
		if t.is(v) {
			return t.name
		}
	}
	return "a node"
}

func isA[T any](v item) bool {
	_, ok := v.(T)
	return ok
}

// ebv returns the effective boolean value (XPath 2.0 §2.4.3).
func ebv(v seq) bool {
	if len(v) == 0 {
		return false
	}
	if isA[*node](v[0]) {
		return true
	}
	if len(v) > 1 {
		failf("a sequence of %d values has no effective boolean value", len(v))
	}
	switch v := v[0].(type) {
	case bool:
		return v
	case string, untyped, uri:
		return stringOf(v) != ""
	case float64:
		return v != 0 && !math.IsNaN(v)
	case *big.Int:
		return v.Sign() != 0
	}
	return v[0].(*big.Rat).Sign() != 0
}

// stringOf casts to xs:string (XPath functions 2.0 §17.1.2).
func stringOf(v item) string {
	switch v := v.(type) {
	case string:
		return v
	case untyped:
		return string(v)
	case uri:
		return string(v)
	case bool:
		return strconv.FormatBool(v)
	case *big.Int:
		return v.String()
	case *big.Rat:
		digits, _ := v.FloatPrec()
		return v.FloatString(digits)
	case float64:
		return doubleText(v, v20)
	}
	return v.(*node).text()
}

// doubleText returns the text of a double: in XPath 1.0 (§4.2) without an
// exponent, a sign of zero, and the short names of the infinities.
func doubleText(f float64, version version) string {
	infinity := "INF"
	if version == v10 {
		infinity = "Infinity"
	}
	switch size := math.Abs(f); {
	case math.IsNaN(f):
		return "NaN"
	case math.IsInf(f, 1):
		return infinity
	case math.IsInf(f, -1):
		return "-" + infinity
	case size == 0 && version == v10:
		return "0"
	case size == 0 || size >= 1e-6 && size < 1e6 || version == v10:
		return strconv.FormatFloat(f, 'f', -1, 64)
	}
	mantissa, exponent, _ := strings.Cut(strconv.FormatFloat(f, 'E', -1, 64), "E")
	if !strings.Contains(mantissa, ".") {
		mantissa += ".0"
	}
	sign := ""
	if exponent[0] == '-' {
		sign = "-"
	}
	return mantissa + "E" + sign + strings.TrimLeft(exponent, "+-0")
}

var (
	integerForm = regexp.MustCompile(`^[+-]?[0-9]+$`)
	decimalForm = regexp.MustCompile(`^[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)$`)
	doubleForm  = regexp.MustCompile(`^[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?$`)
	booleanForm = map[string]bool{"true": true, "1": true, "false": false, "0": false}
	boundless   = map[string]float64{"INF": math.Inf(1), "-INF": math.Inf(-1), "NaN": math.NaN()}
)

const maxDigits = 2000

// lexical returns the text of a string or an untyped value, without surrounding
// white space.
func lexical(v item) (string, bool) {
	switch v.(type) {
	case string, untyped:
		return strings.Trim(stringOf(v), spaces), true
	}
	return "", false
}

func toBoolean(v item) (item, bool) {
	if text, ok := lexical(v); ok {
		b, ok := booleanForm[text]
		return b, ok
	}
	return ebv(seq{v}), !isA[uri](v)
}

func toInteger(v item) (item, bool) {
	if text, ok := lexical(v); ok {
		if len(text) > maxDigits || !integerForm.MatchString(text) {
			return nil, false
		}
		i, ok := new(big.Int).SetString(strings.TrimPrefix(text, "+"), 10)
		return i, ok
	}
	if isA[*big.Int](v) {
		return v, true
	}
	d, ok := toDecimal(v)
	if !ok {
		return nil, false
	}
	return truncated(d.(*big.Rat)), true
}

func toDecimal(v item) (item, bool) {
	if text, ok := lexical(v); ok {
		if len(text) > maxDigits || !decimalForm.MatchString(text) {
			return nil, false
		}
		r, ok := new(big.Rat).SetString(text)
		return r, ok
	}
	switch v := v.(type) {
	case bool:
		if v {
			return big.NewRat(1, 1), true
		}
		return new(big.Rat), true
	case *big.Int:
		return new(big.Rat).SetInt(v), true
	case *big.Rat:
		return v, true
	case float64:
		if !math.IsNaN(v) && !math.IsInf(v, 0) {
			return new(big.Rat).SetFloat64(v), true
		}
	}
	return nil, false
}

func toDouble(v item) (item, bool) {
	if text, ok := lexical(v); ok {
		if f, ok := boundless[text]; ok {
			return f, true
		}
		if text == "+INF" {
			failf("whether +INF is a number depends on the version of XML Schema; it is not available")
		}
		if !doubleForm.MatchString(text) {
			return nil, false
		}
		f, _ := strconv.ParseFloat(text, 64) // out of range it is an infinity or 0
		return f, true
	}
	if isA[float64](v) {
		return v, true
	}
	exact, ok := toDecimal(v)
	if !ok {
		return nil, false
	}
	return float(exact), true
}

// asString returns an untyped value or a URI as a string.
func asString(v item) item {
	switch v.(type) {
	case untyped, uri:
		return stringOf(v)
	}
	return v
}

func isNumber(v item) bool { return isA[*big.Int](v) || isA[*big.Rat](v) || isA[float64](v) }

func isString(v item) bool { return isA[string](v) || isA[uri](v) }

// float promotes a number to xs:double.
func float(v item) float64 {
	switch v := v.(type) {
	case *big.Int:
		f, _ := v.Float64()
		return f
	case *big.Rat:
		f, _ := v.Float64()
		return f
	}
	return v.(float64)
}

func rational(v item) *big.Rat {
	if i, ok := v.(*big.Int); ok {
		return new(big.Rat).SetInt(i)
	}
	return v.(*big.Rat)
}
