package main_test

import (
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
)

// PESELs of no one, with right check digits.
const (
	pesel1 = "44051401359"
	pesel2 = "02070803628"
	pesel3 = "90090515836"
)

func TestValuesAtTheirLimitsAreTaken(t *testing.T) {
	t.Parallel()
	p := newProject(t)
	for _, c := range []struct {
		name, path string
		body       fields
	}{
		{"a consultation of one minute", "/consultations", p.consultation("a").and(fields{"minutes": 1})},
		{"a consultation of sixteen hours", "/consultations", p.consultation("b").and(fields{"minutes": 960})},
		{"a consultation of today", "/consultations", p.consultation("c").and(fields{"date": p.day(0)})},
		{"a consultation without a topic", "/consultations", p.consultation("d").and(fields{"topic": nil})},
		{"a consultation with notes", "/consultations", p.consultation("e").and(fields{"notes": strings.Repeat("Ż", 3000)})},
		{"an attendance without hours", "/attendance", p.attendance("a").and(fields{"hours": nil})},
		{"an attendance that was broken off", "/attendance", p.attendance("b").and(fields{"outcome": "withdrew", "hours": 0})},
		{"an attendance by PESEL", "/attendance", p.attendance("").and(fields{"person": fields{"pesel": pesel1}})},
		{"a test of nothing gained", "/tests", p.exam("a").and(fields{"pre_score": 0, "post_score": 0, "max_score": 0})},
		{"a test of the highest score", "/tests", p.exam("b").and(fields{"pre_score": 10, "post_score": 10, "max_score": 10})},
		{"an output of one", "/outputs", p.output("A").and(fields{"quantity": 1})},
		{"an output with evidence", "/outputs", p.output("B").and(fields{"evidence": "https://example.org/ulotka"})},
		{"a sign-up by PESEL alone", "/signups", signup("a", "planting").and(fields{"email": nil, "pesel": pesel2})},
		{"a sign-up with all there is", "/signups", signup("b", "planting").and(fields{
			"phone": "+48 600 000 000", "sex": "other", "birth_year": 1990, "education": "isced-0-2", "labour_status": "self-employed", "residence": "rural", "disability": "yes",
			"group": "owner", "organisation": "Wspólnota", "consent_news": false, "locale": "en",
		})},
		{"a sign-up with nulls", "/signups", signup("c", "planting").and(fields{}).null("sex", "birth_year", "group", "pesel")},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := p.office.in(t).post(p.at+c.path, c.body).is(http.StatusCreated)
			if got.text("id") == "" {
				t.Errorf("no id: %s", got)
			}
		})
	}
}

// null gives fields the value null.
func (f fields) null(names ...string) fields {
	for _, name := range names {
		f[name] = nil
	}
	return f
}

func TestARecordIsAnsweredAsItWasGiven(t *testing.T) {
	t.Parallel()
	p := newProject(t)
	for _, c := range []struct {
		path string
		body fields
		want map[string]string
	}{
		{"/consultations", p.consultation("ewa").and(fields{"notes": "Druga wizyta", "adviser": "ADVISER@example.org"}), map[string]string{"field": "law", "minutes": "45", "form": "phone", "topic": "umowa", "notes": "Druga wizyta", "adviser": "adviser@example.org", "person.email": "ewa@example.org"}},
		{"/attendance", p.attendance("ewa"), map[string]string{"activity": "planting", "outcome": "completed", "hours": "4", "person.email": "ewa@example.org"}},
		{"/tests", p.exam("ewa"), map[string]string{"pre_score": "3", "post_score": "7.5", "max_score": "10"}},
		{"/outputs", p.output("Ulotka „Drzewa”").and(fields{"evidence": "półka 3"}), map[string]string{"kind": "leaflet", "quantity": "100", "title": "Ulotka „Drzewa”", "evidence": "półka 3"}},
	} {
		t.Run(c.path[1:], func(t *testing.T) {
			office := p.office.in(t)
			made := office.post(p.at+c.path, c.body).is(http.StatusCreated).has(c.want)
			id := made.text("id")
			if !regexp.MustCompile(`^[0-9A-HJKMNP-TV-Z]{26}$`).MatchString(id) {
				t.Errorf("%q is no ULID", id)
			}
			shown := office.get(p.at + c.path + "/" + id).is(http.StatusOK).has(c.want).has(map[string]string{"date": p.day(-10), "id": id})
			if string(shown.body) != string(made.body) {
				t.Errorf("shown otherwise: %s", shown)
			}
			office.get(p.at + c.path).is(http.StatusOK).has(map[string]string{"items.0.id": id, "items.0.date": p.day(-10)})
		})
	}
}

