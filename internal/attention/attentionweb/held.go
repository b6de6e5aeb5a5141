package attentionweb

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"outreach/internal/page"
	"outreach/internal/people"
	"outreach/internal/schema"
	"outreach/internal/signups"
	"outreach/internal/web"
)

// mostHeld is how many held sign-ups are shown with the people.
const mostHeld = 20

// held is a sign-up that is held, beside the known person.
type held struct {
	ID          string             `json:"id"`
	Activity    string             `json:"activity"`
	SubmittedAt string             `json:"submitted_at" format:"date-time"`
	Person      people.PersonView  `json:"person" doc:"What was sent"`
	Conflict    *people.Conflict   `json:"conflict,omitempty" doc:"Why it is held: what differs from the known person"`
	Known       *people.PersonView `json:"known,omitempty" doc:"The known person; left out where they were erased"`
	Unconfirmed bool               `json:"unconfirmed,omitempty" doc:"Nobody has confirmed its address by the link in the e-mail"`
	disputed    bool
	form        map[string]string
	version     string
	known       people.Person
	keys        *schema.Keys
	year        string
}

// held returns the first sign-ups that are held, with the people whom they may be of.
func (h Handlers) held(c *web.Call) ([]held, error) {
	found, err := h.signups.Held(c.Context(), c.Project, mostHeld, "")
	if err != nil {
		return nil, err
	}
	forms, err := h.signups.Forms(c.Context(), c.Project, found.Items)
	if err != nil {
		return nil, err
	}
	known := func(su signups.Signup) string {
		if su.Conflict != nil {
			return su.Conflict.Person
		}
		return su.Person
	}
	var ids []string
	for _, su := range found.Items {
		ids = append(ids, known(su))
	}
	slices.Sort(ids)
	persons, err := h.people.Persons(c.Context(), c.Project, slices.Compact(ids))
	if err != nil {
		return nil, err
	}
	var out []held
	keys := schema.For(c.Defined.Definition).Keys
	for _, su := range found.Items {
		form := forms[su.ID]
		one := held{
			ID: su.ID, Activity: su.Activity, SubmittedAt: su.Submitted.Format(time.RFC3339Nano), Conflict: su.Conflict, Unconfirmed: su.Unconfirmed, disputed: su.Disputed(), form: form, version: signups.ETag(su),
			keys: keys, year: su.Values.Get("birth_year"),
			Person: people.ViewOf(su.Person, keys, func(field string) string { return form[field] }),
		}
		if p, there := persons[known(su)]; there {
			view := p.View()
			one.Known, one.known = &view, p
		}
		out = append(out, one)
	}
	return out, nil
}

// item returns what the page shows of the sign-up.
func (o held) item(c *web.Call) page.HeldItem {
	activity, _ := c.Defined.Definition.Activity(o.Activity)
	item := page.HeldItem{
		ID: o.ID, Activity: cmp.Or(activity.Label.In(c.Language), o.Activity), SubmittedAt: o.SubmittedAt, Version: o.version, Own: o.Conflict != nil, Unconfirmed: o.Unconfirmed,
		Known: o.known.ID, KnownName: cmp.Or(strings.TrimSpace(o.known.FirstName+" "+o.known.LastName), o.known.AnyKey(), o.known.ID),
		Name: cmp.Or(strings.TrimSpace(o.form["first_name"]+" "+o.form["last_name"]), o.form["email"], o.form["pesel"]),
	}
	if !o.disputed {
		item.Undisputed = true
		return item
	}
	ref := o.keys.Of(func(field string) string {
		if field == "birth_year" {
			return o.year
		}
		return o.form[field]
	})
	why := "confirm"
	if o.Conflict != nil {
		why = "keys"
		for _, field := range []string{"first_name", "pesel", "birth_year"} {
			if slices.Contains(o.Conflict.Fields, field) && o.Known != nil && slices.Contains(o.known.Contradicts(ref), field) {
				why = field
				break
			}
		}
	}
	item.Why = c.Messages().Say("held.why." + why)
	line := func(field, sent string, known ...string) {
		if has := strings.Join(known, ", "); sent != "" || has != "" {
			item.Lines = append(item.Lines, page.HeldLine{Field: field, Sent: sent, Known: has, Differs: sent != "" && has != "" && !slices.ContainsFunc(known, func(k string) bool { return people.Fold(k) == people.Fold(sent) })})
		}
	}
	k := o.known
	line("first_name", o.form["first_name"], append([]string{k.FirstName}, k.Also...)...)
	line("last_name", o.form["last_name"], k.LastName)
	line("email", o.form["email"], append(slices.Clone(k.Emails), slices.DeleteFunc([]string{k.Address}, func(a string) bool { return a == "" })...)...)
	line("pesel", o.form["pesel"], k.Pesels...)
	line("phone", o.form["phone"], k.Phone)
	for _, f := range o.keys.Fields {
		if f.Name != "email" && f.Name != "pesel" && f.Name != "phone" {
			line(f.Name, o.form[f.Name], k.Values(f.Name)...)
		}
	}
	line("birth_year", o.year, k.BirthYear)
	for i, l := range item.Lines {
		if f := o.keys.Field(l.Field); f != nil {
			item.Lines[i].Label = f.LabelIn(c.Messages())
		}
	}
	return item
}
