package peopleweb

import (
	"cmp"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"outreach/internal/fact"
	"outreach/internal/page"
	"outreach/internal/people"
	"outreach/internal/privacy"
	"outreach/internal/project"
	"outreach/internal/schema"
	"outreach/internal/signups"
	"outreach/internal/signups/signupsweb"
	"outreach/internal/store"
	"outreach/internal/text"
	"outreach/internal/web"
	"outreach/internal/web/shape"
)

// item returns a person as a line of a list.
func item(p people.Person) page.PersonItem {
	return page.PersonItem{ID: p.ID, Name: strings.TrimSpace(p.FirstName + " " + p.LastName), Email: p.Email(), Pesel: p.View().Pesel, Key: p.AnyKey(), Further: p.View().Further}
}

// registry returns the kinds of record of the call's project.
func registry(c *web.Call) *schema.Registry { return schema.For(c.Defined.Definition) }

func (h Handlers) searchPeople(c *web.Call) error {
	query := c.URL.Query().Get("q")
	found, err := h.people.Search(c.Context(), c.Defined.Definition, query, c.Limit(), c.Cursor())
	if err != nil {
		return err
	}
	if c.Page {
		content := page.People{Query: query, Keys: registry(c).Keys, Next: c.NextAddress(found.Next), Incomplete: len(c.Defined.Definition.People.Complete) > 0}
		for _, p := range found.Items {
			content.Items = append(content.Items, item(p))
		}
		return c.Show(http.StatusOK, content)
	}
	items := make([]people.PersonView, len(found.Items))
	for i, p := range found.Items {
		items[i] = p.View()
	}
	return c.List(items, found.Next)
}

// duplicates lists probable duplicates. The cursor is an offset: a pair that is merged between two pages moves the
// others up.
func (h Handlers) duplicates(c *web.Call) error {
	from, err := c.Offset()
	if err != nil {
		return err
	}
	found, err := h.people.Duplicates(c.Context(), c.Project, from, c.Limit())
	if err != nil {
		return err
	}
	next, pairs := "", found.Pairs
	if found.Next >= 0 {
		next = strconv.Itoa(found.Next)
	}
	if !c.Page {
		items := make([]duplicatePair, len(pairs))
		for i, pair := range pairs {
			items[i] = duplicatePair{People: []people.PersonView{pair.A.View(), pair.B.View()}, Reason: pair.Why[0], Reasons: pair.Why}
		}
		return c.List(items, next)
	}
	content := page.People{Duplicates: true, Keys: registry(c).Keys, Next: c.NextAddress(next), Many: found.Many, Day: found.Day}
	for _, pair := range pairs {
		var why []string
		for _, reason := range pair.Why {
			why = append(why, c.Messages().Say("people."+reason))
		}
		content.Pairs = append(content.Pairs, page.Pair{A: item(pair.A), B: item(pair.B), Why: strings.Join(why, ", ")})
	}
	return c.Show(http.StatusOK, content)
}

func (h Handlers) showPerson(c *web.Call) error {
	return h.personAs(c, c.Page, func(id, by string) error { return h.people.NoteView(c.Context(), c.Project, id, by) })
}

func (h Handlers) exportPerson(c *web.Call) error {
	return h.personAs(c, false, func(id, by string) error {
		return h.people.NoteExport(c.Context(), c.Project, fact.ExportedPerson, id, by)
	})
}

