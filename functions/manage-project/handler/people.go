package handler

import (
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"outreach/internal/kinds"
	"outreach/internal/page"
	"outreach/internal/person"
	"outreach/internal/record"
	"outreach/internal/store"
	"outreach/internal/web"
)

func itoa(n int) string { return strconv.Itoa(n) }

func item(p person.Person) page.PersonItem {
	said := p.JSON(true)
	get := func(name string) string { text, _ := said[name].(string); return text }
	return page.PersonItem{ID: p.ID, Name: strings.TrimSpace(p.FirstName + " " + p.LastName), Email: get("email"), Pesel: get("pesel")}
}

func searchPeople(c *web.Call) error {
	if err := c.Need(web.Coordinator); err != nil {
		return err
	}
	query := c.URL.Query().Get("q")
	found, err := c.Site.Store.Search(c.Context(), c.Project, query, c.Limit(), c.Cursor())
	if err != nil {
		return err
	}
	if c.Page {
		content := page.People{Query: query, Next: c.NextAddress(found.Next)}
		for _, p := range found.Items {
			content.Items = append(content.Items, item(p))
		}
		return c.Show(http.StatusOK, content)
	}
	items := make([]map[string]any, len(found.Items))
	for i, p := range found.Items {
		items[i] = p.JSON(true)
	}
	return c.List(items, found.Next)
}

func duplicates(c *web.Call) error {
	if err := c.Need(web.Coordinator); err != nil {
		return err
	}
	groups, err := c.Site.Store.Duplicates(c.Context(), c.Project)
	if err != nil {
		return err
	}
	content := page.People{Duplicates: true}
	items := []map[string]any{}
	for _, group := range groups {
		for _, other := range group[1:] {
			content.Pairs = append(content.Pairs, page.Pair{A: item(group[0]), B: item(other), Why: c.Messages().Say("people.same_name")})
			items = append(items, map[string]any{"people": []map[string]any{group[0].JSON(true), other.JSON(true)}, "reason": "same_name"})
		}
	}
	if c.Page {
		return c.Show(http.StatusOK, content)
	}
	return c.List(items, "")
}

func showPerson(c *web.Call) error {
	if err := c.Need(web.Coordinator); err != nil {
		return err
	}
	id, export := strings.CutSuffix(c.PathValue("id"), ".json")
	p, err := c.Site.Store.Person(c.Context(), c.Project, id)
	if err != nil {
		return err
	}
	story, err := c.Site.Store.Story(c.Context(), c.Project, p)
	if err != nil {
		return err
	}
	if c.Page && !export {
		return c.Show(http.StatusOK, drawn(c, p, story, page.Entry{Values: map[string]string{"into": c.URL.Query().Get("into")}}))
	}
	said, err := c.Site.Store.Dossier(c.Context(), c.Project, p)
	if err != nil {
		return err
	}
	who := p.JSON(true)
	who["was"] = append([]string{}, p.Was...)
	who["emails"], who["pesels"] = append([]string{}, p.Emails...), append([]string{}, p.Pesels...)
	if p.Phone != "" {
		who["phone"] = p.Phone
	}
	signups := []map[string]any{}
	for _, s := range story.Signups {
		one := listed{Signup: s.Signup, form: s.Form, row: s.Row}.json()
		one["sent"] = s.Sent
		one["sendings"], one["states"] = sendings(said.Sendings[s.ID]), states(said.States[s.ID])
		signups = append(signups, one)
	}
	records := []map[string]any{}
	for _, r := range story.Records {
		one := kinds.ByName(r.Kind).JSON(r.Row)
		one["id"], one["kind"] = r.ID, r.Kind
		if r.Upload != "" {
			one["upload"], one["row"] = r.Upload, r.Line
		}
		records = append(records, one)
	}
	out := map[string]any{"person": who, "signups": signups, "records": records, "history": history(said.Versions), "uploads": files(said.Files), "merges": merges(said.Merges)}
	for name, value := range p.JSON(true) {
		out[name] = value
	}
	return c.JSON(http.StatusOK, out)
}

// sendings are all that a sign-up's form ever said, with what it was then: attributes and consents too.
func sendings(all []store.Sending) []map[string]any {
	out := make([]map[string]any, len(all))
	for i, s := range all {
		one := kinds.ByName("signup").JSON(s.Row)
		one["id"], one["received_at"], one["submitted_at"] = s.ID, instant(s.At), instant(s.Submitted)
		for _, name := range []string{"first_name", "last_name", "email", "pesel", "phone"} {
			if value := kinds.ByName("signup").Get(s.Row, name); value != "" {
				one[name] = value
			}
		}
		if s.Upload != "" {
			one["upload"], one["row"] = s.Upload, s.Line
		}
		out[i] = one
	}
	return out
}

func states(all []store.StateHad) []map[string]any {
	out := make([]map[string]any, len(all))
	for i, s := range all {
		out[i] = map[string]any{"state": s.State, "at": instant(s.At)}
	}
	return out
}

