package access

import (
	"context"
	"time"

	"outreach/internal/table"
)

// EndSessions keeps that a subject's sessions begun up to an instant no longer hold, for as long as any of them would.
func (s *Store) EndSessions(ctx context.Context, subject string, at, until time.Time) error {
	key := s.sessionsKey(subject)
	return table.Retry(ctx, func() error {
		before, rev, err := table.Load[time.Time](ctx, s.Tracker, key)
		if err != nil || !at.After(before) {
			return err
		}
		op := table.PutJSON(key, at.UTC(), table.At(rev))
		op.Item.Expires = until
		return s.Tracker.Write(ctx, op)
	})
}

// SessionsEnded tells up to which instant a subject's sessions no longer hold; the zero time where all do.
func (s *Store) SessionsEnded(ctx context.Context, subject string) (time.Time, error) {
	at, _, err := table.Load[time.Time](ctx, s.Tracker, s.sessionsKey(subject))
	return at, err
}

func (s *Store) sessionsKey(subject string) table.Key {
	return sessionsKey(s.Seal("", "session", subject))
}
