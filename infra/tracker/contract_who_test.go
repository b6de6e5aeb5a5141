package main_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"
)

// as returns a sign-up with another first name.
func (f fields) as(first string) fields { return f.and(fields{"first_name": first}) }

// held returns the sign-ups to an activity that are held.
func (p *project) held(activity string) []any {
	p.t.Helper()
	var out []any
	for _, su := range p.everything(p.at + "/signups?activity=" + activity) {
		if said(within(su, "state")) == "held" {
			out = append(out, su)
		}
	}
	return out
}

// onlyHeld returns the id of the only sign-up to an activity that is held.
func (p *project) onlyHeld(activity string) string {
	p.t.Helper()
	all := p.held(activity)
	if len(all) != 1 {
		p.t.Fatalf("%d sign-ups are held: %v", len(all), all)
	}
	return said(within(all[0], "id"))
}

// found returns the first names of those whom a search finds, sorted.
func (p *project) found(query string) string {
	p.t.Helper()
	var names []string
	for _, one := range p.office.get(p.at + "/people?q=" + strings.ReplaceAll(query, "@", "%40")).is(http.StatusOK).list("items") {
		names = append(names, said(within(one, "first_name")))
	}
	slices.Sort(names)
	return strings.Join(names, " ")
}

func TestContractTwoPeopleBehindOneAddressAreTwo(t *testing.T) {
	t.Parallel()
	p := newProject(t)
	jan := signup("rodzina", "planting").as("Jan").and(fields{"phone": "600100200"})
	p.anyone.post(p.at+"/signups", jan).is(http.StatusCreated)
	maria := p.anyone.post(p.at+"/signups", jan.as("Maria").and(fields{"phone": "600999999", "sex": "female"})).is(http.StatusCreated)
	if maria.text("state") != "received" || maria.text("receipt") == "" {
		t.Errorf("the answer: %s", maria)
	}
	// Sent again, it is the same held sign-up.
	p.anyone.post(p.at+"/signups", jan.as(" MARIA ")).is(http.StatusCreated)
	id := p.onlyHeld("planting")
	known := p.office.get(p.at + "/people?q=jan").is(http.StatusOK).text("items.0.id")
	held := p.held("planting")[0]
	if said(within(held, "person.first_name")) != "Maria" || said(within(held, "person.id")) == known || said(within(held, "conflict.person")) != known || said(within(held, "conflict.fields.0")) != "first_name" {
		t.Errorf("the held sign-up: %v", held)
	}
	if got := p.found("rodzina@example.org"); got != "Jan Maria" {
		t.Errorf("a search finds %s", got)
	}
	if got := p.office.get(p.at + "/people/" + known + ".json").text("person.phone"); got != "600100200" {
		t.Errorf("the known person's phone is %s", got)
	}
	p.counts(map[string]string{"7": "1", "9": "1"})

	todo := p.office.get(p.at + "/attention").is(http.StatusOK)
	if todo.text("items.0.what") != "held" || todo.text("items.0.signups.0.id") != id || todo.text("items.0.signups.0.person.first_name") != "Maria" || todo.text("items.0.signups.0.known.first_name") != "Jan" {
		t.Errorf("to do: %s", todo)
	}
	page := p.office.browser().get(p.at + "/attention").shows([]string{"Maria Przykładowska", "Jan", "To ta sama osoba"})
	for _, button := range []string{`name="person" value="same"`, `name="person" value="new"`, "/signups/" + id} {
		if !strings.Contains(string(page.body), button) {
			t.Errorf("the page has no %s", button)
		}
	}

	// An undecided one gets no place by its state alone.
	p.office.put(p.at+"/signups/"+id, fields{"state": "accepted"}).isInvalid("person missing")
	p.office.put(p.at+"/signups/"+id, fields{"person": "somebody"}).isInvalid("person not_in_list")
	p.adviser.put(p.at+"/signups/"+id, fields{"person": "new"}).is(http.StatusForbidden)
	for range 2 {
		p.office.put(p.at+"/signups/"+id, fields{"person": "new"}).is(http.StatusOK).has(map[string]string{"id": id, "state": "accepted"})
	}
	p.counts(map[string]string{"7": "2", "9": "2"})
	if pairs := p.office.get(p.at + "/people/duplicates").is(http.StatusOK).list("items"); len(pairs) != 0 {
		t.Errorf("they are probable duplicates: %v", pairs)
	}
	// Both share the address now.
	other := said(within(held, "person.id"))
	p.anyone.post(p.at+"/signups", jan.as("Maria").and(fields{"activity": "compost"})).is(http.StatusCreated)
	p.anyone.post(p.at+"/signups", jan.as("J.").and(fields{"activity": "compost"})).is(http.StatusCreated)
	for _, su := range p.everything(p.at + "/signups?activity=compost") {
		want := map[string]string{"Maria": other, "J.": known}[said(within(su, "person.first_name"))]
		if said(within(su, "state")) != "accepted" || said(within(su, "person.id")) != want {
			t.Errorf("of %s: %v", want, su)
		}
	}
	alone := p.attendance("rodzina")
	got := p.office.post(p.at+"/attendance", alone).is(http.StatusConflict)
	if got.text("errors.0.code") != "which_person" {
		t.Errorf("a shared key alone: %s", got)
	}
	for first, want := range map[string]string{"Maria": other, "Janek": known} {
		who := of("rodzina").and(fields{"first_name": first})
		p.office.post(p.at+"/attendance", alone.and(fields{"person": who})).is(http.StatusCreated).has(map[string]string{"person.id": want})
	}
	p.office.post(p.at+"/tests", p.exam("").and(fields{"person": of("rodzina").and(fields{"first_name": "Ewa"})})).is(http.StatusConflict)
	p.office.post(p.at+"/tests", p.exam("").and(fields{"person": of("rodzina").and(fields{"id": other})})).is(http.StatusCreated).has(map[string]string{"person.id": other})

	file := "email,imię,date,field,minutes,form\n"
	row := func(first string) string {
		return "rodzina@example.org," + first + "," + p.day(-5) + ",law,30,phone\n"
	}
	if got := p.upload(p.office, "porady.csv", file+row("Maria")+row("")+row("Jan"), nil); !slices.Equal(cells(got, "errors"), []string{"3 email which_person"}) {
		t.Errorf("a file: %s", got)
	}
	p.accepts(p.office, "porady.csv", strings.Replace(file, "imię", "uczestnik", 1)+row("Maria Przykładowska")+row("Przykładowska Jan"))

	// Erasing one leaves the address with the other.
	p.office.send("DELETE", p.at+"/people/"+known, "", nil).is(http.StatusOK)
	if got := p.found("rodzina@example.org"); got != "Maria" {
		t.Errorf("after the erasure a search finds %s", got)
	}
	p.office.post(p.at+"/tests", p.exam("rodzina").and(fields{"activity": "compost"})).is(http.StatusCreated).has(map[string]string{"person.id": other})
}

