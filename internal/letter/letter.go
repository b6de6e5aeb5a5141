// Package letter renders the e-mails of the tracker: subject, text and HTML, in the recipient's language. It does not
// send them, and does not decide who gets which.
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

// Letter is a rendered letter without a recipient.
type Letter struct {
	Subject, Text, HTML string
	Files               []mail.File
}

// To returns the letter as a message to an address. Letters of the same cause and recipient have the same id.
func (l Letter) To(address, id string) mail.Message {
	return mail.Message{ID: id, To: address, Subject: l.Subject, Text: l.Text, HTML: l.HTML, Files: l.Files}
}

// content is the data of a letter, for both templates.
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

// detail is a named value.
type detail struct{ Name, Value string }

// point is one of several tasks, with the address of its page.
type point struct{ Text, Href string }

// link is the one action that a letter offers.
type link struct{ Label, Href string }

// table is a table of cells. Columns of numbers are aligned right.
type table struct {
	Head    []string
	Numbers []bool
	Rows    [][]string
}

//go:embed letter.html
var layout embed.FS

// page is parsed when the first letter is rendered.
var page = sync.OnceValue(func() *template.Template { return template.Must(template.ParseFS(layout, "letter.html")) })

// render returns the letter with its files attached.
func (c content) render(files ...mail.File) (Letter, error) {
	c.Subject = line(c.Subject)
	var html strings.Builder
	if err := page().Execute(&html, c); err != nil {
		return Letter{}, err
	}
	return Letter{Subject: c.Subject, Text: c.text(), HTML: html.String(), Files: files}, nil
}

// text returns the letter as plain text.
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

// text returns the table in columns padded with spaces.
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

// Align returns the alignment of a column in CSS: "left" or "right".
func (t table) Align(column int) string {
	if t.number(column) {
		return "right"
	}
	return "left"
}

// line returns a text as one line without marks of direction: what someone typed must not begin a line of its own, nor
// reverse what follows it.
func line(text string) string {
	return strings.Join(strings.FieldsFunc(strings.Map(withoutDirection, text), lineBreak), " ")
}

func withoutDirection(r rune) rune {
	if '\u202a' <= r && r <= '\u202e' || '\u2066' <= r && r <= '\u2069' {
		return -1
	}
	return r
}

func lineBreak(r rune) bool { return r < ' ' || r == '\u0085' || r == '\u2028' || r == '\u2029' }
