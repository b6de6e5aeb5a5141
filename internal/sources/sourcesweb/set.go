package sourcesweb

import (
	"bytes"
	"errors"
	"io"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"outreach/internal/page"
	"outreach/internal/project/definition"
	"outreach/internal/schema"
	"outreach/internal/sources"
	"outreach/internal/sources/ready"
	"outreach/internal/store"
	"outreach/internal/web"
)

// partner returns the partner whose sources alone the caller may see and set, "" for a coordinator.
func partner(c *web.Call) (string, error) {
	if c.HasRole(web.Coordinator) {
		return "", nil
	}
	return c.Partner()
}

// mine fails with 403 where the caller may not handle the source with an id.
func mine(c *web.Call, id string) (who string, err error) {
	who, err = partner(c)
	if err == nil && who != "" && sources.OwnerOf(c.Defined.Definition, id) != who {
		err = &web.Error{Status: http.StatusForbidden, Detail: "source_of_other", Args: []any{"partner", who}}
	}
	return who, err
}

// emails returns the addresses of who set versions.
func (h Handlers) emails(c *web.Call, all []sources.Stored) (map[string]string, error) {
	var staff []string
	for _, s := range all {
		staff = append(staff, s.By)
	}
	return h.staff.StaffEmails(c.Context(), c.Project, staff)
}

func (h Handlers) list(c *web.Call) error { return h.showList(c, http.StatusOK, page.SourceText{}) }

func (h Handlers) showList(c *web.Call, status int, typed page.SourceText) error {
	who, err := partner(c)
	if err != nil {
		return err
	}
	found, err := h.sources.Sources(c.Context(), c.Project, c.Limit(), c.Cursor())
	if err != nil {
		return err
	}
	if who != "" {
		found.Items = slices.DeleteFunc(found.Items, func(s sources.Stored) bool { return sources.OwnerOf(c.Defined.Definition, s.Source.ID) != who })
	}
	emails, err := h.emails(c, found.Items)
	if err != nil {
		return err
	}
	if !c.Page {
		items := make([]view, len(found.Items))
		for i, s := range found.Items {
			items[i] = viewOf(s, emails)
		}
		return c.List(items, found.Next)
	}
	content := page.Sources{Next: c.NextAddress(found.Next), New: typed}
	chosen, isReady := ready.ByID(c.URL.Query().Get("ready"))
	for _, f := range ready.All() {
		if !f.Analytics && (who == "" || f.Kind == schema.Media) {
			content.Ready = append(content.Ready, page.ReadySource{ID: f.ID, Tool: f.Tool, Kind: schema.For(c.Defined.Definition).LabelIn(c.Messages(), schema.Several, f.Kind), Chosen: isReady && f.ID == chosen.ID})
		}
	}
	switch {
	case content.New.Text != "":
	case isReady && !chosen.Analytics && who != "":
		content.New.Text = chosen.Text(who+"-"+chosen.ID, []string{who})
	case isReady && !chosen.Analytics:
		content.New.Text = chosen.Text(chosen.ID, nil)
	default:
		content.New.Text = example(c, who)
	}
	for _, s := range found.Items {
		content.Items = append(content.Items, lineOf(c, s, emails))
	}
	return c.Show(status, content)
}

// lineOf returns a version for a page.
func lineOf(c *web.Call, s sources.Stored, emails map[string]string) page.SourceLine {
	line := page.SourceLine{ID: s.Source.ID, Recognise: s.Source.Recognise, Version: s.Version, By: emails[s.By], At: s.At, Removed: s.Removed, Text: s.Text}
	line.Kind = schema.For(c.Defined.Definition).LabelIn(c.Messages(), schema.Several, s.Source.Kind)
	for _, id := range s.Source.By {
		name := id
		if p, known := c.Defined.Definition.Partner(id); known {
			name = p.Name
		}
		line.Partners = append(line.Partners, name)
	}
	return line
}

// example is a source to begin with.
func example(c *web.Call, who string) string {
	id, by := "monitoring", ""
	if who != "" {
		id, by = who+"-monitoring", "by: ["+who+"]\n"
	}
	return "id: " + id + "\nkind: media\n" + by + `recognise: ["Date", "Headline", "Source", "Reach"]
columns: {date: "Date", title: "Headline", outlet: "Source", reach: "Reach"}
formats: {date: "DD-MMM-YYYY hh:mm A", reach: "1,234"}
values: {medium: {"Online News": web}}
constants: {medium: web}
ignore: "*"
skip: 'row["Reach"] == "N/A"'
`
}

