package typed

import (
	"cmp"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"outreach/internal/page"
	"outreach/internal/people"
	"outreach/internal/records"
	"outreach/internal/schema"
	"outreach/internal/table"
	"outreach/internal/web"
	"outreach/internal/web/shape"
)

// The advisers' own page is filled in by keyboard between two talks: one field says who came, by an exact e-mail address or
// PESEL or by the name of somebody whom this adviser has advised before; all else stands there as it was last time.

// Limits of what an adviser's page looks through.
const (
	mostSuggested = 60   // people in the list of suggestions: the page stays light
	mostAdvised   = 5000 // records among which a name is looked for
)

// advises tells that the one who asks has the advisers' page: they are no coordinator, and the kind is advice.
func (d Desk) advises(c *web.Call) bool {
	return d.Kind.Index("adviser") >= 0 && !c.Has(web.Coordinator)
}

// advised are the people of an adviser's records, the last one first, each once.
func (d Desk) advised(c *web.Call, records []records.Typed) ([]people.Person, error) {
	var ids []string
	for _, t := range records {
		if t.Person != "" && !slices.Contains(ids, t.Person) {
			ids = append(ids, t.Person)
		}
	}
	found, err := c.Site.People.Persons(c.Context(), c.Project, ids)
	if err != nil {
		return nil, err
	}
	var out []people.Person
	for _, id := range ids {
		p, ok := found[id]
		if ok && !slices.ContainsFunc(out, func(other people.Person) bool { return other.ID == p.ID }) {
			out = append(out, p)
		}
	}
	return out, nil
}

// own reads an adviser's records, the newest first.
func (d Desk) own(c *web.Call, staff string, most int) ([]records.Typed, error) {
	var all []records.Typed
	cursor := ""
	for {
		found, err := c.Site.Records.TypedRecords(c.Context(), c.Project, d.Kind, staff, min(most, table.MostPage), cursor)
		if err != nil {
			return nil, err
		}
		all = append(all, found.Items...)
		if cursor = found.Next; cursor == "" || len(all) >= most {
			return all, nil
		}
	}
}

// names is how a person is called in the list of suggestions, which tells two of one name apart.
func names(all []people.Person) []page.Suggestion {
	count := map[string]int{}
	for _, p := range all {
		count[people.Fold(fullName(p))]++
	}
	var out []page.Suggestion
	for _, p := range all {
		s := page.Suggestion{ID: p.ID, Name: fullName(p), Hint: hint(p)}
		switch {
		case s.Name == "" && p.Email() != "":
			s.Name, s.Hint = p.Email(), ""
		case s.Name == "":
			continue
		case count[people.Fold(s.Name)] > 1 && s.Hint != "":
			s.Name, s.Hint = s.Name+" ("+s.Hint+")", ""
		}
		out = append(out, s)
	}
	return out
}

func fullName(p people.Person) string { return strings.TrimSpace(p.FirstName + " " + p.LastName) }

// hint is what tells two people of one name apart: their address, or the end of their PESEL.
func hint(p people.Person) string {
	if p.Email() != "" {
		return p.Email()
	}
	for _, pesel := range p.Pesels {
		return "PESEL …" + pesel[max(0, len(pesel)-4):]
	}
	return ""
}

// called finds who of some people is meant by a name: those who are called exactly so, else those whose name has the words in
// it. Capitals and marks do not matter, nor which of the names comes first.
func called(name string, all []people.Person) (exact, near []page.Suggestion) {
	wanted := people.Fold(name)
	for _, s := range names(all) {
		whole := people.Fold(s.Name)
		p := all[slices.IndexFunc(all, func(p people.Person) bool { return p.ID == s.ID })]
		switch {
		case wanted == whole, wanted == people.Fold(fullName(p)), wanted == p.SortName():
			exact = append(exact, s)
		case has(whole, strings.Fields(wanted)):
			near = append(near, s)
		}
	}
	return exact, near
}

// has tells that each of the words begins a word of the name.
func has(name string, words []string) bool {
	parts := strings.Fields(name)
	for _, w := range words {
		if !slices.ContainsFunc(parts, func(part string) bool { return strings.HasPrefix(part, w) }) {
			return false
		}
	}
	return len(words) > 0
}

// whom puts in the place of what was typed into the one field the key that it is, or the id of the person who was meant.
// Where several may be meant, the page has to ask which: they are given back.
func (d Desk) whom(c *web.Call, body web.Body, staff string) (which []page.Suggestion, err error) {
	typed, one := body.Given["person"].(string)
	if !one {
		return nil, nil
	}
	chosen := body.Take("which")
	typed = schema.Clean(typed)
	switch {
	case typed == "":
		delete(body.Given, "person")
		return nil, nil
	case strings.Contains(typed, "@") && !strings.Contains(typed, " "):
		delete(body.Given, "person")
		body.Given["email"] = typed
		return nil, nil
	case !strings.ContainsFunc(typed, func(r rune) bool { return (r < '0' || r > '9') && r != ' ' }):
		delete(body.Given, "person")
		body.Given["pesel"] = typed
		return nil, nil
	}
	records, err := d.own(c, staff, mostAdvised)
	if err != nil {
		return nil, err
	}
	people, err := d.advised(c, records)
	if err != nil {
		return nil, err
	}
	exact, near := called(typed, people)
	all := append(slices.Clone(exact), near...)
	if i := slices.IndexFunc(all, func(s page.Suggestion) bool { return s.ID == chosen }); i >= 0 {
		exact = all[i : i+1]
	}
	if len(exact) == 1 {
		body.Given["person"] = map[string]any{"id": exact[0].ID}
		return nil, nil
	}
	if len(exact) > 1 {
		all = exact
	}
	problem := schema.Problem{Field: "person", Code: schema.NotInList, Hint: "which"}
	if len(all) == 0 {
		problem.Hint = "not_advised"
	}
	return all[:min(len(all), mostSuggested)], web.Invalid(problem)
}

