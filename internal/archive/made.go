package archive

import (
	"context"
	"errors"
	"io"
	"os"
	"time"

	"outreach/internal/fact"
	"outreach/internal/objects"
	"outreach/internal/store"
	"outreach/internal/table"
)

// made is the item of a project's last archive: one that is being made, or one that is stored because it is too long
// for an answer.
type made struct {
	Object string     `json:"object,omitempty"` // the stored one
	Heads  fact.Heads `json:"heads"`            // the facts that it has
	Until  time.Time  `json:"until,omitzero"`   // the end of the lease of who makes one
}

func madeKey(project string) table.Key {
	return table.Key{PK: "ARCHIVE#" + project, SK: "MADE"}
}

// ErrMaking reports that an archive of the project is being made.
var ErrMaking = errors.New("an archive of the project is being made")

const (
	makingLease = time.Minute      // how long one that died keeps others from making an archive
	renewal     = makingLease / 3  // how often a lease is renewed
	mostRead    = 10 * time.Second // for the end of a lease after a failure
)

// Archive is an archive of a project: a file, or an object that is stored.
type Archive struct {
	File   *os.File // to be closed and removed
	Object string
}

// Close closes and removes the file.
func (a Archive) Close() error {
	if a.File == nil {
		return nil
	}
	return errors.Join(a.File.Close(), os.Remove(a.File.Name()))
}

// Archive returns the archive of a project: one of at most so many bytes as a file, a longer one as an object, which
// stays for a day. The object of an earlier call is returned as long as nothing was recorded since. While another call
// makes one it fails with ErrMaking: a client that had no patience asks again. It fails as Make does.
func (s *Store) Archive(ctx context.Context, project string, most int64) (a Archive, err error) {
	before, rev, err := table.Load[made](ctx, s.db.Tracker, madeKey(project))
	if err != nil {
		return a, err
	}
	if before.Until.After(s.db.Now()) {
		return a, ErrMaking
	}
	if found, err := s.stored(ctx, project, before); found || err != nil {
		return Archive{Object: before.Object}, err
	}
	l := &lease{store: s, project: project, rev: rev}
	if err := l.hold(ctx); err != nil {
		return a, err
	}
	var done made
	defer func() {
		ending, cancel := context.WithTimeout(context.WithoutCancel(ctx), mostRead)
		defer cancel()
		if err = errors.Join(err, l.end(ending, done)); err != nil {
			err = errors.Join(err, a.Close())
			a = Archive{}
		}
	}()
	if done.Heads, err = s.app.Facts.Heads(ctx, project); err != nil {
		return a, err
	}
	if a.File, err = s.Make(ctx, project); err != nil {
		return a, err
	}
	info, err := a.File.Stat()
	if err != nil || info.Size() <= most {
		return a, err
	}
	key := store.AnswerObject(project, s.db.NewID())
	if err = s.db.Objects.Put(ctx, key, a.File, "application/zip"); err != nil {
		return a, err
	}
	done.Object = key
	err = a.Close()
	return Archive{Object: key}, err
}

// stored reports whether an archive that was made before is there, and has everything.
func (s *Store) stored(ctx context.Context, project string, m made) (bool, error) {
	if m.Object == "" {
		return false, nil
	}
	same, err := s.unchanged(ctx, project, m.Heads)
	if err != nil || !same {
		return false, err
	}
	_, err = s.db.Objects.Stat(ctx, m.Object)
	if errors.Is(err, objects.ErrNotFound) {
		return false, nil
	}
	return err == nil, err
}

// lease is the right to make an archive. It is renewed until it ends.
type lease struct {
	store   *Store
	project string
	rev     int64
	stop    chan struct{}
	stopped chan struct{}
}

func (l *lease) put(ctx context.Context, m made) error {
	err := l.store.db.Tracker.Write(ctx, table.PutJSON(madeKey(l.project), m, table.At(l.rev)))
	if conflict, met := table.AsConflict(err); met && len(conflict.Failed) > 0 {
		return ErrMaking
	}
	if err == nil {
		l.rev++
	}
	return err
}

// hold takes the lease, and renews it until end.
func (l *lease) hold(ctx context.Context) error {
	until := func() made { return made{Until: l.store.db.Now().Add(makingLease).UTC()} }
	if err := l.put(ctx, until()); err != nil {
		return err
	}
	l.stop, l.stopped = make(chan struct{}), make(chan struct{})
	go func() {
		defer close(l.stopped)
		tick := time.NewTicker(renewal)
		defer tick.Stop()
		for {
			select {
			case <-l.stop:
				return
			case <-tick.C:
				_ = l.put(ctx, until()) // one that is lost makes a second archive, which does no harm
			}
		}
	}()
	return nil
}

// end ends the lease, and says what was made.
func (l *lease) end(ctx context.Context, m made) error {
	close(l.stop)
	<-l.stopped
	return l.put(ctx, m)
}

// Read returns all of an archive that is a file.
func (a Archive) Read() ([]byte, error) { return io.ReadAll(a.File) }
