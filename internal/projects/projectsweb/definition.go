package projectsweb

import (
	"bytes"
	"errors"
	"io"
	"mime"
	"net/http"
	"net/url"
	"strings"

	"outreach/internal/page"
	"outreach/internal/project/definition"
	"outreach/internal/projects"
	"outreach/internal/projects/preview"
	"outreach/internal/schema"
	"outreach/internal/store"
	"outreach/internal/web"
)

// show shows the text of the version in force: in the editor, or as YAML.
func (h Handlers) show(c *web.Call) error {
	text, err := h.projects.DefinitionText(c.Context(), c.Project, c.Defined.Version)
	if err != nil {
		return err
	}
	if expanded := c.URL.Query().Get("expanded"); expanded != "" && expanded != "0" {
		if text, err = definition.Expanded(text, c.Defined.Definition.Packs); err != nil {
			return err
		}
		c.W.Header().Set("Content-Type", "application/yaml")
		_, err = c.W.Write(text)
		return err
	}
	if c.Page {
		return c.Show(http.StatusOK, page.Definition{YAML: string(text), Number: c.Defined.Version, SHA256: c.Defined.SHA256, Version: etag(c.Defined), Proof: proofLines(c, c.Defined.Definition)})
	}
	c.W.Header().Set("Content-Type", "application/yaml")
	c.W.Header().Set("ETag", etag(c.Defined))
	_, err = c.W.Write(text)
	return err
}

func etag(d projects.Defined) string { return `"` + d.SHA256 + `"` }

// set checks a definition and puts it in force; with dry_run it only checks. A browser's form sends the text in a
// field. An admin may begin a project; from then on its coordinators set the definition.
func (h Handlers) set(c *web.Call) error {
	before := c.Defined
	raw, err := io.ReadAll(http.MaxBytesReader(c.W, c.Body, web.MostBody))
	if err != nil {
		return err
	}
	ifMatch := c.Header.Get("If-Match")
	form := false
	dry := c.URL.Query().Get("dry_run")
	media, _, _ := mime.ParseMediaType(c.Header.Get("Content-Type"))
	if media == "application/x-www-form-urlencoded" && c.Method == http.MethodPost {
		values, err := url.ParseQuery(string(raw))
		if err != nil {
			return &web.Error{Status: http.StatusBadRequest, Detail: "not_a_form"}
		}
		// Browsers send the lines of a textarea with CRLF.
		raw, form = bytes.ReplaceAll([]byte(values.Get("yaml")), []byte("\r\n"), []byte("\n")), true
		ifMatch = values.Get("_if_match")
		if values.Get("dry_run") != "" {
			dry = "1"
		}
	} else if c.Method == http.MethodPost {
		return &web.Error{Status: http.StatusMethodNotAllowed, Allow: "GET, PUT"}
	}
	d, problems := definition.Parse(c.Project, raw)
	if len(problems) == 0 && before.Definition != nil {
		found, err := h.previews.Unreadable(c.Context(), before.Definition, d)
		if err != nil {
			return err
		}
		for _, one := range found {
			problems = append(problems, definition.InUse(raw, one.Break, one.Count, preview.MostCounted))
		}
	}
	lines := inLines(c, problems)
	shown := page.Definition{YAML: string(raw), Number: before.Version, SHA256: before.SHA256, Version: ifMatch}
	var changes []change
	if len(lines) == 0 {
		changes = inWords(c, before.Definition, d)
	}
	for _, one := range changes {
		shown.Changes = append(shown.Changes, one.Message)
	}
	if len(lines) > 0 {
		if form && c.Page {
			shown.Problems = lineProblems(c.FewLines(lines))
			return c.Show(http.StatusUnprocessableEntity, shown)
		}
		return &web.Error{Status: http.StatusUnprocessableEntity, Detail: "definition", Lines: lines, Extra: map[string]any{"summary": c.Messages().Count("definition.problems", int64(len(lines)))}}
	}
	if dry != "" && dry != "0" {
		warnings := c.FewLines(inLines(c, definition.Warnings(c.Project, raw)))
		var figures *previewed
		if len(changes) > 0 && c.URL.Query().Get("preview") != "0" {
			if figures, err = h.preview(c, d); err != nil {
				return err
			}
		}
		if form && c.Page {
			shown.Checked, shown.Warnings, shown.Proof, shown.Preview = true, lineProblems(warnings), proofLines(c, d), previewLines(c, figures, d)
			return c.Show(http.StatusOK, shown)
		}
		summary := c.Messages().Say("definition.checked")
		if len(changes) == 0 {
			summary = c.Messages().Say("definition.same")
		}
		return c.JSON(http.StatusOK, checked{Project: d.ID, Valid: true, Errors: []web.Line{}, Warnings: warnings, Summary: summary, Changes: changes, Proof: proofs(c, d), Preview: figures})
	}
	by, err := c.Staff()
	if err != nil {
		return err
	}
	if ifMatch == "*" {
		ifMatch = ""
	}
	now, created, err := h.projects.SetDefinition(c.Context(), d, raw, strings.Trim(ifMatch, `"`), by)
	if errors.Is(err, store.ErrStale) && form && c.Page {
		// The typed text is kept; saving it once more replaces the other's.
		shown.Version = etag(before)
		shown.Problems = []page.LineProblem{{Message: c.Messages().Problem(schema.Problem{Code: "stale"})}}
		return c.Show(http.StatusPreconditionFailed, shown)
	}
	if err != nil {
		return err
	}
	for _, a := range d.Activities {
		if err := h.signups.FillPlaces(c.Context(), d, a.ID, by); err != nil {
			return err
		}
	}
	if form && c.Page {
		return c.Redirect("/" + c.Project + "/definition?done=saved")
	}
	c.W.Header().Set("ETag", etag(now))
	status := http.StatusOK
	if created {
		status = http.StatusCreated
		c.W.Header().Set("Location", "/"+c.Project+"/definition")
	}
	return c.JSON(status, defined{Project: d.ID, Version: now.Version, SHA256: now.SHA256})
}

// inLines returns problems of a definition in the reader's language.
func inLines(c *web.Call, problems []definition.Problem) []web.Line {
	lines := make([]web.Line, 0, len(problems))
	for _, p := range problems {
		lines = append(lines, web.Line{Field: p.Field, Code: p.Code, Message: c.Messages().Word(p.Message), Line: p.Line, Column: p.Column})
	}
	return lines
}

// lineProblems returns problems for the editor.
func lineProblems(lines []web.Line) (out []page.LineProblem) {
	for _, l := range lines {
		out = append(out, page.LineProblem{Line: l.Line, Column: l.Column, Message: l.Message})
	}
	return out
}