func TestAPersonIsKnownByTheirKeys(t *testing.T) {
	t.Parallel()
	p := newProject(t)
	post := func(t *testing.T, person any, day int) reply {
		return p.office.in(t).post(p.at+"/attendance", p.attendance("").and(fields{"person": person, "date": p.day(day)}))
	}
	first := post(t, fields{"email": "  Ewa.Nowa@Example.ORG "}, -1).is(http.StatusCreated)
	id := first.text("person.id")
	first.has(map[string]string{"person.email": "ewa.nowa@example.org"})
	for _, c := range []struct {
		name   string
		person fields
	}{
		{"the address in lower case", fields{"email": "ewa.nowa@example.org"}},
		{"the id", fields{"id": id}},
		{"the id and the address", fields{"id": id, "email": "ewa.nowa@example.org"}},
		{"the address, with a PESEL that is added", fields{"email": "ewa.nowa@example.org", "pesel": pesel1}},
		{"the PESEL alone from then on", fields{"pesel": pesel1}},
		{"the PESEL, with an address that is added", fields{"pesel": pesel1, "email": "ewa.prywatnie@example.org"}},
		{"the added address", fields{"email": "ewa.prywatnie@example.org"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := post(t, c.person, -2-len(c.name)%40).is(http.StatusCreated).text("person.id"); got != id {
				t.Errorf("another person: %s", got)
			}
		})
	}
	other := post(t, fields{"pesel": pesel2}, -3).is(http.StatusCreated).text("person.id")
	for _, c := range []struct {
		name   string
		person any
		want   int
		code   string
	}{
		{"keys of two people are a conflict", fields{"email": "ewa.nowa@example.org", "pesel": pesel2}, http.StatusConflict, "two_people"},
		{"an id and a key of two people are a conflict", fields{"id": other, "email": "ewa.nowa@example.org"}, http.StatusConflict, "two_people"},
		{"a second PESEL is somebody else's", fields{"email": "ewa.nowa@example.org", "pesel": pesel3}, http.StatusConflict, "two_people"},
		{"an id that nobody has", fields{"id": "01J00000000000000000000000"}, http.StatusUnprocessableEntity, "not_in_list"},
		{"a wrong check digit", fields{"pesel": "44051401358"}, http.StatusUnprocessableEntity, "out_of_range"},
		{"a PESEL of letters", fields{"pesel": "4405140135O"}, http.StatusUnprocessableEntity, "not_a_number"},
		{"no address", fields{"email": "ewa@"}, http.StatusUnprocessableEntity, "unreadable"},
		{"nothing", fields{}, http.StatusUnprocessableEntity, "missing"},
		{"a text", "ewa.nowa@example.org", http.StatusUnprocessableEntity, "unreadable"},
		{"another key", fields{"phone": "1"}, http.StatusUnprocessableEntity, "unknown_field"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := post(t, c.person, -50).is(c.want)
			if got.text("errors.0.code") != c.code {
				t.Errorf("want %s: %s", c.code, got)
			}
			if strings.Contains(string(got.body), "ewa.") && c.want == http.StatusConflict {
				t.Errorf("it tells who: %s", got)
			}
		})
	}
	t.Run("and found by them", func(t *testing.T) {
		for _, q := range []string{"ewa.nowa@example.org", "EWA.NOWA@example.org", pesel1, "ewa.prywatnie@example.org"} {
			if got := p.office.in(t).get(p.at + "/people?q=" + url.QueryEscape(q)).is(http.StatusOK); got.text("items.0.id") != id || len(got.list("items")) != 1 {
				t.Errorf("%s: %s", q, got)
			}
		}
	})
}

func TestADateOutsideThePeriodIsKeptButDoesNotCount(t *testing.T) {
	t.Parallel()
	p := newProject(t)
	for _, day := range []int{-61, -60, -1, 0} {
		p.office.post(p.at+"/outputs", p.output("Ulotka").and(fields{"date": p.day(day), "quantity": 10})).is(http.StatusCreated)
	}
	p.office.post(p.at+"/attendance", p.attendance("ewa").and(fields{"date": p.day(-100)})).is(http.StatusCreated)
	snap := p.compile()
	snap.has(map[string]string{"quality.records_outside_period": "2", "participants.total": "0"})
	if got := figure(snap, "5", "achieved"); got != "30" {
		t.Errorf("achieved %s", got)
	}
	if got := len(p.everything(p.at + "/outputs")); got != 4 {
		t.Errorf("%d outputs kept", got)
	}
}

func TestTheNaturalKeyTellsOneRecordFromAnother(t *testing.T) {
	t.Parallel()
	p := newProject(t)
	for _, c := range []struct {
		path   string
		body   fields
		same   fields // says something else of the same thing
		others []fields
	}{
		{"/consultations", p.consultation("ewa"), fields{"minutes": 60, "notes": "x", "topic": " UMOWA "},
			[]fields{{"date": p.day(-11)}, {"field": "marketing"}, {"form": "online"}, {"topic": "spadek"}, {"adviser": "other@example.org"}, {"person": of("jan")}}},
		{"/attendance", p.attendance("ewa"), fields{"outcome": "withdrew", "hours": 1}, []fields{{"date": p.day(-11)}, {"activity": "compost"}, {"person": of("jan")}}},
		{"/tests", p.exam("ewa"), fields{"pre_score": 1, "max_score": 20}, []fields{{"date": p.day(-11)}, {"activity": "compost"}, {"person": of("jan")}}},
		{"/outputs", p.output("Ulotka"), fields{"title": " ULOTKA ", "quantity": 7}, []fields{{"date": p.day(-11)}, {"kind": "film"}, {"title": "Ulotka 2"}}},
	} {
		t.Run(c.path[1:], func(t *testing.T) {
			office := p.office.in(t)
			made := office.post(p.at+c.path, c.body).is(http.StatusCreated)
			id := made.text("id")
			refused := office.post(p.at+c.path, c.body.and(c.same)).is(http.StatusConflict)
			if !strings.Contains(string(refused.body), id) {
				t.Errorf("it does not name %s: %s", id, refused)
			}
			var second string
			for _, other := range c.others {
				second = office.post(p.at+c.path, c.body.and(other)).is(http.StatusCreated).text("id")
			}
			office.put(p.at+c.path+"/"+second, c.body).is(http.StatusConflict)
			office.put(p.at+c.path+"/"+id, c.body.and(c.same)).is(http.StatusOK)
			office.delete(p.at + c.path + "/" + id).is(http.StatusOK)
			office.post(p.at+c.path, c.body).is(http.StatusCreated)
		})
	}
}

