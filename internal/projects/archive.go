package projects

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"time"

	"outreach/internal/store"
	"outreach/internal/table"
)

// Versions iterates over all versions of a definition, the first one first. It ends after the first error.
func (s *Store) Versions(ctx context.Context, id string) iter.Seq2[Defined, error] {
	return table.Values[Defined](ctx, s.Tracker, table.Query{PK: definitionKey(id).PK, Prefix: "VERSION#"})
}

// RestoreVersion returns the operations that store a version with its YAML, which is not in force by that.
func RestoreVersion(id string, d Defined, text []byte) []table.Op {
	return []table.Op{
		table.PutJSON(definitionVersionKey(id, d.Version), d, table.Always),
		table.PutJSON(definitionTextKey(id, d.Version), string(text), table.Always),
	}
}

// importing is the item of a project that is being imported: it keeps the project's id for one archive.
type importing struct {
	SHA256 string    `json:"sha256"`         // of the archive
	Owner  string    `json:"owner"`          // the id of the run that writes
	Until  time.Time `json:"until"`          // the end of its lease
	Live   bool      `json:"live,omitempty"` // the definition is in force
}

// Import is the right to write a project that does not exist yet. It is not safe for concurrent use.
type Import struct {
	Live bool // an earlier run of the same archive was interrupted after Finish

	store   *Store
	project string
	held    importing
	rev     int64
}

// Errors of BeginImport.
var (
	ErrExists     = errors.New("the project exists")
	ErrImporting  = errors.New("the project is being imported")
	ErrOtherBegan = errors.New("the import of another archive of the project was interrupted")
)

// importLease is how long a run that does not renew its lease keeps others from continuing.
const importLease = 2 * time.Minute

// BeginImport begins the import of an archive, given by its SHA-256. It fails with ErrExists where the project exists,
// unless that is what an interrupted run of the same archive came to, with ErrImporting while another run imports it,
// and with ErrOtherBegan where the import of another archive was interrupted: what that one wrote is still there, and
// only the same archive writes all of it again.
func (s *Store) BeginImport(ctx context.Context, project, sha256 string) (*Import, error) {
	_, err := s.Definition(ctx, project)
	if err != nil && !store.IsNotFound(err) {
		return nil, err
	}
	exists := err == nil
	before, rev, err := table.Load[importing](ctx, s.Tracker, importKey(project))
	switch {
	case err != nil:
		return nil, err
	case exists && (rev == 0 || before.SHA256 != sha256):
		return nil, fmt.Errorf("project %s: %w", project, ErrExists)
	case rev != 0 && before.Until.After(s.Now()):
		return nil, ErrImporting
	case rev != 0 && before.SHA256 != sha256:
		return nil, ErrOtherBegan
	}
	i := &Import{Live: exists, store: s, project: project, held: importing{SHA256: sha256, Owner: s.NewID(), Live: exists}, rev: rev}
	if exists {
		return i, i.Renew(ctx)
	}
	return i, i.renew(ctx, table.Remove(definitionKey(project), table.Absent)) // nobody has begun it meanwhile
}

// Renew extends the lease. It fails with ErrImporting where another run has taken it.
func (i *Import) Renew(ctx context.Context) error { return i.renew(ctx) }

func (i *Import) renew(ctx context.Context, more ...table.Op) error {
	i.held.Until = i.store.Now().Add(importLease).UTC()
	err := i.store.Tracker.Write(ctx, append(more, table.PutJSON(importKey(i.project), i.held, table.At(i.rev)))...)
	if _, met := table.AsConflict(err); met {
		return ErrImporting
	}
	if err == nil {
		i.rev++
	}
	return err
}

// Due reports whether half of the lease is over.
func (i *Import) Due() bool { return i.held.Until.Sub(i.store.Now()) < importLease/2 }

// Finish puts a version in force, by which the project exists, together with further operations. What depends on the
// definition follows, until End. It fails with ErrImporting where another run has taken the lease.
func (i *Import) Finish(ctx context.Context, d Defined, more ...table.Op) error {
	i.held.Live, i.held.Until = true, i.store.Now().Add(importLease).UTC()
	more = append(more, ofProgramme(nil, d.Definition)...)
	err := i.store.Tracker.Write(ctx, append(more,
		table.PutJSON(definitionKey(i.project), d, table.Absent),
		table.PutJSON(projectKey(i.project), i.project, table.Always),
		table.PutJSON(importKey(i.project), i.held, table.At(i.rev)))...)
	if _, met := table.AsConflict(err); met {
		return ErrImporting
	}
	if err == nil {
		i.Live = true
		i.rev++
	}
	return err
}

// End ends the import.
func (i *Import) End(ctx context.Context) error {
	return i.store.Tracker.Write(ctx, table.Remove(importKey(i.project), table.At(i.rev)))
}

// Release ends the lease, so that another run may continue at once.
func (i *Import) Release(ctx context.Context) error {
	i.held.Until = time.Time{}
	return i.store.Tracker.Write(ctx, table.PutJSON(importKey(i.project), i.held, table.At(i.rev)))
}
