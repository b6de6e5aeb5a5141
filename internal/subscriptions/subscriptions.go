// Package subscriptions keeps who is to hear of what happens in a project: addresses of other programs, which get
// signed webhooks. A subscription follows the facts from the moment at which it was made; what is still to be sent is
// how far it is behind them. Package send sends.
package subscriptions

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"outreach/internal/fact"
	"outreach/internal/keyring"
	"outreach/internal/snapshot"
	"outreach/internal/store"
	"outreach/internal/table"
)

// The types of events.
const (
	SnapshotApproved = "snapshot.approved"
	SignupChanged    = "signup.changed"
	UploadFinished   = "upload.finished"
)

// Events are the types of events in the order in which they are listed.
var Events = []string{SnapshotApproved, SignupChanged, UploadFinished}

// Most is how many subscriptions a project may have.
const Most = 10

// ErrTooMany reports that a project has Most subscriptions.
var ErrTooMany = errors.New("too many subscriptions")

// Store keeps subscriptions. It is safe for concurrent use, by several processes too.
type Store struct {
	*store.DB
	Insecure bool // for tests: takes http and private addresses too
}

// New returns a Store on a base.
func New(db *store.DB) *Store { return &Store{DB: db} }

// Subscription is an address and what it is to hear of.
type Subscription struct {
	ID     string    `json:"id"`
	URL    string    `json:"url"`
	Events []string  `json:"events"`
	By     string    `json:"by,omitempty"` // the random id of a member of the staff
	At     time.Time `json:"at"`
	Sealed []byte    `json:"sealed"` // the secret, encrypted
}

// Queue is how far a subscription has been sent, and when something is due.
type Queue struct {
	Done      fact.Heads `json:"done"`               // the last fact of each lane that was sent, or was none to send
	Due       time.Time  `json:"due,omitzero"`       // when to send next; of a claimed one, when the claim ends; zero: never
	Claimed   bool       `json:"claimed,omitempty"`  // a process is sending
	Again     bool       `json:"again,omitempty"`    // there was news since it was claimed
	Failures  int        `json:"failures,omitempty"` // of the next event, one after another
	Since     time.Time  `json:"since,omitzero"`     // when the first of them was
	Reason    string     `json:"reason,omitempty"`   // of the last of them
	Disabled  time.Time  `json:"disabled,omitzero"`  // when it was given up; zero: it was not
	Delivered time.Time  `json:"delivered,omitzero"` // when an event was last delivered
}

// Listed is a subscription with how it fares.
type Listed struct {
	Subscription
	Queue Queue
}

// States of a subscription.
const (
	Active   = "active"
	Failing  = "failing"  // the last webhook was not taken, and is sent again
	Disabled = "disabled" // given up
)

// State returns Active, Failing or Disabled.
func (l Listed) State() string {
	switch {
	case !l.Queue.Disabled.IsZero():
		return Disabled
	case l.Queue.Failures > 0:
		return Failing
	}
	return Active
}

// Event is what one fact says to subscriptions.
type Event struct {
	Type string
	ID   string // the random id of the snapshot, sign-up or upload
}

// EventOf returns the event that a fact is, and whether it is one. Rows of a file are none: the file is one.
func EventOf(f fact.Fact) (Event, bool) {
	switch f.Kind {
	case fact.KindSnapshotDecided:
		decided, ok := decode[fact.SnapshotDecided](f)
		return Event{SnapshotApproved, decided.Snapshot}, ok && decided.State == snapshot.Approved
	case fact.KindSignup:
		signup, ok := decode[fact.Signup](f)
		return Event{SignupChanged, signup.Signup}, ok && signup.State != "" && signup.Upload == ""
	case fact.KindSignupMoved:
		moved, ok := decode[fact.SignupMoved](f)
		return Event{SignupChanged, moved.Signup}, ok
	case fact.KindUploadAccepted:
		accepted, ok := decode[fact.UploadAccepted](f)
		return Event{UploadFinished, accepted.Upload}, ok
	case fact.KindUploadRejected:
		rejected, ok := decode[fact.UploadRejected](f)
		return Event{UploadFinished, rejected.Upload}, ok
	case fact.KindUploadFinished:
		finished, ok := decode[fact.UploadFinished](f)
		return Event{UploadFinished, finished.Upload}, ok
	}
	return Event{}, false
}