// personAs answers with a person's page, or with the JSON of everything stored about them, once it is noted who looks.
func (h Handlers) personAs(c *web.Call, onPage bool, note func(id, by string) error) error {
	p, data, err := h.load(c, c.PathValue("id"))
	if err != nil {
		return err
	}
	by, err := c.Staff()
	if err != nil {
		return err
	}
	if err := note(p.ID, by); err != nil {
		return err
	}
	c.W.Header().Set("ETag", h.people.PersonTag(c.Project, p))
	if onPage {
		return c.Show(http.StatusOK, h.personPage(c, p, data, page.Entry{Values: map[string]string{"into": c.URL.Query().Get("into")}}))
	}
	reg := registry(c)
	past, err := h.privacy.History(c.Context(), reg, c.Project, p)
	if err != nil {
		return err
	}
	who := wholePerson{PersonFields: people.PersonFields(p.View()), Was: append([]string{}, p.Was...), Emails: append([]string{}, p.Emails...), Pesels: append([]string{}, p.Pesels...), Phone: p.Phone}
	for _, k := range p.Further {
		if k.Kind != project.KeyName {
			if who.Keys == nil {
				who.Keys = map[string][]string{}
			}
			who.Keys[k.Kind] = append(who.Keys[k.Kind], k.Value)
		}
	}
	out := personFile{PersonFields: who.PersonFields, Person: who, Attributes: attributesJSON(reg, data.Attributes(reg, derived(c, p))), Corrections: correctionsJSON(reg, data.Corrections), Signups: []shape.Merged{}, Records: []shape.Merged{}, History: history(reg, past.Versions), Uploads: files(past.Files), Merges: merges(past.Merges)}
	for _, s := range data.Signups {
		out.Signups = append(out.Signups, shape.Merged{Fields: signupsweb.Fields(reg.Kind(schema.Signup), s.Row), And: personSignup{signupsweb.NewView(reg.Kind(schema.Signup), s.Signup, s.Form), s.Sent, sendings(reg.Kind(schema.Signup), past.Submissions[s.ID]), states(past.States[s.ID])}})
	}
	for _, r := range data.Records {
		one := personRecord{ID: r.ID, Kind: r.Kind}
		if r.Upload != "" {
			one.Upload, one.Row = r.Upload, fact.RowOf(r.Line)
		}
		out.Records = append(out.Records, shape.Merged{Fields: reg.Kind(r.Kind).JSON(r.Row), And: one})
	}
	return c.JSON(http.StatusOK, out)
}

// load reads a person, following merges, and everything stored about them. An unknown id is store.ErrNotFound.
func (h Handlers) load(c *web.Call, id string) (people.Person, privacy.PersonData, error) {
	p, err := h.people.Person(c.Context(), c.Project, id)
	if err != nil {
		return p, privacy.PersonData{}, err
	}
	data, err := h.privacy.PersonData(c.Context(), registry(c), c.Project, p)
	return p, data, err
}

// sendings returns the submissions of a sign-up's form with all their fields.
func sendings(kind *schema.Kind, all []privacy.Submission) []shape.Merged {
	out := make([]shape.Merged, len(all))
	for i, s := range all {
		fields := kind.JSON(s.Row)
		for _, f := range kind.PersonKeys().Fields {
			delete(fields, f.Name) // the sign-up's list of what was sent has those of the project's own
		}
		for _, name := range []string{"first_name", "last_name", "email", "pesel", "phone"} {
			if value := kind.Get(s.Row, name); value != "" {
				fields[name] = value
			}
		}
		one := sending{ID: s.ID, ReceivedAt: instant(s.At), SubmittedAt: instant(s.Submitted)}
		if s.Upload != "" {
			one.Upload, one.Row = s.Upload, fact.RowOf(s.Line)
		}
		out[i] = shape.Merged{Fields: fields, And: one}
	}
	return out
}

func states(all []privacy.StateChange) []stateHad {
	out := make([]stateHad, len(all))
	for i, s := range all {
		out[i] = stateHad{State: s.State, At: instant(s.At)}
	}
	return out
}

func history(reg *schema.Registry, all []privacy.Version) []shape.Merged {
	out := make([]shape.Merged, len(all))
	for i, v := range all {
		var fields map[string]any
		if v.Row != nil {
			fields = reg.Kind(v.Kind).JSON(v.Row)
		}
		one := versionHad{Record: v.Record, Of: v.Kind, At: instant(v.At), Void: v.Void, Version: v.Number, Reason: v.Reason}
		if v.Upload != "" {
			one.Upload, one.Row = v.Upload, fact.RowOf(v.Line)
		}
		out[i] = shape.Merged{Fields: fields, And: one}
	}
	return out
}

func files(all []privacy.FileRow) []fileRow {
	out := make([]fileRow, len(all))
	for i, f := range all {
		out[i] = fileRow{ID: f.Upload, Kind: f.Kind, State: f.State, Row: fact.RowOf(f.Line)}
	}
	return out
}

func merges(all []privacy.Merge) []mergeHad {
	out := make([]mergeHad, len(all))
	for i, m := range all {
		out[i] = mergeHad{ID: m.ID, Into: m.Into, At: instant(m.At)}
	}
	return out
}

func instant(at time.Time) string { return at.UTC().Format(time.RFC3339Nano) }

