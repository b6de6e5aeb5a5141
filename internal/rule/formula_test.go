package rule_test

import (
	"errors"
	"math/big"
	"strings"
	"testing"

	"outreach/internal/rule"
)

func TestFormulasAreExact(t *testing.T) {
	t.Parallel()
	figures := map[string]*big.Rat{"1": big.NewRat(1, 3), "2.a": big.NewRat(5, 1), "zero": new(big.Rat), "none": nil}
	for from, want := range map[string]string{
		`i["1"] + i["1"] + i["1"]`:          "1",
		`i["1"] * 3 - 1`:                    "0",
		`1 + 2 * 3`:                         "7",
		`(1 + 2) * 3`:                       "9",
		`10 - 2 - 3`:                        "5",
		`100 / 10 / 2`:                      "5",
		`-i['2.a'] + 0.5`:                   "-9/2",
		`2 - -2`:                            "4",
		"i[\"2.a\"]\n / ( i[ \"1\" ] )":     "15",
		`i["2.a"] / i["zero"]`:              "none",
		`i["none"] * 0`:                     "none",
		`i["zero"] / i["2.a"]`:              "0",
		`0.1 + 0.2`:                         "3/10",
		`1 / (i["2.a"] - 5)`:                "none",
		`((((i["1"]))))`:                    "1/3",
		`7`:                                 "7",
		`i["1"]*i["2.a"]/(i["1"]+i["2.a"])`: "5/16",
	} {
		f, err := rule.CompileFormula(from)
		if err != nil {
			t.Errorf("%s: %v", from, err)
			continue
		}
		got := "none"
		if value := f.Value(func(code string) *big.Rat { return figures[code] }); value != nil {
			got = value.RatString()
		}
		if got != want {
			t.Errorf("%s is %s, want %s", from, got, want)
		}
	}
	if figures["1"].RatString() != "1/3" {
		t.Error("an operand was changed")
	}
}

func TestFormulasNameWhereTheyAreWrong(t *testing.T) {
	t.Parallel()
	for from, want := range map[string][2]int{
		``: {1, 1}, `1 +`: {1, 4}, `(1 + 2`: {1, 7}, `1 2`: {1, 3}, `i["1"`: {1, 1}, `i[1]`: {1, 1}, `i["1] + 2`: {1, 1}, "1 +\n  x": {2, 3}, `1..2`: {1, 1}, `1.`: {1, 1},
		`i["1"] % 2`: {1, 8}, `1 + 1234567890123456789012345678901`: {1, 5}, strings.Repeat("(", 60) + "1" + strings.Repeat(")", 60): {1, 52}, strings.Repeat("1+", 1500) + "1": {1, 2001},
	} {
		_, err := rule.CompileFormula(from)
		var wrong *rule.Error
		if !errors.As(err, &wrong) || wrong.Line != want[0] || wrong.Column != want[1] {
			t.Errorf("%.40s: %v, want it in line %d, column %d", from, err, want[0], want[1])
		}
	}
}
