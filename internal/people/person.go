// Package people stores the identity of participants: names, contact data and identity keys (e-mail address, PESEL),
// and finds, merges, corrects and deletes people. Identity is in the people table only; everything else refers to
// people by random ids.
package people

import (
	"cmp"
	"encoding/json"
	"slices"
	"strings"
	"unicode"

	"outreach/internal/project"
	"outreach/internal/schema"
)

// Person is one participant. A person who was merged into another has Into.
type Person struct {
	ID        string   `json:"id"`
	FirstName string   `json:"first_name,omitempty"`
	LastName  string   `json:"last_name,omitempty"`
	Emails    []string `json:"emails,omitempty"`
	Pesels    []string `json:"pesels,omitempty"`
	Further   []Key    `json:"further,omitempty"`    // keys of other kinds
	Address   string   `json:"address,omitempty"`    // an e-mail address where it is no key of the project
	Phone     string   `json:"phone,omitempty"`      // for calls; where it is a key too, Further has it
	BirthYear string   `json:"birth_year,omitempty"` // as the first form that gave it says
	Also      []string `json:"also,omitempty"`       // further first names by which the office knows the person
	// Undecided is set for a person who gave the key of a known one and contradicted them, until the office decides
	// who it is. Their keys lead to them in a search alone.
	Undecided bool     `json:"undecided,omitempty"`
	Claims    []Claim  `json:"claims,omitempty"` // of sign-ups that are held
	Given     []string `json:"given,omitempty"`  // names of the attributes that a correction gave
	Asked     Asked    `json:"asked,omitzero"`   // the last question by e-mail
	Into      string   `json:"into,omitempty"`   // the id of the person this one was merged into
	Was       []string `json:"was,omitempty"`    // ids of people who were merged into this one
}

// Key is one identity key: its kind, one of those of the project, and canonical value.
type Key struct {
	Kind  string `json:"kind"`
	Value string `json:"value"`
}

// IDs returns the person's id and the ids of everyone merged into them.
func (p Person) IDs() []string { return append([]string{p.ID}, p.Was...) }

// Claim is an identity key of a sign-up that is held: a search finds the person by it, and it identifies no person
// until the office has decided on the sign-up. Mark tells claims of a key apart.
type Claim struct {
	Kind  string `json:"kind"`
	Value string `json:"value"`
	Mark  string `json:"mark"`
}

// Keys returns the identity keys of a reference.
func Keys(ref schema.PersonRef) []Key {
	var keys []Key
	if ref.Email != "" {
		keys = append(keys, Key{"email", ref.Email})
	}
	if ref.Pesel != "" {
		keys = append(keys, Key{"pesel", ref.Pesel})
	}
	for kind, value := range ref.Further.All() {
		keys = append(keys, Key{kind, value})
	}
	return keys
}

// Keys returns all identity keys of the person.
func (p Person) Keys() []Key {
	var keys []Key
	for _, e := range p.Emails {
		keys = append(keys, Key{"email", e})
	}
	for _, n := range p.Pesels {
		keys = append(keys, Key{"pesel", n})
	}
	return append(keys, p.Further...)
}

// Values returns the person's keys of a kind.
func (p Person) Values(kind string) []string {
	var values []string
	for _, k := range p.Keys() {
		if k.Kind == kind {
			values = append(values, k.Value)
		}
	}
	return values
}

// isFoundBy reports whether a search for one of some keys finds the person: by their keys, and by the address of a
// sign-up that is held.
func (p Person) isFoundBy(keys []Key) bool {
	return slices.ContainsFunc(keys, func(k Key) bool {
		claimed := func(c Claim) bool { return Key{c.Kind, c.Value} == k }
		return slices.Contains(p.Keys(), k) || k.Kind == "email" && slices.ContainsFunc(p.Claims, claimed)
	})
}

// AllKeys returns the person's identity keys, and those that sign-ups that are held claim for them.
func (p Person) AllKeys() []Key {
	keys := p.Keys()
	for _, c := range p.Claims {
		if k := (Key{c.Kind, c.Value}); !slices.Contains(keys, k) {
			keys = append(keys, k)
		}
	}
	return keys
}

// Add adds a key unless the person has it. It returns false, and adds nothing, for a second PESEL: a person has only
// one, so the key belongs to another person.
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
	default:
		if !slices.Contains(p.Further, k) {
			p.Further = append(slices.Clone(p.Further), k)
		}
	}
	return true
}

