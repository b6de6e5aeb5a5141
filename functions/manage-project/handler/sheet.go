package handler

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

	"outreach/internal/page"
	"outreach/internal/people"
	"outreach/internal/project"
	"outreach/internal/records"
	"outreach/internal/schema"
	"outreach/internal/store"
	"outreach/internal/web"
	"outreach/internal/web/shape"
	"outreach/internal/web/typed"
)

// sheet is the form in which the records of everybody at an activity on one day are typed in, a row each. Each row is saved
// by itself, as a record typed in alone would be: good rows are kept, bad ones come back with what was typed.
type sheet struct {
	kind    *schema.Kind
	columns []string // the fields of a row
	common  []string // those that can be put into every row at once
	decides []string // where all of these are empty, there is no record
}

var sheets = []sheet{
	{schema.Builtin().Kind(schema.Attendance), []string{"outcome", "hours"}, []string{"outcome", "hours"}, []string{"outcome", "hours"}},
	{schema.Builtin().Kind(schema.Test), []string{"pre_score", "post_score", "max_score"}, []string{"max_score"}, []string{"pre_score", "post_score"}},
}

// row is one row as it was sent.
type row struct {
	given    schema.Given // the fields of its record
	named    schema.Given // whom it is about
	seen     []string     // the version that was shown, and its values; nil: whatever holds now is meant
	person   string
	draft    records.Draft
	empty    bool
	problems []schema.Problem
	theirs   *records.Holds // what somebody else saved meanwhile, empty where they took it away
}

func (r row) wrong() bool { return len(r.problems) > 0 || r.theirs != nil }

// values are a record's values in the order of the columns.
func (s sheet) values(h records.Holds) []string {
	out := make([]string, len(s.columns))
	for i, name := range s.columns {
		out[i] = s.kind.Get(h.Row, name)
	}
	return out
}

// seen tells what was shown, so that it can be compared when it comes back.
func (s sheet) seen(h records.Holds) string {
	if h.Row == nil {
		return strings.Repeat("|", len(s.columns))
	}
	return strings.Join(append([]string{h.Version()}, s.values(h)...), "|")
}

func on(days []records.Holds, date string) records.Holds {
	for _, h := range days {
		if h.Date() == date {
			return h
		}
	}
	return records.Holds{}
}

func (s sheet) show(c *web.Call) error {
	a, err := chosenActivity(c)
	if err != nil {
		return err
	}
	query := c.URL.Query()
	content := page.Sheet{Date: query.Get("date")}
	if saved := strings.Split(query.Get("saved"), "-"); len(saved) == 4 {
		content.Saved = &page.SheetCount{}
		for i, to := range []*int{&content.Saved.New, &content.Saved.Changed, &content.Saved.Removed, &content.Saved.Unchanged} {
			*to, _ = strconv.Atoi(saved[i]) // what is no number was not written here
		}
	}
	return s.draw(c, http.StatusOK, a, content, c.Cursor(), nil)
}

