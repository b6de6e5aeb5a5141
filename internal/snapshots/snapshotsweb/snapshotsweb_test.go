package snapshotsweb

import (
	"context"
	"encoding/json"
	"fmt"
	"iter"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"outreach/internal/app"
	"outreach/internal/fact"
	"outreach/internal/objects/folder"
	"outreach/internal/snapshot"
	"outreach/internal/snapshots"
	"outreach/internal/store"
	"outreach/internal/web"
	"outreach/internal/web/webtest"
)

// senders is a fake Uploads: the owner of each file by its id.
type senders map[string]string

func (s senders) UploadOwners(_ context.Context, _ string, ids []string) (map[string]string, error) {
	found := map[string]string{}
	for _, id := range ids {
		found[id] = s[id]
	}
	return found, nil
}

// tracker serves the package's routes with empty tables and files.
type tracker struct {
	*webtest.Tracker
	hour time.Duration // of the next snapshot
}

func newTracker(t *testing.T) *tracker {
	t.Helper()
	tr := &tracker{Tracker: webtest.New(t, webtest.Definition, func(a *app.App) []web.Route {
		h := New(a)
		h.uploads = senders{"01KPARTNER": "radio", "01KOFFICE": "office"}
		return h.Routes()
	})}
	files, err := folder.Open(filepath.Join(t.TempDir(), "objects"), tr.Site.BaseURL, tr.DB.Secret)
	if err != nil {
		t.Fatal(err)
	}
	tr.DB.Objects = files
	return tr
}

// save saves a snapshot of a day with so many participants, three of whom are women, and returns its id. Evidence of
// the indicator are five records; two came in files.
func (tr *tracker) save(t *testing.T, asOf string, participants int64, state string) string {
	t.Helper()
	_, unchanged, err := tr.Snapshots.Latest(t.Context(), webtest.Project, asOf)
	if err != nil {
		t.Fatal(err)
	}
	tr.hour += time.Hour
	snap := snapshot.Snapshot{
		Project: webtest.Project, ID: tr.DB.NewID(), AsOf: asOf, State: snapshot.Draft,
		KnownAt: time.Date(2026, 7, 1, 0, 0, 0, 0, time.UTC).Add(tr.hour).Format(time.RFC3339), Definition: snapshot.Definition{Version: 1},
		Participants: snapshot.Participants{Total: participants, By: snapshot.Breakdowns{"sex": {{Code: "f", People: 3}, {Code: "m", People: 2}, {Code: "unknown", People: participants - 5}}}},
		Indicators:   []snapshot.Indicator{{Code: "1", Unit: "person", Target: "20", Achieved: json.Number(fmt.Sprint(participants)), Percent: "50", Status: "on-track", Label: tr.label(t)}},
	}
	if snap.Hash, err = snap.Digest(); err != nil {
		t.Fatal(err)
	}
	evidence := func(string) iter.Seq[snapshot.Counted] {
		return func(yield func(snapshot.Counted) bool) {
			for i, upload := range []string{"", "", "", "01KPARTNER", "01KOFFICE"} {
				record := snapshot.Evidence{ID: fmt.Sprint("R", i), Kind: "attendance", Date: asOf, Person: "p1", Upload: upload}
				if !yield(snapshot.Counted{Evidence: record, Adds: "1", Total: json.Number(fmt.Sprint(i + 1))}) {
					return
				}
			}
		}
	}
	if err := tr.Snapshots.SaveSnapshot(t.Context(), snap, unchanged, fact.Heads{}, []string{"1", "participants"}, evidence, snapshots.Since{}, "", store.Once{}); err != nil {
		t.Fatal(err)
	}
	if state != snapshot.Draft {
		if _, err := tr.Snapshots.Decide(t.Context(), webtest.Project, snap.ID, state, "", ""); err != nil {
			t.Fatal(err)
		}
	}
	return snap.ID
}

func (tr *tracker) label(t *testing.T) map[string]string {
	t.Helper()
	defined, err := tr.Projects.Definition(t.Context(), webtest.Project)
	if err != nil {
		t.Fatal(err)
	}
	in, _ := defined.Definition.Indicator("1")
	return in.Label
}

