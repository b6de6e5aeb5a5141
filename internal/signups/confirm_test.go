package signups

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"outreach/internal/people"
	"outreach/internal/project"
	"outreach/internal/projects"
	"outreach/internal/schema"
	"outreach/internal/store"
	"outreach/internal/table"
	"outreach/internal/table/dynamo"
	"outreach/internal/table/dynamo/simulated"
	"outreach/internal/table/memory"
	"outreach/internal/table/tabletest"
)

// failer is a test, also one of package rapid.
type failer interface {
	Helper()
	Fatal(args ...any)
	Fatalf(format string, args ...any)
}

// club is a project with one activity, and a clock that only the test moves.
type club struct {
	*Store
	def *project.Definition
	now time.Time
}

// clubAt returns a club with so many places on tables.
func clubAt(t failer, places int, tracker, persons table.Table) *club {
	t.Helper()
	c := &club{
		def: &project.Definition{ID: "p", Activities: []project.Activity{{ID: hall.ID, Capacity: places}}},
		now: time.Date(2026, 6, 1, 12, 0, 0, 0, time.UTC),
	}
	db := &store.DB{Tracker: tracker, People: persons, Secret: []byte("0123456789abcdef0123456789abcdef"), Now: func() time.Time { return c.now }}
	c.Store = New(db, projects.New(db), people.New(db))
	c.define(t, places)
	return c
}

// define gives the activity so many places.
func (c *club) define(t failer, places int) {
	t.Helper()
	c.def.Activities[0].Capacity = places
	if _, _, err := c.projects.SetDefinition(context.Background(), c.def, fmt.Appendf(nil, "%d places", places), "", ""); err != nil {
		t.Fatal(err)
	}
}

// form is a public form whose address has to be confirmed, for which a place is kept for an hour.
func (c *club) form(first, email, pesel string) SignupDraft {
	d := sent(first, email, pesel, c.def.Activities[0])
	d.Submitted, d.Confirm, d.Reserve = c.now, true, time.Hour
	return d
}

func (c *club) signUp(t failer, d SignupDraft) Signup {
	t.Helper()
	did, err := c.SignUp(context.Background(), "p", d, store.Once{})
	if err != nil {
		t.Fatal(err)
	}
	return did.Signup
}

func (c *club) confirm(t failer, id string) Signup {
	t.Helper()
	su, err := c.ConfirmAddress(context.Background(), c.def, id)
	if err != nil {
		t.Fatal(err)
	}
	return su
}

func (c *club) all(t failer) map[string]Signup {
	t.Helper()
	page, err := c.Signups(context.Background(), "p", hall.ID, table.MostPage, "")
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]Signup{}
	for _, su := range page.Items {
		all[su.ID] = su
	}
	return all
}

// agree fails the test unless the counts, the waiting list, the list of held sign-ups and the reservations say what the
// sign-ups do.
func (c *club) agree(t failer) Places {
	t.Helper()
	want := Places{Capacity: c.def.Activities[0].Capacity}
	kept := map[string]bool{}
	listed := 0
	for _, su := range c.all(t) {
		su.Count(&want, 1)
		if su.ReservedUntil != (time.Time{}) {
			kept[su.ID] = true
		}
		if su.State == schema.Held && !su.Forgotten {
			listed++
		}
	}
	got, err := c.Places(context.Background(), "p", c.def.Activities)
	if err != nil || got[0] != want {
		t.Fatalf("the counts are %+v, %v, and of the sign-ups %+v", got, err, want)
	}
	query := func(q table.Query) []table.Item {
		page, err := c.Tracker.Query(context.Background(), q)
		if err != nil {
			t.Fatal(err)
		}
		return page.Items
	}
	if n := len(query(table.Query{PK: queuePartition("p", hall.ID)})); n != want.Waiting {
		t.Fatalf("%d are on the waiting list, and %d wait", n, want.Waiting)
	}
	if n := len(query(table.Query{PK: heldPartition("p")})); n != listed {
		t.Fatalf("%d are listed as held, and %d are", n, listed)
	}
	indexed := 0
	for shard := range reservedShards {
		indexed += len(query(table.Query{PK: reservedShard(shard), Index: true}))
	}
	items := query(table.Query{PK: reservedPartition("p", hall.ID)})
	for _, it := range items {
		if r, err := table.Decode[reservation](it); err != nil || !kept[r.Signup] {
			t.Fatalf("%+v, %v: no sign-up has this reservation", r, err)
		}
	}
	if len(items) != len(kept) || indexed != len(kept) {
		t.Fatalf("%d reservations, %d in the index, and %d sign-ups with one", len(items), indexed, len(kept))
	}
	return want
}

