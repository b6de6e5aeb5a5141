// Package pdf writes a snapshot as a PDF on A4, for funders to sign and file. It is apart from the other exports so
// that only the functions that need it link the library and the fonts.
package pdf

import (
	"cmp"
	"encoding/json"
	"io"
	"slices"
	"strings"
	"time"

	"codeberg.org/go-pdf/fpdf"
	"golang.org/x/image/font/gofont/gobold"
	"golang.org/x/image/font/gofont/goregular"

	"outreach/internal/project"
	"outreach/internal/report"
	"outreach/internal/snapshot"
	"outreach/internal/text"
)

// MediaType is the media type of PDF.
const MediaType = "application/pdf"

// WriteSnapshot writes a snapshot in a language, by tag. The same snapshot gives the same bytes. It fails if known_at
// is not an RFC 3339 time, or if w fails.
func WriteSnapshot(w io.Writer, d *project.Definition, s snapshot.Snapshot, language string) error {
	made, err := time.Parse(time.RFC3339, s.KnownAt)
	if err != nil {
		return err
	}
	words := text.Of(language)
	p := &document{Messages: words, pdf: fpdf.New("P", "mm", "A4", ""), d: d, s: s}
	p.pdf.AddUTF8FontFromBytes(face, "", goregular.TTF)
	p.pdf.AddUTF8FontFromBytes(face, "B", gobold.TTF)
	p.pdf.SetMargins(left, top, left)
	p.pdf.SetAutoPageBreak(false, 0)
	p.pdf.SetCellMargin(0)
	p.pdf.SetCatalogSort(true)
	p.pdf.SetCreationDate(made.UTC())
	p.pdf.SetModificationDate(made.UTC())
	p.pdf.SetLang(words.Language())
	p.pdf.SetProducer("outreach", false)
	p.pdf.SetTitle(shown(d.Title.In(words.Texts())+", "+p.asOf()), true)
	p.pdf.SetSubject(shown(d.Programme.In(words.Texts())), true)
	p.pdf.AliasNbPages(allPages)
	p.pdf.SetFooterFunc(p.footer)
	p.page()

	p.masthead()
	p.keyFigures()
	p.figures()
	p.participants()
	p.growth()
	p.reach()
	p.quality()
	p.breakdowns()
	p.months()
	p.signatures()
	return p.pdf.Output(w)
}

func (p *document) masthead() {
	lang := p.Texts()
	p.font("B", 8.5, accent)
	p.y += p.paragraph(left, p.y, width, p.d.Programme.In(lang)) + 1
	p.font("B", 19, ink)
	p.y += p.paragraph(left, p.y, width, p.d.Title.In(lang)) + 1
	p.font("", 12, ink)
	title := p.Say("results.planned_achieved") + " · " + p.asOf()
	p.put(left, p.y, width, "L", title)
	state := p.Say("snapshot." + p.s.State)
	after := left + p.pdf.GetStringWidth(shown(title)) + 4
	height := p.high()
	p.font("B", 8.5, colour{255, 255, 255})
	tag := p.pdf.GetStringWidth(state) + 5
	p.box(after, p.y+(height-5)/2, tag, 5, map[string]colour{snapshot.Approved: green, snapshot.Draft: amber, snapshot.Rejected: red}[p.s.State])
	p.put(after, p.y+(height-p.high())/2, tag, "C", state)
	p.y += height + 3

	f := p.d.Funding
	funding := f.Source.In(lang)
	if f.Value > 0 {
		funding += ", " + p.Money(f.Value, f.Currency)
	}
	if f.SharePercent > 0 {
		funding += " (" + p.Say("results.share", "percent", p.Percent(f.SharePercent)) + ")"
	}
	var facts []fact
	if funding != "" {
		facts = append(facts, fact{p.Say("results.funding"), funding})
	}
	facts = append(facts, fact{p.Say("results.period"), p.Date(p.d.Period.From) + " – " + p.Date(p.d.Period.To)})
	if region := p.d.Region; region.Name.In(lang) != "" {
		value := region.Name.In(lang)
		if region.Population > 0 {
			value += ", " + p.Count("results.inhabitants", region.Population)
		}
		facts = append(facts, fact{p.Say("results.region"), value})
	}
	for i, one := range p.d.Implementers {
		value := one.Name
		if one.OnBehalfOf != "" {
			value += ", " + p.Say("results.on_behalf", "who", one.OnBehalfOf)
		}
		if one.From != "" || one.To != "" {
			value += " (" + strings.TrimSpace(p.Date(one.From)+" – "+p.Date(one.To)) + ")"
		}
		name := ""
		if i == 0 {
			name = p.Count("results.implementers", int64(len(p.d.Implementers)))
		}
		facts = append(facts, fact{name, value})
	}
	var partners, marks []string
	for _, one := range p.d.Partners {
		partners = append(partners, one.Name)
	}
	for _, one := range p.d.Marks {
		marks = append(marks, one.Text.In(lang))
	}
	if len(partners) > 0 {
		facts = append(facts, fact{p.Count("results.partners", int64(len(partners))), strings.Join(partners, ", ")})
	}
	if len(marks) > 0 {
		facts = append(facts, fact{p.Say("results.marks"), strings.Join(marks, " · ")})
	}
	p.facts(facts)
}

