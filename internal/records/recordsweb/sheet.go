package recordsweb

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"outreach/internal/activities"
	"outreach/internal/app"
	"outreach/internal/fact"
	"outreach/internal/page"
	"outreach/internal/people"
	"outreach/internal/project"
	"outreach/internal/records"
	"outreach/internal/schema"
	"outreach/internal/store"
	"outreach/internal/web"
	"outreach/internal/web/shape"
)

// sheet serves the form that enters the records of everybody at an activity on one day, a row each. Each row is saved
// by itself, as a single record would be: good rows are stored, bad ones come back with what was typed.
type sheet struct {
	Handlers
	columns []string // the fields of a row
	common  []string // the fields that can be filled into every row at once
	decides []string // where all of these are empty, there is no record
}

// SheetRoutes are the routes of the sheets of attendance and tests, on the features of an app.
func SheetRoutes(a *app.App) []web.Route {
	attendance := sheet{New(a, schema.Attendance, web.Coordinator), []string{"outcome", "hours"}, []string{"outcome", "hours"}, []string{"outcome", "hours"}}
	tests := sheet{New(a, schema.Test, web.Coordinator), []string{"pre_score", "post_score", "max_score"}, []string{"max_score"}, []string{"pre_score", "post_score"}}
	return append(attendance.routes("Attendance"), tests.routes("Tests")...)
}

// bind returns a handler that serves the kind as the project's definition has it.
func (s sheet) bind(serve func(sheet, *web.Call) error) web.Handler {
	return s.Handlers.bind(func(h Handlers, c *web.Call) error {
		bound := s
		bound.Handlers = h
		return serve(bound, c)
	})
}

// How many rows a page has: where the address asks for no other number, and at most.
const (
	usualRows = 40 // a page of them stays light
	mostRows  = 100
)

// routes are the routes of one sheet; what names it in the ids of operations.
func (s sheet) routes(what string) []web.Route {
	at := "/{project}/activities/{activity}/" + s.kind.Plural
	shown := shape.Array{Of: shape.Record{Kind: s.kind, Only: s.columns, Partly: true, And: sheetLine{}}}
	sent := shape.Array{Of: shape.Record{Kind: s.kind, Only: s.columns, Partly: true, And: sheetSentLine{}, Sent: true}, Most: mostRows}
	saved := struct {
		Saved page.SheetCount `json:"saved"`
	}{}
	return []web.Route{
		{Method: "GET", Path: at, Roles: s.roles, Handler: s.bind(sheet.show),
			ID: "show" + what + "Sheet", Tag: "records", Summary: "Everybody's " + s.kind.Plural + " at an activity on a day", Query: web.Paged(web.Parameter{Name: "date", Description: "The day"}, web.Parameter{Name: "q", Description: "An e-mail address, a PESEL, or the beginnings of words of a name: only these people"}),
			Response: shape.With{Of: sheetView{}, Members: map[string]any{"items": shown}}, Success: "A row for each person with a place, by name, up to 100; where more than 500 have signed up, in the order of submission", Page: true},
		{Method: "POST", Path: at, Roles: s.roles, Handler: s.bind(sheet.save),
			ID: "save" + what + "Sheet", Tag: "records", Summary: "Record everybody's " + s.kind.Plural + " at once", Once: true,
			Detail: "Each row is taken by itself, as a record that is typed in alone would be: it makes a record, replaces the one that there is, leaves alone what agrees, or, with a person alone, voids it. Rows that are right are saved whatever is wrong with others; " +
				"the problem names the others as `rows.<number>`, and `saved` says what became of the rest. A row whose `version` no longer holds is not saved (`stale`). A form's fields are numbered from 0: person-0, seen-0, and each column.",
			Request: shape.With{Of: sheetSent{}, Members: map[string]any{"rows": sent}}, Response: page.SheetCount{}, Success: "All rows are saved", Page: true,
			Others: []web.Other{
				{Status: http.StatusPreconditionFailed, Description: "Rows were changed by somebody else meanwhile; the others are saved", Problem: saved},
				{Status: http.StatusUnprocessableEntity, Description: "Rows are wrong; the others are saved", Problem: saved},
			}},
	}
}

