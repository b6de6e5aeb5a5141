// Package projects stores the definitions of projects, in all their versions.
package projects

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"time"

	"outreach/internal/fact"
	"outreach/internal/project"
	"outreach/internal/store"
	"outreach/internal/table"
)

// Store keeps the versions of definitions. It is safe for concurrent use.
type Store struct{ *store.DB }

// New returns a Store on a base.
func New(db *store.DB) *Store { return &Store{db} }

// Defined is one version of a project's definition.
type Defined struct {
	Version    int                 `json:"version"`
	SHA256     string              `json:"sha256"` // of the YAML
	Definition *project.Definition `json:"definition"`
	Former     []string            `json:"former,omitempty"` // ids of activities of earlier versions that this one lacks: people signed up to them
	By         string              `json:"by,omitempty"`     // the staff id of who set it; missing in old versions
	At         time.Time           `json:"at,omitzero"`
}

// Activities returns all activities that people could ever sign up to: those of the definition, then former ones, which
// have nothing but an id.
func (d Defined) Activities() []project.Activity {
	all := slices.Clone(d.Definition.Activities)
	for _, id := range d.Former {
		all = append(all, project.Activity{ID: id})
	}
	return all
}

// ActivityIDs returns the ids of Activities, in the same order.
func (d Defined) ActivityIDs() []string {
	var ids []string
	for _, a := range d.Activities() {
		ids = append(ids, a.ID)
	}
	return ids
}

// former returns the ids of activities that were there before and are not in d.
func former(before Defined, d *project.Definition) []string {
	if before.Definition == nil {
		return nil
	}
	return slices.DeleteFunc(before.ActivityIDs(), func(id string) bool {
		_, found := d.Activity(id)
		return found
	})
}

// Definition returns the version in force. The error of an unknown project wraps store.ErrNotFound.
func (s *Store) Definition(ctx context.Context, id string) (Defined, error) {
	d, _, err := store.LoadExisting[Defined](ctx, s.Tracker, definitionKey(id), "project "+id)
	return d, err
}

// DefinitionVersion returns one version. The error of an unknown one wraps store.ErrNotFound.
func (s *Store) DefinitionVersion(ctx context.Context, id string, version int) (Defined, error) {
	d, _, err := store.LoadExisting[Defined](ctx, s.Tracker, definitionVersionKey(id, version), versionName(id, version))
	return d, err
}

// DefinitionVersions returns a page of the versions, newest first.
func (s *Store) DefinitionVersions(ctx context.Context, id string, limit int, cursor string) (table.PageOf[Defined], error) {
	return table.List[Defined](ctx, s.Tracker, table.Query{PK: definitionKey(id).PK, Prefix: "VERSION#", Backward: true, Limit: limit, Cursor: cursor})
}

// DefinitionText returns the YAML of a version as it was sent. The error of an unknown one wraps store.ErrNotFound.
func (s *Store) DefinitionText(ctx context.Context, id string, version int) ([]byte, error) {
	text, _, err := store.LoadExisting[string](ctx, s.Tracker, definitionTextKey(id, version), versionName(id, version))
	return []byte(text), err
}

// versionName names a version in an error.
func versionName(id string, version int) string {
	return fmt.Sprintf("project %s, definition %d", id, version)
}

// Projects returns the ids of all projects, sorted.
func (s *Store) Projects(ctx context.Context) ([]string, error) {
	page, err := table.List[string](ctx, s.Tracker, table.Query{PK: projectKey("").PK})
	return page.Items, err
}

// MostOfProgramme is how many projects of a programme are shown together.
const MostOfProgramme = 500

// OfProgramme returns the ids of the projects of a programme, sorted; MostOfProgramme of them, and whether there are
// more.
func (s *Store) OfProgramme(ctx context.Context, programme string) (ids []string, more bool, err error) {
	page, err := table.List[string](ctx, s.Tracker, table.Query{PK: programmeKey(programme, "").PK, Limit: MostOfProgramme})
	return page.Items, page.Next != "", err
}

// ofProgramme returns the operations that make a project belong to the programme of its definition alone. before is the
// definition that was in force, nil of a new project.
func ofProgramme(before, d *project.Definition) []table.Op {
	var ops []table.Op
	if before != nil && before.ProgrammeID != "" && before.ProgrammeID != d.ProgrammeID {
		ops = append(ops, table.Remove(programmeKey(before.ProgrammeID, d.ID), table.Always))
	}
	if d.ProgrammeID != "" {
		ops = append(ops, table.PutJSON(programmeKey(d.ProgrammeID, d.ID), d.ID, table.Always))
	}
	return ops
}

// SetDefinition puts a definition in force as the next version, and reports whether it created the project. The text in
// force changes nothing and returns its version. Unless ifMatch is "", it must be the SHA-256 of the version in force:
// otherwise the error wraps store.ErrStale. While the project is being imported, the error is ErrImporting. It may be
// called concurrently.
func (s *Store) SetDefinition(ctx context.Context, d *project.Definition, text []byte, ifMatch, by string) (set Defined, created bool, err error) {
	sum := sha256.Sum256(text)
	err = table.Retry(ctx, func() error {
		before, rev, err := table.Load[Defined](ctx, s.Tracker, definitionKey(d.ID))
		if err != nil {
			return err
		}
		if rev == 0 {
			if _, begun, err := table.Load[importing](ctx, s.Tracker, importKey(d.ID)); err != nil {
				return err
			} else if begun != 0 {
				return ErrImporting
			}
		}
		if ifMatch != "" && ifMatch != before.SHA256 {
			return fmt.Errorf("definition of %s: %w", d.ID, store.ErrStale)
		}
		set, created = Defined{Version: before.Version + 1, SHA256: hex.EncodeToString(sum[:]), Definition: d, Former: former(before, d), By: by, At: s.Now().UTC()}, rev == 0
		if before.SHA256 == set.SHA256 {
			set = before
			return nil
		}
		f, err := s.NewFact(fact.KindDefinitionSet, by, fact.DefinitionSet{Version: set.Version, SHA256: set.SHA256})
		if err != nil {
			return err
		}
		var begins []table.Op
		if created {
			begins = append(begins, table.Remove(importKey(d.ID), table.Absent)) // no import has begun meanwhile
		}
		begins = append(begins, ofProgramme(before.Definition, d)...)
		return s.Log().Append(ctx, d.ID, []fact.Fact{f}, append(begins,
			table.PutJSON(definitionKey(d.ID), set, table.At(rev)),
			table.PutJSON(definitionVersionKey(d.ID, set.Version), set, table.Absent),
			table.PutJSON(definitionTextKey(d.ID, set.Version), string(text), table.Absent),
			table.PutJSON(projectKey(d.ID), d.ID, table.Always))...)
	})
	return set, created, err
}
