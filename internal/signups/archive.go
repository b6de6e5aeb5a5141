package signups

import (
	"context"
	"iter"

	"outreach/internal/schema"
	"outreach/internal/table"
)

// All iterates over the sign-ups to an activity in the order of submission, cancelled ones too. It ends after the first
// error.
func (s *Store) All(ctx context.Context, project, activity string) iter.Seq2[Signup, error] {
	return table.Values[Signup](ctx, s.Tracker, table.Query{PK: signupIndex(project, activity), Index: true})
}

// Restore returns the operations that store a sign-up of an archive, whose values are sealed anew. Places and what
// mentions a person are restored by themselves.
func (s *Store) Restore(project string, su Signup) []table.Op {
	put := s.keepSignup(project, su, 0)
	put.If = table.Always
	ops := []table.Op{put}
	switch {
	case su.Forgotten:
	case su.State == schema.Held:
		ops = append(ops, table.PutJSON(heldKey(project, su), su.ID, table.Always))
	case su.State == schema.Waitlisted:
		ops = append(ops, table.PutJSON(queueKey(project, su.Activity, su.Submitted, su.ID), su.ID, table.Always))
	}
	if !su.ReservedUntil.IsZero() {
		ops = append(ops, keepReservation(project, su))
	}
	return ops
}

// RestorePlaces returns the operation that stores the counts of an activity.
func RestorePlaces(project, activity string, places Places) table.Op {
	return table.PutJSON(placesKey(project, activity), places, table.Always)
}
