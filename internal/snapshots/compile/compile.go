// Package compile turns facts into snapshots: one on request, and every project's on schedule.
package compile

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"outreach/internal/app"
	"outreach/internal/attachments"
	"outreach/internal/attention"
	"outreach/internal/counting"
	"outreach/internal/counting/checkpoint"
	"outreach/internal/fact"
	"outreach/internal/hooks"
	"outreach/internal/nights"
	"outreach/internal/objects"
	"outreach/internal/people"
	"outreach/internal/privacy"
	"outreach/internal/projects"
	"outreach/internal/reports"
	"outreach/internal/schema"
	"outreach/internal/snapshot"
	"outreach/internal/snapshots"
	"outreach/internal/snapshots/replay"
	"outreach/internal/store"
	"outreach/internal/table"
	"outreach/internal/uploads"
)

// Compiler turns facts into snapshots. It is safe for concurrent use, by several processes too.
type Compiler struct {
	db          *store.DB
	facts       *fact.Log
	projects    *projects.Store
	snapshots   *snapshots.Store
	uploads     *uploads.Store
	attachments *attachments.Store
	hooks       *hooks.Store
	reports     *reports.Store
	attention   *attention.Store
	privacy     *privacy.Store
	people      *people.Store
	nights      *nights.Store
}

// New returns the Compiler on an app's features. It reads and writes nothing.
func New(a *app.App) Compiler {
	return Compiler{
		db: a.DB, facts: a.Facts, projects: a.Projects, snapshots: a.Snapshots, uploads: a.Uploads, attachments: a.Attachments, hooks: a.Hooks,
		reports: a.Reports, attention: a.Attention, privacy: a.Privacy, people: a.People, nights: a.Nights,
	}
}

// Compile counts all facts so far and saves the snapshot of the day asOf (YYYY-MM-DD). If the newest snapshot of that
// day has the same hash, Compile returns it with made false and saves nothing, so it may be called twice. by is the
// random id of the member of staff who asked, "" for the schedule. It fails with table.ErrBusy if other compiles of
// the same day keep overtaking it.
func (c Compiler) Compile(ctx context.Context, project, asOf, by string, once store.Once) (kept snapshots.Kept, made bool, err error) {
	return c.compile(ctx, project, asOf, by, once, false)
}

// Participants counts all facts so far, and returns the participants of the day asOf (YYYY-MM-DD) as
// counting.Figures.Register does. It saves nothing.
func (c Compiler) Participants(ctx context.Context, project, asOf string, last []counting.LastField) ([]counting.Participant, error) {
	defined, err := c.projects.Definition(ctx, project)
	if err != nil {
		return nil, err
	}
	rules, err := counting.NewRules(defined.Definition, schema.For(defined.Definition))
	if err != nil {
		return nil, err
	}
	s, err := c.count(ctx, defined, rules, asOf, c.restore)
	if err != nil {
		return nil, err
	}
	return s.figures.Register(rules, last)
}

// compile is Compile. If onlyNews, it also saves no snapshot, and returns the one before, where that differs in its
// day alone.
func (c Compiler) compile(ctx context.Context, project, asOf, by string, once store.Once, onlyNews bool) (kept snapshots.Kept, made bool, err error) {
	defined, err := c.projects.Definition(ctx, project)
	if err != nil {
		return kept, false, err
	}
	rules, err := counting.NewRules(defined.Definition, schema.For(defined.Definition))
	if err != nil {
		return kept, false, err
	}
	s, err := c.count(ctx, defined, rules, asOf, c.continueCheckpoint)
	if errors.Is(err, counting.ErrRecount) {
		s, err = c.count(ctx, defined, rules, asOf, c.restore)
	}
	if err != nil {
		return kept, false, err
	}
	if len(defined.Definition.People.Complete) > 0 {
		var lacking []people.Lacking
		for _, one := range s.figures.Lacking(rules) {
			lacking = append(lacking, people.Lacking(one))
		}
		if err := c.people.SaveIncomplete(ctx, project, asOf, lacking); err != nil {
			return kept, false, err
		}
	}
	same := false
	if onlyNews {
		if kept, same, err = c.sameButDay(ctx, s.snapshot); err != nil {
			return kept, false, err
		}
	}
	if !same {
		kept, made, err = c.saveSnapshot(ctx, s, by, once)
	}
	if err != nil {
		return kept, false, err
	}
	if s.outdated {
		counts := checkpoint.Counts{Definition: defined.SHA256, Program: program(), AsOf: asOf, Evidence: kept.ID, Index: kept.Index, Figures: &s.figures}
		if !made {
			// The same figures may have other records behind them.
			if counts.Evidence, counts.Index, err = c.snapshots.SaveEvidence(ctx, project, codes(s.snapshot), s.figures.Evidence); err != nil {
				return kept, made, err
			}
		}
		if err := c.saveCheckpoint(ctx, project, s.fold, s.heads, counts); err != nil {
			return kept, made, err
		}
	}
	return kept, made, nil
}

