package signups

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"outreach/internal/fact"
	"outreach/internal/people"
	"outreach/internal/project"
	"outreach/internal/projects"
	"outreach/internal/schema"
	"outreach/internal/store"
	"outreach/internal/table"
	"outreach/internal/table/memory"
	"outreach/internal/table/tabletest"
)

const (
	ofEwa   = "44051401359"
	another = "02070803628"
)

// sent is a public form.
func sent(first, email, pesel string, activity project.Activity) SignupDraft {
	kind := schema.Builtin().Kind(schema.Signup)
	row := kind.Row(schema.ValuesOf(map[string]string{"activity": activity.ID, "email": email, "pesel": pesel, "first_name": first, "last_name": "Nowa"}))
	return SignupDraft{Kind: kind, Activity: activity, Row: row, Submitted: time.Now(), Public: true}
}

// The calls of the public form to the tables do not reveal who is known or signed up already, also where the
// activity is full.
func TestThePublicFormAsksTheSameWhoeverIsKnown(t *testing.T) {
	t.Parallel()
	type setting struct {
		capacity int
		confirm  bool // addresses have to be confirmed, and places are kept until then
	}
	for _, with := range []setting{{0, false}, {1, false}, {0, true}, {1, true}, {9, true}} {
		var want string
		for _, tt := range []struct {
			name, first, email, pesel string
			held                      bool
		}{
			{"somebody new", "Ewa", "new@example.org", another, false},
			{"somebody known", "Ewa", "known@example.org", ofEwa, false},
			{"somebody signed up", "Ewa", "signed@example.org", ofEwa, false},
			{"another name under a known address and PESEL", "Adam", "signed@example.org", ofEwa, true},
			{"another PESEL under a known address", "Ewa", "signed@example.org", another, true},
			{"a PESEL that is somebody's, and a new address", "Ewa", "new@example.org", ofEwa, true},
			{"a PESEL of another name, and a new address", "Adam", "new@example.org", ofEwa, true},
		} {
			for again := range 2 {
				hall := project.Activity{ID: "hall", Capacity: with.capacity}
				s := on(&memory.Table{}, &memory.Table{})
				if _, _, err := s.projects.SetDefinition(t.Context(), &project.Definition{ID: "p", Activities: []project.Activity{hall}}, []byte("p"), "", ""); err != nil {
					t.Fatal(err)
				}
				form := func(first, email, pesel string) SignupDraft {
					d := sent(first, email, pesel, hall)
					d.Confirm, d.Reserve = with.confirm, time.Hour
					return d
				}
				for _, d := range []SignupDraft{form("Zofia", "z@example.org", ""), form("Ewa", "signed@example.org", ofEwa), form("Zofia", "z@example.org", "")} {
					if strings.HasPrefix(tt.email, "known") && d.Kind.Get(d.Row, "first_name") == "Ewa" {
						d = sent("Ewa", "known@example.org", ofEwa, project.Activity{ID: "yard"})
					}
					if _, err := s.SignUp(t.Context(), "p", d, store.Once{}); err != nil {
						t.Fatal(err)
					}
				}
				for range again { // sent before
					if _, err := s.SignUp(t.Context(), "p", form(tt.first, tt.email, tt.pesel), store.Once{}); err != nil {
						t.Fatal(err)
					}
				}
				var calls []string
				var mu sync.Mutex // the two tables are asked at the same time
				watch := func(name string, under table.Table) table.Table {
					return &tabletest.Faulty{Table: under, Before: func(c tabletest.Call) error {
						mu.Lock()
						defer mu.Unlock()
						calls = append(calls, name+" "+c.Verb)
						return nil
					}}
				}
				s.Tracker, s.People = watch("tracker", s.Tracker), watch("people", s.People)
				watched := New(&store.DB{Tracker: s.Tracker, People: s.People, Secret: s.Secret, Now: s.Now}, nil, nil)
				watched.projects, watched.persons = projects.New(watched.DB), people.New(watched.DB)
				did, err := watched.SignUp(t.Context(), "p", form(tt.first, tt.email, tt.pesel), store.Once{})
				if err != nil || did.Signup.Disputed() != tt.held {
					t.Fatalf("%s: %+v, %v", tt.name, did, err)
				}
				slices.Sort(calls)
				got := strings.Join(calls, "\n")
				if want == "" {
					want = got
				}
				if got != want {
					t.Errorf("%s, sent %d times before, with %+v:\n%s\nwant\n%s", tt.name, again, with, got, want)
				}
			}
		}
	}
}

// A form with a key that its person claimed elsewhere is one of its own beside their unconfirmed sign-up, as beside an
// accepted one: it would be hidden behind that.
func TestAnUnconfirmedSignUpHidesNoClaim(t *testing.T) {
	t.Parallel()
	yard := project.Activity{ID: "yard"}
	for _, confirm := range []bool{false, true} {
		s := on(&memory.Table{}, &memory.Table{})
		form := func(pesel string, activity project.Activity) SignedUp {
			d := sent("Ewa", "ewa@example.org", pesel, activity)
			d.Confirm = confirm
			did, err := s.SignUp(t.Context(), "p", d, store.Once{})
			if err != nil {
				t.Fatal(err)
			}
			return did
		}
		form("", hall)
		form(ofEwa, yard)
		if did := form(ofEwa, hall); !did.Created || did.Signup.Conflict == nil {
			t.Errorf("to be confirmed %v: %+v", confirm, did)
		}
	}
}

