package main_test

import (
	"net/http"
	"strings"
	"testing"
)

// invisible are characters that turn the direction of a text, and others that are never seen.
const invisible = "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200b\u200e\u200f\u2060\ufeff\u00ad"

// unseen returns a text with each of them within it.
func unseen(text string) string { return text[:1] + invisible + text[1:] + invisible }

func TestContractInvisibleCharactersThatAreTypedAreNotKept(t *testing.T) {
	t.Parallel()
	p := newProject(t)
	ola := signup("ola", "planting").and(fields{"first_name": unseen("Ola"), "last_name": unseen("Lis"), "organisation": unseen("Dom")})
	p.anyone.post(p.at+"/signups", ola).is(http.StatusCreated)
	p.anyone.browser().fill(p.at+"/signups", signup("ewa", "planting").and(fields{"first_name": unseen("Ewa"), "consent_processing": "yes", "birth_year": "1980"}))
	p.adviser.post(p.at+"/consultations", p.consultation("ola").and(fields{"topic": unseen("Umowa"), "notes": unseen("Uwaga")})).is(http.StatusCreated)
	p.office.post(p.at+"/outputs", p.output(unseen("Ulotka"))).is(http.StatusCreated)
	p.office.post(p.at+"/outputs", p.output("Ulotka")).is(http.StatusConflict)
	id := p.ask(p.radio, unseen("audycje")+".csv", "date,medium,title,outlet,reach\n"+p.day(-3)+",radio,"+unseen("Drzewa")+",Radio A,100\n", nil)
	p.settled(p.radio, id).has(map[string]string{"state": "accepted", "filename": "audycje.csv", "warnings.0.code": "cleaned"})
	snap := p.compile()
	p.office.post(p.at+"/snapshots/"+snap.text("id")+"/approval", fields{"decision": "approve", "note": unseen("Dobrze")}).is(http.StatusOK)

	for _, name := range []string{"Ola", "Ewa"} {
		if found := p.found(strings.ToLower(name)); found != name {
			t.Errorf("%s is found as %q", name, found)
		}
	}
	of := p.office.get(p.at + "/people?q=ola").text("items.0.id")
	for _, path := range []string{
		"/signups?activity=planting", "/signups.csv?activity=planting", "/people?q=ola", "/people/" + of, "/people/" + of + ".json", "/consultations", "/outputs", "/uploads", "/uploads/" + id,
		"/snapshots/latest", "/snapshots/latest/indicators/3/evidence",
	} {
		for _, accept := range []string{"application/json", "text/html"} {
			if got := p.office.with("Accept", accept).get(p.at + path); got.status >= 400 || strings.ContainsAny(string(got.body), strings.Trim(invisible, "\u00ad\ufeff")) {
				t.Errorf("%s as %s (%d) has an invisible character", path, accept, got.status)
			}
		}
	}
}
