package schema_test

import (
	"fmt"
	"net/mail"
	"regexp"
	"strings"
	"testing"
	"time"
	"unicode"

	"golang.org/x/text/unicode/norm"
	"pgregory.net/rapid"

	"outreach/internal/project"
	"outreach/internal/schema"
	"outreach/internal/text"
)

var definition = &project.Definition{
	TimeZone:    "Europe/Warsaw",
	Period:      project.Period{From: "2009-11-02", To: "2011-02-28"},
	Region:      project.Region{Population: 2_070_000},
	Groups:      []project.Labelled{{ID: "individual", Label: project.Text{"pl": "osoba zainteresowana", "en": "interested person"}}},
	Activities:  []project.Activity{{ID: "partnerships", Label: project.Text{"pl": "Szkolenie: partnerstwa", "en": "Training: partnerships"}}, {ID: "incubator"}},
	OutputKinds: []project.OutputKind{{ID: "tv-spot", Label: project.Text{"pl": "spot telewizyjny", "en": "TV spot"}}},
}

var (
	strict = schema.Scope{Definition: definition, Today: "2026-11-23"}
	loose  = schema.Scope{Definition: definition, Today: "2026-11-23", Loose: true}
)

var list = schema.Fixed(
	schema.Option{ID: "completed", Label: project.Text{"pl": "ukończył(a)", "en": "finished"}, Also: []string{"ukończył", "ukończyła"}},
	schema.Option{ID: "social", Label: project.Text{"pl": "media społecznościowe", "en": "social media"}},
	schema.Option{ID: "radio", Label: project.Text{"pl": "Radio", "en": "radio"}},
	schema.Option{ID: "prize", Label: project.Text{"pl": "łaska"}},
	schema.Option{ID: "stick", Label: project.Text{"pl": "laska"}},
	schema.Option{ID: "doll", Label: project.Text{"pl": "lalką"}},
	schema.Option{ID: "dolls", Label: project.Text{"pl": "łalka"}})

// outcome formats the result of Parse: the canonical text, or ! with the problem's code and hint.
func outcome(value string, p *schema.Problem) string {
	if p == nil {
		return value
	}
	return strings.TrimSpace("!" + p.Code + " " + p.Hint)
}

