package peopleweb

import (
	"bytes"
	"slices"
	"strings"

	"outreach/internal/fact"
	"outreach/internal/people"
	"outreach/internal/project"
	"outreach/internal/report"
	"outreach/internal/schema"
	"outreach/internal/table"
	"outreach/internal/web"
)

// csv answers with everybody who is known, by name. Who exports them is noted first.
func (h Handlers) csv(c *web.Call) error {
	by, err := c.Staff()
	if err != nil {
		return err
	}
	if err := h.people.NoteExport(c.Context(), c.Project, fact.ExportedPeople, "", by); err != nil {
		return err
	}
	var b bytes.Buffer
	out := report.NewCSV(&b)
	columns := peopleColumns(registry(c).Keys)
	var head []report.Cell
	for _, column := range columns {
		head = append(head, report.Text(column.name))
	}
	out.Row(head...)
	for cursor := ""; ; {
		found, err := h.people.Search(c.Context(), c.Defined.Definition, "", table.MostPage, cursor)
		if err != nil {
			return err
		}
		for _, p := range found.Items {
			var line []report.Cell
			for _, column := range columns {
				line = append(line, column.cell(p))
			}
			out.Row(line...)
		}
		if cursor = found.Next; cursor == "" {
			break
		}
	}
	if err := out.Close(); err != nil {
		return err
	}
	return c.Download("text/csv; charset=utf-8", c.Project+"-people.csv", b.Bytes())
}

// column is one of the export: its name and what it has of a person. Several values have | between them.
type column struct {
	name string
	cell func(people.Person) report.Cell
}

// peopleColumns returns the columns of the export. The project's keys are among them, each by its name; other_keys has
// those by which the project recognises people no longer, and where it has the usual keys all but e-mail address and
// PESEL.
func peopleColumns(keys *schema.Keys) []column {
	text := func(name string, of func(people.Person) string) column {
		return column{name, func(p people.Person) report.Cell { return report.Text(of(p)) }}
	}
	out := []column{
		text("id", func(p people.Person) string { return p.ID }),
		text("first_name", func(p people.Person) string { return p.FirstName }),
		text("last_name", func(p people.Person) string { return p.LastName }),
		text("emails", emailsOf),
	}
	if keys.Has(project.KeyPesel) {
		out = append(out, text("pesels", func(p people.Person) string { return strings.Join(p.Pesels, "|") }))
	}
	out = append(out, text("phone", phoneOf), column{"birth_year", func(p people.Person) report.Cell { return report.Number(p.BirthYear) }})
	shown := []string{project.KeyEmail, project.KeyPesel, project.KeyPhone, project.KeyName}
	for _, f := range keys.Fields {
		if !slices.Contains(shown, f.Name) {
			shown = append(shown, f.Name)
			out = append(out, text(f.Name, func(p people.Person) string { return strings.Join(p.Values(f.Name), "|") }))
		}
	}
	return append(out, text("other_keys", func(p people.Person) string {
		var others []string
		for _, k := range p.Further {
			if !slices.Contains(shown, k.Kind) {
				others = append(others, k.Kind+":"+k.Value)
			}
		}
		return strings.Join(others, "|")
	}))
}

// emailsOf returns the e-mail addresses by which a person is recognised, and the one that is no key.
func emailsOf(p people.Person) string {
	emails := p.Emails
	if p.Address != "" {
		emails = append(emails[:len(emails):len(emails)], p.Address)
	}
	return strings.Join(emails, "|")
}

// phoneOf returns the telephone number of a person, or the one by which they are recognised.
func phoneOf(p people.Person) string {
	if p.Phone != "" {
		return p.Phone
	}
	return strings.Join(p.Values(project.KeyPhone), "|")
}
