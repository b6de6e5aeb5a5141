package signups

import (
	"context"
	"fmt"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"outreach/internal/people"
	"outreach/internal/project"
	"outreach/internal/schema"
	"outreach/internal/store"
	"outreach/internal/store/storetest"
	"outreach/internal/table"
)

// storedFormerly stores a sign-up's place and mention as versions did that had an item for each.
func storedFormerly(s *Store, su Signup) error {
	ctx := context.Background()
	ops, err := s.leavePlace(ctx, "p", su)
	if err != nil || len(ops) < 2 {
		return err
	}
	return s.Tracker.Write(ctx, append(ops[1:], table.PutJSON(formerPlaceKey("p", su.Activity, su.Person), su.ID, table.Always))...)
}

// Whoever signs up, cancels, signs up again, and is merged, with items of this version and of earlier ones: a person
// has one live sign-up to an activity, each sign-up mentions its person once, and no mention is left when all are
// forgotten.
func TestEachSignUpMentionsItsPersonOnce(t *testing.T) {
	t.Parallel()
	outer := t
	rapid.Check(t, func(t *rapid.T) {
		db := storetest.New(outer)
		s, ctx := on(db.Tracker, db.People), t.Context()
		check := func(err error) {
			if err != nil {
				t.Fatal(err)
			}
		}
		activities := []project.Activity{{ID: "hall", Capacity: 1}, {ID: "yard"}}
		def := &project.Definition{ID: "p", Activities: activities}
		made := map[string]Signup{}    // all sign-ups, by id
		live := map[[2]string]string{} // of a person, by their present id, and an activity
		var ids []string               // all ids of people
		into := map[string]string{}    // merges
		present := func(id string) string {
			for into[id] != "" {
				id = into[id]
			}
			return id
		}
		emails := map[string]string{}
		for range rapid.IntRange(1, 15).Draw(t, "steps") {
			step := "sign up"
			if len(made) > 0 {
				step = rapid.SampledFrom([]string{"sign up", "sign up", "cancel", "age", "merge"}).Draw(t, "step")
			}
			some := func() Signup {
				var all []string
				for id := range made {
					all = append(all, id)
				}
				slices.Sort(all)
				su, err := s.Signup(ctx, "p", rapid.SampledFrom(all).Draw(t, "which"))
				check(err)
				return su
			}
			switch step {
			case "sign up":
				d := draft(fmt.Sprintf("ewa%d@example.org", rapid.IntRange(0, 2).Draw(t, "who")))
				d.Activity = rapid.SampledFrom(activities).Draw(t, "to")
				did, err := s.SignUp(ctx, "p", d, store.Once{})
				check(err)
				who := present(did.Signup.Person)
				before := live[[2]string{who, d.Activity.ID}]
				if did.Created != (before == "") || before != "" && did.Signup.ID != before {
					t.Fatalf("created %t: %s, and before %q", did.Created, did.Signup.ID, before)
				}
				made[did.Signup.ID], live[[2]string{who, d.Activity.ID}] = did.Signup, did.Signup.ID
				if !slices.Contains(ids, did.Signup.Person) {
					ids = append(ids, did.Signup.Person)
				}
				emails[did.Signup.Person] = d.Kind.Get(d.Row, "email")
			case "cancel":
				su := some()
				_, err := s.MoveSignup(ctx, def, su.ID, schema.Cancelled, "")
				check(err)
				if key := [2]string{present(su.Person), su.Activity}; live[key] == su.ID {
					delete(live, key)
				}
			case "age":
				if su := some(); su.Live() {
					check(storedFormerly(s, su))
				}
			case "merge":
				from, to := present(some().Person), present(some().Person)
				twice := slices.ContainsFunc(activities, func(a project.Activity) bool {
					return live[[2]string{from, a.ID}] != "" && live[[2]string{to, a.ID}] != ""
				})
				if from == to || twice { // the office decides which of two sign-ups is the one
					continue
				}
				_, err := s.persons.Merge(ctx, "p", from, to, "")
				check(err)
				into[from] = to
				for _, a := range activities {
					if id := live[[2]string{from, a.ID}]; id != "" {
						delete(live, [2]string{from, a.ID})
						live[[2]string{to, a.ID}] = id
					}
				}
			}
		}
		mentioned := map[string]int{}
		for _, id := range ids {
			check(s.persons.EachMention(ctx, "p", id, func(kind, what string) error {
				if mentioned[what]++; kind != schema.Signup || made[what].Person != id {
					t.Fatalf("person %s has %s %s", id, kind, what)
				}
				return nil
			}))
		}
		for id := range made {
			if mentioned[id] != 1 {
				t.Fatalf("the sign-up %s is mentioned %d times", id, mentioned[id])
			}
			su, err := s.Signup(ctx, "p", id)
			check(err)
			e := people.Erasure{Fresh: "fresh", IDs: []string{su.Person}}
			for range 2 {
				_, err = s.Forget(ctx, schema.Builtin(), "p", e, id)
				check(err)
			}
			check(table.RemoveAll(ctx, s.Tracker, []table.Key{people.MentionKey("p", su.Person, schema.Signup, id)}))
		}
		for _, id := range ids {
			check(s.persons.EachMention(ctx, "p", id, func(_, what string) error {
				t.Fatalf("the mention of %s is left", what)
				return nil
			}))
			for _, a := range activities {
				found, err := s.Tracker.Get(ctx, placeKey("p", a.ID, id), formerPlaceKey("p", a.ID, id))
				check(err)
				if len(found) > 0 {
					t.Fatalf("places are left: %v", found)
				}
			}
		}
	})
}

// A version that knew other items of places has cancelled a sign-up, and left its item: the sign-up that takes the
// place over does not hide that the other one mentions the person.
func TestPlaceOfASignUpThatIsNotLiveIsTakenOver(t *testing.T) {
	t.Parallel()
	s := open(t)
	first, err := s.SignUp(t.Context(), "p", draft("ewa@example.org"), store.Once{})
	if err != nil {
		t.Fatal(err)
	}
	cancelled := first.Signup
	cancelled.State = schema.Cancelled
	if err := s.Tracker.Write(t.Context(), s.keepSignup("p", cancelled, 1)); err != nil {
		t.Fatal(err)
	}
	second, err := s.SignUp(t.Context(), "p", draft("ewa@example.org"), store.Once{})
	if err != nil || !second.Created {
		t.Fatal(second, err)
	}
	var got []string
	err = s.persons.EachMention(t.Context(), "p", first.Signup.Person, func(_, id string) error { got = append(got, id); return nil })
	slices.Sort(got)
	if want := []string{first.Signup.ID, second.Signup.ID}; err != nil || !slices.Equal(got, slices.Sorted(slices.Values(want))) {
		t.Errorf("the person is mentioned by %v, %v, want %v", got, err, want)
	}
}
