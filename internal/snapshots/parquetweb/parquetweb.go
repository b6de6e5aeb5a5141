// Package parquetweb serves the figures of a snapshot, and the records behind them, as Parquet. It is apart from
// snapshotsweb so that the function that shows figures does not link the library.
package parquetweb

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"iter"
	"strconv"

	"outreach/internal/app"
	"outreach/internal/project"
	"outreach/internal/projects"
	"outreach/internal/report/parquet"
	"outreach/internal/schema"
	"outreach/internal/snapshot"
	"outreach/internal/snapshots"
	"outreach/internal/store"
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
	Snapshot(ctx context.Context, kept snapshots.Kept) (snapshot.Snapshot, error)
	Salt(project string, record snapshot.Counted) string
	EvidenceFields(ctx context.Context, kept snapshots.Kept, code string) ([]string, error)
	AllEvidence(ctx context.Context, kept snapshots.Kept, code string) iter.Seq2[snapshot.Counted, error]
}

// Handlers are the handlers of the package.
type Handlers struct {
	projects  Projects
	snapshots Snapshots
}

// New returns the handlers on an app's features.
func New(a *app.App) Handlers { return Handlers{a.Projects, a.Snapshots} }

// Routes returns the routes of the package.
func (h Handlers) Routes() []web.Route {
	const (
		at     = "/{project}/snapshots/{id}"
		schema = "Columns and types are in docs/funder.md. `latest` is an id: the newest that the one who asks may see."
	)
	route := func(path, id, summary string, handler web.Handler) web.Route {
		return web.Route{Method: "GET", Path: path, Roles: []string{web.Funder, web.Coordinator}, Scope: web.Approved, Handler: handler,
			ID: id, Tag: "snapshots", Summary: summary, Detail: schema, Response: shape.Text{Type: shape.Parquet}, Success: "The table", Others: []web.Other{web.Damaged()}}
	}
	return []web.Route{
		route(at+"/indicators.parquet", "exportIndicatorsParquet", "The indicators of a snapshot as Parquet", h.indicators),
		route(at+"/indicators/{code}/evidence.parquet", "exportIndicatorEvidenceParquet", "The records behind an indicator, as Parquet", h.evidence),
		route(at+"/participants/evidence.parquet", "exportParticipantsEvidenceParquet", "The records behind the participants, as Parquet", h.evidence),
	}
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

var indicatorColumns = []parquet.Column{
	{Name: "project"}, {Name: "snapshot"}, {Name: "as_of", Type: parquet.Date}, {Name: "known_at", Type: parquet.Instant},
	{Name: "code"}, {Name: "label"}, {Name: "unit"}, {Name: "target", Type: parquet.Decimal}, {Name: "achieved", Type: parquet.Decimal},
	{Name: "said"}, {Name: "percent", Type: parquet.Decimal}, {Name: "status"}, {Name: "records", Type: parquet.Whole},
	{Name: "numerator", Type: parquet.Whole}, {Name: "denominator", Type: parquet.Whole},
}

// indicators answers with one row for each indicator.
func (h Handlers) indicators(c *web.Call) error {
	_, snap, err := h.snapshot(c)
	if err != nil {
		return err
	}
	var b bytes.Buffer
	out := parquet.NewWriter(&b, "indicators", indicatorColumns)
	for _, in := range snap.Indicators {
		numerator, denominator := "", ""
		if in.Count == project.CountShare {
			numerator, denominator = strconv.FormatInt(in.Numerator, 10), strconv.FormatInt(in.Denominator, 10)
		}
		if err := out.Row(snap.Project, snap.ID, snap.AsOf, snap.KnownAt, in.Code, in.Label.In(c.Language), in.Unit, in.Target.String(), in.Achieved.String(),
			in.Said, in.Percent.String(), in.Status, strconv.FormatInt(in.Records, 10), numerator, denominator); err != nil {
			return err
		}
	}
	if err := out.Close(); err != nil {
		return err
	}
	return c.Download(shape.Parquet, c.Project+"-"+snap.AsOf+"-indicators.parquet", b.Bytes())
}

// evidence answers with one row for each record behind a figure, in their order. A field of which a value is not of its
// present type, because the definition was another once, is a column of text.
func (h Handlers) evidence(c *web.Call) error {
	kept, snap, err := h.snapshot(c)
	if err != nil {
		return err
	}
	code := c.PathValue("code")
	if code != "" && !has(snap.Indicators, code) {
		return store.ErrNotFound
	}
	code = cmp.Or(code, "participants")
	names, err := h.snapshots.EvidenceFields(c.Context(), kept, code)
	if err != nil {
		return err
	}
	defined, err := h.projects.DefinitionVersion(c.Context(), c.Project, kept.Definition.Version)
	if err != nil {
		return err
	}
	registry := schema.For(defined.Definition)
	columns := []parquet.Column{
		{Name: "id"}, {Name: "kind"}, {Name: "date", Type: parquet.Date}, {Name: "person"}, {Name: "upload"}, {Name: "row", Type: parquet.Whole},
		{Name: "adds", Type: parquet.Decimal}, {Name: "what"}, {Name: "salt"}, {Name: "left_out"}, {Name: "of", Type: parquet.Decimal}, {Name: "value", Type: parquet.Decimal},
	}
	for _, name := range names {
		columns = append(columns, parquet.Column{Name: "fields." + name, Type: typeOf(registry, name)})
	}
	for {
		var b bytes.Buffer
		err := h.write(c.Context(), parquet.NewWriter(&b, "evidence", columns), kept, code, names)
		var wrong parquet.NotOfTypeError
		if !errors.As(err, &wrong) || !retype(columns, wrong.Column) {
			if err != nil {
				return err
			}
			return c.Download(shape.Parquet, c.Project+"-"+snap.AsOf+"-"+code+".parquet", b.Bytes())
		}
	}
}

// retype makes a column one of text, and reports whether it was none.
func retype(columns []parquet.Column, name string) bool {
	for i := range columns {
		if columns[i].Name == name && columns[i].Type != parquet.Text {
			columns[i].Type = parquet.Text
			return true
		}
	}
	return false
}

func (h Handlers) write(ctx context.Context, out *parquet.Writer, kept snapshots.Kept, code string, names []string) error {
	for one, err := range h.snapshots.AllEvidence(ctx, kept, code) {
		if err != nil {
			return err
		}
		line, salt := "", ""
		if one.Row > 0 {
			line = strconv.Itoa(one.Row)
		}
		if kept.Root != "" {
			salt = h.snapshots.Salt(kept.Project, one)
		}
		values := []string{one.ID, one.Kind, one.Date, one.Person, one.Upload, line, one.Adds.String(), one.What, salt, one.LeftOut, one.Of.String(), one.Value.String()}
		for _, name := range names {
			values = append(values, one.Fields.Get(name))
		}
		if err := out.Row(values...); err != nil {
			return err
		}
	}
	return out.Close()
}

func has(indicators []snapshot.Indicator, code string) bool {
	for _, in := range indicators {
		if in.Code == code {
			return true
		}
	}
	return false
}

// typeOf returns the type of a column of a field: text, where kinds have fields of this name of several types, and
// where a value may be refused.
func typeOf(registry *schema.Registry, name string) parquet.Type {
	found := parquet.Type(-1)
	for _, kind := range registry.Kinds {
		for i := range kind.Fields {
			if f := &kind.Fields[i]; f.Name == name {
				t := ofField(f)
				if found >= 0 && found != t {
					return parquet.Text
				}
				found = t
			}
		}
	}
	return max(found, parquet.Text)
}

func ofField(f *schema.Field) parquet.Type {
	switch {
	case f.Refusable:
		return parquet.Text
	case f.Type == schema.Date:
		return parquet.Date
	case f.Type.Number():
		return parquet.Decimal
	case f.Type == schema.Choices:
		return parquet.List
	default:
		return parquet.Text
	}
}
