package main_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
)

// pesel makes a number of the register with a right check digit from its first ten digits.
func pesel(digits string) string {
	sum := 0
	for i, weight := range []int{1, 3, 7, 9, 1, 3, 7, 9, 1, 3} {
		sum += int(digits[i]-'0') * weight
	}
	return fmt.Sprint(digits, (10-sum%10)%10)
}

// person returns the id of the person of the only sign-up of an address.
func (p *project) person(email string) string {
	p.t.Helper()
	found := p.office.get(p.at + "/people?q=" + strings.ReplaceAll(email, "@", "%40")).is(http.StatusOK).list("items")
	if len(found) != 1 {
		p.t.Fatalf("%d people have the address %s", len(found), email)
	}
	return said(within(found[0], "id"))
}

// What was wrong at entry is corrected in every later snapshot, of whatever day; what forms said stays.
func TestContractAttributesAreCorrected(t *testing.T) {
	t.Parallel()
	p := newProject(t)
	day := p.day(-10)
	p.office.post(p.at+"/signups", signup("ewa", "planting").and(fields{"sex": "male", "birth_year": 1970, "submitted_at": p.day(-20) + "T10:00:00Z"})).is(http.StatusCreated)
	p.office.post(p.at+"/attendance", fields{"person": fields{"email": "ewa@example.org"}, "activity": "planting", "date": day, "outcome": "completed"}).is(http.StatusCreated)
	sexes := func(snap reply) string {
		return figure(snap, "1", "by.sex.female") + figure(snap, "1", "by.sex.male") + figure(snap, "1", "by.sex.unknown")
	}
	if got := sexes(p.compile()); got != "010" {
		t.Fatalf("before: %s", got)
	}
	at := p.at + "/people/" + p.person("ewa@example.org")
	answer := p.office.put(at+"/attributes", fields{"sex": "female", "birth_year": nil, "reason": "a slip"}).is(http.StatusOK)
	if answer.text("attributes.sex") != "female" || answer.text("attributes.birth_year") != "" {
		t.Errorf("the answer: %s", answer)
	}
	if got := sexes(p.compile()); got != "100" {
		t.Errorf("today: %s", got)
	}
	if got := sexes(p.office.post(p.at+"/snapshots", fields{"as_of": day}).is(http.StatusCreated)); got != "100" {
		t.Errorf("an earlier day: %s", got)
	}
	// No later form fills what was taken away; another correction may.
	p.office.post(p.at+"/signups", signup("ewa", "planting").and(fields{"activity": "last-call", "birth_year": 1971})).is(http.StatusCreated)
	if got := p.office.get(at + ".json").text("attributes.birth_year"); got != "" {
		t.Errorf("a form filled the year: %s", got)
	}
	p.office.put(at+"/attributes", fields{"birth_year": 1972}).is(http.StatusOK)
	whole := p.office.get(at + ".json").is(http.StatusOK)
	if whole.text("attributes.birth_year") != "1972" || len(whole.list("corrections")) != 2 || whole.text("corrections.0.reason") != "a slip" || whole.text("signups.0.sendings.0.sex") != "male" {
		t.Errorf("the story: %s", whole)
	}
	p.office.put(at+"/attributes", fields{"sex": "none"}).is(http.StatusUnprocessableEntity)
	p.office.put(at+"/attributes", fields{"shoe_size": 40}).is(http.StatusUnprocessableEntity)
	p.adviser.put(at+"/attributes", fields{"sex": "male"}).is(http.StatusForbidden)
	trail := p.office.get(p.at + "/audit?kind=person.attributes").is(http.StatusOK)
	if len(trail.list("items")) != 2 {
		t.Errorf("the trail: %s", trail)
	}
	// After an erasure nothing of it is left.
	p.office.send("DELETE", at, "", nil).is(http.StatusOK)
	if got := sexes(p.compile()); got != "001" {
		t.Errorf("after the erasure: %s", got)
	}
}

