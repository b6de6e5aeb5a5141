package main_test

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// xmlNode is an element of an XML document.
type xmlNode struct {
	XMLName  xml.Name
	Attrs    []xml.Attr `xml:",any,attr"`
	Text     string     `xml:",chardata"`
	Children []xmlNode  `xml:",any"`
}

func (e xmlNode) attr(name string) string {
	for _, a := range e.Attrs {
		if a.Name.Local == name {
			return a.Value
		}
	}
	return ""
}

// all returns the elements at a path below the element.
func (e xmlNode) all(path ...string) []xmlNode {
	if len(path) == 0 {
		return []xmlNode{e}
	}
	var out []xmlNode
	for _, child := range e.Children {
		if child.XMLName.Local == path[0] {
			out = append(out, child.all(path[1:]...)...)
		}
	}
	return out
}

// one returns the only element at a path below the element.
func (e xmlNode) one(t *testing.T, path ...string) xmlNode {
	t.Helper()
	found := e.all(path...)
	if len(found) != 1 {
		t.Fatalf("%d elements %v in %s", len(found), path, e.XMLName.Local)
	}
	return found[0]
}

// narratives are the texts of an element by language; "" stands for the activity's.
func (e xmlNode) narratives() map[string]string {
	out := map[string]string{}
	for _, n := range e.all("narrative") {
		out[n.attr("lang")] = n.Text
	}
	return out
}

// iatiSequences has the order of the elements that version 2.03 of the standard demands, as far as the tracker writes
// them, with a ! after those that must be there.
var iatiSequences = map[string]string{
	"iati-activities":   "iati-activity!",
	"iati-activity":     "iati-identifier! reporting-org! title! description! participating-org! activity-status! activity-date! recipient-country sector result",
	"reporting-org":     "narrative!",
	"participating-org": "narrative!",
	"title":             "narrative!",
	"description":       "narrative!",
	"comment":           "narrative!",
	"result":            "title! indicator!",
	"indicator":         "title! description reference baseline period",
	"period":            "period-start! period-end! target actual",
	"target":            "dimension comment",
	"actual":            "dimension comment",
}

// iatiAttributes are the attributes that the standard demands.
var iatiAttributes = map[string]string{
	"iati-activities": "version", "reporting-org": "ref type", "participating-org": "role", "activity-status": "code", "activity-date": "type iso-date", "result": "type",
	"indicator": "measure", "baseline": "year value", "period-start": "iso-date", "period-end": "iso-date", "reference": "vocabulary code", "dimension": "name value",
	"recipient-country": "code", "sector": "code",
}

// isIATI checks the structure of an element and of those in it.
func isIATI(t *testing.T, e xmlNode) {
	t.Helper()
	at, seen := 0, map[string]bool{}
	order := strings.Fields(iatiSequences[e.XMLName.Local])
	for _, child := range e.Children {
		name := child.XMLName.Local
		place := slices.IndexFunc(order, func(one string) bool { return strings.TrimSuffix(one, "!") == name })
		if place < at {
			t.Errorf("%s is no child of %s, or not in its place", name, e.XMLName.Local)
		}
		at, seen[name] = place, true
		isIATI(t, child)
	}
	for _, name := range order {
		if name, needed := strings.CutSuffix(name, "!"); needed && !seen[name] {
			t.Errorf("%s has no %s", e.XMLName.Local, name)
		}
	}
	for name := range strings.FieldsSeq(iatiAttributes[e.XMLName.Local]) {
		if e.attr(name) == "" {
			t.Errorf("%s has no %s", e.XMLName.Local, name)
		}
	}
}

// iatiFile reads a file and checks its structure; where the machine has the published schema and xmllint, by these too.
func iatiFile(t *testing.T, r reply) (activity xmlNode) {
	t.Helper()
	r.is(http.StatusOK)
	var root xmlNode
	if err := xml.Unmarshal(r.body, &root); err != nil {
		t.Fatal(err)
	}
	if root.XMLName.Local != "iati-activities" || root.attr("version") != "2.03" {
		t.Errorf("%s, version %s", root.XMLName.Local, root.attr("version"))
	}
	isIATI(t, root)
	if schema := os.Getenv("TRACKER_TEST_IATI_SCHEMA"); schema != "" {
		check := exec.Command("xmllint", "--noout", "--schema", schema, "-")
		check.Stdin = bytes.NewReader(r.body)
		if said, err := check.CombinedOutput(); err != nil {
			t.Errorf("%v: %s", err, said)
		}
	}
	return root.one(t, "iati-activity")
}

