package signups

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"outreach/internal/project"
	"outreach/internal/schema"
	"outreach/internal/store"
	"outreach/internal/table"
	"outreach/internal/table/memory"
	"outreach/internal/table/tabletest"
)

// paper is a file of sign-ups to two activities, in parts: three people of ten come twice to the hall.
func paper() [][]SignupDraft {
	kind := schema.Builtin().Kind(schema.Signup)
	var parts [][]SignupDraft
	for part := range 4 {
		var drafts []SignupDraft
		for n := range 30 {
			who, at := part*30+n, project.Activity{ID: "hall", Capacity: 25}
			if n%10 > 6 {
				who = part // again
			}
			if n%3 == 0 {
				at = project.Activity{ID: "yard", Capacity: 70}
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

// outcome is the state of every sign-up, by its id.
func outcome(t *testing.T, s *Store) string {
	t.Helper()
	var all []string
	for _, activity := range []string{"hall", "yard"} {
		page, err := s.Signups(t.Context(), "p", activity, table.MostPage, "")
		if err != nil {
			t.Fatal(err)
		}
		for _, su := range page.Items {
			all = append(all, fmt.Sprintf("%s %s %s %d", activity, su.ID, su.State, su.Entries))
		}
	}
	places, err := s.Places(t.Context(), "p", []project.Activity{{ID: "hall"}, {ID: "yard"}})
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(all)
	return strings.Join(all, "\n") + fmt.Sprintf("\n%+v", places)
}

func TestSignUpAllDoesWhatSignUpDoesOneAfterAnother(t *testing.T) {
	t.Parallel()
	single, together := open(t), open(t)
	for _, drafts := range paper() {
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

// Whatever write fails, or is the last one of its process: called again it ends as if nothing had failed.
func TestSignUpAllMayBeRepeatedWhateverFails(t *testing.T) {
	t.Parallel()
	healthy := open(t)
	for _, drafts := range paper()[:2] {
		if _, err := healthy.SignUpAll(t.Context(), "p", drafts); err != nil {
			t.Fatal(err)
		}
	}
	want := outcome(t, healthy)
	for _, after := range []bool{false, true} {
		for at, reached := 1, true; reached; at += 3 {
			reached = false
			tracker, persons := &memory.Table{}, &memory.Table{}
			failing := &tabletest.Faulty{Table: tracker}
			inject := func(c tabletest.Call) error {
				if c.N == at {
					reached = true
					return tabletest.ErrKilled
				}
				return nil
			}
			if failing.Before = inject; after {
				failing.Before, failing.After = nil, inject
			}
			for _, drafts := range paper()[:2] {
				if _, err := on(failing, persons).SignUpAll(t.Context(), "p", drafts); err != nil {
					if !errors.Is(err, tabletest.ErrKilled) {
						t.Fatal(err)
					}
					break
				}
			}
			s := on(tracker, persons)
			for _, drafts := range paper()[:2] {
				if _, err := s.SignUpAll(t.Context(), "p", drafts); err != nil {
					t.Fatal(err)
				}
			}
			if got := outcome(t, s); got != want {
				t.Fatalf("killed at call %d, after it %v:\n%s\nwant:\n%s", at, after, got, want)
			}
		}
	}
}
