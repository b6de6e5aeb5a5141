// Package snapshotsweb serves the public results page of a project, its snapshots, their exports and their evidence.
package snapshotsweb

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"iter"
	"maps"
	"net/http"
	"slices"
	"strconv"

	"outreach/internal/app"
	"outreach/internal/identity"
	"outreach/internal/page"
	"outreach/internal/project"
	"outreach/internal/projects"
	"outreach/internal/report"
	"outreach/internal/report/dhis2"
	"outreach/internal/report/iati"
	"outreach/internal/report/pdf"
	"outreach/internal/report/workbook"
	"outreach/internal/schema"
	"outreach/internal/snapshot"
	"outreach/internal/snapshots"
	"outreach/internal/store"
	"outreach/internal/table"
	"outreach/internal/text"
	"outreach/internal/uploads"
	"outreach/internal/web"
	"outreach/internal/web/shape"
)

// Projects reads definitions.
type Projects interface {
	DefinitionVersion(ctx context.Context, id string, version int) (projects.Defined, error)
}

// Snapshots reads saved snapshots and their evidence.
type Snapshots interface {
	Find(ctx context.Context, project, id, state string) (snapshots.Kept, error)
	NewestApproved(ctx context.Context, project, before string) (snapshots.Kept, error)
	Snapshots(ctx context.Context, project, state string, limit int, cursor string) (table.PageOf[snapshots.Kept], error)
	Snapshot(ctx context.Context, kept snapshots.Kept) (snapshot.Snapshot, error)
	Public(ctx context.Context, kept snapshots.Kept) (snapshot.Snapshot, error)
	Evidence(ctx context.Context, kept snapshots.Kept, code string, from, limit int) (items []snapshot.Counted, next int, err error)
	Salt(project string, record snapshot.Counted) string
	EvidenceFields(ctx context.Context, kept snapshots.Kept, code string) ([]string, error)
	AllEvidence(ctx context.Context, kept snapshots.Kept, code string) iter.Seq2[snapshot.Counted, error]
}

// Nights says up to which day a project was looked at.
type Nights interface {
	Checked(ctx context.Context, d *project.Definition) (day string, err error)
}

// Uploads finds the senders of files.
type Uploads interface {
	UploadOwners(ctx context.Context, project string, ids []string) (map[string]string, error)
}

// Handlers are the handlers of the package.
type Handlers struct {
	projects  Projects
	snapshots Snapshots
	uploads   Uploads
	nights    Nights
}

// New returns the handlers on an app's features.
func New(a *app.App) Handlers {
	return Handlers{projects: a.Projects, snapshots: a.Snapshots, uploads: a.Uploads, nights: a.Nights}
}

// results shows the public the approved snapshot of the latest day, as far as the public may see it.
func (h Handlers) results(c *web.Call) error {
	if at := page.Work(c.Project, c.Roles(c.Project)); c.Page && at != "" && c.URL.Query().Has(identity.Work) {
		return c.Redirect(at)
	}
	public, err := h.public(c)
	if err != nil {
		return err
	}
	checked, err := h.nights.Checked(c.Context(), c.Defined.Definition)
	if err != nil {
		return err
	}
	if !c.Page {
		return c.JSON(http.StatusOK, results{Project: c.Defined.Definition.Public(), Snapshot: public, Checked: checked})
	}
	content := resultsPage(c, public)
	content.Checked = checked
	return c.Show(http.StatusOK, content)
}

// public returns the approved snapshot of the latest day as the public may see it, or nil. What the present definition
// keeps from the public is not shown, whatever it was when the snapshot was counted.
func (h Handlers) public(c *web.Call) (*snapshot.Snapshot, error) {
	snap, err := h.newest(c, h.snapshots.Public)
	if snap == nil || err != nil {
		return nil, err
	}
	keepPrivate(c, snap)
	return snap, nil
}

