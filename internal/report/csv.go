package report

import (
	"encoding/csv"
	"fmt"
	"io"
	"iter"
	"regexp"

	"outreach/internal/project"
	"outreach/internal/schema"
	"outreach/internal/snapshot"
	"outreach/internal/text"
)

// CSV writes a table as RFC 4180 in UTF-8 with a byte order mark. Numbers have a decimal point, and no text is a
// formula to a spreadsheet.
type CSV struct{ w *csv.Writer }

// Cell is one value of a table.
type Cell struct{ content string }

// String returns the cell as it is written.
func (c Cell) String() string { return c.content }

// NewCSV begins a table. Close must be called at its end.
func NewCSV(w io.Writer) *CSV {
	out := csv.NewWriter(&marked{w: w})
	out.UseCRLF = true
	return &CSV{w: out}
}

// Semicolons separates cells by semicolons, as spreadsheets expect in languages with a decimal comma.
func (c *CSV) Semicolons() { c.w.Comma = ';' }

// Row writes one row. Close returns its error.
func (c *CSV) Row(cells ...Cell) {
	values := make([]string, len(cells))
	for i, cell := range cells {
		values[i] = cell.content
	}
	_ = c.w.Write(values) // the writer keeps its first error for Close
}

// Close ends the table, and returns the first error of writing it.
func (c *CSV) Close() error {
	c.w.Flush()
	return c.w.Error()
}

// Text returns a cell of text. A text that begins like a formula is prefixed with an apostrophe, so that spreadsheets
// show it.
func Text(value string) Cell { return Cell{schema.Escape(value)} }

var plainNumber = regexp.MustCompile(`^-?[0-9]+([.,][0-9]+)?$`)

// Number returns a cell of a number: an int, an int64, a json.Number or the canonical text of a number, perhaps with a
// decimal comma. Anything else is text.
func Number(value any) Cell {
	written := fmt.Sprint(value)
	if !plainNumber.MatchString(written) {
		return Text(written)
	}
	return Cell{written}
}

// marked writes the byte order mark before the first byte.
type marked struct {
	w     io.Writer
	begun bool
}

func (m *marked) Write(p []byte) (int, error) {
	if !m.begun {
		if _, err := io.WriteString(m.w, "\ufeff"); err != nil {
			return 0, err
		}
		m.begun = true
	}
	return m.w.Write(p)
}

// WriteSnapshot writes a snapshot as a table with one row for each figure: the indicators by their codes; participants,
// and their parts as participants.<dimension>.<part>; the reach as reach.<figure>.
func WriteSnapshot(w io.Writer, d *project.Definition, s snapshot.Snapshot, language string) error {
	words := text.Of(language)
	c := NewCSV(w)
	c.Row(Text("code"), Text("label"), Text("unit"), Text("target"), Text("achieved"), Text("percent"), Text("status"), Text("records"))
	for _, in := range s.Indicators {
		c.Row(Text(in.Code), Text(in.Label.In(language)), Text(in.Unit), Number(in.Target), achieved(in), Number(in.Percent), Text(in.Status), Number(in.Records))
	}
	figure := func(code, label, unit string, value Cell) {
		c.Row(Text(code), Text(label), Text(unit), Cell{}, value, Cell{}, Cell{}, Cell{})
	}
	for _, in := range s.Indicators {
		if in.Count == project.CountShare {
			figure(in.Code+".numerator", in.Label.In(language)+": "+words.Say("results.numerator"), "", Number(in.Numerator))
			figure(in.Code+".denominator", in.Label.In(language)+": "+words.Say("results.denominator"), "", Number(in.Denominator))
		}
		for _, dimension := range Dimensions(d) {
			for _, part := range in.By[dimension] {
				target, planned := in.TargetBy[dimension][part.Code]
				if part.Amount == "" && !planned {
					continue // breakdowns of people are in the workbook
				}
				c.Row(Text(in.Code+"."+dimension+"."+part.Code), Text(DimensionName(words, d, dimension)+": "+Part(words, d, dimension, part.Code)), Text(in.Unit), Number(target), shown(part), Cell{}, Cell{}, Cell{})
			}
		}
	}
	p := s.Participants
	if p.Target > 0 {
		c.Row(Text("participants"), Text(words.Say("results.participants")), Text("person"), Number(p.Target), Number(p.Total), Number(Percent(p.Total, p.Target)), Cell{}, Cell{})
	} else {
		figure("participants", words.Say("results.participants"), "person", Number(p.Total))
	}
	for _, dimension := range Dimensions(d) {
		for _, part := range p.By[dimension] {
			figure("participants."+dimension+"."+part.Code, DimensionName(words, d, dimension)+": "+Part(words, d, dimension, part.Code), "person", shown(part))
		}
	}
	if s.Reach.Airings > 0 {
		for _, r := range []struct {
			code, unit string
			value      int64
		}{{"sum", "person", s.Reach.Sum}, {"low", "person", s.Reach.Low}, {"estimate", "person", s.Reach.Estimate}, {"high", "person", s.Reach.High}, {"population", "person", s.Reach.Population}, {"airings", "airing", s.Reach.Airings}} {
			figure("reach."+r.code, words.Say("reach."+r.code), r.unit, Number(r.value))
		}
	}
	figure("hash", words.Say("snapshots.hash"), "", Text(s.Hash))
	figure("seal", words.Say("snapshots.seal"), "", Text(s.SealOr(words.Say("origin.not_sealed"))))
	return c.Close()
}

// shown returns a part of a breakdown as it is shown: its number, or the mark in its place.
func shown(part snapshot.Part) Cell {
	if part.Shown != "" {
		return Text(part.Shown)
	}
	return Number(part.Number())
}

// achieved returns the cell of what was achieved.
func achieved(in snapshot.Indicator) Cell {
	if in.Said != "" {
		return Text(in.Said)
	}
	return Number(in.Achieved)
}

// WriteEvidence writes the records behind a figure in their order, with a column for each of the fields that its rule
// names: fields.<name>, since a field may have the name of another column. It fails with the error of items, if there
// is one.
//
// Of a figure that is worked out from others the table also has what a record adds to what the sum is divided by, and
// its value; and where incomplete people do not count, why a record is left out.
func WriteEvidence(w io.Writer, derived, leavesOut bool, fields []string, items iter.Seq2[snapshot.Listed, error]) error {
	c := NewCSV(w)
	row := func(cells []Cell, of, value, leftOut Cell, named func(name string) Cell) {
		if leavesOut {
			cells = append(cells, leftOut)
		}
		if derived {
			cells = append(cells, of, value)
		}
		for _, name := range fields {
			cells = append(cells, named(name))
		}
		c.Row(cells...)
	}
	row([]Cell{Text("id"), Text("kind"), Text("date"), Text("person"), Text("upload"), Text("row"), Text("adds"), Text("what"), Text("salt")}, Text("of"), Text("value"), Text("left_out"), func(name string) Cell { return Text("fields." + name) })
	for e, err := range items {
		if err != nil {
			return err
		}
		line := Cell{}
		if e.Row > 0 {
			line = Number(e.Row)
		}
		row([]Cell{Text(e.ID), Text(e.Kind), Text(e.Date), Text(e.Person), Text(e.Upload), line, Number(e.Adds), Text(e.What), Text(e.Salt)}, Number(e.Of), Number(e.Value), Text(e.LeftOut), func(name string) Cell { return Number(e.Fields.Get(name)) })
	}
	return c.Close()
}