// iatiResult is the indicator with a code.
func iatiResult(t *testing.T, activity xmlNode, code string) (result, indicator xmlNode) {
	t.Helper()
	for _, r := range activity.all("result") {
		in := r.one(t, "indicator")
		if in.one(t, "reference").attr("code") == code {
			return r, in
		}
	}
	t.Fatalf("no indicator %s", code)
	return xmlNode{}, xmlNode{}
}

// values are the values of targets or actuals, those of breakdowns after the breakdown and the part.
func (e xmlNode) values() (out []string) {
	for _, v := range e.all() {
		value := v.attr("value")
		for _, d := range v.all("dimension") {
			value = d.attr("name") + " " + d.attr("value") + " " + value
		}
		out = append(out, value)
	}
	return out
}

func valuesOf(all []xmlNode) (out []string) {
	for _, e := range all {
		out = append(out, e.values()...)
	}
	return out
}

const iatiKeys = `iati: {organisation: XM-DAC-41114, organisation_type: 22, name: {pl: Zielone Stowarzyszenie, en: Green Association}, country: PL, sector: "11330", results: {"8": outcome}}
`

// recorded is a project in which six people were trained, four of them women, with an approved snapshot.
func recorded(t *testing.T, more string) (p *project, snap reply) {
	t.Helper()
	p = newProject(t, "reports: {", more+"reports: {")
	for i := range 6 {
		name := fmt.Sprintf("osoba%d", i)
		sex := "female"
		if i > 3 {
			sex = "male"
		}
		p.office.post(p.at+"/signups", signup(name, "planting").and(fields{"sex": sex, "submitted_at": p.day(-20) + "T10:00:00Z"})).is(http.StatusCreated)
		p.office.post(p.at+"/attendance", p.attendance(name)).is(http.StatusCreated)
	}
	snap = p.compile()
	p.approve(snap)
	return p, snap
}

func TestContractSnapshotAsIATIResults(t *testing.T) {
	t.Parallel()
	p, snap := recorded(t, iatiKeys)
	answer := p.funder.get(p.at + "/snapshots/" + snap.text("id") + ".iati.xml")
	if got := answer.header.Get("Content-Type"); !strings.HasPrefix(got, "application/xml") {
		t.Error(got)
	}
	activity := iatiFile(t, answer)
	if got, want := activity.one(t, "iati-identifier").Text, "XM-DAC-41114-"+p.id; got != want {
		t.Errorf("%s, want %s", got, want)
	}
	reporting := activity.one(t, "reporting-org")
	if reporting.attr("ref") != "XM-DAC-41114" || reporting.attr("type") != "22" || reporting.narratives()["en"] != "Green Association" {
		t.Errorf("%+v", reporting)
	}
	if got := activity.one(t, "title").narratives(); got["pl"] != "Zielone podwórka" || got["en"] != "Green Courtyards" {
		t.Errorf("%v", got)
	}
	if got := activity.one(t, "activity-status").attr("code"); got != "2" {
		t.Errorf("a running project has the status %s", got)
	}
	result, trained := iatiResult(t, activity, "1")
	if result.attr("type") != "1" || trained.attr("measure") != "1" || trained.attr("ascending") != "1" || trained.attr("aggregation-status") != "0" {
		t.Errorf("%+v, %+v", result.Attrs, trained.Attrs)
	}
	if got := trained.one(t, "title").narratives()["en"]; got != "People trained" {
		t.Error(got)
	}
	if got := valuesOf(trained.all("period", "target")); !slices.Equal(got, []string{"8"}) {
		t.Errorf("targets %v", got)
	}
	actuals := valuesOf(trained.all("period", "actual"))
	if actuals[0] != "6" || !slices.Contains(actuals, "sex female 4") || !slices.Contains(actuals, "sex male 2") {
		t.Errorf("actuals %v", actuals)
	}
	if got := trained.one(t, "period", "period-start").attr("iso-date"); got != snap.text("indicators.0.by_month.0.month")+"-01" && !strings.HasPrefix(got, snap.text("indicators.0.by_month.0.month")) {
		t.Errorf("the period starts on %s", got)
	}
	if result, hours := iatiResult(t, activity, "2"); result.attr("aggregation-status") != "1" || valuesOf(hours.all("period", "actual"))[0] != "24" {
		t.Errorf("hours: %+v", hours)
	}
	if result, _ := iatiResult(t, activity, "8"); result.attr("type") != "2" {
		t.Errorf("an outcome has the type %s", result.attr("type"))
	}
	if _, all := iatiResult(t, activity, "participants"); valuesOf(all.all("period", "actual"))[0] != "6" {
		t.Errorf("participants: %+v", all)
	}

	published := iatiFile(t, p.funder.get(p.at+"/snapshots/"+snap.text("id")+".iati.xml?public=1"))
	_, trained = iatiResult(t, published, "1")
	if got := valuesOf(trained.all("period", "actual")); slices.Contains(got, "sex male 2") || got[0] != "6" {
		t.Errorf("what is published tells of two men: %v", got)
	}
}