// desk shows an adviser their page.
func (d Desk) desk(c *web.Call, status int, entry page.Entry, which []page.Suggestion, found table.PageOf[records.Typed], views []view) error {
	people, err := d.advised(c, found.Items)
	if err != nil {
		return err
	}
	content := page.Advice{
		Kind: d.Kind, Definition: c.Defined.Definition, Entry: entry, Which: which, Today: c.Today(), Next: c.NextAddress(found.Next),
		Month: lastMonth(c),
	}
	if suggested := names(people); c.Cursor() == "" {
		content.Suggestions = suggested[:min(len(suggested), mostSuggested)]
	}
	for _, v := range views {
		content.Items = append(content.Items, page.Record{ID: v.ID, Row: v.row, Who: v.who()})
		if v.ID == c.URL.Query().Get("saved") {
			content.Saved = content.Items[len(content.Items)-1:]
		}
	}
	return c.Show(status, content)
}

// Sheet is an adviser's month, to be printed and signed: of the one who asks, or for a coordinator of the adviser they name.
func (d Desk) Sheet(c *web.Call) error {
	query := c.URL.Query()
	month := cmp.Or(query.Get("month"), lastMonth(c))
	var problems []schema.Problem
	if _, err := time.Parse("2006-01", month); err != nil {
		problems = append(problems, schema.Problem{Field: "month", Code: schema.NotADate, Hint: "month"})
		month = lastMonth(c)
	}
	adviser := c.StaffName()
	if c.Has(web.Coordinator) {
		adviser, _ = schema.ParseEmail(query.Get("adviser"))
		switch {
		case adviser == "" && query.Get("adviser") != "":
			problems = append(problems, schema.Problem{Field: "adviser", Code: schema.Unreadable, Hint: "email"})
		case adviser == "" && !c.Page:
			problems = append(problems, schema.Problem{Field: "adviser", Code: schema.Missing})
		}
	}
	content := page.MonthSheet{Kind: d.Kind, Definition: c.Defined.Definition, Month: month, Last: lastMonth(c), Adviser: adviser, Asked: query.Get("adviser"), Problems: problems}
	if len(problems) > 0 {
		if c.Page {
			return c.Show(http.StatusUnprocessableEntity, content)
		}
		return web.Invalid(problems...)
	}
	var views []view
	if adviser != "" {
		var err error
		if views, err = d.month(c, adviser, month); err != nil {
			return err
		}
	}
	total, byField := sums(d.Kind, views)
	if !c.Page {
		out := adviserMonth{Adviser: adviser, Month: month, Items: make([]shape.Merged, len(views)), Total: sum{total.Records, total.Minutes}, ByField: make([]fieldSum, len(byField))}
		for i, v := range views {
			out.Items[i] = v.json(d.Kind)
		}
		for i, s := range byField {
			out.ByField[i] = fieldSum{s.Field, sum{s.Records, s.Minutes}}
		}
		return c.JSON(http.StatusOK, out)
	}
	content.Total, content.ByField = total, byField
	for _, v := range views {
		content.Items = append(content.Items, page.Record{ID: v.ID, Row: v.row, Who: v.who()})
	}
	return c.Show(http.StatusOK, content)
}

// lastMonth is the present month, or of a project that has ended its last.
func lastMonth(c *web.Call) string {
	return min(c.Today(), c.Defined.Definition.Period.To)[:len("2006-01")]
}

// month reads an adviser's records of a month, by date. A record may have been typed, or its date corrected, long after.
func (d Desk) month(c *web.Call, adviser, month string) ([]view, error) {
	staff, err := c.Site.Access.KnownStaff(c.Context(), c.Project, adviser)
	if err != nil || staff == "" {
		return nil, err
	}
	all, err := web.All(func(cursor string) (table.PageOf[records.Typed], error) {
		page, err := c.Site.Records.TypedRecords(c.Context(), c.Project, d.Kind, staff, table.MostPage, cursor)
		page.Items = slices.DeleteFunc(page.Items, func(t records.Typed) bool { return !strings.HasPrefix(t.Values.Get("date"), month+"-") })
		return page, err
	})
	if err != nil {
		return nil, err
	}
	slices.SortStableFunc(all, func(a, b records.Typed) int {
		return cmp.Or(cmp.Compare(a.Values.Get("date"), b.Values.Get("date")), cmp.Compare(a.ID, b.ID))
	})
	return d.views(c, all)
}

func sums(k *schema.Kind, views []view) (total page.MonthSum, byField []page.MonthSum) {
	for _, v := range views {
		minutes, _ := strconv.ParseInt(k.Get(v.row, "minutes"), 10, 64)
		total.Records, total.Minutes = total.Records+1, total.Minutes+minutes
		field := k.Get(v.row, "field")
		i := slices.IndexFunc(byField, func(s page.MonthSum) bool { return s.Field == field })
		if i < 0 {
			i, byField = len(byField), append(byField, page.MonthSum{Field: field})
		}
		byField[i].Records, byField[i].Minutes = byField[i].Records+1, byField[i].Minutes+minutes
	}
	slices.SortFunc(byField, func(a, b page.MonthSum) int { return cmp.Compare(a.Field, b.Field) })
	return total, byField
}
