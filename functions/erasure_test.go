package functions_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"outreach/internal/fact"
	"outreach/internal/objects"
	"outreach/internal/store"
	"outreach/internal/table"
	"outreach/internal/table/tabletest"
	"outreach/internal/uploads"
)

// beside is a harness that calls happen before one of the calls of its tables.
type beside struct {
	*harness
	mu       sync.Mutex
	n, calls int
	happen   func()
}

func newBeside(t *testing.T, shared *storage) *beside {
	b := &beside{}
	b.harness = newHarness(t, shared, func(inner table.Table) table.Table {
		return &tabletest.Faulty{Table: inner, Before: func(tabletest.Call) error {
			b.mu.Lock()
			defer b.mu.Unlock()
			if b.calls++; b.calls == b.n {
				b.happen()
			}
			return nil
		}}
	}, func() int { return 0 })
	return b
}

// before sets what happens before the n-th call from now on.
func (b *beside) before(n int, happen func()) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.n, b.calls, b.happen = n, 0, happen
}

// traces returns the items with a person's id, except the ledger of erasures and idempotency records, which expire in
// two days.
func (h *harness) traces(id string) []string {
	var found []string
	for _, name := range []string{"tracker", "people"} {
		for _, line := range h.dump(name) {
			kind, _, _ := strings.Cut(line, "#")
			if strings.Contains(line, id) && !slices.Contains([]string{"ERASURES", "ERASING", "ANSWER"}, kind) {
				found = append(found, line)
			}
		}
	}
	return found
}

// TestDataWrittenDuringAnErasureIsErasedLater erases a person before each call of an operation that writes about them.
// Data written after the erasure goes with the nightly compile, or with a second erasure.
func TestDataWrittenDuringAnErasureIsErasedLater(t *testing.T) {
	t.Parallel()
	rows := "email,activity,date,hours,outcome\nosoba1@example.org,garden,2126-05-11,3,completed\n"
	for _, sc := range []struct {
		name string
		act  func(*harness, *sender) error
	}{
		{"a consultation", post("/town/consultations", "", consultation(1, "2126-04-09", "późniejsza sprawa"))},
		{"a form", public("", form("grants", 1, nil))},
		{"a file", eventOf("coordinator", "obecni.csv")},
	} {
		t.Run(sc.name, func(t *testing.T) {
			t.Parallel()
			late := 0
			for at, met := 1, true; met; at++ {
				met = false
				shared := newStorage(t)
				h := newBeside(t, shared)
				h.at(day)
				define(t, h.harness)
				m := &sender{ids: map[string]string{}}
				for _, step := range []func(*harness, *sender) error{
					post("/town/consultations", "consultation1", consultation(1, "2126-04-01", "sprawa")),
					arrived("coordinator", "obecni.csv", rows),
				} {
					if err := step(h.harness, m); err != nil {
						t.Fatal(err)
					}
				}
				id, err := whose(h.harness, m, "consultation1")
				if err != nil {
					t.Fatal(err)
				}
				other := newHarness(t, shared, func(inner table.Table) table.Table { return inner }, func() int { return 1 })
				other.at(day)
				h.before(at, func() {
					met = true
					if err := other.app.Privacy.Erase(context.Background(), "town", id, ""); err != nil {
						t.Error(err)
					}
				})
				err = sc.act(h.harness, m)
				if err != nil {
					err = sc.act(h.harness, m) // it is delivered again
				}
				if err != nil {
					t.Errorf("before call %d: %v", at, err)
				}
				if !met {
					break
				}
				if len(other.traces(id)) > 0 {
					late++
				}
				again := func() error { return other.compiler.Schedule(context.Background()) }
				if at%2 == 0 {
					again = func() error { return other.app.Privacy.Erase(context.Background(), "town", id, "") }
				}
				if err := again(); err != nil && !errors.Is(err, store.ErrNotFound) {
					t.Errorf("before call %d: %v", at, err)
				}
				for _, line := range other.traces(id) {
					t.Errorf("before call %d: there is %s", at, line)
				}
				if err := other.app.Privacy.Erase(context.Background(), "town", id, ""); !errors.Is(err, store.ErrNotFound) {
					t.Errorf("before call %d: erased once more: %v", at, err)
				}
			}
			if late == 0 {
				t.Error("nothing was ever written after the erasure")
			}
		})
	}
}

// TestPersonWhoSignsUpAfterErasureIsKept: the address identifies a new person from then on.
func TestPersonWhoSignsUpAfterErasureIsKept(t *testing.T) {
	t.Parallel()
	h := defined(t)
	m := &sender{ids: map[string]string{}}
	run := func(step func(*harness, *sender) error) {
		t.Helper()
		if err := step(h, m); err != nil {
			t.Fatal(err)
		}
	}
	run(post("/town/consultations", "first", consultation(1, "2126-04-01", "sprawa")))
	id, err := whose(h, m, "first")
	if err != nil {
		t.Fatal(err)
	}
	run(ask("DELETE", func(*sender) string { return "/town/people/" + id }, map[string]any{}))
	run(post("/town/consultations", "second", consultation(1, "2126-04-02", "nowa sprawa")))
	anew, err := whose(h, m, "second")
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := h.compiler.Schedule(context.Background()); err != nil {
			t.Fatal(err)
		}
	}
	run(post("/town/consultations", "third", consultation(1, "2126-04-03", "jeszcze jedna")))
	if now, err := whose(h, m, "third"); err != nil || now != anew {
		t.Errorf("the address leads to %s, want %s: %v", now, anew, err)
	}
	if n := h.having("tracker", `"kind":"person.erased"`); n != 1 {
		t.Errorf("%d facts say that somebody was erased", n)
	}
}

