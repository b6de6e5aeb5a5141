// Package mailbox keeps letters in a file: those of the local stack, which a restore has to take out again, too.
package mailbox

import (
	"context"
	"slices"
	"strings"
	"sync"
	"time"

	"outreach/internal/jsonlines"
	"outreach/internal/mail"
)

// Box takes letters, hands them to somebody who sends them, and keeps them. A letter that comes twice is sent and kept once,
// unless the machine stops between the two: its id is then the same.
type Box struct {
	file string
	post mail.Sender

	mu   sync.Mutex
	kept map[string]bool // by id
}

var _ mail.Sender = (*Box)(nil)

// Letter is a letter and when it was sent.
type Letter struct {
	mail.Message
	At time.Time `json:"at"`
}

// Open opens the mailbox that is kept in a file, which need not be there yet. Without anybody to send them letters are only
// kept.
func Open(file string, post mail.Sender) (*Box, error) {
	b := &Box{file: file, post: post, kept: map[string]bool{}}
	letters, err := jsonlines.Read[struct{ ID string }](file)
	for _, l := range letters {
		b.kept[l.ID] = true
	}
	return b, err
}

// Send sends a letter and keeps it.
func (b *Box) Send(ctx context.Context, m mail.Message) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.kept[m.ID] {
		return nil
	}
	if b.post != nil {
		if err := b.post.Send(ctx, m); err != nil {
			return err
		}
	}
	if err := jsonlines.Append(b.file, Letter{m, time.Now().UTC()}); err != nil {
		return err
	}
	b.kept[m.ID] = true
	return nil
}

// Forget takes out the letters to some addresses: of somebody who is erased.
func (b *Box) Forget(_ context.Context, addresses []string) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	return jsonlines.Remove(b.file, func(l struct{ To string }) bool {
		return slices.ContainsFunc(addresses, func(address string) bool { return strings.EqualFold(address, l.To) })
	})
}

// Letters gives the letters, newest first.
func (b *Box) Letters() ([]Letter, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	kept, err := jsonlines.Read[Letter](b.file)
	slices.Reverse(kept)
	return kept, err
}