// Absorb adds the ids and keys of another record of the same person, the names, the phone and the year of birth that p
// does not have, and the first names by which the other record is known.
func (p *Person) Absorb(other Person) {
	p.Was = append(append(p.Was, other.ID), other.Was...)
	p.Undecided = p.Undecided && other.Undecided
	p.Claims = nil // Store.joinPeople sets those that are left
	if p.FirstName != "" || p.LastName != "" {
		for _, name := range other.firstNames() {
			if !slices.Contains(p.firstNames(), name) {
				p.Also = append(p.Also, name)
			}
		}
	} else {
		p.Also = append(p.Also, other.Also...)
	}
	if p.BirthYear == "" {
		p.BirthYear = other.BirthYear
	}
	for _, name := range other.Given {
		if !slices.Contains(p.Given, name) {
			p.Given = append(slices.Clone(p.Given), name)
		}
	}
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
	for _, k := range other.Further {
		p.Add(k)
	}
	if p.FirstName == "" && p.LastName == "" {
		p.FirstName, p.LastName = other.FirstName, other.LastName
	}
	p.Phone, p.Address = cmp.Or(p.Phone, other.Phone), cmp.Or(p.Address, other.Address)
}

// PersonView is the JSON form of a person, for roles that may see names and keys.
type PersonView struct {
	ID        string `json:"id" doc:"A random id"`
	FirstName string `json:"first_name,omitempty"`
	LastName  string `json:"last_name,omitempty"`
	Email     string `json:"email,omitempty"`
	Pesel     string `json:"pesel,omitempty"`
	// Further has the keys of the project's other kinds, which are members by their kind.
	Further schema.Further `json:"-"`
}

// PersonFields are the members of a PersonView without Further, for objects that embed them.
type PersonFields PersonView

// MarshalJSON implements json.Marshaler.
func (v PersonView) MarshalJSON() ([]byte, error) {
	out, err := json.Marshal(PersonFields(v))
	if err != nil || v.Further == "" {
		return out, err
	}
	out = out[:len(out)-1]
	for kind, value := range v.Further.All() {
		out = append(schema.AppendJSON(append(out, ','), kind), ':')
		out = schema.AppendJSON(out, value)
	}
	return append(out, '}'), nil
}

// View returns the person's names and the first key of each kind.
func (p Person) View() PersonView {
	v := PersonView{ID: p.ID, FirstName: p.FirstName, LastName: p.LastName, Email: p.Email(), Pesel: first(p.Pesels)}
	for _, k := range p.Further {
		if k.Kind != project.KeyName && v.Further.Get(k.Kind) == "" {
			v.Further = v.Further.With(k.Kind, k.Value)
		}
	}
	return v
}

// Key returns the first key of a kind, "" where there is none.
func (v PersonView) Key(kind string) string {
	switch kind {
	case project.KeyEmail:
		return v.Email
	case project.KeyPesel:
		return v.Pesel
	}
	return v.Further.Get(kind)
}

// ViewOf returns the view of the person with an id of whom values are known, by the field of the sign-up or record.
func ViewOf(id string, keys *schema.Keys, get func(field string) string) PersonView {
	ref := keys.Of(get)
	return PersonView{ID: id, FirstName: ref.FirstName, LastName: ref.LastName, Email: get("email"), Pesel: ref.Pesel, Further: ref.Further.With(project.KeyName, "")}
}

// Or returns the view with what it lacks taken from another view of the person.
func (v PersonView) Or(other PersonView) PersonView {
	if v.FirstName == "" && v.LastName == "" {
		v.FirstName, v.LastName = other.FirstName, other.LastName
	}
	v.Email, v.Pesel = cmp.Or(v.Email, other.Email), cmp.Or(v.Pesel, other.Pesel)
	for kind, value := range other.Further.All() {
		v.Further = v.Further.With(kind, cmp.Or(v.Further.Get(kind), value))
	}
	return v
}

// Seen returns a person of whom no more is known than a view.
func Seen(v PersonView) Person {
	p := Person{ID: v.ID, FirstName: v.FirstName, LastName: v.LastName}
	if v.Email != "" {
		p.Emails = []string{v.Email}
	}
	if v.Pesel != "" {
		p.Pesels = []string{v.Pesel}
	}
	for kind, value := range v.Further.All() {
		p.Further = append(p.Further, Key{kind, value})
	}
	return p
}

// Email returns the address for letters: the first one, "" where the person has none.
func (p Person) Email() string { return cmp.Or(first(p.Emails), p.Address) }

// AnyKey returns what a person without a name is called by: an address, else another key but the PESEL, or "".
func (p Person) AnyKey() string {
	for _, k := range p.Further {
		if p.Email() == "" && k.Kind != project.KeyName {
			return k.Value
		}
	}
	return p.Email()
}

func first(list []string) string {
	if len(list) == 0 {
		return ""
	}
	return list[0]
}

// SortName returns the name by which people are sorted and compared: last name first, normalized by Fold.
func (p Person) SortName() string { return Fold(p.LastName + " " + p.FirstName) }

