package value

import (
	"encoding/json"
	"math/big"
	"strings"
	"testing"
)

// Exponents beyond int64 are added to and compared as big integers are.
func TestFarExponents(t *testing.T) {
	var texts []string
	for _, digits := range []string{"4611686018427387904", "4611686018427387905", "9223372036854775807", "9223372036854775808",
		"10000000000000000000", "99999999999999999999", "100000000000000000000", "1000000000000000000000000000000",
		"999999999999999999999999999999", "000000000000000000000000000005", "12345678901234567890123456789"} {
		for _, mantissa := range []string{"1", "-1", "10", "0.01", "0.0000000001", "123456789012", "-0.5", "0"} {
			texts = append(texts, mantissa+"e"+digits, mantissa+"e-"+digits, mantissa+"E+"+digits)
		}
	}
	for _, a := range texts {
		d := DecimalOf(json.Number(a))
		if d.Digits == "" {
			continue
		}
		if got, want := d.Exponent(), new(big.Int).Sub(exactTop(a), big.NewInt(int64(len(d.Digits)))).String(); got != want {
			t.Errorf("%s: exponent %s, want %s", a, got, want)
		}
		for _, b := range texts {
			o := DecimalOf(json.Number(b))
			if o.Digits == "" {
				continue
			}
			if got, want := d.compareTop(o), exactTop(a).Cmp(exactTop(b)); got != want {
				t.Errorf("%s, %s: %d, want %d", a, b, got, want)
			}
		}
	}
}

// exactTop is where the digits of a number begin, by its text.
func exactTop(text string) *big.Int {
	mantissa, exponent, _ := strings.Cut(strings.ToLower(text), "e")
	var e big.Int
	e.SetString(strings.TrimPrefix(exponent, "+"), 10)
	whole, fraction, _ := strings.Cut(strings.TrimPrefix(mantissa, "-"), ".")
	significant := strings.TrimLeft(whole+fraction, "0")
	return e.Add(&e, big.NewInt(int64(len(significant)-len(fraction))))
}
