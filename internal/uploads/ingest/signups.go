package ingest

import (
	"context"
	"slices"

	"outreach/internal/fact"
	"outreach/internal/importer"
	"outreach/internal/schema"
	"outreach/internal/signups"
	"outreach/internal/uploads"
)

// mostQueued is how many rows of a file of sign-ups are signed up together: prepared in parallel, then admitted in
// batches.
const mostQueued = 8 * signups.Batch

// signupQueue signs up the people of a file, in the order of its rows, many together. A person is in it once: a second
// row of the same person waits until the first one is done.
type signupQueue struct {
	run    *run
	packer *uploads.Packer

	rows    []queuedSignup
	people  map[string]bool // the roster's ids of the people in rows
	created int
	signed  map[string]bool // the ids of all people who were signed up
}

type queuedSignup struct {
	line        importer.Line
	sealed      schema.Row
	fingerprint uploads.Fingerprint
}

// add adds the next row.
func (q *signupQueue) add(ctx context.Context, l importer.Line, sealed schema.Row, fingerprint uploads.Fingerprint) error {
	who := q.run.roster.id(l.Entry.Person)
	if len(q.rows) == mostQueued || q.people[who] {
		if err := q.flush(ctx); err != nil {
			return err
		}
	}
	if q.people == nil {
		q.people = map[string]bool{}
	}
	q.people[who] = true
	l.Entry.Row = slices.Clone(l.Entry.Row)
	q.rows = append(q.rows, queuedSignup{l, slices.Clone(sealed), fingerprint})
	return nil
}

// flush signs up the people of the rows, as the coordinators' form does, and stores the rows. The sign-up's id follows
// from the row, so that repeating it changes nothing.
func (q *signupQueue) flush(ctx context.Context) error {
	if len(q.rows) == 0 {
		return nil
	}
	r := q.run
	drafts := make([]signups.SignupDraft, len(q.rows))
	for i, row := range q.rows {
		activity, _ := r.defined.Definition.Activity(r.kind.Get(row.line.Entry.Row, "activity"))
		who, conflict := r.roster.storedPerson(row.line.Entry.Person)
		drafts[i] = signups.SignupDraft{
			Person: who, Conflict: conflict,
			Kind: r.kind, Activity: activity, Row: row.line.Entry.Row, Derived: schema.OfPesel(r.defined.Definition, row.line.Entry.Person.Pesel), Submitted: r.upload.Arrived, By: r.upload.By,
			Entry: fact.LineID(r.upload.ID, r.upload.Arrived, row.line.Place()), Upload: r.upload.ID, Line: row.line.Place(),
		}
		if given := r.kind.Get(row.line.Entry.Row, "submitted_at"); given != "" {
			var err error
			if drafts[i].Submitted, err = parseInstant(given); err != nil {
				return err
			}
		}
	}
	done, err := r.signups.SignUpAll(ctx, r.project, drafts)
	if err != nil {
		return err
	}
	for i, row := range q.rows {
		if done[i].Created {
			q.created++
		}
		q.signed[done[i].Signup.Person] = true
		line := fact.Line{Row: row.line.Place(), Person: done[i].Signup.Person, Values: row.sealed}
		if err := q.packer.Add(line, row.fingerprint, nil); err != nil {
			return err
		}
	}
	q.rows, q.people = nil, nil
	return nil
}
