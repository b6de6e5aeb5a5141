package main_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"
)

// withKeys begins a project that recognises people by keys.
func withKeys(t *testing.T, people string) *project {
	t.Helper()
	return newProject(t, "participants:", people+"\nparticipants:")
}

const (
	keysEmailPhoneName = "people: {keys: [email, phone, name]}"
	keysDNI            = `languages: [es, en]
people:
  keys: [dni, email]
  identifiers: {dni: {label: {pl: Dowód, en: Identity card}, pattern: '[0-9]{8}[A-Z]'}}`
	keysNumber = "people: {keys: [number]}"
)

// without returns fields without some.
func (f fields) without(names ...string) fields {
	out := f.and(nil)
	for _, name := range names {
		delete(out, name)
	}
	return out
}

func (p *project) attends(person fields) reply {
	p.t.Helper()
	return p.office.post(p.at+"/attendance", p.attendance("").and(fields{"person": person}))
}

func TestContractAPhoneAndANameAreKeys(t *testing.T) {
	t.Parallel()
	p := withKeys(t, keysEmailPhoneName)
	ewa := fields{"activity": "planting", "first_name": "Ewa", "last_name": "Łącka Nowa", "phone": "600 100 200", "consent_processing": true}
	p.anyone.post(p.at+"/signups", ewa).is(http.StatusCreated)
	p.anyone.post(p.at+"/signups", ewa.without("phone")).isInvalid("email missing")
	p.anyone.post(p.at+"/signups", ewa.and(fields{"pesel": pesel1})).isInvalid("pesel unknown_field")
	p.anyone.post(p.at+"/signups", ewa.and(fields{"phone": "kasa"})).isInvalid("phone unreadable")
	known := p.office.get(p.at + "/signups?activity=planting").is(http.StatusOK)
	id := known.text("items.0.person.id")
	if got := known.text("items.0.person.phone"); got != "+48600100200" {
		t.Errorf("the person's phone is %s", got)
	}
	for _, phone := range []string{"+48 600-100-200", "0048600100200", "(600) 100 200"} {
		if got := p.attends(fields{"phone": phone}); got.text("person.id") != id && got.text("existing") == "" {
			t.Errorf("%s: %s", phone, got)
		}
	}
	if got := p.found("600-100-200"); got != "Ewa" {
		t.Errorf("a search finds %s", got)
	}
	p.attends(fields{"pesel": pesel1}).isInvalid("person.pesel unknown_field")
	p.attends(fields{"first_name": "Ewa"}).isInvalid("person missing")
	p.attends(fields{"name": fields{"first_name": "Jan"}}).isInvalid("person.name.birth_year missing", "person.name.last_name missing")

	// A name is for the office: people without address and number can be entered.
	jan := fields{"activity": "planting", "first_name": "Jan", "last_name": "Wójcik", "birth_year": 1950, "consent_processing": true}
	p.anyone.post(p.at+"/signups", jan).isInvalid("email missing")
	p.office.post(p.at+"/signups", jan.without("birth_year")).isInvalid("email missing")
	entered := p.office.post(p.at+"/signups", jan).is(http.StatusCreated)
	again := p.office.post(p.at+"/signups", jan.and(fields{"first_name": " JAN ", "last_name": "wojcik"})).is(http.StatusCreated)
	if entered.text("id") != again.text("id") {
		t.Errorf("the same name is another person: %s, %s", entered, again)
	}
	name := fields{"first_name": "jan", "last_name": "WÓJCIK", "birth_year": 1950}
	who := p.attends(fields{"name": name}).is(http.StatusCreated).text("person.id")
	p.office.post(p.at+"/tests", p.exam("").and(fields{"person": fields{"name": name, "phone": "600 300 400"}})).is(http.StatusCreated).has(map[string]string{"person.id": who})
	p.office.post(p.at+"/consultations", p.consultation("").and(fields{"person": fields{"phone": "+48600300400"}})).is(http.StatusCreated).has(map[string]string{"person.id": who})
	p.office.post(p.at+"/tests", p.exam("").and(fields{"person": fields{"name": name, "phone": "600100200"}})).is(http.StatusConflict)
	other := p.attends(fields{"name": name.and(fields{"birth_year": 1951})}).is(http.StatusCreated).text("person.id")
	if other == who {
		t.Error("another year is the same person")
	}

	// A corrected year or name is the key from then on.
	p.office.put(p.at+"/people/"+other+"/attributes", fields{"birth_year": 1952}).is(http.StatusOK)
	p.attends(fields{"name": name.and(fields{"birth_year": 1952})}).is(http.StatusConflict) // the same record again
	p.office.put(p.at+"/people/"+other, fields{"first_name": "Józef", "last_name": "Wójcik"}).is(http.StatusOK)
	p.office.post(p.at+"/tests", p.exam("").and(fields{"person": fields{"name": fields{"first_name": "Jozef", "last_name": "Wojcik", "birth_year": 1952}}})).is(http.StatusCreated).has(map[string]string{"person.id": other})

	// A form that the public sends with a known name is of another person, whom only the office recognises.
	p.anyone.post(p.at+"/signups", jan.and(fields{"email": "jan@example.org", "activity": "compost"})).is(http.StatusCreated)
	if held := p.held("compost"); len(held) != 0 {
		t.Errorf("held: %v", held)
	}
	if got := p.office.post(p.at+"/attendance", p.attendance("").and(fields{"person": fields{"name": name}, "activity": "compost"})).is(http.StatusConflict); got.text("errors.0.code") != "which_person" {
		t.Errorf("two people of one name: %s", got)
	}

	// Two people share a phone, as a family does.
	maria := ewa.as("Maria")
	p.anyone.post(p.at+"/signups", maria).is(http.StatusCreated)
	p.office.put(p.at+"/signups/"+p.onlyHeld("planting"), fields{"person": "new"}).is(http.StatusOK)
	if got := p.office.post(p.at+"/attendance", p.attendance("").and(fields{"person": fields{"phone": "600100200"}, "activity": "compost"})).is(http.StatusConflict); got.text("errors.0.code") != "which_person" {
		t.Errorf("a shared phone: %s", got)
	}

	form := "telefon,imię,nazwisko,rok urodzenia,działanie,data,wynik\n"
	p.accepts(p.office, "lista.csv", form+
		"600100200,Maria,,,planting,"+p.day(-8)+",ukończył\n"+
		",Józef,Wojcik,1952,planting,"+p.day(-8)+",ukończył\n"+
		",Zofia,Wójcik,1931,planting,"+p.day(-8)+",ukończył\n"+
		",zofia, WOJCIK,1931,planting,"+p.day(-7)+",ukończył\n")
	if got := p.found("zofia"); got != "Zofia" {
		t.Errorf("Zofia was made %q", got)
	}
	if got := p.upload(p.office, "lista.csv", form+",Jan,,,planting,"+p.day(-8)+",ukończył\n", nil); !slices.Equal(cells(got, "errors"), []string{"2 email missing"}) {
		t.Errorf("a row without a key: %s", got)
	}
	p.office.browser().get(p.at + "/signup").shows([]string{"Telefon"})
	p.office.browser().get(p.at + "/attendance").shows([]string{"Telefon", "Rok urodzenia"})
	p.office.browser().get(p.at + "/people/" + who).shows([]string{"+48600300400"})
	p.office.browser().fill(p.at+"/attendance", fields{"phone": "600300400", "activity": "compost", "date": p.day(-3), "outcome": "completed"}).is(http.StatusSeeOther)
	p.office.send("DELETE", p.at+"/people/"+who, "", nil).is(http.StatusOK)
	if got := p.found("+48600300400"); got != "" {
		t.Errorf("after the erasure a search finds %s", got)
	}
}

