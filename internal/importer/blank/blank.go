// Package blank writes templates of files to fill in: the columns of a kind in the reader's language, two example rows,
// and, in a workbook, a second sheet that explains each column. Everything is derived from the kind by which files are
// read.
package blank

import (
	"encoding/json"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"outreach/internal/importer"
	"outreach/internal/project"
	"outreach/internal/report"
	"outreach/internal/report/workbook"
	"outreach/internal/schema"
	"outreach/internal/text"
)

// Blank is a template of a file.
type Blank struct {
	kind     *schema.Kind
	scope    schema.Scope
	words    *text.Messages
	columns  []*schema.Field
	examples []schema.Row // in the order of columns, canonical
}

// Of returns the template of a kind for a project, in a language, with examples that are valid on a day. There are no
// examples if a required column has no valid value in the project, such as the kind of output where the definition
// lists none.
func Of(k *schema.Kind, d *project.Definition, today, language string) Blank {
	b := Blank{kind: k, scope: schema.Scope{Definition: d, Today: today, Loose: true}, words: text.Of(language), columns: k.Columns()}
	b.examples = importer.Examples(k, d, today, language)
	return b
}

// CSV writes the template as delimited text, as spreadsheets in the reader's language open it.
func (b Blank) CSV(w io.Writer) error {
	out := report.NewCSV(w)
	if b.words.DecimalPoint() == "," { // then spreadsheets use semicolons as delimiters
		out.Semicolons()
	}
	head := make([]report.Cell, len(b.columns))
	for i, f := range b.columns {
		head[i] = report.Text(b.name(f))
	}
	out.Row(head...)
	for _, row := range b.examples {
		cells := make([]report.Cell, len(row))
		for i, value := range row {
			cells[i] = report.Text(b.written(b.columns[i], value))
			if b.columns[i].Type.Number() {
				cells[i] = report.Number(b.written(b.columns[i], value))
			}
		}
		out.Row(cells...)
	}
	return out.Close()
}

// XLSX writes the template as a workbook: the first sheet is to be filled in, the second explains its columns.
func (b Blank) XLSX(w io.Writer, title string, made time.Time) error {
	say := b.words.Say
	data := workbook.Sheet{Name: say("blank.data")}
	about := workbook.Sheet{Name: say("blank.columns"), Columns: []workbook.Column{
		{Name: say("blank.name"), Width: 20}, {Name: say("blank.translated", "language", text.Name(b.translation())[b.words.Language()]), Width: 24}, {Name: say("blank.needed"), Width: 18}, {Name: say("blank.holds"), Width: 46}, {Name: say("blank.allowed"), Width: 70},
	}}
	for _, f := range b.columns {
		data.Columns = append(data.Columns, workbook.Column{Name: b.name(f), Width: width(f)})
		about.Rows = append(about.Rows, []any{f.Name, f.ColumnIn(b.translation()), b.needed(f), DescribeValues(f, b.scope.Definition, b.words), b.allowed(f)})
	}
	for _, row := range b.examples {
		cells := make([]any, len(row))
		for i, value := range row {
			cells[i] = b.cell(b.columns[i], value)
		}
		data.Rows = append(data.Rows, cells)
	}
	return workbook.Write(w, workbook.About{Title: title, Language: b.words.Language(), Made: made}, data, about)
}

func width(f *schema.Field) float64 {
	switch f.Type {
	case schema.Text, schema.Email, schema.Choice:
		return 28
	}
	return 14
}

// name returns the name of a column in the reader's language.
func (b Blank) name(f *schema.Field) string {
	return f.ColumnIn(b.words.Language())
}

// translation returns the language in which the second sheet names the columns beside their ids: the reader's, or the
// default one if the reader's is English, whose names are the ids.
func (b Blank) translation() string {
	if b.words.Language() == text.English {
		return text.Default
	}
	return b.words.Language()
}

// cell returns a value for a cell of a workbook: numbers as numbers, days as days.
func (b Blank) cell(f *schema.Field, value string) any {
	switch {
	case value == "":
		return nil
	case f.Type == schema.Date, f.Type == schema.Instant:
		return workbook.Day(value)
	case f.Year:
		year, err := strconv.Atoi(value)
		if err == nil {
			return year
		}
	case f.Type.Number():
		return json.Number(value)
	}
	return b.written(f, value)
}

// written returns a value as people write it: of a list its label, if that is read as the same value.
func (b Blank) written(f *schema.Field, value string) string {
	label := value
	switch f.Type {
	case schema.YesNo:
		label = b.words.Say("value." + value)
	case schema.Choice:
		label = b.label(f, value)
	case schema.Decimal:
		label = strings.Replace(value, ".", b.words.DecimalPoint(), 1)
	}
	if understood, problem := f.Parse(label, b.scope); problem != nil || understood != value {
		return value
	}
	return label
}

// label returns the label of a list's value in the reader's language, or its id.
func (b Blank) label(f *schema.Field, id string) string {
	for _, o := range f.Options(b.scope.Definition) {
		if o.ID == id && o.Label.In(b.words.Texts()) != "" {
			return o.Label.In(b.words.Texts())
		}
	}
	return id
}