func TestEachRoleReadsItsSnapshots(t *testing.T) {
	t.Parallel()
	tr := newTracker(t)
	approved := tr.save(t, "2026-05-31", 10, snapshot.Approved)
	draft := tr.save(t, "2026-06-30", 12, snapshot.Draft)
	rejected := tr.save(t, "2026-04-30", 8, snapshot.Rejected)
	for _, c := range []struct {
		name, as, id string
		status       int
		want         string // the id of the snapshot in the answer
	}{
		{"anyone has to sign in", "", approved, http.StatusUnauthorized, ""},
		{"an adviser is refused", "adviser", approved, http.StatusForbidden, ""},
		{"a funder reads an approved one", "funder", approved, http.StatusOK, approved},
		{"to a funder a draft does not exist", "funder", draft, http.StatusNotFound, ""},
		{"to a funder a rejected one does not exist", "funder", rejected, http.StatusNotFound, ""},
		{"the latest of a funder is an approved one", "funder", "latest", http.StatusOK, approved},
		{"a coordinator reads a draft", "coordinator", draft, http.StatusOK, draft},
		{"the latest of a coordinator is of any state", "coordinator", "latest", http.StatusOK, draft},
		{"there is none of this id", "coordinator", "01ARZ3NDEKTSV4RRFFQ69G5FAV", http.StatusNotFound, ""},
		{"an id that is none", "coordinator", "newest", http.StatusNotFound, ""},
	} {
		for _, suffix := range []string{"", ".json", ".csv", ".xlsx", ".pdf", "/changes", "/indicators/1/evidence", "/participants/evidence.csv"} {
			t.Run(c.name+suffix, func(t *testing.T) {
				got := tr.Send(t, webtest.Request{As: c.as, Path: "/snapshots/" + c.id + suffix}).Want(c.status)
				var snap struct{ ID string }
				if suffix == "" && c.want != "" {
					if got.Read(&snap); snap.ID != c.want {
						t.Errorf("snapshot %s, want %s", snap.ID, c.want)
					}
				}
			})
		}
	}
}

func TestListShowsAFunderApprovedSnapshotsAlone(t *testing.T) {
	t.Parallel()
	tr := newTracker(t)
	first := tr.save(t, "2026-05-31", 10, snapshot.Approved)
	second := tr.save(t, "2026-06-30", 12, snapshot.Draft)
	third := tr.save(t, "2026-07-31", 13, snapshot.Approved)
	for as, want := range map[string][]string{"funder": {third, first}, "coordinator": {third, second, first}} {
		var got []string
		for cursor := ""; ; {
			var list struct {
				Items []struct{ ID string }
				Next  *string
			}
			tr.Send(t, webtest.Request{As: as, Path: "/snapshots?limit=1&cursor=" + cursor}).Want(http.StatusOK).Read(&list)
			for _, item := range list.Items {
				got = append(got, item.ID)
			}
			if list.Next == nil || len(got) > len(want) {
				break
			}
			cursor = *list.Next
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s: %v, want %v", as, got, want)
		}
	}
}

func TestPublicSeesTheApprovedSnapshotWithoutSmallNumbers(t *testing.T) {
	t.Parallel()
	tr := newTracker(t)
	tr.save(t, "2026-06-30", 30, snapshot.Draft)
	var got struct {
		Snapshot *struct {
			ID           string
			Participants struct{ By map[string]map[string]any }
		}
	}
	tr.Send(t, webtest.Request{}).Want(http.StatusOK).Read(&got)
	if got.Snapshot != nil {
		t.Errorf("the public sees a draft: %+v", got.Snapshot)
	}
	approved := tr.save(t, "2026-05-31", 20, snapshot.Approved)
	tr.Send(t, webtest.Request{}).Want(http.StatusOK).Read(&got)
	if got.Snapshot == nil || got.Snapshot.ID != approved || got.Snapshot.Participants.By["sex"]["f"] != snapshot.Few {
		t.Errorf("got %+v, want %s with few women", got.Snapshot, approved)
	}
}