func TestContractAProjectHasIdentifiersOfItsOwn(t *testing.T) {
	t.Parallel()
	p := withKeys(t, keysDNI)
	ana := signup("ana", "planting").and(fields{"dni": "12345678Z"}).without("email")
	p.anyone.post(p.at+"/signups", ana).is(http.StatusCreated)
	p.anyone.post(p.at+"/signups", ana.and(fields{"dni": "1234"})).isInvalid("dni unreadable")
	p.anyone.post(p.at+"/signups", ana.and(fields{"dni": "x12345678Z"})).isInvalid("dni unreadable")
	p.anyone.post(p.at+"/signups", ana.without("dni")).isInvalid("dni missing")
	p.anyone.post(p.at+"/signups", ana.and(fields{"pesel": pesel1})).isInvalid("pesel unknown_field")
	p.anyone.post(p.at+"/signups", ana.and(fields{"number": "7"})).isInvalid("number unknown_field")
	kept := p.office.get(p.at + "/signups?activity=planting").is(http.StatusOK)
	id := kept.text("items.0.person.id")
	if got := kept.text("items.0.person.dni"); got != "12345678Z" {
		t.Errorf("the person's dni is %s", got)
	}
	p.attends(fields{"dni": "12345678Z", "email": "ana@example.org"}).is(http.StatusCreated).has(map[string]string{"person.id": id, "person.dni": "12345678Z", "person.email": "ana@example.org"})
	p.attends(fields{"dni": "12345678"}).isInvalid("person.dni unreadable")
	p.office.post(p.at+"/tests", p.exam("ana")).is(http.StatusCreated).has(map[string]string{"person.id": id})
	p.attends(fields{"dni": "87654321X"}).is(http.StatusCreated)
	p.office.post(p.at+"/tests", p.exam("ana").and(fields{"person": fields{"dni": "87654321X", "email": "ana@example.org"}})).is(http.StatusConflict)

	p.anyone.post(p.at+"/signups", ana.as("Luis")).is(http.StatusCreated)
	held := p.onlyHeld("planting")
	p.office.browser().get(p.at + "/attention").shows([]string{"12345678Z"})
	p.office.put(p.at+"/signups/"+held, fields{"person": "new"}).is(http.StatusOK)
	if got := p.found("12345678Z"); got != "Ana Luis" {
		t.Errorf("a search finds %s", got)
	}

	file := "dni,activity,date,outcome\n"
	p.accepts(p.office, "list.csv", file+"11111111H,planting,"+p.day(-4)+",completed\n22222222J,planting,"+p.day(-4)+",completed\n")
	p.accepts(p.office, "lista.csv", strings.Replace(file, "dni", "Identity card", 1)+"11111111H,planting,"+p.day(-3)+",completed\n")
	if got := p.upload(p.office, "list.csv", file+"111,planting,"+p.day(-4)+",completed\n", nil); !slices.Equal(cells(got, "errors"), []string{"2 dni unreadable"}) {
		t.Errorf("a wrong dni: %s", got)
	}
	if got := p.upload(p.office, "list.csv", "pesel,"+file+pesel1+",11111111H,planting,"+p.day(-4)+",completed\n", nil); !slices.Equal(cells(got, "errors"), []string{"1 pesel unknown_column"}) {
		t.Errorf("a column of PESELs: %s", got)
	}
	p.accepts(p.office, "signups.csv", "activity,first_name,last_name,dni,consent_processing\ncompost,Eva,Uno,33333333P,yes\ncompost,Eva,Dos,44444444A,yes\n")
	if got := len(p.everything(p.at + "/signups?activity=compost")); got != 2 {
		t.Errorf("%d sign-ups of the file", got)
	}

	p.anyone.browser().get(p.at + "/signup?lang=pl").shows([]string{"Dowód"})
	form := fields{"activity": "compost", "first_name": "Pau", "last_name": "Tres", "dni": "55555555K", "consent_processing": "yes"}
	p.anyone.browser().fill(p.at+"/signups", form.and(fields{"dni": "5"})).is(http.StatusUnprocessableEntity)
	p.anyone.browser().fill(p.at+"/signups", form).is(http.StatusSeeOther)
	if got := p.found("55555555K"); got != "Pau" {
		t.Errorf("the form signed up %q", got)
	}
	pau := p.office.get(p.at + "/people?q=55555555K").text("items.0.id")
	p.office.put(p.at+"/people/"+pau, fields{"first_name": "Pau", "last_name": "Tres", "dni": "66666666Q"}).is(http.StatusOK)
	if was, is := p.found("55555555K"), p.found("66666666Q"); was != "" || is != "Pau" {
		t.Errorf("after the correction the old one finds %q, the new one %q", was, is)
	}
	p.office.put(p.at+"/people/"+pau, fields{"first_name": "Pau", "dni": "33333333P"}).is(http.StatusConflict)
	if got := p.office.get(p.at + "/people/" + pau + ".json").text("person.keys.dni.0"); got != "66666666Q" {
		t.Errorf("the export has %s", got)
	}
	eva := p.office.get(p.at + "/people?q=33333333P").text("items.0.id")
	p.office.post(p.at+"/people/"+pau+"/merge", fields{"into": eva}).is(http.StatusOK)
	p.office.post(p.at+"/tests", p.exam("").and(fields{"person": fields{"dni": "66666666Q"}})).is(http.StatusCreated).has(map[string]string{"person.id": eva})
}