func TestParse(t *testing.T) {
	t.Parallel()
	field := func(kind *schema.Type) schema.Field { return schema.Field{Name: "f", Type: kind} }
	whole := schema.Field{Name: "f", Type: schema.Whole, Min: -10, Max: 1e9}
	minutes := schema.Field{Name: "f", Type: schema.Whole, Min: 1, Max: 960}
	reach := schema.Field{Name: "f", Type: schema.Whole}
	decimal := schema.Field{Name: "f", Type: schema.Decimal, Max: 1e9}
	short := schema.Field{Name: "f", Longest: 3}
	choice := schema.Field{Name: "f", Type: schema.Choice, Options: list}
	required := schema.Field{Name: "f", Required: true}
	hours := schema.Field{Name: "f", Type: schema.Decimal, Max: 1000, Hours: true}
	inMinutes := schema.Field{Name: "f", Type: schema.Whole, Max: 960, Minutes: true}
	for _, tt := range []struct {
		name          string
		field         schema.Field
		value         string
		strict, loose string
	}{
		{"a date", field(schema.Date), "2010-07-21", "2010-07-21", "2010-07-21"},
		{"a Polish date", field(schema.Date), "21.07.2010", "!not_a_date", "2010-07-21"},
		{"a Polish date without zeros", field(schema.Date), "1.7.2010", "!not_a_date", "2010-07-01"},
		{"a day that is not in the calendar", field(schema.Date), "2010-02-29", "!not_a_date no_such_day", "!not_a_date no_such_day"},
		{"a leap day", field(schema.Date), "2012-02-29", "2012-02-29", "2012-02-29"},
		{"no leap day in 2100", field(schema.Date), "2100-02-29", "!not_a_date no_such_day", "!not_a_date no_such_day"},
		{"the thirty-first of June", field(schema.Date), "31.06.2010", "!not_a_date", "!not_a_date no_such_day"},
		{"a month too many", field(schema.Date), "2010-13-01", "!not_a_date no_such_day", "!not_a_date no_such_day"},
		{"day zero", field(schema.Date), "2010-01-00", "!not_a_date no_such_day", "!not_a_date no_such_day"},
		{"day zero, in the Polish way", field(schema.Date), "0.1.2010", "!not_a_date", "!not_a_date no_such_day"},
		{"a date with a time", field(schema.Date), "2010-07-21T00:00:00Z", "!not_a_date", "2010-07-21"},
		{"an instant on the next day of the project's zone", field(schema.Date), "2010-07-20T22:30:00Z", "!not_a_date", "2010-07-21"},
		{"an instant of another zone", field(schema.Date), "2010-07-21T09:00:00.000+14:00", "!not_a_date", "2010-07-20"},
		{"a date with a local time", field(schema.Date), "2010-07-21 10:05", "!not_a_date", "2010-07-21"},
		{"a Polish date with a time", field(schema.Date), "21.07.2010 9:05:11", "!not_a_date", "2010-07-21"},
		{"a date with hour 24", field(schema.Date), "2010-07-21 24:05", "!not_a_date", "!not_a_date"},
		{"the year first, with slashes", field(schema.Date), "2010/07/21", "!not_a_date", "2010-07-21"},
		{"slashes, and a day that is no month", field(schema.Date), "21/07/2010", "!not_a_date", "2010-07-21"},
		{"slashes, and a day that is no month, with a time", field(schema.Date), "21/7/2010 9:05", "!not_a_date", "2010-07-21"},
		{"slashes, and a month that is a day", field(schema.Date), "07/21/2010", "!not_a_date", "!not_a_date"},
		{"slashes that are ambiguous", field(schema.Date), "03/04/2010", "!not_a_date", "!not_a_date ambiguous"},
		{"slashes and a day that is not in the calendar", field(schema.Date), "31/06/2010", "!not_a_date", "!not_a_date"},
		{"points, the year first", field(schema.Date), "2010.07.21", "!not_a_date", "!not_a_date"},
		{"a short year", field(schema.Date), "1.7.10", "!not_a_date", "!not_a_date"},
		{"hyphens, the day first", field(schema.Date), "21-07-2010", "!not_a_date", "!not_a_date"},
		{"a month in words", field(schema.Date), "21-Jul-2010", "!not_a_date", "!not_a_date"},
		{"today", field(schema.Date), "2026-11-23", "2026-11-23", "2026-11-23"},
		{"tomorrow", field(schema.Date), "2026-11-24", "!in_the_future", "!in_the_future"},
		{"long ago", field(schema.Date), "1899-12-31", "!out_of_range date", "!out_of_range date"},
		{"spaces around", field(schema.Date), " \u00a02010-07-21\t", "2010-07-21", "2010-07-21"},

		{"a time", field(schema.TimeOfDay), "18:25", "18:25", "18:25"},
		{"midnight", field(schema.TimeOfDay), "00:00", "00:00", "00:00"},
		{"a time with seconds", field(schema.TimeOfDay), "18:25:59", "18:25", "18:25"},
		{"a time without its zero", field(schema.TimeOfDay), "8:05", "08:05", "08:05"},
		{"a time without the zero of its minutes", field(schema.TimeOfDay), "7:5", "!not_a_date time", "07:05"},
		{"a time with a point", field(schema.TimeOfDay), "18.25", "!not_a_date time", "18:25"},
		{"a time with a point and without its zero", field(schema.TimeOfDay), "8.05", "!not_a_date time", "08:05"},
		{"an ambiguous time", field(schema.TimeOfDay), "7.5", "!not_a_date time", "!not_a_date time"},
		{"a time with a comma", field(schema.TimeOfDay), "18,25", "!not_a_date time", "!not_a_date time"},
		{"hour 24 with a point", field(schema.TimeOfDay), "24.00", "!out_of_range time", "!out_of_range time"},
		{"hour 24", field(schema.TimeOfDay), "24:00", "!out_of_range time", "!out_of_range time"},
		{"hour 25", field(schema.TimeOfDay), "25:30:00", "!out_of_range time", "!out_of_range time"},
		{"minute 60", field(schema.TimeOfDay), "18:60", "!not_a_date time", "!not_a_date time"},
		{"a time in words", field(schema.TimeOfDay), "noon!", "!not_a_date time", "!not_a_date time"},

		{"an instant", field(schema.Instant), "2010-01-11T15:36:00+01:00", "2010-01-11T14:36:00Z", "2010-01-11T14:36:00Z"},
		{"an instant to the nanosecond", field(schema.Instant), "2010-01-11T15:36:00.5Z", "2010-01-11T15:36:00.5Z", "2010-01-11T15:36:00.5Z"},
		{"a local time in winter", field(schema.Instant), "2010-01-11 15:36", "!not_a_date instant", "2010-01-11T14:36:00Z"},
		{"a local time in summer", field(schema.Instant), "2010-07-11T15:36:05", "!not_a_date instant", "2010-07-11T13:36:05Z"},
		{"a local Polish time", field(schema.Instant), "11.7.2010 15:36", "!not_a_date instant", "2010-07-11T13:36:00Z"},
		{"a local Polish time with seconds", field(schema.Instant), "11.7.2010 15:36:05", "!not_a_date instant", "2010-07-11T13:36:05Z"},
		{"an instant with slashes", field(schema.Instant), "2010/07/11 15:36", "!not_a_date instant", "2010-07-11T13:36:00Z"},
		{"an ambiguous instant", field(schema.Instant), "03/04/2010 10:00", "!not_a_date instant", "!not_a_date ambiguous"},
		{"a day for an instant", field(schema.Instant), "2010-01-11", "!not_a_date instant", "2010-01-10T23:00:00Z"},
		{"a Polish day for an instant", field(schema.Instant), "11.01.2010", "!not_a_date instant", "2010-01-10T23:00:00Z"},
		{"today's last second", field(schema.Instant), "2026-11-23T22:59:59Z", "2026-11-23T22:59:59Z", "2026-11-23T22:59:59Z"},
		{"tomorrow in the project's zone", field(schema.Instant), "2026-11-23T23:00:00Z", "!in_the_future", "!in_the_future"},
		{"an instant long ago", field(schema.Instant), "1899-01-01T00:00:00Z", "!out_of_range date", "!out_of_range date"},

		{"a whole number", whole, "12500", "12500", "12500"},
		{"leading zeros", whole, "007", "7", "7"},
		{"a plus", whole, "+7", "7", "7"},
		{"a minus", whole, "-7", "-7", "-7"},
		{"no negative zero", whole, "-0", "0", "0"},
		{"grouped by spaces", whole, "12 500", "!not_a_number whole", "12500"},
		{"grouped by points", whole, "1.250.000", "!not_a_number whole", "1250000"},
		{"grouped by no-break spaces", whole, "12\u00a0500", "!not_a_number whole", "12500"},
		{"grouped by narrow no-break spaces", whole, "12\u202f500", "!not_a_number whole", "12500"},
		{"grouped by thin spaces", whole, "12\u2009500", "!not_a_number whole", "12500"},
		{"grouped by figure spaces", whole, "12\u2007500", "!not_a_number whole", "12500"},
		{"groups of two", whole, "12.50", "!not_a_number whole", "!not_a_number whole"},
		{"groups of four", whole, "1.2500", "!not_a_number whole", "!not_a_number whole"},
		{"four digits and a group", whole, "1250.000", "!not_a_number whole", "!not_a_number whole"},
		{"grouped by commas", whole, "12,500", "!not_a_number whole", "12500"},
		{"grouped by commas twice", whole, "1,250,000", "!not_a_number whole", "1250000"},
		{"grouped by commas and points", whole, "1,250.000", "!not_a_number whole", "!not_a_number whole"},
		{"a fraction of a thousand", whole, "0,500", "!not_a_number whole", "!not_a_number whole"},
		{"an exponent", whole, "1e3", "!not_a_number whole", "!not_a_number whole"},
		{"hexadecimal", whole, "0x10", "!not_a_number whole", "!not_a_number whole"},
		{"digits of another script", whole, "١٢", "!not_a_number whole", "!not_a_number whole"},
		{"sixteen digits", whole, "1000000000000000", "!not_a_number whole", "!not_a_number whole"},
		{"a sign alone", whole, "-", "!not_a_number whole", "!not_a_number whole"},
		{"too small", whole, "-11", "!out_of_range", "!out_of_range"},
		{"the smallest", minutes, "1", "1", "1"},
		{"below the smallest", minutes, "0", "!out_of_range", "!out_of_range"},
		{"the largest", minutes, "960", "960", "960"},
		{"above the largest", minutes, "961", "!out_of_range", "!out_of_range"},
		{"the whole population", reach, "2070000", "2070000", "2070000"},
		{"more than the population", reach, "2070001", "!out_of_range population", "!out_of_range population"},

		{"a decimal", decimal, "7.5", "7.5", "7.5"},
		{"a comma", decimal, "7,5", "!not_a_number decimal", "7.5"},
		{"trailing zeros", decimal, "7.50", "7.5", "7.5"},
		{"a point and three digits", decimal, "12.500", "12.5", "!not_a_number ambiguous"},
		{"a comma and three digits", decimal, "12,500", "!not_a_number decimal", "12.5"},
		{"a point and three digits where thousands are too many", hours, "12.500", "12.5", "!not_a_number ambiguous"},
		{"a comma and two digits", decimal, "12,50", "!not_a_number decimal", "12.5"},
		{"a fraction of three digits below one", decimal, "0.125", "0.125", "0.125"},
		{"four digits and a fraction of three", decimal, "1234,500", "!not_a_number decimal", "1234.5"},
		{"groups and a fraction", decimal, "1.234,5", "!not_a_number decimal", "1234.5"},
		{"groups and a fraction in English", decimal, "1,234.5", "!not_a_number decimal", "1234.5"},
		{"groups by spaces and a fraction of three", decimal, "1 234,500", "!not_a_number decimal", "1234.5"},
		{"two groups by points", decimal, "1.234.567", "!not_a_number decimal", "1234567"},
		{"a space is", decimal, "12 500", "!not_a_number decimal", "12500"},
		{"a duration where none is meant", decimal, "1h 57m", "!not_a_number decimal", "!not_a_number decimal"},
		{"a duration", hours, "1h 57m", "!not_a_number decimal", "1.95"},
		{"a duration with seconds", hours, "1h 57m 0s", "!not_a_number decimal", "1.95"},
		{"a duration in Polish", hours, "2 godz. 30 min", "!not_a_number decimal", "2.5"},
		{"hours alone", hours, "3 h", "!not_a_number decimal", "3"},
		{"a clock of hours", hours, "26:30", "!not_a_number decimal", "26.5"},
		{"a clock of hours with seconds", hours, "1:20:00", "!not_a_number decimal", "1.33"},
		{"hours in a column of minutes", inMinutes, "1h 30min", "!not_a_number minutes", "!not_a_number minutes"},
		{"a fraction in a column of minutes", inMinutes, "1,5", "!not_a_number minutes", "!not_a_number minutes"},
		{"two commas", decimal, "1,2,3", "!not_a_number decimal", "!not_a_number decimal"},
		{"a point at the end", decimal, "7.", "!not_a_number decimal", "!not_a_number decimal"},
		{"a point at the beginning", decimal, ".5", "!not_a_number decimal", "!not_a_number decimal"},
		{"six decimals", decimal, "0.000001", "0.000001", "0.000001"},
		{"seven decimals", decimal, "0.0000001", "!not_a_number decimal", "!not_a_number decimal"},
		{"infinity", decimal, "inf", "!not_a_number decimal", "!not_a_number decimal"},

		{"an id of the list", choice, "social", "social", "social"},
		{"an id in capitals", choice, "SOCIAL", "!not_in_list", "social"},
		{"a label", choice, "Media społecznościowe", "!not_in_list", "social"},
		{"an English label", choice, "Finished", "!not_in_list", "completed"},
		{"another spelling", choice, "UKOŃCZYŁA", "!not_in_list", "completed"},
		{"without Polish diacritics", choice, "Ukonczyl", "!not_in_list", "completed"},
		{"without some diacritics", choice, "media społecznosciowe", "!not_in_list", "social"},
		{"an option with diacritics", choice, "łaska", "!not_in_list", "prize"},
		{"an exact match comes before one without diacritics", choice, "Laska", "!not_in_list", "stick"},
		{"ambiguous without diacritics", choice, "lalka", "!not_in_list", "!not_in_list"},
		{"not in the list", choice, "soc", "!not_in_list", "!not_in_list"},

		{"yes", field(schema.YesNo), "yes", "yes", "yes"},
		{"tak", field(schema.YesNo), "Tak", "!not_in_list yes_no_json", "yes"},
		{"a zero", field(schema.YesNo), "0", "!not_in_list yes_no_json", "no"},
		{"a ticked box", field(schema.YesNo), "on", "!not_in_list yes_no_json", "yes"},
		{"perhaps", field(schema.YesNo), "perhaps", "!not_in_list yes_no_json", "!not_in_list yes_no"},

		{"an address", field(schema.Email), " Jan.Nowak+ces@Example.ORG ", "jan.nowak+ces@example.org", "jan.nowak+ces@example.org"},
		{"a name and an address", field(schema.Email), "Jan <jan@example.org>", "!unreadable email", "!unreadable email"},
		{"a local domain", field(schema.Email), "jan@localhost", "!unreadable email", "!unreadable email"},
		{"two dots", field(schema.Email), "jan..nowak@example.org", "!unreadable email", "!unreadable email"},
		{"a dot at the end", field(schema.Email), "jan@example.org.", "!unreadable email", "!unreadable email"},
		{"an address in a domain of Polish letters", field(schema.Email), "Jan@Żółw.example.org", "jan@żółw.example.org", "jan@żółw.example.org"},
		{"Polish letters before the @", field(schema.Email), "łucja@example.pl", "!unreadable email", "!unreadable email"},
		{"a number in the place of a domain", field(schema.Email), "jan@[127.0.0.1]", "!unreadable email", "!unreadable email"},
		{"an invalid domain", field(schema.Email), "jan@żół w.pl", "!unreadable email", "!unreadable email"},
		{"an address that is too long", field(schema.Email), strings.Repeat("a", 250) + "@example.org", "!unreadable email", "!unreadable email"},

		{"a PESEL", field(schema.Pesel), "44051401359", "44051401359", "44051401359"},
		{"a PESEL with spaces", field(schema.Pesel), "440514 01359", "44051401359", "44051401359"},
		{"a wrong digit", field(schema.Pesel), "44051401358", "!out_of_range pesel", "!out_of_range pesel"},
		{"ten digits", field(schema.Pesel), "4405140135", "!out_of_range pesel", "!out_of_range pesel"},
		{"letters", field(schema.Pesel), "4405140135x", "!not_a_number pesel", "!not_a_number pesel"},
		{"nothing but zeros", field(schema.Pesel), "00000000000", "!out_of_range pesel", "!out_of_range pesel"},

		{"a text", field(schema.Text), " Zażółć\tgęślą\njaźń ", "Zażółć\tgęślą\njaźń", "Zażółć\tgęślą\njaźń"},
		{"decomposed letters", field(schema.Text), "z\u0307o\u0301ł", "żół", "żół"},
		{"a byte order mark", field(schema.Text), "\ufeffx", "x", "x"},
		{"three characters, of more bytes", short, "żół", "żół", "żół"},
		{"four characters", short, "żółw", "!too_long", "!too_long"},
		{"too long comes before unreadable", short, "żół\x00", "!too_long", "!too_long"},
		{"a control character", field(schema.Text), "a\x00b", "!unreadable text", "!unreadable text"},
		{"a control character of the upper half", field(schema.Text), "a\u0085b", "!unreadable text", "!unreadable text"},
		{"a broken letter", field(schema.Text), "a\xc5", "!unreadable text", "!unreadable text"},
		{"three hundred characters", field(schema.Text), strings.Repeat("ż", 300), strings.Repeat("ż", 300), strings.Repeat("ż", 300)},
		{"three hundred and one", field(schema.Text), strings.Repeat("ż", 301), "!too_long", "!too_long"},

		{"nothing", field(schema.Date), "", "", ""},
		{"spaces are nothing", field(schema.Whole), " \u00a0", "", ""},
		{"nothing where something is needed", required, " ", "!missing", "!missing"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			for _, c := range []struct {
				scope schema.Scope
				want  string
			}{{strict, tt.strict}, {loose, tt.loose}} {
				value, problem := tt.field.Parse(tt.value, c.scope)
				if got := outcome(value, problem); got != c.want {
					t.Errorf("loose %v: %q is %q, want %q", c.scope.Loose, tt.value, got, c.want)
				}
				if problem != nil && problem.Field != "f" {
					t.Errorf("the problem is of field %q", problem.Field)
				}
			}
		})
	}
}

