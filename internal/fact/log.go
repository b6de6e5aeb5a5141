package fact

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"outreach/internal/table"
)

// Log appends and reads the facts of all projects. It is safe for concurrent use.
type Log struct {
	Table table.Table
	Lane  func() int // chooses the lane of the next write; nil: at random

	mu    sync.Mutex
	heads map[string]*Heads // lower bounds of each project's heads: facts are never deleted
}

// attempts is how often Append retries a write that conflicts with another.
const attempts = 40

// Append writes facts together with ops, all or nothing. The facts get the next numbers of one lane; if another write
// takes them first, Append retries in a newly chosen lane, and fails with table.ErrBusy after many attempts. A
// *table.Conflict names only the caller's operations. Append is not idempotent: a repeated call appends the facts twice
// unless a condition in ops fails.
func (s *Log) Append(ctx context.Context, project string, facts []Fact, ops ...table.Op) error {
	next, err := s.Next(ctx, project)
	if err != nil {
		return err
	}
	return s.AppendAt(ctx, project, next, facts, ops...)
}

// Turn is where the next facts are expected to go: after the head of a lane.
type Turn struct {
	lane int
	head int64
}

// Next reads the turn of the next facts, for AppendAt. It takes nothing: another write may come first.
func (s *Log) Next(ctx context.Context, project string) (Turn, error) {
	lane := s.lane()
	head, err := s.head(ctx, project, lane)
	return Turn{lane, head}, err
}

// AppendAt is Append at a turn that was read before, beside other reads.
func (s *Log) AppendAt(ctx context.Context, project string, next Turn, facts []Fact, ops ...table.Op) (err error) {
	for range attempts {
		lane, head := next.lane, next.head
		all := append([]table.Op(nil), ops...)
		for i, f := range facts {
			all = append(all, table.PutJSON(factKey(project, lane, head+1+int64(i)), f, table.Absent))
		}
		err := s.Table.Write(ctx, all...)
		conflict, met := table.AsConflict(err)
		if !met {
			if err == nil {
				s.raiseHead(project, lane, head+int64(len(facts)))
			}
			return err
		}
		own := &table.Conflict{}
		for i, at := range conflict.Failed {
			if at < len(ops) {
				own.Failed, own.Keys = append(own.Failed, at), append(own.Keys, conflict.Keys[i])
			}
		}
		if len(own.Failed) > 0 || len(conflict.Failed) == 0 {
			return own
		}
		if next, err = s.Next(ctx, project); err != nil {
			return err
		}
	}
	return table.ErrBusy
}

// raiseHead raises the cached head of a lane.
func (s *Log) raiseHead(project string, lane int, number int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.heads == nil {
		s.heads = map[string]*Heads{}
	}
	if s.heads[project] == nil {
		s.heads[project] = &Heads{}
	}
	s.heads[project][lane] = max(s.heads[project][lane], number)
}

// cachedHead returns the cached head of a lane, 0 where there is none.
func (s *Log) cachedHead(project string, lane int) int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	if h := s.heads[project]; h != nil {
		return h[lane]
	}
	return 0
}

// head returns the last number of a lane, 0 of an empty one. It looks into the partition of the cached head first.
// Numbers have no gaps: if that partition is full, it finds the last one by exponential and binary search.
func (s *Log) head(ctx context.Context, project string, lane int) (int64, error) {
	cached := s.cachedHead(project, lane)
	number, err := s.lastIn(ctx, project, lane, cached/bucket)
	if err == nil && number%bucket == bucket-1 {
		var last int64
		if last, err = s.lastPartition(ctx, project, lane, number/bucket); err == nil && last > number/bucket {
			number, err = s.lastIn(ctx, project, lane, last)
		}
	}
	if err != nil {
		return 0, err
	}
	number = max(number, cached)
	s.raiseHead(project, lane, number)
	return number, nil
}

// lastIn returns the last number of a lane's partition, 0 of an empty one.
func (s *Log) lastIn(ctx context.Context, project string, lane int, partition int64) (number int64, err error) {
	page, err := s.Table.Query(ctx, table.Query{PK: factPartition(project, lane, partition), Backward: true, Limit: 1})
	if err != nil || len(page.Items) == 0 {
		return 0, err
	}
	if _, err := fmt.Sscanf(page.Items[0].SK, "%d", &number); err != nil {
		return 0, fmt.Errorf("fact key %s: %w", page.Items[0].SK, err)
	}
	return number, nil
}

