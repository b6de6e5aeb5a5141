package recordsweb

import (
	"cmp"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"outreach/internal/page"
	"outreach/internal/people"
	"outreach/internal/project"
	"outreach/internal/records"
	"outreach/internal/schema"
	"outreach/internal/table"
	"outreach/internal/web"
	"outreach/internal/web/shape"
)

// Advisers have a page of their own, filled in by keyboard between two talks: one field names the person, by an exact
// key or by the name of a person whom this adviser has advised before. The other fields keep their
// last values.

// Limits of an adviser's page.
const (
	mostSuggested = 60   // people in the list of suggestions: the page stays light
	mostAdvised   = 5000 // records among which a name is searched
)

// forAdviser reports whether the caller gets the advisers' page: an adviser, asking for consultations.
func (h Handlers) forAdviser(c *web.Call) bool {
	return h.kind.Index("adviser") >= 0 && !c.HasRole(web.Coordinator)
}

// advised returns the people of an adviser's records as the adviser may see them, each once, in the order of the
// records.
func advised(views []view) []people.Person {
	var out []people.Person
	for _, v := range views {
		if v.Person != "" && !v.erased && !slices.ContainsFunc(out, func(p people.Person) bool { return p.ID == v.person.ID }) {
			out = append(out, v.person)
		}
	}
	return out
}

// own reads the newest records of an adviser, a staff id; it stops at the page that reaches most.
func (h Handlers) own(c *web.Call, staff string, most int) ([]records.Typed, error) {
	var all []records.Typed
	cursor := ""
	for {
		found, err := h.records.TypedRecords(c.Context(), c.Project, h.kind, staff, min(most, table.MostPage), cursor)
		if err != nil {
			return nil, err
		}
		all = append(all, found.Items...)
		if cursor = found.Next; cursor == "" || len(all) >= most {
			return all, nil
		}
	}
}

