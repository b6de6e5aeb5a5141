// Package handler shows what was found: the projects, their results pages, the snapshots and the evidence behind them.
package handler

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"strconv"

	"outreach/internal/identity"
	"outreach/internal/page"
	"outreach/internal/report"
	"outreach/internal/report/paper"
	"outreach/internal/report/workbook"
	"outreach/internal/snapshot"
	"outreach/internal/snapshots"
	"outreach/internal/store"
	"outreach/internal/uploads"
	"outreach/internal/version"
	"outreach/internal/web"
)

// New gives the function's routes, and answers for all addresses that are nobody's.
func New(site *web.Site) http.Handler {
	return web.NewRouter(site, Routes())
}

func healthy(c *web.Call) error {
	if _, err := c.Site.Projects.Projects(c.Context()); err != nil {
		return err
	}
	return c.JSON(http.StatusOK, health{Status: "ok", Version: version.String()})
}

//go:embed openapi.json
var openAPI []byte

// document gives the API's description, which a test of internal/openapi writes from the routes of all functions.
func document(c *web.Call) error {
	var parts map[string]json.RawMessage
	if err := json.Unmarshal(openAPI, &parts); err != nil {
		return err
	}
	servers, err := json.Marshal([]map[string]string{{"url": c.Site.BaseURL}})
	if err != nil {
		return err
	}
	parts["servers"] = servers
	return c.JSON(http.StatusOK, parts)
}

func projects(c *web.Call) error {
	ids, err := c.Site.Projects.Projects(c.Context())
	if err != nil {
		return err
	}
	content, items := page.Projects{}, []projectLine{}
	work := []string{} // where the one who asks has work
	for _, id := range ids {
		defined, err := c.Site.Projects.Definition(c.Context(), id)
		if err != nil {
			return err
		}
		d := defined.Definition
		open := false
		for _, a := range d.Activities {
			open = open || d.SignupOpen(a, c.Site.DB.Now())
		}
		item := page.ProjectItem{Definition: d, SignupOpen: open, Roles: c.Roles(d.ID), State: d.State(c.Site.DB.Now())}
		if at := page.Work(d.ID, item.Roles); at != "" {
			work = append(work, at)
		}
		content.Items = append(content.Items, item)
		items = append(items, projectLine{ID: d.ID, Title: d.Title, Programme: d.Programme, Period: d.Period, State: item.State, SignupOpen: open})
	}
	switch {
	case c.Page && len(work) == 1 && fromSigningIn(c):
		return c.Redirect(work[0])
	case c.Page:
		return c.Show(http.StatusOK, content)
	}
	return c.List(items, "")
}

// fromSigningIn tells that somebody has just signed in, and wants to get to work.
func fromSigningIn(c *web.Call) bool { return c.URL.Query().Has(identity.Work) }

// showResults is the public's page: the latest approved snapshot, small numbers hidden.
func showResults(c *web.Call) error {
	if at := page.Work(c.Project, c.Roles(c.Project)); c.Page && at != "" && fromSigningIn(c) {
		return c.Redirect(at)
	}
	public, err := newestApproved(c)
	if err != nil {
		return err
	}
	if public != nil {
		*public = public.Public()
	}
	if !c.Page {
		return c.JSON(http.StatusOK, results{Project: *c.Defined.Definition, Snapshot: public})
	}
	return c.Show(http.StatusOK, drawn(c, public))
}

