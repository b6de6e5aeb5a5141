package main_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode/utf16"
)

func TestRulesCountWhatTheySay(t *testing.T) {
	t.Parallel()
	p := newProject(t)
	for _, record := range []fields{
		p.attendance("ewa"), p.attendance("ewa").and(fields{"date": p.day(-9), "hours": 0.1}), p.attendance("ewa").and(fields{"date": p.day(-8), "hours": 0.2, "outcome": "attended"}),
		p.attendance("jan").and(fields{"hours": 3.35}), p.attendance("ola").and(fields{"outcome": "withdrew", "hours": 0.05}), p.attendance("iza").and(fields{"activity": "compost", "hours": nil}),
	} {
		p.office.post(p.at+"/attendance", record).is(http.StatusCreated)
	}
	for _, record := range []fields{p.exam("ewa"), p.exam("ewa").and(fields{"date": p.day(-9)}), p.exam("jan").and(fields{"post_score": 3}), p.exam("ola").and(fields{"post_score": 3.01})} {
		p.office.post(p.at+"/tests", record).is(http.StatusCreated)
	}
	for _, record := range []fields{p.consultation("ewa"), p.consultation("ewa").and(fields{"topic": "spadek", "minutes": 15}), p.consultation("zofia").and(fields{"field": "coaching", "minutes": 100})} {
		p.office.post(p.at+"/consultations", record).is(http.StatusCreated)
	}
	p.accepts(p.press, "m.csv", "date,medium,title,outlet,reach\n"+
		p.day(-3)+",press,A,Gazeta,1000\n"+p.day(-3)+",web,B, GAZETA ,2000\n"+p.day(-3)+",radio,C,Radio,3000\n"+p.day(-3)+",tv,D,Telewizja,4000\n")
	snap := p.compile()
	for code, want := range map[string]string{
		"1":  "2",     // people who completed planting: ewa, jan
		"2":  "7.7",   // hours: 4 + 0.1 + 0.2 + 3.35 + 0.05, exactly
		"3":  "10000", // reach
		"4":  "2",     // distinct outlets, of press, web and radio
		"6":  "3",     // consultations
		"8":  "2",     // people who learned more: ewa, ola
		"10": "60",    // minutes of law
	} {
		if got := figure(snap, code, "achieved"); got != want {
			t.Errorf("indicator %s is %s, want %s", code, got, want)
		}
	}
	snap.has(map[string]string{"participants.total": "4", "participants.target": "20"}) // ewa, jan, iza completed; zofia was advised
	for code, want := range map[string]string{"1": "3", "2": "6", "3": "4", "4": "3", "6": "3", "8": "3", "10": "2"} {
		if got := figure(snap, code, "records"); got != want {
			t.Errorf("indicator %s counts %s records, want %s", code, got, want)
		}
	}
	t.Run("percent is of the target, rounded half up to one decimal", func(t *testing.T) {
		for code, want := range map[string]float64{"1": 25, "2": 7.7, "3": 20, "4": 66.7, "8": 50, "10": 20, "5": 0} {
			if got, err := strconv.ParseFloat(figure(snap, code, "percent"), 64); err != nil || got != want {
				t.Errorf("indicator %s: %v, want %v", code, got, want)
			}
		}
	})
	t.Run("status says how it goes", func(t *testing.T) {
		for code, want := range map[string]string{"1": "on-track", "2": "behind", "5": "not-started", "4": "on-track"} {
			if got := figure(snap, code, "status"); got != want {
				t.Errorf("indicator %s is %s, want %s", code, got, want)
			}
		}
		p.office.post(p.at+"/outputs", p.output("A").and(fields{"quantity": 1000})).is(http.StatusCreated)
		if snap := p.compile(); figure(snap, "5", "status") != "achieved" || figure(snap, "5", "percent") != "100" && figure(snap, "5", "percent") != "100.0" {
			t.Errorf("%s, %s %%", figure(snap, "5", "status"), figure(snap, "5", "percent"))
		}
		p.office.post(p.at+"/outputs", p.output("B").and(fields{"quantity": 500})).is(http.StatusCreated)
		if snap := p.compile(); figure(snap, "5", "status") != "achieved" || !strings.HasPrefix(figure(snap, "5", "percent"), "150") {
			t.Errorf("%s, %s %%", figure(snap, "5", "status"), figure(snap, "5", "percent"))
		}
	})
	t.Run("reach is what it can mean in people", func(t *testing.T) {
		const n = 100000.0
		estimate := math.Round(n * (1 - (1-1000/n)*(1-2000/n)*(1-3000/n)*(1-4000/n)))
		snap.has(map[string]string{"reach.sum": "10000", "reach.low": "4000", "reach.high": "10000", "reach.estimate": fmt.Sprint(int(estimate)), "reach.population": "100000", "reach.airings": "4"})
	})
	t.Run("never more than there are people", func(t *testing.T) {
		var file strings.Builder
		file.WriteString("date,medium,title,outlet,reach\n")
		for i := range 30 {
			fmt.Fprintf(&file, "%s,tv,Audycja %d,Telewizja,60000\n", p.day(-2), i)
		}
		p.accepts(p.press, "wiele.csv", file.String())
		snap := p.compile().has(map[string]string{"reach.sum": "1810000", "reach.high": "100000", "reach.low": "60000", "reach.airings": "34", "participants.total": "4"})
		if estimate, err := strconv.Atoi(snap.text("reach.estimate")); err != nil || estimate < 60000 || estimate > 100000 {
			t.Errorf("estimate %d", estimate)
		}
	})
}