// row is one row as it was sent.
type row struct {
	place    int          // among the rows
	given    schema.Given // the fields of its record
	named    schema.Given // the person that it is about
	seen     []string     // the version that was shown, and its values; nil: it replaces any version
	person   string
	draft    records.Draft
	empty    bool
	problems []schema.Problem
	theirs   *records.Current // what someone else saved meanwhile, empty where they voided it
}

func (r row) wrong() bool { return len(r.problems) > 0 || r.theirs != nil }

// values are a record's values in the order of the columns.
func (s sheet) values(h records.Current) []string {
	out := make([]string, len(s.columns))
	for i, name := range s.columns {
		out[i] = s.kind.Get(h.Row, name)
	}
	return out
}

// seen encodes the version and the values that a row shows; the form sends it back to be compared.
func (s sheet) seen(h records.Current) string {
	if h.Row == nil {
		return strings.Repeat("|", len(s.columns))
	}
	return strings.Join(append([]string{h.Version()}, s.values(h)...), "|")
}

// on returns the record of a day, the zero Current where there is none.
func on(days []records.Current, date string) records.Current {
	for _, h := range days {
		if h.Date() == date {
			return h
		}
	}
	return records.Current{}
}

// show shows the sheet of an activity on a day.
func (s sheet) show(c *web.Call) error {
	a, err := activities.Find(c.Defined.Definition, c.PathValue("activity"))
	if err != nil {
		return err
	}
	query := c.URL.Query()
	content := page.Sheet{Date: query.Get("date"), Query: query.Get("q")}
	if saved := strings.Split(query.Get("saved"), "-"); len(saved) == 4 {
		content.Saved = &page.SheetCount{}
		for i, to := range []*int{&content.Saved.New, &content.Saved.Changed, &content.Saved.Removed, &content.Saved.Unchanged} {
			*to, _ = strconv.Atoi(saved[i]) // any other text is no count of ours: 0
		}
	}
	return s.render(c, http.StatusOK, a, content, c.Cursor(), nil)
}

// render renders the rows of a page: as they are stored, and those that were sent and not saved as they were sent.
func (s sheet) render(c *web.Call, status int, a project.Activity, content page.Sheet, cursor string, sent map[string]row) error {
	ask := activities.Ask{Query: content.Query, Accepted: true, Limit: max(c.LimitOr(usualRows, mostRows), len(sent)), Cursor: cursor}
	shown, err := activities.List(c.Context(), s.signups, s.people, c.Defined.Definition, a, ask)
	if err != nil {
		return err
	}
	if sent != nil { // the rows that were sent come back, even if their people got or lost a place meanwhile
		if shown.People, err = s.senders(c, sent); err != nil {
			return err
		}
	}
	known, err := s.records.AtActivity(c.Context(), c.Project, a.ID, activities.Persons(shown.People), s.kind)
	if err != nil {
		return err
	}
	for _, days := range known {
		for _, h := range days {
			content.Days = append(content.Days, h.Date())
		}
	}
	slices.Sort(content.Days)
	content.Days = slices.Compact(content.Days)
	date, problems := s.day(c, content.Date, true)
	switch {
	case content.Date == "":
		content.Date = usualDay(c, content.Days)
		date = content.Date
	case len(problems) > 0:
		content.Problems, status = problems, http.StatusUnprocessableEntity
	default:
		content.Date = date
	}
	if !c.Page {
		return s.list(c, a, content, shown, known)
	}
	content.Kind, content.Activity, content.Definition, content.Columns, content.Common = s.kind, a, c.Defined.Definition, s.columns, s.common
	content.Today, content.Once, content.First, content.People, content.Cursor = c.Today(), c.Site.DB.NewID(), shown.First, shown.All, cursor
	content.Next, content.NextAddress = shown.Next, c.NextAddress(shown.Next)
	content.Searched, content.BySubmission = content.Query != "" || cursor != "" || shown.Next != "", shown.BySubmission
	for _, p := range shown.People {
		h := on(known[p.ID], date)
		line := page.SheetRow{Person: p.ID, Name: p.Name(), Email: p.Email(), Values: map[string]string{}, Seen: s.seen(h), File: h.Upload != ""}
		for i, value := range s.values(h) {
			line.Values[s.columns[i]] = value
		}
		if r, was := sent[p.ID]; was && (r.wrong() || content.Filled || len(content.Problems) > 0) {
			for _, name := range s.columns {
				line.Values[name], _ = r.given[name].(string)
			}
			line.Problems = r.problems
			if r.theirs != nil {
				line.Theirs = map[string]string{}
				for i, value := range s.values(*r.theirs) {
					line.Theirs[s.columns[i]] = value
				}
			} else {
				line.Seen = strings.Join(r.seen, "|")
			}
		}
		content.Rows = append(content.Rows, line)
	}
	return c.Show(status, content)
}

