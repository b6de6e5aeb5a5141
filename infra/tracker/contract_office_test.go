package main_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
)

// waiting are the tasks of the office's first page, as "what count".
func (p *project) waiting(t *testing.T) []string {
	t.Helper()
	out := []string{}
	for _, item := range p.office.in(t).get(p.at + "/attention").is(http.StatusOK).list("items") {
		out = append(out, said(within(item, "what"))+" "+said(within(item, "count")))
		to := p.office.in(t).browser().get(said(within(item, "href"))).is(http.StatusOK)
		to.isPage()
	}
	return out
}

func TestTheOfficeSeesWhatWaits(t *testing.T) {
	t.Parallel()
	p := newProject(t, "capacity: 3", "capacity: 1")
	says := func(want ...string) {
		t.Helper()
		if got := p.waiting(t); !slices.Equal(got, want) {
			t.Errorf("waiting are %q, want %q", got, want)
		}
	}
	says("no_snapshot 1")
	p.compile()
	p.compile()
	says()
	quiet := string(p.office.with("Accept-Language", "en").browser().get(p.at + "/attention").is(http.StatusOK).body)
	if !strings.Contains(quiet, "Nothing needs your attention.") {
		t.Error("the page does not say that nothing waits")
	}
	for _, name := range []string{"ola", "ewa", "jan"} {
		p.anyone.post(p.at+"/signups", signup(name, "compost")).is(http.StatusCreated)
	}
	p.upload(p.radio, "zle.csv", "date,medium,title,outlet,reach\nnigdy,radio,a,b,1\n", nil)
	p.anyone.post(p.at+"/signups", signup("ola", "planting").and(fields{"pesel": "44051401359"})).is(http.StatusCreated)
	p.anyone.post(p.at+"/signups", signup("ola", "planting").and(fields{"email": "inna@example.org"})).is(http.StatusCreated)
	p.office.post(p.at+"/attendance", p.attendance("nieznany").and(fields{"activity": "over"})).is(http.StatusCreated)
	p.compile()
	says("held 1", "rejected_files 1", "duplicates 1", "lines_behind 1", "people_without_attributes 1", "waiting 2")
}

// Every part of a name finds a person, and so do whole keys.
func TestAPersonIsFoundAndCorrected(t *testing.T) {
	t.Parallel()
	p := newProject(t)
	p.anyone.post(p.at+"/signups", signup("ola", "planting").and(fields{"first_name": "Aleksandra Łucja", "last_name": "Wzór-Nowak"})).is(http.StatusCreated)
	p.anyone.post(p.at+"/signups", signup("jan", "planting")).is(http.StatusCreated)
	for query, want := range map[string]int{"Aleks": 1, "lucja": 1, "nowak": 1, "wzor+luc": 1, "ola@example.org": 1, "przyk": 1, "sandra": 0, "nowak+jan": 0} {
		if got := len(p.office.get(p.at + "/people?q=" + query).is(http.StatusOK).list("items")); got != want {
			t.Errorf("%q finds %d, want %d", query, got, want)
		}
	}
	shown := p.office.get(p.at + "/people?q=ola@example.org")
	address := p.at + "/people/" + shown.text("items.0.id")
	tag := p.office.get(address).is(http.StatusOK).header.Get("ETag")
	right := fields{"first_name": "Aleksandra", "last_name": "Wzorowa", "email": "aleksandra@example.org", "phone": "600 700 800"}
	t.Run("values are checked", func(t *testing.T) {
		p.office.in(t).put(address, right.and(fields{"email": "x", "colour": "green"})).isInvalid("email unreadable", "colour unknown_field")
		p.office.in(t).put(address, right.and(fields{"email": nil})).isInvalid("email missing")
	})
	t.Run("a key of another person is not given", func(t *testing.T) {
		got := p.office.in(t).put(address, right.and(fields{"email": "jan@example.org"})).is(http.StatusConflict)
		got.has(map[string]string{"errors.0.field": "email", "errors.0.code": "taken", "existing": p.office.get(p.at + "/people?q=jan@example.org").text("items.0.id")})
		p.office.in(t).browser().fill(address, fields{"_method": "PUT", "email": "jan@example.org", "first_name": "Ola"}).is(http.StatusConflict).isPage()
	})
	t.Run("it holds from then on", func(t *testing.T) {
		got := p.office.in(t).with("If-Match", tag).put(address, right).is(http.StatusOK)
		got.has(map[string]string{"last_name": "Wzorowa", "email": "aleksandra@example.org"})
		if next := got.header.Get("ETag"); next == tag || next != p.office.in(t).get(address).header.Get("ETag") {
			t.Errorf("the version is %q after %q", next, tag)
		}
		p.office.in(t).with("If-Match", tag).put(address, right).is(http.StatusPreconditionFailed)
		p.office.in(t).browser().fill(address, fields{"_method": "PUT", "_if_match": tag, "email": "a@example.org"}).is(http.StatusPreconditionFailed).isPage()
		for query, want := range map[string]int{"ola@example.org": 0, "aleksandra@example.org": 1, "wzorowa": 1, "nowak": 0} {
			if n := len(p.office.in(t).get(p.at + "/people?q=" + query).list("items")); n != want {
				t.Errorf("%q finds %d, want %d", query, n, want)
			}
		}
		p.office.in(t).post(p.at+"/consultations", p.consultation("aleksandra")).is(http.StatusCreated)
		if n := len(p.office.in(t).get(address).list("records")); n != 1 {
			t.Errorf("%d records of the new address", n)
		}
	})
}

