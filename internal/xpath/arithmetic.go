package xpath

import (
	"math"
	"math/big"
)

const maxBits = 8192 // of an integer or a decimal

func calculation(operation string) func(s *scope, a, b seq) seq {
	return func(s *scope, a, b seq) seq {
		x, y := s.number(a), s.number(b)
		if x == nil || y == nil {
			return nil
		}
		return seq{s.arithmetic(operation, x, y)}
	}
}

var ofDoubles = map[string]func(a, b float64) float64{
	"+": func(a, b float64) float64 { return a + b }, "-": func(a, b float64) float64 { return a - b },
	"*": func(a, b float64) float64 { return a * b }, "div": func(a, b float64) float64 { return a / b }, "mod": math.Mod,
}

// arithmetic implements §3.4 and B.2 of XPath 2.0; integers are exact, the
// quotient of decimals has 18 digits after the point.
func (s *scope) arithmetic(operation string, a, b item) item {
	s.visit(1 + bits(a, b)/32)
	switch {
	case operation == "idiv":
		return integerQuotient(a, b)
	case isA[float64](a) || isA[float64](b):
		return ofDoubles[operation](float(a), float(b))
	}
	x, y := rational(a), rational(b)
	if (operation == "div" || operation == "mod") && y.Sign() == 0 {
		failf("division by zero")
	}
	r := new(big.Rat)
	switch operation {
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

// bits returns the size of exact numbers.
func bits(numbers ...item) (n int) {
	for _, v := range numbers {
		switch v := v.(type) {
		case *big.Int:
			n += v.BitLen()
		case *big.Rat:
			n += max(v.Num().BitLen(), v.Denom().BitLen())
		}
	}
	return n
}

func bounded(v item) item {
	if bits(v) > maxBits {
		failf("a number has more than %d bits", maxBits)
	}
	return v
}

// integerQuotient is op:numeric-integer-divide.
func integerQuotient(a, b item) item {
	x, isDouble := a.(float64)
	y, both := b.(float64)
	switch {
	case math.IsNaN(x) || math.IsNaN(y):
		failf("NaN has no integer quotient")
	case both && y == 0 || !both && rational(b).Sign() == 0:
		failf("division by zero")
	case isDouble && math.IsInf(x, 0):
		failf("an infinity has no integer quotient")
	case both && math.IsInf(y, 0):
		return new(big.Int)
	}
	dividend, _ := toDecimal(a)
	divisor, _ := toDecimal(b)
	return bounded(truncated(new(big.Rat).Quo(dividend.(*big.Rat), divisor.(*big.Rat))))
}

func negated(v item) item {
	switch v := v.(type) {
	case *big.Int:
		return new(big.Int).Neg(v)
	case *big.Rat:
		return new(big.Rat).Neg(v)
	}
	return -v.(float64)
}

// rounding implements round() and round-half-to-even() (Functions and Operators
// 6.4): a double is rounded as the decimal that it is.
func rounding(even bool) evaluation {
	return func(s *scope, args []seq) seq {
		n := s.number(args[0])
		places := 0
		if len(args) > 1 {
			places = s.place(args[1], -maxPlaces, maxPlaces)
		}
		s.visit(1 + (max(places, -places)+bits(n))/16)
		switch v := n.(type) {
		case nil:
			return nil
		case *big.Int:
			return seq{bounded(truncated(rounded(rational(v), places, even)))}
		case *big.Rat:
			return seq{bounded(rounded(v, places, even))}
		}
		f := n.(float64)
		if math.IsNaN(f) || math.IsInf(f, 0) || f == 0 {
			return seq{f}
		}
		exact := new(big.Rat).SetFloat64(f)
		return seq{math.Copysign(float(rounded(exact, places, even)), f)}
	}
}

const maxPlaces = 400 // more than a double has

func rounded(r *big.Rat, places int, even bool) *big.Rat {
	power := new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(max(places, -places))), nil)
	scale := new(big.Rat).SetInt(power)
	if places < 0 {
		scale.Inv(scale)
	}
	scaled := new(big.Rat).Mul(r, scale)
	half := big.NewRat(1, 2)
	whole := floorOf(scaled)
	up := new(big.Rat).Sub(scaled, whole).Cmp(half)
	if up > 0 || up == 0 && (!even || whole.Num().Bit(0) == 1) {
		whole.Add(whole, big.NewRat(1, 1))
	}
	return whole.Quo(whole, scale)
}

func floorOf(r *big.Rat) *big.Rat {
	quotient := new(big.Int).Div(r.Num(), r.Denom()) // Euclidean: down, as the denominator is positive
	return new(big.Rat).SetInt(quotient)
}

// truncated returns the integer next to r in the direction of 0.
func truncated(r *big.Rat) *big.Int { return new(big.Int).Quo(r.Num(), r.Denom()) }

// nearest returns the integer nearest to a double, the greater of two.
func nearest(x float64) float64 {
	f := math.Floor(x)
	if x-f >= 0.5 {
		f++
	}
	return f
}
