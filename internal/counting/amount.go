package counting

import (
	"encoding/json"
	"fmt"
	"math"
	"math/big"
	"slices"
	"strconv"
	"strings"
)

// amount is a sum, exact: whole ones and millionths, each added up by itself.
type amount struct{ whole, millionths int64 }

const million = 1_000_000

// parseAmount reads the canonical text of a number, "" as 0.
func parseAmount(text string) (a amount, err error) {
	if text == "" {
		return a, nil
	}
	whole, fraction, _ := strings.Cut(text, ".")
	if a.whole, err = strconv.ParseInt(whole, 10, 64); err != nil || fraction == "" {
		return a, err
	}
	if len(fraction) > decimals {
		return a, fmt.Errorf("%q has more than %d decimals", text, decimals)
	}
	a.millionths, err = strconv.ParseInt(fraction, 10, 64)
	for range decimals - len(fraction) {
		a.millionths *= 10
	}
	return a, err
}

// add keeps the millionths below one. No sum of what the tracker takes in comes near the largest int64.
func (a amount) add(b amount) amount {
	sum := a.millionths + b.millionths
	return amount{whole: a.whole + b.whole + sum/million, millionths: sum % million}
}

// hundredths rounds half up to two decimals.
func (a amount) hundredths() *big.Int {
	h := big.NewInt(a.whole)
	h.Mul(h, big.NewInt(100))
	return h.Add(h, big.NewInt((a.millionths+5_000)/10_000))
}

// decimal writes hundredths as a number, without decimals that are zero.
func decimal(hundredths *big.Int) json.Number {
	text := new(big.Rat).SetFrac(hundredths, big.NewInt(100)).FloatString(2)
	return json.Number(strings.TrimSuffix(strings.TrimRight(text, "0"), "."))
}

// percentTenths is achieved × 100 ÷ target in tenths, rounded half up.
func percentTenths(hundredths *big.Int, target *big.Rat) *big.Int {
	tenths := new(big.Rat).SetFrac(new(big.Int).Mul(hundredths, big.NewInt(10)), big.NewInt(1))
	tenths.Quo(tenths, target)
	tenths.Add(tenths, big.NewRat(1, 2))
	return new(big.Int).Quo(tenths.Num(), tenths.Denom())
}

func percent(tenths *big.Int) json.Number {
	return json.Number(new(big.Rat).SetFrac(tenths, big.NewInt(10)).FloatString(1))
}

// The states of an indicator.
const (
	achieved   = "achieved"
	notStarted = "not-started"
	onTrack    = "on-track"
	behind     = "behind"
)

// status compares a percentage, in tenths, with the days that have passed of all days.
func status(tenths *big.Int, passed, days int64) string {
	switch {
	case tenths.Cmp(big.NewInt(1000)) >= 0:
		return achieved
	case tenths.Sign() == 0:
		return notStarted
	case new(big.Int).Mul(tenths, big.NewInt(days)).Cmp(big.NewInt(1000*passed)) >= 0:
		return onTrack
	default:
		return behind
	}
}

// estimate is how many of N people the airings reached at least once, were each airing's audience drawn at random and
// without regard to the others: N × (1 − Π(1 − rᵢ/N)). That is the method of Sainsbury, as described and compared with
// Agostini's in J. M. Caffyn and M. Sagovsky, "Net audiences of British newspapers", Journal of Advertising Research 3
// (1963), pp. 21–25, applied to airings. Without a known N it is the sum.
//
// It is to be the same to the last digit on every machine: the reaches are taken in the order of their size, and each
// step is rounded by itself (a product and a sum may otherwise be fused into one instruction, which arm64 does).
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
