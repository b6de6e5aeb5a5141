package compile_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"outreach/internal/app"
	"outreach/internal/objects"
	"outreach/internal/people"
	"outreach/internal/project/definition"
	"outreach/internal/records"
	"outreach/internal/schema"
	"outreach/internal/snapshot"
	"outreach/internal/snapshots"
	"outreach/internal/snapshots/compile"
	"outreach/internal/store"
	"outreach/internal/store/storetest"
	"outreach/internal/web/webtest"
)

// tracker is all features on empty tables and files, with the project of webtest. Its clock is at noon of a summer day.
type tracker struct {
	*app.App
	compile.Compiler
	registry *schema.Registry
}

const (
	today     = "2026-06-30"
	yesterday = "2026-06-29"
)

func newTracker(t *testing.T) tracker {
	t.Helper()
	db := storetest.WithObjects(t)
	db.Now = func() time.Time { return time.Date(2026, 6, 30, 12, 0, 0, 0, time.UTC) }
	a := app.New(db)
	def, problems := definition.Parse("", []byte(webtest.Definition))
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	if _, _, err := a.Projects.SetDefinition(t.Context(), def, []byte(webtest.Definition), "", ""); err != nil {
		t.Fatal(err)
	}
	return tracker{App: a, Compiler: compile.New(a), registry: schema.For(def)}
}

// attend records that a new person completed planting on a day, and returns their id.
func (tr tracker) attend(t *testing.T, email, day string) string {
	t.Helper()
	who, err := tr.People.Resolve(t.Context(), webtest.Project, schema.PersonRef{Email: email}, people.Names{})
	if err != nil {
		t.Fatal(err)
	}
	kind := tr.registry.Kind(schema.Attendance)
	row := make(schema.Row, len(kind.Fields))
	for name, value := range map[string]string{"activity": "planting", "date": day, "outcome": "completed"} {
		row[kind.Index(name)] = value
	}
	if _, err := tr.Records.Create(t.Context(), webtest.Project, records.Draft{Kind: kind, Person: who, Row: row}, store.Once{}); err != nil {
		t.Fatal(err)
	}
	return who
}

// compile compiles a day, and checks how many people the indicator counts and whether a snapshot was made.
func (tr tracker) compile(t *testing.T, asOf, people string, made bool) snapshots.Kept {
	t.Helper()
	kept, saved, err := tr.Compile(t.Context(), webtest.Project, asOf, "", store.Once{})
	if err != nil {
		t.Fatal(err)
	}
	snap, err := tr.Snapshots.Snapshot(t.Context(), kept)
	if err != nil {
		t.Fatal(err)
	}
	if got := snap.Indicators[0].Achieved.String(); got != people || saved != made {
		t.Fatalf("%s people, made %t; want %s, %t", got, saved, people, made)
	}
	return kept
}

func (tr tracker) verify(t *testing.T, kept snapshots.Kept) compile.Verification {
	t.Helper()
	v, err := tr.Verify(t.Context(), kept)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func TestCompileSavesASnapshotOnlyWhenFiguresChange(t *testing.T) {
	t.Parallel()
	tr := newTracker(t)
	tr.attend(t, "a@example.org", "2026-05-10")
	first := tr.compile(t, today, "1", true)
	if again := tr.compile(t, today, "1", false); again.ID != first.ID {
		t.Errorf("without a change: %s, want %s", again.ID, first.ID)
	}
	tr.attend(t, "b@example.org", "2026-05-10")
	second := tr.compile(t, today, "2", true)
	if second.Supersedes == nil || *second.Supersedes != first.ID || second.State != snapshot.Draft {
		t.Errorf("got %+v, want a draft that supersedes %s", second, first.ID)
	}
	tr.compile(t, "2026-05-09", "0", true)
}

func TestCompileFromACheckpointIsTheSame(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name   string
		damage func(t *testing.T, tr tracker, key string)
	}{
		{"as it was saved", func(*testing.T, tracker, string) {}},
		{"damaged", func(t *testing.T, tr tracker, key string) { put(t, tr.DB.Objects, key, []byte("PAR1")) }},
		{"missing", func(t *testing.T, tr tracker, key string) {
			if err := tr.DB.Objects.Delete(t.Context(), key); err != nil {
				t.Fatal(err)
			}
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			tr := newTracker(t)
			tr.attend(t, "a@example.org", "2026-05-10")
			tr.compile(t, yesterday, "1", true)
			last, found, err := tr.Snapshots.LastCheckpoint(t.Context(), webtest.Project)
			if err != nil || !found {
				t.Fatalf("no checkpoint was saved: %v", err)
			}
			tr.attend(t, "b@example.org", "2026-05-10")
			c.damage(t, tr, last.Object)
			kept := tr.compile(t, today, "2", true)
			if v := tr.verify(t, kept); !v.Same || v.Computed != kept.Hash {
				t.Errorf("computed again: %+v", v)
			}
		})
	}
}

func put(t *testing.T, files objects.Store, key string, body []byte) {
	t.Helper()
	if err := files.Put(t.Context(), key, bytes.NewReader(body), ""); err != nil {
		t.Fatal(err)
	}
}

