package main

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/fsnotify/fsnotify"

	"outreach/internal/objects"
)

const (
	settleTime = time.Second      // how long a file copied into the folder is unchanged before it is delivered
	listAfter  = 10 * time.Minute // how often the folder is listed although it is watched: some file systems report no changes
	listOften  = time.Minute      // how often a bucket is listed, and a folder that cannot be watched
	askedFor   = 20 * time.Minute // how long a file is looked for at the place that was asked for; the request expires before
)

// list calls each for the stored objects with a prefix, and logs a failure.
func (t *tracker) list(ctx context.Context, prefix string, each func(objects.Info)) {
	err := t.app.DB.Objects.List(ctx, prefix, func(info objects.Info) error {
		each(info)
		return nil
	})
	if err != nil && ctx.Err() == nil {
		t.log.Error("list uploads", "reason", err.Error())
	}
}

// sweep queues every stored upload that was not queued since the start. An upload that was processed before changes
// nothing.
func (t *tracker) sweep(ctx context.Context) {
	t.list(ctx, "uploads/", func(info objects.Info) { t.uploads.add(arrival(info)) })
}

// findUploads queues the uploads that are stored, and those that are put beside this program, until the context ends:
// files that are copied into the folder, and objects of a bucket.
func (t *tracker) findUploads(ctx context.Context) {
	pause := listOften
	if t.files != nil {
		watched, err := watchFolder(filepath.Join(t.settings.data, "objects"))
		if err == nil {
			pause = listAfter
			defer func() { _ = watched.Close() }()
			t.task(func() { t.watch(ctx, watched) })
		} else {
			t.log.Warn("watch uploads", "reason", err.Error())
		}
	} else {
		t.task(func() { every(ctx, 2*time.Second, func() { t.lookAtAsked(ctx) }) })
	}
	t.sweep(ctx)
	every(ctx, pause, func() { t.sweep(ctx) })
}

// watcher reports files that change in a folder of objects, below uploads.
type watcher struct {
	*fsnotify.Watcher
	root string
}

func watchFolder(root string) (*watcher, error) {
	w, err := fsnotify.NewWatcher()
	if err != nil {
		return nil, err
	}
	out := &watcher{w, root}
	if err := errors.Join(w.Add(root), out.add(filepath.Join(root, "uploads"), func(string) {})); err != nil {
		return nil, errors.Join(err, w.Close())
	}
	return out, nil
}

// add watches a directory and those below it, and calls each for the files in them. One that does not exist is no
// error.
func (w *watcher) add(dir string, each func(file string)) error {
	return filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		switch {
		case errors.Is(err, fs.ErrNotExist):
			return nil
		case err != nil:
			return err
		case !entry.IsDir():
			each(path)
			return nil
		}
		if err := w.Add(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		return nil
	})
}

// watch queues files that change in the folder once they are unchanged for settleTime, until the context ends. If
// changes were missed it lists the folder.
func (t *tracker) watch(ctx context.Context, w *watcher) {
	changed := map[string]time.Time{} // when a file changed last
	mark := func(file string) { changed[file] = time.Now() }
	settled := time.NewTicker(settleTime / 4)
	defer settled.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case event, open := <-w.Events:
			if !open {
				return
			}
			if key, ok := w.key(event.Name); !ok || key != "uploads" && !strings.HasPrefix(key, "uploads/") || event.Has(fsnotify.Remove) {
				continue
			}
			if info, err := os.Stat(event.Name); err == nil && info.IsDir() {
				if err := w.add(event.Name, mark); err != nil {
					t.log.Warn("watch uploads", "reason", "a directory cannot be watched")
				}
			} else {
				mark(event.Name)
			}
		case _, open := <-w.Errors: // such as too many changes at once
			if !open {
				return
			}
			t.sweep(ctx)
		case now := <-settled.C:
			for file, at := range changed {
				if now.Sub(at) < settleTime {
					continue
				}
				delete(changed, file)
				if key, ok := w.key(file); ok {
					t.lookAt(ctx, key)
				}
			}
		}
	}
}

// key returns the key of a file's object.
func (w *watcher) key(file string) (string, bool) {
	relative, err := filepath.Rel(w.root, file)
	return filepath.ToSlash(relative), err == nil
}

// lookAt queues an object if there is one with a key.
func (t *tracker) lookAt(ctx context.Context, key string) (found bool) {
	info, err := t.app.DB.Objects.Stat(ctx, key)
	if err == nil {
		t.uploads.add(arrival(info))
	}
	return err == nil
}

// asked remembers the places in a bucket that files may be put at, for a while. It is safe for concurrent use.
type asked struct {
	objects.Store
	mu    sync.Mutex
	until map[string]time.Time // by key
}

// PresignPut returns a request to put an object, and remembers its place.
func (a *asked) PresignPut(ctx context.Context, key string, size int64, until time.Duration) (objects.Request, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.until == nil {
		a.until = map[string]time.Time{}
	}
	a.until[key] = time.Now().Add(askedFor)
	return a.Store.PresignPut(ctx, key, size, until)
}

// places returns the places that are still remembered.
func (a *asked) places() (keys []string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for key, until := range a.until {
		if time.Now().After(until) {
			delete(a.until, key)
			continue
		}
		keys = append(keys, key)
	}
	return keys
}

func (a *asked) forget(key string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	delete(a.until, key)
}

// lookAtAsked queues objects that were put at the places that were asked for.
func (t *tracker) lookAtAsked(ctx context.Context) {
	for _, key := range t.asked.places() {
		if t.lookAt(ctx, key) {
			t.asked.forget(key)
		}
	}
}
