package hooks

import (
	"context"
	"iter"
	"time"

	"github.com/oklog/ulid/v2"

	"outreach/internal/table"
)

// Archived is a delivery that waits, as an archive has it.
type Archived struct {
	Waiting

	Payload storedPayload `json:"payload"` // empty where it was removed
}

// Archive iterates over the deliveries of a project that wait, with their payloads. It ends after the first error.
func (s *Store) Archive(ctx context.Context, project string) iter.Seq2[Archived, error] {
	return func(yield func(Archived, error) bool) {
		for w, err := range table.Values[Waiting](ctx, s.Tracker, table.Query{PK: waitingPartition(project)}) {
			var payload storedPayload
			if err == nil {
				payload, _, err = table.Load[storedPayload](ctx, s.People, payloadKey(project, w.ID))
			}
			if !yield(Archived{w, payload}, err) || err != nil {
				return
			}
		}
	}
}

// Valid reports whether the delivery can be stored.
func (a Archived) Valid() bool {
	_, err := ulid.ParseStrict(a.ID)
	return err == nil && a.Source != "" && !a.Received.IsZero() && len(a.Payload.Body) <= MostBody
}

// Restore returns the operations on the tracker table and on the people table that store a delivery of an archive. Its
// payload goes when it would have gone.
func Restore(project string, a Archived) (tracker, private []table.Op) {
	if len(a.Payload.Body) > 0 {
		payload := table.PutJSON(payloadKey(project, a.ID), a.Payload, table.Always)
		payload.Item.Expires = a.Received.Add(KeptFor + 24*time.Hour)
		private = append(private, payload)
	}
	return []table.Op{table.PutJSON(waitingKey(project, a.ID), a.Waiting, table.Always)}, private
}
