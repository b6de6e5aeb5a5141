// Package ingest reads the files that arrive. The arrival of each object is an event, which may come twice, late or out
// of order. A file is accepted as a whole, or rejected with a list of its bad cells.
package ingest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"outreach/internal/app"
	"outreach/internal/objects"
	"outreach/internal/people"
	"outreach/internal/project"
	"outreach/internal/projects"
	"outreach/internal/records"
	"outreach/internal/schema"
	"outreach/internal/signups"
	"outreach/internal/sources"
	"outreach/internal/store"
	"outreach/internal/uploads"
)

// Ingester reads files into uploads. It is safe for concurrent use, by several processes too.
type Ingester struct {
	projects projectStore
	people   peopleStore
	staff    staffStore
	signups  signupStore
	uploads  uploadStore
	sources  sourceStore
	records  fingerprinter
	objects  objectStore
	sealer   sealer
	now      func() time.Time

	folder      string // of temporary files
	mostSpooled int64  // see spool
	mostOrdered int    // see bySubmission
}

type (
	projectStore interface {
		Definition(ctx context.Context, id string) (projects.Defined, error)
	}
	peopleStore interface {
		Holders(ctx context.Context, project string, keys []people.Key) (map[people.Key][]string, error)
		Persons(ctx context.Context, project string, ids []string) (map[string]people.Person, error)
		Register(ctx context.Context, project string, all []people.Newcomer) ([]string, error)
	}
	staffStore interface {
		Staff(ctx context.Context, project, email string) (id string, err error)
	}
	signupStore interface {
		SignUpAll(ctx context.Context, project string, drafts []signups.SignupDraft) ([]signups.SignedUp, error)
		SignedUpTo(ctx context.Context, project, activity, person string) (bool, error)
	}
	uploadStore interface {
		Upload(ctx context.Context, project, id string) (uploads.Upload, error)
		CountedUploads(ctx context.Context, project, owner, kind string) ([]uploads.Upload, error)
		SameBytes(ctx context.Context, project, owner, sha256 string) (uploads.Upload, bool, error)
		BeginUpload(ctx context.Context, project string, u uploads.Upload) (uploads.Upload, error)
		FinishUpload(ctx context.Context, project string, u uploads.Upload, found uploads.Findings) error
		AcceptUpload(ctx context.Context, project string, u uploads.Upload, found uploads.Findings) error
		MediaSums(ctx context.Context, d *project.Definition, partner string) (uploads.MediaSums, error)
		Packer(ctx context.Context, project, upload string, kind *schema.Kind) *uploads.Packer
		Mention(ctx context.Context, project, upload string, ids []string) error
		Fingerprints(ctx context.Context, project, upload string, each func(uploads.Fingerprint)) error
	}
	sourceStore interface {
		All(ctx context.Context, project string) ([]sources.Stored, error)
		Version(ctx context.Context, project string, ref sources.Ref) (sources.Stored, error)
	}
	fingerprinter interface {
		Natural(project string, k *schema.Kind, who string, row schema.Row) [16]byte
		Fingerprint(project string, k *schema.Kind, natural [16]byte, sealed schema.Row) uploads.Fingerprint
		FingerprintOfVersion0(project string, k *schema.Kind, sealed schema.Row) [8]byte
		TypedFingerprints(ctx context.Context, project string, k *schema.Kind, before time.Time) ([]records.TypedFingerprint, error)
	}
	objectStore interface {
		Stat(ctx context.Context, key string) (objects.Info, error)
		Open(ctx context.Context, key, etag string) (io.ReadCloser, objects.Info, error)
	}
	sealer interface {
		RowSealer(project string, k *schema.Kind) func(schema.Row) schema.Row
	}
)

// New returns an Ingester on the features of an application.
func New(a *app.App) *Ingester {
	return &Ingester{
		projects: a.Projects, people: a.People, staff: a.Access, signups: a.Signups, uploads: a.Uploads, sources: a.Sources, records: a.Records,
		objects: a.DB.Objects, sealer: a.DB, now: a.DB.Now, folder: a.DB.Folder, mostSpooled: mostSpooled, mostOrdered: mostOrdered,
	}
}

// maxAttempts is how often an object is read that is put again while it is being read.
const maxAttempts = 3