// senders returns the people of the rows that were sent, in their order.
func (s sheet) senders(c *web.Call, sent map[string]row) ([]activities.Participant, error) {
	found, err := s.people.Persons(c.Context(), c.Project, slices.Collect(maps.Keys(sent)))
	if err != nil {
		return nil, err
	}
	var out []activities.Participant
	for id, p := range found {
		if p.ID == id {
			out = append(out, activities.Participant{Person: p})
		}
	}
	slices.SortFunc(out, func(a, b activities.Participant) int { return cmp.Compare(sent[a.ID].place, sent[b.ID].place) })
	return out, nil
}

// list answers a program with the rows of a page.
func (s sheet) list(c *web.Call, a project.Activity, content page.Sheet, shown activities.Page, known map[string][]records.Current) error {
	if len(content.Problems) > 0 {
		return web.Invalid(content.Problems...)
	}
	var next *string
	if shown.Next != "" {
		next = &shown.Next
	}
	out := sheetView{Activity: a.ID, Date: content.Date, Items: []shape.Merged{}, Next: next}
	for _, p := range shown.People {
		h := on(known[p.ID], content.Date)
		line, fields := sheetLine{Person: p.View()}, map[string]any{}
		if h.Row != nil {
			fields = s.kind.JSON(h.Row)
			delete(fields, "activity")
			delete(fields, "date")
			line.Version = h.Version()
		}
		if h.Upload != "" {
			line.Upload, line.Row = h.Upload, fact.RowOf(h.Line)
		}
		out.Items = append(out.Items, shape.Merged{Fields: fields, And: line})
	}
	return c.JSON(http.StatusOK, out)
}

// day parses the day of a sheet.
func (s sheet) day(c *web.Call, given string, loose bool) (string, []schema.Problem) {
	f := s.kind.Fields[s.kind.Index("date")]
	day, problem := f.Parse(given, c.Scope(loose))
	if problem != nil {
		return "", []schema.Problem{*problem}
	}
	return day, nil
}

// usualDay returns the day that a sheet shows first: today while the project runs, else the last day with a record.
func usualDay(c *web.Call, days []string) string {
	period := c.Defined.Definition.Period
	switch today := c.Today(); {
	case period.Contains(today):
		return today
	case len(days) > 0:
		return days[len(days)-1]
	default:
		return min(today, period.To)
	}
}

// save stores the rows one by one. It is idempotent by the request's key, once all rows are saved.
func (s sheet) save(c *web.Call) error {
	a, err := activities.Find(c.Defined.Definition, c.PathValue("activity"))
	if err != nil {
		return err
	}
	body, err := c.Read()
	if err != nil {
		return err
	}
	var count page.SheetCount
	if done, err := c.Site.DB.Answered(c.Context(), body.Once, &count); err != nil {
		return err
	} else if done {
		return s.saved(c, a, body, count)
	}
	given := word(body.Given["date"])
	date, problems := s.day(c, given, body.Form)
	rows, bad := s.read(body)
	problems = append(problems, bad...)
	content := page.Sheet{Date: given, Query: word(body.Given["q"]), All: map[string]string{}, Filled: body.Form && body.Take("fill") != ""}
	for _, name := range s.common {
		content.All[name] = body.Take("all-" + name)
	}
	if c.Page && body.Form && (content.Filled || len(problems) > 0) {
		return s.renderSent(c, a, content, body, rows)
	}
	if len(problems) > 0 {
		return web.Invalid(problems...)
	}
	for i := range rows {
		if err := s.check(c, &rows[i], a.ID, date, body.Form); err != nil {
			return err
		}
	}
	if err := s.apply(c, a.ID, date, rows, &count); err != nil {
		return err
	}
	if count.Wrong == 0 {
		if err := c.Site.DB.KeepAnswer(c.Context(), body.Once, count); err != nil {
			return err
		}
		return s.saved(c, a, body, count)
	}
	if c.Page && body.Form {
		content.Saved = &count
		return s.renderSent(c, a, content, body, rows)
	}
	return s.refusal(rows, count)
}

