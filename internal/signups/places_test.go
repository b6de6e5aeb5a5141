package signups_test

import (
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"outreach/internal/schema"
	"outreach/internal/signups"
)

func TestFirstSubmittedValueCountsInWhateverOrderFormsArrive(t *testing.T) {
	t.Parallel()
	day := func(n int) time.Time { return time.Date(2026, 1, n, 10, 0, 0, 0, time.UTC) }
	type sending struct {
		day       int
		sex, born string
	}
	rapid.Check(t, func(t *rapid.T) {
		days := rapid.SliceOfNDistinct(rapid.IntRange(1, 28), 1, 6, rapid.ID).Draw(t, "days")
		sendings := make([]sending, len(days))
		for i, d := range days {
			sendings[i] = sending{d, rapid.SampledFrom([]string{"", "female", "male"}).Draw(t, "sex"), rapid.SampledFrom([]string{"", "1970", "1980"}).Draw(t, "born")}
		}
		kind := schema.Builtin().Kind(schema.Signup)
		values := func(s sending) schema.Values {
			return schema.ValuesOf(map[string]string{"sex": s.sex, "birth_year": s.born})
		}
		su := signups.Signup{Submitted: day(sendings[0].day), Values: values(sendings[0])}
		for _, s := range sendings[1:] {
			su.AddValues(kind, values(s), day(s.day))
		}
		slices.SortFunc(sendings, func(a, b sending) int { return a.day - b.day })
		want := sending{}
		for _, s := range sendings {
			if want.sex == "" {
				want.sex = s.sex
			}
			if want.born == "" {
				want.born = s.born
			}
		}
		if su.Values.Get("sex") != want.sex || su.Values.Get("birth_year") != want.born {
			t.Fatalf("%v: %q and %q", sendings, su.Values.Get("sex"), su.Values.Get("birth_year"))
		}
	})
}

func TestLeftIsWhatNewSignUpsCanGet(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		places signups.Places
		want   int
	}{
		"an activity without a limit":                  {signups.Places{Taken: 5}, -1},
		"some are taken":                               {signups.Places{Capacity: 12, Taken: 5}, 7},
		"held sign-ups take none":                      {signups.Places{Capacity: 12, Taken: 5, Held: 3}, 7},
		"all are taken":                                {signups.Places{Capacity: 12, Taken: 12}, 0},
		"a definition that gives fewer than are taken": {signups.Places{Capacity: 4, Taken: 12}, 0},
		"some are kept for others":                     {signups.Places{Capacity: 12, Taken: 5, Held: 3, Unconfirmed: 3, Reserved: 2}, 5},
		"all others are kept":                          {signups.Places{Capacity: 12, Taken: 5, Reserved: 7}, 0},
		"others wait for the free ones":                {signups.Places{Capacity: 12, Taken: 5, Waiting: 1}, 0},
	} {
		if got := tt.places.Left(); got != tt.want {
			t.Errorf("%s: %d, want %d", name, got, tt.want)
		}
	}
}

func TestNobodyIsAdmittedBeyondTheCapacityOrBeforeTheQueue(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		places signups.Places
		held   bool
		want   string
	}{
		"a free place":                     {signups.Places{Capacity: 3, Taken: 2}, false, schema.Accepted},
		"a place that is kept for another": {signups.Places{Capacity: 3, Taken: 2, Reserved: 1}, false, schema.Waitlisted},
		"no capacity set":                  {signups.Places{Taken: 100}, false, schema.Accepted},
		"all places taken":                 {signups.Places{Capacity: 3, Taken: 3}, false, schema.Waitlisted},
		"a free place, but a queue":        {signups.Places{Capacity: 3, Taken: 2, Waiting: 1}, false, schema.Waitlisted},
		"a free place, but held back":      {signups.Places{Capacity: 3}, true, schema.Held},
	} {
		if got := test.places.Admit(test.held); got != test.want {
			t.Errorf("%s: %s, want %s", name, got, test.want)
		}
	}
}
