package uploads

import (
	"context"
	"maps"

	"outreach/internal/fact"
	"outreach/internal/people"
	"outreach/internal/schema"
	"outreach/internal/table"
)

// ForgetRows removes people from the rows of an upload: new ids replace theirs, their values and private texts are
// erased. It does nothing and returns false while the upload may still change. It may be called again after an error.
func (s *Store) ForgetRows(ctx context.Context, kinds *schema.Registry, project string, fresh people.FreshIDs, upload string) (finished bool, err error) {
	u, err := s.Upload(ctx, project, upload)
	if err != nil || !s.done(u) {
		return false, err
	}
	kind, name := kinds.Plural(u.Kind), u.Kind
	if kind != nil {
		name = kind.Name
	}
	theirs := map[int]bool{}
	for pack := range u.Packs {
		err := table.Retry(ctx, func() error {
			return s.forgetPack(ctx, packKey(project, upload, pack), kind, name, fresh, theirs)
		})
		if err != nil {
			return false, err
		}
	}
	for it, err := range table.Items(ctx, s.People, table.Query{PK: people.TextKey(project, upload, 0).PK}) {
		if err == nil {
			err = table.Retry(ctx, func() error { return s.forgetTexts(ctx, it.Key, theirs) })
		}
		if err != nil {
			return false, err
		}
	}
	return true, nil
}

// forgetPack removes people from one pack of rows, and adds the numbers of their rows to theirs. kind is nil for a name
// that the definition no longer has. Another erasure may run at the same time.
func (s *Store) forgetPack(ctx context.Context, key table.Key, kind *schema.Kind, name string, fresh people.FreshIDs, theirs map[int]bool) error {
	rows, rev, err := s.pack(ctx, key, name)
	if err != nil {
		return err
	}
	changed := false
	for i, l := range rows.Lines {
		to, erased := fresh[l.Person]
		if !erased {
			continue
		}
		theirs[l.Row] = true // an interrupted erasure may have left texts of the row
		if to != l.Person {
			changed = true
			rows.Lines[i] = fact.Line{Row: l.Row, Person: to, Values: rows.Erased(kind, l.Values)}
		}
	}
	if !changed {
		return nil
	}
	return s.Tracker.Write(ctx, table.PutJSON(key, rows, table.At(rev)))
}

// forgetTexts removes the private texts of some rows from an item of texts.
func (s *Store) forgetTexts(ctx context.Context, key table.Key, rows map[int]bool) error {
	texts, rev, err := table.Load[map[int]map[string]string](ctx, s.People, key)
	if err != nil {
		return err
	}
	before := len(texts)
	maps.DeleteFunc(texts, func(row int, _ map[string]string) bool { return rows[row] })
	switch {
	case len(texts) == before:
		return nil
	case len(texts) == 0:
		return s.People.Write(ctx, table.Remove(key, table.At(rev)))
	}
	return s.People.Write(ctx, table.PutJSON(key, texts, table.At(rev)))
}
