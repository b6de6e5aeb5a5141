package people

import (
	_ "embed"
	"slices"
	"strings"
	"sync"
	"unicode/utf8"

	"outreach/internal/schema"
)

// Conflict says why a sign-up was not taken for a person who has its key.
type Conflict struct {
	Person string   `json:"person" doc:"The id of the known person"`
	Fields []string `json:"fields" doc:"What differs: first_name, pesel or birth_year; or the keys that belong to different people"`
}

// SameFirstName reports whether two first names do not differ: they are equal without case, marks and outer spaces, or
// one is a whole word, the initial, or a listed short form of the other. It is symmetric.
func SameFirstName(a, b string) bool {
	one, other := nameWords(a), nameWords(b)
	if len(one) > len(other) {
		one, other = other, one
	}
	if len(one) == 0 {
		return len(other) == 0
	}
	for i, word := range one {
		same := func(another string) bool { return sameWord(word, another) }
		if !isInitial(word, other[i]) && !slices.ContainsFunc(other, same) {
			return false
		}
	}
	return true
}

func nameWords(name string) []string { return strings.FieldsFunc(Fold(name), isBetweenWords) }

// isInitial reports whether one of two words is the first letter of the other.
func isInitial(a, b string) bool {
	if len(a) > len(b) {
		a, b = b, a
	}
	return utf8.RuneCountInString(a) == 1 && strings.HasPrefix(b, a)
}

func sameWord(a, b string) bool {
	return a == b || slices.Contains(shortForms()[a], b) || slices.Contains(shortForms()[b], a)
}

//go:embed shortforms.txt
var shortFormsFile string

// shortForms returns the short forms of first names by the full name, all normalized. The file is read when the first
// names are compared.
var shortForms = sync.OnceValue(func() map[string][]string {
	forms := map[string][]string{}
	for line := range strings.Lines(shortFormsFile) {
		full, short, found := strings.Cut(line, ":")
		if !found || strings.HasPrefix(line, "#") {
			continue
		}
		full = strings.Join(nameWords(full), " ")
		for one := range strings.SplitSeq(short, ",") {
			forms[full] = append(forms[full], strings.Join(nameWords(one), " "))
		}
	}
	return forms
})

// firstNames returns the first names by which the person is known.
func (p Person) firstNames() []string {
	if p.FirstName == "" {
		return p.Also
	}
	return append([]string{p.FirstName}, p.Also...)
}

// hasFirstName reports whether a reference has one of the person's first names, or both names in each other's place.
func (p Person) hasFirstName(ref schema.PersonRef) bool {
	same := func(name string) bool { return SameFirstName(name, ref.FirstName) }
	return slices.ContainsFunc(p.firstNames(), same) ||
		ref.LastName != "" && Fold(p.FirstName) == Fold(ref.LastName) && Fold(p.LastName) == Fold(ref.FirstName)
}

// year returns the person's year of birth, "" where it is not known.
func (p Person) year() string {
	if p.BirthYear == "" && len(p.Pesels) > 0 {
		return schema.YearOfPesel(p.Pesels[0])
	}
	return p.BirthYear
}

func yearOf(ref schema.PersonRef) string {
	if ref.BirthYear == "" && ref.Pesel != "" {
		return schema.YearOfPesel(ref.Pesel)
	}
	return ref.BirthYear
}

func differ(a, b string) bool { return a != "" && b != "" && a != b }

// Contradicts returns what a reference says otherwise than is known of the person: another first name, another PESEL,
// or, where one side has no first name and they do not share a PESEL, another year of birth. It returns nothing where
// it may be the person.
func (p Person) Contradicts(ref schema.PersonRef) []string {
	var fields []string
	switch named := len(p.firstNames()) > 0 && ref.FirstName != ""; {
	case named && !p.hasFirstName(ref):
		fields = append(fields, "first_name")
	case !named && !slices.Contains(p.Pesels, ref.Pesel) && differ(p.year(), yearOf(ref)):
		fields = append(fields, "birth_year")
	}
	if ref.Pesel != "" && len(p.Pesels) > 0 && !slices.Contains(p.Pesels, ref.Pesel) {
		fields = append(fields, "pesel")
	}
	return fields
}

// OtherName reports whether a reference gives another first name than the person's.
func (p Person) OtherName(ref schema.PersonRef) bool {
	return ref.FirstName != "" && len(p.firstNames()) > 0 && !p.hasFirstName(ref)
}

