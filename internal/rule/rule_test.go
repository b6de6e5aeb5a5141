package rule_test

import (
	"errors"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"outreach/internal/record"
	"outreach/internal/rule"
	"outreach/internal/text"
)

func row(kind *record.Kind, pairs ...string) record.Row {
	r := make(record.Row, len(kind.Fields))
	for i := 0; i < len(pairs); i += 2 {
		r[kind.Index(pairs[i])] = pairs[i+1]
	}
	return r
}

func TestMatches(t *testing.T) {
	t.Parallel()
	airing := row(record.Builtin().Kind(record.Media), "date", "2010-07-21", "time", "18:25", "medium", "tv", "title", "Spot „Razem”", "outlet", "Telewizja", "reach", "12500")
	attended := row(record.Builtin().Kind(record.Attendance), "activity", "partnerships", "date", "2010-02-03", "hours", "7.5", "outcome", "completed")
	signedUp := row(record.Builtin().Kind(record.Signup), "activity", "incubator", "first_name", "Anna", "sex", "female", "consent_processing", "yes", "submitted_at", "2010-01-31T23:30:00Z", "locale", "pl")
	tested := row(record.Builtin().Kind(record.Test), "activity", "partnerships", "date", "2010-02-03", "pre_score", "10", "post_score", "10.5", "max_score", "20")
	made := row(record.Builtin().Kind(record.Output), "date", "2010-03-01", "kind", "tv-spot", "quantity", "2", "title", "Spot")
	woman := []string{"female", "1975", "isced-5-8", "employed", "urban", "no", "individual"}
	for _, c := range []struct {
		name  string
		kind  *record.Kind
		row   record.Row
		where string
		want  bool
	}{
		{"the empty rule matches all", record.Builtin().Kind(record.Media), airing, "", true},
		{"a rule of blanks matches all", record.Builtin().Kind(record.Media), airing, " \n ", true},
		{"a text equals a text", record.Builtin().Kind(record.Media), airing, `medium == "tv"`, true},
		{"a text in single quotes is a text", record.Builtin().Kind(record.Media), airing, `medium == 'radio'`, false},
		{"both conditions hold", record.Builtin().Kind(record.Media), airing, `medium == "tv" && reach > 1000`, true},
		{"words stand for signs", record.Builtin().Kind(record.Media), airing, `not (medium == "radio") and (reach < 5 or time == "18:25")`, true},
		{"a whole number equals a decimal one", record.Builtin().Kind(record.Media), airing, `reach == 12500.0`, true},
		{"a decimal number is more than a whole one", record.Builtin().Kind(record.Attendance), attended, `hours > 7 && hours < 8`, true},
		{"a decimal number is in a list of mixed numbers", record.Builtin().Kind(record.Attendance), attended, `hours in [7, 7.5]`, true},
		{"whole and decimal fields compare with each other", record.Builtin().Kind(record.Test), tested, `post_score > pre_score && pre_score == 10`, true},
		{"a text is in a list", record.Builtin().Kind(record.Consultation), row(record.Builtin().Kind(record.Consultation), "field", "law"), `field in ["law", "accounting"]`, true},
		{"a text is not in a list", record.Builtin().Kind(record.Consultation), row(record.Builtin().Kind(record.Consultation), "field", "coaching"), `field not in ["law", "accounting"]`, true},
		{"a whole number is in a long range", record.Builtin().Kind(record.Media), airing, `reach in 0..2070000`, true},
		{"a whole number is outside a range", record.Builtin().Kind(record.Media), airing, `reach in 0..12499`, false},
		{"what was not given is an empty text", record.Builtin().Kind(record.Media), airing, `kind == "" && source == ""`, true},
		{"what was not given is zero", record.Builtin().Kind(record.Media), airing, `contacts == 0`, true},
		{"the day is the one from which the record counts", record.Builtin().Kind(record.Signup), signedUp, `date == "2010-02-01"`, true},
		{"days compare as texts", record.Builtin().Kind(record.Media), airing, `date >= "2010-05-01"`, false},
		{"a part of a day is its month", record.Builtin().Kind(record.Media), airing, `date[0:7] == "2010-02"`, true},
		{"a sign-up has a state", record.Builtin().Kind(record.Signup), signedUp, `state == "waitlisted"`, true},
		{"a consent is the text yes", record.Builtin().Kind(record.Signup), signedUp, `consent_processing == "yes" && consent_news == ""`, true},
		{"the attributes are the person's", record.Builtin().Kind(record.Attendance), attended, `sex == "female" && birth_year <= 1985 && group == "individual"`, true},
		{"the attributes of a sign-up are the person's", record.Builtin().Kind(record.Signup), signedUp, `labour_status == "employed"`, true},
		{"a text contains another, whatever its letters", record.Builtin().Kind(record.Media), airing, `lower(title) contains "razem"`, true},
		{"a text starts and ends", record.Builtin().Kind(record.Media), airing, `title startsWith "Spot" && outlet endsWith "zja"`, true},
		{"a text matches a pattern", record.Builtin().Kind(record.Media), airing, `title matches "^Spot .[A-Z]"`, true},
		{"functions stand after a bar too", record.Builtin().Kind(record.Media), airing, `title | lower() | len() > 3`, true},
		{"a choice between conditions", record.Builtin().Kind(record.Output), made, `kind == "tv-spot" ? quantity > 1 : quantity > 10`, true},
		{"two comparisons at once", record.Builtin().Kind(record.Output), made, `1 < quantity <= 2`, true},
		{"arithmetic", record.Builtin().Kind(record.Output), made, `quantity * 1.5 == 3 && max(quantity, 5) == 5`, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			r, err := rule.Compile(record.Builtin(), c.kind, c.where)
			if err != nil {
				t.Fatal(err)
			}
			v := rule.NewVars(record.Builtin(), c.kind)
			attributes := woman
			if !c.kind.Person {
				attributes = nil
			}
			v.Set(c.row, "2010-02-01", "waitlisted", attributes)
			got, err := r.Matches(v)
			if err != nil || got != c.want {
				t.Errorf("got %t, %v, want %t", got, err, c.want)
			}
		})
	}
}

