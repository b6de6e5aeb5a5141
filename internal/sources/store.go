package sources

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"time"

	"outreach/internal/fact"
	"outreach/internal/store"
	"outreach/internal/table"
)

// Most is how many sources a project may have: each file's arrival reads all of them.
const Most = 200

// Stored is a version of a source.
type Stored struct {
	Source  Source    `json:"source"`
	Text    string    `json:"text"` // as it was sent
	Version int       `json:"version"`
	SHA256  string    `json:"sha256"`       // of the text
	By      string    `json:"by,omitempty"` // the staff id of who set it
	At      time.Time `json:"at"`
	Removed bool      `json:"removed,omitempty"` // this version took the source away
}

// Ref names a version of a source.
type Ref struct {
	ID      string `json:"id"`
	Version int    `json:"version"`
}

// Ref returns the version's name.
func (s Stored) Ref() Ref { return Ref{s.Source.ID, s.Version} }

// Store keeps the versions of sources. It is safe for concurrent use.
type Store struct{ *store.DB }

// New returns a Store on a base.
func New(db *store.DB) *Store { return &Store{db} }

// Source returns the version of a source that is in force. The error of one that does not exist wraps
// store.ErrNotFound.
func (s *Store) Source(ctx context.Context, project, id string) (Stored, error) {
	found, _, err := store.LoadExisting[Stored](ctx, s.Tracker, sourceKey(project, id), "source "+id)
	return found, err
}

// Version returns a version of a source, also of one that was taken away.
func (s *Store) Version(ctx context.Context, project string, ref Ref) (Stored, error) {
	found, _, err := store.LoadExisting[Stored](ctx, s.Tracker, versionKey(project, ref.ID, ref.Version), fmt.Sprintf("source %s, version %d", ref.ID, ref.Version))
	return found, err
}

// Versions returns a page of the versions of a source, newest first.
func (s *Store) Versions(ctx context.Context, project, id string, limit int, cursor string) (table.PageOf[Stored], error) {
	return table.List[Stored](ctx, s.Tracker, table.Query{PK: versionKey(project, id, 0).PK, Prefix: "VERSION#", Backward: true, Limit: limit, Cursor: cursor})
}

// Sources returns a page of the sources of a project, by id.
func (s *Store) Sources(ctx context.Context, project string, limit int, cursor string) (table.PageOf[Stored], error) {
	return table.List[Stored](ctx, s.Tracker, table.Query{PK: Partition(project), Limit: limit, Cursor: cursor})
}

// All returns all sources of a project, by id.
func (s *Store) All(ctx context.Context, project string) ([]Stored, error) {
	var all []Stored
	for one, err := range table.Values[Stored](ctx, s.Tracker, table.Query{PK: Partition(project)}) {
		if err != nil {
			return nil, err
		}
		all = append(all, one)
	}
	return all, nil
}

// Set puts a source in force as the next version, and reports whether it is a new one. The text in force changes
// nothing and returns its version. Unless ifMatch is "", it must be the SHA-256 of the version in force: otherwise the
// error wraps store.ErrStale. It may be called concurrently.
func (s *Store) Set(ctx context.Context, project string, source Source, text []byte, ifMatch, by string) (set Stored, created bool, err error) {
	sum := sha256.Sum256(text)
	err = table.Retry(ctx, func() error {
		before, rev, err := table.Load[Stored](ctx, s.Tracker, sourceKey(project, source.ID))
		if err != nil {
			return err
		}
		if ifMatch != "" && ifMatch != before.SHA256 {
			return fmt.Errorf("source %s: %w", source.ID, store.ErrStale)
		}
		last, lastRev, err := table.Load[int](ctx, s.Tracker, lastKey(project, source.ID))
		if err != nil {
			return err
		}
		set, created = Stored{Source: source, Text: string(text), Version: last + 1, SHA256: hex.EncodeToString(sum[:]), By: by, At: s.Now().UTC()}, rev == 0
		if before.SHA256 == set.SHA256 {
			set = before
			return nil
		}
		f, err := s.NewFact(fact.KindSourceSet, by, fact.SourceSet{Source: source.ID, Version: set.Version, SHA256: set.SHA256})
		if err != nil {
			return err
		}
		return s.Log().Append(ctx, project, []fact.Fact{f},
			table.PutJSON(sourceKey(project, source.ID), set, table.At(rev)),
			table.PutJSON(versionKey(project, source.ID, set.Version), set, table.Absent),
			table.PutJSON(lastKey(project, source.ID), set.Version, table.At(lastRev)))
	})
	return set, created, err
}

// Remove takes a source away. Its versions stay, for files that are being read by one, and for the record. The error of
// one that does not exist wraps store.ErrNotFound, that of another version than ifMatch store.ErrStale.
func (s *Store) Remove(ctx context.Context, project, id, ifMatch, by string) error {
	return table.Retry(ctx, func() error {
		before, rev, err := store.LoadExisting[Stored](ctx, s.Tracker, sourceKey(project, id), "source "+id)
		if err != nil {
			return err
		}
		if ifMatch != "" && ifMatch != before.SHA256 {
			return fmt.Errorf("source %s: %w", id, store.ErrStale)
		}
		last, lastRev, err := table.Load[int](ctx, s.Tracker, lastKey(project, id))
		if err != nil {
			return err
		}
		gone := Stored{Source: before.Source, Version: last + 1, By: by, At: s.Now().UTC(), Removed: true}
		f, err := s.NewFact(fact.KindSourceRemoved, by, fact.SourceSet{Source: id, Version: gone.Version})
		if err != nil {
			return err
		}
		return s.Log().Append(ctx, project, []fact.Fact{f},
			table.Remove(sourceKey(project, id), table.At(rev)),
			table.Remove(secretsKey(project, id), table.Always), // a later source with the id has none
			table.PutJSON(versionKey(project, id, gone.Version), gone, table.Absent),
			table.PutJSON(lastKey(project, id), gone.Version, table.At(lastRev)))
	})
}
