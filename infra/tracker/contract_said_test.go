package main_test

import (
	"net/http"
	"strings"
	"testing"
)

func TestTheOfficeSaysValuesOnAPage(t *testing.T) {
	t.Parallel()
	p := newProject(t)
	p.plan(
		`{code: "km", label: Paths, unit: km, target: 10, count: said}`,
		`{code: "mood", label: Mood, count: said, scale: [poor, {id: good, label: {en: Good, pl: Dobry}}]}`,
		`{code: "n", label: N, count: records, of: harvest}`,
	)
	office := p.office.browser()
	at := p.at + "/indicators/km/said"
	office.get(at).is(http.StatusOK).isPage()
	wrong := office.fill(at, fields{"_method": "PUT", "as_of": p.day(1), "value": "much"}).is(http.StatusUnprocessableEntity).isPage()
	if !strings.Contains(string(wrong.body), `value="much"`) {
		t.Error("what was typed is not shown again")
	}
	office.fill(at, fields{"_method": "PUT", "as_of": p.day(-3), "value": "2,5", "note": "Zmierzono"}).is(http.StatusSeeOther)
	office.fill(at, fields{"_method": "PUT", "as_of": p.day(-3), "value": "3,5", "note": "Zmierzono w terenie"}).is(http.StatusSeeOther)
	office.fill(p.at+"/indicators/mood/said", fields{"_method": "PUT", "as_of": p.day(-1), "value": "good"}).is(http.StatusSeeOther)
	page := string(office.get(at).is(http.StatusOK).isPage().body)
	for _, want := range []string{"3,5", "terenie", "(poprawiono)"} {
		if !strings.Contains(page, want) {
			t.Errorf("the page does not show %s", want)
		}
	}
	if page := string(office.get(p.at + "/indicators/mood/said").is(http.StatusOK).isPage().body); !strings.Contains(page, "Dobry") {
		t.Error("the page does not name values of a scale")
	}
	p.figures(p.compile(), map[string]string{"km.achieved": "3.5", "mood.achieved": "good"})
	evidence := p.at + "/snapshots/latest/indicators/km/evidence"
	if !strings.Contains(string(office.get(evidence).is(http.StatusOK).body), `href="`+at+`"`) {
		t.Error("the page of the indicator does not lead to the form")
	}
	if strings.Contains(string(p.office.browser().get(p.at+"/snapshots/latest/indicators/n/evidence").is(http.StatusOK).body), "/said") {
		t.Error("what is counted can be said")
	}
	p.funder.browser().get(at).is(http.StatusForbidden)
	p.funder.browser().fill(at, fields{"as_of": p.day(-3), "value": "9"}).is(http.StatusForbidden)
	office.get(p.at + "/indicators/n/said").is(http.StatusNotFound)
}
