package signups

import "outreach/internal/people"

// Moved is the answer to a request that makes a sign-up or sets its state.
type Moved struct {
	ID       string           `json:"id" doc:"The sign-up's id"`
	State    string           `json:"state" enum:"accepted,waitlisted,held,cancelled"`
	Conflict *people.Conflict `json:"conflict,omitempty" doc:"Why it is held: it contradicts a known person"`
	Warnings []Warning        `json:"warnings,omitempty"`
}

// Warning is a problem to check of a sign-up that is stored.
type Warning struct {
	Field   string `json:"field"`
	Code    string `json:"code" enum:"other_year"`
	Message string `json:"message"`
}
