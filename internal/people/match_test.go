package people

import (
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"outreach/internal/schema"
)

func TestFirstNamesAreComparedAsPeopleWriteThem(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		a, b string
		same bool
	}{
		{"Jan", "JAN ", true},
		{"Łucja", "lucja", true},
		{"Jan", "Jan Maria", true},
		{"Maria", "Jan Maria", true},
		{"Anna-Maria", "Anna Maria", true},
		{"Jan", "J.", true},
		{"j", "Jan", true},
		{"J. M.", "Jan Maria", true},
		{"Katarzyna", "Kasia", true},
		{"Małgorzata", "gosia", true},
		{"William", "Bill", true},
		{"Francisco", "Paco", true},
		{"Johannes", "Hans", true},
		{"Олександр", "Сашко", true},
		{"Jan", "Janina", false},
		{"Jan", "Janusz", false},
		{"Jan", "Maria", false},
		{"Jan", "M.", false},
		{"Maria", "Jan M.", false},
		{"Kasia", "Basia", false},
		{"Jan", "", false},
	} {
		if got := SameFirstName(tt.a, tt.b); got != tt.same {
			t.Errorf("%q and %q: %v", tt.a, tt.b, got)
		}
	}
}

func TestShortFormsAreWellFormed(t *testing.T) {
	t.Parallel()
	for line := range strings.Lines(shortFormsFile) {
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		full, short, found := strings.Cut(line, ": ")
		if !found || full == "" || short == "" {
			t.Errorf("%q is not a name and its short forms", line)
		}
		for one := range strings.SplitSeq(short, ", ") {
			if one == "" || SameFirstName(one, "") || Fold(one) == Fold(full) {
				t.Errorf("%q is no short form of %s", one, full)
			}
		}
	}
	for _, pair := range [][2]string{{"Jan", "Janina"}, {"Karol", "Karolina"}, {"Stanisław", "Stanisława"}, {"Michał", "Michalina"}, {"Daniel", "Daniela"}} {
		if SameFirstName(pair[0], pair[1]) {
			t.Errorf("%s and %s are the same", pair[0], pair[1])
		}
	}
}

var someNames = []string{"", "Jan", "Janina", "Maria", "Jan Maria", "J.", "Kasia", "Katarzyna", "Łukasz", "M"}

// Comparing first names is symmetric, and does not depend on case, marks and outer spaces.
func TestFirstNamesAreComparedAlikeHoweverWritten(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		name := rapid.OneOf(rapid.SampledFrom(someNames), rapid.StringMatching(`[A-ZŁŻ][a-zżćółń]{0,8}( [A-Z][a-z]{0,5}\.?)?`))
		a, b := name.Draw(t, "a"), name.Draw(t, "b")
		same := SameFirstName(a, b)
		written := rapid.SampledFrom([]func(string) string{
			strings.ToUpper, strings.ToLower, schema.Unmarked,
			func(s string) string { return "  " + s + "\t" },
		}).Draw(t, "written")
		if SameFirstName(b, a) != same || SameFirstName(written(a), b) != same || SameFirstName(a, written(b)) != same {
			t.Fatalf("%q and %q: %v, and otherwise as %q, %q", a, b, same, written(a), written(b))
		}
		if !SameFirstName(a, written(a)) {
			t.Fatalf("%q differs from %q", a, written(a))
		}
	})
}

func drawPerson(t *rapid.T, id string) Person {
	p := Person{ID: id, FirstName: rapid.SampledFrom(someNames).Draw(t, "first"), LastName: rapid.SampledFrom([]string{"", "Nowak"}).Draw(t, "last"), BirthYear: rapid.SampledFrom([]string{"", "1970", "1980"}).Draw(t, "year")}
	if rapid.Bool().Draw(t, "has a PESEL") {
		p.Pesels = []string{rapid.SampledFrom([]string{pesel, otherPesel}).Draw(t, "PESEL")}
	}
	return p
}

func drawRef(t *rapid.T) schema.PersonRef {
	p := drawPerson(t, "")
	ref := schema.PersonRef{Email: "rodzina@example.org", FirstName: p.FirstName, LastName: p.LastName, BirthYear: p.BirthYear}
	if len(p.Pesels) > 0 {
		ref.Pesel = p.Pesels[0]
	}
	return ref
}

// A sign-up is of a person who does not contradict it, and has every key of it that anybody has; else there is a
// conflict, which names one of them. The order of those who share a key has no effect on who is found.
func TestSignUpIsNeverOfAPersonWhomItContradicts(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		ref := drawRef(t)
		var all []Person
		for _, id := range []string{"1", "2", "3"}[:rapid.IntRange(0, 3).Draw(t, "people")] {
			all = append(all, drawPerson(t, id))
		}
		keys := []Held{{Key: Key{"email", ref.Email}}, {Key: Key{"pesel", ref.Pesel}}}
		for _, p := range all {
			keys[0].People = append(keys[0].People, p)
			if ref.Pesel != "" && slices.Contains(p.Pesels, ref.Pesel) {
				keys[1].People = append(keys[1].People, p)
			}
		}
		found, conflict := MatchSignup(ref, keys)
		switch {
		case conflict != nil && (found.ID != "" || len(conflict.Fields) == 0 || !slices.ContainsFunc(all, func(p Person) bool { return p.ID == conflict.Person })):
			t.Fatalf("conflict %+v beside %+v", conflict, found)
		case conflict == nil && len(all) > 0 && (found.ID == "" || len(found.Contradicts(ref)) > 0):
			t.Fatalf("found %+v", found)
		case len(all) == 1 && (conflict == nil) != (len(all[0].Contradicts(ref)) == 0):
			t.Fatalf("conflict %+v", conflict)
		}
		for _, h := range keys {
			slices.Reverse(h.People)
		}
		if again, other := MatchSignup(ref, keys); again.ID != found.ID || (other == nil) != (conflict == nil) {
			t.Fatalf("in another order %+v, %+v, not %+v, %+v", again, other, found, conflict)
		}
		// A record of the only holder of a key is theirs, whatever name it gives; a shared key alone does not decide.
		who, err := MatchRecord(ref, keys)
		switch {
		case len(all) == 1 && err == nil && who.ID != all[0].ID:
			t.Fatalf("the only holder: %+v", who)
		case len(all) > 1:
			if who, err := MatchRecord(schema.PersonRef{Email: ref.Email}, keys[:1]); err != ErrWhichPerson {
				t.Fatalf("a shared key alone: %+v, %v", who, err)
			}
			if err == nil && who.ID == "" {
				t.Fatal("nobody")
			}
		}
	})
}