// lastPartition returns the last partition of a lane that is not empty, given one that is full.
func (s *Log) lastPartition(ctx context.Context, project string, lane int, low int64) (int64, error) {
	steps := make([]table.Key, 0, 20)
	for step := int64(1); step <= 1<<19; step *= 2 {
		steps = append(steps, factKey(project, lane, (low+step)*bucket))
	}
	there, err := s.Table.Get(ctx, steps...)
	if err != nil {
		return 0, err
	}
	base, high := low, low+1<<20
	for i, step := 0, int64(1); i < len(steps); i, step = i+1, step*2 {
		if _, ok := there[steps[i]]; !ok {
			high = base + step
			break
		}
		low = base + step
	}
	for high-low > 1 {
		middle := low + (high-low)/2
		key := factKey(project, lane, middle*bucket)
		found, err := s.Table.Get(ctx, key)
		if err != nil {
			return 0, err
		}
		if len(found) > 0 {
			low = middle
		} else {
			high = middle
		}
	}
	return low, nil
}

// Heads reads the head of each lane, all lanes in parallel. Every fact whose Append returned before the call is at or
// below it.
func (s *Log) Heads(ctx context.Context, project string) (heads Heads, err error) {
	group, ctx := errgroup.WithContext(ctx)
	for lane := range heads {
		group.Go(func() (err error) {
			heads[lane], err = s.head(ctx, project, lane)
			return err
		})
	}
	err = group.Wait()
	return heads, err
}

// LastAt returns when the last facts up to a position were received, the latest of all lanes; the zero time of no
// facts. Facts that were written at the same time may be up to the length of their requests later.
func (s *Log) LastAt(ctx context.Context, project string, heads Heads) (at time.Time, err error) {
	var keys []table.Key
	for lane, head := range heads {
		if head > 0 {
			keys = append(keys, factKey(project, lane, head))
		}
	}
	last, err := table.LoadAll[Fact](ctx, s.Table, keys)
	for _, f := range last {
		if f.At.After(at) {
			at = f.At
		}
	}
	return at, err
}

// Read calls each with the facts above one position up to another, lane by lane in the order of numbers. It fails where
// a number is missing, and stops at an error of each.
func (s *Log) Read(ctx context.Context, project string, above, upTo Heads, each func(Fact) error) error {
	for lane := range upTo {
		if err := s.readLane(ctx, project, lane, above[lane], upTo[lane], nil, each); err != nil {
			return err
		}
	}
	return nil
}

// ReadAll calls each with all facts. It reads the lanes in parallel: each must be safe for concurrent use. wanted
// filters facts by their JSON before they are decoded; nil accepts all.
func (s *Log) ReadAll(ctx context.Context, project string, wanted func([]byte) bool, each func(Fact) error) error {
	heads, err := s.Heads(ctx, project)
	if err != nil {
		return err
	}
	group, ctx := errgroup.WithContext(ctx)
	for lane, head := range heads {
		group.Go(func() error { return s.readLane(ctx, project, lane, 0, head, wanted, each) })
	}
	return group.Wait()
}

// readLane calls each with the facts of one lane above one number up to another.
func (s *Log) readLane(ctx context.Context, project string, lane int, above, upTo int64, wanted func([]byte) bool, each func(Fact) error) error {
	for next := above + 1; next <= upTo; {
		q := table.Query{PK: factPartition(project, lane, next/bucket), From: factKey(project, lane, next).SK, To: factKey(project, lane, upTo).SK}
		page, err := s.Table.Query(ctx, q)
		if err != nil {
			return err
		}
		missing := len(page.Items) == 0
		for _, it := range page.Items {
			if missing = it.SK != factKey(project, lane, next).SK; missing {
				break
			}
			if wanted == nil || wanted(it.Data) {
				var f Fact
				if err := json.Unmarshal(it.Data, &f); err != nil {
					return fmt.Errorf("fact %s/%s: %w", it.PK, it.SK, err)
				}
				f.Lane, f.Number = lane, next
				if err := each(f); err != nil {
					return err
				}
			}
			next++
		}
		if missing {
			return fmt.Errorf("project %s, lane %d: fact %d is missing", project, lane, next)
		}
	}
	return nil
}

func (s *Log) lane() int {
	if s.Lane != nil {
		return s.Lane()
	}
	return rand.IntN(Lanes)
}

// MentionsAny returns a filter for ReadAll that accepts facts whose JSON has one of the ids, the keys of the map, as a
// string.
func MentionsAny(ids map[string]string) func(data []byte) bool {
	const length = len("01J00000000000000000000000")
	return func(data []byte) bool {
		for from := 0; ; from++ {
			quote := bytes.IndexByte(data[from:], '"')
			if quote < 0 {
				return false
			}
			from += quote
			if end := from + 1 + length; end < len(data) && data[end] == '"' && ids[string(data[from+1:end])] != "" {
				return true
			}
		}
	}
}

// Rewrite replaces the data of a stored fact. Only an erasure may do so.
func (s *Log) Rewrite(ctx context.Context, project string, f Fact, data any) (err error) {
	if f.Data, err = json.Marshal(data); err != nil {
		return err
	}
	return s.Table.Write(ctx, table.PutJSON(factKey(project, f.Lane, f.Number), f, table.Present))
}
