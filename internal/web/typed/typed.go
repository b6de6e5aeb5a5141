// Package typed answers the addresses of the records that people type in: consultations, attendance, tests, outputs. They
// differ in their fields and in who may see and write them; all else is the same.
package typed

import (
	"cmp"
	"errors"
	"net/http"
	"slices"

	"outreach/internal/page"
	"outreach/internal/people"
	"outreach/internal/records"
	"outreach/internal/schema"
	"outreach/internal/store"
	"outreach/internal/web"
	"outreach/internal/web/shape"
)

// Desk serves one kind of record.
type Desk struct {
	Kind  *schema.Kind
	Roles []string // who may write; all but coordinators see only what they wrote themselves
}

func (d Desk) list(c *web.Call) error {
	return d.show(c, http.StatusOK, page.Entry{}, nil)
}

// show lists what the one who asks may see, with a form for the next record where a browser asks. Which are the people of
// whom an adviser's form asks who was meant.
func (d Desk) show(c *web.Call, status int, entry page.Entry, which []page.Suggestion) error {
	adviser := ""
	if !c.Has(web.Coordinator) {
		var err error
		if adviser, err = c.Staff(); err != nil {
			return err
		}
	}
	found, err := c.Site.Records.TypedRecords(c.Context(), c.Project, d.Kind, adviser, c.Limit(), c.Cursor())
	if err != nil {
		return err
	}
	views, err := d.views(c, found.Items)
	if err != nil {
		return err
	}
	if !c.Page {
		items := make([]shape.Merged, len(views))
		for i, v := range views {
			items[i] = v.json(d.Kind)
		}
		return c.List(items, found.Next)
	}
	if entry.IdempotencyKey == "" {
		entry.IdempotencyKey = c.Site.DB.NewID()
	}
	if entry.Values == nil {
		entry.Values = d.preselect(c, views)
	}
	if d.advises(c) {
		return d.desk(c, status, entry, which, found, views)
	}
	content := page.Records{Kind: d.Kind, Definition: c.Defined.Definition, Entry: entry, Today: c.Today(), Next: c.NextAddress(found.Next)}
	for _, v := range views {
		item := page.Record{ID: v.ID, Row: v.row, Who: v.who()}
		if c.Has(web.Coordinator) && !v.erased {
			item.Person = v.Person
		}
		content.Items = append(content.Items, item)
	}
	return c.Show(status, content)
}

// preselect begins a form with today, and with the choices made last.
func (d Desk) preselect(c *web.Call, last []view) map[string]string {
	values := map[string]string{"date": c.Today()}
	if len(last) > 0 {
		for i := range d.Kind.Fields {
			if f := &d.Kind.Fields[i]; f.Type == schema.List || f.Name == "minutes" {
				values[f.Name] = last[0].row[i]
			}
		}
	}
	return values
}

func (d Desk) create(c *web.Call) error {
	body, err := c.Read()
	if err != nil {
		return err
	}
	var before records.Typed
	if done, err := c.Site.DB.Answered(c.Context(), body.Once, &before); err != nil {
		return err
	} else if done {
		return d.created(c, body, before)
	}
	values := body.Values()
	which, err := d.asked(c, body)
	var draft records.Draft
	if err == nil {
		draft, err = d.draft(c, body)
	}
	if err == nil {
		var t records.Typed
		if t, err = c.Site.Records.Create(c.Context(), c.Project, draft, body.Once); err == nil {
			return d.created(c, body, t)
		}
	}
	return d.again(c, body, values, err, func(status int, e page.Entry) error { return d.show(c, status, e, which) })
}

// asked finds whom an adviser's form names by its one field.
func (d Desk) asked(c *web.Call, body web.Body) ([]page.Suggestion, error) {
	if !body.Form || !d.advises(c) {
		return nil, nil
	}
	staff, err := c.Staff()
	if err != nil {
		return nil, err
	}
	return d.whom(c, body, staff)
}

// again shows a browser its form with what was typed and what is wrong; a program gets the problem.
func (d Desk) again(c *web.Call, body web.Body, values map[string]string, err error, show func(int, page.Entry) error) error {
	if !c.Page || !body.Form {
		return err
	}
	entry := page.Entry{Values: values}
	if problems, ok := web.Problems(err); ok {
		entry.Problems = problems
		return show(http.StatusUnprocessableEntity, entry)
	}
	var exists *records.Exists
	switch {
	case errors.As(err, &exists):
		entry.Problems = []schema.Problem{{Code: "exists", Args: map[string]string{"id": exists.ID}}}
	case errors.Is(err, people.ErrTwoPeople):
		entry.Problems = []schema.Problem{{Field: "person", Code: schema.TwoPeople}}
	case errors.Is(err, store.ErrStale):
		// What was typed stays; who saves it again knows that it takes the place of the other's.
		entry.Problems = []schema.Problem{{Code: "stale"}}
		return show(http.StatusPreconditionFailed, entry)
	default:
		return err
	}
	return show(http.StatusConflict, entry)
}