// codes returns the codes of all figures that have evidence.
func codes(snap snapshot.Snapshot) []string {
	codes := []string{counting.ParticipantsEvidence}
	for _, in := range snap.Indicators {
		codes = append(codes, in.Code)
	}
	return codes
}

// state is a Fold and the facts that it was restored from.
type state struct {
	fold     *counting.Fold
	since    fact.Heads      // of the checkpoint
	before   snapshots.Since // the evidence of the checkpoint, if the Fold continues its counts
	outdated bool            // another checkpoint would spare the next compile work
	heads    fact.Heads
	readAt   time.Time
	figures  counting.Figures
	snapshot snapshot.Snapshot
}

// restorer returns the state of the last checkpoint, which has no facts after heads.
type restorer func(ctx context.Context, defined projects.Defined, rules *counting.Rules, heads fact.Heads) (state, error)

// count counts all facts so far, beginning at what a function restores from the checkpoint. It fails with
// counting.ErrRecount if the checkpoint's counts cannot be continued: then the records have to be counted again.
func (c Compiler) count(ctx context.Context, defined projects.Defined, rules *counting.Rules, asOf string, restore restorer) (s state, err error) {
	project := defined.Definition.ID
	err = c.privacy.WithStableFacts(ctx, project, func() error {
		heads, err := c.facts.Heads(ctx, project)
		if err != nil {
			return err
		}
		readAt := c.db.Now()
		if s, err = restore(ctx, defined, rules, heads); err != nil {
			return err
		}
		err = c.replay(ctx, project, s.fold, s.since, heads)
		if errors.Is(err, errErased) {
			s = empty(rules)
			err = c.replay(ctx, project, s.fold, s.since, heads)
		}
		s.heads, s.readAt = heads, readAt
		return err
	})
	if err != nil {
		return s, err
	}
	if s.figures, err = counting.Compile(defined.Definition, rules, s.fold.Live(), asOf); err != nil {
		return s, err
	}
	s.before.Changes = s.figures.Changes
	s.snapshot, err = s.figures.Snapshot(snapshot.Definition{Version: defined.Version, SHA256: defined.SHA256})
	s.snapshot.Bounds = s.figures.Bounds
	return s, err
}

// empty is the state before the first fact.
func empty(rules *counting.Rules) state {
	return state{fold: counting.New(rules.Registry()), outdated: true}
}

// restore returns the fold of the last checkpoint and the heads it was saved at. If the checkpoint is missing,
// damaged, of another version, or later than heads, it returns an empty fold and zero heads: then all facts are
// replayed.
func (c Compiler) restore(ctx context.Context, defined projects.Defined, rules *counting.Rules, heads fact.Heads) (state, error) {
	data, err := c.checkpoint(ctx, defined.Definition.ID)
	if err != nil {
		return empty(rules), nil
	}
	fold, since, err := checkpoint.Read(bytes.NewReader(data), int64(len(data)), rules.Registry())
	if err != nil || isAfter(since, heads) {
		return empty(rules), nil
	}
	return state{fold: fold, since: since, outdated: since != heads}, nil
}

// checkpointWhole fails with store.ErrDamaged if the last checkpoint, or the evidence that it continues, is not what
// was stored.
func (c Compiler) checkpointWhole(ctx context.Context, project string) error {
	last, found, err := c.snapshots.LastCheckpoint(ctx, project)
	if err != nil || !found {
		return err
	}
	data, err := c.checkpoint(ctx, project)
	if errors.Is(err, objects.ErrNotFound) {
		return fmt.Errorf("checkpoint %s is missing: %w", last.Object, store.ErrDamaged)
	}
	if err != nil {
		return err
	}
	if err := checkpoint.Whole(data); err != nil {
		return fmt.Errorf("checkpoint %s: %w: %w", last.Object, store.ErrDamaged, err)
	}
	return nil
}

// checkpoint reads the last checkpoint. It fails with objects.ErrNotFound if there is none.
func (c Compiler) checkpoint(ctx context.Context, project string) ([]byte, error) {
	last, found, err := c.snapshots.LastCheckpoint(ctx, project)
	if err != nil {
		return nil, err
	}
	if !found {
		return nil, objects.ErrNotFound
	}
	body, _, err := c.db.Objects.Open(ctx, last.Object, "")
	if err != nil {
		return nil, err
	}
	defer body.Close()
	return io.ReadAll(body)
}

// How far a checkpoint may be behind: a compile reads the later facts and records again each time, and writes the
// checkpoint less often. It may lack leastFacts and leastRecords, or more: one for each shareOfRecords that it has.
const (
	leastFacts     = 200
	leastRecords   = 1000
	shareOfRecords = 100 // the index of the evidence has what it lacks, and is read for each page of evidence
)

