package definition

import (
	"strings"

	"outreach/internal/project"
	"outreach/internal/schema"
	"outreach/internal/text"
)

var (
	notText           = text.NewMessage("definition.error.not_text")
	noTabs            = text.NewMessage("definition.error.no_tabs")
	oneDocument       = text.NewMessage("definition.error.one_document")
	tooManyTokens     = text.NewMessage("definition.error.too_many_tokens")
	tooManyKeys       = text.NewMessage("definition.error.too_many_keys")
	tooManyBlanks     = text.NewMessage("definition.error.too_many_blanks")
	tooDeep           = text.NewMessage("definition.error.too_deep")
	wantValue         = text.NewMessage("definition.error.want_value")
	wantQuotedRule    = text.NewMessage("definition.error.want_quoted_rule")
	controlCharacters = text.NewMessage("definition.error.control_characters")
	populationNeeded  = text.NewMessage("definition.error.population_needed")
	recordsOfPeople   = text.NewMessage("definition.error.records_of_people")
	confirmNeeded     = text.NewMessage("definition.error.confirm_needed")
	wantUnit          = text.NewMessage("definition.error.want_unit")
)

func plainOnly(mark string) text.Message {
	return text.NewMessage("definition.error.plain_only", "mark", mark)
}

func wantMapping(keys []string) text.Message {
	return text.NewMessage("definition.error.want_mapping", "list", keys)
}

func wantList(key string) text.Message {
	return text.NewMessage("definition.error.want_list", "key", key)
}

func noSuchKey(key string, keys []string) text.Message {
	return text.NewMessage("definition.error.no_such_key", "key", short(key), "list", keys)
}

func keyTwice(key string, line int) text.Message {
	return text.NewMessage("definition.error.key_twice", "key", key, "line", line)
}

func valueTwice(key, value string, line int) text.Message {
	return text.NewMessage("definition.error.value_twice", "key", key, "value", short(value), "line", line)
}

func mustBeGiven(key string) text.Message {
	return text.NewMessage("definition.error.must_be_given", "key", key)
}

func wantID(id string) text.Message {
	return text.NewMessage("definition.error.want_id", "id", short(id))
}

func otherProject(id, want string) text.Message {
	return text.NewMessage("definition.error.other_project", "id", id, "want", want)
}

func idReserved(id string) text.Message {
	return text.NewMessage("definition.error.id_reserved", "id", id)
}

func wantEmail(given string) text.Message {
	return text.NewMessage("definition.error.want_email", "value", short(given))
}

func wantCode(code string) text.Message {
	return text.NewMessage("definition.error.want_code", "code", short(code))
}

func wantOneOf(value string, values []string) text.Message {
	if len(values) == 0 {
		return text.NewMessage("definition.error.want_nothing", "value", short(value))
	}
	return text.NewMessage("definition.error.want_one_of", "value", short(value), "list", values)
}

func noBreakdown(value, of string) text.Message {
	return text.NewMessage("definition.error.no_breakdown", "value", short(value), "of", of)
}

func wantWhole(given string) text.Message {
	if plain := withoutThousands(given); plain != "" {
		return wantPlainNumber(given, plain)
	}
	return text.NewMessage("definition.error.want_whole", "value", short(given))
}

func wantNumber(given string) text.Message {
	if plain := withoutThousands(given); plain != "" {
		return wantPlainNumber(given, plain)
	}
	return text.NewMessage("definition.error.want_number", "value", short(given))
}

func wantPlainNumber(given, plain string) text.Message {
	return text.NewMessage("definition.error.want_plain_number", "value", short(given), "number", plain)
}

var (
	thousands       = lazily(`^[-+]?[0-9]{1,3}((, ?|[ '_\x{a0}\x{202f}])[0-9]{3})+(\.[0-9]+)?$`)
	thousandsByStop = lazily(`^[-+]?[0-9]{1,3}(\.[0-9]{3})+$`)
	separators      = strings.NewReplacer(",", "", " ", "", "'", "", "_", "", "\u00a0", "", "\u202f", "")
)

// withoutThousands returns a number that is written with separators of thousands without them, "" for anything else.
// Within { } a comma is read with a space after it.
func withoutThousands(given string) string {
	switch {
	case len(given) > 40:
		return ""
	case thousands().MatchString(given):
		return separators.Replace(given)
	case thousandsByStop().MatchString(given):
		return strings.ReplaceAll(given, ".", "")
	}
	return ""
}

