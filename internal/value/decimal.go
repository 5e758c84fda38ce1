package value

import (
	"cmp"
	"math/big"
	"strconv"
	"strings"
)

// Decimal is a number in canonical form: 0.Digits × 10^top. Its exponent is
// never expanded, so that 1e999999999 costs nothing.
type Decimal struct {
	Negative bool   // false for zero
	Digits   string // without zeros at either end; empty for zero
	top      int64
	far      *big.Int // top if it overflows int64, else nil
}

// DecimalOf returns the canonical form of a number.
func DecimalOf(number any) Decimal { return newDecimal(numberText(number)) }

// newDecimal reads a number in JSON syntax.
func newDecimal(text string) Decimal {
	mantissa, exponent := text, "0"
	if i := strings.IndexAny(text, "eE"); i >= 0 {
		mantissa, exponent = text[:i], strings.TrimPrefix(text[i+1:], "+")
	}
	digits, negative := strings.CutPrefix(mantissa, "-")
	whole, fraction, _ := strings.Cut(digits, ".")
	significant := strings.TrimLeft(whole+fraction, "0")
	shift := int64(len(significant) - len(fraction))
	if significant = strings.TrimRight(significant, "0"); significant == "" {
		return Decimal{}
	}
	d := Decimal{Negative: negative, Digits: significant}
	e, err := strconv.ParseInt(exponent, 10, 64)
	if err != nil || e > 1<<62 || e < -1<<62 {
		d.far, _ = new(big.Int).SetString(exponent, 10)
		d.far.Add(d.far, big.NewInt(shift))
		return d
	}
	d.top = e + shift
	return d
}

// Exponent returns the power of ten by which to multiply the digits as an
// integer.
func (d Decimal) Exponent() *big.Int {
	return new(big.Int).Sub(d.bigTop(), big.NewInt(int64(len(d.Digits))))
}

func (d Decimal) bigTop() *big.Int {
	if d.far != nil {
		return d.far
	}
	return big.NewInt(d.top)
}

func (d Decimal) sign() int {
	switch {
	case d.Digits == "":
		return 0
	case d.Negative:
		return -1
	}
	return 1
}

func (d Decimal) compare(o Decimal) int {
	if c := cmp.Compare(d.sign(), o.sign()); c != 0 || d.Digits == "" {
		return c
	}
	return d.sign() * cmp.Or(d.compareTop(o), strings.Compare(d.Digits, o.Digits))
}

func (d Decimal) compareTop(o Decimal) int {
	if d.far == nil && o.far == nil {
		return cmp.Compare(d.top, o.top)
	}
	return d.bigTop().Cmp(o.bigTop())
}

// CompareNumbers compares two numbers exactly: negative when a is less than b,
// zero when equal. Both must be numbers.
func CompareNumbers(a, b any) int {
	if x, ok := a.(int64); ok {
		if y, ok := b.(int64); ok {
			return cmp.Compare(x, y)
		}
	}
	if x, ok := a.(float64); ok {
		if y, ok := b.(float64); ok {
			return cmp.Compare(x, y)
		}
	}
	return DecimalOf(a).compare(DecimalOf(b))
}

// IsInteger reports whether a number has no fraction.
func IsInteger(number any) bool {
	if _, ok := number.(int64); ok {
		return true
	}
	return DecimalOf(number).Exponent().Sign() >= 0
}
