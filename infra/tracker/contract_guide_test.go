package main_test

import (
	"cmp"
	"fmt"
	"net/http"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"
)

// The recipes of the guide, with a few records each and what the lines of the recipe come to. A record is written
// "attendance ewa 2024-02-05 hours=4"; "-" is in the place of a person where it is about none. The years of the guide
// are two years earlier here, so that all of it is past.
var recipes = []struct {
	heading string
	records []string
	want    string
}{
	{"Count people and things", []string{
		"attendance ewa 2024-02-05 activity=computers outcome=completed hours=4", "attendance ewa 2024-02-06 activity=job-search outcome=completed hours=3.5", "attendance jan 2024-02-05 activity=job-search outcome=withdrew hours=1",
		"consultation ewa 2024-02-05 field=law minutes=30 form=phone", "consultation ewa 2024-02-06 field=law minutes=30 form=phone",
		"output - 2024-02-05 kind=leaflet quantity=300 title=A", "output - 2024-02-05 kind=event quantity=1 title=B", "output - 2024-02-06 kind=leaflet quantity=50 title=A",
	}, "1=1 2=1 3=2 4=8.5 5=350"},
	{"Count people with at least 8 hours", []string{
		"attendance ewa 2024-02-05 activity=computers outcome=completed hours=4.5", "attendance ewa 2024-02-06 activity=job-search outcome=completed hours=3.5",
		"attendance jan 2024-02-05 activity=computers outcome=completed hours=7.99", "consultation jan 2024-02-05 field=law minutes=30 form=phone", "consultation ewa 2024-02-05 field=law minutes=29 form=phone",
	}, "1=1 2=1 3=1"},
	{"Half of them women", []string{
		"signup ewa sex=female birth_year=1969 residence=rural", "signup jan sex=male birth_year=1970 residence=urban", "signup ola sex=female", "signup iga sex=female birth_year=1950 residence=rural",
		"attendance ewa 2024-02-05 activity=computers outcome=attended", "attendance jan 2024-02-05 activity=computers outcome=attended", "attendance ola 2024-02-05 activity=computers outcome=attended",
	}, "1=3 2=66.7 3=1 4=1"},
	{"People who know more than before", []string{
		"test ewa 2024-02-05 activity=computers pre_score=3 post_score=4 max_score=10", "test jan 2024-02-05 activity=computers pre_score=4 post_score=4 max_score=10", "test ewa 2024-03-05 activity=computers pre_score=4 post_score=3 max_score=10",
	}, "1=1 2=50"},
	{"The share who found work", []string{
		"attendance ewa 2024-02-05 activity=computers outcome=attended", "exit ewa 2024-06-03 reason=finished", "situation ewa 2024-06-20 status=looking", "situation ewa 2024-07-01 status=work", "situation ewa 2024-11-18 status=work",
		"attendance jan 2024-02-05 activity=computers outcome=attended", "exit jan 2024-06-03 reason=moved", "situation jan 2024-06-20 status=work", "situation jan 2024-07-01 status=looking qualification=yes", "situation jan 2024-12-17 status=work",
		"attendance ola 2024-02-05 activity=computers outcome=attended", "exit ola 2024-06-03", "situation ola 2024-07-02 status=work", "situation ola 2024-05-05 qualification=yes",
		"attendance iga 2024-02-05 activity=computers outcome=attended", "situation iga 2024-05-06 status=work qualification=yes",
	}, "1=33.3 2=1 3=1"},
	{"Kilograms of waste", []string{"haul - 2024-02-05 beach=north weight=12.25 recycled=yes", "haul - 2024-02-05 beach=south weight=30", "haul - 2024-02-06 beach=north weight=0.5 recycled=no"}, "1=42.75 2=12.25 3=2"},
	{"Schools, each counted once", []string{"visit - 2024-02-05 school=Oak pupils=20", "visit - 2024-02-06 school=OAK pupils=21", "visit - 2024-02-06 school=Elm"}, "1=2 2=41"},
	{"Averages and extremes", []string{
		"consultation ewa 2024-02-05 field=law minutes=30 form=phone", "consultation ewa 2024-02-06 field=law minutes=45 form=phone", "consultation jan 2024-02-06 field=law minutes=20 form=phone",
		"attendance ewa 2024-02-05 activity=computers outcome=attended hours=4.5", "attendance jan 2024-02-05 activity=computers outcome=attended",
	}, "1=31.7 2=4.5"},
	{"A figure made of other figures", []string{"attendance ewa 2024-02-05 activity=computers outcome=attended hours=4", "attendance jan 2024-02-05 activity=computers outcome=attended hours=5", "attendance jan 2024-02-06 activity=computers outcome=attended hours=2"}, "people=2 hours=11 hours-each=5.5"},
	{"Less is better", []string{"survey - 2024-02-05 items=70", "survey - 2024-05-05 items=62", "accident - 2024-02-05 serious=no", "accident ewa 2024-02-06 serious=yes"}, "1=62 1.percent=50 2=1"},
	{"A plan by date", []string{"attendance ewa 2024-02-05 activity=computers outcome=attended", "signup jan"}, "1=1 2=1 2.status=monitored"},
	{"Your own questions and lists", []string{
		"signup ewa county=clare situation=homeless|minority labour_status=long-term-unemployed", "signup jan county=mayo situation=refused", "signup ola county=mayo situation=none_of_these",
		"attendance ewa 2024-02-05 activity=computers outcome=attended", "attendance jan 2024-02-05 activity=computers outcome=attended", "consultation jan 2024-02-05 field=debt minutes=30 form=phone referred=yes", "consultation ola 2024-02-05 field=housing minutes=30 form=phone",
	}, "1=1 2=1"},
	{"The indicators of a regulation", []string{
		"signup ewa sex=female birth_year=1969 education=isced-3-4 labour_status=unemployed", "signup jan sex=male labour_status=unemployed",
		"attendance ewa 2024-02-05 activity=computers outcome=attended hours=2", "attendance jan 2024-02-05 activity=computers outcome=attended hours=3", "exit ewa 2025-06-30", "situation ewa 2025-07-28 status=employed",
	}, "EECO01=2 EECO02=1 EECR04=1 EECR05=0 hours=5 trained=2"},
}