func wantBetween(given string, least, most float64) text.Message {
	return text.NewMessage("definition.error.want_between", "value", given, "least", schema.Number(least), "most", schema.Number(most))
}

func maxBelowZero(given string) text.Message {
	return text.NewMessage("definition.error.max_below_zero", "value", given)
}

func wantTwoDecimals(given string) text.Message {
	return text.NewMessage("definition.error.want_two_decimals", "value", short(given))
}

func wantDay(given string) text.Message {
	return text.NewMessage("definition.error.want_day", "value", short(given))
}

func wantMoment(given string) text.Message {
	return text.NewMessage("definition.error.want_moment", "value", short(given))
}

func wrongOrder(later, last, earlier, first string) text.Message {
	return text.NewMessage("definition.error.wrong_order", "later", later, "last", last, "earlier", earlier, "first", first)
}

func wantCurrency(code string) text.Message {
	return text.NewMessage("definition.error.want_currency", "code", short(code))
}

func wantTimeZone(name string) text.Message {
	return text.NewMessage("definition.error.want_time_zone", "name", short(name))
}

func wantAgeBand(band string) text.Message {
	return text.NewMessage("definition.error.want_age_band", "band", short(band))
}

func ageBandBackwards(band string) text.Message {
	return text.NewMessage("definition.error.age_band_backwards", "band", band)
}

func ageBandOverlaps(band string) text.Message {
	return text.NewMessage("definition.error.age_band_overlaps", "band", band)
}

func notAboutPeople(of string) text.Message {
	return text.NewMessage("definition.error.not_about_people", "of", of)
}

func noFieldHere(count string) text.Message {
	return text.NewMessage("definition.error.no_field_here", "count", count)
}

func fieldNeeded(count string) text.Message {
	return text.NewMessage("definition.error.field_needed", "count", count)
}

func wantOrigin(given string) text.Message {
	return text.NewMessage("definition.error.want_origin", "value", short(given))
}

func writeOrigin(given, want string) text.Message {
	return text.NewMessage("definition.error.write_origin", "value", short(given), "want", want)
}

func noWildcard(given string) text.Message {
	return text.NewMessage("definition.error.no_wildcard", "value", short(given))
}

func wantLike(value, example string) text.Message {
	return text.NewMessage("definition.error.want_like", "value", short(value), "example", example)
}

func wantWebAddress(value string) text.Message {
	return text.NewMessage("definition.error.want_web_address", "value", value)
}

func wantText(languages []string) text.Message {
	return text.NewMessage("definition.error.want_text", "form", "{"+strings.Join(languages, ": …, ")+": …}")
}

func textTooLarge(size int) text.Message {
	return text.NewCount("definition.error.text_too_large", int64(size), "size", size, "most", mostBytes)
}

// notYAML returns the message of a parser's error: a translated one for known mistakes, else the parser's English
// words.
func notYAML(detail string) text.Message {
	detail, _, _ = strings.Cut(detail, "\n")
	for _, e := range knownMistakes {
		if strings.Contains(detail, e.part) {
			return text.NewMessage("definition.error.not_yaml", "what", text.NewMessage(e.key))
		}
	}
	return text.NewMessage("definition.error.not_yaml", "detail", detail)
}