func TestContractAHeldSignUpMayBeOfTheKnownPerson(t *testing.T) {
	t.Parallel()
	p := newProject(t)
	jan := signup("jan", "planting").and(fields{"first_name": "Jan", "pesel": pesel1})
	known := p.office.post(p.at+"/signups", jan).is(http.StatusCreated)
	who := p.person("jan@example.org")
	got := p.office.post(p.at+"/signups", jan.as("Janina").and(fields{"education": "isced-5-8"})).is(http.StatusCreated)
	if got.text("state") != "held" || got.text("conflict.person") != who || got.text("conflict.fields.0") != "first_name" || len(got.list("conflict.fields")) != 1 {
		t.Errorf("the answer: %s", got)
	}
	// They are signed up already: that sign-up stays, with what the form said.
	p.office.put(p.at+"/signups/"+got.text("id"), fields{"person": "same"}).is(http.StatusOK).has(map[string]string{"id": known.text("id"), "state": "accepted"})
	p.counts(map[string]string{"7": "1", "9": "1"})
	if all := p.states("planting"); all["accepted"] != 1 || all["cancelled"] != 1 {
		t.Errorf("the sign-ups: %v", all)
	}
	if got := p.office.get(p.at + "/people/" + who + ".json").text("attributes.education"); got != "isced-5-8" {
		t.Errorf("the education is %q", got)
	}
	// The office knows both names now.
	p.office.post(p.at+"/signups", jan.as("Janina").and(fields{"activity": "compost"})).is(http.StatusCreated).has(map[string]string{"state": "accepted"})
	// Another PESEL, and a person named by id.
	p.office.post(p.at+"/signups", signup("ewa", "planting")).is(http.StatusCreated)
	ewa := p.person("ewa@example.org")
	got = p.office.post(p.at+"/signups", jan.and(fields{"pesel": pesel2, "activity": "last-call"})).is(http.StatusCreated)
	if got.text("state") != "held" || got.text("conflict.fields.0") != "pesel" {
		t.Errorf("another PESEL: %s", got)
	}
	p.office.put(p.at+"/signups/"+got.text("id"), fields{"person": ewa}).is(http.StatusOK).has(map[string]string{"id": got.text("id"), "state": "accepted"})
	for _, su := range p.everything(p.at + "/signups?activity=last-call") {
		if p.office.get(p.at+"/people/"+said(within(su, "person.id"))).is(http.StatusOK).text("id") != ewa {
			t.Errorf("whose it is: %v", su)
		}
	}
}

