package tabletest

import (
	"context"
	"errors"
	"sync"

	"outreach/internal/table"
)

// ErrKilled simulates the end of the process: after a call returned it, every further call of the Faulty returns it.
var ErrKilled = errors.New("killed")

// Call describes a call of a Table.
type Call struct {
	N    int        // the number of the call, from 1
	Verb string     // get, query or write
	Ops  []table.Op // of a write
}

// Faulty is a table with injected faults. Before is called before each call and After after each one that succeeded;
// either may be nil, and they are never called concurrently. An error of Before is returned instead of making the call.
// An error of After is returned although the call has been made: its response is lost. They return ErrKilled,
// &table.Conflict{} or errors that wrap table.ErrUnavailable.
type Faulty struct {
	Table  table.Table
	Before func(Call) error
	After  func(Call) error

	mu     sync.Mutex
	calls  int
	killed bool
}

var _ table.Table = (*Faulty)(nil)

// Get calls the table's Get, or fails.
func (f *Faulty) Get(ctx context.Context, keys ...table.Key) (items map[table.Key]table.Item, err error) {
	err = f.call(Call{Verb: "get"}, func() error {
		items, err = f.Table.Get(ctx, keys...)
		return err
	})
	if err != nil {
		return nil, err
	}
	return items, nil
}

// Query calls the table's Query, or fails.
func (f *Faulty) Query(ctx context.Context, q table.Query) (page table.Page, err error) {
	err = f.call(Call{Verb: "query"}, func() error {
		page, err = f.Table.Query(ctx, q)
		return err
	})
	if err != nil {
		return table.Page{}, err
	}
	return page, nil
}

// Write calls the table's Write, or fails.
func (f *Faulty) Write(ctx context.Context, ops ...table.Op) error {
	return f.call(Call{Verb: "write", Ops: ops}, func() error { return f.Table.Write(ctx, ops...) })
}

func (f *Faulty) call(c Call, do func() error) error {
	f.mu.Lock()
	f.calls++
	c.N = f.calls
	f.mu.Unlock()
	if err := f.inject(f.Before, c); err != nil {
		return err
	}
	if err := do(); err != nil {
		return err
	}
	return f.inject(f.After, c)
}

func (f *Faulty) inject(fault func(Call) error, c Call) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.killed {
		return ErrKilled
	}
	if fault == nil {
		return nil
	}
	err := fault(c)
	f.killed = errors.Is(err, ErrKilled)
	return err
}
