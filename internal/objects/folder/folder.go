// Package folder stores objects on a disk: each object is a plain file below a directory, at its key. A file copied
// there by hand is an object, too. Only the content, the key and the time of arrival (the file's modification time) are
// stored; the content type is set by a pre-signed GET.
package folder

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"
	"unicode/utf8"

	"github.com/oklog/ulid/v2"

	"outreach/internal/objects"
)

// incoming is the directory of incomplete objects. No key begins with a dot.
const incoming = ".incoming"

// tick is the minimal difference between two arrivals; file systems store at least this precision.
const tick = time.Microsecond

// Store stores objects below a directory. Now may be set before the first use.
type Store struct {
	Now func() time.Time

	root    *os.Root
	baseURL string
	secret  []byte

	mu    sync.Mutex // orders what changes names in the directory
	last  time.Time  // the last arrival
	onPut func(objects.Info)
}

var _ objects.Store = (*Store)(nil)

// Open returns the store below a directory, which it creates with access for its owner only. Pre-signed URLs begin with
// baseURL, are signed with the secret, at least 16 bytes, and served by ServeHTTP.
func Open(dir, baseURL string, secret []byte) (*Store, error) {
	s := &Store{Now: time.Now, baseURL: strings.TrimSuffix(baseURL, "/"), secret: slices.Clone(secret)}
	if len(secret) < 16 {
		return nil, fmt.Errorf("open %s: a secret of %d bytes, at least 16 are needed", dir, len(secret))
	}
	err := os.MkdirAll(dir, 0o700)
	if err == nil {
		s.root, err = os.OpenRoot(dir)
	}
	if err == nil {
		err = s.root.MkdirAll(incoming, 0o700)
	}
	if err == nil {
		err = s.Clear()
	}
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", dir, err)
	}
	return s, nil
}

