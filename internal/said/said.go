// Package said stores what the office says of indicators that are not counted. What is said is a fact; its note is a
// private text, of which facts have a keyed hash alone.
package said

import (
	"context"
	"time"

	"outreach/internal/fact"
	"outreach/internal/people"
	"outreach/internal/store"
	"outreach/internal/table"
)

// Store keeps what was said. It is safe for concurrent use.
type Store struct{ *store.DB }

// New returns a Store on a base.
func New(db *store.DB) *Store { return &Store{db} }

// Value is what was said last of an indicator as of a day.
type Value struct {
	Indicator string    `json:"indicator"`
	AsOf      string    `json:"as_of"`
	Value     string    `json:"value"` // a number in canonical form, or one of the indicator's scale
	Note      string    `json:"note,omitempty"`
	Version   int       `json:"version"`
	By        string    `json:"by,omitempty"` // the random id of a member of the staff
	At        time.Time `json:"at"`
}

// Say stores a value, with a fact of it, and returns it with its note. Saying the same again changes nothing. It may be
// called concurrently: what is stored last holds.
func (s *Store) Say(ctx context.Context, project string, value Value, by string) (Value, error) {
	key, note := saidKey(project, value.Indicator, value.AsOf), value.Note
	err := table.Retry(ctx, func() error {
		before, rev, err := table.Load[Value](ctx, s.Tracker, key)
		if err != nil {
			return err
		}
		value.Note = ""
		if note != "" {
			value.Note = s.Seal(project, "text", note)
		}
		if rev > 0 && before.Value == value.Value && before.Note == value.Note {
			value = before
			return nil
		}
		value.Version, value.By, value.At = before.Version+1, by, s.Now().UTC()
		f, err := s.NewFact(fact.KindIndicatorSaid, by, fact.IndicatorSaid{Indicator: value.Indicator, AsOf: value.AsOf, Value: value.Value, Note: value.Note})
		if err != nil {
			return err
		}
		if note != "" { // before the fact, so that no fact is without its note
			text := people.TextKey(project, name(value.Indicator, value.AsOf), value.Version)
			if err := s.People.Write(ctx, table.PutJSON(text, map[string]string{"note": note}, table.Always)); err != nil {
				return err
			}
		}
		return s.Log().Append(ctx, project, []fact.Fact{f}, table.PutJSON(key, value, table.At(rev)))
	})
	value.Note = note
	return value, err
}

// Values returns a page of what was said of an indicator, the latest day first, with the notes that are still there.
func (s *Store) Values(ctx context.Context, project, code string, limit int, cursor string) (table.PageOf[Value], error) {
	page, err := table.List[Value](ctx, s.Tracker, table.Query{PK: Partition(project), Prefix: name(code, ""), Backward: true, Limit: limit, Cursor: cursor})
	if err != nil {
		return page, err
	}
	for i := range page.Items {
		v := &page.Items[i]
		if v.Note == "" {
			continue
		}
		text, _, err := table.Load[map[string]string](ctx, s.People, people.TextKey(project, name(v.Indicator, v.AsOf), v.Version))
		if err != nil {
			return page, err
		}
		v.Note = text["note"]
	}
	return page, nil
}
