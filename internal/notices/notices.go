// Package notices keeps how far the letters of each project were sent, and which process may send the next ones.
package notices

import (
	"context"
	"errors"
	"math"
	"strings"
	"time"

	"outreach/internal/fact"
	"outreach/internal/store"
	"outreach/internal/table"
)

// Store keeps how far letters were sent, and to whom. It is safe for concurrent use.
type Store struct{ *store.DB }

// New returns a Store on a base.
func New(db *store.DB) *Store { return &Store{db} }

// ErrLeased is in the error of a lease that another process has.
var ErrLeased = errors.New("another process sends the letters")

// Lease is the right to send a project's letters; one process at a time has it. It runs out unless it is renewed, so
// that a process that died blocks no one for long. A Lease is not safe for concurrent use.
type Lease struct {
	Done fact.Heads // the last fact of each lane whose letters were sent

	store          *Store
	project, owner string
	lasts          time.Duration
	rev            int64
}

// progress is the stored form: how far a project's letters were sent, and the lease on sending more.
type progress struct {
	Heads fact.Heads `json:"heads"`
	Owner string     `json:"owner,omitempty"`
	Until time.Time  `json:"until,omitzero"`
}

// Acquire takes the lease on a project's letters for some time, or returns nil where the letters of all facts up to
// upTo were sent. An owner that did not release its own lease gets it back. While another owner has the lease, the
// error is ErrLeased.
func (s *Store) Acquire(ctx context.Context, project, owner string, lasts time.Duration, upTo fact.Heads) (*Lease, error) {
	kept, rev, err := table.Load[progress](ctx, s.Tracker, progressKey(project))
	if err != nil {
		return nil, err
	}
	behind := false
	for lane := range upTo {
		behind = behind || kept.Heads[lane] < upTo[lane]
	}
	switch {
	case !behind:
		return nil, nil
	case kept.Owner != owner && kept.Until.After(s.Now()):
		return nil, ErrLeased
	}
	l := &Lease{Done: kept.Heads, store: s, project: project, owner: owner, lasts: lasts, rev: rev}
	return l, l.Renew(ctx)
}

// everything is above every number of a fact.
var everything = func() (h fact.Heads) {
	for lane := range h {
		h[lane] = math.MaxInt64
	}
	return h
}()

// AcquireAgain takes the lease as Acquire does, to send letters of facts that it has passed already.
func (s *Store) AcquireAgain(ctx context.Context, project, owner string, lasts time.Duration) (*Lease, error) {
	return s.Acquire(ctx, project, owner, lasts, everything)
}

// Postponed is a fact about which at least one letter is refused for now.
type Postponed struct {
	Lane   int       `json:"lane"`
	Number int64     `json:"number"`
	Since  time.Time `json:"since"`
}

// Postpone records that a letter about a fact is refused for now. It may be repeated: Since stays.
func (s *Store) Postpone(ctx context.Context, project string, lane int, number int64) error {
	key := postponedKey(project, lane, number)
	op := table.PutJSON(key, Postponed{lane, number, s.Now().UTC()}, table.Absent)
	err := s.Tracker.Write(ctx, table.Indexed(op, table.Key{PK: allPostponed, SK: project + "#" + key.SK}))
	if conflict, met := table.AsConflict(err); met && len(conflict.Failed) > 0 {
		return nil
	}
	return err
}

// Settle removes the mark that Postpone made. It may be repeated.
func (s *Store) Settle(ctx context.Context, project string, p Postponed) error {
	return s.Tracker.Write(ctx, table.Remove(postponedKey(project, p.Lane, p.Number), table.Always))
}

// AllPostponed returns what is postponed in each project, in the order of facts.
func (s *Store) AllPostponed(ctx context.Context) (map[string][]Postponed, error) {
	found := map[string][]Postponed{}
	for it, err := range table.Items(ctx, s.Tracker, table.Query{PK: allPostponed, Index: true}) {
		if err != nil {
			return nil, err
		}
		p, err := table.Decode[Postponed](it)
		if err != nil {
			return nil, err
		}
		project := strings.TrimPrefix(it.PK, progressKey("").PK)
		found[project] = append(found[project], p)
	}
	return found, nil
}

// CountPostponed returns the number of facts of a project about which a letter is postponed.
func (s *Store) CountPostponed(ctx context.Context, project string) (n int, err error) {
	for _, err := range table.Items(ctx, s.Tracker, table.Query{PK: progressKey(project).PK, Prefix: "POSTPONED#"}) {
		if err != nil {
			return 0, err
		}
		n++
	}
	return n, nil
}

// Renew stores Done and extends the lease. The error is ErrLeased where the lease ran out and another owner took it.
func (l *Lease) Renew(ctx context.Context) error {
	return l.write(ctx, progress{Heads: l.Done, Owner: l.owner, Until: l.store.Now().Add(l.lasts).UTC()}, table.Key{})
}

// Release stores Done, and whether letters failed, and ends the lease. It fails as Renew does.
func (l *Lease) Release(ctx context.Context, failed bool) error {
	var behind table.Key
	if failed {
		behind = behindKey(l.project)
	}
	return l.write(ctx, progress{Heads: l.Done}, behind)
}

// Behind returns the projects whose letters failed when they were last sent.
func (s *Store) Behind(ctx context.Context) (projects []string, err error) {
	for it, err := range table.Items(ctx, s.Tracker, table.Query{PK: behindKey("").PK, Index: true}) {
		if err != nil {
			return nil, err
		}
		projects = append(projects, it.Index.SK)
	}
	return projects, nil
}

func (l *Lease) write(ctx context.Context, kept progress, index table.Key) error {
	err := table.Retry(ctx, func() error {
		err := l.store.Tracker.Write(ctx, table.Indexed(table.PutJSON(progressKey(l.project), kept, table.At(l.rev)), index))
		if conflict, met := table.AsConflict(err); met && len(conflict.Failed) > 0 {
			return ErrLeased
		}
		return err
	})
	if err == nil {
		l.rev++
	}
	return err
}

// receiptLife is how long it is remembered which of several members of the staff got a letter, for retries.
const receiptLife = 30 * 24 * time.Hour

// LettersSent returns the ids of the members of the staff who got their letter about a cause in the last 30 days.
func (s *Store) LettersSent(ctx context.Context, project, cause string) (map[string]bool, error) {
	sent := map[string]bool{}
	q := table.Query{PK: progressKey(project).PK, Prefix: letterSentKey(project, cause, "").SK}
	for it, err := range table.Items(ctx, s.Tracker, q) {
		if err != nil {
			return nil, err
		}
		sent[strings.TrimPrefix(it.SK, q.Prefix)] = true
	}
	return sent, nil
}

// SetLetterSent records that a member of the staff got the letter about a cause. It may be repeated.
func (s *Store) SetLetterSent(ctx context.Context, project, cause, member string) error {
	op := table.PutJSON(letterSentKey(project, cause, member), true, table.Always)
	op.Item.Expires = s.Now().Add(receiptLife)
	return s.Tracker.Write(ctx, op)
}

// ReportSent reports whether a snapshot was sent to the funders.
func (s *Store) ReportSent(ctx context.Context, project, snapshot string) (bool, error) {
	_, rev, err := table.Load[bool](ctx, s.Tracker, reportSentKey(project, snapshot))
	return rev != 0, err
}

// SetReportSent records that a snapshot was sent to the funders. It may be repeated.
func (s *Store) SetReportSent(ctx context.Context, project, snapshot string) error {
	return s.Tracker.Write(ctx, table.PutJSON(reportSentKey(project, snapshot), true, table.Always))
}