// keyFigures writes the three most important figures.
func (p *document) keyFigures() {
	type key struct{ figure, of, words string }
	part := p.s.Participants
	var keys []key
	if tally := report.TallyOf(p.s.Indicators); tally.Planned > 0 {
		keys = append(keys, key{p.Number(tally.Achieved), p.Say("results.of", "n", p.Number(tally.Planned)), p.Count("results.achieved_lines", tally.Planned)})
	}
	people := key{figure: p.Number(part.Total), words: p.Count("results.participants_n", part.Total)}
	if part.Target > 0 {
		people.of = p.Say("results.of", "n", p.Number(part.Target))
	}
	keys = append(keys, people)
	if p.s.Reach.Airings > 0 {
		keys = append(keys, key{figure: p.Number(p.s.Reach.Sum), words: p.Say("results.reach_key")})
	}
	const gap, height = 4.0, 17.0
	w := (width - gap*float64(len(keys)-1)) / float64(len(keys))
	p.y += 3
	p.need(height)
	for i, k := range keys {
		x := left + float64(i)*(w+gap)
		p.box(x, p.y, w, height, paler)
		p.box(x, p.y, 1, height, accent)
		p.font("B", 17, ink)
		p.put(x+4, p.y+2, w, "L", k.figure)
		after := x + 4 + p.pdf.GetStringWidth(k.figure) + 1.5
		p.font("", 9.5, grey)
		p.put(after, p.y+4.4, w, "L", k.of)
		p.font("", 8.5, ink)
		p.put(x+4, p.y+10.8, w-5, "L", p.fitted(k.words, w-5))
	}
	p.y += height
}

// figureColumns are the widths of the columns of the table of figures, in millimetres.
var figureColumns = []float64{10, 66, 22, 22, 18, 36}

func (p *document) figures() {
	p.heading(p.Say("results.planned_achieved"), 30)
	head := func() {
		x := left
		p.font("B", 8, grey)
		for i, name := range []string{p.Say("results.code"), p.Say("results.result"), p.Say("results.planned"), p.Say("results.achieved"), "%", p.Say("results.progress")} {
			align := "L"
			if i >= 2 && i <= 4 {
				align = "R"
			}
			if i == 5 {
				x += 4
			}
			p.put(x, p.y, figureColumns[i], align, name)
			x += figureColumns[i]
		}
		p.y += 5.5
		p.line(left, p.y, left+width, p.y, grey, 0.25)
	}
	head()
	for _, in := range p.s.Indicators {
		p.font("", 9, ink)
		code, label := in.Code, p.label(in)
		if p.pdf.GetStringWidth(shown(code)) > figureColumns[0]-1 {
			code, label = "", code+"  "+label // a long code precedes the label
		}
		lines := p.wrapped(label, figureColumns[1]-2)
		height := float64(len(lines))*p.high() + 6.6
		if p.need(height + 5) {
			head()
			p.font("", 9, ink)
		}
		y := p.y + 1.4
		x := left
		p.put(x, y, figureColumns[0], "L", code)
		x += figureColumns[0]
		for i, line := range lines {
			p.put(x, y+float64(i)*p.high(), figureColumns[1], "L", line)
		}
		below := y + float64(len(lines))*p.high()
		p.font("", 7.5, grey)
		p.put(x, below, figureColumns[1], "L", report.Unit(p.Messages, in.Unit)+" · "+p.records(in))
		x += figureColumns[1]
		for i, cell := range []string{p.Number(in.Target), report.Achieved(p.Messages, p.d, in), p.Percent(in.Percent)} {
			p.font(map[bool]string{true: "B"}[i == 1], 9, ink)
			p.put(x, y, figureColumns[2+i], "R", cell)
			x += figureColumns[2+i]
		}
		if in.Percent != "" {
			p.bar(x+4, y+0.7, figureColumns[5]-4, report.Progress(in.Percent))
		}
		p.font("", 7.5, map[string]colour{"achieved": green, "behind": amber}[in.Status])
		if in.Status != "achieved" && in.Status != "behind" {
			p.font("", 7.5, grey)
		}
		p.put(x+4, y+4, figureColumns[5]-4, "L", p.Say("status."+in.Status))
		p.y += height
		p.line(left, p.y, left+width, p.y, pale, 0.2)
	}
	p.y += 1.5
	p.prose(p.Say("results.bar_key"), 7.5, grey)
}

