package uploads

import (
	"context"
	"strconv"

	"outreach/internal/project"
	"outreach/internal/schema"
	"outreach/internal/table"
)

// MediaSums are the sums over the media records of one partner: of each airing the last row that counts.
type MediaSums struct {
	Period  project.Period `json:"period"` // in which airings are summed
	Files   int            `json:"files"`  // that count
	All     Sum            `json:"all"`
	Mediums map[string]Sum `json:"mediums,omitempty"`
	Months  map[string]Sum `json:"months,omitempty"`
	Outside int            `json:"outside,omitempty"`  // airings outside the period
	TooMany bool           `json:"too_many,omitempty"` // there are more rows than mostSummed, and no sums
	Stale   bool           `json:"stale,omitempty"`    // the sums have to be computed anew: nothing else is set
}

// Sum is a number of airings and the sum of their reach.
type Sum struct {
	Airings int   `json:"airings"`
	Reach   int64 `json:"reach"`
}

func (s Sum) and(reach int64) Sum { return Sum{s.Airings + 1, s.Reach + reach} }

// mostSummed is how many rows are summed. Totals of more rows are in the reports.
const mostSummed = 100_000

// staleSums returns the operation that makes MediaSums compute anew after a file of media records began or ceased to
// count; none for other files.
func (s *Store) staleSums(project string, u Upload) []table.Op {
	if !isMedia(u) {
		return nil
	}
	return []table.Op{table.PutJSON(sumsKey(project, u.Owner), MediaSums{Stale: true}, table.Always)}
}

func isMedia(u Upload) bool { return u.Kind == schema.Builtin().Kind(schema.Media).Plural }

// MediaSums returns the sums over the media records of a partner. They are kept: computing them, which reads all rows,
// is left to whoever asks first after a file was accepted or withdrawn, or after the definition's period changed; that
// is usually the function that read the file.
func (s *Store) MediaSums(ctx context.Context, d *project.Definition, partner string) (MediaSums, error) {
	key := sumsKey(d.ID, partner)
	kept, rev, err := table.Load[MediaSums](ctx, s.Tracker, key)
	if err != nil || rev != 0 && !kept.Stale && kept.Period == d.Period {
		return kept, err
	}
	sums, err := s.sumMedia(ctx, d, partner)
	if err != nil {
		return sums, err
	}
	err = s.Tracker.Write(ctx, table.PutJSON(key, sums, table.At(rev)))
	if _, met := table.AsConflict(err); met {
		err = nil // another file meanwhile: these sums are not kept
	}
	return sums, err
}

// airing is what the sums need of a media record; zero outside the project's period.
type airing struct {
	month, medium string
	reach         int64
}

func (s *Store) sumMedia(ctx context.Context, d *project.Definition, partner string) (MediaSums, error) {
	sums := MediaSums{Period: d.Period, Mediums: map[string]Sum{}, Months: map[string]Sum{}}
	kind := schema.For(d).Kind(schema.Media)
	files, err := s.CountedUploads(ctx, d.ID, partner, kind.Plural)
	if err != nil {
		return sums, err
	}
	sums.Files = len(files)
	rows := 0
	for _, u := range files {
		rows += u.Rows
	}
	if sums.TooMany = rows > mostSummed; sums.TooMany {
		return sums, nil
	}
	latest := make(map[[16]byte]airing, rows)
	for _, u := range files {
		if err := s.overlay(ctx, d, u, kind, latest); err != nil {
			return sums, err
		}
	}
	for _, a := range latest {
		if a.month == "" {
			sums.Outside++
			continue
		}
		sums.All = sums.All.and(a.reach)
		sums.Mediums[a.medium] = sums.Mediums[a.medium].and(a.reach)
		sums.Months[a.month] = sums.Months[a.month].and(a.reach)
	}
	return sums, nil
}

// overlay sets the airings of a file in latest, which is by natural key. Fingerprints and lines are both in the order
// of the file.
func (s *Store) overlay(ctx context.Context, d *project.Definition, u Upload, kind *schema.Kind, latest map[[16]byte]airing) error {
	keys := make([][16]byte, 0, u.Rows)
	if err := s.Fingerprints(ctx, d.ID, u.ID, func(p Fingerprint) { keys = append(keys, p.Natural) }); err != nil {
		return err
	}
	for line, err := range s.Lines(ctx, d.ID, kind, u) {
		if err != nil || len(keys) == 0 {
			return err
		}
		latest[keys[0]] = readAiring(kind, line.Values, d.Period)
		keys = keys[1:]
	}
	return nil
}

// readAiring returns the airing of a row.
func readAiring(kind *schema.Kind, row schema.Row, period project.Period) airing {
	reach, err := strconv.ParseInt(kind.Get(row, "reach"), 10, 64)
	day := kind.Get(row, "date")
	if err != nil || !period.Contains(day) {
		return airing{}
	}
	return airing{month: day[:len("2006-01")], medium: kind.Get(row, "medium"), reach: reach}
}
