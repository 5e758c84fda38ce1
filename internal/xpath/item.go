package xpath

import (
	"math"
	"math/big"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/antchfx/xmlquery"
)

// The values of XPath 2.0 and later (XDM) over documents without a schema. An
// item is a node, or atomic: a string, untyped, uri, bool, *big.Int
// (xs:integer), *big.Rat (xs:decimal) or float64 (xs:double).
type (
	item    any
	seq     []item
	untyped string // xs:untypedAtomic
	uri     string // xs:anyURI
)

const (
	maxBits = 8192 // of an integer or a decimal
	maxText = maxDocument
)

var typeNames = []struct {
	name string
	is   func(item) bool
}{
	{"xs:string", isA[string]}, {"xs:untypedAtomic", isA[untyped]}, {"xs:anyURI", isA[uri]}, {"xs:boolean", isA[bool]},
	{"xs:integer", isA[*big.Int]}, {"xs:decimal", isA[*big.Rat]}, {"xs:double", isA[float64]}, {"a node", isA[node]},
}

func isA[T any](v item) bool {
	_, ok := v.(T)
	return ok
}

func typeName(v item) string {
	for _, t := range typeNames {
		if t.is(v) {
			return t.name
		}
	}
	return ""
}

// atomize gives the typed values of a sequence (XPath 2.0 §2.4.2). Without a
// schema they are untyped, but of comments and processing instructions.
func (s *scope) atomize(v seq) seq {
	if !slices.ContainsFunc(v, isA[node]) {
		return v
	}
	atoms := make(seq, len(v))
	for i, it := range v {
		n, ok := it.(node)
		if !ok {
			atoms[i] = it
			continue
		}
		s.run.visit(1)
		s.run.read([]node{n})
		if n.attr < 0 && (n.Type == xmlquery.CommentNode || n.Type == xmlquery.ProcessingInstruction) {
			atoms[i] = n.text()
		} else {
			atoms[i] = untyped(n.text())
		}
	}
	return atoms
}

// one is the only atomic value of a sequence; nil for none.
func (s *scope) one(v seq) item {
	if len(v) > 1 {
		failf("one value is wanted, not %d", len(v))
	}
	if len(v) == 0 {
		return nil
	}
	return s.atomize(v)[0]
}

// ebv is the effective boolean value (XPath 2.0 §2.4.3).
func ebv(v seq) bool {
	if len(v) == 0 {
		return false
	}
	if isA[node](v[0]) {
		return true
	}
	if len(v) > 1 {
		failf("a sequence of %d values has no effective boolean value", len(v))
	}
	switch v := v[0].(type) {
	case bool:
		return v
	case string:
		return v != ""
	case untyped:
		return v != ""
	case uri:
		return v != ""
	case float64:
		return v != 0 && !math.IsNaN(v)
	case *big.Int:
		return v.Sign() != 0
	}
	return v[0].(*big.Rat).Sign() != 0
}

// stringOf is the cast to xs:string (XPath functions 2.0 §17.1.2).
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
		return doubleText(v)
	}
	return v.(node).text()
}

