package archive_test

import (
	"archive/zip"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"outreach/internal/app"
	"outreach/internal/archive"
	"outreach/internal/fact"
	"outreach/internal/people"
	"outreach/internal/project/definition"
	"outreach/internal/projects"
	"outreach/internal/records"
	"outreach/internal/schema"
	"outreach/internal/signups"
	"outreach/internal/snapshots/compile"
	"outreach/internal/store"
	"outreach/internal/store/storetest"
	"outreach/internal/table"
	"outreach/internal/table/sqlite"
	"outreach/internal/table/tabletest"
	"outreach/internal/uploads"
	"outreach/internal/uploads/ingest"
)

const town = `
id: town
title: Town
period: {from: 2026-01-01, to: 2026-12-31}
time_zone: Europe/Warsaw
region: {name: Region, population: 1000}
activities: [{id: garden, capacity: 2, label: Garden}]
participants: [{of: consultation}]
indicators:
  - {code: "1", unit: person, target: 10, count: people, of: consultation, label: Advised}
  - {code: "2", unit: person, target: 10, count: people, of: consultation, where: 'sex == "female"', label: Women}
  - {code: "3", unit: minute, target: 10, count: sum, field: minutes, of: consultation, label: Minutes}
`

// begin makes the project.
func begin(t testing.TB, a *app.App) {
	t.Helper()
	d, problems := definition.Parse("", []byte(town))
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	if _, _, err := a.Projects.SetDefinition(t.Context(), d, []byte(town), "", ""); err != nil {
		t.Fatal(err)
	}
}

func row(k *schema.Kind, values map[string]string) schema.Row {
	out := make(schema.Row, len(k.Fields))
	for field, value := range values {
		out[k.Index(field)] = value
	}
	return out
}

// empty is a base at noon of a day.
func empty(t testing.TB) *store.DB {
	t.Helper()
	db := storetest.WithObjects(t)
	db.Now = func() time.Time { return time.Date(2026, 5, 4, 12, 0, 0, 0, time.UTC) }
	return db
}

// small is a project with sign-ups, typed records, a file, a snapshot and somebody who was erased.
func small(t testing.TB) *app.App {
	t.Helper()
	ctx, a := t.Context(), app.New(empty(t))
	begin(t, a)
	defined, err := a.Projects.Definition(ctx, "town")
	if err != nil {
		t.Fatal(err)
	}
	activity, _ := defined.Definition.Activity("garden")
	signup, consultation := schema.Builtin().Kind(schema.Signup), schema.Builtin().Kind(schema.Consultation)
	by, err := a.Access.Staff(ctx, "town", "office@example.org")
	if err != nil {
		t.Fatal(err)
	}
	var last string
	for i, name := range []string{"ewa", "jan", "ola", "ula"} {
		email := name + "@example.org"
		form := row(signup, map[string]string{"activity": "garden", "first_name": name, "last_name": "Wzór", "email": email, "sex": "female"})
		if _, err := a.Signups.SignUp(ctx, "town", signups.SignupDraft{Kind: signup, Activity: activity, Row: form, By: by, Submitted: time.Date(2026, 2, 1+i, 0, 0, 0, 0, time.UTC)}, store.Once{}); err != nil {
			t.Fatal(err)
		}
		if last, err = a.People.Resolve(ctx, "town", schema.PersonRef{Email: email}, people.Names{}); err != nil {
			t.Fatal(err)
		}
		values := row(consultation, map[string]string{"date": "2026-03-01", "field": "law", "minutes": "30", "form": "phone", "topic": "o czym mówi " + name})
		if _, err := a.Records.Create(ctx, "town", records.Draft{Kind: consultation, Person: last, Row: values, By: by}, store.Once{}); err != nil {
			t.Fatal(err)
		}
	}
	content := "email,date,field,minutes,form,topic\newa@example.org,2026-03-02,law,15,phone,spadek\n"
	u, err := a.Uploads.CreateUpload(ctx, "town", uploads.Upload{Owner: uploads.Office, Filename: "porady.csv", Size: int64(len(content)), Language: "pl", By: by}, store.Once{})
	if err == nil {
		err = a.DB.Objects.Put(ctx, u.Object, strings.NewReader(content), "text/csv")
	}
	if err == nil {
		err = ingest.New(a).Object(ctx, u.Object)
	}
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := compile.New(a).Compile(ctx, "town", "2026-03-31", "", store.Once{}); err != nil {
		t.Fatal(err)
	}
	if err := a.Privacy.Erase(ctx, "town", last, by); err != nil {
		t.Fatal(err)
	}
	return a
}

