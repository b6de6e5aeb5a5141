package rule

import (
	"cmp"
	"math/big"
	"strconv"
)

const (
	million       = 1_000_000
	longestNumber = 512 // bits of a numerator or denominator
)

// number is an exact number: millionths, or any fraction where it is no whole number of them or too large.
type number struct {
	millionths int64
	fraction   *big.Rat // nil: millionths
}

func whole(n int) number {
	if n > 1<<42 || n < -1<<42 {
		return number{fraction: new(big.Rat).SetInt64(int64(n))}
	}
	return number{millionths: int64(n) * million}
}

// parseNumber reads a decimal number, false if the text is none.
func parseNumber(text string) (number, bool) {
	var n int64
	digits, decimals, point := 0, 0, false
	for i := range len(text) {
		switch c := text[i]; {
		case c >= '0' && c <= '9':
			n = n*10 + int64(c-'0')
			if digits++; point {
				decimals++
			}
		case c == '.' && !point:
			point = true
		case c == '-' && i == 0:
		default:
			digits = 100
		}
	}
	if digits == 0 {
		return number{}, false
	}
	if digits > 12 || decimals > 6 {
		if len(text) > 100 {
			return number{}, false
		}
		fraction, ok := new(big.Rat).SetString(text)
		if !ok {
			return number{}, false
		}
		return exactly(fraction)
	}
	for range 6 - decimals {
		n *= 10
	}
	if text[0] == '-' {
		n = -n
	}
	return number{millionths: n}, true
}

func (n number) rat() *big.Rat {
	if n.fraction != nil {
		return n.fraction
	}
	return big.NewRat(n.millionths, million)
}

// exactly returns a fraction as a number, false if it is too long to calculate with.
func exactly(r *big.Rat) (number, bool) {
	if r.Num().BitLen() > longestNumber || r.Denom().BitLen() > longestNumber {
		return number{}, false
	}
	if scaled := new(big.Int).Mul(r.Num(), big.NewInt(million)); r.Denom().IsInt64() {
		if left := new(big.Int).Rem(scaled, r.Denom()); left.Sign() == 0 {
			if scaled.Quo(scaled, r.Denom()); scaled.IsInt64() {
				return number{millionths: scaled.Int64()}, true
			}
		}
	}
	return number{fraction: r}, true
}

func (n number) compare(other number) int {
	if n.fraction == nil && other.fraction == nil {
		return cmp.Compare(n.millionths, other.millionths)
	}
	return n.rat().Cmp(other.rat())
}

func (n number) add(other number) (number, bool) {
	if n.fraction == nil && other.fraction == nil {
		if sum := n.millionths + other.millionths; (sum > n.millionths) == (other.millionths > 0) {
			return number{millionths: sum}, true
		}
	}
	return exactly(new(big.Rat).Add(n.rat(), other.rat()))
}

func (n number) negated() number {
	if n.fraction == nil && n.millionths != -1<<63 {
		return number{millionths: -n.millionths}
	}
	return number{fraction: new(big.Rat).Neg(n.rat())}
}

// integer returns the number without its decimals, and whether it had none; false for both if it is too large.
func (n number) integer() (whole int64, exact, ok bool) {
	if n.fraction == nil {
		return n.millionths / million, n.millionths%million == 0, true
	}
	quotient, rest := new(big.Int).QuoRem(n.fraction.Num(), n.fraction.Denom(), new(big.Int))
	if !quotient.IsInt64() || quotient.BitLen() > 52 {
		return 0, false, false
	}
	return quotient.Int64(), rest.Sign() == 0, true
}

func (n number) text() string {
	f, _ := n.rat().Float64()
	return strconv.FormatFloat(f, 'f', -1, 64)
}
