// Package project declares the definition of a funded project: its period, activities and indicators, each with a
// target and the rule that counts it. A project manager writes the definition in YAML; package definition parses and
// checks it.
package project

import (
	"maps"
	"slices"
	"strconv"
	"sync"
	"time"
	_ "time/tzdata" // the machines that functions run on have no time zone database
)

// Definition is the checked definition of one project.
type Definition struct {
	ID           string        `json:"id"`
	Title        Text          `json:"title"`
	Programme    Text          `json:"programme"`
	Funding      Funding       `json:"funding"`
	Period       Period        `json:"period"`
	TimeZone     string        `json:"time_zone"`
	Implementers []Implementer `json:"implementers,omitempty"`
	Contact      *Contact      `json:"contact,omitempty"`
	Privacy      *Privacy      `json:"privacy,omitempty"`
	Marks        []Mark        `json:"marks,omitempty"`
	Goal         Text          `json:"goal"`
	Region       Region        `json:"region"`
	TargetGroup  int64         `json:"target_group,omitempty"` // how many participants were promised; 0: no number
	Groups       []Labelled    `json:"groups,omitempty"`
	AgeBands     []string      `json:"age_bands,omitempty"` // "0-24", "25-54", "55+"
	Activities   []Activity    `json:"activities,omitempty"`
	OutputKinds  []OutputKind  `json:"output_kinds,omitempty"`
	Partners     []Partner     `json:"partners,omitempty"`
	Participants []Rule        `json:"participants,omitempty"`
	Indicators   []Indicator   `json:"indicators"`
	Reports      Reports       `json:"reports"`
	Retention    Retention     `json:"retention,omitzero"`
	Records      []RecordKind  `json:"records,omitempty"`       // kinds of record beside the built-in ones
	Confirm      string        `json:"confirm,omitempty"`       // ConfirmEmail, or "": addresses need not be confirmed
	ConfirmHours int           `json:"confirm_hours,omitempty"` // for how long a place is kept until then
	People       People        `json:"people,omitzero"`
	Exports      []Export      `json:"exports,omitempty"`   // lists of participants in other systems' forms
	Packs        []Pack        `json:"extends,omitempty"`   // those that it extends
	Languages    []string      `json:"languages,omitempty"` // BCP 47, the first one is the project's own; none: Polish
	Embed        []string      `json:"embed,omitempty"`     // origins of sites that may show the sign-up form and send to it
	IATI         *IATI         `json:"iati,omitempty"`
	DHIS2        *DHIS2        `json:"dhis2,omitempty"`
	ProgrammeID  string        `json:"programme_id,omitempty"` // the programme whose funder sees the project beside others; ""
}

// Pack is a version of a pack, a part of a definition that many projects share.
type Pack struct {
	ID      string `json:"id"`
	Version int    `json:"version"`
}

// String returns the pack with its version, training@1.
func (p Pack) String() string { return p.ID + "@" + strconv.Itoa(p.Version) }

// ConfirmEmail in Confirm means that a sign-up of the public form with an e-mail address is held until the address is
// confirmed.
const ConfirmEmail = "email"

// Funding is who pays, how much, and which share of the costs.
type Funding struct {
	Source       Text    `json:"source"`
	Value        float64 `json:"value,omitempty"`
	Currency     string  `json:"currency,omitempty"`
	SharePercent float64 `json:"share_percent,omitempty"`
}

// Period is the project's first and last day, both included, as YYYY-MM-DD.
type Period struct {
	From string `json:"from"`
	To   string `json:"to"`
}

// Contains reports whether a day, YYYY-MM-DD, lies in the period.
func (p Period) Contains(day string) bool { return p.From <= day && day <= p.To }

// Implementer is an organisation that ran the project, for the whole period or a part of it.
type Implementer struct {
	Name       string `json:"name"`
	OnBehalfOf string `json:"on_behalf_of,omitempty"`
	From       string `json:"from,omitempty"`
	To         string `json:"to,omitempty"`
}

