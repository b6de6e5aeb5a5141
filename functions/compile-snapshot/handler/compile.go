package handler

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"outreach/internal/app"
	"outreach/internal/counting"
	"outreach/internal/counting/checkpoint"
	"outreach/internal/fact"
	"outreach/internal/projects"
	"outreach/internal/schema"
	"outreach/internal/snapshot"
	"outreach/internal/snapshots"
	"outreach/internal/store"
	"outreach/internal/table"
)

// Compiler turns facts into snapshots.
type Compiler struct{ *app.App }

// Compile makes the snapshot of a day from all that is known now; where the newest one of that day has the same hash,
// that one is the answer, and nothing is made.
func (co Compiler) Compile(ctx context.Context, project, asOf, by string, once store.Once) (kept snapshots.Kept, made bool, err error) {
	defined, err := co.Projects.Definition(ctx, project)
	if err != nil {
		return kept, false, err
	}
	var (
		heads, since fact.Heads
		fold         *counting.Fold
		known        time.Time
	)
	registry := schema.For(defined.Definition)
	err = co.Privacy.Undisturbed(ctx, project, func() error {
		if heads, err = co.Facts.Heads(ctx, project); err != nil {
			return err
		}
		known = co.DB.Now()
		fold, since = co.restore(ctx, project, heads, registry)
		err = co.read(ctx, project, fold, since, heads)
		if errors.Is(err, errErased) {
			fold, since = counting.New(registry), fact.Heads{}
			err = co.read(ctx, project, fold, since, heads)
		}
		return err
	})
	if err != nil {
		return kept, false, err
	}
	found, err := count(defined, fold, asOf)
	if err != nil {
		return kept, false, err
	}
	snap, err := found.Snapshot(snapshot.Definition{Version: defined.Version, SHA256: defined.SHA256})
	if err != nil {
		return kept, false, err
	}
	kept, made, err = co.keep(ctx, snap, found, heads, known, by, once)
	if err != nil {
		return kept, false, err
	}
	if since != heads {
		if err := co.save(ctx, project, fold, heads); err != nil {
			return kept, made, err
		}
	}
	return kept, made, nil
}

// restore begins with the fold of the last compile, or with nothing where it is missing, damaged, or of another version.
func (co Compiler) restore(ctx context.Context, project string, heads fact.Heads, registry *schema.Registry) (*counting.Fold, fact.Heads) {
	last, found, err := co.Snapshots.LastCheckpoint(ctx, project)
	if err != nil || !found {
		return counting.New(registry), fact.Heads{}
	}
	body, _, err := co.DB.Objects.Open(ctx, last.Object, "")
	if err != nil {
		return counting.New(registry), fact.Heads{}
	}
	defer body.Close()
	data, err := io.ReadAll(body)
	if err != nil {
		return counting.New(registry), fact.Heads{}
	}
	fold, since, err := checkpoint.Read(bytes.NewReader(data), int64(len(data)), registry)
	if err != nil || beyond(since, heads) {
		return counting.New(registry), fact.Heads{}
	}
	return fold, since
}

func beyond(a, b fact.Heads) bool {
	for lane := range a {
		if a[lane] > b[lane] {
			return true
		}
	}
	return false
}

// errErased is in the error where somebody was erased after the checkpoint that was begun with: a compile at the same time
// may have saved it from what they had said before.
var errErased = errors.New("somebody was erased since the checkpoint")

// read takes in the facts since, and the rows of the files that they made count.
func (co Compiler) read(ctx context.Context, project string, fold *counting.Fold, since, heads fact.Heads) error {
	err := co.Facts.Read(ctx, project, since, heads, func(f fact.Fact) error {
		if f.Kind == fact.KindPersonErased && since != (fact.Heads{}) {
			return errErased
		}
		return fold.Apply(f)
	})
	if err != nil {
		return err
	}
	for _, pack := range fold.Wanted() {
		rows, err := co.Uploads.Pack(ctx, project, pack.Upload, fold.KindOf(pack.Upload), pack.Number)
		if err != nil {
			return err
		}
		if err := fold.AddRows(pack.Upload, pack.Number, rows); err != nil {
			return err
		}
	}
	return nil
}

func count(defined projects.Defined, fold *counting.Fold, asOf string) (counting.Found, error) {
	rules, err := counting.NewRules(defined.Definition, fold.Registry())
	if err != nil {
		return counting.Found{}, err
	}
	return counting.Compile(defined.Definition, rules, fold.Live(), asOf)
}

