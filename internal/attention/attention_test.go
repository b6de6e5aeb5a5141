package attention_test

import (
	"context"
	"iter"
	"testing"
	"time"

	"outreach/internal/app"
	"outreach/internal/attention"
	"outreach/internal/fact"
	"outreach/internal/people"
	"outreach/internal/project"
	"outreach/internal/schema"
	"outreach/internal/signups"
	"outreach/internal/snapshot"
	"outreach/internal/snapshots"
	"outreach/internal/store"
	"outreach/internal/store/storetest"
	"outreach/internal/uploads"
)

// open returns an app on empty tables, with its objects in a folder.
func open(t *testing.T) *app.App {
	t.Helper()
	db := storetest.WithObjects(t)
	return app.New(db)
}

func TestTasksAreCounted(t *testing.T) {
	t.Parallel()
	s, ctx := open(t), context.Background()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	look := func(name string, want attention.Counts) {
		t.Helper()
		got, err := s.Attention.CountTasks(ctx, "town")
		must(err)
		if got != want || got.Any() != (want != attention.Counts{}) {
			t.Errorf("%s: %+v, want %+v", name, got, want)
		}
	}
	d := &project.Definition{ID: "town", TimeZone: "Europe/Warsaw", Period: project.Period{From: "2020-01-01", To: "2120-12-31"},
		Activities: []project.Activity{{ID: "garden", Capacity: 1}}, Partners: []project.Partner{{ID: "press", Name: "Press"}}}
	define := func(text string) {
		t.Helper()
		_, _, err := s.Projects.SetDefinition(ctx, d, []byte(text), "", "")
		must(err)
	}
	define("one place")
	look("a quiet day", attention.Counts{})

	signUp := func(public bool, name, email, pesel string) signups.Signup {
		t.Helper()
		row := make(schema.Row, len(schema.For(d).Kind(schema.Signup).Fields))
		for field, value := range map[string]string{"activity": "garden", "first_name": "Ewa", "last_name": name, "email": email, "pesel": pesel} {
			row[schema.For(d).Kind(schema.Signup).Index(field)] = value
		}
		did, err := s.Signups.SignUp(ctx, "town", signups.SignupDraft{Kind: schema.Builtin().Kind(schema.Signup), Activity: d.Activities[0], Row: row, Submitted: s.DB.Now(), Public: public}, store.Once{})
		must(err)
		return did.Signup
	}
	signUp(true, "Pierwsza", "a@example.org", "")
	signUp(true, "Druga", "b@example.org", "")
	signUp(true, "Druga", "c@example.org", "")
	held := signUp(true, "Pierwsza", "d@example.org", "")
	look("a full activity is no task, people of one name are", attention.Counts{Duplicates: 2})
	d.Activities[0].Capacity = 3
	define("three places")
	look("free places while people wait", attention.Counts{Duplicates: 2, Waiting: 2})
	_, err := s.Signups.MoveSignup(ctx, d, held.ID, schema.Cancelled, "")
	must(err)
	must(s.Signups.FillPlaces(ctx, d, "garden", ""))

	stranger := signUp(true, "Pierwsza", "a@example.org", "44051401359")
	if stranger.State != schema.Held {
		t.Fatal("a sign-up with a further key of somebody who is signed up is not held")
	}
	look("a sign-up that may be another's", attention.Counts{Duplicates: 2, Held: 1})
	if _, err := s.Signups.MoveSignup(ctx, d, stranger.ID, schema.Cancelled, ""); err != nil {
		t.Fatal(err)
	}
	_, err = s.People.Resolve(ctx, "town", schema.PersonRef{Email: "e@example.org"}, people.Names{})
	must(err)
	held = signUp(true, "Obca", "e@example.org", "44051401359")
	look("a sign-up is held", attention.Counts{Duplicates: 2, Held: 1})
	_, err = s.Signups.MoveSignup(ctx, d, held.ID, schema.Waitlisted, "")
	must(err)
	look("the held sign-up was checked", attention.Counts{Duplicates: 2, Waiting: 0})

	for _, u := range []uploads.Upload{{Owner: "radio", State: uploads.Rejected}, {Owner: "press", State: uploads.Rejected}, {Owner: "press", State: uploads.Accepted}, {Owner: "radio", State: uploads.Rejected, CheckOnly: true}, {Owner: "press", State: uploads.Rejected, CheckOnly: true}} {
		asked, err := s.Uploads.CreateUpload(ctx, "town", uploads.Upload{Owner: u.Owner, CheckOnly: u.CheckOnly}, store.Once{})
		must(err)
		asked, err = s.Uploads.Upload(ctx, "town", asked.ID)
		must(err)
		asked.State = u.State
		must(s.Uploads.FinishUpload(ctx, "town", asked, uploads.Findings{}))
		s.DB.Now = func() func() time.Time { at := s.DB.Now().Add(time.Millisecond); return func() time.Time { return at } }()
	}
	look("a rejected file without a later accepted one", attention.Counts{Duplicates: 2, RejectedFiles: 1})

	compile := func(day string) snapshots.Kept {
		t.Helper()
		_, still, err := s.Snapshots.Latest(ctx, "town", day)
		must(err)
		snap := snapshot.Snapshot{Project: "town", ID: s.DB.NewID(), AsOf: day, State: snapshot.Draft, Indicators: []snapshot.Indicator{{Status: "behind"}, {Status: "achieved"}}, Quality: snapshot.Quality{PeopleWithoutAttributes: 4}}
		snap.Hash, err = snap.Digest()
		must(err)
		must(s.Snapshots.SaveSnapshot(ctx, snap, still, fact.Heads{}, nil, func(string) iter.Seq[snapshot.Counted] { return nil }, snapshots.Since{}, "", store.Once{}))
		kept, err := s.Snapshots.KeptSnapshot(ctx, "town", snap.ID)
		must(err)
		return kept
	}
	base := attention.Counts{Duplicates: 2, RejectedFiles: 1, LinesBehind: 1, PeopleWithoutAttributes: 4}
	kept := compile("2026-03-31")
	look("the newest snapshot", base)
	for range 2 {
		must(s.Reports.MarkReportDue(ctx, kept))
	}
	due := base
	due.Reports = 1
	look("a due report", due)
	_, err = s.Snapshots.Decide(ctx, "town", kept.ID, snapshot.Rejected, "", "")
	must(err)
	look("the report was rejected", base)
	anew := compile("2026-03-31")
	look("the report was compiled anew", due)
	_, err = s.Snapshots.Decide(ctx, "town", anew.ID, snapshot.Approved, "", "")
	must(err)
	look("the report was approved", base)
	now := s.DB.Now()
	s.DB.Now = func() time.Time { return now.AddDate(0, 0, attention.Days+1) }
	base.RejectedFiles = 0
	look("a week later", base)
}

