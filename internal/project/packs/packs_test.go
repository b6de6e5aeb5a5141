package packs_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"outreach/internal/counting"
	"outreach/internal/fact"
	"outreach/internal/project"
	"outreach/internal/project/definition"
	"outreach/internal/project/packs"
	"outreach/internal/schema"
)

// A participant, written by hand: what the sign-up said, what was recorded, and the codes of the indicators that count
// them. The first word of a record is its kind, then come its date and its values.
type participant struct {
	name    string
	about   string
	records []string
	counts  string
}

// Every participant of these tests took part from 2 March 2026 on, and left on 1 June 2026. 29 June is 28 days later,
// 16 November 168 days, and 14 December 196 days.
const (
	came = "attendance 2026-03-02 activity=course outcome=attended"
	left = "exit 2026-06-01"
)

func TestESFPlus2021(t *testing.T) {
	t.Parallel()
	const woman = "sex=female birth_year=1990 education=isced-3-4 "
	countEach(t, "esf-plus-2021", []participant{
		{"an unemployed man who finds work within 28 days", "sex=male birth_year=1996 education=isced-0-2 labour_status=unemployed", []string{came, left, "situation 2026-06-29 status=employed"}, "EECO01 EECO02 EECO09 EECR04"},
		{"one who finds work, learns and is qualified a day later", woman + "labour_status=unemployed in_education=no", []string{came, left, "situation 2026-06-30 status=employed in_training=yes qualification=yes"}, "EECO01 EECO02 EECO10"},
		{"one who works on the day of leaving", woman + "labour_status=long-term-unemployed", []string{came, left, "situation 2026-06-01 status=self-employed"}, "EECO01 EECO02 EECO03 EECO10 EECR04"},
		{"one who worked before leaving, and not since", woman + "labour_status=unemployed", []string{came, "situation 2026-05-31 status=employed", left}, "EECO01 EECO02 EECO10"},
		{"one who finds work and loses it within 28 days", woman + "labour_status=inactive in_education=no", []string{came, left, "situation 2026-06-05 status=employed", "situation 2026-06-20 status=unemployed"}, "EECO01 EECO04 EECO10 EECR01"},
		{"one who looks for work first and finds it", woman + "labour_status=inactive", []string{came, left, "situation 2026-06-05 status=unemployed", "situation 2026-06-20 status=employed"}, "EECO01 EECO04 EECO10 EECR04"},
		{"one who said nothing of work the last time", woman + "labour_status=inactive", []string{came, left, "situation 2026-06-05 status=employed", "situation 2026-06-20 qualification=yes"}, "EECO01 EECO04 EECO10 EECR03 EECR04"},
		{"an unemployed woman who looks for work still", woman + "labour_status=unemployed", []string{came, left, "situation 2026-06-10 status=long-term-unemployed"}, "EECO01 EECO02 EECO10"},
		{"one who begins to learn", woman + "labour_status=employed in_education=no", []string{came, left, "situation 2026-06-10 status=employed in_training=yes"}, "EECO01 EECO05 EECO10 EECR02"},
		{"one who learned before", woman + "labour_status=employed in_education=yes", []string{came, left, "situation 2026-06-10 in_training=yes"}, "EECO01 EECO05 EECO10"},
		{"one who did not say whether they learned", woman + "labour_status=employed", []string{came, left, "situation 2026-06-10 in_training=yes"}, "EECO01 EECO05 EECO10"},
		{"one who works six months after leaving", woman + "labour_status=inactive", []string{came, left, "situation 2026-11-16 status=employed"}, "EECO01 EECO04 EECO10 EECR05"},
		{"one who works the day before", woman + "labour_status=inactive", []string{came, left, "situation 2026-11-15 status=employed"}, "EECO01 EECO04 EECO10"},
		{"one who works on the last day that is six months after", woman + "labour_status=unemployed", []string{came, left, "situation 2026-12-14 status=self-employed"}, "EECO01 EECO02 EECO10 EECR05"},
		{"one who works the day after", woman + "labour_status=unemployed", []string{came, left, "situation 2026-12-15 status=self-employed"}, "EECO01 EECO02 EECO10"},
		{"one with a better job", woman + "labour_status=employed", []string{came, left, "situation 2026-12-01 status=employed improved=yes"}, "EECO01 EECO05 EECO10 EECR06"},
		{"one with a better job too early", woman + "labour_status=self-employed", []string{came, left, "situation 2026-06-20 status=employed improved=yes"}, "EECO01 EECO05 EECO10"},
		{"one who had no job to better", woman + "labour_status=inactive", []string{came, left, "situation 2026-12-01 status=employed improved=yes"}, "EECO01 EECO04 EECO10 EECR05"},
		{"one who came back and left later", woman + "labour_status=unemployed", []string{came, left, "attendance 2026-06-10 activity=course outcome=attended", "situation 2026-06-20 status=employed", "exit 2026-06-21 finished=yes"}, "EECO01 EECO02 EECO10"},
		{"one who never left", woman + "labour_status=unemployed", []string{came, "situation 2026-06-20 status=employed qualification=yes"}, "EECO01 EECO02 EECO10"},
		{"one who signed up and left", woman + "labour_status=unemployed", []string{left, "situation 2026-06-20 status=employed qualification=yes"}, ""},
		{"a child of 17", "sex=female birth_year=2009 education=isced-0-2 labour_status=inactive", []string{came}, "EECO01 EECO04 EECO06 EECO09"},
		{"a young person of 18", "sex=female birth_year=2008 education=isced-0-2 labour_status=inactive", []string{came}, "EECO01 EECO04 EECO07 EECO09"},
		{"a young person of 29", "sex=other birth_year=1997 education=isced-5-8 labour_status=inactive", []string{came}, "EECO01 EECO04 EECO07 EECO11"},
		{"a person of 30", "sex=other birth_year=1996 education=isced-5-8 labour_status=inactive", []string{came}, "EECO01 EECO04 EECO11"},
		{"a person of 54", "sex=male birth_year=1972 education=isced-5-8 labour_status=inactive", []string{came}, "EECO01 EECO04 EECO11"},
		{"a person of 55", "sex=male birth_year=1971 education=isced-5-8 labour_status=inactive", []string{came}, "EECO01 EECO04 EECO08 EECO11"},
		{"one of whom all else is so", woman + "labour_status=employed disability=yes third_country=yes foreign_background=yes minority=yes homeless=yes residence=rural", []string{came}, "EECO01 EECO05 EECO10 EECO12 EECO13 EECO14 EECO15 EECO16 EECO17"},
		{"one of whom nothing else is so", woman + "labour_status=employed disability=no third_country=no foreign_background=no minority=no homeless=no residence=urban", []string{came}, "EECO01 EECO05 EECO10"},
		{"one who refused what may be refused", woman + "labour_status=employed disability=refused minority=refused", []string{came}, "EECO01 EECO05 EECO10"},
		{"one who has advice alone", woman + "labour_status=employed", []string{"consultation 2026-03-02 field=law minutes=30 form=phone"}, "EECO01 EECO05 EECO10"},
		{"one who did not say their sex", "birth_year=1990 education=isced-3-4 labour_status=unemployed residence=rural", []string{came, left, "situation 2026-06-29 status=employed qualification=yes"}, "EECO01"},
		{"one who did not say their year of birth", "sex=male education=isced-3-4 labour_status=unemployed disability=yes", []string{came, left, "situation 2026-06-29 status=employed qualification=yes"}, "EECO01"},
		{"one who did not say their education", "sex=male birth_year=2010 labour_status=unemployed", []string{came, left, "situation 2026-06-29 status=employed qualification=yes"}, "EECO01"},
		{"one who did not say whether they work", "sex=male birth_year=2010 education=isced-3-4", []string{came, left, "situation 2026-06-29 status=employed qualification=yes"}, "EECO01"},
		{"one of whom nothing is known", "", []string{came, left, "situation 2026-06-29 status=employed qualification=yes"}, "EECO01"},
		{"a public office and a firm, each twice", "", []string{"support 2026-03-02 entity=Office category=public", "support 2026-03-09 entity=OFFICE category=public", "support 2026-03-02 entity=Firm category=sme", "support 2026-03-03 entity=Club category=other"}, "EECO18 EECO19"},
	})
}