// several adds people with records in all lanes, and returns the id of one.
func several(t *testing.T, h *harness) (first string) {
	t.Helper()
	h.at(day)
	define(t, h)
	m := &sender{ids: map[string]string{}}
	for i, key := range []string{"a", "b", "c"} {
		for n := range 4 {
			if err := post("/town/consultations", fmt.Sprint(key, n), consultation(i+1, fmt.Sprintf("2126-04-%02d", n+1), fmt.Sprint("sprawa ", n)))(h, m); err != nil {
				t.Fatal(err)
			}
		}
	}
	first, err := whose(h, m, "a0")
	if err != nil {
		t.Fatal(err)
	}
	return first
}

// TestCompileDuringAnErasureCountsEachPersonOnce erases a person before each call of a compile.
func TestCompileDuringAnErasureCountsEachPersonOnce(t *testing.T) {
	t.Parallel()
	notShort(t, "repeats an erasure for each call")
	for at, met := 1, true; met; at++ {
		met = false
		shared := newStorage(t)
		lane := 0
		h := newBeside(t, shared)
		h.lane = func() int { lane++; return lane % 8 }
		h.start()
		id := several(t, h.harness)
		other := newHarness(t, shared, func(inner table.Table) table.Table { return inner }, nil)
		other.at(day)
		h.before(at, func() {
			met = true
			if err := other.app.Privacy.Erase(context.Background(), "town", id, ""); err != nil {
				t.Error(err)
			}
		})
		h.hash("2126-06-01")
		if figures := h.figures("2126-06-01"); !strings.HasPrefix(figures, "3 participants") {
			t.Errorf("somebody is erased before call %d: %s", at, figures)
		}
	}
}

// TestCheckpointFromBeforeAnErasureIsNotUsed restores a checkpoint that contains the records of an erased person.
func TestCheckpointFromBeforeAnErasureIsNotUsed(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	h := newHarness(t, newStorage(t), func(inner table.Table) table.Table { return inner }, nil)
	id := several(t, h)
	if err := post("/town/signups", "sex", form("garden", 1, nil))(h, &sender{ids: map[string]string{}}); err != nil {
		t.Fatal(err)
	}
	before := h.hash("2126-06-01")
	old, found, err := h.app.Snapshots.LastCheckpoint(ctx, "town")
	if err != nil || !found {
		t.Fatalf("no checkpoint: %v", err)
	}
	file, _, err := h.app.DB.Objects.Open(ctx, old.Object, "")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	content, err := io.ReadAll(file)
	if err != nil {
		t.Fatal(err)
	}
	if err := h.app.Privacy.Erase(ctx, "town", id, ""); err != nil {
		t.Fatal(err)
	}
	want := h.hash("2126-06-01")
	if want == before {
		t.Fatal("the erasure changes no figure: the test says nothing")
	}
	if err := h.app.Snapshots.SaveCheckpoint(ctx, "town", old.Heads, content); err != nil {
		t.Fatal(err)
	}
	if got := h.hash("2126-06-01"); got != want {
		t.Errorf("with the old checkpoint the hash is %s, want %s", got, want)
	}
}

// TestInterruptedErasureIsFinishedByTheNightlyCompile kills an erasure after each of its writes. The next compile
// counts each person once.
func TestInterruptedErasureIsFinishedByTheNightlyCompile(t *testing.T) {
	t.Parallel()
	notShort(t, "repeats an erasure for each call")
	for n, fired := 1, true; fired; n++ {
		s := &saboteur{}
		lane := 0
		h := newHarness(t, newStorage(t), s.table, func() int { lane++; return lane % 8 })
		id := several(t, h)
		s.arm(faults[1], n) // killed after
		err := h.app.Privacy.Erase(context.Background(), "town", id, "")
		if fired = s.disarm(); fired != (err != nil) {
			t.Fatalf("write %d: %v", n, err)
		}
		h.start()
		h.at(day.Add(time.Hour))
		h.hash("2126-06-01")
		if figures := h.figures("2126-06-01"); !strings.HasPrefix(figures, "3 participants") {
			t.Errorf("cut off after write %d: %s", n, figures)
		}
		h.at(day.AddDate(0, 0, 7)) // the machine was off for a while
		if err := h.compiler.Schedule(context.Background()); err != nil {
			t.Errorf("cut off after write %d: %v", n, err)
		}
		for _, line := range h.traces(id) {
			t.Errorf("cut off after write %d there is %s", n, line)
		}
	}
}

// forbidden is an object store that refuses to erase.
type forbidden struct{ objects.Store }