func TestPutReplacesAndDeleteVoids(t *testing.T) {
	t.Parallel()
	p := newProject(t)
	made := p.office.post(p.at+"/outputs", p.output("Ulotka")).is(http.StatusCreated)
	address := p.at + "/outputs/" + made.text("id")
	p.counts(map[string]string{"5": "100"})
	t.Run("PUT replaces all of it", func(t *testing.T) {
		p.office.in(t).put(address, p.output("Ulotka").and(fields{"quantity": 40, "evidence": "x"})).is(http.StatusOK).has(map[string]string{"quantity": "40", "evidence": "x"})
		p.office.in(t).put(address, p.output("Plakat").and(fields{"quantity": 50})).is(http.StatusOK)
		p.office.in(t).get(address).is(http.StatusOK).has(map[string]string{"quantity": "50", "title": "Plakat", "evidence": ""})
		p.counts(map[string]string{"5": "50"})
	})
	t.Run("PUT takes a reason", func(t *testing.T) {
		p.office.in(t).put(address, p.output("Plakat").and(fields{"quantity": 60, "reason": "pomyłka"})).is(http.StatusOK)
		p.counts(map[string]string{"5": "60"})
	})
	t.Run("PUT is checked like POST", func(t *testing.T) {
		p.office.in(t).put(address, fields{"quantity": 0}).isInvalid("date missing", "kind missing", "title missing", "quantity out_of_range")
	})
	t.Run("PUT of what is not there is 404", func(t *testing.T) {
		p.office.in(t).put(p.at+"/outputs/01J00000000000000000000000", p.output("x")).is(http.StatusNotFound)
	})
	t.Run("DELETE takes a reason, and the record stops counting", func(t *testing.T) {
		p.office.in(t).send("DELETE", address, "application/json", []byte(`{"reason": "podwójnie"}`)).is(http.StatusOK)
		p.office.in(t).get(address).is(http.StatusNotFound)
		p.office.in(t).put(address, p.output("Plakat")).is(http.StatusNotFound)
		if n := len(p.everything(p.at + "/outputs")); n != 0 {
			t.Errorf("%d are listed", n)
		}
		p.counts(map[string]string{"5": "0"})
	})
	t.Run("a browser's form says PUT and DELETE in a field", func(t *testing.T) {
		id := p.office.in(t).post(p.at+"/outputs", p.output("Ulotka")).is(http.StatusCreated).text("id")
		form := fields{"_method": "PUT", "date": p.day(-4), "kind": "leaflet", "quantity": "7", "title": "Ulotka"}
		p.office.in(t).browser().fill(p.at+"/outputs/"+id, form).is(http.StatusSeeOther)
		p.office.in(t).get(p.at + "/outputs/" + id).has(map[string]string{"quantity": "7"})
		p.office.in(t).browser().fill(p.at+"/outputs/"+id, fields{"_method": "DELETE"}).is(http.StatusSeeOther)
		p.office.in(t).get(p.at + "/outputs/" + id).is(http.StatusNotFound)
	})
}

func TestAnAdviserWritesTheirOwnConsultations(t *testing.T) {
	t.Parallel()
	p := newProject(t)
	mine := p.adviser.post(p.at+"/consultations", p.consultation("ewa")).is(http.StatusCreated).has(map[string]string{"adviser": "adviser@example.org"})
	p.adviser.get(p.at + "/consultations/" + mine.text("id")).is(http.StatusOK)
	p.adviser.put(p.at+"/consultations/"+mine.text("id"), p.consultation("ewa").and(fields{"minutes": 30})).is(http.StatusOK).has(map[string]string{"adviser": "adviser@example.org", "minutes": "30"})
	t.Run("not another's", func(t *testing.T) {
		got := p.adviser.in(t).post(p.at+"/consultations", p.consultation("jan").and(fields{"adviser": "other@example.org"}))
		if got.status < 400 {
			t.Errorf("it is taken: %s", got)
		}
	})
	t.Run("a coordinator may name one, who then sees it", func(t *testing.T) {
		made := p.office.in(t).post(p.at+"/consultations", p.consultation("jan").and(fields{"adviser": "Adviser@Example.org"})).is(http.StatusCreated)
		p.adviser.in(t).get(p.at + "/consultations/" + made.text("id")).is(http.StatusOK)
	})
	t.Run("a coordinator who names none is the adviser", func(t *testing.T) {
		p.office.in(t).post(p.at+"/consultations", p.consultation("ola")).is(http.StatusCreated).has(map[string]string{"adviser": "office@example.org"})
	})
	t.Run("the coordinator sees all", func(t *testing.T) {
		if got := p.office.in(t).get(p.at + "/consultations").is(http.StatusOK); len(got.list("items")) != 3 {
			t.Errorf("want three: %s", got)
		}
	})
}

func TestNobodyCanAskTheFormWhoIsOnTheList(t *testing.T) {
	t.Parallel()
	p := newProject(t)
	p.office.post(p.at+"/attendance", p.attendance("znana").and(fields{"person": fields{"email": "znana@example.org", "pesel": pesel1}})).is(http.StatusCreated)
	p.office.post(p.at+"/attendance", p.attendance("inna")).is(http.StatusCreated)
	for i := range 3 {
		p.office.post(p.at+"/signups", signup(fmt.Sprintf("zajete%d", i), "compost")).is(http.StatusCreated)
	}
	receipts := map[string]bool{}
	for _, c := range []struct {
		name string
		body fields
	}{
		{"somebody new", signup("nowa", "planting")},
		{"somebody known", signup("znana", "planting")},
		{"somebody who is on the list already", signup("znana", "planting")},
		{"somebody known, by PESEL", signup("x", "planting").and(fields{"email": nil, "pesel": pesel1})},
		{"somebody known who brings a new PESEL", signup("inna", "planting").and(fields{"pesel": pesel2})},
		{"keys of two people", signup("inna", "planting").and(fields{"pesel": pesel1})},
		{"where no place is left", signup("spozniona", "compost")},
		{"on the list where no place is left", signup("zajete1", "compost")},
	} {
		got := p.anyone.post(p.at+"/signups", c.body).is(http.StatusCreated)
		answer := got.value().(map[string]any)
		if len(answer) != 2 || got.text("state") != "received" || got.text("receipt") == "" {
			t.Errorf("%s: %s", c.name, got)
		}
		if receipts[got.text("receipt")] {
			t.Errorf("%s: the same receipt again", c.name)
		}
		receipts[got.text("receipt")] = true
		if got.header.Get("Location") != "" || got.header.Get("ETag") != "" {
			t.Errorf("%s: a header tells more: %v", c.name, got.header)
		}
	}
	t.Run("nor the page", func(t *testing.T) {
		form := func(name string) fields {
			return signup(name, "planting").and(fields{"consent_processing": "on", "idempotency_key": name})
		}
		known, unknown := p.anyone.in(t).browser().fill(p.at+"/signups", form("znana")), p.anyone.in(t).browser().fill(p.at+"/signups", form("calkiem-nowa"))
		if known.status != unknown.status {
			t.Errorf("%s\n%s", known, unknown)
		}
	})
}