// Contact is the organisation that is responsible for the project and for the participants' data.
type Contact struct {
	Name    string `json:"name"`
	Email   string `json:"email,omitempty"`
	Phone   string `json:"phone,omitempty"`
	Address string `json:"address,omitempty"`
}

// Privacy is what the form says to people about the use of their data (GDPR, Article 13), beside the contact.
type Privacy struct {
	Basis      string     `json:"basis,omitempty"` // one of Bases, or ""
	DPO        *Officer   `json:"dpo,omitempty"`
	Recipients Text       `json:"recipients"`
	Kept       Text       `json:"kept"`
	Authority  *Authority `json:"authority,omitempty"`
	Text       Text       `json:"text"` // said after all else
}

// Bases are the legal bases of Article 6(1) of the GDPR, in its order.
var Bases = []string{"consent", "contract", "legal-obligation", "vital-interests", "public-task", "legitimate-interests"}

// Officer is a data protection officer.
type Officer struct {
	Name  string `json:"name,omitempty"`
	Email string `json:"email,omitempty"`
}

// Authority is the supervisory authority that people may complain to.
type Authority struct {
	Name Text   `json:"name"`
	URL  string `json:"url,omitempty"`
}

// Mark is a text that the funder wants to be shown with the project, and the sign before it.
type Mark struct {
	Sign string `json:"sign,omitempty"` // one of Signs, or ""
	Text Text   `json:"text"`
}

// Signs are the signs that pages can show: the emblem of the European Union, and the colours of Poland.
var Signs = []string{"eu", "poland"}

// Region is where the project works; no audience can be larger than its population.
type Region struct {
	Name       Text  `json:"name"`
	Population int64 `json:"population,omitempty"`
}

// Labelled is a value of one of the definition's lists, with its label.
type Labelled struct {
	ID    string `json:"id"`
	Label Text   `json:"label"`
}

// OutputKind is a kind of output. Without further keys the amounts of its outputs are whole numbers above 0.
type OutputKind struct {
	ID         string `json:"id"`
	Label      Text   `json:"label"`
	Decimals   int    `json:"decimals,omitempty"`   // the most that an amount may have
	Correction bool   `json:"correction,omitempty"` // an amount may be 0 or less
}

// LimitsAmounts reports whether a kind of output has decimals or takes corrections.
func (d *Definition) LimitsAmounts() bool {
	return slices.ContainsFunc(d.OutputKinds, func(k OutputKind) bool { return k.Decimals > 0 || k.Correction })
}

// Activity is something people sign up to or attend.
type Activity struct {
	ID       string `json:"id"`
	Kind     string `json:"kind,omitempty"`
	Capacity int    `json:"capacity,omitempty"` // places; 0: no limit
	Label    Text   `json:"label"`
	Place    string `json:"place,omitempty"`
	Starts   string `json:"starts,omitempty"` // a day, or an instant
	Ends     string `json:"ends,omitempty"`
	Closes   string `json:"closes,omitempty"` // the last day, or the instant, until which the public form is open
}

// Partner is a media partner, who uploads records of media.
type Partner struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

// Rule selects records of one kind by an expression in the language of expr-lang.org, an empty one all of them; or
// people, by an expression over each of them.
type Rule struct {
	Of    string `json:"of"`
	Where string `json:"where,omitempty"`
	Who   string `json:"who,omitempty"` // in place of both
}

// Reports is how often the funder gets a report (monthly, quarterly, half-yearly or final; "": never), and in which
// language.
type Reports struct {
	Funder   string `json:"funder,omitempty"`
	Language string `json:"language,omitempty"`
}

// Retention is for how many months after the project's last day each class of data is kept; 0: without limit.
type Retention struct {
	People    int `json:"people,omitempty"`    // identity and attributes
	Texts     int `json:"texts,omitempty"`     // topics, notes, evidence, reasons
	Originals int `json:"originals,omitempty"` // files as they were sent
}

