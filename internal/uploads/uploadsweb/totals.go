package uploadsweb

import (
	"maps"
	"slices"
	"strconv"

	"outreach/internal/page"
	"outreach/internal/schema"
	"outreach/internal/uploads"
	"outreach/internal/web"
)

// maxSummed is how many rows are summed within a request. Totals of more rows are in the reports.
const maxSummed = 100_000

// airing is what the totals need of a media record; zero outside the project's period.
type airing struct {
	month, medium string
	reach         int64
}

// ownTotals sums the media records of a partner: of each airing the last row that counts. It returns nil if no file
// counts. Airings outside the project's period are only counted as such.
func (h Handlers) ownTotals(c *web.Call, partner string) (*page.OwnTotals, error) {
	kind := schema.For(c.Defined.Definition).Kind(schema.Media)
	files, err := h.uploads.CountedUploads(c.Context(), c.Project, partner, kind.Plural)
	if err != nil || len(files) == 0 {
		return nil, err
	}
	rows := 0
	for _, u := range files {
		rows += u.Rows
	}
	out := &page.OwnTotals{AsOf: c.Site.DB.Now()}
	if rows > maxSummed {
		out.TooMany = true
		return out, nil
	}
	latest := make(map[[16]byte]airing, rows)
	for _, u := range files {
		if err := h.overlay(c, u, kind, latest); err != nil {
			return nil, err
		}
	}
	mediums, months := map[string]*page.OwnLine{}, map[string]*page.OwnLine{}
	for _, a := range latest {
		if a.month == "" {
			out.Outside++
			continue
		}
		add(&out.All, a.reach)
		for name, lines := range map[string]map[string]*page.OwnLine{a.medium: mediums, a.month: months} {
			if lines[name] == nil {
				lines[name] = &page.OwnLine{Name: name}
			}
			add(lines[name], a.reach)
		}
	}
	for _, o := range kind.Field("medium").Options(c.Defined.Definition) {
		if line := mediums[o.ID]; line != nil {
			line.Name = o.Label.In(c.Language)
			out.Mediums = append(out.Mediums, *line)
		}
	}
	for _, month := range slices.Sorted(maps.Keys(months)) {
		line := *months[month]
		line.Name = c.Messages().Month(month)
		out.Months = append(out.Months, line)
	}
	return out, nil
}

// add counts an airing.
func add(line *page.OwnLine, reach int64) {
	line.Airings++
	line.Reach += reach
}

// overlay sets the airings of a file in latest, which is by natural key. Fingerprints and lines are both in the order
// of the file.
func (h Handlers) overlay(c *web.Call, u uploads.Upload, kind *schema.Kind, latest map[[16]byte]airing) error {
	keys := make([][16]byte, 0, u.Rows)
	if err := h.uploads.Fingerprints(c.Context(), c.Project, u.ID, func(p uploads.Fingerprint) { keys = append(keys, p.Natural) }); err != nil {
		return err
	}
	period := c.Defined.Definition.Period
	for line, err := range h.uploads.Lines(c.Context(), c.Project, kind, u) {
		if err != nil || len(keys) == 0 {
			return err
		}
		latest[keys[0]] = read(kind, line.Values, period.Contains)
		keys = keys[1:]
	}
	return nil
}

// read returns the airing of a row.
func read(kind *schema.Kind, row schema.Row, inPeriod func(day string) bool) airing {
	reach, err := strconv.ParseInt(kind.Get(row, "reach"), 10, 64)
	day := kind.Get(row, "date")
	if err != nil || !inPeriod(day) {
		return airing{}
	}
	return airing{month: day[:len("2006-01")], medium: kind.Get(row, "medium"), reach: reach}
}