func TestPercentIsRoundedHalfUp(t *testing.T) {
	t.Parallel()
	p := newProject(t, "target: 8", "target: 16", "target: 100.5", "target: 800")
	p.office.post(p.at+"/attendance", p.attendance("ewa").and(fields{"hours": 0.4})).is(http.StatusCreated)
	snap := p.compile()
	for code, want := range map[string]string{"1": "6.3", "2": "0.1"} { // 6.25 and 0.05
		if got := figure(snap, code, "percent"); got != want {
			t.Errorf("indicator %s: %s, want %s", code, got, want)
		}
	}
}

func TestARecordCountsFromItsOwnDateOn(t *testing.T) {
	t.Parallel()
	p := newProject(t)
	for _, day := range []int{-50, -20, 0} {
		p.office.post(p.at+"/outputs", p.output("A").and(fields{"date": p.day(day), "quantity": 10})).is(http.StatusCreated)
		p.office.post(p.at+"/signups", signup(fmt.Sprintf("osoba%d", -day), "planting").and(fields{"submitted_at": p.when(day, "00:30:00")})).is(http.StatusCreated)
	}
	for _, c := range []struct {
		day  int
		want string
	}{{-51, "0"}, {-50, "1"}, {-21, "1"}, {-20, "2"}, {-1, "2"}, {0, "3"}} {
		snap := p.office.post(p.at+"/snapshots", fields{"as_of": p.day(c.day)}).is(http.StatusCreated).has(map[string]string{"as_of": p.day(c.day)})
		if got := figure(snap, "5", "records"); got != c.want {
			t.Errorf("%d days: %s outputs, want %s", c.day, got, c.want)
		}
		if got := figure(snap, "9", "achieved"); got != c.want {
			t.Errorf("%d days: %s signed up, want %s", c.day, got, c.want)
		}
	}
	t.Run("every month is told, from the period's start to the day", func(t *testing.T) {
		snap := p.office.in(t).get(p.at + "/snapshots/latest").is(http.StatusOK)
		var want []string
		for month := p.today.AddDate(0, 0, -60); month.Format("2006-01") <= p.today.Format("2006-01"); month = time.Date(month.Year(), month.Month()+1, 1, 12, 0, 0, 0, time.UTC) {
			want = append(want, month.Format("2006-01"))
		}
		for _, in := range snap.list("indicators") {
			months, total := []string{}, 0.0
			for _, m := range within(in, "by_month").([]any) {
				months = append(months, said(within(m, "month")))
				added, _ := strconv.ParseFloat(said(within(m, "added")), 64)
				total += added
				if sum, _ := strconv.ParseFloat(said(within(m, "total")), 64); sum != total {
					t.Errorf("%v: total %v after %v was added", in, sum, total)
				}
			}
			if !slices.Equal(months, want) {
				t.Errorf("months %v, want %v", months, want)
			}
			if said(within(in, "achieved")) != strconv.FormatFloat(total, 'f', -1, 64) {
				t.Errorf("achieved %v, months add up to %v", within(in, "achieved"), total)
			}
		}
	})
}

