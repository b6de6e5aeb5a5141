// Package programme brings together what the projects of a programme have achieved, for a funder of many projects.
package programme

import (
	"context"
	"encoding/json"
	"errors"
	"math/big"
	"slices"
	"strings"

	"outreach/internal/project"
	"outreach/internal/projects"
	"outreach/internal/snapshot"
	"outreach/internal/snapshots"
	"outreach/internal/store"
)

// Project is a project with its latest approved figures: those that its own funder may see.
type Project struct {
	Definition *project.Definition
	State      string               // upcoming, running or ended
	Approved   *snapshots.Kept      // the approved snapshot of the latest day; nil: none yet
	Indicators []snapshot.Indicator // of Approved, in its order
	Damaged    bool                 // the snapshot is not what was stored: the project has none here, and is in no sum
}

// Programme is what is known of a programme.
type Programme struct {
	ID       string
	Projects []Project // in the order of ids
	More     bool      // there are more than projects.MostOfProgramme
	Lines    []Line
}

// Line is what the projects have achieved together for a line of the programme, in one unit. It is a sum of their
// figures: a person who took part in two projects is in it twice, since identities do not leave a project.
type Line struct {
	ID       string      // as `counts_for` names it
	Unit     string      // figures in another unit are a line of their own
	Projects int64       // whose approved figures are in the sum
	Target   json.Number // "" where a project has none
	Achieved json.Number
	People   bool // it counts people: the sum is one of participations
}

// Store reads programmes. It is safe for concurrent use.
type Store struct {
	db       *store.DB
	projects interface {
		OfProgramme(ctx context.Context, programme string) (ids []string, more bool, err error)
		Definition(ctx context.Context, id string) (projects.Defined, error)
	}
	snapshots interface {
		NewestApproved(ctx context.Context, project, before string) (snapshots.Kept, error)
		Snapshot(ctx context.Context, k snapshots.Kept) (snapshot.Snapshot, error)
	}
}

// New returns a Store on a base and the features that it reads.
func New(db *store.DB, p *projects.Store, s *snapshots.Store) *Store {
	return &Store{db: db, projects: p, snapshots: s}
}

// Programme returns a programme; one to which no project belongs has none.
func (s *Store) Programme(ctx context.Context, id string) (Programme, error) {
	p := Programme{ID: id}
	ids, more, err := s.projects.OfProgramme(ctx, id)
	if err != nil {
		return p, err
	}
	p.More, p.Projects = more, make([]Project, len(ids))
	places := make([]int, len(ids))
	for i := range places {
		places[i] = i
	}
	err = store.InParallel(ctx, places, func(ctx context.Context, i int) error {
		one, err := s.project(ctx, ids[i])
		p.Projects[i] = one
		return err
	})
	p.Lines = sums(p.Projects)
	return p, err
}

// project reads the latest approved figures of a project.
func (s *Store) project(ctx context.Context, id string) (Project, error) {
	defined, err := s.projects.Definition(ctx, id)
	if err != nil {
		return Project{}, err
	}
	out := Project{Definition: defined.Definition, State: defined.Definition.State(s.db.Now())}
	kept, err := s.snapshots.NewestApproved(ctx, id, "")
	if store.IsNotFound(err) {
		return out, nil
	}
	if err == nil {
		var figures snapshot.Snapshot
		figures, err = s.snapshots.Snapshot(ctx, kept)
		project.Speak(defined.Definition.Languages, &figures.Indicators)
		out.Approved, out.Indicators = &kept, figures.Indicators
	}
	if errors.Is(err, store.ErrDamaged) { // the others are shown
		out.Approved, out.Indicators, out.Damaged = nil, nil, true
		return out, nil
	}
	return out, err
}

// LineOf returns the line of the programme to which an indicator of a project adds, "" for none.
func (p Project) LineOf(code string) string {
	in, _ := p.Definition.Indicator(code)
	return in.CountsFor
}

// sums adds up the approved figures of projects, line by line and unit by unit.
func sums(all []Project) []Line {
	type total struct {
		Line
		target, achieved *big.Rat
	}
	found := map[[2]string]*total{}
	for _, p := range all {
		counted := map[[2]string]bool{}
		for _, in := range p.Indicators {
			line := p.LineOf(in.Code)
			achieved, isNumber := new(big.Rat).SetString(in.Achieved.String())
			if line == "" || !isNumber {
				continue
			}
			key := [2]string{line, in.Unit}
			t := found[key]
			if t == nil {
				t = &total{Line: Line{ID: line, Unit: in.Unit}, target: new(big.Rat), achieved: new(big.Rat)}
				found[key] = t
			}
			t.achieved.Add(t.achieved, achieved)
			if target, planned := new(big.Rat).SetString(in.Target.String()); planned && t.target != nil {
				t.target.Add(t.target, target)
			} else {
				t.target = nil
			}
			if defined, _ := p.Definition.Indicator(in.Code); defined.Count == project.CountPeople {
				t.People = true
			}
			if !counted[key] {
				counted[key] = true
				t.Projects++
			}
		}
	}
	var out []Line
	for _, t := range found {
		t.Achieved = number(t.achieved)
		if t.target != nil {
			t.Target = number(t.target)
		}
		out = append(out, t.Line)
	}
	slices.SortFunc(out, func(a, b Line) int { return strings.Compare(a.ID+"\x00"+a.Unit, b.ID+"\x00"+b.Unit) })
	return out
}

// number returns an exact sum of figures, which have at most six decimals, without zeros at its end.
func number(sum *big.Rat) json.Number {
	if sum.IsInt() {
		return json.Number(sum.Num().String())
	}
	return json.Number(strings.TrimRight(sum.FloatString(6), "0"))
}