// firstStates returns the states with which facts say that sign-ups began.
func firstStates(t *testing.T, s *Store) []string { return statesIn(t, s, fact.KindSignup) }

// movedTo returns the states to which facts say that sign-ups were moved.
func movedTo(t *testing.T, s *Store) []string { return statesIn(t, s, fact.KindSignupMoved) }

func statesIn(t *testing.T, s *Store, kind string) []string {
	t.Helper()
	trail, err := s.Log().Trail(t.Context(), "p", 100, "", func(f fact.Fact) bool { return f.Kind == kind })
	if err != nil {
		t.Fatal(err)
	}
	var states []string
	for _, f := range trail.Items {
		var data struct{ State string }
		if err := json.Unmarshal(f.Data, &data); err != nil {
			t.Fatal(err)
		}
		states = append(states, data.State)
	}
	slices.Sort(states)
	return states
}

func TestAnUndecidedSignUpIsMarkedInItsFact(t *testing.T) {
	t.Parallel()
	s := on(&memory.Table{}, &memory.Table{})
	for _, d := range []SignupDraft{
		sent("Jan", "a@example.org", "", hall), sent("Maria", "a@example.org", "", hall), sent("Jan", "a@example.org", ofEwa, project.Activity{ID: "yard"}),
	} {
		if _, err := s.SignUp(t.Context(), "p", d, store.Once{}); err != nil {
			t.Fatal(err)
		}
	}
	// The third one brings a key only: it is held, and counts.
	if got := firstStates(t, s); !slices.Equal(got, []string{schema.Accepted, schema.Held, schema.Undecided}) {
		t.Errorf("states %v", got)
	}
}

// A decision that ends before any write is finished by the next one.
func TestAnInterruptedDecisionIsFinishedByARepeatedOne(t *testing.T) {
	t.Parallel()
	yard := project.Activity{ID: "yard"}
	def := &project.Definition{ID: "p", Activities: []project.Activity{hall, yard}}
	for _, who := range []string{SamePerson, NewPerson} {
		for _, activity := range []project.Activity{hall, yard} {
			for at := 1; ; at++ {
				tracker, persons := &memory.Table{}, &memory.Table{}
				s := on(tracker, persons)
				jan, err := s.SignUp(t.Context(), "p", sent("Jan", "a@example.org", "", hall), store.Once{})
				if err != nil {
					t.Fatal(err)
				}
				maria, err := s.SignUp(t.Context(), "p", sent("Maria", "a@example.org", "", activity), store.Once{})
				if err != nil || maria.Signup.Conflict == nil || maria.Signup.Conflict.Person != jan.Signup.Person {
					t.Fatalf("%+v, %v", maria, err)
				}
				writes := 0
				killed := func(under table.Table) table.Table {
					return &tabletest.Faulty{Table: under, Before: func(c tabletest.Call) error {
						if c.Verb != "write" {
							return nil
						}
						if writes++; writes >= at {
							return tabletest.ErrKilled
						}
						return nil
					}}
				}
				_, err = on(killed(tracker), killed(persons)).Decide(context.Background(), def, maria.Signup.ID, who, "staff")
				done := err == nil
				if !done {
					if _, err := s.Decide(t.Context(), def, maria.Signup.ID, who, "staff"); err != nil {
						t.Fatalf("%s to %s after %d writes: %v", who, activity.ID, at-1, err)
					}
				}
				p, err := s.persons.Person(t.Context(), "p", maria.Signup.Person)
				if err != nil {
					t.Fatal(err)
				}
				held, err := s.Held(t.Context(), "p", 10, "")
				if err != nil || len(held.Items) > 0 {
					t.Fatalf("still held: %+v, %v", held.Items, err)
				}
				places, err := s.Places(t.Context(), "p", []project.Activity{activity})
				if err != nil {
					t.Fatal(err)
				}
				taken := 1
				if who == NewPerson && activity.ID == hall.ID {
					taken = 2
				}
				if same := p.ID == jan.Signup.Person; same != (who == SamePerson) || places[0].Held != 0 || places[0].Taken != taken {
					t.Fatalf("%s to %s after %d writes: %+v, %+v", who, activity.ID, at-1, p, places[0])
				}
				if known, err := s.persons.Holders(t.Context(), "p", []people.Key{{Kind: "email", Value: "a@example.org"}}); err != nil || len(known[people.Key{Kind: "email", Value: "a@example.org"}]) != map[string]int{SamePerson: 1, NewPerson: 2}[who] {
					t.Fatalf("%s: the address has %v, %v", who, known, err)
				}
				if done {
					break
				}
			}
		}
	}
}
