package schema

// The states of a sign-up. All but cancelled ones count, unless a rule selects by state.
const (
	Accepted   = "accepted"
	Waitlisted = "waitlisted"
	Held       = "held"
	Cancelled  = "cancelled"
)

// Undecided is what facts have as the first state of a held sign-up that contradicts a known person: it counts nowhere
// until it gets another state.
const Undecided = "undecided"
