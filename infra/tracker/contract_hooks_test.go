package main_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"net/http"
	"strings"
	"testing"
)

// ownForm is a source of a form tool that sends plain JSON.
const ownForm = `id: form
kind: signup
columns: {first_name: /who/first, last_name: /who/last, email: /who/mail, activity: /course, consent_processing: /agree}
values: {activity: {"Gardening for all": planting}, consent_processing: {"I agree": yes}}
signature: X-Signature
`

// hook puts a source in force, and returns its secret.
func (p *project) hook(id, text string) string {
	p.t.Helper()
	p.source(p.office, id, text).is(http.StatusCreated)
	return p.secretOf(id)
}

func (p *project) secretOf(id string) string {
	p.t.Helper()
	secret := p.office.post(p.at+"/sources/"+id+"/secret", fields{}).is(http.StatusCreated).text("secret")
	if len(secret) < 32 {
		p.t.Fatalf("a secret of %d characters", len(secret))
	}
	return secret
}

// deliver sends a payload to a hook with its secret.
func (p *project) toHook(id, secret, body string) reply {
	p.t.Helper()
	return p.anyone.with("Authorization", "Bearer "+secret).send("POST", p.at+"/hooks/"+id, "application/json", []byte(body))
}

func form(name, course string) string {
	return fmt.Sprintf(`{"who": {"first": %q, "last": "Hook", "mail": "%s@example.org"}, "course": %q, "agree": "I agree", "more": [1, {"x": null}]}`, name, strings.ToLower(name), course)
}

func TestAFormToolSignsUpThroughAHook(t *testing.T) {
	t.Parallel()
	p := newProject(t)
	secret := p.hook("form", ownForm)
	first := p.toHook("form", secret, form("Anna", "Gardening for all")).is(http.StatusCreated).has(map[string]string{"state": "received"})
	if first.text("receipt") == "" || first.text("id") != "" {
		t.Errorf("the answer is not that of the public form: %s", first)
	}
	person := p.person("anna@example.org")
	p.office.get(p.at + "/people/" + person).is(http.StatusOK).has(map[string]string{"last_name": "Hook"})

	// The same delivery changes nothing; another about the same person is answered alike.
	p.toHook("form", secret, form("Anna", "Gardening for all")).is(http.StatusCreated).has(map[string]string{"receipt": first.text("receipt")})
	other := p.toHook("form", secret, strings.Replace(form("Anna", "Gardening for all"), "[1,", "[2,", 1)).is(http.StatusCreated).has(map[string]string{"state": "received"})
	if other.text("receipt") == first.text("receipt") {
		t.Error("two deliveries have one receipt")
	}
	p.office.get(p.at + "/signups?activity=planting").is(http.StatusOK).has(map[string]string{"items.0.entries": "2", "items.0.consent_version": "form@1", "items.1.id": ""})

	// Nothing that came before brings the person back.
	p.office.delete(p.at + "/people/" + person).is(http.StatusOK)
	p.toHook("form", secret, form("Anna", "Gardening for all")).is(http.StatusCreated).has(map[string]string{"receipt": first.text("receipt")})
	if found := p.office.get(p.at + "/people?q=anna@example.org").is(http.StatusOK).list("items"); len(found) > 0 {
		t.Errorf("the person is back: %v", found)
	}
}

