// Package mail is a letter and whoever sends it: SES, or the local stack's mailbox.
package mail

import "context"

// Message is one letter. ID is the same for the same cause, so that a letter sent twice can be told.
type Message struct {
	ID      string `json:"id"`
	To      string `json:"to"`
	Subject string `json:"subject"`
	Text    string `json:"text"`
	HTML    string `json:"html,omitempty"`
}

// Sender sends letters.
type Sender interface {
	Send(ctx context.Context, m Message) error
}