func TestCompileErrors(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name         string
		kind         *record.Kind
		where        string
		line, column int
		says         string
	}{
		{"an unknown variable is named, with those there are", record.Builtin().Kind(record.Media), "reach > 1\n && medium == tv", 2, 15, "no variable tv in rules of media. There are: date, time, medium, kind, title, outlet, reach, contacts, source."},
		{"what tells a story is no variable", record.Builtin().Kind(record.Consultation), `topic == "x"`, 1, 1, "no variable topic"},
		{"who someone is is no variable", record.Builtin().Kind(record.Signup), `email == "a@example.org"`, 1, 1, "no variable email"},
		{"the state is of sign-ups only", record.Builtin().Kind(record.Attendance), `state == "accepted"`, 1, 1, "no variable state"},
		{"attributes are of people only", record.Builtin().Kind(record.Media), `sex == "female"`, 1, 1, "no variable sex"},
		{"all variables at once are no variable", record.Builtin().Kind(record.Media), `"tv" in $env`, 1, 9, "no variable $env"},
		{"a rule is no text", record.Builtin().Kind(record.Media), `title`, 1, 1, "true or false"},
		{"a rule is no text in one of two cases", record.Builtin().Kind(record.Media), `reach > 1 ? true : title`, 1, 1, "true or false"},
		{"an unfinished rule", record.Builtin().Kind(record.Media), `medium ==`, 1, 9, "ends too early"},
		{"one equals sign", record.Builtin().Kind(record.Media), `medium = "tv"`, 1, 8, "=="},
		{"an open quote", record.Builtin().Kind(record.Media), `medium == "tv`, 1, 14, "not closed"},
		{"a text against a number", record.Builtin().Kind(record.Media), `medium > 5`, 1, 8, "On the two sides of >, a text and a whole number do not go together"},
		{"a number against texts", record.Builtin().Kind(record.Media), `reach in ["a"]`, 1, 7, "Before in stands a whole number, and in the list a text"},
		{"a consent is no truth value", record.Builtin().Kind(record.Signup), `consent_news == true`, 1, 14, "a text and a condition"},
		{"words of other languages", record.Builtin().Kind(record.Media), `medium == "tv" AND reach > 1`, 1, 16, "AND is not expected here"},
		{"a decimal comma", record.Builtin().Kind(record.Media), `reach > 1,5`, 1, 10, ", is not expected here"},
		{"quotes of typesetters", record.Builtin().Kind(record.Media), `medium == „tv”`, 1, 11, "The sign „ cannot stand here"},
		{"not before a text", record.Builtin().Kind(record.Media), `not medium`, 1, 1, "After not cannot stand a text"},
		{"a function of another type", record.Builtin().Kind(record.Media), `lower(reach) == "a"`, 1, 7, "function lower cannot take"},
		{"a function of too few values", record.Builtin().Kind(record.Media), `lower() == "a"`, 1, 1, "function lower cannot take"},
		{"what was not given by another name", record.Builtin().Kind(record.Media), `kind == nil`, 1, 9, "There is no nil"},
		{"a division by zero written out", record.Builtin().Kind(record.Media), `reach > 1 % 0`, 1, 11, "cannot be understood here (integer divide by zero)"},
		{"repetition", record.Builtin().Kind(record.Media), `len(repeat(title, 1000000)) > 1`, 1, 5, "no function repeat"},
		{"the clock", record.Builtin().Kind(record.Media), `string(now()) > date`, 1, 8, "no function now"},
		{"a function of a variable's name", record.Builtin().Kind(record.Media), `date("2010-01-01") == date("2010-01-01")`, 1, 1, "no function date"},
		{"a loop", record.Builtin().Kind(record.Media), `any(1..1000000, {# > reach})`, 1, 1, "no function any"},
		{"a range by itself", record.Builtin().Kind(record.Media), `len(1..1000000) > 1`, 1, 6, "A range"},
		{"a long range of a text", record.Builtin().Kind(record.Media), `title in 1..1000000`, 1, 11, "A range"},
		{"a range after something made", record.Builtin().Kind(record.Media), `len(title) in 1..5`, 1, 16, "A range"},
		{"a declared variable", record.Builtin().Kind(record.Media), `let x = title + title; x == "a"`, 1, 5, "one condition"},
		{"two steps", record.Builtin().Kind(record.Media), `true; medium == "tv"`, 1, 1, "one condition"},
		{"a pattern from the record", record.Builtin().Kind(record.Media), `title matches outlet`, 1, 15, "pattern in quotes"},
		{"a pattern that is none", record.Builtin().Kind(record.Media), `title matches "("`, 1, 15, "not a regular expression"},
		{"a pattern that repeats too much", record.Builtin().Kind(record.Media), `title matches "(.{40}){24}.{100}"`, 1, 15, "repeats too much"},
		{"patterns that repeat too much together", record.Builtin().Kind(record.Media), `title matches "x{600}" or outlet matches "y{600}"`, 1, 42, "repeats too much"},
		{"too long", record.Builtin().Kind(record.Media), strings.Repeat(" ", 2000) + "true", 1, 1, "2004 characters"},
		{"too many parts", record.Builtin().Kind(record.Media), strings.Repeat("!", 600) + "true", 1, 604, "more than 500 parts"},
		{"comparisons that double each other", record.Builtin().Kind(record.Media), strings.Repeat("(1 < ", 30) + "1" + strings.Repeat(" < 3 ? 1 : 2)", 30) + " == 1", 1, 1, "more than 500 parts"},
		{"a number beyond all numbers", record.Builtin().Kind(record.Media), `reach > 99999999999999999999`, 1, 28, "cannot be understood"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			_, err := rule.Compile(record.Builtin(), c.kind, c.where)
			e, ok := errors.AsType[*rule.Error](err)
			if !ok {
				t.Fatalf("got %v, want a *rule.Error", err)
			}
			if e.Line != c.line || e.Column != c.column || !strings.Contains(text.Of("en").Word(e.Message), c.says) {
				t.Errorf("got %v, want line %d, column %d, %q", e, c.line, c.column, c.says)
			}
			if polish := text.Of("pl").Word(e.Message); polish == "" || polish == text.Of("en").Word(e.Message) || strings.Contains(polish, "<no value>") {
				t.Errorf("no Polish sentence: %q", polish)
			}
		})
	}
}

