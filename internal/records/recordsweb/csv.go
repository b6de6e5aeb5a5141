package recordsweb

import (
	"bytes"
	"slices"
	"strings"

	"outreach/internal/fact"
	"outreach/internal/people"
	"outreach/internal/report"
	"outreach/internal/schema"
	"outreach/internal/table"
	"outreach/internal/web"
	"outreach/internal/web/shape"
)

// exported is the route of the list as CSV, at the address of the list.
func (h Handlers) exported(at, name, many string) web.Route {
	return web.Route{Method: "GET", Path: at + ".csv", Roles: h.roles, Scope: h.scope(), Handler: h.bind(Handlers.csv),
		ID: "export" + name + "CSV", Tag: "records", Summary: strings.ToUpper(many[:1]) + many[1:] + " as CSV",
		Detail:   "The records of the list, all of them at once, newest first, without sensitive fields.",
		Response: shape.Text{Type: shape.CSV}, Success: "The list"}
}

// csv answers with all records that the caller may see. Who exports records about people is noted first.
func (h Handlers) csv(c *web.Call) error {
	owner, err := h.owner(c)
	if err != nil {
		return err
	}
	about := h.kind.Person || h.kind.Optional
	identity := slices.Concat(h.kind.PersonKeys().Names(), h.kind.PersonKeys().Shown())
	if about {
		by, err := c.Staff()
		if err != nil {
			return err
		}
		if err := h.people.NoteExport(c.Context(), c.Project, fact.ExportedRecords, "", by); err != nil {
			return err
		}
	}
	var b bytes.Buffer
	out := report.NewCSV(&b)
	head := []report.Cell{report.Text("id")}
	if about {
		head = append(head, report.Text("person"))
		for _, f := range identity {
			head = append(head, report.Text(f.Name))
		}
	}
	if h.kind.SentByPartners() {
		head = append(head, report.Text("partner"))
	}
	for i := range h.kind.Fields {
		if f := &h.kind.Fields[i]; !f.Sensitive {
			head = append(head, report.Text(f.Name))
		}
	}
	out.Row(head...)
	for cursor := ""; ; {
		found, err := h.records.TypedRecords(c.Context(), c.Project, h.kind, owner, table.MostPage, cursor)
		if err != nil {
			return err
		}
		views, err := h.views(c, found.Items)
		if err != nil {
			return err
		}
		for _, v := range views {
			line := []report.Cell{report.Text(v.ID)}
			if about {
				line = append(line, report.Text(v.person.ID))
				for _, f := range identity {
					line = append(line, cellOf(f, identityOf(v.person, f.Name)))
				}
			}
			if h.kind.SentByPartners() {
				line = append(line, report.Text(v.Partner))
			}
			for i, value := range v.row {
				if f := &h.kind.Fields[i]; !f.Sensitive {
					line = append(line, cellOf(f, value))
				}
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
	return c.Download("text/csv; charset=utf-8", c.Project+"-"+h.kind.Plural+".csv", b.Bytes())
}

// identityOf returns a person's name, year of birth or first key of a kind, by the name of its field.
func identityOf(p people.Person, field string) string {
	switch field {
	case schema.FirstNameField.Name:
		return p.FirstName
	case schema.LastNameField.Name:
		return p.LastName
	case schema.BirthYearField.Name:
		return p.BirthYear
	}
	return p.View().Key(field)
}

// cellOf returns a value as a number if the field is one.
func cellOf(f *schema.Field, value string) report.Cell {
	if stored := f.Type.Stored(); stored == schema.Wholes || stored == schema.Doubles {
		return report.Number(value)
	}
	return report.Text(value)
}
