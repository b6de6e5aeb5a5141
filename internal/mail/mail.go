// Package mail is a letter and whoever sends it: SES, an SMTP server, or the local stack's mailbox.
package mail

import (
	"context"
	"errors"
)

// Message is one letter. ID is the same for the same cause, so that a letter sent twice can be told.
type Message struct {
	ID      string `json:"id"`
	To      string `json:"to"`
	Subject string `json:"subject"`
	Text    string `json:"text"`
	HTML    string `json:"html,omitempty"`
	Files   []File `json:"files,omitempty"`
}

// File is what is attached to a letter.
type File struct {
	Name string `json:"name"`
	Type string `json:"type"` // its media type
	Data []byte `json:"data"`
}

// ErrRefused is in the error where a letter will never be delivered, however often it is sent: nobody has its address.
var ErrRefused = errors.New("the letter is refused")

// Sender sends letters.
type Sender interface {
	Send(ctx context.Context, m Message) error
}
