// Package mail is a letter and whoever sends it: SES, an SMTP server, or the local stack's mailbox.
package mail

import (
	"context"
	"errors"
	"strings"

	"golang.org/x/net/idna"
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

// Address gives an e-mail address as every server takes it: a domain of other than ASCII letters in the form that the DNS
// knows. False where no letter can be relied on to get there: SES takes only ASCII before the @, and a number in brackets is
// no name of a mail server.
func Address(address string) (string, bool) {
	at := strings.LastIndexByte(address, '@')
	if at < 1 || !isASCII(address[:at]) || strings.HasPrefix(address[at+1:], "[") {
		return "", false
	}
	if isASCII(address) {
		return address, true
	}
	domain, err := idna.Lookup.ToASCII(address[at+1:])
	return address[:at+1] + domain, err == nil
}

func isASCII(text string) bool {
	return !strings.ContainsFunc(text, func(r rune) bool { return r >= 0x80 })
}

// ErrRefused is in the error where a letter will never be delivered, however often it is sent: its address is none, a server
// says that nobody has it, or SES does not take this letter while it takes others.
var ErrRefused = errors.New("the letter is refused")

// Sender sends letters.
type Sender interface {
	Send(ctx context.Context, m Message) error
}
