package attachments

import (
	"context"
	"errors"
	"strings"
	"time"

	"outreach/internal/objects"
	"outreach/internal/store"
	"outreach/internal/table"
)

// WaitingFor is how long a file is kept that no record names.
const WaitingFor = 7 * 24 * time.Hour

// RemoveWaiting removes files that no record has named within WaitingFor. It returns when the next of them is to be
// removed, the zero time if there is none. store.ErrDeferred if time is short; it may be called again.
func (s *Store) RemoveWaiting(ctx context.Context, project string) (next time.Time, err error) {
	for a, err := range table.Values[Attachment](ctx, s.Tracker, table.Query{PK: waitingIndex(project), Index: true}) {
		if err != nil {
			return next, err
		}
		if until := a.Asked.Add(WaitingFor); s.Now().Before(until) {
			return until, nil // they are listed by age
		}
		if err := store.CheckTimeLeft(ctx); err != nil {
			return next, err
		}
		if err := s.remove(ctx, project, a.ID, func(a Attachment) bool { return a.Record == "" }); err != nil {
			return next, err
		}
	}
	return next, nil
}

// Erase removes the files of the records about a person, under any of their ids. It may be called again.
func (s *Store) Erase(ctx context.Context, project string, people []string) error {
	for _, person := range people {
		for a, err := range table.Values[Attachment](ctx, s.Tracker, table.Query{PK: personIndex(project, person), Index: true}) {
			if err != nil {
				return err
			}
			if err := s.remove(ctx, project, a.ID, func(a Attachment) bool { return a.Person == person }); err != nil {
				return err
			}
		}
	}
	return nil
}

// RemoveAll removes every file of a project that a record names, and reports whether there were any. store.ErrDeferred
// if time is short.
func (s *Store) RemoveAll(ctx context.Context, project string) (removed bool, err error) {
	var ids []string
	err = s.Objects.List(ctx, prefix(project), func(o objects.Info) error {
		ids = append(ids, strings.TrimPrefix(o.Key, prefix(project)))
		return nil
	})
	for _, id := range ids {
		if err != nil {
			return removed, err
		}
		if err = store.CheckTimeLeft(ctx); err == nil {
			err = s.remove(ctx, project, id, func(a Attachment) bool {
				removed = removed || a.Record != ""
				return a.Record != ""
			})
		}
	}
	return removed, err
}

// remove removes the file and the name of an attachment, and what led from a person to it, if which holds for it. It is
// marked first, so that no record names it any more; what an interruption leaves, a repeated call removes.
func (s *Store) remove(ctx context.Context, project, id string, which func(Attachment) bool) error {
	if s.Objects == nil {
		return errors.New("remove attachment: no object store")
	}
	return table.Retry(ctx, func() error {
		a, err := s.load(ctx, project, id)
		if err != nil || a.rev == 0 || !which(a) {
			return err
		}
		if a.Removed.IsZero() {
			a.Removed = s.Now().UTC()
			if err := s.Tracker.Write(ctx, put(project, a)); err != nil {
				return err
			}
			a.rev++
		}
		if err := s.People.Write(ctx, table.Remove(nameKey(project, id), table.Always)); err != nil {
			return err
		}
		if err := s.Objects.Erase(ctx, Object(project, id), time.Time{}); err != nil {
			return err
		}
		if a.Record == "" {
			return s.Tracker.Write(ctx, table.Remove(attachmentKey(project, id), table.At(a.rev)))
		}
		a.Person = ""
		return s.Tracker.Write(ctx, put(project, a))
	})
}