// keep makes a snapshot of what was found, unless the newest of that day says the same.
func (co Compiler) keep(ctx context.Context, snap snapshot.Snapshot, found counting.Found, heads fact.Heads, known time.Time, by string, once store.Once) (snapshots.Kept, bool, error) {
	codes := []string{counting.ParticipantsEvidence}
	for _, in := range snap.Indicators {
		codes = append(codes, in.Code)
	}
	for range 10 {
		latest, still, err := co.Snapshots.Latest(ctx, snap.Project, snap.AsOf)
		if err != nil {
			return latest, false, err
		}
		if latest.Hash == snap.Hash {
			return latest, false, co.DB.KeepAnswer(ctx, once, latest)
		}
		snap.ID, snap.State, snap.KnownAt = co.DB.NewID(), snapshot.Draft, known.UTC().Format(time.RFC3339)
		snap.Supersedes = nil
		if latest.ID != "" {
			snap.Supersedes = &latest.ID
		}
		err = co.Snapshots.SaveSnapshot(ctx, snap, still, heads, codes, found.Evidence, by, once)
		if err == nil {
			kept, err := co.Snapshots.KeptSnapshot(ctx, snap.Project, snap.ID)
			return kept, true, err
		}
		if _, met := table.AsConflict(err); !met {
			return snapshots.Kept{}, false, err
		}
	}
	return snapshots.Kept{}, false, table.ErrBusy
}

func (co Compiler) save(ctx context.Context, project string, fold *counting.Fold, heads fact.Heads) error {
	var b bytes.Buffer
	if err := checkpoint.Write(&b, fold, heads); err != nil {
		return err
	}
	return co.Snapshots.SaveCheckpoint(ctx, project, heads, b.Bytes())
}

// Verification is what computing a snapshot again came to.
type Verification struct {
	Hash       string    `json:"hash"`                 // the snapshot's
	Computed   string    `json:"computed"`             // from the first fact
	Checkpoint string    `json:"checkpoint,omitempty"` // from the last checkpoint; "" where that lies after the snapshot
	Same       bool      `json:"same"`
	Erasures   []Erasure `json:"erasures" null:"true"` // people erased since, which is the one thing that may change a snapshot's facts
	Purges     []Purge   `json:"purges"`               // classes of data removed since, as the definition says; of people, by erasing them
}

// Erasure is an erasure that happened after a snapshot.
type Erasure struct {
	Fact string    `json:"fact"`
	At   time.Time `json:"at"`
}

// Purge is a class of data that was removed after a snapshot.
type Purge struct {
	Fact  string    `json:"fact"`
	At    time.Time `json:"at"`
	Class string    `json:"class"`
}

// Verify computes a snapshot again, by the definition and up to the facts that it was compiled with: from the first fact,
// and where there is an earlier checkpoint from that one too.
func (co Compiler) Verify(ctx context.Context, kept snapshots.Kept) (v Verification, err error) {
	defined, err := co.Projects.DefinitionVersion(ctx, kept.Project, kept.Definition.Version)
	if err != nil {
		return v, err
	}
	err = co.Privacy.Undisturbed(ctx, kept.Project, func() error {
		v, err = co.verify(ctx, kept, defined)
		return err
	})
	return v, err
}

func (co Compiler) verify(ctx context.Context, kept snapshots.Kept, defined projects.Defined) (v Verification, err error) {
	registry := schema.For(defined.Definition)
	v = Verification{Hash: kept.Hash, Erasures: []Erasure{}, Purges: []Purge{}}
	if v.Computed, err = co.again(ctx, kept, defined, counting.New(registry), fact.Heads{}); err != nil {
		return v, err
	}
	v.Same = v.Computed == v.Hash
	if fold, since := co.restore(ctx, kept.Project, kept.Heads, registry); since != (fact.Heads{}) {
		v.Checkpoint, err = co.again(ctx, kept, defined, fold, since)
		if err != nil && !errors.Is(err, errErased) {
			return v, err
		}
		v.Same = v.Same && (v.Checkpoint == v.Hash || err != nil)
	}
	heads, err := co.Facts.Heads(ctx, kept.Project)
	if err != nil {
		return v, err
	}
	err = co.Facts.Read(ctx, kept.Project, kept.Heads, heads, func(f fact.Fact) error {
		switch f.Kind {
		case fact.KindPersonErased:
			v.Erasures = append(v.Erasures, Erasure{Fact: f.ID, At: f.At})
		case fact.KindDataPurged:
			var did fact.Purged
			if err := json.Unmarshal(f.Data, &did); err != nil {
				return err
			}
			v.Purges = append(v.Purges, Purge{Fact: f.ID, At: f.At, Class: did.Class})
		}
		return nil
	})
	return v, err
}

func (co Compiler) again(ctx context.Context, kept snapshots.Kept, defined projects.Defined, fold *counting.Fold, since fact.Heads) (string, error) {
	if err := co.read(ctx, kept.Project, fold, since, kept.Heads); err != nil {
		return "", fmt.Errorf("verify %s: %w", kept.ID, err)
	}
	found, err := count(defined, fold, kept.AsOf)
	if err != nil {
		return "", err
	}
	snap, err := found.Snapshot(snapshot.Definition{Version: defined.Version, SHA256: defined.SHA256})
	return snap.Hash, err
}
