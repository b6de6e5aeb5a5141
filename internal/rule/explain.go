package rule

import (
	"cmp"
	"errors"
	"regexp"
	"slices"
	"sync"

	"github.com/expr-lang/expr/file"

	"outreach/internal/schema"
	"outreach/internal/text"
)

var (
	oneExpression  = text.NewMessage("rule.error.one_expression")
	rangePlace     = text.NewMessage("rule.error.range_place")
	patternText    = text.NewMessage("rule.error.pattern_text")
	patternUnclear = text.NewMessage("rule.error.pattern_unclear")
	patternLarge   = text.NewMessage("rule.error.pattern_large")
	endsEarly      = text.NewMessage("rule.error.ends_early")
	singleEquals   = text.NewMessage("rule.error.single_equals")
	openQuote      = text.NewMessage("rule.error.open_quote")
	noNil          = text.NewMessage("rule.error.no_nil")
	notTrueOrFalse = text.NewMessage("rule.error.not_true_or_false")
	tooManyParts   = text.NewMessage("rule.error.too_many_parts", "most", mostParts)
)

func tooLong(length int) text.Message {
	return text.NewCount("rule.error.too_long", int64(length), "length", length, "longest", longest)
}

func (in *inspection) unknownVariable(name string) text.Message {
	isList := func(k *schema.Kind) bool { return k.Person && k.Plural == name }
	if in.kind.Person && slices.ContainsFunc(in.registry.Kinds, isList) {
		return onlyOverPeople(name)
	}
	names := make([]string, len(in.variables))
	for i, v := range in.variables {
		names[i] = v.name
	}
	return text.NewMessage("rule.error.unknown_variable", "name", name, "kind", in.kind.Name, "list", names)
}

func (in *inspection) unknownFunction(name string) text.Message {
	if in.kind.Person && slices.Contains(PersonFunctions, name) {
		return onlyOverPeople(name)
	}
	return unknownFunction(name)
}

func unknownFunction(name string) text.Message {
	return text.NewMessage("rule.error.unknown_function", "name", name, "list", Functions)
}

// onlyOverPeople is the message for a name of a rule over people in one over records.
func onlyOverPeople(name string) text.Message {
	return text.NewMessage("rule.error.only_over_people", "name", name)
}

// unclear is the message for any other error; the detail is Expr's, in English.
func unclear(detail string) text.Message {
	return text.NewMessage("rule.error.unclear", "detail", detail)
}

var typeWords = map[string]string{"string": "rule.type.text", "int": "rule.type.whole", "float64": "rule.type.number", "bool": "rule.type.condition"}

func typeWord(name string) text.Message {
	return text.NewMessage(cmp.Or(typeWords[name], "rule.type.list"))
}

// explanations are messages for common errors of Expr; the first pattern that matches is used.
var explanations = sync.OnceValue(func() []explanation {
	return []explanation{
		{regexp.MustCompile(`^unexpected (token EOF|end)`), func([]string) text.Message { return endsEarly }},
		{regexp.MustCompile(`^unexpected token Operator\("="\)`), func([]string) text.Message { return singleEquals }},
		{regexp.MustCompile(`^unexpected token \w+\("(.+)"\)`), func(m []string) text.Message {
			return text.NewMessage("rule.error.unexpected", "sign", m[1])
		}},
		{regexp.MustCompile(`^unrecognized character: \S+ '(.)'`), func(m []string) text.Message {
			return text.NewMessage("rule.error.bad_sign", "sign", m[1])
		}},
		{regexp.MustCompile(`^literal not terminated`), func([]string) text.Message { return openQuote }},
		{regexp.MustCompile(`maximum allowed nodes`), func([]string) text.Message { return tooManyParts }},
		{regexp.MustCompile(`^invalid operation: (\S+) \(mismatched types (.+) and (.+)\)$`), func(m []string) text.Message {
			return text.NewMessage("rule.error.mismatch", "sign", m[1], "left", typeWord(m[2]), "right", typeWord(m[3]))
		}},
		{regexp.MustCompile(`^invalid operation: (\S+) \(mismatched type (.+)\)$`), func(m []string) text.Message {
			return text.NewMessage("rule.error.bad_after", "sign", m[1], "after", typeWord(m[2]))
		}},
		{regexp.MustCompile(`^cannot use (\S+) as type (\S+) in array$`), func(m []string) text.Message {
			return text.NewMessage("rule.error.not_in", "left", typeWord(m[1]), "in", typeWord(m[2]))
		}},
		{regexp.MustCompile(`^invalid argument for (\w+)|arguments? .*to call (\w+)`), func(m []string) text.Message {
			return text.NewMessage("rule.error.bad_arguments", "name", m[1]+m[2])
		}},
	}
})

type explanation struct {
	pattern *regexp.Regexp
	say     func(parts []string) text.Message
}

func explain(err error) *Error {
	located, ok := errors.AsType[*file.Error](err)
	if !ok {
		// The only error without a position is the one of the type of the whole rule.
		return &Error{Line: 1, Column: 1, Message: notTrueOrFalse}
	}
	message := unclear(located.Message)
	for _, e := range explanations() {
		if parts := e.pattern.FindStringSubmatch(located.Message); parts != nil {
			message = e.say(parts)
			break
		}
	}
	return &Error{Line: max(located.Line, 1), Column: located.Column + 1, Message: message}
}
