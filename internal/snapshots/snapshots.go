// Package snapshots stores compiled snapshots, their evidence, their approval, and the checkpoint of the last compile.
package snapshots

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"strings"
	"time"

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

// Kept is the item of a snapshot in the table. Its figures and evidence are objects. Read from a table it is as it was
// written, or an error that wraps store.ErrDamaged.
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
	DecidedAt  string              `json:"decided_at,omitempty"` // RFC 3339, UTC; "" also where an older version decided
	Root       string              `json:"root,omitempty"`       // of the evidence; "": the snapshot is not sealed
	Index      string              `json:"index,omitempty"`      // the SHA-256 of the index of the evidence, if it is sealed
	Previous   *snapshot.Before    `json:"previous,omitempty"`

	Bounds map[string]snapshot.Bounds `json:"bounds,omitempty"` // of shares, for the page of the snapshot

	Moved bool `json:"moved,omitempty"` // another tracker made it: the salts of its evidence are stored

	Check string `json:"check,omitempty"` // the SHA-256 of the other members; "": written before there was one
}

// Seal returns the seal of the snapshot, "" if it is not sealed.
func (k Kept) Seal() string {
	if k.Root == "" {
		return ""
	}
	return snapshot.Seal(k.Hash, k.Root)
}

type plainKept Kept

func (k plainKept) check() string {
	k.Check = ""
	body, _ := json.Marshal(k) // texts and numbers
	return sum(body)
}

// sum returns the SHA-256 of bytes in hexadecimal digits.
func sum(body []byte) string {
	digest := sha256.Sum256(body)
	return hex.EncodeToString(digest[:])
}

// MarshalJSON adds the check.
func (k Kept) MarshalJSON() ([]byte, error) {
	plain := plainKept(k)
	plain.Check = plain.check()
	return json.Marshal(plain)
}

// UnmarshalJSON fails with store.ErrDamaged unless the check holds. An unknown member is a damaged name.
func (k *Kept) UnmarshalJSON(data []byte) error {
	var plain plainKept
	in := json.NewDecoder(bytes.NewReader(data))
	in.DisallowUnknownFields()
	if err := in.Decode(&plain); err != nil {
		return fmt.Errorf("snapshot: %w: %w", store.ErrDamaged, err)
	}
	if plain.Check == "" && plain.Root != "" || plain.Check != "" && plain.Check != plain.check() {
		return fmt.Errorf("snapshot: %w: the check does not hold", store.ErrDamaged)
	}
	plain.Check = ""
	*k = Kept(plain)
	return nil
}

// damagedUnlessRead says of an error of reading what has been stored that it is damaged: there is none, or what there
// is cannot be decoded.
func damagedUnlessRead(err error) error {
	var syntax *json.SyntaxError
	var kind *json.UnmarshalTypeError
	if errors.Is(err, store.ErrNotFound) || errors.Is(err, objects.ErrNotFound) || errors.As(err, &syntax) || errors.As(err, &kind) {
		return fmt.Errorf("%w: %s", store.ErrDamaged, err.Error())
	}
	return err
}

func snapshotObject(project, id string) string {
	return "snapshots/" + project + "/" + id + "/snapshot.json"
}

// Latest returns the newest snapshot of a day, the zero Kept if there is none, and the condition that it is still the
// newest. Where it fails with store.ErrDamaged, the Kept has the id alone, and the condition holds.
func (s *Store) Latest(ctx context.Context, project, asOf string) (Kept, table.Condition, error) {
	id, rev, err := table.Load[string](ctx, s.Tracker, latestKey(project, asOf))
	if err != nil || rev == 0 {
		return Kept{}, table.At(rev), err
	}
	kept, err := s.KeptSnapshot(ctx, project, id)
	if err == nil && kept.AsOf != asOf {
		err = fmt.Errorf("snapshot %s: %w: it is not of %s", id, store.ErrDamaged, asOf)
	}
	if err = damagedUnlessRead(err); errors.Is(err, store.ErrDamaged) {
		kept = Kept{Project: project, ID: id, AsOf: asOf}
	}
	return kept, table.At(rev), err
}