func TestNotInListProblemNamesTheOptions(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name          string
		field         schema.Field
		scope         schema.Scope
		want, inWords string
	}{
		{"options of a fixed list", schema.Field{Options: schema.Fixed(
			schema.Option{ID: "tv", Label: project.Text{"pl": "telewizja"}}, schema.Option{ID: "radio", Label: project.Text{"pl": "Radio"}}, schema.Option{ID: "bare"})},
			loose, "tv, radio, bare", "telewizja, radio, bare"},
		{"options of the definition with their ids", schema.Field{Options: schema.Activities}, loose, "partnerships, incubator", "Szkolenie: partnerstwa (partnerships), incubator"},
		{"ids for programs", schema.Field{Options: schema.Fixed(schema.Option{ID: "tv", Label: project.Text{"pl": "telewizja"}}, schema.Option{ID: "radio", Label: project.Text{"pl": "radio"}})},
			strict, "tv, radio", "telewizja (tv), radio"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			tt.field.Type = schema.Choice
			_, problem := tt.field.Parse("nothing of it", tt.scope)
			for language, list := range map[string]string{"en": tt.want, "pl": tt.inWords} {
				if got := text.Of(language).Problem(*problem); !strings.HasSuffix(got, ": "+list+".") {
					t.Errorf("in %s: %q, want %q", language, got, list)
				}
			}
		})
	}
}

