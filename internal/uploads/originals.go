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

// UncountedFor is how long a file is kept whose rows never counted, for nobody can tell whom it names; and the name of one that
// was asked for and never came.
const UncountedFor = 30 * 24 * time.Hour

// over tells that nothing more will happen to an upload: it is final, or was never sent, or never taken in.
func (s *Store) over(u Upload) bool {
	last := u.Asked
	if !u.Arrived.IsZero() {
		last = u.Arrived
	}
	return u.Final() || s.Now().Sub(last) > UncountedFor
}

// allUploads reads every upload of a project, without the files' names.
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

// RemoveOriginalsOf removes the files that somebody's uploads came in, and others with them, as goneWith says.
func (s *Store) RemoveOriginalsOf(ctx context.Context, project string, uploads []string) error {
	all, err := s.allUploads(ctx, project)
	if err != nil {
		return err
	}
	return s.removeOriginals(ctx, project, all, goneWith(all, uploads))
}

// goneWith are the objects that go when somebody is erased who stands in some uploads: these, every other of the same bytes, and
// all files that never counted and are not of airings, for nobody can tell whom they name. Of one that is still worked on
// nothing is known yet.
func goneWith(all []Upload, uploads []string) map[string]bool {
	bytes, counts, gone := map[string]bool{}, map[string]bool{}, map[string]bool{}
	for _, u := range all {
		if slices.Contains(uploads, u.ID) && u.SHA256 != "" {
			bytes[u.SHA256] = true
		}
		if u.State == Accepted { // a partner's system may have written over a file that was rejected
			counts[u.Object] = true
		}
	}
	for _, u := range all {
		if !u.Removed.IsZero() {
			continue
		}
		nameless := (u.State == Rejected || u.State == Checked) && u.Kind != schema.Builtin().Kind(schema.Media).Plural && !counts[u.Object]
		if u.Final() && (nameless || slices.Contains(uploads, u.ID) || slices.Contains(uploads, u.SameAs) || bytes[u.SHA256]) {
			gone[u.Object] = true
		}
	}
	return gone
}