// SaveSnapshot saves a new snapshot with its evidence, the records behind each of the codes or their changes since an
// earlier snapshot, and the answer to the request once. unchanged is the condition that Latest returned. It fails with
// a *table.Conflict if another snapshot of the same day was saved in the meantime: call Latest and retry.
func (s *Store) SaveSnapshot(ctx context.Context, snap snapshot.Snapshot, unchanged table.Condition, heads fact.Heads, codes []string, evidence func(code string) iter.Seq[snapshot.Counted], since Since, by string, once store.Once) error {
	project := snap.Project
	stored, err := s.newestParts(ctx, project)
	if err != nil {
		return err
	}
	kept := Kept{Project: project, ID: snap.ID, AsOf: snap.AsOf, KnownAt: snap.KnownAt, Definition: snap.Definition, State: snap.State, Supersedes: snap.Supersedes, Hash: snap.Hash, Heads: heads, Bounds: snap.Bounds}
	if kept, err = s.saveObjects(ctx, kept, snap, codes, evidence, since, stored); err != nil {
		return err
	}
	f, err := s.NewFact(fact.KindSnapshotCompiled, by, fact.SnapshotCompiled{
		Snapshot: snap.ID, AsOf: snap.AsOf, Hash: snap.Hash, Root: kept.Root, KnownAt: snap.KnownAt,
		Version: snap.Definition.Version, SHA256: snap.Definition.SHA256, Supersedes: snap.Supersedes, Heads: &heads,
	})
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

// saveObjects saves the evidence and the figures of a snapshot but for the parts that are stored, and returns its item
// with the seal. The evidence of a snapshot that another tracker made stays as it is.
func (s *Store) saveObjects(ctx context.Context, kept Kept, snap snapshot.Snapshot, codes []string, evidence func(code string) iter.Seq[snapshot.Counted], since Since, stored map[string]bool) (Kept, error) {
	if !kept.Moved {
		root, index, err := s.saveEvidence(ctx, kept.Project, kept.ID, codes, evidence, since, stored)
		if err != nil {
			return kept, err
		}
		kept.Root, kept.Index = root, index
	}
	seal := kept.Seal()
	snap.Evidence, snap.Seal = &snapshot.Root{Root: kept.Root}, &seal
	return kept, s.putJSON(ctx, snapshotObject(kept.Project, kept.ID), snap)
}

// Replace saves a snapshot that was compiled again in place of the damaged one, with all of its evidence, and its
// places in the lists. kept is its item, but for what saveObjects adds. It may be repeated.
func (s *Store) Replace(ctx context.Context, kept Kept, snap snapshot.Snapshot, codes []string, evidence func(code string) iter.Seq[snapshot.Counted]) error {
	snap.Previous = nil
	kept, err := s.saveObjects(ctx, kept, snap, codes, evidence, Since{}, map[string]bool{})
	if err != nil {
		return err
	}
	ops := []table.Op{table.PutJSON(snapshotKey(kept.Project, kept.ID), kept, table.Always)}
	if kept.State == snapshot.Approved {
		ops = append(ops, table.PutJSON(approvedKey(kept.Project, kept.AsOf, kept.ID), kept.ID, table.Always))
	}
	latest, rev, err := table.Load[string](ctx, s.Tracker, latestKey(kept.Project, kept.AsOf))
	if err = damagedUnlessRead(err); err != nil && !errors.Is(err, store.ErrDamaged) {
		return err
	}
	if _, found := s.KeptSnapshot(ctx, kept.Project, latest); err != nil || rev == 0 || store.IsNotFound(found) {
		ops = append(ops, table.PutJSON(latestKey(kept.Project, kept.AsOf), kept.ID, table.Always))
	}
	return s.Tracker.Write(ctx, ops...)
}

// KeptSnapshot returns the item of a snapshot. It fails with store.ErrNotFound if there is none, and with
// store.ErrDamaged if it is not what was written.
func (s *Store) KeptSnapshot(ctx context.Context, project, id string) (Kept, error) {
	k, _, err := s.keptSnapshot(ctx, project, id)
	return k, err
}

func (s *Store) keptSnapshot(ctx context.Context, project, id string) (Kept, int64, error) {
	k, rev, err := store.LoadExisting[Kept](ctx, s.Tracker, snapshotKey(project, id), "snapshot "+id)
	switch {
	case store.IsNotFound(err):
		return k, rev, err
	case err != nil:
		return k, rev, damagedUnlessRead(err)
	case k.Project != project || k.ID != id:
		return Kept{}, rev, fmt.Errorf("snapshot %s: %w: the item is that of another one", id, store.ErrDamaged)
	}
	return k, rev, nil
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

// Snapshot returns the figures of a snapshot, with its present state. It fails with store.ErrDamaged if they do not
// have the snapshot's hash and seal.
func (s *Store) Snapshot(ctx context.Context, k Kept) (snapshot.Snapshot, error) {
	var snap snapshot.Snapshot
	if err := s.getJSON(ctx, snapshotObject(k.Project, k.ID), "", &snap); err != nil {
		return snapshot.Snapshot{}, fmt.Errorf("snapshot %s: %w", k.ID, err)
	}
	if hash, err := snap.Digest(); err != nil || hash != k.Hash || snap.Hash != k.Hash {
		return snapshot.Snapshot{}, fmt.Errorf("snapshot %s: %w: the figures do not have the hash", k.ID, store.ErrDamaged)
	}
	var seal *string
	var root *snapshot.Root
	if k.Root != "" {
		text := k.Seal()
		seal, root = &text, &snapshot.Root{Root: k.Root}
	}
	if snap.Project != k.Project || snap.ID != k.ID || snap.AsOf != k.AsOf || snap.KnownAt != k.KnownAt || snap.Definition != k.Definition ||
		!same(snap.Supersedes, k.Supersedes) || !same(snap.Seal, seal) || !same(snap.Evidence, root) {
		return snapshot.Snapshot{}, fmt.Errorf("snapshot %s: %w: it is not what the item says", k.ID, store.ErrDamaged)
	}
	snap.State, snap.Previous = k.State, k.Previous
	return snap, nil
}

// same reports whether two values are equal, or both missing.
func same[T comparable](a, b *T) bool {
	return a == nil && b == nil || a != nil && b != nil && *a == *b
}

// Snapshots lists snapshots, newest first: all of them by the time of compiling, or those in a state by their days, as
// far as they are approved. It fails for other states, which have no list.
func (s *Store) Snapshots(ctx context.Context, project, state string, limit int, cursor string) (table.PageOf[Kept], error) {
	q := table.Query{PK: Partition(project), Backward: true, Limit: limit, Cursor: cursor}
	page := table.PageOf[Kept]{Items: []Kept{}}
	if state != "" && state != snapshot.Approved {
		return page, fmt.Errorf("there is no list of snapshots that are %s", state)
	}
	if state != "" {
		q.PK = approvedPartition(project)
	}
	items, next, err := listed(ctx, s.Tracker, q)
	if err != nil {
		return page, err
	}
	page.Next = next
	if state == "" {
		for _, item := range items {
			k, err := table.Decode[Kept](item)
			if err == nil && item.Key != snapshotKey(project, k.ID) {
				err = fmt.Errorf("snapshot %s: %w: the item is that of another one", item.SK, store.ErrDamaged)
			}
			if err != nil {
				return page, damagedUnlessRead(err)
			}
			page.Items = append(page.Items, k)
		}
		return page, nil
	}
	keys := make([]table.Key, len(items))
	for i, item := range items {
		id, err := table.Decode[string](item)
		if err != nil {
			return page, damagedUnlessRead(err)
		}
		keys[i] = snapshotKey(project, id)
	}
	found, err := table.LoadAll[Kept](ctx, s.Tracker, keys)
	if err != nil {
		return page, damagedUnlessRead(err)
	}
	for i, key := range keys {
		k, there := found[key]
		if !there || snapshotKey(k.Project, k.ID) != key || items[i].Key != approvedKey(project, k.AsOf, k.ID) {
			return page, fmt.Errorf("snapshot %s: %w: the item of an approved one is missing", key.SK, store.ErrDamaged)
		}
		if k.State == state { // decided otherwise in between
			page.Items = append(page.Items, k)
		}
	}
	return page, nil
}

// listed returns a page of the items of a query, up to its limit, and the cursor of the next page.
func listed(ctx context.Context, t table.Table, q table.Query) (items []table.Item, next string, err error) {
	for limit := q.Limit; ; q.Limit = max(0, limit-len(items)) {
		page, err := t.Query(ctx, q)
		if err != nil {
			return nil, "", err
		}
		if items = append(items, page.Items...); page.Next == "" || limit > 0 && len(items) >= limit {
			return items, page.Next, nil
		}
		q.Cursor = page.Next
	}
}

// IsListed reports whether a snapshot is in the list of the newest of each day, or superseded there, and if it is
// approved in the list of those.
func (s *Store) IsListed(ctx context.Context, k Kept) (bool, error) {
	found, err := s.Tracker.Get(ctx, latestKey(k.Project, k.AsOf), approvedKey(k.Project, k.AsOf, k.ID))
	if err != nil {
		return false, err
	}
	_, latest := found[latestKey(k.Project, k.AsOf)]
	_, approved := found[approvedKey(k.Project, k.AsOf, k.ID)]
	return latest && approved == (k.State == snapshot.Approved), nil
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
	page, err := s.Tracker.Query(ctx, q)
	switch {
	case err != nil:
		return Kept{}, err
	case len(page.Items) == 0:
		return Kept{}, fmt.Errorf("snapshot: %w", store.ErrNotFound)
	}
	return s.named(ctx, project, page.Items[0])
}

// named returns the snapshot whose id an item of a list of days has.
func (s *Store) named(ctx context.Context, project string, item table.Item) (Kept, error) {
	id, err := table.Decode[string](item)
	if err != nil {
		return Kept{}, damagedUnlessRead(err)
	}
	kept, err := s.KeptSnapshot(ctx, project, id)
	if err != nil {
		return Kept{}, damagedUnlessRead(err)
	}
	if item.Key != latestKey(project, kept.AsOf) && item.Key != approvedKey(project, kept.AsOf, id) {
		return Kept{}, fmt.Errorf("snapshot %s: %w: it is listed under %s", id, store.ErrDamaged, item.SK)
	}
	return kept, nil
}

// Decide sets the state of a snapshot to approved or rejected, with a note, and writes a fact of it. by is the random
// id of the member of staff. Repeating a decision changes nothing. A snapshot that is approved for the first time names
// the one that was so before it. A damaged one cannot be approved. What the public will see is decided and kept first.
func (s *Store) Decide(ctx context.Context, project, id, state, note, by string) (decided Kept, err error) {
	err = table.Retry(ctx, func() error {
		k, rev, err := s.keptSnapshot(ctx, project, id)
		if err != nil {
			return err
		}
		// Before the decision, so that nothing is ever shown that is not kept; and again where it is repeated.
		if err := s.publishAfter(ctx, k, state); err != nil {
			return err
		}
		if k.State == state {
			decided = k
			return nil
		}
		data := fact.SnapshotDecided{Snapshot: id, State: state}
		var chain []table.Op
		if state == snapshot.Approved {
			if _, err := s.Snapshot(ctx, k); err != nil {
				return err
			}
			if chain, err = s.chain(ctx, &k); err != nil {
				return err
			}
			data.Seal = k.Seal()
			if k.Previous != nil {
				data.Previous = k.Previous.ID
			}
		}
		k.State, k.Note, k.DecidedBy = state, s.Seal(project, "text", note), by
		if note == "" {
			k.Note = ""
		}
		f, err := s.NewFact(fact.KindSnapshotDecided, by, data)
		if err != nil {
			return err
		}
		k.DecidedAt = f.At.UTC().Format(time.RFC3339)
		if note != "" {
			if err := s.People.Write(ctx, table.PutJSON(people.TextKey(project, id, 0), map[string]string{"note": note}, table.Always)); err != nil {
				return err
			}
		}
		approved := table.PutJSON(approvedKey(project, k.AsOf, id), id, table.Always)
		if state != snapshot.Approved {
			approved = table.Remove(approved.Item.Key, table.Always)
		}
		decided = k
		return s.Log().Append(ctx, project, []fact.Fact{f}, append(chain, table.PutJSON(snapshotKey(project, id), k, table.At(rev)), approved)...)
	})
	return decided, err
}

// link is the last snapshot of the chain, which are those that were ever approved, by their first approval.
type link struct {
	ID   string `json:"id"`
	Seal string `json:"seal"`
}

// chain sets the snapshot that was approved before this one, and returns what makes this one the last of the chain;
// nothing where it is in the chain already. The first link of a project whose snapshots were approved before there was
// a chain names the approved one of the latest day.
func (s *Store) chain(ctx context.Context, k *Kept) ([]table.Op, error) {
	last, rev, err := table.Load[link](ctx, s.Tracker, chainKey(k.Project))
	if err != nil {
		return nil, damagedUnlessRead(err)
	}
	if k.Previous != nil || last.ID == k.ID {
		return nil, nil
	}
	if rev == 0 {
		before, err := s.NewestApproved(ctx, k.Project, "")
		if err != nil && !store.IsNotFound(err) {
			return nil, err
		}
		last = link{ID: before.ID, Seal: before.Seal()}
	}
	if last.ID != "" {
		k.Previous = &snapshot.Before{ID: last.ID, Seal: last.Seal}
	}
	return []table.Op{table.PutJSON(chainKey(k.Project), link{ID: k.ID, Seal: k.Seal()}, table.At(rev))}, nil
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

// getJSON reads and decodes an object that has been stored, with its SHA-256 unless that is "". It fails with
// store.ErrDamaged if there is none, or another one.
func (s *Store) getJSON(ctx context.Context, key, want string, value any) error {
	data, err := s.get(ctx, key, want)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(data, value); err != nil {
		return fmt.Errorf("object %s: %w: %w", key, store.ErrDamaged, err)
	}
	return nil
}

func (s *Store) get(ctx context.Context, key, want string) ([]byte, error) {
	body, _, err := s.Objects.Open(ctx, key, "")
	if errors.Is(err, objects.ErrNotFound) {
		return nil, missing{key}
	}
	if err != nil {
		return nil, err
	}
	defer body.Close()
	data, err := io.ReadAll(body)
	if err == nil && want != "" && sum(data) != want {
		err = fmt.Errorf("object %s: %w: its bytes have another hash", key, store.ErrDamaged)
	}
	return data, err
}

// missing is the error that an object which was stored is not there.
type missing struct{ key string }

func (m missing) Error() string { return "object " + m.key + " is missing" }

// Unwrap returns store.ErrDamaged.
func (m missing) Unwrap() error { return store.ErrDamaged }

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
