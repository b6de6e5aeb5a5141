// Package compile turns facts into snapshots: one on request, and every project's on schedule.
package compile

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"outreach/internal/app"
	"outreach/internal/attention"
	"outreach/internal/counting"
	"outreach/internal/counting/checkpoint"
	"outreach/internal/fact"
	"outreach/internal/nights"
	"outreach/internal/privacy"
	"outreach/internal/projects"
	"outreach/internal/reports"
	"outreach/internal/schema"
	"outreach/internal/snapshot"
	"outreach/internal/snapshots"
	"outreach/internal/store"
	"outreach/internal/table"
	"outreach/internal/uploads"
)

// Compiler turns facts into snapshots. It is safe for concurrent use, by several processes too.
type Compiler struct {
	db        *store.DB
	facts     *fact.Log
	projects  *projects.Store
	snapshots *snapshots.Store
	uploads   *uploads.Store
	reports   *reports.Store
	attention *attention.Store
	privacy   *privacy.Store
	nights    *nights.Store
}

// New returns the Compiler on an app's features. It reads and writes nothing.
func New(a *app.App) Compiler {
	return Compiler{
		db: a.DB, facts: a.Facts, projects: a.Projects, snapshots: a.Snapshots, uploads: a.Uploads,
		reports: a.Reports, attention: a.Attention, privacy: a.Privacy, nights: a.Nights,
	}
}

// Compile counts all facts so far and saves the snapshot of the day asOf (YYYY-MM-DD). If the newest snapshot of that day
// has the same hash, Compile returns it with made false and saves nothing, so it may be called twice. by is the random id of
// the member of staff who asked, "" for the schedule. It fails with table.ErrBusy if other compiles of the same day keep
// overtaking it.
func (c Compiler) Compile(ctx context.Context, project, asOf, by string, once store.Once) (kept snapshots.Kept, made bool, err error) {
	return c.compile(ctx, project, asOf, by, once, false)
}

// compile is Compile. If onlyNews, it also saves nothing, and returns the snapshot before, where that differs in its day alone.
func (c Compiler) compile(ctx context.Context, project, asOf, by string, once store.Once, onlyNews bool) (kept snapshots.Kept, made bool, err error) {
	defined, err := c.projects.Definition(ctx, project)
	if err != nil {
		return kept, false, err
	}
	var (
		heads, since fact.Heads
		fold         *counting.Fold
		readAt       time.Time
	)
	registry := schema.For(defined.Definition)
	err = c.privacy.WithStableFacts(ctx, project, func() error {
		if heads, err = c.facts.Heads(ctx, project); err != nil {
			return err
		}
		readAt = c.db.Now()
		fold, since = c.restore(ctx, project, heads, registry)
		err = c.replay(ctx, project, fold, since, heads)
		if errors.Is(err, errErased) {
			fold, since = counting.New(registry), fact.Heads{}
			err = c.replay(ctx, project, fold, since, heads)
		}
		return err
	})
	if err != nil {
		return kept, false, err
	}
	figures, err := count(defined, fold, asOf)
	if err != nil {
		return kept, false, err
	}
	snap, err := figures.Snapshot(snapshot.Definition{Version: defined.Version, SHA256: defined.SHA256})
	if err != nil {
		return kept, false, err
	}
	if onlyNews {
		if kept, same, err := c.sameButDay(ctx, snap); err != nil || same {
			return kept, false, err
		}
	}
	kept, made, err = c.saveSnapshot(ctx, snap, figures, heads, readAt, by, once)
	if err != nil {
		return kept, false, err
	}
	if since != heads {
		if err := c.saveCheckpoint(ctx, project, fold, heads); err != nil {
			return kept, made, err
		}
	}
	return kept, made, nil
}

