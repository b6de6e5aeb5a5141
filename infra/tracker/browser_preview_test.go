package main_test

import (
	"net/http"
	"strings"
	"testing"
)

// The preview of a definition, the page of values that the office says, and the bounds of a share, at both widths:
// whole, and open to all.
func TestPreviewAndSaidValuesInABrowser(t *testing.T) {
	t.Parallel()
	s := start(t, t.TempDir(), "localhost:0", "-empty")
	v := visit(t, launch(t), s)
	p := v.in()
	indicators := []string{
		`{code: "hours", label: {en: At least 8 hours of training, pl: Co najmniej 8 godzin szkoleń}, unit: person, target: 12, targets: [{by: ` + p.day(-10) + `, value: 9}, {by: ` + p.day(200) + `, value: 12}], count: people, who: 'sum(attendance, .hours) >= 8'}`,
		`{code: "women", label: {en: Share of women, pl: Odsetek kobiet}, target: 60, count: share, of: attendance, where: 'sex == "female"', among: {of: attendance}}`,
		`{code: "km", label: {en: Paths, pl: Ścieżki}, unit: km, target: 10, baseline: {value: 20, at: ` + p.day(-40) + `}, direction: down, count: said}`,
		`{code: "gone", label: {en: Left, pl: Zakończyli}, count: records, of: exit}`,
	}
	put := func(indicators ...string) string {
		text := strings.Replace(definitionOfPeople(p, indicators...), "target: 12, targets", "targets", 1)
		p.office.send("PUT", p.at+"/definition", "application/yaml", []byte(text)).is(http.StatusOK)
		return text
	}
	text := put(indicators...)
	for i, name := range []string{"ewa", "jan", "leo", "ola"} {
		form := signup(name, "planting")
		if delete(form, "sex"); i < 2 {
			form = form.and(fields{"sex": "female"})
		}
		p.office.post(p.at+"/signups", form).is(http.StatusCreated)
		p.attend(name, -20+i, 6+i, nil)
	}
	p.leave("ewa", -1, "work")
	v.size(wide)
	v.signIn(p.id+":coordinator", p.at+"/indicators/km/said?lang=en")
	v.fill("as_of", p.day(-2)).fill("value", "15.5").fill("note", "Measured on site").press("Save").sees("15.5", "Measured on site")
	p.compile()
	changed := strings.NewReplacer(">= 8", ">= 7", `{code: "gone"`, `{code: "left"`).Replace(text)
	for _, width := range []int64{wide, narrow} {
		v.size(width)
		v.open(p.at + "/indicators/km/said?lang=en").sees("Measured on site")
		v.isOpenTo(axe(t))
		v.picture("said-" + map[int64]string{wide: "wide", narrow: "narrow"}[width])
		v.open(p.at+"/snapshots/latest").sees("Between 50 and 100", "(uncertain)")
		v.isOpenTo(axe(t))
		v.picture("bounds-" + map[int64]string{wide: "wide", narrow: "narrow"}[width])
		v.open(p.at+"/definition").fill("yaml", changed).press("Only check").sees("What the figures would be", "People with: sum of", "(new)", "(removed)")
		v.isOpenTo(axe(t))
		v.picture("preview-" + map[int64]string{wide: "wide", narrow: "narrow"}[width])
	}
}