func TestContractWhoeverClaimsAKeyFirstHidesNobody(t *testing.T) {
	t.Parallel()
	for name, thief := range map[string]fields{
		"another name":   signup("zly", "planting").and(fields{"first_name": "Zenon", "pesel": pesel1}),
		"the same name":  signup("zly", "planting").and(fields{"first_name": "Jan", "pesel": pesel1}),
		"their address":  signup("jan", "planting").and(fields{"first_name": "Zenon"}),
		"both keys":      signup("jan", "planting").and(fields{"first_name": "Zenon", "pesel": pesel1}),
		"the same again": signup("jan", "planting").and(fields{"first_name": "Jan"}),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newProject(t)
			p.anyone.post(p.at+"/signups", thief).is(http.StatusCreated)
			p.anyone.post(p.at+"/signups", signup("jan", "planting").and(fields{"first_name": "Jan", "pesel": pesel1, "phone": "600100200"})).is(http.StatusCreated)
			id := p.onlyHeld("planting")
			for _, query := range []string{"jan@example.org", pesel1, "Jan"} {
				ids := p.office.get(p.at + "/people?q=" + strings.ReplaceAll(query, "@", "%40")).is(http.StatusOK).String()
				if !strings.Contains(ids, said(within(p.held("planting")[0], "person.id"))) {
					t.Errorf("%q finds %s", query, ids)
				}
			}
			p.office.put(p.at+"/signups/"+id, fields{"person": "new"}).is(http.StatusOK).has(map[string]string{"state": "accepted"})
			p.counts(map[string]string{"7": "2"})
		})
	}
}

func TestContractADecisionGivesThePlaceByTheTimeOfSubmission(t *testing.T) {
	t.Parallel()
	p := newProject(t, "capacity: 3", "capacity: 1")
	p.office.post(p.at+"/signups", signup("rodzina", "planting").as("Jan")).is(http.StatusCreated)
	at := func(name, first string, day int) reply {
		return p.office.post(p.at+"/signups", signup(name, "compost").as(first).and(fields{"submitted_at": p.when(day, "10:00:00")})).is(http.StatusCreated)
	}
	held := at("rodzina", "Maria", -9)
	at("a", "Anna", -8).has(map[string]string{"state": "accepted"})
	at("b", "Beata", -7).has(map[string]string{"state": "waitlisted"})
	p.office.put(p.at+"/signups/"+held.text("id"), fields{"person": "new"}).is(http.StatusOK).has(map[string]string{"state": "waitlisted"})
	anna := p.everything(p.at + "/signups?activity=compost")
	for _, su := range anna {
		if said(within(su, "person.first_name")) == "Anna" {
			p.office.put(p.at+"/signups/"+said(within(su, "id")), fields{"state": "cancelled"}).is(http.StatusOK)
		}
	}
	for _, su := range p.everything(p.at + "/signups?activity=compost") {
		want := map[string]string{"Anna": "cancelled", "Maria": "accepted", "Beata": "waitlisted"}[said(within(su, "person.first_name"))]
		if said(within(su, "state")) != want {
			t.Errorf("want %s: %v", want, su)
		}
	}
}