// continueCheckpoint returns a fold that continues the counts of the last checkpoint. It fails with
// counting.ErrRecount if there is none, if it was counted by another definition or program, or if it is too old.
func (c Compiler) continueCheckpoint(ctx context.Context, defined projects.Defined, rules *counting.Rules, heads fact.Heads) (s state, err error) {
	data, err := c.checkpoint(ctx, defined.Definition.ID)
	if err != nil {
		return s, fmt.Errorf("%w: %w", counting.ErrRecount, err)
	}
	fold, since, counts, err := checkpoint.Continue(data, rules, defined.SHA256, program())
	if err != nil {
		return s, fmt.Errorf("%w: %w", counting.ErrRecount, err)
	}
	_, in := fold.Added()
	if lacks := behind(since, heads); isAfter(since, heads) || lacks > max(leastFacts, int64(in/shareOfRecords)) {
		return s, fmt.Errorf("%w: the checkpoint lacks %d facts", counting.ErrRecount, lacks)
	}
	before, err := c.snapshots.EvidenceSince(ctx, defined.Definition.ID, counts.Evidence, counts.Index)
	if err != nil {
		return s, fmt.Errorf("%w: %w", counting.ErrRecount, err)
	}
	return state{fold: fold, since: since, before: before}, nil
}

// behind returns how many facts are between two heads.
func behind(since, heads fact.Heads) (n int64) {
	for lane := range heads {
		n += heads[lane] - since[lane]
	}
	return n
}

// isAfter reports whether a includes facts that b does not.
func isAfter(a, b fact.Heads) bool {
	for lane := range a {
		if a[lane] > b[lane] {
			return true
		}
	}
	return false
}

// errErased means that a person was erased after the checkpoint was saved. A concurrent compile may have saved it
// with facts from before the erasure, so it must not be used.
var errErased = errors.New("a person was erased since the checkpoint")

// replay applies the facts between since and heads to the fold, and the packed rows of the files they accepted. It
// fails with errErased if since is not the first fact and one of the facts is an erasure.
func (c Compiler) replay(ctx context.Context, project string, fold *counting.Fold, since, heads fact.Heads) error {
	err := c.facts.Read(ctx, project, since, heads, func(f fact.Fact) error {
		if f.Kind == fact.KindPersonErased && since != (fact.Heads{}) {
			return errErased
		}
		return fold.Apply(f)
	})
	if err != nil {
		return err
	}
	if err := fold.Continues(); err != nil {
		return err
	}
	return replay.Rows(ctx, c.uploads, project, fold, func() error {
		if after, in := fold.Added(); in > 0 && after > max(leastRecords, in/shareOfRecords) {
			return fmt.Errorf("%w: the checkpoint lacks %d records", counting.ErrRecount, after)
		}
		return nil
	})
}

// sameButDay returns the newest snapshot up to the day of another one, and whether it differs from that in its day
// alone. A damaged one differs.
func (c Compiler) sameButDay(ctx context.Context, snap snapshot.Snapshot) (kept snapshots.Kept, same bool, err error) {
	var before snapshot.Snapshot
	if kept, err = c.snapshots.NewestUpTo(ctx, snap.Project, snap.AsOf); err == nil {
		before, err = c.snapshots.Snapshot(ctx, kept)
	}
	if errors.Is(err, store.ErrNotFound) || errors.Is(err, store.ErrDamaged) {
		return kept, false, nil
	}
	if err != nil {
		return kept, false, err
	}
	same, err = snapshot.SameButDay(before, snap)
	return kept, same, err
}

// saveSnapshot saves a draft snapshot, unless the newest snapshot of that day has the same hash: then it returns that
// one, and false. It retries when another compile saves a snapshot of the day in the meantime.
func (c Compiler) saveSnapshot(ctx context.Context, s state, by string, once store.Once) (snapshots.Kept, bool, error) {
	snap := s.snapshot
	for range 10 {
		latest, unchanged, err := c.snapshots.Latest(ctx, snap.Project, snap.AsOf)
		if err != nil && !errors.Is(err, store.ErrDamaged) {
			return latest, false, err
		}
		if latest.Hash == snap.Hash {
			return latest, false, c.db.KeepAnswer(ctx, once, latest)
		}
		snap.ID, snap.State, snap.KnownAt = c.db.NewID(), snapshot.Draft, s.readAt.UTC().Format(time.RFC3339)
		snap.Supersedes = nil
		if latest.ID != "" {
			snap.Supersedes = &latest.ID
		}
		err = c.snapshots.SaveSnapshot(ctx, snap, unchanged, s.heads, codes(snap), s.figures.Evidence, s.before, by, once)
		if err == nil {
			kept, err := c.snapshots.KeptSnapshot(ctx, snap.Project, snap.ID)
			return kept, true, err
		}
		if _, conflict := table.AsConflict(err); !conflict {
			return snapshots.Kept{}, false, err
		}
	}
	return snapshots.Kept{}, false, table.ErrBusy
}

func (c Compiler) saveCheckpoint(ctx context.Context, project string, fold *counting.Fold, heads fact.Heads, counts checkpoint.Counts) error {
	var b bytes.Buffer
	if err := checkpoint.Write(&b, fold, heads, counts); err != nil {
		return err
	}
	return c.snapshots.SaveCheckpoint(ctx, project, heads, b.Bytes())
}