// restore returns the fold of the last checkpoint and the heads it was saved at. If the checkpoint is missing, damaged, of
// another version, or later than heads, it returns an empty fold and zero heads: then all facts are replayed.
func (c Compiler) restore(ctx context.Context, project string, heads fact.Heads, registry *schema.Registry) (*counting.Fold, fact.Heads) {
	last, found, err := c.snapshots.LastCheckpoint(ctx, project)
	if err != nil || !found {
		return counting.New(registry), fact.Heads{}
	}
	body, _, err := c.db.Objects.Open(ctx, last.Object, "")
	if err != nil {
		return counting.New(registry), fact.Heads{}
	}
	defer body.Close()
	data, err := io.ReadAll(body)
	if err != nil {
		return counting.New(registry), fact.Heads{}
	}
	fold, since, err := checkpoint.Read(bytes.NewReader(data), int64(len(data)), registry)
	if err != nil || isAfter(since, heads) {
		return counting.New(registry), fact.Heads{}
	}
	return fold, since
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

// errErased means that a person was erased after the checkpoint was saved. A concurrent compile may have saved it with facts
// from before the erasure, so it must not be used.
var errErased = errors.New("a person was erased since the checkpoint")

// replay applies the facts between since and heads to the fold, and the packed rows of the files they accepted. It fails
// with errErased if since is not the first fact and one of the facts is an erasure.
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
	for _, pack := range fold.MissingPacks() {
		rows, err := c.uploads.Pack(ctx, project, pack.Upload, fold.KindOf(pack.Upload), pack.Number)
		if err != nil {
			return err
		}
		if err := fold.AddRows(pack.Upload, pack.Number, rows); err != nil {
			return err
		}
	}
	return nil
}

// count counts the live records of the fold up to a day, by the rules of a definition.
func count(defined projects.Defined, fold *counting.Fold, asOf string) (counting.Figures, error) {
	rules, err := counting.NewRules(defined.Definition, fold.Registry())
	if err != nil {
		return counting.Figures{}, err
	}
	return counting.Compile(defined.Definition, rules, fold.Live(), asOf)
}

// sameButDay returns the newest snapshot up to the day of another one, and whether it differs from that in its day alone.
func (c Compiler) sameButDay(ctx context.Context, snap snapshot.Snapshot) (kept snapshots.Kept, same bool, err error) {
	kept, err = c.snapshots.NewestUpTo(ctx, snap.Project, snap.AsOf)
	if errors.Is(err, store.ErrNotFound) {
		return kept, false, nil
	}
	if err != nil {
		return kept, false, err
	}
	before, err := c.snapshots.Snapshot(ctx, kept)
	if err != nil {
		return kept, false, err
	}
	same, err = snapshot.SameButDay(before, snap)
	return kept, same, err
}

