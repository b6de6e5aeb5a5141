package register

import (
	"context"
	"slices"
	"strconv"
	"strings"

	"outreach/internal/importer"
	"outreach/internal/people"
	"outreach/internal/project"
	"outreach/internal/schema"
)

// MostCompared is how many rows another system's list may have, and MostListed how many people each list of a
// comparison has at most; the counts have all of them.
const (
	MostCompared = 100_000
	MostListed   = 1000
)

// Comparison is a list of another system beside the project's own.
type Comparison struct {
	Theirs, Ours, Same int      // rows of the list, participants, and pairs that agree in all columns
	OnlyTheirs         []Theirs // in the order of the list
	OnlyOurs           []*Row
	Differ             []Pair
	Twice              []Theirs // rows about a person whom an earlier row is about
	Lacks              []string // columns of the export that the list does not have
	Further            []string // columns of the list that the export does not have
}

// Theirs is a row of the other system's list.
type Theirs struct {
	Row   int      // as a spreadsheet numbers it
	Cells []string // in the order of the export's columns
}

// Pair is one person in both lists, and the columns in which these differ.
type Pair struct {
	Theirs Theirs
	Ours   *Row
	Cells  []Difference
}

// Difference is a cell that differs.
type Difference struct{ Header, Theirs, Ours string }

// Compare compares a list with the participants: people are matched by their keys, else by their names. The columns of
// the list may be in any order. A problem says what is wrong with the list; it concerns the field "file".
func (x *Exporter) Compare(ctx context.Context, d *project.Definition, file importer.File, rows []Row) (Comparison, *schema.Problem, error) {
	m := x.matcher(d)
	table, problem, err := importer.ReadListing(ctx, file, m.isHead, MostCompared)
	if err != nil {
		return Comparison{}, nil, err
	}
	if problem != nil {
		problem.Field = "file"
		if problem.Code == schema.MissingColumn {
			problem.Code, problem.Hint = schema.Unreadable, "header_export"
			problem.Args = map[string]string{"list": strings.Join(m.sought(), ", ")}
		}
		return Comparison{}, problem, nil
	}
	return m.compare(table, rows), nil, nil
}

// matcher matches rows of a list with participants.
type matcher struct {
	*Exporter
	country string
	keys    []int // columns of the export with a key, the surest first
	first   int   // the columns of the names, of the year of birth and of the age; -1: none
	last    int
	year    int
	years   int
}

func (x *Exporter) matcher(d *project.Definition) *matcher {
	at := func(name string) int {
		return slices.IndexFunc(x.Export.Columns, func(c project.ExportColumn) bool { return c.Field == name && len(c.Codes) == 0 })
	}
	m := &matcher{Exporter: x, country: schema.Country(d), first: at("first_name"), last: at("last_name"), year: at("birth_year"), years: at(Age)}
	var shared []int
	for _, name := range append([]string{ID, project.KeyPesel}, append(slices.Clone(d.PersonKeys()), project.KeyEmail, project.KeyPhone)...) {
		switch i := at(name); {
		case i < 0 || slices.Contains(m.keys, i) || slices.Contains(shared, i):
		case name == project.KeyEmail || name == project.KeyPhone:
			shared = append(shared, i)
		default:
			m.keys = append(m.keys, i)
		}
	}
	m.keys = append(m.keys, shared...)
	return m
}

// sought returns the headers by one of which people are matched.
func (m *matcher) sought() []string {
	var out []string
	for _, i := range m.keys {
		out = append(out, m.Export.Columns[i].Header)
	}
	if m.first >= 0 && m.last >= 0 {
		out = append(out, m.Export.Columns[m.first].Header+" + "+m.Export.Columns[m.last].Header)
	}
	return out
}

// isHead reports whether a row is the list's header: it has a column of a key, or both of the names.
func (m *matcher) isHead(cells []string) bool {
	has := func(i int) bool { return i >= 0 && m.placeIn(cells, i) >= 0 }
	return slices.ContainsFunc(m.keys, has) || has(m.first) && has(m.last)
}

