package projectsweb

import (
	"errors"
	"net/http"
	"strconv"
	"strings"

	"outreach/internal/page"
	"outreach/internal/project"
	"outreach/internal/store"
	"outreach/internal/web"
)

// change is a difference between two definitions, with a message in the reader's language.
type change struct {
	project.Change
	Message string `json:"message" doc:"In words, in the reader's language"`
}

// inWords describes what differs between two definitions. Keys are named as they are written in a definition.
func inWords(c *web.Call, before, after *project.Definition) []change {
	changes := []change{}
	for _, one := range project.Changes(before, after) {
		what := one.ID
		if one.Part != "" {
			what = c.Messages().Say("definition.part."+one.Part, "id", one.ID, "label", one.Label.In(c.Language))
		}
		message := c.Messages().Say("definition."+one.What, "what", what)
		if one.What == project.Altered {
			var fields []string
			for _, e := range one.Fields {
				field := e.Field
				if field == one.ID {
					field = ""
				}
				if e.Before+e.After != "" {
					field = strings.TrimSpace(field + " " + c.Messages().Say("definition.instead", "before", written(e.Before), "after", written(e.After)))
				}
				if field != "" {
					fields = append(fields, field)
				}
			}
			if len(fields) > 0 {
				message += ": " + strings.Join(fields, ", ")
			}
		}
		changes = append(changes, change{one, message})
	}
	return changes
}

// written returns a value as it is shown in a sentence; an empty one as a dash.
func written(value string) string {
	if value == "" {
		return "–"
	}
	return value
}

// listVersions lists the versions of the definition, with who set them and when.
func (h Handlers) listVersions(c *web.Call) error {
	found, err := h.projects.DefinitionVersions(c.Context(), c.Project, c.Limit(), c.Cursor())
	if err != nil {
		return err
	}
	var staff []string
	for _, d := range found.Items {
		staff = append(staff, d.By)
	}
	emails, err := h.staff.StaffEmails(c.Context(), c.Project, staff)
	if err != nil {
		return err
	}
	if c.Page {
		content := page.Versions{Next: c.NextAddress(found.Next)}
		for _, d := range found.Items {
			content.Items = append(content.Items, page.Version{Number: d.Version, SHA256: d.SHA256, By: emails[d.By], At: d.At})
		}
		return c.Show(http.StatusOK, content)
	}
	items := make([]version, len(found.Items))
	for i, d := range found.Items {
		items[i] = version{Version: d.Version, SHA256: d.SHA256, At: d.At, By: emails[d.By]}
	}
	return c.List(items, found.Next)
}

// showVersion shows the text of one version, to a browser with its changes.
func (h Handlers) showVersion(c *web.Call) error {
	number, err := strconv.Atoi(c.PathValue("number"))
	if err != nil || number < 1 || number > c.Defined.Version || strconv.Itoa(number) != c.PathValue("number") {
		return store.ErrNotFound
	}
	d, err := h.projects.DefinitionVersion(c.Context(), c.Project, number)
	if err != nil {
		return err
	}
	text, err := h.projects.DefinitionText(c.Context(), c.Project, number)
	if err != nil {
		return err
	}
	if !c.Page {
		c.W.Header().Set("Content-Type", "application/yaml")
		c.W.Header().Set("ETag", etag(d))
		_, err = c.W.Write(text)
		return err
	}
	before, err := h.projects.DefinitionVersion(c.Context(), c.Project, number-1)
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return err
	}
	emails, err := h.staff.StaffEmails(c.Context(), c.Project, []string{d.By})
	if err != nil {
		return err
	}
	content := page.OldDefinition{Version: page.Version{Number: d.Version, SHA256: d.SHA256, By: emails[d.By], At: d.At}, YAML: string(text), Present: d.Version == c.Defined.Version}
	if before.Definition != nil {
		for _, one := range inWords(c, before.Definition, d.Definition) {
			content.Changes = append(content.Changes, one.Message)
		}
	}
	return c.Show(http.StatusOK, content)
}
