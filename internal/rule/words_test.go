package rule_test

import (
	"regexp"
	"slices"
	"testing"

	"github.com/expr-lang/expr/conf"
	"github.com/expr-lang/expr/parser"
	"github.com/expr-lang/expr/parser/operator"

	"outreach/internal/rule"
)

func TestWordsHaveAllOfTheRuleLanguage(t *testing.T) {
	t.Parallel()
	words := rule.Words()
	want := slices.Concat(rule.Functions, rule.PersonFunctions)
	isWord := regexp.MustCompile(`^[a-zA-Z]+$`)
	for _, signs := range []map[string]operator.Operator{operator.Unary, operator.Binary} {
		for sign := range signs {
			if isWord.MatchString(sign) {
				want = append(want, sign)
			}
		}
	}
	for _, word := range want {
		if !slices.Contains(words, word) {
			t.Errorf("%s is missing", word)
		}
	}
	// A word that Expr takes for no name must be one of ours, and so must each that rules know.
	for _, candidate := range append([]string{"let", "if", "else", "true", "false", "nil", "entry", "i", "days", "and", "or", "not", "in"}, words...) {
		tree, err := parser.ParseWithConfig(candidate, conf.CreateNew())
		if (err != nil || tree.Node.String() != candidate) && !slices.Contains(words, candidate) {
			t.Errorf("%s is no name in Expr, and is missing", candidate)
		}
	}
}
