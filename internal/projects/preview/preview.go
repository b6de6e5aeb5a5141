// Package preview counts a project's records under a definition that is not yet in force, beside the one that is.
package preview

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"outreach/internal/counting"
	"outreach/internal/fact"
	"outreach/internal/project"
	"outreach/internal/schema"
	"outreach/internal/snapshot"
	"outreach/internal/snapshots/replay"
	"outreach/internal/uploads"
)

// A preview counts everything twice within one request. These are the limits of a project that it is made for.
const (
	MostFacts = 20_000
	MostRows  = 50_000 // of files
)

// ErrTooLarge means that the project has more facts or rows than a preview is made for.
var ErrTooLarge = errors.New("the project is too large for a preview")

// listed is how many people or records a figure lists of those that would newly count, and of those that no longer
// would.
const listed = 10

// Store makes previews. It is safe for concurrent use.
type Store struct {
	facts   *fact.Log
	uploads *uploads.Store
}

// New returns a Store. It reads and writes nothing.
func New(facts *fact.Log, uploads *uploads.Store) Store { return Store{facts, uploads} }

// Figure is one figure under both definitions: the participants, or an indicator.
type Figure struct {
	Code          string              // of the indicator, or counting.ParticipantsEvidence
	Was, Is       *project.Indicator  // nil: the definition has no such indicator; of the participants both are
	Before, After *snapshot.Indicator // the figures; nil where the definition has none
	Joins, Leaves counting.Moved      // who or what would newly count, and no longer
}

// Of counts all facts so far as of a day under both definitions, and returns the figures in the order of the second
// one: the participants, its indicators, then those that it lacks. It fails with ErrTooLarge, and with another error if
// stored records cannot be read under the second definition. A person who is being erased meanwhile may be counted
// twice.
func (s Store) Of(ctx context.Context, was, is *project.Definition, asOf string) ([]Figure, error) {
	heads, err := s.facts.Heads(ctx, was.ID)
	if err != nil {
		return nil, err
	}
	facts := int64(0)
	for _, head := range heads {
		facts += head
	}
	if facts > MostFacts {
		return nil, ErrTooLarge
	}
	all, rows := make([]fact.Fact, 0, facts), 0
	err = s.facts.Read(ctx, was.ID, fact.Heads{}, heads, func(f fact.Fact) error {
		if f.Kind == fact.KindUploadAccepted {
			var accepted fact.UploadAccepted
			if err := json.Unmarshal(f.Data, &accepted); err != nil {
				return err
			}
			if rows += accepted.Rows; rows > MostRows {
				return ErrTooLarge
			}
		}
		all = append(all, f)
		return nil
	})
	if err != nil {
		return nil, err
	}
	before, err := s.count(ctx, was, all, asOf)
	if err != nil {
		return nil, err
	}
	after, err := s.count(ctx, is, all, asOf)
	if err != nil {
		return nil, fmt.Errorf("under the new definition: %w", err)
	}
	return figures(was, is, before, after), nil
}

// count folds all facts, and counts them under a definition.
func (s Store) count(ctx context.Context, d *project.Definition, all []fact.Fact, asOf string) (counting.Figures, error) {
	rules, err := counting.NewRules(d, schema.For(d))
	if err != nil {
		return counting.Figures{}, err
	}
	fold := counting.New(rules.Registry())
	for _, f := range all {
		if err := fold.Apply(f); err != nil {
			return counting.Figures{}, err
		}
	}
	if err := replay.Rows(ctx, s.uploads, d.ID, fold, func() error { return nil }); err != nil {
		return counting.Figures{}, err
	}
	return counting.Compile(d, rules, fold.Live(), asOf)
}

func figures(was, is *project.Definition, before, after counting.Figures) []Figure {
	moved := func(f Figure) Figure {
		f.Joins, f.Leaves = counting.Difference(&before, &after, f.Code, listed)
		return f
	}
	out := []Figure{moved(Figure{Code: counting.ParticipantsEvidence, Before: participants(before), After: participants(after)})}
	for i := range is.Indicators {
		f := Figure{Code: is.Indicators[i].Code, Is: &is.Indicators[i], After: &after.Indicators[i]}
		if at := place(was, f.Code); at >= 0 {
			f.Was, f.Before = &was.Indicators[at], &before.Indicators[at]
		}
		out = append(out, moved(f))
	}
	for i := range was.Indicators {
		if code := was.Indicators[i].Code; place(is, code) < 0 {
			out = append(out, moved(Figure{Code: code, Was: &was.Indicators[i], Before: &before.Indicators[i]}))
		}
	}
	return out
}

func place(d *project.Definition, code string) int {
	return slices.IndexFunc(d.Indicators, func(in project.Indicator) bool { return in.Code == code })
}

// participants returns the number of participants like an indicator.
func participants(f counting.Figures) *snapshot.Indicator {
	return &snapshot.Indicator{Code: counting.ParticipantsEvidence, Achieved: json.Number(fmt.Sprint(f.Participants.Total))}
}