func history(all []store.Version) []map[string]any {
	out := make([]map[string]any, len(all))
	for i, v := range all {
		one := map[string]any{}
		if !v.Void {
			one = kinds.ByName(v.Kind).JSON(v.Row)
		}
		one["record"], one["of"], one["at"], one["void"] = v.Record, v.Kind, instant(v.At), v.Void
		if v.Number > 0 {
			one["version"] = v.Number
		}
		if v.Reason != "" {
			one["reason"] = v.Reason
		}
		if v.Upload != "" {
			one["upload"], one["row"] = v.Upload, v.Line
		}
		out[i] = one
	}
	return out
}

func files(all []store.FileRow) []map[string]any {
	out := make([]map[string]any, len(all))
	for i, f := range all {
		out[i] = map[string]any{"id": f.Upload, "kind": f.Kind, "state": f.State, "row": f.Line}
	}
	return out
}

func merges(all []store.MergeHad) []map[string]any {
	out := make([]map[string]any, len(all))
	for i, m := range all {
		out[i] = map[string]any{"id": m.ID, "into": m.Into, "at": instant(m.At)}
	}
	return out
}

func instant(at time.Time) string { return at.UTC().Format(time.RFC3339Nano) }

func drawn(c *web.Call, p person.Person, story store.Story, entry page.Entry) page.Person {
	content := page.Person{Person: item(p), Definition: c.Defined.Definition, Export: "/" + c.Project + "/people/" + p.ID + ".json", Entry: entry}
	if p.Phone != "" {
		content.Facts = append(content.Facts, page.Fact{Label: c.Messages().Field("phone"), Value: p.Phone})
	}
	for _, s := range story.Signups {
		l := listed{Signup: s.Signup, form: s.Form}
		content.Signups = append(content.Signups, page.SignupItem{ID: s.ID, Person: p.ID, Name: content.Person.Name, Email: s.Form["email"], Activity: s.Activity, State: s.State, SubmittedAt: s.Submitted.Format("2006-01-02T15:04:05Z07:00"), Version: l.etag(), Row: s.Row})
	}
	for _, r := range story.Records {
		shown := page.PersonRecord{Kind: kinds.ByName(r.Kind), Row: r.Row}
		if r.Upload == "" {
			shown.ID = r.ID
		}
		content.Records = append(content.Records, shown)
	}
	return content
}

var target = record.Kind{Name: "merge", Fields: []record.Field{{Name: "into", Required: true, Longest: 26}}}

func merge(c *web.Call) error {
	if err := c.Need(web.Coordinator); err != nil {
		return err
	}
	body, err := c.Read()
	if err != nil {
		return err
	}
	entry, problems := target.Read(body.Given, record.Scope{Definition: c.Defined.Definition, Today: c.Today(), Loose: body.Form})
	from, into := c.PathValue("id"), entry.Row[0]
	if len(problems) == 0 {
		if _, err := c.Site.Store.Person(c.Context(), c.Project, into); errors.Is(err, store.ErrNotFound) || from == into {
			problems = []record.Problem{{Field: "into", Code: record.NotInList, Hint: "person"}}
		}
	}
	if len(problems) > 0 && c.Page && body.Form {
		return mergeAgain(c, from, page.Entry{Values: body.Values(), Problems: problems})
	}
	if len(problems) > 0 {
		return web.Invalid(problems...)
	}
	by, err := c.Staff()
	if err != nil {
		return err
	}
	p, err := c.Site.Store.Merge(c.Context(), c.Project, from, into, by)
	if err != nil {
		return err
	}
	if c.Page && body.Form {
		return c.Redirect("/" + c.Project + "/people/" + p.ID + "?done=merged")
	}
	return c.JSON(http.StatusOK, p.JSON(true))
}

// mergeAgain shows the form on the person's page, with what was typed and what is wrong.
func mergeAgain(c *web.Call, id string, entry page.Entry) error {
	p, err := c.Site.Store.Person(c.Context(), c.Project, id)
	if err != nil {
		return err
	}
	story, err := c.Site.Store.Story(c.Context(), c.Project, p)
	if err != nil {
		return err
	}
	c.URL = &url.URL{Path: "/" + c.Project + "/people/" + p.ID} // where a form is sent it cannot be asked for
	return c.Show(http.StatusUnprocessableEntity, drawn(c, p, story, entry))
}

// changePerson erases a person; a browser's form says DELETE in a field.
func changePerson(c *web.Call) error {
	if err := c.Need(web.Coordinator); err != nil {
		return err
	}
	body, err := c.Read()
	if err != nil {
		return err
	}
	if body.Method(c) != http.MethodDelete {
		return &web.Error{Status: http.StatusMethodNotAllowed, Allow: "GET, DELETE"}
	}
	by, err := c.Staff()
	if err != nil {
		return err
	}
	if err := c.Site.Store.Erase(c.Context(), c.Project, c.PathValue("id"), by); err != nil {
		return err
	}
	if c.Page && body.Form {
		return c.Redirect("/" + c.Project + "/people?done=erased")
	}
	return c.JSON(http.StatusOK, map[string]any{"id": c.PathValue("id"), "state": "erased"})
}
