package peopleweb

import (
	"bytes"
	"strings"

	"outreach/internal/fact"
	"outreach/internal/people"
	"outreach/internal/project"
	"outreach/internal/report"
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
	var head []report.Cell
	for _, name := range []string{"id", "first_name", "last_name", "emails", "pesels", "phone", "birth_year", "other_keys"} {
		head = append(head, report.Text(name))
	}
	out.Row(head...)
	for cursor := ""; ; {
		found, err := h.people.Search(c.Context(), c.Defined.Definition, "", table.MostPage, cursor)
		if err != nil {
			return err
		}
		for _, p := range found.Items {
			var further []string
			for _, k := range p.Further {
				if k.Kind != project.KeyName && k.Kind != project.KeyPhone {
					further = append(further, k.Kind+":"+k.Value)
				}
			}
			emails := p.Emails
			if p.Address != "" {
				emails = append(emails[:len(emails):len(emails)], p.Address)
			}
			out.Row(report.Text(p.ID), report.Text(p.FirstName), report.Text(p.LastName), report.Text(strings.Join(emails, "|")), report.Text(strings.Join(p.Pesels, "|")), report.Text(phoneOf(p)), report.Number(p.BirthYear), report.Text(strings.Join(further, "|")))
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

// phoneOf returns the telephone number of a person, or the one by which they are recognised.
func phoneOf(p people.Person) string {
	if p.Phone != "" {
		return p.Phone
	}
	return strings.Join(p.Values(project.KeyPhone), "|")
}
