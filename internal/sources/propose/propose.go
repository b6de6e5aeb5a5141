// Package propose works out how a table of another form most likely becomes records: from the names of its columns, by
// a dictionary of synonyms, and from its values. What it proposes a person checks.
package propose

import (
	_ "embed"
	"encoding/json"
	"slices"
	"strings"
	"sync"
	"unicode"

	"outreach/internal/importer"
	"outreach/internal/project"
	"outreach/internal/schema"
	"outreach/internal/sources/format"
)

//go:embed synonyms.json
var synonymsFile []byte

// dictionary is the synonyms of fields and of options, the likelier ones first. Those of a person's fields are of all
// kinds, under "person".
type dictionary struct {
	Fields  map[string][]string            `json:"fields"`
	Options map[string]map[string][]string `json:"options"`
	Signs   map[string][]string            `json:"signs"` // names of columns that tables of a kind have, whatever they mean
}

var synonyms = sync.OnceValue(func() dictionary {
	var d dictionary
	if err := json.Unmarshal(synonymsFile, &d); err != nil {
		panic(err) // the data is embedded and tested
	}
	return d
})

// Proposal is how a table most likely becomes records.
type Proposal struct {
	Kind      *schema.Kind // nil if no kind is likely
	Header    int          // the index of the header among the rows
	Columns   []Column
	Constants map[string]string // of fields that each record needs and that have no column, where one value is likely
}

// Column is a column of the table.
type Column struct {
	Name     string
	Field    *schema.Field // nil: it is left out
	Format   string        // where the ordinary forms do not do; "": they do
	Unread   []Value       // of a field with a list: values that are not of it
	Examples []string      // the first values
	Twice    bool          // an earlier column has the same name
	Filled   bool          // a row has a value in it
}

// Value is a value of theirs, and the likely one of ours, "" where none is.
type Value struct{ Theirs, Ours string }

// mostUnread is how many different values of a column are listed.
const mostUnread = 20

// Of returns what is proposed for a table that a sender may upload as some kinds. kind is the kind of the records, nil
// for the likeliest; header the number of the header's row, 0 for the likeliest.
func Of(d *project.Definition, table importer.Table, allowed func(*schema.Kind) bool, kind *schema.Kind, header int) Proposal {
	p := proposer{scope: schema.Scope{Definition: d, Today: "9999-12-31", Loose: true}}
	var best Proposal
	most := -1
	for _, k := range schema.For(d).Kinds {
		if !allowed(k) || k.NeedsFile() != nil || kind != nil && k != kind {
			continue
		}
		for at, row := range table.Rows[:min(len(table.Rows), headerRows)] {
			if header > 0 && row.Row != header {
				continue
			}
			found, score := p.columns(k, table.Rows, at)
			if score > most {
				most, best = score, Proposal{Kind: k, Header: at, Columns: found}
			}
		}
	}
	if best.Kind != nil {
		best.Constants = p.constants(best)
		p.formats(&best, table.Rows)
	}
	return best
}

// headerRows is in how many of the first rows the header may be.
const headerRows = 20

type proposer struct{ scope schema.Scope }

// plain returns a name for comparison: words of letters and digits without case and marks, divided by spaces.
func plain(name string) string {
	return strings.Join(strings.FieldsFunc(schema.Unmarked(schema.Same(name)), func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsDigit(r)
	}), " ")
}

// words returns the synonyms of a field, plain, the likelier first.
func words(k *schema.Kind, f *schema.Field) []string {
	var out []string
	add := func(names []string) {
		for _, name := range names {
			if name = plain(name); name != "" && !slices.Contains(out, name) {
				out = append(out, name)
			}
		}
	}
	add(synonyms().Fields[k.Name+"."+f.Name])
	add(synonyms().Fields["person."+f.Name])
	for len(out) < ownNames {
		out = append(out, "") // our own names say less in a table that is not ours
	}
	add(f.ColumnNames())
	return out
}

// ownNames is the rank of our own names of columns among the synonyms.
const ownNames = 20

// Points of a likeness.
const (
	pointsName   = 100 // the name is a synonym; less for each likelier one
	pointsPart   = 55  // a synonym is a part of the name, as of a question
	pointsSign   = 120 // a column is one that tables of the kind have
	pointsValues = 45  // the values are of the field's type, and of few others
)