// saved answers that all rows are saved.
func (s sheet) saved(c *web.Call, a project.Activity, body web.Body, count page.SheetCount) error {
	if !c.Page || !body.Form {
		return c.JSON(http.StatusOK, count)
	}
	query := onPage(body)
	if then := word(body.Given["then"]); then != "" { // the button to save and go on has the cursor of the next page
		query.Set("cursor", then)
	}
	query.Set("saved", fmt.Sprintf("%d-%d-%d-%d", count.New, count.Changed, count.Removed, count.Unchanged))
	return c.Redirect((&url.URL{Path: "/" + c.Project + "/activities/" + a.ID + "/" + s.kind.Plural, RawQuery: query.Encode()}).String())
}

// onPage returns the query of the page of a sheet that a form was on.
func onPage(body web.Body) url.Values {
	query := url.Values{}
	for _, name := range []string{"date", "cursor", "q"} {
		if value := word(body.Given[name]); value != "" {
			query.Set(name, value)
		}
	}
	return query
}

// renderSent renders a browser's form: filled in, or with what is wrong.
func (s sheet) renderSent(c *web.Call, a project.Activity, content page.Sheet, body web.Body, rows []row) error {
	sent := map[string]row{}
	status := http.StatusOK
	for n, r := range rows {
		r.place = n
		if content.Filled {
			for _, name := range s.common {
				if value, _ := r.given[name].(string); strings.TrimSpace(value) == "" {
					r.given[name] = content.All[name]
				}
			}
		}
		switch {
		case len(r.problems) > 0:
			status = http.StatusUnprocessableEntity
		case r.theirs != nil && status == http.StatusOK:
			status = http.StatusPreconditionFailed
		}
		sent[r.id()] = r
	}
	c.URL = &url.URL{Path: c.URL.Path, RawQuery: onPage(body).Encode()} // links of the page lead to the sheet as it is stored
	return s.render(c, status, a, content, word(body.Given["cursor"]), sent)
}

// id returns the person that a row of a form names.
func (r row) id() string {
	keys, _ := r.named["person"].(map[string]any)
	return cmp.Or(r.person, word(keys["id"]))
}

// word returns a text of a body, "" where it is no text.
func word(value any) string {
	s, _ := value.(string)
	return s
}

// read reads the rows of a form, whose fields are numbered, or of a JSON body.
func (s sheet) read(body web.Body) ([]row, []schema.Problem) {
	var out []row
	if body.Form {
		for n := 0; n < mostRows; n++ {
			end := "-" + strconv.Itoa(n)
			id, there := body.Given["person"+end]
			if !there {
				break
			}
			r := row{given: schema.Given{}, named: schema.Given{"person": map[string]any{"id": id}}}
			for _, name := range s.columns {
				r.given[name] = body.Given[name+end]
			}
			if seen := strings.Split(word(body.Given["seen"+end]), "|"); len(seen) == len(s.columns)+1 {
				r.seen = seen
			}
			out = append(out, r)
		}
		return out, nil
	}
	var problems []schema.Problem
	for _, name := range slices.Sorted(maps.Keys(body.Given)) {
		if name != "date" && name != "rows" {
			problems = append(problems, schema.Problem{Field: name, Code: schema.UnknownField})
		}
	}
	list, ok := body.Given["rows"].([]any)
	switch {
	case body.Given["rows"] == nil:
		return nil, append(problems, schema.Problem{Field: "rows", Code: schema.Missing})
	case !ok:
		return nil, append(problems, schema.Problem{Field: "rows", Code: schema.Unreadable})
	case len(list) > mostRows:
		return nil, append(problems, schema.Problem{Field: "rows", Code: schema.OutOfRange, Args: map[string]string{"min": "0", "max": strconv.Itoa(mostRows)}})
	}
	for n, one := range list {
		fields, ok := one.(map[string]any)
		if !ok {
			problems = append(problems, schema.Problem{Field: "rows." + strconv.Itoa(n), Code: schema.Unreadable})
			continue
		}
		r := row{given: maps.Clone(schema.Given(fields)), named: schema.Given{"person": fields["person"]}}
		if version, given := fields["version"]; given {
			r.seen = []string{word(version)}
		}
		delete(r.given, "version")
		delete(r.given, "person")
		out = append(out, r)
	}
	return out, problems
}