// Announces reports whether a fact is an event.
func Announces(f fact.Fact) bool {
	_, is := EventOf(f)
	return is
}

func decode[T any](f fact.Fact) (data T, ok bool) {
	return data, json.Unmarshal(f.Data, &data) == nil
}

// Create adds a subscription to what happens from now on, and returns it with its secret. A request that is repeated
// gets the same. It fails with ErrTooMany where the project has Most of them.
func (s *Store) Create(ctx context.Context, project string, sub Subscription, once store.Once) (Subscription, string, error) {
	const prefix = "whsec_"
	key := keyring.New()
	err := table.Retry(ctx, func() error {
		var before Subscription
		if done, err := s.Answered(ctx, once, &before.ID); err != nil {
			return err
		} else if done {
			return s.created(ctx, project, before.ID, &sub, &key)
		}
		ids, rev, err := table.Load[[]string](ctx, s.Tracker, listKey(project))
		if err != nil {
			return err
		}
		if len(ids) >= Most {
			return ErrTooMany
		}
		heads, err := s.Log().Heads(ctx, project)
		if err != nil {
			return err
		}
		sub.ID, sub.At = s.NewID(), s.Now().UTC()
		if sub.Sealed, err = s.encrypt(project, sub.ID, key); err != nil {
			return err
		}
		ops, err := s.Answer(ctx, once, sub.ID)
		if err != nil {
			return err
		}
		return s.Tracker.Write(ctx, append(ops,
			table.PutJSON(listKey(project), append(ids, sub.ID), table.At(rev)),
			table.PutJSON(subscriptionKey(project, sub.ID), sub, table.Absent),
			table.PutJSON(queueKey(project, sub.ID), Queue{Done: heads}, table.Absent))...)
	})
	if err != nil {
		return Subscription{}, "", err
	}
	return sub, prefix + base64.StdEncoding.EncodeToString(key), nil
}

// created reads what an earlier request has made.
func (s *Store) created(ctx context.Context, project, id string, sub *Subscription, key *[]byte) (err error) {
	if *sub, _, err = store.LoadExisting[Subscription](ctx, s.Tracker, subscriptionKey(project, id), "subscription "+id); err != nil {
		return err
	}
	*key, err = s.Key(project, *sub)
	return err
}

// Key returns the key that signs the webhooks of a subscription: the secret without its prefix, decoded.
func (s *Store) Key(project string, sub Subscription) ([]byte, error) {
	sealing, err := s.sealing()
	if err != nil {
		return nil, err
	}
	key, err := sealing.Open(nil, nil, sub.Sealed, about(project, sub.ID))
	if err != nil {
		return nil, fmt.Errorf("subscription %s: its secret: %w", sub.ID, store.ErrDamaged)
	}
	return key, nil
}

func (s *Store) encrypt(project, id string, key []byte) ([]byte, error) {
	sealing, err := s.sealing()
	if err != nil {
		return nil, err
	}
	return sealing.Seal(nil, nil, key, about(project, id)), nil
}

// about binds a sealed secret to its subscription.
func about(project, id string) []byte { return []byte(project + "#" + id) }

// sealing encrypts by a key of the key ring, which a rotation of the secret leaves as it is.
func (s *Store) sealing() (cipher.AEAD, error) {
	block, err := aes.NewCipher(keyring.Derive(s.Secret, "subscriptions"))
	if err != nil {
		return nil, err
	}
	return cipher.NewGCMWithRandomNonce(block)
}