func TestAMergeAndAnErasureAreShownBeforeTheyAreDone(t *testing.T) {
	t.Parallel()
	p := newProject(t)
	for _, email := range []string{"ola@example.org", "ola.p@example.org"} {
		p.anyone.post(p.at+"/signups", signup("ola", "planting").and(fields{"email": email, "sex": "female"})).is(http.StatusCreated)
		p.office.post(p.at+"/attendance", p.attendance("ola").and(fields{"person": fields{"email": email}})).is(http.StatusCreated)
	}
	p.office.post(p.at+"/consultations", p.consultation("ola")).is(http.StatusCreated)
	p.accepts(p.office, "obecnosc.csv", "email,activity,date,outcome,hours\nola@example.org,compost,"+p.day(-3)+",completed,2\n")
	id := func(email string) string { return p.office.get(p.at + "/people?q=" + email).text("items.0.id") }
	from, into := id("ola.p@example.org"), id("ola@example.org")
	address := p.at + "/people/" + from
	for _, asked := range []string{into, "ola@example.org"} {
		got := p.office.get(address + "/merge?into=" + asked).is(http.StatusOK)
		got.has(map[string]string{"from.person.id": from, "into.person.id": into, "result.person.email": "ola@example.org", "result.emails": "2", "result.signups": "2", "result.records": "4"})
		if kinds := fmt.Sprint(within(got.value(), "collisions.0.kind"), within(got.value(), "collisions.1.kind"), len(got.list("collisions"))); kinds != "signup attendance 2" && kinds != "signupattendance2" {
			t.Errorf("both have %s", kinds)
		}
	}
	for _, bad := range []string{"", from, "nobody", "nobody@example.org", "01J00000000000000000000000"} {
		p.office.get(address + "/merge?into=" + bad).is(http.StatusUnprocessableEntity)
		p.office.browser().get(address + "/merge?into=" + bad).is(http.StatusUnprocessableEntity).isPage()
	}
	if got := p.achieved("9"); got != "2" {
		t.Errorf("looking has merged: %s", got)
	}
	p.counts(map[string]string{"2": "10"})
	p.office.post(address+"/merge", fields{"into": into}).is(http.StatusOK)
	p.counts(map[string]string{"2": "6", "9": "1"}) // of the two attendances of one day one counts

	erasure := p.office.get(p.at + "/people/" + into + "/erasure").is(http.StatusOK)
	erasure.has(map[string]string{"goes.keys": "2", "goes.forms": "2", "goes.attributes": "2", "goes.texts": "1", "goes.files": "1", "stays.signups": "2", "stays.records": "3", "stays.rows": "1"})
	touched := []string{}
	for _, f := range erasure.list("figures") {
		touched = append(touched, fmt.Sprint(within(f, "code"), within(f, "rule"), within(f, "breakdown")))
	}
	if got := strings.Join(touched, ", "); got != "1false true, 7false true, 9false true, 11true true, false true" {
		t.Errorf("touched are %s", got)
	}
	before := p.compile()
	p.office.delete(p.at + "/people/" + into).is(http.StatusOK)
	after := p.compile()
	for _, code := range []string{"1", "2", "6", "7", "9"} {
		if was, is := figure(before, code, "achieved"), figure(after, code, "achieved"); was != is {
			t.Errorf("%s was %s and is %s", code, was, is)
		}
	}
	if was, is := figure(before, "11", "achieved"), figure(after, "11", "achieved"); was != "1" || is != "0" {
		t.Errorf("what asks for the attribute was %s and is %s", was, is)
	}
}