// Reference implementations of the formats of numbers, dates, times and addresses, simpler and slower than Parse.
var (
	plainWhole   = regexp.MustCompile(`^[-+]?[0-9]{1,15}$`)
	groupedWhole = regexp.MustCompile(`^[-+]?[1-9][0-9]{0,2}((\.[0-9]{3}){1,4}|( [0-9]{3}){1,4}|(,[0-9]{3}){1,4})$`)
	fraction     = regexp.MustCompile(`^[-+]?(0*[0-9]{1,13}|[1-9][0-9]{0,2}((\.[0-9]{3}){1,3}|( [0-9]{3}){1,3}|(,[0-9]{3}){1,3}))[.,][0-9]{1,6}$`)
	ambiguous    = regexp.MustCompile(`^[-+]?[1-9][0-9]{0,2}\.[0-9]{3}$`)
	looseClock   = regexp.MustCompile(`^([01]?[0-9]|2[0-3])(:[0-5]?[0-9]|\.[0-5][0-9])$`)
	plainDecimal = regexp.MustCompile(`^[-+]?[0-9]{1,13}(\.[0-9]{1,6})?$`)
)

func isWhole(value string) bool { return plainWhole.MatchString(value) }

func isLooseWhole(value string) bool { return isWhole(value) || groupedWhole.MatchString(value) }

