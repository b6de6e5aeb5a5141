package main_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"math/big"
	"math/rand/v2"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"
)

// belowZero is a kind of records without people and one of people, whose numbers may be below 0, and indicators with
// each count of them.
const belowZero = `records:
  reading:
    label: Reading
    person: no
    key: [site, place]
    fields:
      site: {type: choice, options: [north, south]}
      place: {type: number}
      change: {type: number, decimals: 2, min: -1000, unit: kg}
      level: {type: number, min: -500, max: 0}
  weighing: {label: Weighing, person: yes, key: [no], fields: {no: {type: number}, lost: {type: number, decimals: 1, min: -50, max: -0.5}}}
indicators:
  - {code: sum, unit: kg, target: 100, count: sum, field: change, of: reading, by: [site], label: Sum}
  - {code: levels, unit: kg, target: 5, count: sum, field: level, of: reading, by: [site], label: Levels}
  - {code: mean, unit: kg, target: 10, count: mean, field: change, of: reading, decimals: 4, label: Mean}
  - {code: min, unit: kg, target: 10, count: min, field: change, of: reading, decimals: 2, label: Least}
  - {code: max, unit: kg, target: 10, count: max, field: level, of: reading, decimals: 2, label: Largest}
  - {code: last, unit: kg, target: 10, count: last, field: change, of: reading, decimals: 2, label: Last}
  - {code: below, unit: record, target: 10, count: records, of: reading, where: 'change < 0 && level <= -3', label: Below}
  - {code: value, unit: kg, target: 10, value: 'i["sum"] - 2 * i["levels"]', decimals: 2, label: Value}
  - {code: lost, unit: person, target: 10, count: people, who: 'sum(weighing, .lost) <= -10.5', label: Lost}
  - {code: down, unit: kg, baseline: {value: 50, at: 2020-01-01}, direction: down, target: 10, count: sum, field: change, of: reading, label: Down}
`

// Numbers below 0 are read, counted and written like others: any values, entered in any way.
func TestContractNumbersBelowZeroAreCounted(t *testing.T) {
	t.Parallel()
	for seed := range uint64(4) {
		t.Run(strconv.FormatUint(seed, 10), func(t *testing.T) {
			t.Parallel()
			random := rand.New(rand.NewPCG(seed, 7))
			p := newProject(t, "indicators:\n", belowZero)
			least := []int{-100000, -100000, -300, -1}[seed] // of changes, in hundredths
			want := map[string]*big.Rat{}
			of := func(name string) *big.Rat {
				if want[name] == nil {
					want[name] = new(big.Rat)
				}
				return want[name]
			}
			changes, below, largest, smallest := 0, 0, -500, 1<<30
			file := "date;site;place;change;level\n"
			var months = map[string]*big.Rat{}
			for i := range 24 {
				day, site := p.day(-60+2*i), []string{"north", "south"}[random.IntN(2)]
				change, level := least+random.IntN(-least+[]int{1, 90000, 200, 1}[seed]), -random.IntN(501)
				text := new(big.Rat).SetFrac64(int64(change), 100).FloatString(2)
				record := fields{"date": day, "site": site, "place": i, "change": json.Number(text), "level": level}
				if random.IntN(2) == 0 {
					p.office.post(p.at+"/records/reading", record).is(http.StatusCreated)
				} else {
					file += fmt.Sprintf("%s;%s;%d;%s;%d\n", day, site, i, strings.Replace(text, ".", ",", 1), level)
				}
				exact := big.NewRat(int64(change), 100)
				of("sum.achieved").Add(of("sum.achieved"), exact)
				of("sum.by.site."+site).Add(of("sum.by.site."+site), exact)
				of("levels.achieved").Add(of("levels.achieved"), big.NewRat(int64(level), 1))
				of("levels.by.site."+site).Add(of("levels.by.site."+site), big.NewRat(int64(level), 1))
				if months[day[:7]] == nil {
					months[day[:7]] = new(big.Rat)
				}
				months[day[:7]].Add(months[day[:7]], exact)
				changes, largest, smallest = changes+1, max(largest, level), min(smallest, change)
				if change < 0 && level <= -3 {
					below++
				}
				want["last.achieved"] = exact
			}
			p.accepts(p.office, "odczyty.csv", file)
			p.office.post(p.at+"/records/reading", fields{"date": p.day(-70), "site": "north", "place": 99}).is(http.StatusCreated) // without a value
			for i, lost := range []string{"-10", "-0.5", "-10.4"} {
				p.office.post(p.at+"/records/weighing", fields{"person": of3(i), "date": p.day(-5), "no": i, "lost": json.Number(lost)}).is(http.StatusCreated)
			}
			sum := want["sum.achieved"]
			want["mean.achieved"] = new(big.Rat).Quo(sum, big.NewRat(int64(changes), 1))
			want["min.achieved"], want["max.achieved"] = big.NewRat(int64(smallest), 100), big.NewRat(int64(largest), 1)
			want["below.achieved"], want["lost.achieved"], want["down.achieved"] = big.NewRat(int64(below), 1), big.NewRat(1, 1), sum
			want["value.achieved"] = new(big.Rat).Sub(sum, new(big.Rat).Mul(big.NewRat(2, 1), want["levels.achieved"]))

			p.compileOn(p.day(-30)) // so that the next one continues
			snap := p.compile()
			for path, exact := range want {
				code, member, _ := strings.Cut(path, ".")
				places := map[string]int{"mean": 4}[code] + map[bool]int{true: 0, false: 2}[code == "mean"]
				got, ok := new(big.Rat).SetString(figure(snap, code, member))
				if wanted, _ := new(big.Rat).SetString(exact.FloatString(places)); !ok || got.Cmp(wanted) != 0 {
					t.Errorf("%s is %q, not %s", path, figure(snap, code, member), exact.FloatString(places))
				}
			}
			total := new(big.Rat)
			for _, in := range snap.list("indicators") {
				if said(within(in, "code")) != "sum" {
					continue
				}
				for _, month := range within(in, "by_month").([]any) {
					added, _ := new(big.Rat).SetString(said(within(month, "added")))
					if wanted := months[said(within(month, "month"))]; wanted != nil && added.Cmp(wanted) != 0 || wanted == nil && added.Sign() != 0 {
						t.Errorf("by month: %v", month)
					}
					if all, _ := new(big.Rat).SetString(said(within(month, "total"))); all.Cmp(total.Add(total, added)) != 0 {
						t.Errorf("up to the month: %v", month)
					}
				}
				percent, err := strconv.ParseFloat(said(within(in, "percent")), 64)
				if exact, _ := sum.Float64(); err != nil || math.Abs(percent-exact) > 0.0501 {
					t.Errorf("%v %% of 100, not %v", percent, exact)
				}
			}
			for _, code := range []string{"levels", "below", "lost"} {
				p.checkEvidence(snap, code)
			}
			_, _, items := p.adds(snap, "sum")
			for _, item := range items {
				adds, _ := new(big.Rat).SetString(said(within(item, "adds")))
				total.Sub(total, adds)
			}
			if total.Sign() != 0 {
				t.Errorf("the evidence of the sum differs by %s", total.FloatString(4))
			}
			if got := p.office.post(p.at+"/snapshots/"+snap.text("id")+"/verification", nil).is(http.StatusOK); got.text("same") != "true" {
				t.Errorf("counted in one go: %s", got)
			}
			p.showsNumbersBelowZero(snap, sum)
		})
	}
}

