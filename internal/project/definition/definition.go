// Package definition parses and checks a project's definition in YAML, and reports every problem with its place and a
// message. Only the functions that accept definitions import it; reading a stored one needs package project only.
package definition

import (
	"cmp"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"outreach/internal/project"
	"outreach/internal/schema"
	"outreach/internal/text"
)

// Problem is one thing that is wrong with a definition.
type Problem struct {
	Field        string       // the path of the value, such as indicators[3].where, counted from 0; "" for the whole text
	Code         string       // one of the codes of this package
	Line, Column int          // in the YAML, from 1, columns in characters: of the value, or of what lacks one
	Message      text.Message // the problem and its solution
}

// Codes of problems.
const (
	unreadable = "unreadable"  // not UTF-8, or not YAML
	tooLarge   = "too_large"   // too much text, depth or items
	notAllowed = "not_allowed" // must not be given here
	missing    = "missing"
	mayFail    = "may_fail" // a warning: a rule that cannot be evaluated for every record
	unlikely   = "unlikely" // a warning: what is allowed, but hardly meant
	unknownKey = "unknown_field"
	repeated   = "repeated"
	wrongForm  = "wrong_form" // such as a list in the place of a value
	notAnID    = "not_an_id"
	notADate   = "not_a_date"
	notANumber = "not_a_number"
	notInList  = "not_in_list"
	outOfRange = "out_of_range"
	tooLong    = "too_long"
	badRule    = "bad_rule"
)

// The maximum number of items of each list.
const (
	mostGroups       = 100
	mostAgeBands     = 30
	mostActivities   = 500
	mostOutputKinds  = 200
	mostPartners     = 200
	mostImplementers = 50
	mostMarks        = 8
	mostParticipants = 50
	mostIndicators   = 200
	mostOrigins      = 20
)

// mostDecimals is the most decimals that a number may have.
const mostDecimals = 4

// mostConfirmHours is for how long a place can be reserved for an unconfirmed sign-up.
const mostConfirmHours = 720

// mostProblems bounds how many problems are reported at once, the first ones.
const mostProblems = 1000

// largest bounds amounts and targets.
const largest = 1e12

// Parse parses and checks the definition of a project; the id "" accepts any project's. It returns the definition, or
// its problems in the order of lines. It never panics, and its time is bounded, whatever the text. It is safe for
// concurrent use.
func Parse(id string, text []byte) (*project.Definition, []Problem) {
	r := &reader{of: id}
	d := r.parse(text)
	if len(r.problems) > 0 {
		slices.SortStableFunc(r.problems, func(a, b Problem) int {
			return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column))
		})
		return nil, r.problems[:min(len(r.problems), mostProblems)]
	}
	d.Speak()
	return d, nil
}

// Warnings returns what in a valid definition may go wrong, in the order of lines: the parts of rules that cannot be
// evaluated for every record, and promises that are hardly meant as they are written. Of a text that Parse rejects
// there are none.
func Warnings(id string, text []byte) []Problem {
	r := &reader{of: id}
	if r.parse(text); len(r.problems) > 0 {
		return nil
	}
	slices.SortStableFunc(r.warnings, func(a, b Problem) int {
		return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column))
	})
	return r.warnings[:min(len(r.warnings), mostProblems)]
}

// parse returns the definition, which is valid if there are no problems.
func (r *reader) parse(text []byte) *project.Definition {
	root := r.read(text)
	if root == nil {
		return nil
	}
	return r.definition(root)
}