func isLooseDecimal(value string) bool {
	at := strings.LastIndexAny(value, ".,")
	other := at < 0 || !strings.Contains(value[:at], value[at:at+1])
	return !ambiguous.MatchString(value) && (isWhole(value) || groupedWhole.MatchString(value) && digitsOf(value) <= 12 || other && fraction.MatchString(value))
}

func digitsOf(value string) int { return len(regexp.MustCompile("[^0-9]").ReplaceAllString(value, "")) }

func isDay(value string) bool { _, err := time.Parse(time.DateOnly, value); return err == nil }

func isClock(value string) bool {
	_, err := time.Parse("15:04", value)
	if err != nil {
		_, err = time.Parse("15:04:05", value)
	}
	return err == nil
}

func isEmail(value string) bool {
	address, err := mail.ParseAddress(strings.ToLower(value))
	return err == nil && address.Address == strings.ToLower(value) && len(value) <= 254 && strings.Contains(value[strings.LastIndex(value, "@"):], ".")
}

func TestParseAgreesWithTheReferenceImplementation(t *testing.T) {
	t.Parallel()
	wide := func(kind *schema.Type) *schema.Field {
		return &schema.Field{Name: "f", Type: kind, Min: -1e15, Max: 1e15}
	}
	future := strict
	future.Today = "9999-12-31"
	futureLoose := future
	futureLoose.Loose = true
	for _, tt := range []struct {
		name    string
		values  string
		field   *schema.Field
		scope   schema.Scope
		allowed func(string) bool
	}{
		{"whole", `[-+]?[0-9]{0,16}[., ]?[0-9]{0,4}`, wide(schema.Whole), future, isWhole},
		{"loose whole", `[-+]?[0-9]{0,4}([. ,][0-9]{2,3}){0,5}`, wide(schema.Whole), futureLoose, isLooseWhole},
		{"decimal", `[-+]?[0-9]{0,13}([.,][0-9]{0,7}){0,2}`, wide(schema.Decimal), future, plainDecimal.MatchString},
		{"loose decimal", `[-+]?[0-9]{0,4}([. ,][0-9]{2,3}){0,5}`, wide(schema.Decimal), futureLoose, isLooseDecimal},
		{"date", `(1[09]|20)[0-9]{2}[-/][01][0-9]-[0-3][0-9]T?`, wide(schema.Date), future, func(v string) bool { return isDay(v) && v >= "1900" }},
		{"time", `[0-2]?[0-9][:.][0-6][0-9](:[0-6][0-9])?`, wide(schema.TimeOfDay), future, isClock},
		{"loose time", `[0-2]?[0-9][:.,][0-6]?[0-9]([:.][0-6][0-9])?`, wide(schema.TimeOfDay), futureLoose, func(v string) bool { return isClock(v) || looseClock.MatchString(v) }},
		{"address", `[a-cA-C0.!+"_ -]{1,5}@?[a-c.@-]{1,5}(\.pl)?`, wide(schema.Email), future, isEmail},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			rapid.Check(t, func(t *rapid.T) {
				value := rapid.StringMatching(tt.values).Draw(t, "value")
				if schema.Clean(value) != value || value == "" {
					t.Skip("not clean")
				}
				canonical, problem := tt.field.Parse(value, tt.scope)
				if allowed := tt.allowed(value); allowed != (problem == nil) {
					t.Fatalf("%q is allowed: %v, but parses as %s", value, allowed, outcome(canonical, problem))
				}
				if problem != nil {
					return
				}
				for _, s := range []schema.Scope{future, futureLoose} {
					if s.Loose && ambiguous.MatchString(canonical) {
						continue // a person may mean another number
					}
					if again, problem := tt.field.Parse(canonical, s); problem != nil || again != canonical {
						t.Fatalf("%q is canonical, but parses as %s", canonical, outcome(again, problem))
					}
				}
			})
		})
	}
}

