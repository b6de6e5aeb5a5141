package main

import (
	"context"
	"fmt"
	"iter"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"time"

	"outreach/internal/fact"
	"outreach/internal/people"
	"outreach/internal/records"
	"outreach/internal/schema"
	"outreach/internal/snapshot"
	"outreach/internal/snapshots"
	"outreach/internal/store"
	"outreach/internal/table/dynamo/simulated"
)

// officePages opens every page of the office, of advisers, partners and funders in two projects, one of which has four
// times as much of everything: a page must use the same units in both. The larger one has 20,000 sign-ups in an
// activity and 50,000 people. Lists to print and exports cost what they show, and the preview of an erasure what the
// erasure does; they are left out.
func officePages(r *run) {
	large := filled(r, r.scaled(20_000), r.scaled(50_000), 320)
	small := filled(r, r.scaled(20_000)/4, r.scaled(50_000)/4, 80)
	most := ""
	for _, page := range pagesOfOffice {
		few, many := small[page.name], large[page.name]
		if most == "" || many.Reads > large[most].Reads {
			most = page.name
		}
		r.must(many.Reads <= 1.1*few.Reads+5, "%s reads %.0f units, %.0f of a quarter", page.name, many.Reads, few.Reads)
		r.must(many.Reads <= page.most, "%s reads %.0f units", page.name, many.Reads)
	}
	for _, name := range []string{"to do", "activity", "people", "sign-ups of an activity", "duplicates", "attendance of an activity"} {
		r.saw("%s %.0f → %.0f", name, small[name].Reads, large[name].Reads)
	}
	r.saw("the most of %d pages: %s %.0f", len(pagesOfOffice), most, large[most].Reads)
}

// usual is how many read units a page of 50 lines may use: some for each line, and for what is around them.
const usual = 250

// pagesOfOffice are the pages, and what each may read. Where it is more than usual, the page passes over what it does
// not show, up to a bound.
var pagesOfOffice = []struct {
	name, function, path, role string
	most                       float64
	once                       bool // opened once before: what the version before wrote is put in order, and the ends of the log are found
}{
	{"to do", "manage-project", "/town/attention", "coordinator", usual, false},
	{"sign-ups", "manage-project", "/town/signups", "coordinator", usual, false},
	{"sign-ups of an activity", "manage-project", "/town/signups?activity=hall", "coordinator", usual, false},
	{"activities", "manage-project", "/town/activities", "coordinator", usual, false},
	{"activity", "manage-project", "/town/activities/hall", "coordinator", usual, false},
	{"activity, searched", "manage-project", "/town/activities/hall?q=nowa12", "coordinator", usual, false},
	{"attendance of an activity", "manage-project", "/town/activities/hall/attendance", "coordinator", usual, false},
	{"tests of an activity", "manage-project", "/town/activities/hall/tests", "coordinator", usual, false},
	{"attendance of few with a place among many", "manage-project", "/town/activities/yard/attendance", "coordinator", usual, false},
	{"certificates", "manage-project", "/town/activities/hall/certificates", "coordinator", 2.5 * usual, false},
	{"people", "manage-project", "/town/people", "coordinator", usual, false},
	{"people found by an address", "manage-project", "/town/people?q=ewa7@example.org", "coordinator", usual, false},
	{"people found by a name", "manage-project", "/town/people?q=ewa", "coordinator", usual, false},
	{"people found by two names", "manage-project", "/town/people?q=ewa+nowa1", "coordinator", 5 * usual, false},
	{"person", "manage-project", "/town/people/{person}", "coordinator", usual, true},
	{"duplicates", "manage-project", "/town/people/duplicates", "coordinator", usual, false},
	{"attendance", "manage-project", "/town/attendance", "coordinator", usual, false},
	{"tests", "manage-project", "/town/tests", "coordinator", usual, false},
	{"outputs", "manage-project", "/town/outputs", "coordinator", usual, false},
	{"consultations", "record-consultation", "/town/consultations", "coordinator", usual, false},
	{"consultations of an adviser", "record-consultation", "/town/consultations", "adviser", usual, false},
	{"month of an adviser", "record-consultation", "/town/consultations/sheet?month=2000-03", "adviser", usual, true},
	{"trail", "manage-project", "/town/audit", "coordinator", usual, true},
	{"trail of a kind", "manage-project", "/town/audit?kind=definition.set", "coordinator", usual, true},
	{"files", "manage-uploads", "/town/uploads", "coordinator", usual, false},
	{"files of a partner", "manage-uploads", "/town/uploads", "partner:radio", usual, false},
	{"snapshots", "show-report", "/town/snapshots", "coordinator", usual, false},
	{"snapshots of the funder", "show-report", "/town/snapshots", "funder", usual, false},
	{"snapshot", "show-report", "/town/snapshots/latest", "funder", usual, false},
	{"evidence", "show-report", "/town/snapshots/latest/participants/evidence", "funder", usual, false},
	{"versions", "define-project", "/town/definition/versions", "coordinator", usual, false},
	{"form", "submit-signup", "/town/signup", "", usual, false},
}