func (forbidden) Erase(context.Context, string, time.Time) error { return errors.New("AccessDenied") }

// TestErasureRetriesNightlyWhileAFileCannotBeDeleted: the erasure fails, and is retried each night; compiling goes on.
func TestErasureRetriesNightlyWhileAFileCannotBeDeleted(t *testing.T) {
	t.Parallel()
	h := newHarness(t, newStorage(t), func(inner table.Table) table.Table { return inner }, nil)
	id := several(t, h)
	m := &sender{ids: map[string]string{}}
	for _, step := range []func(*harness, *sender) error{
		arrived("coordinator", "obecni.csv", "email,activity,date,hours,outcome\nosoba1@example.org,garden,2126-05-11,3,completed\n"),
		eventOf("coordinator", "obecni.csv"),
	} {
		if err := step(h, m); err != nil {
			t.Fatal(err)
		}
	}
	h.cover = func(inner objects.Store) objects.Store { return forbidden{inner} }
	h.start()
	if err := h.app.Privacy.Erase(context.Background(), "town", id, ""); err == nil {
		t.Error("it is said that somebody was erased whose file is there")
	}
	for night := range 5 {
		h.at(day.AddDate(0, 0, night+1))
		if err := h.compiler.Schedule(context.Background()); err == nil {
			t.Errorf("night %d: nothing is said of what could not be done", night)
		}
		h.hash("2126-06-01")
		if figures := h.figures("2126-06-01"); !strings.HasPrefix(figures, "3 participants") {
			t.Errorf("night %d: %s", night, figures)
		}
	}
	h.cover = nil
	h.start()
	h.at(day.AddDate(0, 0, 6))
	if err := h.compiler.Schedule(context.Background()); err != nil {
		t.Error(err)
	}
	if _, err := h.files.Stat(context.Background(), "uploads/town/coordinator/obecni.csv"); err == nil {
		t.Error("the file is left")
	}
	for _, line := range h.traces(id) {
		t.Errorf("there is %s", line)
	}
}

// TestErasureKeepsFilesThatWaitForProcessing: a system writes its list to the same key every day. The version that
// waits is not the version that is erased.
func TestErasureKeepsFilesThatWaitForProcessing(t *testing.T) {
	t.Parallel()
	h := newHarness(t, newStorage(t), func(inner table.Table) table.Table { return inner }, nil)
	id := several(t, h)
	m := &sender{ids: map[string]string{}}
	const head = "email,activity,date,hours,outcome\n"
	for _, step := range []func(*harness, *sender) error{
		arrived("coordinator", "obecni.csv", head+"osoba1@example.org,garden,2126-05-11,3,completed\n"),
		eventOf("coordinator", "obecni.csv"),
		arrived("coordinator", "obecni.csv", head+"osoba2@example.org,garden,2126-05-12,4,completed\n"),
		func(h *harness, _ *sender) error { return h.app.Privacy.Erase(context.Background(), "town", id, "") },
		eventOf("coordinator", "obecni.csv"),
	} {
		if err := step(h, m); err != nil {
			t.Fatal(err)
		}
	}
	page, err := h.app.Uploads.Uploads(context.Background(), "town", "", 10, "")
	if err != nil || len(page.Items) != 2 {
		t.Fatalf("%+v, %v", page.Items, err)
	}
	for _, u := range page.Items {
		if u.State != uploads.Accepted {
			t.Errorf("%+v", u)
		}
	}
}

// TestErasureCoversFilesThatAreNeverProcessed: a person is erased from a file whose processing failed, too.
func TestErasureCoversFilesThatAreNeverProcessed(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	h := newHarness(t, newStorage(t), func(inner table.Table) table.Table { return inner }, nil)
	id := several(t, h)
	u := uploads.Upload{ID: h.app.DB.NewID(), Owner: uploads.Office, Arrived: day}
	u.Object = uploads.ObjectKey("town", u.Owner, u.ID)
	if _, err := h.app.Uploads.BeginUpload(ctx, "town", u); err != nil {
		t.Fatal(err)
	}
	if err := h.app.Uploads.Mention(ctx, "town", u.ID, []string{id}); err != nil {
		t.Fatal(err)
	}
	if err := h.app.Privacy.Erase(ctx, "town", id, ""); err != nil {
		t.Fatal(err)
	}
	erased := func() (n int) {
		heads, err := h.app.Facts.Heads(ctx, "town")
		if err != nil {
			t.Fatal(err)
		}
		err = h.app.Facts.Read(ctx, "town", fact.Heads{}, heads, func(f fact.Fact) error {
			if f.Kind == fact.KindPersonErased {
				n++
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	before := 0
	for night := 1; night <= 40; night++ {
		h.at(day.AddDate(0, 0, night))
		if err := h.compiler.Schedule(ctx); err != nil {
			t.Fatal(err)
		}
		if night == 34 {
			before = erased()
		}
	}
	if after := erased(); after != before {
		t.Errorf("%d erasures after 34 nights, %d after 40", before, after)
	}
	if left := h.traces(id); len(left) > 0 {
		t.Errorf("there is %s", left)
	}
}