// List returns the subscriptions of a project, the oldest first.
func (s *Store) List(ctx context.Context, project string) ([]Listed, error) {
	ids, _, err := table.Load[[]string](ctx, s.Tracker, listKey(project))
	if err != nil || len(ids) == 0 {
		return nil, err
	}
	keys, queues := make([]table.Key, len(ids)), make([]table.Key, len(ids))
	for i, id := range ids {
		keys[i], queues[i] = subscriptionKey(project, id), queueKey(project, id)
	}
	subs, err := table.LoadAll[Subscription](ctx, s.Tracker, keys)
	if err != nil {
		return nil, err
	}
	states, err := table.LoadAll[Queue](ctx, s.Tracker, queues)
	if err != nil {
		return nil, err
	}
	var all []Listed
	for i := range ids {
		if sub := subs[keys[i]]; sub.ID != "" { // else it was removed in the meantime
			all = append(all, Listed{sub, states[queues[i]]})
		}
	}
	return all, nil
}

// Subscription returns one subscription. The error of an unknown one wraps store.ErrNotFound.
func (s *Store) Subscription(ctx context.Context, project, id string) (Subscription, error) {
	sub, _, err := store.LoadExisting[Subscription](ctx, s.Tracker, subscriptionKey(project, id), "subscription "+id)
	return sub, err
}

// Remove removes a subscription. The error of an unknown one wraps store.ErrNotFound.
func (s *Store) Remove(ctx context.Context, project, id string) error {
	return table.Retry(ctx, func() error {
		ids, rev, err := table.Load[[]string](ctx, s.Tracker, listKey(project))
		if err != nil {
			return err
		}
		if !slices.Contains(ids, id) {
			return fmt.Errorf("subscription %s: %w", id, store.ErrNotFound)
		}
		ids = slices.DeleteFunc(ids, func(one string) bool { return one == id })
		return s.Tracker.Write(ctx,
			table.PutJSON(listKey(project), ids, table.At(rev)),
			table.Remove(subscriptionKey(project, id), table.Always),
			table.Remove(queueKey(project, id), table.Always))
	})
}

// Resume sends to a subscription again that was given up, from the event on that was not delivered.
func (s *Store) Resume(ctx context.Context, project, id string) error {
	_, err := s.update(ctx, project, id, func(q *Queue) bool {
		q.Failures, q.Since, q.Reason, q.Disabled = 0, time.Time{}, "", time.Time{}
		if !q.Claimed {
			q.Due = s.Now().UTC()
		}
		return true
	})
	return err
}

// Mark notes that projects have events: their subscriptions are due now. It must be called after the facts are durable.
// It may be repeated, and called concurrently. A project without subscriptions costs one read.
func (s *Store) Mark(ctx context.Context, projects ...string) error {
	if len(projects) == 0 {
		return nil
	}
	keys := make([]table.Key, len(projects))
	for i, id := range projects {
		keys[i] = listKey(id)
	}
	lists, err := table.LoadAll[[]string](ctx, s.Tracker, keys)
	if err != nil {
		return err
	}
	var due [][2]string
	for i, project := range projects {
		for _, id := range lists[keys[i]] {
			due = append(due, [2]string{project, id})
		}
	}
	return store.InParallel(ctx, due, func(ctx context.Context, one [2]string) error {
		_, err := s.update(ctx, one[0], one[1], func(q *Queue) bool {
			switch now := s.Now().UTC(); {
			case !q.Disabled.IsZero(), q.Failures > 0 && !q.Claimed: // in its own time
				return false
			case q.Claimed:
				if q.Again {
					return false
				}
				q.Again = true
			case !q.Due.IsZero() && !q.Due.After(now):
				return false
			default:
				q.Due = now
			}
			return true
		})
		if store.IsNotFound(err) {
			return nil
		}
		return err
	})
}

// Due is a subscription with something to be sent.
type Due struct{ Project, ID string }

