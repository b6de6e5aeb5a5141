package signups

import (
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"outreach/internal/fact"
	"outreach/internal/project"
	"outreach/internal/schema"
	"outreach/internal/store"
	"outreach/internal/table"
	"outreach/internal/table/dynamo"
	"outreach/internal/table/dynamo/simulated"
)

// request is a request with an idempotency key, as each process makes it anew.
func request(s *Store, key, body string) store.Once {
	return s.Once("p", "POST", "", key, []byte(body))
}

// The same request is answered alike, whatever has become of the sign-up or of its place since; a key with another body
// is refused.
func TestRepeatedSignUpIsAnsweredAsTheFirst(t *testing.T) {
	t.Parallel()
	def := &project.Definition{ID: "p", Activities: []project.Activity{hall}}
	for name, c := range map[string]struct {
		before bool   // the person is signed up already
		moves  string // the state that the sign-up is given in between
	}{
		"a new sign-up":                   {},
		"a new sign-up, moved":            {moves: schema.Held},
		"a new sign-up, cancelled":        {moves: schema.Cancelled},
		"a repeated form":                 {before: true},
		"a repeated form, then cancelled": {before: true, moves: schema.Cancelled},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := open(t)
			if c.before {
				if _, err := s.SignUp(t.Context(), "p", draft("ewa@example.org"), store.Once{}); err != nil {
					t.Fatal(err)
				}
			}
			first, err := s.SignUp(t.Context(), "p", draft("ewa@example.org"), request(s, "key", "body"))
			if err != nil || first.Created == c.before {
				t.Fatal(first, err)
			}
			if c.moves != "" {
				for _, state := range []string{schema.Waitlisted, c.moves} {
					if _, err := s.MoveSignup(t.Context(), def, first.Signup.ID, state, ""); err != nil {
						t.Fatal(err)
					}
				}
			}
			before := facts(t, s)
			for range 2 {
				again, err := s.SignUp(t.Context(), "p", draft("ewa@example.org"), request(s, "key", "body"))
				if err != nil || again.Receipt != first.Receipt || again.Created != first.Created || again.Signup.ID != first.Signup.ID || again.Signup.State != first.Signup.State || again.Signup.Activity != first.Signup.Activity {
					t.Errorf("answered %+v, %v, and before %+v", again, err, first)
				}
			}
			if _, err := s.SignUp(t.Context(), "p", draft("jan@example.org"), request(s, "key", "another body")); !errors.Is(err, store.ErrOtherBody) {
				t.Errorf("another body: %v", err)
			}
			if n := facts(t, s); n != before {
				t.Errorf("%d facts, and %d before", n, before)
			}
		})
	}
}

// facts returns how many facts there are.
func facts(t *testing.T, s *Store) int {
	t.Helper()
	var n atomic.Int32
	if err := s.Log().ReadAll(t.Context(), "p", nil, func(fact.Fact) error { n.Add(1); return nil }); err != nil {
		t.Fatal(err)
	}
	return int(n.Load())
}

// Of requests with one key at the same time one body takes effect, once; the others with that body are answered alike.
func TestOneOfManyRequestsWithAKeyTakesEffect(t *testing.T) {
	t.Parallel()
	for seed := range 8 {
		synctest.Test(t, func(t *testing.T) {
			service := simulated.New(simulated.DynamoDB)
			process := func() *Store { return on(dynamo.New(service, "tracker"), dynamo.New(service, "people")) }
			if seed%2 == 1 { // one of them is a repeated form
				if _, err := process().SignUp(t.Context(), "p", draft("ewa0@example.org"), store.Once{}); err != nil {
					t.Fatal(err)
				}
			}
			var mu sync.Mutex
			answers := map[string]int{}
			refused := 0
			var wg sync.WaitGroup
			for n := range 12 {
				wg.Go(func() {
					s := process()
					time.Sleep(time.Duration(n*seed) * time.Millisecond)
					who := n % 3
					did, err := s.SignUp(t.Context(), "p", draft(fmt.Sprintf("ewa%d@example.org", who)), request(s, "key", fmt.Sprint(who)))
					mu.Lock()
					defer mu.Unlock()
					switch {
					case errors.Is(err, store.ErrOtherBody):
						refused++
					case err != nil:
						t.Error(err)
					default:
						answers[fmt.Sprintf("%d %s %s %t", who, did.Signup.ID, did.Receipt, did.Created)]++
					}
				})
			}
			wg.Wait()
			time.Sleep(service.IndexLag())
			if len(answers) != 1 || refused != 8 {
				t.Errorf("seed %d: answered %v, %d refused", seed, answers, refused)
			}
			s := process()
			page, err := s.Signups(t.Context(), "p", hall.ID, table.MostPage, "")
			if err != nil {
				t.Fatal(err)
			}
			entries := 0
			for _, su := range page.Items {
				entries += su.Entries
			}
			if want := 1 + seed%2; entries != want {
				t.Errorf("seed %d: %d submissions, want %d", seed, entries, want)
			}
		})
	}
}
