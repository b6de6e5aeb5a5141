package rule_test

import (
	"errors"
	"strings"
	"testing"

	"outreach/internal/project"
	"outreach/internal/rule"
	"outreach/internal/schema"
	"outreach/internal/text"
)

// someone is a person of the tests: records by plural, each a text such as "date=2010-03-01 hours=1.5".
type someone struct {
	registry   *schema.Registry
	attributes map[string]string
	entry      string
	records    map[string][]string
}

func (s someone) Attribute(place int) string { return s.attributes[s.registry.AttributeNames()[place]] }
func (s someone) Entry() string              { return s.entry }
func (s someone) Records(kind int) int       { return len(s.records[s.registry.Kinds[kind].Plural]) }

func (s someone) Value(kind, record, variable int) string {
	name := rule.Variables(s.registry, s.registry.Kinds[kind])[variable].Name
	for part := range strings.FieldsSeq(s.records[s.registry.Kinds[kind].Plural][record]) {
		if key, value, _ := strings.Cut(part, "="); key == name {
			return value
		}
	}
	return s.attributes[name]
}

// personRegistry is that of a definition with a kind, a date and several choices of its own.
func personRegistry(tb testing.TB) *schema.Registry {
	tb.Helper()
	registry, err := schema.Extend(schema.Builtin(), project.RecordKind{Name: "exit", Person: true, Fields: []project.RecordField{
		{ID: "date", Type: "date", Required: true, Key: true}, {ID: "until", Type: "date"}, {ID: "situation", Type: "choices", Options: []project.RecordOption{{ID: "homeless"}, {ID: "minority"}}},
	}})
	if err != nil {
		tb.Fatal(err)
	}
	return registry
}