func TestThePublicFormNeverAddsAKeyToAKnownPerson(t *testing.T) {
	t.Parallel()
	p := newProject(t)
	known := p.office.post(p.at+"/attendance", p.attendance("znana")).is(http.StatusCreated).text("person.id")
	p.office.post(p.at+"/attendance", p.attendance("").and(fields{"person": fields{"pesel": pesel2}})).is(http.StatusCreated)
	p.anyone.post(p.at+"/signups", signup("znana", "planting").and(fields{"pesel": pesel1})).is(http.StatusCreated)
	p.anyone.post(p.at+"/signups", signup("calkiem-nowa", "planting").and(fields{"pesel": pesel2})).is(http.StatusCreated)
	p.anyone.post(p.at+"/signups", signup("nowa", "planting").and(fields{"pesel": pesel3})).is(http.StatusCreated)

	list := p.office.get(p.at + "/signups?activity=planting").is(http.StatusOK)
	states := map[string]string{}
	ids := map[string]string{}
	for _, item := range list.list("items") {
		states[said(within(item, "person.email"))] = said(within(item, "state"))
		ids[said(within(item, "person.email"))] = said(within(item, "id"))
	}
	if states["znana@example.org"] != "held" || states["calkiem-nowa@example.org"] != "held" {
		t.Errorf("not held for the office: %v", states)
	}
	if states["nowa@example.org"] != "accepted" {
		t.Errorf("somebody new with two keys: %v", states)
	}
	t.Run("so the key leads to nobody", func(t *testing.T) {
		if got := p.office.in(t).get(p.at + "/people?q=" + pesel1).is(http.StatusOK); len(got.list("items")) != 0 {
			t.Errorf("got %s", got)
		}
		p.office.in(t).get(p.at + "/people/" + known).is(http.StatusOK).has(map[string]string{"pesel": ""})
	})
	t.Run("held ones count as signed up, not as accepted", func(t *testing.T) {
		p.counts(map[string]string{"9": "3", "7": "1"})
	})
	t.Run("until the office accepts", func(t *testing.T) {
		p.office.in(t).put(p.at+"/signups/"+ids["znana@example.org"], fields{"state": "accepted"}).is(http.StatusOK).has(map[string]string{"state": "accepted"})
		if got := p.office.in(t).get(p.at + "/people?q=" + pesel1).is(http.StatusOK); got.text("items.0.id") != known {
			t.Errorf("the key is not theirs: %s", got)
		}
		p.counts(map[string]string{"9": "3", "7": "2"})
	})
}

func TestSigningUp(t *testing.T) {
	t.Parallel()
	p := newProject(t)
	t.Run("one person has one sign-up to an activity, however often the form is sent", func(t *testing.T) {
		first := p.office.in(t).post(p.at+"/signups", signup("ewa", "planting")).is(http.StatusCreated).has(map[string]string{"state": "accepted"})
		for range 3 {
			p.anyone.in(t).post(p.at+"/signups", signup("ewa", "planting")).is(http.StatusCreated)
		}
		p.office.in(t).post(p.at+"/signups", signup("ewa", "planting")).is(http.StatusCreated).has(map[string]string{"id": first.text("id"), "state": "accepted"})
		if n := len(p.everything(p.at + "/signups?activity=planting")); n != 1 {
			t.Errorf("there are %d", n)
		}
		p.office.in(t).post(p.at+"/signups", signup("ewa", "compost")).is(http.StatusCreated)
		if n := len(p.everything(p.at + "/signups")); n != 2 {
			t.Errorf("there are %d to all activities", n)
		}
	})
	t.Run("also when it is sent many times at once", func(t *testing.T) {
		var sent sync.WaitGroup
		for range 10 {
			sent.Go(func() { p.anyone.in(t).post(p.at+"/signups", signup("naraz", "last-call")).is(http.StatusCreated) })
		}
		sent.Wait()
		if n := len(p.everything(p.at + "/signups?activity=last-call")); n != 1 {
			t.Errorf("there are %d", n)
		}
	})
	t.Run("after a cancellation one may sign up anew", func(t *testing.T) {
		first := p.office.in(t).post(p.at+"/signups", signup("jan", "planting")).is(http.StatusCreated).text("id")
		p.office.in(t).put(p.at+"/signups/"+first, fields{"state": "cancelled"}).is(http.StatusOK)
		second := p.office.in(t).post(p.at+"/signups", signup("jan", "planting")).is(http.StatusCreated)
		if second.text("id") == first {
			t.Errorf("the same sign-up: %s", second)
		}
		second.has(map[string]string{"state": "accepted"})
	})
	t.Run("a cancelled one does not count", func(t *testing.T) {
		before := p.achieved("9")
		id := p.office.in(t).post(p.at+"/signups", signup("ola", "planting")).is(http.StatusCreated).text("id")
		if got := p.achieved("9"); got == before {
			t.Errorf("signed up, but still %s", got)
		}
		p.office.in(t).put(p.at+"/signups/"+id, fields{"state": "cancelled"}).is(http.StatusOK)
		if got := p.achieved("9"); got != before {
			t.Errorf("cancelled, but %s, not %s", got, before)
		}
	})
	t.Run("states are checked", func(t *testing.T) {
		id := p.office.in(t).post(p.at+"/signups", signup("iza", "planting")).is(http.StatusCreated).text("id")
		p.office.in(t).put(p.at+"/signups/"+id, fields{"state": "gone", "why": "x"}).isInvalid("state not_in_list", "why unknown_field")
		p.office.in(t).put(p.at+"/signups/"+id, fields{}).isInvalid("state missing")
		p.office.in(t).put(p.at+"/signups/01J00000000000000000000000", fields{"state": "cancelled"}).is(http.StatusNotFound)
	})
	t.Run("an activity that is over is closed to the public", func(t *testing.T) {
		p.anyone.in(t).post(p.at+"/signups", signup("ewa", "over")).isInvalid("activity closed")
		p.office.in(t).post(p.at+"/signups", signup("ewa", "over")).is(http.StatusCreated).has(map[string]string{"state": "accepted"})
	})
	t.Run("on its last day it is open", func(t *testing.T) {
		p.anyone.in(t).post(p.at+"/signups", signup("ostatnia", "last-call")).is(http.StatusCreated)
	})
	t.Run("a project that is over is closed to the public", func(t *testing.T) {
		over := newProject(t, "to: "+p.day(300), "to: "+p.day(-1))
		over.anyone.post(over.at+"/signups", signup("ewa", "planting")).isInvalid("activity closed")
		over.office.post(over.at+"/signups", signup("ewa", "planting").and(fields{"submitted_at": p.when(-5, "12:00:00")})).is(http.StatusCreated)
		over.counts(map[string]string{"9": "1"})
	})
	t.Run("only a coordinator says when paper came", func(t *testing.T) {
		got := p.anyone.in(t).post(p.at+"/signups", signup("ula", "planting").and(fields{"submitted_at": p.when(-5, "12:00:00")})).is(http.StatusUnprocessableEntity)
		if !strings.HasPrefix(got.codes()[0], "submitted_at ") {
			t.Errorf("got %s", got)
		}
		p.office.in(t).post(p.at+"/signups", signup("ula", "planting").and(fields{"submitted_at": p.when(1, "23:30:00")})).isInvalid("submitted_at in_the_future")
		id := p.office.in(t).post(p.at+"/signups", signup("ula", "planting").and(fields{"submitted_at": p.when(-5, "12:00:00")})).is(http.StatusCreated).text("id")
		for _, item := range p.everything(p.at + "/signups?activity=planting") {
			if said(within(item, "id")) == id && !strings.HasPrefix(said(within(item, "submitted_at")), p.day(-5)) {
				t.Errorf("submitted %v", within(item, "submitted_at"))
			}
		}
	})
	t.Run("paper of before the period does not count", func(t *testing.T) {
		before := p.achieved("9")
		p.office.in(t).post(p.at+"/signups", signup("dawna", "planting").and(fields{"submitted_at": p.when(-80, "12:00:00")})).is(http.StatusCreated)
		if got := p.achieved("9"); got != before {
			t.Errorf("it does: %s, was %s", got, before)
		}
	})
	t.Run("the list is of one activity, or of all", func(t *testing.T) {
		p.office.in(t).get(p.at + "/signups?activity=no-such").is(http.StatusUnprocessableEntity)
		for _, item := range p.everything(p.at + "/signups?activity=over") {
			if said(within(item, "activity")) != "over" {
				t.Errorf("got %v", item)
			}
		}
	})
}

