package importer

import (
	"crypto/sha256"
	"math/big"
	"slices"
	"strconv"
	"testing"

	"pgregory.net/rapid"

	"outreach/internal/schema"
)

// The sums are those of the minutes of each key, in whatever order the rows come, and each row is a record or was added
// to one.
func TestSumsDoNotDependOnTheOrderOfRows(t *testing.T) {
	t.Parallel()
	kind := schema.Builtin().Kind("attendance")
	at := kind.Index("hours")
	rapid.Check(t, func(t *rapid.T) {
		type joined struct{ who, minutes int }
		rows := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) joined {
			return joined{rapid.IntRange(0, 4).Draw(t, "who"), rapid.IntRange(0, 600).Draw(t, "minutes")}
		}), 1, 40).Draw(t, "rows")
		want := map[string]int64{}
		for _, r := range rows {
			want[strconv.Itoa(r.who)] += int64(r.minutes)
		}
		for _, order := range [][]joined{rows, rapid.Permutation(rows).Draw(t, "order")} {
			s := NewSums(&Mapping{Kind: kind, Sum: []Summed{{Field: kind.Field("hours"), Durations: true}}})
			line := func(i int) Line {
				l := Line{Kind: kind, Row: i + 2, Entry: schema.Entry{Row: make(schema.Row, len(kind.Fields))}}
				hours, _ := strconv.ParseFloat(big.NewRat(int64(order[i].minutes), 60).FloatString(6), 64)
				l.Entry.Row[at] = schema.Number(hours)
				return l
			}
			for i, r := range order {
				sum := sha256.Sum256([]byte(strconv.Itoa(r.who)))
				s.Add(line(i).Place(), [16]byte(sum[:16]))
			}
			s.Group()
			for i := range order {
				s.Take(line(i))
			}
			got, records := map[string]string{}, 0
			for i, r := range order {
				if l := line(i); s.Apply(l) {
					records++
					got[strconv.Itoa(r.who)] = l.Entry.Row[at]
					if first := slices.IndexFunc(order, func(o joined) bool { return o.who == r.who }); first != i {
						t.Fatalf("row %d is the record, and not row %d", i, first)
					}
				}
			}
			var warnings Findings
			s.Warn(Checked{}, &warnings)
			added := 0
			for _, w := range warnings.List {
				added += w.Count
			}
			if records+added != len(order) || records != len(want) {
				t.Fatalf("%d records and %d rows added, of %d rows of %d keys", records, added, len(order), len(want))
			}
			for who, minutes := range want {
				hours, _ := strconv.ParseFloat(big.NewRat(minutes, 60).FloatString(6), 64)
				if got[who] != schema.Number(hours) {
					t.Fatalf("%s: %s hours, want %s", who, got[who], schema.Number(hours))
				}
			}
		}
	})
}
