package main_test

import (
	"cmp"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// planned replaces the indicators of the definition, and adds a kind of record of its own.
func planned(p *project, indicators ...string) string {
	text := p.definition("target_group: 20", `target_group: 20
records:
  harvest:
    label: {en: Harvest, pl: Zbiory}
    person: no
    key: [site]
    fields:
      site: {type: choice, options: [north, south]}
      weight: {type: number, decimals: 2, unit: kg}`)
	head, rest, _ := strings.Cut(text, "indicators:\n")
	_, reports, _ := strings.Cut(rest, "reports:")
	return head + "indicators:\n  - " + strings.Join(indicators, "\n  - ") + "\nreports:" + reports
}

// plan puts indicators in force.
func (p *project) plan(indicators ...string) {
	p.t.Helper()
	p.office.send("PUT", p.at+"/definition", "application/yaml", []byte(planned(p, indicators...))).is(http.StatusOK)
}

// harvest enters what was brought in.
func (p *project) harvest(day int, site string, weight any) {
	p.t.Helper()
	p.office.post(p.at+"/records/harvest", fields{"date": p.day(day), "site": site, "weight": weight}).is(http.StatusCreated)
}

// figures compares members of indicators, written "code.member".
func (p *project) figures(snap reply, want map[string]string) {
	p.t.Helper()
	for path, value := range want {
		code, member, _ := strings.Cut(path, ".")
		got := cmp.Or(figure(snap, code, member), "null")
		a, wrong := strconv.ParseFloat(got, 64)
		b, bad := strconv.ParseFloat(value, 64)
		if got != value && (wrong != nil || bad != nil || a != b) {
			p.t.Errorf("%s is %s, want %s", path, got, value)
		}
	}
}

// adds returns the sums of what the evidence of a figure adds.
func (p *project) adds(snap reply, code string) (adds, of float64, items []any) {
	p.t.Helper()
	items = p.everything(p.at + "/snapshots/" + snap.text("id") + "/indicators/" + code + "/evidence")
	for _, item := range items {
		a, _ := strconv.ParseFloat(said(within(item, "adds")), 64)
		o, _ := strconv.ParseFloat(said(within(item, "of")), 64)
		adds, of = adds+a, of+o
	}
	return adds, of, items
}

func TestSharesAreExact(t *testing.T) {
	t.Parallel()
	p := newProject(t)
	p.plan(
		`{code: "1", label: Women, target: 50, count: share, of: attendance, where: 'sex == "female"', among: {of: attendance, where: 'outcome == "completed"'}}`,
		`{code: "2", label: Completed, target: 50, count: share, decimals: 4, per: records, of: attendance, where: 'hours > 0', among: {of: attendance, where: 'outcome == "completed"'}}`,
		`{code: "3", label: Advised, target: 50, count: share, decimals: 0, of: consultation, among: {of: attendance}}`,
		`{code: "4", label: Nothing, target: 50, count: share, of: consultation, among: {of: test}}`,
	)
	snap := p.compile()
	p.figures(snap, map[string]string{"1.achieved": "null", "1.percent": "null", "1.status": "not-started", "1.numerator": "null", "4.achieved": "null"})
	for i, sex := range []string{"female", "female", "male"} {
		name := fmt.Sprintf("osoba%d", i)
		p.office.post(p.at+"/signups", signup(name, "planting").and(fields{"sex": sex})).is(http.StatusCreated)
		p.office.post(p.at+"/attendance", p.attendance(name).and(fields{"hours": i})).is(http.StatusCreated)
	}
	p.office.post(p.at+"/attendance", p.attendance("osoba0").and(fields{"date": p.day(-20), "outcome": "attended"})).is(http.StatusCreated)
	p.office.post(p.at+"/consultations", p.consultation("osoba0")).is(http.StatusCreated)
	p.office.post(p.at+"/consultations", p.consultation("nikt")).is(http.StatusCreated) // not among those who attended
	snap = p.compile()
	p.figures(snap, map[string]string{
		"1.achieved": "66.7", "1.percent": "133.3", "1.status": "achieved", "1.numerator": "2", "1.denominator": "3",
		"2.achieved": "66.6667", "2.numerator": "2", "2.denominator": "3",
		"3.achieved": "33", "3.percent": "66.7", "3.numerator": "1", "3.denominator": "3",
		"4.achieved": "null", "4.status": "not-started", "4.denominator": "null",
	})
	for code, want := range map[string][2]float64{"1": {2, 3}, "2": {2, 3}, "3": {1, 3}} {
		if adds, of, _ := p.adds(snap, code); adds != want[0] || of != want[1] {
			t.Errorf("the evidence of %s adds up to %v of %v", code, adds, of)
		}
	}
	p.office.post(p.at+"/snapshots/"+snap.text("id")+"/verification", nil).is(http.StatusOK).has(map[string]string{"same": "true"})

	// What continues a compile finds the same.
	p.office.post(p.at+"/attendance", p.attendance("osoba9").and(fields{"hours": 0})).is(http.StatusCreated)
	snap = p.compile()
	p.figures(snap, map[string]string{"1.achieved": "50", "1.status": "achieved", "2.achieved": "50", "2.denominator": "4", "3.achieved": "25"})
	p.office.post(p.at+"/snapshots/"+snap.text("id")+"/verification", nil).is(http.StatusOK).has(map[string]string{"same": "true"})
}

func TestMeansAndExtremesTakeWhatIsGiven(t *testing.T) {
	t.Parallel()
	p := newProject(t)
	p.plan(
		`{code: "mean", label: M, target: 10, count: mean, field: weight, of: harvest, decimals: 2}`,
		`{code: "min", label: M, count: min, field: weight, of: harvest, decimals: 2}`,
		`{code: "max", label: M, target: 7, count: max, field: weight, of: harvest, decimals: 2}`,
		`{code: "last", label: M, count: last, field: weight, of: harvest, decimals: 2}`,
		`{code: "all", label: M, count: sum, field: weight, of: harvest, by: [site], target: 100}`,
		`{code: "times", label: M, count: records, of: harvest, by: [site]}`,
	)
	p.figures(p.compile(), map[string]string{"mean.achieved": "null", "min.achieved": "null", "last.status": "monitored", "mean.status": "not-started", "all.by.site.north": "0", "all.by.site.unknown": "0"})
	p.harvest(-3, "north", 3)
	p.harvest(-5, "south", 10.25)
	p.harvest(-2, "south", 0.5)
	p.harvest(-2, "north", 2) // before south, by the natural key
	p.harvest(-1, "north", nil)
	snap := p.compile()
	p.figures(snap, map[string]string{
		"mean.achieved": "3.94", "mean.percent": "39.4", "mean.records": "4", "min.achieved": "0.5", "max.achieved": "10.25", "max.percent": "146.4", "max.status": "achieved", "last.achieved": "0.5",
		"all.achieved": "15.75", "all.by.site.north": "5", "all.by.site.south": "10.75", "all.by.site.unknown": "0", "times.by.site.north": "3", "times.by.site.south": "2", "times.target": "null", "times.status": "monitored", "times.percent": "null",
	})
	if adds, of, items := p.adds(snap, "mean"); adds != 15.75 || of != 4 || len(items) != 4 {
		t.Errorf("the mean is of %v over %v", adds, of)
	}
	for code, want := range map[string]float64{"min": 0.5, "max": 10.25, "last": 0.5} {
		if adds, _, items := p.adds(snap, code); adds != want || len(items) != 4 || said(within(items[0], "value")) != "10.25" {
			t.Errorf("%s: the evidence adds up to %v: %v", code, adds, items)
		}
	}
	p.harvest(0, "south", 1.11)
	snap = p.compile()
	p.figures(snap, map[string]string{"mean.achieved": "3.37", "last.achieved": "1.11", "all.by.site.south": "11.86", "min.achieved": "0.5"})
	p.office.post(p.at+"/snapshots/"+snap.text("id")+"/verification", nil).is(http.StatusOK).has(map[string]string{"same": "true"})
	for _, suffix := range []string{".csv", ".xlsx", ".pdf", ".json"} {
		p.office.get(p.at + "/snapshots/latest" + suffix).is(http.StatusOK)
	}
	p.office.browser().get(p.at + "/snapshots/latest").is(http.StatusOK).isPage()
	for _, code := range []string{"mean", "min", "last", "all"} {
		p.office.browser().get(p.at + "/snapshots/latest/indicators/" + code + "/evidence").is(http.StatusOK).isPage()
	}
}

func TestValuesAreWorkedOutFromOthers(t *testing.T) {
	t.Parallel()
	p := newProject(t)
	p.plan(
		`{code: "sum", label: V, target: 3, value: 'i["1"] + i["2"]'}`,
		`{code: "1", label: One, target: 3, count: records, of: harvest, where: 'site == "north"'}`,
		`{code: "2", label: Two, target: 3, count: records, of: harvest, where: 'site == "south"'}`,
		`{code: "each", label: V, decimals: 3, value: 'i["1"] / i["sum"] * 100'}`,
		`{code: "thirds", label: V, decimals: 4, target: 1, value: '(i["1"] / 3) * 3 - 0.00005'}`,
	)
	p.figures(p.compile(), map[string]string{"sum.achieved": "0", "sum.percent": "0", "sum.status": "not-started", "each.achieved": "null", "each.status": "monitored"})
	p.harvest(-3, "north", 1)
	p.harvest(-3, "south", 1)
	p.harvest(-2, "south", 1)
	snap := p.compile()
	p.figures(snap, map[string]string{"sum.achieved": "3", "sum.status": "achieved", "each.achieved": "33.333", "thirds.achieved": "1", "thirds.status": "on-track", "thirds.percent": "100.0"})
	if _, _, items := p.adds(snap, "each"); len(items) != 2 || said(within(items[1], "id")) != "sum" || said(within(items[1], "value")) != "3" {
		t.Errorf("made of %v", items)
	}
	p.office.browser().get(p.at + "/snapshots/latest/indicators/each/evidence").is(http.StatusOK).isPage()

	for name, c := range map[string]struct{ indicators, code, message string }{
		"a circle":              {`{code: "1", label: A, value: 'i["2"]'}|{code: "2", label: B, value: '1 + i["1"]'}`, "not_allowed", "1 → 2 → 1"},
		"of itself":             {`{code: "1", label: A, value: 'i["1"]'}`, "not_allowed", "1 → 1"},
		"of nothing":            {`{code: "1", label: A, value: 'i["9"]'}`, "not_in_list", "9"},
		"no formula":            {`{code: "1", label: A, value: 'i["1"'}`, "bad_rule", "i["},
		"of what is kept":       {`{code: "1", label: A, value: 'i["2"]'}|{code: "2", label: B, public: no, count: records, of: harvest}`, "not_allowed", "public"},
		"too many decimals":     {`{code: "1", label: A, value: '1', decimals: 5}`, "out_of_range", "5"},
		"a share of itself":     {`{code: "1", label: A, count: share, of: harvest, among: {of: harvest}}`, "not_allowed", "harvest"},
		"an unknown key":        {`{code: "1", label: A, count: share, of: test, amongst: {of: test}}`, "unknown_field", "among"},
		"a target on a scale":   {`{code: "1", label: A, count: said, scale: [a, b], target: 2}`, "not_allowed", "scale"},
		"by what is no list":    {`{code: "1", label: A, count: records, of: harvest, by: [weight]}`, "not_in_list", "site"},
		"a plan backwards":      {`{code: "1", label: A, count: records, of: harvest, targets: [{by: ` + p.day(20) + `, value: 2}, {by: ` + p.day(10) + `, value: 3}]}`, "out_of_range", "by"},
		"down from below":       {`{code: "1", label: A, count: records, of: harvest, target: 5, direction: down, baseline: {value: 4}}`, "out_of_range", "4"},
		"a target of no part":   {`{code: "1", label: A, count: people, of: test, target: 5, target_by: {sex: {women: 3}}}`, "unknown_field", "female"},
		"until before it began": {`{code: "1", label: A, count: records, of: harvest, until: ` + p.day(-70) + `}`, "out_of_range", "until"},
	} {
		bad := p.office.send("PUT", p.at+"/definition?dry_run=1", "application/yaml", []byte(planned(p, strings.Split(c.indicators, "|")...))).is(http.StatusUnprocessableEntity)
		errors := bad.list("errors")
		first := errors[0]
		if i := slices.IndexFunc(errors, func(e any) bool { return said(within(e, "code")) == c.code }); i >= 0 {
			first = errors[i]
		}
		if said(within(first, "code")) != c.code || !strings.Contains(said(within(first, "message")), c.message) || said(within(first, "line")) == "" || said(within(first, "column")) == "" {
			t.Errorf("%s: %v", name, first)
		}
	}
}

func TestPlansAreJudgedByTheirLine(t *testing.T) {
	t.Parallel()
	p := newProject(t)
	by := func(day int) string { return p.day(day) }
	line := fmt.Sprintf("targets: [{by: %s, value: 2}, {by: %s, value: 20}]", by(-31), by(299))
	p.plan(
		`{code: "line", label: L, count: records, of: harvest, `+line+`}`,
		`{code: "steep", label: L, count: records, of: harvest, targets: [{by: `+by(0)+`, value: 20}]}`,
		`{code: "none", label: L, count: records, of: harvest}`,
		`{code: "zero", label: L, target: 0, count: records, of: harvest}`,
		`{code: "no-waste", label: L, target: 0, direction: down, count: sum, field: weight, of: harvest}`,
		`{code: "less", label: L, target: 2, direction: down, baseline: {value: 12, at: `+by(-60)+`}, count: records, of: harvest}`,
		`{code: "few", label: L, target: 2, direction: down, count: records, of: harvest}`,
		`{code: "women", label: L, target: 10, count: people, of: attendance, target_by: {sex: {female: 6}}}`,
	)
	p.figures(p.compile(), map[string]string{
		"line.target": "20", "line.status": "not-started", "none.target": "null", "none.status": "monitored", "none.percent": "null", "zero.target": "0", "zero.percent": "null", "zero.status": "achieved",
		"no-waste.status": "achieved", "few.status": "not-started", "less.status": "not-started", "women.target_by.sex.female": "6",
	})
	for i := range 3 {
		p.harvest(-5-i, "north", 1)
	}
	snap := p.compile()
	p.figures(snap, map[string]string{
		"line.percent": "15", "line.status": "behind", "steep.status": "behind", "none.status": "monitored", "zero.status": "achieved", "no-waste.status": "behind",
		"less.percent": "90", "less.status": "on-track", "few.status": "behind",
	})
	p.harvest(-9, "north", 1)
	p.figures(p.compile(), map[string]string{"line.percent": "20", "line.status": "on-track", "less.percent": "80"})
	page := string(p.office.browser().get(p.at + "/snapshots/latest").is(http.StatusOK).isPage().body)
	if !strings.Contains(page, "monitored") {
		t.Error("the page does not say what is monitored")
	}
	p.office.get(p.at + "/attention").is(http.StatusOK)
}

func TestSaidValuesHold(t *testing.T) {
	t.Parallel()
	p := newProject(t)
	p.plan(
		`{code: "km", label: Paths, unit: km, target: 10, count: said}`,
		`{code: "mood", label: Mood, count: said, scale: [poor, {id: good, label: {en: Good, pl: Dobry}}]}`,
		`{code: "twice", label: Twice, value: '2 * i["km"]'}`,
		`{code: "n", label: N, count: records, of: harvest}`,
	)
	p.figures(p.compile(), map[string]string{"km.achieved": "null", "km.status": "not-started", "mood.achieved": "null", "mood.percent": "null", "twice.achieved": "null"})
	put := func(code string, body fields) reply {
		return p.office.put(p.at+"/indicators/"+code+"/said", body)
	}
	const note = "Zmierzono w terenie"
	put("km", fields{"as_of": p.day(-5), "value": 2.5, "note": note}).is(http.StatusOK).has(map[string]string{"value": "2.5", "as_of": p.day(-5), "note": note})
	put("km", fields{"as_of": p.day(-5), "value": 2.5, "note": note}).is(http.StatusOK)
	put("km", fields{"as_of": p.day(-1), "value": 4}).is(http.StatusOK)
	put("mood", fields{"as_of": p.day(-2), "value": "good"}).is(http.StatusOK)
	snap := p.compile()
	p.figures(snap, map[string]string{"km.achieved": "4", "km.percent": "40", "mood.achieved": "good", "mood.percent": "null", "mood.status": "monitored", "twice.achieved": "8"})
	if adds, _, items := p.adds(snap, "km"); adds != 4 || len(items) != 1 {
		t.Errorf("evidence %v", items)
	}
	then := p.office.post(p.at+"/snapshots", fields{"as_of": p.day(-3)}).is(http.StatusCreated)
	p.figures(then, map[string]string{"km.achieved": "2.5", "mood.achieved": "null"})
	put("km", fields{"as_of": p.day(-1), "value": 5}).is(http.StatusOK)
	snap = p.compile()
	p.figures(snap, map[string]string{"km.achieved": "5", "twice.achieved": "10"})
	p.office.post(p.at+"/snapshots/"+snap.text("id")+"/verification", nil).is(http.StatusOK).has(map[string]string{"same": "true"})
	if items := p.everything(p.at + "/indicators/km/said"); len(items) != 2 || said(within(items[1], "note")) != note {
		t.Errorf("said: %v", items)
	}
	trail := p.office.get(p.at + "/audit?kind=indicator.said").is(http.StatusOK)
	if n := len(trail.list("items")); n != 4 {
		t.Errorf("%d lines in the trail: %s", n, trail)
	}
	if strings.Contains(string(trail.body), note) {
		t.Error("the trail has the note")
	}
	for name, c := range map[string]struct {
		who    caller
		code   string
		body   fields
		status int
	}{
		"a word for a number":    {p.office, "km", fields{"as_of": p.day(0), "value": "much"}, http.StatusUnprocessableEntity},
		"not of the scale":       {p.office, "mood", fields{"as_of": p.day(0), "value": "great"}, http.StatusUnprocessableEntity},
		"tomorrow":               {p.office, "km", fields{"as_of": p.day(1), "value": 1}, http.StatusUnprocessableEntity},
		"without a day":          {p.office, "km", fields{"value": 1}, http.StatusUnprocessableEntity},
		"of what is counted":     {p.office, "n", fields{"as_of": p.day(0), "value": 1}, http.StatusNotFound},
		"of nothing":             {p.office, "x", fields{"as_of": p.day(0), "value": 1}, http.StatusNotFound},
		"by somebody":            {p.anyone, "km", fields{"as_of": p.day(0), "value": 1}, http.StatusUnauthorized},
		"by the funder":          {p.funder, "km", fields{"as_of": p.day(0), "value": 1}, http.StatusForbidden},
		"with an unknown member": {p.office, "km", fields{"as_of": p.day(0), "value": 1, "unit": "m"}, http.StatusUnprocessableEntity},
	} {
		c.who.put(p.at+"/indicators/"+c.code+"/said", c.body).is(c.status)
		_ = name
	}
	p.office.browser().get(p.at + "/snapshots/latest").is(http.StatusOK).isPage()
	p.office.browser().get(p.at + "/snapshots/latest/indicators/km/evidence").is(http.StatusOK).isPage()
	p.office.browser().get(p.at + "/snapshots/latest/indicators/mood/evidence").is(http.StatusOK).isPage()
	p.office.browser().get(p.at + "/audit").is(http.StatusOK).isPage()
}

func TestRecordsCountUntilTheDayThatIsGiven(t *testing.T) {
	t.Parallel()
	p := newProject(t)
	text := planned(p, `{code: "1", label: A, target: 3, count: records, of: harvest}`, `{code: "2", label: B, target: 3, count: records, of: harvest, until: `+p.day(-2)+`}`, `{code: "3", label: C, target: 3, count: records, of: output}`)
	text = strings.Replace(text, "to: "+p.day(300), "to: "+p.day(-10), 1)
	p.office.send("PUT", p.at+"/definition", "application/yaml", []byte(text)).is(http.StatusOK)
	p.harvest(-11, "north", 1)
	p.harvest(-10, "north", 1)
	p.harvest(-9, "north", 1)
	p.harvest(-2, "north", 1)
	p.harvest(-1, "north", 1)
	p.office.post(p.at+"/outputs", p.output("A").and(fields{"date": p.day(-5)})).is(http.StatusCreated)
	snap := p.compile()
	p.figures(snap, map[string]string{"1.achieved": "2", "2.achieved": "4", "2.status": "achieved", "3.achieved": "0"})
	snap.has(map[string]string{"quality.records_outside_period": "2"}) // the last harvest, and the output
	for _, in := range snap.list("indicators") {
		months := within(in, "by_month").([]any)
		last := p.day(-10)
		if said(within(in, "code")) == "2" {
			last = p.day(-2)
		}
		if got := said(within(months[len(months)-1], "month")); got != last[:7] {
			t.Errorf("%v runs to %s", within(in, "code"), got)
		}
	}
	p.harvest(-8, "south", 1)
	snap = p.compile()
	p.figures(snap, map[string]string{"1.achieved": "2", "2.achieved": "5"})
	p.office.post(p.at+"/snapshots/"+snap.text("id")+"/verification", nil).is(http.StatusOK).has(map[string]string{"same": "true"})
}

func TestSharesTellThePublicNothingOfFewPeople(t *testing.T) {
	t.Parallel()
	p := newProject(t)
	p.plan(
		`{code: "few", label: A, target: 50, count: share, of: attendance, where: 'hours > 5', among: {of: attendance}}`,
		`{code: "most", label: A, target: 50, count: share, of: attendance, where: 'hours <= 5', among: {of: attendance}}`,
		`{code: "half", label: A, target: 50, count: share, of: attendance, where: 'sex == "female"', among: {of: attendance}}`,
		`{code: "few-people", label: A, target: 50, count: people, of: attendance, where: 'hours > 5'}`,
		`{code: "told", label: A, value: 'i["few-people"] + 100'}`,
		`{code: "twice", label: A, value: '2 * i["told"]'}`,
		`{code: "hours", label: A, count: mean, field: hours, of: attendance, where: 'hours > 5'}`,
		`{code: "all-hours", label: A, count: mean, field: hours, of: attendance}`,
		`{code: "kg", label: A, count: sum, field: weight, of: harvest, by: [site]}`,
		`{code: "outcomes", label: A, count: records, of: attendance, by: [outcome]}`,
		`{code: "sites", label: A, count: share, per: records, of: harvest, where: 'site == "north"', among: {of: harvest}}`,
	)
	p.harvest(-3, "north", 2.5)
	p.harvest(-3, "south", 1)
	p.takePart(0, 12, nil)
	for i := range 3 {
		p.office.post(p.at+"/attendance", p.attendance(fmt.Sprintf("osoba%d", i)).and(fields{"date": p.day(-7), "hours": 8})).is(http.StatusCreated)
	}
	snap := p.compile()
	p.figures(snap, map[string]string{"few.achieved": "25", "few.numerator": "3", "half.achieved": "50", "told.achieved": "103", "hours.people": "3"})
	p.approve(snap)
	public := p.anyone.get(p.at).is(http.StatusOK)
	shown := func(code, member string) string {
		for _, in := range public.list("snapshot.indicators") {
			if said(within(in, "code")) == code {
				return cmp.Or(said(within(in, member)), "null")
			}
		}
		return "missing"
	}
	for _, code := range []string{"few", "told", "twice", "hours"} {
		if shown(code, "achieved") != "null" || shown(code, "percent") != "null" || shown(code, "numerator") != "null" || shown(code, "records") != "null" || shown(code, "by_month") != "[]" {
			t.Errorf("the public sees %s of %s", shown(code, "achieved"), code)
		}
	}
	for path, want := range map[string]string{
		"few-people.achieved": "<5", "half.achieved": "50", "half.numerator": "6", "kg.achieved": "3.5", "kg.by.site.north": "2.5", "outcomes.by": "map[]", "sites.achieved": "50", "sites.numerator": "1", "half.by_month": "[]",
	} {
		code, member, _ := strings.Cut(path, ".")
		if got := shown(code, member); got != want {
			t.Errorf("the public sees %s of %s, want %s", got, path, want)
		}
	}
	p.anyone.browser().get(p.at).is(http.StatusOK).isPage()
	p.funder.browser().get(p.at + "/snapshots/latest").is(http.StatusOK).isPage()
}
