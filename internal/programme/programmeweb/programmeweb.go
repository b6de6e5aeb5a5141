// Package programmeweb serves the page, the JSON and the CSV of a programme, for a funder of many projects.
package programmeweb

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"regexp"

	"outreach/internal/app"
	"outreach/internal/page"
	"outreach/internal/programme"
	"outreach/internal/project"
	"outreach/internal/report"
	"outreach/internal/store"
	"outreach/internal/web"
	"outreach/internal/web/shape"
)

// Programmes reads programmes.
type Programmes interface {
	Programme(ctx context.Context, id string) (programme.Programme, error)
}

// Handlers are the handlers of the package.
type Handlers struct{ programmes Programmes }

// New returns the handlers on an app's features.
func New(a *app.App) Handlers { return Handlers{programme.New(a.DB, a.Projects, a.Snapshots)} }

// line is a sum over projects.
type line struct {
	Line           string      `json:"line" doc:"As counts_for of indicators names it"`
	Unit           string      `json:"unit"`
	Projects       int64       `json:"projects" doc:"Whose approved figures are in the sum"`
	Target         json.Number `json:"target" null:"true" doc:"null: a project has none"`
	Achieved       json.Number `json:"achieved"`
	Participations bool        `json:"participations" doc:"The figures count people: a person who took part in two projects is in the sum twice"`
}

// indicator is a figure of a project.
type indicator struct {
	Code      string       `json:"code"`
	Label     project.Text `json:"label"`
	Unit      string       `json:"unit"`
	CountsFor string       `json:"counts_for,omitempty"`
	Target    json.Number  `json:"target" null:"true"`
	Achieved  any          `json:"achieved" doc:"A number, null where there is nothing to work it out from, or one of a scale"`
	Percent   json.Number  `json:"percent" null:"true"`
	Status    string       `json:"status" enum:"achieved,on-track,behind,not-started,monitored" null:"true"`
}

// approval is the approved snapshot of the latest day.
type approval struct {
	ID        string `json:"id"`
	AsOf      string `json:"as_of" format:"date"`
	DecidedAt string `json:"decided_at,omitempty" format:"date-time"`
	Hash      string `json:"hash"`
}

// one is a project of the programme.
type one struct {
	Project    string         `json:"project"`
	Title      project.Text   `json:"title"`
	Period     project.Period `json:"period"`
	State      string         `json:"state" enum:"upcoming,running,ended"`
	Approved   *approval      `json:"approved" doc:"The approved snapshot of the latest day; null: none yet"`
	Damaged    bool           `json:"damaged,omitempty" doc:"The approved snapshot is missing or not what was stored: the project is in no sum until the office has had it computed again"`
	Indicators []indicator    `json:"indicators" doc:"Of the approved snapshot"`
}

// answer is a programme.
type answer struct {
	Programme string `json:"programme"`
	Lines     []line `json:"lines" doc:"Sums of the projects' approved figures: never of people as such"`
	Items     []one  `json:"items"`
	Truncated bool   `json:"truncated,omitempty" doc:"There are more projects, which are in no sum"`
}

// Routes returns the routes of the package.
func (h Handlers) Routes() []web.Route {
	const at = "/programme/{programme}"
	funder := []string{web.Programme, web.Admin}
	none := []web.Other{{Status: http.StatusNotFound, Description: "It is no id of a programme"}}
	detail := "The projects whose definition names the programme (`programme_id`), each with its latest approved figures, and the sums of those that count for a line of the programme (`counts_for`). Sums of people are sums of participations: a person who took part in two projects is in them twice."
	return []web.Route{
		{Method: "GET", Path: at, Roles: funder, Handler: h.show,
			ID: "showProgramme", Tag: "programme", Summary: "The projects of a programme", Detail: detail, Response: answer{}, Success: "The programme", Page: true, Others: none},
		{Method: "GET", Path: at + ".csv", Roles: funder, Handler: h.csv,
			ID: "exportProgramme", Tag: "programme", Summary: "The figures of a programme's projects as CSV", Detail: detail + " One row for each line of the programme, then one for each indicator of each project.", Response: shape.Text{Type: shape.CSV}, Success: "The figures", Others: none},
	}
}

