package records

import (
	"slices"
	"testing"

	"pgregory.net/rapid"

	"outreach/internal/project"
	"outreach/internal/schema"
	"outreach/internal/store"
	"outreach/internal/uploads"
)

func TestFingerprintDependsOnlyOnGivenValues(t *testing.T) {
	t.Parallel()
	s := New(&store.DB{Secret: []byte("secret")}, nil, nil, nil)
	rapid.Check(t, func(t *rapid.T) {
		kind := rapid.SampledFrom(schema.Builtin().Kinds).Draw(t, "kind")
		values := map[string]string{}
		for _, f := range kind.Fields {
			values[f.Name] = rapid.SampledFrom([]string{"", "a", "b c"}).Draw(t, f.Name)
		}
		wider, err := schema.Extend(schema.Builtin(), project.RecordKind{Name: kind.Name, Plural: kind.Plural, Fields: []project.RecordField{{ID: "added", Type: "text"}}})
		if err != nil {
			t.Fatal(err)
		}
		other := *wider.Kind(kind.Name)
		other.Fields = rapid.Permutation(other.Fields).Draw(t, "order")
		reordered := schema.NewRegistry(&other).Kind(kind.Name)

		fingerprint := func(k *schema.Kind, values map[string]string) uploads.Fingerprint {
			row := k.Row(schema.ValuesOf(values))
			return s.Fingerprint("p", k, s.Natural("p", k, "who", row), s.SealRow("p", k, row))
		}
		want := fingerprint(kind, values)
		if got := fingerprint(reordered, values); got != want {
			t.Fatalf("fields added and reordered: %v, want %v", got, want)
		}
		changed := rapid.SampledFrom(kind.Fields).Draw(t, "changed")
		values[changed.Name] += "x"
		got := fingerprint(reordered, values)
		if changed.Privacy == schema.Identity {
			return // the person is not part of a fingerprint
		}
		if sameKey := got.Natural == want.Natural; sameKey == changed.Key || changed.Key != (got.Content == want.Content) {
			t.Fatalf("%s changed: %v, was %v", changed.Name, got, want)
		}
	})
}

// Content of version 0 was every value beside the key, given or not, in the order of the fields.
func TestFingerprintOfVersion0HashesAllValuesInOrder(t *testing.T) {
	t.Parallel()
	s := New(&store.DB{Secret: []byte("secret")}, nil, nil, nil)
	k := schema.Builtin().Kind(schema.Media)
	row := k.Row(schema.ValuesOf(map[string]string{"date": "2010-03-11", "medium": "tv", "title": "T", "outlet": "O", "reach": "7500", "source": "S", "url": "https://example.org"}))
	var want [8]byte
	decode(want[:], s.Seal("p", "content", "7500\x00\x00S\x00"+s.Seal("p", "text", "https://example.org")+"\x00\x00"))
	if got := s.FingerprintOfVersion0("p", k, s.SealRow("p", k, row)); got != want {
		t.Errorf("%x, want %x", got, want)
	}
	wider, err := schema.Extend(schema.Builtin(), project.RecordKind{Name: "media", Plural: "media", Fields: []project.RecordField{{ID: "added", Type: "text"}}})
	if err != nil {
		t.Fatal(err)
	}
	added := wider.Kind(schema.Media)
	if got := s.FingerprintOfVersion0("p", added, s.SealRow("p", added, append(slices.Clone(row), ""))); got != want {
		t.Errorf("with a field that nobody filled in: %x, want %x", got, want)
	}
	if got := s.FingerprintOfVersion0("p", added, s.SealRow("p", added, append(slices.Clone(row), "new"))); got == want {
		t.Error("a value that version 0 had no field for is like none of its time")
	}
}
