package uploads

import (
	"context"
	"encoding/json"
	"errors"
	"maps"
	"slices"
	"strings"
	"time"

	"outreach/internal/fact"
	"outreach/internal/objects"
	"outreach/internal/people"
	"outreach/internal/schema"
	"outreach/internal/store"
	"outreach/internal/table"
)

// UncountedFor is how long a file is stored whose rows never counted, as it is unknown who is in it; and the name of a
// file that never arrived.
const UncountedFor = 30 * 24 * time.Hour

// done reports whether an upload cannot change any more: it is final, or its file did not arrive or was not read for
// UncountedFor.
func (s *Store) done(u Upload) bool {
	return u.Final() || s.Now().Sub(u.lastSeen()) > UncountedFor
}

// lastSeen returns when the file arrived, or if it did not, when its place was asked for.
func (u Upload) lastSeen() time.Time {
	if !u.Arrived.IsZero() {
		return u.Arrived
	}
	return u.Asked
}

// uncountedUntil returns the end of the time for which an upload is stored that did not count so far, the zero time of
// one that counted.
func (u Upload) uncountedUntil() time.Time {
	switch {
	case !u.Final():
		return u.lastSeen().Add(UncountedFor)
	case u.State == Rejected || u.State == Checked:
		return u.Finished.Add(UncountedFor)
	}
	return time.Time{}
}

// allUploads reads every upload of a project, without the names of the files.
func (s *Store) allUploads(ctx context.Context, project string) ([]Upload, error) {
	var all []Upload
	for u, err := range table.Values[Upload](ctx, s.Tracker, table.Query{PK: Partition(project)}) {
		if err != nil {
			return nil, err
		}
		all = append(all, u)
	}
	return all, nil
}

// RemoveOriginalsOf removes the originals of uploads that an erased person is in, and those that removableWith adds. It
// may be called again after an error.
func (s *Store) RemoveOriginalsOf(ctx context.Context, project string, uploads []string) error {
	all, err := s.allUploads(ctx, project)
	if err != nil {
		return err
	}
	return s.removeOriginals(ctx, project, all, removableWith(all, uploads))
}

// removableWith returns the keys of the objects to remove when a person in some uploads is erased: those of the
// uploads, all others with the same bytes, and all files that never counted and are not media, as it is unknown who is
// in them. Uploads that are not final are left out.
func removableWith(all []Upload, uploads []string) map[string]bool {
	bytes, counts, removable := map[string]bool{}, map[string]bool{}, map[string]bool{}
	for _, u := range all {
		if slices.Contains(uploads, u.ID) && u.SHA256 != "" {
			bytes[u.SHA256] = true
		}
		if u.State == Accepted { // a partner's system may have overwritten a rejected file
			counts[u.Object] = true
		}
	}
	for _, u := range all {
		if !u.Removed.IsZero() {
			continue
		}
		nameless := (u.State == Rejected || u.State == Checked) && u.Kind != schema.Builtin().Kind(schema.Media).Plural && !counts[u.Object]
		if u.Final() && (nameless || slices.Contains(uploads, u.ID) || slices.Contains(uploads, u.SameAs) || bytes[u.SHA256]) {
			removable[u.Object] = true
		}
	}
	return removable
}

// CountFilesToErase returns the number of files that the erasure of a person removes.
func (s *Store) CountFilesToErase(ctx context.Context, project string, p people.Person) (int, error) {
	var uploads []string
	for _, id := range p.IDs() {
		err := s.persons.EachMention(ctx, project, id, func(kind, what string) error {
			switch kind {
			case "upload":
				uploads = append(uploads, what)
			case schema.Signup:
				su, err := s.signups.Signup(ctx, project, what)
				if store.IsNotFound(err) {
					return nil
				}
				if err == nil && su.Upload != "" {
					uploads = append(uploads, su.Upload)
				}
				return err
			}
			return nil
		})
		if err != nil {
			return 0, err
		}
	}
	all, err := s.allUploads(ctx, project)
	if err != nil {
		return 0, err
	}
	return len(removableWith(all, uploads)), nil
}

// RemoveUncounted removes files that need not be stored: rejected or only checked longer than UncountedFor ago, not
// arrived or not read for so long, and repeated files whose first upload was removed. It returns when the next of them
// is to be removed, the zero time if there is none. store.ErrDeferred if time is short; it may be called again.
func (s *Store) RemoveUncounted(ctx context.Context, project string) (next time.Time, err error) {
	if err := store.CheckTimeLeft(ctx); err != nil {
		return next, err
	}
	all, err := s.allUploads(ctx, project)
	if err != nil {
		return next, err
	}
	removed := map[string]bool{}
	for _, u := range all {
		removed[u.ID] = !u.Removed.IsZero()
	}
	needed, removable := map[string]bool{}, map[string]bool{}
	for _, u := range all {
		until := u.uncountedUntil()
		uncounted := !until.IsZero() && s.Now().After(until)
		switch {
		case !u.Removed.IsZero():
		case uncounted, u.Final() && removed[u.SameAs]:
			removable[u.Object] = true
		default:
			needed[u.Object] = true // a partner's system may overwrite its own files
			if !until.IsZero() && (next.IsZero() || until.Before(next)) {
				next = until
			}
		}
	}
	maps.DeleteFunc(removable, func(key string, _ bool) bool { return needed[key] })
	return next, s.removeOriginals(ctx, project, all, removable)
}