func TestVariables(t *testing.T) {
	t.Parallel()
	attributes := "sex birth_year* education labour_status residence disability group"
	want := map[string]string{
		"signup":       "activity " + attributes + " organisation consent_processing consent_news locale submitted_at date state",
		"consultation": "date field minutes* form " + attributes,
		"attendance":   "activity date hours* outcome " + attributes,
		"test":         "activity date pre_score* post_score* max_score* " + attributes,
		"output":       "date kind quantity* title",
		"media":        "date time medium kind title outlet reach* contacts* source",
	}
	for _, kind := range record.Builtin().Kinds {
		var got []string
		for _, v := range rule.Variables(record.Builtin(), kind) {
			name := v.Name
			if v.Numeric {
				name += "*"
			}
			got = append(got, name)
		}
		if diff := cmp.Diff(strings.Fields(want[kind.Name]), got); diff != "" {
			t.Errorf("%s: %s", kind.Name, diff)
		}
	}
}

func TestRunErrorsAreReturned(t *testing.T) {
	t.Parallel()
	v := rule.NewVars(record.Builtin(), record.Builtin().Kind(record.Media))
	v.Set(row(record.Builtin().Kind(record.Media), "title", "Spot", "reach", "0"), "2010-01-01", "", nil)
	for _, where := range []string{`int(title) > 5`, `100 % reach == 0`, `[1, 2][reach + 5] == 1`} {
		r, err := rule.Compile(record.Builtin(), record.Builtin().Kind(record.Media), where)
		if err != nil {
			t.Fatalf("%s: %v", where, err)
		}
		if _, err := r.Matches(v); err == nil || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: got %v, want an error of one line", where, err)
		}
	}
	numbers, err := rule.Compile(record.Builtin(), record.Builtin().Kind(record.Media), `reach > 1`)
	if err != nil {
		t.Fatal(err)
	}
	v.Set(row(record.Builtin().Kind(record.Media), "reach", "many"), "2010-01-01", "", nil)
	if _, err := numbers.Matches(v); err == nil {
		t.Error("a reach that is no number was taken")
	}
	if _, err := numbers.Matches(rule.NewVars(record.Builtin(), record.Builtin().Kind(record.Output))); err == nil {
		t.Error("a rule of media took a record of output")
	}
}