func TestPlacesAreNeverGivenTwice(t *testing.T) {
	t.Parallel()
	const places, people = 30, 100
	p := newProject(t, "capacity: 3", fmt.Sprintf("capacity: %d", places))
	var sent sync.WaitGroup
	for i := range people {
		sent.Go(func() {
			if got := p.anyone.post(p.at+"/signups", signup(fmt.Sprintf("osoba%d", i), "compost")); got.status != http.StatusCreated {
				t.Errorf("got %s", got)
			}
		})
	}
	sent.Wait()
	states := p.states("compost")
	if states["accepted"] != places || states["waitlisted"] != people-places {
		t.Fatalf("%v, want %d accepted and the others waiting", states, places)
	}
	t.Run("also when many leave and come at once", func(t *testing.T) {
		var accepted []string
		for _, item := range p.everything(p.at + "/signups?activity=compost") {
			if said(within(item, "state")) == "accepted" && len(accepted) < 15 {
				accepted = append(accepted, said(within(item, "id")))
			}
		}
		var sent sync.WaitGroup
		for i, id := range accepted {
			sent.Go(func() { p.office.in(t).put(p.at+"/signups/"+id, fields{"state": "cancelled"}).is(http.StatusOK) })
			sent.Go(func() {
				p.anyone.in(t).post(p.at+"/signups", signup(fmt.Sprintf("pozna%d", i), "compost")).is(http.StatusCreated)
			})
		}
		sent.Wait()
		if states := p.states("compost"); states["accepted"] != places || states["waitlisted"] != people-places || states["cancelled"] != len(accepted) {
			t.Errorf("%v", states)
		}
	})
	t.Run("a waiting one is not accepted while no place is free", func(t *testing.T) {
		for _, item := range p.everything(p.at + "/signups?activity=compost") {
			if said(within(item, "state")) == "waitlisted" {
				p.office.in(t).put(p.at+"/signups/"+said(within(item, "id")), fields{"state": "accepted"}).is(http.StatusConflict)
				break
			}
		}
	})
}

// states counts an activity's sign-ups by state.
func (p *project) states(activity string) map[string]int {
	p.t.Helper()
	out := map[string]int{}
	for _, item := range p.everything(p.at + "/signups?activity=" + activity) {
		out[said(within(item, "state"))]++
	}
	return out
}

func TestAFreedPlaceGoesToTheFirstOfTheQueue(t *testing.T) {
	t.Parallel()
	p := newProject(t, "capacity: 3", "capacity: 1")
	enter := func(name, clock string) string {
		return p.office.post(p.at+"/signups", signup(name, "compost").and(fields{"submitted_at": p.when(-5, clock)})).is(http.StatusCreated).text("id")
	}
	state := func(id string) string {
		for _, item := range p.everything(p.at + "/signups?activity=compost") {
			if said(within(item, "id")) == id {
				return said(within(item, "state"))
			}
		}
		return "gone"
	}
	move := func(id, to string) {
		p.office.put(p.at+"/signups/"+id, fields{"state": to}).is(http.StatusOK)
	}
	first := enter("pierwsza", "12:00:00")
	late := enter("pozna", "15:00:00")
	early := enter("wczesna", "13:00:00")
	twin := enter("blizniacza", "13:00:00") // at the same instant: by id
	waiting := []string{early, twin}
	slices.Sort(waiting)
	want := append([]string{first}, append(waiting, late)...)
	for i, id := range want {
		for _, other := range want[i+1:] {
			if got := state(other); got != "waitlisted" {
				t.Fatalf("place %d: %s is %s", i, other, got)
			}
		}
		if got := state(id); got != "accepted" {
			t.Fatalf("place %d: %s is %s", i, id, got)
		}
		move(id, "cancelled")
	}
	t.Run("one who waits leaves without freeing a place", func(t *testing.T) {
		a, b, c := enter("a", "16:00:00"), enter("b", "16:01:00"), enter("c", "16:02:00")
		move(b, "cancelled")
		if state(a) != "accepted" || state(c) != "waitlisted" {
			t.Errorf("a %s, c %s", state(a), state(c))
		}
		move(a, "cancelled")
		if state(c) != "accepted" {
			t.Errorf("c %s", state(c))
		}
	})
}

