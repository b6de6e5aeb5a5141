package main

import (
	"bytes"
	"context"
	"io/fs"
	"maps"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"testing/fstest"

	"outreach/infra/tracker/replay"
)

var (
	figure = regexp.MustCompile(`(?m)^ *(\d+) +\d+ +(\d+) +[\d.]+%  `)
	people = regexp.MustCompile(`(?m)^ +210 +(\d+) +participants$`)
	digest = regexp.MustCompile(`sha256:[0-9a-f]{64}`)
)

// notShort skips a test that plays the whole model project where go test runs with -short.
func notShort(t *testing.T) {
	t.Helper()
	if testing.Short() {
		t.Skip("with -short: plays the whole model project")
	}
}

// started runs a tracker until it is ready, stops it, and returns its output.
func started(t *testing.T, data string, model fs.FS) string {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	out := &untilReady{cancel: cancel}
	if err := run(ctx, settings{address: "localhost:0", data: data}, model, out); err != nil {
		t.Fatalf("%v\n%s", err, out.String())
	}
	return out.String()
}

// untilReady stops the tracker when it prints that it is ready.
type untilReady struct {
	bytes.Buffer
	cancel context.CancelFunc
}

func (u *untilReady) Write(p []byte) (int, error) {
	if bytes.HasPrefix(p, []byte("ready http://localhost:")) {
		u.cancel()
	}
	return u.Buffer.Write(p)
}

func figures(printed string) map[string]string {
	out := map[string]string{}
	for _, f := range figure.FindAllStringSubmatch(printed, -1) {
		out[f[1]] = f[2]
	}
	if p := people.FindStringSubmatch(printed); p != nil {
		out["participants"] = p[1]
	}
	return out
}

func TestModelProjectHasThePublishedResults(t *testing.T) {
	t.Parallel()
	notShort(t)
	data := filepath.Join(t.TempDir(), "data")
	first := started(t, data, model)
	if got := figures(first); !maps.Equal(got, replay.Published) {
		t.Fatalf("computed %v, published %v\n%s", got, replay.Published, first)
	}
	again := started(t, data, model)
	if !maps.Equal(figures(again), replay.Published) || digest.FindString(again) != digest.FindString(first) || strings.Contains(again, "Loading") {
		t.Errorf("a second start does not find the same:\n%s\n%s", first, again)
	}
	elsewhere := started(t, filepath.Join(t.TempDir(), "elsewhere"), model)
	if digest.FindString(elsewhere) != digest.FindString(first) {
		t.Errorf("with other ids and other secrets the hash is another:\n%s\n%s", first, elsewhere)
	}
}

func TestModelProjectResultsFollowItsInput(t *testing.T) {
	t.Parallel()
	notShort(t)
	for name, changed := range map[string]struct {
		file, from, to string
		want           map[string]string
	}{
		"somebody did not complete":        {"ces/attendance.csv", "osoba001@example.org,partnerships,2010-02-19,24,completed", "osoba001@example.org,partnerships,2010-02-19,24,withdrew", map[string]string{"1": "44", "participants": "251"}},
		"a correction says something else": {"ces/media/tv-partner-2010-correction.csv", "Partnerzy z Torunia,Telewizja Partner,20750", "Partnerzy z Torunia,Telewizja Partner,20751", map[string]string{"5": "898861"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			other := fstest.MapFS{}
			err := fs.WalkDir(model, ".", func(path string, entry fs.DirEntry, err error) error {
				if err != nil || entry.IsDir() {
					return err
				}
				content, err := fs.ReadFile(model, path)
				if path == changed.file {
					edited := strings.Replace(string(content), changed.from, changed.to, 1)
					if edited == string(content) {
						t.Fatalf("%s has no such row", path)
					}
					content = []byte(edited)
				}
				other[path] = &fstest.MapFile{Data: content}
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
			want := maps.Clone(replay.Published)
			maps.Copy(want, changed.want)
			if got := figures(started(t, filepath.Join(t.TempDir(), "data"), other)); !maps.Equal(got, want) {
				t.Errorf("computed %v, want %v", got, want)
			}
		})
	}
}
