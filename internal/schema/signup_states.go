package schema

// The states of a sign-up. All but cancelled ones count, unless a rule selects by state.
const (
	Accepted   = "accepted"
	Waitlisted = "waitlisted"
	Held       = "held"
	Cancelled  = "cancelled"
)