// draw shows the rows of a page: as they hold, and where they were sent and not saved, as they were sent.
func (s sheet) draw(c *web.Call, status int, a project.Activity, content page.Sheet, cursor string, sent map[string]row) error {
	all, err := roster(c, a.ID)
	if err != nil {
		return err
	}
	shown, err := window(all, participant.accepted, max(atMost(c, usualRows, mostRows), len(sent)), cursor)
	if err != nil {
		return err
	}
	if sent != nil { // what was sent comes back, whoever got a place or lost it meanwhile
		shown.people = slices.DeleteFunc(all, func(p participant) bool { _, was := sent[p.ID]; return !was })
	}
	known, err := c.Site.Records.AtActivity(c.Context(), c.Project, a.ID, shown.persons(), s.kind)
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
	content.Today, content.Once, content.First, content.People, content.Cursor = c.Today(), c.Site.DB.NewID(), shown.first, shown.all, cursor
	content.Next = shown.next
	for _, p := range shown.people {
		h := on(known[p.ID], date)
		line := page.SheetRow{Person: p.ID, Name: p.name(), Email: p.Email(), Values: map[string]string{}, Seen: s.seen(h), File: h.Upload != ""}
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

func (s sheet) list(c *web.Call, a project.Activity, content page.Sheet, shown part, known map[string][]records.Holds) error {
	if len(content.Problems) > 0 {
		return web.Invalid(content.Problems...)
	}
	out := sheetView{Activity: a.ID, Date: content.Date, Items: []shape.Merged{}, Next: orNull(shown.next)}
	for _, p := range shown.people {
		h := on(known[p.ID], content.Date)
		line, fields := sheetLine{Person: p.View()}, map[string]any{}
		if h.Row != nil {
			fields = s.kind.JSON(h.Row)
			delete(fields, "activity")
			delete(fields, "date")
			line.Version = h.Version()
		}
		if h.Upload != "" {
			line.Upload, line.Row = h.Upload, h.Line
		}
		out.Items = append(out.Items, shape.Merged{Fields: fields, And: line})
	}
	return c.JSON(http.StatusOK, out)
}

// day reads the day of a sheet.
func (s sheet) day(c *web.Call, given string, loose bool) (string, []schema.Problem) {
	f := s.kind.Fields[s.kind.Index("date")]
	day, problem := f.Parse(given, schema.Scope{Definition: c.Defined.Definition, Today: c.Today(), Loose: loose})
	if problem != nil {
		return "", []schema.Problem{*problem}
	}
	return day, nil
}

// usualDay is the day that a sheet shows first: today while the project runs, else the last of which something is known.
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

// save takes the rows one by one.
func (s sheet) save(c *web.Call) error {
	a, err := chosenActivity(c)
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
	content := page.Sheet{Date: given, All: map[string]string{}, Filled: body.Form && body.Take("fill") != ""}
	for _, name := range s.common {
		content.All[name] = body.Take("all-" + name)
	}
	if c.Page && body.Form && (content.Filled || len(problems) > 0) {
		return s.again(c, a, content, body, rows)
	}
	if len(problems) > 0 {
		return web.Invalid(problems...)
	}
	desk := typed.Desk{Kind: s.kind, Roles: []string{web.Coordinator}}
	for i := range rows {
		if err := s.check(c, desk, &rows[i], a.ID, date, body.Form); err != nil {
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
		return s.again(c, a, content, body, rows)
	}
	return s.refusal(rows, count)
}

func (s sheet) saved(c *web.Call, a project.Activity, body web.Body, count page.SheetCount) error {
	if !c.Page || !body.Form {
		return c.JSON(http.StatusOK, count)
	}
	query := onPage(body)
	if then := word(body.Given["then"]); then != "" { // on to the next page, whose cursor the button bears
		query.Set("cursor", then)
	}
	query.Set("saved", fmt.Sprintf("%d-%d-%d-%d", count.New, count.Changed, count.Removed, count.Unchanged))
	return c.Redirect(here(c, a, s.kind.Plural, query))
}

// onPage says which page of a sheet a form stood on.
func onPage(body web.Body) url.Values {
	query := url.Values{}
	for _, name := range []string{"date", "cursor"} {
		if value := word(body.Given[name]); value != "" {
			query.Set(name, value)
		}
	}
	return query
}

// again shows a browser its form: filled in, or with what is wrong.
func (s sheet) again(c *web.Call, a project.Activity, content page.Sheet, body web.Body, rows []row) error {
	sent := map[string]row{}
	status := http.StatusOK
	for _, r := range rows {
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
	c.URL = &url.URL{Path: c.URL.Path, RawQuery: onPage(body).Encode()} // what was sent cannot be asked for again
	return s.draw(c, status, a, content, word(body.Given["cursor"]), sent)
}

// id is the person whom a row of a form names.
func (r row) id() string {
	keys, _ := r.named["person"].(map[string]any)
	return cmp.Or(r.person, word(keys["id"]))
}

// word is a text of a body, or "".
func word(value any) string {
	s, _ := value.(string)
	return s
}

// read takes the rows out of a form, whose fields are numbered, or out of a JSON body.
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

// whose reads whom a row is about, where it says nothing else of them.
var whose = schema.Kind{Name: "person", Person: true}

// check looks at one row as at a record that is typed in alone.
func (s sheet) check(c *web.Call, desk typed.Desk, r *row, activity, date string, loose bool) error {
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
	scope := schema.Scope{Definition: c.Defined.Definition, Today: c.Today(), Loose: loose}
	if r.empty {
		entry, problems := whose.Read(r.named, scope)
		if r.problems = problems; len(problems) > 0 {
			return nil
		}
		id, err := c.Site.People.Find(c.Context(), c.Project, entry.Person)
		r.person = id
		return s.found(r, err)
	}
	whole := schema.Given{"activity": activity, "date": date, "person": r.named["person"]}
	maps.Copy(whole, r.given)
	draft, err := desk.Draft(c, whole, loose, "")
	r.draft, r.person = draft, draft.Person
	return s.found(r, err)
}

// found keeps with the row what is wrong with it, and gives on what is not the row's fault.
func (s sheet) found(r *row, err error) error {
	if problems, ok := web.Problems(err); ok {
		r.problems = problems
		return nil
	}
	switch {
	case errors.Is(err, people.ErrTwoPeople):
		r.problems = []schema.Problem{{Field: "person", Code: schema.TwoPeople}}
		return nil
	case errors.Is(err, store.ErrNotFound):
		r.problems = []schema.Problem{{Field: "person.id", Code: schema.NotInList, Hint: "person"}}
		return nil
	}
	return err
}

// apply saves the rows that are right, and counts what became of them.
func (s sheet) apply(c *web.Call, activity, date string, rows []row, count *page.SheetCount) error {
	var ids []string
	for _, r := range rows {
		if !r.wrong() && r.person != "" {
			ids = append(ids, r.person)
		}
	}
	known, err := s.known(c, activity, ids)
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
		now := on(known[r.person], date)
		err := s.applyOne(c, r, now, by, count)
		for range tries {
			if !changedMeanwhile(err) {
				break
			}
			again, readErr := s.known(c, activity, []string{r.person})
			if readErr != nil {
				return readErr
			}
			now = on(again[r.person], date)
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

// tries bounds how often a row that was changed in the moment of saving it is read anew.
const tries = 5

func changedMeanwhile(err error) bool {
	var exists *records.Exists
	return errors.Is(err, store.ErrStale) || errors.Is(err, store.ErrNotFound) || errors.As(err, &exists)
}

func (s sheet) known(c *web.Call, activity string, ids []string) (map[string][]records.Holds, error) {
	found, err := c.Site.People.Persons(c.Context(), c.Project, ids)
	if err != nil {
		return nil, err
	}
	var people []people.Person
	for _, p := range found {
		people = append(people, p)
	}
	return c.Site.Records.AtActivity(c.Context(), c.Project, activity, people, s.kind)
}

// applyOne saves a row. What agrees with what holds is left alone, and so is a row that nobody touched.
func (s sheet) applyOne(c *web.Call, r *row, now records.Holds, by string, count *page.SheetCount) error {
	want := make([]string, len(s.columns))
	if !r.empty {
		want = s.values(records.Holds{Row: r.draft.Row})
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
	var err error
	if now.Typed.ID != "" {
		_, err = c.Site.Records.Change(c.Context(), c.Project, s.kind, now.Typed.ID, now.Typed.ETag(), draft, func(records.Typed) bool { return true })
	} else {
		_, err = c.Site.Records.Create(c.Context(), c.Project, draft, store.Once{})
	}
	if now.Row == nil {
		counted = &count.New
	}
	if err == nil {
		*counted++
	}
	return err
}

// refusal tells a program which rows were not saved, and how many were.
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