// made is the archive of the project.
func made(t testing.TB, a *app.App) []byte {
	t.Helper()
	file, err := archive.New(a).Make(t.Context(), "town")
	if err != nil {
		t.Fatal(err)
	}
	defer os.Remove(file.Name())
	defer file.Close()
	content, err := io.ReadAll(file)
	if err != nil {
		t.Fatal(err)
	}
	return content
}

// taken takes an archive in.
func taken(ctx context.Context, a *app.App, content []byte) (archive.Imported, error) {
	return archive.New(a).Import(ctx, bytes.NewReader(content), int64(len(content)), func(string) bool { return true })
}

// entries are the entries of an archive by name, but for those that have the time at which it was made.
func entries(t *testing.T, content []byte) map[string]string {
	t.Helper()
	all, err := zip.NewReader(bytes.NewReader(content), int64(len(content)))
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]string{}
	for _, f := range all.File {
		body, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(body)
		if err != nil {
			t.Fatal(err)
		}
		if f.Name != "README.md" && f.Name != "manifest.json" {
			out[f.Name] = string(text)
		}
	}
	return out
}

// An import that dies at any write leaves no project, or all of it but originals, and the same archive completes it.
func TestInterruptedImportIsCompletedByTheSameArchive(t *testing.T) {
	t.Parallel()
	content := made(t, small(t))
	clean := app.New(empty(t))
	if _, err := taken(t.Context(), clean, content); err != nil {
		t.Fatal(err)
	}
	want := entries(t, made(t, clean))
	if len(want) < 30 {
		t.Fatalf("%d entries", len(want))
	}
	for _, after := range []bool{false, true} {
		for n := 1; ; n++ {
			whole := empty(t)
			writes := new(atomic.Int64)
			kill := func(c tabletest.Call) error {
				if c.Verb == "write" && int(writes.Add(1)) == n {
					return tabletest.ErrKilled
				}
				return nil
			}
			faulty := func(to table.Table) table.Table {
				if after {
					return &tabletest.Faulty{Table: to, After: kill}
				}
				return &tabletest.Faulty{Table: to, Before: kill}
			}
			dying := storetest.Reopen(whole)
			dying.Tracker, dying.People = faulty(whole.Tracker), faulty(whole.People)
			_, err := taken(t.Context(), app.New(dying), content)
			if err == nil {
				if n < 5 {
					t.Fatalf("an import makes only %d writes", n)
				}
				break
			}
			again := storetest.Reopen(whole)
			again.Now = func() time.Time { return whole.Now().Add(time.Hour) } // the lease is over
			a := app.New(again)
			if ids, err := a.Projects.Projects(t.Context()); err != nil || len(ids) > 1 {
				t.Fatalf("%v, %v", ids, err)
			}
			done, err := taken(t.Context(), a, content)
			over := after && errors.Is(err, projects.ErrExists) // the last write was made
			if !over && (err != nil || done.Project != "town") {
				t.Fatalf("died at write %d: %v", n, err)
			}
			for name, text := range entries(t, made(t, a)) {
				if want[name] != text {
					t.Errorf("died at write %d: %s is\n%s\nwant\n%s", n, name, text, want[name])
				}
			}
			if _, err := taken(t.Context(), a, content); !errors.Is(err, projects.ErrExists) {
				t.Errorf("once more: %v", err)
			}
		}
	}
}

func TestInterruptedImportKeepsItsProjectForItsArchive(t *testing.T) {
	t.Parallel()
	a := small(t)
	content := made(t, a)
	whole := empty(t)
	dying := storetest.Reopen(whole)
	writes := 0
	dying.People = &tabletest.Faulty{Table: whole.People, After: func(c tabletest.Call) error {
		if writes++; c.Verb == "write" {
			return tabletest.ErrKilled
		}
		return nil
	}}
	if _, err := taken(t.Context(), app.New(dying), content); !errors.Is(err, tabletest.ErrKilled) {
		t.Fatal(err)
	}
	if err := a.People.NoteExport(t.Context(), "town", fact.ExportedArchive, "", ""); err != nil {
		t.Fatal(err)
	}
	other := app.New(storetest.Reopen(whole))
	if _, err := taken(t.Context(), other, made(t, a)); !errors.Is(err, projects.ErrOtherBegan) {
		t.Errorf("another archive: %v", err)
	}
	d, _ := definition.Parse("", []byte(town))
	if _, _, err := other.Projects.SetDefinition(t.Context(), d, []byte(town), "", ""); !errors.Is(err, projects.ErrImporting) {
		t.Errorf("a new project of the same id: %v", err)
	}
	if _, err := taken(t.Context(), other, content); err != nil {
		t.Errorf("the same archive: %v", err)
	}
}