// columns proposes fields for the columns of a table with a header, and returns how likely that is.
func (p proposer) columns(k *schema.Kind, rows []importer.TableRow, header int) ([]Column, int) {
	head := rows[header]
	below := rows[header+1:]
	out := make([]Column, len(head.Cells))
	fields := importer.FieldsOf(k)
	type pair struct{ column, field, points int }
	var pairs []pair
	seen := map[string]bool{}
	for i, cell := range head.Cells {
		out[i].Name = cell.Text
		out[i].Twice = cell.Text != "" && seen[schema.Same(cell.Text)]
		seen[schema.Same(cell.Text)] = true
		for _, r := range below {
			if i < len(r.Cells) && r.Cells[i].Text != "" {
				out[i].Filled = true
				if len(out[i].Examples) < 3 {
					out[i].Examples = append(out[i].Examples, r.Cells[i].Shown())
				}
			}
		}
		if cell.Text == "" || out[i].Twice || cell.Native {
			continue
		}
		for j, f := range fields {
			if points := p.points(k, f, cell.Text, i, below); points > 0 {
				pairs = append(pairs, pair{i, j, points})
			}
		}
	}
	slices.SortStableFunc(pairs, func(a, b pair) int { return b.points - a.points })
	score := 0
	taken := map[int]bool{}
	named := false
	for _, one := range pairs {
		f := fields[one.field]
		if out[one.column].Field != nil || taken[one.field] {
			continue
		}
		out[one.column].Field, taken[one.field] = f, true
		score += one.points
		if f.Required || k.PersonKeys().Field(f.Name) != nil {
			score += one.points
		}
		named = named || one.points >= pointsPart
	}
	drop(out, taken, fields)
	if slices.ContainsFunc(head.Cells, func(c importer.TableCell) bool {
		return slices.ContainsFunc(synonyms().Signs[k.Name], func(sign string) bool { return plain(sign) == plain(c.Text) && c.Text != "" })
	}) {
		score += pointsSign
	}
	if !named {
		score /= 4 // values alone say little
	}
	for j, f := range fields {
		if f.Required && !taken[j] && !f.Type.Listed() && f.Type != schema.YesNo {
			score -= pointsPart // a constant is not likely
		}
	}
	return out, max(score, 0)
}

// drop leaves out a column with both names of a person where each has a column of its own.
func drop(columns []Column, taken map[int]bool, fields []*schema.Field) {
	has := func(name string) bool {
		return slices.ContainsFunc(columns, func(c Column) bool { return c.Field != nil && c.Field.Name == name })
	}
	if !has(schema.FirstNameField.Name) || !has(schema.LastNameField.Name) {
		return
	}
	for i := range columns {
		if f := columns[i].Field; f == &schema.FullNameField {
			columns[i].Field = nil
			delete(taken, slices.Index(fields, f))
		}
	}
}

// points returns how likely a column is a field.
func (p proposer) points(k *schema.Kind, f *schema.Field, name string, at int, below []importer.TableRow) int {
	points := 0
	if f.Hours && strings.Contains(plain(name), "minut") {
		return 0
	}
	column := plain(name[strings.LastIndexByte(name, '/')+1:]) // of a path in a form the last part
	for rank, word := range words(k, f) {
		switch {
		case word == "":
		case word == column || word == plain(name):
			points = max(points, pointsName-min(rank, 30))
		case len(word) > 3 && strings.Contains(" "+column+" ", " "+word+" "):
			points = max(points, pointsPart-min(rank, 20)+min(len(word), 20))
		}
	}
	fits, total, large := 0, 0, false
	for _, r := range below {
		if at < len(r.Cells) && r.Cells[at].Text != "" {
			total++
			large = large || len(r.Cells[at].Text) > 3
			if p.fits(f, r.Cells[at]) {
				fits++
			}
		}
	}
	if total == 0 {
		if len(below) > 0 {
			points /= 4
		}
		return points
	}
	switch {
	case 2*fits < total && (f.Type == schema.Date || f.Type == schema.Instant || f.Type.Number() || f.Type == schema.Email || f.Type == schema.Pesel || f.Type == schema.TimeOfDay):
		return 0 // the name misleads
	case points == 0 && fits == total && telling(f) && (large || !f.Type.Number()):
		points = pointsValues
	case points > 0 && fits == total:
		points += 5
	}
	return points
}

// telling reports whether values of a field differ from those of most others, so that a column is known by them.
func telling(f *schema.Field) bool {
	switch f.Type {
	case schema.Date, schema.Instant, schema.Email, schema.Pesel:
		return f.Privacy != schema.Staff
	}
	return f.OfPeople() // an audience is a large number
}

// fits reports whether a cell may be a value of a field, in an ordinary form or in one that a format describes.
func (p proposer) fits(f *schema.Field, c importer.TableCell) bool {
	switch {
	case f.Type == schema.TimeOfDay:
		return c.Native && strings.Contains(c.Text, ":") || p.ordinary(f, c.Text) || readsClock(p.scope.Definition, c.Text)
	case f.Type == schema.Date || f.Type == schema.Instant:
		return c.Native && strings.Contains(c.Text, "-") || p.ordinary(f, c.Text) || !c.Native && DateFormat(p.scope.Definition, []string{c.Text}) != ""
	case f.Type.Number():
		return c.Native && !strings.Contains(c.Text, ":") || f.Hours && c.Native || p.ordinary(f, c.Text) || NumberFormat([]string{c.Text}) != "" || isNothing(c.Text)
	}
	return p.ordinary(f, c.Text)
}