// records says of how many records a figure is, and of a share also of how many people or records.
func (p *document) records(in snapshot.Indicator) string {
	said := p.Count("paper.records", in.Records)
	if in.Count == project.CountShare {
		said += " · " + p.Say("results.of_all", "n", p.Number(in.Numerator), "all", p.Number(in.Denominator))
	}
	return said
}

func (p *document) bar(x, y, w float64, b report.Bar) {
	const height = 3.0
	p.box(x, y, w, height, pale)
	p.box(x, y, w*b.Filled/100, height, accent)
	if b.Over {
		p.pdf.SetFillColor(accent.r, accent.g, accent.b)
		p.pdf.Polygon([]fpdf.PointType{{X: x + w, Y: y - 0.7}, {X: x + w + 1.8, Y: y + height/2}, {X: x + w, Y: y + height + 0.7}}, "F")
	}
	plan := x + w*b.Plan/100
	p.line(plan, y-0.8, plan, y+height+0.8, ink, 0.4)
}

func (p *document) participants() {
	part := p.s.Participants
	p.heading(p.Say("results.participants"), 40)
	sentence := p.Count("results.participants_total", part.Total)
	if part.Target > 0 {
		sentence = p.Count("results.participants_of", part.Total, "target", p.Number(part.Target), "percent", p.Percent(report.Percent(part.Total, part.Target)))
	}
	p.prose(sentence+" "+p.Say("results.participants_once"), 9.5, ink)
	p.y += 2
	// Two breakdowns side by side.
	const gap, title, names, numbers = 10.0, 5.0, 46.0, 13.0
	const w = (width - gap) / 2
	type line struct {
		label []string
		part  snapshot.Part
	}
	type block struct {
		title  string
		lines  []line
		height float64
	}
	var blocks []block
	p.font("", 8.5, ink)
	high := p.high()
	for _, dimension := range report.Dimensions(p.d) {
		b := block{title: report.DimensionName(p.Messages, p.d, dimension), height: title}
		for _, one := range part.By[dimension] {
			label := p.wrapped(report.Part(p.Messages, p.d, dimension, one.Code), names-2)
			b.lines = append(b.lines, line{label, one})
			b.height += float64(len(label))*high + 0.8
		}
		if len(b.lines) > 0 {
			blocks = append(blocks, b)
		}
	}
	for pair := range slices.Chunk(blocks, 2) {
		height := 0.0
		for _, b := range pair {
			height = max(height, b.height)
		}
		p.need(height)
		for n, b := range pair {
			x, y := left+float64(n)*(w+gap), p.y
			p.font("B", 8.5, ink)
			p.put(x, y, w, "L", b.title)
			y += title
			p.font("", 8.5, ink)
			for _, l := range b.lines {
				for i, label := range l.label {
					p.put(x, y+float64(i)*high, names, "L", label)
				}
				const bar = w - names - numbers
				p.box(x+names, y+0.8, bar, 2.4, paler)
				if l.part.Shown == "" {
					p.box(x+names, y+0.8, bar*report.Share(l.part.People, part.Total)/100, 2.4, accent)
				}
				p.put(x+w-numbers, y, numbers, "R", p.people(l.part))
				y += float64(len(l.label))*high + 0.8
			}
		}
		p.y += height + 3
	}
}

// people returns how many people a part has, or the mark in its place.
func (p *document) people(one snapshot.Part) string {
	switch one.Shown {
	case "":
		return p.Number(one.Number())
	case snapshot.Hidden:
		return p.Say("results.hidden")
	}
	return one.Shown
}

// span returns the first and the last month of the growth, "" if no indicator has months.
func (p *document) span() (first, last string) {
	for _, in := range p.s.Indicators {
		if n := len(in.ByMonth); n > 0 {
			first, last = in.ByMonth[0].Month, max(last, in.ByMonth[n-1].Month)
		}
	}
	return first, last
}

