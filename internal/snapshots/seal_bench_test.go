package snapshots

import (
	"iter"
	"slices"
	"testing"

	"golang.org/x/mod/sumdb/tlog"

	"outreach/internal/snapshot"
	"outreach/internal/store"
)

// What the seal costs: of evidence that is stored whole for each record, of evidence that continues for each record
// that was there.
func BenchmarkSeal(b *testing.B) {
	s := New(&store.DB{Secret: make([]byte, 32)})
	const n = 100_000
	list := records(n)
	for i := range list {
		list[i].Kind, list[i].Date, list[i].Upload, list[i].Row, list[i].Adds, list[i].What = "media", "2026-01-31", list[i].ID, i, "12500", "Radio Zamość: Rozmowa"
	}
	b.Run("whole", func(b *testing.B) {
		for b.Loop() {
			s.EvidenceRoot("p", []string{"1"}, func(string) iter.Seq[snapshot.Counted] { return slices.Values(list) })
		}
		b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/n, "ns/record")
	})
	b.Run("continued", func(b *testing.B) {
		leaves := make([]byte, n*tlog.HashSize)
		since := Since{leaves: map[string][]byte{"1": leaves}, index: Index{Figures: map[string]figure{"1": {}}}, Changes: func(string) ([]snapshot.Change, bool) { return []snapshot.Change{{At: 7, Row: &list[0]}}, true }}
		for b.Loop() {
			if _, _, err := since.changes("1", func(r snapshot.Counted) tlog.Hash { return r.Leaf("") }); err != nil {
				b.Fatal(err)
			}
		}
		b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/n, "ns/record")
	})
}