func TestContractIATINeedsNoKeyOfTheDefinition(t *testing.T) {
	t.Parallel()
	p, snap := recorded(t, "")
	activity := iatiFile(t, p.office.get(p.at+"/snapshots/latest.iati.xml"))
	if got := activity.one(t, "reporting-org").attr("ref"); got == "" || !strings.HasPrefix(activity.one(t, "iati-identifier").Text, got+"-") {
		t.Errorf("the identifier %s of %s", activity.one(t, "iati-identifier").Text, got)
	}
	if _, in := iatiResult(t, activity, "1"); valuesOf(in.all("period", "actual"))[0] != figure(snap, "1", "achieved") {
		t.Errorf("%+v", in)
	}
}

func TestContractSnapshotAsDHIS2DataValues(t *testing.T) {
	t.Parallel()
	p, snap := recorded(t, "")
	at := p.at + "/snapshots/" + snap.text("id") + ".dhis2.json"
	plain := p.funder.get(at).is(http.StatusOK)
	month := strings.ReplaceAll(snap.text("as_of")[:7], "-", "")
	plain.has(map[string]string{"period": month, "orgUnit": p.id, "completeDate": snap.text("as_of")})
	if got := dataValues(plain); got["1"] != "6" || got["2"] != "24" || got["participants"] != "6" {
		t.Errorf("%v", got)
	}
	for _, v := range plain.list("dataValues") {
		if said(within(v, "period")) != month || said(within(v, "orgUnit")) != p.id {
			t.Errorf("%v", v)
		}
	}
	if got := dataValues(p.funder.get(at + "?public=1").is(http.StatusOK)); got["1"] != "6" || got["11"] != "" {
		t.Errorf("what is published tells of four women: %v", got)
	}

	named, snap := recorded(t, `dhis2: {org_unit: DiszpKrYNg8, data_set: pBOMPrpg1QX, period: quarter, data_elements: {"2": fbfJHSPpUQD}, breakdowns: {"1": {by: sex, parts: {female: rQLFnNXXIL0, male: KPP63zJPkOu}}}}
`)
	all := named.funder.get(named.at + "/snapshots/" + snap.text("id") + ".dhis2.json").is(http.StatusOK)
	all.has(map[string]string{"dataSet": "pBOMPrpg1QX", "orgUnit": "DiszpKrYNg8"})
	if got := dataValues(all); got["fbfJHSPpUQD"] != "24" || got["1 rQLFnNXXIL0"] != "4" || got["1 KPP63zJPkOu"] != "2" || got["1"] != "" || !strings.Contains(all.text("period"), "Q") {
		t.Errorf("%v", got)
	}
}