func TestESF2014(t *testing.T) {
	t.Parallel()
	const woman = "sex=female birth_year=1990 education=isced-3-4 "
	countEach(t, "esf-2014", []participant{
		{"an unemployed man who finds work within 28 days", "sex=male birth_year=1996 education=isced-1-2 labour_status=unemployed", []string{came, left, "situation 2026-06-29 status=employed"}, "total CO01 CO09 CR04"},
		{"a person without any school, too late", "sex=male birth_year=1996 education=isced-0 labour_status=long-term-unemployed in_education=no other_disadvantage=no", []string{came, left, "situation 2026-06-30 status=employed in_training=yes qualification=yes"}, "total CO01 CO02"},
		{"an inactive woman who learns and looks for work", woman + "labour_status=inactive in_education=yes", []string{came, left, "situation 2026-06-10 status=unemployed in_training=yes"}, "total CO03 CO10 CR01"},
		{"one who begins to learn", woman + "labour_status=inactive in_education=no", []string{came, left, "situation 2026-06-10 status=inactive in_training=yes qualification=yes"}, "total CO03 CO04 CO10 CR02 CR03"},
		{"one at work in a better job", woman + "labour_status=self-employed", []string{came, left, "situation 2026-12-01 status=employed improved=yes"}, "total CO05 CO10 CR07"},
		{"a person of 24", "sex=female birth_year=2002 education=isced-5-8 labour_status=employed", []string{came}, "total CO05 CO06 CO11"},
		{"a person of 25", "sex=female birth_year=2001 education=isced-5-8 labour_status=employed", []string{came}, "total CO05 CO11"},
		{"a person of 54", "sex=female birth_year=1972 education=isced-5-8 labour_status=unemployed", []string{came, left, "situation 2026-12-01 status=employed"}, "total CO01 CO11 CR06"},
		{"an unemployed person of 55", "sex=female birth_year=1971 education=isced-5-8 labour_status=unemployed", []string{came, left, "situation 2026-12-01 status=employed"}, "total CO01 CO07 CO08 CO11 CR06 CR08"},
		{"an inactive person of 55 who learns", "sex=female birth_year=1971 education=isced-5-8 labour_status=inactive in_education=yes", []string{came}, "total CO03 CO07 CO11"},
		{"one who does not", "sex=female birth_year=1971 education=isced-5-8 labour_status=inactive in_education=no", []string{came}, "total CO03 CO04 CO07 CO08 CO11"},
		{"one at work", "sex=female birth_year=1971 education=isced-5-8 labour_status=employed in_education=no", []string{came}, "total CO05 CO07 CO11"},
		{"a disadvantaged person who finds work and keeps it", woman + "labour_status=unemployed migrant_or_minority=yes", []string{came, left, "situation 2026-06-29 status=employed", "situation 2026-12-01 status=employed"}, "total CO01 CO10 CO15 CR04 CR05 CR06 CR09"},
		{"one with a disability who gains a qualification", woman + "labour_status=employed disability=yes", []string{came, left, "situation 2026-06-29 qualification=yes"}, "total CO05 CO10 CO16 CR03 CR05"},
		{"another one who begins to learn", woman + "labour_status=employed in_education=no other_disadvantage=yes", []string{came, left, "situation 2026-06-29 in_training=yes"}, "total CO05 CO10 CO17 CR02 CR05"},
		{"another one who looks for work", woman + "labour_status=inactive other_disadvantage=yes disability=refused", []string{came, left, "situation 2026-06-29 status=unemployed"}, "total CO03 CO10 CO17 CR01 CR05"},
		{"one whose situation did not change", woman + "labour_status=unemployed other_disadvantage=yes", []string{came, left, "situation 2026-06-29 status=unemployed in_training=no"}, "total CO01 CO10 CO17"},
		{"one who refused what may be refused", woman + "labour_status=unemployed disability=refused migrant_or_minority=refused other_disadvantage=refused", []string{came, left, "situation 2026-06-29 status=employed"}, "total CO01 CO10 CR04"},
		{"a homeless person of the country", woman + "labour_status=unemployed homeless=yes residence=rural", []string{came}, "total CO01 CO10 CO18 CO19"},
		{"one who did not say their education", "sex=male birth_year=1960 labour_status=unemployed other_disadvantage=yes", []string{came, left, "situation 2026-06-29 status=employed qualification=yes"}, "total"},
		{"one of whom nothing is known", "", []string{came, left, "situation 2026-06-29 status=employed qualification=yes"}, "total"},
		{"a firm", "", []string{"support 2026-03-02 entity=Firm category=sme", "support 2026-03-09 entity=Firm category=sme", "support 2026-03-02 entity=Club category=other"}, "CO23"},
	})
}

