package main_test

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"testing"
)

// takePart signs people up with all attributes and lets them complete an activity.
func (p *project) takePart(from, to int, more fields) {
	p.t.Helper()
	for i := from; i < to; i++ {
		name := fmt.Sprintf("osoba%d", i)
		pick := func(values ...string) string { return values[i%len(values)] }
		p.office.post(p.at+"/signups", signup(name, "planting").and(fields{
			"sex": pick("female", "male"), "birth_year": 1960 + 20*(i%2), "education": pick("isced-3-4", "isced-5-8"), "labour_status": pick("employed", "unemployed"),
			"residence": pick("urban", "rural"), "disability": pick("no", "yes"),
		}).and(more)).is(http.StatusCreated)
		p.office.post(p.at+"/attendance", p.attendance(name)).is(http.StatusCreated)
	}
}

// exact returns the parts of breakdowns that are shown as numbers.
func exact(t *testing.T, by any) map[string]float64 {
	t.Helper()
	out := map[string]float64{}
	dimensions, ok := by.(map[string]any)
	if !ok {
		t.Fatalf("breakdowns are %v", by)
	}
	for dimension, parts := range dimensions {
		for code, people := range parts.(map[string]any) {
			if n, err := strconv.ParseFloat(said(people), 64); err == nil {
				out[dimension+"."+code] = n
			}
		}
	}
	return out
}

// revealing returns the parts by which two breakdowns differ by one to four people.
func revealing(one, other map[string]float64) (parts []string) {
	for part, n := range one {
		if m, both := other[part]; both && n != m && n-m < 5 && m-n < 5 {
			parts = append(parts, part)
		}
	}
	return parts
}

func TestTwoPublicationsTellNothingOfOnePerson(t *testing.T) {
	t.Parallel()
	p := newProject(t)
	public := func() reply { return p.anyone.get(p.at).is(http.StatusOK) }
	p.takePart(0, 36, nil)
	p.approve(p.compile())
	first := public()
	before := exact(t, first.at("snapshot.participants.by"))
	if before["sex.female"] != 18 || before["education.isced-5-8"] != 18 {
		t.Errorf("the first publication shows %v", before)
	}

	p.takePart(36, 37, nil)
	snap := p.compile()
	p.approve(snap)
	second := public()
	second.has(map[string]string{"snapshot.participants.total": "37", "snapshot.indicators.0.achieved": "37", "snapshot.hash": snap.text("hash"), "snapshot.participants.by.sex.female": "hidden", "snapshot.participants.by.sex.male": "hidden"})
	for _, by := range []string{"snapshot.participants.by", "snapshot.indicators.0.by"} {
		now := exact(t, second.at(by))
		if parts := revealing(before, now); len(parts) > 0 {
			t.Errorf("%s tells %v", by, parts)
		}
		if len(now) > 0 {
			t.Errorf("%s shows %v", by, now)
		}
	}
	p.funder.get(p.at + "/snapshots/latest").is(http.StatusOK).has(map[string]string{"participants.by.sex.female": "19", "hash": snap.text("hash")})
	for lang, words := range map[string]string{"en": "tell something about fewer than 5 people", "pl": "liczby zdradziłyby coś"} {
		if page := string(p.anyone.browser().get(p.at + "?lang=" + lang).is(http.StatusOK).isPage().body); !strings.Contains(page, words) {
			t.Errorf("%s: the page does not say why numbers are hidden", lang)
		}
	}

	// A decision that is repeated, and one that is taken back, show what was shown.
	p.approve(snap)
	if again := public(); string(again.body) != string(second.body) {
		t.Errorf("approved again: %s", again)
	}
	p.office.post(p.at+"/snapshots/"+snap.text("id")+"/approval", fields{"decision": "reject"}).is(http.StatusOK)
	public().has(map[string]string{"snapshot.id": first.text("snapshot.id"), "snapshot.participants.by.sex.female": "18"})
	p.approve(snap)
	public().has(map[string]string{"snapshot.id": snap.text("id"), "snapshot.participants.by.sex.female": "hidden"})

	// With enough more people, numbers are shown again.
	p.takePart(37, 56, nil)
	p.approve(p.compile())
	public().has(map[string]string{"snapshot.participants.total": "56", "snapshot.participants.by.sex.female": "28", "snapshot.participants.by.education.isced-5-8": "28"})
}

