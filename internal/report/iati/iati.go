// Package iati writes a snapshot as results of the International Aid Transparency Initiative: an activity with one
// result for each indicator, by version 2.03 of the standard (iatistandard.org).
package iati

import (
	"cmp"
	"encoding/xml"
	"fmt"
	"io"
	"slices"
	"strconv"
	"time"

	"outreach/internal/project"
	"outreach/internal/report"
	"outreach/internal/snapshot"
	"outreach/internal/text"
)

const version = "2.03"

// unregistered is the identifier of the organisation where the definition names none. ZZ is no country's code.
const unregistered = "ZZ-UNREGISTERED"

// Codes of the standard's lists.
const (
	otherOrganisation = "90" // OrganisationType

	pipeline       = "1" // ActivityStatus
	implementation = "2"
	finalisation   = "3"

	plannedStart = "1" // ActivityDateType
	actualStart  = "2"
	plannedEnd   = "3"
	actualEnd    = "4"

	funding      = "1" // OrganisationRole
	implementing = "4"

	unit        = "1" // IndicatorMeasure
	percentage  = "2"
	qualitative = "5"

	ownVocabulary = "99" // IndicatorVocabulary: that of the reporting organisation
	dacSectors    = "1"  // SectorVocabulary: five-digit purpose codes of the OECD DAC
)

// resultTypes are the codes of the list ResultType.
var resultTypes = map[string]string{"": "1", "output": "1", "outcome": "2", "impact": "3", "other": "9"}

// The elements, in the order of the schema.
type (
	activities struct {
		XMLName   xml.Name `xml:"iati-activities"`
		Version   string   `xml:"version,attr"`
		Generated string   `xml:"generated-datetime,attr"`
		Comment   string   `xml:",comment"`
		Activity  activity `xml:"iati-activity"`
	}
	activity struct {
		Updated      string          `xml:"last-updated-datetime,attr"`
		Language     string          `xml:"xml:lang,attr"`
		Currency     string          `xml:"default-currency,attr,omitempty"`
		Identifier   string          `xml:"iati-identifier"`
		Reporting    reportingOrg    `xml:"reporting-org"`
		Title        narratives      `xml:"title"`
		Description  narratives      `xml:"description"`
		Participants []participating `xml:"participating-org"`
		Status       coded           `xml:"activity-status"`
		Dates        []date          `xml:"activity-date"`
		Country      *coded          `xml:"recipient-country"`
		Sector       *sector         `xml:"sector"`
		Results      []result        `xml:"result"`
	}
	reportingOrg struct {
		Ref  string `xml:"ref,attr"`
		Type string `xml:"type,attr"`
		narratives
	}
	participating struct {
		Ref  string `xml:"ref,attr,omitempty"`
		Role string `xml:"role,attr"`
		narratives
	}
	coded struct {
		Code string `xml:"code,attr"`
	}
	sector struct {
		Vocabulary string `xml:"vocabulary,attr"`
		Code       string `xml:"code,attr"`
	}
	date struct {
		Type string `xml:"type,attr,omitempty"`
		Day  string `xml:"iso-date,attr"`
	}
	result struct {
		Type       string     `xml:"type,attr"`
		Aggregates string     `xml:"aggregation-status,attr"`
		Title      narratives `xml:"title"`
		Indicator  indicator  `xml:"indicator"`
	}
	indicator struct {
		Measure     string      `xml:"measure,attr"`
		Ascending   string      `xml:"ascending,attr"`
		Aggregates  string      `xml:"aggregation-status,attr"`
		Title       narratives  `xml:"title"`
		Description *narratives `xml:"description"`
		Reference   reference   `xml:"reference"`
		Baseline    *baseline   `xml:"baseline"`
		Period      period      `xml:"period"`
	}
	reference struct {
		Vocabulary string `xml:"vocabulary,attr"`
		Code       string `xml:"code,attr"`
	}
	baseline struct {
		Day   string `xml:"iso-date,attr"`
		Year  string `xml:"year,attr"`
		Value string `xml:"value,attr"`
	}
	period struct {
		Start   date    `xml:"period-start"`
		End     date    `xml:"period-end"`
		Targets []value `xml:"target"`
		Actuals []value `xml:"actual"`
	}
	value struct {
		Value     string      `xml:"value,attr,omitempty"`
		Dimension *dimension  `xml:"dimension"`
		Comment   *narratives `xml:"comment"`
	}
	dimension struct {
		Name  string `xml:"name,attr"`
		Value string `xml:"value,attr"`
	}
	narratives struct {
		Narratives []narrative `xml:"narrative"`
	}
	narrative struct {
		Language string `xml:"xml:lang,attr,omitempty"`
		Text     string `xml:",chardata"`
	}
)

