// Package uploads stores the files that people send: the original, its rows, and the result of reading it.
package uploads

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/oklog/ulid/v2"

	"outreach/internal/fact"
	"outreach/internal/objects"
	"outreach/internal/people"
	"outreach/internal/project"
	"outreach/internal/projects"
	"outreach/internal/schema"
	"outreach/internal/signups"
	"outreach/internal/sources"
	"outreach/internal/store"
	"outreach/internal/table"
)

// Store reads and writes uploads. It is safe for concurrent use once Letters is set.
type Store struct {
	*store.DB
	Letters Letters // deletes stored copies of letters; nil: there are none

	persons     *people.Store
	signups     *signups.Store
	checkpoints checkpoints
}

// checkpoints are derived from facts, and dropped when facts are rewritten.
type checkpoints interface {
	DropCheckpoint(ctx context.Context, project string) error
}

// New returns a Store. It reads and writes nothing.
func New(db *store.DB, persons *people.Store, signups *signups.Store, checkpoints checkpoints) *Store {
	return &Store{DB: db, persons: persons, signups: signups, checkpoints: checkpoints}
}

// States of an upload.
const (
	Received   = "received"
	Processing = "processing"
	Accepted   = "accepted"
	Rejected   = "rejected"
	Checked    = "checked"
	Withdrawn  = "withdrawn"
)

// Office is the owner of uploads by coordinators, in the place of a partner's id.
const Office = "coordinator"

// Upload is one file of records and the result of reading it.
type Upload struct {
	ID        string `json:"id"`
	Owner     string `json:"owner"` // a partner's id, or Office
	Object    string `json:"object"`
	Filename  string `json:"-"` // stored in the people table: file names may contain names of people
	Size      int64  `json:"size"`
	CheckOnly bool   `json:"check_only,omitempty"`
	Language  string `json:"language"` // the uploader's
	By        string `json:"by,omitempty"`
	State     string `json:"state"`
	Kind      string `json:"kind,omitempty"`   // the plural name of the kind
	Schema    int    `json:"schema,omitempty"` // the version of the schema that its rows and their fingerprints were written with
	SHA256    string `json:"sha256,omitempty"`
	Bytes     int64  `json:"bytes,omitempty"`
	Rows      int    `json:"rows"`
	Packs     int    `json:"packs"`
	New       int    `json:"new"`
	Changed   int    `json:"changed"`
	Unchanged int    `json:"unchanged"`
	Totals    Totals `json:"totals,omitempty"`
	SameAs    string `json:"same_as,omitempty"`

	Source     *sources.Ref  `json:"source,omitempty"`     // by which it was read; nil: by our own columns
	Wanted     *sources.Ref  `json:"wanted,omitempty"`     // by which it is to be read, whatever its header; nil: any
	Candidates []sources.Ref `json:"candidates,omitempty"` // while it is processed: the sources that it may be of, those of the first delivery

	Asked    time.Time `json:"asked,omitzero"`
	Arrived  time.Time `json:"arrived,omitzero"`
	Finished time.Time `json:"finished,omitzero"`
	Removed  time.Time `json:"removed,omitzero"` // when the original, its name and the findings were removed

	rev int64
}

// Totals are the sums over the rows of a file, by field: reach, minutes, hours or quantity. Of rows with the same
// natural key only the last is in the sum.
type Totals map[string]json.Number

// CompareArrival orders uploads by their arrival: it returns a negative number if u arrived before the other. The keys
// of their objects break ties.
func (u Upload) CompareArrival(other Upload) int {
	return cmp.Or(u.Arrived.Compare(other.Arrived), cmp.Compare(u.Object, other.Object))
}

// Final reports whether reading of the file has ended.
func (u Upload) Final() bool { return u.State != Received && u.State != Processing }

// Sources returns the versions of sources that the file may be read by, and whether it is to be read by the one there
// is, whatever its header. Those of a final upload are that which it was read by.
func (u Upload) Sources() (refs []sources.Ref, always bool) {
	switch {
	case u.Wanted != nil:
		return []sources.Ref{*u.Wanted}, true
	case u.Final() && u.Source != nil:
		return []sources.Ref{*u.Source}, false
	case u.Final():
		return nil, false
	}
	return u.Candidates, false
}

