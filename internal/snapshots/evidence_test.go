package snapshots

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"iter"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"outreach/internal/fact"
	"outreach/internal/objects"
	"outreach/internal/snapshot"
	"outreach/internal/store"
	"outreach/internal/store/storetest"
)

// counter counts the objects that are put and read.
type counter struct {
	objects.Store
	mu         sync.Mutex
	puts, gets []string
}

func (c *counter) Put(ctx context.Context, key string, body io.ReadSeeker, contentType string) error {
	c.mu.Lock()
	c.puts = append(c.puts, key)
	c.mu.Unlock()
	return c.Store.Put(ctx, key, body, contentType)
}

func (c *counter) Open(ctx context.Context, key, etag string) (io.ReadCloser, objects.Info, error) {
	c.mu.Lock()
	c.gets = append(c.gets, key)
	c.mu.Unlock()
	return c.Store.Open(ctx, key, etag)
}

// records returns so many records of evidence.
func records(n int) []snapshot.Counted {
	out := make([]snapshot.Counted, n)
	for i := range out {
		out[i].ID = fmt.Sprintf("%026d", i)
	}
	return out
}

func TestSnapshotsShareTheEvidenceThatIsAlike(t *testing.T) {
	t.Parallel()
	s, ctx := New(storetest.WithObjects(t)), t.Context()
	counted := &counter{Store: s.Objects}
	s.Objects = counted
	save := func(day string, of map[string]int) (kept Kept, puts int) {
		t.Helper()
		_, unchanged, err := s.Latest(ctx, "p", day)
		if err != nil {
			t.Fatal(err)
		}
		counted.puts = nil // of this snapshot
		snap := snapshot.Snapshot{Project: "p", ID: s.NewID(), AsOf: day, State: snapshot.Draft}
		snap.Hash = digest(t, snap)
		evidence := func(code string) iter.Seq[snapshot.Counted] { return slices.Values(records(of[code])) }
		if err := s.SaveSnapshot(ctx, snap, unchanged, fact.Heads{}, []string{"1", "2"}, evidence, Since{}, "", store.Once{}); err != nil {
			t.Fatal(err)
		}
		if kept, err = s.KeptSnapshot(ctx, "p", snap.ID); err != nil {
			t.Fatal(err)
		}
		return kept, len(counted.puts)
	}
	read := func(k Kept, code string, limit int) int {
		t.Helper()
		n := 0
		for from := 0; from >= 0; {
			items, next, err := s.Evidence(ctx, k, code, from, limit)
			if err != nil {
				t.Fatal(err)
			}
			for i, item := range items {
				if item.ID != fmt.Sprintf("%026d", n+i) {
					t.Fatalf("record %d is %s", n+i, item.ID)
				}
			}
			n, from = n+len(items), next
		}
		return n
	}
	first, puts := save("2026-05-01", map[string]int{"1": 2*EvidencePart + 7, "2": EvidencePart})
	if puts != 3+3 { // the first part is that of both figures; the leaves, the index, the figures
		t.Errorf("%d objects were put: %q", puts, counted.puts)
	}
	night, puts := save("2026-05-02", map[string]int{"1": 2*EvidencePart + 7, "2": EvidencePart})
	if puts != 2 {
		t.Errorf("a night without news puts %q", counted.puts)
	}
	more, puts := save("2026-05-03", map[string]int{"1": 2*EvidencePart + 8, "2": 0})
	if puts != 1+3 {
		t.Errorf("one more record puts %q", counted.puts)
	}
	for _, tt := range []struct {
		kept Kept
		code string
		want int
	}{{first, "1", 2*EvidencePart + 7}, {first, "2", EvidencePart}, {night, "1", 2*EvidencePart + 7}, {more, "1", 2*EvidencePart + 8}, {more, "2", 0}, {more, "3", 0}} {
		for _, limit := range []int{200, EvidencePart, 3 * EvidencePart} {
			if n := read(tt.kept, tt.code, limit); n != tt.want {
				t.Errorf("snapshot of %s: %d records behind %s, %d at a time, want %d", tt.kept.AsOf, n, tt.code, limit, tt.want)
			}
		}
		n := 0
		counted.gets = nil
		for item, err := range s.AllEvidence(ctx, tt.kept, tt.code) {
			if err != nil || item.ID != fmt.Sprintf("%026d", n) {
				t.Fatalf("record %d is %s, %v", n, item.ID, err)
			}
			n++
		}
		if most := 1 + (tt.want+EvidencePart-1)/EvidencePart; n != tt.want || len(counted.gets) > most {
			t.Errorf("snapshot of %s: all %d records behind %s, want %d, in reading %q", tt.kept.AsOf, n, tt.code, tt.want, counted.gets)
		}
	}
}