// WriteSnapshot writes a snapshot as an activity with its results. Figures that the snapshot hides from the public are
// left out. It fails where w does, or the snapshot's times are not valid.
func WriteSnapshot(w io.Writer, d *project.Definition, s snapshot.Snapshot) error {
	a, err := activityOf(d, s)
	if err != nil {
		return err
	}
	out := activities{Version: version, Generated: s.KnownAt, Activity: a}
	if d.IATI == nil {
		out.Comment = " The definition has no iati.organisation: " + unregistered + " is no identifier of the standard. "
	}
	if _, err := io.WriteString(w, xml.Header); err != nil {
		return err
	}
	encoder := xml.NewEncoder(w)
	encoder.Indent("", "  ")
	if err := encoder.Encode(out); err != nil {
		return err
	}
	_, err = io.WriteString(w, "\n")
	return err
}

// writer knows in which languages texts are written.
type writer struct {
	d         *project.Definition
	languages []string
}

func activityOf(d *project.Definition, s snapshot.Snapshot) (activity, error) {
	known, err := time.Parse(time.RFC3339, s.KnownAt)
	if err != nil {
		return activity{}, fmt.Errorf("snapshot %s: %w", s.ID, err)
	}
	w := writer{d: d, languages: languages(d)}
	given := project.IATI{Organisation: unregistered}
	if d.IATI != nil {
		given = *d.IATI
	}
	name := w.say(given.Name)
	if len(name.Narratives) == 0 {
		name = w.same(organisation(d))
	}
	a := activity{
		Updated: s.KnownAt, Language: w.languages[0], Currency: d.Funding.Currency,
		Identifier: cmp.Or(given.Activity, given.Organisation+"-"+d.ID),
		Reporting:  reportingOrg{Ref: given.Organisation, Type: cmp.Or(given.OrganisationType, otherOrganisation), narratives: name},
		Title:      w.say(d.Title), Description: w.say(d.Goal), Participants: w.participating(given.Organisation, name),
	}
	if len(a.Description.Narratives) == 0 {
		a.Description = a.Title
	}
	a.Status, a.Dates = lifecycle(d, known)
	if given.Country != "" {
		a.Country = &coded{given.Country}
	}
	if given.Sector != "" {
		a.Sector = &sector{dacSectors, given.Sector}
	}
	for _, in := range s.Indicators {
		a.Results = append(a.Results, w.result(in, resultTypes[given.Results[in.Code]]))
	}
	a.Results = append(a.Results, w.participants(s, resultTypes[given.Results[project.ParticipantsCode]]))
	return a, nil
}

// languages returns the languages of the file: those of the project's own, or of its title.
func languages(d *project.Definition) []string {
	if len(d.Languages) > 0 {
		return d.Languages
	}
	if own := d.Title.Languages(); len(own) > 0 {
		return own
	}
	return []string{text.English}
}

// organisation returns the name of who runs the project, or its title where the definition names no one.
func organisation(d *project.Definition) string {
	switch {
	case d.Contact != nil:
		return d.Contact.Name
	case len(d.Implementers) > 0:
		return d.Implementers[len(d.Implementers)-1].Name
	}
	return d.Title.In(languages(d)[0])
}

// say returns the narratives of a text, in each language that it has. One that is the same in all languages is in the
// first of the project's own.
func (w writer) say(t project.Text) (out narratives) {
	if said, same := t.OneForAll(); same && len(w.d.Languages) > 0 {
		return narratives{[]narrative{{w.languages[0], said}}}
	}
	for _, tag := range w.languages {
		if said := t.Exactly(tag); said != "" {
			out.Narratives = append(out.Narratives, narrative{tag, said})
		}
	}
	for _, tag := range t.Languages() {
		if !slices.Contains(w.languages, tag) && len(out.Narratives) == 0 {
			out.Narratives = append(out.Narratives, narrative{tag, t[tag]})
		}
	}
	return out
}

// same returns the narrative of a name, which is the same in all languages.
func (w writer) same(name string) narratives {
	return narratives{[]narrative{{Text: name}}}
}

// words returns the narratives of an interface text, in those of the languages that the interface has, else in English.
func (w writer) words(say func(*text.Messages) string) (out narratives) {
	for _, tag := range w.languages {
		if text.Offers(tag) {
			out.Narratives = append(out.Narratives, narrative{tag, say(text.Of(tag))})
		}
	}
	if len(out.Narratives) == 0 {
		out.Narratives = []narrative{{text.English, say(text.Of(text.English))}}
	}
	return out
}

// participating returns who pays and who runs the project.
func (w writer) participating(reporting string, name narratives) (out []participating) {
	if source := w.say(w.d.Funding.Source); len(source.Narratives) > 0 {
		out = append(out, participating{Role: funding, narratives: source})
	}
	for _, i := range w.d.Implementers {
		out = append(out, participating{Role: implementing, narratives: w.same(i.Name)})
	}
	if len(w.d.Implementers) == 0 {
		out = append(out, participating{Ref: reporting, Role: implementing, narratives: name})
	}
	return out
}