func (h Handlers) personPage(c *web.Call, p people.Person, data privacy.PersonData, merging page.Entry) page.Person {
	reg := registry(c)
	content := page.Person{Person: item(p), Definition: c.Defined.Definition, Export: export(c, p), Entry: merging, Names: page.Entry{Values: identityValues(p), Version: h.people.PersonTag(c.Project, p)}}
	content.Attributes.Values = data.Attributes(reg, derived(c, p))
	for _, one := range data.Corrections {
		content.Corrections = append(content.Corrections, page.Corrected{At: one.At.Format(time.RFC3339), Values: one.Values, Cleared: one.Cleared, Reason: one.Reason})
	}
	if p.Phone != "" {
		content.Facts = append(content.Facts, page.Fact{Label: c.Messages().Field("phone"), Value: p.Phone})
	}
	for _, f := range reg.Keys.Fields {
		if values := p.Values(f.Name); len(values) > 0 && f.Name != project.KeyEmail && f.Name != project.KeyPesel && f.Name != project.KeyPhone {
			content.Facts = append(content.Facts, page.Fact{Label: f.LabelIn(c.Messages()), Value: strings.Join(values, ", ")})
		}
	}
	also := append(slices.Clone(p.Emails[min(1, len(p.Emails)):]), p.Pesels[min(1, len(p.Pesels)):]...)
	also = append(also, slices.DeleteFunc(p.Values(project.KeyPhone), func(phone string) bool { return phone == p.Phone })...)
	for _, other := range also {
		content.Facts = append(content.Facts, page.Fact{Label: c.Messages().Say("people.also"), Value: other})
	}
	for _, s := range data.Signups {
		content.Signups = append(content.Signups, page.SignupItem{ID: s.ID, Person: p.ID, Name: content.Person.Name, Email: s.Form["email"], Activity: s.Activity, State: s.State, SubmittedAt: s.Submitted.Format("2006-01-02T15:04:05Z07:00"), Version: signups.ETag(s.Signup), Row: s.Row, Consent: s.Form[signups.ConsentGiven]})
	}
	for _, r := range data.Records {
		shown := page.PersonRecord{Kind: reg.Kind(r.Kind), Row: r.Row, Upload: r.Upload}
		if r.Upload == "" {
			shown.ID = r.ID
		}
		content.Records = append(content.Records, shown)
	}
	return content
}

func export(c *web.Call, p people.Person) string {
	return "/" + c.Project + "/people/" + p.ID + ".json"
}

// identityValues returns the values of the correction form.
func identityValues(p people.Person) map[string]string {
	values := map[string]string{"phone": p.Phone}
	who := p.View()
	for name, text := range map[string]string{"first_name": who.FirstName, "last_name": who.LastName, "email": who.Email, "pesel": who.Pesel} {
		if text != "" {
			values[name] = text
		}
	}
	for kind, value := range who.Further.All() {
		values[kind] = cmp.Or(values[kind], value)
	}
	return values
}

// changePerson corrects or erases a person. A browser's form is a POST with PUT or DELETE in a field.
func (h Handlers) changePerson(c *web.Call) error {
	body, err := c.Read()
	if err != nil {
		return err
	}
	switch body.Method(c) {
	case http.MethodPut:
		return h.correct(c, body)
	case http.MethodDelete:
	default:
		return &web.Error{Status: http.StatusMethodNotAllowed, Allow: "GET, PUT, DELETE"}
	}
	by, err := c.Staff()
	if err != nil {
		return err
	}
	if err := h.privacy.Erase(c.Context(), c.Project, c.PathValue("id"), by); err != nil {
		return err
	}
	if c.Page && body.Form {
		return c.Redirect("/" + c.Project + "/people?done=erased")
	}
	return c.JSON(http.StatusOK, erased{ID: c.PathValue("id"), State: "erased"})
}