// dataValues are the values of a data value set by data element and category option combination.
func dataValues(r reply) map[string]string {
	out := map[string]string{}
	for _, v := range r.list("dataValues") {
		name := said(within(v, "dataElement"))
		if of := within(v, "categoryOptionCombo"); of != nil {
			name += " " + said(of)
		}
		out[name] = said(within(v, "value"))
	}
	return out
}

func TestInterchangeFilesAreForThoseWhoMayReadTheSnapshot(t *testing.T) {
	t.Parallel()
	p := newProject(t)
	snap := p.compile()
	for _, suffix := range []string{".iati.xml", ".dhis2.json"} {
		at := p.at + "/snapshots/" + snap.text("id") + suffix
		p.office.get(at).is(http.StatusOK)
		p.office.get(at + "?public=1").is(http.StatusNotFound)
		p.funder.get(at).is(http.StatusNotFound)
		p.adviser.get(at).is(http.StatusForbidden)
		p.anyone.get(at).is(http.StatusUnauthorized)
	}
}

func TestDefinitionRefusesWrongInterchangeKeys(t *testing.T) {
	t.Parallel()
	p := newProject(t)
	for more, field := range map[string]string{
		"iati: {organisation: '?'}\n":                                                       "iati.organisation",
		"iati: {country: PL}\n":                                                             "iati.organisation",
		"iati: {organisation: XM-DAC-1, country: Poland}\n":                                 "iati.country",
		"iati: {organisation: XM-DAC-1, organisation_type: 99}\n":                           "iati.organisation_type",
		"iati: {organisation: XM-DAC-1, results: {\"99\": outcome}}\n":                      "iati.results.99",
		"iati: {organisation: XM-DAC-1, results: {\"1\": success}}\n":                       "iati.results.1",
		"dhis2: {org_unit: 'a b'}\n":                                                        "dhis2.org_unit",
		"dhis2: {period: week}\n":                                                           "dhis2.period",
		"dhis2: {data_elements: {\"99\": fbfJHSPpUQD}}\n":                                   "dhis2.data_elements.99",
		"dhis2: {breakdowns: {\"1\": {by: height, parts: {}}}}\n":                           "dhis2.breakdowns.1.by",
		"dhis2: {breakdowns: {\"1\": {by: sex, parts: {feminine: rQLFnNXXIL0}}}}\n":         "dhis2.breakdowns.1.parts.feminine",
		"dhis2: {breakdowns: {\"2\": {by: sex, parts: {female: rQLFnNXXIL0}}}}\n":           "dhis2.breakdowns.2.by",
		"dhis2: {breakdowns: {participants: {by: sex, parts: {female: 'r/QLFnNXXIL0'}}}}\n": "dhis2.breakdowns.participants.parts.female",
	} {
		got := p.office.send("PUT", p.at+"/definition?dry_run=1", "application/yaml", []byte(p.definition("reports: {", more+"reports: {")))
		if got.status != http.StatusUnprocessableEntity || got.text("errors.0.field") != field {
			t.Errorf("%s%d, %s", more, got.status, got.body)
		}
	}
}

// A text that is the same in all languages is of the project's first language.
func TestTextsOfIATIAreInTheProjectsLanguages(t *testing.T) {
	t.Parallel()
	for languages, first := range map[string]string{"[en-IE, es]": "en", "[es, ca, en]": "es"} {
		t.Run(languages, func(t *testing.T) {
			t.Parallel()
			p := newProject(t, "title: {pl: Zielone podwórka, en: Green Courtyards}", "title: River Clean\nlanguages: "+languages)
			p.approve(p.compile())
			file := string(p.office.get(p.at + "/snapshots/latest.iati.xml").is(http.StatusOK).body)
			found := regexp.MustCompile(`<narrative xml:lang="([^"]*)">River Clean</narrative>`).FindAllStringSubmatch(file, -1)
			if len(found) == 0 || slices.ContainsFunc(found, func(n []string) bool { return !strings.HasPrefix(n[1], first) }) {
				t.Errorf("the title is labelled %v, want %s:\n%.1500s", found, first, file)
			}
		})
	}
}