func (h Handlers) show(c *web.Call) error {
	id := c.PathValue("source")
	if _, err := mine(c, id); err != nil {
		return err
	}
	s, err := h.sources.Source(c.Context(), c.Project, id)
	if err != nil {
		return err
	}
	if c.Page {
		return h.showPage(c, http.StatusOK, s, page.SourceText{Text: s.Text, Version: etag(s)})
	}
	c.W.Header().Set("ETag", etag(s))
	emails, err := h.emails(c, []sources.Stored{s})
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, viewOf(s, emails))
}

func (h Handlers) showPage(c *web.Call, status int, s sources.Stored, typed page.SourceText) error {
	found, err := h.sources.Versions(c.Context(), c.Project, s.Source.ID, c.Limit(), c.Cursor())
	if err != nil {
		return err
	}
	emails, err := h.emails(c, append([]sources.Stored{s}, found.Items...))
	if err != nil {
		return err
	}
	content := page.Source{Line: lineOf(c, s, emails), Typed: typed, Next: c.NextAddress(found.Next)}
	for _, v := range found.Items {
		content.Versions = append(content.Versions, lineOf(c, v, emails))
	}
	return c.Show(status, content)
}

func (h Handlers) listVersions(c *web.Call) error {
	id := c.PathValue("source")
	if _, err := mine(c, id); err != nil {
		return err
	}
	found, err := h.sources.Versions(c.Context(), c.Project, id, c.Limit(), c.Cursor())
	if err == nil && len(found.Items) == 0 && c.Cursor() == "" {
		err = store.ErrNotFound
	}
	if err != nil {
		return err
	}
	emails, err := h.emails(c, found.Items)
	if err != nil {
		return err
	}
	items := make([]view, len(found.Items))
	for i, s := range found.Items {
		items[i] = viewOf(s, emails)
	}
	return c.List(items, found.Next)
}

// sent is a source as it was sent: by a program as the body, by a browser's form in a field.
type sent struct {
	text    []byte
	ifMatch string
	method  string
	form    bool
}

func read(c *web.Call) (sent, error) {
	raw, err := io.ReadAll(http.MaxBytesReader(c.W, c.Body, web.MostBody))
	if err != nil {
		return sent{}, err
	}
	out := sent{text: raw, ifMatch: c.Header.Get("If-Match"), method: c.Method}
	media, _, _ := mime.ParseMediaType(c.Header.Get("Content-Type"))
	if media == "application/x-www-form-urlencoded" && c.Method == http.MethodPost {
		values, err := url.ParseQuery(string(raw))
		if err != nil {
			return out, &web.Error{Status: http.StatusBadRequest, Detail: "not_a_form"}
		}
		// Browsers send the lines of a textarea with CRLF.
		out.text, out.form = bytes.ReplaceAll([]byte(values.Get("text")), []byte("\r\n"), []byte("\n")), true
		out.ifMatch, out.method = values.Get("_if_match"), strings.ToUpper(values.Get("_method"))
	} else if c.Method == http.MethodPost {
		return out, &web.Error{Status: http.StatusMethodNotAllowed, Allow: "GET, PUT, DELETE"}
	}
	if out.ifMatch = strings.Trim(strings.TrimPrefix(out.ifMatch, "W/"), `"`); out.ifMatch == "*" {
		out.ifMatch = ""
	}
	return out, nil
}

// post is what a browser's form sends: a PUT, or a DELETE.
func (h Handlers) post(c *web.Call) error {
	body, err := read(c)
	if err != nil {
		return err
	}
	if body.method == http.MethodDelete {
		return h.removeSent(c, body)
	}
	return h.setSent(c, body)
}

func (h Handlers) set(c *web.Call) error {
	body, err := read(c)
	if err != nil {
		return err
	}
	return h.setSent(c, body)
}