// ObjectKey returns the key of the object of an upload created on the web. It does not contain the file's name, since
// keys are stored in facts.
func ObjectKey(project, owner, id string) string {
	return strings.Join([]string{"uploads", project, owner, id, "file"}, "/")
}

// ParseObjectKey reads an object's key: uploads/{project}/{owner}/{file}, or one from ObjectKey, which has the upload's
// id. The file's name is without invisible characters. ok is false for any other key.
func ParseObjectKey(key string) (project, owner, id, filename string, ok bool) {
	parts := strings.Split(key, "/")
	if len(parts) < 4 || parts[0] != "uploads" || parts[1] == "" || parts[2] == "" || parts[len(parts)-1] == "" {
		return "", "", "", "", false
	}
	filename, _ = schema.Tidy(parts[len(parts)-1])
	return parts[1], parts[2], objects.GivenID(key), filename, true
}

// putUpload returns the write of an upload, which fails if another write came first.
func (s *Store) putUpload(project string, u Upload) table.Op {
	return table.Indexed(table.PutJSON(uploadKey(project, u.ID), u, table.At(u.rev)), table.Key{PK: ownerIndex(project, u.Owner), SK: u.ID})
}

// CreateUpload stores a new upload whose file has not arrived yet, and returns it with its id and object key. A
// repeated request returns the first upload; store.ErrOtherBody if its body differs.
func (s *Store) CreateUpload(ctx context.Context, project string, u Upload, once store.Once) (created Upload, err error) {
	err = table.Retry(ctx, func() error {
		if done, err := s.Answered(ctx, once, &created); done || err != nil {
			return err
		}
		created = u
		created.ID, created.State, created.Asked = s.NewID(), Received, s.Now().UTC()
		created.Object = ObjectKey(project, u.Owner, created.ID)
		ops, err := s.Answer(ctx, once, created)
		if err != nil {
			return err
		}
		if err := s.People.Write(ctx, table.PutJSON(filenameKey(project, created.ID), u.Filename, table.Always)); err != nil {
			return err
		}
		return s.Tracker.Write(ctx, append(ops, s.putUpload(project, created))...)
	})
	return created, err
}

// named fills in the names of the files of uploads.
func (s *Store) named(ctx context.Context, project string, uploads []Upload) error {
	if s.People == nil || len(uploads) == 0 {
		return nil
	}
	keys := make([]table.Key, len(uploads))
	for i, u := range uploads {
		keys[i] = filenameKey(project, u.ID)
	}
	found, err := table.LoadAll[string](ctx, s.People, keys)
	if err != nil {
		return err
	}
	for i := range uploads {
		uploads[i].Filename = found[keys[i]]
	}
	return nil
}

// Upload reads one upload, store.ErrNotFound if it does not exist. One with the same bytes as another has that one's
// state.
func (s *Store) Upload(ctx context.Context, project, id string) (Upload, error) {
	u, rev, err := store.LoadExisting[Upload](ctx, s.Tracker, uploadKey(project, id), "upload "+id)
	if err != nil {
		return u, err
	}
	u.rev = rev
	one := []Upload{u}
	if err := s.named(ctx, project, one); err != nil {
		return u, err
	}
	return s.withStateOfFirst(ctx, project, one[0])
}

// Stored reads an upload without the name of its file, and with its own state. It returns the zero Upload if there is
// none.
func (s *Store) Stored(ctx context.Context, project, id string) (Upload, error) {
	u, _, err := table.Load[Upload](ctx, s.Tracker, uploadKey(project, id))
	return u, err
}

