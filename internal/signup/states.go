// Package signup is a person's sign-up to an activity: how places and the queue are given, and what people agree to.
package signup

// States of a sign-up. Waitlisted and held ones count too, unless a rule asks for accepted ones.
const (
	Accepted   = "accepted"
	Waitlisted = "waitlisted"
	Held       = "held"
	Cancelled  = "cancelled"
)