var programmeID = regexp.MustCompile(`^[a-z0-9][a-z0-9-]{0,63}$`)

// read returns the programme of the address.
func (h Handlers) read(c *web.Call) (programme.Programme, error) {
	id := c.PathValue("programme")
	if !programmeID.MatchString(id) {
		return programme.Programme{}, store.ErrNotFound
	}
	return h.programmes.Programme(c.Context(), id)
}

func (h Handlers) show(c *web.Call) error {
	p, err := h.read(c)
	if err != nil {
		return err
	}
	if c.Page {
		return c.Show(http.StatusOK, page.Programme{Programme: p})
	}
	out := answer{Programme: p.ID, Lines: []line{}, Items: []one{}, Truncated: p.More}
	for _, l := range p.Lines {
		out.Lines = append(out.Lines, line{l.ID, l.Unit, l.Projects, l.Target, l.Achieved, l.People})
	}
	for _, each := range p.Projects {
		d := each.Definition
		item := one{Project: d.ID, Title: d.Title, Period: d.Period, State: each.State, Damaged: each.Damaged, Indicators: []indicator{}}
		if k := each.Approved; k != nil {
			item.Approved = &approval{k.ID, k.AsOf, k.DecidedAt, k.Hash}
		}
		for _, in := range each.Indicators {
			shown := indicator{in.Code, in.Label, in.Unit, each.LineOf(in.Code), in.Target, nil, in.Percent, in.Status}
			switch {
			case in.Said != "":
				shown.Achieved = in.Said
			case in.Achieved != "":
				shown.Achieved = in.Achieved
			}
			item.Indicators = append(item.Indicators, shown)
		}
		out.Items = append(out.Items, item)
	}
	return c.JSON(http.StatusOK, out)
}

// csv answers one table: first the lines of the programme, then the indicators of each project.
func (h Handlers) csv(c *web.Call) error {
	p, err := h.read(c)
	if err != nil {
		return err
	}
	var b bytes.Buffer
	w := report.NewCSV(&b)
	row := func(cells ...string) {
		out := make([]report.Cell, len(cells))
		for i, text := range cells {
			out[i] = report.Text(text)
			if i >= 7 && i <= 9 {
				out[i] = report.Number(text)
			}
		}
		w.Row(out...)
	}
	row("project", "title", "as_of", "approved_at", "counts_for", "code", "label", "target", "achieved", "percent", "unit", "status", "note")
	m := c.Messages()
	for _, l := range p.Lines {
		note := m.Count("programme.sum_of", l.Projects)
		if l.People {
			note += "; " + m.Say("programme.participations")
		}
		row("", "", "", "", l.ID, "", "", l.Target.String(), l.Achieved.String(), "", l.Unit, "", note)
	}
	for _, each := range p.Projects {
		d := each.Definition
		if each.Approved == nil {
			note := "programme.none_approved"
			if each.Damaged {
				note = "programme.damaged"
			}
			row(d.ID, d.Title.In(c.Language), "", "", "", "", "", "", "", "", "", "", m.Say(note))
		}
		for _, in := range each.Indicators {
			achieved := in.Achieved.String()
			if in.Said != "" {
				achieved = in.Said
			}
			status := ""
			if in.Status != "" {
				status = m.Say("status." + in.Status)
			}
			row(d.ID, d.Title.In(c.Language), each.Approved.AsOf, each.Approved.DecidedAt, each.LineOf(in.Code), in.Code, in.Label.In(c.Language), in.Target.String(), achieved, in.Percent.String(), in.Unit, status, "")
		}
	}
	if p.More {
		row("", "", "", "", "", "", "", "", "", "", "", "", m.Count("programme.more", int64(len(p.Projects))))
	}
	if err := w.Close(); err != nil {
		return err
	}
	return c.Download("text/csv; charset=utf-8", "programme-"+p.ID+".csv", b.Bytes())
}
