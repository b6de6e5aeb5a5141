package definition_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"outreach/internal/project"
	"outreach/internal/project/definition"
	words "outreach/internal/text"
)

func ces(t testing.TB) string {
	t.Helper()
	text, err := os.ReadFile("testdata/ces.yaml")
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func text(pl, en string) project.Text {
	out := project.Text{"pl": pl, "en": en}
	maps.DeleteFunc(out, func(_, one string) bool { return one == "" })
	return out
}

// indicator is one line of the plan.
func indicator(code, unit string, target float64, count, field, of, where, pl, en string) project.Indicator {
	return project.Indicator{Code: code, Unit: unit, Target: target, Count: count, Field: field, Label: text(pl, en), Rule: project.Rule{Of: of, Where: where}}
}

func TestParseReadsEveryKey(t *testing.T) {
	t.Parallel()
	got, problems := definition.Parse("", []byte(ces(t)))
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	want := &project.Definition{
		ID:    "ces",
		Title: text("Centrum Ekonomii Społecznej", "Centre for the Social Economy"),
		Programme: text("Program Operacyjny Kapitał Ludzki, Priorytet VII, Działanie 7.2, Poddziałanie 7.2.2",
			"Human Capital Operational Programme, Priority VII, Measure 7.2, Sub-measure 7.2.2"),
		Funding:  project.Funding{Source: text("Europejski Fundusz Społeczny", "European Social Fund"), Value: 538974.02, Currency: "PLN", SharePercent: 100},
		Period:   project.Period{From: "2009-11-02", To: "2011-02-28"},
		TimeZone: "Europe/Warsaw",
		Implementers: []project.Implementer{
			{Name: "Centrum Integracji Społecznej CISTOR", From: "2009-11-02", To: "2010-04-30"},
			{Name: "Stowarzyszenie Partnerstwo Społeczne", OnBehalfOf: "Gmina Miasta Toruń", From: "2010-05-01", To: "2011-02-28"},
		},
		Goal: text("Wspieranie inicjatyw ekonomii społecznej w województwie kujawsko-pomorskim",
			"Supporting social-economy initiatives in the Kujawsko-Pomorskie region"),
		Region:      project.Region{Name: text("województwo kujawsko-pomorskie", "Kujawsko-Pomorskie"), Population: 2070000},
		TargetGroup: 210,
		Groups: []project.Labelled{
			{ID: "social-economy-entity", Label: text("podmiot ekonomii społecznej", "social-economy entity")},
			{ID: "local-authority", Label: text("władze lokalne", "local authority")},
			{ID: "labour-market-institution", Label: text("instytucja rynku pracy", "labour-market institution")},
			{ID: "social-assistance-institution", Label: text("instytucja pomocy i integracji społecznej", "social assistance and integration institution")},
			{ID: "individual", Label: text("osoba zainteresowana", "interested person")},
		},
		AgeBands: []string{"0-24", "25-54", "55+"},
		Activities: []project.Activity{
			{ID: "partnerships", Kind: "training", Capacity: 60, Label: text("Szkolenie: partnerstwa społeczne", "Training: social partnerships")},
			{ID: "running-promotion", Kind: "training", Capacity: 60, Label: text("Szkolenie: prowadzenie i promocja podmiotu", "Training: running and promoting an entity")},
			{ID: "founding-cooperatives", Kind: "training", Capacity: 60, Label: text("Szkolenie: zakładanie spółdzielni socjalnej", "Training: founding a social co-operative")},
			{ID: "incubator", Kind: "advice", Label: text("Inkubator Społecznej Przedsiębiorczości", "Incubator of Social Entrepreneurship")},
		},
		OutputKinds: []project.OutputKind{
			{ID: "tv-spot", Label: text("spot telewizyjny", "TV spot")},
			{ID: "reportage", Label: text("reportaż", "reportage")},
			{ID: "web-news", Label: text("informacja na stronie", "website news item")},
			{ID: "conference-kit", Label: text("komplet materiałów konferencyjnych", "set of conference materials")},
		},
		Partners: []project.Partner{
			{ID: "tv-partner", Name: "Telewizja Partner"}, {ID: "radio-partner", Name: "Radio Partner"},
			{ID: "press-partner", Name: "Gazeta Partner"}, {ID: "web-partner", Name: "Portal Partner"},
		},
		Participants: []project.Rule{{Of: "attendance", Where: `outcome == "completed"`}, {Of: "consultation"}},
		Indicators: []project.Indicator{
			indicator("1", "person", 45, "people", "", "attendance", `activity == "partnerships" && outcome == "completed"`, "Osoby przeszkolone w tworzeniu partnerstw społecznych", "People trained in building social partnerships"),
			indicator("2", "person", 45, "people", "", "attendance", `activity == "running-promotion" && outcome == "completed"`, "Osoby przeszkolone w prowadzeniu i promocji podmiotów ekonomii społecznej", "People trained in running and promoting social-economy entities"),
			indicator("3", "person", 35, "people", "", "attendance", `activity == "founding-cooperatives" && outcome == "completed"`, "Osoby przeszkolone w zakładaniu spółdzielni socjalnych", "People trained in founding social co-operatives"),
			indicator("4", "person", 120, "people", "", "consultation", `field in ["law", "accounting", "marketing"]`, "Osoby objęte specjalistycznym wsparciem w Inkubatorze", "People given specialist support in the Incubator"),
			indicator("5", "inhabitant", 200000, "sum", "reach", "media", "", "Mieszkańcy województwa, do których dotarła informacja w mediach", "Inhabitants of the region reached through the media"),
			indicator("6", "person", 45, "people", "", "test", `activity == "running-promotion" && post_score > pre_score`, "Osoby z większą wiedzą o prowadzeniu i promocji podmiotów", "People who know more about running and promoting an entity"),
			indicator("7", "person", 45, "people", "", "test", `activity == "partnerships" && post_score > pre_score`, "Osoby z większą wiedzą o partnerstwach społecznych", "People who know more about social partnerships"),
			indicator("8", "piece", 3, "sum", "quantity", "output", `kind == "tv-spot"`, "Wyprodukowane spoty telewizyjne", "TV spots produced"),
			indicator("9", "piece", 3, "sum", "quantity", "output", `kind == "reportage"`, "Wyprodukowane reportaże", "Reportages produced"),
			indicator("10", "piece", 30, "sum", "quantity", "output", `kind == "web-news"`, "Informacje na stronie internetowej projektu", "News items on the project's website"),
			indicator("11", "set", 90, "sum", "quantity", "output", `kind == "conference-kit"`, "Wydane komplety materiałów konferencyjnych", "Sets of conference materials handed out"),
		},
		Reports: project.Reports{Funder: "quarterly", Language: "pl"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestParseReadsContactAndMarks(t *testing.T) {
	t.Parallel()
	given := strings.Replace(small, "title: Small", "title: Small\ncontact: {name: Office, email: office@example.org, phone: 1, address: A street}\nmarks: [{sign: eu, text: Union}, {text: {pl: Fundusz, en: Fund}}]", 1)
	got, problems := definition.Parse("", []byte(given))
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	if diff := cmp.Diff(&project.Contact{Name: "Office", Email: "office@example.org", Phone: "1", Address: "A street"}, got.Contact); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]project.Mark{{Sign: "eu", Text: project.Text{"pl": "Union", "en": "Union"}}, {Text: project.Text{"pl": "Fundusz", "en": "Fund"}}}, got.Marks); diff != "" {
		t.Error(diff)
	}
}

// small is about the least definition there can be.
const small = `id: small
title: Small
period: {from: 2026-01-01, to: 2026-12-31}
activities:
  - {id: course, label: Course}
indicators:
  - {code: 1, label: Taught, target: 10, count: people, of: attendance, where: 'activity == "course"'}
`

func TestParseAcceptsOtherNotations(t *testing.T) {
	t.Parallel()
	first := func(d *project.Definition) project.Activity { return d.Activities[0] }
	for _, c := range []struct {
		name     string
		from, to string // what is replaced in the small definition
		get      func(d *project.Definition) any
		want     any
	}{
		{"the time zone is Warsaw's unless given", "", "", func(d *project.Definition) any { return d.TimeZone }, "Europe/Warsaw"},
		{"another time zone", "id: small", "id: small\ntime_zone: America/New_York", func(d *project.Definition) any { return d.TimeZone }, "America/New_York"},
		{"one text serves for both languages", "", "", func(d *project.Definition) any { return d.Title }, text("Small", "Small")},
		{"a comma within braces does not end a text", "title: Small", "title: {pl: Mały, ale własny, ot co, en: Small}", func(d *project.Definition) any { return d.Title }, text("Mały, ale własny, ot co", "Small")},
		{"a language may be left out", "title: Small", "title: {pl: Mały}", func(d *project.Definition) any { return d.Title }, text("Mały", "")},
		{"the marks of a document's beginning and end", small, "# a project\n---\n" + small + "...\n# done\n", func(d *project.Definition) any { return d.ID }, "small"},
		{"a number as a code is text", "", "", func(d *project.Definition) any { return d.Indicators[0].Code }, "1"},
		{"a code keeps its zeros", "code: 1", "code: 1.10", func(d *project.Definition) any { return d.Indicators[0].Code }, "1.10"},
		{"quoted dates", "from: 2026-01-01", `from: "2026-01-01"`, func(d *project.Definition) any { return d.Period.From }, "2026-01-01"},
		{"a target with decimals", "target: 10", "target: 12.50", func(d *project.Definition) any { return d.Indicators[0].Target }, 12.5},
		{"a value of null was not given", "id: small", "id: small\ngoal: ~\ngroups:", func(d *project.Definition) any { return d.Goal }, project.Text{}},
		{"lines of Windows and a mark", "id: small\ntitle", "\ufeffid: small\r\ntitle", func(d *project.Definition) any { return d.ID }, "small"},
		{"addresses that need not be confirmed", "id: course", "id: course", func(d *project.Definition) any { return [2]any{d.Confirm, d.ConfirmHours} }, [2]any{"", 0}},
		{"addresses that have to be confirmed", "id: small", "id: small\nconfirm: email", func(d *project.Definition) any { return [2]any{d.Confirm, d.ConfirmHours} }, [2]any{"email", 0}},
		{"places that are kept until then", "id: small", "id: small\nconfirm: email\nconfirm_hours: 720", func(d *project.Definition) any { return [2]any{d.Confirm, d.ConfirmHours} }, [2]any{"email", 720}},
		{"a day on which sign-up closes", "id: course", "id: course, closes: 2026-12-01", func(d *project.Definition) any { return first(d).Closes }, "2026-12-01"},
		{"an instant with its zone", "id: course", "id: course, closes: 2026-12-01T17:00:00Z", func(d *project.Definition) any { return first(d).Closes }, "2026-12-01T17:00:00Z"},
		{"a local time in winter", "id: course", "id: course, closes: 2026-12-01 17:00", func(d *project.Definition) any { return first(d).Closes }, "2026-12-01T17:00:00+01:00"},
		{"a local time in summer", "id: course", "id: course, starts: 2026-07-01T17:00", func(d *project.Definition) any { return first(d).Starts }, "2026-07-01T17:00:00+02:00"},
		{"a local time elsewhere", "{id: course", "{id: course, ends: 2026-07-01 17:00:30", func(d *project.Definition) any { return first(d).Ends }, "2026-07-01T17:00:30+02:00"},
		{"an activity of one day", "id: course", "id: course, starts: 2026-07-01 09:00, ends: 2026-07-01", func(d *project.Definition) any { return first(d).Ends }, "2026-07-01"},
		{"a rule of several lines", `where: 'activity == "course"'}`, "where: 'activity ==\n    \"course\"'}", func(d *project.Definition) any { return d.Indicators[0].Where }, `activity == "course"`},
		{"a rule that asks for what was not given", `activity == "course"`, `activity == "course" && sex == ""`, func(d *project.Definition) any { return d.Indicators[0].Of }, "attendance"},
		{"distinct values of a text", "count: people", "count: distinct, field: activity", func(d *project.Definition) any { return d.Indicators[0].Field }, "activity"},
		{"people by their sign-ups", `of: attendance, where: 'activity == "course"'`, `of: signup, where: 'state == "accepted" and consent_news != "no"'`, func(d *project.Definition) any { return d.Indicators[0].Of }, "signup"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if !strings.Contains(small, c.from) {
				t.Fatalf("nothing to replace: %s", c.from)
			}
			d, problems := definition.Parse("", []byte(strings.Replace(small, c.from, c.to, 1)))
			if len(problems) > 0 {
				t.Fatal(problems)
			}
			if diff := cmp.Diff(c.want, c.get(d)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestParseAcceptsJSON(t *testing.T) {
	t.Parallel()
	d, problems := definition.Parse("", []byte(`{"id": "x", "title": {"pl": "X", "en": "X"}, "period": {"from": "2026-01-01", "to": "2026-01-31"},
		"indicators": [{"code": "1", "label": "L", "target": 1, "count": "records", "of": "output", "where": "title contains \"a\""}]}`))
	if len(problems) > 0 || d.Indicators[0].Where != `title contains "a"` {
		t.Error(problems)
	}
}

func TestAttributeTakesTheNameOfOneThatIsNotAsked(t *testing.T) {
	t.Parallel()
	text := strings.Replace(small, "title: Small", "title: Small\npeople: {attributes: {kind: {type: text, label: Sex}, sex: {ask: no}}}", 1)
	if _, problems := definition.Parse("", []byte(text)); len(problems) > 0 {
		t.Error(problems)
	}
}

func TestPeopleAreCompleteWithBuiltInAndOwnAttributes(t *testing.T) {
	t.Parallel()
	people := "title: Small\npeople: {attributes: {disability: {ask: no}, trade: {type: text}, home: {type: yes-no}}, complete: [home, trade, sex]"
	for given, want := range map[string]string{"}": "", ", incomplete: nowhere}": project.CountedNowhere, ", incomplete: total}": project.CountedInTotals, ", incomplete: everywhere}": project.CountedEverywhere} {
		d, problems := definition.Parse("", []byte(strings.Replace(small, "title: Small", people+given, 1)))
		if len(problems) > 0 {
			t.Fatal(problems)
		}
		if d.People.Incomplete != want || !slices.Equal(d.People.Complete, []string{"home", "trade", "sex"}) {
			t.Errorf("got %+v", d.People)
		}
	}
	_, problems := definition.Parse("", []byte(strings.Replace(small, "title: Small", "title: Small\npeople: {complete: [educaton], incomplete: totals}", 1)))
	for i, want := range []string{"education", "total, nowhere, everywhere"} {
		if i >= len(problems) || !strings.Contains(words.Of("en").Word(problems[i].Message), want) {
			t.Errorf("the problems %v do not propose %s", problems, want)
		}
	}
}

// broken are definitions that are not right, made from the small one.
var broken = []struct {
	name     string
	from, to string // what is replaced in the small definition
	want     string // field code line:column of each problem
}{
	{"an id with capitals", "id: small", "id: Small", "id not_an_id 1:5"},
	{"an id that begins with a hyphen", "id: small", "id: -small", "id not_an_id 1:5"},
	{"an id of 65 letters", "id: small", "id: " + strings.Repeat("a", 65), "id not_an_id 1:5"},
	{"an id that is an address of its own", "id: small", "id: openapi", "id not_allowed 1:5"},
	{"no id", "id: small\n", "", "id missing 1:1"},
	{"an id of null", "id: small", "id: ~", "id missing 1:1"},
	{"no title, in a text of comments before", "id: small\ntitle: Small", "# A project.\n\nid: small", "title missing 3:1"},
	{"an empty title", "title: Small", `title: ""`, "title missing 2:8"},
	{"a title without languages", "title: Small", "title: {}", "title missing 2:8"},
	{"a title in a language that is not the project's", "title: Small", "title: {pl: Mały, fr: Petit}", "title.fr unknown_field 2:19"},
	{"a title that is a list", "title: Small", "title: [Small]", "title wrong_form 2:8"},
	{"a title that is too long", "title: Small", "title: " + strings.Repeat("ż", 301), "title too_long 2:8"},
	{"no period", "period: {from: 2026-01-01, to: 2026-12-31}\n", "", "period missing 1:1"},
	{"a period without its end", ", to: 2026-12-31", "", "period.to missing 3:9"},
	{"a period backwards", "to: 2026-12-31", "to: 2025-12-31", "period.to out_of_range 3:32"},
	{"a day that does not exist", "to: 2026-12-31", "to: 2026-02-30", "period.to not_a_date 3:32"},
	{"a date the Polish way", "from: 2026-01-01", "from: 01.01.2026", "period.from not_a_date 3:16"},
	{"a period that is a text", "{from: 2026-01-01, to: 2026-12-31}", "2026", "period wrong_form 3:9"},
	{"a time zone that does not exist", "id: small", "id: small\ntime_zone: Europe/Torun", "time_zone not_in_list 2:12"},
	{"the machine's own time zone", "id: small", "id: small\ntime_zone: Local", "time_zone not_in_list 2:12"},
	{"a contact without a name", "id: small", "id: small\ncontact: {phone: 1}", "contact.name missing 2:10"},
	{"a contact whose address is no e-mail address", "id: small", "id: small\ncontact: {name: Office, email: office}", "contact.email wrong_form 2:32"},
	{"a mark without words", "id: small", "id: small\nmarks: [{sign: eu}]", "marks[0].text missing 2:9"},
	{"an unknown sign", "id: small", "id: small\nmarks: [{sign: heart, text: Love}]", "marks[0].sign not_in_list 2:16"},
	{"a site without https", "id: small", "id: small\nembed: ['http://www.example.org']", "embed[0] wrong_form 2:9"},
	{"a page of a site", "id: small", "id: small\nembed: ['https://www.example.org/join']", "embed[0] wrong_form 2:9"},
	{"a site with a slash", "id: small", "id: small\nembed:\n  - https://a.example.org\n  - https://www.example.org/", "embed[1] wrong_form 4:5"},
	{"any site", "id: small", "id: small\nembed: ['*']", "embed[0] wrong_form 2:9"},
	{"all sites of a domain", "id: small", "id: small\nembed: ['https://*.example.org']", "embed[0] wrong_form 2:9"},
	{"a site in capitals", "id: small", "id: small\nembed: ['https://WWW.example.org']", "embed[0] wrong_form 2:9"},
	{"a site with the usual port", "id: small", "id: small\nembed: ['https://www.example.org:443']", "embed[0] wrong_form 2:9"},
	{"a site twice", "id: small", "id: small\nembed: [https://www.example.org, https://www.example.org]", "embed[1] repeated 2:34"},
	{"a site that is no address", "id: small", "id: small\nembed: ['data:text/html']", "embed[0] wrong_form 2:9"},
	{"a site that is a policy", "id: small", "id: small\nembed: [\"https://www.example.org; script-src 'unsafe-inline'\"]", "embed[0] wrong_form 2:9"},
	{"a site that is no list", "id: small", "id: small\nembed: https://www.example.org", "embed wrong_form 2:8"},
	{"an unknown key", "id: small", "id: small\nstorage: 5", "storage unknown_field 2:1"},
	{"an unknown key of an item", "{id: course,", "{id: course, colour: red,", "activities[0].colour unknown_field 5:18"},
	{"a key twice", "id: small", "id: small\nid: other", "id repeated 2:1"},
	{"no indicators", small[strings.Index(small, "indicators:"):], "", "indicators missing 1:1"},
	{"an empty list of indicators", small[strings.Index(small, "indicators:"):], "indicators: []\n", "indicators missing 6:13"},
	{"indicators that are no list", small[strings.Index(small, "indicators:"):], "indicators: 5\n", "indicators wrong_form 6:13"},
	{"an indicator that is a text", "indicators:", "indicators:\n  - people trained", "indicators[0] wrong_form 7:5"},
	{"an indicator without a code", "code: 1, ", "", "indicators[0].code missing 7:5"},
	{"a code with a slash", "code: 1", "code: 1/2", "indicators[0].code not_an_id 7:12"},
	{"a code twice", "indicators:", "indicators:\n  - {code: \"1\", label: L, target: 1, count: records, of: output}", "indicators[1].code repeated 8:12"},
	{"an activity twice", "activities:", "activities:\n  - {id: course, label: C}", "activities[1].id repeated 6:10"},
	{"a target below zero", "target: 10", "target: -1", "indicators[0].target out_of_range 7:38"},
	{"a target below zero", "target: 10", "target: -3", "indicators[0].target out_of_range 7:38"},
	{"a target of three decimals", "target: 10", "target: 1.125", "indicators[0].target out_of_range 7:38"},
	{"a target with a comma", "target: 10", `target: "1,5"`, "indicators[0].target not_a_number 7:38"},
	{"a target in groups of digits", "target: 10", "target: 200 000", "indicators[0].target not_a_number 7:38"},
	{"a target of no number", "target: 10", "target: .nan", "indicators[0].target not_a_number 7:38"},
	{"a count that there is not", "count: people", "count: persons", "indicators[0].count not_in_list 7:49"},
	{"a kind of record that there is not", "of: attendance", "of: trainings", "indicators[0].of not_in_list 7:61"},
	{"people of records that are not about people", `of: attendance, where: 'activity == "course"'`, "of: output", "indicators[0].count not_allowed 7:49"},
	{"a sum of nothing", "count: people", "count: sum", "indicators[0].field missing 7:5"},
	{"a sum of texts", "count: people", "count: sum, field: activity", "indicators[0].field not_in_list 7:61"},
	{"a sum of people's topics", `count: people, of: attendance, where: 'activity == "course"'`, "count: distinct, field: topic, of: consultation", "indicators[0].field not_in_list 7:66"},
	{"a field that is not needed", "count: people", "count: people, field: hours", "indicators[0].field not_allowed 7:64"},
	{"audiences without a population", `count: people, of: attendance, where: 'activity == "course"'`, "count: sum, field: reach, of: media", "region.population missing 1:1"},
	{"audiences without a population in a region", `count: people, of: attendance, where: 'activity == "course"'}`, "count: sum, field: reach, of: media}\nregion: {name: R}", "region.population missing 8:9"},
	{"a population of no one", "id: small", "id: small\nregion: {population: 0}", "region.population out_of_range 2:22"},
	{"a population in millions", "id: small", "id: small\nregion: {population: 2.07}", "region.population not_a_number 2:22"},
	{"a rule with an unknown variable", `'activity == "course"'`, `'activity == "course" && status == 1'`, "indicators[0].where bad_rule 7:105"},
	{"a rule that no record can meet", `'activity == "course"'`, `'activity == "course" && hours > 3 && hours < 2'`, "indicators[0].where bad_rule 7:81"},
	{"a rule that is cut off", `'activity == "course"'`, `'activity =='`, "indicators[0].where bad_rule 7:91"},
	{"a plain rule with an unknown variable", `'activity == "course"'`, `hours > much`, "indicators[0].where bad_rule 7:88"},
	{"a rule whose quotes are doubled", `'activity == "course"'`, `'activity != ''course'' && x > 1'`, "indicators[0].where bad_rule 7:107"},
	{"a rule in double quotes", `'activity == "course"'`, `"activity != \"course\" && x > 1"`, "indicators[0].where bad_rule 7:107"},
	{"a rule that is a list", `'activity == "course"'`, `[activity, course]`, "indicators[0].where wrong_form 7:80"},
	{"a rule of true or false unquoted", `'activity == "course"'`, `5`, "indicators[0].where bad_rule 7:80"},
	{"a rule in a block", `  - {code: 1, label: Taught, target: 10, count: people, of: attendance, where: 'activity == "course"'}`,
		"  - code: 1\n    label: Taught\n    target: 10\n    count: people\n    of: attendance\n    where: |\n      hours > 1 &&\n        activity == \"curse\"\n", "indicators[0].where not_in_list 14:21"},
	{"a rule in a folded block", `  - {code: 1, label: Taught, target: 10, count: people, of: attendance, where: 'activity == "course"'}`,
		"  - code: 1\n    label: Taught\n    target: 10\n    count: people\n    of: attendance\n    where: >-\n      hours > 1 &&\n\n      status == 1\n", "indicators[0].where bad_rule 15:7"},
	{"a rule of two plain lines", `  - {code: 1, label: Taught, target: 10, count: people, of: attendance, where: 'activity == "course"'}`,
		"  - code: 1\n    label: Taught\n    target: 10\n    count: people\n    of: attendance\n    where: hours > 1 &&\n      status == 1\n", "indicators[0].where bad_rule 13:7"},
	{"a misspelt activity", `"course"`, `"curse"`, "indicators[0].where not_in_list 7:93"},
	{"misspelt values, all of them", `activity == "course"`, `activity in ["curse", "course", "cuorse"] and "done" == outcome and disability != "maybe"`,
		"indicators[0].where not_in_list 7:94; indicators[0].where not_in_list 7:113; indicators[0].where not_in_list 7:127; indicators[0].where not_in_list 7:163"},
	{"a group where there are none", `activity == "course"`, `group == "local-authority"`, "indicators[0].where not_in_list 7:90"},
	{"a state that there is not", `of: attendance, where: 'activity == "course"'`, `of: signup, where: 'state == "confirmed"'`, "indicators[0].where not_in_list 7:86"},
	{"a consent that is neither yes nor no", `of: attendance, where: 'activity == "course"'`, `of: signup, where: 'consent_news == "true"'`, "indicators[0].where not_in_list 7:93"},
	{"a rule over people beside a kind", `of: attendance, where: 'activity == "course"'`, `of: attendance, who: 'len(attendance) > 1'`, "indicators[0].of not_allowed 7:61"},
	{"a rule over people beside a rule over records", `of: attendance, where: 'activity == "course"'`, `who: 'len(attendance) > 1', where: 'hours > 1'`, "indicators[0].where not_allowed 7:92"},
	{"a rule over people that counts records", `count: people, of: attendance, where: 'activity == "course"'`, `count: records, who: 'len(attendance) > 1'`, "indicators[0].of missing 7:5; indicators[0].who not_allowed 7:63"},
	{"a rule over people with a list that there is not", `of: attendance, where: 'activity == "course"'`, `who: 'len(exits) > 1'`, "indicators[0].who bad_rule 7:67"},
	{"a rule over people with a field that there is not", `of: attendance, where: 'activity == "course"'`, `who: 'any(attendance, .minutes > 1)'`, "indicators[0].who bad_rule 7:80"},
	{"a rule over people of a wrong type", `of: attendance, where: 'activity == "course"'`, `who: 'sum(attendance, .hours) > "8"'`, "indicators[0].who bad_rule 7:87"},
	{"a rule over people that nobody can meet", `of: attendance, where: 'activity == "course"'`, `who: 'len(attendance) < 0'`, "indicators[0].who bad_rule 7:63"},
	{"a rule over people with misspelt values", `of: attendance, where: 'activity == "course"'`, `who: 'any(attendance, .activity not in ["curse", "course"]) && sex == "woman"'`, "indicators[0].who not_in_list 7:97; indicators[0].who not_in_list 7:127"},
	{"a rule over people that is a list", `of: attendance, where: 'activity == "course"'`, `who: [attendance]`, "indicators[0].who wrong_form 7:62"},
	{"an empty rule over people", `of: attendance, where: 'activity == "course"'`, `who: ""`, "indicators[0].who bad_rule 7:62"},
	{"a share of records that is one of people", `count: people, of: attendance, where: 'activity == "course"'`, `count: share, per: records, of: attendance, among: {who: 'len(tests) > 0'}`, "indicators[0].among.who not_allowed 7:99"},
	{"a share of people by their records", `count: people, of: attendance, where: 'activity == "course"'`, `count: share, per: records, who: 'len(tests) > 0', among: {of: attendance}`, "indicators[0].per not_allowed 7:61"},
	{"a share of people in what is not about people", `count: people, of: attendance, where: 'activity == "course"'`, `count: share, who: 'len(tests) > 0', among: {of: output}`, "indicators[0].among.of not_allowed 7:91"},
	{"a share of people in nothing", `count: people, of: attendance, where: 'activity == "course"'`, `count: share, who: 'len(tests) > 0', among: {}`, "indicators[0].among.of missing 7:86"},
	{"participants by a rule over people", "id: small", "id: small\nparticipants: [{who: 'len(tests) > 0'}]", "participants[0].of missing 2:16; participants[0].who unknown_field 2:17"},
	{"participants of records that are not about people", "id: small", "id: small\nparticipants: [{of: media}, {of: test, where: 'x'}, {where: 'true'}]", "participants[0].of not_allowed 2:21; participants[1].where bad_rule 2:48; participants[2].of missing 2:53"},
	{"age bands that overlap", "id: small", `id: small` + "\n" + `age_bands: ["0-24", "24-54", 55+]`, "age_bands[1] out_of_range 2:21"},
	{"age bands out of order", "id: small", "id: small\nage_bands: [55+, 0-24]", "age_bands[1] out_of_range 2:18"},
	{"an age band backwards", "id: small", "id: small\nage_bands: [24-0]", "age_bands[0] out_of_range 2:13"},
	{"age bands of another form", "id: small", "id: small\nage_bands: [0–24, under 18, {a: b}]", "age_bands[0] wrong_form 2:13; age_bands[1] wrong_form 2:19; age_bands[2] wrong_form 2:29"},
	{"an activity without places", "{id: course,", "{id: course, capacity: 0,", "activities[0].capacity out_of_range 5:28"},
	{"an activity of half a place", "{id: course,", "{id: course, capacity: 1.5,", "activities[0].capacity not_a_number 5:28"},
	{"an activity that ends before it starts", "{id: course,", "{id: course, starts: 2026-05-02 10:00, ends: 2026-05-02 09:00,", "activities[0].ends out_of_range 5:50"},
	{"an activity that closes some day", "{id: course,", "{id: course, closes: soon,", "activities[0].closes not_a_date 5:26"},
	{"an activity without a label", ", label: Course", "", "activities[0].label missing 5:5"},
	{"a partner with the office's name", "id: small", "id: small\npartners: [{id: coordinator, name: Office}]", "partners[0].id not_allowed 2:17"},
	{"an attribute with the name of another column", "title: Small", "title: Small\npeople: {attributes: {kind: {type: text, label: Sex}}}", "people.attributes.kind.label repeated 3:23"},
	{"an attribute with the name of a list", "title: Small", "title: Small\npeople: {attributes: {tests: {type: text}}}", "people.attributes.tests not_allowed 3:23"},
	{"two fields of one label", "title: Small", "title: Small\nrecords: {walk: {label: Walk, fields: {far: {type: number, label: Far}, away: {type: number, label: far}}}}", "records.walk.fields.away.label repeated 3:73"},
	{"a field with the label of the date", "title: Small", "title: Small\nrecords: {walk: {label: Walk, fields: {day: {type: date, label: {en: Date}}}}}", "records.walk.fields.day.label repeated 3:40"},
	{"a field with the id of another's label", "title: Small", "title: Small\nrecords: {walk: {label: Walk, fields: {far: {type: number, label: Away}, away: {type: number}}}}", "records.walk.fields.far.label repeated 3:40"},
	{"an own field of a built-in kind with its column", "title: Small", "title: Small\nrecords: {test: {fields: {mark: {type: number, label: {pl: Data}}}}}", "records.test.fields.mark.label repeated 3:27"},
	{"a field that is refused perhaps", "title: Small", "title: Small\npeople: {attributes: {sex: {refusable: perhaps}, debt: {type: number, sensitive: 1, public: maybe}}}", "people.attributes.sex.refusable not_in_list 3:40; people.attributes.debt.sensitive not_in_list 3:82; people.attributes.debt.public not_in_list 3:93"},
	{"a date that may be refused", "title: Small", "title: Small\nrecords: {attendance: {fields: {date: {refusable: true}, activity: {sensitive: true}}}}", "records.attendance.fields.date.refusable unknown_field 3:40; records.attendance.fields.activity.sensitive unknown_field 3:69"},
	{"an answer that cannot be refused", `activity == "course"`, `sex == "refused"`, "indicators[0].where not_in_list 7:88"},
	{"a complete person with a misspelt attribute", "title: Small", "title: Small\npeople: {complete: [sex, educaton, sex, email]}", "people.complete[1] not_in_list 3:26; people.complete[2] repeated 3:36; people.complete[3] not_in_list 3:41"},
	{"a complete person with an attribute that is not asked", "title: Small", "title: Small\npeople: {attributes: {disability: {ask: no}}, complete: [disability]}", "people.complete[0] not_allowed 3:58"},
	{"a complete person that is a text", "title: Small", "title: Small\npeople: {complete: sex}", "people.complete wrong_form 3:20"},
	{"incomplete people counted somewhere", "title: Small", "title: Small\npeople: {complete: [sex], incomplete: totals}", "people.incomplete not_in_list 3:39"},
	{"incomplete people without anything that they lack", "title: Small", "title: Small\npeople: {incomplete: total}", "people.incomplete not_allowed 3:22"},
	{"a kind about a person perhaps", "title: Small", "title: Small\nrecords: {walk: {label: Walk, person: maybe, fields: {far: {type: number}}}}", "records.walk.person not_in_list 3:39"},
	{"partners who name people perhaps", "title: Small", "title: Small\nrecords: {walk: {label: Walk, person: optional, by: [partner], fields: {far: {type: number}}}}", "records.walk.by[0] not_allowed 3:54"},
	{"an indicator with the code of the participants", "code: 1", "code: participants", "indicators[0].code not_allowed 7:12"},
	{"a group with a reserved id", "id: small", "id: small\ngroups: [{id: unknown, label: U}]", "groups[0].id not_allowed 2:15"},
	{"implementers' dates", "id: small", "id: small\nimplementers: [{name: A, from: 2026-02-01, to: 2026-01-01}, {from: x}]", "implementers[0].to out_of_range 2:48; implementers[1].name missing 2:61; implementers[1].from not_a_date 2:68"},
	{"funding", "id: small", "id: small\nfunding: {source: S, value: -1, currency: zł, share_percent: 101}", "funding.value out_of_range 2:29; funding.currency not_in_list 2:43; funding.share_percent out_of_range 2:62"},
	{"limits of retention", "id: small", "id: small\nretention: {people: 11, texts: 2, originals: 601, notes: 5}", "retention.people out_of_range 2:21; retention.texts out_of_range 2:32; retention.originals out_of_range 2:46; retention.notes unknown_field 2:51"},
	{"how long data are kept, in a word", "id: small", "id: small\nretention: for ever", "retention wrong_form 2:12"},
	{"reports", "id: small", "id: small\nreports: {funder: weekly, language: fr}", "reports.funder not_in_list 2:19; reports.language not_in_list 2:37"},
	{"a way to confirm that there is not", "id: small", "id: small\nconfirm: post", "confirm not_in_list 2:10"},
	{"hours without anything to confirm", "id: small", "id: small\nconfirm_hours: 24", "confirm_hours not_allowed 2:16"},
	{"too many hours to confirm", "id: small", "id: small\nconfirm: email\nconfirm_hours: 721", "confirm_hours out_of_range 3:16"},
	{"part of an hour to confirm", "id: small", "id: small\nconfirm: email\nconfirm_hours: 0.5", "confirm_hours not_a_number 3:16"},
	{"a target group below zero", "id: small", "id: small\ntarget_group: -1", "target_group out_of_range 2:15"},
	{"a number with a comma, within braces", "target: 10", "target: 1,5", "indicators[0].target not_a_number 7:38"},
	{"a stray word after a text in quotes", "title: Small", "title: {pl: 'Mały', ale własny}", "title.ale własny unknown_field 2:21"},
	{"decimals and corrections of outputs", "id: small", "id: small\noutput_kinds: [{id: a, label: A, decimals: 5}, {id: b, label: B, decimals: 1.5, correction: perhaps}, {id: c, label: C, decimal: 2}]", "output_kinds[0].decimals out_of_range 2:44; output_kinds[1].decimals not_a_number 2:76; output_kinds[1].correction not_in_list 2:93; output_kinds[2].decimal unknown_field 2:121"},
	{"control characters", "title: Small", `title: "Sma\u0007ll"`, "title unreadable 2:8"},
	{"every problem at once, in the order of lines", "id: small\ntitle: Small", "id: S\ntitel: Small", "title missing 1:1; id not_an_id 1:5; titel unknown_field 2:1"},
	{"a position after Polish letters", "title: Small", "title: {pl: żółć, en: Gall, ie: Domlas}", "title.ie unknown_field 2:29"},
	{"no definition", small, "", " wrong_form 1:1"},
	{"a definition of comments", small, "# nothing\n", " wrong_form 1:1"},
	{"a definition that is a list", small, "- a\n- b\n", " wrong_form 1:1"},
	{"no YAML: an open quote", "title: Small", "title: 'Small", " unreadable 7:81"},
	{"no YAML: an open bracket", "to: 2026-12-31}", "to: 2026-12-31", " unreadable 4:1"},
	{"no YAML: two colons", "title: Small", "title: Small: indeed", " unreadable 2:8"},
	{"not UTF-8", "title: Small", "title: Sma\xb3l", " unreadable 2:11"},
	{"an anchor and its alias", "title: Small", "title: &t Small\ngoal: *t", " not_allowed 2:8; not_allowed 3:7"},
	{"a tag", "title: Small", "title: !!str Small", " not_allowed 2:8"},
	{"a merged key", "title: Small", "title: Small\n<<: {goal: x}", " not_allowed 3:1"},
	{"two documents", "title: Small", "title: Small\n---\nid: other", " not_allowed 3:1"},
	{"a second document after the end of the first", "title: Small", "title: Small\n...\nid: other", " not_allowed 4:1"},
	{"an indent of tabs", "  - {id: course", "\t- {id: course", " unreadable 5:1"},
	{"far too many empty lines", "title: Small", strings.Repeat("\n", 102) + "title: Small", " too_large 102:1"},
	{"far too many keys", "title: Small", strings.Repeat("title: Small\n", 300), " too_large 201:1"},
	{"lists too deep", "title: Small", "title: " + strings.Repeat("[", 20000), " too_large 2:24"},
	{"dashes too deep", "title: Small", "title:\n" + strings.Repeat("- ", 20000), " too_large 3:33"},
	{"too many indicators", "indicators:", "indicators:" + strings.Repeat("\n  - {}", 201), "indicators too_large 207:5"},
}

func TestProblemsHaveCodeAndPlace(t *testing.T) {
	t.Parallel()
	for _, c := range broken {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if !strings.Contains(small, c.from) {
				t.Fatalf("nothing to replace: %s", c.from)
			}
			d, problems := definition.Parse("", []byte(strings.Replace(small, c.from, c.to, 1)))
			var got []string
			for _, p := range problems {
				got = append(got, strings.TrimSpace(fmt.Sprintf("%s %s %d:%d", p.Field, p.Code, p.Line, p.Column)))
				polish, english := words.Of("pl").Word(p.Message), words.Of("en").Word(p.Message)
				if polish == english || strings.Contains(polish+english, p.Message.Key) || strings.Contains(polish+english, "<no value>") {
					t.Errorf("no sentence in one of the languages: %q, %q", polish, english)
				}
			}
			want := strings.Split(c.want, "; ")
			want[0] = strings.TrimSpace(want[0])
			if diff := cmp.Diff(want, got); diff != "" {
				t.Error(diff)
			}
			if d != nil {
				t.Error("a definition with problems was given")
			}
		})
	}
}

func TestMessagesNameTheSolution(t *testing.T) {
	t.Parallel()
	_, problems := definition.Parse("", []byte(strings.Replace(small, `"course"`, `"curse"`, 1)))
	if len(problems) != 1 {
		t.Fatalf("got %+v", problems)
	}
	for language, want := range text(`activity nigdy nie jest równe "curse": należy poprawić wartość. Są: course.`, `activity is never "curse": correct the value. There are: course.`) {
		if got := words.Of(language).Word(problems[0].Message); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

// Texts that would take a parser long, or much memory, are answered at once.
// A message names what was written, and what can be written in its place.
func TestMessagesNameWhatIsAllowed(t *testing.T) {
	t.Parallel()
	const head = "id: x\ntitle: X\nperiod: {from: 2026-01-01, to: 2026-12-31}\nrecords: {visit: {label: Visit, person: yes, fields: {weight: {type: number, unit: {ro: kg, en: kg}}}}}\nregion: {name: X, population: 900,000}\nindicators:\n"
	for line, want := range map[string]string{
		`{code: "1", label: A, count: records, of: visit, by: [county]}`:                       "county cannot be used in by: records of visit have no field",
		`{code: "1", label: A, count: value, value: 'reach / 2'}`:                              "reach does not belong here",
		`{code: "1", label: A, count: value, value: 'inhabitants / 2'}`:                        "inhabitants does not belong here",
		`{code: "1", label: A, unit: {ro: om, en: person}, count: records, of: consultation}`:  "A unit is one text for all languages",
		`{code: "1", label: A, count: said, decimals: 1}`:                                      "decimals has no meaning beside count: said, which takes scale: remove decimals.",
		`{code: "1", label: A, count: mean, who: 'entry != ""', field: hours}`:                 "who has no meaning beside count: mean, which takes of, where, field, decimals: remove who.",
		`{code: "1", label: A, target: 1 500, count: records, of: consultation}`:               "1 500 is not a number: write it without separators of thousands, 1500.",
		`{code: "1", label: A, target: "1,234.5", count: records, of: consultation}`:           "separators of thousands, 1234.5.",
		`{code: "1", label: A, target: "12,5", count: records, of: consultation}`:              "with a full stop before decimals",
		`{code: "1", label: A, count: records, of: consultation, target_by: {sex: {male: 1}}}`: "sex cannot be given here",
	} {
		_, problems := definition.Parse("", []byte(head+"  - "+line+"\n"))
		var all []string
		for _, p := range problems {
			all = append(all, words.Of(words.English).Word(p.Message))
		}
		for _, want := range []string{want, "900, 000 is not a number: write it without separators of thousands, 900000.", "A unit is one text for all languages"} {
			if !slices.ContainsFunc(all, func(message string) bool { return strings.Contains(message, want) }) {
				t.Errorf("%s: not %q but %q", line, want, all)
			}
		}
	}
}

func TestParseIsBounded(t *testing.T) {
	t.Parallel()
	for name, text := range map[string]string{
		"over 256 KB":         strings.Repeat("# a comment\n", 25000),
		"far too many keys":   strings.Repeat("a: 1\n", 50000),
		"a key for each line": strings.Repeat("a: 1\n", 13000),
		"brackets":            strings.Repeat("[", 250000),
		"questions":           strings.Repeat("? ", 100000),
		"deep indents":        indents(500),
		"one long quote":      "a: '" + strings.Repeat("x\n ", 80000) + "'",
		"unknown keys":        "a: {" + strings.Repeat("b: 1, ", 9000) + "}",
	} {
		if d, problems := definition.Parse("", []byte(text)); d != nil || len(problems) == 0 || len(problems) > 1000 {
			t.Errorf("%s: %d problems", name, len(problems))
		}
	}
}

func indents(depth int) string {
	var b strings.Builder
	for i := range depth {
		fmt.Fprintf(&b, "%sa:\n", strings.Repeat(" ", i))
	}
	return b.String()
}

func checkPlaces(t interface {
	Helper()
	Fatalf(string, ...any)
}, text string) {
	t.Helper()
	d, problems := definition.Parse("", []byte(text))
	if (d == nil) == (len(problems) == 0) {
		t.Fatalf("a definition %t, and %d problems", d != nil, len(problems))
	}
	text = strings.ReplaceAll(strings.ReplaceAll(strings.TrimPrefix(text, "\ufeff"), "\r\n", "\n"), "\r", "\n")
	lines := strings.Split(text, "\n")
	before := 0
	for _, p := range problems {
		if p.Line < before || p.Line < 1 || p.Line > len(lines) || p.Column < 1 || p.Column > len([]rune(lines[p.Line-1]))+1 {
			t.Fatalf("%s at %d:%d is outside the text, or out of order", p.Code, p.Line, p.Column)
		}
		before = p.Line
	}
}

func TestProblemsOfRandomlyDamagedDefinitionsAreInTheText(t *testing.T) {
	t.Parallel()
	whole := strings.Split(ces(t), "\n")
	rapid.Check(t, func(t *rapid.T) {
		lines := slices.Clone(whole)
		for range rapid.IntRange(1, 3).Draw(t, "changes") {
			i := rapid.IntRange(0, len(lines)-1).Draw(t, "line")
			line := []rune(lines[i])
			switch at := rapid.IntRange(0, len(line)).Draw(t, "column"); rapid.IntRange(0, 4).Draw(t, "change") {
			case 0:
				lines = slices.Delete(lines, i, i+1)
			case 1:
				lines[i] = string(line[:at])
			case 2:
				lines[i] = string(line[:at]) + rapid.SampledFrom([]string{"'", `"`, "{", "]", ":", ": ", "- ", "#", "&a", "*", "\n", "\t", "|", "&&", "==", "ż", "0"}).Draw(t, "mark") + string(line[at:])
			case 3:
				key, value, _ := strings.Cut(lines[i], ": ")
				lines[i] = key + ": " + rapid.SampledFrom([]string{"5", "x", "[]", "{}", "''", "~", "2010-01-01", ">\n  y", value + value}).Draw(t, "value")
			case 4:
				lines = slices.Insert(lines, i, lines[rapid.IntRange(0, len(lines)-1).Draw(t, "copied")])
			}
			if len(lines) == 0 {
				lines = []string{""}
			}
		}
		checkPlaces(t, strings.Join(lines, "\n"))
	})
}

func FuzzParse(f *testing.F) {
	f.Add(ces(f))
	f.Add(small)
	f.Add("a: |\n  b\r\nc: \"\\u0041\n d\"\n- e")
	f.Fuzz(func(t *testing.T, text string) { checkPlaces(t, text) })
}

func BenchmarkParse(b *testing.B) {
	text := []byte(ces(b))
	for b.Loop() {
		definition.Parse("", text)
	}
}

// What is stored of a definition is its JSON; nothing may be lost or changed by it.
func TestParsedDefinitionsSurviveJSON(t *testing.T) {
	t.Parallel()
	want, problems := definition.Parse("", []byte(ces(t)))
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	stored, err := json.Marshal(want)
	if err != nil {
		t.Fatal(err)
	}
	got := &project.Definition{}
	if err := json.Unmarshal(stored, got); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// A kind of output may have decimals and take corrections; without the keys it is stored as before.
func TestOutputKindsHaveLimits(t *testing.T) {
	t.Parallel()
	text := strings.Replace(small, "id: small", "id: small\noutput_kinds: [{id: waste, label: W, decimals: 2, correction: true}, {id: badge, label: B, correction: no}]", 1)
	d, problems := definition.Parse("", []byte(text))
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	if k := d.OutputKinds; len(k) != 2 || k[0].Decimals != 2 || !k[0].Correction || k[1].Decimals != 0 || k[1].Correction {
		t.Errorf("%+v", d.OutputKinds)
	}
	if written, err := json.Marshal(d.OutputKinds[1]); err != nil || strings.Contains(string(written), "decimals") || strings.Contains(string(written), "correction") {
		t.Errorf("%s, error %v", written, err)
	}
}
