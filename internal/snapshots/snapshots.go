// Package snapshots stores compiled snapshots, their evidence, their approval, and the checkpoint of the last compile.
package snapshots

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"strings"

	"outreach/internal/fact"
	"outreach/internal/objects"
	"outreach/internal/people"
	"outreach/internal/snapshot"
	"outreach/internal/store"
	"outreach/internal/table"
)

// Store reads and writes snapshots and checkpoints. Snapshots are immutable but for their state. It is safe for
// concurrent use.
type Store struct{ *store.DB }

// New returns the Store on a base.
func New(db *store.DB) *Store { return &Store{db} }

// Kept is the item of a snapshot in the table. Its figures and evidence are objects.
type Kept struct {
	Project    string              `json:"project"`
	ID         string              `json:"id"`
	AsOf       string              `json:"as_of"`
	KnownAt    string              `json:"known_at"`
	Definition snapshot.Definition `json:"definition"`
	State      string              `json:"state"`
	Supersedes *string             `json:"supersedes"`
	Hash       string              `json:"hash"`
	Heads      fact.Heads          `json:"heads"` // the last facts it was compiled from
	Note       string              `json:"note,omitempty"`
	DecidedBy  string              `json:"decided_by,omitempty"`
}

func snapshotObject(project, id string) string {
	return "snapshots/" + project + "/" + id + "/snapshot.json"
}

// Latest returns the newest snapshot of a day, the zero Kept if there is none, and the condition that it is still the
// newest.
func (s *Store) Latest(ctx context.Context, project, asOf string) (Kept, table.Condition, error) {
	id, rev, err := table.Load[string](ctx, s.Tracker, latestKey(project, asOf))
	if err != nil || rev == 0 {
		return Kept{}, table.At(rev), err
	}
	kept, err := s.KeptSnapshot(ctx, project, id)
	return kept, table.At(rev), err
}

// SaveSnapshot saves a new snapshot with its evidence, the records behind each of the codes or their changes since an
// earlier snapshot, and the answer to the request once. unchanged is the condition that Latest returned. It fails with
// a *table.Conflict if another snapshot of the same day was saved in the meantime: call Latest and retry.
func (s *Store) SaveSnapshot(ctx context.Context, snap snapshot.Snapshot, unchanged table.Condition, heads fact.Heads, codes []string, evidence func(code string) iter.Seq[snapshot.Counted], since Since, by string, once store.Once) error {
	project := snap.Project
	if err := s.saveEvidence(ctx, project, snap.ID, codes, evidence, since); err != nil {
		return err
	}
	if err := s.putJSON(ctx, snapshotObject(project, snap.ID), snap); err != nil {
		return err
	}
	kept := Kept{Project: project, ID: snap.ID, AsOf: snap.AsOf, KnownAt: snap.KnownAt, Definition: snap.Definition, State: snap.State, Supersedes: snap.Supersedes, Hash: snap.Hash, Heads: heads}
	f, err := s.NewFact(fact.KindSnapshotCompiled, by, fact.SnapshotCompiled{Snapshot: snap.ID, AsOf: snap.AsOf, Hash: snap.Hash})
	if err != nil {
		return err
	}
	ops, err := s.Answer(ctx, once, kept)
	if err != nil {
		return err
	}
	ops = append(ops, table.PutJSON(snapshotKey(project, snap.ID), kept, table.Absent), table.PutJSON(latestKey(project, snap.AsOf), snap.ID, unchanged))
	return s.Log().Append(ctx, project, []fact.Fact{f}, ops...)
}

// KeptSnapshot returns the item of a snapshot. It fails with store.ErrNotFound if there is none.
func (s *Store) KeptSnapshot(ctx context.Context, project, id string) (Kept, error) {
	k, _, err := store.LoadExisting[Kept](ctx, s.Tracker, snapshotKey(project, id), "snapshot "+id)
	return k, err
}

// LatestID is the id under which Find returns the newest snapshot.
const LatestID = "latest"

