package rule

import (
	"errors"
	"fmt"
	"regexp"
	"strings"

	"github.com/expr-lang/expr/file"

	"outreach/internal/project"
	"outreach/internal/record"
)

var (
	oneExpression  = project.Text{EN: "A rule is one condition: it declares no variables and has no steps.", PL: "Reguła to jeden warunek: nie deklaruje zmiennych i nie ma kroków."}
	rangePlace     = project.Text{EN: "A range stands only after a variable and in, between two whole numbers: birth_year in 1980..1990.", PL: "Zakres może stać tylko po zmiennej i in, między dwiema liczbami całkowitymi: birth_year in 1980..1990."}
	patternText    = project.Text{EN: "After matches stands a pattern in quotes.", PL: "Po matches musi stać wzorzec w cudzysłowie."}
	patternUnclear = project.Text{EN: "This pattern is not a regular expression, or is longer than 200 characters.", PL: "Ten wzorzec nie jest wyrażeniem regularnym albo ma ponad 200 znaków."}
	patternLarge   = project.Text{EN: "This pattern repeats too much: use a smaller one.", PL: "Ten wzorzec ma za dużo powtórzeń: należy użyć mniejszego."}
	endsEarly      = project.Text{EN: "The rule ends too early: something is missing here.", PL: "Reguła kończy się za wcześnie: czegoś tu brakuje."}
	singleEquals   = project.Text{EN: "Equality is written == , with two signs.", PL: "Równość zapisuje się dwoma znakami: == ."}
	openQuote      = project.Text{EN: "A text in quotes is not closed.", PL: "Tekst w cudzysłowie nie jest zamknięty."}
	notTrueOrFalse = project.Text{EN: "A rule has to be true or false for a record, such as outcome == \"completed\".", PL: "Reguła musi być prawdziwa albo fałszywa, na przykład outcome == \"completed\"."}
	tooManyParts   = project.Text{EN: fmt.Sprintf("The rule has more than %d parts: make it simpler.", MostParts), PL: fmt.Sprintf("Reguła ma więcej niż %d elementów: należy ją uprościć.", MostParts)}
)

func tooLong(length int) project.Text {
	return project.Text{
		EN: fmt.Sprintf("The rule has %d characters; at most %d are allowed.", length, Longest),
		PL: fmt.Sprintf("Reguła ma %d znaków, a może mieć najwyżej %d.", length, Longest),
	}
}

func unknownVariable(name string, kind *record.Kind, variables []variable) project.Text {
	names := make([]string, len(variables))
	for i, v := range variables {
		names[i] = v.name
	}
	list := strings.Join(names, ", ")
	return project.Text{
		EN: fmt.Sprintf("There is no variable %s in rules of %s. There are: %s. A text stands in quotes.", name, kind.Name, list),
		PL: fmt.Sprintf("W regułach dla %s nie ma zmiennej %s. Są: %s. Tekst zapisuje się w cudzysłowie.", kind.Name, name, list),
	}
}

func unknownFunction(name string) project.Text {
	list := strings.Join(Functions, ", ")
	return project.Text{
		EN: fmt.Sprintf("Rules have no function %s. There are: %s.", name, list),
		PL: fmt.Sprintf("W regułach nie ma funkcji %s. Są: %s.", name, list),
	}
}

// unclear is the message for what has none of its own; the detail is Expr's, in English.
func unclear(detail string) project.Text {
	if detail != "" {
		detail = " (" + detail + ")"
	}
	return project.Text{EN: "The rule cannot be understood here" + detail + ".", PL: "Reguły nie da się tu zrozumieć" + detail + "."}
}

var (
	mismatch  = regexp.MustCompile(`^invalid operation: (\S+) \(mismatched types (.+) and (.+)\)$`)
	typeWords = map[string]project.Text{
		"string":  {EN: "a text", PL: "tekst"},
		"int":     {EN: "a whole number", PL: "liczba całkowita"},
		"float64": {EN: "a number", PL: "liczba"},
		"bool":    {EN: "a condition", PL: "warunek"},
	}
)

func typeWord(name string) project.Text {
	if word, ok := typeWords[name]; ok {
		return word
	}
	return project.Text{EN: "a list", PL: "lista"}
}

// explain turns an error of Expr into a sentence for whoever wrote the rule.
func explain(err error) *Error {
	located, ok := errors.AsType[*file.Error](err)
	if !ok {
		// The one error without a place is the rule's type.
		return &Error{Line: 1, Column: 1, Message: notTrueOrFalse}
	}
	message := located.Message
	text := unclear(message)
	switch {
	case strings.HasPrefix(message, "unexpected token EOF"), strings.HasPrefix(message, "unexpected end"):
		text = endsEarly
	case strings.HasPrefix(message, `unexpected token Operator("=")`):
		text = singleEquals
	case strings.HasPrefix(message, "literal not terminated"):
		text = openQuote
	case strings.Contains(message, "maximum allowed nodes"):
		text = tooManyParts
	default:
		if m := mismatch.FindStringSubmatch(message); m != nil {
			left, right := typeWord(m[2]), typeWord(m[3])
			text = project.Text{
				EN: fmt.Sprintf("%s and %s do not go together with %s.", left.EN, right.EN, m[1]),
				PL: fmt.Sprintf("%s i %s nie pasują do siebie przy %s.", left.PL, right.PL, m[1]),
			}
			text.EN = "On the two sides, " + text.EN
			text.PL = "Po obu stronach: " + text.PL
		}
	}
	return &Error{Line: max(located.Line, 1), Column: located.Column + 1, Message: text}
}
