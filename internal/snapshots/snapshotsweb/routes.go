package snapshotsweb

import (
	"net/http"

	"outreach/internal/report/dhis2"
	"outreach/internal/snapshot"
	"outreach/internal/web"
	"outreach/internal/web/shape"
)

var readers = []string{web.Funder, web.Coordinator}

// Routes returns the routes of the package.
func (h Handlers) Routes() []web.Route {
	const (
		at     = "/{project}/snapshots/{id}"
		latest = "`latest` is an id: the newest that the one who asks may see."
	)
	public := []web.Parameter{{Name: "public", Description: "1: of an approved snapshot what the public may see, to be published", Values: []string{"1"}}}
	work := []web.Other{{Status: http.StatusSeeOther, Description: "A browser that comes from signing in (`?work=1`): on to the page where this person's work begins"}}
	routes := []web.Route{
		{Method: "GET", Path: "/{project}", Handler: h.results,
			ID: "showResults", Tag: "public", Summary: "Planned and achieved", Detail: "From the latest approved snapshot. Of breakdowns, small numbers are hidden.",
			Response: results{}, Success: "The project, and its snapshot or null", Page: true, Others: append(work, web.Damaged())},
		{Method: "GET", Path: "/{project}/snapshots", Roles: readers, Scope: web.Approved, Handler: h.list,
			ID: "listSnapshots", Tag: "snapshots", Summary: "Snapshots", Query: web.Paged(), Response: shape.List{Of: snapshotLine{}}, Success: "A page of the list, newest first", Page: true},
		{Method: "GET", Path: at, Roles: readers, Scope: web.Approved, Handler: h.showAs(""),
			ID: "showSnapshot", Tag: "snapshots", Summary: "A snapshot", Detail: latest, Response: snapshot.Snapshot{}, Success: "The snapshot", Page: true},
		{Method: "GET", Path: at + ".json", Roles: readers, Scope: web.Approved, Handler: h.showAs("json"),
			ID: "exportSnapshotJSON", Tag: "snapshots", Summary: "A snapshot as JSON", Detail: latest, Response: snapshot.Snapshot{}, Success: "The snapshot"},
		{Method: "GET", Path: at + ".csv", Roles: readers, Scope: web.Approved, Handler: h.showAs("csv"),
			ID: "exportSnapshotCSV", Tag: "snapshots", Summary: "A snapshot as CSV", Detail: latest, Response: shape.Text{Type: shape.CSV}, Success: "The snapshot"},
		{Method: "GET", Path: at + ".xlsx", Roles: readers, Scope: web.Approved, Handler: h.showAs("xlsx"),
			ID: "exportSnapshotXLSX", Tag: "snapshots", Summary: "A snapshot as XLSX", Detail: latest, Response: shape.Text{Type: shape.XLSX}, Success: "The snapshot"},
		{Method: "GET", Path: at + ".pdf", Roles: readers, Scope: web.Approved, Handler: h.showAs("pdf"),
			ID: "exportSnapshotPDF", Tag: "snapshots", Summary: "A snapshot as PDF", Detail: latest, Response: shape.Text{Type: shape.PDF}, Success: "The snapshot"},
		{Method: "GET", Path: at + ".iati.xml", Roles: readers, Scope: web.Approved, Handler: h.iati, Query: public,
			ID: "exportSnapshotIATI", Tag: "snapshots", Summary: "A snapshot as IATI results", Detail: "Version 2.03 of the standard. " + latest, Response: shape.Text{Type: shape.XML}, Success: "The activity with its results"},
		{Method: "GET", Path: at + ".dhis2.json", Roles: readers, Scope: web.Approved, Handler: h.dhis2, Query: public,
			ID: "exportSnapshotDHIS2", Tag: "snapshots", Summary: "A snapshot as a DHIS2 data value set", Detail: latest, Response: dhis2.ValueSet{}, Success: "The data value set"},
		{Method: "GET", Path: at + "/changes", Roles: readers, Scope: web.Approved, Handler: h.changes,
			ID: "showChanges", Tag: "snapshots", Summary: "What changed since the last", Detail: "Against the approved snapshot of the latest day before. " + latest,
			Response: snapshot.Changes{}, Success: "The figures now and before", Page: true},
	}
	for _, figure := range []struct{ path, id, what string }{
		{at + "/indicators/{code}/evidence", "IndicatorEvidence", "an indicator"},
		{at + "/participants/evidence", "ParticipantsEvidence", "the participants"},
	} {
		routes = append(routes,
			web.Route{Method: "GET", Path: figure.path, Roles: readers, Scope: web.Approved, Handler: h.evidence,
				ID: "show" + figure.id, Tag: "snapshots", Summary: "The records behind " + figure.what, Detail: latest,
				Query: web.Paged(), Response: shape.List{Of: snapshot.Listed{}}, Success: "A page of the list", Page: true},
			web.Route{Method: "GET", Path: figure.path + ".csv", Roles: readers, Scope: web.Approved, Handler: h.evidenceCSV,
				ID: "export" + figure.id, Tag: "snapshots", Summary: "The records behind " + figure.what + ", as CSV", Detail: latest,
				Response: shape.Text{Type: shape.CSV}, Success: "The whole list"})
	}
	for i := range routes {
		if routes[i].Others == nil {
			routes[i].Others = []web.Other{web.Damaged()}
		}
	}
	return routes
}
