package pdf

import (
	"strings"

	"codeberg.org/go-pdf/fpdf"

	"outreach/internal/project"
	"outreach/internal/snapshot"
	"outreach/internal/text"
)

// Measures of the page, in millimetres; fonts in points.
const (
	face       = "Go"
	left       = 18.0
	top        = 18.0
	width      = 210 - 2*left
	bottom     = 297 - 20.0
	perPoint   = 25.4 / 72
	lineHeight = 1.35 // of the font's size
	allPages   = "{nb}"
)

type colour struct{ r, g, b int }

var (
	ink    = colour{28, 36, 44}
	grey   = colour{98, 108, 118}
	pale   = colour{225, 230, 235}
	paler  = colour{243, 246, 248}
	accent = colour{15, 76, 92}
	light  = colour{223, 233, 234}
	green  = colour{28, 110, 66}
	amber  = colour{156, 92, 10}
	red    = colour{160, 40, 40}
)

// document is a PDF that is written from top to bottom: y is the position of the next line.
type document struct {
	*text.Messages
	pdf *fpdf.Fpdf
	d   *project.Definition
	s   snapshot.Snapshot
	y   float64
}

func (p *document) asOf() string { return p.Say("results.as_of", "date", p.Date(p.s.AsOf)) }

func (p *document) label(in snapshot.Indicator) string { return in.Label.In(p.Texts()) }

func (p *document) page() {
	p.pdf.AddPage()
	p.y = top
}

// need begins a new page unless the height fits on this one. It reports whether it did.
func (p *document) need(height float64) bool {
	if p.y+height <= bottom {
		return false
	}
	p.page()
	return true
}

func (p *document) footer() {
	const y = 297 - 13.0
	p.line(left, y-3, left+width, y-3, pale, 0.2)
	p.font("", 7.5, grey)
	hash := p.s.Hash
	if len(hash) > 23 {
		hash = hash[:23] + "…"
	}
	p.put(left, y, width, "L", p.fitted(p.d.Title.In(p.Texts()), width-120)+" · "+p.asOf())
	// The total of pages is filled in at the end; it takes as much room as the number of this page.
	room := p.pdf.GetStringWidth(p.Say("paper.page", "n", p.pdf.PageNo(), "all", p.pdf.PageNo()))
	p.put(left+width-room, y, room, "L", p.Say("paper.page", "n", p.pdf.PageNo(), "all", allPages))
	p.put(left, y, width-room-6, "R", hash)
}

func (p *document) font(style string, size float64, c colour) {
	p.pdf.SetFont(face, style, size)
	p.pdf.SetTextColor(c.r, c.g, c.b)
}

// high returns the height of a line in the present font.
func (p *document) high() float64 {
	size, _ := p.pdf.GetFontSize()
	return size * perPoint * lineHeight
}

// put writes one line at a position.
func (p *document) put(x, y, w float64, align, s string) {
	p.pdf.SetXY(x, y)
	p.pdf.CellFormat(w, p.high(), shown(s), "", 0, align+"M", false, 0, "")
}

// paragraph writes a text at a position, and returns its height.
func (p *document) paragraph(x, y, w float64, s string) float64 {
	lines := p.wrapped(s, w)
	for i, line := range lines {
		p.put(x, y+float64(i)*p.high(), w, "L", line)
	}
	return float64(len(lines)) * p.high()
}

// prose writes a text over the whole width, with page breaks.
func (p *document) prose(s string, size float64, c colour) {
	p.font("", size, c)
	for _, line := range p.wrapped(s, width) {
		if p.need(p.high()) {
			p.font("", size, c)
		}
		p.put(left, p.y, width, "L", line)
		p.y += p.high()
	}
}

// shown returns a text without characters that the fonts do not have.
func shown(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\t' || r == '\n' || r == '\r':
			return ' '
		case r < ' ':
			return -1
		case r > 0xFFFF:
			return '\uFFFD'
		}
		return r
	}, s)
}

// wrapped breaks a text into lines at spaces; a word wider than the line is broken anywhere.
func (p *document) wrapped(s string, w float64) []string {
	var lines []string
	line := ""
	for word := range strings.SplitSeq(shown(s), " ") {
		if whole := strings.TrimLeft(line+" "+word, " "); p.pdf.GetStringWidth(whole) <= w {
			line = whole
			continue
		}
		if line != "" {
			lines = append(lines, line)
		}
		line = ""
		for _, r := range word {
			if line != "" && p.pdf.GetStringWidth(line+string(r)) > w {
				lines, line = append(lines, line), ""
			}
			line += string(r)
		}
	}
	return append(lines, line)
}

