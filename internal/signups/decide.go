package signups

import (
	"context"
	"errors"
	"fmt"

	"outreach/internal/people"
	"outreach/internal/project"
	"outreach/internal/schema"
	"outreach/internal/store"
	"outreach/internal/table"
)

// Decisions on whose a held sign-up is; any other is the id of a person.
const (
	SamePerson = "same" // the known person's
	NewPerson  = "new"  // another person's, who shares the key
)

// ErrDecided is in the error where a sign-up that no known person contradicts is not decided by another person.
var ErrDecided = errors.New("there is nobody else to decide about")

// Decide says whose a held sign-up is, and gives it its place by the time of submission. Where the person has a live
// sign-up to the activity already, that one stays, with what this form said, and is returned. It may be called
// twice: it finishes what an interrupted call began, and changes nothing once that is done. It fails with
// store.ErrStale where the sign-up is cancelled, and with store.ErrNotFound where the sign-up or the person does not
// exist.
func (s *Store) Decide(ctx context.Context, def *project.Definition, id, who, by string) (Signup, error) {
	su, _, err := store.LoadExisting[Signup](ctx, s.Tracker, signupKey(def.ID, id), "sign-up "+id)
	switch {
	case err != nil:
		return su, err
	case su.State == schema.Cancelled:
		return su, fmt.Errorf("sign-up %s is cancelled: %w", id, store.ErrStale)
	case su.State != schema.Held || su.Forgotten:
		return su, nil
	case su.Conflict == nil:
		return s.confirm(ctx, def, su, who, by)
	}
	if who == NewPerson {
		if err := s.persons.Settle(ctx, def.ID, su.Person); err != nil {
			return su, err
		}
		err := s.persons.MarkDistinct(ctx, def.ID, su.Person, su.Conflict.Person, by)
		if err != nil && !store.IsNotFound(err) { // the known person may be erased
			return su, err
		}
		return s.MoveSignup(ctx, def, id, schema.Accepted, by)
	}
	if who == SamePerson {
		who = su.Conflict.Person
	}
	target, err := s.persons.Person(ctx, def.ID, who)
	if err != nil {
		return su, err
	}
	sender, err := s.persons.Person(ctx, def.ID, su.Person)
	if err != nil {
		return su, err
	}
	live, err := s.repeatAt(ctx, def, su, target, by)
	if err != nil {
		return su, err
	}
	if sender.ID != target.ID {
		if target, err = s.persons.Merge(ctx, def.ID, sender.ID, target.ID, by); err != nil {
			return su, err
		}
	}
	if live == "" {
		return s.MoveSignup(ctx, def, id, schema.Accepted, by)
	}
	if _, err := s.move(ctx, def, id, schema.Cancelled, by, live); err != nil {
		return su, err
	}
	return s.Signup(ctx, def.ID, live)
}

// confirm accepts a sign-up that was held because the public form adds no key: the keys of its form become the
// person's.
func (s *Store) confirm(ctx context.Context, def *project.Definition, su Signup, who, by string) (Signup, error) {
	p, err := s.persons.Person(ctx, def.ID, su.Person)
	if err != nil {
		return su, err
	}
	if who != SamePerson && who != p.ID {
		return su, ErrDecided
	}
	if err := s.Confirm(ctx, def, su); err != nil {
		return su, err
	}
	return s.MoveSignup(ctx, def, su.ID, schema.Accepted, by)
}

// Confirm adds the keys of a sign-up's form to its person. It fails with people.ErrTwoPeople where another person has
// one.
func (s *Store) Confirm(ctx context.Context, def *project.Definition, su Signup) error {
	form, err := s.Form(ctx, def.ID, su)
	if err != nil {
		return err
	}
	named := schema.For(def).Keys.Of(func(field string) string { return form[field] })
	ref := schema.PersonRef{ID: su.Person, Email: named.Email, Pesel: named.Pesel, Further: named.Further}
	_, err = s.persons.Resolve(ctx, def.ID, ref, people.Names{})
	return err
}

// repeatAt stores a held sign-up as a repetition of the live one that a person has to the activity, and returns the
// id of that one, "" where there is none. It may be called twice.
func (s *Store) repeatAt(ctx context.Context, def *project.Definition, held Signup, p people.Person, by string) (live string, err error) {
	form, err := s.Form(ctx, def.ID, held)
	if err != nil {
		return "", err
	}
	kind := schema.For(def).Kind(schema.Signup)
	d := SignupDraft{Kind: kind, Activity: activity(def, held.Activity), Row: kind.Reveal(held.Values, form), Submitted: held.Submitted, By: by, Entry: held.Entry, Consent: form[ConsentGiven]}
	err = table.Retry(ctx, func() error {
		before, rev, _, err := s.liveSignup(ctx, def.ID, held.Activity, p, held.ID)
		if live = before.ID; err != nil || rev == 0 {
			return err
		}
		who, err := s.persons.Named(ctx, def.ID, p.ID, schema.PersonRef{}, people.Names{})
		if err != nil {
			return err
		}
		_, err = s.repeat(ctx, def.ID, d, who, before, rev, held.Entry, "", store.Once{})
		return err
	})
	return live, err
}

// Held returns a page of the sign-ups that are held, in the order of their ids.
func (s *Store) Held(ctx context.Context, project string, limit int, cursor string) (table.PageOf[Signup], error) {
	var out table.PageOf[Signup]
	ids, err := table.List[string](ctx, s.Tracker, table.Query{PK: heldPartition(project), Limit: limit, Cursor: cursor})
	if err != nil {
		return out, err
	}
	found, err := s.SignupsOf(ctx, project, ids.Items)
	if err != nil {
		return out, err
	}
	out.Next, out.Items = ids.Next, []Signup{}
	for _, id := range ids.Items {
		if su, there := found[id]; there && su.State == schema.Held && !su.Forgotten {
			out.Items = append(out.Items, su)
		}
	}
	return out, nil
}