func TestProbableDuplicatesSayWhy(t *testing.T) {
	t.Parallel()
	p := newProject(t)
	for i, more := range []fields{
		{"first_name": "Zofia", "last_name": "Kowalczyk", "email": "zofia.k@example.org"},
		{"first_name": "Zofja", "last_name": "Kowalczik", "email": "druga@example.org"},
		{"first_name": "Kowalczyk", "last_name": "Zofia", "email": "trzecia@example.org", "phone": "600700800"},
		{"first_name": "Ewa", "last_name": "Inna", "email": "zofiak@example.org", "phone": "+48 600 700 800"},
	} {
		p.anyone.post(p.at+"/signups", signup(fmt.Sprintf("osoba%d", i), "planting").and(more)).is(http.StatusCreated)
	}
	reasons := []string{}
	for address := p.at + "/people/duplicates?limit=1"; ; {
		got := p.office.get(address).is(http.StatusOK)
		for _, pair := range got.list("items") {
			reasons = append(reasons, said(within(pair, "reason")))
		}
		if got.at("next") == nil {
			break
		}
		address = p.at + "/people/duplicates?limit=1&cursor=" + got.text("next")
	}
	slices.Sort(reasons)
	if got := strings.Join(reasons, " "); got != "same_phone similar_email similar_name similar_name" {
		t.Errorf("the reasons are %s", got)
	}
	p.office.get(p.at + "/people/duplicates?cursor=x").is(http.StatusBadRequest)
}

func TestWhoWasToldApartIsNotAskedAboutAgain(t *testing.T) {
	t.Parallel()
	p := newProject(t)
	for _, email := range []string{"pierwsza@example.org", "druga@example.org", "trzecia@example.org"} {
		p.anyone.post(p.at+"/signups", signup("ola", "planting").and(fields{"email": email})).is(http.StatusCreated)
	}
	of := func(email string) string {
		return p.office.get(p.at + "/people?q=" + email).is(http.StatusOK).text("items.0.id")
	}
	pairs := func() int { return len(p.office.get(p.at + "/people/duplicates").is(http.StatusOK).list("items")) }
	first, second, third := of("pierwsza@example.org"), of("druga@example.org"), of("trzecia@example.org")
	apart := func(one string) string { return p.at + "/people/" + one + "/apart" }
	if n := pairs(); n != 2 {
		t.Fatalf("%d pairs of three", n)
	}
	p.office.post(apart(first), fields{"from": second}).is(http.StatusOK).has(map[string]string{"id": first, "from": second, "state": "apart"})
	p.office.post(apart(second), fields{"from": first}).is(http.StatusOK)
	p.office.post(apart(first), fields{"from": third}).is(http.StatusOK)
	if n := pairs(); n != 1 {
		t.Errorf("%d pairs, and the second may be the third", n)
	}
	p.office.post(p.at+"/people/"+third+"/merge", fields{"into": second}).is(http.StatusOK)
	if n := pairs(); n != 0 {
		t.Errorf("%d pairs, though both were told apart from the first", n)
	}
	if n := len(p.office.get(p.at + "/audit?kind=people.apart").is(http.StatusOK).list("items")); n != 2 {
		t.Errorf("the trail names it %d times", n)
	}
	for _, wrong := range []fields{{}, {"from": first}, {"from": "nobody"}, {"from": nil}, {"into": second}} {
		p.office.post(apart(first), wrong).is(http.StatusUnprocessableEntity)
	}
	p.office.post(apart("01ARZ3NDEKTSV4RRFFQ69G5FAV"), fields{"from": first}).is(http.StatusNotFound)
	p.office.delete(p.at + "/people/" + first).is(http.StatusOK)
	if trail := p.office.get(p.at + "/audit?kind=people.apart").is(http.StatusOK); strings.Contains(string(trail.body), first) {
		t.Errorf("who was erased is named: %s", trail)
	}
	p.office.post(apart(second), fields{"from": first}).is(http.StatusUnprocessableEntity)
}

