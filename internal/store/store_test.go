package store_test

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"time"

	"outreach/internal/store"
	"outreach/internal/store/storetest"
	"outreach/internal/table"
)

type result struct{ ID string }

// answered looks for the stored answer to a request.
func answered(t *testing.T, db *store.DB, once store.Once) (string, bool) {
	t.Helper()
	var got result
	found, err := db.Answered(t.Context(), once, &got)
	if err != nil {
		t.Fatal(err)
	}
	return got.ID, found
}

// write stores an answer as a service does.
func write(t *testing.T, db *store.DB, once store.Once, id string) error {
	t.Helper()
	ops, err := db.Answer(t.Context(), once, result{id})
	if err != nil {
		t.Fatal(err)
	}
	return db.Tracker.Write(t.Context(), ops...)
}

func TestAnswerIsFoundByTheSameRequestOnly(t *testing.T) {
	t.Parallel()
	db := storetest.New(t)
	request := func(project, route, who, key string) store.Once {
		return db.Once(project, route, who, key, []byte("body"))
	}
	if err := write(t, db, request("p", "POST /tests", "anna", "key"), "1"); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		once  store.Once
		found bool
	}{
		"the same request":   {request("p", "POST /tests", "anna", "key"), true},
		"another key":        {request("p", "POST /tests", "anna", "other"), false},
		"another sender":     {request("p", "POST /tests", "ewa", "key"), false},
		"another route":      {request("p", "POST /outputs", "anna", "key"), false},
		"another project":    {request("q", "POST /tests", "anna", "key"), false},
		"no idempotency key": {request("p", "POST /tests", "anna", ""), false},
	} {
		if id, found := answered(t, db, c.once); found != c.found || found && id != "1" {
			t.Errorf("%s: %q, %t", name, id, found)
		}
	}
	if _, err := db.Answered(t.Context(), db.Once("p", "POST /tests", "anna", "key", []byte("another body")), new(result)); !errors.Is(err, store.ErrOtherBody) {
		t.Errorf("another body: %v", err)
	}
}

func TestAnswerExpires(t *testing.T) {
	t.Parallel()
	db := storetest.New(t)
	now := time.Now()
	db.Now = func() time.Time { return now }
	request := func() store.Once { return db.Once("p", "POST /tests", "anna", "key", []byte("body")) }
	if err := write(t, db, request(), "1"); err != nil {
		t.Fatal(err)
	}
	now = now.Add(store.AnswerLife - time.Second)
	if _, found := answered(t, db, request()); !found {
		t.Error("the answer is gone before its time")
	}
	now = now.Add(2 * time.Second)
	if _, found := answered(t, db, request()); found {
		t.Error("an expired answer counts")
	}
	if err := write(t, db, request(), "2"); err != nil {
		t.Fatal(err)
	}
	if id, _ := answered(t, db, request()); id != "2" {
		t.Errorf("the answer is %q, want the new one", id)
	}
}

func TestOneOfTwoSimultaneousRequestsWritesItsAnswer(t *testing.T) {
	t.Parallel()
	db := storetest.New(t)
	first, second := db.Once("p", "POST /tests", "anna", "key", []byte("body")), db.Once("p", "POST /tests", "anna", "key", []byte("body"))
	for _, once := range []store.Once{first, second} {
		if _, found := answered(t, db, once); found || !once.Asked() {
			t.Fatal("an answer before there is any")
		}
	}
	if err := write(t, db, first, "1"); err != nil {
		t.Fatal(err)
	}
	if _, conflict := table.AsConflict(write(t, db, second, "2")); !conflict {
		t.Error("both requests wrote an answer")
	}
	if err := db.KeepAnswer(t.Context(), second, result{"2"}); err != nil {
		t.Fatal(err)
	}
	if id, _ := answered(t, db, second); id != "1" {
		t.Errorf("the answer is %q, want the first one", id)
	}
}