// correct replaces a person's identity. At least one key is required.
func (h Handlers) correct(c *web.Call, body web.Body) error {
	id := c.PathValue("id")
	keys := registry(c).Keys
	identity := page.Identity(keys)
	entry, problems := identity.Read(body.Given, c.Scope(body.Form))
	get := func(name string) string { return identity.Get(entry.Row, name) }
	showForm := func(status int, problems ...schema.Problem) error {
		p, data, err := h.load(c, id)
		if err != nil {
			return err
		}
		content := h.personPage(c, p, data, page.Entry{})
		content.Names.Values, content.Names.Problems = body.Values(), problems
		c.URL = &url.URL{Path: "/" + c.Project + "/people/" + p.ID} // the form's own address has no page
		return c.Show(status, content)
	}
	form := c.Page && body.Form
	if len(problems) > 0 {
		if form {
			return showForm(http.StatusUnprocessableEntity, problems...)
		}
		return web.Invalid(problems...)
	}
	by, err := c.Staff()
	if err != nil {
		return err
	}
	corrected, err := h.people.Correct(c.Context(), c.Project, id, body.IfMatch(c), people.Correction{
		FirstName: get("first_name"), LastName: get("last_name"), Phone: get("phone"), Email: get("email"), Pesel: get("pesel"),
		Further: keys.Of(get).Further, Keys: keys,
	}, by)
	var taken *people.KeyTaken
	switch {
	case errors.As(err, &taken):
		problem := schema.Problem{Field: taken.Field, Code: "taken"}
		if form {
			return showForm(http.StatusConflict, problem)
		}
		return &web.Error{Status: http.StatusConflict, Detail: "taken", Problems: []schema.Problem{problem}, Extra: map[string]any{"existing": taken.Person}}
	case errors.Is(err, store.ErrStale) && form:
		return showForm(http.StatusPreconditionFailed, schema.Problem{Code: "stale"})
	case err != nil:
		return err
	case form:
		return c.Redirect("/" + c.Project + "/people/" + corrected.ID + "?done=saved")
	}
	c.W.Header().Set("ETag", h.people.PersonTag(c.Project, corrected))
	return c.JSON(http.StatusOK, corrected.View())
}

var mergeTarget = schema.Kind{Name: "merge", Fields: []schema.Field{{Name: "into", Required: true, Longest: 26}}}

func (h Handlers) merge(c *web.Call) error {
	body, err := c.Read()
	if err != nil {
		return err
	}
	entry, problems := mergeTarget.Read(body.Given, c.Scope(body.Form))
	from, into := c.PathValue("id"), entry.Row[0]
	if len(problems) == 0 {
		if _, problems, err = h.otherPerson(c, "into", into, from); err != nil {
			return err
		}
	}
	if len(problems) > 0 && c.Page && body.Form {
		return h.showMergeForm(c, from, page.Entry{Values: body.Values(), Problems: problems})
	}
	if len(problems) > 0 {
		return web.Invalid(problems...)
	}
	by, err := c.Staff()
	if err != nil {
		return err
	}
	p, err := h.people.Merge(c.Context(), c.Project, from, into, by)
	if err != nil {
		return err
	}
	if c.Page && body.Form {
		return c.Redirect("/" + c.Project + "/people/" + p.ID + "?done=merged")
	}
	return c.JSON(http.StatusOK, p.View())
}

// otherPerson reads the person with the id in a field. It returns a problem of the field where there is none, or where
// it is the person than.
func (h Handlers) otherPerson(c *web.Call, field, id, than string) (people.Person, []schema.Problem, error) {
	p, err := h.people.Person(c.Context(), c.Project, id)
	switch {
	case errors.Is(err, store.ErrNotFound):
		return p, []schema.Problem{{Field: field, Code: schema.NotInList, Hint: "person"}}, nil
	case err == nil && p.ID == than:
		return p, []schema.Problem{{Field: field, Code: schema.NotInList, Hint: "same_person"}}, nil
	}
	return p, nil, err
}

var apartFrom = schema.Kind{Name: "apart", Fields: []schema.Field{{Name: "from", Required: true, Longest: 26}}}

// markDistinct marks two probable duplicates as two people.
func (h Handlers) markDistinct(c *web.Call) error {
	body, err := c.Read()
	if err != nil {
		return err
	}
	entry, problems := apartFrom.Read(body.Given, c.Scope(body.Form))
	one, err := h.people.Person(c.Context(), c.Project, c.PathValue("id"))
	if err != nil {
		return err
	}
	var other people.Person
	if len(problems) == 0 {
		if other, problems, err = h.otherPerson(c, "from", entry.Row[0], one.ID); err != nil {
			return err
		}
	}
	if len(problems) > 0 {
		return web.Invalid(problems...)
	}
	by, err := c.Staff()
	if err != nil {
		return err
	}
	if err := h.people.MarkDistinct(c.Context(), c.Project, one.ID, other.ID, by); err != nil {
		return err
	}
	if c.Page && body.Form {
		return c.Redirect("/" + c.Project + "/people/duplicates?done=apart")
	}
	return c.JSON(http.StatusOK, toldApart{ID: one.ID, From: other.ID, State: "apart"})
}

