package snapshot

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"testing"

	"github.com/gowebpki/jcs"
	"golang.org/x/mod/sumdb/tlog"
	"pgregory.net/rapid"
)

func TestTreeHasTheRootOfRFC6962(t *testing.T) {
	t.Parallel()
	var tree Tree
	var stored []tlog.Hash
	read := tlog.HashReaderFunc(func(places []int64) ([]tlog.Hash, error) {
		out := make([]tlog.Hash, len(places))
		for i, place := range places {
			out[i] = stored[place]
		}
		return out, nil
	})
	if got, want := tree.Root(), "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"; got != want {
		t.Errorf("without leaves: got %s, want %s", got, want)
	}
	for n := range int64(130) {
		text := fmt.Appendf(nil, "leaf %d", n)
		hashes, err := tlog.StoredHashes(n, text, read)
		if err != nil {
			t.Fatal(err)
		}
		stored = append(stored, hashes...)
		tree.Add(tlog.RecordHash(text))
		want, err := tlog.TreeHash(n+1, read)
		if err != nil {
			t.Fatal(err)
		}
		if got := tree.Root(); got != "sha256:"+hex.EncodeToString(want[:]) || tree.Leaves() != n+1 {
			t.Fatalf("%d leaves: got %s, want %x", n+1, got, want)
		}
	}
}

func TestLeafIsTheCanonicalJSONOfTheRecord(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		c := Counted{What: rapid.String().Draw(t, "what"), Total: "17", Adds: rapid.SampledFrom([]json.Number{"", "0", "1", "7.5", "-12500", "0.25"}).Draw(t, "adds")}
		c.Fields = Fields{{Name: "outcome", Value: "completed"}}
		c.ID, c.Kind, c.Date = rapid.String().Draw(t, "id"), "media", "2026-01-31"
		c.Person, c.Upload, c.Row = rapid.String().Draw(t, "person"), rapid.String().Draw(t, "upload"), rapid.IntRange(0, 200_000).Draw(t, "row")
		plain := struct {
			Counted
			Total json.Number `json:"total,omitempty"` // is no part of it
			Salt  string      `json:"salt"`
		}{Counted: c, Salt: "5a17"}
		body, err := json.Marshal(plain)
		if err != nil {
			t.Fatal(err)
		}
		var members map[string]any
		if err := json.Unmarshal(body, &members); err != nil {
			t.Fatal(err)
		}
		delete(members, "fields")
		if c.ID == "" {
			delete(members, "id")
		}
		if body, err = json.Marshal(members); err != nil {
			t.Fatal(err)
		}
		want, err := jcs.Transform(body)
		if err != nil {
			t.Fatal(err)
		}
		if got := string(c.Canonical(nil, "5a17")); got != string(want) {
			t.Fatalf("got  %s\nwant %s", got, want)
		}
	})
}

func TestSealCoversHashAndRoot(t *testing.T) {
	t.Parallel()
	root := EvidenceRoot([]Branch{{"b", 2, "sha256:02"}, {"a", 1, "sha256:01"}})
	if again := EvidenceRoot([]Branch{{"a", 1, "sha256:01"}, {"b", 2, "sha256:02"}}); again != root {
		t.Errorf("the order of the figures matters: %s and %s", root, again)
	}
	left := tlog.RecordHash([]byte(`{"code":"a","records":1,"root":"sha256:01"}`))
	right := tlog.RecordHash([]byte(`{"code":"b","records":2,"root":"sha256:02"}`))
	if want := tlog.NodeHash(left, right); root != "sha256:"+hex.EncodeToString(want[:]) {
		t.Errorf("root %s, want %x", root, want)
	}
	if got, want := Seal("sha256:aa", root), fmt.Sprintf("sha256:%x", sha256.Sum256([]byte("sha256:aa"+root))); got != want {
		t.Errorf("seal %s, want %s", got, want)
	}
}