// Of the requests with one key the first that begins decides on the body and the result; each one with that body
// completes it, and no other.
func TestRequestThatBeganIsCompletedByTheSameRequestOnly(t *testing.T) {
	t.Parallel()
	db := storetest.New(t)
	request := func(body string) store.Once { return db.Once("p", "POST /signups", "", "key", []byte(body)) }
	begin := func(once store.Once, id string) (string, error) {
		got := result{id}
		err := db.Begin(t.Context(), once, &got)
		return got.ID, err
	}
	first, twin, other := request("body"), request("body"), request("another body")
	for _, once := range []store.Once{first, twin, other} {
		if _, found := answered(t, db, once); found {
			t.Fatal("an answer before there is any")
		}
	}
	if id, err := begin(first, "1"); id != "1" || err != nil {
		t.Fatalf("the first begins with %s, %v", id, err)
	}
	for _, once := range []store.Once{twin, other} {
		if id, err := begin(once, "2"); !isConflict(err) {
			t.Errorf("another begins with %s, %v", id, err)
		}
	}
	if id, found := answered(t, db, twin); !found || id != "1" {
		t.Errorf("the same request finds %q, %t", id, found)
	}
	if id, err := begin(twin, "2"); id != "1" || err != nil {
		t.Errorf("the same request goes on with %s, %v", id, err)
	}
	if _, err := db.Answered(t.Context(), other, new(result)); !errors.Is(err, store.ErrOtherBody) {
		t.Errorf("another body: %v", err)
	}
	if err := write(t, db, first, "1 done"); err != nil {
		t.Fatal(err)
	}
	if err := write(t, db, twin, "2 done"); !isConflict(err) {
		t.Errorf("both wrote an answer: %v", err)
	}
	if id, _ := answered(t, db, request("body")); id != "1 done" {
		t.Errorf("the answer is %q", id)
	}
	if err := db.Begin(t.Context(), store.Once{}, &result{}); err != nil {
		t.Errorf("without a key: %v", err)
	}
}

func isConflict(err error) bool {
	_, is := table.AsConflict(err)
	return is
}

func TestSealedTextsOfProjectsAndPurposesDiffer(t *testing.T) {
	t.Parallel()
	db := storetest.New(t)
	seen := map[string][3]string{}
	for _, of := range [][3]string{{"p", "email", "a"}, {"q", "email", "a"}, {"p", "text", "a"}, {"p", "email", "b"}, {"pe", "mail", "a"}} {
		sealed := db.Seal(of[0], of[1], of[2])
		if other, twice := seen[sealed]; twice || len(sealed) != 32 || sealed != db.Seal(of[0], of[1], of[2]) {
			t.Errorf("%v and %v: %s", of, other, sealed)
		}
		seen[sealed] = of
	}
}

func TestDerivedIDIsTheSameForTheSameEvent(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 5, 10, 9, 0, 0, 0, time.UTC)
	id := store.IDFor(at, "object a")
	if id != store.IDFor(at, "object a") || id == store.IDFor(at, "object b") || id == store.IDFor(at.Add(time.Second), "object a") {
		t.Errorf("the id is %s", id)
	}
}

func TestPartBeginsOnlyWithEnoughTime(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		left time.Duration
		want error
	}{"no deadline": {0, nil}, "an hour": {time.Hour, nil}, "half a minute": {30 * time.Second, store.ErrDeferred}} {
		ctx := t.Context()
		if c.left > 0 {
			limited, cancel := context.WithTimeout(ctx, c.left)
			defer cancel()
			ctx = limited
		}
		if err := store.CheckTimeLeft(ctx); !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", name, err, c.want)
		}
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if err := store.CheckTimeLeft(ended); !errors.Is(err, context.Canceled) {
		t.Errorf("a cancelled context: %v", err)
	}
}

func TestParallelCallsStopAtTheFirstError(t *testing.T) {
	t.Parallel()
	var done atomic.Int64
	if err := store.InParallel(t.Context(), make([]int, 100), func(context.Context, int) error { done.Add(1); return nil }); err != nil || done.Load() != 100 {
		t.Errorf("%d calls, %v", done.Load(), err)
	}
	failed := errors.New("failed")
	err := store.InParallel(t.Context(), make([]int, 20), func(ctx context.Context, _ int) error {
		if done.Add(1) == 101 {
			return failed
		}
		<-ctx.Done()
		return ctx.Err()
	})
	if !errors.Is(err, failed) {
		t.Errorf("got %v, want the first error", err)
	}
}

func TestLoadExistingFailsWithoutTheItem(t *testing.T) {
	t.Parallel()
	db, key := storetest.New(t), table.Key{PK: "p", SK: "s"}
	if _, _, err := store.LoadExisting[string](t.Context(), db.Tracker, key, "thing 1"); !store.IsNotFound(err) || err.Error() != "thing 1: not found" {
		t.Errorf("a missing item: %v", err)
	}
	if err := db.Tracker.Write(t.Context(), table.PutJSON(key, "here", table.Absent)); err != nil {
		t.Fatal(err)
	}
	if value, rev, err := store.LoadExisting[string](t.Context(), db.Tracker, key, "thing 1"); value != "here" || rev != 1 || err != nil {
		t.Errorf("an item: %q, revision %d, %v", value, rev, err)
	}
}
