package signups_test

import (
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"outreach/internal/signup"
	"outreach/internal/signups"
)

// Whatever order forms and late paper come in, the sign-up shows what was submitted first of each thing.
func TestWhatWasSubmittedFirstIsShownInWhateverOrderItComes(t *testing.T) {
	t.Parallel()
	sex, born := signup.Kind.Index("sex"), signup.Kind.Index("birth_year")
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
		row := func(s sending) []string {
			r := make([]string, len(signup.Kind.Fields))
			r[sex], r[born] = s.sex, s.born
			return r
		}
		su := signups.Signup{Submitted: day(sendings[0].day), Row: row(sendings[0])}
		for _, s := range sendings[1:] {
			su.TakeUp(row(s), day(s.day))
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
		if su.Row[sex] != want.sex || su.Row[born] != want.born {
			t.Fatalf("%v: %q and %q", sendings, su.Row[sex], su.Row[born])
		}
	})
}

func TestNobodyIsAdmittedBeyondTheCapacityOrBeforeTheQueue(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		places signups.Places
		held   bool
		want   string
	}{
		"a free place":                {signups.Places{Capacity: 3, Taken: 2}, false, signup.Accepted},
		"no capacity set":             {signups.Places{Taken: 100}, false, signup.Accepted},
		"all places taken":            {signups.Places{Capacity: 3, Taken: 3}, false, signup.Waitlisted},
		"a free place, but a queue":   {signups.Places{Capacity: 3, Taken: 2, Waiting: 1}, false, signup.Waitlisted},
		"a free place, but held back": {signups.Places{Capacity: 3}, true, signup.Held},
	} {
		if got := test.places.Admit(test.held); got != test.want {
			t.Errorf("%s: %s, want %s", name, got, test.want)
		}
	}
}