// ordinary reports whether a text is read without a format.
func (p proposer) ordinary(f *schema.Field, value string) bool {
	if f.OfPeople() {
		whole := schema.Field{Name: f.Name, Type: schema.Whole}
		_, problem := whole.Parse(value, p.scope)
		return problem == nil
	}
	_, problem := f.Parse(value, p.scope)
	return problem == nil || problem.Code == schema.OutOfRange && f.Type.Number()
}

// isNothing reports whether a text says that there is no value.
func isNothing(value string) bool {
	switch schema.Same(value) {
	case "-", "–", "—", "n/a", "na", "n.a.", "null", "none", "brak", "b/d", "bd", "k.a.", "s/d", "н/д":
		return true
	}
	return false
}

// constants returns the only possible values of fields that each record needs and no column gives.
func (p proposer) constants(of Proposal) map[string]string {
	out := map[string]string{}
	for _, f := range importer.FieldsOf(of.Kind) {
		if f.Required && f.Type.Listed() && !slices.ContainsFunc(of.Columns, func(c Column) bool { return c.Field == f }) {
			if options := f.Options(p.scope.Definition); len(options) == 1 {
				out[f.Name] = options[0].ID
			}
		}
	}
	return out
}

// formats fills in the formats and the values of lists that the proposed columns need.
func (p proposer) formats(of *Proposal, rows []importer.TableRow) {
	for i := range of.Columns {
		if c := &of.Columns[i]; c.Field != nil {
			c.Format, c.Unread = p.Needs(of.Kind, c.Field, i, rows[of.Header+1:])
		}
	}
}

// Needs returns the format that a column needs to be read as a field, "" where the ordinary forms do, and the values
// that are not of the field's list, each with the likely one of ours.
func (p proposer) Needs(k *schema.Kind, f *schema.Field, at int, below []importer.TableRow) (written string, unread []Value) {
	var texts []string
	for _, r := range below {
		if at < len(r.Cells) && r.Cells[at].Text != "" && !r.Cells[at].Native {
			texts = append(texts, r.Cells[at].Text)
		}
	}
	switch {
	case f.Type == schema.Date, f.Type == schema.Instant, f.Type == schema.TimeOfDay, f.Type.Number():
		texts = slices.DeleteFunc(texts, isNothing)
		others := slices.DeleteFunc(slices.Clone(texts), func(t string) bool { return p.ordinary(f, t) })
		if len(others) == 0 {
			break
		}
		read := 0
		switch {
		case f.Type.Number():
			written, read = numberFormat(texts)
		case f.Type == schema.TimeOfDay:
			written, read = clockFormat(p.scope.Definition, texts)
		default:
			written, read = best(attempts(p.scope.Definition), texts)
		}
		if read <= len(texts)-len(others) {
			written = "" // the ordinary forms do as well: the others are more likely mistakes, or totals
		}
	case f.Type.Listed(), f.Type == schema.YesNo:
		seen := map[string]bool{}
		for _, t := range texts {
			if seen[schema.Same(t)] || p.ordinary(f, t) || len(unread) == mostUnread {
				continue
			}
			seen[schema.Same(t)] = true
			unread = append(unread, Value{t, p.option(k, f, t)})
		}
		if f.Type == schema.YesNo && len(seen) == 1 && len(unread) == 1 && unread[0].Ours == "" {
			unread[0].Ours = "yes" // a box that is ticked is written as its label
		}
	}
	return written, unread
}

// option returns the likely option of a list for a text.
func (p proposer) option(k *schema.Kind, f *schema.Field, value string) string {
	bare := strings.Trim(value, " ;,.|")
	if canonical, problem := f.Parse(bare, p.scope); problem == nil {
		return canonical
	}
	if f.Options == nil {
		return ""
	}
	wanted := plain(value)
	options := f.Options(p.scope.Definition)
	for _, o := range options {
		if slices.ContainsFunc(synonyms().Options[k.Name+"."+f.Name][o.ID], func(word string) bool { return plain(word) == wanted }) {
			return o.ID
		}
	}
	part := ""
	for _, o := range options {
		names := []string{o.ID}
		for _, language := range o.Label.Languages() {
			names = append(names, o.Label[language])
		}
		for _, name := range names {
			if name = plain(name); len(name) > 3 && len(wanted) > 3 && (strings.Contains(wanted, name) || strings.Contains(name, wanted)) {
				if part != "" && part != o.ID {
					return ""
				}
				part = o.ID
			}
		}
	}
	return part
}