func TestAHookNeedsItsSecret(t *testing.T) {
	t.Parallel()
	p := newProject(t)
	secret := p.hook("form", ownForm)
	body := []byte(form("Bella", "planting"))
	sign := func(secret string) []byte {
		mac := hmac.New(sha256.New, []byte(secret))
		mac.Write(body)
		return mac.Sum(nil)
	}
	var refused []string
	send := func(name, value, source string) reply {
		return p.anyone.with(name, value).send("POST", p.at+"/hooks/"+source, "application/json", body)
	}
	for _, one := range []struct{ name, value, source string }{
		{"X-None", "", "form"}, {"X-None", "", "none"}, {"Authorization", "Bearer wrong", "form"}, {"Authorization", "Bearer " + secret, "none"}, {"Authorization", "Basic " + secret, "form"},
		{"X-Signature", hex.EncodeToString(sign("wrong")), "form"}, {"X-Signature", "sha256=", "form"}, {"X-Signature", secret, "form"}, {"X-Other", hex.EncodeToString(sign(secret)), "form"},
	} {
		got := send(one.name, one.value, one.source).is(http.StatusUnauthorized)
		refused = append(refused, got.text("detail"))
	}
	for _, detail := range refused {
		if detail != refused[0] {
			t.Errorf("the answers differ: %q", refused)
		}
	}
	for _, value := range []string{hex.EncodeToString(sign(secret)), "sha256=" + hex.EncodeToString(sign(secret)), strings.ToUpper(hex.EncodeToString(sign(secret))), "sha256=" + base64.StdEncoding.EncodeToString(sign(secret))} {
		send("X-Signature", value, "form").is(http.StatusCreated)
	}

	// A new secret replaces the old one, which holds for a day.
	next := p.secretOf("form")
	if next == secret {
		t.Error("the secret is the same")
	}
	send("Authorization", "Bearer "+secret, "form").is(http.StatusCreated)
	send("Authorization", "Bearer "+next, "form").is(http.StatusCreated)
	for _, c := range []caller{p.anyone, p.adviser, p.press, p.funder} {
		if got := c.post(p.at+"/sources/form/secret", fields{}); got.status != http.StatusUnauthorized && got.status != http.StatusForbidden {
			t.Errorf("a secret for others: %s", got)
		}
	}
	p.source(p.office, "lists", "kind: attendance\ncolumns: {email: E, activity: A, date: D, outcome: O}\n").is(http.StatusCreated)
	p.office.post(p.at+"/sources/lists/secret", fields{}).is(http.StatusConflict)

	// A source that is made anew has no secret of the one before.
	p.office.delete(p.at + "/sources/form").is(http.StatusOK)
	send("Authorization", "Bearer "+next, "form").is(http.StatusUnauthorized)
	p.source(p.office, "form", ownForm).is(http.StatusCreated)
	send("Authorization", "Bearer "+next, "form").is(http.StatusUnauthorized)
	for _, shown := range []reply{p.office.get(p.at + "/sources/form"), p.office.get(p.at + "/sources/form/versions"), p.office.get(p.at + "/audit?limit=200")} {
		if strings.Contains(string(shown.body), secret) || strings.Contains(string(shown.body), next) {
			t.Errorf("the secret is shown: %s", shown)
		}
	}
}

func TestWhatAHookCannotTakeWaitsForTheOffice(t *testing.T) {
	t.Parallel()
	p := newProject(t)
	secret := p.hook("form", ownForm)
	bad := form("Cleo", "Beekeeping")
	p.toHook("form", secret, bad).is(http.StatusUnprocessableEntity).isInvalid("/course not_in_list")
	p.toHook("form", secret, bad).is(http.StatusUnprocessableEntity).isInvalid("/course not_in_list")
	p.toHook("form", secret, `{"who": {"first": {"given": "X"}}}`).is(http.StatusUnprocessableEntity).isInvalid("/who/first unreadable")
	p.toHook("form", secret, `{"who": {"first": "Dina"}}`).is(http.StatusUnprocessableEntity).isInvalid("/agree missing", "/course missing", "/who/last missing", "/who/mail missing")
	waiting := p.office.get(p.at + "/deliveries").is(http.StatusOK).list("items")
	if len(waiting) != 3 {
		t.Fatalf("%d wait", len(waiting))
	}
	todo := fmt.Sprint(p.office.get(p.at + "/attention").is(http.StatusOK).value())
	if !strings.Contains(todo, "deliveries") || !strings.Contains(todo, p.at+"/deliveries") {
		t.Errorf("not among the tasks: %s", todo)
	}
	id := said(within(waiting[0], "id"))
	p.office.get(p.at + "/deliveries/" + id).is(http.StatusOK).has(map[string]string{"payload.who.mail": "cleo@example.org", "errors.0.field": "/course", "source": "form"})
	p.adviser.get(p.at + "/deliveries/" + id).is(http.StatusForbidden)
	p.office.browser().get(p.at + "/deliveries").is(http.StatusOK).isPage()
	p.office.browser().get(p.at + "/deliveries/" + id).is(http.StatusOK).isPage()

	// Once the source is corrected it is taken, as if it arrived when it did.
	p.office.post(p.at+"/deliveries/"+id+"/reading", fields{}).is(http.StatusUnprocessableEntity).isInvalid("/course not_in_list")
	p.source(p.office, "form", strings.Replace(ownForm, "for all\": planting", "for all\": planting, Beekeeping: planting", 1)).is(http.StatusOK)
	p.office.post(p.at+"/deliveries/"+id+"/reading", fields{}).is(http.StatusOK)
	p.office.get(p.at + "/deliveries/" + id).is(http.StatusNotFound)
	p.person("cleo@example.org")
	p.toHook("form", secret, bad).is(http.StatusCreated)
	p.office.get(p.at + "/signups?activity=planting").is(http.StatusOK).has(map[string]string{"items.0.entries": "1", "items.1.id": ""})

	// What is discarded does not come back.
	other := said(within(waiting[1], "id"))
	p.office.delete(p.at + "/deliveries/" + other).is(http.StatusOK)
	p.office.delete(p.at + "/deliveries/" + other).is(http.StatusNotFound)
	if left := p.office.get(p.at + "/deliveries").is(http.StatusOK).list("items"); len(left) != 1 {
		t.Errorf("%d are left", len(left))
	}
}