// newestApproved is the approved snapshot of the latest day, or nil.
func newestApproved(c *web.Call) (*snapshot.Snapshot, error) {
	kept, err := c.Site.Snapshots.NewestApproved(c.Context(), c.Project, "")
	if errors.Is(err, store.ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	snap, err := c.Site.Snapshots.Snapshot(c.Context(), kept)
	return &snap, err
}

// exports are a snapshot's other forms.
func exports(c *web.Call, id string) []page.Link {
	address := "/" + c.Project + "/snapshots/" + id
	return []page.Link{{Href: address + ".pdf", Label: "PDF"}, {Href: address + ".xlsx", Label: "XLSX"}, {Href: address + ".csv", Label: "CSV"}, {Href: address + ".json", Label: "JSON"}}
}

// list tells which snapshots there are: all to the office, the approved ones to the funder.
func list(c *web.Call) error {
	state := snapshot.Approved
	if c.Has(web.Coordinator) {
		state = ""
	}
	found, err := c.Site.Snapshots.Snapshots(c.Context(), c.Project, state, c.Limit(), c.Cursor())
	if err != nil {
		return err
	}
	if c.Page {
		content := page.Snapshots{Definition: c.Defined.Definition, Next: c.NextAddress(found.Next), Compile: c.Has(web.Coordinator), Today: c.Today(), Entry: page.Entry{IdempotencyKey: c.Site.DB.NewID()}}
		if c.Cursor() == "" {
			if content.Newest, err = newestApproved(c); err != nil {
				return err
			}
			if content.Newest != nil {
				content.Exports = exports(c, content.Newest.ID)
			}
		}
		for _, k := range found.Items {
			item := page.SnapshotItem{ID: k.ID, AsOf: k.AsOf, State: k.State, Hash: k.Hash, KnownAt: k.KnownAt, Version: k.Definition.Version}
			if k.Supersedes != nil {
				item.Supersedes = *k.Supersedes
			}
			content.Items = append(content.Items, item)
		}
		return c.Show(http.StatusOK, content)
	}
	items := make([]snapshotLine, len(found.Items))
	for i, k := range found.Items {
		items[i] = snapshotLine{Project: k.Project, ID: k.ID, AsOf: k.AsOf, KnownAt: k.KnownAt, Definition: k.Definition, State: k.State, Supersedes: k.Supersedes, Hash: k.Hash}
	}
	return c.List(items, found.Next)
}

// showAs shows a snapshot as one kind of file; "" is a page for browsers and JSON for programs.
func showAs(suffix string) web.Handler {
	return func(c *web.Call) error { return show(c, suffix) }
}

func show(c *web.Call, suffix string) error {
	kept, err := c.ReadableSnapshot(c.PathValue("id"))
	if err != nil {
		return err
	}
	snap, err := c.Site.Snapshots.Snapshot(c.Context(), kept)
	if err != nil {
		return err
	}
	name := c.Project + "-" + snap.AsOf
	switch suffix {
	case "":
		if c.Page {
			content := drawn(c, &snap)
			content.Inside = true
			compared, err := compare(c, kept, snap)
			if err != nil {
				return err
			}
			content.Changes = &compared
			content.Exports = exports(c, snap.ID)
			return c.Show(http.StatusOK, content)
		}
		return c.JSON(http.StatusOK, snap)
	case "json":
		return c.JSON(http.StatusOK, snap)
	case "csv":
		var b bytes.Buffer
		if err := report.WriteSnapshot(&b, c.Defined.Definition, snap, c.Language); err != nil {
			return err
		}
		return c.Download("text/csv; charset=utf-8", name+".csv", b.Bytes())
	case "xlsx":
		var b bytes.Buffer
		if err := workbook.WriteSnapshot(&b, c.Defined.Definition, snap, c.Language); err != nil {
			return err
		}
		return c.Download(workbook.MediaType, name+".xlsx", b.Bytes())
	case "pdf":
		var b bytes.Buffer
		if err := paper.WriteSnapshot(&b, c.Defined.Definition, snap, c.Language); err != nil {
			return err
		}
		return c.Download(paper.MediaType, name+".pdf", b.Bytes())
	}
	return store.ErrNotFound
}

// changes tells what became of the figures since the approved snapshot of an earlier day.
func changes(c *web.Call) error {
	kept, err := c.ReadableSnapshot(c.PathValue("id"))
	if err != nil {
		return err
	}
	snap, err := c.Site.Snapshots.Snapshot(c.Context(), kept)
	if err != nil {
		return err
	}
	compared, err := compare(c, kept, snap)
	if err != nil {
		return err
	}
	if c.Page {
		return c.Show(http.StatusOK, page.Changes{Definition: c.Defined.Definition, Changes: compared})
	}
	return c.JSON(http.StatusOK, compared)
}

func compare(c *web.Call, kept snapshots.Kept, snap snapshot.Snapshot) (snapshot.Changes, error) {
	side := func(kept snapshots.Kept, snap snapshot.Snapshot) (snapshot.Side, error) {
		defined, err := c.Site.Projects.DefinitionVersion(c.Context(), c.Project, kept.Definition.Version)
		return snapshot.Side{Snapshot: snap, Definition: defined.Definition}, err
	}
	now, err := side(kept, snap)
	if err != nil {
		return snapshot.Changes{}, err
	}
	before, err := c.Site.Snapshots.NewestApproved(c.Context(), c.Project, kept.AsOf)
	if errors.Is(err, store.ErrNotFound) {
		return snapshot.Compare(now, nil), nil
	}
	if err != nil {
		return snapshot.Changes{}, err
	}
	old, err := c.Site.Snapshots.Snapshot(c.Context(), before)
	if err != nil {
		return snapshot.Changes{}, err
	}
	then, err := side(before, old)
	if err != nil {
		return snapshot.Changes{}, err
	}
	return snapshot.Compare(now, &then), nil
}

// figure is a number whose evidence an address asks for.
type figure struct {
	kept          snapshots.Kept
	code          string // "" for the participants
	title, number string
}

// evidenceOf is the code under which a figure's evidence is kept.
func (f figure) evidence() string {
	if f.code == "" {
		return "participants"
	}
	return f.code
}

func asked(c *web.Call) (figure, error) {
	kept, err := c.ReadableSnapshot(c.PathValue("id"))
	if err != nil {
		return figure{}, err
	}
	snap, err := c.Site.Snapshots.Snapshot(c.Context(), kept)
	if err != nil {
		return figure{}, err
	}
	code := c.PathValue("code")
	if code == "" {
		return figure{kept: kept, title: c.Messages().Say("results.participants"), number: strconv.FormatInt(snap.Participants.Total, 10)}, nil
	}
	for _, in := range snap.Indicators {
		if in.Code == code {
			return figure{kept, in.Code, in.Label.In(c.Language), in.Achieved.String()}, nil
		}
	}
	return figure{}, store.ErrNotFound
}

func evidence(c *web.Call) error {
	f, err := asked(c)
	if err != nil {
		return err
	}
	from := 0
	if cursor := c.Cursor(); cursor != "" {
		if from, err = strconv.Atoi(cursor); err != nil || from < 0 {
			return &web.Error{Status: http.StatusBadRequest, Detail: "cursor"}
		}
	}
	items, next, err := c.Site.Snapshots.Evidence(c.Context(), f.kept, f.evidence(), from, c.Limit())
	if err != nil {
		return err
	}
	cursor := ""
	if next >= 0 {
		cursor = strconv.Itoa(next)
	}
	if !c.Page {
		return c.List(bare(items), cursor)
	}
	defined, err := c.Site.Projects.DefinitionVersion(c.Context(), c.Project, f.kept.Definition.Version)
	if err != nil {
		return err
	}
	sent, err := senders(c, items)
	if err != nil {
		return err
	}
	return c.Show(http.StatusOK, page.Evidence{
		Definition: defined.Definition, Title: f.title, Code: f.code, Figure: f.number, Snapshot: f.kept.ID, AsOf: f.kept.AsOf, Items: items, Senders: sent,
		Next: c.NextAddress(cursor), Exports: []page.Link{{Href: c.URL.Path + ".csv", Label: "CSV"}},
	})
}

// senders are the names of the partners who sent the files in which some records stand.
func senders(c *web.Call, items []snapshot.Counted) (map[string]string, error) {
	var ids []string
	for _, one := range items {
		if one.Upload != "" && !slices.Contains(ids, one.Upload) {
			ids = append(ids, one.Upload)
		}
	}
	if len(ids) == 0 {
		return nil, nil
	}
	owners, err := c.Site.Uploads.UploadOwners(c.Context(), c.Project, ids)
	if err != nil {
		return nil, err
	}
	out := map[string]string{}
	for upload, owner := range owners {
		if partner, known := c.Defined.Definition.Partner(owner); known {
			out[upload] = partner.Name
		} else if owner != uploads.Office {
			out[upload] = owner
		}
	}
	return out, nil
}

// bare are the records alone.
func bare(items []snapshot.Counted) []snapshot.Evidence {
	out := make([]snapshot.Evidence, len(items))
	for i, one := range items {
		out[i] = one.Evidence
	}
	return out
}

func evidenceCSV(c *web.Call) error {
	f, err := asked(c)
	if err != nil {
		return err
	}
	all := func(yield func(snapshot.Evidence, error) bool) {
		for from := 0; from >= 0; {
			items, next, err := c.Site.Snapshots.Evidence(c.Context(), f.kept, f.evidence(), from, snapshots.EvidencePart)
			if err != nil {
				yield(snapshot.Evidence{}, err)
				return
			}
			for _, one := range items {
				if !yield(one.Evidence, nil) {
					return
				}
			}
			from = next
		}
	}
	var b bytes.Buffer
	if err := report.WriteEvidence(&b, all); err != nil {
		return err
	}
	return c.Download("text/csv; charset=utf-8", c.Project+"-"+f.kept.AsOf+"-"+f.evidence()+".csv", b.Bytes())
}

func drawn(c *web.Call, snap *snapshot.Snapshot) page.Results {
	open := false
	for _, a := range c.Defined.Definition.Activities {
		open = open || c.Defined.Definition.SignupOpen(a, c.Site.DB.Now())
	}
	return page.Results{Definition: c.Defined.Definition, Snapshot: snap, SignupOpen: open, Part: c.URL.Query().Get("part")}
}