func TestContractAProjectMayNumberItsPeople(t *testing.T) {
	t.Parallel()
	p := withKeys(t, keysNumber)
	ola := signup("ola", "planting")
	p.office.post(p.at+"/signups", ola).isInvalid("number missing")
	p.office.post(p.at+"/signups", ola.and(fields{"number": "A 17"})).is(http.StatusCreated)
	p.office.post(p.at+"/signups", ola.as("Iga").and(fields{"number": 18})).is(http.StatusCreated)
	// An address is no key, only an address.
	iga := p.office.get(p.at + "/people?q=18").is(http.StatusOK)
	if iga.text("items.0.first_name") != "Iga" || iga.text("items.0.email") != "ola@example.org" || iga.text("items.0.number") != "18" {
		t.Errorf("number 18 is %s", iga)
	}
	p.attends(fields{"email": "ola@example.org"}).isInvalid("person.email unknown_field")
	p.attends(fields{"number": "a 17"}).is(http.StatusCreated).has(map[string]string{"person.first_name": "Ola"})
	p.accepts(p.office, "lista.csv", "numer,działanie,data,wynik\n18,planting,"+p.day(-4)+",ukończył\n19,planting,"+p.day(-4)+",ukończył\n")
	p.office.browser().fill(p.at+"/tests", fields{"number": "19", "activity": "planting", "date": p.day(-3), "pre_score": "1", "post_score": "2", "max_score": "3"}).is(http.StatusSeeOther)
	p.office.browser().get(p.at + "/people").shows([]string{"Numer na liście"})
	p.counts(map[string]string{"1": "3", "8": "1"})
	p.adviser.post(p.at+"/consultations", p.consultation("").and(fields{"person": fields{"number": "18"}})).is(http.StatusCreated).has(map[string]string{"person.number": "18", "person.first_name": ""})
}

