// Package people is who somebody is: names and the keys that lead to them. It stands in the people table alone; all else
// knows a random id.
package people

import (
	"slices"
	"strings"
	"unicode"

	"outreach/internal/schema"
)

// Person is one participant.
type Person struct {
	ID        string   `json:"id"`
	FirstName string   `json:"first_name,omitempty"`
	LastName  string   `json:"last_name,omitempty"`
	Emails    []string `json:"emails,omitempty"`
	Pesels    []string `json:"pesels,omitempty"`
	Phone     string   `json:"phone,omitempty"`
	Into      string   `json:"into,omitempty"` // merged: the id of the person this one is
	Was       []string `json:"was,omitempty"`  // ids of those who were merged into this one
}

// Key is one identity key: its kind (email or pesel) and value.
type Key struct{ Kind, Value string }

// IDs are all ids that ever stood for the person.
func (p Person) IDs() []string { return append([]string{p.ID}, p.Was...) }

// Keys are the identity keys of a reference.
func Keys(ref schema.PersonRef) []Key {
	var keys []Key
	if ref.Email != "" {
		keys = append(keys, Key{"email", ref.Email})
	}
	if ref.Pesel != "" {
		keys = append(keys, Key{"pesel", ref.Pesel})
	}
	return keys
}

// Keys are all keys that lead to the person.
func (p Person) Keys() []Key {
	var keys []Key
	for _, e := range p.Emails {
		keys = append(keys, Key{"email", e})
	}
	for _, n := range p.Pesels {
		keys = append(keys, Key{"pesel", n})
	}
	return keys
}

// Add gives the person a key. A person has one PESEL: false where they have another one already, so that the key must be
// somebody else's.
func (p *Person) Add(k Key) bool {
	switch k.Kind {
	case "email":
		if !slices.Contains(p.Emails, k.Value) {
			p.Emails = append(p.Emails, k.Value)
		}
	case "pesel":
		if len(p.Pesels) > 0 && !slices.Contains(p.Pesels, k.Value) {
			return false
		}
		if len(p.Pesels) == 0 {
			p.Pesels = []string{k.Value}
		}
	}
	return true
}

// Absorb takes over what another record of the same person knows.
func (p *Person) Absorb(other Person) {
	p.Was = append(append(p.Was, other.ID), other.Was...)
	for _, e := range other.Emails {
		if !slices.Contains(p.Emails, e) {
			p.Emails = append(p.Emails, e)
		}
	}
	for _, n := range other.Pesels {
		if !slices.Contains(p.Pesels, n) {
			p.Pesels = append(p.Pesels, n)
		}
	}
	if p.FirstName == "" && p.LastName == "" {
		p.FirstName, p.LastName = other.FirstName, other.LastName
	}
	if p.Phone == "" {
		p.Phone = other.Phone
	}
}

// PersonView is a person in an answer, for those who may see names and keys.
type PersonView struct {
	ID        string `json:"id" doc:"A random id"`
	FirstName string `json:"first_name,omitempty"`
	LastName  string `json:"last_name,omitempty"`
	Email     string `json:"email,omitempty"`
	Pesel     string `json:"pesel,omitempty"`
}

// View is the person with names and the first of each key.
func (p Person) View() PersonView {
	return PersonView{ID: p.ID, FirstName: p.FirstName, LastName: p.LastName, Email: first(p.Emails), Pesel: first(p.Pesels)}
}

// Email is the address letters go to, "" where none is known.
func (p Person) Email() string { return first(p.Emails) }

func first(list []string) string {
	if len(list) == 0 {
		return ""
	}
	return list[0]
}

// SortName is the form in which names are searched and compared: last name first, lower case, letters without marks.
func (p Person) SortName() string { return Fold(p.LastName + " " + p.FirstName) }

// Fold is a text without case, marks and needless spaces, so that " Łucja" and "lucja" meet.
func Fold(text string) string { return strings.Join(strings.Fields(schema.Unmarked(text)), " ") }

// MostWords is how many words of a name are searched by.
const MostWords = 8

// Words are the words of a name as they are searched by, each once, in order.
func Words(name string) []string {
	words := strings.FieldsFunc(Fold(name), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
	slices.Sort(words)
	words = slices.Compact(words)
	return words[:min(len(words), MostWords)]
}

// Words are the words that the person is found by.
func (p Person) Words() []string { return Words(p.FirstName + " " + p.LastName) }

// FirstWord is the first of the person's words with this beginning, "" where none has it.
func (p Person) FirstWord(beginning string) string {
	for _, word := range p.Words() {
		if strings.HasPrefix(word, beginning) {
			return word
		}
	}
	return ""
}

// Named tells that each of some beginnings is one of a word of the person's name.
func (p Person) Named(beginnings []string) bool {
	return !slices.ContainsFunc(beginnings, func(b string) bool { return p.FirstWord(b) == "" })
}

// Correction is what somebody's names, phone and keys are, in the place of what was known.
type Correction struct{ FirstName, LastName, Phone, Email, Pesel string }

// Correct gives the person as the correction says, and the names of the fields that it changes. Of several addresses or
// PESELs it is the first that is corrected; the others stay.
func (p Person) Correct(c Correction) (Person, []string) {
	var fields []string
	set := func(name string, value *string, to string) {
		if *value != to {
			*value = to
			fields = append(fields, name)
		}
	}
	set("first_name", &p.FirstName, c.FirstName)
	set("last_name", &p.LastName, c.LastName)
	set("phone", &p.Phone, c.Phone)
	lead := func(name string, list *[]string, to string) {
		if first(*list) == to {
			return
		}
		fields = append(fields, name)
		rest := (*list)[min(len(*list), 1):]
		*list = nil
		if to != "" {
			*list = []string{to}
		}
		for _, other := range rest {
			if other != to {
				*list = append(*list, other)
			}
		}
	}
	lead("email", &p.Emails, c.Email)
	lead("pesel", &p.Pesels, c.Pesel)
	return p, fields
}