func TestTheTrailTellsWhoDidWhat(t *testing.T) {
	t.Parallel()
	p := newProject(t)
	p.anyone.post(p.at+"/signups", signup("ola", "planting")).is(http.StatusCreated)
	p.anyone.post(p.at+"/signups", signup("ola", "planting")).is(http.StatusCreated)
	one := p.everything(p.at + "/signups?activity=planting")[0]
	p.office.put(p.at+"/signups/"+said(within(one, "id")), fields{"state": "cancelled"}).is(http.StatusOK)
	record := p.adviser.post(p.at+"/consultations", p.consultation("ola")).is(http.StatusCreated).text("id")
	p.office.put(p.at+"/consultations/"+record, p.consultation("ola").and(fields{"minutes": 30})).is(http.StatusOK)
	p.office.delete(p.at + "/consultations/" + record).is(http.StatusOK)
	upload := p.accepts(p.radio, "a.csv", p.airings("radio")).text("id")
	p.office.delete(p.at + "/uploads/" + upload).is(http.StatusOK)
	snap := p.compile()
	p.approve(snap)
	person := p.office.get(p.at + "/people?q=ola@example.org").text("items.0.id")
	p.office.put(p.at+"/people/"+person, fields{"email": "ola@example.org", "first_name": "Ola", "last_name": "Inna"}).is(http.StatusOK)
	p.office.delete(p.at + "/people/" + person).is(http.StatusOK)

	tell := func(query string) (lines []string) {
		for address := p.at + "/audit?lang=en" + query; ; {
			got := p.office.get(address).is(http.StatusOK)
			for _, item := range got.list("items") {
				by := said(within(item, "by"))
				if by == "" {
					by = said(within(item, "origin"))
				}
				lines = append(lines, by+" "+said(within(item, "message")))
			}
			if got.at("next") == nil {
				return lines
			}
			address = p.at + "/audit?lang=en" + query + "&cursor=" + got.text("next")
		}
	}
	want := []string{
		"office@example.org erased a person",
		"office@example.org corrected a person: Last name",
		"office@example.org approved a snapshot",
		"office@example.org compiled the snapshot as of " + p.today.Format("2 January 2006"),
		"office@example.org withdrew a file",
		"radio@example.org sent a file that was accepted: media airings, 3 rows",
		"office@example.org deleted a record: Consultation",
		"office@example.org changed a record: Consultation",
		"adviser@example.org entered a record: Consultation",
		"office@example.org changed the state of a sign-up to cancelled: Planting trees",
		"form sent a sign-up again: Planting trees",
		"form signed somebody up: Planting trees",
		"admin@example.org saved version 1 of the project definition",
	}
	for i, limit := range []string{"&limit=200", "&limit=1", "&limit=5"} {
		got := tell(limit)
		for n, line := range got {
			got[n] = strings.ReplaceAll(line, "\u00a0", " ")
		}
		if i == 0 && !slices.Equal(got, want) || i > 0 && len(got) != len(want) {
			t.Errorf("%s: the trail is\n%s\nwant\n%s", limit, strings.Join(got, "\n"), strings.Join(want, "\n"))
		}
	}
	for query, n := range map[string]int{
		"&kind=record.said": 2, "&who=form": 2, "&who=the+form": 2, "&who=Office@Example.org": 8, "&who=adviser@example.org": 1, "&who=nobody@example.org": 0, "&who=form&kind=snapshot.compiled": 0, "&who=office@example.org&kind=record.said&limit=1": 1,
	} {
		if got := tell(query); len(got) != n {
			t.Errorf("%s: %v", query, got)
		}
	}
	p.office.get(p.at + "/audit?kind=sculpture").isInvalid("kind not_in_list")
	p.office.get(p.at + "/audit?cursor=x").is(http.StatusBadRequest)
	polish := string(p.office.browser().get(p.at + "/audit?lang=pl&who=formularz").is(http.StatusOK).body)
	if !strings.Contains(polish, "zgłoszono osobę: Sadzenie drzew") || strings.Contains(polish, person) {
		t.Errorf("the page says %s", polish)
	}
}

func TestADefinitionKeepsItsVersions(t *testing.T) {
	t.Parallel()
	p := newProject(t)
	put := func(query, text string) reply {
		return p.office.with("Accept-Language", "en").send("PUT", p.at+"/definition"+query, "application/yaml", []byte(text))
	}
	changed := p.definition("target: 8", "target: 12", "capacity: 3", "capacity: 5", "  - {id: press, name: Gazeta Podwórkowa}\n", "", `code: "11"`, `code: "12"`)
	got := put("?dry_run=1", changed).is(http.StatusOK)
	messages := []string{}
	for _, c := range got.list("changes") {
		messages = append(messages, said(within(c, "message")))
	}
	if said := strings.Join(messages, "\n"); said != "Changed: indicator 1 (People trained): target 8 → 12\nNew: indicator 12 (Women)\nRemoved: indicator 11 (Women)\nChanged: activity compost (Composting): capacity 3 → 5\nRemoved: partner press (Gazeta Podwórkowa)" {
		t.Errorf("the changes are\n%s", said)
	}
	if same := put("?dry_run=1", p.definition()).is(http.StatusOK); len(same.list("changes")) != 0 || same.text("summary") != "The definition is right, and means the same as the present one." {
		t.Errorf("the same text: %s", same)
	}
	if bad := put("?dry_run=1", "id: ["); bad.text("summary") != "1 error to correct" {
		t.Errorf("a bad text: %s", bad)
	}
	put("", changed).is(http.StatusOK)
	versions := p.office.get(p.at + "/definition/versions").is(http.StatusOK)
	versions.has(map[string]string{"items.0.version": "2", "items.0.by": "office@example.org", "items.1.version": "1", "items.1.by": "admin@example.org"})
	for number, text := range map[string]string{"1": p.definition(), "2": changed} {
		got := p.office.with("Accept", "application/yaml").get(p.at + "/definition/versions/" + number).is(http.StatusOK)
		if string(got.body) != text {
			t.Errorf("version %s is another text", number)
		}
	}
	page := string(p.office.browser().get(p.at + "/definition/versions/2?lang=en").is(http.StatusOK).body)
	if !strings.Contains(page, "target 8 → 12") || !strings.Contains(page, "office@example.org") {
		t.Error("the page of a version does not say what it changed, or who did")
	}
	for _, bad := range []string{"0", "3", "01", "x", "-1"} {
		p.office.get(p.at + "/definition/versions/" + bad).is(http.StatusNotFound)
	}
}