func TestOneOfTwoImportsAtOnceIsRefused(t *testing.T) {
	t.Parallel()
	content := made(t, small(t))
	whole := empty(t)
	met := make(chan error, 1)
	first := storetest.Reopen(whole)
	asked := false
	first.People = &tabletest.Faulty{Table: whole.People, Before: func(c tabletest.Call) error {
		if c.Verb == "write" && !asked {
			asked = true
			_, err := taken(context.Background(), app.New(storetest.Reopen(whole)), content)
			met <- err
		}
		return nil
	}}
	if _, err := taken(t.Context(), app.New(first), content); err != nil {
		t.Fatal(err)
	}
	if err := <-met; !errors.Is(err, projects.ErrImporting) {
		t.Errorf("the second one: %v", err)
	}
}

// An archive has all of what is recorded while it is made, or nothing.
func TestArchiveIsBegunAnewWhereSomethingIsRecordedMeanwhile(t *testing.T) {
	t.Parallel()
	a := small(t)
	for _, always := range []bool{false, true} {
		times := 0
		busy := storetest.Reopen(a.DB)
		busy.People = &tabletest.Faulty{Table: a.DB.People, Before: func(c tabletest.Call) error {
			if times++; times == 3 || always && times%3 == 0 {
				_, err := a.Access.Staff(context.Background(), "town", fmt.Sprint(times, "@example.org"))
				f, _ := a.DB.NewFact(fact.KindPersonCorrected, "", fact.PersonCorrected{})
				return errors.Join(err, a.Facts.Append(context.Background(), "town", []fact.Fact{f}))
			}
			return nil
		}}
		file, err := archive.New(app.New(busy)).Make(t.Context(), "town")
		if always != errors.Is(err, archive.ErrChanging) || !always && err != nil {
			t.Errorf("recorded all the time (%t): %v", always, err)
		}
		if err == nil {
			_ = file.Close()
			_ = os.Remove(file.Name())
		}
	}
}

func TestLongArchiveIsMadeOnce(t *testing.T) {
	t.Parallel()
	a := small(t)
	s := archive.New(a)
	first, err := s.Archive(t.Context(), "town", 1000)
	if err != nil || first.Object == "" || first.File != nil {
		t.Fatalf("%+v, %v", first, err)
	}
	again, err := s.Archive(t.Context(), "town", 1000)
	if err != nil || again != first {
		t.Errorf("made again: %+v, %v", again, err)
	}
	f, _ := a.DB.NewFact(fact.KindPersonCorrected, "", fact.PersonCorrected{})
	if err := a.Facts.Append(t.Context(), "town", []fact.Fact{f}); err != nil {
		t.Fatal(err)
	}
	if again, err = s.Archive(t.Context(), "town", 1000); err != nil || again.Object == first.Object {
		t.Errorf("of before: %+v, %v", again, err)
	}
	short, err := s.Archive(t.Context(), "town", 1<<30)
	if err != nil || short.File != nil {
		t.Errorf("the stored one is right: %+v, %v", short, err)
	}
	left, err := filepath.Glob(filepath.Join(os.TempDir(), "archive-*"))
	if err != nil {
		t.Fatal(left, err)
	}
}