// KeptUntil returns the day that is some months after the period's last, or the last of its month where the month has
// no such day; "" where the period is invalid.
func (p Period) KeptUntil(months int) string {
	last, err := time.Parse(time.DateOnly, p.To)
	if err != nil {
		return ""
	}
	day := last.AddDate(0, months, 0)
	if day.Day() != last.Day() {
		day = day.AddDate(0, 0, -day.Day())
	}
	return day.Format(time.DateOnly)
}

// Location returns the project's time zone, and UTC for an unknown one, which no checked definition names. It is safe
// for concurrent use.
func (d *Definition) Location() *time.Location {
	if cached, ok := locations.Load(d.TimeZone); ok {
		return cached.(*time.Location)
	}
	location, err := time.LoadLocation(d.TimeZone)
	if err != nil {
		return time.UTC
	}
	locations.Store(d.TimeZone, location)
	return location
}

// locations caches time zones by name: loading one takes as long as checking a hundred values.
var locations sync.Map

// Day returns the date, YYYY-MM-DD, of an instant in the project's time zone.
func (d *Definition) Day(at time.Time) string { return at.In(d.Location()).Format(time.DateOnly) }

// States of a project, by its period.
const (
	Upcoming = "upcoming"
	Running  = "running"
	Ended    = "ended"
)

// State returns Upcoming, Running or Ended, at an instant.
func (d *Definition) State(at time.Time) string {
	switch day := d.Day(at); {
	case day < d.Period.From:
		return Upcoming
	case day > d.Period.To:
		return Ended
	}
	return Running
}

// Activity returns the activity with an id, and whether there is one.
func (d *Definition) Activity(id string) (Activity, bool) {
	i := slices.IndexFunc(d.Activities, func(a Activity) bool { return a.ID == id })
	if i < 0 {
		return Activity{}, false
	}
	return d.Activities[i], true
}

// Indicator returns the indicator with a code, and whether there is one.
func (d *Definition) Indicator(code string) (Indicator, bool) {
	i := slices.IndexFunc(d.Indicators, func(in Indicator) bool { return in.Code == code })
	if i < 0 {
		return Indicator{}, false
	}
	return d.Indicators[i], true
}

// Public returns the definition without the indicators and the fields that are kept from the public, and without what
// the office alone uses.
func (d *Definition) Public() Definition {
	out := *d
	out.Exports = nil
	out.Indicators = slices.DeleteFunc(slices.Clone(d.Indicators), func(in Indicator) bool { return in.Public == "no" })
	kept := map[string]bool{} // breakdowns
	out.Records = slices.Clone(d.Records)
	for i := range out.Records {
		k := &out.Records[i]
		k.Fields = slices.DeleteFunc(slices.Clone(k.Fields), func(f RecordField) bool {
			if f.NotPublic {
				kept[f.Dimension()] = true
			}
			return f.NotPublic
		})
	}
	for i := range out.Indicators {
		in := &out.Indicators[i]
		in.By = slices.DeleteFunc(slices.Clone(in.By), func(dimension string) bool { return kept[dimension] })
		in.TargetBy = maps.Clone(in.TargetBy)
		maps.DeleteFunc(in.TargetBy, func(dimension string, _ map[string]float64) bool { return kept[dimension] })
	}
	return out
}

// Partner returns the media partner with an id, and whether there is one.
func (d *Definition) Partner(id string) (Partner, bool) {
	i := slices.IndexFunc(d.Partners, func(p Partner) bool { return p.ID == id })
	if i < 0 {
		return Partner{}, false
	}
	return d.Partners[i], true
}

// SignupOpen reports whether the public form accepts sign-ups to an activity at an instant: up to the project's last
// day, and until the activity closes.
func (d *Definition) SignupOpen(a Activity, at time.Time) bool {
	if d.Day(at) > d.Period.To {
		return false
	}
	if a.Closes == "" {
		return true
	}
	if closes, err := time.Parse(time.RFC3339, a.Closes); err == nil {
		return at.Before(closes)
	}
	return d.Day(at) <= a.Closes
}