// check validates one row as a single record is validated.
func (s sheet) check(c *web.Call, r *row, activity, date string, loose bool) error {
	for _, name := range []string{"activity", "date"} {
		if _, given := r.given[name]; given {
			r.problems = []schema.Problem{{Field: name, Code: schema.UnknownField}}
			return nil
		}
	}
	r.empty = !slices.ContainsFunc(s.decides, func(name string) bool {
		given := r.given[name]
		return given != nil && strings.TrimSpace(fmt.Sprint(given)) != ""
	})
	scope := c.Scope(loose)
	if r.empty {
		entry, problems := s.kind.PersonOnly().Read(r.named, scope)
		if r.problems = problems; len(problems) > 0 {
			return nil
		}
		id, err := s.people.Find(c.Context(), c.Project, entry.Person)
		r.person = id
		return s.keepProblems(r, err)
	}
	whole := schema.Given{"activity": activity, "date": date, "person": r.named["person"]}
	maps.Copy(whole, r.given)
	draft, err := s.draftOf(c, whole, loose, "", "", "")
	r.draft, r.person = draft, draft.Person
	return s.keepProblems(r, err)
}

// keepProblems keeps with the row what is wrong with it. It returns the errors that are not the row's.
func (s sheet) keepProblems(r *row, err error) error {
	if problems, ok := web.Problems(err); ok {
		r.problems = problems
		return nil
	}
	switch {
	case errors.Is(err, people.ErrTwoPeople):
		r.problems = []schema.Problem{{Field: "person", Code: schema.TwoPeople}}
		return nil
	case errors.Is(err, people.ErrWhichPerson):
		r.problems = []schema.Problem{{Field: "person", Code: schema.WhichPerson}}
		return nil
	case errors.Is(err, store.ErrNotFound):
		r.problems = []schema.Problem{{Field: "person.id", Code: schema.NotInList, Hint: "person"}}
		return nil
	}
	return err
}

// apply saves the valid rows, and counts the results.
func (s sheet) apply(c *web.Call, activity, date string, rows []row, count *page.SheetCount) error {
	var ids []string
	for _, r := range rows {
		if !r.wrong() && r.person != "" {
			ids = append(ids, r.person)
		}
	}
	stored, err := s.stored(c, activity, ids)
	if err != nil {
		return err
	}
	by, err := c.Staff()
	if err != nil {
		return err
	}
	done := map[string]bool{}
	for i := range rows {
		r := &rows[i]
		if !r.wrong() && r.person != "" && done[r.person] {
			r.problems = []schema.Problem{{Field: "person", Code: schema.Repeated, Hint: "person"}}
		}
		if r.wrong() {
			count.Wrong++
			continue
		}
		done[r.person] = true
		now := on(stored[r.person], date)
		err := s.applyOne(c, r, now, by, count)
		for range tries {
			if !changedMeanwhile(err) {
				break
			}
			fresh, readErr := s.stored(c, activity, []string{r.person})
			if readErr != nil {
				return readErr
			}
			now = on(fresh[r.person], date)
			err = s.applyOne(c, r, now, by, count)
		}
		switch {
		case changedMeanwhile(err):
			r.theirs = &now
		case err != nil:
			return err
		}
		if r.wrong() {
			count.Wrong++
		}
	}
	return nil
}

// tries is how often a row that was changed while it was being saved is read and saved once more.
const tries = 5

// changedMeanwhile reports whether a row could not be saved because its record was changed since it was read.
func changedMeanwhile(err error) bool {
	var exists *records.Exists
	return errors.Is(err, store.ErrStale) || errors.Is(err, store.ErrNotFound) || errors.As(err, &exists)
}

