package importer

import (
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"outreach/internal/project"
	"outreach/internal/schema"
	"outreach/internal/text"
)

// passedOver returns the code of the warning with which the current row is passed over: an example of a template, or a
// total. It returns "" for any other row.
func (c *checker) passedOver(r row, entry *schema.Entry) string {
	cells := r.cells
	switch {
	case r.total: // the workbook says so
		c.totals = true
		return schema.TotalRow
	case len(c.problems) == 0 && c.examples.has(r.number, entry):
		return schema.ExampleRow
	case len(c.problems) > 0 && c.isTotal(cells):
		c.totals = true
		return schema.TotalRow
	case c.totals && c.lacks("") && filled(cells) == 1: // a footer below the total
		return schema.TotalRow
	}
	return ""
}

// lacks reports whether the current row lacks a value that every row needs, or has none that is valid in a column.
func (c *checker) lacks(column string) bool {
	return slices.ContainsFunc(c.problems, func(p schema.Problem) bool { return p.Code == schema.Missing || p.Field == column && column != "" })
}

// isTotal reports whether the current row, which has problems, has a cell that is nothing but a word for a total, and
// lacks what every row needs.
func (c *checker) isTotal(cells []cell) bool {
	for i, value := range cells {
		if !isTotal(value.text) {
			continue
		}
		column := ""
		if i < len(c.layout.columns) && c.layout.columns[i].field != nil {
			column = c.layout.columns[i].field.Name
		}
		if c.lacks(column) {
			return true
		}
	}
	return false
}

// longestTotal is longer than any word for a total, in bytes.
const longestTotal = 60

// totalWords are the words for a total in all languages, without marks. Each bad row is compared with them.
var totalWords = sync.OnceValue(func() map[string]bool {
	out := map[string]bool{}
	words := text.Records().Word("value.row_total")
	for _, language := range words.Languages() {
		for word := range strings.SplitSeq(words[language], ", ") {
			out[schema.Unmarked(word)] = true
		}
	}
	return out
})

// isTotal reports whether a text is nothing but a word for a total, in any language, with a colon or without.
func isTotal(value string) bool {
	if len(value) == 0 || len(value) > longestTotal || '0' <= value[0] && value[0] <= '9' {
		return false
	}
	return totalWords()[schema.Unmarked(schema.Same(strings.TrimSuffix(schema.Clean(value), ":")))]
}

func filled(cells []cell) int {
	n := 0
	for _, c := range cells {
		if !c.blank() {
			n++
		}
	}
	return n
}

// Limits of what is likely.
const (
	hoursADay        = 24
	youngest, oldest = 5, 110 // years of age
)

// exponent is a long number as a spreadsheet shortens it: 4.86001E+10.
var exponent = lazily(`^[0-9]([.,][0-9]+)?[eE]\+?[0-9]{1,2}$`)

// unlikely notes valid values of the current row that are most likely wrong.
func (c *checker) unlikely(number int, cells []cell, row schema.Row) {
	for i := range c.layout.columns {
		col := &c.layout.columns[i]
		if col.field == nil || col.twice || col.place < 0 || col.field.Answer(row[col.place]) == "" || i >= len(cells) {
			continue
		}
		given, value := cells[i].text, row[col.place]
		switch f := col.field; {
		case cells[i].vague != exact && (f.Type == schema.Date || f.Type == schema.Instant):
			c.note(number, f, schema.Unlikely, map[vague]string{withoutDay: "no_day", withoutYear: "no_year"}[cells[i].vague], given, nil)
		case f.Hours:
			if days, unlikely := tooManyHours(c.scope.Definition, c.Kind, f, row, value); unlikely {
				c.note(number, f, schema.Unlikely, "hours", given, map[string]string{"days": strconv.Itoa(days)})
			}
		case f.Year:
			year, _ := strconv.Atoi(value)
			now, _ := strconv.Atoi(c.scope.Today[:4])
			if age := now - year; age < youngest || age > oldest {
				c.note(number, f, schema.Unlikely, "birth_year", given, map[string]string{"age": strconv.Itoa(age)})
			}
		case (f.Type == schema.Text || f.Type == schema.Code || f.Type == nil) && '0' <= value[0] && value[0] <= '9' && exponent().MatchString(value):
			c.note(number, f, schema.Unlikely, "exponent", given, nil)
		}
	}
}

// tooManyHours reports whether a value of a field is more hours than the days of its row have, and how many days these
// are.
func tooManyHours(d *project.Definition, k *schema.Kind, f *schema.Field, row schema.Row, value string) (days int, unlikely bool) {
	if !f.Hours {
		return 0, false
	}
	days = daysOf(d, k, row)
	hours, err := strconv.ParseFloat(value, 64)
	return days, err == nil && hours > float64(hoursADay*days)
}

// daysOf returns how many days the activity of a row lasts, at least one.
func daysOf(d *project.Definition, k *schema.Kind, row schema.Row) int {
	activity, _ := d.Activity(k.Get(row, "activity"))
	if len(activity.Starts) < len(time.DateOnly) || len(activity.Ends) < len(time.DateOnly) {
		return 1
	}
	from, err := time.Parse(time.DateOnly, activity.Starts[:len(time.DateOnly)])
	if err != nil {
		return 1
	}
	to, err := time.Parse(time.DateOnly, activity.Ends[:len(time.DateOnly)])
	if err != nil {
		return 1
	}
	return max(1, int(to.Sub(from).Hours())/hoursADay+1)
}
