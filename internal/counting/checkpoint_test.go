package counting_test

import (
	"bytes"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"outreach/internal/counting"
	"outreach/internal/counting/checkpoint"
	"outreach/internal/fact"
	"outreach/internal/schema"
)

// throughFile writes a fold to a checkpoint and reads it back.
func throughFile(t interface {
	Helper()
	Fatal(...any)
	Fatalf(string, ...any)
}, f *counting.Fold) *counting.Fold {
	t.Helper()
	heads := fact.Heads{1, 2, 3, 4, 5, 6, 7, 1 << 40}
	var file bytes.Buffer
	if err := checkpoint.Write(&file, f, heads, checkpoint.Counts{}); err != nil {
		t.Fatal(err)
	}
	back, read, err := checkpoint.Read(bytes.NewReader(file.Bytes()), int64(file.Len()), schema.Builtin())
	if err != nil {
		t.Fatal(err)
	}
	if read != heads {
		t.Fatalf("heads %v, want %v", read, heads)
	}
	return back
}

func TestFoldRestoredFromACheckpointContinuesAsTheWhole(t *testing.T) {
	t.Parallel()
	rules := mustRules(t, definition)
	rapid.Check(t, func(t *rapid.T) {
		h := drawHistory(t)
		asOf := drawDay(t)
		whole := counting.New(schema.Builtin())
		h.apply(t, whole, h.facts)

		order := rapid.Permutation(h.facts).Draw(t, "order")
		steps := counting.New(schema.Builtin())
		for step := range 3 {
			n := len(order)
			if step < 2 {
				n = rapid.IntRange(0, len(order)).Draw(t, "step")
			}
			h.apply(t, steps, order[:n])
			if rapid.Bool().Draw(t, "a pack is still missing") {
				for _, one := range order[n:] {
					if one.Kind == fact.KindUploadAccepted {
						if err := steps.Apply(one); err != nil {
							t.Fatal(err)
						}
					}
				}
			}
			order = order[n:]
			if step == 2 {
				break
			}
			back := throughFile(t, steps)
			if diff := cmp.Diff(steps.Live().Dump(), back.Live().Dump()); diff != "" {
				t.Fatalf("(-written +read)\n%s", diff)
			}
			steps = back
		}
		h.apply(t, steps, rapid.SliceOf(rapid.SampledFrom(h.facts)).Draw(t, "again"))
		if diff := cmp.Diff(whole.Live().Dump(), steps.Live().Dump()); diff != "" {
			t.Fatalf("(-whole +steps)\n%s", diff)
		}
		if a, b := hash(t, rules, whole, asOf), hash(t, rules, steps, asOf); a != b {
			t.Fatalf("hash %s, by steps %s", a, b)
		}
	})
}