func TestBreakdownsAlwaysAddUpToTheWhole(t *testing.T) {
	t.Parallel()
	p := newProject(t)
	year := p.today.AddDate(0, 0, -10).Year()
	people := []fields{
		{"sex": "female", "birth_year": year - 24, "residence": "urban", "education": "isced-0-2"}, {"sex": "male", "birth_year": year - 25, "residence": "rural", "group": "tenant"},
		{"sex": "female", "birth_year": year - 54, "disability": "yes"}, {"birth_year": year - 55, "labour_status": "inactive"}, {}, {"sex": "other", "birth_year": 1900},
	}
	for i, attributes := range people {
		name := fmt.Sprintf("osoba%d", i)
		if len(attributes) > 0 {
			p.office.post(p.at+"/signups", signup(name, "planting").and(attributes)).is(http.StatusCreated)
		}
		p.office.post(p.at+"/attendance", p.attendance(name)).is(http.StatusCreated)
		p.office.post(p.at+"/attendance", p.attendance(name).and(fields{"date": p.day(-9)})).is(http.StatusCreated)
	}
	snap := p.compile().has(map[string]string{
		"participants.by.sex.female": "2", "participants.by.sex.male": "1", "participants.by.sex.other": "1", "participants.by.sex.unknown": "2",
		"participants.by.age.0-24": "1", "participants.by.age.25-54": "2", "participants.by.age.55+": "2", "participants.by.age.unknown": "1",
		"participants.by.residence.unknown": "4", "participants.by.education.isced-5-8": "0", "participants.by.labour_status.inactive": "1", "participants.by.labour_status.employed": "0",
		"participants.by.disability.yes": "1", "participants.by.disability.no": "0", "participants.by.group.tenant": "1", "participants.by.group.owner": "0", "quality.people_without_attributes": "1",
	})
	lists := map[string]int{"sex": 4, "age": 4, "education": 4, "labour_status": 5, "residence": 3, "disability": 3, "group": 3}
	check := func(what string, whole string, by any) {
		parts, _ := by.(map[string]any)
		if len(parts) != len(lists) {
			t.Errorf("%s: breakdowns %v", what, by)
		}
		for dimension, codes := range lists {
			list, _ := parts[dimension].(map[string]any)
			sum := int64(0)
			for _, n := range list {
				people, err := n.(json.Number).Int64()
				if err != nil {
					t.Error(err)
				}
				sum += people
			}
			if len(list) != codes || fmt.Sprint(sum) != whole {
				t.Errorf("%s by %s: %v, want %d parts that add up to %s", what, dimension, list, codes, whole)
			}
		}
	}
	check("participants", snap.text("participants.total"), snap.at("participants.by"))
	for _, in := range snap.list("indicators") {
		switch code := said(within(in, "code")); code {
		case "1", "7", "8", "9", "11":
			check("indicator "+code, said(within(in, "achieved")), within(in, "by"))
		default:
			if by, _ := within(in, "by").(map[string]any); len(by) != 0 {
				t.Errorf("indicator %s counts no people: %v", code, by)
			}
		}
	}
}

func TestWaitingAndHeldSignupsCountUnlessTheRuleAsks(t *testing.T) {
	t.Parallel()
	p := newProject(t, "capacity: 3", "capacity: 1")
	p.office.post(p.at+"/attendance", p.attendance("znana")).is(http.StatusCreated)
	p.office.post(p.at+"/signups", signup("a", "compost")).is(http.StatusCreated).has(map[string]string{"state": "accepted"})
	p.office.post(p.at+"/signups", signup("b", "compost")).is(http.StatusCreated).has(map[string]string{"state": "waitlisted"})
	p.anyone.post(p.at+"/signups", signup("znana", "planting").and(fields{"pesel": pesel1})).is(http.StatusCreated)
	p.counts(map[string]string{"9": "3", "7": "1"})
}