// A PESEL tells the sex and the year of birth where nobody gives them.
func TestContractPesel(t *testing.T) {
	t.Parallel()
	p := newProject(t)
	for _, wrong := range []string{"44444444444", pesel("8013990123"), pesel("4021010123"), pesel("8002300123")} {
		if got := p.office.post(p.at+"/signups", signup("ewa", "planting").and(fields{"email": nil, "pesel": wrong})); got.status != http.StatusUnprocessableEntity || got.text("errors.0.code") != "out_of_range" {
			t.Errorf("%s: %s", wrong, got)
		}
	}
	date := p.day(-10)
	count := func(header, rows string) reply { return p.accepts(p.office, "lista.csv", header+"\n"+rows) }
	woman, man, other := pesel("8001020124"), pesel("8501020213"), pesel("0221020235")
	p.office.post(p.at+"/signups", signup("ewa", "planting").and(fields{"email": nil, "pesel": woman})).is(http.StatusCreated)
	p.office.post(p.at+"/attendance", fields{"person": fields{"pesel": man}, "activity": "planting", "date": date, "outcome": "completed"}).is(http.StatusCreated)
	count("pesel,activity,date,outcome", woman+",planting,"+date+",completed\n"+other+",planting,"+date+",completed\n")
	snap := p.compile()
	if got := figure(snap, "1", "by.sex.female") + figure(snap, "1", "by.sex.male") + figure(snap, "1", "by.age.unknown"); got != "120" {
		t.Errorf("women, men, without an age: %s", got)
	}
	// What somebody gives is stronger, whenever it comes.
	got := count("activity,first_name,last_name,pesel,sex,birth_year,consent_processing", "planting,Alex,Wzór,"+other+",other,1960,tak\n")
	if !slices.Contains(cells(got, "warnings"), "2 birth_year other_year") {
		t.Errorf("warnings: %v", cells(got, "warnings"))
	}
	snap = p.compile()
	if got := figure(snap, "1", "by.sex.female") + figure(snap, "1", "by.sex.male") + figure(snap, "1", "by.sex.other"); got != "111" {
		t.Errorf("women, men, others: %s", got)
	}
}

// Places in a file of sign-ups are given by the time of submission, then by row.
func TestContractPlacesInAFileFollowTheSubmission(t *testing.T) {
	t.Parallel()
	p := newProject(t, "capacity: 3", "capacity: 1")
	file := "activity,first_name,last_name,email,consent_processing,submitted_at\n"
	for i, day := range []int{-3, -5, -4, -5} {
		file += fmt.Sprintf("compost,Ewa%c,Wzór,e%d@example.org,tak,%s\n", 'A'+i, i, p.day(day))
	}
	p.accepts(p.office, "zapisy.csv", file)
	var accepted, waiting []string
	for _, su := range p.everything(p.at + "/signups?activity=compost") {
		email := said(within(su, "person.email"))
		if said(within(su, "state")) == "accepted" {
			accepted = append(accepted, email)
		} else {
			waiting = append(waiting, email)
		}
	}
	if strings.Join(accepted, " ") != "e1@example.org" || strings.Join(waiting, " ") != "e3@example.org e2@example.org e0@example.org" {
		t.Errorf("accepted %v, then %v", accepted, waiting)
	}
}

