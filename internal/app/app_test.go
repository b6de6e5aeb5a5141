// Package app_test tests rules that need several features.
package app_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"outreach/internal/app"
	"outreach/internal/fact"
	"outreach/internal/people"
	"outreach/internal/project"
	"outreach/internal/records"
	"outreach/internal/schema"
	"outreach/internal/signups"
	"outreach/internal/store"
	"outreach/internal/store/storetest"
	"outreach/internal/table"
)

const pesel = "44051401359"

// open returns the services on empty tables.
func open(t *testing.T) *app.App { return app.New(storetest.New(t)) }

// named creates a person with an address and a name.
func named(t *testing.T, a *app.App, email, first, last string) string {
	t.Helper()
	id, err := a.People.Resolve(context.Background(), "p", schema.PersonRef{Email: email}, people.Names{First: first, Last: last})
	if err != nil {
		t.Fatal(err)
	}
	return id
}

// completed returns a draft of a person's attendance on a day.
func completed(who, day string) records.Draft {
	row := make(schema.Row, len(schema.Builtin().Kind(schema.Attendance).Fields))
	for name, value := range map[string]string{"activity": "planting", "date": day, "outcome": "completed"} {
		row[schema.Builtin().Kind(schema.Attendance).Index(name)] = value
	}
	return records.Draft{Kind: schema.Builtin().Kind(schema.Attendance), Person: who, Row: row}
}

func TestRepeatedRequestTakesEffectOnce(t *testing.T) {
	t.Parallel()
	a, ctx := open(t), context.Background()
	who := named(t, a, "a@example.org", "Anna", "Nowa")
	request := func(body string) store.Once { return a.DB.Once("p", "POST /attendance", "office", "key", []byte(body)) }
	first, err := a.Records.Create(ctx, "p", completed(who, "2026-05-10"), request("body"))
	if err != nil {
		t.Fatal(err)
	}
	repeated, err := a.Records.Create(ctx, "p", completed(who, "2026-05-10"), request("body"))
	if err != nil || repeated.ID != first.ID {
		t.Errorf("got %+v, %v, want the first answer", repeated, err)
	}
	if _, err := a.Records.Create(ctx, "p", completed(who, "2026-05-11"), request("another body")); !errors.Is(err, store.ErrOtherBody) {
		t.Errorf("another body under the same key: %v", err)
	}
	if page, err := a.Records.TypedRecords(ctx, "p", schema.Builtin().Kind(schema.Attendance), "", 10, ""); err != nil || len(page.Items) != 1 {
		t.Errorf("%d records, %v, want 1", len(page.Items), err)
	}
}

func TestRecordsShareNoNaturalKey(t *testing.T) {
	t.Parallel()
	a, ctx := open(t), context.Background()
	who := named(t, a, "a@example.org", "Anna", "Nowa")
	first, err := a.Records.Create(ctx, "p", completed(who, "2026-05-10"), store.Once{})
	if err != nil {
		t.Fatal(err)
	}
	var exists *records.Exists
	if _, err := a.Records.Create(ctx, "p", completed(who, "2026-05-10"), store.Once{}); !errors.As(err, &exists) || exists.ID != first.ID {
		t.Errorf("got %v, want that %s exists", err, first.ID)
	}
}

func TestChangeNeedsTheCurrentVersion(t *testing.T) {
	t.Parallel()
	a, ctx := open(t), context.Background()
	who := named(t, a, "a@example.org", "Anna", "Nowa")
	seen, err := a.Records.Create(ctx, "p", completed(who, "2026-05-10"), store.Once{})
	if err != nil {
		t.Fatal(err)
	}
	anybody := func(records.Typed) bool { return true }
	if _, err := a.Records.Change(ctx, "p", schema.Builtin().Kind(schema.Attendance), seen.ID, seen.ETag(), completed(who, "2026-05-11"), anybody); err != nil {
		t.Fatal(err)
	}
	if _, err := a.Records.Change(ctx, "p", schema.Builtin().Kind(schema.Attendance), seen.ID, seen.ETag(), completed(who, "2026-05-12"), anybody); !errors.Is(err, store.ErrStale) {
		t.Errorf("a change of a stale version: %v", err)
	}
}

func TestPublicFormAddsNoKeyToAnExistingPerson(t *testing.T) {
	t.Parallel()
	a, ctx := open(t), context.Background()
	known := named(t, a, "a@example.org", "Anna", "Znana")
	row := make(schema.Row, len(schema.Builtin().Kind(schema.Signup).Fields))
	for name, value := range map[string]string{"activity": "garden", "email": "a@example.org", "pesel": pesel} {
		row[schema.Builtin().Kind(schema.Signup).Index(name)] = value
	}
	did, err := a.Signups.SignUp(ctx, "p", signups.SignupDraft{Kind: schema.Builtin().Kind(schema.Signup), Activity: project.Activity{ID: "garden"}, Row: row, Submitted: a.DB.Now(), Public: true}, store.Once{})
	if err != nil || did.Signup.State != schema.Held || did.Signup.Person != known {
		t.Errorf("got %+v, %v, want one held for %s", did.Signup, err, known)
	}
	if leads, err := a.People.Holders(ctx, "p", []people.Key{{Kind: "pesel", Value: pesel}}); err != nil || len(leads) > 0 {
		t.Errorf("the PESEL identifies %v, %v", leads, err)
	}
}

func TestErasureDeletesKeysNamesAndIDs(t *testing.T) {
	t.Parallel()
	a, ctx := open(t), context.Background()
	who := named(t, a, "a@example.org", "Anna", "Dawna")
	if _, err := a.Records.Create(ctx, "p", completed(who, "2026-05-10"), store.Once{}); err != nil {
		t.Fatal(err)
	}
	if err := a.Privacy.Erase(ctx, "p", who, ""); err != nil {
		t.Fatal(err)
	}
	if leads, err := a.People.Holders(ctx, "p", []people.Key{{Kind: "email", Value: "a@example.org"}}); err != nil || len(leads) > 0 {
		t.Errorf("the address identifies %v, %v", leads, err)
	}
	if words, err := a.DB.People.Query(ctx, table.Query{PK: "NAMEPARTS#p#a", Prefix: "anna#"}); err != nil || len(words.Items) > 0 {
		t.Errorf("the search index has %v, %v", words.Items, err)
	}
	heads, err := a.Facts.Heads(ctx, "p")
	if err != nil {
		t.Fatal(err)
	}
	said := 0
	err = a.Facts.Read(ctx, "p", fact.Heads{}, heads, func(f fact.Fact) error {
		said++
		if strings.Contains(string(f.Data), who) {
			t.Errorf("%s names the erased person: %s", f.Kind, f.Data)
		}
		return nil
	})
	if err != nil || said < 2 {
		t.Errorf("%d facts, %v, want the record and the erasure", said, err)
	}
}
