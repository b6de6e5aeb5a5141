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

var plainNumber = regexp.MustCompile(`^-?[0-9]+(\.[0-9]+)?$`)

// Number returns a cell of a number: an int, an int64, a json.Number or the canonical text of a number. Anything else
// is text.
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
		c.Row(Text(in.Code), Text(in.Label.In(language)), Text(in.Unit), Number(in.Target), Number(in.Achieved), Number(in.Percent), Text(in.Status), Number(in.Records))
	}
	figure := func(code, label, unit string, value Cell) {
		c.Row(Text(code), Text(label), Text(unit), Cell{}, value, Cell{}, Cell{}, Cell{})
	}
	p := s.Participants
	if p.Target > 0 {
		c.Row(Text("participants"), Text(words.Say("results.participants")), Text("person"), Number(p.Target), Number(p.Total), Number(Percent(p.Total, p.Target)), Cell{}, Cell{})
	} else {
		figure("participants", words.Say("results.participants"), "person", Number(p.Total))
	}
	for _, dimension := range Dimensions(d) {
		for _, part := range p.By[dimension] {
			value := Number(part.People)
			if part.Shown != "" {
				value = Text(part.Shown)
			}
			figure("participants."+dimension+"."+part.Code, DimensionName(words, d, dimension)+": "+Part(words, d, dimension, part.Code), "person", value)
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

// WriteEvidence writes the records behind a figure in their order. It fails with the error of items, if there is one.
func WriteEvidence(w io.Writer, items iter.Seq2[snapshot.Listed, error]) error {
	c := NewCSV(w)
	c.Row(Text("id"), Text("kind"), Text("date"), Text("person"), Text("upload"), Text("row"), Text("adds"), Text("what"), Text("salt"))
	for e, err := range items {
		if err != nil {
			return err
		}
		row := Cell{}
		if e.Row > 0 {
			row = Number(e.Row)
		}
		c.Row(Text(e.ID), Text(e.Kind), Text(e.Date), Text(e.Person), Text(e.Upload), row, Number(e.Adds), Text(e.What), Text(e.Salt))
	}
	return c.Close()
}