// An adviser gets back of a person what they sent, until the office chooses the person for them.
func TestContractAnAdviserSeesWhatTheySent(t *testing.T) {
	t.Parallel()
	p := newProject(t)
	hers := pesel("8001020124")
	p.office.post(p.at+"/signups", signup("ewa", "planting").and(fields{"first_name": "Ewelina", "last_name": "Tajna", "pesel": hers, "phone": "+48600100200"})).is(http.StatusCreated)
	secret := func(what string, r reply, all ...string) {
		t.Helper()
		for _, one := range append(all, "Ewelina", "Tajna", "600100200") {
			if strings.Contains(string(r.body), one) {
				t.Errorf("%s: shows %s: %s", what, one, r)
			}
		}
	}
	key := p.adviser.with("Idempotency-Key", "one")
	made := key.post(p.at+"/consultations", p.consultation("ewa")).is(http.StatusCreated).has(map[string]string{"person.email": "ewa@example.org"})
	at := p.at + "/consultations/" + made.text("id")
	byID := fields{"person": fields{"id": made.text("person.id")}, "topic": "inny"}
	month := p.at + "/consultations/sheet?month=" + p.day(-10)[:7]
	look := func(who caller, when string) {
		t.Helper()
		for what, r := range map[string]reply{
			"the record": who.get(at), "the list": who.get(p.at + "/consultations"), "the month": who.get(month),
			"the page": who.browser().get(p.at + "/consultations"), "the form": who.browser().get(at), "the sheet": who.browser().get(month),
		} {
			secret(what+" "+when, r.is(http.StatusOK), hers)
		}
	}
	secret("the answer", made, hers)
	secret("the answer once more", key.post(p.at+"/consultations", p.consultation("ewa")).is(http.StatusCreated), hers)
	look(p.adviser, "of the first")
	again := p.adviser.post(p.at+"/consultations", p.consultation("ewa").and(byID)).is(http.StatusCreated)
	secret("named by the id", again, hers, "ewa@example.org")
	look(p.adviser, "of the second")
	secret("corrected", p.adviser.put(at, p.consultation("ewa").and(fields{"minutes": 50})).is(http.StatusOK), hers)
	p.advise(p.adviser, "Ewelina Tajna", nil).is(http.StatusUnprocessableEntity)
	// A form that leaves a person alone of whom only the id is known keeps them.
	form := fields{"_method": "PUT", "person": "", "date": p.day(-10), "field": "law", "minutes": "46", "form": "phone", "topic": "inny"}
	p.adviser.browser().fill(p.at+"/consultations/"+again.text("id"), form).is(http.StatusSeeOther)
	p.adviser.get(p.at + "/consultations/" + again.text("id")).has(map[string]string{"person.id": made.text("person.id"), "minutes": "46"})
	// The office sees all, and corrects without telling the adviser more.
	p.office.get(at).has(map[string]string{"person.last_name": "Tajna", "person.pesel": hers})
	p.office.put(at, p.consultation("ewa").and(fields{"adviser": "adviser@example.org", "minutes": 55})).is(http.StatusOK)
	look(p.adviser, "corrected by the office")
	// Who is named by PESEL has no address.
	other := p.caller("other@example.org", p.id+":adviser")
	secret("by PESEL", other.post(p.at+"/consultations", p.consultation("").and(fields{"person": fields{"pesel": hers}})).is(http.StatusCreated).has(map[string]string{"person.pesel": hers}), "ewa@example.org")
	// The office chooses the person for the adviser.
	p.office.post(p.at+"/consultations", p.consultation("ewa").and(fields{"adviser": "adviser@example.org", "topic": "z biura"})).is(http.StatusCreated)
	p.adviser.get(p.at + "/consultations").has(map[string]string{"items.0.person.last_name": "Tajna", "items.0.person.pesel": hers})
	p.advise(p.adviser, "Ewelina Tajna", fields{"topic": "dalej"}).is(http.StatusSeeOther)
	p.adviser.get(p.at + "/consultations").has(map[string]string{"items.0.person.last_name": "Tajna", "items.0.topic": "dalej"})
	// After an erasure nothing is left of what the adviser sent.
	p.office.delete(p.at + "/people/" + made.text("person.id")).is(http.StatusOK)
	for _, who := range []caller{p.adviser, other, p.office} {
		secret("after the erasure", who.get(p.at+"/consultations").is(http.StatusOK), hers, "ewa@example.org")
	}
}

