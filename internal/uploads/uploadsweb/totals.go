package uploadsweb

import (
	"maps"
	"slices"

	"outreach/internal/page"
	"outreach/internal/schema"
	"outreach/internal/uploads"
	"outreach/internal/web"
)

// ownTotals returns the sums over the media records of a partner, nil if no file counts.
func (h Handlers) ownTotals(c *web.Call, partner string) (*page.OwnTotals, error) {
	sums, err := h.uploads.MediaSums(c.Context(), c.Defined.Definition, partner)
	if err != nil || sums.Files == 0 {
		return nil, err
	}
	line := func(name string, s uploads.Sum) page.OwnLine {
		return page.OwnLine{Name: name, Airings: s.Airings, Reach: s.Reach}
	}
	out := &page.OwnTotals{AsOf: c.Site.DB.Now(), TooMany: sums.TooMany, Outside: sums.Outside, All: line("", sums.All)}
	for _, o := range schema.For(c.Defined.Definition).Kind(schema.Media).Field("medium").Options(c.Defined.Definition) {
		if s, there := sums.Mediums[o.ID]; there {
			out.Mediums = append(out.Mediums, line(o.Label.In(c.Language), s))
		}
	}
	for _, month := range slices.Sorted(maps.Keys(sums.Months)) {
		out.Months = append(out.Months, line(c.Messages().Month(month), sums.Months[month]))
	}
	return out, nil
}