// stored returns the records of people at an activity, by the person's id.
func (s sheet) stored(c *web.Call, activity string, ids []string) (map[string][]records.Current, error) {
	found, err := s.people.Persons(c.Context(), c.Project, ids)
	if err != nil {
		return nil, err
	}
	var people []people.Person
	for _, p := range found {
		people = append(people, p)
	}
	return s.records.AtActivity(c.Context(), c.Project, activity, people, s.kind)
}

// applyOne saves a row. It writes nothing where the row agrees with what is stored, or was not changed in the form.
func (s sheet) applyOne(c *web.Call, r *row, now records.Current, by string, count *page.SheetCount) error {
	want := make([]string, len(s.columns))
	if !r.empty {
		want = s.values(records.Current{Row: r.draft.Row})
	}
	seen := ""
	if now.Row != nil {
		seen = now.Version()
	}
	switch {
	case slices.Equal(want, s.values(now)), len(r.seen) > 1 && slices.Equal(want, r.seen[1:]):
		count.Unchanged++
		return nil
	case r.seen != nil && r.seen[0] != seen:
		r.theirs = &now
		return nil
	case r.empty && now.Upload != "":
		r.problems = []schema.Problem{{Code: schema.NotAllowed, Hint: "file"}}
		return nil
	}
	counted, draft := &count.Changed, r.draft
	if r.empty {
		counted, draft = &count.Removed, records.Draft{Kind: s.kind, By: by}
	}
	err := s.keepOthers(c, draft, now)
	if err != nil {
		return err
	}
	if now.Typed.ID != "" {
		_, err = s.records.Change(c.Context(), c.Project, s.kind, now.Typed.ID, now.Typed.ETag(), draft, func(records.Typed) bool { return true })
	} else {
		_, err = s.records.Create(c.Context(), c.Project, draft, store.Once{})
	}
	if now.Row == nil {
		counted = &count.New
	}
	if err == nil {
		*counted++
	}
	return err
}

// keepOthers puts into a draft what the record says in fields that the sheet has no columns for.
func (s sheet) keepOthers(c *web.Call, draft records.Draft, now records.Current) error {
	if draft.Row == nil || now.Typed.ID == "" {
		return nil
	}
	texts, err := s.records.Texts(c.Context(), c.Project, []records.Typed{now.Typed})
	if err != nil {
		return err
	}
	before := s.kind.Reveal(now.Typed.Values, texts[now.Typed.ID])
	for i := range s.kind.Fields {
		if !slices.Contains(s.columns, s.kind.Fields[i].Name) && draft.Row[i] == "" {
			draft.Row[i] = before[i]
		}
	}
	return nil
}

// refusal returns the error for programs: which rows were not saved, and how many were.
func (s sheet) refusal(rows []row, count page.SheetCount) error {
	e := &web.Error{Status: http.StatusPreconditionFailed, Extra: map[string]any{"saved": count}}
	for n, r := range rows {
		at := "rows." + strconv.Itoa(n)
		if r.theirs != nil {
			e.Problems = append(e.Problems, schema.Problem{Field: at, Code: "stale", Hint: "row"})
		}
		for _, p := range r.problems {
			e.Status = http.StatusUnprocessableEntity
			if p.Field != "" {
				p.Field = at + "." + p.Field
			} else {
				p.Field = at
			}
			e.Problems = append(e.Problems, p)
		}
	}
	return e
}

type sheetView struct {
	Activity string         `json:"activity" doc:"The activity's id"`
	Date     string         `json:"date" format:"date"`
	Items    []shape.Merged `json:"items"`
	Next     *string        `json:"next" doc:"The cursor of the next page"`
}

// sheetLine is a row of a sheet beside the fields of its record.
type sheetLine struct {
	Person  people.PersonView `json:"person"`
	Version string            `json:"version" doc:"What held, to be sent back; empty where there was nothing"`
	Upload  string            `json:"upload,omitempty" doc:"The file that says so"`
	Row     int               `json:"row,omitempty" doc:"The file's row"`
}

// sheetSent is the body that saves a sheet.
type sheetSent struct {
	Date string     `json:"date" format:"date"`
	Rows []struct{} `json:"rows"`
}

// sheetSentLine is a row of it beside the fields of its record.
type sheetSentLine struct {
	Person  schema.PersonRef `json:"person"`
	Version string           `json:"version,omitempty" doc:"As it was answered; without it, whatever holds now is replaced"`
}
