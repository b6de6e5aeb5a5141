package signups

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"testing"

	"golang.org/x/sync/errgroup"

	"outreach/internal/people"
	"outreach/internal/project"
	"outreach/internal/projects"
	"outreach/internal/schema"
	"outreach/internal/store"
	"outreach/internal/store/storetest"
	"outreach/internal/table"
)

func open(t *testing.T) *Store {
	db := storetest.New(t)
	return New(db, projects.New(db), people.New(db))
}

// Writers that sign up and move at the same time leave counts and a waiting list that agree with the sign-ups.
func TestPlacesAgreeWithSignUpsAfterConcurrentChanges(t *testing.T) {
	t.Parallel()
	s, ctx := open(t), context.Background()
	garden := project.Activity{ID: "garden", Capacity: 10}
	def := &project.Definition{ID: "p", Activities: []project.Activity{{ID: "empty", Capacity: 3}, garden}}
	for n := range 5 { // a form with keys of two people is held
		_, err := s.persons.Resolve(ctx, "p", schema.PersonRef{Email: fmt.Sprintf("znana%d@example.org", n)}, people.Names{First: "Ewa", Last: fmt.Sprint("Znana", n)})
		if err != nil {
			t.Fatal(err)
		}
	}
	group, within := errgroup.WithContext(ctx)
	for writer := range 4 {
		r := rand.New(rand.NewPCG(1, uint64(writer)))
		group.Go(func() error {
			var mine []string
			for n := range 25 {
				row := make(schema.Row, len(schema.Builtin().Kind(schema.Signup).Fields))
				row[schema.Builtin().Kind(schema.Signup).Index("activity")] = garden.ID
				row[schema.Builtin().Kind(schema.Signup).Index("email")] = fmt.Sprintf("osoba%d-%d@example.org", writer, n)
				if n%5 == 0 {
					row[schema.Builtin().Kind(schema.Signup).Index("email")] = fmt.Sprintf("znana%d@example.org", writer)
					row[schema.Builtin().Kind(schema.Signup).Index("pesel")] = "44051401359"
				}
				did, err := s.SignUp(within, "p", SignupDraft{Kind: schema.Builtin().Kind(schema.Signup), Activity: garden, Row: row, Submitted: s.Now(), Public: true}, store.Once{})
				if err != nil {
					return err
				}
				mine = append(mine, did.Signup.ID)
				to := []string{schema.Accepted, schema.Waitlisted, schema.Held, schema.Cancelled}[r.IntN(4)]
				_, err = s.MoveSignup(within, def, mine[r.IntN(len(mine))], to, "")
				if err != nil && !errors.Is(err, ErrFull) && !errors.Is(err, store.ErrStale) {
					return err
				}
			}
			return nil
		})
	}
	if err := group.Wait(); err != nil {
		t.Fatal(err)
	}
	want := Places{Capacity: garden.Capacity}
	page, err := s.Signups(ctx, "p", garden.ID, table.MostPage, "")
	if err != nil {
		t.Fatal(err)
	}
	for _, su := range page.Items {
		switch su.State {
		case schema.Accepted:
			want.Taken++
		case schema.Waitlisted:
			want.Waiting++
		case schema.Held:
			want.Held++
		}
	}
	queue, err := s.Tracker.Query(ctx, table.Query{PK: queuePartition("p", garden.ID)})
	if err != nil || len(queue.Items) != want.Waiting {
		t.Errorf("the waiting list has %d items, %v, and %d wait", len(queue.Items), err, want.Waiting)
	}
	got, err := s.Places(ctx, "p", def.Activities)
	if err != nil || got[0] != (Places{Capacity: 3}) || got[1] != want {
		t.Errorf("%+v, %v, want %+v", got, err, want)
	}
	if want.Taken == 0 || want.Taken > garden.Capacity || want.Waiting == 0 || want.Held == 0 {
		t.Errorf("a weak test: %+v", want)
	}
}

// A sign-up that was checked under the definition before, and is stored after a new one with more places, gets one of
// them.
func TestSignUpDuringARaiseOfTheCapacityGetsAPlace(t *testing.T) {
	t.Parallel()
	s, ctx := open(t), context.Background()
	small, large := project.Activity{ID: "garden", Capacity: 1}, project.Activity{ID: "garden", Capacity: 3}
	if _, _, err := s.projects.SetDefinition(ctx, &project.Definition{ID: "p", Activities: []project.Activity{large}}, []byte("large"), "", ""); err != nil {
		t.Fatal(err)
	}
	for n, want := range []string{schema.Accepted, schema.Accepted, schema.Accepted, schema.Waitlisted} {
		row := make(schema.Row, len(schema.Builtin().Kind(schema.Signup).Fields))
		row[schema.Builtin().Kind(schema.Signup).Index("activity")], row[schema.Builtin().Kind(schema.Signup).Index("email")] = "garden", fmt.Sprintf("osoba%d@example.org", n)
		did, err := s.SignUp(ctx, "p", SignupDraft{Kind: schema.Builtin().Kind(schema.Signup), Activity: small, Row: row, Submitted: s.Now(), Public: true}, store.Once{})
		if err != nil || did.Signup.State != want {
			t.Errorf("the sign-up %d is %s, %v, want %s", n, did.Signup.State, err, want)
		}
	}
}