func TestTheEmailedLinkWithdrawsASignup(t *testing.T) {
	t.Parallel()
	p := newProject(t, "capacity: 3", "capacity: 1")
	to := p.id + "-ewa@example.org"
	p.anyone.with("Accept-Language", "pl").post(p.at+"/signups", signup("ewa", "compost").and(fields{"email": to})).is(http.StatusCreated)
	waits := p.id + "-jan@example.org"
	p.anyone.post(p.at+"/signups", signup("jan", "compost").and(fields{"email": waits, "locale": "en"})).is(http.StatusCreated)
	eventually(t, "a letter to each", func() bool { return len(p.mails(to)) == 1 && len(p.mails(waits)) == 1 })
	link := cancelLink(t, p.mails(to)[0])
	if got := p.states("compost"); got["accepted"] != 1 || got["waitlisted"] != 1 {
		t.Fatalf("%v", got)
	}

	browser := p.anyone.browser()
	for range 2 {
		browser.get(link).is(http.StatusOK).isPage()
	}
	if got := p.states("compost"); got["cancelled"] != 0 {
		t.Errorf("looking at it cancels: %v", got)
	}
	address, token, _ := strings.Cut(link, "?token=")
	for name, wrong := range map[string]string{"another token": address + "?token=" + token[:len(token)-2] + "AA", "no token": address, "another sign-up": strings.Replace(link, "/signups/0", "/signups/7", 1)} {
		t.Run(name+" is 404", func(t *testing.T) {
			p.anyone.in(t).get(wrong).is(http.StatusNotFound)
			p.anyone.in(t).post(wrong, "{}").is(http.StatusNotFound)
		})
	}
	t.Run("somebody else's token is 404", func(t *testing.T) {
		_, other, _ := strings.Cut(cancelLink(t, p.mails(waits)[0]), "?token=")
		p.anyone.in(t).post(address+"?token="+other, "{}").is(http.StatusNotFound)
	})

	browser.fill(link, fields{}).is(http.StatusSeeOther)
	if got := p.states("compost"); got["cancelled"] != 1 || got["accepted"] != 1 || got["waitlisted"] != 0 {
		t.Errorf("%v", got)
	}
	p.anyone.post(link, "{}").is(http.StatusOK)
	eventually(t, "a letter to the one who got the place", func() bool { return len(p.mails(waits)) == 2 })
	t.Run("letters are in the person's language", func(t *testing.T) {
		polish, english := p.mails(to), p.mails(waits)
		if said(within(polish[len(polish)-1], "subject")) == said(within(english[len(english)-1], "subject")) {
			t.Errorf("%v and %v", polish, english)
		}
		if !strings.Contains(said(within(english[0], "text")), "Composting") || !strings.Contains(said(within(polish[len(polish)-1], "text")), "Kompost") {
			t.Errorf("%v and %v", polish, english)
		}
	})
	t.Run("a new sign-up gets a letter of its own", func(t *testing.T) {
		p.anyone.in(t).post(p.at+"/signups", signup("ewa", "compost").and(fields{"email": to})).is(http.StatusCreated)
		eventually(t, "it", func() bool {
			return slices.ContainsFunc(p.mails(to), func(m any) bool { return !strings.Contains(said(within(m, "text")), address) })
		})
	})
}

// cancelLink is the link of a letter, as an address of the tracker.
func cancelLink(t *testing.T, letter any) string {
	t.Helper()
	link := regexp.MustCompile(`https?://\S+/cancel\?token=[A-Za-z0-9_%-]+`).FindString(said(within(letter, "text")))
	if link == "" {
		t.Fatalf("no link in %v", letter)
	}
	at, err := url.Parse(link)
	if err != nil {
		t.Fatal(err)
	}
	return at.RequestURI()
}

func TestAttributesAreThoseFirstGiven(t *testing.T) {
	t.Parallel()
	p := newProject(t)
	enter := func(name, activity, clock string, attributes fields) {
		p.office.post(p.at+"/signups", signup(name, activity).and(attributes).and(fields{"submitted_at": p.when(-20, clock)})).is(http.StatusCreated)
	}
	// Entered in another order than submitted, each form with something else.
	enter("ewa", "planting", "15:00:00", fields{"sex": "male", "residence": "rural", "education": "isced-5-8"})
	enter("ewa", "over", "09:00:00", fields{"residence": "urban"})
	enter("ewa", "last-call", "12:00:00", fields{"sex": "female", "residence": "rural", "birth_year": p.today.Year() - 30})
	// The form of the same sign-up again gives what it had not given.
	enter("ewa", "planting", "16:00:00", fields{"disability": "no", "group": "owner", "sex": "other"})
	p.office.post(p.at+"/attendance", p.attendance("ewa")).is(http.StatusCreated)
	p.office.post(p.at+"/attendance", p.attendance("nieznana")).is(http.StatusCreated)
	snap := p.compile()
	for dimension, want := range map[string]string{"sex": "female", "residence": "urban", "education": "isced-5-8", "age": "25-54", "disability": "no", "group": "owner", "labour_status": "unknown"} {
		t.Run(dimension, func(t *testing.T) {
			got := snap.at("participants.by." + dimension).(map[string]any)
			if n := said(got[want]); n != "1" && (want != "unknown" || n != "2") {
				t.Errorf("want %s: %v", want, got)
			}
		})
	}
	p.counts(map[string]string{"11": "1"})
	t.Run("when they are given only later, the snapshot knows them too", func(t *testing.T) {
		enter("nieznana", "planting", "10:00:00", fields{"sex": "female"})
		p.counts(map[string]string{"11": "2"})
	})
}