func TestComparisons(t *testing.T) {
	t.Parallel()
	r, err := rule.Compile(record.Builtin(), record.Builtin().Kind(record.Attendance), "activity in [\"a\", 'b'] &&\n \"c\" != outcome || not (sex == \"d\") || \"e\" == \"e\"")
	if err != nil {
		t.Fatal(err)
	}
	want := []rule.Comparison{{"activity", "a", 1, 14}, {"activity", "b", 1, 19}, {"outcome", "c", 2, 2}, {"sex", "d", 2, 32}}
	if diff := cmp.Diff(want, r.Comparisons()); diff != "" {
		t.Error(diff)
	}
}

// A Vars remembers values from record to record; what a rule sees must be as if each record were the first.
func TestVarsAreThoseOfTheRecordAtHand(t *testing.T) {
	t.Parallel()
	fresh, err := rule.Compile(record.Builtin(), record.Builtin().Kind(record.Attendance), `hours > 3 && outcome == "completed" || sex == "male" && date > "2010-01-02"`)
	if err != nil {
		t.Fatal(err)
	}
	rapid.Check(t, func(t *rapid.T) {
		reused := rule.NewVars(record.Builtin(), record.Builtin().Kind(record.Attendance))
		for range rapid.IntRange(1, 20).Draw(t, "records") {
			hours := rapid.SampledFrom([]string{"", "0", "3", "3.5", "12"}).Draw(t, "hours")
			outcome := rapid.SampledFrom([]string{"completed", "withdrew", ""}).Draw(t, "outcome")
			sex := rapid.SampledFrom([]string{"male", "female", ""}).Draw(t, "sex")
			date := rapid.SampledFrom([]string{"2010-01-01", "2010-01-03"}).Draw(t, "date")
			reused.Set(row(record.Builtin().Kind(record.Attendance), "hours", hours, "outcome", outcome), date, "", []string{sex})
			got, err := fresh.Matches(reused)
			if err != nil {
				t.Fatal(err)
			}
			want := (hours == "3.5" || hours == "12") && outcome == "completed" || sex == "male" && date == "2010-01-03"
			if got != want {
				t.Fatalf("hours %q, outcome %q, sex %q, date %s: got %t", hours, outcome, sex, date, got)
			}
		}
	})
}

