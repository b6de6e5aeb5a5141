package main_test

import (
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// confirming is the change of a definition by which addresses have to be confirmed, and places are kept so many hours.
func confirming(hours int) []string {
	return []string{"reports: {", fmt.Sprintf("confirm: email\nconfirm_hours: %d\nreports: {", hours)}
}

// sends sends a public form with an address that no other test uses, and returns that address.
func (p *project) sends(name string, form fields) (email string) {
	p.t.Helper()
	email = p.id + "-" + name + "@example.org"
	answer := p.anyone.post(p.at+"/signups", form.and(fields{"email": email, "locale": "en"})).is(http.StatusCreated)
	if got, _ := answer.value().(map[string]any); len(got) != 2 || got["state"] != "received" {
		p.t.Errorf("the answer is %s", answer)
	}
	return email
}

var linkOf = map[string]*regexp.Regexp{
	"confirm": regexp.MustCompile(`https?://[^/]+(/\S+/confirm\?token=[0-9a-f]+)`),
	"cancel":  regexp.MustCompile(`https?://[^/]+(/\S+/cancel\?token=[0-9a-f]+)`),
}

// link waits for the letter to an address that has a link, and returns the link as an address of the tracker.
func (p *project) link(what, email string) (link string) {
	p.t.Helper()
	eventually(p.t, "a letter with the link to "+what, func() bool {
		for _, letter := range p.mails(email) {
			if found := linkOf[what].FindStringSubmatch(said(within(letter, "text"))); found != nil {
				link = found[1]
			}
		}
		return link != ""
	})
	return link
}

// signupOf returns the sign-up to an activity with an address.
func (p *project) signupOf(activity, email string) any {
	p.t.Helper()
	for _, su := range p.everything(p.at + "/signups?activity=" + activity) {
		if said(within(su, "person.email")) == email {
			return su
		}
	}
	p.t.Fatalf("%s has not signed up", email)
	return nil
}

func TestContractASignUpCountsOnceItsAddressIsConfirmed(t *testing.T) {
	t.Parallel()
	p := newProject(t, confirming(0)...)
	ewa := p.sends("ewa", signup("ewa", "planting").and(fields{"sex": "female", "pesel": pesel1}))
	held := p.signupOf("planting", ewa)
	if said(within(held, "state")) != "held" || said(within(held, "unconfirmed")) != "true" {
		t.Errorf("%v", held)
	}
	p.counts(map[string]string{"7": "0", "9": "0"})
	at := p.link("confirm", ewa)
	if letters := p.mails(ewa); len(letters) != 1 || strings.Contains(said(within(letters[0], "text")), "/cancel") || said(within(letters[0], "subject")) != "Please confirm your sign-up: Planting trees" {
		t.Errorf("%v", letters)
	}
	// Only the right token, only a POST.
	address, _, _ := strings.Cut(at, "?")
	jan := p.sends("jan", signup("jan", "planting"))
	_, other, _ := strings.Cut(p.link("confirm", jan), "?")
	for _, wrong := range []string{"", "?token=", "?token=00", "?" + other} {
		p.anyone.get(address + wrong).is(http.StatusNotFound)
		p.anyone.post(address+wrong, fields{}).is(http.StatusNotFound)
	}
	for range 2 {
		p.anyone.get(at).is(http.StatusOK).has(map[string]string{"activity": "planting", "state": "received"})
		p.anyone.get(at + "&done=1").is(http.StatusOK).has(map[string]string{"state": "received"})
	}
	if state := said(within(p.signupOf("planting", ewa), "state")); state != "held" {
		t.Fatalf("looking made it %s", state)
	}
	for range 2 { // the second time changes nothing
		p.anyone.post(at, fields{}).is(http.StatusOK).has(map[string]string{"activity": "planting", "state": "confirmed"})
		if state := said(within(p.signupOf("planting", ewa), "state")); state != "accepted" {
			t.Errorf("it is %s", state)
		}
	}
	p.counts(map[string]string{"7": "1", "9": "1"})
	// The letter that others get at once follows, with the link to withdraw.
	cancel := p.link("cancel", ewa)
	if letters := p.mails(ewa); len(letters) != 2 {
		t.Errorf("%d letters: %v", len(letters), letters)
	}
	token := strings.Split(at, "?")[1]
	p.anyone.post(strings.Split(cancel, "?")[0]+"?"+token, fields{}).is(http.StatusNotFound) // each link has a token of its own
	p.anyone.post(cancel, fields{}).is(http.StatusOK)
	p.anyone.get(at).is(http.StatusOK).has(map[string]string{"state": "cancelled"})
	p.anyone.post(at, fields{}).is(http.StatusOK).has(map[string]string{"state": "cancelled"})
	if page := string(p.anyone.browser().get(at).is(http.StatusOK).isPage().body); !strings.Contains(page, p.at+"/signup\"") {
		t.Errorf("it does not lead to the form: %s", page)
	}
	p.counts(map[string]string{"7": "0", "9": "0"})
}

// Letters, pages and answers do not reveal who is known, neither before the confirmation nor by it.
func TestContractConfirmingTellsNobodyWhoIsKnown(t *testing.T) {
	t.Parallel()
	p := newProject(t, append(confirming(2), "capacity: 3", "capacity: 20")...)
	same := func(text string) string {
		text = regexp.MustCompile(`01[0-9A-HJKMNP-TV-Z]{24}`).ReplaceAllString(text, "ID")
		return regexp.MustCompile(`[0-9a-f]{32}`).ReplaceAllString(text, "TOKEN")
	}
	p.office.post(p.at+"/signups", signup("zofia", "planting").and(fields{"pesel": pesel1})).is(http.StatusCreated)
	n := 0
	try := func(activity string, form fields, sent string, state string) string {
		t.Helper()
		n++
		var told strings.Builder
		email := sent
		if email == "" {
			email = fmt.Sprintf("%s-nobody%d@example.org", p.id, n)
		}
		before := p.anyone.get(p.at + "/signup").is(http.StatusOK).text("activities.1.places_left")
		p.anyone.post(p.at+"/signups", form.and(fields{"activity": activity, "email": email, "locale": "en"})).is(http.StatusCreated)
		fmt.Fprintln(&told, before == p.anyone.get(p.at+"/signup").is(http.StatusOK).text("activities.1.places_left"))
		at := p.link("confirm", email)
		for _, c := range []caller{p.anyone, p.anyone.browser()} {
			told.WriteString(string(c.get(at).is(http.StatusOK).body))
		}
		answer := p.anyone.browser().fill(at, fields{}).is(http.StatusSeeOther)
		told.WriteString(answer.header.Get("Location"))
		told.WriteString(string(p.anyone.browser().get(answer.header.Get("Location")).is(http.StatusOK).isPage().body))
		told.WriteString(string(p.anyone.post(at, fields{}).is(http.StatusOK).body))
		p.link("cancel", email)
		var letters []string
		for _, letter := range p.mails(email) {
			files, _ := within(letter, "files").([]any)
			letters = append(letters, fmt.Sprintln(said(within(letter, "subject")), said(within(letter, "text")), len(files)))
		}
		slices.Sort(letters)
		told.WriteString(strings.Join(letters, ""))
		if got := said(within(p.signupOf(activity, email), "state")); got != state {
			t.Errorf("%v is %s, want %s", form, got, state)
		}
		return same(strings.NewReplacer(email, "ADDRESS", "Adam", "Zofia").Replace(told.String()))
	}
	for _, activity := range []string{"planting", "compost"} {
		form := signup("zofia", activity)
		want := try(activity, form, "", "accepted")
		known := p.id + "-known-" + activity + "@example.org"
		p.office.post(p.at+"/signups", signup("zofia", "last-call").and(fields{"email": known})).is(http.StatusCreated)
		for name, got := range map[string]string{
			"a known address":                 try(activity, form, known, "accepted"),
			"somebody else's PESEL":           try(activity, form.and(fields{"pesel": pesel1}), "", "held"),
			"somebody else's PESEL and name":  try(activity, form.as("Adam").and(fields{"pesel": pesel1}), "", "held"),
			"a PESEL that nobody has":         try(activity, form.and(fields{"pesel": map[string]string{"planting": pesel2, "compost": "80030412343"}[activity]}), "", "accepted"),
			"another name under such a PESEL": try(activity, form.as("Adam").and(fields{"pesel": pesel2}), "", "held"),
		} {
			if got != want {
				t.Errorf("%s, %s:\n%s\nwant\n%s", activity, name, got, want)
			}
		}
	}
	// The office has to decide about those who are confirmed for the reasons that it always has.
	for _, task := range p.office.get(p.at + "/attention").is(http.StatusOK).list("items") {
		signups, _ := within(task, "signups").([]any)
		for _, su := range signups {
			if said(within(su, "unconfirmed")) == "true" {
				t.Errorf("%v", su)
			}
		}
	}
}

func TestContractTheOfficeSeesAndAcceptsUnconfirmedSignUps(t *testing.T) {
	t.Parallel()
	p := newProject(t, confirming(0)...)
	for _, c := range []struct{ name, activity string }{{"ewa", "planting"}, {"jan", "compost"}} {
		p.sends(c.name, signup(c.name, c.activity))
	}
	ewa := p.signupOf("planting", p.id+"-ewa@example.org")
	for language, reason := range map[string]string{"en": "The address has not been confirmed yet.", "pl": "Adres nie został jeszcze potwierdzony."} {
		for _, page := range []string{"/signups", "/attention"} {
			if body := string(p.office.browser().with("Accept-Language", language).get(p.at + page).is(http.StatusOK).isPage().body); strings.Count(body, reason) != 2 {
				t.Errorf("%s does not say twice %q: %s", page, reason, body)
			}
		}
	}
	tasks := p.office.get(p.at + "/attention").is(http.StatusOK).list("items")
	if said(within(tasks[0], "what")) != "held" || said(within(tasks[0], "signups.0.unconfirmed")) != "true" || said(within(tasks[0], "signups.0.conflict")) != "" {
		t.Errorf("%v", tasks)
	}
	// With the buttons of the page, without confirmation; the person gets the letter of such a decision.
	p.office.browser().fill(p.at+"/signups/"+said(within(ewa, "id")), fields{"_method": "PUT", "state": "accepted", "back": "attention"}).is(http.StatusSeeOther)
	p.counts(map[string]string{"7": "1", "9": "1"})
	eventually(t, "the letter that it is accepted", func() bool {
		letters := p.mails(p.id + "-ewa@example.org")
		return len(letters) == 2 && said(within(letters[1], "subject")) == "Signed up: Planting trees" || len(letters) == 2 && said(within(letters[0], "subject")) == "Signed up: Planting trees"
	})
	p.anyone.post(p.link("confirm", p.id+"-ewa@example.org"), fields{}).is(http.StatusOK).has(map[string]string{"state": "confirmed"})
	jan := p.signupOf("compost", p.id+"-jan@example.org")
	p.office.put(p.at+"/signups/"+said(within(jan, "id")), fields{"state": "cancelled"}).is(http.StatusOK)
	p.anyone.post(p.link("confirm", p.id+"-jan@example.org"), fields{}).is(http.StatusOK).has(map[string]string{"state": "cancelled"})
	// Who contradicts a known person is decided about as always, confirmed or not, and keeps both reasons until then.
	p.sends("ewa", signup("ewa", "planting").as("Maria"))
	maria := p.onlyHeld("planting")
	if body := string(p.office.browser().with("Accept-Language", "en").get(p.at + "/attention").is(http.StatusOK).body); !strings.Contains(body, "The address has not been confirmed yet. The e-mail address or PESEL is known with another first name.") {
		t.Errorf("the reasons are not named: %s", body)
	}
	p.office.put(p.at+"/signups/"+maria, fields{"state": "accepted"}).is(http.StatusUnprocessableEntity)
	p.office.put(p.at+"/signups/"+maria, fields{"person": "new"}).is(http.StatusOK).has(map[string]string{"state": "accepted"})
	p.counts(map[string]string{"7": "2", "9": "2"})
}

func TestContractOnlyPublicFormsWithAnAddressAreConfirmed(t *testing.T) {
	t.Parallel()
	p := newProject(t, confirming(24)...)
	p.office.post(p.at+"/signups", signup("ewa", "compost")).is(http.StatusCreated).has(map[string]string{"state": "accepted"})
	withPesel := signup("jan", "compost").and(fields{"pesel": pesel1})
	delete(withPesel, "email")
	p.anyone.post(p.at+"/signups", withPesel).is(http.StatusCreated)
	p.accepts(p.office, "zapisy.csv", "activity,first_name,last_name,email,consent_processing,submitted_at\ncompost,Ola,Nowa,ola@example.org,tak,"+p.when(-1, "10:00:00")+"\n")
	if states := p.states("compost"); states["accepted"] != 3 || len(states) != 1 {
		t.Errorf("%v", states)
	}
	// The page after a form says that there is a link to follow, and for how long a place is kept.
	answer := p.anyone.browser().with("Accept-Language", "en").fill(p.at+"/signups", signup("iga", "planting").and(fields{"consent_processing": "yes"})).is(http.StatusSeeOther)
	page := string(p.anyone.browser().with("Accept-Language", "en").get(answer.header.Get("Location")).is(http.StatusOK).isPage().body)
	for _, part := range []string{"a message with a link is on its way", "we keep it for you for 24 hours"} {
		if !strings.Contains(page, part) {
			t.Errorf("the page does not say %q: %s", part, page)
		}
	}
}

// A reserved place is not given to another person; who confirms in time gets it. It is released where the sign-up ends.
func TestContractPlacesAreKeptUntilTheAddressIsConfirmed(t *testing.T) {
	t.Parallel()
	for _, hours := range []int{0, 1} {
		p := newProject(t, append(confirming(hours), "capacity: 3", "capacity: 1")...)
		left := func() string {
			return p.anyone.get(p.at + "/signup").is(http.StatusOK).text("activities.1.places_left")
		}
		ewa := p.sends("ewa", signup("ewa", "compost"))
		want := map[int]string{0: "1", 1: "0"}[hours]
		if got := left(); got != want {
			t.Errorf("%d hours: %s places are left, want %s", hours, got, want)
		}
		jan := p.sends("jan", signup("jan", "compost"))
		ola := p.sends("ola", signup("ola", "compost"))
		for _, email := range []string{ola, jan, ewa} {
			p.anyone.post(p.link("confirm", email), fields{}).is(http.StatusOK)
		}
		states := func() string {
			var out []string
			for _, email := range []string{ewa, jan, ola} {
				out = append(out, said(within(p.signupOf("compost", email), "state")))
			}
			return strings.Join(out, " ")
		}
		// Without a time the place is the first one's who confirms.
		want = map[int]string{0: "waitlisted waitlisted accepted", 1: "accepted waitlisted waitlisted"}[hours]
		if got := states(); got != want {
			t.Fatalf("%d hours: %s, want %s", hours, got, want)
		}
		has := map[int]string{0: ola, 1: ewa}[hours]
		p.office.put(p.at+"/signups/"+said(within(p.signupOf("compost", has), "id")), fields{"state": "cancelled"}).is(http.StatusOK)
		want = map[int]string{0: "accepted waitlisted cancelled", 1: "cancelled accepted waitlisted"}[hours]
		if got := states(); got != want {
			t.Errorf("%d hours, after a cancellation: %s, want %s", hours, got, want)
		}
	}
}

func TestContractADefinitionWithHoursNeedsAWayToConfirm(t *testing.T) {
	t.Parallel()
	p := newProject(t)
	for change, want := range map[string]string{
		"confirm_hours: 24":                  "confirm_hours not_allowed",
		"confirm: post":                      "confirm not_in_list",
		"confirm: email\nconfirm_hours: 721": "confirm_hours out_of_range",
		"confirm: email\nconfirm_hours: -1":  "confirm_hours out_of_range",
		"confirm: email\nconfirm_hours: 1.5": "confirm_hours not_a_number",
	} {
		text := p.definition("reports: {", change+"\nreports: {")
		got := p.office.send("PUT", p.at+"/definition?dry_run=1", "application/yaml", []byte(text)).is(http.StatusUnprocessableEntity)
		line := strings.Count(text[:strings.Index(text, "\nreports: {")], "\n") + 1
		if got.text("errors.0.field")+" "+got.text("errors.0.code") != want || got.text("errors.0.line") != fmt.Sprint(line) || got.text("errors.0.column") == "" || got.text("errors.0.message") == "" {
			t.Errorf("%s: %s, want %s in line %d", change, got, want, line)
		}
	}
	p.office.send("PUT", p.at+"/definition", "application/yaml", []byte(p.definition("reports: {", "confirm: email\nconfirm_hours: 720\nreports: {"))).is(http.StatusOK)
	p.anyone.get(p.at).is(http.StatusOK).has(map[string]string{"project.confirm": "email", "project.confirm_hours": "720"})
}
