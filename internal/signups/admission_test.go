package signups

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"outreach/internal/fact"
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

var hall = project.Activity{ID: "hall", Capacity: 50}

// on returns a Store on tables.
func on(tracker, persons table.Table) *Store {
	db := &store.DB{Tracker: tracker, People: persons, Secret: []byte("0123456789abcdef0123456789abcdef"), Now: time.Now}
	return New(db, projects.New(db), people.New(db))
}

// draft is the form of a person for the hall.
func draft(email string) SignupDraft {
	kind := schema.Builtin().Kind(schema.Signup)
	row := kind.Row(schema.ValuesOf(map[string]string{"activity": hall.ID, "email": email, "first_name": "Ewa", "last_name": "Nowa"}))
	return SignupDraft{Kind: kind, Activity: hall, Row: row, Submitted: time.Now(), Public: true}
}

// busy returns a table on which every transaction on the counts of an activity conflicts, unless it admits tickets.
func busy(tables table.Table) *tabletest.Faulty {
	return &tabletest.Faulty{Table: tables, Before: func(c tabletest.Call) error {
		isAdmission := func(op table.Op) bool { return strings.HasPrefix(op.Item.PK, "INBOX#") && op.Verb == table.Delete }
		if slices.ContainsFunc(c.Ops, func(op table.Op) bool { return strings.HasPrefix(op.Item.PK, "PLACES#") }) && !slices.ContainsFunc(c.Ops, isAdmission) {
			return &table.Conflict{}
		}
		return nil
	}}
}

// found is what the tables have of the hall.
type found struct {
	states  map[string]int // sign-ups
	facts   map[string]int // facts of sign-ups, by state
	places  Places
	tickets int
}

