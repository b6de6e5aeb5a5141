package attachments

import (
	"bytes"
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"outreach/internal/objects"
	"outreach/internal/schema"
	"outreach/internal/store"
	"outreach/internal/store/storetest"
	"outreach/internal/table"
)

const town = "town"

var photo = []byte("\xff\xd8\xff\xe0\x00\x10JFIF\x00")

var visit = &schema.Kind{Name: "visit", Fields: []schema.Field{{Name: "date", Type: schema.Date}, {Name: "photo", Type: schema.File, NoColumn: true}}}

// keep stores a photo that no record names.
func keep(t *testing.T, s *Store) Attachment {
	t.Helper()
	a, err := s.Keep(t.Context(), town, Attachment{By: "staff", Name: "anna.jpg"}, photo, store.Once{})
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// claim makes a record about a person name a file.
func claim(t *testing.T, s *Store, id, record, person string) error {
	t.Helper()
	row := schema.Row{"2026-03-01", id}
	o := Owner{Kind: visit, Record: record, Person: person}
	problems, err := s.Check(t.Context(), town, o, row)
	if err == nil && len(problems) > 0 {
		err = &Refused{problems[0]}
	}
	if err != nil {
		return err
	}
	ops, err := s.Claim(t.Context(), town, o, row)
	if err != nil || len(ops) == 0 {
		return err
	}
	return s.Tracker.Write(t.Context(), ops...)
}

// left is what remains of a file: its name, its object, and what the index has.
func left(t *testing.T, s *Store, id string) (name, object bool) {
	t.Helper()
	names, err := s.Names(t.Context(), town, []string{id})
	if err != nil {
		t.Fatal(err)
	}
	_, err = s.Objects.Stat(t.Context(), Object(town, id))
	if err != nil && !errors.Is(err, objects.ErrNotFound) {
		t.Fatal(err)
	}
	return names[id] != "", err == nil
}

func TestFileThatNoRecordNamesIsRemovedAfterAWeek(t *testing.T) {
	t.Parallel()
	s := New(storetest.WithObjects(t))
	now := time.Now()
	s.Now = func() time.Time { return now }
	named, waiting := keep(t, s), keep(t, s)
	asked, err := s.Create(t.Context(), town, Attachment{By: "staff", Name: "never.jpg", Size: 5}, store.Once{})
	if err != nil {
		t.Fatal(err)
	}
	if err := claim(t, s, named.ID, "R1", "P1"); err != nil {
		t.Fatal(err)
	}
	next, err := s.RemoveWaiting(t.Context(), town)
	if err != nil || !next.Equal(waiting.Asked.Add(WaitingFor)) {
		t.Errorf("next at %s, %v", next, err)
	}
	now = next
	if next, err = s.RemoveWaiting(t.Context(), town); err != nil || !next.IsZero() {
		t.Errorf("then at %s, %v", next, err)
	}
	for _, id := range []string{waiting.ID, asked.ID} {
		if name, object := left(t, s, id); name || object {
			t.Errorf("of %s there is a name: %t, an object: %t", id, name, object)
		}
		if _, err := s.Attachment(t.Context(), town, id); !store.IsNotFound(err) {
			t.Errorf("%s: %v", id, err)
		}
	}
	if name, object := left(t, s, named.ID); !name || !object {
		t.Error("the file of a record was removed")
	}
}

// failing is a store of objects that cannot erase for a while.
type failing struct {
	objects.Store
	down bool
}

func (f *failing) Erase(ctx context.Context, key string, upTo time.Time) error {
	if f.down {
		return objects.ErrUnavailable
	}
	return f.Store.Erase(ctx, key, upTo)
}

func TestInterruptedRemovalIsFinishedAndNamesNoMore(t *testing.T) {
	t.Parallel()
	db := storetest.WithObjects(t)
	files := &failing{Store: db.Objects, down: true}
	db.Objects = files
	s := New(db)
	waiting, theirs := keep(t, s), keep(t, s)
	if err := claim(t, s, theirs.ID, "R1", "P1"); err != nil {
		t.Fatal(err)
	}
	now := time.Now().Add(2 * WaitingFor)
	s.Now = func() time.Time { return now }
	if _, err := s.RemoveWaiting(t.Context(), town); !errors.Is(err, objects.ErrUnavailable) {
		t.Fatalf("the removal: %v", err)
	}
	if err := s.Erase(t.Context(), town, []string{"P1"}); !errors.Is(err, objects.ErrUnavailable) {
		t.Fatalf("the erasure: %v", err)
	}
	if err := claim(t, s, waiting.ID, "R2", ""); !errors.As(err, new(*Refused)) {
		t.Errorf("a file that is being removed was named: %v", err)
	}
	files.down = false
	if _, err := s.RemoveWaiting(t.Context(), town); err != nil {
		t.Fatal(err)
	}
	for range 2 { // it may be repeated
		if err := s.Erase(t.Context(), town, []string{"P1"}); err != nil {
			t.Fatal(err)
		}
	}
	for _, id := range []string{waiting.ID, theirs.ID} {
		if name, object := left(t, s, id); name || object {
			t.Errorf("of %s there is a name: %t, an object: %t", id, name, object)
		}
	}
	if a, err := s.Attachment(t.Context(), town, theirs.ID); err != nil || a.Removed.IsZero() || a.Person != "" {
		t.Errorf("%+v, %v", a, err)
	}
}

func TestFileHasOneRecord(t *testing.T) {
	t.Parallel()
	s := New(storetest.WithObjects(t))
	a := keep(t, s)
	row := schema.Row{"", a.ID}
	first, err := s.Claim(t.Context(), town, Owner{Kind: visit, Record: "R1"}, row)
	if err != nil {
		t.Fatal(err)
	}
	second, err := s.Claim(t.Context(), town, Owner{Kind: visit, Record: "R2"}, row)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Tracker.Write(t.Context(), first...); err != nil {
		t.Fatal(err)
	}
	if _, conflict := table.AsConflict(s.Tracker.Write(t.Context(), second...)); !conflict {
		t.Error("two records have the file")
	}
	if err := claim(t, s, a.ID, "R2", ""); !errors.As(err, new(*Refused)) {
		t.Errorf("another record: %v", err)
	}
	if err := claim(t, s, a.ID, "R1", "P2"); err != nil { // corrected to be about a person
		t.Errorf("the same record: %v", err)
	}
	if err := s.Erase(t.Context(), town, []string{"P2"}); err != nil {
		t.Fatal(err)
	}
	if _, object := left(t, s, a.ID); object {
		t.Error("the person's file is left")
	}
}

func TestAllFilesOfRecordsAreRemovedAtTheEnd(t *testing.T) {
	t.Parallel()
	s := New(storetest.WithObjects(t))
	about, nobody, waiting := keep(t, s), keep(t, s), keep(t, s)
	for record, a := range map[string]Attachment{"P1": about, "": nobody} {
		if err := claim(t, s, a.ID, "R"+record, record); err != nil {
			t.Fatal(err)
		}
	}
	for _, want := range []bool{true, false} {
		if removed, err := s.RemoveAll(t.Context(), town); err != nil || removed != want {
			t.Errorf("removed: %t, %v", removed, err)
		}
	}
	for a, stays := range map[Attachment]bool{about: false, nobody: false, waiting: true} {
		if name, object := left(t, s, a.ID); name != stays || object != stays {
			t.Errorf("there is a name: %t, an object: %t, want %t", name, object, stays)
		}
	}
}

func TestRepeatedRequestKeepsOneFile(t *testing.T) {
	t.Parallel()
	s := New(storetest.WithObjects(t))
	var ids []string
	for range 2 {
		once := s.Once(town, "POST /town/attachments", "anna", "key", photo)
		a, err := s.Keep(t.Context(), town, Attachment{By: "staff", Name: "anna.jpg"}, photo, once)
		if err != nil {
			t.Fatal(err)
		}
		ids = append(ids, a.ID)
	}
	if ids[0] != ids[1] {
		t.Errorf("two files: %q", ids)
	}
}

func TestNamesOfFilesHaveAnExtensionOfTheirType(t *testing.T) {
	t.Parallel()
	for _, c := range [][3]string{
		{"image/jpeg", "a.JPEG", "inline; filename=a.JPEG"}, {"image/jpeg", "a.exe", "inline; filename=a.exe.jpg"}, {"image/png", "", "inline; filename=.png"},
		{"application/pdf", "a.html", "attachment; filename=a.html.pdf"}, {"image/heic", "IMG 1.HEIC", `attachment; filename="IMG 1.HEIC"`}, {"image/svg+xml", "a.svg", "attachment; filename=a.svg"},
		{"application/pdf", "zażółć.pdf", "attachment; filename*=utf-8''za%C5%BC%C3%B3%C5%82%C4%87.pdf"},
	} {
		if got := (Attachment{Type: c[0], Name: c[1]}).Disposition(); got != c[2] {
			t.Errorf("%s, %s: %q", c[0], c[1], got)
		}
	}
}

// No start of a file makes what browsers run a photo or document.
func TestNothingThatRunsIsAPhotoOrDocument(t *testing.T) {
	t.Parallel()
	starts := []string{"", " ", "\n\t", "\ufeff", "<!-- x -->", strings.Repeat(" ", 100)}
	for _, running := range []string{"<html>", "<!DOCTYPE html>", "<script>", "<svg xmlns=\"http://www.w3.org/2000/svg\">", "<?xml version=\"1.0\"?>", "<body onload=x>", "MZ", "\x7fELF", "#!/bin/sh", "\xca\xfe\xba\xbe", "PK\x03\x04"} {
		for _, start := range starts {
			if got := judge([]byte(start + running + "%PDF-1.4 \xff\xd8\xff JFIF")); got != "" {
				t.Errorf("%q after %q is %s", running, start, got)
			}
		}
	}
	if slices.ContainsFunc(formats, func(f format) bool {
		return strings.Contains(f.Type, "html") || strings.Contains(f.Type, "xml;") || strings.Contains(f.Type, "svg")
	}) {
		t.Error("a type that browsers run is accepted")
	}
	if judge(bytes.Repeat([]byte{0}, 100)) != "" || judge(nil) != "" {
		t.Error("nothing is something")
	}
}