// keepPrivate removes from a public snapshot what the present definition keeps from the public.
func keepPrivate(c *web.Call, snap *snapshot.Snapshot) {
	snap.Indicators = slices.DeleteFunc(snap.Indicators, func(in snapshot.Indicator) bool {
		defined, ok := c.Defined.Definition.Indicator(in.Code)
		return ok && defined.Public == snapshot.No
	})
	registry := schema.For(c.Defined.Definition)
	snap.Participants.By = snap.Participants.By.Without(registry.NotPublic)
	for i := range snap.Indicators {
		in := &snap.Indicators[i]
		in.By = in.By.Without(registry.NotPublic)
		in.TargetBy = maps.Clone(in.TargetBy)
		maps.DeleteFunc(in.TargetBy, func(dimension string, _ map[string]json.Number) bool { return registry.NotPublic(dimension) })
	}
}

// newestApproved returns the approved snapshot of the latest day, or nil.
func (h Handlers) newestApproved(c *web.Call) (*snapshot.Snapshot, error) {
	return h.newest(c, h.snapshots.Snapshot)
}

// newest returns the approved snapshot of the latest day as read reads it, or nil.
func (h Handlers) newest(c *web.Call, read func(context.Context, snapshots.Kept) (snapshot.Snapshot, error)) (*snapshot.Snapshot, error) {
	kept, err := h.snapshots.NewestApproved(c.Context(), c.Project, "")
	if errors.Is(err, store.ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	snap, err := read(c.Context(), kept)
	project.Speak(c.Defined.Definition.Languages, &snap.Indicators)
	return &snap, err
}

// exchanged reads the snapshot with the id in the path for an exchange format: with ?public=1 what the public may see
// of an approved one.
func (h Handlers) exchanged(c *web.Call) (snapshot.Snapshot, error) {
	kept, snap, err := h.snapshot(c)
	if err != nil || !c.URL.Query().Has("public") {
		return snap, err
	}
	if kept.State != snapshot.Approved {
		return snap, store.ErrNotFound
	}
	if snap, err = h.snapshots.Public(c.Context(), kept); err != nil {
		return snap, err
	}
	project.Speak(c.Defined.Definition.Languages, &snap.Indicators)
	keepPrivate(c, &snap)
	return snap, nil
}

func (h Handlers) iati(c *web.Call) error {
	snap, err := h.exchanged(c)
	if err != nil {
		return err
	}
	var b bytes.Buffer
	if err := iati.WriteSnapshot(&b, c.Defined.Definition, snap); err != nil {
		return err
	}
	return c.Download(shape.XML+"; charset=utf-8", c.Project+"-"+snap.AsOf+".iati.xml", b.Bytes())
}

func (h Handlers) dhis2(c *web.Call) error {
	snap, err := h.exchanged(c)
	if err != nil {
		return err
	}
	values, err := dhis2.Of(c.Defined.Definition, snap)
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, values)
}

// exports are the links to the file formats of a snapshot.
func exports(c *web.Call, id string) []page.Link {
	address := "/" + c.Project + "/snapshots/" + id
	return []page.Link{
		{Href: address + ".pdf", Label: "PDF"}, {Href: address + ".xlsx", Label: "XLSX"}, {Href: address + ".csv", Label: "CSV"}, {Href: address + ".json", Label: "JSON"},
		{Href: address + ".iati.xml", Label: "IATI"}, {Href: address + ".dhis2.json", Label: "DHIS2"},
	}
}