func TestRulesKnowTheRecordsFields(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, rule, want string }{
		{"numbers whole and not compare", `hours == 4 && hours >= 3.5 && hours < 5`, "1"},
		{"hours not given are 0", `hours == 0`, "1"},
		{"dates compare as texts", `date >= "{day}"`, "2"},
		{"a part of a date", `date[0:4] == "{year}"`, "2"},
		{"lists", `outcome in ["withdrew", "attended"]`, "1"},
		{"attributes of the person", `sex == "female" and birth_year in 1980..1999 and residence == "rural"`, "1"},
		{"an attribute not given is empty", `education == "" && group == ""`, "2"},
		{"or, not, parentheses", `not (activity == "planting" || activity == "compost") or hours > 3`, "1"},
		{"functions", `len(activity) > 3 && upper(outcome) startsWith "COMP"`, "1"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			p := newProject(t)
			rule := strings.NewReplacer("{day}", p.day(-10), "{year}", p.today.AddDate(0, 0, -10).Format("2006")).Replace(c.rule)
			p.office.send("PUT", p.at+"/definition", "application/yaml", []byte(p.definition(`'activity == "planting" && outcome == "completed"'`, "'"+rule+"'"))).is(http.StatusOK)
			p.office.post(p.at+"/signups", signup("ewa", "planting").and(fields{"sex": "female", "birth_year": 1990, "residence": "rural"})).is(http.StatusCreated)
			p.office.post(p.at+"/attendance", p.attendance("ewa")).is(http.StatusCreated)
			p.office.post(p.at+"/attendance", p.attendance("jan").and(fields{"outcome": "withdrew", "hours": nil})).is(http.StatusCreated)
			p.counts(map[string]string{"1": c.want})
		})
	}
}

func TestASnapshotHasItsShapeAndItsHash(t *testing.T) {
	t.Parallel()
	p := newProject(t)
	p.office.post(p.at+"/signups", signup("ewa", "planting").and(fields{"sex": "female", "birth_year": 1990})).is(http.StatusCreated)
	p.office.post(p.at+"/attendance", p.attendance("ewa").and(fields{"hours": 1.5})).is(http.StatusCreated)
	p.accepts(p.radio, "a.csv", p.airings("radio"))
	made := p.office.post(p.at+"/snapshots", fields{}).is(http.StatusCreated)
	made.has(map[string]string{"project": p.id, "as_of": p.day(0), "state": "draft", "supersedes": "", "definition.version": "1"})
	keys := func(path string, want ...string) {
		t.Helper()
		value, _ := made.at(path).(map[string]any)
		got := []string{}
		for name := range value {
			got = append(got, name)
		}
		slices.Sort(got)
		slices.Sort(want)
		if !slices.Equal(got, want) {
			t.Errorf("%s has %v, want %v", path, got, want)
		}
	}
	keys("", "project", "id", "as_of", "known_at", "definition", "state", "supersedes", "hash", "evidence", "seal", "participants", "indicators", "reach", "quality")
	keys("definition", "version", "sha256")
	keys("participants", "total", "target", "by")
	keys("indicators.0", "code", "label", "unit", "target", "achieved", "percent", "status", "records", "by", "by_month")
	keys("indicators.0.label", "pl", "en")
	keys("indicators.0.by_month.0", "month", "added", "total")
	keys("reach", "sum", "low", "estimate", "high", "population", "airings")
	keys("quality", "people_without_attributes", "records_outside_period")
	sum := sha256.Sum256([]byte(p.definition()))
	made.has(map[string]string{"definition.sha256": hex.EncodeToString(sum[:])})
	if _, err := time.Parse(time.RFC3339, made.text("known_at")); err != nil {
		t.Error(err)
	}
	if len(made.list("indicators")) != 11 {
		t.Errorf("%d indicators", len(made.list("indicators")))
	}
	hashed(t, made)
	address := p.at + "/snapshots/" + made.text("id")
	for _, path := range []string{address, address + ".json", p.at + "/snapshots/latest", p.at + "/snapshots/latest.json"} {
		got := p.office.get(path).is(http.StatusOK)
		if !bytes.Equal(bytes.TrimSpace(got.body), bytes.TrimSpace(made.body)) {
			t.Errorf("another snapshot: %s", got)
		}
	}
	t.Run("where nothing has changed the present one is given", func(t *testing.T) {
		p.office.in(t).post(p.at+"/snapshots", fields{}).is(http.StatusOK).has(map[string]string{"id": made.text("id"), "known_at": made.text("known_at")})
		p.office.in(t).post(p.at+"/snapshots", fields{"as_of": p.day(0)}).is(http.StatusOK).has(map[string]string{"id": made.text("id")})
		p.office.in(t).send("POST", p.at+"/snapshots", "", nil).is(http.StatusOK).has(map[string]string{"id": made.text("id")})
	})
	t.Run("with other results there is a new one, that names what it supersedes", func(t *testing.T) {
		p.office.in(t).post(p.at+"/outputs", p.output("A")).is(http.StatusCreated)
		next := p.office.in(t).post(p.at+"/snapshots", fields{}).is(http.StatusCreated).has(map[string]string{"supersedes": made.text("id")})
		hashed(t, next)
		if next.text("hash") == made.text("hash") {
			t.Error("the same hash")
		}
		if old := p.office.in(t).get(address).is(http.StatusOK); !bytes.Equal(bytes.TrimSpace(old.body), bytes.TrimSpace(made.body)) {
			t.Errorf("the old one has changed: %s", old)
		}
		p.office.in(t).get(p.at + "/snapshots").is(http.StatusOK).has(map[string]string{"items.0.id": next.text("id"), "items.1.id": made.text("id")})
		p.office.in(t).get(p.at + "/snapshots/latest").has(map[string]string{"id": next.text("id")})
	})
	t.Run("of another day it supersedes nothing", func(t *testing.T) {
		got := p.office.in(t).post(p.at+"/snapshots", fields{"as_of": p.day(-1)}).is(http.StatusCreated)
		got.has(map[string]string{"supersedes": ""})
		hashed(t, got)
	})
	t.Run("of a day before the project began", func(t *testing.T) {
		got := p.office.in(t).post(p.at+"/snapshots", fields{"as_of": p.day(-61)}).is(http.StatusCreated)
		hashed(t, got)
	})
	t.Run("which nothing has brought back it is the old one", func(t *testing.T) {
		id := p.office.in(t).get(p.at + "/outputs").text("items.0.id")
		p.office.in(t).delete(p.at + "/outputs/" + id).is(http.StatusOK)
		got := p.compile()
		if got.text("hash") != made.text("hash") {
			t.Errorf("the records are the same again, the hash is not: %s", got)
		}
	})
}