// lifecycle returns the activity's status and its dates at an instant. A project is taken to have begun and ended as it
// was planned; after its end the last reports are due.
func lifecycle(d *project.Definition, at time.Time) (coded, []date) {
	dates := []date{{plannedStart, d.Period.From}}
	state := d.State(at)
	if state != project.Upcoming {
		dates = append(dates, date{actualStart, d.Period.From})
	}
	dates = append(dates, date{plannedEnd, d.Period.To})
	switch state {
	case project.Upcoming:
		return coded{pipeline}, dates
	case project.Ended:
		return coded{finalisation}, append(dates, date{actualEnd, d.Period.To})
	}
	return coded{implementation}, dates
}

// adds reports whether figures of several activities may be added up: not where people are counted, who may be in
// several, nor figures that are worked out from others.
func adds(in project.Indicator) bool {
	return in.Count == project.CountSum && in.Of != "media" || in.Count == project.CountRecords
}

func (w writer) result(in snapshot.Indicator, kind string) result {
	defined, _ := w.d.Indicator(in.Code)
	title, aggregates := w.say(in.Label), flag(adds(defined))
	out := result{Type: kind, Aggregates: aggregates, Title: title, Indicator: indicator{
		Measure: measure(defined), Ascending: flag(defined.Direction != project.Down), Aggregates: aggregates, Title: title,
		Reference: reference{ownVocabulary, in.Code}, Period: w.period(defined.LastDay(w.d.Period)),
	}}
	if in.Unit != "" {
		measured := w.words(func(words *text.Messages) string { return report.Unit(words, in.Unit) })
		out.Indicator.Description = &measured
	}
	if b := defined.Baseline; b != nil {
		day := cmp.Or(b.At, w.d.Period.From)
		out.Indicator.Baseline = &baseline{Day: day, Year: day[:4], Value: strconv.FormatFloat(b.Value, 'f', -1, 64)}
	}
	p := &out.Indicator.Period
	if in.Target != "" {
		p.Targets = append(p.Targets, value{Value: in.Target.String()})
	}
	for _, dimension := range report.Dimensions(w.d) {
		for _, part := range in.By[dimension] {
			if target, planned := in.TargetBy[dimension][part.Code]; planned {
				p.Targets = append(p.Targets, value{Value: target.String(), Dimension: dimensionOf(dimension, part.Code)})
			}
		}
	}
	switch {
	case in.Few || in.Withheld:
		return out
	case in.Said != "":
		said := w.said(defined, in.Said)
		p.Actuals = append(p.Actuals, value{Comment: &said})
	case in.Achieved != "":
		p.Actuals = append(p.Actuals, value{Value: in.Achieved.String()})
	}
	p.Actuals = append(p.Actuals, w.parts(in.By)...)
	return out
}

// participants returns the result that counts everybody who took part.
func (w writer) participants(s snapshot.Snapshot, kind string) result {
	title := w.words(func(words *text.Messages) string { return words.Say("results.participants") })
	people := w.words(func(words *text.Messages) string { return report.Unit(words, "person") })
	out := result{Type: kind, Aggregates: flag(false), Title: title, Indicator: indicator{
		Measure: unit, Ascending: flag(true), Aggregates: flag(false), Title: title, Description: &people,
		Reference: reference{ownVocabulary, project.ParticipantsCode}, Period: w.period(w.d.Period.To),
	}}
	if s.Participants.Target > 0 {
		out.Indicator.Period.Targets = []value{{Value: strconv.FormatInt(s.Participants.Target, 10)}}
	}
	if !s.Participants.Few {
		out.Indicator.Period.Actuals = append([]value{{Value: strconv.FormatInt(s.Participants.Total, 10)}}, w.parts(s.Participants.By)...)
	}
	return out
}

func (w writer) period(last string) period {
	return period{Start: date{Day: w.d.Period.From}, End: date{Day: last}}
}

// parts returns what was achieved of each part of breakdowns that is shown.
func (w writer) parts(by snapshot.Breakdowns) (out []value) {
	for _, name := range report.Dimensions(w.d) {
		for _, part := range by[name] {
			if part.Shown == "" {
				out = append(out, value{Value: part.Number().String(), Dimension: dimensionOf(name, part.Code)})
			}
		}
	}
	return out
}

func dimensionOf(name, code string) *dimension { return &dimension{Name: name, Value: code} }

// said returns the label of what was said of a scale.
func (w writer) said(in project.Indicator, id string) narratives {
	for _, one := range in.Scale {
		if one.ID == id {
			return w.say(one.Label)
		}
	}
	return w.same(id)
}

// measure returns the code of how an indicator is measured.
func measure(in project.Indicator) string {
	switch {
	case len(in.Scale) > 0:
		return qualitative
	case in.Count == project.CountShare || in.Unit == "%" || in.Unit == "percent":
		return percentage
	}
	return unit
}

func flag(yes bool) string {
	if yes {
		return "1"
	}
	return "0"
}