// Find returns the snapshot with an id, or the newest one for LatestID. If state is not "", snapshots in another state
// are treated as missing. It fails with store.ErrNotFound if there is none.
func (s *Store) Find(ctx context.Context, project, id, state string) (Kept, error) {
	switch {
	case id == LatestID && state == "":
		return s.Newest(ctx, project)
	case id == LatestID:
		return s.NewestApproved(ctx, project, "")
	}
	kept, err := s.KeptSnapshot(ctx, project, id)
	if err == nil && state != "" && kept.State != state {
		err = store.ErrNotFound
	}
	return kept, err
}

// Snapshot returns the figures of a snapshot, with its present state.
func (s *Store) Snapshot(ctx context.Context, k Kept) (snapshot.Snapshot, error) {
	var snap snapshot.Snapshot
	if err := s.getJSON(ctx, snapshotObject(k.Project, k.ID), &snap); err != nil {
		return snap, fmt.Errorf("snapshot %s: %w", k.ID, err)
	}
	snap.State = k.State
	return snap, nil
}

// Snapshots lists snapshots, newest first: all of them by the time of compiling, or those in a state by their days, as
// far as they are approved. It fails for other states, which have no list.
func (s *Store) Snapshots(ctx context.Context, project, state string, limit int, cursor string) (table.PageOf[Kept], error) {
	q := table.Query{PK: Partition(project), Backward: true, Limit: limit, Cursor: cursor}
	switch state {
	case "":
		return table.List[Kept](ctx, s.Tracker, q)
	case snapshot.Approved:
		q.PK = approvedPartition(project)
	default:
		return table.PageOf[Kept]{}, fmt.Errorf("there is no list of snapshots that are %s", state)
	}
	ids, err := table.List[string](ctx, s.Tracker, q)
	if err != nil {
		return table.PageOf[Kept]{}, err
	}
	keys := make([]table.Key, len(ids.Items))
	for i, id := range ids.Items {
		keys[i] = snapshotKey(project, id)
	}
	found, err := table.LoadAll[Kept](ctx, s.Tracker, keys)
	page := table.PageOf[Kept]{Items: make([]Kept, 0, len(keys)), Next: ids.Next}
	for _, key := range keys {
		if k, there := found[key]; there && k.State == state { // decided otherwise in between
			page.Items = append(page.Items, k)
		}
	}
	return page, err
}

// Newest returns the snapshot of the latest day, the one compiled last if there are several. It fails with
// store.ErrNotFound if there is none.
func (s *Store) Newest(ctx context.Context, project string) (Kept, error) {
	return s.last(ctx, project, table.Query{PK: latestPartition(project)})
}

// NewestUpTo is Newest for the days up to a day.
func (s *Store) NewestUpTo(ctx context.Context, project, day string) (Kept, error) {
	return s.last(ctx, project, table.Query{PK: latestPartition(project), To: day})
}

// NewestApproved is Newest for approved snapshots. If before is a day, only earlier days are considered.
func (s *Store) NewestApproved(ctx context.Context, project, before string) (Kept, error) {
	return s.last(ctx, project, table.Query{PK: approvedPartition(project), To: before})
}

// last returns the snapshot whose id is in the last item of a query.
func (s *Store) last(ctx context.Context, project string, q table.Query) (Kept, error) {
	q.Backward, q.Limit = true, 1
	page, err := table.List[string](ctx, s.Tracker, q)
	switch {
	case err != nil:
		return Kept{}, err
	case len(page.Items) == 0:
		return Kept{}, fmt.Errorf("snapshot: %w", store.ErrNotFound)
	}
	return s.KeptSnapshot(ctx, project, page.Items[0])
}