// hashed checks that a snapshot's hash is that of what was found.
func hashed(t *testing.T, snap reply) {
	t.Helper()
	found, ok := snap.value().(map[string]any)
	if !ok {
		t.Fatalf("no object: %s", snap)
	}
	for _, name := range []string{"id", "known_at", "state", "supersedes", "hash", "evidence", "seal", "previous"} {
		delete(found, name)
	}
	delete(found["definition"].(map[string]any), "version")
	sum := sha256.Sum256([]byte(canonical(t, found)))
	if got, want := snap.text("hash"), "sha256:"+hex.EncodeToString(sum[:]); got != want {
		t.Errorf("hash %s, want %s over %s", got, want, canonical(t, found))
	}
}

// canonical writes JSON as RFC 8785 does: names in the order of their UTF-16 units, numbers as ECMAScript does, no
// spaces.
func canonical(t *testing.T, value any) string {
	t.Helper()
	switch v := value.(type) {
	case map[string]any:
		names := make([]string, 0, len(v))
		for name := range v {
			names = append(names, name)
		}
		slices.SortFunc(names, func(a, b string) int { return slices.Compare(utf16.Encode([]rune(a)), utf16.Encode([]rune(b))) })
		parts := make([]string, len(names))
		for i, name := range names {
			parts[i] = canonical(t, name) + ":" + canonical(t, v[name])
		}
		return "{" + strings.Join(parts, ",") + "}"
	case []any:
		parts := make([]string, len(v))
		for i, item := range v {
			parts[i] = canonical(t, item)
		}
		return "[" + strings.Join(parts, ",") + "]"
	case json.Number:
		n, err := v.Float64()
		if err != nil || n != 0 && (math.Abs(n) < 1e-6 || math.Abs(n) >= 1e21) {
			t.Fatalf("%v is a number of another kind", v)
		}
		return strconv.FormatFloat(n, 'f', -1, 64)
	case string:
		var b bytes.Buffer
		encoder := json.NewEncoder(&b)
		encoder.SetEscapeHTML(false)
		if err := encoder.Encode(v); err != nil {
			t.Fatal(err)
		}
		return strings.NewReplacer(`\u2028`, "\u2028", `\u2029`, "\u2029").Replace(strings.TrimSpace(b.String()))
	default:
		return map[any]string{nil: "null", true: "true", false: "false"}[v]
	}
}

