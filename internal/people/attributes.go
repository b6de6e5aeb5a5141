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
// for an unknown id. Of private values the fact has the hashes.
func (s *Store) CorrectAttributes(ctx context.Context, project, id string, c AttributeCorrection, registry *schema.Registry) error {
	p, err := s.Person(ctx, project, id)
	if err != nil {
		return err
	}
	f, err := s.correction(project, p.ID, &c, registry)
	if err != nil {
		return err
	}
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
		ops, err := s.correct(ctx, project, before, rev, c, registry.Keys)
		if err != nil {
			return err
		}
		return s.db.People.Write(ctx, ops...)
	})
	if err != nil {
		return err
	}
	return s.db.Log().Append(ctx, project, []fact.Fact{f})
}

// correction returns the fact of a correction, and sets the correction's id and time.
func (s *Store) correction(project, person string, c *AttributeCorrection, registry *schema.Registry) (fact.Fact, error) {
	kind := registry.Kind(schema.Signup)
	sealed := kind.Values(s.db.SealRow(project, kind, kind.Row(c.Values)))
	f, err := s.db.NewFact(fact.KindPersonAttributes, c.By, fact.PersonAttributes{Person: person, Schema: schema.SchemaVersion, Values: sealed, Cleared: c.Cleared})
	c.ID, c.At = f.ID, f.At
	return f, err
}

// correct returns the operations that store a correction with its person, as it was read with a revision.
func (s *Store) correct(ctx context.Context, project string, before Person, rev int64, c AttributeCorrection, keys *schema.Keys) (ops []table.Op, err error) {
	after := before
	after.Given = c.given(before.Given)
	if year := c.Values.Get("birth_year"); keys.Name && year != "" && year != schema.Refused { // it belongs to the key of names
		after.BirthYear = year
		after = after.withName(keys)
		if ops, err = s.correctKeys(ctx, project, &after, before.Keys(), after.Keys()); err != nil {
			return nil, err
		}
	}
	return append(ops, s.putPerson(project, after, rev), table.PutJSON(attributesKey(project, before.ID, c.ID), c, table.Always)), nil
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

// PrivateTexts returns what each form and each correction of a person said in private fields, by field, in no order.
func (s *Store) PrivateTexts(ctx context.Context, project string, p Person) ([]map[string]string, error) {
	var all []map[string]string
	for _, id := range p.IDs() {
		for it, err := range table.Items(ctx, s.db.People, table.Query{PK: formsPartition(project, id)}) {
			if err != nil {
				return nil, err
			}
			texts := map[string]string{}
			switch {
			case strings.HasPrefix(it.SK, questionKey(project, id+"-").SK):
			case strings.HasPrefix(it.SK, attributesKey(project, id, "").SK):
				c, err := table.Decode[AttributeCorrection](it)
				if err != nil {
					return nil, err
				}
				for _, v := range c.Values.All() {
					texts[v.Field] = v.Text
				}
			default:
				if texts, err = table.Decode[map[string]string](it); err != nil {
					return nil, err
				}
			}
			all = append(all, texts)
		}
	}
	return all, nil
}