// growth writes a chart for each indicator, three in a row.
func (p *document) growth() {
	first, last := p.span()
	if first == "" {
		return
	}
	const gap, titles, drawing, ends = 6.0, 9.0, 22.0, 9.0
	const w = (width - 2*gap) / 3
	p.heading(p.Say("results.growth"), titles+drawing+ends+8)
	if whole, ok := report.JointGrowth(p.s, p.d, 1, 1); ok {
		p.prose(p.Say("results.whole", "percent", p.Percent(whole.Percent), "plan", p.Percent(whole.PlanPercent)), 9.5, ink)
		p.y++
	}
	p.prose(p.Say("results.growth_note", "first", p.Month(first), "last", p.Month(last)), 8.5, grey)
	p.y += 2
	for i, in := range p.s.Indicators {
		column := i % 3
		if column == 0 {
			p.need(titles + drawing + ends)
		}
		x, y := left+float64(column)*(w+gap), p.y
		p.font("", 8, ink)
		lines := p.wrapped(in.Code+"  "+p.label(in), w)
		if len(lines) > 2 {
			lines = []string{lines[0], p.fitted(lines[1]+" "+lines[2], w-2)}
		}
		for n, line := range lines {
			p.put(x, y+float64(n)*p.high(), w, "L", line)
		}
		p.curve(x, y+titles, w, drawing, in)
		p.font("", 7.5, grey)
		p.put(x, y+titles+drawing+0.5, w, "L", p.Month(first))
		p.font("B", 8, accent)
		p.put(x, y+titles+drawing+0.5, w, "R", report.Achieved(p.Messages, p.d, in))
		if column == 2 || i == len(p.s.Indicators)-1 {
			p.y += titles + drawing + ends
		}
	}
}

// curve writes the chart of an indicator: growth by month as steps, and the target as a dashed line.
func (p *document) curve(x, y, w, h float64, in snapshot.Indicator) {
	value := func(n json.Number) float64 {
		v, _ := n.Float64()
		return v
	}
	highest := value(in.Target)
	for _, m := range in.ByMonth {
		highest = max(highest, value(m.Total))
	}
	at := func(v float64) float64 { return y + h - h*v/(cmp.Or(highest, 1)*1.08) }
	step := w / float64(max(1, len(in.ByMonth)))
	points := []fpdf.PointType{{X: x, Y: y + h}}
	for i, m := range in.ByMonth {
		level := at(max(0, value(m.Total))) // the axis begins at 0
		points = append(points, fpdf.PointType{X: x + float64(i)*step, Y: level}, fpdf.PointType{X: x + float64(i+1)*step, Y: level})
	}
	p.pdf.SetFillColor(light.r, light.g, light.b)
	p.pdf.Polygon(append(points, fpdf.PointType{X: points[len(points)-1].X, Y: y + h}), "F")
	p.pdf.SetLineCapStyle("round")
	for i := 1; i < len(points); i++ {
		p.line(points[i-1].X, points[i-1].Y, points[i].X, points[i].Y, accent, 0.5)
	}
	p.pdf.SetLineCapStyle("butt")
	p.pdf.SetDashPattern([]float64{1.2, 0.9}, 0)
	if in.Target != "" {
		p.line(x, at(value(in.Target)), x+w, at(value(in.Target)), ink, 0.25)
	}
	p.pdf.SetDashPattern(nil, 0)
	p.line(x, y+h, x+w, y+h, grey, 0.2)
}

func (p *document) reach() {
	r := p.s.Reach
	if r.Airings == 0 {
		return
	}
	p.heading(p.Say("results.reach"), 24)
	said := p.Count("results.reach_sum", r.Airings, "sum", p.Number(r.Sum)) + " " +
		p.Say("results.reach_people", "low", p.Number(r.Low), "high", p.Number(r.High), "estimate", p.Number(r.Estimate))
	if r.Population > 0 {
		said += " " + p.Say("results.reach_population", "population", p.Number(r.Population))
	}
	p.prose(said, 9.5, ink)
	p.y += 1.5
	p.prose(p.Say("results.reach_note"), 8, grey)
}