func (r *reader) definition(root *node) *project.Definition {
	d := &project.Definition{}
	root, d.Packs = r.extended(root, nil)
	o, ok := r.object(root, "", "id", "extends", "title", "programme", "funding", "period", "time_zone", "implementers", "contact", "privacy", "marks", "goal", "region",
		"target_group", "groups", "age_bands", "activities", "output_kinds", "partners", "languages", "people", "records", "participants", "indicators", "reports", "retention", "confirm", "confirm_hours", "embed", "exports", "iati", "dhis2", "programme_id")
	if !ok {
		return d
	}
	o.require("id", "title", "period", "indicators")
	d.ID = o.id("id", "health", "local", "auth", "assets", "openapi")
	if n := o.fields["id"]; n != nil && r.of != "" && d.ID != "" && d.ID != r.of {
		r.report(n, "id", notAllowed, otherProject(d.ID, r.of))
	}
	d.Languages = o.languages()
	r.languages = d.Languages
	d.Title = o.text("title", longestName)
	d.Programme = o.text("programme", longestText)
	if o.fields["programme_id"] != nil {
		d.ProgrammeID = o.id("programme_id")
	}
	d.Funding = o.funding()
	d.Period = o.period()
	d.TimeZone = o.timeZone()
	d.Implementers = o.implementers()
	d.Contact = o.contact()
	d.Privacy = o.privacy()
	d.Marks = o.marks()
	d.Goal = o.text("goal", longestText)
	d.Region = o.region()
	d.TargetGroup = o.whole("target_group", 0, 1_000_000_000)
	d.Groups = o.labelled("groups", mostGroups, "unknown") // breakdowns have a part with this name
	d.AgeBands = o.ageBands()
	d.Activities = o.activities(d.Location())
	d.OutputKinds = o.outputKinds()
	d.Partners = o.partners()
	people, given := o.part("people", "keys", "identifiers", "attributes", "complete", "incomplete")
	if given {
		d.People = people.keys()
		d.Records = people.attributes()
	}
	d.Records = append(d.Records, o.records(d.Records)...)
	if given {
		d.People.Complete, d.People.Incomplete = people.complete(d)
	}
	o.keysApart(d)
	d.Participants = o.participants(d)
	d.Indicators = o.indicators(d)
	d.Exports = o.exports(d)
	d.Reports = o.reports()
	d.Retention = o.retention()
	d.Confirm = o.oneOf("confirm", project.ConfirmEmail)
	d.ConfirmHours = int(o.whole("confirm_hours", 0, mostConfirmHours))
	if n := o.fields["confirm_hours"]; n != nil && o.fields["confirm"] == nil {
		o.report(n, "confirm_hours", notAllowed, confirmNeeded)
	}
	d.Embed = o.embed()
	d.IATI = o.iati(d)
	d.DHIS2 = o.dhis2(d)
	return d
}

var currency = lazily(`^[A-Z]{3}$`)

func (o object) funding() project.Funding {
	f, _ := o.part("funding", "source", "value", "currency", "share_percent")
	out := project.Funding{
		Source:       f.text("source", longestText),
		Value:        f.amount("value", largest),
		SharePercent: f.amount("share_percent", 100),
	}
	if code, n, ok := f.value("currency"); ok {
		if !currency().MatchString(code) {
			f.report(n, f.at("currency"), notInList, wantCurrency(code))
		}
		out.Currency = code
	}
	return out
}

func (o object) period() project.Period {
	p, ok := o.part("period", "from", "to")
	if ok {
		p.require("from", "to")
	}
	from, to := p.days("from", "to")
	return project.Period{From: from, To: to}
}

func (o object) timeZone() string {
	name, n, ok := o.value("time_zone")
	if !ok {
		return "Europe/Warsaw"
	}
	// "Local" differs from machine to machine.
	if _, err := time.LoadLocation(name); err != nil || name == "" || name == "Local" {
		o.report(n, o.at("time_zone"), notInList, wantTimeZone(name))
		return "Europe/Warsaw"
	}
	return name
}

func (o object) implementers() []project.Implementer {
	var out []project.Implementer
	o.each("implementers", mostImplementers, func(n *node, path string) {
		i, ok := o.object(n, path, "name", "on_behalf_of", "from", "to")
		if !ok {
			return
		}
		i.require("name")
		from, to := i.days("from", "to")
		out = append(out, project.Implementer{Name: i.string("name", longestName), OnBehalfOf: i.string("on_behalf_of", longestName), From: from, To: to})
	})
	return out
}

func (o object) contact() *project.Contact {
	c, given := o.part("contact", "name", "email", "phone", "address")
	if !given {
		return nil
	}
	c.require("name")
	return &project.Contact{Name: c.string("name", longestName), Email: c.email("email"), Phone: c.string("phone", longestName), Address: c.string("address", longestName)}
}

