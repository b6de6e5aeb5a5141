package people

import (
	"context"
	"time"

	"outreach/internal/fact"
	"outreach/internal/table"
)

// oneLook is the time in which several looks of one member of the staff at one person are one fact.
const oneLook = time.Hour

// NoteView notes in the trail that a member of the staff (a staff id) looks at a person. It writes nothing where they
// did so in the same hour. It must succeed before the person is shown.
func (s *Store) NoteView(ctx context.Context, project, person, by string) error {
	now := s.db.Now().UTC()
	key := viewKey(project, person, by, now.Truncate(oneLook))
	found, err := s.db.Tracker.Get(ctx, key)
	if err != nil || len(found) > 0 {
		return err
	}
	f, err := s.db.NewFact(fact.KindPersonViewed, by, fact.PersonViewed{Person: person})
	if err != nil {
		return err
	}
	op := table.PutJSON(key, true, table.Absent)
	op.Item.Expires = now.Add(2 * oneLook)
	err = s.db.Log().Append(ctx, project, []fact.Fact{f}, op)
	if conflict, met := table.AsConflict(err); met && len(conflict.Failed) > 0 {
		return nil // another request of theirs noted it
	}
	return err
}

// NoteExport notes in the trail that a member of the staff exports data about people: what, and of ExportedPerson
// whose. It must succeed before the export is answered.
func (s *Store) NoteExport(ctx context.Context, project, what, person, by string) error {
	f, err := s.db.NewFact(fact.KindPeopleExported, by, fact.PeopleExported{What: what, Person: person})
	if err != nil {
		return err
	}
	return s.db.Log().Append(ctx, project, []fact.Fact{f})
}