// countEach checks which indicators count each participant alone, that all together are counted as often, and that each
// indicator counts some of them and not all.
func countEach(t *testing.T, pack string, all []participant) {
	t.Helper()
	text := "id: small\ntitle: Small\nperiod: {from: 2026-01-01, to: 2026-12-31}\nlanguages: [en]\nextends: [" + pack + "]\nactivities: [{id: course, label: Course}]\n"
	d, problems := definition.Parse("", []byte(text))
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	want := map[string]int{}
	for _, p := range all {
		got := counted(t, d, p)
		var codes []string
		for _, in := range d.Indicators {
			switch got[in.Code] {
			case "", "0":
			case "1":
				codes = append(codes, in.Code)
			default:
				t.Errorf("%s: %s is %s", p.name, in.Code, got[in.Code])
			}
		}
		if is := strings.Join(codes, " "); is != p.counts {
			t.Errorf("%s: counted in %q, want %q", p.name, is, p.counts)
		}
		for code := range strings.FieldsSeq(p.counts) {
			want[code]++
		}
	}
	together := counted(t, d, all...)
	for _, in := range d.Indicators {
		switch {
		case in.Count == project.CountSaid:
		case want[in.Code] == 0 || want[in.Code] == len(all):
			t.Errorf("%s counts %d of %d", in.Code, want[in.Code], len(all))
		case together[in.Code] != fmt.Sprint(want[in.Code]):
			t.Errorf("%s is %s, want %d", in.Code, together[in.Code], want[in.Code])
		}
	}
}

