package privacy

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"outreach/internal/nights"
	"outreach/internal/people"
	"outreach/internal/store"
	"outreach/internal/table"
)

// longestErasure is longer than any erasure runs: an open one that began earlier was interrupted.
const longestErasure = time.Minute

// recheckPeriod is how long at least FinishErasures checks for data of an erased person: a request or a delivery that
// read the person before the erasure may write after it, but none runs this long. The check ends only when nothing
// remains.
const recheckPeriod = 3 * 24 * time.Hour

// beginErasing writes erasures to the ledger and marks them open.
func (s *Store) beginErasing(ctx context.Context, project string, erasures []people.Erasure) error {
	begun := table.PutJSON(erasingKey(project), s.db.Now().UTC(), table.Always)
	for part := range slices.Chunk(erasures, (table.MostWrites-2)/2) {
		ops := []table.Op{begun, nights.MarkOp(project)} // an erasure that is interrupted appends no fact
		for _, e := range part {
			ops = append(ops, table.PutJSON(erasureKey(project, e.Fresh), e, table.Always), table.PutJSON(openErasureKey(project, e.Fresh), e, table.Always))
		}
		if err := table.Retry(ctx, func() error { return s.db.Tracker.Write(ctx, ops...) }); err != nil {
			return err
		}
	}
	return nil
}

// endErasing marks erasures done: facts and rows are rewritten. FinishErasures checks what remains of the people.
func (s *Store) endErasing(ctx context.Context, project string, erasures []people.Erasure) error {
	for part := range slices.Chunk(erasures, table.MostWrites/2) {
		var ops []table.Op
		for _, e := range part {
			ops = append(ops, table.PutJSON(doneErasureKey(project, e.Fresh), e, table.Always), table.Remove(openErasureKey(project, e.Fresh), table.Always))
		}
		if err := table.Retry(ctx, func() error { return s.db.Tracker.Write(ctx, ops...) }); err != nil {
			return err
		}
	}
	return nil
}

// recentErasures reads the open erasures, and the done ones that FinishErasures still checks.
func (s *Store) recentErasures(ctx context.Context, project string) (open, done []people.Erasure, err error) {
	for it, err := range table.Items(ctx, s.db.Tracker, table.Query{PK: erasingKey(project).PK}) {
		if err != nil {
			return nil, nil, err
		}
		if it.Key == erasingKey(project) {
			continue
		}
		e, err := table.Decode[people.Erasure](it)
		if err != nil {
			return nil, nil, err
		}
		if it.Key == openErasureKey(project, e.Fresh) {
			open = append(open, e)
		} else {
			done = append(done, e)
		}
	}
	return open, done, nil
}

// eraseRemains repeats the erasure of an erased person where it was interrupted or data arrived since; else it fails
// with store.ErrNotFound.
func (s *Store) eraseRemains(ctx context.Context, project, id string) error {
	open, done, err := s.recentErasures(ctx, project)
	if err != nil {
		return err
	}
	for i, e := range append(open, done...) {
		if !slices.Contains(e.IDs, id) {
			continue
		}
		remains := i < len(open)
		if !remains {
			if remains, err = s.persons.Remains(ctx, project, e); err != nil {
				return err
			}
		}
		if remains {
			return s.eraseAll(ctx, project, []people.Erasure{e})
		}
	}
	return fmt.Errorf("person %s: %w", id, store.ErrNotFound)
}

// FinishErasures finishes interrupted erasures, and repeats those of the last days of which data remains or has arrived
// since. It fails with store.ErrDeferred where too little time is left: a later call continues.
func (s *Store) FinishErasures(ctx context.Context, project string) error {
	open, done, err := s.recentErasures(ctx, project)
	if err != nil {
		return err
	}
	if err := s.finishInterrupted(ctx, project, open); err != nil {
		return err
	}
	for part := range slices.Chunk(done, erasureBatch) {
		if err := store.CheckTimeLeft(ctx); err != nil {
			return err
		}
		var mu sync.Mutex
		var remaining []people.Erasure
		var over []table.Key
		err := store.InParallel(ctx, part, func(ctx context.Context, e people.Erasure) error {
			remains, err := s.persons.Remains(ctx, project, e)
			mu.Lock()
			defer mu.Unlock()
			switch {
			case remains:
				remaining = append(remaining, e)
			case err == nil && s.db.Now().Sub(e.At) > recheckPeriod:
				over = append(over, doneErasureKey(project, e.Fresh))
			}
			return err
		})
		if err == nil {
			err = table.RemoveAll(ctx, s.db.Tracker, over)
		}
		if err == nil && len(remaining) > 0 {
			err = s.eraseAll(ctx, project, remaining)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// AnyRecent reports whether there are erasures that FinishErasures has to look at again.
func (s *Store) AnyRecent(ctx context.Context, project string) (bool, error) {
	open, done, err := s.recentErasures(ctx, project)
	return len(open)+len(done) > 0, err
}

// WithStableFacts runs read and retries if an erasure overlapped: facts read meanwhile may name one person by two
// ids. It finishes interrupted erasures first. It fails with table.ErrBusy where an erasure is open for too long.
func (s *Store) WithStableFacts(ctx context.Context, project string, read func() error) error {
	return table.Retry(ctx, func() error {
		before, open, err := s.erasing(ctx, project)
		if err != nil {
			return err
		}
		if open {
			open, _, err := s.recentErasures(ctx, project)
			if err == nil {
				err = s.finishInterrupted(ctx, project, open)
			}
			if err == nil {
				err = &table.Conflict{}
			}
			return err
		}
		if err := read(); err != nil {
			return err
		}
		after, open, err := s.erasing(ctx, project)
		if err == nil && (open || after != before) {
			err = &table.Conflict{}
		}
		return err
	})
}

// finishInterrupted finishes the open erasures that were interrupted: those older than longestErasure.
func (s *Store) finishInterrupted(ctx context.Context, project string, open []people.Erasure) error {
	open = slices.DeleteFunc(open, func(e people.Erasure) bool { return s.db.Now().Sub(e.At) < longestErasure })
	if len(open) == 0 {
		return nil
	}
	return s.eraseAll(ctx, project, open)
}

// erasing reports whether an erasure is open. begun is a number that grows with every erasure that begins.
func (s *Store) erasing(ctx context.Context, project string) (begun int64, open bool, err error) {
	key := erasingKey(project)
	q := table.Query{PK: key.PK, Prefix: key.SK, Limit: 2}
	for {
		page, err := s.db.Tracker.Query(ctx, q)
		if err != nil {
			return 0, false, err
		}
		for _, it := range page.Items {
			if it.Key == key {
				begun = it.Rev
			}
			open = open || strings.HasPrefix(it.SK, openErasureKey(project, "").SK)
		}
		if q.Cursor = page.Next; q.Cursor == "" || open {
			return begun, open, nil
		}
	}
}