// showMergeForm answers 422 with the person's page, the values typed into its merge form, and their problems.
func (h Handlers) showMergeForm(c *web.Call, id string, entry page.Entry) error {
	p, data, err := h.load(c, id)
	if err != nil {
		return err
	}
	c.URL = &url.URL{Path: "/" + c.Project + "/people/" + p.ID} // the form's own address has no page
	return c.Show(http.StatusUnprocessableEntity, h.personPage(c, p, data, entry))
}

// previewMerge shows two people side by side, and the person they would become. The query names the second by id
// or by a key.
func (h Handlers) previewMerge(c *web.Call) error {
	from, fromData, err := h.load(c, c.PathValue("id"))
	if err != nil {
		return err
	}
	query := strings.TrimSpace(c.URL.Query().Get("into"))
	into, found, err := h.findByIDOrKey(c, query)
	if err != nil {
		return err
	}
	if !found || into.ID == from.ID {
		problem := schema.Problem{Field: "into", Code: schema.NotInList, Hint: "person"}
		switch {
		case query == "":
			problem = schema.Problem{Field: "into", Code: schema.Missing}
		case found:
			problem.Hint = "same_person"
		}
		if c.Page {
			return h.showMergeForm(c, from.ID, page.Entry{Values: map[string]string{"into": query}, Problems: []schema.Problem{problem}})
		}
		return web.Invalid(problem)
	}
	intoData, err := h.privacy.PersonData(c.Context(), registry(c), c.Project, into)
	if err != nil {
		return err
	}
	one := into
	one.Absorb(from)
	both := collisions(registry(c), fromData, intoData)
	if !c.Page {
		return c.JSON(http.StatusOK, mergePreview{From: summary(from, fromData), Into: summary(into, intoData), Result: summary(one, combined(fromData, intoData)), Collisions: both})
	}
	content := page.Merge{
		From: h.personPage(c, from, fromData, page.Entry{}), Into: h.personPage(c, into, intoData, page.Entry{}), One: h.personPage(c, one, combined(fromData, intoData), page.Entry{}),
		TwoPesels: len(one.Pesels) > 1 && len(into.Pesels) > 0 && len(from.Pesels) > 0,
	}
	for _, collision := range both {
		content.Collisions = append(content.Collisions, page.Collision{Kind: collision.Kind, Activity: collision.Activity, Date: collision.Date})
	}
	return c.Show(http.StatusOK, content)
}

// findByIDOrKey finds a person by id or by a key; false where there is none.
func (h Handlers) findByIDOrKey(c *web.Call, query string) (people.Person, bool, error) {
	if len(query) == 26 && !strings.Contains(query, "@") {
		p, err := h.people.Person(c.Context(), c.Project, query)
		if errors.Is(err, store.ErrNotFound) {
			return p, false, nil
		}
		return p, err == nil, err
	}
	return h.people.FindByKey(c.Context(), c.Defined.Definition, query)
}

// summary returns a person with the numbers of their keys, sign-ups and records.
func summary(p people.Person, data privacy.PersonData) mergeSide {
	return mergeSide{Person: p.View(), Emails: len(p.Emails), Pesels: len(p.Pesels), Signups: len(data.Signups), Records: len(data.Records)}
}

// combined returns the sign-ups and records of two people.
func combined(a, b privacy.PersonData) privacy.PersonData {
	return privacy.PersonData{Signups: slices.Concat(b.Signups, a.Signups), Records: slices.Concat(b.Records, a.Records), Corrections: slices.Concat(b.Corrections, a.Corrections)}
}

// collision is a sign-up or a record that both people have, and that one person can have only once.
type collision struct {
	Kind     string `json:"kind"`
	Activity string `json:"activity,omitempty"`
	Date     string `json:"date,omitempty"`
}