func (o object) privacy() *project.Privacy {
	p, given := o.part("privacy", "basis", "dpo", "recipients", "kept", "authority", "text")
	if !given {
		return nil
	}
	out := &project.Privacy{
		Basis: p.oneOf("basis", project.Bases...), Recipients: p.text("recipients", longestText), Kept: p.text("kept", longestText),
		Text: p.text("text", longestText),
	}
	if officer, given := p.part("dpo", "name", "email"); given {
		out.DPO = &project.Officer{Name: officer.string("name", longestName), Email: officer.email("email")}
	}
	if authority, given := p.part("authority", "name", "url"); given {
		authority.require("name")
		out.Authority = &project.Authority{Name: authority.text("name", longestName), URL: authority.webAddress("url")}
	}
	return out
}

// email reads an e-mail address.
func (o object) email(key string) string {
	value := o.string(key, longestName)
	if _, ok := schema.ParseEmail(value); value != "" && !ok {
		o.report(o.fields[key], o.at(key), wrongForm, wantEmail(value))
	}
	return value
}

// webAddress reads the address of a web page.
func (o object) webAddress(key string) string {
	value := o.string(key, longestName)
	if at, err := url.Parse(value); value != "" && (err != nil || at.Scheme != "https" && at.Scheme != "http" || at.Host == "") {
		o.report(o.fields[key], o.at(key), wrongForm, wantWebAddress(value))
	}
	return value
}

func (o object) marks() []project.Mark {
	var out []project.Mark
	o.each("marks", mostMarks, func(n *node, path string) {
		m, ok := o.object(n, path, "sign", "text")
		if !ok {
			return
		}
		m.require("text")
		out = append(out, project.Mark{Sign: m.oneOf("sign", project.Signs...), Text: m.text("text", longestName)})
	})
	return out
}

func (o object) region() project.Region {
	r, _ := o.part("region", "name", "population")
	return project.Region{Name: r.text("name", longestName), Population: r.whole("population", 1, 20_000_000_000)}
}

func (o object) labelled(key string, most int, reserved ...string) []project.Labelled {
	var out []project.Labelled
	seen := map[string]int{}
	o.each(key, most, func(n *node, path string) {
		l, ok := o.object(n, path, "id", "label")
		if !ok {
			return
		}
		l.require("id", "label")
		id := l.id("id", reserved...)
		l.once("id", id, seen)
		out = append(out, project.Labelled{ID: id, Label: l.text("label", longestName)})
	})
	return out
}

func (o object) outputKinds() []project.OutputKind {
	var out []project.OutputKind
	seen := map[string]int{}
	o.each("output_kinds", mostOutputKinds, func(n *node, path string) {
		k, ok := o.object(n, path, "id", "label", "decimals", "correction")
		if !ok {
			return
		}
		k.require("id", "label")
		id := k.id("id")
		k.once("id", id, seen)
		out = append(out, project.OutputKind{
			ID: id, Label: k.text("label", longestName), Decimals: int(k.whole("decimals", 0, mostDecimals)), Correction: k.yes("correction", false),
		})
	})
	return out
}

var ageBand = lazily(`^([0-9]{1,3})(?:-([0-9]{1,3})|\+)$`)

// ageBands reads ranges of years, "25-54", and at the end perhaps an open one, "55+".
func (o object) ageBands() []string {
	var out []string
	next := 0 // the lowest age that a band may begin with
	o.each("age_bands", mostAgeBands, func(n *node, path string) {
		band, ok := o.scalar(n, path)
		if !ok {
			return
		}
		parts := ageBand().FindStringSubmatch(band)
		if parts == nil {
			o.report(n, path, wrongForm, wantAgeBand(band))
			return
		}
		from, _ := strconv.Atoi(parts[1])
		to, open := 1000, parts[2] == ""
		if !open {
			to, _ = strconv.Atoi(parts[2])
		}
		switch {
		case from > to:
			o.report(n, path, outOfRange, ageBandBackwards(band))
		case from < next:
			o.report(n, path, outOfRange, ageBandOverlaps(band))
		}
		next = max(next, to+1)
		out = append(out, band)
	})
	return out
}