func TestTwoRecordsOfOnePersonBecomeOne(t *testing.T) {
	t.Parallel()
	p := newProject(t)
	a := p.office.post(p.at+"/signups", signup("ewa", "planting").and(fields{"email": "ewa@example.org"})).is(http.StatusCreated)
	p.office.post(p.at+"/signups", signup("ewa", "planting").and(fields{"email": "ewa.stara@example.org"})).is(http.StatusCreated)
	p.office.post(p.at+"/attendance", p.attendance("ewa")).is(http.StatusCreated)
	p.office.post(p.at+"/attendance", p.attendance("ewa.stara").and(fields{"date": p.day(-9)})).is(http.StatusCreated)
	person := func(email string) string {
		return p.office.get(p.at + "/people?q=" + email).is(http.StatusOK).text("items.0.id")
	}
	from, into := person("ewa.stara@example.org"), person("ewa@example.org")
	before := p.compile()
	before.has(map[string]string{"participants.total": "2"})

	t.Run("probable duplicates are told", func(t *testing.T) {
		got := p.office.in(t).get(p.at + "/people/duplicates").is(http.StatusOK)
		if len(got.list("items")) != 1 || !strings.Contains(string(got.body), from) || !strings.Contains(string(got.body), into) {
			t.Errorf("got %s", got)
		}
	})
	t.Run("only two that are there", func(t *testing.T) {
		p.office.in(t).post(p.at+"/people/"+from+"/merge", fields{}).isInvalid("into missing")
		for _, target := range []string{"01J00000000000000000000000", from} {
			if got := p.office.in(t).post(p.at+"/people/"+from+"/merge", fields{"into": target}); got.status < 400 {
				t.Errorf("merged into %s: %s", target, got)
			}
		}
		p.office.in(t).post(p.at+"/people/01J00000000000000000000000/merge", fields{"into": into}).is(http.StatusNotFound)
	})
	for range 2 { // again changes nothing
		p.office.post(p.at+"/people/"+from+"/merge", fields{"into": into}).is(http.StatusOK).has(map[string]string{"id": into})
	}
	t.Run("they count once", func(t *testing.T) {
		after := p.office.in(t).post(p.at+"/snapshots", fields{}).is(http.StatusCreated).has(map[string]string{"participants.total": "1", "supersedes": before.text("id")})
		if figure(after, "1", "achieved") != "1" || figure(after, "1", "records") != "2" || figure(after, "9", "achieved") != "1" {
			t.Errorf("got %s", after)
		}
	})
	t.Run("both keys lead to the one", func(t *testing.T) {
		for _, email := range []string{"ewa@example.org", "ewa.stara@example.org"} {
			if got := person(email); got != into {
				t.Errorf("%s is %s", email, got)
			}
		}
		got := p.office.in(t).post(p.at+"/attendance", p.attendance("ewa.stara").and(fields{"date": p.day(-3)})).is(http.StatusCreated)
		got.has(map[string]string{"person.id": into})
		p.office.in(t).post(p.at+"/attendance", p.attendance("").and(fields{"person": fields{"id": from}, "date": p.day(-2)})).is(http.StatusCreated).has(map[string]string{"person.id": into})
	})
	t.Run("everything held on one person is told together", func(t *testing.T) {
		got := p.office.in(t).get(p.at + "/people/" + into + ".json").is(http.StatusOK)
		for _, part := range []string{"ewa@example.org", "ewa.stara@example.org", p.day(-9), p.day(-10), a.text("id")} {
			if !strings.Contains(string(got.body), part) {
				t.Errorf("%s is missing: %s", part, got)
			}
		}
	})
	t.Run("they are no duplicates any more", func(t *testing.T) {
		if got := p.office.in(t).get(p.at + "/people/duplicates").is(http.StatusOK); len(got.list("items")) != 0 {
			t.Errorf("got %s", got)
		}
	})
	t.Run("the same record of both is one thing, of which the later said counts", func(t *testing.T) {
		x := p.office.in(t).post(p.at+"/consultations", p.consultation("zofia").and(fields{"minutes": 10})).is(http.StatusCreated).text("person.id")
		y := p.office.in(t).post(p.at+"/consultations", p.consultation("zosia").and(fields{"minutes": 20})).is(http.StatusCreated).text("person.id")
		p.counts(map[string]string{"6": "2", "10": "30"})
		p.office.in(t).post(p.at+"/people/"+y+"/merge", fields{"into": x}).is(http.StatusOK)
		p.counts(map[string]string{"6": "1", "10": "20"})
	})
}