func TestContractKeysOfADefinitionAreChecked(t *testing.T) {
	t.Parallel()
	p := newProject(t)
	for people, want := range map[string]string{
		"people: {keys: []}":                                              "people.keys missing",
		"people: {keys: [email, mail]}":                                   "people.keys[1] not_in_list",
		"people: {keys: [email, email]}":                                  "people.keys[1] repeated",
		"people: {keys: [dni]}":                                           "people.keys[0] not_in_list",
		"people: {keys: email}":                                           "people.keys wrong_form",
		"people: {identifiers: {dni: {}}}":                                "people.identifiers.dni.label missing people.identifiers.dni.pattern missing",
		"people: {identifiers: {dni: {label: DNI, pattern: '[0-9'}}}":     "people.identifiers.dni.pattern wrong_form",
		"people: {identifiers: {phone: {label: DNI, pattern: '[0-9]+'}}}": "people.identifiers.phone not_allowed",
		"people: {identifiers: {sex: {label: DNI, pattern: '[0-9]+'}}}":   "people.identifiers.sex not_allowed",
		"people: {identifiers: {Dni: {label: DNI, pattern: '[0-9]+'}}}":   "people.identifiers.Dni not_an_id",
		"people: {identifiers: {dni: {label: DNI, pattern: '[0-9]+'}}, attributes: {dni: {type: text, label: {pl: A, en: B}}}}": "people.dni not_allowed",
		"languages: [es-xx-yy-zz, nolanguageatall]": "languages[0] not_in_list languages[1] not_in_list",
	} {
		got := p.office.send("PUT", p.at+"/definition?dry_run=1", "application/yaml", []byte(p.definition("participants:", people+"\nparticipants:"))).is(http.StatusUnprocessableEntity)
		if codes := strings.Join(got.codes(), " "); codes != want {
			t.Errorf("%s: %s, want %s", people, codes, want)
		}
	}
}
