package fact

import (
	"context"
	"encoding/json"

	"outreach/internal/table"
)

// Archived is a fact with its place in the log, as an archive has it.
type Archived struct {
	Lane   int             `json:"lane"`
	Number int64           `json:"number"`
	Fact   json.RawMessage `json:"fact"`
}

// Archive calls each with the facts up to a position, lane by lane in the order of numbers, and with the staff id of
// who caused the fact.
func (s *Log) Archive(ctx context.Context, project string, upTo Heads, each func(a Archived, by string) error) error {
	return s.Read(ctx, project, Heads{}, upTo, func(f Fact) error {
		data, err := json.Marshal(f)
		if err != nil {
			return err
		}
		return each(Archived{Lane: f.Lane, Number: f.Number, Fact: data}, f.By)
	})
}

// Restore returns the operation that stores a fact of an archive at its place.
func Restore(project string, a Archived) table.Op {
	return table.Op{Item: table.Item{Key: factKey(project, a.Lane, a.Number), Data: a.Fact}}
}
