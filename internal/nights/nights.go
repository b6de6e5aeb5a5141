// Package nights keeps which projects the nightly run has to look at, and up to which day each was looked at. A project
// is due because it has news, which the stream of facts marks, or because a date of its own has come. Both are items of
// one index, so that a night reads nothing of a project without news.
package nights

import (
	"context"
	"slices"
	"sync"
	"time"

	"outreach/internal/fact"
	"outreach/internal/project"
	"outreach/internal/store"
	"outreach/internal/table"
)

// Store keeps marks, dates and the last night. It is safe for concurrent use, by several processes too.
type Store struct{ *store.DB }

// New returns a Store on a base.
func New(db *store.DB) *Store { return &Store{db} }

// Due is the message that a project is due for a night.
type Due struct {
	Project string    `json:"project"`
	At      time.Time `json:"at"`            // when the night began
	Last    time.Time `json:"last,omitzero"` // when the night before it began
}

// news is the mark that a project has news.
type news struct {
	Since   time.Time `json:"since,omitzero"`    // when the oldest news arrived; zero: there are none
	Claimed bool      `json:"claimed,omitempty"` // a nightly run has begun since, and may not have read later news
}

// Looked is what the last complete nightly run of a project saw.
type Looked struct {
	Day    string     `json:"day"`              // the last day it compiled
	Heads  fact.Heads `json:"heads"`            // the last facts when it began
	Upload string     `json:"upload,omitempty"` // the id of the newest upload when it began
	Next   time.Time  `json:"next,omitzero"`    // when the project is due without news; zero: never
}

// Night is the last night whose messages were all sent.
type Night struct {
	At     time.Time `json:"at"`              // what was due then has a message
	Walked time.Time `json:"walked,omitzero"` // when lost marks were last looked for
}

func putNews(project string, n news, condition table.Condition) table.Op {
	op := table.PutJSON(newsKey(project), n, condition)
	if n.Since.IsZero() {
		return op
	}
	return table.Indexed(op, dueIndex(project, n.Since))
}

// MarkOp returns the operation that marks a project as due, for a write that no fact announces. It may be repeated.
func MarkOp(project string) table.Op {
	return putNews(project, news{Since: time.Unix(0, 0).UTC()}, table.Always)
}

// Mark marks projects that have news since an instant, so that the next night looks at them, or at those that a run is
// looking at now once more. The zero time is now. It must be called after the news are durable. It may be repeated, and
// called concurrently.
func (s *Store) Mark(ctx context.Context, since time.Time, projects ...string) error {
	if since.IsZero() {
		since = s.Now()
	}
	keys := make([]table.Key, len(projects))
	for i, id := range projects {
		keys[i] = newsKey(id)
	}
	marks, err := table.LoadAll[news](ctx, s.Tracker, keys)
	if err != nil {
		return err
	}
	return store.InParallel(ctx, projects, func(ctx context.Context, id string) error {
		mark := marks[newsKey(id)]
		if !mark.Since.IsZero() && !mark.Claimed {
			return nil
		}
		if mark.Since.IsZero() || since.Before(mark.Since) {
			mark.Since = since.UTC()
		}
		mark.Claimed = false
		return s.Tracker.Write(ctx, putNews(id, mark, table.Always))
	})
}

// Announces reports whether a fact is news. What the nightly run itself appends is not, nor a view of a person, nor a
// file that says nothing.
func Announces(f fact.Fact) bool {
	switch f.Kind {
	case fact.KindSnapshotCompiled, fact.KindReportDue, fact.KindAttentionNoted, fact.KindDataPurged:
		return f.By != ""
	case fact.KindPersonViewed, fact.KindPeopleExported, fact.KindUploadFinished:
		return false
	}
	return true
}

// Due returns the projects that are due at an instant, sorted. The index may not show yet what was marked just before.
func (s *Store) Due(ctx context.Context, at time.Time) ([]string, error) {
	all := make([]int, shards)
	for i := range all {
		all[i] = i
	}
	var mu sync.Mutex
	var due []string
	err := store.InParallel(ctx, all, func(ctx context.Context, shard int) error {
		for it, err := range table.Items(ctx, s.Tracker, table.Query{PK: shardPartition(shard), Index: true, To: instant(at)}) {
			if err != nil {
				return err
			}
			mu.Lock()
			due = append(due, it.PK[len("DUE#"):])
			mu.Unlock()
		}
		return nil
	})
	slices.Sort(due)
	return slices.Compact(due), err
}

// Claim is the right to do the nightly work of a project and to remove its mark afterwards, unless there are news
// since.
type Claim struct {
	Looked Looked // what the last complete run saw; zero: there was none
	Quiet  bool   // the project was not due in the night before

	store        *Store
	project      string
	news, looked int64 // revisions
	hasNews      bool
}

