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

// People is by what a project recognises people, and what it needs to know of participants.
type People struct {
	Keys        []string              `json:"keys,omitempty"` // KnownKeys and own identifiers; none: e-mail address and PESEL
	Identifiers map[string]Identifier `json:"identifiers,omitempty"`
	Complete    []string              `json:"complete,omitempty"`   // the attributes that a complete participant has
	Incomplete  string                `json:"incomplete,omitempty"` // where others count: one of Incompletes; "": CountedEverywhere
}

// Where participants count who lack one of the attributes of People.Complete.
const (
	CountedEverywhere = "everywhere" // like all others
	CountedInTotals   = "total"      // in totals, and in breakdowns as unknown
	CountedNowhere    = "nowhere"    // in no figure of people
)

// Incompletes are the values of People.Incomplete.
var Incompletes = []string{CountedInTotals, CountedNowhere, CountedEverywhere}

// IsZero reports whether the definition says nothing of it.
func (p People) IsZero() bool {
	return len(p.Keys) == 0 && len(p.Identifiers) == 0 && len(p.Complete) == 0 && p.Incomplete == ""
}

// Identifier is a key of a project's own, such as a national identity number.
type Identifier struct {
	Label   Text   `json:"label,omitzero"`
	Pattern string `json:"pattern"` // a regular expression that matches the whole value
}

// PersonKeys returns by what the project recognises people. Where the definition does not say it, that is the e-mail
// address, and in a Polish project the PESEL. The caller must not change it.
func (d *Definition) PersonKeys() []string {
	switch {
	case d != nil && len(d.People.Keys) > 0:
		return d.People.Keys
	case d.Polish():
		return defaultKeys
	}
	return defaultKeys[:1]
}

var defaultKeys = []string{KeyEmail, KeyPesel}

// UsualKeys reports whether the project recognises people by e-mail address and PESEL, as Polish ones do that name no
// keys.
func (d *Definition) UsualKeys() bool { return slices.Equal(d.PersonKeys(), defaultKeys) }