func TestTheSameRecordsGiveTheSameHashInWhateverOrder(t *testing.T) {
	t.Parallel()
	one := newProjectAt(t, start(t, t.TempDir(), "localhost:0", "-empty"), "courtyards")
	two := newProjectAt(t, start(t, t.TempDir(), "localhost:0", "-empty"), "courtyards")
	steps := func(p *project) []func() {
		var out []func()
		post := func(c caller, path string, body fields) {
			out = append(out, func() {
				// A program that does not hear an answer sends again: with its key, it makes nothing new.
				again := c.with("Idempotency-Key", fmt.Sprint(path, body))
				again.post(p.at+path, body).is(http.StatusCreated)
				again.post(p.at+path, body).is(http.StatusCreated)
			})
		}
		for i := range 12 {
			name := fmt.Sprintf("osoba%d", i)
			post(p.office, "/signups", signup(name, "planting").and(fields{"submitted_at": p.when(-30+i, "10:00:00"), "sex": []string{"female", "male"}[i%2], "birth_year": 1950 + 5*i}))
			post(p.office, "/signups", signup(name, "last-call").and(fields{"submitted_at": p.when(-31+i, "10:00:00"), "sex": "other", "residence": "rural"}))
			post(p.office, "/attendance", p.attendance(name).and(fields{"hours": float64(i) / 4}))
			post(p.adviser, "/consultations", p.consultation(name).and(fields{"minutes": 10 + i}))
			post(p.office, "/tests", p.exam(name).and(fields{"post_score": i % 8}))
			post(p.office, "/outputs", p.output("Ulotka "+name))
		}
		out = append(out, func() { p.accepts(p.radio, "a.csv", p.airings("radio")) }, func() { p.accepts(p.press, "a.csv", p.airings("press")) },
			func() {
				p.accepts(p.office, "p.csv", "email,date,field,minutes,form\nosoba3@example.org,"+p.day(-2)+",coaching,30,phone\nnowa@example.org,"+p.day(-1)+",law,1,online\n")
			})
		return out
	}
	for i, step := range steps(one) {
		if step(); i%20 == 0 {
			one.compile()
		}
	}
	backward := steps(two)
	slices.Reverse(backward)
	for _, step := range backward {
		step()
	}
	a, b := one.compile(), two.compile()
	if a.text("hash") != b.text("hash") {
		t.Errorf("%s\n%s", a.body, b.body)
	}
	if a.text("participants.total") != "13" {
		t.Errorf("participants %s", a.text("participants.total"))
	}
}