func TestExportsAreFilesNamedAfterProjectAndDay(t *testing.T) {
	t.Parallel()
	tr := newTracker(t)
	tr.save(t, "2026-05-31", 10, snapshot.Approved)
	for _, c := range []struct{ path, contentType, filename, begins string }{
		{".csv", "text/csv; charset=utf-8", "garden-2026-05-31.csv", ""},
		{".xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "garden-2026-05-31.xlsx", "PK"},
		{".pdf", "application/pdf", "garden-2026-05-31.pdf", "%PDF-"},
		{"/indicators/1/evidence.csv", "text/csv; charset=utf-8", "garden-2026-05-31-1.csv", ""},
		{"/participants/evidence.csv", "text/csv; charset=utf-8", "garden-2026-05-31-participants.csv", ""},
	} {
		got := tr.Send(t, webtest.Request{As: "funder", Path: "/snapshots/latest" + c.path}).Want(http.StatusOK)
		if h := got.Header(); h.Get("Content-Type") != c.contentType || h.Get("Content-Disposition") != fmt.Sprintf("attachment; filename=%q", c.filename) {
			t.Errorf("%s: %v", c.path, h)
		}
		if !strings.HasPrefix(got.Body.String(), c.begins) {
			t.Errorf("%s begins %.8q", c.path, got.Body)
		}
	}
}

func TestEvidenceIsReadPageByPage(t *testing.T) {
	t.Parallel()
	tr := newTracker(t)
	tr.save(t, "2026-05-31", 10, snapshot.Approved)
	const at = "/snapshots/latest/indicators/1/evidence"
	var got []string
	for cursor, pages := "", 1; ; pages++ {
		var list struct {
			Items []snapshot.Evidence
			Next  *string
		}
		tr.Send(t, webtest.Request{As: "funder", Path: at + "?limit=2&cursor=" + cursor}).Want(http.StatusOK).Read(&list)
		for _, item := range list.Items {
			got = append(got, item.ID)
		}
		if list.Next == nil {
			break
		}
		if pages > 5 {
			t.Fatalf("no end after %v", got)
		}
		cursor = *list.Next
	}
	if want := []string{"R0", "R1", "R2", "R3", "R4"}; !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
	whole := tr.Send(t, webtest.Request{As: "funder", Path: at + ".csv"}).Want(http.StatusOK).Body.String()
	if lines := strings.Count(whole, "\n"); lines != 6 {
		t.Errorf("%d lines, want a head and 5 records:\n%s", lines, whole)
	}
	for _, cursor := range []string{"x", "-1"} {
		tr.Send(t, webtest.Request{As: "funder", Path: at + "?cursor=" + cursor}).Want(http.StatusBadRequest)
	}
	tr.Send(t, webtest.Request{As: "funder", Path: "/snapshots/latest/indicators/9/evidence"}).Want(http.StatusNotFound)
}

func TestEvidencePageNamesThePartnerWhoSentAFile(t *testing.T) {
	t.Parallel()
	tr := newTracker(t)
	tr.save(t, "2026-05-31", 10, snapshot.Approved)
	got := tr.Send(t, webtest.Request{As: "funder", Page: true, Path: "/snapshots/latest/indicators/1/evidence"}).Want(http.StatusOK).Body.String()
	if !strings.Contains(got, "Radio") {
		t.Errorf("the partner is not named:\n%s", got)
	}
}

func TestChangesAreSinceTheApprovedSnapshotOfTheDayBefore(t *testing.T) {
	t.Parallel()
	tr := newTracker(t)
	before := tr.save(t, "2026-04-30", 10, snapshot.Approved)
	tr.save(t, "2026-05-31", 11, snapshot.Draft) // no draft is compared with
	now := tr.save(t, "2026-06-30", 14, snapshot.Draft)
	for _, c := range []struct{ name, id, before, difference string }{
		{"with one before", now, before, "4"},
		{"with none before", before, "", ""},
	} {
		var got snapshot.Changes
		tr.Send(t, webtest.Request{As: "coordinator", Path: "/snapshots/" + c.id + "/changes"}).Want(http.StatusOK).Read(&got)
		id, difference := "", ""
		if got.Before != nil {
			id = got.Before.ID
		}
		if d := got.Participants.Difference; d != nil {
			difference = d.String()
		}
		if id != c.before || difference != c.difference {
			t.Errorf("%s: %q since %q, want %q since %q", c.name, difference, id, c.difference, c.before)
		}
	}
}