func (d Desk) created(c *web.Call, body web.Body, t records.Typed) error {
	switch {
	case c.Page && body.Form && d.advises(c):
		return c.Redirect("/" + c.Project + "/" + d.Kind.Plural + "?saved=" + t.ID)
	case c.Page && body.Form:
		return c.Redirect("/" + c.Project + "/" + d.Kind.Plural + "?done=saved")
	}
	return d.answer(c, http.StatusCreated, t)
}

func (d Desk) answer(c *web.Call, status int, t records.Typed) error {
	views, err := d.views(c, []records.Typed{t})
	if err != nil {
		return err
	}
	c.W.Header().Set("ETag", t.ETag())
	if status == http.StatusCreated {
		c.W.Header().Set("Location", "/"+c.Project+"/"+d.Kind.Plural+"/"+t.ID)
	}
	return c.JSON(status, views[0].json(d.Kind))
}

// draft checks a body and finds whom it is about.
func (d Desk) draft(c *web.Call, body web.Body) (records.Draft, error) {
	reason := body.Take("reason")
	return d.Draft(c, body.Given, body.Form, reason)
}

// correction is the draft of a record's next version. Whoever was erased cannot be named any more: their record may be
// corrected without naming anybody, or by the id that it has.
func (d Desk) correction(c *web.Call, body web.Body, before records.Typed) (records.Draft, error) {
	if before.Person != "" && named(body.Given, before.Person) {
		found, err := c.Site.People.Persons(c.Context(), c.Project, []string{before.Person})
		if err != nil {
			return records.Draft{}, err
		}
		if _, known := found[before.Person]; !known {
			reason := body.Take("reason")
			delete(body.Given, "email")
			delete(body.Given, "pesel")
			body.Given["person"] = map[string]any{"id": before.Person}
			return d.drafted(c, body.Given, body.Form, reason, before.Person)
		}
	}
	return d.draft(c, body)
}

// named tells that a body names nobody, or the one with the id.
func named(given schema.Given, id string) bool {
	for _, key := range []string{"email", "pesel"} {
		if value := given[key]; value != nil && value != "" {
			return false
		}
	}
	switch who := given["person"].(type) {
	case nil:
		return true
	case string:
		return who == ""
	case map[string]any:
		return len(who) == 0 || len(who) == 1 && (who["id"] == id || who["id"] == "")
	}
	return false
}

// Draft checks what was given for one record and finds whom it is about. Loose is how people write, in a form.
func (d Desk) Draft(c *web.Call, given schema.Given, loose bool, reason string) (records.Draft, error) {
	return d.drafted(c, given, loose, reason, "")
}

// drafted is Draft; erased is whom the record is about where they can no longer be found, or "".
func (d Desk) drafted(c *web.Call, given schema.Given, loose bool, reason, erased string) (records.Draft, error) {
	scope := schema.Scope{Definition: c.Defined.Definition, Today: c.Today(), Loose: loose}
	entry, problems := d.Kind.Read(given, scope)
	draft := records.Draft{Kind: d.Kind, Row: entry.Row, Reason: reason}
	if at := d.Kind.Index("adviser"); at >= 0 {
		named := entry.Row[at]
		if named != "" && named != c.StaffName() && !c.Has(web.Coordinator) {
			problems = append(problems, schema.Problem{Field: "adviser", Code: schema.NotAllowed})
		}
		if named == "" {
			entry.Row[at] = c.StaffName()
		}
	}
	if len(problems) > 0 {
		return draft, web.Invalid(problems...)
	}
	var err error
	switch {
	case erased != "":
		draft.Person = erased
	case d.Kind.Person:
		draft.Person, err = c.Site.People.Resolve(c.Context(), c.Project, entry.Person, people.Names{})
		if errors.Is(err, store.ErrNotFound) {
			return draft, web.Invalid(schema.Problem{Field: "person.id", Code: schema.NotInList, Hint: "person"})
		}
		if err != nil {
			return draft, err
		}
	}
	if err := d.nameStaff(c, draft.Row); err != nil {
		return draft, err
	}
	draft.By, err = c.Staff()
	return draft, err
}

// nameStaff puts random ids in the place of addresses.
func (d Desk) nameStaff(c *web.Call, row schema.Row) error {
	for i := range d.Kind.Fields {
		if d.Kind.Fields[i].Keep == schema.Staff {
			id, err := c.Site.Access.Staff(c.Context(), c.Project, row[i])
			if err != nil {
				return err
			}
			row[i] = id
		}
	}
	return nil
}

