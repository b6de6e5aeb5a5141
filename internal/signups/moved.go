package signups

// Moved is the answer to a request that sets the state of a sign-up.
type Moved struct {
	ID    string `json:"id" doc:"The sign-up's id"`
	State string `json:"state" enum:"accepted,waitlisted,held,cancelled"`
}