func TestVerifyNamesErasuresSinceTheSnapshot(t *testing.T) {
	t.Parallel()
	tr := newTracker(t)
	who := tr.attend(t, "a@example.org", "2026-05-10")
	tr.attend(t, "b@example.org", "2026-05-10")
	kept := tr.compile(t, today, "2", true)
	if v := tr.verify(t, kept); !v.Same || len(v.Erasures) != 0 || v.Checkpoint != kept.Hash {
		t.Errorf("before the erasure: %+v", v)
	}
	if err := tr.Privacy.Erase(t.Context(), webtest.Project, who, ""); err != nil {
		t.Fatal(err)
	}
	if v := tr.verify(t, kept); len(v.Erasures) != 1 {
		t.Errorf("after the erasure: %+v", v)
	}
	tr.compile(t, today, "2", false) // the rule asks for no attribute, so the count stays
}

func TestScheduleCompilesYesterdayOfEveryProjectOnce(t *testing.T) {
	t.Parallel()
	tr := newTracker(t)
	tr.attend(t, "a@example.org", "2026-05-10")
	for range 2 { // the event may be delivered twice
		if err := tr.Schedule(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	page, err := tr.Snapshots.Snapshots(t.Context(), webtest.Project, "", 10, "")
	if err != nil || len(page.Items) != 1 || page.Items[0].AsOf != yesterday {
		t.Errorf("%+v, %v, want one snapshot of %s", page.Items, err, yesterday)
	}
}

func TestScheduleGoesOnAfterAProjectThatFails(t *testing.T) {
	t.Parallel()
	tr := newTracker(t)
	other := bytes.Replace([]byte(webtest.Definition), []byte("id: garden"), []byte("id: allotment"), 1)
	def, problems := definition.Parse("", other)
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	if _, _, err := tr.Projects.SetDefinition(t.Context(), def, other, "", ""); err != nil {
		t.Fatal(err)
	}
	tr.DB.Objects = failing{tr.DB.Objects, "snapshots/allotment/"}
	if err := tr.Schedule(t.Context()); err == nil {
		t.Error("the failure is not reported")
	}
	if page, err := tr.Snapshots.Snapshots(t.Context(), webtest.Project, "", 10, ""); err != nil || len(page.Items) != 1 {
		t.Errorf("%+v, %v, want a snapshot of the other project", page.Items, err)
	}
}

// failing are files that cannot be written below a prefix.
type failing struct {
	objects.Store
	prefix string
}

func (f failing) Put(ctx context.Context, key string, body io.ReadSeeker, contentType string) error {
	if strings.HasPrefix(key, f.prefix) {
		return errors.New("the files cannot be written")
	}
	return f.Store.Put(ctx, key, body, contentType)
}

// counted are files that count what is written.
type counted struct {
	objects.Store
	mu   sync.Mutex
	puts []string
}

func (c *counted) Put(ctx context.Context, key string, body io.ReadSeeker, contentType string) error {
	c.mu.Lock()
	c.puts = append(c.puts, key)
	c.mu.Unlock()
	return c.Store.Put(ctx, key, body, contentType)
}

// A compile continues the counts of the checkpoint: it writes the snapshot and the index of its evidence, and another
// checkpoint only if it had to count again.
func TestCompileWritesNoCheckpointWhileItCanContinueTheLast(t *testing.T) {
	t.Parallel()
	tr := newTracker(t)
	files := &counted{Store: tr.DB.Objects}
	tr.DB.Objects = files
	tr.attend(t, "a@example.org", "2026-05-10")
	tr.compile(t, yesterday, "1", true)
	erased := ""
	for _, step := range []struct {
		name       string
		before     func()
		asOf, want string
		made       bool
		puts       int
		checkpoint bool
	}{
		{"nothing new", func() {}, today, "1", true, 2, false},
		{"the same day again", func() {}, today, "1", false, 0, false},
		{"two new people", func() {
			erased = tr.attend(t, "b@example.org", "2026-05-10")
			tr.attend(t, "c@example.org", "2026-06-29")
		}, today, "3", true, 2, false},
		{"an erasure", func() {
			if err := tr.Privacy.Erase(t.Context(), webtest.Project, erased, ""); err != nil {
				t.Fatal(err)
			}
		}, today, "3", false, 3, true},
		{"and one more", func() { tr.attend(t, "d@example.org", "2026-06-29") }, today, "4", true, 2, false},
	} {
		step.before()
		files.puts = nil
		kept := tr.compile(t, step.asOf, step.want, step.made)
		checkpoint := slices.ContainsFunc(files.puts, func(key string) bool { return strings.HasPrefix(key, "checkpoints/") })
		if len(files.puts) != step.puts || checkpoint != step.checkpoint {
			t.Errorf("%s: %q", step.name, files.puts)
		}
		snap, err := tr.Snapshots.Snapshot(t.Context(), kept)
		if err != nil {
			t.Fatal(err)
		}
		items, next, err := tr.Snapshots.Evidence(t.Context(), kept, snap.Indicators[0].Code, 0, 10)
		if err != nil || next != -1 || step.made && (len(items) == 0 || items[len(items)-1].Total.String() != step.want) {
			t.Errorf("%s: evidence %+v, next %d, %v", step.name, items, next, err)
		}
		if v := tr.verify(t, kept); step.made && (!v.Same || v.Computed != kept.Hash) {
			t.Errorf("%s, computed again: %+v", step.name, v)
		}
	}
}
