// Package mail declares an e-mail and the interface of what sends it: SES, an SMTP server, or the mailbox of one
// machine.
package mail

import (
	"context"
	"errors"
	"strings"

	"golang.org/x/net/idna"
)

// Message is one letter. Letters of the same cause have the same ID, so that one sent twice can be recognised.
type Message struct {
	ID      string `json:"id"`
	Project string `json:"project,omitempty"` // of which it is
	To      string `json:"to"`
	Subject string `json:"subject"`
	Text    string `json:"text"`
	HTML    string `json:"html,omitempty"`
	Files   []File `json:"files,omitempty"`
}

// File is an attachment.
type File struct {
	Name string `json:"name"`
	Type string `json:"type"` // its media type
	Data []byte `json:"data"`
}

// Address returns an e-mail address in ASCII, with its domain in the form of the DNS. It returns false where delivery
// cannot be relied on: SES accepts only ASCII before the @, and an IP address in brackets names no mail server.
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

// ErrRefused is in the error of a letter that will never be delivered, however often it is retried: its address is
// invalid or unknown to the server, or SES rejects this letter while it accepts others.
var ErrRefused = errors.New("the letter is refused")

// ErrPostponed is in the error of a letter that is refused now and may be accepted on a later day, while others are
// accepted: in SES's sandbox only verified addresses get any.
var ErrPostponed = errors.New("the letter is refused for now")

// Sender sends letters. Implementations are safe for concurrent use. An error that wraps ErrRefused must not be
// retried, one that wraps ErrPostponed not at once.
type Sender interface {
	Send(ctx context.Context, m Message) error
}
