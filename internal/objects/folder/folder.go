// Package folder is the objects' home on one disk: each object is a plain file below a directory, at its key. A file that
// somebody copies there by hand is an object too. Only the bytes, the key and the instant of arrival (the file's time of
// modification) are kept; a content type is said by whoever signs a GET.
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

// incoming is where objects are written before they are whole. No key begins with a dot.
const incoming = ".incoming"

// tick is the least difference between two arrivals: file systems keep at least that.
const tick = time.Microsecond

// Store keeps objects below a directory. Now may be set before the first use.
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

// Open gives the store below the directory, which it makes, for its owner alone, where there is none. Pre-signed
// addresses begin with baseURL and are signed with the secret; ServeHTTP answers them.
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
		err = s.clear()
	}
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", dir, err)
	}
	return s, nil
}

// clear removes what was never finished: a process died over it.
func (s *Store) clear() error {
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

// OnPut has a function called after each Put, by Put or through ServeHTTP, that is durable, and before it is answered.
// A process that dies in between never calls it: at start, whoever needs every object has to List too.
func (s *Store) OnPut(f func(objects.Info)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.onPut = f
}

// Put keeps an object in place of the one that had the key. The content type is not kept.
func (s *Store) Put(ctx context.Context, key string, body io.ReadSeeker, _ string) error {
	if _, err := s.put(ctx, key, body, false); err != nil {
		return objects.Unnamed(key, fmt.Errorf("put %s: %w", key, err))
	}
	return nil
}

// errExists is in the error where an object that must be new is not.
var errExists = errors.New("there is an object already")

func (s *Store) put(ctx context.Context, key string, body io.Reader, mustBeNew bool) (objects.Info, error) {
	if err := check(key); err != nil {
		return objects.Info{}, err
	}
	part := path.Join(incoming, ulid.Make().String())
	err := s.fill(part, reader{ctx, body})
	var info objects.Info
	if err == nil {
		info, err = s.settle(part, key, mustBeNew)
	}
	if err != nil {
		return objects.Info{}, errors.Join(err, ignore(s.root.Remove(part), fs.ErrNotExist))
	}
	s.mu.Lock()
	tell := s.onPut
	s.mu.Unlock()
	if tell != nil {
		tell(info)
	}
	return info, nil
}

// reader ends with the context.
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

// disk tells the errors of writing from those of reading.
type disk struct{ io.Writer }

func (d disk) Write(p []byte) (int, error) {
	n, err := d.Writer.Write(p)
	return n, unavailable(err)
}

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

// settle gives a finished file its instant and its name.
func (s *Store) settle(part, key string, mustBeNew bool) (objects.Info, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if mustBeNew {
		if _, err := s.root.Lstat(key); err == nil {
			return objects.Info{}, errExists
		}
	}
	arrived := s.Now().UTC().Truncate(tick)
	if !arrived.After(s.last) {
		arrived = s.last.Add(tick)
	}
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

// mkdir makes a directory and those above it, durably.
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

func (s *Store) sync(name string) error {
	file, err := s.root.Open(name)
	if err != nil {
		return err
	}
	return errors.Join(file.Sync(), file.Close())
}

// Open opens an object to read. What was opened stays as it was, even where another takes its place meanwhile.
func (s *Store) Open(ctx context.Context, key, etag string) (io.ReadCloser, objects.Info, error) {
	file, info, err := s.open(ctx, key)
	if err == nil && etag != "" && etag != info.ETag {
		err = errors.Join(objects.ErrChanged, file.Close())
	}
	if err != nil {
		return nil, objects.Info{}, objects.Unnamed(key, fmt.Errorf("open %s: %w", key, err))
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

// Stat describes an object.
func (s *Store) Stat(ctx context.Context, key string) (objects.Info, error) {
	info, err := s.stat(ctx, key)
	if err != nil {
		return objects.Info{}, objects.Unnamed(key, fmt.Errorf("stat %s: %w", key, err))
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

// The ETag is made of the file's time and size: every Put has a time of its own.
func describe(key string, info fs.FileInfo) objects.Info {
	at := info.ModTime().UTC()
	return objects.Info{Key: key, Size: info.Size(), ETag: fmt.Sprintf("%x-%x", at.UnixNano(), info.Size()), Arrived: at}
}

// List gives the objects whose keys begin with the prefix, in the bytewise order of keys.
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
		return objects.Unnamed(dir, unavailable(ignore(err, fs.ErrNotExist)))
	}
	// A directory's place among keys is that of its name with the slash.
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
				err = objects.Unnamed(key, unavailable(err))
			}
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func slashed(e fs.DirEntry) string {
	if e.IsDir() {
		return e.Name() + "/"
	}
	return e.Name()
}

// Delete removes an object, and the directories that it leaves empty.
func (s *Store) Delete(ctx context.Context, key string) error { return s.Erase(ctx, key, time.Time{}) }

// Erase is Delete, for a folder keeps no versions, but leaves what was put after an instant.
func (s *Store) Erase(ctx context.Context, key string, upTo time.Time) error {
	if err := s.delete(ctx, key, upTo); err != nil {
		return objects.Unnamed(key, fmt.Errorf("delete %s: %w", key, err))
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

// check tells why the folder can keep no object of that key.
func check(key string) error {
	if key == "" || len(key) > 1024 || !utf8.ValidString(key) || strings.ContainsAny(key, "\x00\\") {
		return fmt.Errorf("%q is no key", key)
	}
	for name := range strings.SplitSeq(key, "/") {
		if name == "" || name[0] == '.' || len(name) > 255 {
			return fmt.Errorf("%q is no key: %q", key, name)
		}
	}
	return nil
}

func ignore(err, harmless error) error {
	if errors.Is(err, harmless) {
		return nil
	}
	return err
}

// clashes are what the system says where a key goes on behind an object, or an object's key is a folder's: trying again
// would not help.
var clashes = []error{syscall.ENOTDIR, syscall.EISDIR, syscall.EEXIST, syscall.ENOTEMPTY}

func unavailable(err error) error {
	if err == nil || slices.ContainsFunc(clashes, func(c error) bool { return errors.Is(err, c) }) {
		return err
	}
	return fmt.Errorf("%w: %w", objects.ErrUnavailable, err)
}

func missing(err error) error {
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ENOTDIR) {
		return objects.ErrNotFound
	}
	return unavailable(err)
}

// ended is the error of a context that has ended, if it has.
func ended(ctx context.Context) error {
	err := ctx.Err()
	if errors.Is(err, context.DeadlineExceeded) {
		return unavailable(err)
	}
	return err
}