// counted returns what each indicator counts.
func counted(t *testing.T, d *project.Definition, all ...participant) map[string]string {
	t.Helper()
	registry := schema.For(d)
	fold := counting.New(registry)
	n := 0
	apply := func(kind string, data any) {
		n++
		f, err := fact.New(fmt.Sprintf("f%d", n), kind, time.Date(2026, 12, 31, 12, 0, 0, 0, time.UTC), "", data)
		if err != nil {
			t.Fatal(err)
		}
		if err := fold.Apply(f); err != nil {
			t.Fatal(err)
		}
	}
	for i, p := range all {
		id := fmt.Sprintf("p%d", i)
		if p.about != "" {
			said := values(t, registry.Kind(schema.Signup), p.about+" activity=course")
			apply(fact.KindSignup, fact.Signup{Signup: "s" + id, Entry: "e" + id, Person: id, Submitted: time.Date(2026, 2, 1, 12, 0, 0, 0, time.UTC), State: schema.Accepted, Values: said})
		}
		for j, record := range p.records {
			kind, rest, _ := strings.Cut(record, " ")
			entered := fact.RecordEntered{Record: fmt.Sprintf("r%s-%d", id, j), Version: 1, Kind: kind, Values: values(t, registry.Kind(kind), "date="+rest)}
			if registry.Kind(kind).Person {
				entered.Person = id
			}
			apply(fact.KindRecordEntered, entered)
		}
	}
	rules, err := counting.NewRules(d, registry)
	if err != nil {
		t.Fatal(err)
	}
	figures, err := counting.Compile(d, rules, fold.Live(), "2026-12-31")
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]string{}
	for _, in := range figures.Indicators {
		out[in.Code] = string(in.Achieved)
	}
	return out
}

// values reads fields of a kind, written "date=2026-03-02 status=employed".
func values(t *testing.T, kind *schema.Kind, text string) schema.Values {
	t.Helper()
	out := map[string]string{}
	for pair := range strings.FieldsSeq(text) {
		name, value, _ := strings.Cut(pair, "=")
		f := kind.Field(name)
		if f == nil {
			t.Fatalf("%s has no %s", kind.Name, name)
		}
		out[name] = value
	}
	return schema.ValuesOf(out)
}

// Every pack says what it was made after, and has its words in English and Polish.
func TestPacksNameTheirSources(t *testing.T) {
	t.Parallel()
	if ids := packs.IDs(); !slices.IsSorted(ids) || len(ids) < 4 {
		t.Errorf("packs %v", ids)
	}
	for _, id := range packs.IDs() {
		text := string(packs.Text(id, packs.Latest(id)))
		if !strings.Contains(text, "\nsource:\n  regulation: ") && !strings.Contains(text, "after no regulation") {
			t.Errorf("%s names no source", id)
		}
		d, problems := definition.Parse("", []byte("id: small\ntitle: Small\nperiod: {from: 2026-01-01, to: 2026-12-31}\nregion: {population: 9}\nextends: "+id))
		if len(problems) > 0 {
			t.Fatal(problems)
		}
		for _, in := range d.Indicators {
			if in.Label["en"] == "" || in.Label["pl"] == "" {
				t.Errorf("%s: %s is called %v", id, in.Code, in.Label)
			}
		}
	}
}
