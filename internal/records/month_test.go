package records

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"outreach/internal/attachments"
	"outreach/internal/people"
	"outreach/internal/schema"
	"outreach/internal/store"
	"outreach/internal/store/storetest"
	"outreach/internal/table"
	"outreach/internal/uploads"
)

func TestMonthHasAnAdvisersRecordsInTheOrderOfDays(t *testing.T) {
	t.Parallel()
	db, ctx := storetest.New(t), t.Context()
	now := time.Date(2126, 6, 10, 12, 0, 0, 0, time.UTC)
	db.Now = func() time.Time { return now }
	persons := people.New(db)
	s := New(db, persons, uploads.New(db, persons, nil, nil), attachments.New(db))
	kind := schema.Builtin().Kind(schema.Consultation)
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	draft := func(adviser, day string, n int) Draft {
		return Draft{Kind: kind, Person: fmt.Sprint("osoba", n), Row: kind.Row(schema.ValuesOf(map[string]string{"date": day, "adviser": adviser, "minutes": fmt.Sprint(n)}))}
	}
	create := func(adviser, day string, n int) Typed {
		t.Helper()
		record, err := s.Create(ctx, "p", draft(adviser, day, n), store.Once{})
		must(err)
		return record
	}
	change := func(r Typed, d Draft) {
		t.Helper()
		_, err := s.Change(ctx, "p", kind, r.ID, "", d, func(Typed) bool { return true })
		must(err)
	}
	month := func(when, adviser, month string, want ...string) {
		t.Helper()
		all, err := s.Month(ctx, "p", kind, adviser, month)
		must(err)
		var got []string
		for _, r := range all {
			got = append(got, r.Values.Get("date")[len("2126-"):]+" "+r.Values.Get("minutes"))
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s: %q, want %q", when, got, want)
		}
	}
	first, second := create("ala", "2126-05-20", 1), create("ala", "2126-05-03", 2)
	third := create("ala", "2126-05-07", 3)
	create("ala", "2126-04-30", 4)
	create("ola", "2126-05-05", 5)
	// The version before wrote no items of months.
	for _, m := range []string{"2126-04", "2126-05"} {
		_, err := table.RemovePartition(ctx, db.Tracker, monthPartition("p", "ala", m))
		must(err)
	}
	month("records of the version before", "ala", "2126-05", "05-03 2", "05-07 3", "05-20 1")
	month("another month", "ala", "2126-04", "04-30 4")
	month("another adviser", "ola", "2126-05", "05-05 5")
	month("a month without records", "ala", "2126-03")

	change(first, draft("ala", "2126-06-01", 1))
	change(second, Draft{Kind: kind})
	change(third, draft("ola", "2126-05-07", 3))
	create("ala", "2126-05-09", 6)
	month("after a day was corrected, a record voided, an adviser corrected and one added", "ala", "2126-05", "05-09 6")
	month("the corrected day", "ala", "2126-06", "06-01 1")
	month("the corrected adviser", "ola", "2126-05", "05-05 5", "05-07 3")

	// A function of the version before is still writing; and an item was written late, of a version that no longer holds.
	late := create("ala", "2126-05-01", 7)
	key, _ := monthItem("p", late)
	must(db.Tracker.Write(ctx, table.Remove(key, table.Always), table.PutJSON(table.Key{PK: key.PK, SK: "2126-05-20#" + first.ID}, first.ID, table.Always)))
	month("an item that no longer holds", "ala", "2126-05", "05-09 6")
	now = now.Add(settling + time.Second)
	month("after all functions are of this version", "ala", "2126-05", "05-01 7", "05-09 6")
	must(db.Tracker.Write(ctx, table.Remove(key, table.Always)))
	month("records are not listed a third time", "ala", "2126-05", "05-09 6")
}