func TestRulesOverAPerson(t *testing.T) {
	t.Parallel()
	registry := personRegistry(t)
	ala := someone{registry: registry, entry: "2010-03-01",
		attributes: map[string]string{"sex": "female", "birth_year": "1985", "education": ""},
		records: map[string][]string{
			"attendance": {"date=2010-03-01 hours=0.1 outcome=completed activity=a", "date=2010-03-02 hours=0.2 outcome=withdrew activity=a", "date=2010-03-09 outcome=completed activity=b"},
			"tests":      {"date=2010-03-05 pre_score=1 post_score=2.5 max_score=10"},
			"exit":       {"date=2010-03-29 situation=homeless|minority"},
		}}
	for who, want := range map[string]bool{
		// Numbers are exact.
		`sum(attendance, .hours) == 0.3`:                       true,
		`sum(attendance, .hours * 3) == 0.9`:                   true,
		`sum(map(attendance, .hours)) == 0.3`:                  true,
		`sum(attendance, .hours) - 0.1 == 0.2`:                 true,
		`sum(tests, .post_score - .pre_score) == 1.5`:          true,
		`sum(attendance, .hours) / 3 * 3 == 0.3`:               true,
		`mean(map(attendance, .hours)) * 3 == 0.3`:             true,
		`1 / 3 + 1 / 3 + 1 / 3 == 1 && len(exit) == 1`:         true,
		`sum(consultations, .minutes) == 0`:                    true,
		`max(map(attendance, .hours)) == 0.2`:                  true,
		`min(1, 0.5, len(attendance)) == 0.5`:                  true,
		`round(2.5) == 3 && round(-2.5) == -3 && entry != ""`:  true,
		`floor(-0.5) == -1 && ceil(0.1) == 1 && entry != ""`:   true,
		`int(7.9) == 7 && 7 % 4 == 3 && entry != ""`:           true,
		`abs(-0.5) == .5 && 2 ** 3 == 8 && entry != ""`:        true,
		`9007199254740993 == 9007199254740992 || entry == "x"`: false,
		// Lists, as Expr has them.
		`any(attendance, .outcome == "withdrew")`:                         true,
		`all(attendance, .outcome == "completed")`:                        false,
		`all(consultations, .minutes > 5)`:                                true,
		`none(consultations, true)`:                                       true,
		`one(attendance, .activity == "b")`:                               true,
		`count(attendance, .outcome == "completed") == 2`:                 true,
		`count(attendance) == len(attendance)`:                            true,
		`len(filter(attendance, .hours > 0)) == 2`:                        true,
		`any(filter(attendance, .hours > 0.1), .outcome == "completed")`:  false,
		`attendance[0].hours == 0.1 && attendance[-1].activity == "b"`:    true,
		`first(attendance).hours == 0.1 && last(attendance).hours == 0`:   true,
		`find(attendance, .hours > 0.1).outcome == "withdrew"`:            true,
		`findLast(attendance, .outcome == "completed").activity == "b"`:   true,
		`"b" in map(attendance, .activity)`:                               true,
		`"c" not in map(attendance, .activity)`:                           true,
		`attendance | any(.hours > 0.1)`:                                  true,
		`len(attendance[1:]) == 2`:                                        true,
		`any(attendance, any(tests, .post_score > 2))`:                    true,
		`any(attendance, .sex == "female")`:                               true,
		`any(attendance, {.hours > 0.1 and #.outcome startsWith "with"})`: true,
		`"homeless" in exit[0].situation && len(exit[0].situation) == 2`:  true,
		`any(exit, any(.situation, # == "minority"))`:                     true,
		`birth_year in 1980..1990`:                                        true,
		`birth_year not in 1980..1990`:                                    false,
		`sex in ["female", "other"] && not (education == "isced-3-4")`:    true,
		`education == ""`: true,
		`lower(upper(sex)) matches "^f.+e$" and hasPrefix(sex, "fe")`:  true,
		`1 < len(attendance) <= 3`:                                     true,
		`(len(attendance) > 2 ? "many" : "few") == "many"`:             true,
		`if len(attendance) > 2 {true} else {false}`:                   true,
		`string(len(attendance)) + trim(" x ") == "3x"`:                true,
		`indexOf(sex, "m") == 2 && len(sex) == 6 && sex[0:2] == "fe"`:  true,
		`int("7") + float("0.5") == 7.5 && len(exit) > 0`:              true,
		`sum(attendance, .outcome == "completed" ? .hours : 0) == 0.1`: true,
		`sum(attendance, .hours) >= 8 && any(tests, .post_score > 1)`:  false,
		`len(consultations) == 0`:                                      true,
		// Days.
		`any(exit, days(entry, .date) == 28)`:           true,
		`any(exit, days(.date, entry) == -28)`:          true,
		`any(exit, days(entry, .date) <= 27)`:           false,
		`days("2010-02-28", entry) == 1`:                true,
		`days(attendance[0].date, exit[0].date) == 28`:  true,
		`entry >= "2010-03-01" && entry < "2010-03-02"`: true,
		`any(signups, days(entry, .submitted_at) < 0)`:  false,
		// What is missing is met by no comparison.
		`attendance[3].hours == 0`:                         false,
		`attendance[3].hours != 1`:                         false,
		`attendance[-4].outcome != "completed"`:            false,
		`attendance[3].outcome == ""`:                      false,
		`attendance[3].outcome not in ["completed"]`:       false,
		`!(attendance[3].outcome in ["completed"])`:        true,
		`exit[0].until != "2010-01-01"`:                    false,
		`exit[0].until < "2010-01-01"`:                     false,
		`exit[0].until == ""`:                              true,
		`exit[0].until != ""`:                              false,
		`exit[0].until == exit[0].until`:                   false,
		`exit[1].date == ""`:                               false,
		`any(exit, days(.until, .date) != 1)`:              false,
		`any(exit, days(.until, .date) + 1 > -1000000)`:    false,
		`sum(exit, days(.until, .date)) == 0`:              true,
		`(exit[1].date ?? entry) == "2010-03-01"`:          true,
		`exit[1]?.date == entry`:                           false,
		`first(consultations).minutes >= 0`:                false,
		`max(map(consultations, .minutes)) >= 0`:           false,
		`mean(map(consultations, .minutes)) != 7`:          false,
		`len(exit) / len(consultations) > 0`:               false,
		`exit[1].situation contains "x" || len(exit) == 9`: false,
		`"homeless" in exit[1].situation`:                  false,
		`any(exit[1].situation, true)`:                     false,
		`!any(exit[1].situation, true)`:                    true,
	} {
		if who == `exit[1].situation contains "x" || len(exit) == 9` {
			continue // a list has no text
		}
		r, err := rule.CompilePerson(registry, who)
		if err != nil {
			t.Errorf("%s: %v", who, err)
			continue
		}
		v := rule.NewPersonVars(registry)
		for range 2 { // the second time as the first
			if got, err := r.Holds(v, ala); err != nil || got != want {
				t.Errorf("%s is %t, %v; want %t", who, got, err, want)
			}
		}
	}
	nobody := someone{registry: registry, attributes: map[string]string{}}
	for who, want := range map[string]bool{
		`entry == ""`: true, `entry != ""`: false, `entry != "2010-01-01"`: false, `entry < "2010-01-01"`: false, `"" == entry`: true,
		`days(entry, "2010-01-01") < 100000`: false, `any(exit, days(entry, .date) <= 28)`: false, `sex != "female"`: true, `birth_year == 0`: true,
	} {
		r, err := rule.CompilePerson(registry, who)
		if err != nil {
			t.Errorf("%s: %v", who, err)
			continue
		}
		if got, err := r.Holds(rule.NewPersonVars(registry), nobody); err != nil || got != want {
			t.Errorf("of nobody, %s is %t, %v; want %t", who, got, err, want)
		}
	}
}