// Who signed up to an activity stays on the lists when the definition no longer has it: their sign-ups go on counting.
func TestSignUpsOfAFormerActivityStayOnTheLists(t *testing.T) {
	t.Parallel()
	p := newProject(t)
	for _, name := range []string{"ola", "jan", "ewa"} {
		p.anyone.post(p.at+"/signups", signup(name, "over")).is(http.StatusUnprocessableEntity) // it is closed
		p.office.post(p.at+"/signups", signup(name, "over")).is(http.StatusCreated)
	}
	p.anyone.post(p.at+"/signups", signup("zofia", "planting")).is(http.StatusCreated)
	const over = "  - {id: over, kind: training, closes: {yesterday}, label: {pl: Zamknięte, en: Closed}}\n"
	without := strings.Replace(over, "{yesterday}", p.day(-1), 1)
	for _, step := range []string{"gone", "gone, and another change", "back"} {
		changes := []string{without, ""}
		switch step {
		case "gone, and another change":
			changes = append(changes, "target_group: 20", "target_group: 25")
		case "back":
			changes = nil
		}
		p.office.send("PUT", p.at+"/definition", "application/yaml", []byte(p.definition(changes...))).is(http.StatusOK)
		if got := p.achieved("9"); got != "4" {
			t.Errorf("%s: %s people are signed up", step, got)
		}
		if n := len(p.everything(p.at + "/signups?limit=1")); n != 4 {
			t.Errorf("%s: %d sign-ups on the list", step, n)
		}
		if n := len(p.everything(p.at + "/signups?activity=over")); n != 3 {
			t.Errorf("%s: %d sign-ups to the activity", step, n)
		}
		if rows := strings.Count(string(p.office.get(p.at+"/signups.csv").is(http.StatusOK).body), "@example.org"); rows != 4 {
			t.Errorf("%s: %d rows in the export", step, rows)
		}
		if got := p.office.browser().get(p.at + "/signups?activity=over").is(http.StatusOK); strings.Contains(string(got.body), "(nie ma już w\u00a0definicji)") == (step == "back") {
			t.Errorf("%s: the page says %s", step, got)
		}
	}
	p.office.get(p.at + "/signups?activity=never").is(http.StatusUnprocessableEntity)
	p.office.get(p.at + "/signups?cursor=never~").is(http.StatusBadRequest)
}

// What a form sent again is the first to give is shown where the office reads it, as it counts.
func TestWhatALaterSendingGivesIsOnTheOfficesList(t *testing.T) {
	t.Parallel()
	p := newProject(t)
	p.anyone.post(p.at+"/signups", signup("ola", "planting").and(fields{"residence": "urban"})).is(http.StatusCreated)
	p.anyone.post(p.at+"/signups", signup("ola", "planting").and(fields{"residence": "rural", "sex": "female", "birth_year": 1980, "phone": "600700800", "organisation": "Koło"})).is(http.StatusCreated)
	row := p.office.get(p.at + "/signups").is(http.StatusOK).has(map[string]string{
		"items.0.residence": "urban", "items.0.sex": "female", "items.0.birth_year": "1980", "items.0.phone": "600700800", "items.0.organisation": "Koło",
	})
	if row.text("items.0.entries") != "2" {
		t.Errorf("got %s", row)
	}
	csv := string(p.office.get(p.at + "/signups.csv").is(http.StatusOK).body)
	for _, value := range []string{"female", "1980", "600700800", "Koło", "urban"} {
		if !strings.Contains(csv, value) {
			t.Errorf("%s is not in the export:\n%s", value, csv)
		}
	}
	// Late paper is what they said at entry.
	p.office.post(p.at+"/signups", signup("ola", "planting").and(fields{"residence": "rural", "submitted_at": p.when(-5, "10:00:00")})).is(http.StatusCreated)
	p.office.get(p.at + "/signups").is(http.StatusOK).has(map[string]string{"items.0.residence": "rural", "items.0.sex": "female"})
	id := p.office.get(p.at + "/people?q=ola@example.org").is(http.StatusOK).text("items.0.id")
	p.office.delete(p.at + "/people/" + id).is(http.StatusOK)
	if left := string(p.office.get(p.at + "/signups").is(http.StatusOK).body); strings.Contains(left, "female") || strings.Contains(left, "600700800") || strings.Contains(left, "Koło") {
		t.Errorf("after the erasure: %s", left)
	}
}