func (d Desk) one(c *web.Call) error {
	var body web.Body
	if c.Method != http.MethodGet {
		var err error
		if body, err = c.Read(); err != nil {
			return err
		}
	}
	staff, err := c.Staff()
	if err != nil {
		return err
	}
	may := func(t records.Typed) bool {
		return c.Has(web.Coordinator) || t.Values.Get("adviser") == staff
	}
	id := c.PathValue("id")
	switch body.Method(c) {
	case http.MethodPut:
		return d.replace(c, body, id, may)
	case http.MethodDelete:
		draft := records.Draft{Kind: d.Kind, By: staff, Reason: body.Take("reason")}
		if reason := c.URL.Query().Get("reason"); reason != "" {
			draft.Reason = reason
		}
		t, err := c.Site.Records.Change(c.Context(), c.Project, d.Kind, id, body.IfMatch(c), draft, may)
		switch {
		case err != nil:
			return err
		case c.Page && body.Form:
			return c.Redirect("/" + c.Project + "/" + d.Kind.Plural + "?done=voided")
		}
		return c.JSON(http.StatusOK, voided{ID: t.ID, State: "voided"})
	case http.MethodGet:
		t, err := c.Site.Records.Typed(c.Context(), c.Project, d.Kind, id)
		switch {
		case err != nil:
			return err
		case !may(t):
			return store.ErrNotFound
		case c.Page:
			return d.edit(c, http.StatusOK, t, page.Entry{}, nil)
		}
		return d.answer(c, http.StatusOK, t)
	}
	return &web.Error{Status: http.StatusMethodNotAllowed, Allow: "GET, PUT, DELETE"}
}

func (d Desk) replace(c *web.Call, body web.Body, id string, may func(records.Typed) bool) error {
	before, err := c.Site.Records.Typed(c.Context(), c.Project, d.Kind, id)
	if err != nil {
		return err
	}
	if !may(before) {
		return store.ErrNotFound
	}
	values := body.Values()
	which, err := d.asked(c, body)
	var draft records.Draft
	if err == nil {
		draft, err = d.correction(c, body, before)
	}
	if err == nil {
		var t records.Typed
		if t, err = c.Site.Records.Change(c.Context(), c.Project, d.Kind, id, body.IfMatch(c), draft, may); err == nil {
			if c.Page && body.Form {
				return c.Redirect("/" + c.Project + "/" + d.Kind.Plural + "?done=changed")
			}
			return d.answer(c, http.StatusOK, t)
		}
	}
	return d.again(c, body, values, err, func(status int, e page.Entry) error { return d.edit(c, status, before, e, which) })
}

func (d Desk) edit(c *web.Call, status int, t records.Typed, entry page.Entry, which []page.Suggestion) error {
	if entry.Values == nil {
		views, err := d.views(c, []records.Typed{t})
		if err != nil {
			return err
		}
		entry.Values = views[0].values(d.Kind)
	}
	entry.Version = t.ETag()
	return c.Show(status, page.RecordEdit{
		Kind: d.Kind, Definition: c.Defined.Definition, ID: t.ID, Entry: entry, Today: c.Today(), OnePerson: d.advises(c), Which: which,
	})
}

// view is a record as it is shown to those who may see it.
type view struct {
	records.Typed
	row    schema.Row
	person people.Person
	erased bool // who it is about was erased
}

// views joins records with who they are about and with their private texts.
func (d Desk) views(c *web.Call, records []records.Typed) ([]view, error) {
	ids := make([]string, 0, len(records))
	var staff []string
	adviser := d.Kind.Index("adviser")
	for _, t := range records {
		if t.Person != "" && !slices.Contains(ids, t.Person) {
			ids = append(ids, t.Person)
		}
		if id := t.Values.Get("adviser"); adviser >= 0 && id != "" {
			staff = append(staff, id)
		}
	}
	known, err := c.Site.People.Persons(c.Context(), c.Project, ids)
	if err != nil {
		return nil, err
	}
	emails, err := c.Site.Access.StaffEmails(c.Context(), c.Project, staff)
	if err != nil {
		return nil, err
	}
	texts, err := c.Site.Records.Texts(c.Context(), c.Project, records)
	if err != nil {
		return nil, err
	}
	out := make([]view, len(records))
	for i, t := range records {
		row := d.Kind.Reveal(t.Values, texts[t.ID])
		if adviser >= 0 {
			row[adviser] = emails[row[adviser]]
		}
		who, there := known[t.Person]
		if !there {
			who = people.Person{ID: t.Person} // erased: a random id is all that is left
		}
		out[i] = view{Typed: t, row: row, person: who, erased: t.Person != "" && !there}
	}
	return out, nil
}

func (v view) json(k *schema.Kind) shape.Merged {
	if v.Person == "" {
		return shape.Merged{Fields: k.JSON(v.row), And: ofNobody{v.ID}}
	}
	return shape.Merged{Fields: k.JSON(v.row), And: ofPerson{v.ID, v.person.View()}}
}

// who is how people call whom the record is about; "" of nobody, and of somebody who was erased.
func (v view) who() string {
	switch {
	case v.person.LastName != "":
		return v.person.FirstName + " " + v.person.LastName
	case v.person.Email() != "":
		return v.person.Email()
	case len(v.person.Pesels) > 0:
		return "PESEL " + v.person.Pesels[0]
	}
	return ""
}

// values are the record as a form shows it.
func (v view) values(k *schema.Kind) map[string]string {
	out := map[string]string{}
	for i := range k.Fields {
		out[k.Fields[i].Name] = v.row[i]
	}
	who := v.person.View()
	for key, text := range map[string]string{"email": who.Email, "pesel": who.Pesel} {
		if text != "" {
			out[key] = text
		}
	}
	out["person"] = cmp.Or(out["email"], out["pesel"])
	return out
}