// Whatever happens in whatever order: no more places are taken and kept than there are, no one waits beside a free
// place or is overtaken, a reserved place is given to its holder, and a confirmed sign-up is accepted or waits.
func TestConfirmedSignUpsGetTheirPlacesInWhateverOrderThingsHappen(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		c := clubAt(t, rapid.IntRange(1, 4).Draw(t, "places"), &memory.Table{}, &memory.Table{})
		confirmed := map[string]bool{}
		var ids []string
		for n := range rapid.IntRange(1, 30).Draw(t, "steps") {
			c.now = c.now.Add(time.Second) // no two forms at the same time
			before := c.all(t)
			some := ""
			if len(ids) > 0 {
				some = rapid.SampledFrom(ids).Draw(t, "sign-up")
			}
			what := rapid.SampledFrom([]string{"sign up", "sign up", "enter", "confirm", "confirm", "cancel", "accept", "time", "time and schedule", "erase", "more places"}).Draw(t, "what")
			switch what {
			case "sign up", "enter":
				d := c.form("Ewa", fmt.Sprintf("ewa%d@example.org", n), "")
				if what == "enter" { // by the office
					d.Public, d.Confirm, d.By = false, false, "staff"
				}
				ids = append(ids, c.signUp(t, d).ID)
			case "confirm":
				if some == "" {
					break
				}
				su := c.confirm(t, some)
				if !before[some].Unconfirmed {
					break
				}
				confirmed[some] = true
				if before[some].ReservedUntil.After(c.now) && su.State != schema.Accepted {
					t.Fatalf("a place was kept, and the sign-up is %s", su.State)
				}
			case "cancel", "accept":
				if some == "" {
					break
				}
				_, err := c.MoveSignup(context.Background(), c.def, some, map[string]string{"cancel": schema.Cancelled, "accept": schema.Accepted}[what], "")
				if err != nil && !errors.Is(err, ErrFull) && !errors.Is(err, store.ErrStale) {
					t.Fatal(err)
				}
			case "time":
				c.now = c.now.Add(time.Duration(rapid.IntRange(1, 50).Draw(t, "minutes")) * time.Minute)
			case "time and schedule":
				c.now = c.now.Add(time.Duration(rapid.IntRange(1, 90).Draw(t, "minutes")) * time.Minute)
				if err := c.ReleasePlaces(context.Background()); err != nil {
					t.Fatal(err)
				}
				for _, su := range c.all(t) {
					if su.ReservedUntil != (time.Time{}) && !su.ReservedUntil.After(c.now) {
						t.Fatalf("a place is still kept: %+v", su)
					}
				}
			case "erase":
				if some == "" {
					break
				}
				if _, err := c.Forget(context.Background(), schema.Builtin(), "p", people.Erasure{Fresh: "fresh-" + some}, some); err != nil {
					t.Fatal(err)
				}
				delete(confirmed, some)
			case "more places":
				c.define(t, c.def.Activities[0].Capacity+1)
				if err := c.FillPlaces(context.Background(), c.def, hall.ID, ""); err != nil {
					t.Fatal(err)
				}
			}
			places, after := c.agree(t), c.all(t)
			if places.Taken+places.Reserved > places.Capacity || places.Free() {
				t.Fatalf("%s: %+v", what, places)
			}
			for id, su := range after {
				if su.State != schema.Accepted || before[id].State == schema.Accepted || what == "accept" || before[id].ReservedUntil != (time.Time{}) {
					continue
				}
				for other, waits := range after {
					if waits.State == schema.Waitlisted && before[other].State == schema.Waitlisted && !waits.Forgotten && waits.Submitted.Before(su.Submitted) {
						t.Fatalf("%s: %s got a place before %s", what, id, other)
					}
				}
			}
			for id := range confirmed {
				if state := after[id].State; state == schema.Held || after[id].Unconfirmed {
					t.Fatalf("%s: a confirmed sign-up is %s", what, state)
				}
			}
			for id, su := range after {
				if su.Unconfirmed && su.State != schema.Held {
					t.Fatalf("%s: %s is %s without confirmation", what, id, su.State)
				}
			}
		}
	})
}