// A record of someone who was erased can still be corrected: what counts has to be right.
func TestARecordOfSomebodyErasedCanBeCorrected(t *testing.T) {
	t.Parallel()
	p := newProject(t)
	attended := p.office.post(p.at+"/attendance", p.attendance("ola")).is(http.StatusCreated)
	advised := p.adviser.post(p.at+"/consultations", p.consultation("ola")).is(http.StatusCreated)
	p.office.delete(p.at + "/people/" + attended.text("person.id")).is(http.StatusOK)
	at := p.at + "/attendance/" + attended.text("id")
	now := p.office.get(at).is(http.StatusOK)
	if id := now.text("person.id"); len(id) != 26 || id == attended.text("person.id") {
		t.Fatalf("whose it is: %s", now)
	}
	correction := p.attendance("ola").and(fields{"hours": 6, "person": fields{"id": now.text("person.id")}})
	p.office.put(at, correction).is(http.StatusOK).has(map[string]string{"hours": "6", "person.id": now.text("person.id")})
	delete(correction, "person")
	p.office.put(at, correction.and(fields{"hours": 7})).is(http.StatusOK).has(map[string]string{"hours": "7", "person.id": now.text("person.id")})
	p.counts(map[string]string{"1": "1", "2": "7"})
	// A form cannot name her either.
	form := fields{"_method": "PUT", "email": "", "pesel": "", "activity": "planting", "date": p.day(-10), "outcome": "completed", "hours": "7,5"}
	p.office.browser().fill(at, form).is(http.StatusSeeOther)
	p.counts(map[string]string{"1": "1", "2": "7.5"})
	list := p.office.browser().get(p.at + "/attendance").is(http.StatusOK)
	if !strings.Contains(string(list.body), "osoba, której dane usunięto") {
		t.Errorf("the page says %s", list)
	}
	p.adviser.put(p.at+"/consultations/"+advised.text("id"), fields{"date": p.day(-10), "field": "law", "minutes": 50, "form": "phone"}).is(http.StatusOK).has(map[string]string{"minutes": "50"})
	// Those present have to be named, and no one is put in another's place.
	other := p.office.post(p.at+"/attendance", p.attendance("jan")).is(http.StatusCreated)
	nobody := p.attendance("jan")
	delete(nobody, "person")
	p.office.put(p.at+"/attendance/"+other.text("id"), nobody).is(http.StatusUnprocessableEntity)
	p.office.put(p.at+"/attendance/"+other.text("id"), p.attendance("jan").and(fields{"person": fields{"id": now.text("person.id")}})).is(http.StatusUnprocessableEntity)
	p.office.put(at, p.attendance("jan").and(fields{"date": p.day(-11)})).is(http.StatusOK).has(map[string]string{"person.email": "jan@example.org"})
}

// Someone known by their PESEL alone is called by it, on the page and on the sheet that is signed.
func TestSomebodyWithoutANameIsCalledByTheirPESEL(t *testing.T) {
	t.Parallel()
	p := newProject(t)
	p.adviser.post(p.at+"/consultations", p.consultation("").and(fields{"person": fields{"pesel": pesel1}})).is(http.StatusCreated)
	for _, page := range []string{"/consultations", "/consultations/sheet?month=" + p.day(-10)[:7]} {
		if got := p.adviser.browser().get(p.at + page).is(http.StatusOK); !strings.Contains(string(got.body), ">PESEL "+pesel1+"<") {
			t.Errorf("%s says %s", page, got)
		}
	}
}

