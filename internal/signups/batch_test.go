package signups

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"outreach/internal/fact"
	"outreach/internal/people"
	"outreach/internal/project"
	"outreach/internal/schema"
	"outreach/internal/store"
	"outreach/internal/table"
	"outreach/internal/table/memory"
	"outreach/internal/table/tabletest"
)

// paper is a file of sign-ups to two activities, in parts of so many: three people of ten come twice to the hall.
func paper(count, each, hall, yard int) [][]SignupDraft {
	kind := schema.Builtin().Kind(schema.Signup)
	var parts [][]SignupDraft
	for part := range count {
		var drafts []SignupDraft
		for n := range each {
			who, at := part*each+n, project.Activity{ID: "hall", Capacity: hall}
			if n%10 > 6 {
				who = part // again
			}
			if n%3 == 0 {
				at = project.Activity{ID: "yard", Capacity: yard}
			}
			if slices.ContainsFunc(drafts, func(d SignupDraft) bool {
				return kind.Get(d.Row, "email") == fmt.Sprintf("ewa%d@example.org", who)
			}) {
				continue
			}
			row := kind.Row(schema.ValuesOf(map[string]string{"activity": at.ID, "email": fmt.Sprintf("ewa%d@example.org", who), "first_name": "Ewa", "last_name": fmt.Sprint("Nowa", who)}))
			drafts = append(drafts, SignupDraft{Kind: kind, Activity: at, Row: row, Submitted: time.Date(2026, 5, 10, 12, 0, 0, 0, time.UTC), Entry: fmt.Sprintf("%026d", part*100+n), Upload: "u", Line: part*100 + n})
		}
		parts = append(parts, drafts)
	}
	return parts
}

// outcome is the state of every sign-up by its id, with the person's address, the places, and the number of people.
func outcome(t *testing.T, s *Store) string {
	t.Helper()
	var all []string
	for _, activity := range []string{"hall", "yard"} {
		page, err := s.Signups(t.Context(), "p", activity, table.MostPage, "")
		if err != nil {
			t.Fatal(err)
		}
		for _, su := range page.Items {
			p, err := s.persons.Person(t.Context(), "p", su.Person)
			if err != nil {
				t.Fatalf("the person of %s: %v", su.ID, err)
			}
			all = append(all, fmt.Sprintf("%s %s %s %d %s", activity, su.ID, su.State, su.Entries, p.Emails))
		}
	}
	places, err := s.Places(t.Context(), "p", []project.Activity{{ID: "hall"}, {ID: "yard"}})
	if err != nil {
		t.Fatal(err)
	}
	number := 0
	if err := s.persons.EachPage(t.Context(), "p", func(page []people.Person) error { number += len(page); return nil }); err != nil {
		t.Fatal(err)
	}
	slices.Sort(all)
	return strings.Join(all, "\n") + fmt.Sprintf("\n%+v, %d people", places, number)
}

func TestSignUpAllDoesWhatSignUpDoesOneAfterAnother(t *testing.T) {
	t.Parallel()
	single, together := open(t), open(t)
	for _, drafts := range paper(4, 30, 25, 70) {
		all, err := together.SignUpAll(t.Context(), "p", drafts)
		if err != nil {
			t.Fatal(err)
		}
		for i, d := range drafts {
			did, err := single.SignUp(t.Context(), "p", d, store.Once{})
			if err != nil || did.Created != all[i].Created || did.Signup.State != all[i].Signup.State || did.Signup.ID != all[i].Signup.ID {
				t.Fatalf("%+v, %v, together %+v", did, err, all[i])
			}
		}
	}
	if one, other := outcome(t, single), outcome(t, together); one != other {
		t.Errorf("one by one:\n%s\ntogether:\n%s", one, other)
	} else if !strings.Contains(one, schema.Waitlisted) {
		t.Error("a weak test: no one waits")
	}
}

// The facts of drafts that are prepared side by side have the order of the drafts.
func TestSignUpAllAppendsFactsInTheOrderOfDrafts(t *testing.T) {
	t.Parallel()
	s := open(t)
	drafts := paper(1, 30, 25, 70)[0]
	if _, err := s.SignUpAll(t.Context(), "p", drafts); err != nil {
		t.Fatal(err)
	}
	at := map[string]time.Time{} // by entry
	var mu sync.Mutex
	err := s.Log().ReadAll(t.Context(), "p", nil, func(f fact.Fact) error {
		var signup fact.Signup
		mu.Lock()
		defer mu.Unlock()
		if err := json.Unmarshal(f.Data, &signup); err != nil {
			return err
		}
		at[signup.Entry] = f.At
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for activity := range map[string]bool{"hall": true, "yard": true} {
		var last time.Time
		for _, d := range drafts {
			if d.Activity.ID != activity || at[d.Entry].IsZero() {
				continue
			}
			if !at[d.Entry].After(last) {
				t.Errorf("the fact of %s is at %s, not after the one before it", d.Entry, at[d.Entry])
			}
			last = at[d.Entry]
		}
		if last.IsZero() {
			t.Errorf("no fact of the %s", activity)
		}
	}
}

// Whatever call of either table fails, or is the last one of its process: called again it ends as if nothing had
// failed. Drafts are prepared one at a time, so that the numbers of calls mean the same calls in each round.
func TestSignUpAllMayBeRepeatedWhateverFails(t *testing.T) {
	t.Parallel()
	file := paper(2, 10, 7, 20)
	healthy := open(t)
	for _, drafts := range file {
		if _, err := healthy.SignUpAll(t.Context(), "p", drafts); err != nil {
			t.Fatal(err)
		}
	}
	want := outcome(t, healthy)
	if !strings.Contains(want, schema.Waitlisted) {
		t.Error("a weak test: no one waits")
	}
	for _, c := range []struct{ people, after bool }{{false, false}, {false, true}, {true, false}, {true, true}} {
		for at, reached := 1, true; reached; at++ {
			reached = false
			tracker, persons := &memory.Table{}, &memory.Table{}
			failing := &tabletest.Faulty{Table: tracker}
			if c.people {
				failing.Table = persons
			}
			inject := func(call tabletest.Call) error {
				if call.N == at {
					reached = true
					return tabletest.ErrKilled
				}
				return nil
			}
			if failing.Before = inject; c.after {
				failing.Before, failing.After = nil, inject
			}
			killed := on(failing, persons)
			if c.people {
				killed = on(tracker, failing)
			}
			killed.preparers = 1
			for _, drafts := range file {
				if _, err := killed.SignUpAll(t.Context(), "p", drafts); err != nil {
					if !errors.Is(err, tabletest.ErrKilled) {
						t.Fatal(err)
					}
					break
				}
			}
			s := on(tracker, persons)
			for _, drafts := range file {
				if _, err := s.SignUpAll(t.Context(), "p", drafts); err != nil {
					t.Fatal(err)
				}
			}
			if got := outcome(t, s); got != want {
				t.Fatalf("killed at call %d, %+v:\n%s\nwant:\n%s", at, c, got, want)
			}
			if !reached && at < 20 {
				t.Errorf("%+v: only %d calls", c, at-1)
			}
		}
	}
}