func TestRulesOverAPersonThatFail(t *testing.T) {
	t.Parallel()
	registry := personRegistry(t)
	p := someone{registry: registry, attributes: map[string]string{"sex": "female"}, records: map[string][]string{"attendance": {"hours=1.5 outcome=completed"}, "tests": {"max_score=0"}}}
	for _, who := range []string{`int(sex) > 3`, `any(tests, 7 % .max_score == 0)`, `any(attendance, .hours % 1 == 0)`, `0 ** (0 - len(tests)) > 1`, `10 ** 300 * len(tests) > 1`} {
		r, err := rule.CompilePerson(registry, who)
		if err != nil {
			t.Errorf("%s: %v", who, err)
			continue
		}
		if _, err := r.Holds(rule.NewPersonVars(registry), p); !errors.Is(err, rule.ErrFailed) {
			t.Errorf("%s: %v, want that it fails", who, err)
		}
		if len(r.Risks()) == 0 && who != `any(attendance, .hours % 1 == 0)` {
			t.Errorf("%s: nobody is warned", who)
		}
	}
	// What is not evaluated does not fail.
	r, err := rule.CompilePerson(registry, `sex == "female" || int(sex) > 3`)
	if err != nil {
		t.Fatal(err)
	}
	if is, err := r.Holds(rule.NewPersonVars(registry), p); err != nil || !is {
		t.Errorf("%t, %v", is, err)
	}
}

func TestRulesOverAPersonNameWhereTheyAreWrong(t *testing.T) {
	t.Parallel()
	registry := personRegistry(t)
	for _, c := range []struct {
		name, who    string
		line, column int
		says         string
	}{
		{"an unknown name", `any(attendence, .hours > 1)`, 1, 5, "has no attendence. There are: entry, signups, consultations, attendance, tests, exit, sex"},
		{"a list by its singular", `len(test) > 1`, 1, 5, "called tests"},
		{"a list of what is not about people", "len(exit) > 1 &&\n any(media, .reach > 1)", 2, 6, "media are not about persons"},
		{"a kind that is not about people", `len(output) > 1`, 1, 5, "output are not about persons"},
		{"a field that the records lack", `any(exit, .hours > 1)`, 1, 12, "exit have no hours. There are: date, until, situation"},
		{"a private field", `any(consultations, .topic == "x")`, 1, 21, "have no topic"},
		{"a field without its point", `any(tests, post_score > 1)`, 1, 12, "write .post_score"},
		{"a name of the person", `first_name == "Ala"`, 1, 1, "has no first_name"},
		{"two types", `sum(attendance, .hours) == "8"`, 1, 25, "a number and a text"},
		{"a number of a text", `sum(attendance, .outcome) > 1`, 1, 1, "sum cannot take"},
		{"a record as a condition", `any(attendance, #)`, 1, 17, "whole record"},
		{"records that are compared", `attendance[0] == attendance[1]`, 1, 11, "whole record"},
		{"a number alone", `len(attendance)`, 1, 1, "true or false"},
		{"a list alone", `attendance`, 1, 1, "true or false"},
		{"no list", `any(sex, true)`, 1, 5, "takes a list"},
		{"days of a text", `any(attendance, days(entry, .outcome) > 1)`, 1, 30, "two dates"},
		{"days of no date", `days("2010-02-30", entry) > 1`, 1, 6, "two dates"},
		{"days of one date", `days(entry) > 1`, 1, 1, "two dates"},
		{"an unknown function", `sortBy(attendance, .date)[0].hours > 1`, 1, 1, "no function sortBy"},
		{"the clock", `days(entry, now()) > 1`, 1, 13, "no function now"},
		{"a declared variable", `let x = 1; len(exit) > x`, 1, 5, "one condition"},
		{"nil", `exit[0] == nil`, 1, 12, "no nil"},
		{"a single =", `sex = "female"`, 1, 5, "two signs"},
		{"an end too early", `len(attendance) >`, 1, 17, "ends too early"},
		{"nothing", ` `, 1, 1, "ends too early"},
		{"a range by itself", `len(1..9) > 1`, 1, 6, "range"},
		{"a pattern from the person", `sex matches education`, 1, 13, "pattern in quotes"},
		{"another type in a list", `birth_year in ["1980"]`, 1, 12, "do not go together"},
		{"too many parts", strings.Repeat("!", 600) + "true", 1, 1, "more than 500 parts"},
		// What can never be true.
		{"a contradiction", `sex == "female" && len(exit) > 0 && sex == "male"`, 1, 1, "never be true"},
		{"a contradiction of a record", `any(attendance, .outcome == "completed" && .outcome == "withdrew")`, 1, 1, "never be true"},
		{"fewer than none", `len(attendance) < 0`, 1, 1, "never be true"},
		{"fewer than none, turned round", `-1 >= count(attendance, .hours > 1)`, 1, 1, "never be true"},
		{"a wrong fact", `1 > 2`, 1, 1, "never be true"},
		{"one of no values", `sex in []`, 1, 1, "never be true"},
		{"two that are never true", `false || len(exit) == -1`, 1, 1, "never be true"},
	} {
		_, err := rule.CompilePerson(registry, c.who)
		e, ok := errors.AsType[*rule.Error](err)
		if !ok {
			t.Errorf("%s: got %v, want a *rule.Error", c.name, err)
			continue
		}
		if c.name == "too many parts" {
			e.Column = 1
		}
		if e.Line != c.line || e.Column != c.column || !strings.Contains(text.Of("en").Word(e.Message), c.says) {
			t.Errorf("%s: got %v, want line %d, column %d, %q", c.name, e, c.line, c.column, c.says)
		}
		if polish := text.Of("pl").Word(e.Message); polish == "" || polish == text.Of("en").Word(e.Message) || strings.Contains(polish, "<no value>") {
			t.Errorf("%s: no Polish sentence: %q", c.name, polish)
		}
	}
	for _, who := range []string{`sex == "female" || sex == "male"`, `any(attendance, .outcome == "completed") && any(attendance, .outcome == "withdrew")`, `len(attendance) <= 0`, `attendance[0].outcome == "completed" && attendance[1].outcome == "withdrew"`} {
		if _, err := rule.CompilePerson(registry, who); err != nil {
			t.Errorf("%s: %v", who, err)
		}
	}
}