// Decide sets the state of a snapshot to approved or rejected, with a note, and writes a fact of it. by is the random
// id of the member of staff. Repeating a decision changes nothing.
func (s *Store) Decide(ctx context.Context, project, id, state, note, by string) (decided Kept, err error) {
	err = table.Retry(ctx, func() error {
		k, rev, err := store.LoadExisting[Kept](ctx, s.Tracker, snapshotKey(project, id), "snapshot "+id)
		switch {
		case err != nil:
			return err
		case k.State == state:
			decided = k
			return nil
		}
		k.State, k.Note, k.DecidedBy = state, s.Seal(project, "text", note), by
		if note == "" {
			k.Note = ""
		}
		decided = k
		f, err := s.NewFact(fact.KindSnapshotDecided, by, fact.SnapshotDecided{Snapshot: id, State: state})
		if err != nil {
			return err
		}
		if note != "" {
			if err := s.People.Write(ctx, table.PutJSON(people.TextKey(project, id, 0), map[string]string{"note": note}, table.Always)); err != nil {
				return err
			}
		}
		approved := table.PutJSON(approvedKey(project, k.AsOf, id), id, table.Always)
		if state != snapshot.Approved {
			approved = table.Remove(approved.Item.Key, table.Always)
		}
		return s.Log().Append(ctx, project, []fact.Fact{f}, table.PutJSON(snapshotKey(project, id), k, table.At(rev)), approved)
	})
	return decided, err
}

// Checkpoint refers to the object with the state of the fold after a compile.
type Checkpoint struct {
	Object string     `json:"object"`
	Heads  fact.Heads `json:"heads"`
}

// LastCheckpoint returns the newest checkpoint, false if there is none.
func (s *Store) LastCheckpoint(ctx context.Context, project string) (Checkpoint, bool, error) {
	c, rev, err := table.Load[Checkpoint](ctx, s.Tracker, checkpointKey(project))
	return c, rev != 0, err
}

func checkpointObjects(project string) string { return "checkpoints/" + project + "/" }

// SaveCheckpoint saves a checkpoint as the newest and deletes all others, including those of interrupted or concurrent
// compiles, since none must keep data of erased people.
func (s *Store) SaveCheckpoint(ctx context.Context, project string, heads fact.Heads, body []byte) error {
	c := Checkpoint{Object: checkpointObjects(project) + s.NewID() + ".parquet", Heads: heads}
	if err := s.Objects.Put(ctx, c.Object, bytes.NewReader(body), "application/vnd.apache.parquet"); err != nil {
		return err
	}
	if err := s.Tracker.Write(ctx, table.PutJSON(checkpointKey(project), c, table.Always)); err != nil {
		return err
	}
	var others []string
	err := s.Objects.List(ctx, checkpointObjects(project), func(info objects.Info) error {
		if info.Key != c.Object {
			others = append(others, info.Key)
		}
		return nil
	})
	for _, key := range others {
		if err == nil {
			err = s.Objects.Delete(ctx, key)
		}
	}
	return err
}

func (s *Store) putJSON(ctx context.Context, key string, value any) error {
	body, err := json.Marshal(value)
	if err != nil {
		return err
	}
	return s.Objects.Put(ctx, key, strings.NewReader(string(body)), "application/json")
}

func (s *Store) getJSON(ctx context.Context, key string, value any) error {
	body, _, err := s.Objects.Open(ctx, key, "")
	if err != nil {
		return err
	}
	defer body.Close()
	data, err := io.ReadAll(body)
	if err != nil {
		return err
	}
	return json.Unmarshal(data, value)
}

// DropCheckpoint deletes the checkpoint, so that the next compile replays all facts. It may be called if there is none.
func (s *Store) DropCheckpoint(ctx context.Context, project string) error {
	c, had, err := s.LastCheckpoint(ctx, project)
	if err != nil || !had {
		return err
	}
	if s.Objects == nil {
		return errors.New("no objects to delete the checkpoint from")
	}
	// The object first: without the item, a retry would not find the object.
	if err := s.Objects.Delete(ctx, c.Object); err != nil {
		return err
	}
	return s.Tracker.Write(ctx, table.Remove(checkpointKey(project), table.Always))
}