// needed returns whether a column is required, in words.
func (b Blank) needed(f *schema.Field) string {
	switch {
	case b.kind.Optional && b.kind.PersonKeys().Field(f.Name) != nil:
		return b.words.Say("value.no")
	case b.kind.Person && b.kind.PersonKeys().Field(f.Name) != nil && !b.kind.PersonKeys().Usual():
		return b.words.Say("blank.one_of_keys")
	case b.kind.Person && (f.Name == "email" || f.Name == "pesel") && b.kind.PersonKeys().Usual():
		return b.words.Say("blank.one_of_two")
	case f.Required:
		return b.words.Say("value.yes")
	}
	return b.words.Say("value.no")
}

// DescribeValues returns a description of the values of a column. Where the limits of a number depend on an option, it
// describes those without limits of their own first.
func DescribeValues(f *schema.Field, d *project.Definition, words *text.Messages) string {
	if !f.Limits() {
		return describe(f, words)
	}
	var out []string
	for _, k := range d.OutputKinds {
		with := f.With(k.ID)
		if k.Decimals == 0 && !k.Correction {
			if usual := describe(with, words); !slices.Contains(out, usual) {
				out = slices.Insert(out, 0, usual)
			}
			continue
		}
		out = append(out, words.Say("blank.of_kind", "kind", k.Label.In(words.Texts()), "values", describe(with, words)))
	}
	return strings.Join(out, "; ")
}

func describe(f *schema.Field, words *text.Messages) string {
	switch f.Type {
	case schema.Date:
		return words.Say("blank.date")
	case schema.TimeOfDay:
		return words.Say("blank.time")
	case schema.Instant:
		return words.Say("blank.instant")
	case schema.YesNo:
		return words.Say("blank.yes_no")
	case schema.Email:
		return words.Say("blank.email")
	case schema.Pesel:
		return words.Say("blank.pesel")
	case schema.Phone:
		return words.Say("blank.phone")
	case schema.Choice:
		return words.Say("blank.list")
	case schema.Choices:
		return words.Say("blank.several")
	case schema.Whole, schema.Decimal:
		between, below := "blank.whole", "blank.whole_population"
		if f.Type == schema.Decimal {
			between, below = "blank.decimal", "blank.decimal_population"
		}
		switch {
		case f.Year:
			return words.Say("blank.year", "min", number(f.Min))
		case f.OfPeople():
			return words.Say(below, "min", words.Number(number(f.Min)))
		}
		out := words.Say(between, "min", words.Number(number(f.Min)), "max", words.Number(number(f.Max)))
		if f.Decimals > 0 {
			out = words.Say("blank.decimals", "values", out, "n", f.Decimals)
		}
		return out
	}
	longest := f.Longest
	if longest == 0 {
		longest = schema.DefaultLongest
	}
	return words.Count("blank.text", int64(longest))
}

func number(n float64) string { return schema.Number(n) }

// languages returns those in which values are named: the project's own, English and the reader's. Files may have the
// words of others as well.
func (b Blank) languages() []string {
	own := []string{text.Polish}
	if d := b.scope.Definition; d != nil && len(d.Languages) > 0 {
		own = d.Languages
	}
	return slices.DeleteFunc(text.Languages(), func(language string) bool {
		return language != text.English && language != b.words.Language() && !slices.ContainsFunc(own, func(tag string) bool {
			base, _, _ := strings.Cut(tag, "-")
			return base == language
		})
	})
}

// allowed returns the values of a list, each in some languages; "" for other columns.
func (b Blank) allowed(f *schema.Field) string {
	values := b.listed(f)
	if !f.Refusable {
		return values
	}
	words := []string{schema.Refused}
	for _, language := range b.languages() {
		if word := text.Of(language).Say("value." + schema.Refused); !slices.Contains(words, word) {
			words = append(words, word)
		}
	}
	return strings.TrimPrefix(values+"; "+strings.Join(words, " = "), "; ")
}

func (b Blank) listed(f *schema.Field) string {
	switch f.Type {
	case schema.YesNo:
		var answers []string
		for _, language := range b.languages() {
			words := text.Of(language)
			answers = append(answers, words.Say("value.yes")+", "+words.Say("value.no"))
		}
		return strings.Join(answers, "; ")
	case schema.Choice, schema.Choices:
	default:
		return ""
	}
	var out []string
	for _, o := range f.Options(b.scope.Definition) {
		ways := []string{o.ID}
		for _, language := range o.Label.Languages() {
			label := o.Label[language]
			if !o.Own && !slices.Contains(b.languages(), language) {
				continue
			}
			if !slices.ContainsFunc(ways, func(way string) bool { return schema.Same(way) == schema.Same(label) }) {
				ways = append(ways, label)
			}
		}
		out = append(out, strings.Join(ways, " = "))
	}
	return strings.Join(out, "; ")
}