func TestThePublicSeesTheLatestApprovedSnapshot(t *testing.T) {
	t.Parallel()
	p := newProject(t)
	public := func() reply { return p.anyone.get(p.at).is(http.StatusOK) }
	if got := public(); got.at("snapshot") != nil || got.text("project.id") != p.id {
		t.Errorf("before any: %s", got)
	}
	first := p.compile()
	if got := public(); got.at("snapshot") != nil {
		t.Errorf("a draft: %s", got)
	}
	decide := func(id, decision string) reply {
		return p.office.post(p.at+"/snapshots/"+id+"/approval", fields{"decision": decision, "note": "sprawdzone"})
	}
	p.office.post(p.at+"/snapshots/"+first.text("id")+"/approval", fields{"decision": "maybe"}).isInvalid("decision not_in_list")
	p.office.post(p.at+"/snapshots/01J00000000000000000000000/approval", fields{"decision": "approve"}).is(http.StatusNotFound)
	decide(first.text("id"), "approve").is(http.StatusOK).has(map[string]string{"state": "approved"})
	public().has(map[string]string{"snapshot.id": first.text("id"), "snapshot.state": "approved", "snapshot.hash": first.text("hash")})
	p.funder.get(p.at + "/snapshots/" + first.text("id")).is(http.StatusOK).has(map[string]string{"state": "approved", "hash": first.text("hash")})

	p.office.post(p.at+"/outputs", p.output("A")).is(http.StatusCreated)
	second := p.compile()
	public().has(map[string]string{"snapshot.id": first.text("id")})
	if got := p.funder.get(p.at + "/snapshots").is(http.StatusOK); len(got.list("items")) != 1 || got.text("items.0.id") != first.text("id") {
		t.Errorf("the funder's list: %s", got)
	}
	if got := p.office.get(p.at + "/snapshots").is(http.StatusOK); len(got.list("items")) != 2 {
		t.Errorf("the office's list: %s", got)
	}
	decide(second.text("id"), "reject").is(http.StatusOK).has(map[string]string{"state": "rejected"})
	public().has(map[string]string{"snapshot.id": first.text("id")})
	decide(second.text("id"), "approve").is(http.StatusOK)
	public().has(map[string]string{"snapshot.id": second.text("id"), "snapshot.supersedes": first.text("id")})
	p.funder.get(p.at + "/snapshots/latest").is(http.StatusOK).has(map[string]string{"id": second.text("id")})
	earlier := p.office.post(p.at+"/snapshots", fields{"as_of": p.day(-5)}).is(http.StatusCreated)
	decide(earlier.text("id"), "approve").is(http.StatusOK)
	public().has(map[string]string{"snapshot.id": second.text("id")})
	for _, lang := range []string{"pl", "en"} {
		page := p.anyone.browser().get(p.at + "?lang=" + lang).is(http.StatusOK).isPage()
		for _, label := range map[string][]string{"pl": {"Ulotki", "Zielone podwórka"}, "en": {"Leaflets", "Green Courtyards"}}[lang] {
			if !strings.Contains(string(page.body), label) {
				t.Errorf("%s: no %s", lang, label)
			}
		}
	}
}

func TestThePublicSeesNoSmallNumbers(t *testing.T) {
	t.Parallel()
	p := newProject(t)
	for i := range 8 {
		pick := func(n int, a, b any) any {
			if i < n {
				return a
			}
			return b
		}
		name := fmt.Sprintf("osoba%d", i)
		attributes := fields{
			"sex": pick(4, "female", "male"), "residence": pick(7, "urban", "rural"), "education": "isced-3-4", "disability": pick(3, "yes", pick(6, "no", nil)),
			"labour_status": pick(5, "employed", "unemployed"),
		}
		p.office.post(p.at+"/signups", signup(name, "planting").and(attributes)).is(http.StatusCreated)
		p.office.post(p.at+"/attendance", p.attendance(name)).is(http.StatusCreated)
	}
	snap := p.compile()
	p.approve(snap)
	snap.has(map[string]string{"participants.by.sex.female": "4", "participants.by.disability.unknown": "2"})
	p.funder.get(p.at + "/snapshots/latest").has(map[string]string{"participants.by.residence.rural": "1"})
	public := p.anyone.get(p.at).is(http.StatusOK)
	for what, by := range map[string]any{"participants": public.at("snapshot.participants.by"), "an indicator": public.at("snapshot.indicators.0.by")} {
		for path, want := range map[string]string{
			"residence.urban": "hidden", "residence.rural": "<5", "residence.unknown": "0", // 7 and 1
			"education.isced-3-4": "8", "education.isced-0-2": "0",
			"disability.yes": "<5", "disability.no": "<5", "disability.unknown": "<5", // 3, 3 and 2
			"labour_status.employed": "hidden", "labour_status.unemployed": "<5", "labour_status.inactive": "0", // 5 and 3
			"group.unknown": "8", "age.unknown": "8",
		} {
			if got := said(within(by, path)); got != want {
				t.Errorf("%s by %s: %q, want %q", what, path, got, want)
			}
		}
		if sex := within(by, "sex"); sex != nil { // 4 and 4 of 8 can be worked out
			t.Errorf("%s by sex: %v", what, sex)
		}
	}
	public.has(map[string]string{"snapshot.participants.total": "8"})
	for _, c := range []caller{p.anyone, p.anyone.browser()} {
		if got := c.get(p.at).is(http.StatusOK); strings.Contains(string(got.body), "person") && strings.Contains(string(got.body), "osoba1") {
			t.Errorf("a name: %s", got)
		}
	}
}