// suggestions returns people for the list of suggestions; people of one name have a hint beside it.
func suggestions(all []people.Person) []page.Suggestion {
	count := map[string]int{}
	for _, p := range all {
		count[people.Fold(fullName(p))]++
	}
	var out []page.Suggestion
	for _, p := range all {
		s := page.Suggestion{ID: p.ID, Name: fullName(p), Hint: hint(p)}
		switch {
		case s.Name == "" && p.AnyKey() != "":
			s.Name, s.Hint = p.AnyKey(), ""
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

// keyTyped returns the kind of key that was typed, beside an e-mail address: a row of digits is a PESEL where the
// project uses it, else, as other identifiers are, the first key that can be read so; "" for a name.
func (h Handlers) keyTyped(c *web.Call, typed string) string {
	keys := h.kind.PersonKeys()
	if keys.Has(project.KeyPesel) && !strings.ContainsFunc(typed, func(r rune) bool { return (r < '0' || r > '9') && r != ' ' }) {
		return project.KeyPesel
	}
	if !strings.ContainsFunc(typed, unicode.IsDigit) {
		return ""
	}
	for _, f := range keys.Fields {
		if f.Name == project.KeyEmail {
			continue
		}
		if _, problem := f.Parse(typed, c.Scope(true)); problem == nil {
			return f.Name
		}
	}
	return ""
}

// hint returns what distinguishes people of one name: their address or number, or the end of their PESEL.
func hint(p people.Person) string {
	if p.AnyKey() != "" {
		return p.AnyKey()
	}
	for _, pesel := range p.Pesels {
		return "PESEL …" + pesel[max(0, len(pesel)-4):]
	}
	return ""
}

// match returns the people whose name is exactly the one given, and those whose name has words that begin with its
// words. Case, diacritics and the order of first and last name do not matter.
func match(name string, all []people.Person) (exact, near []page.Suggestion) {
	wanted := people.Fold(name)
	for _, s := range suggestions(all) {
		whole := people.Fold(s.Name)
		p := all[slices.IndexFunc(all, func(p people.Person) bool { return p.ID == s.ID })]
		switch {
		case wanted == whole, wanted == people.Fold(fullName(p)), wanted == p.SortName():
			exact = append(exact, s)
		case hasWords(whole, strings.Fields(wanted)):
			near = append(near, s)
		}
	}
	return exact, near
}

// hasWords reports whether each of the words begins a word of the name.
func hasWords(name string, words []string) bool {
	parts := strings.Fields(name)
	for _, w := range words {
		if !slices.ContainsFunc(parts, func(part string) bool { return strings.HasPrefix(part, w) }) {
			return false
		}
	}
	return len(words) > 0
}

// resolveName replaces what was typed into the person field by the key that it is, or by the id of
// the person who was meant, of whom it returns what the adviser knows. Where no one or several may be meant it returns
// them, and an error on the field.
func (h Handlers) resolveName(c *web.Call, body web.Body, staff string) (known people.PersonView, candidates []page.Suggestion, err error) {
	typed, one := body.Given["person"].(string)
	if !one {
		return known, nil, nil
	}
	chosen := body.Take("which")
	typed = schema.Clean(typed)
	switch {
	case typed == "":
		delete(body.Given, "person")
		return known, nil, nil
	case strings.Contains(typed, "@") && h.kind.PersonKeys().Has(project.KeyEmail):
		delete(body.Given, "person")
		var names []string
		for _, word := range strings.Fields(typed) {
			if strings.Contains(word, "@") {
				body.Given["email"] = strings.Trim(word, "()<>,;") // as it is written beside a name
			} else {
				names = append(names, word) // of several who share the address
			}
		}
		if len(names) > 0 {
			body.Given["first_name"], body.Given["last_name"] = names[0], strings.Join(names[1:], " ")
		}
		return known, nil, nil
	}
	if key := h.keyTyped(c, typed); key != "" {
		delete(body.Given, "person")
		body.Given[key] = typed
		return known, nil, nil
	}
	recent, err := h.own(c, staff, mostAdvised)
	if err != nil {
		return known, nil, err
	}
	views, err := h.views(c, recent)
	if err != nil {
		return known, nil, err
	}
	theirs := advised(views)
	exact, near := match(typed, theirs)
	all := append(slices.Clone(exact), near...)
	if i := slices.IndexFunc(all, func(s page.Suggestion) bool { return s.ID == chosen }); i >= 0 {
		exact = all[i : i+1]
	}
	if len(exact) == 1 {
		body.Given["person"] = map[string]any{"id": exact[0].ID}
		return theirs[slices.IndexFunc(theirs, func(p people.Person) bool { return p.ID == exact[0].ID })].View(), nil, nil
	}
	if len(exact) > 1 {
		all = exact
	}
	problem := schema.Problem{Field: "person", Code: schema.NotInList, Hint: "which"}
	if len(all) == 0 {
		problem.Hint = "not_advised"
	}
	return known, all[:min(len(all), mostSuggested)], web.Invalid(problem)
}

// showAdviserPage shows an adviser the form for the next record and the records before it.
func (h Handlers) showAdviserPage(c *web.Call, status int, entry page.Entry, candidates []page.Suggestion, found table.PageOf[records.Typed], views []view) error {
	content := page.Advice{
		Kind: h.kind, Definition: c.Defined.Definition, Entry: entry, Which: candidates, Today: c.Today(), Next: c.NextAddress(found.Next),
		Month: lastMonth(c),
	}
	var err error
	if content.Files, err = h.fileNames(c, shownRows(views), entry); err != nil {
		return err
	}
	if suggested := suggestions(advised(views)); c.Cursor() == "" {
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

// showMonth shows an adviser's month, for printing and signing: the caller's own, or for a coordinator that of the
// adviser named in the address.
func (h Handlers) showMonth(c *web.Call) error {
	query := c.URL.Query()
	month := cmp.Or(query.Get("month"), lastMonth(c))
	var problems []schema.Problem
	if _, err := time.Parse("2006-01", month); err != nil {
		problems = append(problems, schema.Problem{Field: "month", Code: schema.NotADate, Hint: "month"})
		month = lastMonth(c)
	}
	adviser := c.StaffName()
	if c.HasRole(web.Coordinator) {
		adviser, _ = schema.ParseEmail(query.Get("adviser"))
		switch {
		case adviser == "" && query.Get("adviser") != "":
			problems = append(problems, schema.Problem{Field: "adviser", Code: schema.Unreadable, Hint: "email"})
		case adviser == "" && !c.Page:
			problems = append(problems, schema.Problem{Field: "adviser", Code: schema.Missing})
		}
	}
	content := page.MonthSheet{Kind: h.kind, Definition: c.Defined.Definition, Month: month, Last: lastMonth(c), Adviser: adviser, Asked: query.Get("adviser"), Problems: problems}
	if len(problems) > 0 {
		if c.Page {
			return c.Show(http.StatusUnprocessableEntity, content)
		}
		return web.Invalid(problems...)
	}
	var views []view
	if adviser != "" {
		var err error
		if views, err = h.month(c, adviser, month); err != nil {
			return err
		}
	}
	total, byField := sums(h.kind, views)
	if !c.Page {
		out := adviserMonth{Adviser: adviser, Month: month, Items: make([]shape.Merged, len(views)), Total: sum{total.Records, total.Minutes}, ByField: make([]fieldSum, len(byField))}
		for i, v := range views {
			out.Items[i] = v.json(h.kind)
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

// lastMonth returns the present month, or the last month of a project that has ended, as YYYY-MM.
func lastMonth(c *web.Call) string {
	return min(c.Today(), c.Defined.Definition.Period.To)[:len("2006-01")]
}

// month reads an adviser's records of a month, by date.
func (h Handlers) month(c *web.Call, adviser, month string) ([]view, error) {
	staff, err := h.staff.FindStaff(c.Context(), c.Project, adviser)
	if err != nil || staff == "" {
		return nil, err
	}
	all, err := h.records.Month(c.Context(), c.Project, h.kind, staff, month)
	if err != nil {
		return nil, err
	}
	return h.views(c, all)
}

// sums adds up consultations: all of them, and by field of advice.
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