// Whatever a rule says, it ends soon, in little memory, and gives an answer or an error.
func FuzzCompile(f *testing.F) {
	for _, where := range []string{`activity == "x" && hours > 1`, `len(string(len(string(hours)) in 1..9)) in 1..9`, `reach in 1..1000000`, `title matches "(.{100}){10}"`, `let x = 1; x + x`, `[1,2,3][1:] == {a: 1}`, `a?.b ?? c`, `if true {1} else {2}`, `1 < (1 < (1 < 2 < 3 ? 1 : 2) < 3 ? 1 : 2) < 3`, `map(1..9, #)`} {
		f.Add(where)
	}
	rows := make([]record.Row, len(record.Builtin().Kinds))
	for i, kind := range record.Builtin().Kinds {
		rows[i] = make(record.Row, len(kind.Fields))
		for j, field := range kind.Fields {
			rows[i][j] = "Żółw"
			if field.Type == record.Whole || field.Type == record.Decimal {
				rows[i][j] = "7"
			}
		}
	}
	f.Fuzz(func(t *testing.T, where string) {
		for i, kind := range record.Builtin().Kinds {
			r, err := rule.Compile(record.Builtin(), kind, where)
			if err != nil {
				e, ok := errors.AsType[*rule.Error](err)
				lines := strings.Split(where, "\n")
				if !ok || e.Line < 1 || e.Line > len(lines) || e.Column < 1 || e.Column > len([]rune(lines[e.Line-1]))+1 {
					t.Fatalf("a bad place: %v", err)
				}
				continue
			}
			v := rule.NewVars(record.Builtin(), kind)
			v.Set(rows[i], "2010-01-01", "accepted", []string{"female", "1975", "", "", "", "", ""})
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			_, _ = r.Matches(v)
			runtime.ReadMemStats(&after)
			if used := after.TotalAlloc - before.TotalAlloc; used > 8<<20 {
				t.Fatalf("%d bytes", used)
			}
		}
	})
}

func BenchmarkMatches(b *testing.B) {
	mediums := []string{"tv", "radio", "press", "web"}
	rows := make([]record.Row, 1024)
	for i := range rows {
		rows[i] = row(record.Builtin().Kind(record.Media), "medium", mediums[i%4], "reach", fmt.Sprint(i*7), "title", fmt.Sprint("Spot ", i), "outlet", "Telewizja")
	}
	consultations := make([]record.Row, 1024)
	for i := range consultations {
		consultations[i] = row(record.Builtin().Kind(record.Consultation), "field", []string{"law", "accounting", "marketing", "coaching"}[i%4])
	}
	for _, c := range []struct {
		name, where string
		kind        *record.Kind
		rows        []record.Row
	}{
		{"two conditions", `medium == "tv" && reach > 1000`, record.Builtin().Kind(record.Media), rows},
		{"one of a list", `field in ["law", "accounting", "marketing"]`, record.Builtin().Kind(record.Consultation), consultations},
	} {
		b.Run(c.name, func(b *testing.B) {
			r, err := rule.Compile(record.Builtin(), c.kind, c.where)
			if err != nil {
				b.Fatal(err)
			}
			v := rule.NewVars(record.Builtin(), c.kind)
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				v.Set(c.rows[i%1024], "2010-01-01", "", nil)
				if _, err := r.Matches(v); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
	b.Run("a plain closure", func(b *testing.B) {
		medium, reach := record.Builtin().Kind(record.Media).Index("medium"), record.Builtin().Kind(record.Media).Index("reach")
		closure := func(r record.Row) bool { return r[medium] == "tv" && len(r[reach]) > 4 }
		for i := 0; b.Loop(); i++ {
			closure(rows[i%1024])
		}
	})
}

func TestFunctionsAreInOrder(t *testing.T) {
	t.Parallel()
	if !slices.IsSorted(rule.Functions) {
		t.Error("the list of functions is shown to people, and is not in order")
	}
}
