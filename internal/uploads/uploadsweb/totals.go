package handler

import (
	"cmp"
	"maps"
	"slices"
	"strconv"

	"outreach/internal/page"
	"outreach/internal/schema"
	"outreach/internal/table"
	"outreach/internal/uploads"
	"outreach/internal/web"
)

// mostAdded is how many rows are added up while somebody waits; of more the reports tell.
const mostAdded = 100_000

// airing is what totals need of one.
type airing struct {
	month, medium string
	reach         int64
}

// own adds up what a partner's files say now: of each airing what the last file that counts says of it. An airing outside
// the project's period does not count.
func own(c *web.Call, partner string) (*page.OwnTotals, error) {
	files, rows, err := counting(c, partner)
	if err != nil || len(files) == 0 {
		return nil, err
	}
	out := &page.OwnTotals{AsOf: c.Site.DB.Now()}
	if rows > mostAdded {
		out.TooMany = true
		return out, nil
	}
	said := make(map[[16]byte]airing, rows)
	for _, u := range files {
		if err := lay(c, u, said); err != nil {
			return nil, err
		}
	}
	mediums, months := map[string]*page.OwnLine{}, map[string]*page.OwnLine{}
	for _, a := range said {
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
	for _, o := range schema.Builtin().Kind(schema.Media).Field("medium").Options(c.Defined.Definition) {
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

func add(line *page.OwnLine, reach int64) {
	line.Airings++
	line.Reach += reach
}

// counting are a partner's files that count, in the order in which they arrived, and how many rows they have.
func counting(c *web.Call, partner string) (files []uploads.Upload, rows int, err error) {
	all, err := web.All(func(cursor string) (table.PageOf[uploads.Upload], error) {
		return c.Site.Uploads.Uploads(c.Context(), c.Project, partner, table.MostPage, cursor)
	})
	for _, u := range all {
		if u.State == uploads.AcceptedUp && u.SameAs == "" && u.Kind == schema.Builtin().Kind(schema.Media).Plural {
			files = append(files, u)
			rows += u.Rows
		}
	}
	slices.SortFunc(files, func(a, b uploads.Upload) int {
		return cmp.Or(a.Arrived.Compare(b.Arrived), cmp.Compare(a.Object, b.Object))
	})
	return files, rows, err
}

// lay lays a file over what was said before. Its fingerprints are in the order of its rows.
func lay(c *web.Call, u uploads.Upload, said map[[16]byte]airing) error {
	keys := make([][16]byte, 0, u.Rows)
	if err := c.Site.Uploads.Fingerprints(c.Context(), c.Project, u.ID, func(p uploads.Fingerprint) { keys = append(keys, p.Natural) }); err != nil {
		return err
	}
	period := c.Defined.Definition.Period
	for line, err := range c.Site.Uploads.Lines(c.Context(), c.Project, u) {
		if err != nil || len(keys) == 0 {
			return err
		}
		said[keys[0]] = read(line.Values, period.Contains)
		keys = keys[1:]
	}
	return nil
}

func read(row schema.Row, inPeriod func(day string) bool) airing {
	reach, err := strconv.ParseInt(schema.Builtin().Kind(schema.Media).Get(row, "reach"), 10, 64)
	day := schema.Builtin().Kind(schema.Media).Get(row, "date")
	if err != nil || !inPeriod(day) {
		return airing{}
	}
	return airing{month: day[:len("2006-01")], medium: schema.Builtin().Kind(schema.Media).Get(row, "medium"), reach: reach}
}