// OtherYear reports whether a reference with a first name of the person gives another year of birth.
func (p Person) OtherYear(ref schema.PersonRef) bool {
	return ref.FirstName != "" && len(p.firstNames()) > 0 && p.hasFirstName(ref) && differ(p.year(), yearOf(ref))
}

// Held are the people who have a key.
type Held struct {
	Key    Key
	People []Person
}

// known returns the keys that have a holder.
func known(keys []Held) []Held {
	return slices.DeleteFunc(slices.Clone(keys), func(h Held) bool { return len(h.People) == 0 })
}

// inAll returns the people who have every one of the keys.
func inAll(keys []Held) []Person {
	var out []Person
	for i, h := range keys {
		if i == 0 {
			out = slices.Clone(h.People)
			continue
		}
		out = slices.DeleteFunc(out, func(p Person) bool {
			return !slices.ContainsFunc(h.People, func(other Person) bool { return other.ID == p.ID })
		})
	}
	return out
}

// narrow returns those of several people whom a reference describes best: by last name, PESEL, first name and year of
// birth, each where at least one remains.
func narrow(people []Person, ref schema.PersonRef) []Person {
	for _, fits := range []func(Person) bool{
		func(p Person) bool { return ref.LastName != "" && Fold(p.LastName) == Fold(ref.LastName) },
		func(p Person) bool { return ref.Pesel != "" && slices.Contains(p.Pesels, ref.Pesel) },
		func(p Person) bool { return ref.FirstName != "" && Fold(p.FirstName) == Fold(ref.FirstName) },
		func(p Person) bool { return yearOf(ref) != "" && p.year() == yearOf(ref) },
	} {
		if len(people) < 2 {
			break
		}
		if left := slices.DeleteFunc(slices.Clone(people), func(p Person) bool { return !fits(p) }); len(left) > 0 {
			people = left
		}
	}
	return people
}

// MatchSignup returns the person of a sign-up among the people who have its keys, the zero Person for a new person. Of
// a sign-up that contradicts them, or whose keys belong to different people, it returns the conflict.
func MatchSignup(ref schema.PersonRef, keys []Held) (Person, *Conflict) {
	keys = known(keys)
	if len(keys) == 0 {
		return Person{}, nil
	}
	for i, h := range keys {
		agreeing := slices.DeleteFunc(slices.Clone(h.People), func(p Person) bool { return len(p.Contradicts(ref)) > 0 })
		if len(agreeing) == 0 {
			closest := narrow(h.People, ref)[0]
			return Person{}, &Conflict{Person: closest.ID, Fields: closest.Contradicts(ref)}
		}
		keys[i].People = agreeing
	}
	conflict := Conflict{Person: keys[0].People[0].ID}
	for _, h := range keys {
		conflict.Fields = append(conflict.Fields, h.Key.Kind)
	}
	if all := narrow(inAll(keys), ref); len(all) == 1 {
		return all[0], nil
	}
	if len(keys) > 1 {
		conflict.Fields = conflict.Fields[1:] // the first key is that of the person named
	}
	return Person{}, &conflict
}

// MatchRecord returns the person of a record other than a sign-up among the people who have its keys, the zero Person
// for a new person. The only person with a key is meant whatever name the record gives. It fails with ErrTwoPeople
// where the keys belong to different people, and with ErrWhichPerson where several people share them and nothing else
// in the reference says who is meant.
func MatchRecord(ref schema.PersonRef, keys []Held) (Person, error) {
	keys = known(keys)
	if len(keys) == 0 {
		return Person{}, nil
	}
	all := inAll(keys)
	switch len(all) {
	case 0:
		return Person{}, ErrTwoPeople
	case 1:
		if ref.Pesel != "" && len(all[0].Pesels) > 0 && !slices.Contains(all[0].Pesels, ref.Pesel) {
			return Person{}, ErrTwoPeople
		}
		return all[0], nil
	}
	settled := ref.FirstName != "" || ref.LastName != "" || ref.Pesel != ""
	all = slices.DeleteFunc(all, func(p Person) bool { return len(p.Contradicts(ref)) > 0 })
	if all = narrow(all, ref); !settled || len(all) != 1 {
		return Person{}, ErrWhichPerson
	}
	return all[0], nil
}