// list shows the snapshots of a project: all to a coordinator, approved ones to a funder.
func (h Handlers) list(c *web.Call) error {
	found, err := h.snapshots.Snapshots(c.Context(), c.Project, c.SnapshotState(), c.Limit(), c.Cursor())
	if err != nil {
		return err
	}
	if c.Page {
		content := page.Snapshots{Definition: c.Defined.Definition, Next: c.NextAddress(found.Next), Compile: c.HasRole(web.Coordinator), Today: c.Today(), Entry: page.Entry{IdempotencyKey: c.Site.DB.NewID()}}
		if c.Cursor() == "" {
			if content.Newest, err = h.newestApproved(c); err != nil {
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
		if seal := k.Seal(); seal != "" {
			items[i].Seal = &seal
		}
	}
	return c.List(items, found.Next)
}

// snapshot reads the snapshot with the id in the path, if the caller may see it.
func (h Handlers) snapshot(c *web.Call) (kept snapshots.Kept, snap snapshot.Snapshot, err error) {
	if kept, err = h.snapshots.Find(c.Context(), c.Project, c.PathValue("id"), c.SnapshotState()); err != nil {
		return kept, snap, err
	}
	snap, err = h.snapshots.Snapshot(c.Context(), kept)
	project.Speak(c.Defined.Definition.Languages, &snap.Indicators)
	return kept, snap, err
}

// showAs returns a handler that shows a snapshot in a file format; "" is a page for browsers and JSON for programs.
func (h Handlers) showAs(suffix string) web.Handler {
	return func(c *web.Call) error { return h.show(c, suffix) }
}

func (h Handlers) show(c *web.Call, suffix string) error {
	kept, snap, err := h.snapshot(c)
	if err != nil {
		return err
	}
	name := c.Project + "-" + snap.AsOf
	switch suffix {
	case "":
		if c.Page {
			content := resultsPage(c, &snap)
			content.Inside = true
			content.Bounds = kept.Bounds
			compared, err := h.compare(c, kept, snap)
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
		if err := pdf.WriteSnapshot(&b, c.Defined.Definition, snap, c.Language); err != nil {
			return err
		}
		return c.Download(pdf.MediaType, name+".pdf", b.Bytes())
	}
	return store.ErrNotFound
}

// changes compares a snapshot with the approved snapshot of the latest day before it.
func (h Handlers) changes(c *web.Call) error {
	kept, snap, err := h.snapshot(c)
	if err != nil {
		return err
	}
	compared, err := h.compare(c, kept, snap)
	if err != nil {
		return err
	}
	if c.Page {
		return c.Show(http.StatusOK, page.Changes{Definition: c.Defined.Definition, Changes: compared})
	}
	return c.JSON(http.StatusOK, compared)
}

func (h Handlers) compare(c *web.Call, kept snapshots.Kept, snap snapshot.Snapshot) (snapshot.Changes, error) {
	side := func(kept snapshots.Kept, snap snapshot.Snapshot) (snapshot.Side, error) {
		defined, err := h.projects.DefinitionVersion(c.Context(), c.Project, kept.Definition.Version)
		return snapshot.Side{Snapshot: snap, Definition: defined.Definition}, err
	}
	now, err := side(kept, snap)
	if err != nil {
		return snapshot.Changes{}, err
	}
	before, err := h.snapshots.NewestApproved(c.Context(), c.Project, kept.AsOf)
	if errors.Is(err, store.ErrNotFound) {
		return snapshot.Compare(now, nil), nil
	}
	if err != nil {
		return snapshot.Changes{}, err
	}
	old, err := h.snapshots.Snapshot(c.Context(), before)
	if err != nil {
		return snapshot.Changes{}, err
	}
	project.Speak(c.Defined.Definition.Languages, &old.Indicators)
	then, err := side(before, old)
	if err != nil {
		return snapshot.Changes{}, err
	}
	return snapshot.Compare(now, &then), nil
}

// figure is a number of a snapshot that has evidence.
type figure struct {
	kept          snapshots.Kept
	code          string // of the indicator; "" for the participants
	title, number string
	derived       bool // worked out from others, or said
	leavesOut     bool // records of incomplete people may add nothing
}

// evidence is the code under which the evidence of the figure is saved.
func (f figure) evidence() string {
	if f.code == "" {
		return "participants"
	}
	return f.code
}

func (h Handlers) figure(c *web.Call) (figure, error) {
	kept, snap, err := h.snapshot(c)
	if err != nil {
		return figure{}, err
	}
	code := c.PathValue("code")
	if code == "" {
		return figure{kept: kept, title: c.Messages().Say("results.participants"), number: strconv.FormatInt(snap.Participants.Total, 10), leavesOut: snap.Quality.Incomplete > 0}, nil
	}
	for _, in := range snap.Indicators {
		if in.Code == code {
			return figure{kept, in.Code, in.Label.In(c.Language), cmp.Or(in.Said, in.Achieved.String(), text.NoNumber), in.Count != "" && in.Count != "records" && in.Count != "sum", snap.Quality.Incomplete > 0}, nil
		}
	}
	return figure{}, store.ErrNotFound
}

func (h Handlers) evidence(c *web.Call) error {
	f, err := h.figure(c)
	if err != nil {
		return err
	}
	from, err := c.Offset()
	if err != nil {
		return err
	}
	items, next, err := h.snapshots.Evidence(c.Context(), f.kept, f.evidence(), from, c.Limit())
	if err != nil {
		return err
	}
	cursor := ""
	if next >= 0 {
		cursor = strconv.Itoa(next)
	}
	if !c.Page {
		return c.List(h.listed(f.kept, items), cursor)
	}
	defined, err := h.projects.DefinitionVersion(c.Context(), c.Project, f.kept.Definition.Version)
	if err != nil {
		return err
	}
	sent, err := h.senders(c, items)
	if err != nil {
		return err
	}
	return c.Show(http.StatusOK, page.Evidence{
		Definition: defined.Definition, Title: f.title, Code: f.code, Figure: f.number, Derived: f.derived, Snapshot: f.kept.ID, AsOf: f.kept.AsOf, Items: items, Senders: sent,
		Next: c.NextAddress(cursor), Exports: []page.Link{{Href: c.URL.Path + ".csv", Label: "CSV"}},
	})
}

// senders returns the names of the partners who sent the files that records came in, by upload.
func (h Handlers) senders(c *web.Call, items []snapshot.Counted) (map[string]string, error) {
	var ids []string
	for _, one := range items {
		if one.Upload != "" && !slices.Contains(ids, one.Upload) {
			ids = append(ids, one.Upload)
		}
	}
	if len(ids) == 0 {
		return nil, nil
	}
	owners, err := h.uploads.UploadOwners(c.Context(), c.Project, ids)
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

// listed returns records of a snapshot as they are listed outside.
func (h Handlers) listed(kept snapshots.Kept, items []snapshot.Counted) []snapshot.Listed {
	out := make([]snapshot.Listed, len(items))
	for i, one := range items {
		out[i] = h.line(kept, one)
	}
	return out
}

func (h Handlers) line(kept snapshots.Kept, one snapshot.Counted) snapshot.Listed {
	line := snapshot.Listed{Evidence: one.Evidence, Adds: one.Adds, Of: one.Of, Value: one.Value, What: one.What, Fields: one.Fields, LeftOut: one.LeftOut}
	if kept.Root != "" {
		line.Salt = h.snapshots.Salt(kept.Project, one)
	}
	return line
}

func (h Handlers) evidenceCSV(c *web.Call) error {
	f, err := h.figure(c)
	if err != nil {
		return err
	}
	all := func(yield func(snapshot.Listed, error) bool) {
		for one, err := range h.snapshots.AllEvidence(c.Context(), f.kept, f.evidence()) {
			if !yield(h.line(f.kept, one), err) {
				return
			}
		}
	}
	names, err := h.snapshots.EvidenceFields(c.Context(), f.kept, f.evidence())
	if err != nil {
		return err
	}
	var b bytes.Buffer
	if err := report.WriteEvidence(&b, f.derived, f.leavesOut, names, all); err != nil {
		return err
	}
	return c.Download("text/csv; charset=utf-8", c.Project+"-"+f.kept.AsOf+"-"+f.evidence()+".csv", b.Bytes())
}

func resultsPage(c *web.Call, snap *snapshot.Snapshot) page.Results {
	open := false
	for _, a := range c.Defined.Definition.Activities {
		open = open || c.Defined.Definition.SignupOpen(a, c.Site.DB.Now())
	}
	return page.Results{Definition: c.Defined.Definition, Snapshot: snap, SignupOpen: open, Part: c.URL.Query().Get("part")}
}