// placeIn returns the index in a header of a column of the export, -1 if it is not there.
func (m *matcher) placeIn(head []string, column int) int {
	return slices.IndexFunc(head, func(cell string) bool { return schema.Same(cell) == schema.Same(m.Export.Columns[column].Header) })
}

// normal returns a cell of a column in a form that is the same for the same value.
func (m *matcher) normal(column int, cell string) string {
	c, format := m.columns[column], m.Export.Columns[column].Format
	switch {
	case c.Name == project.KeyPesel:
		digits := strings.Join(strings.Fields(cell), "")
		if len(digits) >= 9 && len(digits) < 11 && strings.Trim(digits, "0123456789") == "" {
			digits = strings.Repeat("0", 11-len(digits)) + digits // a spreadsheet took it for a number
		}
		return digits
	case c.Name == project.KeyPhone:
		if number, ok := schema.E164(cell, m.country); ok {
			return number
		}
	case c.Day:
		if day, ok := readDay(cell, format); ok {
			return day
		}
	case c.Number():
		if number, err := strconv.ParseFloat(strings.ReplaceAll(cell, ",", "."), 64); err == nil {
			return strconv.FormatFloat(number, 'f', -1, 64)
		}
	}
	return schema.Same(strings.Join(strings.Fields(cell), " "))
}

// readDay reads a date in a format, or as files of records have it.
func readDay(cell, format string) (string, bool) {
	day, _, _ := strings.Cut(cell, " ")
	if len(format) == len(day) && IsDayFormat(format) {
		at := func(token string) string {
			if i := strings.Index(format, token); i >= 0 {
				return day[i : i+len(token)]
			}
			return ""
		}
		if read, ok := schema.ParseDay(at("YYYY")+"-"+at("MM")+"-"+at("DD"), false); ok {
			return read, true
		}
	}
	return schema.ParseDay(day, true)
}

// name returns the key of names of a row, "" where it has not both.
func (m *matcher) name(cells []string) string {
	if m.first < 0 || m.last < 0 || cells[m.first] == "" || cells[m.last] == "" {
		return ""
	}
	return people.Fold(cells[m.first]) + "\n" + people.Fold(cells[m.last])
}

// contradict reports whether two rows give different first names.
func (m *matcher) contradict(a, b []string) bool {
	return m.first >= 0 && a[m.first] != "" && b[m.first] != "" && people.Fold(a[m.first]) != people.Fold(b[m.first])
}

// apart reports whether two rows with the same names are of two people: they give different years of birth, ages, or
// keys of which a person has one.
func (m *matcher) apart(a, b []string) bool {
	for _, i := range append([]int{m.year, m.years}, m.sure()...) {
		if i >= 0 && a[i] != "" && b[i] != "" && m.normal(i, a[i]) != m.normal(i, b[i]) {
			return true
		}
	}
	return false
}

// sure returns the columns of keys that no two people share.
func (m *matcher) sure() []int {
	return slices.DeleteFunc(slices.Clone(m.keys), m.isShared)
}

func (m *matcher) isShared(column int) bool {
	name := m.columns[column].Name
	return name == project.KeyEmail || name == project.KeyPhone
}

// values returns all that a participant has in a column of a key.
func (m *matcher) values(column int, cells []string, r *Row) []string {
	out := append([]string{cells[column]}, r.Who.Values(m.columns[column].Name)...)
	if m.columns[column].Name == project.KeyEmail {
		out = append(out, r.Who.Address)
	}
	return slices.DeleteFunc(out, func(value string) bool { return value == "" })
}