// Snapshots made before evidence had an index keep their parts.
func TestEvidenceOfEarlierSnapshotsIsRead(t *testing.T) {
	t.Parallel()
	s, ctx := New(storetest.WithObjects(t)), t.Context()
	for part, rows := range slices.Collect(slices.Chunk(records(EvidencePart+3), EvidencePart)) {
		body, err := json.Marshal(rows)
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Objects.Put(ctx, oldEvidencePart("p", "old", "1", part), strings.NewReader(string(body)), "application/json"); err != nil {
			t.Fatal(err)
		}
	}
	items, next, err := s.Evidence(ctx, Kept{Project: "p", ID: "old"}, "1", EvidencePart-1, 10)
	if err != nil || len(items) != 4 || next != -1 {
		t.Errorf("%d records, next %d, %v", len(items), next, err)
	}
	n := 0
	for _, err := range s.AllEvidence(ctx, Kept{Project: "p", ID: "old"}, "1") {
		if n++; err != nil {
			t.Fatal(err)
		}
	}
	if n != EvidencePart+3 {
		t.Errorf("%d records in all", n)
	}
}

// Evidence that is stored as changes since an earlier one is read as that which is stored whole.
func TestEvidenceIsReadWithItsChanges(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		before := records(rapid.SampledFrom([]int{0, 1, 5, EvidencePart - 1, EvidencePart, EvidencePart + 1}).Draw(t, "before"))
		for i := range before {
			before[i].Adds, before[i].Total = "1.5", json.Number(strings.TrimSuffix(fmt.Sprintf("%.1f", 1.5*float64(i+1)), ".0"))
		}
		var want []snapshot.Counted
		var changes []snapshot.Change
		total, news := 0.0, 0
		add := func(row snapshot.Counted, adds float64) {
			total += adds
			row.Adds, row.Total = json.Number(fmt.Sprint(adds)), json.Number(fmt.Sprint(total))
			want = append(want, row)
		}
		places := rapid.SliceOfN(rapid.IntRange(0, len(before)), 0, 6).Draw(t, "places")
		for i := 0; i <= len(before); i++ {
			for _, place := range places {
				if place == i {
					news++
					add(snapshot.Counted{Evidence: snapshot.Evidence{ID: fmt.Sprint("new ", news)}}, 2.25)
					row := want[len(want)-1]
					changes = append(changes, snapshot.Change{At: i, Row: &row})
				}
			}
			if i == len(before) {
				break
			}
			if i%3 == 1 && slices.Contains(places, i) {
				changes = append(changes, snapshot.Change{At: i, Less: "1.5"})
				continue
			}
			add(before[i], 1.5)
		}
		var stored [][]snapshot.Counted
		for part := range slices.Chunk(before, EvidencePart) {
			stored = append(stored, part)
		}
		limit := rapid.SampledFrom([]int{1, 3, 700, EvidencePart}).Draw(t, "limit")
		if limit == 1 && len(before) > 5 {
			limit = 200
		}
		var got []snapshot.Counted
		for more := true; more; {
			r := reader{parts: len(stored), changes: changes, read: func(_ context.Context, part int) ([]snapshot.Counted, error) { return stored[part], nil }}
			items, further, err := r.records(context.Background(), len(got), limit)
			if err != nil {
				t.Fatal(err)
			}
			got, more = append(got, items...), further
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatalf("(-want +got)\n%s", diff)
		}
	})
}