// It is not known whom a file that never counted names, so any erasure deletes it; files of airings name no one.
func TestFilesThatNeverCountedGoWithWhoeverIsErased(t *testing.T) {
	t.Parallel()
	p := newProject(t)
	head, row := "email,pesel,activity,date,outcome\n", "ola@example.org,,planting,"+p.day(-9)
	accepted := p.accepts(p.office, "obecnosc.csv", head+row+",completed\n")
	rejected := p.upload(p.office, "zla.csv", head+row+",zzz\n", nil).has(map[string]string{"state": "rejected"})
	checked := p.upload(p.office, "proba.csv", head+row+",withdrew\n", fields{"check_only": true}).has(map[string]string{"state": "checked"})
	unread := p.upload(p.office, "lista.csv", "Lista obecnych: Ola Przykładowska\n", nil).has(map[string]string{"state": "rejected"})
	airings := p.upload(p.radio, "emisje.csv", "date,medium,title,outlet,reach\nwczoraj,radio,Kompost,Radio Podwórko,10\n", nil).has(map[string]string{"state": "rejected"})
	id := p.office.get(p.at + "/people?q=ola@example.org").is(http.StatusOK).text("items.0.id")
	p.office.get(p.at + "/people/" + id + "/erasure").is(http.StatusOK).has(map[string]string{"goes.files": "4"})
	p.office.delete(p.at + "/people/" + id).is(http.StatusOK)
	for what, u := range map[string]reply{"accepted": accepted, "rejected": rejected, "checked": checked, "unreadable": unread} {
		p.office.get(p.at + "/uploads/" + u.text("id") + "/original").is(http.StatusGone)
		if left := p.office.get(p.at + "/uploads/" + u.text("id")).is(http.StatusOK); strings.Contains(string(left.body), "ola@") || left.text("filename") != "" {
			t.Errorf("%s: %s", what, left)
		}
	}
	p.radio.get(p.at + "/uploads/" + airings.text("id") + "/original").is(http.StatusSeeOther)
	p.radio.get(p.at + "/uploads/" + airings.text("id")).is(http.StatusOK).has(map[string]string{"state": "rejected", "errors.0.column": "date"})
	p.counts(map[string]string{"1": "1"})
}

// Whoever is erased waits no longer: a place that becomes free goes to the next.
func TestAFreePlaceGoesToNobodyWhoWasErased(t *testing.T) {
	t.Parallel()
	p := newProject(t, "capacity: 3", "capacity: 1")
	next := p.id + "-jan@example.org" // other tests' projects write to jan@example.org
	for _, who := range []fields{signup("ola", "compost"), signup("ewa", "compost"), signup("jan", "compost").and(fields{"email": next})} {
		p.office.post(p.at+"/signups", who).is(http.StatusCreated)
	}
	of := func(name string) string {
		return p.office.get(p.at + "/people?q=" + name + "@example.org").is(http.StatusOK).text("items.0.id")
	}
	first := p.office.get(p.at + "/signups?activity=compost").is(http.StatusOK)
	p.office.delete(p.at + "/people/" + of("ewa")).is(http.StatusOK)
	if got := strings.Join(p.waiting(t), ", "); !strings.Contains(got, "waiting 1") {
		t.Errorf("there wait %s", got)
	}
	p.office.put(p.at+"/signups/"+first.text("items.0.id"), fields{"state": "cancelled"}).is(http.StatusOK)
	if got := p.states("compost"); got["accepted"] != 1 || got["waitlisted"] != 1 || got["cancelled"] != 1 {
		t.Errorf("the states are %v", got)
	}
	eventually(t, "a letter to the next", func() bool {
		for _, m := range p.mails(next) {
			if strings.Contains(said(within(m, "subject")), "Zwolniło się miejsce") {
				return true
			}
		}
		return false
	})
	if got := strings.Join(p.waiting(t), ", "); strings.Contains(got, "waiting") {
		t.Errorf("there wait %s", got)
	}
	// Her sign-up can still be cancelled, and nothing is counted twice by it.
	for _, su := range p.everything(p.at + "/signups?activity=compost") {
		if said(within(su, "state")) == "waitlisted" {
			p.office.put(p.at+"/signups/"+said(within(su, "id")), fields{"state": "cancelled"}).is(http.StatusOK)
		}
	}
	p.office.post(p.at+"/signups", signup("zofia", "compost")).is(http.StatusCreated).has(map[string]string{"state": "waitlisted"})
	if got := strings.Join(p.waiting(t), ", "); !strings.Contains(got, "waiting 1") {
		t.Errorf("there wait %s", got)
	}
}

