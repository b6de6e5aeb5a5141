package signups

import (
	"encoding/json"
	"maps"
	"strconv"
	"time"

	"outreach/internal/people"
	"outreach/internal/schema"
)

// Places are the counts of an activity: its capacity (0 is no limit), and how many sign-ups have a place, wait for one,
// or are held until a coordinator has checked who they are or the person has confirmed the address.
type Places struct {
	Capacity    int `json:"-"` // the definition's
	Taken       int `json:"taken"`
	Waiting     int `json:"waiting"`
	Held        int `json:"held"`
	Unconfirmed int `json:"unconfirmed,omitempty"` // of those that are held
	Reserved    int `json:"reserved,omitempty"`    // places that are kept for unconfirmed sign-ups
}

// Admit returns the state of a new sign-up. One whose identity a coordinator has to check is held and takes no place;
// no one overtakes those who wait.
func (p Places) Admit(held bool) string {
	switch {
	case held:
		return schema.Held
	case p.Full() || p.Waiting > 0:
		return schema.Waitlisted
	default:
		return schema.Accepted
	}
}

// Move returns the state of a sign-up that a coordinator moves from one state to another. Where no place is free, a
// held one joins the waiting list; for any other the move is not possible, and Move returns false.
func (p Places) Move(from, to string) (string, bool) {
	if to == schema.Accepted && p.Full() {
		return schema.Waitlisted, from == schema.Held
	}
	return to, true
}

// Free reports whether the first of the waiting list can get a place.
func (p Places) Free() bool { return p.Waiting > 0 && !p.Full() }

// Full reports whether all places are taken or reserved, whether or not anybody waits.
func (p Places) Full() bool { return p.Capacity > 0 && p.Taken+p.Reserved >= p.Capacity }

// Left returns how many places new sign-ups can get: 0 where the next one waits, -1 where there is no limit.
func (p Places) Left() int {
	switch {
	case p.Admit(false) == schema.Waitlisted:
		return 0
	case p.Capacity == 0:
		return -1
	default:
		return p.Capacity - p.Taken - p.Reserved
	}
}

// WaitingWithFreePlaces returns how many wait although places are free: after a definition raised the capacity until
// FillPlaces has run, and people of a file that was read meanwhile.
func (p Places) WaitingWithFreePlaces() int {
	switch {
	case p.Full():
		return 0
	case p.Capacity > 0:
		return min(p.Waiting, p.Capacity-p.Taken-p.Reserved)
	default:
		return p.Waiting
	}
}

// Add adds n, 1 or -1, to the count of a state. Cancelled sign-ups are not counted.
func (p *Places) Add(state string, n int) {
	switch state {
	case schema.Accepted:
		p.Taken += n
	case schema.Waitlisted:
		p.Waiting += n
	case schema.Held:
		p.Held += n
	}
}

// Signup is one sign-up as it is stored, without identity: Values are sealed.
type Signup struct {
	ID        string        `json:"id"`
	Person    string        `json:"person"`
	Activity  string        `json:"activity"`
	Submitted time.Time     `json:"submitted_at"`
	State     string        `json:"state"`
	First     string        `json:"first_state,omitempty"` // the state that it began with, where that has changed
	Version   int           `json:"version"`
	Values    schema.Values `json:"row"`
	Entry     string        `json:"entry"`
	Entries   int           `json:"entries"`         // how often the form was submitted
	Later     []string      `json:"later,omitempty"` // submissions after the first that have a telephone number, in order
	Upload    string        `json:"upload,omitempty"`
	Locale    string        `json:"locale,omitempty"`
	// Since holds when a value was submitted, for the fields whose value is not of the first submission.
	Since map[string]time.Time `json:"since,omitempty"`
	// Conflict is set while the sign-up is held because it contradicts a known person: it counts nowhere, and Person is
	// an undecided person, until Decide.
	Conflict *people.Conflict `json:"conflict,omitempty"`
	// Unconfirmed is set until the link in the letter was followed: the sign-up is held, and counts
	// nowhere.
	Unconfirmed bool `json:"unconfirmed,omitempty"`
	// NewKeys is set while an unconfirmed sign-up brings keys that its person lacks: the office decides about it once it
	// is confirmed.
	NewKeys bool `json:"new_keys,omitempty"`
	// ReservedUntil is until when a place is kept for an unconfirmed sign-up; zero: none is. While it is not zero,
	// Places.Reserved counts the place, also after that instant, until the place is released.
	ReservedUntil time.Time `json:"reserved_until,omitzero"`
	// Forgotten is set where the person was erased while the sign-up was waitlisted or held: it is not counted and gets
	// no place.
	Forgotten bool `json:"forgotten,omitempty"`
}

// UnmarshalJSON reads a sign-up as any version of the schema stored it.
func (s *Signup) UnmarshalJSON(data []byte) error {
	type stored Signup
	if err := json.Unmarshal(data, (*stored)(s)); err != nil {
		return err
	}
	s.Values = s.Values.Upcast(schema.Signup)
	return nil
}

// AddValues adds the personal values of another submission. Of each field the value that was submitted first counts, in
// whatever order the submissions arrive, so that forms on paper may be entered late.
func (s *Signup) AddValues(kind *schema.Kind, given schema.Values, submitted time.Time) {
	s.Since = maps.Clone(s.Since)
	for _, v := range given.All() {
		f := kind.Field(v.Field)
		if f == nil || !f.Personal {
			continue
		}
		since, later := s.Since[f.Name]
		if !later {
			since = s.Submitted
		}
		if s.Values.Get(f.Name) == "" || submitted.Before(since) {
			if s.Since == nil {
				s.Since = map[string]time.Time{}
			}
			s.Values = s.Values.With(f.Name, v.Text)
			s.Since[f.Name] = submitted.UTC()
		}
	}
}

// Count adds the sign-up n times, 1 or -1, to the counts of its activity.
func (s Signup) Count(p *Places, n int) {
	if !s.ReservedUntil.IsZero() {
		p.Reserved += n
	}
	if s.Forgotten {
		return
	}
	p.Add(s.State, n)
	if s.Unconfirmed {
		p.Unconfirmed += n
	}
}

// Disputed reports whether the office has to decide whose the sign-up is.
func (s Signup) Disputed() bool {
	return s.State == schema.Held && (!s.Unconfirmed || s.Conflict != nil || s.NewKeys)
}

// factState returns the state as facts have it: a sign-up that contradicts a known person, or is not confirmed, counts
// nowhere.
func (s Signup) factState() string {
	if s.State == schema.Held && (s.Unconfirmed || s.Conflict != nil) {
		return schema.Undecided
	}
	return s.State
}

// ETag names the version of a sign-up, for If-Match.
func ETag(su Signup) string { return `"` + su.ID + "." + strconv.Itoa(su.Version) + `"` }

// Live reports whether the sign-up is not cancelled.
func (s Signup) Live() bool { return s.State != schema.Cancelled }