// setSent checks a source and puts it in force.
func (h Handlers) setSent(c *web.Call, body sent) error {
	id := c.PathValue("source") // "" in a form for a new one
	who := ""
	var err error
	if id != "" {
		who, err = mine(c, id)
	} else {
		who, err = partner(c)
	}
	if err != nil {
		return err
	}
	s, problems := definition.ParseSource(c.Defined.Definition, id, body.text)
	typed := page.SourceText{Text: string(body.text), Version: body.ifMatch}
	if len(problems) > 0 {
		lines := make([]web.Line, 0, len(problems))
		for _, p := range problems {
			lines = append(lines, web.Line{Field: p.Field, Code: p.Code, Message: c.Messages().Word(p.Message), Line: p.Line, Column: p.Column})
		}
		if !body.form || !c.Page {
			return &web.Error{Status: http.StatusUnprocessableEntity, Detail: "source", Lines: lines, Extra: map[string]any{"summary": c.Messages().Count("definition.problems", int64(len(lines)))}}
		}
		for _, l := range c.FewLines(lines) {
			typed.Problems = append(typed.Problems, page.LineProblem{Line: l.Line, Column: l.Column, Message: l.Message})
		}
		return h.again(c, http.StatusUnprocessableEntity, id, typed)
	}
	if err := h.permit(c, who, s); err != nil {
		return err
	}
	set, created, err := h.save(c, *s, body.text, body.ifMatch)
	if errors.Is(err, store.ErrStale) && body.form && c.Page {
		typed.Version = ""
		typed.Problems = []page.LineProblem{{Message: c.Messages().Problem(schema.Problem{Code: "stale"})}}
		return h.again(c, http.StatusPreconditionFailed, id, typed)
	}
	if err != nil {
		return err
	}
	if body.form && c.Page {
		return c.Redirect("/" + c.Project + "/sources/" + set.Source.ID + "?done=saved")
	}
	emails, err := h.emails(c, []sources.Stored{set})
	if err != nil {
		return err
	}
	c.W.Header().Set("ETag", etag(set))
	status := http.StatusOK
	if created {
		status = http.StatusCreated
		c.W.Header().Set("Location", "/"+c.Project+"/sources/"+set.Source.ID)
	}
	return c.JSON(status, viewOf(set, emails))
}

// permit fails with 403 where a partner may not have a source: of another id, another kind, or for others. A source of
// its own that names no partner is for itself.
func (h Handlers) permit(c *web.Call, who string, s *sources.Source) error {
	if who == "" {
		return nil
	}
	if _, err := mine(c, s.ID); err != nil {
		return err
	}
	if s.Kind != schema.Media {
		return &web.Error{Status: http.StatusForbidden, Detail: "source_kind"}
	}
	if slices.ContainsFunc(s.By, func(id string) bool { return id != who }) {
		return &web.Error{Status: http.StatusForbidden, Detail: "source_by_others", Args: []any{"partner", who}}
	}
	s.By = []string{who}
	return nil
}

// save puts a checked source in force. It fails with 409 where the project has as many as it may have.
func (h Handlers) save(c *web.Call, s sources.Source, text []byte, ifMatch string) (set sources.Stored, created bool, err error) {
	all, err := h.sources.All(c.Context(), c.Project)
	if err != nil {
		return set, false, err
	}
	if len(all) >= sources.Most && !slices.ContainsFunc(all, func(one sources.Stored) bool { return one.Source.ID == s.ID }) {
		return set, false, &web.Error{Status: http.StatusConflict, Detail: "too_many_sources", Args: []any{"most", sources.Most}}
	}
	by, err := c.Staff()
	if err != nil {
		return set, false, err
	}
	return h.sources.Set(c.Context(), c.Project, s, text, ifMatch, by)
}

// again shows what was typed, with what is wrong.
func (h Handlers) again(c *web.Call, status int, id string, typed page.SourceText) error {
	if id == "" {
		return h.showList(c, status, typed)
	}
	s, err := h.sources.Source(c.Context(), c.Project, id)
	if errors.Is(err, store.ErrNotFound) {
		return h.showList(c, status, typed)
	}
	if err != nil {
		return err
	}
	if status == http.StatusPreconditionFailed {
		typed.Version = etag(s) // saving it once more replaces the other's
	}
	return h.showPage(c, status, s, typed)
}

func (h Handlers) remove(c *web.Call) error {
	body, err := read(c)
	if err != nil {
		return err
	}
	return h.removeSent(c, body)
}

func (h Handlers) removeSent(c *web.Call, body sent) error {
	id := c.PathValue("source")
	if _, err := mine(c, id); err != nil {
		return err
	}
	s, err := h.sources.Source(c.Context(), c.Project, id)
	if err != nil {
		return err
	}
	by, err := c.Staff()
	if err != nil {
		return err
	}
	if err := h.sources.Remove(c.Context(), c.Project, id, body.ifMatch, by); err != nil {
		return err
	}
	if body.form && c.Page {
		return c.Redirect("/" + c.Project + "/sources?done=removed")
	}
	emails, err := h.emails(c, []sources.Stored{s})
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, viewOf(s, emails))
}