// A sign-up that is not confirmed is marked in its fact as one that counts nowhere; once it is, it counts, unless the
// office has to decide whose it is.
func TestAnUnconfirmedSignUpCountsNowhere(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		first, email, pesel string
		state, fact         string
	}{
		"somebody new":                       {"Jan", "jan@example.org", "", schema.Accepted, schema.Accepted},
		"somebody known":                     {"Ewa", "ewa@example.org", "", schema.Accepted, schema.Accepted},
		"a known person with a new PESEL":    {"Ewa", "ewa@example.org", ofEwa, schema.Held, schema.Held},
		"another name under a known address": {"Adam", "ewa@example.org", "", schema.Held, schema.Undecided},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := clubAt(t, 5, &memory.Table{}, &memory.Table{})
			if _, err := c.persons.Resolve(t.Context(), "p", schema.PersonRef{Email: "ewa@example.org"}, people.Names{First: "Ewa", Last: "Nowa"}); err != nil {
				t.Fatal(err)
			}
			su := c.signUp(t, c.form(tt.first, tt.email, tt.pesel))
			if su.State != schema.Held || !su.Unconfirmed || !slices.Equal(firstStates(t, c.Store), []string{schema.Undecided}) {
				t.Fatalf("%+v, facts %v", su, firstStates(t, c.Store))
			}
			if places := c.agree(t); places.Reserved != 1 || places.Unconfirmed != 1 || places.Left() != 4 {
				t.Errorf("%+v: nobody can tell by the places left who is known", places)
			}
			for range 2 {
				if su = c.confirm(t, su.ID); su.State != tt.state || su.Unconfirmed || su.Disputed() != (tt.state == schema.Held) {
					t.Errorf("%+v", su)
				}
			}
			if moves := movedTo(t, c.Store); !slices.Equal(moves, []string{tt.fact}) {
				t.Errorf("moved to %v, want once to %s", moves, tt.fact)
			}
			if places := c.agree(t); places.Reserved != 0 || places.Unconfirmed != 0 {
				t.Errorf("%+v", places)
			}
		})
	}
}

// The first of the waiting list gets a place that is kept no longer, without anybody doing anything; at once where
// another person signs up meanwhile.
func TestAPlaceThatIsKeptNoLongerGoesToTheFirstWhoWaits(t *testing.T) {
	t.Parallel()
	for name, wake := range map[string]func(t *testing.T, c *club){
		"the schedule": func(t *testing.T, c *club) {
			if err := c.ReleasePlaces(t.Context()); err != nil {
				t.Fatal(err)
			}
		},
		"the next sign-up":    func(t *testing.T, c *club) { c.signUp(t, c.form("Ola", "ola@example.org", "")) },
		"a late confirmation": func(t *testing.T, c *club) { c.confirm(t, firstOf(c.all(t))) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := clubAt(t, 1, &memory.Table{}, &memory.Table{})
			late := c.signUp(t, c.form("Ewa", "ewa@example.org", ""))
			c.now = c.now.Add(time.Minute)
			waits := c.confirm(t, c.signUp(t, c.form("Jan", "jan@example.org", "")).ID)
			if waits.State != schema.Waitlisted {
				t.Fatalf("%+v has the place that is kept", waits)
			}
			c.now = late.ReservedUntil.Add(-time.Second)
			if wake(t, c); name != "a late confirmation" && c.all(t)[waits.ID].State != schema.Waitlisted {
				t.Fatal("the place went on before its time")
			}
			if name == "a late confirmation" {
				return // it was in time
			}
			c.now = late.ReservedUntil
			if name == "the next sign-up" {
				c.signUp(t, c.form("Iga", "iga@example.org", ""))
			} else {
				wake(t, c)
			}
			if su := c.all(t)[waits.ID]; su.State != schema.Accepted {
				t.Errorf("%+v", su)
			}
			// Who confirms too late waits, by the time of submission.
			if su := c.confirm(t, late.ID); su.State != schema.Waitlisted {
				t.Errorf("%+v", su)
			}
			c.agree(t)
		})
	}
}

// firstOf returns the id of the first sign-up.
func firstOf(all map[string]Signup) string {
	first := Signup{}
	for _, su := range all {
		if first.ID == "" || su.Submitted.Before(first.Submitted) {
			first = su
		}
	}
	return first.ID
}

