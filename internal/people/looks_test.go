package people

import (
	"testing"
	"time"

	"outreach/internal/fact"
	"outreach/internal/store/storetest"
)

func TestLooksOfOneHourAreOneFact(t *testing.T) {
	t.Parallel()
	db := storetest.New(t)
	now := time.Date(2126, 6, 1, 8, 0, 0, 0, time.UTC)
	db.Now = func() time.Time { return now }
	s := New(db)
	for _, look := range []struct {
		person, by string
		after      time.Duration
		facts      int
	}{
		{"ewa", "office", 0, 1}, {"ewa", "office", 59 * time.Minute, 1}, {"jan", "office", 0, 2}, {"ewa", "second", 0, 3}, {"ewa", "office", time.Minute, 4},
	} {
		now = now.Add(look.after)
		if err := s.NoteView(t.Context(), "town", look.person, look.by); err != nil {
			t.Fatal(err)
		}
		trail, err := db.Log().Trail(t.Context(), "town", 10, "", func(f fact.Fact) bool { return f.Kind == fact.KindPersonViewed })
		if err != nil || len(trail.Items) != look.facts {
			t.Errorf("%+v: %d facts, %v", look, len(trail.Items), err)
		}
	}
}
