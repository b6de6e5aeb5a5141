package people

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"outreach/internal/fact"
	"outreach/internal/schema"
	"outreach/internal/store"
	"outreach/internal/table"
)

// AttributeCorrection is a correction of attributes of a person: what was wrong at entry. Values have the corrected
// ones, and Cleared the names of those that were taken away.
type AttributeCorrection struct {
	ID      string        `json:"id"` // of its fact
	At      time.Time     `json:"at"`
	By      string        `json:"by,omitempty"` // the random id of a staff member
	Values  schema.Values `json:"row"`
	Cleared []string      `json:"cleared,omitempty"`
	Reason  string        `json:"reason,omitempty"`
}

// correct changes attributes as the correction says.
func (c AttributeCorrection) correct(attributes map[string]string) {
	for _, v := range c.Values.All() {
		attributes[v.Field] = v.Text
	}
	for _, name := range c.Cleared {
		delete(attributes, name)
	}
}

// given returns the names of the attributes that corrections gave, with this one after others.
func (c AttributeCorrection) given(before []string) []string {
	after := slices.DeleteFunc(slices.Clone(before), func(name string) bool { return slices.Contains(c.Cleared, name) })
	for _, v := range c.Values.All() {
		if !slices.Contains(after, v.Field) {
			after = append(after, v.Field)
		}
	}
	slices.Sort(after)
	return after
}

// Corrected returns attributes by name with the corrections in the place of what forms said. It orders the corrections.
func Corrected(attributes map[string]string, corrections []AttributeCorrection) map[string]string {
	slices.SortFunc(corrections, func(a, b AttributeCorrection) int {
		return cmp.Or(a.At.Compare(b.At), strings.Compare(a.ID, b.ID))
	})
	for _, c := range corrections {
		c.correct(attributes)
	}
	return attributes
}

// CorrectAttributes stores a correction, of which the caller sets Values, Cleared, Reason and By. It counts in every
// later snapshot, and a year of birth identifies with the names where these are a key. It fails with store.ErrNotFound
// for an unknown id.
func (s *Store) CorrectAttributes(ctx context.Context, project, id string, c AttributeCorrection, keys *schema.Keys) error {
	p, err := s.Person(ctx, project, id)
	if err != nil {
		return err
	}
	f, err := s.db.NewFact(fact.KindPersonAttributes, c.By, fact.PersonAttributes{Person: p.ID, Schema: schema.SchemaVersion, Values: c.Values, Cleared: c.Cleared})
	if err != nil {
		return err
	}
	c.ID, c.At = f.ID, f.At
	// The item comes first, so that no figure changes without a reason that can be shown. It depends on the person, who
	// may be erased at the same time.
	err = table.Retry(ctx, func() error {
		before, rev, err := table.Load[Person](ctx, s.db.People, personKey(project, p.ID))
		if err != nil {
			return err
		}
		if rev == 0 || before.Into != "" {
			return fmt.Errorf("person %s: %w", id, store.ErrNotFound)
		}
		after := before
		after.Given = c.given(before.Given)
		var ops []table.Op
		if year := c.Values.Get("birth_year"); keys.Name && year != "" && year != schema.Refused { // it belongs to the key of names
			after.BirthYear = year
			after = after.withName(keys)
			if ops, err = s.correctKeys(ctx, project, &after, before.Keys(), after.Keys()); err != nil {
				return err
			}
		}
		ops = append(ops, s.putPerson(project, after, rev), table.PutJSON(attributesKey(project, p.ID, c.ID), c, table.Always))
		return s.db.People.Write(ctx, ops...)
	})
	if err != nil {
		return err
	}
	return s.db.Log().Append(ctx, project, []fact.Fact{f})
}

// AttributeCorrections returns the corrections of a person's attributes, made under any of their ids, in no order.
func (s *Store) AttributeCorrections(ctx context.Context, project string, p Person) ([]AttributeCorrection, error) {
	all := []AttributeCorrection{}
	for _, id := range p.IDs() {
		key := attributesKey(project, id, "")
		for c, err := range table.Values[AttributeCorrection](ctx, s.db.People, table.Query{PK: key.PK, Prefix: key.SK}) {
			if err != nil {
				return nil, err
			}
			all = append(all, c)
		}
	}
	return all, nil
}
