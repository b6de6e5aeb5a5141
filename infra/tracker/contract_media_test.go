package main_test

import (
	"net/http"
	"strings"
	"testing"
)

// post is an airing, post or leaflet that is typed.
func (p *project) post(title string, reach int) fields {
	return fields{"date": p.day(-3), "time": "08:15", "medium": "social", "kind": "post", "title": title, "outlet": "Our page", "reach": reach}
}

// posts is a file with the same one.
func (p *project) posts(title, reach string) string {
	return "date,time,medium,kind,title,outlet,reach\n" + p.day(-3) + ",08:15,social,post," + title + ",Our page," + reach + "\n"
}

// reaches checks the sum of reach, its indicator, and how many airings there are.
func (p *project) reaches(when, sum, airings string) {
	p.t.Helper()
	snap := p.compile()
	if got := [3]string{snap.text("reach.sum"), figure(snap, "3", "achieved"), snap.text("reach.airings")}; got != [3]string{sum, sum, airings} {
		p.t.Errorf("%s: the reach is %v, want %s of %s", when, got, sum, airings)
	}
}

func TestContractATypedAiringAndTheSameInAFileCountOnce(t *testing.T) {
	t.Parallel()
	for name, by := range map[string]struct {
		types, sends func(*project) caller
		partner      any
	}{
		"the partner types":               {func(p *project) caller { return p.radio }, func(p *project) caller { return p.radio }, nil},
		"the office types for it":         {func(p *project) caller { return p.office }, func(p *project) caller { return p.radio }, "radio"},
		"the office types, and sends too": {func(p *project) caller { return p.office }, func(p *project) caller { return p.office }, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newProject(t)
			types, sends := by.types(p), by.sends(p)
			first := p.accepts(sends, "a.csv", p.posts("Trees", "100"))
			p.reaches("in a file", "100", "1")
			typed := types.post(p.at+"/records/media", p.post("  TREES ", 150).and(fields{"partner": by.partner})).is(http.StatusCreated)
			at := p.at + "/records/media/" + typed.text("id")
			if typed.header.Get("Location") != at || typed.header.Get("ETag") == "" {
				t.Errorf("it is at %s", typed.header.Get("Location"))
			}
			p.reaches("then typed", "150", "1")
			if got := p.accepts(sends, "b.csv", p.posts("trees", "150")); got.text("unchanged") != "1" {
				t.Errorf("a file that says the same: %s", got)
			}
			second := p.accepts(sends, "c.csv", p.posts("Trees", "170"))
			if second.text("changed") != "1" || second.text("new") != "0" {
				t.Errorf("a file that corrects what was typed: %s", second)
			}
			p.reaches("then in a file again", "170", "1")
			sends.delete(p.at + "/uploads/" + second.text("id")).is(http.StatusOK)
			p.reaches("that file withdrawn", "150", "1")
			types.put(at, p.post("Trees", 180)).is(http.StatusOK).has(map[string]string{"reach": "180"})
			p.reaches("changed", "180", "1")
			types.delete(at).is(http.StatusOK)
			p.reaches("voided", "150", "1") // by the second file
			types.get(at).is(http.StatusNotFound)
			types.post(p.at+"/records/media", p.post("Bees", 20).and(fields{"partner": by.partner})).is(http.StatusCreated)
			p.reaches("another one", "170", "2")
			sends.delete(p.at + "/uploads/" + first.text("id")).is(http.StatusOK)
			p.reaches("the first file withdrawn", "170", "2")
		})
	}
}

func TestContractEachPartnerHasItsOwnAirings(t *testing.T) {
	t.Parallel()
	p := newProject(t)
	list := p.at + "/records/media"
	mine := p.radio.post(list, p.post("Trees", 100)).is(http.StatusCreated).has(map[string]string{"partner": "radio", "title": "Trees"})
	at := list + "/" + mine.text("id")
	// Another's airing with the same words is another one.
	p.press.post(list, p.post("Trees", 30)).is(http.StatusCreated)
	own := p.office.post(list, p.post("Trees", 5)).is(http.StatusCreated)
	if _, named := own.value().(map[string]any)["partner"]; named {
		t.Errorf("the office's own is a partner's: %s", own)
	}
	p.reaches("three of the same words", "135", "3")
	p.radio.post(list, p.post("trees", 7)).is(http.StatusConflict)
	p.office.post(list, p.post("trees", 7).and(fields{"partner": "radio"})).is(http.StatusConflict).has(map[string]string{"existing": mine.text("id")})
	for _, other := range []caller{p.press} {
		other.get(at).is(http.StatusNotFound)
		other.put(at, p.post("Trees", 1)).is(http.StatusNotFound)
		other.delete(at).is(http.StatusNotFound)
	}
	for _, c := range []caller{p.adviser, p.funder} {
		c.get(list).is(http.StatusForbidden)
		c.post(list, p.post("x", 1)).is(http.StatusForbidden)
	}
	p.anyone.get(list).is(http.StatusUnauthorized)
	if got := len(p.radio.get(list).is(http.StatusOK).list("items")); got != 1 {
		t.Errorf("the partner sees %d, want its own", got)
	}
	if got := len(p.office.get(list).is(http.StatusOK).list("items")); got != 3 {
		t.Errorf("the office sees %d, want all 3", got)
	}
	p.radio.post(list, p.post("x", 1).and(fields{"partner": "press"})).isInvalid("partner not_allowed")
	p.radio.post(list, p.post("y", 1).and(fields{"partner": "radio"})).is(http.StatusCreated)
	p.office.post(list, p.post("x", 1).and(fields{"partner": "nobody"})).isInvalid("partner not_in_list")
	p.office.post(list, p.post("x", 100001).and(fields{"partner": 5, "medium": "smoke", "date": p.day(1), "outlet": nil})).
		isInvalid("date in_the_future", "medium not_in_list", "outlet missing", "partner not_in_list", "reach out_of_range")

	// The office may change a partner's, which stays the partner's, and say whose one is.
	p.office.put(at, p.post("Trees", 110)).is(http.StatusOK).has(map[string]string{"partner": "radio"})
	p.radio.get(at).is(http.StatusOK).has(map[string]string{"reach": "110"})
	moved := list + "/" + own.text("id")
	p.office.put(moved, p.post("Shrubs", 5).and(fields{"partner": "press"})).is(http.StatusOK).has(map[string]string{"partner": "press"})
	p.press.get(moved).is(http.StatusOK)
	p.office.put(moved, p.post("Shrubs", 5).and(fields{"partner": ""})).is(http.StatusOK)
	p.press.get(moved).is(http.StatusNotFound)
	p.office.with("If-Match", `"x.1"`).put(moved, p.post("Shrubs", 5)).is(http.StatusPreconditionFailed)
	keyed := p.radio.with("Idempotency-Key", "k")
	once := keyed.post(list, p.post("Once", 1)).is(http.StatusCreated)
	keyed.post(list, p.post("Once", 1)).is(http.StatusCreated).has(map[string]string{"id": once.text("id")})

	// Behind the figure stands each of them.
	snap := p.compile()
	found := p.office.get(p.at + "/snapshots/" + snap.text("id") + "/indicators/3/evidence").is(http.StatusOK)
	if !strings.Contains(string(found.body), mine.text("id")) {
		t.Errorf("the evidence lacks it: %s", found)
	}
}