// Claim begins the nightly work of a project. It returns nil where the project is not due for the night: then the work
// is done. Another run that claims the same project takes the right to remove the mark.
func (s *Store) Claim(ctx context.Context, due Due) (claim *Claim, err error) {
	project := due.Project
	err = table.Retry(ctx, func() error {
		mark, looked, err := s.load(ctx, project)
		if err != nil {
			return err
		}
		claim = &Claim{Looked: looked.value, store: s, project: project, news: mark.rev, looked: looked.rev}
		claim.Quiet = looked.rev != 0 && !due.Last.IsZero() && !mark.value.dueAt(due.Last) && !looked.value.dueAt(due.Last)
		switch {
		case mark.value.dueAt(due.At):
			mark.value.Claimed = true
			claim.news, claim.hasNews = mark.rev+1, true
			return s.Tracker.Write(ctx, putNews(project, mark.value, table.At(mark.rev)))
		case looked.rev != 0 && !looked.value.dueAt(due.At):
			claim = nil
		}
		return nil
	})
	return claim, err
}

func (n news) dueAt(at time.Time) bool { return !n.Since.IsZero() && !n.Since.After(at) }

func (l Looked) dueAt(at time.Time) bool { return !l.Next.IsZero() && !l.Next.After(at) }

// Done ends the nightly work of a project, which must be durable: it keeps what the run saw and removes the mark. Where
// there are news since the claim, or another run of the project was faster, the mark stays.
func (c *Claim) Done(ctx context.Context, looked Looked) error {
	looked.Next = looked.Next.UTC()
	put := table.PutJSON(lookedKey(c.project), looked, table.At(c.looked))
	if !looked.Next.IsZero() {
		put = table.Indexed(put, dueIndex(c.project, looked.Next))
	}
	if done, err := c.write(ctx, put); err != nil || !done || !c.hasNews {
		return err
	}
	_, err := c.write(ctx, putNews(c.project, news{}, table.At(c.news)))
	return err
}

// write writes an item, and reports false where it has changed since.
func (c *Claim) write(ctx context.Context, op table.Op) (done bool, err error) {
	err = table.Retry(ctx, func() error {
		err := c.store.Tracker.Write(ctx, op)
		if conflict, met := table.AsConflict(err); met && len(conflict.Failed) > 0 {
			return nil
		}
		done = err == nil
		return err
	})
	return done, err
}

type loaded[T any] struct {
	value T
	rev   int64
}

// load reads the mark of a project and what its last run saw.
func (s *Store) load(ctx context.Context, project string) (mark loaded[news], looked loaded[Looked], err error) {
	found, err := s.Tracker.Get(ctx, newsKey(project), lookedKey(project))
	if err != nil {
		return mark, looked, err
	}
	if mark, err = decode[news](found, newsKey(project)); err != nil {
		return mark, looked, err
	}
	looked, err = decode[Looked](found, lookedKey(project))
	return mark, looked, err
}

func decode[T any](found map[table.Key]table.Item, key table.Key) (out loaded[T], err error) {
	if it, exists := found[key]; exists {
		out.rev = it.Rev
		out.value, err = table.Decode[T](it)
	}
	return out, err
}

// Looked returns what the last complete run of a project saw, false where there was none or where its mark says already
// that there are news.
func (s *Store) Looked(ctx context.Context, project string) (looked Looked, quiet bool, err error) {
	mark, last, err := s.load(ctx, project)
	return last.value, last.rev != 0 && mark.value.Since.IsZero(), err
}

// Last returns the last night whose messages were all sent, the zero Night before the first.
func (s *Store) Last(ctx context.Context) (Night, error) {
	n, _, err := table.Load[Night](ctx, s.Tracker, throughKey())
	return n, err
}

// SetLast records a night whose messages were all sent. Earlier times than the stored ones change nothing.
func (s *Store) SetLast(ctx context.Context, night Night) error {
	return table.Retry(ctx, func() error {
		last, rev, err := table.Load[Night](ctx, s.Tracker, throughKey())
		if err != nil {
			return err
		}
		next := Night{At: later(last.At, night.At), Walked: later(last.Walked, night.Walked)}
		if next == last {
			return nil
		}
		return s.Tracker.Write(ctx, table.PutJSON(throughKey(), next, table.At(rev)))
	})
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b.UTC()
}

// Checked returns the day up to which a project was looked at, "" before its first night: the day before the last night
// if nothing was due then, else the day of its last complete run. No night writes an item of a project without news for
// this.
func (s *Store) Checked(ctx context.Context, d *project.Definition) (day string, err error) {
	found, err := s.Tracker.Get(ctx, throughKey(), newsKey(d.ID), lookedKey(d.ID))
	if err != nil {
		return "", err
	}
	night, err := decode[Night](found, throughKey())
	if err != nil {
		return "", err
	}
	mark, err := decode[news](found, newsKey(d.ID))
	if err != nil {
		return "", err
	}
	looked, err := decode[Looked](found, lookedKey(d.ID))
	if err != nil || looked.rev == 0 || night.rev == 0 || mark.value.dueAt(night.value.At) || looked.value.dueAt(night.value.At) {
		return looked.value.Day, err
	}
	return max(looked.value.Day, Yesterday(d, night.value.At)), nil
}

// Yesterday returns the last day of a project that is over at an instant: the one that a night compiles.
func Yesterday(d *project.Definition, at time.Time) string {
	return at.In(d.Location()).AddDate(0, 0, -1).Format(time.DateOnly)
}
