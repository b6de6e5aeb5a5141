package main_test

import (
	"net/http"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// TestEachRoleWorksByKeyboardWithoutScriptOnATelephone does the work of the roles that no other test covers, with the
// keyboard alone, without JavaScript, on a telephone.
func TestEachRoleWorksByKeyboardWithoutScriptOnATelephone(t *testing.T) {
	t.Parallel()
	least := func(task func(*testing.T, *visitor)) func(*testing.T, *visitor) {
		return func(t *testing.T, v *visitor) {
			v.size(narrow)
			task(t, v.withoutScript())
		}
	}
	visitEach(t, start(t, t.TempDir(), "localhost:0", "-empty"), map[string]func(*testing.T, *visitor){
		"a funder gets from the newest snapshot to the records behind a figure": least(readsWithTheLeast),
		"a partner sends a file, and withdraws it":                              least(sendsWithTheLeast),
		"a coordinator compiles a snapshot and approves it":                     least(approvesWithTheLeast),
	})
}

// arrives signs in by keyboard, and opens the role's start page.
func (v *visitor) arrives(role, to string) *visitor {
	v.t.Helper()
	return v.open("/auth/sign-in?to="+to).tabTo(`button[name=role][value="`+role+`"]`).enter("signing in", http.StatusOK)
}

func readsWithTheLeast(t *testing.T, v *visitor) {
	p := v.in()
	p.office.post(p.at+"/outputs", p.output("A").and(fields{"quantity": 3})).is(http.StatusCreated)
	p.approve(p.compile())
	v.arrives(p.id+":funder", p.at).sees("The newest: as of")
	v.tabTo(`.short .got a[href*="/indicators/5/"]`).enter("the evidence", http.StatusOK).sees("How this figure is counted", "Added up: 3.", "That is the figure in the snapshot.")
}

func sendsWithTheLeast(t *testing.T, v *visitor) {
	p := v.in()
	v.arrives(p.id+":partner:press", p.at).sees("New file")
	file := v.lay("marzec.csv", airings+p.day(-9)+",prasa,Łąka,Gazeta,120\n")
	v.do("choosing a file", chromedp.SetUploadFiles(chromedp.CSS("#f-file"), []string{file})) // the system's own window is not the page's
	v.tabTo("#upload button").enter("Send", http.StatusOK).sees("Accepted", "marzec.csv", "Total reach")
	v.tabTo("form button.danger").enter("Withdraw the file", http.StatusOK).sees("The file was withdrawn.")
}

func approvesWithTheLeast(t *testing.T, v *visitor) {
	p := v.in()
	p.office.post(p.at+"/outputs", p.output("A")).is(http.StatusCreated)
	v.arrives(p.id+":coordinator", p.at).sees("There is no snapshot yet")
	v.tabTo(`main a[href$="/snapshots"]`).enter("Snapshots", http.StatusOK)
	v.tabTo("main form button").enter("Compile now", http.StatusOK).sees("Draft")
	v.tabTo(`button[value="approve"]`).keys(kb.Enter)
	v.sees("Approved")
	v.open(p.at).sees("Planned and achieved")
}
