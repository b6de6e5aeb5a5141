package schema

// States of a sign-up. Waitlisted and held ones count too, unless a rule asks for accepted ones.
const (
	Accepted   = "accepted"
	Waitlisted = "waitlisted"
	Held       = "held"
	Cancelled  = "cancelled"
)
