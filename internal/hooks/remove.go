package hooks

import (
	"context"
	"time"

	"outreach/internal/people"
	"outreach/internal/schema"
	"outreach/internal/store"
	"outreach/internal/table"
)

// shortestName is the shortest name by which a payload counts as mentioning a person, in bytes.
const shortestName = 3

// shortestNumber is how many last digits of a number, such as one of a telephone, name a person.
const shortestNumber = 9

// Forget removes the payloads that mention people who are erased: by one of their keys, or by their last name. Where
// one cannot be read it is removed too. What waits stays on the list. It may be called twice.
func (s *Store) Forget(ctx context.Context, project string, erased []people.Person) error {
	var words []string
	for _, p := range erased {
		for _, key := range p.AllKeys() {
			words = append(words, schema.Unmarked(schema.Same(key.Value)))
			if digits := onlyDigits(key.Value); len(digits) >= shortestNumber { // a telephone number, however it is written
				words = append(words, digits[max(0, len(digits)-shortestNumber):])
			}
		}
		if name := schema.Unmarked(schema.Same(p.LastName)); len(name) >= shortestName {
			words = append(words, name)
		}
	}
	if len(words) == 0 {
		return nil
	}
	var gone []string
	for it, err := range table.Items(ctx, s.People, table.Query{PK: waitingPartition(project)}) {
		if err != nil {
			return err
		}
		payload, err := table.Decode[Payload](it)
		if err != nil {
			return err
		}
		if mentions(payload.Body, words) {
			gone = append(gone, it.SK)
		}
	}
	return s.remove(ctx, project, gone)
}

// RemoveAll removes the payloads of all deliveries that wait, and reports whether there were any.
func (s *Store) RemoveAll(ctx context.Context, project string) (removed bool, err error) {
	var gone []string
	for it, err := range table.Items(ctx, s.People, table.Query{PK: waitingPartition(project)}) {
		if err != nil {
			return false, err
		}
		gone = append(gone, it.SK)
	}
	return len(gone) > 0, s.remove(ctx, project, gone)
}

// RemoveOld removes the payloads of deliveries that have waited for KeptFor. It returns when the next one is due, the
// zero time if there is none.
func (s *Store) RemoveOld(ctx context.Context, project string) (next time.Time, err error) {
	if err := store.CheckTimeLeft(ctx); err != nil {
		return next, err
	}
	all, err := s.All(ctx, project)
	if err != nil {
		return next, err
	}
	var gone []string
	for _, w := range all {
		until := w.Received.Add(KeptFor)
		switch {
		case !w.Removed.IsZero():
		case until.After(s.Now()):
			if next.IsZero() || until.Before(next) {
				next = until
			}
		default:
			gone = append(gone, w.ID)
		}
	}
	return next, s.remove(ctx, project, gone)
}

// remove removes payloads, and marks what waits without one.
func (s *Store) remove(ctx context.Context, project string, ids []string) error {
	keys := make([]table.Key, len(ids))
	for i, id := range ids {
		keys[i] = payloadKey(project, id)
	}
	if err := table.RemoveAll(ctx, s.People, keys); err != nil {
		return err
	}
	return store.InParallel(ctx, ids, func(ctx context.Context, id string) error {
		return table.Retry(ctx, func() error {
			w, rev, err := table.Load[Waiting](ctx, s.Tracker, waitingKey(project, id))
			if err != nil || rev == 0 || !w.Removed.IsZero() {
				return err
			}
			w.Removed = s.Now().UTC()
			return s.Tracker.Write(ctx, table.PutJSON(waitingKey(project, id), w, table.At(rev)))
		})
	})
}