// of3 names one of two people: the first one twice.
func of3(i int) fields { return of([]string{"ewa", "ewa", "jan"}[i]) }

var brokenNumber = regexp.MustCompile(`NaN|Infinity|[+-]Inf\b|(?:width|height|r)[=:]["' ]*-[0-9]`)

// showsNumbersBelowZero looks at the representations of a snapshot with a sum of changes, and at the records' list.
func (p *project) showsNumbersBelowZero(snap reply, sum *big.Rat) {
	p.t.Helper()
	p.approve(snap)
	at := p.at + "/snapshots/" + snap.text("id")
	for _, page := range []string{at, at + "/indicators/sum/evidence", p.at, p.at + "/records/reading"} {
		got := string(p.office.browser().get(page).is(http.StatusOK).body)
		if bad := brokenNumber.FindString(got); bad != "" {
			p.t.Errorf("%s has %q", page, bad)
		}
	}
	for _, suffix := range []string{".pdf", ".iati.xml", ".dhis2.json"} {
		if got := string(p.office.get(at + suffix).is(http.StatusOK).body); suffix != ".pdf" && brokenNumber.MatchString(got) {
			p.t.Errorf("%s: %s", suffix, got)
		}
	}
	equals := func(from, cell string) {
		if got, ok := new(big.Rat).SetString(cell); !ok || got.Cmp(sum) != 0 {
			p.t.Errorf("the sum in %s is %q, not %s", from, cell, sum.FloatString(2))
		}
	}
	for _, row := range table(p.t, p.office.get(at+".csv").is(http.StatusOK)) {
		if row[0] == "sum" && len(row) > 6 && row[2] == "kg" {
			equals("CSV", row[4])
			break
		}
	}
	book, err := excelize.OpenReader(bytes.NewReader(p.office.get(at + ".xlsx").is(http.StatusOK).body))
	if err != nil {
		p.t.Fatal(err)
	}
	defer book.Close()
	found := false
	for _, sheet := range book.GetSheetList() {
		rows, err := book.GetRows(sheet, excelize.Options{RawCellValue: true})
		if err != nil {
			p.t.Fatal(err)
		}
		for _, row := range rows {
			if len(row) > 4 && row[0] == "sum" && row[2] == "kg" && !found {
				equals("XLSX", row[4])
				found = true
			}
		}
	}
	if !found {
		p.t.Error("the workbook lacks the sum")
	}
	_, records := p.listed("/records/reading.csv")
	for _, record := range records {
		if _, err := strconv.ParseFloat(record["change"], 64); err != nil && record["change"] != "" {
			p.t.Errorf("a change of %q in the list", record["change"])
		}
	}
}

