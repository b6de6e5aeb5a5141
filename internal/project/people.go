package project

import "slices"

// The keys of people that every project may use, beside identifiers of its own.
const (
	KeyEmail  = "email"
	KeyPesel  = "pesel"
	KeyPhone  = "phone"
	KeyNumber = "number" // the project's own, from a paper list
	KeyName   = "name"   // first name, last name and year of birth together
)

// KnownKeys are all of them.
var KnownKeys = []string{KeyEmail, KeyPesel, KeyPhone, KeyNumber, KeyName}

// People is by what a project recognises people.
type People struct {
	Keys        []string              `json:"keys,omitempty"` // KnownKeys and own identifiers; none: e-mail address and PESEL
	Identifiers map[string]Identifier `json:"identifiers,omitempty"`
}

// IsZero reports whether the definition says nothing of it.
func (p People) IsZero() bool { return len(p.Keys) == 0 && len(p.Identifiers) == 0 }

// Identifier is a key of a project's own, such as a national identity number.
type Identifier struct {
	Label   Text   `json:"label,omitzero"`
	Pattern string `json:"pattern"` // a regular expression that matches the whole value
}

// PersonKeys returns by what the project recognises people. The caller must not change it.
func (d *Definition) PersonKeys() []string {
	if d == nil || len(d.People.Keys) == 0 {
		return defaultKeys
	}
	return d.People.Keys
}

var defaultKeys = []string{KeyEmail, KeyPesel}

// UsualKeys reports whether the project recognises people by e-mail address and PESEL, as all did that name no keys.
func (d *Definition) UsualKeys() bool { return slices.Equal(d.PersonKeys(), defaultKeys) }
