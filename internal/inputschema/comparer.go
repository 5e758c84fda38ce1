package inputschema

import (
	"encoding/json"
	"math"
	"strconv"

	"github.com/gobelin-dev/gobelin/internal/value"
)

// The validator compares numbers as fractions, whose cost grows with the
// exponent, and fails for exponents of more than a million. So the numbers of a
// schema are near (measure sees to that), and a number of the inputs whose
// exponent is far is replaced by one with another exponent, still farther
// than any that is near. Every comparison comes out as it would have: the sign
// and the digits stay, so it is above or below all bounds as before; a multiple
// of 10^farExponent is an integer, and whether it is one of a near number is
// decided by its digits alone; and numbers that differ stay different.
const (
	nearDigits   = 400  // of a number of a schema
	nearExponent = 400  // of a number of a schema, as an integer times a power of ten
	farDigits    = 1000 // of a number of the inputs
	farExponent  = 2000 // more than nearExponent and the factors of 2 or 5 in nearDigits together
	maxFar       = 1000 // different far exponents in the inputs of a workflow
)

// comparer makes values that the validator can judge.
type comparer struct {
	far        map[string]int // the exponents that were replaced
	violations []Violation
}

// value returns v with its far numbers replaced; v itself is not changed.
func (c *comparer) value(v any, pointer string) any {
	switch v := v.(type) {
	case json.Number:
		return c.number(v, pointer)
	case []any:
		out := make([]any, len(v))
		for i := range v {
			out[i] = c.value(v[i], pointer+"/"+strconv.Itoa(i))
		}
		return out
	case map[string]any:
		out := make(map[string]any, len(v))
		for name := range v {
			out[name] = c.value(v[name], pointer+"/"+value.PointerToken(name))
		}
		return out
	}
	return v
}

func (c *comparer) number(v json.Number, pointer string) any {
	d := value.DecimalOf(v)
	if len(d.Digits) > farDigits {
		c.violations = append(c.violations, Violation{pointer, "is a number with too many digits to be compared"})
		return v
	}
	key := d.Exponent()
	if isWithin(key, farExponent) {
		return v
	}
	if _, known := c.far[key]; !known {
		if len(c.far) == maxFar {
			c.violations = append(c.violations, Violation{pointer, "is a number that is too large or too small to be compared"})
			return v
		}
		if c.far == nil {
			c.far = map[string]int{}
		}
		c.far[key] = farExponent + 1 + len(c.far)
		if key[0] == '-' {
			c.far[key] *= -1
		}
	}
	text := d.Digits + "e" + strconv.Itoa(c.far[key])
	if d.Negative {
		text = "-" + text
	}
	return json.Number(text)
}

// nearDecimal reports whether a number of a schema can be used in comparisons.
func nearDecimal(text string) bool {
	d := value.DecimalOf(json.Number(text))
	return len(d.Digits) <= nearDigits && isWithin(d.Exponent(), nearExponent)
}

// isWithin reports whether an integer in decimal is between -most and most.
func isWithin(integer string, most int64) bool {
	n, err := strconv.ParseInt(integer, 10, 64)
	return err == nil && -most <= n && n <= most
}

// lengths are the keywords whose numbers count something.
var lengths = map[string]bool{"minLength": true, "maxLength": true, "minItems": true, "maxItems": true, "minProperties": true,
	"maxProperties": true, "minContains": true, "maxContains": true}

// withinLength returns the value of a keyword with a length that is more than
// anything has exchanged for one that the validator can hold.
func withinLength(keyword string, v any) any {
	if lengths[keyword] && value.IsNumber(v) && value.IsInteger(v) && value.CompareNumbers(v, int64(math.MaxInt32)) > 0 {
		return int64(math.MaxInt32)
	}
	return v
}