// The trail records who viewed a person and who exported people; viewing changes no figure.
func TestContractTheTrailSaysWhoLookedAtPeople(t *testing.T) {
	t.Parallel()
	p := newProject(t)
	p.office.post(p.at+"/signups", signup("ewa", "planting")).is(http.StatusCreated)
	at := p.at + "/people/" + p.person("ewa@example.org")
	snap := p.compile()
	second := p.caller("second@example.org", p.id+":coordinator")
	p.adviser.get(at).is(http.StatusForbidden)
	p.office.get(p.at + "/people/01ARZ3NDEKTSV4RRFFQ69G5FAV").is(http.StatusNotFound)
	lines := func(kind string) (all []string) {
		for _, one := range p.office.get(p.at + "/audit?kind=" + kind).is(http.StatusOK).list("items") {
			all = append(all, said(within(one, "by"))+" "+said(within(one, "person"))+" "+said(within(one, "message")))
		}
		slices.Sort(all)
		return all
	}
	who := strings.TrimPrefix(at, p.at+"/people/")
	if got := lines("person.viewed"); len(got) != 0 {
		t.Errorf("nobody saw anybody: %v", got)
	}
	for range 3 {
		p.office.browser().get(at).is(http.StatusOK)
		p.office.get(at).is(http.StatusOK)
	}
	second.get(at).is(http.StatusOK)
	// At the end of an hour a look may be noted once more.
	seen := slices.Compact(lines("person.viewed"))
	if len(seen) != 2 || !strings.HasPrefix(seen[0], "office@example.org "+who+" ") || !strings.HasPrefix(seen[1], "second@example.org "+who+" ") {
		t.Errorf("who looked: %q", seen)
	}
	if n := len(lines("person.viewed")); n > 4 {
		t.Errorf("%d facts for the looks of one hour", n)
	}
	p.office.get(at + ".json").is(http.StatusOK)
	second.get(p.at + "/signups.csv").is(http.StatusOK)
	second.get(p.at + "/signups.xlsx").is(http.StatusOK)
	got := strings.Join(lines("people.exported"), "\n")
	if strings.Count(got, "office@example.org "+who) != 1 || strings.Count(got, "second@example.org") != 2 {
		t.Errorf("who exported:\n%s", got)
	}
	p.office.browser().with("Accept-Language", "en").get(p.at + "/audit").shows([]string{"looked at a person", "exported everything held on a person", "exported the list of sign-ups"})
	if again := p.office.post(p.at+"/snapshots", fields{}).is(http.StatusOK); again.text("hash") != snap.text("hash") {
		t.Errorf("looking changed a figure: %s", again)
	}
	// After an erasure the trail names a pseudonym.
	p.office.delete(at).is(http.StatusOK)
	for _, kind := range []string{"person.viewed", "people.exported"} {
		if all := lines(kind); len(all) == 0 || strings.Contains(strings.Join(all, ""), who) {
			t.Errorf("%s after the erasure: %q", kind, all)
		}
	}
}

func TestContractExportsNameTheSurvivorOfAMerge(t *testing.T) {
	t.Parallel()
	p := newProject(t, "participants:", "records: {exit: {label: Exit, person: optional, fields: {reason: {type: choice, options: [work, school]}}}}\nparticipants:")
	lost := p.office.post(p.at+"/attendance", p.attendance("ewa")).is(http.StatusCreated).text("person.id")
	stays := p.office.post(p.at+"/attendance", p.attendance("ela")).is(http.StatusCreated).text("person.id")
	who := fields{"person": fields{"id": lost}}
	p.office.post(p.at+"/tests", p.exam("").and(who)).is(http.StatusCreated)
	p.office.post(p.at+"/consultations", p.consultation("").and(who)).is(http.StatusCreated)
	p.office.post(p.at+"/records/exit", fields{"date": p.day(-1), "reason": "work"}.and(who)).is(http.StatusCreated)
	p.office.post(p.at+"/records/exit", fields{"date": p.day(-2), "reason": "work"}).is(http.StatusCreated)
	p.office.post(p.at+"/signups", signup("ewa", "planting")).is(http.StatusCreated)
	p.office.post(p.at+"/people/"+lost+"/merge", fields{"into": stays}).is(http.StatusOK)
	for path, want := range map[string]int{"/attendance": 2, "/tests": 1, "/consultations": 1, "/records/exit": 1} {
		_, rows := p.listed(path + ".csv")
		of := 0
		for _, row := range rows {
			if row["person"] == stays {
				of++
			} else if row["person"] != "" {
				t.Errorf("%s.csv: a row of %q", path, row["person"])
			}
		}
		if of != want {
			t.Errorf("%s.csv has %d rows of the survivor, not %d", path, of, want)
		}
	}
	snap := p.compile()
	for _, path := range []string{
		"/attendance", "/attendance.csv", "/tests", "/consultations.csv", "/records/exit", "/records/exit.csv", "/people.csv", "/signups", "/signups.csv", "/participants.csv",
		"/snapshots/" + snap.text("id") + "/participants/evidence", "/snapshots/" + snap.text("id") + "/participants/evidence.csv",
	} {
		if got := string(p.office.get(p.at + path).is(http.StatusOK).body); strings.Contains(got, lost) {
			t.Errorf("%s names who was merged: %s", path, got)
		}
		if got := string(p.office.browser().get(p.at + strings.TrimSuffix(path, ".csv")).body); strings.Contains(got, lost) {
			t.Errorf("the page of %s names who was merged", path)
		}
	}
}
