package privacy

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"outreach/internal/people"
	"outreach/internal/project"
	"outreach/internal/schema"
	"outreach/internal/signups"
	"outreach/internal/store"
	"outreach/internal/table"
	"outreach/internal/table/memory"
)

// storedFormerly replaces the items of sign-ups and of search by those that earlier versions stored.
func storedFormerly(t *testing.T, s *Store) {
	t.Helper()
	write := func(to table.Table, ops ...table.Op) {
		if err := to.Write(t.Context(), ops...); err != nil {
			t.Fatal(err)
		}
	}
	for _, it := range s.db.Tracker.(*memory.Table).Items() {
		if activity, place := strings.CutPrefix(it.SK, "signup#@"); place {
			person := strings.TrimPrefix(it.PK, "ABOUT#p#")
			id, err := table.Decode[string](it)
			if err != nil {
				t.Fatal(err)
			}
			write(s.db.Tracker, table.Remove(it.Key, table.Always),
				table.PutJSON(people.MentionKey("p", person, schema.Signup, id), id, table.Always),
				table.PutJSON(table.Key{PK: "PLACE#p#" + activity + "#" + person, SK: "SIGNUP"}, id, table.Always))
		}
	}
	for _, it := range s.db.People.(*memory.Table).Items() {
		switch kind, rest, _ := strings.Cut(it.PK, "#p#"); kind {
		case "FORM":
			signup, entry, present := strings.Cut(it.SK, "#")
			if !present {
				continue
			}
			put := table.Op{Item: table.Item{Key: table.Key{PK: "FORM#p#" + signup, SK: entry}, Data: it.Data}}
			write(s.db.People, table.Remove(it.Key, table.Always), table.Indexed(put, table.Key{PK: people.TextsIndex("p", rest), SK: entry}))
		case "NAMEPARTS":
			write(s.db.People, table.Remove(it.Key, table.Always))
		case "PERSON":
			p, err := table.Decode[people.Person](it)
			if err != nil {
				t.Fatal(err)
			}
			for _, word := range p.Words() {
				write(s.db.People, table.PutJSON(table.Key{PK: "NAMEPARTS#p", SK: word + "#" + p.ID}, p.ID, table.Always))
			}
		}
	}
}

// Whether this version or an earlier one stored a person's sign-ups, or one after the other: they are found, signed up
// once, exported, and erased without a trace.
func TestSignUpsOfEveryVersionAreFoundAndErased(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	kind := schema.Builtin().Kind(schema.Signup)
	for mask := range 8 { // after which steps the items become those of an earlier version
		t.Run(fmt.Sprintf("%03b", mask), func(t *testing.T) {
			t.Parallel()
			s := open(t)
			step := 0
			aged := func() {
				if mask>>step&1 == 1 {
					storedFormerly(t, s)
				}
				step++
			}
			signUp := func(activity, phone string) signups.SignedUp {
				row := kind.Row(schema.ValuesOf(map[string]string{"activity": activity, "email": "anna@example.org", "first_name": "Anna", "last_name": "Dawna", "phone": phone}))
				did, err := s.signups.SignUp(ctx, "p", signups.SignupDraft{Kind: kind, Activity: project.Activity{ID: activity}, Row: row, Submitted: time.Now(), Public: true}, store.Once{})
				if err != nil {
					t.Fatal(err)
				}
				return did
			}
			def := &project.Definition{ID: "p", Activities: []project.Activity{{ID: "hall"}, {ID: "yard"}}}
			first, left := signUp("hall", ""), signUp("yard", "")
			aged()
			again := signUp("hall", "600100200")
			if again.Created || again.Signup.ID != first.Signup.ID {
				t.Errorf("a second form made the sign-up %s beside %s", again.Signup.ID, first.Signup.ID)
			}
			aged()
			if _, err := s.signups.MoveSignup(ctx, def, left.Signup.ID, schema.Cancelled, ""); err != nil {
				t.Fatal(err)
			}
			anew := signUp("yard", "")
			if !anew.Created {
				t.Error("a person whose sign-up is cancelled cannot sign up again")
			}
			aged()
			who := first.Signup.Person
			su, err := s.signups.Signup(ctx, "p", first.Signup.ID)
			if err != nil {
				t.Fatal(err)
			}
			if form, err := s.signups.Form(ctx, "p", su); err != nil || form["email"] != "anna@example.org" || form["phone"] != "600100200" {
				t.Errorf("the form has %v, %v", form, err)
			}
			if found, err := s.persons.Search(ctx, &project.Definition{ID: "p"}, "ann", 10, ""); err != nil || len(found.Items) != 1 || found.Items[0].ID != who {
				t.Errorf("a search finds %+v, %v", found, err)
			}
			p, err := s.persons.Person(ctx, "p", who)
			if err != nil {
				t.Fatal(err)
			}
			data, err := s.PersonData(ctx, schema.Builtin(), "p", p)
			if err != nil {
				t.Fatal(err)
			}
			var sent []int
			for _, one := range data.Signups {
				sent = append(sent, len(one.Sent))
			}
			if slices.Sort(sent); !slices.Equal(sent, []int{1, 1, 2}) {
				t.Errorf("the export has sign-ups with %v forms", sent)
			}
			history, err := s.History(ctx, schema.Builtin(), "p", p)
			if err != nil {
				t.Fatal(err)
			}
			for id, submissions := range history.Submissions {
				for _, one := range submissions {
					if kind.Get(one.Row, "email") != "anna@example.org" {
						t.Errorf("the history of %s has a form without its values: %+v", id, one)
					}
				}
			}
			if err := s.Erase(ctx, "p", who, ""); err != nil {
				t.Fatal(err)
			}
			for name, from := range map[string]table.Table{"tracker": s.db.Tracker, "people": s.db.People} {
				for _, it := range from.(*memory.Table).Items() {
					line := fmt.Sprintf("%v %v %s", it.Key, it.Index, it.Data)
					if kind, _, _ := strings.Cut(it.PK, "#"); strings.HasPrefix(kind, "ERAS") { // the ledger of erasures
						continue
					}
					for _, trace := range []string{who, "anna", "Anna", "dawna", "Dawna", "600100200"} {
						if strings.Contains(line, trace) {
							t.Errorf("%s still has %q: %s", name, trace, line)
						}
					}
				}
			}
		})
	}
}