func TestErasureForgetsWhoSomebodyWas(t *testing.T) {
	t.Parallel()
	p := newProject(t)
	p.office.post(p.at+"/signups", signup("zapomniana", "planting").and(fields{"sex": "female", "phone": "600700800", "organisation": "Wspólnota Zapomniana", "pesel": pesel1})).is(http.StatusCreated)
	p.office.post(p.at+"/attendance", p.attendance("zapomniana")).is(http.StatusCreated)
	p.office.post(p.at+"/consultations", p.consultation("zapomniana").and(fields{"notes": "Sprawa zapomniana"})).is(http.StatusCreated)
	p.accepts(p.office, "tests.csv", "email,activity,date,pre_score,post_score,max_score\nzapomniana@example.org,planting,"+p.day(-5)+",1,2,3\n")
	id := p.office.get(p.at + "/people?q=zapomniana@example.org").is(http.StatusOK).text("items.0.id")
	before := p.compile()
	p.counts(map[string]string{"1": "1", "6": "1", "8": "1", "9": "1", "11": "1"})

	p.office.delete(p.at + "/people/" + id).is(http.StatusOK)
	p.office.get(p.at + "/people/" + id).is(http.StatusNotFound)
	p.office.get(p.at + "/people/" + id + ".json").is(http.StatusNotFound)
	p.office.delete(p.at + "/people/" + id).is(http.StatusNotFound)

	t.Run("counts stay where no attribute is asked for", func(t *testing.T) {
		p.counts(map[string]string{"1": "1", "6": "1", "8": "1", "9": "1", "11": "0"})
		p.compile().has(map[string]string{"participants.total": "1", "participants.by.sex.unknown": "1"})
	})
	t.Run("nothing tells who it was", func(t *testing.T) {
		latest := p.compile().text("id")
		for _, path := range []string{"/people?q=zapomniana@example.org", "/people?q=" + pesel1, "/people", "/signups", "/signups.csv", "/attendance", "/consultations", "/people/duplicates", "/snapshots/" + latest + "/participants/evidence", "/snapshots/" + latest + "/indicators/1/evidence.csv"} {
			got := p.office.in(t).get(p.at + path).is(http.StatusOK)
			for _, part := range []string{"zapomniana", "Zapomniana", pesel1, "600700800", id} {
				if strings.Contains(string(got.body), part) {
					t.Errorf("%q stands in %s", part, got)
				}
			}
		}
	})
	t.Run("a snapshot of before does not change", func(t *testing.T) {
		if got := p.office.in(t).get(p.at + "/snapshots/" + before.text("id")).is(http.StatusOK); got.text("hash") != before.text("hash") {
			t.Errorf("got %s", got)
		}
	})
	t.Run("who comes back is new", func(t *testing.T) {
		p.office.in(t).post(p.at+"/signups", signup("zapomniana", "planting")).is(http.StatusCreated).has(map[string]string{"state": "accepted"})
		p.counts(map[string]string{"9": "2"})
	})
}

func TestASubjectAccessExportHoldsEverything(t *testing.T) {
	t.Parallel()
	p := newProject(t)
	p.office.post(p.at+"/signups", signup("cala", "planting").and(fields{"phone": "600111222", "sex": "female", "pesel": pesel1})).is(http.StatusCreated)
	p.anyone.post(p.at+"/signups", signup("cala", "planting").and(fields{"first_name": "Cala Wanda"})).is(http.StatusCreated)
	p.office.post(p.at+"/attendance", p.attendance("cala").and(fields{"hours": 3.25})).is(http.StatusCreated)
	p.adviser.post(p.at+"/consultations", p.consultation("cala").and(fields{"topic": "Temat poufny", "notes": "Notatka poufna"})).is(http.StatusCreated)
	p.office.post(p.at+"/tests", p.exam("cala")).is(http.StatusCreated)
	p.accepts(p.office, "porady.csv", "email,data,dziedzina,minuty,forma,temat\ncala@example.org,"+p.day(-4)+",prawo,15,zdalnie,Temat z pliku\n")
	p.office.post(p.at+"/attendance", p.attendance("obca").and(fields{"hours": 9.75})).is(http.StatusCreated)
	id := p.office.get(p.at + "/people?q=cala@example.org").is(http.StatusOK).text("items.0.id")
	got := p.office.get(p.at + "/people/" + id + ".json").is(http.StatusOK)
	for _, part := range []string{"cala@example.org", pesel1, "600111222", "female", "Cala Wanda", "3.25", "Temat poufny", "Notatka poufna", "7.5", "Temat z pliku", "planting"} {
		if !strings.Contains(string(got.body), part) {
			t.Errorf("%q is missing: %s", part, got.body)
		}
	}
	for _, part := range []string{"obca", "9.75"} {
		if strings.Contains(string(got.body), part) {
			t.Errorf("somebody else's %q: %s", part, got.body)
		}
	}
}

func TestWhatWasTypedCorrectsAFileAndVoidingItBringsTheFileBack(t *testing.T) {
	t.Parallel()
	p := newProject(t)
	p.accepts(p.office, "outputs.csv", fmt.Sprintf("date,kind,quantity,title\n%s,leaflet,100,Ulotka\n%s,leaflet,10,Plakat\n", p.day(-10), p.day(-9)))
	p.counts(map[string]string{"5": "110"})
	made := p.office.post(p.at+"/outputs", p.output(" ULOTKA ").and(fields{"quantity": 30})).is(http.StatusCreated)
	p.counts(map[string]string{"5": "40"})
	address := p.at + "/outputs/" + made.text("id")
	t.Run("a later file corrects what was typed", func(t *testing.T) {
		later := p.accepts(p.office, "again.csv", "date,kind,quantity,title\n"+p.day(-10)+",leaflet,77,ulotka\n")
		p.counts(map[string]string{"5": "87"})
		p.office.in(t).put(address, p.output("Ulotka").and(fields{"quantity": 31})).is(http.StatusOK)
		p.counts(map[string]string{"5": "41"})
		p.office.in(t).delete(address).is(http.StatusOK)
		p.counts(map[string]string{"5": "87"})
		p.office.in(t).delete(p.at + "/uploads/" + later.text("id")).is(http.StatusOK)
		p.counts(map[string]string{"5": "110"})
	})
	t.Run("a record moved to another key lets the file count again", func(t *testing.T) {
		made := p.office.in(t).post(p.at+"/outputs", p.output("Ulotka").and(fields{"quantity": 5})).is(http.StatusCreated)
		p.counts(map[string]string{"5": "15"})
		p.office.in(t).put(p.at+"/outputs/"+made.text("id"), p.output("Nowa").and(fields{"quantity": 5})).is(http.StatusOK)
		p.counts(map[string]string{"5": "115"})
	})
	t.Run("of people's records too", func(t *testing.T) {
		p.accepts(p.office, "attendance.csv", fmt.Sprintf("email,activity,date,hours,outcome\newa@example.org,planting,%s,8,completed\n", p.day(-10)))
		p.counts(map[string]string{"1": "1", "2": "8"})
		typed := p.office.in(t).post(p.at+"/attendance", p.attendance("ewa").and(fields{"outcome": "withdrew", "hours": 2.5})).is(http.StatusCreated).text("id")
		p.counts(map[string]string{"1": "0", "2": "2.5"})
		p.office.in(t).delete(p.at + "/attendance/" + typed).is(http.StatusOK)
		p.counts(map[string]string{"1": "1", "2": "8"})
	})
}
