// Package letter draws what people are written: subject, text and HTML, in the language of whoever it is for. It is given what is to be said,
// and knows nothing of who sends it, or why.
package letter

import (
	"embed"
	"html/template"
	"strings"
	"sync"
	"unicode/utf8"

	"outreach/internal/mail"
	"outreach/internal/text"
)

// Letter is a letter without its addressee.
type Letter struct {
	Subject, Text, HTML string
	Files               []mail.File
}

// To addresses a letter.
func (l Letter) To(address, id string) mail.Message {
	return mail.Message{ID: id, To: address, Subject: l.Subject, Text: l.Text, HTML: l.HTML, Files: l.Files}
}

// content is what a letter says, before it is drawn.
type content struct {
	*text.Messages
	Subject string
	Hello   string
	Lead    string
	Details []detail
	Points  []point
	Table   table
	More    string // below the table
	Act     string // what to do now
	Link    link
	Foot    string
}

// detail is a value with its name.
type detail struct{ Name, Value string }

// point is one of several things, with the address where it is seen to.
type point struct{ Text, Href string }

// link is the one thing to do.
type link struct{ Label, Href string }

// table are rows of cells; a column may hold numbers.
type table struct {
	Head    []string
	Numbers []bool
	Rows    [][]string
}

//go:embed letter.html
var layout embed.FS

// page is read when the first letter is drawn.
var page = sync.OnceValue(func() *template.Template { return template.Must(template.ParseFS(layout, "letter.html")) })

// draw makes the letter of its content.
func (c content) draw(files ...mail.File) (Letter, error) {
	c.Subject = line(c.Subject)
	var html strings.Builder
	if err := page().Execute(&html, c); err != nil {
		return Letter{}, err
	}
	return Letter{Subject: c.Subject, Text: c.text(), HTML: html.String(), Files: files}, nil
}

// text is the letter as programs show it that know no HTML.
func (c content) text() string {
	parts := []string{c.Hello, c.Lead}
	var details []string
	for _, d := range c.Details {
		details = append(details, d.Name+": "+line(d.Value))
	}
	parts = append(parts, strings.Join(details, "\n"))
	var points []string
	for _, p := range c.Points {
		points = append(points, "* "+line(p.Text)+"\n  "+p.Href)
	}
	parts = append(parts, strings.Join(points, "\n"))
	parts = append(parts, c.Table.text(), c.More)
	parts = append(parts, strings.TrimSpace(c.Act+"\n"+c.Link.Href), "-- \n"+c.Foot)
	var out []string
	for _, part := range parts {
		if part != "" {
			out = append(out, part)
		}
	}
	return strings.Join(out, "\n\n") + "\n"
}

// text sets a table in columns; the last one is as wide as it has to be.
func (t table) text() string {
	if len(t.Rows) == 0 {
		return ""
	}
	rows := append([][]string{t.Head}, t.Rows...)
	widths := make([]int, len(t.Head))
	for _, row := range rows {
		for i, cell := range row {
			widths[i] = max(widths[i], utf8.RuneCountInString(line(cell)))
		}
	}
	lines := make([]string, len(rows))
	for n, row := range rows {
		var b strings.Builder
		for i, cell := range row {
			cell = line(cell)
			space := strings.Repeat(" ", widths[i]-utf8.RuneCountInString(cell))
			if t.number(i) {
				cell = space + cell
			} else {
				cell += space
			}
			b.WriteString(cell + "  ")
		}
		lines[n] = strings.TrimRight(b.String(), " ")
	}
	return strings.Join(lines, "\n")
}

func (t table) number(column int) bool { return column < len(t.Numbers) && t.Numbers[column] }

// Align is the side on which a column of a table stands.
func (t table) Align(column int) string {
	if t.number(column) {
		return "right"
	}
	return "left"
}

// line is a text on one line, read in one direction: a name must not begin a line of its own, nor turn what follows around.
func line(said string) string {
	return strings.Join(strings.FieldsFunc(strings.Map(withoutTurns, said), lineBreak), " ")
}

func withoutTurns(r rune) rune {
	if '\u202a' <= r && r <= '\u202e' || '\u2066' <= r && r <= '\u2069' {
		return -1
	}
	return r
}

func lineBreak(r rune) bool { return r < ' ' || r == '\u0085' || r == '\u2028' || r == '\u2029' }
