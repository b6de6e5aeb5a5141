package compile

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"outreach/internal/counting"
	"outreach/internal/fact"
	"outreach/internal/project"
	"outreach/internal/projects"
	"outreach/internal/schema"
	"outreach/internal/snapshot"
	"outreach/internal/snapshots"
	"outreach/internal/store"
)

// Parts of a snapshot that a Verification may find different.
const (
	PartItem       = "item"       // its item in the table
	PartSnapshot   = "snapshot"   // the figures that are shown, and that every export is made of
	PartEvidence   = "evidence"   // the records that are listed behind the figures
	PartExports    = "exports"    // the records do not add up to the figures
	PartCheckpoint = "checkpoint" // the last checkpoint, from which the next snapshot is compiled
	PartFacts      = "facts"      // what follows from the facts is not what was found
)

// Verification is the result of reading all of a snapshot, and of computing it a second time.
type Verification struct {
	Hash       string    `json:"hash"`                 // the snapshot's
	Computed   string    `json:"computed"`             // from the first fact
	Checkpoint string    `json:"checkpoint,omitempty"` // from the last checkpoint; "" if that is later than the snapshot
	Seal       *string   `json:"seal" doc:"The snapshot's; null: not sealed"`
	Sealed     *string   `json:"computed_seal" doc:"What the seal comes to, from the first fact; null: not sealed"`
	Same       bool      `json:"same" doc:"Nothing differs"`
	Differs    []string  `json:"differs" enum:"item,snapshot,evidence,exports,checkpoint,facts" doc:"The parts that are not as they were: the snapshot's item in the table; the figures that are shown and exported; the records behind them; what these add up to; the checkpoint; what follows from the facts"`
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

func (v *Verification) differs(part string) {
	if !slices.Contains(v.Differs, part) {
		v.Differs = append(v.Differs, part)
	}
	v.Same = false
}

// Verify reads all of a snapshot as it is shown, and recomputes it with the definition and up to the facts it was
// compiled with: from the first fact and, if there is an earlier checkpoint, from that one too, as Compile would. It
// saves nothing. The snapshot is named by an item, or if that is damaged by its id.
func (c Compiler) Verify(ctx context.Context, kept snapshots.Kept) (v Verification, err error) {
	said, err := c.said(ctx, kept.Project, kept.ID)
	if err != nil {
		return v, err
	}
	v = Verification{Same: true, Differs: []string{}, Erasures: []Erasure{}, Purges: []Purge{}}
	if kept.Hash == "" || said.item.Hash != "" && !said.agrees(kept) {
		v.differs(PartItem)
		if said.item.Heads == (fact.Heads{}) && said.item.KnownAt == "" {
			return v, fmt.Errorf("verify %s: the facts do not say how it was compiled: %w", kept.ID, store.ErrDamaged)
		}
		kept = said.item
	}
	if listed, err := c.snapshots.IsListed(ctx, kept); err != nil {
		return v, err
	} else if !listed {
		v.differs(PartItem)
	}
	defined, err := c.projects.DefinitionVersion(ctx, kept.Project, kept.Definition.Version)
	if err != nil {
		return v, err
	}
	if err := c.readShown(ctx, kept, defined.Definition, &v); err != nil {
		return v, err
	}
	before := v
	err = c.privacy.WithStableFacts(ctx, kept.Project, func() error {
		v = before
		v.Differs = slices.Clone(before.Differs)
		return c.verify(ctx, kept, defined, &v)
	})
	return v, err
}

// readShown reads the figures and all evidence, as they are shown.
func (c Compiler) readShown(ctx context.Context, kept snapshots.Kept, d *project.Definition, v *Verification) error {
	snap, err := c.snapshots.Snapshot(ctx, kept)
	switch {
	case errors.Is(err, store.ErrDamaged):
		v.differs(PartSnapshot)
		snap = snapshot.Snapshot{}
	case err != nil:
		return err
	}
	branches, err := c.snapshots.Evidenced(ctx, kept)
	if errors.Is(err, store.ErrDamaged) {
		v.differs(PartEvidence)
		return nil
	}
	if err != nil {
		return err
	}
	figures := map[string]snapshot.Indicator{counting.ParticipantsEvidence: {Achieved: json.Number(fmt.Sprint(snap.Participants.Total))}}
	for _, in := range snap.Indicators {
		figures[in.Code] = in
	}
	for _, b := range branches {
		in, _ := d.Indicator(b.Code)
		if figure, shown := figures[b.Code]; kept.Root != "" && shown && !counting.AddsUp(in, figure, b.Total, b.Of) {
			v.differs(PartExports)
		}
	}
	return nil
}

func (c Compiler) verify(ctx context.Context, kept snapshots.Kept, defined projects.Defined, v *Verification) error {
	rules, err := counting.NewRules(defined.Definition, schema.For(defined.Definition))
	if err != nil {
		return err
	}
	v.Hash = kept.Hash
	snap, figures, err := c.recompute(ctx, kept, defined, rules, empty(rules))
	if err != nil {
		return err
	}
	if v.Computed = snap.Hash; v.Computed != v.Hash {
		v.differs(PartFacts)
	}
	if kept.Root != "" && len(c.db.Secret) > 0 { // the salts need the secret
		seal := kept.Seal()
		sealed := snapshot.Seal(snap.Hash, c.snapshots.EvidenceRootOf(ctx, kept, codes(snap), figures.Evidence))
		v.Seal, v.Sealed = &seal, &sealed
	}
	for _, restore := range []restorer{c.continueCheckpoint, c.restore} { // as Compile does
		s, err := restore(ctx, defined, rules, kept.Heads)
		if err == nil && s.since != (fact.Heads{}) {
			if snap, _, err = c.recompute(ctx, kept, defined, rules, s); err == nil {
				if v.Checkpoint = snap.Hash; v.Checkpoint != v.Computed {
					v.differs(PartCheckpoint)
				}
			}
		}
		switch {
		case errors.Is(err, counting.ErrRecount):
			continue
		case err != nil && !errors.Is(err, errErased):
			return err
		}
		break
	}
	if err := c.checkpointWhole(ctx, kept.Project); errors.Is(err, store.ErrDamaged) {
		v.differs(PartCheckpoint)
	} else if err != nil {
		return err
	}
	heads, err := c.facts.Heads(ctx, kept.Project)
	if err != nil {
		return err
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
	// An erasure gives the person another random id in the facts; the evidence that was sealed keeps the one before.
	if err == nil && v.Seal != nil && *v.Sealed != *v.Seal && len(v.Erasures) == 0 {
		v.differs(PartFacts)
	}
	return err
}

// recompute returns the figures that a snapshot gets when the fold is replayed up to the facts of the snapshot.
func (c Compiler) recompute(ctx context.Context, kept snapshots.Kept, defined projects.Defined, rules *counting.Rules, s state) (snap snapshot.Snapshot, figures counting.Figures, err error) {
	if err := c.replay(ctx, kept.Project, s.fold, s.since, kept.Heads); err != nil {
		return snap, figures, fmt.Errorf("verify %s: %w", kept.ID, err)
	}
	if figures, err = counting.Compile(defined.Definition, rules, s.fold.Live(), kept.AsOf); err != nil {
		return snap, figures, err
	}
	snap, err = figures.Snapshot(snapshot.Definition{Version: defined.Version, SHA256: defined.SHA256})
	return snap, figures, err
}

// said is what the facts say of a snapshot: its item, as far as they say it; the zero item if they say nothing.
type said struct{ item snapshots.Kept }

// agrees reports whether an item says nothing else.
func (s said) agrees(kept snapshots.Kept) bool {
	if s.item.KnownAt != "" && (kept.KnownAt != s.item.KnownAt || kept.Root != s.item.Root || kept.Heads != s.item.Heads || kept.Definition != s.item.Definition) {
		return false
	}
	return kept.Hash == s.item.Hash && kept.AsOf == s.item.AsOf && kept.State == s.item.State
}

// said reads the facts about a snapshot.
func (c Compiler) said(ctx context.Context, project, id string) (out said, err error) {
	heads, err := c.facts.Heads(ctx, project)
	if err != nil {
		return out, err
	}
	var decisions []fact.Fact
	seals := map[string]string{} // by snapshot
	err = c.facts.Read(ctx, project, fact.Heads{}, heads, func(f fact.Fact) error {
		switch f.Kind {
		case fact.KindSnapshotCompiled:
			var made fact.SnapshotCompiled
			if err := json.Unmarshal(f.Data, &made); err != nil {
				return err
			}
			if made.Root != "" {
				seals[made.Snapshot] = snapshot.Seal(made.Hash, made.Root)
			}
			if made.Snapshot != id {
				return nil
			}
			out.item = snapshots.Kept{
				Project: project, ID: id, AsOf: made.AsOf, Hash: made.Hash, Root: made.Root, KnownAt: made.KnownAt, Supersedes: made.Supersedes,
				Definition: snapshot.Definition{Version: made.Version, SHA256: made.SHA256}, State: snapshot.Draft,
			}
			if made.Heads != nil {
				out.item.Heads = *made.Heads
			}
		case fact.KindSnapshotDecided:
			decisions = append(decisions, f)
		}
		return nil
	})
	if err != nil || out.item.ID == "" {
		return out, err
	}
	slices.SortStableFunc(decisions, func(a, b fact.Fact) int { return a.At.Compare(b.At) }) // lanes are in no order
	for _, f := range decisions {
		var decided fact.SnapshotDecided
		if err := json.Unmarshal(f.Data, &decided); err != nil {
			return out, err
		}
		if decided.Snapshot != id {
			continue
		}
		out.item.State, out.item.DecidedBy, out.item.DecidedAt = decided.State, f.By, f.At.UTC().Format(time.RFC3339)
		if decided.Previous != "" {
			out.item.Previous = &snapshot.Before{ID: decided.Previous, Seal: seals[decided.Previous]}
		}
	}
	return out, nil
}

// Known reports whether the facts say that a snapshot was compiled, whatever is left of it.
func (c Compiler) Known(ctx context.Context, project, id string) (bool, error) {
	said, err := c.said(ctx, project, id)
	return said.item.ID != "", err
}

// ErrNotSame reports that what follows from the facts is not the snapshot that was made of them.
var ErrNotSame = errors.New("the facts give other figures")

// Recompute compiles a snapshot again, from the first fact up to those it was compiled with, and saves figures,
// evidence and item in place of the present ones: a damaged snapshot is as it was, and one from before snapshots were
// sealed has a seal. It fails with ErrNotSame, and saves nothing, if the hash or the seal would be another. It may be
// repeated.
func (c Compiler) Recompute(ctx context.Context, project, id string) (snapshots.Kept, error) {
	said, err := c.said(ctx, project, id)
	if err != nil {
		return snapshots.Kept{}, err
	}
	kept, err := c.snapshots.KeptSnapshot(ctx, project, id)
	switch {
	case err == nil && (said.item.Hash == "" || said.agrees(kept)):
	case err != nil && !errors.Is(err, store.ErrDamaged) && !store.IsNotFound(err):
		return kept, err
	case said.item.KnownAt != "":
		kept = said.item
	case err == nil:
		return kept, fmt.Errorf("recompute %s: %w: its item says something else than the facts", id, store.ErrDamaged)
	default:
		return kept, fmt.Errorf("recompute %s: %w", id, err)
	}
	defined, err := c.projects.DefinitionVersion(ctx, project, kept.Definition.Version)
	if err != nil {
		return kept, err
	}
	rules, err := counting.NewRules(defined.Definition, schema.For(defined.Definition))
	if err != nil {
		return kept, err
	}
	var snap snapshot.Snapshot
	var figures counting.Figures
	err = c.privacy.WithStableFacts(ctx, project, func() error {
		snap, figures, err = c.recompute(ctx, kept, defined, rules, empty(rules))
		return err
	})
	if err != nil {
		return kept, err
	}
	root := c.snapshots.EvidenceRootOf(ctx, kept, codes(snap), figures.Evidence)
	if snap.Hash != kept.Hash || kept.Root != "" && root != kept.Root {
		return kept, fmt.Errorf("recompute %s: %w: hash %s, evidence %s", id, ErrNotSame, snap.Hash, root)
	}
	snap.ID, snap.KnownAt, snap.State, snap.Supersedes, snap.Definition = kept.ID, kept.KnownAt, kept.State, kept.Supersedes, kept.Definition
	if err := c.snapshots.Replace(ctx, kept, snap, codes(snap), figures.Evidence); err != nil {
		return kept, err
	}
	return c.snapshots.KeptSnapshot(ctx, project, id)
}