// fitted shortens a text to a width, with an ellipsis.
func (p *document) fitted(s string, w float64) string {
	if p.pdf.GetStringWidth(shown(s)) <= w {
		return s
	}
	runes := []rune(s)
	for len(runes) > 0 && p.pdf.GetStringWidth(shown(string(runes))+"…") > w {
		runes = runes[:len(runes)-1]
	}
	return strings.TrimSpace(string(runes)) + "…"
}

func (p *document) box(x, y, w, h float64, c colour) {
	p.pdf.SetFillColor(c.r, c.g, c.b)
	p.pdf.Rect(x, y, w, h, "F")
}

func (p *document) line(x1, y1, x2, y2 float64, c colour, thick float64) {
	p.pdf.SetDrawColor(c.r, c.g, c.b)
	p.pdf.SetLineWidth(thick)
	p.pdf.Line(x1, y1, x2, y2)
}

// heading begins a section, on a new page unless there is room below it.
func (p *document) heading(title string, room float64) {
	p.y += 7
	p.need(10 + room)
	p.font("B", 12.5, accent)
	p.put(left, p.y, width, "L", title)
	p.pdf.Bookmark(shown(title), 0, p.y)
	p.y += p.high() + 1
	p.line(left, p.y, left+width, p.y, pale, 0.3)
	p.y += 2.5
}

type fact struct{ name, value string }

// facts writes names and values in two columns.
func (p *document) facts(all []fact) {
	const names = 38.0
	for _, f := range all {
		p.font("", 8.5, ink)
		height := float64(len(p.wrapped(f.value, width-names))) * p.high()
		p.need(height)
		p.font("", 8.5, grey)
		p.put(left, p.y, names, "L", f.name)
		p.font("", 8.5, ink)
		p.paragraph(left+names, p.y, width-names, f.value)
		p.y += height + 0.6
	}
}

type row struct {
	name  string
	title bool // it begins a group
	cells []string
}

// table writes a table with a column for each indicator, split into several tables if there are too many columns.
func (p *document) table(title, note, corner string, columns []string, rows []row) {
	const high = 4.3
	p.font("B", 8, ink)
	names, cell := p.pdf.GetStringWidth(corner), 10.0
	for _, r := range rows {
		if !r.title {
			names = max(names, p.pdf.GetStringWidth(shown(r.name)))
		}
		for _, value := range r.cells {
			cell = max(cell, p.pdf.GetStringWidth(value)+2.5)
		}
	}
	for _, c := range columns {
		cell = max(cell, min(p.pdf.GetStringWidth(shown(c))+2.5, 20))
	}
	names = min(names+2, 70)
	most := int((width - names) / cell)
	parts := (len(columns) + most - 1) / most
	most = (len(columns) + parts - 1) / parts
	cell = min((width-names)/float64(most), max(cell, 18))
	for from := 0; from < len(columns); from += most {
		part := columns[from:min(from+most, len(columns))]
		if from == 0 {
			p.heading(title, 40)
			p.prose(note, 8.5, grey)
			p.y += 1.5
		} else {
			p.y += 5
			p.need(40)
		}
		head := func() {
			p.font("B", 8, grey)
			p.put(left, p.y, names, "L", corner)
			for i, c := range part {
				p.put(left+names+float64(i)*cell, p.y, cell, "R", p.fitted(c, cell-1))
			}
			p.y += 5
			p.line(left, p.y-0.3, left+names+float64(len(part))*cell, p.y-0.3, grey, 0.25)
		}
		head()
		for n, r := range rows {
			room := high
			if r.title { // a group stays together
				for n++; n < len(rows) && !rows[n].title; n++ {
					room += high
				}
			}
			if p.need(min(room, bottom-top-10)) {
				head()
			}
			if r.title {
				p.font("B", 8, ink)
				p.put(left, p.y+0.6, width, "L", r.name)
				p.y += high + 0.6
				continue
			}
			p.font("", 8, ink)
			p.put(left, p.y, names, "L", p.fitted(r.name, names-1))
			for i, value := range r.cells[from:min(from+most, len(columns))] {
				p.put(left+names+float64(i)*cell, p.y, cell, "R", value)
			}
			p.y += high
			p.line(left, p.y-0.2, left+names+float64(len(part))*cell, p.y-0.2, pale, 0.1)
		}
	}
}
