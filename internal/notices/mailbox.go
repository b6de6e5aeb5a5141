package notices

import (
	"context"
	"slices"
	"strings"
	"time"

	"outreach/internal/table"
)

// mostUnasked is how many letters a day go to a mailbox because of the public form, of all projects together: anybody
// can type anybody's address into it.
const mostUnasked = 3

// Mailbox returns the mailbox behind an address: without a tag, without dots in its first part, in lower case. Many
// providers deliver all of these addresses to one person.
func Mailbox(address string) string {
	local, domain, _ := strings.Cut(strings.ToLower(strings.TrimSpace(address)), "@")
	if before, _, tagged := strings.Cut(local, "+"); tagged && before != "" {
		local = before
	}
	return strings.ReplaceAll(local, ".", "") + "@" + domain
}

// AllowUnasked reports whether the letter with an id may go to an unconfirmed address, and counts it. It
// returns false where the mailbox had its letters of the day. A letter that was allowed stays allowed: it may be
// repeated. The count is under a keyed hash of the mailbox, is read by no request, and is deleted after the day.
func (s *Store) AllowUnasked(ctx context.Context, address, id string) (allowed bool, err error) {
	now := s.Now().UTC()
	key := unaskedKey(s.Seal("", "mailbox", Mailbox(address)), now.Format(time.DateOnly))
	err = table.Retry(ctx, func() error {
		sent, rev, err := table.Load[[]string](ctx, s.Tracker, key)
		allowed = slices.Contains(sent, id)
		if err != nil || allowed || len(sent) >= mostUnasked {
			return err
		}
		op := table.PutJSON(key, append(sent, id), table.At(rev))
		op.Item.Expires = now.Add(48 * time.Hour)
		allowed = true
		return s.Tracker.Write(ctx, op)
	})
	return allowed && err == nil, err
}
