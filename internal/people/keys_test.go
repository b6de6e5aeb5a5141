package people

import (
	"errors"
	"fmt"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"outreach/internal/schema"
	"outreach/internal/store/storetest"
)

// anyKeys are keys of which each is as good as another.
var anyKeys = []string{"email", "phone", "number", "dni", "name"}

// drawKeys draws keys of one to three kinds.
func drawKeys(t *rapid.T) schema.PersonRef {
	var ref schema.PersonRef
	for _, kind := range rapid.SliceOfNDistinct(rapid.SampledFrom(anyKeys), 1, 3, rapid.ID[string]).Draw(t, "kinds") {
		ref = ref.Set(kind, fmt.Sprint(kind, rapid.IntRange(1, 3).Draw(t, "value")))
	}
	return ref
}

// directory is what Resolve should do: each person is a list of keys.
type directory [][]Key

func (d *directory) resolve(keys []Key) (person int, two bool) {
	person = -1
	for i, theirs := range *d {
		for _, k := range keys {
			if !slices.Contains(theirs, k) {
				continue
			}
			if person >= 0 && person != i {
				return person, true
			}
			person = i
		}
	}
	if person < 0 {
		person = len(*d)
		*d = append(*d, nil)
	}
	for _, k := range keys {
		if !slices.Contains((*d)[person], k) {
			(*d)[person] = append((*d)[person], k)
		}
	}
	return person, false
}

func TestEveryKeyIdentifiesAsEveryOther(t *testing.T) {
	t.Parallel()
	test := t
	rapid.Check(t, func(t *rapid.T) {
		s := New(storetest.New(test))
		var want directory
		ids := map[int]string{}
		for range rapid.IntRange(1, 8).Draw(t, "records") {
			ref := drawKeys(t)
			person, two := want.resolve(Keys(ref))
			id, err := s.Resolve(t.Context(), "p", ref, Names{})
			if errors.Is(err, ErrTwoPeople) != two || err != nil && !two {
				t.Fatalf("%v: %v, want two people: %v", Keys(ref), err, two)
			}
			if two {
				continue
			}
			if known := ids[person]; known != "" && known != id {
				t.Fatalf("%v is %s, not %s", Keys(ref), id, known)
			}
			ids[person] = id
		}
		for person, id := range ids {
			p, err := s.Person(t.Context(), "p", id)
			if err != nil || len(p.Keys()) != len(want[person]) {
				t.Fatalf("%s has %v, want %v; %v", id, p.Keys(), want[person], err)
			}
			for _, k := range want[person] {
				if found, err := s.Holders(t.Context(), "p", []Key{k}); err != nil || !slices.Equal(found[k], []string{id}) {
					t.Fatalf("%v leads to %v, %v", k, found, err)
				}
			}
		}
	})
}

// Whatever key two people share, a sign-up with another first name is held, and the public form adds no key.
func TestEveryKeyIsSharedAsEveryOther(t *testing.T) {
	t.Parallel()
	for _, kind := range anyKeys {
		s := New(storetest.New(t))
		ref := schema.PersonRef{FirstName: "Jan", LastName: "Nowak"}.Set(kind, "k")
		known, err := s.Resolve(t.Context(), "p", ref, Names{})
		if err != nil {
			t.Fatal(err)
		}
		other := ref
		other.FirstName = "Maria"
		for _, public := range []bool{true, false} {
			who, err := s.Identify(t.Context(), "p", other, Names{}, public)
			if err != nil {
				t.Fatal(err)
			}
			if byName := kind == "name" && public; (who.Conflict == nil) != byName || who.Person.ID == known {
				t.Errorf("%s, public %v: %+v", kind, public, who.Conflict)
			}
		}
		if kind == "name" {
			continue
		}
		who, err := s.Identify(t.Context(), "p", ref.Set("extra", "1"), Names{}, true)
		if err != nil || who.Person.ID != known || len(who.Unconfirmed) != 1 || slices.Contains(who.Person.Keys(), Key{"extra", "1"}) {
			t.Errorf("%s: %+v, %v", kind, who, err)
		}
	}
}

// What a public form asks of the people table does not depend on whether its name is known.
func TestThePublicFormDoesNotTellWhoseNameIsKnown(t *testing.T) {
	t.Parallel()
	keys := &schema.Keys{Fields: []*schema.Field{&schema.EmailField}, Name: true}
	form := func(email, last string) schema.PersonRef {
		return keys.Of(func(field string) string {
			return map[string]string{"email": email, "first_name": "Jan", "last_name": last, "birth_year": "1970"}[field]
		})
	}
	s := New(storetest.New(t))
	if _, err := s.Resolve(t.Context(), "p", form("jan@example.org", "Nowak"), Names{}); err != nil {
		t.Fatal(err)
	}
	for name, ref := range map[string]schema.PersonRef{
		"nobody": form("new@example.org", "Inny"), "the name": form("other@example.org", "Nowak"), "the address": form("jan@example.org", "Inny"), "both": form("jan@example.org", "Nowak"),
	} {
		who, err := s.Identify(t.Context(), "p", ref, Names{First: ref.FirstName, Last: ref.LastName}, true)
		if err != nil {
			t.Fatal(err)
		}
		if ops := s.Keep("p", who); who.Conflict != nil || len(who.Unconfirmed) > 0 || len(ops)-len(s.renamed("p", who.before.Person, who.Person)) != 3 {
			t.Errorf("%s: %d operations, %+v", name, len(ops), who.Conflict)
		}
	}
}