func find(t *testing.T, s *Store) found {
	t.Helper()
	f := found{states: map[string]int{}, facts: map[string]int{}}
	page, err := s.Signups(t.Context(), "p", hall.ID, table.MostPage, "")
	if err != nil {
		t.Fatal(err)
	}
	for _, su := range page.Items {
		f.states[su.State]++
	}
	var mu sync.Mutex
	err = s.Log().ReadAll(t.Context(), "p", nil, func(said fact.Fact) error {
		mu.Lock()
		defer mu.Unlock()
		for _, state := range []string{schema.Accepted, schema.Waitlisted, schema.Held} {
			if strings.Contains(string(said.Data), `"state":"`+state+`"`) {
				f.facts[state]++
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	places, err := s.Places(t.Context(), "p", []project.Activity{hall})
	if err != nil {
		t.Fatal(err)
	}
	f.places = places[0]
	waiting, err := s.Tracker.Query(t.Context(), table.Query{PK: inboxPartition("p", hall.ID)})
	if err != nil {
		t.Fatal(err)
	}
	f.tickets = len(waiting.Items)
	return f
}

// want fails the test unless this many sign-ups are accepted and wait, in every place that counts them.
func want(t *testing.T, s *Store, accepted, waiting int) {
	t.Helper()
	f := find(t, s)
	for _, n := range []int{f.states[schema.Accepted], f.facts[schema.Accepted], f.places.Taken} {
		if n != accepted {
			t.Fatalf("want %d accepted: %+v", accepted, f)
		}
	}
	for _, n := range []int{f.states[schema.Waitlisted], f.facts[schema.Waitlisted], f.places.Waiting} {
		if n != waiting {
			t.Fatalf("want %d waiting: %+v", waiting, f)
		}
	}
	if f.tickets > 0 {
		t.Fatalf("tickets remain: %+v", f)
	}
}

// Many people at once, each served by a process of its own, none of which has the time of a request at most.
func TestManySignUpsAtOnceGetAsManyPlacesAsThereAre(t *testing.T) {
	t.Parallel()
	for _, people := range []int{120, 500} {
		synctest.Test(t, func(t *testing.T) {
			service := simulated.New(simulated.DynamoDB)
			process := func() *Store { return on(dynamo.New(service, "tracker"), dynamo.New(service, "people")) }
			var wg sync.WaitGroup
			for n := range people {
				wg.Go(func() {
					ctx, cancel := context.WithTimeout(t.Context(), 29*time.Second)
					defer cancel()
					did, err := process().SignUp(ctx, "p", draft(fmt.Sprintf("ewa%d@example.org", n)), store.Once{})
					if err != nil || !did.Created || did.Signup.State == "" {
						t.Errorf("%+v, %v", did, err)
					}
				})
			}
			wg.Wait()
			time.Sleep(service.IndexLag())
			want(t, process(), hall.Capacity, people-hall.Capacity)
			if used := service.Usage(); used.Transactions > 3*people {
				t.Errorf("%d transactions for %d sign-ups: %+v", used.Transactions, people, used)
			}
		})
	}
}

// Each request is admitted to the places of the definition that it read, whoever's process admits it.
func TestTicketsAreAdmittedToThePlacesThatTheirRequestsRead(t *testing.T) {
	t.Parallel()
	s := on(&memory.Table{}, &memory.Table{})
	var waiting []table.Item
	for n, capacity := range []int{1, 50} {
		d := draft(fmt.Sprintf("ewa%d@example.org", n))
		d.Activity.Capacity = capacity
		ticket, err := s.newTicket("p", d, people.Applicant{Person: people.Person{ID: fmt.Sprint("person", n)}}, place{}, fmt.Sprint("entry", n), "receipt")
		if err != nil {
			t.Fatal(err)
		}
		ticket.Until = s.Now().Add(ticketLife)
		put := table.PutJSON(ticket.key("p"), ticket, table.Always)
		if err := s.Tracker.Write(t.Context(), put); err != nil {
			t.Fatal(err)
		}
		waiting = append(waiting, put.Item)
	}
	small := hall
	small.Capacity = 1
	if err := s.admitBatch(t.Context(), "p", small, waiting); err != nil {
		t.Fatal(err)
	}
	want(t, s, 2, 0)
}

// What is in an inbox and cannot be read keeps no one from signing up.
func TestAnUnreadableTicketIsRemoved(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := on(&memory.Table{}, &memory.Table{})
		unreadable := table.Item{Key: table.Key{PK: inboxPartition("p", hall.ID), SK: "0"}, Data: []byte("{")}
		if err := s.Tracker.Write(t.Context(), table.Op{Item: unreadable}); err != nil {
			t.Fatal(err)
		}
		if _, err := s.SignUp(t.Context(), "p", draft("ewa@example.org"), store.Once{}); err != nil {
			t.Fatal(err)
		}
		want(t, s, 1, 0)
	})
}

// Whatever call fails, or is the last one of its process, and whether or not its effect took place: a repeated request
// ends with one sign-up. The transaction on the counts conflicts, so that the sign-up waits in the inbox.
func TestSignUpThroughTheInboxTakesEffectOnceWhateverFails(t *testing.T) {
	t.Parallel()
	unavailable := fmt.Errorf("a fault: %w", table.ErrUnavailable)
	for _, fault := range []error{unavailable, tabletest.ErrKilled, &table.Conflict{}} {
		for _, after := range []bool{false, true} {
			if _, conflict := table.AsConflict(fault); conflict && after {
				continue // what conflicts was not applied
			}
			for at, done := 1, false; !done; at++ {
				tracker, persons := &memory.Table{}, &memory.Table{}
				synctest.Test(t, func(t *testing.T) {
					failing := busy(tracker)
					before, reached := failing.Before, false
					inject := func(c tabletest.Call) error {
						if c.N == at {
							reached = true
							return fault
						}
						return nil
					}
					if after {
						failing.After = inject
					} else {
						failing.Before = func(c tabletest.Call) error { return errors.Join(before(c), inject(c)) }
					}
					d := draft("ewa@example.org")
					s := on(failing, persons)
					request := func(s *Store) store.Once { return s.Once("p", "POST", "", "key", []byte("body")) }
					ctx, cancel := context.WithTimeout(t.Context(), 29*time.Second)
					_, err := s.SignUp(ctx, "p", d, request(s))
					cancel()
					if done = !reached; done && err != nil {
						t.Fatalf("without a fault: %v", err)
					}
					again := on(tracker, persons)
					if _, err := again.SignUp(t.Context(), "p", d, request(again)); err != nil {
						t.Fatalf("fault %v at %d, after the call %v: %v", fault, at, after, err)
					}
					want(t, again, 1, 0)
				})
			}
		}
	}
}

// A ticket whose request ended without an answer is admitted with the next sign-up, before it. A minute later it is
// dropped instead: its person may have been erased since.
func TestTicketOfADeadProcessIsAdmittedWithTheNextSignUpOrNever(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		later    time.Duration
		accepted int
	}{{0, 2}, {ticketLife + time.Second, 1}} {
		synctest.Test(t, func(t *testing.T) {
			tracker, persons := &memory.Table{}, &memory.Table{}
			dying := busy(tracker)
			dying.After = func(c tabletest.Call) error {
				if len(c.Ops) == 1 && strings.HasPrefix(c.Ops[0].Item.PK, "INBOX#") {
					return tabletest.ErrKilled
				}
				return nil
			}
			if _, err := on(dying, persons).SignUp(t.Context(), "p", draft("ewa@example.org"), store.Once{}); !errors.Is(err, tabletest.ErrKilled) {
				t.Fatal(err)
			}
			s := on(tracker, persons)
			if f := find(t, s); f.tickets != 1 {
				t.Fatalf("want one ticket: %+v", f)
			}
			time.Sleep(tt.later)
			from := time.Now()
			if did, err := s.SignUp(t.Context(), "p", draft("jan@example.org"), store.Once{}); err != nil || !did.Created {
				t.Fatal(did, err)
			}
			if took := time.Since(from); took > 2*takeoverDelay {
				t.Errorf("it waited %s", took)
			}
			want(t, s, tt.accepted, 0)
		})
	}
}

// Two forms of one person at once make one sign-up; the second is kept beside it.
func TestTwoFormsOfOnePersonInTheInboxMakeOneSignUp(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		tracker, persons := &memory.Table{}, &memory.Table{}
		if _, err := on(tracker, persons).persons.Resolve(t.Context(), "p", schema.PersonRef{Email: "ewa@example.org"}, people.Names{First: "Ewa"}); err != nil {
			t.Fatal(err)
		}
		var wg sync.WaitGroup
		var mu sync.Mutex
		created, ids := 0, map[string]bool{}
		for range 3 {
			wg.Go(func() {
				did, err := on(busy(tracker), persons).SignUp(t.Context(), "p", draft("ewa@example.org"), store.Once{})
				if err != nil {
					t.Error(err)
				}
				mu.Lock()
				defer mu.Unlock()
				ids[did.Signup.ID] = true
				if did.Created {
					created++
				}
			})
		}
		wg.Wait()
		if created != 1 || len(ids) != 1 {
			t.Errorf("%d were created, with the ids %v", created, ids)
		}
		want(t, on(tracker, persons), 1, 0)
	})
}