// The limits of a number hold in JSON, in forms and in files; without min the least is 0.
func TestContractLimitsOfNumbersBelowZero(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		limits string
		take   []string
		refuse []string
	}{
		{"", []string{"0", "1", "1000000000000"}, []string{"-1", "-0.5"}},
		{"min: -5", []string{"-5", "0", "7"}, []string{"-6"}},
		{"min: -5, max: -1", []string{"-5", "-1"}, []string{"-6", "0", "1"}},
		{"min: -5, max: 0", []string{"-5", "0"}, []string{"-6", "1"}},
		{"min: -1000000000000, max: -0.5, decimals: 1", []string{"-1000000000000", "-0.5"}, []string{"0", "-0.4"}},
		{"min: -2.5, decimals: 2", []string{"-2.5", "-2.45", "-0.01"}, []string{"-2.51"}},
		{"min: 3, max: 4", []string{"3", "4"}, []string{"0", "5"}},
	} {
		t.Run(c.limits, func(t *testing.T) {
			t.Parallel()
			limits := c.limits
			if limits != "" {
				limits = ", " + limits
			}
			p := newProject(t, "participants:", "records: {reading: {label: Reading, person: no, key: [place], fields: {place: {type: number}, level: {type: number, required: yes"+limits+"}}}}\nparticipants:")
			try := func(value string, place int) (reply, reply, reply) {
				record := fields{"date": p.day(-1), "place": place, "level": json.Number(value)}
				file := p.upload(p.office, "a.csv", "date;place;level\n"+p.day(-2)+";1;"+strings.Replace(value, ".", ",", 1)+"\n", fields{"check_only": true})
				return p.office.post(p.at+"/records/reading", record), file, p.office.browser().fill(p.at+"/records/reading", fields{"date": p.day(-3), "place": place, "level": value})
			}
			for i, value := range c.take {
				made, file, form := try(value, i)
				made.is(http.StatusCreated).has(map[string]string{"level": value})
				form.is(http.StatusSeeOther)
				if file.text("state") != "checked" {
					t.Errorf("%s in a file: %s", value, file)
				}
			}
			for i, value := range c.refuse {
				made, file, form := try(value, 100+i)
				if made.status != http.StatusUnprocessableEntity || form.status != http.StatusUnprocessableEntity || file.text("state") != "rejected" {
					t.Errorf("%s is taken: %s, %d, %s", value, made, form.status, file)
				}
			}
			if template := string(p.office.get(p.at + "/uploads/template.csv?kind=reading").is(http.StatusOK).body); !strings.Contains(template, p.day(0)) && !strings.Contains(template, "-") {
				t.Errorf("the template: %s", template)
			}
		})
	}
	p := newProject(t)
	for limits, want := range map[string]string{
		"min: -1000000000001": "out_of_range", "max: 1000000000001": "out_of_range", "max: -1": "out_of_range", "min: 2, max: 1": "out_of_range", "min: -1, max: -2": "out_of_range",
		"min: -x": "not_a_number", "min: -0.125": "out_of_range", "min: -5, max: -1": "", "min: -1000000000000": "", "max: 0": "", "min: -1, max: 0": "",
	} {
		text := p.definition("participants:", "records: {reading: {label: Reading, person: no, fields: {level: {type: number, decimals: 1, "+limits+"}}}}\nparticipants:")
		got := p.office.send("PUT", p.at+"/definition?dry_run=1", "application/yaml", []byte(text))
		var codes []string
		if want != "" {
			for _, problem := range got.is(http.StatusUnprocessableEntity).list("errors") {
				codes = append(codes, said(within(problem, "code")))
			}
		}
		if want == "" && got.status != http.StatusOK || want != "" && !slices.Equal(codes, []string{want}) {
			t.Errorf("%s: %s", limits, got)
		}
	}
	// Values below 0 stay, and count, when a definition allows them no longer.
	const kind = "records: {reading: {label: Reading, person: no, fields: {level: {type: number, min: -5}}}}\nparticipants:"
	const line = "indicators:\n  - {code: level, unit: m, count: sum, field: level, of: reading, label: Level}\n"
	p.office.send("PUT", p.at+"/definition", "application/yaml", []byte(p.definition("participants:", kind, "indicators:\n", line))).is(http.StatusOK)
	p.office.post(p.at+"/records/reading", fields{"date": p.day(-1), "level": -4}).is(http.StatusCreated)
	p.office.send("PUT", p.at+"/definition", "application/yaml", []byte(p.definition("participants:", strings.Replace(kind, ", min: -5", "", 1), "indicators:\n", line))).is(http.StatusOK)
	p.counts(map[string]string{"level": "-4"})
}