// FilesGone counts the files that go when a person is erased.
func (s *Store) FilesGone(ctx context.Context, project string, p people.Person) (int, error) {
	var uploads []string
	for _, id := range p.IDs() {
		err := s.persons.About(ctx, project, id, func(kind, what string) error {
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
	return len(goneWith(all, uploads)), nil
}

// RemoveUncounted removes files that need not be kept: those that were rejected or only checked a while ago, those that were asked
// for or came a while ago and were never taken in, and those sent again after the first of the same bytes was removed. Where time
// is short the error is ErrLater.
func (s *Store) RemoveUncounted(ctx context.Context, project string) error {
	if err := store.BeginPart(ctx); err != nil {
		return err
	}
	all, err := s.allUploads(ctx, project)
	if err != nil {
		return err
	}
	removed := map[string]bool{}
	for _, u := range all {
		removed[u.ID] = !u.Removed.IsZero()
	}
	needed, gone := map[string]bool{}, map[string]bool{}
	for _, u := range all {
		uncounted := !u.Final() && s.over(u) || (u.State == Rejected || u.State == Checked) && s.Now().Sub(u.Finished) > UncountedFor
		switch {
		case !u.Removed.IsZero():
		case uncounted, u.Final() && removed[u.SameAs]:
			gone[u.Object] = true
		default:
			needed[u.Object] = true // a partner's system may write over its own files
		}
	}
	maps.DeleteFunc(gone, func(key string, _ bool) bool { return needed[key] })
	return s.removeOriginals(ctx, project, all, gone)
}

// removeOriginals removes files as they were sent, their names, and what was found in their cells, from all uploads that lie there.
// That it was done is noted on them last, so that what was cut off is done again.
func (s *Store) removeOriginals(ctx context.Context, project string, all []Upload, gone map[string]bool) error {
	if len(gone) == 0 {
		return nil
	}
	if s.Objects == nil {
		return errors.New("no objects to remove the originals from")
	}
	// What has arrived at the same place and is not taken in yet is another file, and stays.
	upTo := map[string]time.Time{}
	for _, u := range all {
		if gone[u.Object] && s.over(u) && u.Arrived.After(upTo[u.Object]) {
			upTo[u.Object] = u.Arrived
		}
	}
	err := store.InParallel(ctx, slices.Sorted(maps.Keys(gone)), func(ctx context.Context, key string) error {
		return s.Objects.Erase(ctx, key, upTo[key])
	})
	if err != nil {
		return err
	}
	var names, findings []table.Key
	for _, u := range all {
		if gone[u.Object] && s.over(u) {
			names = append(names, filenameKey(project, u.ID))
			findings = append(findings, findingsKey(project, u.ID, errorsFound), findingsKey(project, u.ID, warningsFound))
		}
	}
	if err := errors.Join(table.RemoveAll(ctx, s.People, names), table.RemoveAll(ctx, s.Tracker, findings)); err != nil {
		return err
	}
	hidden := s.hidden(project, all, gone)
	if err := s.hideNames(ctx, project, hidden); err != nil {
		return err
	}
	for _, u := range all {
		if gone[u.Object] && s.over(u) && u.Removed.IsZero() {
			if err := s.noteRemoved(ctx, project, u.ID, hidden[u.ID]); err != nil {
				return err
			}
		}
	}
	return nil
}

// hidden gives the keys that uploads get whose files are gone, in the place of those that tell what their senders called them,
// by the uploads' ids. Where several arrived in one instant the key is their order, and stays.
func (s *Store) hidden(project string, all []Upload, gone map[string]bool) map[string]string {
	arrived := map[time.Time]int{}
	for _, u := range all {
		arrived[u.Arrived]++
	}
	out := map[string]string{}
	for _, u := range all {
		if gone[u.Object] && s.over(u) && u.Removed.IsZero() && u.Object != ObjectKey(project, u.Owner, u.ID) && arrived[u.Arrived] == 1 {
			out[u.ID] = strings.Join([]string{"uploads", project, u.Owner, s.Seal(project, "object", u.Object)}, "/")
		}
	}
	return out
}

// hideNames puts other keys of objects into the facts that say that files count.
func (s *Store) hideNames(ctx context.Context, project string, keys map[string]string) error {
	if len(keys) == 0 {
		return nil
	}
	err := s.Log().ReadAll(ctx, project, fact.Naming(keys), func(f fact.Fact) error {
		if f.Kind != fact.KindUploadAccepted {
			return nil
		}
		var said fact.Uploaded
		if err := json.Unmarshal(f.Data, &said); err != nil {
			return err
		}
		said.Object = keys[said.Upload]
		return s.Log().Rewrite(ctx, project, f, said)
	})
	if err != nil {
		return err
	}
	return s.checkpoints.DropCheckpoint(ctx, project)
}

func (s *Store) noteRemoved(ctx context.Context, project, id, hidden string) error {
	return table.Retry(ctx, func() error {
		u, rev, err := table.Load[Upload](ctx, s.Tracker, uploadKey(project, id))
		if err != nil || rev == 0 || !u.Removed.IsZero() {
			return err
		}
		u.rev, u.Removed = rev, s.Now().UTC()
		if hidden != "" {
			u.Object = hidden
		}
		return s.Tracker.Write(ctx, s.keepUpload(project, u))
	})
}

// RemoveAllOriginals removes every file of a project, those too that no upload speaks of.
func (s *Store) RemoveAllOriginals(ctx context.Context, project string, _ fact.Heads) (removed bool, err error) {
	if err := store.BeginPart(ctx); err != nil {
		return false, err
	}
	all, err := s.allUploads(ctx, project)
	if err != nil {
		return false, err
	}
	gone, known := map[string]bool{}, map[string]bool{}
	for _, u := range all {
		if u.Removed.IsZero() {
			known[u.Object] = true
			if u.Object != "" && s.over(u) {
				gone[u.Object] = true
			}
		}
	}
	err = s.Objects.List(ctx, "uploads/"+project+"/", func(info objects.Info) error {
		if !known[info.Key] && s.Now().Sub(info.Arrived) > UncountedFor {
			gone[info.Key] = true
		}
		return nil
	})
	if err != nil {
		return false, err
	}
	return len(gone) > 0, s.removeOriginals(ctx, project, all, gone)
}