// Clear removes incomplete objects of processes that ended, an hour after their last write.
func (s *Store) Clear() error {
	entries, err := fs.ReadDir(s.root.FS(), incoming)
	if err != nil {
		return err
	}
	for _, e := range entries {
		info, err := e.Info()
		if err == nil && s.Now().Sub(info.ModTime()) > time.Hour { // not those that another process is writing
			err = s.root.Remove(path.Join(incoming, e.Name()))
		}
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return nil
}

// OnPut sets a function that is called after each durable put, by Put or ServeHTTP, before it returns. It is not called
// if the process ends in between: a caller that needs every object has to List them at its start.
func (s *Store) OnPut(f func(objects.Info)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.onPut = f
}

// Put stores an object, in place of one with the same key. The content type is not stored.
func (s *Store) Put(ctx context.Context, key string, body io.ReadSeeker, _ string) error {
	if _, err := s.put(ctx, key, body, false); err != nil {
		return objects.WithoutFileName(key, fmt.Errorf("put %s: %w", key, err))
	}
	return nil
}

// errExists is wrapped in the error if an object must be new and exists.
var errExists = errors.New("the object exists")

func (s *Store) put(ctx context.Context, key string, body io.Reader, mustBeNew bool) (objects.Info, error) {
	if err := check(key); err != nil {
		return objects.Info{}, err
	}
	part := path.Join(incoming, ulid.Make().String())
	err := s.fill(part, reader{ctx, body})
	var info objects.Info
	if err == nil {
		info, err = s.publish(part, key, mustBeNew)
	}
	if err != nil {
		return objects.Info{}, errors.Join(err, ignore(s.root.Remove(part), fs.ErrNotExist))
	}
	s.mu.Lock()
	onPut := s.onPut
	s.mu.Unlock()
	if onPut != nil {
		onPut(info)
	}
	return info, nil
}

// reader fails once its context has ended.
type reader struct {
	ctx context.Context
	io.Reader
}

func (r reader) Read(p []byte) (int, error) {
	if err := ended(r.ctx); err != nil {
		return 0, err
	}
	return r.Reader.Read(p)
}

// disk marks errors of writing as unavailability, unlike those of reading.
type disk struct{ io.Writer }

func (d disk) Write(p []byte) (int, error) {
	n, err := d.Writer.Write(p)
	return n, unavailable(err)
}

// fill writes a body to a new file, durably.
func (s *Store) fill(part string, body reader) error {
	file, err := s.root.OpenFile(part, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return unavailable(err)
	}
	_, err = io.Copy(disk{file}, body)
	if err == nil {
		err = unavailable(file.Sync())
	}
	return errors.Join(err, unavailable(file.Close()))
}

// publish gives a complete file its time of arrival and its name, durably.
func (s *Store) publish(part, key string, mustBeNew bool) (objects.Info, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if mustBeNew {
		if _, err := s.root.Lstat(key); err == nil {
			return objects.Info{}, errExists
		}
	}
	arrived := s.arrival()
	steps := []func() error{
		func() error { return s.root.Chtimes(part, arrived, arrived) },
		func() error { return s.sync(part) },
		func() error { return s.mkdir(path.Dir(key)) },
		func() error { return s.root.Rename(part, key) },
		func() error { return s.sync(path.Dir(key)) },
	}
	for _, step := range steps {
		if err := step(); err != nil {
			return objects.Info{}, unavailable(err)
		}
	}
	s.last = arrived
	info, err := s.root.Stat(key)
	if err != nil {
		return objects.Info{}, unavailable(err)
	}
	return describe(key, info), nil
}

// arrival returns the time of an arrival now, later than that of any before. The caller holds the lock.
func (s *Store) arrival() time.Time {
	arrived := s.Now().UTC().Truncate(tick)
	if !arrived.After(s.last) {
		arrived = s.last.Add(tick)
	}
	return arrived
}

// Redate makes now the time of arrival of an object that somebody copied into the folder with another date. It returns
// the object's new Info, and fails with objects.ErrChanged if the object no longer has the ETag.
func (s *Store) Redate(ctx context.Context, key, etag string) (objects.Info, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	info, err := s.stat(ctx, key)
	if err == nil && describe(key, info).ETag != etag {
		err = objects.ErrChanged
	}
	arrived := s.arrival()
	if err == nil {
		err = unavailable(errors.Join(s.root.Chtimes(key, arrived, arrived), s.sync(key)))
	}
	if err == nil {
		s.last = arrived
		info, err = s.stat(ctx, key)
	}
	if err != nil {
		return objects.Info{}, objects.WithoutFileName(key, fmt.Errorf("date %s: %w", key, err))
	}
	return describe(key, info), nil
}

// mkdir creates a directory and its parents, durably.
func (s *Store) mkdir(dir string) error {
	if info, err := s.root.Stat(dir); err == nil && info.IsDir() {
		return nil
	}
	if err := s.mkdir(path.Dir(dir)); err != nil {
		return err
	}
	if err := s.root.Mkdir(dir, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	return s.sync(path.Dir(dir))
}

// sync makes a file or directory durable.
func (s *Store) sync(name string) error {
	file, err := s.root.Open(name)
	if err != nil {
		return err
	}
	return errors.Join(file.Sync(), file.Close())
}

// Open opens an object for reading. An open object does not change, even if another one takes its place.
func (s *Store) Open(ctx context.Context, key, etag string) (io.ReadCloser, objects.Info, error) {
	file, info, err := s.open(ctx, key)
	if err == nil && etag != "" && etag != info.ETag {
		err = errors.Join(objects.ErrChanged, file.Close())
	}
	if err != nil {
		return nil, objects.Info{}, objects.WithoutFileName(key, fmt.Errorf("open %s: %w", key, err))
	}
	return file, info, nil
}

func (s *Store) open(ctx context.Context, key string) (*os.File, objects.Info, error) {
	if err := errors.Join(ended(ctx), check(key)); err != nil {
		return nil, objects.Info{}, err
	}
	file, err := s.root.Open(key)
	if err != nil {
		return nil, objects.Info{}, missing(err)
	}
	info, err := file.Stat()
	if err == nil && !info.Mode().IsRegular() {
		err = fs.ErrNotExist
	}
	if err != nil {
		return nil, objects.Info{}, errors.Join(missing(err), file.Close())
	}
	return file, describe(key, info), nil
}

// Stat returns the Info of an object.
func (s *Store) Stat(ctx context.Context, key string) (objects.Info, error) {
	info, err := s.stat(ctx, key)
	if err != nil {
		return objects.Info{}, objects.WithoutFileName(key, fmt.Errorf("stat %s: %w", key, err))
	}
	return describe(key, info), nil
}

func (s *Store) stat(ctx context.Context, key string) (fs.FileInfo, error) {
	if err := errors.Join(ended(ctx), check(key)); err != nil {
		return nil, err
	}
	info, err := s.root.Stat(key)
	if err == nil && !info.Mode().IsRegular() {
		err = fs.ErrNotExist
	}
	return info, missing(err)
}

// describe returns the Info of a file. The ETag is made of its time and size: each put has another time.
func describe(key string, info fs.FileInfo) objects.Info {
	at := info.ModTime().UTC()
	return objects.Info{Key: key, Size: info.Size(), ETag: fmt.Sprintf("%x-%x", at.UnixNano(), info.Size()), Arrived: at}
}

// List calls each for the objects whose keys begin with the prefix, in bytewise order of keys.
func (s *Store) List(ctx context.Context, prefix string, each func(objects.Info) error) error {
	if err := s.list(ctx, ".", prefix, each); err != nil {
		return fmt.Errorf("list %s: %w", prefix, err)
	}
	return nil
}

func (s *Store) list(ctx context.Context, dir, prefix string, each func(objects.Info) error) error {
	if err := ended(ctx); err != nil {
		return err
	}
	entries, err := fs.ReadDir(s.root.FS(), dir)
	if err != nil {
		return objects.WithoutFileName(dir, unavailable(ignore(err, fs.ErrNotExist)))
	}
	// A directory sorts among keys by its name with the slash.
	slices.SortFunc(entries, func(a, b fs.DirEntry) int { return cmp.Compare(slashed(a), slashed(b)) })
	for _, e := range entries {
		key := path.Join(dir, slashed(e))
		if e.IsDir() {
			key += "/"
		}
		switch {
		case strings.HasPrefix(e.Name(), "."):
		case e.IsDir() && (strings.HasPrefix(key, prefix) || strings.HasPrefix(prefix, key)):
			err = s.list(ctx, path.Clean(key), prefix, each)
		case e.Type().IsRegular() && strings.HasPrefix(key, prefix):
			var info fs.FileInfo
			switch info, err = s.root.Stat(key); {
			case err == nil:
				err = each(describe(key, info))
			case errors.Is(err, fs.ErrNotExist): // deleted meanwhile
				err = nil
			default:
				err = objects.WithoutFileName(key, unavailable(err))
			}
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// slashed returns the name of an entry, of a directory with a slash.
func slashed(e fs.DirEntry) string {
	if e.IsDir() {
		return e.Name() + "/"
	}
	return e.Name()
}

// Delete removes an object, and directories that become empty.
func (s *Store) Delete(ctx context.Context, key string) error { return s.Erase(ctx, key, time.Time{}) }

// Erase removes an object unless it was put after an instant. A folder has no older versions.
func (s *Store) Erase(ctx context.Context, key string, upTo time.Time) error {
	if err := s.delete(ctx, key, upTo); err != nil {
		return objects.WithoutFileName(key, fmt.Errorf("delete %s: %w", key, err))
	}
	return nil
}

func (s *Store) delete(ctx context.Context, key string, upTo time.Time) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	info, err := s.stat(ctx, key)
	if err != nil {
		return ignore(err, objects.ErrNotFound)
	}
	if !upTo.IsZero() && info.ModTime().After(upTo) {
		return nil
	}
	if err := s.root.Remove(key); err != nil {
		return unavailable(ignore(err, fs.ErrNotExist))
	}
	dir := path.Dir(key)
	for dir != "." && s.root.Remove(dir) == nil {
		dir = path.Dir(dir)
	}
	return unavailable(s.sync(dir))
}

// check returns an error for a key that a folder cannot store.
func check(key string) error {
	if key == "" || len(key) > 1024 || !utf8.ValidString(key) || strings.ContainsAny(key, "\x00\\") {
		return fmt.Errorf("invalid key %q", key)
	}
	for name := range strings.SplitSeq(key, "/") {
		if name == "" || name[0] == '.' || len(name) > 255 {
			return fmt.Errorf("invalid key %q: %q", key, name)
		}
	}
	return nil
}

// ignore returns nil for a harmless error.
func ignore(err, harmless error) error {
	if errors.Is(err, harmless) {
		return nil
	}
	return err
}

// clashes are the errors of the system if a prefix of a key is an object, or the key is a directory. A retry would not
// help.
var clashes = []error{syscall.ENOTDIR, syscall.EISDIR, syscall.EEXIST, syscall.ENOTEMPTY}

// unavailable wraps an error in ErrUnavailable, unless it is one of clashes.
func unavailable(err error) error {
	if err == nil || slices.ContainsFunc(clashes, func(c error) bool { return errors.Is(err, c) }) {
		return err
	}
	return fmt.Errorf("%w: %w", objects.ErrUnavailable, err)
}

// missing returns ErrNotFound for the error of a file that does not exist.
func missing(err error) error {
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ENOTDIR) {
		return objects.ErrNotFound
	}
	return unavailable(err)
}

// ended returns the error of a context that has ended, else nil.
func ended(ctx context.Context) error {
	err := ctx.Err()
	if errors.Is(err, context.DeadlineExceeded) {
		return unavailable(err)
	}
	return err
}
