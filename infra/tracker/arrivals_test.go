package main

import (
	"context"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"outreach/internal/app"
	"outreach/internal/objects"
	"outreach/internal/objects/folder"
	"outreach/internal/store/storetest"
)

// listed counts how often all uploads are listed.
type listed struct {
	objects.Store
	mu    sync.Mutex
	times int
}

func (l *listed) List(ctx context.Context, prefix string, each func(objects.Info) error) error {
	l.mu.Lock()
	l.times++
	l.mu.Unlock()
	return l.Store.List(ctx, prefix, each)
}

func (l *listed) count() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.times
}

func TestFilesCopiedIntoTheFolderAreFoundWithoutListingAll(t *testing.T) {
	t.Parallel()
	data := t.TempDir()
	put := func(key, content string) {
		t.Helper()
		file := filepath.Join(data, "objects", key)
		if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	db := storetest.New(t)
	files, err := folder.Open(filepath.Join(data, "objects"), "http://localhost:3000", db.Secret)
	if err != nil {
		t.Fatal(err)
	}
	all := &listed{Store: files}
	db.Objects = all
	tr := &tracker{settings: settings{data: data}, app: app.New(db), base: db, files: files, log: slog.New(slog.DiscardHandler), uploads: newQueue("ingest-upload", nil, 1, nil)}
	put("uploads/town/radio/before.csv", "1")
	ctx, stop := context.WithCancel(t.Context())
	tr.task(func() { tr.findUploads(ctx) })
	defer tr.tasks.Wait()
	defer stop()
	arrived := func(want ...string) {
		t.Helper()
		var got []string
		for range 100 {
			got = nil
			tr.uploads.mu.Lock()
			for _, m := range tr.uploads.waiting {
				name, _, _ := strings.Cut(filepath.Base(m.key), "|")
				got = append(got, name)
			}
			tr.uploads.mu.Unlock()
			if slices.Sort(got); slices.Equal(got, want) {
				return
			}
			time.Sleep(50 * time.Millisecond)
		}
		t.Fatalf("queued %v, want %v", got, want)
	}
	arrived("before.csv")
	put("uploads/town/radio/new.csv", "2")
	put("uploads/village/press/2026/june/deep.csv", "3")
	arrived("before.csv", "deep.csv", "new.csv")
	put("uploads/town/radio/new.csv", "other content")
	put("snapshots/town/1/snapshot.json", "{}")
	arrived("before.csv", "deep.csv", "new.csv", "new.csv")
	if n := all.count(); n != 1 {
		t.Errorf("all uploads were listed %d times, want once at the start", n)
	}
}

func TestOnlyPlacesThatWereAskedForAreLookedAtInABucket(t *testing.T) {
	t.Parallel()
	db := storetest.New(t)
	files, err := folder.Open(t.TempDir(), "http://localhost:3000", db.Secret)
	if err != nil {
		t.Fatal(err)
	}
	all := &listed{Store: files}
	tr := &tracker{asked: &asked{Store: all}, base: db, uploads: newQueue("ingest-upload", nil, 1, nil)}
	db.Objects = tr.asked
	tr.app = app.New(db)
	ctx, key := t.Context(), "uploads/town/radio/01J00000000000000000000000"
	if _, err := tr.asked.PresignPut(ctx, key, 3, time.Minute); err != nil {
		t.Fatal(err)
	}
	tr.lookAtAsked(ctx)
	if len(tr.uploads.waiting) != 0 {
		t.Error("a file that did not arrive is queued")
	}
	if err := files.Put(ctx, key, strings.NewReader("abc"), ""); err != nil {
		t.Fatal(err)
	}
	tr.lookAtAsked(ctx)
	tr.lookAtAsked(ctx)
	if len(tr.uploads.waiting) != 1 || len(tr.asked.places()) != 0 || all.count() != 0 {
		t.Errorf("%d files are queued, %d places left, %d lists", len(tr.uploads.waiting), len(tr.asked.places()), all.count())
	}
}
