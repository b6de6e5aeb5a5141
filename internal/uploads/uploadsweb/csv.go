package uploadsweb

import (
	"bytes"

	"outreach/internal/report"
	"outreach/internal/table"
	"outreach/internal/uploads"
	"outreach/internal/web"
)

// listCSV answers with all files that the caller may see, newest first.
func (h Handlers) listCSV(c *web.Call) error {
	partner, err := owner(c)
	if err != nil {
		return err
	}
	if partner == uploads.Office {
		partner = ""
	}
	var b bytes.Buffer
	out := report.NewCSV(&b)
	var head []report.Cell
	for _, name := range []string{"id", "filename", "owner", "state", "kind", "sha256", "bytes", "rows", "new", "changed", "unchanged", "same_as", "received_at", "finished_at", "original_removed_at"} {
		head = append(head, report.Text(name))
	}
	out.Row(head...)
	for cursor := ""; ; {
		found, err := h.uploads.Uploads(c.Context(), c.Project, partner, table.MostPage, cursor)
		if err != nil {
			return err
		}
		for _, u := range found.Items {
			line := []report.Cell{report.Text(u.ID), report.Text(u.Filename), report.Text(u.Owner), report.Text(u.State), report.Text(u.Kind), report.Text(u.SHA256), report.Number(u.Bytes)}
			for _, n := range []int{u.Rows, u.New, u.Changed, u.Unchanged} {
				line = append(line, report.Number(n))
			}
			line = append(line, report.Text(u.SameAs))
			for _, at := range []*string{instant(u.Arrived), instant(u.Finished), instant(u.Removed)} {
				if at == nil {
					at = new(string)
				}
				line = append(line, report.Text(*at))
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
	return c.Download("text/csv; charset=utf-8", c.Project+"-files.csv", b.Bytes())
}
