package compile_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"outreach/internal/objects"
	"outreach/internal/snapshot"
	"outreach/internal/snapshots"
	"outreach/internal/snapshots/compile"
	"outreach/internal/store"
	"outreach/internal/table"
	"outreach/internal/web/webtest"
)

// shown is all that is shown of the snapshots of a project, as text by what it is: an error says that it is damaged.
func (tr tracker) shown(ctx context.Context, ids []string) (out map[string]string, err error) {
	out = map[string]string{}
	show := func(what string, value any, failed error) {
		if failed == nil {
			text, _ := json.Marshal(value)
			out[what] = string(text)
		} else if errors.Is(failed, store.ErrDamaged) {
			out[what] = "damaged"
		} else {
			err = errors.Join(err, fmt.Errorf("%s: %w", what, failed))
		}
	}
	one := func(what string, kept snapshots.Kept, failed error) {
		show(what+" item", kept, failed)
		if failed != nil {
			return
		}
		snap, failed := tr.Snapshots.Snapshot(ctx, kept)
		show(what+" figures", snap, failed)
		for _, code := range []string{"1", "participants"} {
			items, _, failed := tr.Snapshots.Evidence(ctx, kept, code, 0, 10)
			show(what+" evidence "+code, items, failed)
			items, failed = nil, nil
			for item, err := range tr.Snapshots.AllEvidence(ctx, kept, code) {
				if failed = err; err == nil {
					items = append(items, item)
				}
			}
			show(what+" all evidence "+code, items, failed)
		}
	}
	for i, id := range ids {
		kept, failed := tr.Snapshots.KeptSnapshot(ctx, webtest.Project, id)
		if store.IsNotFound(failed) {
			failed = store.ErrDamaged // there is no snapshot to show
		}
		one(fmt.Sprint(i), kept, failed)
	}
	kept, failed := tr.Snapshots.NewestApproved(ctx, webtest.Project, "")
	one("approved", kept, failed)
	kept, failed = tr.Snapshots.Newest(ctx, webtest.Project)
	one("newest", kept, failed)
	for _, state := range []string{"", snapshot.Approved} {
		page, failed := tr.Snapshots.Snapshots(ctx, webtest.Project, state, 50, "")
		show("list of "+state, page.Items, failed)
	}
	return out, err
}

// sealed is a project with two approved snapshots: the second continues the evidence of the first, and names its seal.
func sealed(t *testing.T) (tr tracker, ids []string) {
	t.Helper()
	tr = newTracker(t)
	for _, day := range []string{"2026-05-10", "2026-05-12", "2026-06-01"} {
		tr.attend(t, day+"@example.org", day)
	}
	first := tr.compile(t, yesterday, "3", true)
	tr.attend(t, "later@example.org", "2026-05-11")
	second := tr.compile(t, today, "4", true)
	for _, kept := range []snapshots.Kept{first, second} {
		if _, err := tr.Snapshots.Decide(t.Context(), webtest.Project, kept.ID, snapshot.Approved, "", ""); err != nil {
			t.Fatal(err)
		}
		ids = append(ids, kept.ID)
	}
	return tr, ids
}

func (tr tracker) keys(t testing.TB, prefixes ...string) (keys []string) {
	t.Helper()
	for _, prefix := range prefixes {
		if err := tr.DB.Objects.List(context.Background(), prefix, func(i objects.Info) error { keys = append(keys, i.Key); return nil }); err != nil {
			t.Fatal(err)
		}
	}
	return keys
}

// stored is an object or an item.
type stored struct {
	name    string
	data    []byte
	replace func(ctx context.Context, data []byte) error // nil removes it
}