// large adds files of rows to the project, of the most rows that a file has, on tables that are not in memory.
func large(t testing.TB, rows int) *app.App {
	t.Helper()
	ctx, base := t.Context(), storetest.WithObjects(t)
	db, err := sqlite.Open(filepath.Join(t.TempDir(), "tracker.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	if base.Tracker, err = db.Table("tracker"); err != nil {
		t.Fatal(err)
	}
	if base.People, err = db.Table("people"); err != nil {
		t.Fatal(err)
	}
	base.Folder = t.TempDir()
	a := app.New(base)
	begin(t, a)
	kind := schema.Builtin().Kind(schema.Consultation)
	for from := 0; from < rows; from += 200_000 {
		u := uploads.Upload{ID: base.NewID(), Owner: uploads.Office, Kind: kind.Plural, Arrived: time.Now().UTC(), Rows: min(rows-from, 200_000), SHA256: fmt.Sprint(from)}
		u.Object = uploads.ObjectKey("town", u.Owner, u.ID)
		packer := a.Uploads.Packer(ctx, "town", u.ID, kind)
		for n := range u.Rows {
			text := fmt.Sprintf("o czym mówi %d", from+n)
			values := row(kind, map[string]string{"date": "2026-03-01", "field": "law", "minutes": fmt.Sprint(1 + n%900), "form": "phone", "topic": text})
			who := store.IDFor(time.UnixMilli(int64(n)), "person")
			print := a.Records.Fingerprint("town", kind, a.Records.Natural("town", kind, who, values), values)
			if err := packer.Add(fact.Line{Row: n + 2, Person: who, Values: base.SealRow("town", kind, values)}, print, map[string]string{"topic": text}); err != nil {
				t.Fatal(err)
			}
		}
		if err := packer.Close(); err != nil {
			t.Fatal(err)
		}
		begun, err := a.Uploads.BeginUpload(ctx, "town", u)
		if err != nil {
			t.Fatal(err)
		}
		begun.Kind, begun.Rows, begun.Packs, begun.SHA256 = u.Kind, u.Rows, packer.Packs, u.SHA256
		if err := a.Uploads.AcceptUpload(ctx, "town", begun, uploads.Findings{}); err != nil {
			t.Fatal(err)
		}
	}
	return a
}

// peak returns the most memory, in bytes, that is in use while do runs beside what was before.
func peak(do func()) uint64 {
	runtime.GC()
	var before runtime.MemStats
	runtime.ReadMemStats(&before)
	stop, most := make(chan struct{}), make(chan uint64)
	go func() {
		highest := uint64(0)
		for {
			select {
			case <-stop:
				most <- highest
				return
			case <-time.After(5 * time.Millisecond):
				var now runtime.MemStats
				runtime.ReadMemStats(&now)
				highest = max(highest, now.HeapInuse)
			}
		}
	}()
	do()
	close(stop)
	highest := <-most
	return highest - min(highest, before.HeapInuse)
}

// archiveTo makes the archive of a project, and returns its size and the memory that it took.
func archiveTo(t testing.TB, a *app.App) (file *os.File, memory uint64) {
	t.Helper()
	memory = peak(func() {
		var err error
		if file, err = archive.New(a).Make(t.Context(), "town"); err != nil {
			t.Fatal(err)
		}
	})
	t.Cleanup(func() { _ = file.Close() })
	return file, memory
}

const mostMemory = 150 << 20

// The memory that an archive takes does not grow with its rows.
func TestArchiveTakesBoundedMemory(t *testing.T) {
	if testing.Short() {
		t.Skip("with -short: writes 100,000 rows")
	}
	var took []uint64
	for _, rows := range []int{10_000, 100_000} {
		a := large(t, rows)
		file, memory := archiveTo(t, a)
		info, err := file.Stat()
		if err != nil {
			t.Fatal(err)
		}
		t.Logf("%d rows: %d MB of archive, %d MB of memory", rows, info.Size()>>20, memory>>20)
		took = append(took, memory)
		to := app.New(storetest.WithObjects(t))
		done, err := archive.New(to).Import(t.Context(), file, info.Size(), func(string) bool { return true })
		if err != nil || done.Rows != rows {
			t.Errorf("%+v, %v", done, err)
		}
	}
	if took[1] > mostMemory/2 || took[1] > took[0]+40<<20 {
		t.Errorf("bytes of memory: %v", took)
	}
}

// BenchmarkArchive makes the archive of a project with a million rows.
func BenchmarkArchive(b *testing.B) {
	a := large(b, 1_000_000)
	b.ResetTimer()
	for b.Loop() {
		file, memory := archiveTo(b, a)
		info, err := file.Stat()
		if err != nil {
			b.Fatal(err)
		}
		b.ReportMetric(float64(memory)/(1<<20), "MB-memory")
		b.ReportMetric(float64(info.Size())/(1<<20), "MB-archive")
		if memory > mostMemory {
			b.Errorf("%d bytes of memory", memory)
		}
		_ = os.Remove(file.Name())
	}
}
