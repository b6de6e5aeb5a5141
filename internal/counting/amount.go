package counting

import (
	"cmp"
	"encoding/json"
	"errors"
	"math"
	"math/big"
	"slices"
	"strconv"
	"strings"
)

// amount is an exact decimal: whole units, rounded down, and 0 to 999,999 millionths.
type amount struct{ whole, millionths int64 }

const million = 1_000_000

// errAmount means that a value is not a number in canonical form. It does not quote the value: errors reach logs.
var errAmount = errors.New("a value is not a number with at most six decimals")

// parseAmount parses the canonical text of a number, "" as 0. It fails for more than six decimals.
func parseAmount(text string) (a amount, err error) {
	if text == "" {
		return a, nil
	}
	whole, fraction, _ := strings.Cut(text, ".")
	if a.whole, err = strconv.ParseInt(whole, 10, 64); err != nil || len(fraction) > decimals {
		return a, errAmount
	}
	if fraction == "" {
		return a, nil
	}
	if a.millionths, err = strconv.ParseInt(fraction, 10, 64); err != nil {
		return a, errAmount
	}
	for range decimals - len(fraction) {
		a.millionths *= 10
	}
	if strings.HasPrefix(text, "-") {
		return amount{}.sub(amount{-a.whole, a.millionths}), nil
	}
	return a, nil
}

func (a amount) compare(b amount) int {
	return cmp.Or(cmp.Compare(a.whole, b.whole), cmp.Compare(a.millionths, b.millionths))
}

// rat returns the amount as a fraction.
func (a amount) rat() *big.Rat {
	return new(big.Rat).Add(new(big.Rat).SetInt64(a.whole), big.NewRat(a.millionths, million))
}

// text writes the amount exactly, without trailing zeros.
func (a amount) text() json.Number { return rounded(a.rat(), decimals) }

// add returns the sum, with fewer than a million millionths. Sums of values that the tracker accepts do not overflow.
func (a amount) add(b amount) amount {
	sum := a.millionths + b.millionths
	return amount{whole: a.whole + b.whole + sum/million, millionths: sum % million}
}

// sub returns the difference, with at least 0 and fewer than a million millionths.
func (a amount) sub(b amount) amount {
	left := amount{whole: a.whole - b.whole, millionths: a.millionths - b.millionths}
	if left.millionths < 0 {
		left.whole, left.millionths = left.whole-1, left.millionths+million
	}
	return left
}

// hundredths returns the amount in hundredths, rounded half up.
func (a amount) hundredths() *big.Int {
	h := big.NewInt(a.whole)
	h.Mul(h, big.NewInt(100))
	return h.Add(h, big.NewInt((a.millionths+5_000)/10_000))
}

// added writes an amount as the records of a tally show it: to hundredths, or exactly.
func (r *indicatorRule) added(a amount) json.Number {
	if r.count == countSum && r.value.fine() {
		return a.text()
	}
	return decimal(a.hundredths())
}

// decimal formats hundredths as a number, without trailing zeros.
func decimal(hundredths *big.Int) json.Number {
	text := new(big.Rat).SetFrac(hundredths, big.NewInt(100)).FloatString(2)
	return json.Number(strings.TrimSuffix(strings.TrimRight(text, "0"), "."))
}

// estimate returns how many of N people the airings reached at least once, if the audience of each airing is a random
// sample independent of the others: N × (1 − Π(1 − rᵢ/N)). That is the method of Sainsbury, as described and compared
// with Agostini's in J. M. Caffyn and M. Sagovsky, "Net audiences of British newspapers", Journal of Advertising
// Research 3 (1963), pp. 21–25, applied to airings. If N is not known, it returns the sum.
//
// The result is the same to the last digit on every machine: the reaches are sorted (in place), and each step is
// rounded by itself (arm64 would otherwise fuse a product and a sum into one instruction).
func estimate(reaches []int64, population int64) int64 {
	var sum int64
	for _, r := range reaches {
		sum += r
	}
	if population == 0 || len(reaches) == 0 {
		return sum
	}
	slices.Sort(reaches)
	n := float64(population)
	missed := 1.0
	for _, r := range reaches {
		share := float64(float64(min(r, population)) / n)
		missed = float64(missed * float64(1-share))
	}
	reached := float64(n * float64(1-missed))
	rounded := int64(math.Floor(float64(reached + 0.5)))
	return min(max(rounded, min(reaches[len(reaches)-1], population)), min(sum, population))
}
