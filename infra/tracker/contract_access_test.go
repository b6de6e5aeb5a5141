package main_test

import (
	"net/http"
	"strconv"
	"testing"
	"time"
)

func TestContractRolesAreGrantedByEmail(t *testing.T) {
	t.Parallel()
	p := newProject(t)
	anna := p.caller("anna@example.org") // no role by her token
	anna.get(p.at + "/signups?activity=planting").is(http.StatusForbidden)
	anna.get(p.at + "/access").is(http.StatusForbidden)

	given := p.office.post(p.at+"/access", fields{"email": " Anna@Example.org ", "roles": []string{"adviser", "coordinator"}}).is(http.StatusCreated)
	given.has(map[string]string{"email": "anna@example.org", "granted_by": "office@example.org"})
	one := p.at + "/access/" + given.text("id")
	anna.get(p.at + "/signups?activity=planting").is(http.StatusOK)
	anna.get(p.at + "/access").is(http.StatusOK)
	eventually(t, "an invitation", func() bool { return len(p.mails("anna@example.org")) == 1 })

	// The same again changes nothing, and sends nothing.
	again := p.office.put(p.at+"/access", fields{"email": "anna@example.org", "roles": []string{"coordinator", "adviser"}}).is(http.StatusOK)
	if again.text("id") != given.text("id") || again.text("granted_at") != given.text("granted_at") {
		t.Errorf("the same again: %s, after %s", again, given)
	}
	// What is checked on each request ends at once.
	p.office.put(one, fields{"roles": []string{"adviser"}}).is(http.StatusOK)
	anna.get(p.at + "/signups?activity=planting").is(http.StatusForbidden)
	anna.get(p.at + "/consultations").is(http.StatusOK)
	p.office.delete(one).is(http.StatusOK)
	anna.get(p.at + "/consultations").is(http.StatusForbidden)
	p.admin.put(one, fields{"roles": []string{"partner:radio"}}).is(http.StatusOK)
	anna.get(p.at + "/uploads").is(http.StatusOK)

	// In this project alone.
	other := newProjectAt(t, p.tracker, p.id+"-2")
	anna.get(other.at + "/uploads").is(http.StatusForbidden)
	p.office.get(other.at + "/access").is(http.StatusForbidden)
	p.radio.get(p.at + "/access").is(http.StatusForbidden)
	p.anyone.get(p.at + "/access").is(http.StatusUnauthorized)
}

func TestContractBadGrantsAreRefused(t *testing.T) {
	t.Parallel()
	p := newProject(t)
	for name, c := range map[string]struct {
		body fields
		want []string
	}{
		"admin":               {fields{"email": "a@example.org", "roles": []string{"admin"}}, []string{"roles not_in_list"}},
		"another project":     {fields{"email": "a@example.org", "roles": []string{"demo:coordinator"}}, []string{"roles not_in_list"}},
		"an unknown partner":  {fields{"email": "a@example.org", "roles": []string{"partner:none"}}, []string{"roles not_in_list"}},
		"no role":             {fields{"email": "a@example.org", "roles": []string{}}, []string{"roles missing"}},
		"no address":          {fields{"roles": []string{"funder"}}, []string{"email missing"}},
		"a wrong address":     {fields{"email": "anna", "roles": []string{"funder"}}, []string{"email unreadable"}},
		"something else with": {fields{"email": "a@example.org", "roles": []string{"funder"}, "admin": true}, []string{"admin unknown_field"}},
	} {
		t.Run(name, func(t *testing.T) { p.office.in(t).post(p.at+"/access", c.body).isInvalid(c.want...) })
	}
	p.office.put(p.at+"/access/01JXXXXXXXXXXXXXXXXXXXXXXX", fields{"roles": []string{"funder"}}).is(http.StatusNotFound)
}

func TestTheListOfAccessShowsWhoWasHere(t *testing.T) {
	t.Parallel()
	p := newProject(t)
	member := func(email string) (reply, string) {
		t.Helper()
		list := p.office.get(p.at + "/access").is(http.StatusOK)
		for i := range list.list("items") {
			if at := "items." + strconv.Itoa(i) + "."; list.text(at+"email") == email {
				return list, at
			}
		}
		t.Fatalf("%s is not in %s", email, list)
		return list, ""
	}
	p.office.post(p.at+"/access", fields{"email": "ewa@example.org", "roles": []string{"adviser"}}).is(http.StatusCreated)
	if list, at := member("ewa@example.org"); list.text(at+"seen") != "" || list.text(at+"roles.0") != "adviser" {
		t.Errorf("not here yet: %s", list)
	}
	today := time.Now().UTC().Format(time.DateOnly)
	for _, c := range []caller{p.caller("ewa@example.org"), p.adviser} { // the one by the list, the other by a token
		c.post(p.at+"/consultations", fields{"person": fields{"email": "jan@example.org"}, "date": p.day(-1), "field": "law", "minutes": 30, "form": "phone"}).is(http.StatusCreated)
	}
	if list, at := member("ewa@example.org"); list.text(at+"seen") < today || len(list.list(at+"other_roles")) > 0 {
		t.Errorf("was here: %s", list)
	}
	if list, at := member("adviser@example.org"); list.text(at+"seen") < today || len(list.list(at+"roles")) > 0 || list.text(at+"other_roles.0") != "adviser" {
		t.Errorf("by a token: %s", list)
	}
	p.office.browser().get(p.at + "/access").is(http.StatusOK).isPage().shows([]string{"ewa@example.org", "adviser@example.org"})

	// By forms: invited, changed, taken away.
	form := p.office.browser()
	form.fill(p.at+"/access", fields{"email": "jan", "roles[]": "adviser"}).is(http.StatusUnprocessableEntity)
	form.fill(p.at+"/access", fields{"email": "jan@example.org", "roles[]": "adviser"}).is(http.StatusSeeOther)
	jan := p.caller("jan@example.org")
	jan.get(p.at + "/consultations").is(http.StatusOK)
	list, at := member("jan@example.org")
	one := p.at + "/access/" + list.text(at+"id")
	form.get(one).is(http.StatusOK).isPage()
	form.fill(one, fields{"_method": "PUT", "roles[]": "funder"}).is(http.StatusSeeOther)
	jan.get(p.at + "/consultations").is(http.StatusForbidden)
	jan.get(p.at + "/snapshots").is(http.StatusOK)
	form.fill(one, fields{"_method": "DELETE"}).is(http.StatusSeeOther)
	jan.get(p.at + "/snapshots").is(http.StatusForbidden)
	p.office.browser().get(p.at + "/audit?kind=access.set").is(http.StatusOK).shows([]string{"jan@example.org"})
}