// saveSnapshot saves a draft snapshot, unless the newest snapshot of that day has the same hash: then it returns that one, and
// false. It retries when another compile saves a snapshot of the day in the meantime.
func (c Compiler) saveSnapshot(ctx context.Context, snap snapshot.Snapshot, figures counting.Figures, heads fact.Heads, readAt time.Time, by string, once store.Once) (snapshots.Kept, bool, error) {
	codes := []string{counting.ParticipantsEvidence}
	for _, in := range snap.Indicators {
		codes = append(codes, in.Code)
	}
	for range 10 {
		latest, unchanged, err := c.snapshots.Latest(ctx, snap.Project, snap.AsOf)
		if err != nil {
			return latest, false, err
		}
		if latest.Hash == snap.Hash {
			return latest, false, c.db.KeepAnswer(ctx, once, latest)
		}
		snap.ID, snap.State, snap.KnownAt = c.db.NewID(), snapshot.Draft, readAt.UTC().Format(time.RFC3339)
		snap.Supersedes = nil
		if latest.ID != "" {
			snap.Supersedes = &latest.ID
		}
		err = c.snapshots.SaveSnapshot(ctx, snap, unchanged, heads, codes, figures.Evidence, by, once)
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

func (c Compiler) saveCheckpoint(ctx context.Context, project string, fold *counting.Fold, heads fact.Heads) error {
	var b bytes.Buffer
	if err := checkpoint.Write(&b, fold, heads); err != nil {
		return err
	}
	return c.snapshots.SaveCheckpoint(ctx, project, heads, b.Bytes())
}

// Verification is the result of computing a snapshot a second time.
type Verification struct {
	Hash       string    `json:"hash"`                 // the snapshot's
	Computed   string    `json:"computed"`             // from the first fact
	Checkpoint string    `json:"checkpoint,omitempty"` // from the last checkpoint; "" if that is later than the snapshot
	Same       bool      `json:"same"`
	Erasures   []Erasure `json:"erasures" null:"true"` // of people, since; nothing else may change a snapshot's facts
	Purges     []Purge   `json:"purges"`               // classes of data whose retention has ended since
}

// Erasure is an erasure that happened after a snapshot.
type Erasure struct {
	Fact string    `json:"fact"`
	At   time.Time `json:"at"`
}

// Purge is the removal, after a snapshot, of a class of data whose retention had ended.
type Purge struct {
	Fact  string    `json:"fact"`
	At    time.Time `json:"at"`
	Class string    `json:"class"`
}

// Verify recomputes a snapshot with the definition and up to the facts it was compiled with: from the first fact and, if
// there is an earlier checkpoint, from that one too. It saves nothing.
func (c Compiler) Verify(ctx context.Context, kept snapshots.Kept) (v Verification, err error) {
	defined, err := c.projects.DefinitionVersion(ctx, kept.Project, kept.Definition.Version)
	if err != nil {
		return v, err
	}
	err = c.privacy.WithStableFacts(ctx, kept.Project, func() error {
		v, err = c.verify(ctx, kept, defined)
		return err
	})
	return v, err
}

func (c Compiler) verify(ctx context.Context, kept snapshots.Kept, defined projects.Defined) (v Verification, err error) {
	registry := schema.For(defined.Definition)
	v = Verification{Hash: kept.Hash, Erasures: []Erasure{}, Purges: []Purge{}}
	if v.Computed, err = c.recompute(ctx, kept, defined, counting.New(registry), fact.Heads{}); err != nil {
		return v, err
	}
	v.Same = v.Computed == v.Hash
	if fold, since := c.restore(ctx, kept.Project, kept.Heads, registry); since != (fact.Heads{}) {
		v.Checkpoint, err = c.recompute(ctx, kept, defined, fold, since)
		if err != nil && !errors.Is(err, errErased) {
			return v, err
		}
		v.Same = v.Same && (v.Checkpoint == v.Hash || err != nil)
	}
	heads, err := c.facts.Heads(ctx, kept.Project)
	if err != nil {
		return v, err
	}
	err = c.facts.Read(ctx, kept.Project, kept.Heads, heads, func(f fact.Fact) error {
		switch f.Kind {
		case fact.KindPersonErased:
			v.Erasures = append(v.Erasures, Erasure{Fact: f.ID, At: f.At})
		case fact.KindDataPurged:
			var purged fact.DataPurged
			if err := json.Unmarshal(f.Data, &purged); err != nil {
				return err
			}
			v.Purges = append(v.Purges, Purge{Fact: f.ID, At: f.At, Class: purged.Class})
		}
		return nil
	})
	return v, err
}

// recompute returns the hash that a snapshot gets when the fold is replayed up to the facts of the snapshot.
func (c Compiler) recompute(ctx context.Context, kept snapshots.Kept, defined projects.Defined, fold *counting.Fold, since fact.Heads) (string, error) {
	if err := c.replay(ctx, kept.Project, fold, since, kept.Heads); err != nil {
		return "", fmt.Errorf("verify %s: %w", kept.ID, err)
	}
	figures, err := count(defined, fold, kept.AsOf)
	if err != nil {
		return "", err
	}
	snap, err := figures.Snapshot(snapshot.Definition{Version: defined.Version, SHA256: defined.SHA256})
	return snap.Hash, err
}