// What a process leaves undone that dies between any two writes is done by the next call, once.
func TestAnInterruptedConfirmationIsFinishedByARepeatedOne(t *testing.T) {
	t.Parallel()
	for name, do := range map[string]func(c *club, ewa string) error{
		"confirmation": func(c *club, ewa string) error {
			_, err := c.ConfirmAddress(context.Background(), c.def, ewa)
			return err
		},
		"schedule": func(c *club, _ string) error { return c.ReleasePlaces(context.Background()) },
		"erasure": func(c *club, ewa string) error {
			_, err := c.Forget(context.Background(), schema.Builtin(), "p", people.Erasure{Fresh: "fresh"}, ewa)
			return errors.Join(err, c.ReleasePlaces(context.Background()))
		},
		"withdrawal": func(c *club, ewa string) error {
			_, err := c.MoveSignup(context.Background(), c.def, ewa, schema.Cancelled, "")
			return err
		},
	} {
		for late := range 2 {
			for _, after := range []bool{false, true} {
				for at, done := 1, false; !done; at++ {
					tracker, persons := &memory.Table{}, &memory.Table{}
					c := clubAt(t, 1, tracker, persons)
					ewa := c.signUp(t, c.form("Ewa", "ewa@example.org", "")).ID
					c.now = c.now.Add(time.Minute)
					jan := c.confirm(t, c.signUp(t, c.form("Jan", "jan@example.org", "")).ID).ID
					c.now = c.now.Add(time.Duration(late) * 2 * time.Hour)
					writes := 0
					fault := func(call tabletest.Call) error {
						if call.Verb != "write" {
							return nil
						}
						if writes++; writes == at {
							return tabletest.ErrKilled
						}
						return nil
					}
					failing := &tabletest.Faulty{Table: tracker, Before: fault}
					if after {
						failing = &tabletest.Faulty{Table: tracker, After: fault}
					}
					c.Tracker = failing
					done = do(c, ewa) == nil
					c.Tracker = tracker
					if err := do(c, ewa); err != nil {
						t.Fatal(err)
					}
					places, all := c.agree(t), c.all(t)
					got := all[ewa].State + " " + all[jan].State
					want := schema.Accepted + " " + schema.Waitlisted
					switch {
					case name == "schedule" && late == 0:
						want = schema.Held + " " + schema.Waitlisted
					case name == "schedule", name == "erasure":
						want = schema.Held + " " + schema.Accepted
					case name == "withdrawal":
						want = schema.Cancelled + " " + schema.Accepted
					case late == 1:
						want = schema.Waitlisted + " " + schema.Accepted
					}
					if got != want || places.Taken+places.Reserved != 1 {
						t.Fatalf("%s, late %d, write %d, after it %v: %s, want %s; %+v", name, late, at, after, got, want, places)
					}
				}
			}
		}
	}
}

// A decision of the office takes the reservation with it: accepting takes the place; a sign-up that ends for another
// one leaves it to the first who waits.
func TestADecisionTakesTheReservationWithIt(t *testing.T) {
	t.Parallel()
	c := clubAt(t, 2, &memory.Table{}, &memory.Table{})
	jan := c.confirm(t, c.signUp(t, c.form("Jan", "a@example.org", "")).ID)
	c.now = c.now.Add(time.Minute)
	maria := c.signUp(t, c.form("Maria", "a@example.org", ""))
	if maria.Conflict == nil || c.agree(t).Reserved != 1 {
		t.Fatalf("%+v", maria)
	}
	c.now = c.now.Add(time.Minute)
	ewa := c.confirm(t, c.signUp(t, c.form("Ewa", "ewa@example.org", "")).ID)
	if ewa.State != schema.Waitlisted {
		t.Fatalf("%+v", ewa)
	}
	if su, err := c.Decide(t.Context(), c.def, maria.ID, SamePerson, "staff"); err != nil || su.ID != jan.ID {
		t.Fatalf("%+v, %v", su, err)
	}
	if places, all := c.agree(t), c.all(t); places.Taken != 2 || places.Reserved != 0 || all[ewa.ID].State != schema.Accepted {
		t.Errorf("%+v, %+v", places, all)
	}
	// The office cannot give a reserved place to another person.
	c.define(t, 3)
	iga := c.signUp(t, c.form("Iga", "iga@example.org", ""))
	ola := c.confirm(t, c.signUp(t, c.form("Ola", "ola@example.org", "")).ID)
	if _, err := c.MoveSignup(t.Context(), c.def, ola.ID, schema.Accepted, "staff"); !errors.Is(err, ErrFull) {
		t.Errorf("%v: the place was kept for another one", err)
	}
	if su, err := c.MoveSignup(t.Context(), c.def, iga.ID, schema.Accepted, "staff"); err != nil || su.State != schema.Accepted || su.Unconfirmed {
		t.Errorf("%+v, %v", su, err)
	}
	if places := c.agree(t); places.Taken != 3 || places.Reserved != 0 {
		t.Errorf("%+v", places)
	}
}