// filled fills a project with so many sign-ups to an activity, people, and records, files and nights, and returns what
// each page used.
func filled(r *run, signups, people, others int) map[string]simulated.Usage {
	d := deploy(r)
	d.define(strings.Replace(town("town", 0), "{id: yard, kind: training,", "{id: yard, kind: training, capacity: 10,", 1))
	d.signUpAll(signups, people)
	person := d.keepRecords(others)
	for n := range others {
		d.ingest("town", rename(d.file(schema.Builtin().Kind(schema.Media), 50), n))
	}
	d.keepSnapshots(others)
	d.night()
	d.invoke(r.Context(), "compile-snapshot", func(ctx context.Context, i *instance) {
		newest, err := i.Snapshots.Newest(ctx, "town")
		r.check(err)
		_, err = i.Snapshots.Decide(ctx, "town", newest.ID, snapshot.Approved, "", "")
		r.check(err)
	})
	used := map[string]simulated.Usage{}
	for _, page := range pagesOfOffice {
		q := httptest.NewRequestWithContext(r.Context(), http.MethodGet, baseURL+strings.ReplaceAll(page.path, "{person}", url.PathEscape(person)), nil)
		q.Header.Set("Accept", "text/html")
		if page.role != "" {
			q.Header.Set("Authorization", "Bearer "+d.token(page.role[:strings.IndexByte(page.role+":", ':')]+"@example.org", "town:"+page.role))
		}
		if page.once {
			d.request(page.function, q)
		}
		w, u := d.request(page.function, q)
		if w.Code != http.StatusOK {
			r.must(false, "%s is answered %d", page.name, w.Code)
		}
		used[page.name] = u
	}
	return used
}

// signUpAll signs people up: so many to the hall, and the rest to the yard.
func (d *deployment) signUpAll(signups, people int) {
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
			w, _ := d.request("submit-signup", signupTo(d.run.Context(), "town", activity, n))
			if w.Code != http.StatusCreated && w.Code != http.StatusSeeOther {
				d.run.must(false, "a sign-up is answered %d", w.Code)
			}
		})
	}
	wg.Wait()
}

// keepRecords stores so many consultations of one adviser in each of five months, but 40 in March, and so many outputs,
// of which each third is voided, and attendances and tests of people of the hall. It returns the id of one of them.
func (d *deployment) keepRecords(n int) (person string) {
	d.invoke(d.run.Context(), "manage-project", func(_ context.Context, i *instance) {
		ctx := d.run.Context()
		staff, err := i.Access.Staff(ctx, "town", "adviser@example.org")
		d.run.check(err)
		draft := func(kind, who string, values map[string]string) records.Draft {
			k := schema.Builtin().Kind(kind)
			return records.Draft{Kind: k, Person: who, Row: k.Row(schema.ValuesOf(values)), By: staff}
		}
		create := func(kind, who string, values map[string]string) records.Typed {
			t, err := i.Records.Create(ctx, "town", draft(kind, who, values), store.Once{})
			d.run.check(err)
			return t
		}
		for at := range n {
			person, err = i.People.Resolve(ctx, "town", schema.PersonRef{Email: fmt.Sprintf("ewa%d@example.org", at)}, people.Names{})
			d.run.check(err)
			day := func(month int) string { return fmt.Sprintf("2000-%02d-%02d", month, 1+at%28) }
			for month := 1; month <= 5; month++ {
				if month != 3 || at < 40 {
					create(schema.Consultation, person, map[string]string{"date": day(month), "adviser": staff, "minutes": "30", "field": "law", "form": "phone"})
				}
			}
			create(schema.Attendance, person, map[string]string{"date": day(2), "activity": "hall", "outcome": "completed", "hours": "4"})
			create(schema.Test, person, map[string]string{"date": day(2), "activity": "hall", "pre_score": "1", "post_score": "2", "max_score": "3"})
			made := create(schema.Output, "", map[string]string{"date": day(2), "kind": "leaflet", "title": fmt.Sprint("Leaflet ", at), "quantity": "1"})
			if at%3 == 0 {
				void := records.Draft{Kind: schema.Builtin().Kind(schema.Output), By: staff}
				_, err := i.Records.Change(ctx, "town", void.Kind, made.ID, "", void, func(records.Typed) bool { return true })
				d.run.check(err)
			}
		}
	})
	return person
}

// keepSnapshots stores snapshots of so many days, which are approved, and three times as many drafts.
func (d *deployment) keepSnapshots(n int) {
	d.invoke(d.run.Context(), "compile-snapshot", func(_ context.Context, i *instance) {
		ctx := d.run.Context()
		for at := range 4 * n {
			day := time.Date(1990, 1, 1+at, 0, 0, 0, 0, time.UTC).Format(time.DateOnly)
			_, still, err := i.Snapshots.Latest(ctx, "town", day)
			d.run.check(err)
			snap := snapshot.Snapshot{Project: "town", ID: i.DB.NewID(), AsOf: day, State: snapshot.Draft, Definition: snapshot.Definition{Version: 1}}
			snap.Hash, err = snap.Digest()
			d.run.check(err)
			none := func(string) iter.Seq[snapshot.Counted] { return nil }
			d.run.check(i.Snapshots.SaveSnapshot(ctx, snap, still, fact.Heads{}, nil, none, snapshots.Since{}, "", store.Once{}))
			if at%4 == 0 {
				_, err := i.Snapshots.Decide(ctx, "town", snap.ID, snapshot.Approved, "", "")
				d.run.check(err)
			}
		}
	})
}

// token returns a bearer token.
func (d *deployment) token(email string, groups ...string) string {
	token, err := d.provider.Token(email, groups)
	d.run.check(err)
	return fmt.Sprint(token)
}
