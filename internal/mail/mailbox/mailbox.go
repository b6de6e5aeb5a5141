// Package mailbox keeps the letters of a tracker on one machine in a file. Erasure, and a restore, remove letters from
// it.
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

// Box sends letters by another sender and stores them. A letter with an id that was stored is not sent once more; one
// may be sent twice where the machine stops between sending and storing it. It is safe for concurrent use.
type Box struct {
	file string
	next mail.Sender // nil: letters are only stored

	mu   sync.Mutex
	kept map[string]bool // by id
}

var _ mail.Sender = (*Box)(nil)

// Letter is a stored letter.
type Letter struct {
	mail.Message
	At time.Time `json:"at"` // when it was sent
}

// Open opens the mailbox in a file, which need not exist. Letters are sent by next; with nil they are only stored.
func Open(file string, next mail.Sender) (*Box, error) {
	b := &Box{file: file, next: next, kept: map[string]bool{}}
	if err := jsonlines.Clear(file); err != nil {
		return nil, err
	}
	letters, err := jsonlines.Read[struct{ ID string }](file)
	for _, l := range letters {
		b.kept[l.ID] = true
	}
	return b, err
}

// Send sends a letter and stores it, unless a letter with its id is stored.
func (b *Box) Send(ctx context.Context, m mail.Message) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.kept[m.ID] {
		return nil
	}
	if b.next != nil {
		if err := b.next.Send(ctx, m); err != nil {
			return err
		}
	}
	if err := jsonlines.Append(b.file, Letter{m, time.Now().UTC()}); err != nil {
		return err
	}
	b.kept[m.ID] = true
	return nil
}

// Forget removes a project's letters to some addresses, of a person who is erased from it. The letters of other
// projects stay; those that were stored before letters had a project are removed too.
func (b *Box) Forget(_ context.Context, project string, addresses []string) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	return jsonlines.Remove(b.file, func(l struct{ Project, To string }) bool {
		return (l.Project == project || l.Project == "") && slices.ContainsFunc(addresses, func(address string) bool { return strings.EqualFold(address, l.To) })
	})
}

// ForgetAbout removes the letters whose text contains one of the links.
func (b *Box) ForgetAbout(_ context.Context, links []string) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	return jsonlines.Remove(b.file, func(l struct{ Text string }) bool {
		return slices.ContainsFunc(links, func(link string) bool { return strings.Contains(l.Text, link) })
	})
}

// Letters returns the letters, newest first.
func (b *Box) Letters() ([]Letter, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	kept, err := jsonlines.Read[Letter](b.file)
	slices.Reverse(kept)
	return kept, err
}
