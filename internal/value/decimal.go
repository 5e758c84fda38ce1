package value

import (
	"cmp"
	"fmt"
	"strconv"
	"strings"
)

// Decimal is a number in canonical form: 0.Digits × 10^top. Its exponent is
// never expanded, so that 1e999999999 costs nothing.
type Decimal struct {
	Negative bool   // false for zero
	Digits   string // without zeros at either end; empty for zero
	top      int64
	far      string // top in decimal, in place of it, if it is beyond int64
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
		sign := ""
		if exponent[0] == '-' {
			sign, exponent = "-", exponent[1:]
		}
		d.far = shifted(sign+strings.TrimLeft(exponent, "0"), shift)
		return d
	}
	d.top = e + shift
	return d
}

// Exponent returns the power of ten by which to multiply the digits as an
// integer, in decimal.
func (d Decimal) Exponent() string {
	if d.far != "" {
		return shifted(d.far, -int64(len(d.Digits)))
	}
	return strconv.FormatInt(d.top-int64(len(d.Digits)), 10)
}

// shifted returns the sum of an integer of at least 19 digits and a small one, in
// decimal. It takes time linear in the digits, as reading them into a big.Int does
// not: a server could send a million.
func shifted(integer string, by int64) string {
	const low, unit = 18, int64(1e18)
	digits, negative := strings.CutPrefix(integer, "-")
	if negative {
		by = -by
	}
	high := digits[:len(digits)-low]
	n, _ := strconv.ParseInt(digits[len(digits)-low:], 10, 64) // 18 digits fit
	switch n += by; {
	case n < 0:
		n, high = n+unit, carried(high, "0", "9", -1)
	case n >= unit:
		n, high = n-unit, carried(high, "9", "0", 1)
	}
	text := strings.TrimLeft(high+fmt.Sprintf("%018d", n), "0")
	if negative {
		return "-" + text
	}
	return text
}

// carried returns the digits of a number changed by one; the last digits that are
// from become to.
func carried(digits, from, to string, by int) string {
	kept := strings.TrimRight(digits, from)
	tail := strings.Repeat(to, len(digits)-len(kept))
	if kept == "" {
		kept = "0"
	}
	last := len(kept) - 1
	return kept[:last] + string(rune(int(kept[last])+by)) + tail
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
	if d.far == "" && o.far == "" {
		return cmp.Compare(d.top, o.top)
	}
	return compareIntegers(cmp.Or(d.far, strconv.FormatInt(d.top, 10)), cmp.Or(o.far, strconv.FormatInt(o.top, 10)))
}

// compareIntegers compares integers in decimal.
func compareIntegers(a, b string) int {
	x, negative := strings.CutPrefix(a, "-")
	y, both := strings.CutPrefix(b, "-")
	switch {
	case negative && !both:
		return -1
	case both && !negative:
		return 1
	case negative:
		x, y = y, x
	}
	return cmp.Or(cmp.Compare(len(x), len(y)), strings.Compare(x, y))
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
	return DecimalOf(number).Exponent()[0] != '-'
}