// UploadOwners returns the owners of uploads, by id: a partner's id, or Office.
func (s *Store) UploadOwners(ctx context.Context, project string, ids []string) (map[string]string, error) {
	keys := make([]table.Key, len(ids))
	for i, id := range ids {
		keys[i] = uploadKey(project, id)
	}
	found, err := table.LoadAll[Upload](ctx, s.Tracker, keys)
	if err != nil {
		return nil, err
	}
	out := map[string]string{}
	for _, u := range found {
		out[u.ID] = u.Owner
	}
	return out, nil
}

// withStateOfFirst gives an upload with the same bytes as an earlier one the state of that one.
func (s *Store) withStateOfFirst(ctx context.Context, project string, u Upload) (Upload, error) {
	if u.SameAs == "" || u.State != Accepted {
		return u, nil
	}
	first, _, err := table.Load[Upload](ctx, s.Tracker, uploadKey(project, u.SameAs))
	u.State = first.State
	return u, err
}

// BeginUpload marks the upload of an arrived object as being processed, and creates it for an object that was not
// announced. It returns a final upload unchanged. It may be called twice: the sources that the file may be of stay
// those of the first call.
func (s *Store) BeginUpload(ctx context.Context, project string, u Upload) (started Upload, err error) {
	err = table.Retry(ctx, func() error {
		before, rev, err := table.Load[Upload](ctx, s.Tracker, uploadKey(project, u.ID))
		if err != nil {
			return err
		}
		started = before
		started.rev = rev
		if rev == 0 {
			started = u
			if err := s.People.Write(ctx, table.PutJSON(filenameKey(project, u.ID), u.Filename, table.Always)); err != nil {
				return err
			}
		}
		if started.Final() && rev != 0 {
			return nil
		}
		if started.State != Processing {
			started.Candidates = u.Candidates
		}
		started.State, started.Arrived, started.Bytes = Processing, u.Arrived, u.Bytes
		if err := s.Tracker.Write(ctx, s.putUpload(project, started)); err != nil {
			return err
		}
		started.rev++
		return nil
	})
	return started, err
}

// FinishUpload stores the result of an upload that adds no rows: rejected, checked, or with the same bytes as another.
// The fact of a rejected one triggers a letter to its owner; that of one that was only checked does not, as its owner
// sees the page.
func (s *Store) FinishUpload(ctx context.Context, project string, u Upload, found Findings) error {
	u.Finished, u.Candidates = s.Now().UTC(), nil
	kind, data := fact.KindUploadRejected, any(fact.UploadRejected{Upload: u.ID})
	if u.State != Rejected || u.CheckOnly {
		kind, data = fact.KindUploadFinished, fact.UploadFinished{Upload: u.ID}
	}
	f, err := s.NewFact(kind, u.By, data)
	if err != nil {
		return err
	}
	return s.finish(ctx, project, u, found, f)
}

// finish stores an upload with what was found, together with a fact and further operations.
func (s *Store) finish(ctx context.Context, project string, u Upload, found Findings, f fact.Fact, more ...table.Op) error {
	ops := append([]table.Op{s.putUpload(project, u)}, more...)
	if len(found.Errors) > 0 {
		ops = append(ops, table.PutJSON(findingsKey(project, u.ID, errorsFound), newFindingsItem(found.Errors, found.ErrorsCut), table.Always))
	}
	if len(found.Warnings) > 0 {
		ops = append(ops, table.PutJSON(findingsKey(project, u.ID, warningsFound), newFindingsItem(found.Warnings, found.WarningsCut), table.Always))
	}
	return s.Log().Append(ctx, project, []fact.Fact{f}, ops...)
}

// SameBytes returns the accepted upload of an owner that has a hash, false if there is none.
func (s *Store) SameBytes(ctx context.Context, project, owner, sha256 string) (Upload, bool, error) {
	id, rev, err := table.Load[string](ctx, s.Tracker, bytesKey(project, owner, sha256))
	if err != nil || rev == 0 {
		return Upload{}, false, err
	}
	u, err := s.Upload(ctx, project, id)
	return u, err == nil && u.State == Accepted, err
}