func TestNestedFiguresTellNothingOfOnePerson(t *testing.T) {
	t.Parallel()
	p := newProject(t)
	p.takePart(0, 36, nil)
	p.office.post(p.at+"/signups", signup("ola", "planting").and(fields{"sex": "female", "residence": "rural", "education": "isced-0-2"})).is(http.StatusCreated)
	p.office.post(p.at+"/consultations", p.consultation("ola")).is(http.StatusCreated)
	p.approve(p.compile())
	public := p.anyone.get(p.at).is(http.StatusOK)
	public.has(map[string]string{"snapshot.participants.total": "37", "snapshot.indicators.0.achieved": "36"})
	if parts := revealing(exact(t, public.at("snapshot.participants.by")), exact(t, public.at("snapshot.indicators.0.by"))); len(parts) > 0 {
		t.Errorf("the difference tells %v: %s", parts, public)
	}
	public.has(map[string]string{"snapshot.indicators.0.by.sex.female": "hidden"})
}

func TestWhatIsNotPublicIsNotPublished(t *testing.T) {
	t.Parallel()
	const trained = `{code: "1", unit: person,`
	p := newProject(t, trained, `{code: "1", public: no, unit: person,`)
	p.takePart(0, 3, nil)
	p.office.post(p.at+"/consultations", p.consultation("osoba0")).is(http.StatusCreated)
	snap := p.compile()
	p.approve(snap)
	snap.has(map[string]string{"indicators.0.public": "no", "indicators.0.achieved": "3"})
	public := p.anyone.get(p.at).is(http.StatusOK)
	public.has(map[string]string{"snapshot.participants.total": "<5"})
	for _, items := range [][]any{public.list("snapshot.indicators"), public.list("project.indicators")} {
		for _, item := range items {
			if said(within(item, "code")) == "1" {
				t.Errorf("the indicator is public: %s", public)
			}
		}
	}
	for _, lang := range []string{"pl", "en"} {
		page := string(p.anyone.browser().get(p.at + "?lang=" + lang).is(http.StatusOK).isPage().body)
		if strings.Contains(page, "People trained") || strings.Contains(page, "Osoby po szkoleniu") || !strings.Contains(page, "&lt;5") {
			t.Errorf("the page is %s", page)
		}
	}
	p.funder.get(p.at + "/snapshots/latest").is(http.StatusOK).has(map[string]string{"indicators.0.achieved": "3", "participants.total": "3"})

	// What an older snapshot had is kept from the public as soon as the definition says so, and not the other way round.
	p.office.send("PUT", p.at+"/definition", "application/yaml", []byte(p.definition())).is(http.StatusOK)
	if got := p.anyone.get(p.at).is(http.StatusOK); strings.Contains(string(got.body), `"achieved":3,`) {
		t.Errorf("published without an approval: %s", got)
	}
	p.approve(p.compile())
	p.anyone.get(p.at).is(http.StatusOK).has(map[string]string{"snapshot.indicators.0.code": "1", "snapshot.indicators.0.achieved": "<5"})
	p.office.send("PUT", p.at+"/definition", "application/yaml", []byte(p.definition(trained, `{code: "1", public: no, unit: person,`))).is(http.StatusOK)
	if got := p.anyone.get(p.at).is(http.StatusOK); got.text("snapshot.indicators.0.code") == "1" {
		t.Errorf("still public: %s", got)
	}
	p.office.send("PUT", p.at+"/definition", "application/yaml", []byte(p.definition(trained, `{code: "1", public: maybe, unit: person,`))).isInvalid("indicators[0].public not_in_list")
}

func TestFewPeopleOfAFigureAreWithheldWithWhatWouldTell(t *testing.T) {
	t.Parallel()
	p := newProject(t)
	p.takePart(0, 4, nil)
	for i := range 6 {
		name := fmt.Sprintf("inna%d", i)
		p.office.post(p.at+"/signups", signup(name, "planting")).is(http.StatusCreated)
		p.office.post(p.at+"/consultations", p.consultation(name)).is(http.StatusCreated)
	}
	p.approve(p.compile())
	public := p.anyone.get(p.at).is(http.StatusOK)
	public.has(map[string]string{"snapshot.participants.total": "10", "snapshot.indicators.0.achieved": "<5"})
	for _, name := range []string{"percent", "records", "status"} {
		if got := public.at("snapshot.indicators.0." + name); got != nil {
			t.Errorf("%s is %v", name, got)
		}
	}
	if months := public.list("snapshot.indicators.0.by_month"); len(months) != 0 {
		t.Errorf("the growth is %v", months)
	}
	page := string(p.anyone.browser().get(p.at + "?lang=en").is(http.StatusOK).isPage().body)
	if !strings.Contains(page, "too few people to show more") {
		t.Errorf("the page does not say so: %s", page)
	}
}
