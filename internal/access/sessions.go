package access

import (
	"context"
	"time"

	"outreach/internal/table"
)

// EndSessions ends a subject's sessions that began at or before an instant. The mark expires at until, when the last of
// them would. It never moves back, so it may be called twice or concurrently.
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

// SessionsEnded returns the instant up to which a subject's sessions are ended, the zero time where none are.
func (s *Store) SessionsEnded(ctx context.Context, subject string) (time.Time, error) {
	at, _, err := table.Load[time.Time](ctx, s.Tracker, s.sessionsKey(subject))
	return at, err
}

func (s *Store) sessionsKey(subject string) table.Key {
	return sessionsKey(s.Seal("", "session", subject))
}