func TestBehindEveryFigureAreItsRecords(t *testing.T) {
	t.Parallel()
	p := newProject(t)
	for i := range 5 {
		p.office.post(p.at+"/attendance", p.attendance(fmt.Sprintf("osoba%d", i%3)).and(fields{"date": p.day(-10 - i)})).is(http.StatusCreated)
	}
	p.office.post(p.at+"/consultations", p.consultation("osoba9")).is(http.StatusCreated)
	p.office.post(p.at+"/outputs", p.output("Stara").and(fields{"date": p.day(-90)})).is(http.StatusCreated)
	upload := p.accepts(p.radio, "a.csv", p.airings("radio")).text("id")
	snap := p.compile()
	p.approve(snap)
	address := p.at + "/snapshots/" + snap.text("id")
	for _, in := range snap.list("indicators") {
		code := said(within(in, "code"))
		got := p.funder.get(address + "/indicators/" + code + "/evidence?limit=200").is(http.StatusOK)
		items := got.list("items")
		if fmt.Sprint(len(items)) != said(within(in, "records")) {
			t.Errorf("indicator %s: %d records of %v", code, len(items), within(in, "records"))
		}
		rows := table(t, p.funder.get(address+"/indicators/"+code+"/evidence.csv").is(http.StatusOK))
		columns := []string{"id", "kind", "date", "person", "upload", "row", "adds", "what", "salt"} // then the fields that the rule names
		if len(rows) != len(items)+1 || !slices.Equal(rows[0][:len(columns)], columns) || slices.ContainsFunc(rows[0][len(columns):], func(name string) bool { return !strings.HasPrefix(name, "fields.") }) {
			t.Errorf("indicator %s as CSV: %v", code, rows)
		}
		for i, item := range items {
			if rows[i+1][0] != said(within(item, "id")) {
				t.Errorf("indicator %s: another order in CSV", code)
			}
		}
	}
	t.Run("of people, each by a random id", func(t *testing.T) {
		people := map[string]bool{}
		got := p.funder.in(t).get(address + "/indicators/1/evidence").is(http.StatusOK)
		for _, item := range got.list("items") {
			people[said(within(item, "person"))] = true
			if said(within(item, "kind")) != "attendance" || said(within(item, "date")) == "" {
				t.Errorf("got %v", item)
			}
		}
		if len(people) != 3 || strings.Contains(string(got.body), "@") {
			t.Errorf("got %s", got)
		}
	})
	t.Run("of the participants, all kinds", func(t *testing.T) {
		kinds, people := map[string]bool{}, map[string]bool{}
		for _, item := range p.funder.in(t).get(address + "/participants/evidence").is(http.StatusOK).list("items") {
			kinds[said(within(item, "kind"))] = true
			people[said(within(item, "person"))] = true
		}
		if len(kinds) != 2 || fmt.Sprint(len(people)) != snap.text("participants.total") {
			t.Errorf("kinds %v, people %v", kinds, people)
		}
		rows := table(t, p.funder.in(t).get(address+"/participants/evidence.csv").is(http.StatusOK))
		if len(rows) != 7 {
			t.Errorf("%v", rows)
		}
	})
	t.Run("of a file, its row", func(t *testing.T) {
		rows := map[string]bool{}
		for _, item := range p.funder.in(t).get(address + "/indicators/3/evidence").is(http.StatusOK).list("items") {
			if said(within(item, "upload")) != upload || said(within(item, "kind")) != "media" || within(item, "person") != nil {
				t.Errorf("got %v", item)
			}
			rows[said(within(item, "row"))] = true
		}
		if !rows["2"] || !rows["3"] || !rows["4"] {
			t.Errorf("rows %v", rows)
		}
	})
	t.Run("they stay with the snapshot", func(t *testing.T) {
		p.office.in(t).delete(p.at + "/uploads/" + upload).is(http.StatusOK)
		p.counts(map[string]string{"3": "0"})
		if got := p.funder.in(t).get(address + "/indicators/3/evidence").is(http.StatusOK); len(got.list("items")) != 3 {
			t.Errorf("got %s", got)
		}
	})
}