// Any rule ends soon, with a result or an error.
func FuzzCompilePerson(f *testing.F) {
	for _, who := range []string{`sum(attendance, .hours) >= 8 && any(tests, .post_score > .pre_score)`, `any(exit, days(entry, .date) <= 28)`, `all(exit, any(.situation, # in ["x"]))`, `map(attendance, .hours)[0] ** 2 > 1`, `filter(tests, #.date[0:4] == "2010")[1:] | len() > 0`, `exit[-1]?.until ?? entry == ""`, `1 / 0 > 1 ? true : 2 % 0 == 1`} {
		f.Add(who)
	}
	registry := personRegistry(f)
	p := someone{registry: registry, entry: "2010-01-01", attributes: map[string]string{"birth_year": "1980"}, records: map[string][]string{
		"attendance": {"date=2010-01-01 hours=1.5", "date=2010-01-02 hours=x"}, "exit": {"date=2010-02-01 situation=homeless"}, "tests": {"date=2010-02-01"},
	}}
	f.Fuzz(func(t *testing.T, who string) {
		r, err := rule.CompilePerson(registry, who)
		if err != nil {
			if _, ok := errors.AsType[*rule.Error](err); !ok {
				t.Fatal(err)
			}
			return
		}
		_, _ = r.Holds(rule.NewPersonVars(registry), p)
	})
}

// The year, month and day of a date are digits, or missing with it: reading them as numbers cannot fail.
func TestPartsOfDatesAreNumbers(t *testing.T) {
	t.Parallel()
	registry := personRegistry(t)
	p := someone{registry: registry, entry: "2026-03-09", attributes: map[string]string{"birth_year": "1971"}}
	for who, want := range map[string]bool{
		`int(entry[0:4]) - birth_year == 55`: true, `int(entry[:4]) == 2026`: true, `int(entry[5:7]) * 100 + int(entry[8:10]) == 309`: true,
	} {
		r, err := rule.CompilePerson(registry, who)
		if err != nil {
			t.Errorf("%s: %v", who, err)
			continue
		}
		if got, err := r.Holds(rule.NewPersonVars(registry), p); err != nil || got != want || len(r.Risks()) > 0 {
			t.Errorf("%s: %t, %v, risks %v", who, got, err, r.Risks())
		}
		if got, err := r.Holds(rule.NewPersonVars(registry), someone{registry: registry}); err != nil || got {
			t.Errorf("%s, without an entry: %t, %v", who, got, err)
		}
	}
	for _, who := range []string{`int(entry[0:5]) > 1`, `int(entry[4:7]) > 1`, `int(sex[0:4]) > 1`, `int(entry[0:len(attendance)]) > 1`} {
		if r, err := rule.CompilePerson(registry, who); err != nil || len(r.Risks()) != 1 {
			t.Errorf("%s: it is no risk (%v)", who, err)
		}
	}
}