// AcceptUpload makes all rows of an upload count at once, by one fact. They must have been written by its Packer.
func (s *Store) AcceptUpload(ctx context.Context, project string, u Upload, found Findings) error {
	_, rev, err := table.Load[string](ctx, s.Tracker, bytesKey(project, u.Owner, u.SHA256))
	if err != nil {
		return err
	}
	u.State, u.Finished, u.Candidates = Accepted, s.Now().UTC(), nil
	f, err := s.NewFact(fact.KindUploadAccepted, u.By, fact.UploadAccepted{
		Upload: u.ID, Kind: u.Kind, Owner: u.Owner, Object: u.Object, Arrived: u.Arrived, Rows: u.Rows, Packs: u.Packs, SHA256: u.SHA256,
	})
	if err != nil {
		return err
	}
	more := append(s.staleSums(project, u), table.PutJSON(bytesKey(project, u.Owner, u.SHA256), u.ID, table.At(rev)))
	return s.finish(ctx, project, u, found, f, more...)
}

// WithdrawUpload stops an accepted upload from counting, and cancels the sign-ups that it created. It may be called
// again, after an error too. The upload is returned without the file's name. store.ErrStale if the file was never
// accepted.
func (s *Store) WithdrawUpload(ctx context.Context, id, by string, def projects.Defined) (withdrawn Upload, err error) {
	project := def.Definition.ID
	err = table.Retry(ctx, func() error {
		u, rev, err := store.LoadExisting[Upload](ctx, s.Tracker, uploadKey(project, id), "upload "+id)
		switch {
		case err != nil:
			return err
		case u.State == Withdrawn:
			withdrawn = u
			return nil
		case u.State != Accepted:
			return fmt.Errorf("upload %s is %s: %w", id, u.State, store.ErrStale)
		}
		u.rev, u.State = rev, Withdrawn
		withdrawn = u
		if u.SameAs != "" {
			return s.Tracker.Write(ctx, s.putUpload(project, u))
		}
		f, err := s.NewFact(fact.KindUploadWithdrawn, by, fact.UploadWithdrawn{Upload: id})
		if err != nil {
			return err
		}
		ops := append(s.staleSums(project, u), s.putUpload(project, u), table.Remove(bytesKey(project, u.Owner, u.SHA256), table.Always))
		return s.Log().Append(ctx, project, []fact.Fact{f}, ops...)
	})
	if err == nil && isMedia(withdrawn) && withdrawn.Owner != Office {
		_, err = s.MediaSums(ctx, def.Definition, withdrawn.Owner)
	}
	kind := schema.For(def.Definition).Kind(schema.Signup)
	if err != nil || withdrawn.Kind != kind.Plural || withdrawn.SameAs != "" {
		return withdrawn, err
	}
	for line, err := range s.Lines(ctx, project, kind, withdrawn) {
		if err == nil {
			_, err = s.signups.MoveSignup(ctx, def.Definition, fact.LineID(id, withdrawn.Arrived, line.Row), schema.Cancelled, by)
		}
		if err != nil && !store.IsNotFound(err) {
			return withdrawn, err
		}
	}
	return withdrawn, nil
}

// Uploads lists the uploads of an owner, or of all owners if it is "", newest first.
func (s *Store) Uploads(ctx context.Context, project, owner string, limit int, cursor string) (table.PageOf[Upload], error) {
	q := table.Query{PK: Partition(project), Backward: true, Limit: limit, Cursor: cursor}
	if owner != "" {
		q.PK, q.Index = ownerIndex(project, owner), true
	}
	page, err := table.List[Upload](ctx, s.Tracker, q)
	if err == nil {
		err = s.named(ctx, project, page.Items)
	}
	for i := range page.Items {
		if err == nil {
			page.Items[i], err = s.withStateOfFirst(ctx, project, page.Items[i])
		}
	}
	return page, err
}