func TestContractAnAiringIsTypedOnAPage(t *testing.T) {
	t.Parallel()
	p := newProject(t)
	list := p.at + "/records/media"
	office, radio := p.office.browser(), p.radio.browser()
	if page := string(office.get(list).is(http.StatusOK).isPage().body); !strings.Contains(page, `<select id="f-partner" name="partner"`) || !strings.Contains(page, "Radio Podwórko") {
		t.Errorf("the office cannot say whose it is: %s", page)
	}
	if page := string(radio.get(list).is(http.StatusOK).isPage().body); strings.Contains(page, `name="partner"`) || strings.Contains(page, "Gazeta Podwórkowa") {
		t.Errorf("a partner can say whose it is: %s", page)
	}
	typed := fields{"date": p.day(-3), "medium": "outdoor", "title": "Leaflet", "outlet": "Library", "reach": "1 200"}
	if page := string(office.fill(list, typed.and(fields{"reach": "many", "partner": "radio"})).is(http.StatusUnprocessableEntity).isPage().body); !strings.Contains(page, `value="radio" selected`) || !strings.Contains(page, `value="many"`) {
		t.Errorf("what was typed is lost: %s", page)
	}
	if to := office.fill(list, typed.and(fields{"partner": "radio"})).is(http.StatusSeeOther).header.Get("Location"); to != list+"?done=saved" {
		t.Errorf("after saving the browser goes to %s", to)
	}
	p.reaches("typed on a page", "1200", "1")
	at := list + "/" + p.radio.get(list).is(http.StatusOK).text("items.0.id")
	if page := string(office.get(list).is(http.StatusOK).body); !strings.Contains(page, "Radio Podwórko</td>") || !strings.Contains(page, `href="`+at+`"`) {
		t.Errorf("the list does not show it: %s", page)
	}
	if page := string(office.get(at).is(http.StatusOK).isPage().body); !strings.Contains(page, `value="radio" selected`) {
		t.Errorf("the form does not say whose it is: %s", page)
	}
	radio.fill(at, typed.and(fields{"_method": "PUT", "reach": "1300"})).is(http.StatusSeeOther)
	p.reaches("changed by the partner", "1300", "1")
	if page := string(office.get(p.at + "/audit").is(http.StatusOK).isPage().body); !strings.Contains(page, `href="`+at+`"`) {
		t.Errorf("the trail does not lead to it: %s", page)
	}
	radio.fill(at, fields{"_method": "DELETE"}).is(http.StatusSeeOther)
	p.reaches("voided by the partner", "0", "0")
}

func TestTypedMediaHasTheWarningsOfAFile(t *testing.T) {
	t.Parallel()
	p := newProject(t)
	airing := func(date string, reach int) fields {
		return fields{"date": date, "medium": "tv", "title": "Duży zasięg", "outlet": "TV Podwórko", "reach": reach}
	}
	p.radio.post(p.at+"/records/media", airing(p.day(-3), 50000)).is(http.StatusCreated).has(map[string]string{"warnings": ""})
	large := p.radio.post(p.at+"/records/media", airing(p.day(-4), 50001)).is(http.StatusCreated)
	large.has(map[string]string{"warnings.0.field": "reach", "warnings.0.code": "large_reach"})
	p.office.post(p.at+"/records/media", airing(p.day(-400), 10)).is(http.StatusCreated).has(map[string]string{"warnings.0.code": "outside_period"})
	p.radio.with("Accept-Language", "en").post(p.at+"/records/media", airing(p.day(-5), 100001)).isInvalid("reach out_of_range").holds("whole number belongs in the column contacts")
	form := p.radio.browser().with("Accept-Language", "en").fill(p.at+"/records/media", fields{"date": p.day(-6), "medium": "tv", "title": "Z formularza", "outlet": "TV Podwórko", "reach": "60000"}).is(http.StatusSeeOther)
	p.radio.browser().with("Accept-Language", "en").get(form.header.Get("Location")).is(http.StatusOK).holds("over half of the region")
}