func (o object) activities(zone *time.Location) []project.Activity {
	var out []project.Activity
	seen := map[string]int{}
	o.each("activities", mostActivities, func(n *node, path string) {
		a, ok := o.object(n, path, "id", "kind", "capacity", "label", "place", "starts", "ends", "closes")
		if !ok {
			return
		}
		a.require("id", "label")
		id := a.id("id")
		a.once("id", id, seen)
		starts, ends := a.moment("starts", zone), a.moment("ends", zone)
		if starts != "" && ends != "" && begins(ends, zone).AddDate(0, 0, dayLong(ends)).Before(begins(starts, zone)) {
			a.report(a.fields["ends"], a.at("ends"), outOfRange, wrongOrder("ends", ends, "starts", starts))
		}
		out = append(out, project.Activity{
			ID: id, Kind: a.string("kind", longestName), Capacity: int(a.whole("capacity", 1, 1_000_000)), Label: a.text("label", longestName),
			Place: a.string("place", longestName), Starts: starts, Ends: ends, Closes: a.moment("closes", zone),
		})
	})
	return out
}

// begins returns the first instant of a checked moment.
func begins(moment string, zone *time.Location) time.Time {
	if at, err := time.Parse(time.RFC3339, moment); err == nil {
		return at
	}
	day, _ := time.ParseInLocation(time.DateOnly, moment, zone)
	return day
}

// dayLong returns 1 where a checked moment is a whole day, else 0.
func dayLong(moment string) int {
	if len(moment) == len(time.DateOnly) {
		return 1
	}
	return 0
}

func (o object) partners() []project.Partner {
	var out []project.Partner
	seen := map[string]int{}
	o.each("partners", mostPartners, func(n *node, path string) {
		p, ok := o.object(n, path, "id", "name")
		if !ok {
			return
		}
		p.require("id", "name")
		id := p.id("id", "coordinator") // uploads of the office have this name
		p.once("id", id, seen)
		out = append(out, project.Partner{ID: id, Name: p.string("name", longestName)})
	})
	return out
}

func (o object) participants(d *project.Definition) []project.Rule {
	var out []project.Rule
	o.each("participants", mostParticipants, func(n *node, path string) {
		p, ok := o.object(n, path, "of", "where")
		if !ok {
			return
		}
		p.require("of")
		rule := p.rule(d)
		if kind := schema.For(d).Kind(rule.Of); kind != nil && !kind.Person {
			p.report(p.fields["of"], p.at("of"), notAllowed, notAboutPeople(rule.Of))
		}
		out = append(out, rule)
	})
	return out
}

// isIndicatorCode reports whether a text can be a code, as in the application for funding: 1, 2.3, IV-a. Codes are part
// of addresses. A regular expression with all letters would make every start of the function longer.
func isIndicatorCode(code string) bool {
	n := 0
	for _, r := range code {
		if n++; n > 40 || !unicode.IsLetter(r) && (r < '0' || r > '9') && (n == 1 || !strings.ContainsRune("._-", r)) {
			return false
		}
	}
	return n > 0
}

// needPopulation reports, once, that the region's population is missing.
func (o object) needPopulation() {
	path := "region.population"
	if slices.ContainsFunc(o.problems, func(p Problem) bool { return p.Field == path }) {
		return
	}
	at := o.node
	if region := o.fields["region"]; region != nil {
		at = region
	}
	o.report(at, path, missing, populationNeeded)
}

func (o object) reports() project.Reports {
	r, _ := o.part("reports", "funder", "language")
	return project.Reports{Funder: r.oneOf("funder", "monthly", "quarterly", "half-yearly", "final"), Language: r.oneOf("language", text.Languages()...)}
}

// The minimum and maximum of months after a project's end for which data is kept. People and files are needed for
// audits after the last report; texts are for the work itself.
const (
	fewestMonths     = 12
	fewestTextMonths = 3
	mostMonths       = 600
)

func (o object) retention() project.Retention {
	r, _ := o.part("retention", "people", "texts", "originals")
	return project.Retention{
		People: int(r.whole("people", fewestMonths, mostMonths)), Texts: int(r.whole("texts", fewestTextMonths, mostMonths)),
		Originals: int(r.whole("originals", fewestMonths, mostMonths)),
	}
}