// collisions returns the activities for which both have a live sign-up, and the records of both with one natural key.
func collisions(reg *schema.Registry, a, b privacy.PersonData) []collision {
	out := []collision{}
	for _, s := range a.Signups {
		if s.Live() && slices.ContainsFunc(b.Signups, func(o privacy.SignupData) bool { return o.Live() && o.Activity == s.Activity }) {
			out = append(out, collision{Kind: "signup", Activity: s.Activity})
		}
	}
	natural := func(r privacy.RecordData) string {
		return r.Kind + reg.Kind(r.Kind).NaturalKey("", r.Row)
	}
	theirs := map[string]bool{}
	for _, r := range b.Records {
		theirs[natural(r)] = true
	}
	for _, r := range a.Records {
		if k := reg.Kind(r.Kind); theirs[natural(r)] {
			out = append(out, collision{Kind: r.Kind, Activity: k.Get(r.Row, "activity"), Date: k.Get(r.Row, "date")})
		}
	}
	return out
}

// previewErasure shows how much an erasure would delete and how much would stay, and changes nothing.
func (h Handlers) previewErasure(c *web.Call) error {
	p, data, err := h.load(c, c.PathValue("id"))
	if err != nil {
		return err
	}
	sum := tallyOf(registry(c), p, data)
	if sum.files, err = h.files.CountFilesToErase(c.Context(), c.Project, p); err != nil {
		return err
	}
	figures := affectedFigures(c, data)
	if !c.Page {
		items := make([]touchedFigure, len(figures))
		for i, f := range figures {
			items[i] = touchedFigure(f)
		}
		return c.JSON(http.StatusOK, erasurePreview{Person: people.PersonView{ID: p.ID}, Goes: sum.goes(), Stays: sum.stays(), Figures: items})
	}
	return c.Show(http.StatusOK, page.Erasure{Person: item(p), Export: export(c, p), Goes: sum.numbers(sum.goes(), goes), Stays: sum.numbers(sum.stays(), stays), Figures: figures})
}

// tally has the numbers of things stored about a person.
type tally struct{ keys, forms, attributes, texts, signups, records, rows, files int }

// What an erasure deletes and what stays, in the order of the page.
var (
	goes  = []string{"keys", "forms", "attributes", "texts", "files"}
	stays = []string{"signups", "records", "rows"}
)

func (t tally) goes() map[string]int {
	return map[string]int{"keys": t.keys, "forms": t.forms, "attributes": t.attributes, "texts": t.texts, "files": t.files}
}

func (t tally) stays() map[string]int {
	return map[string]int{"signups": t.signups, "records": t.records, "rows": t.rows}
}

func (tally) numbers(numbers map[string]int, order []string) []page.Number {
	var out []page.Number
	for _, name := range order {
		out = append(out, page.Number{Name: name, N: numbers[name]})
	}
	return out
}

// tallyOf counts what is stored about a person; files are left at 0.
func tallyOf(reg *schema.Registry, p people.Person, data privacy.PersonData) tally {
	t := tally{keys: len(p.Keys()), signups: len(data.Signups)}
	for _, s := range data.Signups {
		t.forms += len(s.Sent)
		kind := reg.Kind(schema.Signup)
		if slices.ContainsFunc(reg.AttributeNames(), func(name string) bool { return kind.Get(s.Row, name) != "" }) {
			t.attributes++
		}
	}
	for _, r := range data.Records {
		t.texts += len(reg.Kind(r.Kind).Private(r.Row))
		if r.Upload == "" {
			t.records++
			continue
		}
		t.rows++
	}
	return t
}

// affectedFigures returns the figures that may change when a person's attributes are deleted: those over kinds of
// record that the person has, or over people, whose rule asks for an attribute, or that are broken down by attributes.
func affectedFigures(c *web.Call, data privacy.PersonData) []page.TouchedFigure {
	has := map[string]bool{"signup": len(data.Signups) > 0}
	for _, r := range data.Records {
		has[r.Kind] = true
	}
	d := c.Defined.Definition
	attributes := schema.For(d).AttributeNames()
	var out []page.TouchedFigure
	for _, in := range d.Indicators {
		f := page.TouchedFigure{Code: in.Code, Label: in.Label, Rule: in.UsesAny(attributes), Breakdown: in.Count == "people"}
		if (has[in.Of] || in.UsesWho()) && (f.Rule || f.Breakdown) {
			out = append(out, f)
		}
	}
	for _, rule := range d.Participants {
		if has[rule.Of] {
			f := page.TouchedFigure{Breakdown: true}
			f.Label = text.InAllLanguages("results.participants")
			for _, other := range d.Participants {
				f.Rule = f.Rule || other.UsesAny(attributes)
			}
			return append(out, f)
		}
	}
	return out
}
