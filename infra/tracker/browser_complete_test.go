package main_test

import (
	"net/http"
	"testing"
)

// The office sees who lacks what, and asks by e-mail; the person answers on a page of their own. Both at both widths:
// whole, and open to all.
func TestPeopleAreAskedInABrowser(t *testing.T) {
	t.Parallel()
	s := start(t, t.TempDir(), "localhost:0", "-empty")
	v := visit(t, launch(t), s)
	p := v.in("indicators:\n", complete("total"))
	p.fourPeople()
	p.compile()
	v.size(wide)
	v.signIn(p.id+":coordinator", p.at+"/people/incomplete?lang=en")
	names := map[int64]string{wide: "wide", narrow: "narrow"}
	for _, width := range []int64{wide, narrow} {
		v.size(width)
		for name, page := range map[string]string{"incomplete": "/people/incomplete", "attention": "/attention"} {
			v.open(p.at + page)
			v.isOpenTo(axe(t))
			v.picture(name + "-of-people-" + names[width])
		}
	}
	person := p.office.get(p.at + "/people?q=iga@example.org").is(http.StatusOK).text("items.0.id")
	p.office.post(p.at+"/people/"+person+"/question", fields{}).is(http.StatusCreated)
	link := ""
	eventually(t, "the letter", func() bool { link, _ = p.question("iga@example.org"); return link != "" })
	for _, width := range []int64{wide, narrow} {
		v.size(width)
		v.open(link).sees("Home")
		v.isOpenTo(axe(t))
		v.picture("question-" + names[width])
	}
	v.fill("home", "ul. Zielona 2").press("Send the answer").seesNot("ul. Zielona 2")
	v.isOpenTo(axe(t))
	v.picture("answered-narrow")
}

// The form of a record with a photo, and the list with it, at both widths.
func TestRecordsWithPhotosInABrowser(t *testing.T) {
	t.Parallel()
	s := start(t, t.TempDir(), "localhost:0", "-empty")
	v := visit(t, launch(t), s)
	p := v.in("indicators:\n", fileWords)
	photo := p.attach(p.office, "Wizyta u Ewy.jpg", filesByType[jpeg])
	p.office.post(p.at+"/records/visit", fields{"person": of("ewa"), "date": p.day(-2), "place": "home", "photo": photo}).is(http.StatusCreated)
	v.size(wide)
	v.signIn(p.id+":coordinator", p.at+"/records/visit?lang=en")
	for _, width := range []int64{wide, narrow} {
		v.size(width)
		v.open(p.at+"/records/visit").sees("Wizyta u Ewy.jpg", "Photo")
		v.isOpenTo(axe(t))
		v.picture("photos-" + map[int64]string{wide: "wide", narrow: "narrow"}[width])
	}
}
