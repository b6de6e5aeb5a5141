package main

import (
	"context"
	"slices"
	"strings"
	"sync"
	"time"

	"outreach/internal/mail"
)

// mailbox takes the letters that would be sent, and keeps them in a file. A letter that comes twice is kept once.
type mailbox struct {
	mu   sync.Mutex
	file string
}

type letter struct {
	mail.Message
	At time.Time `json:"at"`
}

// Send keeps a letter.
func (b *mailbox) Send(_ context.Context, m mail.Message) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	kept, err := readLines[letter](b.file)
	if err != nil {
		return err
	}
	if slices.ContainsFunc(kept, func(l letter) bool { return l.ID == m.ID }) {
		return nil
	}
	return appendLine(b.file, letter{m, time.Now().UTC()})
}

// Forget takes out the letters to some addresses: of somebody who is erased.
func (b *mailbox) Forget(_ context.Context, addresses []string) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	kept, err := readLines[letter](b.file)
	if err != nil {
		return err
	}
	theirs := func(l letter) bool {
		return slices.ContainsFunc(addresses, func(address string) bool { return strings.EqualFold(address, l.To) })
	}
	if !slices.ContainsFunc(kept, theirs) {
		return nil
	}
	return writeLines(b.file, slices.DeleteFunc(kept, theirs))
}

// list gives the letters, newest first.
func (b *mailbox) list() ([]letter, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	kept, err := readLines[letter](b.file)
	slices.Reverse(kept)
	return kept, err
}
