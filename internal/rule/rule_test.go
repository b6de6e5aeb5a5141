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

	"outreach/internal/rule"
	"outreach/internal/schema"
	"outreach/internal/text"
)

func row(kind *schema.Kind, pairs ...string) schema.Row {
	r := make(schema.Row, len(kind.Fields))
	for i := 0; i < len(pairs); i += 2 {
		r[kind.Index(pairs[i])] = pairs[i+1]
	}
	return r
}

func TestMatches(t *testing.T) {
	t.Parallel()
	airing := row(schema.Builtin().Kind(schema.Media), "date", "2010-07-21", "time", "18:25", "medium", "tv", "title", "Spot „Razem”", "outlet", "Telewizja", "reach", "12500")
	attended := row(schema.Builtin().Kind(schema.Attendance), "activity", "partnerships", "date", "2010-02-03", "hours", "7.5", "outcome", "completed")
	signedUp := row(schema.Builtin().Kind(schema.Signup), "activity", "incubator", "first_name", "Anna", "sex", "female", "consent_processing", "yes", "submitted_at", "2010-01-31T23:30:00Z", "locale", "pl")
	tested := row(schema.Builtin().Kind(schema.Test), "activity", "partnerships", "date", "2010-02-03", "pre_score", "10", "post_score", "10.5", "max_score", "20")
	made := row(schema.Builtin().Kind(schema.Output), "date", "2010-03-01", "kind", "tv-spot", "quantity", "2", "title", "Spot")
	woman := []string{"female", "1975", "isced-5-8", "employed", "urban", "no", "individual"}
	for _, c := range []struct {
		name  string
		kind  *schema.Kind
		row   schema.Row
		where string
		want  bool
	}{
		{"the empty rule matches all", schema.Builtin().Kind(schema.Media), airing, "", true},
		{"a rule of blanks matches all", schema.Builtin().Kind(schema.Media), airing, " \n ", true},
		{"a text equals a text", schema.Builtin().Kind(schema.Media), airing, `medium == "tv"`, true},
		{"a text in single quotes is a text", schema.Builtin().Kind(schema.Media), airing, `medium == 'radio'`, false},
		{"both conditions hold", schema.Builtin().Kind(schema.Media), airing, `medium == "tv" && reach > 1000`, true},
		{"words stand for signs", schema.Builtin().Kind(schema.Media), airing, `not (medium == "radio") and (reach < 5 or time == "18:25")`, true},
		{"a whole number equals a decimal one", schema.Builtin().Kind(schema.Media), airing, `reach == 12500.0`, true},
		{"a decimal number is more than a whole one", schema.Builtin().Kind(schema.Attendance), attended, `hours > 7 && hours < 8`, true},
		{"a decimal number is in a list of mixed numbers", schema.Builtin().Kind(schema.Attendance), attended, `hours in [7, 7.5]`, true},
		{"whole and decimal fields compare with each other", schema.Builtin().Kind(schema.Test), tested, `post_score > pre_score && pre_score == 10`, true},
		{"a text is in a list", schema.Builtin().Kind(schema.Consultation), row(schema.Builtin().Kind(schema.Consultation), "field", "law"), `field in ["law", "accounting"]`, true},
		{"a text is not in a list", schema.Builtin().Kind(schema.Consultation), row(schema.Builtin().Kind(schema.Consultation), "field", "coaching"), `field not in ["law", "accounting"]`, true},
		{"a whole number is in a long range", schema.Builtin().Kind(schema.Media), airing, `reach in 0..2070000`, true},
		{"a whole number is outside a range", schema.Builtin().Kind(schema.Media), airing, `reach in 0..12499`, false},
		{"what was not given is an empty text", schema.Builtin().Kind(schema.Media), airing, `kind == "" && source == ""`, true},
		{"what was not given is zero", schema.Builtin().Kind(schema.Media), airing, `contacts == 0`, true},
		{"the day is the one from which the record counts", schema.Builtin().Kind(schema.Signup), signedUp, `date == "2010-02-01"`, true},
		{"days compare as texts", schema.Builtin().Kind(schema.Media), airing, `date >= "2010-05-01"`, false},
		{"a part of a day is its month", schema.Builtin().Kind(schema.Media), airing, `date[0:7] == "2010-02"`, true},
		{"a sign-up has a state", schema.Builtin().Kind(schema.Signup), signedUp, `state == "waitlisted"`, true},
		{"a consent is the text yes", schema.Builtin().Kind(schema.Signup), signedUp, `consent_processing == "yes" && consent_news == ""`, true},
		{"the attributes are the person's", schema.Builtin().Kind(schema.Attendance), attended, `sex == "female" && birth_year <= 1985 && group == "individual"`, true},
		{"the attributes of a sign-up are the person's", schema.Builtin().Kind(schema.Signup), signedUp, `labour_status == "employed"`, true},
		{"a text contains another, whatever its letters", schema.Builtin().Kind(schema.Media), airing, `lower(title) contains "razem"`, true},
		{"a text starts and ends", schema.Builtin().Kind(schema.Media), airing, `title startsWith "Spot" && outlet endsWith "zja"`, true},
		{"a text matches a pattern", schema.Builtin().Kind(schema.Media), airing, `title matches "^Spot .[A-Z]"`, true},
		{"functions stand after a bar too", schema.Builtin().Kind(schema.Media), airing, `title | lower() | len() > 3`, true},
		{"a choice between conditions", schema.Builtin().Kind(schema.Output), made, `kind == "tv-spot" ? quantity > 1 : quantity > 10`, true},
		{"two comparisons at once", schema.Builtin().Kind(schema.Output), made, `1 < quantity <= 2`, true},
		{"arithmetic", schema.Builtin().Kind(schema.Output), made, `quantity * 1.5 == 3 && max(quantity, 5) == 5`, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			r, err := rule.Compile(schema.Builtin(), c.kind, c.where)
			if err != nil {
				t.Fatal(err)
			}
			v := rule.NewVars(schema.Builtin(), c.kind)
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
		kind         *schema.Kind
		where        string
		line, column int
		says         string
	}{
		{"an unknown variable is named, with those there are", schema.Builtin().Kind(schema.Media), "reach > 1\n && medium == tv", 2, 15, "no variable tv in rules of media. There are: date, time, medium, kind, title, outlet, reach, contacts, source."},
		{"what tells a story is no variable", schema.Builtin().Kind(schema.Consultation), `topic == "x"`, 1, 1, "no variable topic"},
		{"who someone is is no variable", schema.Builtin().Kind(schema.Signup), `email == "a@example.org"`, 1, 1, "no variable email"},
		{"the state is of sign-ups only", schema.Builtin().Kind(schema.Attendance), `state == "accepted"`, 1, 1, "no variable state"},
		{"attributes are of people only", schema.Builtin().Kind(schema.Media), `sex == "female"`, 1, 1, "no variable sex"},
		{"all variables at once are no variable", schema.Builtin().Kind(schema.Media), `"tv" in $env`, 1, 9, "no variable $env"},
		{"a rule is no text", schema.Builtin().Kind(schema.Media), `title`, 1, 1, "true or false"},
		{"a rule is no text in one of two cases", schema.Builtin().Kind(schema.Media), `reach > 1 ? true : title`, 1, 1, "true or false"},
		{"an unfinished rule", schema.Builtin().Kind(schema.Media), `medium ==`, 1, 9, "ends too early"},
		{"one equals sign", schema.Builtin().Kind(schema.Media), `medium = "tv"`, 1, 8, "=="},
		{"an open quote", schema.Builtin().Kind(schema.Media), `medium == "tv`, 1, 14, "not closed"},
		{"a text against a number", schema.Builtin().Kind(schema.Media), `medium > 5`, 1, 8, "On the two sides of >, a text and a whole number do not go together"},
		{"a number against texts", schema.Builtin().Kind(schema.Media), `reach in ["a"]`, 1, 7, "Before in stands a whole number, and in the list a text"},
		{"a consent is no truth value", schema.Builtin().Kind(schema.Signup), `consent_news == true`, 1, 14, "a text and a condition"},
		{"words of other languages", schema.Builtin().Kind(schema.Media), `medium == "tv" AND reach > 1`, 1, 16, "AND is not expected here"},
		{"a decimal comma", schema.Builtin().Kind(schema.Media), `reach > 1,5`, 1, 10, ", is not expected here"},
		{"quotes of typesetters", schema.Builtin().Kind(schema.Media), `medium == „tv”`, 1, 11, "The sign „ cannot stand here"},
		{"not before a text", schema.Builtin().Kind(schema.Media), `not medium`, 1, 1, "After not cannot stand a text"},
		{"a function of another type", schema.Builtin().Kind(schema.Media), `lower(reach) == "a"`, 1, 7, "function lower cannot take"},
		{"a function of too few values", schema.Builtin().Kind(schema.Media), `lower() == "a"`, 1, 1, "function lower cannot take"},
		{"what was not given by another name", schema.Builtin().Kind(schema.Media), `kind == nil`, 1, 9, "There is no nil"},
		{"a division by zero written out", schema.Builtin().Kind(schema.Media), `reach > 1 % 0`, 1, 11, "cannot be understood here (integer divide by zero)"},
		{"repetition", schema.Builtin().Kind(schema.Media), `len(repeat(title, 1000000)) > 1`, 1, 5, "no function repeat"},
		{"the clock", schema.Builtin().Kind(schema.Media), `string(now()) > date`, 1, 8, "no function now"},
		{"a function of a variable's name", schema.Builtin().Kind(schema.Media), `date("2010-01-01") == date("2010-01-01")`, 1, 1, "no function date"},
		{"a loop", schema.Builtin().Kind(schema.Media), `any(1..1000000, {# > reach})`, 1, 1, "no function any"},
		{"a sum over a person", schema.Builtin().Kind(schema.Attendance), `sum(attendance, .hours) >= 8`, 1, 1, "sum stands in rules over a person alone: write the rule under who"},
		{"a list of a person", schema.Builtin().Kind(schema.Signup), `len(attendance) >= 2`, 1, 5, "attendance stands in rules over a person alone"},
		{"a range by itself", schema.Builtin().Kind(schema.Media), `len(1..1000000) > 1`, 1, 6, "A range"},
		{"a long range of a text", schema.Builtin().Kind(schema.Media), `title in 1..1000000`, 1, 11, "A range"},
		{"a range after something made", schema.Builtin().Kind(schema.Media), `len(title) in 1..5`, 1, 16, "A range"},
		{"a declared variable", schema.Builtin().Kind(schema.Media), `let x = title + title; x == "a"`, 1, 5, "one condition"},
		{"two steps", schema.Builtin().Kind(schema.Media), `true; medium == "tv"`, 1, 1, "one condition"},
		{"a pattern from the record", schema.Builtin().Kind(schema.Media), `title matches outlet`, 1, 15, "pattern in quotes"},
		{"a pattern that is none", schema.Builtin().Kind(schema.Media), `title matches "("`, 1, 15, "not a regular expression"},
		{"a pattern that repeats too much", schema.Builtin().Kind(schema.Media), `title matches "(.{40}){24}.{100}"`, 1, 15, "repeats too much"},
		{"patterns that repeat too much together", schema.Builtin().Kind(schema.Media), `title matches "x{600}" or outlet matches "y{600}"`, 1, 42, "repeats too much"},
		{"too long", schema.Builtin().Kind(schema.Media), strings.Repeat(" ", 2000) + "true", 1, 1, "2004 characters"},
		{"too many parts", schema.Builtin().Kind(schema.Media), strings.Repeat("!", 600) + "true", 1, 604, "more than 500 parts"},
		{"comparisons that double each other", schema.Builtin().Kind(schema.Media), strings.Repeat("(1 < ", 30) + "1" + strings.Repeat(" < 3 ? 1 : 2)", 30) + " == 1", 1, 1, "more than 500 parts"},
		{"a number beyond all numbers", schema.Builtin().Kind(schema.Media), `reach > 99999999999999999999`, 1, 28, "cannot be understood"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			_, err := rule.Compile(schema.Builtin(), c.kind, c.where)
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
	for _, kind := range schema.Builtin().Kinds {
		var got []string
		for _, v := range rule.Variables(schema.Builtin(), kind) {
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
	v := rule.NewVars(schema.Builtin(), schema.Builtin().Kind(schema.Media))
	v.Set(row(schema.Builtin().Kind(schema.Media), "title", "Spot", "reach", "0"), "2010-01-01", "", nil)
	for _, where := range []string{`int(title) > 5`, `100 % reach == 0`, `[1, 2][reach + 5] == 1`} {
		r, err := rule.Compile(schema.Builtin(), schema.Builtin().Kind(schema.Media), where)
		if err != nil {
			t.Fatalf("%s: %v", where, err)
		}
		if _, err := r.Matches(v); err == nil || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: got %v, want an error of one line", where, err)
		}
	}
	numbers, err := rule.Compile(schema.Builtin(), schema.Builtin().Kind(schema.Media), `reach > 1`)
	if err != nil {
		t.Fatal(err)
	}
	v.Set(row(schema.Builtin().Kind(schema.Media), "reach", "many"), "2010-01-01", "", nil)
	if _, err := numbers.Matches(v); err == nil {
		t.Error("a reach that is no number was taken")
	}
	if _, err := numbers.Matches(rule.NewVars(schema.Builtin(), schema.Builtin().Kind(schema.Output))); err == nil {
		t.Error("a rule of media took a record of output")
	}
}

func TestComparisons(t *testing.T) {
	t.Parallel()
	r, err := rule.Compile(schema.Builtin(), schema.Builtin().Kind(schema.Attendance), "activity in [\"a\", 'b'] &&\n \"c\" != outcome || not (sex == \"d\") || \"e\" == \"e\"")
	if err != nil {
		t.Fatal(err)
	}
	want := []rule.Comparison{{"activity", "a", 1, 14}, {"activity", "b", 1, 19}, {"outcome", "c", 2, 2}, {"sex", "d", 2, 32}}
	if diff := cmp.Diff(want, r.Comparisons()); diff != "" {
		t.Error(diff)
	}
}

// Vars caches values from record to record; a rule must see each record as if it were the first.
func TestVarsAreThoseOfTheCurrentRecord(t *testing.T) {
	t.Parallel()
	fresh, err := rule.Compile(schema.Builtin(), schema.Builtin().Kind(schema.Attendance), `hours > 3 && outcome == "completed" || sex == "male" && date > "2010-01-02"`)
	if err != nil {
		t.Fatal(err)
	}
	rapid.Check(t, func(t *rapid.T) {
		reused := rule.NewVars(schema.Builtin(), schema.Builtin().Kind(schema.Attendance))
		for range rapid.IntRange(1, 20).Draw(t, "records") {
			hours := rapid.SampledFrom([]string{"", "0", "3", "3.5", "12"}).Draw(t, "hours")
			outcome := rapid.SampledFrom([]string{"completed", "withdrew", ""}).Draw(t, "outcome")
			sex := rapid.SampledFrom([]string{"male", "female", ""}).Draw(t, "sex")
			date := rapid.SampledFrom([]string{"2010-01-01", "2010-01-03"}).Draw(t, "date")
			reused.Set(row(schema.Builtin().Kind(schema.Attendance), "hours", hours, "outcome", outcome), date, "", []string{sex})
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

// Any rule ends soon, in little memory, with a result or an error.
func FuzzCompile(f *testing.F) {
	for _, where := range []string{`activity == "x" && hours > 1`, `len(string(len(string(hours)) in 1..9)) in 1..9`, `reach in 1..1000000`, `title matches "(.{100}){10}"`, `let x = 1; x + x`, `[1,2,3][1:] == {a: 1}`, `a?.b ?? c`, `if true {1} else {2}`, `1 < (1 < (1 < 2 < 3 ? 1 : 2) < 3 ? 1 : 2) < 3`, `map(1..9, #)`} {
		f.Add(where)
	}
	rows := make([]schema.Row, len(schema.Builtin().Kinds))
	for i, kind := range schema.Builtin().Kinds {
		rows[i] = make(schema.Row, len(kind.Fields))
		for j, field := range kind.Fields {
			rows[i][j] = "Żółw"
			if field.Type == schema.Whole || field.Type == schema.Decimal {
				rows[i][j] = "7"
			}
		}
	}
	f.Fuzz(func(t *testing.T, where string) {
		for i, kind := range schema.Builtin().Kinds {
			r, err := rule.Compile(schema.Builtin(), kind, where)
			if err != nil {
				e, ok := errors.AsType[*rule.Error](err)
				lines := strings.Split(where, "\n")
				if !ok || e.Line < 1 || e.Line > len(lines) || e.Column < 1 || e.Column > len([]rune(lines[e.Line-1]))+1 {
					t.Fatalf("a bad place: %v", err)
				}
				continue
			}
			v := rule.NewVars(schema.Builtin(), kind)
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
	rows := make([]schema.Row, 1024)
	for i := range rows {
		rows[i] = row(schema.Builtin().Kind(schema.Media), "medium", mediums[i%4], "reach", fmt.Sprint(i*7), "title", fmt.Sprint("Spot ", i), "outlet", "Telewizja")
	}
	consultations := make([]schema.Row, 1024)
	for i := range consultations {
		consultations[i] = row(schema.Builtin().Kind(schema.Consultation), "field", []string{"law", "accounting", "marketing", "coaching"}[i%4])
	}
	for _, c := range []struct {
		name, where string
		kind        *schema.Kind
		rows        []schema.Row
	}{
		{"two conditions", `medium == "tv" && reach > 1000`, schema.Builtin().Kind(schema.Media), rows},
		{"one of a list", `field in ["law", "accounting", "marketing"]`, schema.Builtin().Kind(schema.Consultation), consultations},
	} {
		b.Run(c.name, func(b *testing.B) {
			r, err := rule.Compile(schema.Builtin(), c.kind, c.where)
			if err != nil {
				b.Fatal(err)
			}
			v := rule.NewVars(schema.Builtin(), c.kind)
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
		medium, reach := schema.Builtin().Kind(schema.Media).Index("medium"), schema.Builtin().Kind(schema.Media).Index("reach")
		closure := func(r schema.Row) bool { return r[medium] == "tv" && len(r[reach]) > 4 }
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