// Each recipe of the guide counts what it says.
func TestContractRecipesOfTheGuide(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../../docs/definition.md")
	if err != nil {
		t.Fatal(err)
	}
	guide := strings.NewReplacer("2026-", "2024-", "2027-", "2025-").Replace(string(text))
	yaml := func(t *testing.T, after string) string {
		_, rest, found := strings.Cut(guide, after)
		_, rest, _ = strings.Cut(rest, "```yaml\n")
		block, _, closed := strings.Cut(rest, "```")
		if !found || !closed {
			t.Fatalf("the guide has no YAML after %q", after)
		}
		return block
	}
	for _, r := range recipes {
		t.Run(r.heading, func(t *testing.T) {
			t.Parallel()
			p := &project{t: t, tracker: shared, id: fmt.Sprintf("p%d", projects.Add(1)), today: time.Now()}
			p.at = "/" + p.id
			p.meet(t)
			smallest := strings.Replace(yaml(t, "\nThe smallest definition:\n"), "id: good-start", "id: "+p.id, 1)
			recipe, lines, _ := strings.Cut(yaml(t, "\n### "+r.heading+"\n"), "indicators:\n")
			p.admin.send("PUT", p.at+"/definition", "application/yaml", []byte(recipe+smallest+lines)).is(http.StatusCreated)
			for _, record := range r.records {
				p.recordOf(record)
			}
			snap := p.compileOn("2025-12-31")
			for pair := range strings.FieldsSeq(r.want) {
				code, want, _ := strings.Cut(pair, "=")
				code, member, _ := strings.Cut(code, ".")
				if got := figure(snap, code, cmp.Or(member, "achieved")); got != want && strings.TrimSuffix(got, ".0") != want {
					t.Errorf("%s is %s, want %s", code, got, pair)
				}
			}
			p.checkQuality(snap)
		})
	}
}

// recordOf sends a record of a recipe.
func (p *project) recordOf(text string) {
	p.t.Helper()
	words := strings.Fields(text)
	kind, who, values := words[0], words[1], words[2:]
	body := fields{}
	if kind == "signup" {
		body = signup(who, "computers").and(fields{"submitted_at": "2024-01-15T10:00:00Z"})
	} else {
		body["date"], values = values[0], values[1:]
		if who != "-" {
			body["person"] = of(who)
		}
	}
	if kind == "consultation" {
		body["adviser"] = "adviser@example.org"
	}
	for _, pair := range values {
		name, value, _ := strings.Cut(pair, "=")
		switch number, err := strconv.ParseFloat(value, 64); {
		case err == nil:
			body[name] = number
		case value == "yes" || value == "no":
			body[name] = value == "yes"
		case name == "situation" && value != "refused":
			body[name] = strings.Split(value, "|")
		default:
			body[name] = value
		}
	}
	route := map[string]string{"signup": "/signups", "attendance": "/attendance", "consultation": "/consultations", "test": "/tests", "output": "/outputs"}[kind]
	p.office.post(p.at+cmp.Or(route, "/records/"+kind), body).is(http.StatusCreated)
}