func (tr tracker) stored(t testing.TB) (all []stored) {
	t.Helper()
	ctx := context.Background()
	for _, key := range tr.keys(t, "snapshots/"+webtest.Project+"/", "checkpoints/"+webtest.Project+"/") {
		data := get(t, tr.DB.Objects, key)
		all = append(all, stored{key, data, func(ctx context.Context, data []byte) error {
			if data == nil {
				return tr.DB.Objects.Delete(ctx, key)
			}
			return tr.DB.Objects.Put(ctx, key, strings.NewReader(string(data)), "application/json")
		}})
	}
	for _, pk := range []string{"SNAPSHOTS#", "LATEST#", "APPROVED#", "APPROVALS#"} {
		page, err := tr.DB.Tracker.Query(ctx, table.Query{PK: pk + webtest.Project})
		if err != nil || len(page.Items) == 0 {
			t.Fatalf("%s: %d items, %v", pk, len(page.Items), err)
		}
		for _, item := range page.Items {
			all = append(all, stored{item.PK + "/" + item.SK, item.Data, func(ctx context.Context, data []byte) error {
				if data == nil {
					return tr.DB.Tracker.Write(ctx, table.Remove(item.Key, table.Always))
				}
				item.Data = data
				return tr.DB.Tracker.Write(ctx, table.Op{Verb: table.Put, Item: item})
			}})
		}
	}
	return all
}

// unused returns the parts of evidence that are those of no snapshot.
func (tr tracker) unused(t testing.TB, ids []string) (out []string) {
	t.Helper()
	var indexes strings.Builder
	for _, id := range ids {
		indexes.Write(get(t, tr.DB.Objects, "snapshots/"+webtest.Project+"/"+id+"/evidence.json"))
	}
	at := "snapshots/" + webtest.Project + "/evidence/"
	for _, key := range tr.keys(t, at) {
		if !strings.Contains(indexes.String(), strings.TrimSuffix(strings.TrimPrefix(key, at), ".json")) {
			out = append(out, key)
		}
	}
	return out
}