// Needs returns what a column needs to be read as a field of a kind; see proposer.Needs.
func Needs(d *project.Definition, k *schema.Kind, f *schema.Field, at int, below []importer.TableRow) (written string, unread []Value) {
	return proposer{scope: schema.Scope{Definition: d, Today: "9999-12-31", Loose: true}}.Needs(k, f, at, below)
}

// days and clocks are the formats that are tried, in this order. Those with the month first follow those with the day
// first, but where the clock has AM and PM.
var (
	days = []string{
		"DD-MMM-YYYY", "D MMM YYYY", "MMM D, YYYY", "MMM D YYYY", "D. MMM YYYY", "D [de] MMM [de] YYYY", "YYYY-MM-DD", "YYYY/MM/DD", "YYYY.MM.DD", "YYYYMMDD", "DD.MM.YYYY", "DD-MM-YYYY", "DD.MM.YY", "DD/MM/YYYY", "DD/MM/YY", "MM/DD/YYYY", "MM/DD/YY", "MM-DD-YYYY", "DD-MM-YY", "DD MMM YY", "DD-MMM-YY", "YYYY-MMM-DD",
	}
	american = []string{"MM/DD/YYYY", "MM/DD/YY", "MM-DD-YYYY"}
	clocks   = []string{"", " HH:mm", " HH:mm:ss", ", HH:mm", ", HH:mm:ss", "THH:mm:ssZ", "THH:mmZ", "THH:mm:ss", " HH:mm:ss Z", " HH:mm Z"}
	halved   = []string{" hh:mm A", " hh:mm:ss A", ", hh:mm A", ", hh:mm:ss A", " hh:mm:ss A Z", " hh:mm A Z"}
)

// tried are the formats of days, with a time or without, each ready to read, by the project's languages.
var tried sync.Map // of []attempt by the languages, joined

type attempt struct {
	written string
	*format.Date
}

func attempts(d *project.Definition) []attempt {
	key := strings.Join(d.Languages, " ")
	if known, ok := tried.Load(key); ok {
		return known.([]attempt)
	}
	var out []attempt
	add := func(written string) {
		if read, wrong := format.NewDate(written, d.Languages...); wrong == nil {
			out = append(out, attempt{written, read})
		}
	}
	for _, clock := range clocks {
		for _, day := range days {
			add(day + clock)
		}
	}
	for _, clock := range halved {
		for _, day := range slices.Concat(american, days) {
			add(day + clock)
		}
	}
	tried.Store(key, out)
	return out
}

// DateFormat returns the first format of days that reads most of some texts, at least half of them; "" if none does.
func DateFormat(d *project.Definition, texts []string) string {
	written, _ := best(attempts(d), texts)
	return written
}

// best returns the first format that reads most of some texts, and how many.
func best(from []attempt, texts []string) (written string, most int) {
	most = (len(texts) - 1) / 2
	for _, a := range from {
		n := 0
		for _, t := range texts {
			if _, ok := a.Read(t); ok {
				n++
			}
		}
		if n > most {
			written, most = a.written, n
		}
	}
	return written, most
}

// clockFormats are the formats of times of day that are tried.
var clockFormats = []string{"hh:mm A", "hh:mm:ss A", "HH:mm", "HH:mm:ss", "HH.mm"}

func clockFormat(d *project.Definition, texts []string) (string, int) {
	var all []attempt
	for _, written := range clockFormats {
		if read, wrong := format.NewDate(written, d.Languages...); wrong == nil {
			all = append(all, attempt{written, read})
		}
	}
	return best(all, texts)
}

func readsClock(d *project.Definition, value string) bool {
	written, _ := clockFormat(d, []string{value})
	return written != ""
}

// numberFormats are the examples of numbers that are tried.
var numberFormats = []string{"1,234", "1234.5", "1,234.5", "1.234,5", "1 234,5", "1.2K", "1,2 tys."}

// NumberFormat returns the first example of a number that reads most of some texts, at least half of them, and "" if
// none does.
func NumberFormat(texts []string) string {
	written, _ := numberFormat(texts)
	return written
}

func numberFormat(texts []string) (written string, most int) {
	most = (len(texts) - 1) / 2
	for _, example := range numberFormats {
		read, wrong := format.NewNumber(example)
		if wrong != nil {
			continue
		}
		n := 0
		for _, t := range texts {
			if _, ok := read.Read(t); ok {
				n++
			}
		}
		if n > most {
			written, most = example, n
		}
	}
	return written, most
}
