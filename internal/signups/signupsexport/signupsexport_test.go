package signupsexport

import (
	"bytes"
	"encoding/csv"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"outreach/internal/app"
	"outreach/internal/project"
	"outreach/internal/schema"
	"outreach/internal/signups"
	"outreach/internal/store"
	"outreach/internal/web"
	"outreach/internal/web/webtest"
)

func TestExportHasOneRowPerSignUpInTheOrderOfSubmission(t *testing.T) {
	t.Parallel()
	tr := webtest.New(t, webtest.Definition, func(a *app.App) []web.Route { return New(a).Routes() })
	kind := schema.Builtin().Kind(schema.Signup)
	at := time.Date(2026, 1, 2, 10, 0, 0, 0, time.UTC)
	for i, name := range []string{"Ola", "Ewa"} {
		row := kind.Row(schema.ValuesOf(map[string]string{"activity": "planting", "first_name": name, "last_name": "=1+1", "email": name + "@example.org", "birth_year": "1980"}))
		draft := signups.SignupDraft{Kind: kind, Activity: project.Activity{ID: "planting"}, Row: row, Submitted: at.Add(-time.Duration(i) * time.Hour)}
		if _, err := tr.Signups.SignUp(t.Context(), webtest.Project, draft, store.Once{}); err != nil {
			t.Fatal(err)
		}
	}
	answer := tr.Send(t, webtest.Request{Path: "/signups.csv", As: web.Coordinator}).Want(http.StatusOK)
	rows, err := csv.NewReader(bytes.NewReader(bytes.TrimPrefix(answer.Body.Bytes(), []byte("\ufeff")))).ReadAll()
	if err != nil || len(rows) != 3 {
		t.Fatalf("%v, %d rows: %s", err, len(rows), answer.Body)
	}
	column := func(name string, row []string) string { return row[slices.Index(rows[0], name)] }
	if got := []string{column("first_name", rows[1]), column("first_name", rows[2])}; !slices.Equal(got, []string{"Ewa", "Ola"}) {
		t.Errorf("the order is %q", got)
	}
	if got := column("submitted_at", rows[1]); got != "2026-01-02T10:00:00+01:00" {
		t.Errorf("submitted at %s, want the project's time zone", got)
	}
	if got := column("last_name", rows[1]); got[0] == '=' {
		t.Errorf("%q is a formula", got)
	}
	if len(rows[0]) != len(kind.Fields)+2 {
		t.Errorf("%d columns, want id, state and all fields", len(rows[0]))
	}
	empty := tr.Send(t, webtest.Request{Path: "/signups.csv?activity=compost", As: web.Coordinator}).Want(http.StatusOK).Body
	if n := bytes.Count(empty.Bytes(), []byte("\n")); n != 1 {
		t.Errorf("another activity has %d lines, want the header alone", n)
	}
	if book := tr.Send(t, webtest.Request{Path: "/signups.xlsx", As: web.Coordinator}).Want(http.StatusOK).Body; !bytes.HasPrefix(book.Bytes(), []byte("PK")) {
		t.Error("no workbook")
	}
	tr.AddField(schema.Signup, project.RecordField{ID: "allergies", Type: "text"})
	if wider := tr.Send(t, webtest.Request{Path: "/signups.csv", As: web.Coordinator}).Want(http.StatusOK).Body.String(); !strings.Contains(wider, "allergies") {
		t.Error("a field that the project added has no column")
	}
	tr.Send(t, webtest.Request{Path: "/signups.csv?activity=dancing", As: web.Coordinator}).Want(http.StatusUnprocessableEntity)
	tr.Send(t, webtest.Request{Path: "/signups.csv", As: web.Funder}).Want(http.StatusForbidden)
}