func TestAttentionIsNotedOnceForEachNewCount(t *testing.T) {
	t.Parallel()
	s, ctx := open(t), context.Background()
	for _, step := range []struct {
		name   string
		day    string
		counts attention.Counts
		facts  int
	}{
		{"a first day without tasks", "2026-06-01", attention.Counts{}, 0},
		{"tasks", "2026-06-02", attention.Counts{Held: 1}, 1},
		{"the same tasks on the next day", "2026-06-03", attention.Counts{Held: 1}, 1},
		{"other tasks", "2026-06-04", attention.Counts{Held: 2}, 2},
		{"other tasks on the same day", "2026-06-04", attention.Counts{Held: 3}, 2},
		{"a day without tasks", "2026-06-05", attention.Counts{}, 2},
		{"the earlier tasks after a day without", "2026-06-06", attention.Counts{Held: 2}, 3},
	} {
		if err := s.Attention.NoteAttention(ctx, "town", step.day, step.counts, !step.counts.Any()); err != nil {
			t.Fatal(err)
		}
		facts := 0
		if err := s.Facts.ReadAll(ctx, "town", nil, func(fact.Fact) error { facts++; return nil }); err != nil || facts != step.facts {
			t.Errorf("%s: %d facts, %v, want %d", step.name, facts, err, step.facts)
		}
	}
}