// removeOriginals removes objects, and from all uploads of these objects the name of the file and the findings. The
// uploads are marked last, so that a call after an interruption removes the rest.
func (s *Store) removeOriginals(ctx context.Context, project string, all []Upload, removable map[string]bool) error {
	if len(removable) == 0 {
		return nil
	}
	if s.Objects == nil {
		return errors.New("remove originals: no object store")
	}
	// A file that has arrived under the same key and is not read yet is another file, and stays.
	var affected []Upload
	upTo := map[string]time.Time{}
	for _, u := range all {
		if removable[u.Object] && s.done(u) {
			affected = append(affected, u)
			if u.Arrived.After(upTo[u.Object]) {
				upTo[u.Object] = u.Arrived
			}
		}
	}
	err := store.InParallel(ctx, slices.Sorted(maps.Keys(removable)), func(ctx context.Context, key string) error {
		return s.Objects.Erase(ctx, key, upTo[key])
	})
	if err != nil {
		return err
	}
	var names, findings []table.Key
	for _, u := range affected {
		names = append(names, filenameKey(project, u.ID))
		findings = append(findings, findingsKey(project, u.ID, errorsFound), findingsKey(project, u.ID, warningsFound))
	}
	if err := errors.Join(table.RemoveAll(ctx, s.People, names), table.RemoveAll(ctx, s.Tracker, findings)); err != nil {
		return err
	}
	if err := s.forgetLetters(ctx, project, affected); err != nil {
		return err
	}
	newKeys := s.namelessKeys(project, all, affected)
	if err := s.replaceObjectKeys(ctx, project, newKeys); err != nil {
		return err
	}
	for _, u := range affected {
		if u.Removed.IsZero() {
			if err := s.markRemoved(ctx, project, u.ID, newKeys[u.ID]); err != nil {
				return err
			}
		}
	}
	return nil
}

// Letters deletes stored copies of letters.
type Letters interface {
	// ForgetAbout deletes the letters that contain one of the links.
	ForgetAbout(ctx context.Context, links []string) error
}

// forgetLetters deletes stored letters about files, which contain the files' names.
func (s *Store) forgetLetters(ctx context.Context, project string, about []Upload) error {
	if s.Letters == nil || len(about) == 0 {
		return nil
	}
	links := make([]string, len(about))
	for i, u := range about {
		links[i] = "/" + project + "/uploads/" + u.ID
	}
	return s.Letters.ForgetAbout(ctx, links)
}

// namelessKeys returns new object keys for the affected uploads, whose files are removed, by upload id: keys that do
// not contain the file's name. If several uploads arrived at the same instant, the key is their order and stays.
func (s *Store) namelessKeys(project string, all, affected []Upload) map[string]string {
	arrived := map[time.Time]int{}
	for _, u := range all {
		arrived[u.Arrived]++
	}
	out := map[string]string{}
	for _, u := range affected {
		if u.Removed.IsZero() && u.Object != ObjectKey(project, u.Owner, u.ID) && arrived[u.Arrived] == 1 {
			out[u.ID] = strings.Join([]string{"uploads", project, u.Owner, s.Seal(project, "object", u.Object)}, "/")
		}
	}
	return out
}

// replaceObjectKeys replaces the object keys in the facts of accepted uploads.
func (s *Store) replaceObjectKeys(ctx context.Context, project string, keys map[string]string) error {
	if len(keys) == 0 {
		return nil
	}
	err := s.Log().ReadAll(ctx, project, fact.MentionsAny(keys), func(f fact.Fact) error {
		if f.Kind != fact.KindUploadAccepted {
			return nil
		}
		var accepted fact.UploadAccepted
		if err := json.Unmarshal(f.Data, &accepted); err != nil {
			return err
		}
		accepted.Object = keys[accepted.Upload]
		return s.Log().Rewrite(ctx, project, f, accepted)
	})
	if err != nil {
		return err
	}
	return s.checkpoints.DropCheckpoint(ctx, project)
}

// markRemoved marks an upload as removed, with a new object key unless it is "".
func (s *Store) markRemoved(ctx context.Context, project, id, newKey string) error {
	return table.Retry(ctx, func() error {
		u, rev, err := table.Load[Upload](ctx, s.Tracker, uploadKey(project, id))
		if err != nil || rev == 0 || !u.Removed.IsZero() {
			return err
		}
		u.rev, u.Removed = rev, s.Now().UTC()
		if newKey != "" {
			u.Object = newKey
		}
		return s.Tracker.Write(ctx, s.putUpload(project, u))
	})
}

// RemoveAllOriginals removes every file of a project, including those without an upload, and reports whether there were
// any. Files that may still be read stay. store.ErrDeferred if time is short.
func (s *Store) RemoveAllOriginals(ctx context.Context, project string) (removed bool, err error) {
	if err := store.CheckTimeLeft(ctx); err != nil {
		return false, err
	}
	all, err := s.allUploads(ctx, project)
	if err != nil {
		return false, err
	}
	removable, withUpload := map[string]bool{}, map[string]bool{}
	for _, u := range all {
		if u.Removed.IsZero() {
			withUpload[u.Object] = true
			if u.Object != "" && s.done(u) {
				removable[u.Object] = true
			}
		}
	}
	err = s.Objects.List(ctx, "uploads/"+project+"/", func(info objects.Info) error {
		if !withUpload[info.Key] && s.Now().Sub(info.Arrived) > UncountedFor {
			removable[info.Key] = true
		}
		return nil
	})
	if err != nil {
		return false, err
	}
	return len(removable) > 0, s.removeOriginals(ctx, project, all, removable)
}
