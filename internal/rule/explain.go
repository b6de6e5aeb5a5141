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
	noNil          = project.Text{EN: "There is no nil here: what was not given is \"\", or 0 for a number.", PL: "Nie ma tu nil: wartość niepodana to \"\", a dla liczby 0."}
	notTrueOrFalse = project.Text{EN: "A rule has to be true or false for a record, such as outcome == \"completed\".", PL: "Reguła musi być prawdziwa albo fałszywa, na przykład outcome == \"completed\"."}
	tooManyParts   = project.Text{EN: fmt.Sprintf("The rule has more than %d parts: make it simpler.", mostParts), PL: fmt.Sprintf("Reguła ma więcej niż %d elementów: należy ją uprościć.", mostParts)}
)

func tooLong(length int) project.Text {
	return project.Text{
		EN: fmt.Sprintf("The rule has %d characters; at most %d are allowed.", length, longest),
		PL: fmt.Sprintf("Reguła ma %d znaków, a może mieć najwyżej %d.", length, longest),
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

// unclear is the message for what has none of its own; the detail is Expr's, for readers of English.
func unclear(detail string) project.Text {
	if detail != "" {
		detail = " (" + detail + ")"
	}
	return project.Text{EN: "The rule cannot be understood here" + detail + ".", PL: "Reguły nie da się tu zrozumieć. Należy sprawdzić nawiasy, znaki && i || oraz cudzysłowy."}
}

var typeWords = map[string]project.Text{
	"string":  {EN: "a text", PL: "tekst"},
	"int":     {EN: "a whole number", PL: "liczba całkowita"},
	"float64": {EN: "a number", PL: "liczba"},
	"bool":    {EN: "a condition", PL: "warunek"},
}

func typeWord(name string) project.Text {
	if word, ok := typeWords[name]; ok {
		return word
	}
	return project.Text{EN: "a list", PL: "lista"}
}

// explanations turn the commonest errors of Expr into sentences for whoever wrote the rule; the first that fits is taken.
var explanations = []struct {
	pattern *regexp.Regexp
	say     func(parts []string) project.Text
}{
	{regexp.MustCompile(`^unexpected (token EOF|end)`), func([]string) project.Text { return endsEarly }},
	{regexp.MustCompile(`^unexpected token Operator\("="\)`), func([]string) project.Text { return singleEquals }},
	{regexp.MustCompile(`^unexpected token \w+\("(.+)"\)`), func(m []string) project.Text {
		return project.Text{
			EN: fmt.Sprintf("%s is not expected here. Conditions are joined by && or ||, a text stands in quotes, a number has a full stop before its decimals.", m[1]),
			PL: fmt.Sprintf("Nie można tu użyć %s. Warunki łączy się przez && lub ||, tekst zapisuje się w cudzysłowie, a ułamek liczby po kropce.", m[1]),
		}
	}},
	{regexp.MustCompile(`^unrecognized character: \S+ '(.)'`), func(m []string) project.Text {
		return project.Text{
			EN: fmt.Sprintf("The sign %s cannot stand here. Quotes are \" or '.", m[1]),
			PL: fmt.Sprintf("Znak %s nie może tu stać. Cudzysłowy to \" lub '.", m[1]),
		}
	}},
	{regexp.MustCompile(`^literal not terminated`), func([]string) project.Text { return openQuote }},
	{regexp.MustCompile(`maximum allowed nodes`), func([]string) project.Text { return tooManyParts }},
	{regexp.MustCompile(`^invalid operation: (\S+) \(mismatched types (.+) and (.+)\)$`), func(m []string) project.Text {
		left, right := typeWord(m[2]), typeWord(m[3])
		return project.Text{
			EN: fmt.Sprintf("On the two sides of %s, %s and %s do not go together.", m[1], left.EN, right.EN),
			PL: fmt.Sprintf("Po obu stronach %s: %s i %s nie pasują do siebie.", m[1], left.PL, right.PL),
		}
	}},
	{regexp.MustCompile(`^invalid operation: (\S+) \(mismatched type (.+)\)$`), func(m []string) project.Text {
		after := typeWord(m[2])
		return project.Text{
			EN: fmt.Sprintf("After %s cannot stand %s.", m[1], after.EN),
			PL: fmt.Sprintf("Po %s nie może stać %s.", m[1], after.PL),
		}
	}},
	{regexp.MustCompile(`^cannot use (\S+) as type (\S+) in array$`), func(m []string) project.Text {
		left, in := typeWord(m[1]), typeWord(m[2])
		return project.Text{
			EN: fmt.Sprintf("Before in stands %s, and in the list %s: the two do not go together.", left.EN, in.EN),
			PL: fmt.Sprintf("Przed in stoi %s, a na liście %s: nie pasują do siebie.", left.PL, in.PL),
		}
	}},
	{regexp.MustCompile(`^invalid argument for (\w+)|arguments? .*to call (\w+)`), func(m []string) project.Text {
		name := m[1] + m[2]
		return project.Text{
			EN: fmt.Sprintf("The function %s cannot take these values.", name),
			PL: fmt.Sprintf("Funkcja %s nie przyjmuje takich wartości.", name),
		}
	}},
}

func explain(err error) *Error {
	located, ok := errors.AsType[*file.Error](err)
	if !ok {
		// The one error without a place is that of the whole rule's type.
		return &Error{Line: 1, Column: 1, Message: notTrueOrFalse}
	}
	message := unclear(located.Message)
	for _, e := range explanations {
		if parts := e.pattern.FindStringSubmatch(located.Message); parts != nil {
			message = e.say(parts)
			break
		}
	}
	return &Error{Line: max(located.Line, 1), Column: located.Column + 1, Message: message}
}