// quality writes the gaps in the records, and where the figures come from.
func (p *document) quality() {
	p.heading(p.Say("results.quality"), 45)
	q := p.s.Quality
	without, outside := p.Say("results.all_attributes"), p.Say("results.none_outside")
	if q.PeopleWithoutAttributes > 0 {
		without = p.Count("results.without_attributes", q.PeopleWithoutAttributes)
	}
	if q.RecordsOutsidePeriod > 0 {
		outside = p.Count("results.outside_period", q.RecordsOutsidePeriod)
	}
	p.prose(without, 9.5, ink)
	if q.Incomplete > 0 {
		p.prose(p.Count("results.incomplete", q.Incomplete), 9.5, ink)
	}
	p.prose(outside, 9.5, ink)
	for _, e := range q.RuleErrors {
		p.prose(p.Count("results.rule_error", e.Count, "of", p.RuleOf(e.Code))+" "+p.Say("results.rule_error_record")+" "+e.Record, 9.5, ink)
	}
	p.y += 2
	origin := []fact{{p.Say("origin.known_at"), p.Moment(p.s.KnownAt, p.d.Location())}, {p.Say("origin.snapshot"), p.s.ID}}
	if p.s.Supersedes != nil {
		origin = append(origin, fact{p.Say("origin.supersedes"), *p.s.Supersedes})
	}
	if before := p.s.Previous; before != nil {
		seal := before.Seal
		if seal == "" {
			seal = p.Say("origin.not_sealed")
		}
		origin = append(origin, fact{p.Say("origin.previous"), before.ID + ", " + seal})
	}
	version := p.Say("origin.version", "n", p.s.Definition.Version)
	p.facts(append(origin, fact{p.Say("origin.definition"), version + ", SHA-256 " + p.s.Definition.SHA256}, fact{p.Say("snapshots.hash"), p.s.Hash}, p.seal()))
}

func (p *document) seal() fact {
	return fact{p.Say("snapshots.seal"), p.s.SealOr(p.Say("origin.not_sealed"))}
}

// breakdowns writes the breakdowns of all indicators that have any, with what was planned of their parts.
func (p *document) breakdowns() {
	var columns []string
	var by []snapshot.Breakdowns
	var targets []map[string]map[string]json.Number
	for _, in := range p.s.Indicators {
		if len(in.By) > 0 {
			columns, by, targets = append(columns, in.Code), append(by, in.By), append(targets, in.TargetBy)
		}
	}
	if len(columns) == 0 {
		return
	}
	var rows []row
	for _, dimension := range report.Dimensions(p.d) {
		codes := report.Codes(by, dimension)
		if len(codes) > 0 {
			rows = append(rows, row{name: report.DimensionName(p.Messages, p.d, dimension), title: true})
		}
		for _, code := range codes {
			r := row{name: report.Part(p.Messages, p.d, dimension, code)}
			for i, b := range by {
				cell := ""
				for _, one := range b[dimension] {
					if one.Code == code {
						cell = p.people(one)
					}
				}
				if target, planned := targets[i][dimension][code]; planned {
					cell += " / " + p.Number(target)
				}
				r.cells = append(r.cells, cell)
			}
			rows = append(rows, r)
		}
	}
	p.table(p.Say("results.breakdowns"), p.Say("results.breakdowns_note"), "", columns, rows)
}

// months writes the growth as a table.
func (p *document) months() {
	var columns []string
	var rows []row
	for i, in := range p.s.Indicators {
		columns = append(columns, in.Code)
		for n, m := range in.ByMonth {
			if n == len(rows) {
				rows = append(rows, row{name: p.Month(m.Month), cells: make([]string, len(p.s.Indicators))})
			}
			rows[n].cells[i] = p.Number(m.Total)
		}
	}
	if len(rows) > 0 {
		p.table(p.Say("paper.months"), p.Say("paper.months_note"), p.Say("results.month"), columns, rows)
	}
}

// signatures writes the fields to sign for each side.
func (p *document) signatures() {
	const side = 18.5
	p.heading(p.Say("paper.confirmation"), 2*side+11)
	p.prose(p.Say("paper.confirmed", "date", p.Date(p.s.AsOf)), 9.5, ink)
	p.y++
	p.facts([]fact{{p.Say("snapshots.hash"), p.s.Hash}, p.seal()})
	for _, who := range []string{p.Say("paper.for_project"), p.Say("paper.for_funder")} {
		p.font("B", 9, ink)
		p.put(left, p.y+2.5, width, "L", who)
		y, x := p.y+side-4, left
		for _, field := range []struct {
			name  string
			width float64
		}{{p.Say("paper.name"), 70}, {p.Say("paper.date"), 34}, {p.Say("paper.signature"), 58}} {
			p.line(x, y, x+field.width, y, grey, 0.25)
			p.font("", 7.5, grey)
			p.put(x, y+0.6, field.width, "L", field.name)
			x += field.width + 6
		}
		p.y += side
	}
}