// CountedUploads returns the uploads of a kind (its plural name) whose rows count, of an owner or of all owners if it
// is "", in the order of arrival. They lack the names of the files.
func (s *Store) CountedUploads(ctx context.Context, project, owner, kind string) ([]Upload, error) {
	q := table.Query{PK: Partition(project)}
	if owner != "" {
		q.PK, q.Index = ownerIndex(project, owner), true
	}
	var out []Upload
	for u, err := range table.Values[Upload](ctx, s.Tracker, q) {
		if err != nil {
			return nil, err
		}
		if u.State == Accepted && u.SameAs == "" && u.Kind == kind {
			out = append(out, u)
		}
	}
	slices.SortFunc(out, Upload.CompareArrival)
	return out, nil
}

// Mention records which people are in an upload, for their history and their erasure.
func (s *Store) Mention(ctx context.Context, project, upload string, ids []string) error {
	ops := make([]table.Op, len(ids))
	for i, id := range ids {
		ops[i] = table.PutJSON(people.MentionKey(project, id, "upload", upload), upload, table.Always)
	}
	return table.WriteAll(ctx, s.Tracker, ops)
}

// NewestID returns the id of the upload that was created last, "" of none.
func (s *Store) NewestID(ctx context.Context, project string) (string, error) {
	page, err := s.Tracker.Query(ctx, table.Query{PK: Partition(project), Backward: true, Limit: 1})
	if err != nil || len(page.Items) == 0 {
		return "", err
	}
	return page.Items[0].SK, nil
}

// NextForgotten returns when the oldest rejected upload since an instant was created, the zero time if there
// is none: it is the next that CountRejected leaves out.
func (s *Store) NextForgotten(ctx context.Context, project string, since time.Time) (created time.Time, err error) {
	var first ulid.ULID
	if err := first.SetTime(ulid.Timestamp(since)); err != nil {
		return created, err
	}
	for u, err := range table.Values[Upload](ctx, s.Tracker, table.Query{PK: Partition(project), From: first.String()}) {
		if err != nil {
			return created, err
		}
		if id, err := ulid.Parse(u.ID); err == nil && u.State == Rejected && !u.CheckOnly {
			return ulid.Time(id.Time()), nil
		}
	}
	return created, nil
}

const (
	// mostRecent is how many of the newest uploads are searched for rejected ones of owners that the definition lacks.
	mostRecent = 100
	// mostRejected is how many of the newest uploads of an owner are searched for rejected ones.
	mostRejected = 100
)

// CountRejected counts the rejected uploads created since an instant whose owner has no accepted upload after them: of
// the office and of the partners of a definition among the newest mostRejected of each, of others among the newest
// mostRecent of all.
func (s *Store) CountRejected(ctx context.Context, d *project.Definition, since time.Time) (int, error) {
	var first ulid.ULID
	if err := first.SetTime(ulid.Timestamp(since)); err != nil {
		return 0, err
	}
	owners := []string{Office}
	for _, p := range d.Partners {
		owners = append(owners, p.ID)
	}
	n := 0
	for _, owner := range owners {
		rejected, err := s.openRejected(ctx, table.Query{PK: ownerIndex(d.ID, owner), Index: true, From: first.String(), Backward: true, Limit: 5})
		if err != nil {
			return 0, err
		}
		n += rejected
	}
	recent, err := table.List[Upload](ctx, s.Tracker, table.Query{PK: Partition(d.ID), From: first.String(), Backward: true, Limit: mostRecent})
	corrected := map[string]bool{}
	for _, u := range recent.Items {
		switch {
		case u.CheckOnly || slices.Contains(owners, u.Owner):
		case u.State == Accepted:
			corrected[u.Owner] = true
		case u.State == Rejected && !corrected[u.Owner]:
			n++
		}
	}
	return n, err
}

// openRejected counts the rejected uploads of one owner, newest first, up to the first accepted one.
func (s *Store) openRejected(ctx context.Context, q table.Query) (n int, err error) {
	passed := 0
	for u, err := range table.Values[Upload](ctx, s.Tracker, q) {
		if err != nil {
			return 0, err
		}
		if passed++; u.State == Accepted && !u.CheckOnly || passed > mostRejected {
			break
		}
		if u.State == Rejected && !u.CheckOnly {
			n++
		}
	}
	return n, nil
}