// knownMistakes maps distinctive parts of the parser's errors to keys of messages; the first match is used.
var knownMistakes = []struct{ part, key string }{
	{"end character of single-quoted", "definition.yaml.open_single_quote"},
	{"end character of double-quoted", "definition.yaml.open_double_quote"},
	{"flow mapping end token '}'", "definition.yaml.open_brace"},
	{"',' or '}' must be specified", "definition.yaml.comma_or_brace"},
	{"sequence end token ']'", "definition.yaml.open_bracket"},
	{"',' or ']' must be specified", "definition.yaml.comma_or_bracket"},
	{"'[' character corresponding", "definition.yaml.stray_bracket"},
	{"'{' character corresponding", "definition.yaml.stray_brace"},
	{"but found ','", "definition.yaml.comma_too_many"},
	{"mapping value is not allowed", "definition.yaml.colon_in_text"},
	{"map key-value is pre-defined", "definition.yaml.second_value"},
	{"key-value delimiter ':'", "definition.yaml.no_colon"},
	{"could not find value for mapping key", "definition.yaml.no_value"},
	{"could not find map value", "definition.yaml.no_value"},
	{"non-map value is specified", "definition.yaml.no_key"},
	{"block sequence entries are not allowed", "definition.yaml.list_on_line_of_key"},
	{"value is not allowed in this context", "definition.yaml.stray_value"},
	{"unexpected map key", "definition.yaml.stray_key"},
	{"unexpected key name", "definition.yaml.no_key_or_colon"},
	{"implicit line break", "definition.yaml.key_over_lines"},
	{"invalid key for this map", "definition.yaml.bad_key"},
	{"undefined map key", "definition.yaml.colon_without_key"},
	{"unexpected scalar value", "definition.yaml.stray_sign"},
	{"unknown escape character", "definition.yaml.unknown_escape"},
	{"is a reserved character", "definition.yaml.reserved_sign"},
	{"cannot start any token", "definition.yaml.tab"},
	{"tab character", "definition.yaml.tab"},
}

func tooManyItems(key string, count, most int) text.Message {
	return text.NewCount("definition.error.too_many_items", int64(count), "key", key, "count", count, "most", most)
}

func textTooLong(length, longest int) text.Message {
	return text.NewCount("definition.error.text_too_long", int64(length), "length", length, "longest", longest)
}

func wantAmount(given string, most float64) text.Message {
	return text.NewMessage("definition.error.want_amount", "value", short(given), "most", schema.Number(most))
}

func noSuchField(in project.Indicator, names []string) text.Message {
	return text.NewMessage("definition.error.no_such_field", "count", in.Count, "of", in.Of, "field", short(in.Field), "list", names)
}

func noSuchValue(variable, value string, values []string) text.Message {
	if len(values) == 0 {
		return text.NewMessage("definition.error.no_values", "variable", variable, "value", short(value))
	}
	if len(values) > 30 {
		values = append(values[:30:30], "…")
	}
	return text.NewMessage("definition.error.no_such_value", "variable", variable, "value", short(value), "list", values)
}

// short truncates a typed text to 60 characters.
func short(given string) string {
	if runes := []rune(given); len(runes) > 60 {
		return string(runes[:60]) + "…"
	}
	return given
}

func keyWithout(key, because string) text.Message {
	return text.NewMessage("definition.error.key_without", "key", key, "because", because)
}

func keyNotOfCount(key, count string, takes []string) text.Message {
	return text.NewMessage("definition.error.key_not_of_count", "key", key, "count", count, "list", takes)
}

func baselineBelow(baseline, target float64) text.Message {
	return text.NewMessage("definition.error.baseline_below", "baseline", schema.Number(baseline), "target", schema.Number(target))
}

func plannedTooLate(by, last string) text.Message {
	return text.NewMessage("definition.warning.planned_too_late", "by", by, "last", last)
}

func planFalls(by string) text.Message {
	return text.NewMessage("definition.warning.plan_falls", "by", by)
}

func baselineAbove(baseline, target float64) text.Message {
	return text.NewMessage("definition.warning.baseline_above", "baseline", schema.Number(baseline), "target", schema.Number(target))
}

var zeroIsAlwaysMet = text.NewMessage("definition.warning.zero_target")

func otherKindOfRecord(among, of string) text.Message {
	return text.NewMessage("definition.error.other_kind_of_record", "among", among, "of", of)
}

func noSuchIndicator(code string, codes []string) text.Message {
	return text.NewMessage("definition.error.no_such_indicator", "code", short(code), "list", codes)
}

func notANumberOf(code string) text.Message {
	return text.NewMessage("definition.error.not_a_number_of", "code", short(code))
}

func notPublic(code string) text.Message {
	return text.NewMessage("definition.error.not_public", "code", short(code))
}

func inCircle(circle []string) text.Message {
	return text.NewMessage("definition.error.in_circle", "circle", strings.Join(circle, " → "))
}

func tooManyOperands(count, most int) text.Message {
	return text.NewCount("definition.error.too_many_operands", int64(count), "count", count, "most", most)
}

var noProgramme = text.NewMessage("definition.error.no_programme")

func cannotBeAdded(count string) text.Message {
	return text.NewMessage("definition.error.cannot_be_added", "count", count)
}
