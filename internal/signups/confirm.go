package signups

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strings"
	"time"

	"outreach/internal/project"
	"outreach/internal/schema"
	"outreach/internal/store"
	"outreach/internal/table"
)

// With "confirm: email" a sign-up of the public form that has an address is held until the link in its letter is
// followed. Until then a place may be kept for it: it is counted in the activity's Places, and an item says until when.
// The item is found under its activity, and in an index in which those of all projects lie in the order of their ends.

// ConfirmToken returns the token in the letter that asks to confirm the address of a sign-up.
func (s *Store) ConfirmToken(project, signup string) string {
	return s.LinkToken(project, "confirm", signup)
}

// IsConfirmToken reports whether a token is that of the letter that asks to confirm the address of a sign-up.
func (s *Store) IsConfirmToken(project, signup, token string) bool {
	return s.IsLinkToken(project, "confirm", signup, token)
}

// ConfirmAddress records that the address of a sign-up is its sender's: the sign-up takes the place that is kept for
// it, or another free one, or waits by its time of submission. One that the office has to decide about stays held. It
// changes nothing where the sign-up is confirmed or cancelled, so it may be called twice. An unknown id fails with
// store.ErrNotFound.
func (s *Store) ConfirmAddress(ctx context.Context, def *project.Definition, id string) (su Signup, err error) {
	if su, err = s.Signup(ctx, def.ID, id); err != nil || !su.Unconfirmed {
		return su, err
	}
	if err := s.FillPlaces(ctx, def, su.Activity, ""); err != nil { // its own reservation may be over, or another's
		return su, err
	}
	err = table.Retry(ctx, func() error {
		before, rev, err := store.LoadExisting[Signup](ctx, s.Tracker, signupKey(def.ID, id), "sign-up "+id)
		if su = before; err != nil || !before.Unconfirmed {
			return err
		}
		places, placesRev, err := s.places(ctx, def.ID, activity(def, before.Activity))
		if err != nil {
			return err
		}
		others := places
		before.Count(&others, -1)
		to := others.Admit(false)
		if !before.ReservedUntil.IsZero() { // no one on the waiting list can get its reserved place
			to, _ = others.Move(schema.Held, schema.Accepted)
		}
		m := mover{store: s, project: def.ID, activity: before.Activity, confirmed: true, full: to == schema.Waitlisted, places: places}
		if before.Disputed() {
			to = schema.Held
		}
		if err := m.move(before, rev, to); err != nil {
			return err
		}
		su = m.moved[0]
		return m.write(ctx, places, placesRev)
	})
	if err != nil || su.State != schema.Waitlisted {
		return su, err
	}
	if err := s.FillPlaces(ctx, def, su.Activity, ""); err != nil { // a definition may have raised the capacity meanwhile
		return su, err
	}
	return s.Signup(ctx, def.ID, id)
}

// reservation is the item under reservedKey.
type reservation struct {
	Project  string `json:"project"`
	Activity string `json:"activity"`
	Signup   string `json:"signup"`
}

// keepReservation returns the operation that stores until when a place is kept for a sign-up.
func keepReservation(project string, su Signup) table.Op {
	return table.Indexed(table.PutJSON(reservedKey(project, su), reservation{project, su.Activity, su.ID}, table.Always), reservedIndex(su))
}

// upTo returns the upper bound of the sort keys of reservations that are over at an instant.
func upTo(now time.Time) string { return ordered(now, "~") }

// release adds the release of places whose reservations are over, at most mostFilled.
func (m *mover) release(ctx context.Context) error {
	if m.places.Reserved == 0 {
		return nil
	}
	s := m.store
	over, err := s.Tracker.Query(ctx, table.Query{PK: reservedPartition(m.project, m.activity), To: upTo(s.Now()), Limit: mostFilled})
	if err != nil || len(over.Items) == 0 {
		return err
	}
	ids := make([]string, len(over.Items))
	for i, it := range over.Items {
		r, err := table.Decode[reservation](it)
		if err != nil {
			return err
		}
		ids[i] = r.Signup
	}
	found, err := s.stored(ctx, m.project, ids)
	if err != nil {
		return err
	}
	for i, id := range ids {
		su := found[id].Signup
		m.ops = append(m.ops, table.Remove(over.Items[i].Key, table.Present))
		if over.Items[i].Key != reservedKey(m.project, su) {
			continue // the sign-up was read later than the item, which is not there any more
		}
		su.ReservedUntil = time.Time{}
		m.places.Reserved--
		m.ops = append(m.ops, s.keepSignup(m.project, su, found[id].rev))
	}
	return nil
}

// ReleasePlaces gives places whose reservations are over to those who wait, in all projects. It may be called twice and
// concurrently. An activity that fails does not stop the others; their errors are joined.
func (s *Store) ReleasePlaces(ctx context.Context) error {
	over := map[reservation]bool{}
	for shard := range reservedShards {
		q := table.Query{PK: reservedShard(shard), Index: true, To: upTo(s.Now())}
		for r, err := range table.Values[reservation](ctx, s.Tracker, q) {
			if err != nil {
				return err
			}
			over[reservation{Project: r.Project, Activity: r.Activity}] = true
		}
	}
	var failed []error
	for _, one := range slices.SortedFunc(maps.Keys(over), func(a, b reservation) int {
		return strings.Compare(a.Project+"#"+a.Activity, b.Project+"#"+b.Activity)
	}) {
		defined, err := s.projects.Definition(ctx, one.Project)
		if err == nil {
			err = s.FillPlaces(ctx, defined.Definition, one.Activity, "")
		}
		failed = append(failed, err)
	}
	return errors.Join(failed...)
}

// storedSignup is a sign-up as read, with the revision of the item.
type storedSignup struct {
	Signup
	rev int64
}

// stored reads sign-ups by their ids, without ids that do not exist.
func (s *Store) stored(ctx context.Context, project string, ids []string) (map[string]storedSignup, error) {
	keys := make([]table.Key, len(ids))
	for i, id := range ids {
		keys[i] = signupKey(project, id)
	}
	items, err := s.Tracker.Get(ctx, keys...)
	if err != nil {
		return nil, err
	}
	found := make(map[string]storedSignup, len(items))
	for _, it := range items {
		su, err := table.Decode[Signup](it)
		if err != nil {
			return nil, err
		}
		found[su.ID] = storedSignup{su, it.Rev}
	}
	return found, nil
}
