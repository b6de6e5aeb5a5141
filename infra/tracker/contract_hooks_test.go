package main_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
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

// A delivery is the same by each of its marks: its key, the tool's own id, or without one its body.
func TestADeliveryIsTheSameByEachOfItsMarks(t *testing.T) {
	t.Parallel()
	p := newProject(t)
	secrets := map[string]string{}
	for _, id := range []string{"form", "tool"} {
		text := strings.Replace(ownForm, "id: form", "id: "+id, 1) + "skip: 'row[\"/who/first\"] == \"Draft\"'\n"
		if id == "tool" {
			text += "delivery: /eventId\n"
		}
		secrets[id] = p.hook(id, text)
	}
	send := func(source, key, body string) reply {
		c := p.anyone.with("Authorization", "Bearer "+secrets[source])
		if key != "" {
			c = c.with("Idempotency-Key", key)
		}
		return c.send("POST", p.at+"/hooks/"+source, "application/json", []byte(body))
	}
	event := func(id, body string) string { return strings.Replace(body, "{", `{"eventId": "`+id+`", `, 1) }
	for i, tt := range []struct {
		name, source, key string
		again             []string // keys
	}{
		{"a key, then others", "tool", "try-1", []string{"try-2", ""}}, {"no key, then one", "tool", "", []string{"late", ""}},
		{"a key, then others, without an id", "form", "try-1", []string{"try-2", "", "try-1"}}, {"no key and no id, then a key", "form", "", []string{"late"}},
	} {
		name := fmt.Sprintf("Mark%d", i)
		body, wrong := event(name, form(name, "planting")), event(name+"-wrong", form(name, "nothing"))
		key := func(base, of string) string {
			if base == "" {
				return ""
			}
			return base + of + tt.source
		}
		first := send(tt.source, key(tt.key, name), body).is(http.StatusCreated)
		send(tt.source, key(tt.key, name+"w"), wrong).is(http.StatusUnprocessableEntity)
		waiting := len(p.office.get(p.at + "/deliveries?limit=200").is(http.StatusOK).list("items"))
		p.office.delete(p.at + "/people/" + p.person(strings.ToLower(name)+"@example.org")).is(http.StatusOK)
		for _, next := range tt.again {
			send(tt.source, key(next, name), body).is(http.StatusCreated).has(map[string]string{"receipt": first.text("receipt")})
			send(tt.source, key(next, name+"w"), wrong).is(http.StatusUnprocessableEntity).isInvalid("/course not_in_list")
			// The key of a repetition is of its body from then on.
			if next != "" {
				send(tt.source, key(next, name), event("else", form("Else", "planting"))).is(http.StatusUnprocessableEntity).isInvalid("Idempotency-Key other_body")
			}
		}
		if found := p.office.get(p.at + "/people?q=" + strings.ToLower(name) + "@example.org").is(http.StatusOK).list("items"); len(found) > 0 {
			t.Errorf("%s: the person is back: %v", tt.name, found)
		}
		if got := len(p.office.get(p.at + "/deliveries?limit=200").is(http.StatusOK).list("items")); got != waiting {
			t.Errorf("%s: %d wait, not %d", tt.name, got, waiting)
		}
	}

	// What a source skips is known by its key and its body: a later event of the same form has the same id.
	draft := event("form-1", form("Draft", "planting"))
	send("tool", "d1", draft).is(http.StatusOK).has(map[string]string{"state": "skipped"})
	send("tool", "d1", event("form-2", form("Late", "planting"))).is(http.StatusUnprocessableEntity).isInvalid("Idempotency-Key other_body")
	send("tool", "d2", event("form-1", form("Ready", "planting"))).is(http.StatusCreated)
	send("tool", "", draft).is(http.StatusOK).has(map[string]string{"state": "skipped"})

	// A source that names the id's place later still knows what came before.
	body := event("old", form("Older", "planting"))
	first := send("form", "", body).is(http.StatusCreated)
	p.source(p.office, "form", ownForm+"delivery: /eventId\n").is(http.StatusOK)
	p.office.delete(p.at + "/people/" + p.person("older@example.org")).is(http.StatusOK)
	send("form", "", body).is(http.StatusCreated).has(map[string]string{"receipt": first.text("receipt")})
	if found := p.office.get(p.at + "/people?q=older@example.org").is(http.StatusOK).list("items"); len(found) > 0 {
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

// formTools are payloads of form tools in the shape that they document, about made-up people, with a source for each.
var formTools = []struct{ name, source, payload string }{
	{"Typeform", `columns: {first_name: "What is your first name?", last_name: last_name_ref, email: "Your e-mail:", activity: "Which training?", labour_status: "Do you work?", birth_year: "Born in", consent_processing: "Do you agree?"}
values: {activity: {"Trees, planting them": planting}, labour_status: {"Yes, for a wage": employed}}
delivery: /event_id
signature: Typeform-Signature
`, `{"event_id": "01HX0000000000000000000000", "event_type": "form_response", "form_response": {"form_id": "abCdEf", "token": "tok1", "landed_at": "2026-11-01T10:00:00Z", "submitted_at": "2026-11-01T10:02:00Z",
"definition": {"id": "abCdEf", "title": "Training", "fields": [
 {"id": "F1", "ref": "first_ref", "type": "short_text", "title": "What is your first name?", "properties": {}}, {"id": "F2", "ref": "last_name_ref", "type": "short_text", "title": "And your last name?"},
 {"id": "F3", "ref": "mail_ref", "type": "email", "title": "Your e-mail:"}, {"id": "F4", "ref": "course", "type": "multiple_choice", "title": "Which training?", "choices": [{"id": "C1", "label": "Trees, planting them"}]},
 {"id": "F5", "ref": "agree", "type": "yes_no", "title": "Do you agree?"}, {"id": "F6", "ref": "work", "type": "dropdown", "title": "Do you work?"}, {"id": "F7", "ref": "born", "type": "number", "title": "Born in"}]},
"answers": [{"type": "text", "text": "Tina", "field": {"id": "F1", "type": "short_text", "ref": "first_ref"}}, {"type": "text", "text": "Typeska", "field": {"id": "F2", "type": "short_text", "ref": "last_name_ref"}},
 {"type": "email", "email": "tool@example.org", "field": {"id": "F3", "type": "email", "ref": "mail_ref"}}, {"type": "choice", "choice": {"id": "C1", "label": "Trees, planting them", "ref": "c1"}, "field": {"id": "F4", "type": "multiple_choice", "ref": "course"}},
 {"type": "boolean", "boolean": true, "field": {"id": "F5", "type": "yes_no", "ref": "agree"}}, {"type": "choice", "choice": {"label": "Yes, for a wage"}, "field": {"id": "F6", "type": "dropdown", "ref": "work"}},
 {"type": "number", "number": 1984, "field": {"id": "F7", "type": "number", "ref": "born"}}]}}`},
	{"Tally", `columns: {first_name: "First name", last_name: "Last name", email: "E-mail", activity: "Training", labour_status: "Work", birth_year: "Year of birth", consent_processing: "Consent"}
values: {activity: {"Trees": planting}, labour_status: {"Paid": employed}, consent_processing: {"I agree": yes}}
delivery: /eventId
signature: Tally-Signature
`, `{"eventId": "a4cb511e-d513-4fa5-baee-b815d718dfd1", "eventType": "FORM_RESPONSE", "createdAt": "2026-11-01T10:00:00.000Z", "data": {"responseId": "r1", "submissionId": "s1", "respondentId": "p1", "formId": "f1", "formName": "Training", "createdAt": "2026-11-01T10:00:00.000Z", "fields": [
 {"key": "question_1", "label": "First name", "type": "INPUT_TEXT", "value": "Tina"}, {"key": "question_2", "label": "Last name", "type": "INPUT_TEXT", "value": "Tallyska"}, {"key": "question_3", "label": "E-mail", "type": "INPUT_EMAIL", "value": "tool@example.org"},
 {"key": "question_4", "label": "Training", "type": "MULTIPLE_CHOICE", "value": ["o1"], "options": [{"id": "o1", "text": "Trees"}, {"id": "o2", "text": "Compost"}]},
 {"key": "question_5", "label": "Work", "type": "DROPDOWN", "value": ["o3"], "options": [{"id": "o3", "text": "Paid"}]}, {"key": "question_6", "label": "Year of birth", "type": "INPUT_NUMBER", "value": 1984},
 {"key": "question_7", "label": "Consent", "type": "CHECKBOXES", "value": ["o5"], "options": [{"id": "o5", "text": "I agree"}]}, {"key": "question_7_o5", "label": "Consent (I agree)", "type": "CHECKBOXES", "value": true},
 {"key": "question_8", "label": null, "type": "HIDDEN_FIELDS", "value": null}]}}`},
	{"Fillout", `columns: {first_name: "First name", last_name: "Last name", email: "Email", activity: "Training", labour_status: "Work", birth_year: "Born", consent_processing: "Consent"}
delivery: /submission/submissionId
`, `{"formId": "vso75", "formName": "Training", "submission": {"submissionId": "abc-1", "submissionTime": "2026-11-01T10:00:00.000Z", "lastUpdatedAt": "2026-11-01T10:00:00.000Z", "questions": [
 {"id": "5AtgG35", "name": "First name", "type": "ShortAnswer", "value": "Tina"}, {"id": "5AtgG36", "name": "Last name", "type": "ShortAnswer", "value": "Filloutska"}, {"id": "5AtgG37", "name": "Email", "type": "EmailInput", "value": "tool@example.org"},
 {"id": "5AtgG38", "name": "Training", "type": "MultipleChoice", "value": "Planting trees"}, {"id": "5AtgG39", "name": "Work", "type": "Dropdown", "value": "employed"}, {"id": "5AtgG40", "name": "Born", "type": "NumberInput", "value": 1984},
 {"id": "5AtgG41", "name": "Consent", "type": "Checkbox", "value": true}], "calculations": [], "urlParameters": [], "documents": []}}`},
	{"Formbricks", `columns: {first_name: /data/data/first, last_name: /data/data/last, email: /data/data/mail, activity: /data/data/course, labour_status: /data/data/work, birth_year: /data/data/born, consent_processing: /data/data/agree}
values: {activity: {"Trees": planting}, labour_status: {"Paid": employed}, consent_processing: {"accepted": yes}}
delivery: /data/id
skip: 'row["/event"] != "responseFinished"'
`, `{"webhookId": "clx1", "event": "responseFinished", "data": {"id": "clx2", "createdAt": "2026-11-01T10:00:00.000Z", "updatedAt": "2026-11-01T10:00:10.000Z", "surveyId": "clx3", "finished": true,
"data": {"first": "Tina", "last": "Formbrickska", "mail": "tool@example.org", "course": ["Trees"], "work": "Paid", "born": "1984", "agree": "accepted"}, "meta": {"userAgent": {"browser": "Firefox"}}, "notes": [], "tags": []}}`},
	{"KoboToolbox", `columns: {name: /who~1name, email: /who~1email, activity: /course, labour_status: /work, birth_year: /who~1born, consent_processing: /agree}
formats: {}
delivery: /_uuid
`, `{"_id": 1, "formhub/uuid": "u", "who/name": "Tina Koboska", "who/email": "tool@example.org", "who/born": "1984", "course": "planting", "work": "employed", "agree": "yes", "__version__": "v1", "meta/instanceID": "uuid:1", "_uuid": "1d7f", "_submission_time": "2026-11-01T10:00:00", "_attachments": [], "_geolocation": [null, null], "_status": "submitted_via_web"}`},
	{"Google Forms, by a script", `columns: {first_name: "Imię", last_name: "Nazwisko", email: "Adres e-mail", activity: "Szkolenie", labour_status: "Praca", birth_year: "Rok urodzenia", consent_processing: "Zgoda"}
values: {consent_processing: {"Zgadzam się": yes}}
delivery: /response
`, `{"form": "1abc", "response": "2_ABaOnud", "answers": [{"question": "Imię", "answer": "Tina"}, {"question": "Nazwisko", "answer": "Googlowska"}, {"question": "Adres e-mail", "answer": "tool@example.org"}, {"question": "Szkolenie", "answer": "Sadzenie drzew"},
 {"question": "Praca", "answer": "pracujący"}, {"question": "Rok  urodzenia ", "answer": "1984"}, {"question": "Zgoda", "answer": ["Zgadzam się"]}]}`},
	{"Microsoft Forms, by a flow", `columns: {first_name: /body/r1, last_name: /body/r2, email: /body/responder, activity: /body/r4, labour_status: /body/r5, birth_year: /body/r6}
consent: {en: "I agree to the use of my data.", pl: "Zgadzam się na przetwarzanie danych."}
delivery: /body/responseId
`, `{"body": {"responseId": 17, "responder": "tool@example.org", "submitDate": "11/1/2026 10:00:00 AM", "r1": "Tina", "r2": "Microsoftska", "r4": "planting", "r5": "employed", "r6": "1984"}}`},
	{"Jotform, by its API's shape", `columns: {first_name: /answers/3/answer/first, last_name: /answers/3/answer/last, email: "E-mail", activity: "Training", labour_status: "Work", birth_year: "Born", consent_processing: "Consent"}
values: {consent_processing: {"Accepted": yes}}
delivery: /id
`, `{"id": "5800000000000000001", "form_id": "230000000000001", "created_at": "2026-11-01 10:00:00", "answers": {"3": {"name": "name", "order": "1", "text": "Name", "type": "control_fullname", "answer": {"first": "Tina", "last": "Jotformska"}},
 "4": {"name": "email", "order": "2", "text": "E-mail", "type": "control_email", "answer": "tool@example.org"}, "5": {"name": "course", "order": "3", "text": "Training", "type": "control_radio", "answer": "planting"},
 "6": {"name": "work", "order": "4", "text": "Work", "type": "control_dropdown", "answer": "employed"}, "7": {"name": "born", "order": "5", "text": "Born", "type": "control_number", "answer": "1984"},
 "8": {"name": "typeA", "order": "6", "text": "Consent", "type": "control_checkbox", "answer": ["Accepted"]}, "2": {"name": "submit2", "order": "7", "text": "Send", "type": "control_button"}}}`},
}

func TestHooksTakeThePayloadsOfFormTools(t *testing.T) {
	t.Parallel()
	for _, tool := range formTools {
		t.Run(tool.name, func(t *testing.T) {
			t.Parallel()
			p := newProject(t)
			secret := p.hook("tool", "kind: signup\n"+tool.source)
			p.toHook("tool", secret, tool.payload).is(http.StatusCreated).has(map[string]string{"state": "received"})
			got := p.office.get(p.at + "/signups?activity=planting").is(http.StatusOK)
			got.has(map[string]string{"items.0.person.first_name": "Tina", "items.0.person.email": "tool@example.org", "items.0.labour_status": "employed", "items.0.birth_year": "1984", "items.0.state": "accepted"})
			if !strings.HasSuffix(got.text("items.0.person.last_name"), "ska") {
				t.Errorf("last name: %s", got)
			}
			// The tool's own id says that it is the same, whatever else it says.
			var again map[string]any
			if err := json.Unmarshal([]byte(tool.payload), &again); err != nil {
				t.Fatal(err)
			}
			again["attempt"] = 2
			body, err := json.Marshal(again)
			if err != nil {
				t.Fatal(err)
			}
			p.toHook("tool", secret, string(body)).is(http.StatusCreated)
			p.office.get(p.at + "/signups?activity=planting").is(http.StatusOK).has(map[string]string{"items.0.entries": "1", "items.1.id": ""})
		})
	}
}

func TestAHookIsTrustedLikeThePublicForm(t *testing.T) {
	t.Parallel()
	p := newProject(t)
	secret := p.hook("form", strings.Replace(ownForm, "activity: /course,", "activity: /course, submitted_at: /at,", 1))
	send := func(name, course string) reply { return p.toHook("form", secret, form(name, course)) }

	send("Over", "over").is(http.StatusUnprocessableEntity).isInvalid("/course closed")
	send("Last", "last-call").is(http.StatusCreated)
	for i, name := range []string{"Ada", "Bea", "Cia", "Dea"} {
		body := strings.Replace(form(name, "compost"), "{", fmt.Sprintf(`{"at": "2010-01-0%dT00:00:00Z", `, 9-i), 1)
		p.toHook("form", secret, body).is(http.StatusCreated).has(map[string]string{"state": "received"})
	}
	if got := p.states("compost"); got["accepted"] != 3 || got["waitlisted"] != 1 {
		t.Errorf("states: %v", got)
	}
	// One that contradicts a known person is held, and is answered like all others.
	p.office.post(p.at+"/signups", signup("known", "planting")).is(http.StatusCreated)
	send("Other", "planting").is(http.StatusCreated)
	held := p.toHook("form", secret, strings.Replace(form("Other", "planting"), "other@", "known@", 1)).is(http.StatusCreated)
	if held.text("id") != "" || held.text("conflict") != "" {
		t.Errorf("the answer says who is known: %s", held)
	}
	if got := p.states("planting"); got["held"] != 1 {
		t.Errorf("states: %v", got)
	}

	// A key of the request comes first, and is of one body.
	keyed := p.anyone.with("Authorization", "Bearer "+secret).with("Idempotency-Key", "k1")
	first := keyed.send("POST", p.at+"/hooks/form", "application/json", []byte(form("Keyed", "planting"))).is(http.StatusCreated)
	keyed.send("POST", p.at+"/hooks/form", "application/json", []byte(form("Keyed", "planting"))).is(http.StatusCreated).has(map[string]string{"receipt": first.text("receipt")})
	keyed.send("POST", p.at+"/hooks/form", "application/json", []byte(form("Other", "planting"))).is(http.StatusUnprocessableEntity).isInvalid("Idempotency-Key other_body")

	// What is no JSON object is not read.
	with := p.anyone.with("Authorization", "Bearer "+secret)
	for body, status := range map[string]int{"{": http.StatusBadRequest, "[1]": http.StatusBadRequest, strings.Repeat(`{"a":`, 40) + "1" + strings.Repeat("}", 40): http.StatusBadRequest, `{"a": "` + strings.Repeat("x", 300<<10) + `"}`: http.StatusRequestEntityTooLarge} {
		with.send("POST", p.at+"/hooks/form", "application/json", []byte(body)).is(status)
	}
	with.send("POST", p.at+"/hooks/form", "application/x-www-form-urlencoded", []byte("a=1")).is(http.StatusUnsupportedMediaType)
}

func TestConsentOfAHookIsACellOrTheTextOfTheSource(t *testing.T) {
	t.Parallel()
	p := newProject(t)
	// A constant without the words that people agreed to is no consent.
	secret := p.hook("form", strings.Replace(strings.Replace(ownForm, ", consent_processing: /agree", "", 1), `, consent_processing: {"I agree": yes}`, "", 1)+"constants: {consent_processing: yes}\n")
	p.toHook("form", secret, form("Anna", "planting")).is(http.StatusUnprocessableEntity).isInvalid("consent_processing missing")
	words := `consent: {en: "I agree.", pl: "Zgadzam się."}` + "\n"
	p.source(p.office, "form", strings.Replace(strings.Replace(ownForm, ", consent_processing: /agree", "", 1), `, consent_processing: {"I agree": yes}`, "", 1)+words).is(http.StatusOK).has(map[string]string{"consent.en": "I agree."})
	p.toHook("form", secret, form("Bella", "planting")).is(http.StatusCreated)
	p.office.get(p.at + "/signups?activity=planting").is(http.StatusOK).has(map[string]string{"items.0.consent_version": "form@2"})
	// Where a cell is named it must say so.
	p.source(p.office, "form", ownForm+words).is(http.StatusOK)
	p.toHook("form", secret, strings.Replace(form("Cleo", "planting"), "I agree", "no", 1)).is(http.StatusUnprocessableEntity)
	p.toHook("form", secret, strings.Replace(form("Dina", "planting"), `"agree": "I agree", `, "", 1)).is(http.StatusUnprocessableEntity).isInvalid("/agree missing")
	// One text for all languages may be sent back as it is answered.
	p.source(p.office, "one", strings.Replace(ownForm, "id: form", "id: one", 1)+"consent: I agree.\ndelivery: /id\n").is(http.StatusCreated)
	shown := p.office.get(p.at + "/sources/one").is(http.StatusOK)
	again := p.office.send("PUT", p.at+"/sources/one", "application/json", shown.body).is(http.StatusOK)
	if fmt.Sprint(again.at("consent")) != fmt.Sprint(shown.at("consent")) || again.text("delivery") != "/id" {
		t.Errorf("sent back: %s", again)
	}
	for _, bad := range []struct{ text, want string }{
		{"signature: Cookie\n", "signature not_allowed"}, {"signature: 'X Y'\n", "signature not_allowed"}, {"delivery: id\n", "delivery not_allowed"}, {"consent: []\n", "consent wrong_form"}, {"consent: ''\n", "consent missing"},
	} {
		p.source(p.office, "bad", strings.Replace(strings.Replace(ownForm, "id: form", "id: bad", 1), "signature: X-Signature\n", "", 1)+bad.text).isInvalid(bad.want)
	}
}

func TestThePayloadOfAnErasedPersonIsRemoved(t *testing.T) {
	t.Parallel()
	p := newProject(t)
	secret := p.hook("form", ownForm)
	p.toHook("form", secret, form("Anna", "planting")).is(http.StatusCreated)
	bad := form("Anna", "Beekeeping")
	p.toHook("form", secret, bad).is(http.StatusUnprocessableEntity)
	p.toHook("form", secret, strings.Replace(form("Zoe", "Beekeeping"), `"Hook"`, `"Zorro"`, 1)).is(http.StatusUnprocessableEntity)
	p.office.delete(p.at + "/people/" + p.person("anna@example.org")).is(http.StatusOK)
	removed := 0
	for _, one := range p.office.get(p.at + "/deliveries").is(http.StatusOK).list("items") {
		id := said(within(one, "id"))
		shown := p.office.get(p.at + "/deliveries/" + id).is(http.StatusOK)
		if shown.text("payload_removed") == "true" {
			removed++
			if strings.Contains(strings.ToLower(string(shown.body)), "anna") {
				t.Errorf("the payload is shown: %s", shown)
			}
			p.office.post(p.at+"/deliveries/"+id+"/reading", fields{}).is(http.StatusConflict)
		} else if shown.text("payload.who.first") != "Zoe" {
			t.Errorf("another payload: %s", shown)
		}
	}
	if removed != 1 {
		t.Errorf("%d payloads were removed", removed)
	}
	// It comes again in vain.
	p.toHook("form", secret, bad).is(http.StatusUnprocessableEntity).isInvalid("/course not_in_list")
	if all := p.office.get(p.at + "/deliveries").is(http.StatusOK).list("items"); len(all) != 2 {
		t.Errorf("%d wait", len(all))
	}
}
