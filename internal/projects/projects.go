// Package projects keeps the definitions of projects: the one that holds, and all versions that held before.
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

// Store keeps the versions of projects' definitions.
type Store struct{ *store.DB }

// New is the Store on a base.
func New(db *store.DB) *Store { return &Store{db} }

// Defined is a project's definition with what it is known by.
type Defined struct {
	Version    int                 `json:"version"`
	SHA256     string              `json:"sha256"` // of the YAML
	Definition *project.Definition `json:"definition"`
	Former     []string            `json:"former,omitempty"` // activities of earlier versions that this one no longer has: people signed up to them
	By         string              `json:"by,omitempty"`     // who set it, a staff id; versions of long ago do not say
	At         time.Time           `json:"at,omitzero"`
}

// Activities are all that people could ever sign up to: those of the definition, then former ones, of which the id is all that is
// left.
func (d Defined) Activities() []project.Activity {
	all := slices.Clone(d.Definition.Activities)
	for _, id := range d.Former {
		all = append(all, project.Activity{ID: id})
	}
	return all
}

// ActivityIDs are their ids.
func (d Defined) ActivityIDs() []string {
	var ids []string
	for _, a := range d.Activities() {
		ids = append(ids, a.ID)
	}
	return ids
}

// former are the activities that there were before and are no longer.
func former(before Defined, d *project.Definition) []string {
	if before.Definition == nil {
		return nil
	}
	return slices.DeleteFunc(before.ActivityIDs(), func(id string) bool {
		_, there := d.Activity(id)
		return there
	})
}

// Definition reads the definition that holds now.
func (s *Store) Definition(ctx context.Context, id string) (Defined, error) {
	d, rev, err := table.Load[Defined](ctx, s.Tracker, definitionKey(id))
	if err == nil && rev == 0 {
		err = fmt.Errorf("project %s: %w", id, store.ErrNotFound)
	}
	return d, err
}

// DefinitionVersion reads a version that held once, or still does.
func (s *Store) DefinitionVersion(ctx context.Context, id string, version int) (Defined, error) {
	d, rev, err := table.Load[Defined](ctx, s.Tracker, definitionVersionKey(id, version))
	if err == nil && rev == 0 {
		err = fmt.Errorf("project %s, definition %d: %w", id, version, store.ErrNotFound)
	}
	return d, err
}

// DefinitionVersions lists the versions, newest first.
func (s *Store) DefinitionVersions(ctx context.Context, id string, limit int, cursor string) (table.PageOf[Defined], error) {
	return table.List[Defined](ctx, s.Tracker, table.Query{PK: definitionKey(id).PK, Prefix: "VERSION#", Backward: true, Limit: limit, Cursor: cursor})
}

// DefinitionText reads a version's YAML as it was sent.
func (s *Store) DefinitionText(ctx context.Context, id string, version int) ([]byte, error) {
	text, rev, err := table.Load[string](ctx, s.Tracker, definitionTextKey(id, version))
	if err == nil && rev == 0 {
		err = fmt.Errorf("project %s, definition %d: %w", id, version, store.ErrNotFound)
	}
	return []byte(text), err
}

// Projects lists the projects' ids, in order.
func (s *Store) Projects(ctx context.Context) ([]string, error) {
	page, err := table.List[string](ctx, s.Tracker, table.Query{PK: projectKey("").PK})
	return page.Items, err
}

// SetDefinition makes a definition the one that holds. The same text again changes nothing. If not "", ifMatch is the
// SHA256 that must hold before; otherwise the error wraps ErrStale.
func (s *Store) SetDefinition(ctx context.Context, d *project.Definition, text []byte, ifMatch, by string) (set Defined, created bool, err error) {
	sum := sha256.Sum256(text)
	err = table.Retry(ctx, func() error {
		before, rev, err := table.Load[Defined](ctx, s.Tracker, definitionKey(d.ID))
		if err != nil {
			return err
		}
		if ifMatch != "" && ifMatch != before.SHA256 {
			return fmt.Errorf("definition of %s: %w", d.ID, store.ErrStale)
		}
		set, created = Defined{Version: before.Version + 1, SHA256: hex.EncodeToString(sum[:]), Definition: d, Former: former(before, d), By: by, At: s.Now().UTC()}, rev == 0
		if before.SHA256 == set.SHA256 {
			set = before
			return nil
		}
		f, err := s.NewFact(fact.KindDefinitionSet, by, fact.Defined{Version: set.Version, SHA256: set.SHA256})
		if err != nil {
			return err
		}
		return s.Log().Append(ctx, d.ID, []fact.Fact{f},
			table.PutJSON(definitionKey(d.ID), set, table.At(rev)),
			table.PutJSON(definitionVersionKey(d.ID, set.Version), set, table.Absent),
			table.PutJSON(definitionTextKey(d.ID, set.Version), string(text), table.Absent),
			table.PutJSON(projectKey(d.ID), d.ID, table.Always))
	})
	return set, created, err
}