func TestContractFilesTellPeopleApart(t *testing.T) {
	t.Parallel()
	p := newProject(t)
	head := "activity,first_name,last_name,email,pesel,birth_year,consent_processing\n"
	row := func(first, email, pesel, year string) string {
		return "planting," + first + ",Wzór," + email + "@example.org," + pesel + "," + year + ",tak\n"
	}
	p.office.post(p.at+"/signups", signup("znany", "planting").and(fields{"first_name": "Jan", "birth_year": 1970})).is(http.StatusCreated)
	got := p.accepts(p.office, "zapisy.csv", head+
		row("Maria", "znany", "", "")+row("Ewa", "rodzina", "", "")+row("Adam", "rodzina", "", "")+row("Ewunia", "rodzina", "", "")+
		row("JAN ", "znany", "", "1971")+row("Ola", "inna", "", ""))
	want := []string{"2 email other_person", "3 email other_person", "4 email other_person", "5 email other_person", "6 birth_year other_year"}
	warnings := slices.DeleteFunc(cells(got, "warnings"), func(w string) bool { return strings.HasSuffix(w, "new_person") || strings.HasSuffix(w, "repeated") })
	if !slices.Equal(warnings, want) {
		t.Errorf("warnings %v, want %v", warnings, want)
	}
	states := map[string]string{}
	for _, su := range p.everything(p.at + "/signups?activity=planting") {
		states[said(within(su, "person.first_name"))] += said(within(su, "state")) + " "
	}
	if states["Maria"] != "held " || states["Ewa"] != "accepted " || states["Adam"] != "accepted " || states["Ola"] != "accepted " || states["Jan"] != "accepted " || len(states) != 5 {
		t.Errorf("sign-ups: %v", states)
	}
	p.counts(map[string]string{"9": "4"})
	// Withdrawn, the held one goes with the others.
	p.office.send("DELETE", p.at+"/uploads/"+got.text("id"), "", nil).is(http.StatusOK)
	p.counts(map[string]string{"9": "1"})

	date := p.day(-4)
	list := func(name string) string { return "znany@example.org," + name + ",planting," + date + ",completed\n" }
	got = p.accepts(p.office, "obecność.csv", "email,name,activity,date,outcome\n"+list("Zofia Wzór"))
	if !slices.Equal(cells(got, "warnings"), []string{"2 email other_name"}) {
		t.Errorf("the only holder: %v", cells(got, "warnings"))
	}
	p.counts(map[string]string{"1": "1"})
	answer := p.office.post(p.at+"/attendance", p.attendance("znany").and(fields{"activity": "compost", "person": of("znany").and(fields{"first_name": "Zofia"})})).is(http.StatusCreated)
	if answer.text("warnings.0.code") != "other_name" {
		t.Errorf("a record of the only holder: %s", answer)
	}
}

func TestContractKeysOfTwoPeopleHoldASignUp(t *testing.T) {
	t.Parallel()
	p := newProject(t)
	p.office.post(p.at+"/signups", signup("anna", "planting").as("Anna")).is(http.StatusCreated)
	p.office.post(p.at+"/signups", signup("bogdan", "planting").and(fields{"first_name": "Bogdan", "pesel": pesel1})).is(http.StatusCreated)
	got := p.office.post(p.at+"/signups", signup("anna", "compost").and(fields{"first_name": "Anna", "pesel": pesel1})).is(http.StatusCreated)
	if got.text("state") != "held" || got.text("conflict.person") != p.person("bogdan@example.org") || got.text("conflict.fields.0") != "first_name" {
		t.Errorf("the answer: %s", got)
	}
	p.office.post(p.at+"/attendance", p.attendance("anna").and(fields{"person": of("anna").and(fields{"pesel": pesel1})})).is(http.StatusConflict)
	// Where only one side has a first name, the year of birth decides.
	p.office.post(p.at+"/attendance", p.attendance("").and(fields{"person": fields{"pesel": pesel2, "email": "rok@example.org"}})).is(http.StatusCreated)
	got = p.office.post(p.at+"/signups", signup("rok", "compost").and(fields{"birth_year": 1901})).is(http.StatusCreated)
	if got.text("state") != "held" || got.text("conflict.fields.0") != "birth_year" {
		t.Errorf("another year: %s", got)
	}
}
