package main_test

import (
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
)

// The office compares another system's list with its own, at both widths and without JavaScript: pages are whole, and
// open to all.
func TestListsAreComparedInABrowser(t *testing.T) {
	t.Parallel()
	s := start(t, t.TempDir(), "localhost:0", "-empty")
	for name, v := range map[string]*visitor{"scripted": visit(t, launch(t), s), "plain": visit(t, launch(t), s).withoutScript()} {
		p := v.in("indicators:\n", nationalWords)
		for _, name := range []string{"anna", "ola", "iga"} {
			p.office.post(p.at+"/consultations", p.consultation(name)).is(201)
		}
		list := strings.Replace(string(p.office.get(p.at+"/exports/national.csv").is(200).body), "iga@", "adam@", 1)
		v.size(wide)
		v.signIn(p.id+":coordinator", p.at+"/people?lang=en").follow("Participants for other systems").sees("National system")
		for _, width := range []int64{wide, narrow} {
			v.size(width)
			v.open(p.at + "/exports?lang=en")
			if name == "scripted" {
				v.isOpenTo(axe(t))
			}
			v.do("choosing a file", chromedp.SetUploadFiles(chromedp.CSS("#f-file-national"), []string{v.lay("theirs.csv", list)}))
			v.press("Compare").sees("Theirs: 3. Ours: 3.", "iga@example.org", "adam@example.org")
			if name == "scripted" {
				v.isOpenTo(axe(t))
				v.picture("comparison-" + map[int64]string{wide: "wide", narrow: "narrow"}[width])
			}
		}
	}
}