// People who were merged are one person for every route: they have one sign-up, and one record of one thing.
func TestWhoWasMergedHasNoSecondPlaceAndNoSecondRecord(t *testing.T) {
	t.Parallel()
	p := newProject(t, "capacity: 3", "capacity: 2")
	of := func(name string) string {
		return p.office.get(p.at + "/people?q=" + name + "@example.org").is(http.StatusOK).text("items.0.id")
	}
	p.office.post(p.at+"/signups", signup("dawna", "compost")).is(http.StatusCreated).has(map[string]string{"state": "accepted"})
	p.office.post(p.at+"/signups", signup("nowa", "planting")).is(http.StatusCreated)
	record := p.consultation("dawna")
	said := p.office.post(p.at+"/consultations", record).is(http.StatusCreated)
	p.office.post(p.at+"/people/"+of("dawna")+"/merge", fields{"into": of("nowa")}).is(http.StatusOK)

	for _, name := range []string{"dawna", "nowa"} {
		p.anyone.post(p.at+"/signups", signup(name, "compost")).is(http.StatusCreated)
		p.office.post(p.at+"/signups", signup(name, "compost")).is(http.StatusCreated).has(map[string]string{"state": "accepted"})
	}
	if got := p.states("compost"); got["accepted"] != 1 || len(got) != 1 {
		t.Errorf("the states are %v", got)
	}
	p.anyone.post(p.at+"/signups", signup("trzecia", "compost")).is(http.StatusCreated)
	if got := p.states("compost"); got["accepted"] != 2 {
		t.Errorf("the states are %v", got)
	}
	for _, name := range []string{"dawna", "nowa"} {
		p.office.post(p.at+"/consultations", record.and(fields{"person": fields{"email": name + "@example.org"}, "minutes": 30})).is(http.StatusConflict).has(map[string]string{"existing": said.text("id")})
	}
	// Corrected and deleted it leaves nothing in the way.
	at := p.at + "/consultations/" + said.text("id")
	p.office.put(at, record.and(fields{"minutes": 50})).is(http.StatusOK)
	p.office.delete(at).is(http.StatusOK)
	p.office.post(p.at+"/consultations", record).is(http.StatusCreated)
	p.counts(map[string]string{"6": "1"})
	// What is cancelled is over, for every person.
	p.office.put(p.at+"/signups/"+p.office.get(p.at+"/signups?activity=compost").text("items.0.id"), fields{"state": "cancelled"}).is(http.StatusOK)
	p.anyone.post(p.at+"/signups", signup("nowa", "compost")).is(http.StatusCreated)
	if got := p.states("compost"); got["accepted"] != 2 || got["cancelled"] != 1 {
		t.Errorf("the states are %v", got)
	}
}

// Those who wait from one file wait in the order of its rows, as if the office had entered each.
func TestAQueueFromAFileIsInTheOrderOfItsRows(t *testing.T) {
	t.Parallel()
	p := newProject(t, "capacity: 3", "capacity: 1")
	file := "email,first_name,last_name,activity,consent_processing\n"
	for n := range 9 {
		file += fmt.Sprintf("rzad%d@example.org,Osoba,Rzędu %d,compost,true\n", n, n)
	}
	p.accepts(p.office, "zgloszenia.csv", file)
	for n := range 8 {
		for _, su := range p.everything(p.at + "/signups?activity=compost") {
			if said(within(su, "state")) == "accepted" {
				if got, want := said(within(within(su, "person"), "email")), fmt.Sprintf("rzad%d@example.org", n); got != want {
					t.Errorf("the place has %s, want %s", got, want)
				}
				p.office.put(p.at+"/signups/"+said(within(su, "id")), fields{"state": "cancelled"}).is(http.StatusOK)
			}
		}
	}
}

// A held sign-up of someone who was erased holds up no one, and every state can be given to it.
func TestAHeldSignUpOfSomebodyErasedWaitsForNobody(t *testing.T) {
	t.Parallel()
	p := newProject(t)
	p.anyone.post(p.at+"/signups", signup("ola", "planting")).is(http.StatusCreated)
	p.anyone.post(p.at+"/signups", signup("ola", "compost").and(fields{"pesel": pesel1})).is(http.StatusCreated)
	if got := strings.Join(p.waiting(t), ", "); !strings.Contains(got, "held 1") {
		t.Fatalf("there wait %s", got)
	}
	p.office.delete(p.at + "/people/" + p.office.get(p.at+"/people?q=ola@example.org").text("items.0.id")).is(http.StatusOK)
	if got := strings.Join(p.waiting(t), ", "); strings.Contains(got, "held") {
		t.Errorf("there wait %s", got)
	}
	at := p.at + "/signups/" + p.office.get(p.at+"/signups?activity=compost").text("items.0.id")
	p.office.put(at, fields{"state": "accepted"}).is(http.StatusOK)
	p.office.put(at, fields{"state": "cancelled"}).is(http.StatusOK)
}