// AllDue returns at most limit subscriptions of all projects that are due, those first that have been for the longest
// time. The index may not show yet what was marked just before.
func (s *Store) AllDue(ctx context.Context, limit int) ([]Due, error) {
	page, err := s.Tracker.Query(ctx, table.Query{PK: allDue, Index: true, To: instant(s.Now()) + "~", Limit: limit})
	if err != nil {
		return nil, err
	}
	var all []Due
	for _, it := range page.Items {
		all = append(all, Due{strings.TrimPrefix(it.PK, Partition("")), strings.TrimPrefix(it.SK, queueKey("", "").SK)})
	}
	return all, nil
}

// Claim takes the right to send to a subscription for some time, so that one process at a time does. It reports false
// where nothing is due, or another process has it.
func (s *Store) Claim(ctx context.Context, project, id string, lasts time.Duration) (Queue, bool, error) {
	claimed := false
	q, err := s.update(ctx, project, id, func(q *Queue) bool {
		now := s.Now().UTC()
		if claimed = q.Disabled.IsZero() && !q.Due.IsZero() && !q.Due.After(now); claimed {
			q.Claimed, q.Again, q.Due = true, false, now.Add(lasts)
		}
		return claimed
	})
	if store.IsNotFound(err) {
		return q, false, nil
	}
	return q, claimed, err
}

// Advance notes that a subscription was sent up to these facts; delivered says that an event was among them. The error
// of a subscription that was removed wraps store.ErrNotFound.
func (s *Store) Advance(ctx context.Context, project, id string, done fact.Heads, delivered bool) error {
	_, err := s.update(ctx, project, id, func(q *Queue) bool {
		for lane := range done {
			q.Done[lane] = max(q.Done[lane], done[lane])
		}
		if delivered {
			q.Failures, q.Since, q.Reason, q.Delivered = 0, time.Time{}, "", s.Now().UTC()
		}
		return true
	})
	return err
}

// Fail notes that the next event could not be delivered, and ends the claim. It is sent again after a pause, which
// grows; after the last of them, or where the receiver wants no more, the subscription is given up.
func (s *Store) Fail(ctx context.Context, project, id, reason string, gone bool) (Queue, error) {
	return s.update(ctx, project, id, func(q *Queue) bool {
		now := s.Now().UTC()
		if q.Failures++; q.Failures == 1 {
			q.Since = now
		}
		q.Reason, q.Claimed, q.Again = reason, false, false
		if q.Due = now; gone || q.Failures > len(Pauses) {
			q.Due, q.Disabled = time.Time{}, now
		} else {
			q.Due = now.Add(Pauses[q.Failures-1])
		}
		return true
	})
}

// Release ends a claim. Where there was news since, or more is left, the subscription is due at once.
func (s *Store) Release(ctx context.Context, project, id string, more bool) error {
	_, err := s.update(ctx, project, id, func(q *Queue) bool {
		if more = more || q.Again; more {
			q.Due = s.Now().UTC()
		} else {
			q.Due = time.Time{}
		}
		q.Claimed, q.Again = false, false
		return true
	})
	return err
}

// Pauses are the pauses after the first failure to deliver an event, and after each further one. After the last one,
// some three days after the first failure, a subscription is given up.
var Pauses = []time.Duration{
	5 * time.Second, 30 * time.Second, 5 * time.Minute, 30 * time.Minute, 2 * time.Hour, 5 * time.Hour, 10 * time.Hour, 14 * time.Hour, 20 * time.Hour, 24 * time.Hour,
}

// update changes the queue of a subscription, unless change reports false, and returns it. The error of a subscription
// that was removed wraps store.ErrNotFound.
func (s *Store) update(ctx context.Context, project, id string, change func(*Queue) bool) (q Queue, err error) {
	err = table.Retry(ctx, func() error {
		var rev int64
		if q, rev, err = store.LoadExisting[Queue](ctx, s.Tracker, queueKey(project, id), "subscription "+id); err != nil || !change(&q) {
			return err
		}
		op := table.PutJSON(queueKey(project, id), q, table.At(rev))
		if !q.Due.IsZero() {
			op = table.Indexed(op, dueIndex(project, id, q.Due))
		}
		return s.Tracker.Write(ctx, op)
	})
	return q, err
}
