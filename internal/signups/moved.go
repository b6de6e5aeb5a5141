package signups

// Moved is how a sign-up's change of state is answered.
type Moved struct {
	ID    string `json:"id" doc:"The sign-up's id"`
	State string `json:"state" enum:"accepted,waitlisted,held,cancelled"`
}