func get(t testing.TB, files objects.Store, key string) []byte {
	t.Helper()
	body, _, err := files.Open(context.Background(), key, "")
	if err != nil {
		t.Fatal(err)
	}
	defer body.Close()
	data, err := io.ReadAll(body)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// Whatever is altered in whatever is stored, each page shows what it showed before, or says that it is damaged.
func TestNothingAlteredIsShown(t *testing.T) {
	t.Parallel()
	tr, ids := sealed(t)
	before, err := tr.shown(t.Context(), ids)
	if err != nil {
		t.Fatal(err)
	}
	for what, text := range before {
		if text == "damaged" {
			t.Fatalf("%s is damaged before anything was altered", what)
		}
	}
	all := tr.stored(t)
	rapid.Check(t, func(t *rapid.T) {
		target := all[rapid.IntRange(0, len(all)-1).Draw(t, "which")]
		var altered []byte
		switch how := rapid.SampledFrom([]string{"flip", "flip", "flip", "truncate", "digit", "other"}).Draw(t, "how"); how {
		case "flip":
			altered = slices.Clone(target.data)
			altered[rapid.IntRange(0, len(altered)-1).Draw(t, "byte")] ^= 1 << rapid.IntRange(0, 7).Draw(t, "bit")
		case "truncate":
			altered = target.data[:rapid.IntRange(1, len(target.data)-1).Draw(t, "length")]
		case "digit":
			altered = []byte(strings.NewReplacer("3", "9", "4", "9").Replace(string(target.data)))
		case "other": // another object of the same kind
			altered = all[rapid.IntRange(0, len(all)-1).Draw(t, "other")].data
		}
		if err := target.replace(context.Background(), altered); err != nil {
			t.Skip("the store refuses it") // an item that is no JSON
		}
		defer func() {
			if err := target.replace(context.Background(), target.data); err != nil {
				t.Fatal(err)
			}
		}()
		after, err := tr.shown(context.Background(), ids)
		if err != nil {
			t.Fatalf("%s altered to %q: %v", target.name, altered, err)
		}
		for what, text := range after {
			if text != "damaged" && text != before[what] {
				t.Fatalf("%s altered to %q: %s is shown as\n%s\ninstead of\n%s", target.name, altered, what, text, before[what])
			}
		}
	})
}

// What is altered, truncated or deleted is found by verification, and is as it was once it was computed again.
func TestVerificationFindsWhatWasAlteredAndRecomputeRestoresIt(t *testing.T) {
	t.Parallel()
	tr, ids := sealed(t)
	before, err := tr.shown(t.Context(), ids)
	if err != nil {
		t.Fatal(err)
	}
	verify := func(id string) compile.Verification {
		t.Helper()
		kept, err := tr.Snapshots.KeptSnapshot(t.Context(), webtest.Project, id)
		if err != nil {
			kept = snapshots.Kept{Project: webtest.Project, ID: id}
		}
		return tr.verify(t, kept)
	}
	if v := verify(ids[1]); !v.Same || len(v.Differs) > 0 || v.Seal == nil || *v.Seal != *v.Sealed {
		t.Fatalf("before anything was altered: %+v", v)
	}
	part := func(name string) string {
		switch {
		case strings.HasSuffix(name, "/"+ids[1]+"/snapshot.json"):
			return compile.PartSnapshot
		case strings.HasSuffix(name, "/"+ids[1]+"/evidence.json"), strings.Contains(name, "/evidence/"):
			return compile.PartEvidence
		case strings.HasSuffix(name, ".parquet"):
			return compile.PartCheckpoint
		case name == "SNAPSHOTS#"+webtest.Project+"/"+ids[1]:
			return compile.PartItem
		}
		return ""
	}
	for _, id := range ids { // so that each part is one of a snapshot
		if _, err := tr.Recompute(t.Context(), webtest.Project, id); err != nil {
			t.Fatal(err)
		}
	}
	unused := strings.Join(tr.unused(t, ids), " ")
	found := map[string]int{}
	for _, target := range tr.stored(t) {
		want := part(target.name)
		if want == "" || strings.Contains(unused, target.name) {
			continue
		}
		for how, altered := range map[string][]byte{"flip": append([]byte{target.data[0] ^ 1}, target.data[1:]...), "truncate": target.data[:len(target.data)/2], "delete": nil} {
			if err := target.replace(t.Context(), altered); err != nil {
				continue // an item that is no JSON
			}
			differs := append(verify(ids[0]).Differs, verify(ids[1]).Differs...) // which share parts
			if !slices.Contains(differs, want) {
				t.Errorf("%s of %s: %v, want %s to differ", how, target.name, differs, want)
			}
			found[want]++
			if want == compile.PartCheckpoint {
				if err := target.replace(t.Context(), target.data); err != nil {
					t.Fatal(err)
				}
				continue
			}
			for _, id := range ids {
				if _, err := tr.Recompute(t.Context(), webtest.Project, id); err != nil {
					t.Fatalf("%s of %s: %v", how, target.name, err)
				}
			}
			after, err := tr.shown(t.Context(), ids)
			if err != nil {
				t.Fatal(err)
			}
			for what, text := range after {
				if withoutIndex(text) != withoutIndex(before[what]) {
					t.Errorf("%s of %s: computed again, %s is\n%s\nwant\n%s", how, target.name, what, text, before[what])
				}
			}
			if v := verify(ids[1]); !v.Same {
				t.Errorf("%s of %s: computed again, %+v", how, target.name, v)
			}
		}
	}
	for _, part := range []string{compile.PartSnapshot, compile.PartEvidence, compile.PartCheckpoint, compile.PartItem} {
		if found[part] == 0 {
			t.Errorf("no %s was altered", part)
		}
	}
}

// withoutIndex removes what may differ between two indexes of the same evidence.
func withoutIndex(item string) string { return indexed.ReplaceAllString(item, "") }

var indexed = regexp.MustCompile(`"(index|check)":"[0-9a-f]{64}",?`)

// A fact that was altered gives other figures: nothing is replaced by them.
func TestRecomputeKeepsASnapshotThatTheFactsDoNotGive(t *testing.T) {
	t.Parallel()
	tr, ids := sealed(t)
	before, err := tr.shown(t.Context(), ids)
	if err != nil {
		t.Fatal(err)
	}
	altered := 0
	for lane := range 8 {
		for _, pk := range []string{fmt.Sprintf("FACT#%s#%d#0", webtest.Project, lane)} {
			page, err := tr.DB.Tracker.Query(t.Context(), table.Query{PK: pk})
			if err != nil {
				t.Fatal(err)
			}
			for _, item := range page.Items {
				if text := string(item.Data); strings.Contains(text, "2026-06-01") && strings.Contains(text, "record.said") {
					item.Data = []byte(strings.ReplaceAll(text, "2026-06-01", "2026-05-02"))
					altered++
					if err := tr.DB.Tracker.Write(t.Context(), table.Op{Verb: table.Put, Item: item}); err != nil {
						t.Fatal(err)
					}
				}
			}
		}
	}
	if altered != 1 {
		t.Fatalf("%d facts were altered", altered)
	}
	kept, err := tr.Snapshots.KeptSnapshot(t.Context(), webtest.Project, ids[1])
	if err != nil {
		t.Fatal(err)
	}
	if v := tr.verify(t, kept); v.Same || !slices.Contains(v.Differs, compile.PartFacts) {
		t.Errorf("verified: %+v", v)
	}
	if _, err := tr.Recompute(t.Context(), webtest.Project, ids[1]); !errors.Is(err, compile.ErrNotSame) {
		t.Errorf("computed again: %v", err)
	}
	after, err := tr.shown(t.Context(), ids)
	if err != nil {
		t.Fatal(err)
	}
	for what, text := range after {
		if text != before[what] {
			t.Errorf("%s is now %s", what, text)
		}
	}
}

// The seal is that of the evidence, whether it was stored whole or continues an earlier one, and is kept by an erasure.
func TestContinuedEvidenceHasTheSameSeal(t *testing.T) {
	t.Parallel()
	tr, ids := sealed(t)
	kept, err := tr.Snapshots.KeptSnapshot(t.Context(), webtest.Project, ids[1])
	if err != nil {
		t.Fatal(err)
	}
	again, err := tr.Recompute(t.Context(), webtest.Project, ids[1])
	if err != nil || again.Seal() != kept.Seal() || again.Index == kept.Index {
		t.Errorf("stored whole: %+v, %v; continued: %+v", again, err, kept)
	}
	if kept.Previous == nil || kept.Previous.ID != ids[0] || kept.Previous.Seal == "" {
		t.Errorf("approved after %+v, want %s", kept.Previous, ids[0])
	}
}

// What is listed has no identity and stays as it was sealed, though the facts have another random id of the person.
func TestErasureKeepsTheSeal(t *testing.T) {
	t.Parallel()
	tr, ids := sealed(t)
	kept, err := tr.Snapshots.KeptSnapshot(t.Context(), webtest.Project, ids[1])
	if err != nil {
		t.Fatal(err)
	}
	items, _, err := tr.Snapshots.Evidence(t.Context(), kept, "1", 0, 1)
	if err != nil || len(items) != 1 {
		t.Fatal(items, err)
	}
	if err := tr.Privacy.Erase(t.Context(), webtest.Project, items[0].Person, ""); err != nil {
		t.Fatal(err)
	}
	v := tr.verify(t, kept)
	if len(v.Erasures) != 1 || !v.Same || v.Computed != kept.Hash || *v.Seal != kept.Seal() {
		t.Errorf("after an erasure: %+v", v)
	}
	if _, err := tr.Snapshots.Snapshot(t.Context(), kept); err != nil {
		t.Error(err)
	}
}