// Fold normalizes a text for comparison: lower case, letters without marks, single spaces. " Łucja" and "lucja" become
// equal.
func Fold(text string) string { return strings.Join(strings.Fields(schema.Unmarked(text)), " ") }

// MostWords is the number of words of a name that the search index has.
const MostWords = 8

// Words returns the search words of a name: normalized, sorted, without repetitions, at most MostWords.
func Words(name string) []string {
	words := strings.FieldsFunc(Fold(name), isBetweenWords)
	slices.Sort(words)
	words = slices.Compact(words)
	return words[:min(len(words), MostWords)]
}

func isBetweenWords(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) }

// LeadingWord returns the search word with which SortName begins, "" where it begins with another character.
func (p Person) LeadingWord() string {
	name := p.SortName()
	if end := strings.IndexFunc(name, isBetweenWords); end >= 0 {
		return name[:end]
	}
	return name
}

// Words returns the search words of the person's name.
func (p Person) Words() []string { return Words(p.FirstName + " " + p.LastName) }

// FirstWord returns the first of the person's search words with a prefix, "" where none has it.
func (p Person) FirstWord(prefix string) string {
	for _, word := range p.Words() {
		if strings.HasPrefix(word, prefix) {
			return word
		}
	}
	return ""
}

// MatchesPrefixes reports whether each prefix is one of some search word of the person's name.
func (p Person) MatchesPrefixes(prefixes []string) bool {
	return !slices.ContainsFunc(prefixes, func(prefix string) bool { return p.FirstWord(prefix) == "" })
}

// Matches reports whether a query finds the person of a project, as Search does: by a key, or the beginnings of words
// of the name.
func (p Person) Matches(d *project.Definition, query string) bool {
	query = strings.TrimSpace(query)
	sure, maybe := queryKeys(d, query)
	words := Words(query)
	switch {
	case len(sure) > 0:
		return p.isFoundBy(append(sure, maybe...))
	case p.isFoundBy(maybe):
		return true
	case len(words) > 0:
		return p.MatchesPrefixes(words)
	}
	return query == ""
}

// Correction is the full new identity of a person: an empty field removes the value.
type Correction struct {
	FirstName, LastName, Phone, Email, Pesel string
	Further                                  schema.Further
	Keys                                     *schema.Keys // of the project; nil: e-mail address and PESEL
}

// Correct returns the corrected person and the names of the fields that changed, none where nothing did. It replaces
// the first key of each kind; others stay. The key of names follows the names. p does not change.
func (p Person) Correct(c Correction) (Person, []string) {
	var fields []string
	changed := func(name string) {
		if !slices.Contains(fields, name) {
			fields = append(fields, name)
		}
	}
	set := func(name string, value *string, to string) {
		if *value != to {
			*value = to
			changed(name)
		}
	}
	set("first_name", &p.FirstName, c.FirstName)
	set("last_name", &p.LastName, c.LastName)
	set("phone", &p.Phone, c.Phone)
	lead := func(name string, list *[]string, to string) {
		if first(*list) == to {
			return
		}
		changed(name)
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
	if c.Keys == nil || c.Keys.Has(project.KeyEmail) {
		lead("email", &p.Emails, c.Email)
	} else {
		lead("email", &p.Emails, "")
		set("email", &p.Address, c.Email)
	}
	lead("pesel", &p.Pesels, c.Pesel)
	if c.Keys == nil || c.Keys.Usual() {
		return p, fields
	}
	byKind := map[string][]string{}
	var kinds []string
	for _, k := range p.Further {
		kinds = append(kinds, k.Kind)
		byKind[k.Kind] = append(byKind[k.Kind], k.Value)
	}
	p.Further = nil
	for _, f := range c.Keys.Fields {
		kinds = append(kinds, f.Name)
	}
	slices.Sort(kinds)
	for _, kind := range slices.Compact(kinds) {
		values := byKind[kind]
		switch f := c.Keys.Field(kind); {
		case kind == project.KeyName && c.Keys.Name:
			continue
		case f != nil && f.Name != project.KeyEmail && f.Name != project.KeyPesel:
			lead(kind, &values, c.Further.Get(kind))
		}
		for _, value := range values {
			p.Further = append(p.Further, Key{kind, value})
		}
	}
	return p.withName(c.Keys), fields
}

// withName returns the person with the key of names, where the project uses it and the person has all of them.
func (p Person) withName(keys *schema.Keys) Person {
	if name := schema.NameKey(p.FirstName, p.LastName, p.BirthYear); keys.Name && name != "" {
		p.Add(Key{project.KeyName, name})
	}
	return p
}

// isName reports whether a key is one of names: the public form does not recognise people by it.
func isName(k Key) bool { return k.Kind == project.KeyName }