func doubleText(f float64) string {
	switch size := math.Abs(f); {
	case math.IsNaN(f):
		return "NaN"
	case math.IsInf(f, 1):
		return "INF"
	case math.IsInf(f, -1):
		return "-INF"
	case size == 0 || size >= 1e-6 && size < 1e6:
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

// castable types, by the name that cast as and the constructors know.
var casts = map[string]func(v item) (item, bool){
	"xs:string":        func(v item) (item, bool) { return stringOf(v), true },
	"xs:untypedAtomic": func(v item) (item, bool) { return untyped(stringOf(v)), true },
	"xs:boolean":       toBoolean,
	"xs:integer":       toInteger,
	"xs:decimal":       toDecimal,
	"xs:double":        toDouble,
}

// lexical is the text of a string or an untyped value, without the white space
// around it.
func lexical(v item) (string, bool) {
	switch v.(type) {
	case string, untyped:
		return strings.Trim(stringOf(v), " \t\r\n"), true
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
		if !integerForm.MatchString(text) || len(text) > maxDigits {
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

func truncated(r *big.Rat) *big.Int { return new(big.Int).Quo(r.Num(), r.Denom()) }

func toDecimal(v item) (item, bool) {
	if text, ok := lexical(v); ok {
		if !decimalForm.MatchString(text) || len(text) > maxDigits {
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
	switch v := v.(type) {
	case bool:
		if v {
			return 1.0, true
		}
		return 0.0, true
	case *big.Int, *big.Rat:
		return float(v), true
	case float64:
		return v, true
	}
	return nil, false
}

func isNumber(v item) bool { return isA[*big.Int](v) || isA[*big.Rat](v) || isA[float64](v) }

func isString(v item) bool { return isA[string](v) || isA[uri](v) }

// float promotes a number to xs:double.
func float(v item) float64 {
	switch v := v.(type) {
	case *big.Int:
		f, _ := new(big.Rat).SetInt(v).Float64()
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

// compareValues is a value comparison (XPath 2.0 §3.5.1, B.2) of atomic values;
// ok is false where none is defined for their types.
func compareValues(operator string, a, b item) (holds, ok bool) {
	order := 0
	switch {
	case isNumber(a) && isNumber(b):
		if isA[float64](a) || isA[float64](b) {
			x, y := float(a), float(b)
			if math.IsNaN(x) || math.IsNaN(y) {
				return operator == "ne", true
			}
			order = compareFloats(x, y)
		} else {
			order = rational(a).Cmp(rational(b))
		}
	case isString(a) && isString(b):
		order = strings.Compare(stringOf(a), stringOf(b))
	case isA[bool](a) && isA[bool](b):
		order = compareFloats(num(a), num(b))
	default:
		return false, false
	}
	switch operator {
	case "eq":
		return order == 0, true
	case "ne":
		return order != 0, true
	case "lt":
		return order < 0, true
	case "le":
		return order <= 0, true
	case "gt":
		return order > 0, true
	}
	return order >= 0, true
}

func compareFloats(x, y float64) int {
	switch {
	case x < y:
		return -1
	case x > y:
		return 1
	}
	return 0
}

// valueComparison takes untyped values for strings.
func (s *scope) valueComparison(operator string, left, right seq) seq {
	a, b := s.one(left), s.one(right)
	if a == nil || b == nil {
		return nil
	}
	a, b = asString(a), asString(b)
	holds, ok := compareValues(operator, a, b)
	if !ok {
		failf("%s %s %s is not defined", typeName(a), operator, typeName(b))
	}
	return seq{holds}
}

func asString(v item) item {
	if u, ok := v.(untyped); ok {
		return string(u)
	}
	return v
}

var generalOperators = map[string]string{"=": "eq", "!=": "ne", "<": "lt", "<=": "le", ">": "gt", ">=": "ge"}

// generalComparison (XPath 2.0 §3.5.2) holds where one pair of values does. A
// pair that cannot be compared is an error only where none holds.
func (s *scope) generalComparison(operator string, left, right seq) bool {
	a, b := s.atomize(left), s.atomize(right)
	failure := ""
	for _, x := range a {
		for _, y := range b {
			s.run.visit(1)
			holds, message := comparePair(operator, x, y)
			if holds {
				return true
			}
			if failure == "" {
				failure = message
			}
		}
	}
	if failure != "" {
		failf("%s", failure)
	}
	return false
}

func comparePair(operator string, x, y item) (holds bool, message string) {
	var ok bool
	if x, ok = likeOther(x, y); !ok {
		return false, "the text " + shown(stringOf(x)) + " is no " + typeName(y)
	}
	if y, ok = likeOther(y, x); !ok {
		return false, "the text " + shown(stringOf(y)) + " is no " + typeName(x)
	}
	holds, ok = compareValues(generalOperators[operator], x, y)
	if !ok {
		return false, typeName(x) + " " + operator + " " + typeName(y) + " is not defined"
	}
	return holds, ""
}

// likeOther casts an untyped value by the type of the other.
func likeOther(v, other item) (item, bool) {
	if !isA[untyped](v) {
		return v, true
	}
	cast := casts["xs:string"]
	switch {
	case isNumber(other):
		cast = toDouble
	case isA[bool](other):
		cast = toBoolean
	}
	if c, ok := cast(v); ok {
		return c, true
	}
	return v, false
}

// number takes an operand of arithmetic: untyped values are xs:double.
func (s *scope) number(v seq) item {
	a := s.one(v)
	if isA[untyped](a) {
		f, ok := toDouble(a)
		if !ok {
			failf("the text %s is no xs:double", shown(stringOf(a)))
		}
		return f
	}
	if a != nil && !isNumber(a) {
		failf("a number is wanted, not %s", typeName(a))
	}
	return a
}

// arithmeticOf is §3.4 and B.2 of XPath 2.0; integers are exact, the quotient
// of decimals has 18 digits behind the point.
func arithmeticOf(operator string, a, b item) item {
	switch {
	case operator == "idiv":
		return integerQuotient(a, b)
	case isA[float64](a) || isA[float64](b):
		return arithmetic[operator](float(a), float(b))
	}
	x, y := rational(a), rational(b)
	if (operator == "div" || operator == "mod") && y.Sign() == 0 {
		failf("division by zero")
	}
	r := new(big.Rat)
	switch operator {
	case "+":
		r.Add(x, y)
	case "-":
		r.Sub(x, y)
	case "*":
		r.Mul(x, y)
	case "div":
		r.Quo(x, y)
		if _, exact := r.FloatPrec(); !exact || r.Denom().BitLen() > 200 {
			r.SetString(r.FloatString(18))
		}
		return bounded(r)
	case "mod":
		quotient := truncated(new(big.Rat).Quo(x, y))
		r.Sub(x, new(big.Rat).Mul(y, new(big.Rat).SetInt(quotient)))
	}
	if isA[*big.Int](a) && isA[*big.Int](b) {
		return bounded(r.Num())
	}
	return bounded(r)
}

func bounded(v item) item {
	bits := 0
	switch v := v.(type) {
	case *big.Int:
		bits = v.BitLen()
	case *big.Rat:
		bits = max(v.Num().BitLen(), v.Denom().BitLen())
	}
	if bits > maxBits {
		failf("a number has more than %d bits", maxBits)
	}
	return v
}

// integerQuotient is op:numeric-integer-divide.
func integerQuotient(a, b item) item {
	for _, v := range []item{a, b} {
		if f, ok := v.(float64); ok && math.IsNaN(f) {
			failf("NaN has no integer quotient")
		}
	}
	if float(b) == 0 && (isA[float64](b) || rational(b).Sign() == 0) {
		failf("division by zero")
	}
	if f, ok := a.(float64); ok && math.IsInf(f, 0) {
		failf("an infinity has no integer quotient")
	}
	if f, ok := b.(float64); ok && math.IsInf(f, 0) {
		return new(big.Int)
	}
	x, _ := toDecimal(a)
	y, _ := toDecimal(b)
	return bounded(truncated(new(big.Rat).Quo(x.(*big.Rat), y.(*big.Rat))))
}

func negated(v item) item {
	switch v := v.(type) {
	case *big.Int:
		return new(big.Int).Neg(v)
	case *big.Rat:
		return new(big.Rat).Neg(v)
	case float64:
		return -v
	}
	return v
}