func FuzzClean(f *testing.F) {
	for _, seed := range []string{"", " a ", "z\u0307", "\ufeff\u00a0x\u202f", "\xc5", "e\u0301\u0323 ", "\u1e0d\u0307", "가\u11a8"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, value string) {
		want := strings.TrimFunc(norm.NFC.String(value), func(r rune) bool { return unicode.IsSpace(r) || r == '\ufeff' })
		if got := schema.Clean(value); got != want {
			t.Errorf("%q: %q, want %q", value, got, want)
		}
	})
}

func TestNumber(t *testing.T) {
	t.Parallel()
	for n, want := range map[float64]string{0: "0", 7.5: "7.5", 1e12: "1000000000000", 1e-6: "0.000001", -3: "-3"} {
		if got := schema.Number(n); got != want {
			t.Errorf("%v: %q, want %q", n, got, want)
		}
	}
	for _, n := range []float64{1e16, -1e16} {
		if text, ok := schema.FromNumber(n); ok {
			t.Errorf("%v is taken as %q", n, text)
		}
	}
}

func TestPeselRequiresACorrectCheckDigit(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		value := rapid.StringMatching(`[0-9]{10}`).Draw(t, "digits")
		right := 0
		for last := range 10 {
			if schema.ValidPesel(fmt.Sprint(value, last)) {
				right++
			}
		}
		if want := 1; right != want && value != "0000000000" {
			t.Fatalf("%d last digits are right for %s", right, value)
		}
	})
}

var benchmarkFields = map[string]struct {
	field schema.Field
	value string
}{
	"date":        {schema.Field{Type: schema.Date}, "2010-03-11"},
	"polish-date": {schema.Field{Type: schema.Date}, "11.03.2010"},
	"clock":       {schema.Field{Type: schema.TimeOfDay}, "18:25"},
	"instant":     {schema.Field{Type: schema.Instant}, "2010-01-11T15:36:00+01:00"},
	"whole":       {schema.Field{Type: schema.Whole}, "7500"},
	"grouped":     {schema.Field{Type: schema.Whole}, "12\u00a0500"},
	"decimal":     {schema.Field{Type: schema.Decimal, Max: 100}, "7,5"},
	"text":        {schema.Field{}, "Razem łatwiej"},
	"list":        {schema.Field{Type: schema.Choice, Options: list}, "social"},
	"email":       {schema.Field{Type: schema.Email}, "osoba001@example.org"},
	"pesel":       {schema.Field{Type: schema.Pesel}, "44051401359"},
}

func BenchmarkParse(b *testing.B) {
	for name, bench := range benchmarkFields {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, problem := bench.field.Parse(bench.value, loose); problem != nil {
					b.Fatal(problem.Code)
				}
			}
		})
	}
}
