package xpath

import (
	"math"
	"math/big"
)

// rounding is round() and round-half-to-even() (Functions and Operators 6.4):
// a double is rounded as the decimal that it is.
func rounding(even bool) func(*scope, []seq) seq {
	return func(s *scope, args []seq) seq {
		n := s.number(args[0])
		places := 0
		if len(args) > 1 {
			places = s.place(args[1], -maxPlaces, maxPlaces)
		}
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
