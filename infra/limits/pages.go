package main

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"sync"

	"outreach/internal/table/dynamo/simulated"
)

// officePages reads the office's pages of a project with few people and of one with 20,000 sign-ups in an activity and
// 50,000 people: what is read must follow from what is shown.
func officePages(r *run) {
	few, many := filled(r, 200, 500), filled(r, r.scaled(20_000), r.scaled(50_000))
	for _, page := range pagesOfOffice {
		small, large := few[page.name], many[page.name]
		r.saw("%s %.0f → %.0f", page.name, small.Reads, large.Reads)
		r.must(large.Reads <= 1.5*small.Reads+20, "%s reads %.0f units, %.0f where there are few", page.name, large.Reads, small.Reads)
	}
}

var pagesOfOffice = []struct{ name, function, path string }{
	{"to do", "manage-project", "/town/attention"},
	{"sign-ups", "manage-project", "/town/signups"},
	{"sign-ups of an activity", "manage-project", "/town/signups?activity=hall"},
	{"activities", "manage-project", "/town/activities"},
	{"activity", "manage-project", "/town/activities/hall"},
	{"people", "manage-project", "/town/people"},
	{"people found", "manage-project", "/town/people?q=ewa7@example.org"},
	{"attendance", "manage-project", "/town/attendance"},
	{"trail", "manage-project", "/town/audit"},
	{"files", "manage-uploads", "/town/uploads"},
	{"form", "submit-signup", "/town/signup"},
}

// filled fills a project and returns what each page used.
func filled(r *run, signups, people int) map[string]simulated.Usage {
	d := deploy(r)
	d.define(town("town", 0))
	var wg sync.WaitGroup
	limit := make(chan struct{}, 2)
	for n := range people {
		limit <- struct{}{}
		wg.Go(func() {
			defer func() { <-limit }()
			activity := "hall"
			if n >= signups {
				activity = "yard"
			}
			w, _ := d.request("submit-signup", signupTo(r.Context(), "town", activity, n))
			if w.Code != http.StatusCreated && w.Code != http.StatusSeeOther {
				r.must(false, "a sign-up is answered %d", w.Code)
			}
		})
	}
	wg.Wait()
	used := map[string]simulated.Usage{}
	for _, page := range pagesOfOffice {
		q := httptest.NewRequestWithContext(r.Context(), http.MethodGet, baseURL+page.path, nil)
		q.Header.Set("Accept", "text/html")
		q.Header.Set("Authorization", "Bearer "+d.token("office@example.org", "town:coordinator"))
		w, u := d.request(page.function, q)
		if w.Code != http.StatusOK {
			r.must(false, "%s is answered %d", page.name, w.Code)
		}
		used[page.name] = u
	}
	return used
}

// token returns a bearer token.
func (d *deployment) token(email string, groups ...string) string {
	token, err := d.provider.Token(email, groups)
	d.run.check(err)
	return fmt.Sprint(token)
}