func (m *matcher) compare(table importer.Listing, rows []Row) Comparison {
	out := Comparison{Theirs: len(table.Rows), Ours: len(rows)}
	places := make([]int, len(m.columns)) // in the list, -1: not there
	known := map[int]bool{}
	for i := range places {
		if places[i] = m.placeIn(table.Head, i); places[i] < 0 {
			out.Lacks = append(out.Lacks, m.Export.Columns[i].Header)
		}
		known[places[i]] = true
	}
	for i, header := range table.Head {
		if !known[i] && header != "" {
			out.Further = append(out.Further, header)
		}
	}
	theirs := make([]Theirs, len(table.Rows))
	for i, r := range table.Rows {
		theirs[i] = Theirs{Row: r.Number, Cells: make([]string, len(places))}
		for j, place := range places {
			if place >= 0 {
				theirs[i].Cells[j] = r.Cells[place]
			}
		}
	}
	ours := make([][]string, len(rows))
	for i := range rows {
		ours[i] = m.Cells(&rows[i])
	}
	pairs, twice := m.match(theirs, rows, ours)
	of := make([]int, len(rows)) // the index in theirs plus 1
	for i, at := range pairs {
		switch {
		case at >= 0:
			of[at] = i + 1
		case twice[i]:
			out.Twice = append(out.Twice, theirs[i])
		default:
			out.OnlyTheirs = append(out.OnlyTheirs, theirs[i])
		}
	}
	for i := range rows {
		if of[i] == 0 {
			out.OnlyOurs = append(out.OnlyOurs, &rows[i])
			continue
		}
		pair := Pair{Theirs: theirs[of[i]-1], Ours: &rows[i]}
		for j, place := range places {
			if place >= 0 && m.normal(j, pair.Theirs.Cells[j]) != m.normal(j, ours[i][j]) {
				pair.Cells = append(pair.Cells, Difference{m.Export.Columns[j].Header, pair.Theirs.Cells[j], ours[i][j]})
			}
		}
		if len(pair.Cells) == 0 {
			out.Same++
		} else {
			out.Differ = append(out.Differ, pair)
		}
	}
	return out
}

// match returns for each row of the list the index of the participant, -1 where there is none, and whether it is about
// a person whom another row is about. A key decides before the names do, and one that people share only where the first
// names agree; names decide only where one person on each side has them.
func (m *matcher) match(theirs []Theirs, rows []Row, ours [][]string) (pairs []int, twice []bool) {
	pairs, twice = make([]int, len(theirs)), make([]bool, len(theirs))
	for i := range pairs {
		pairs[i] = -1
	}
	taken := make([]bool, len(rows))
	for _, column := range m.keys {
		holders := map[string][]int{}
		for i := range rows {
			for _, value := range m.values(column, ours[i], &rows[i]) {
				if value = m.normal(column, value); !slices.Contains(holders[value], i) {
					holders[value] = append(holders[value], i)
				}
			}
		}
		for i, one := range theirs {
			if pairs[i] >= 0 || twice[i] || one.Cells[column] == "" {
				continue
			}
			for _, at := range holders[m.normal(column, one.Cells[column])] {
				if m.isShared(column) && (m.contradict(one.Cells, ours[at]) || m.apart(one.Cells, ours[at])) {
					continue
				}
				if taken[at] {
					twice[i] = true
					continue
				}
				pairs[i], taken[at], twice[i] = at, true, false
				break
			}
		}
	}
	named := map[string][]int{}
	for i := range rows {
		if name := m.name(ours[i]); name != "" && !taken[i] {
			named[name] = append(named[name], i)
		}
	}
	asked := map[string]int{}
	for i, one := range theirs {
		if name := m.name(one.Cells); name != "" && pairs[i] < 0 && !twice[i] {
			asked[name]++
		}
	}
	for i, one := range theirs {
		name := m.name(one.Cells)
		if pairs[i] >= 0 || twice[i] || asked[name] != 1 || len(named[name]) != 1 || m.apart(one.Cells, ours[named[name][0]]) {
			continue
		}
		pairs[i], taken[named[name][0]] = named[name][0], true
	}
	return pairs, twice
}

// Called returns what a row of the other system's list is called by: the names, else the first key that it has.
func (x *Exporter) Called(r Theirs) string {
	var names, keys []string
	for i, c := range x.columns {
		switch cell := r.Cells[i]; {
		case cell == "" || !c.identity || len(x.Export.Columns[i].Codes) > 0:
		case c.Name == "first_name" || c.Name == "last_name":
			names = append(names, cell)
		default:
			keys = append(keys, cell)
		}
	}
	return strings.Join(append(names, keys[:min(len(keys), max(0, 1-len(names)))]...), " ")
}
