package signups

import (
	"encoding/json"
	"maps"
	"time"

	"outreach/internal/schema"
)

// Places is how an activity stands: its capacity (0: as many as come), and how many have a place, wait for one, and are held
// for the office.
type Places struct {
	Capacity int `json:"-"` // the definition's
	Taken    int `json:"taken"`
	Waiting  int `json:"waiting"`
	Held     int `json:"held"`
}

// Admit says which state a new sign-up gets: those whose identity the office has to look at are held and take no place;
// nobody overtakes those who wait.
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

// Move says which state a sign-up gets that the office wants to give another one. Nobody gets a place that is not free:
// from the queue that is false, and who was held joins the queue.
func (p Places) Move(from, to string) (string, bool) {
	if to == schema.Accepted && p.Full() {
		return schema.Waitlisted, from == schema.Held
	}
	return to, true
}

// Free tells whether a place can be given to the first of the queue.
func (p Places) Free() bool { return p.Waiting > 0 && !p.Full() }

// Full tells that no place is free, whoever waits.
func (p Places) Full() bool { return p.Capacity > 0 && p.Taken >= p.Capacity }

// Left returns how many places new sign-ups can get: 0 where the next one waits, -1 where there is no limit.
func (p Places) Left() int {
	switch {
	case p.Admit(false) == schema.Waitlisted:
		return 0
	case p.Capacity == 0:
		return -1
	default:
		return p.Capacity - p.Taken
	}
}

// Overlooked is how many wait though places are free for them. A definition that gave more of them, or a queue that nobody
// has looked at, leaves such people.
func (p Places) Overlooked() int {
	switch {
	case p.Full():
		return 0
	case p.Capacity > 0:
		return min(p.Waiting, p.Capacity-p.Taken)
	default:
		return p.Waiting
	}
}

// Add counts a sign-up that has come to a state, or of which -1 is one less.
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

// Signup is one sign-up as it is kept, without anything that says who: Values are sealed.
type Signup struct {
	ID        string        `json:"id"`
	Person    string        `json:"person"`
	Activity  string        `json:"activity"`
	Submitted time.Time     `json:"submitted_at"`
	State     string        `json:"state"`
	Version   int           `json:"version"`
	Values    schema.Values `json:"row"`
	Entry     string        `json:"entry"`
	Entries   int           `json:"entries"`         // how often the form was sent
	Later     []string      `json:"later,omitempty"` // sendings after the first that brought a telephone number, in order
	Upload    string        `json:"upload,omitempty"`
	Locale    string        `json:"locale,omitempty"`
	// Since is of the fields that a later sending gave when that was submitted.
	Since map[string]time.Time `json:"since,omitempty"`
	// Forgotten tells that it waits, or is held, only in name: who it was is erased, and nobody gives them a place.
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

// TakeUp adds what a later sending gives, where nothing was given or only later: what was submitted first is the
// state at entry, in whatever order forms and late paper come.
func (s *Signup) TakeUp(kind *schema.Kind, given schema.Values, submitted time.Time) {
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

// Count is what a sign-up adds to its activity's places: -1 takes it away again.
func (s Signup) Count(p *Places, n int) {
	if !s.Forgotten {
		p.Add(s.State, n)
	}
}

// Live tells that a sign-up is not cancelled.
func (s Signup) Live() bool { return s.State != schema.Cancelled }