// Object ingests one object, whose key ParseObjectKey understands. It may be called twice, and concurrently, for the
// same object: one whose upload is final changes nothing. A rejected file is no error; after an error the call is to be
// repeated.
func (in *Ingester) Object(ctx context.Context, key string) error {
	project, owner, id, filename, ok := uploads.ParseObjectKey(key)
	if !ok {
		return errors.New("the object's key is not uploads/{project}/{owner}/{file}")
	}
	defined, err := in.projects.Definition(ctx, project)
	if err != nil {
		return err
	}
	info, err := in.objects.Stat(ctx, key)
	if errors.Is(err, objects.ErrNotFound) {
		if u, err := in.uploads.Upload(ctx, project, id); id != "" && err == nil && u.Final() {
			return nil // it was ingested before, and removed since
		}
		return fmt.Errorf("project %s: the object does not exist: %w", project, err)
	}
	if err != nil {
		return err
	}
	if info, err = in.dated(ctx, project, id, info); err != nil {
		return err
	}
	asked := false // only a repeated request puts an object again at a key that an upload was given, and puts the same bytes
	if id != "" {
		before, err := in.uploads.Upload(ctx, project, id)
		if err != nil && !errors.Is(err, store.ErrNotFound) {
			return err
		}
		asked = err == nil && before.Object == key
	}
	if !asked {
		id = unasked(info)
	}
	u := uploads.Upload{
		ID: id, Owner: owner, Object: key, Filename: filename, Size: info.Size, Language: defined.Definition.Reports.Language,
		Arrived: info.Arrived.UTC(), Bytes: info.Size,
	}
	if u.Candidates, err = in.candidates(ctx, project, owner); err != nil {
		return err
	}
	if u, err = in.uploads.BeginUpload(ctx, project, u); err != nil {
		return err
	}
	if u.Final() {
		return in.sum(ctx, defined.Definition, u)
	}
	err = in.attempt(ctx, project, defined, u, info)
	for n := 1; asked && n < maxAttempts && errors.Is(err, objects.ErrChanged); n++ {
		if info, err = in.objects.Stat(ctx, key); err == nil {
			err = in.attempt(ctx, project, defined, u, info)
		}
	}
	if errors.Is(err, objects.ErrChanged) {
		// The owner overwrote the object before it was read: the new content has an event of its own.
		u.State = uploads.Rejected
		overwritten := schema.Problem{Code: schema.Unreadable, Hint: "overwritten"}
		return in.uploads.FinishUpload(ctx, project, u, uploads.Findings{Errors: []uploads.Finding{{Row: 1, Problem: overwritten}}})
	}
	return err
}

// candidates returns the sources that a file of an owner may be of.
func (in *Ingester) candidates(ctx context.Context, project, owner string) (refs []sources.Ref, err error) {
	if owner == uploads.Office {
		owner = ""
	}
	all, err := in.sources.All(ctx, project)
	for _, s := range all {
		if len(s.Source.Recognise) > 0 && s.Source.Usable(owner) {
			refs = append(refs, s.Ref())
		}
	}
	return refs, err
}

// mostAhead is how far clocks may differ.
const mostAhead = time.Minute

// dated gives an object a time of arrival that is not in the future, where the store allows others: a file may have
// been copied into a folder with any date, and would replace all that arrives until then. One that was ingested keeps
// its time, though the clock be set back.
func (in *Ingester) dated(ctx context.Context, project, id string, info objects.Info) (objects.Info, error) {
	folder, datedByHand := in.objects.(interface {
		Redate(ctx context.Context, key, etag string) (objects.Info, error)
	})
	if !datedByHand || !info.Arrived.After(in.now().Add(mostAhead)) {
		return info, nil
	}
	for _, known := range []string{id, unasked(info)} {
		if known == "" {
			continue
		}
		before, err := in.uploads.Upload(ctx, project, known)
		if err != nil && !errors.Is(err, store.ErrNotFound) {
			return info, err
		}
		if err == nil && before.Arrived.Equal(info.Arrived) {
			return info, nil
		}
	}
	return folder.Redate(ctx, info.Key, info.ETag)
}

// unasked returns the id of the upload of an object for which none was created: it follows from the key and the
// content, so that a second delivery is the same upload.
func unasked(info objects.Info) string { return store.IDFor(info.Arrived, info.Key+"|"+info.ETag) }

// sum computes the sums of a partner's own page after a file of media records, so that the page need not. It may be
// called twice.
func (in *Ingester) sum(ctx context.Context, d *project.Definition, u uploads.Upload) error {
	if u.Owner == uploads.Office || u.Kind != schema.For(d).Kind(schema.Media).Plural {
		return nil
	}
	_, err := in.uploads.MediaSums(ctx, d, u.Owner)
	return err
}

func (in *Ingester) attempt(ctx context.Context, project string, defined projects.Defined, u uploads.Upload, info objects.Info) error {
	run := &run{Ingester: in, defined: defined, project: project, upload: u}
	defer run.close()
	return run.process(ctx, info)
}