// Nothing is kept where the definition says no time, where all places are taken, or where there is no limit.
func TestNoPlaceIsKeptWithoutTimeOrFreePlaces(t *testing.T) {
	t.Parallel()
	c := clubAt(t, 1, &memory.Table{}, &memory.Table{})
	none := c.form("Ewa", "ewa@example.org", "")
	none.Reserve = 0
	c.signUp(t, none)
	if places := c.agree(t); places.Reserved != 0 || places.Left() != 1 {
		t.Errorf("%+v", places)
	}
	for i := range 3 { // one place is kept, for the first
		c.signUp(t, c.form("Jan", fmt.Sprintf("jan%d@example.org", i), ""))
	}
	if places := c.agree(t); places.Reserved != 1 || places.Held != 4 {
		t.Errorf("%+v", places)
	}
	c = clubAt(t, 0, &memory.Table{}, &memory.Table{})
	c.signUp(t, c.form("Ewa", "ewa@example.org", ""))
	if places := c.agree(t); places.Reserved != 0 {
		t.Errorf("%+v", places)
	}
}

// Many at once: as many places are kept as there are, and those who confirm get them.
func TestManyUnconfirmedSignUpsAtOnceKeepAsManyPlacesAsThereAre(t *testing.T) {
	t.Parallel()
	const people = 120
	synctest.Test(t, func(t *testing.T) {
		service := simulated.New(simulated.DynamoDB)
		process := func() *Store { return on(dynamo.New(service, "tracker"), dynamo.New(service, "people")) }
		def := &project.Definition{ID: "p", Activities: []project.Activity{hall}}
		if _, _, err := process().projects.SetDefinition(t.Context(), def, []byte("p"), "", ""); err != nil {
			t.Fatal(err)
		}
		ids := make([]string, people)
		each := func(do func(ctx context.Context, s *Store, n int) error) {
			var wg sync.WaitGroup
			for n := range people {
				wg.Go(func() {
					ctx, cancel := context.WithTimeout(t.Context(), 29*time.Second)
					defer cancel()
					if err := do(ctx, process(), n); err != nil {
						t.Error(err)
					}
				})
			}
			wg.Wait()
		}
		each(func(ctx context.Context, s *Store, n int) error {
			d := draft(fmt.Sprintf("ewa%d@example.org", n))
			d.Confirm, d.Reserve = true, time.Hour
			did, err := s.SignUp(ctx, "p", d, store.Once{})
			ids[n] = did.Signup.ID
			return err
		})
		look := func() Places {
			places, err := process().Places(t.Context(), "p", def.Activities)
			if err != nil {
				t.Fatal(err)
			}
			return places[0]
		}
		if got := look(); got.Reserved != hall.Capacity || got.Held != people || got.Taken != 0 {
			t.Fatalf("%+v", got)
		}
		each(func(ctx context.Context, s *Store, n int) error {
			if n%2 == 1 {
				return nil // they never confirm
			}
			_, err := s.ConfirmAddress(ctx, def, ids[n])
			return err
		})
		if got := look(); got.Taken+got.Reserved != hall.Capacity || got.Taken+got.Waiting != people/2 {
			t.Fatalf("%+v", got)
		}
		time.Sleep(time.Hour + service.IndexLag())
		var wg sync.WaitGroup
		for range 2 { // two runs of the schedule at once
			wg.Go(func() {
				if err := process().ReleasePlaces(t.Context()); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		if got := look(); got.Taken != hall.Capacity || got.Reserved != 0 || got.Waiting != people/2-hall.Capacity || got.Held != people/2 {
			t.Fatalf("%+v", got)
		}
	})
}
