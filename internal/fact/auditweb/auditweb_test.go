package auditweb

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"testing"

	"outreach/internal/app"
	"outreach/internal/fact"
	"outreach/internal/people"
	"outreach/internal/records"
	"outreach/internal/schema"
	"outreach/internal/signups"
	"outreach/internal/web"
	"outreach/internal/web/webtest"
)

// fake has one sign-up, one typed record and one person, who is the other one's.
type fake struct{}

func (fake) SignupsOf(_ context.Context, _ string, ids []string) (map[string]signups.Signup, error) {
	return only(ids, "su", signups.Signup{ID: "su", Person: "anna", Activity: "planting"}), nil
}

func (fake) TypedOf(_ context.Context, _ *schema.Registry, _ string, ids []string) (map[string]records.Typed, error) {
	return only(ids, "rec", records.Typed{ID: "rec", Kind: "attendance", Person: "anna"}), nil
}

func (fake) Persons(_ context.Context, _ string, ids []string) (map[string]people.Person, error) {
	return only(ids, "anna", people.Person{ID: "anna"}), nil
}

func only[T any](ids []string, id string, one T) map[string]T {
	if !slices.Contains(ids, id) {
		return nil
	}
	return map[string]T{id: one}
}

// serve serves the trail of facts written by "office@example.org" where by is "office".
func serve(t *testing.T, facts ...fact.Fact) *webtest.Tracker {
	t.Helper()
	tracker := webtest.New(t, webtest.Definition, func(a *app.App) []web.Route {
		return Handlers{facts: a.Facts, staff: a.Access, signups: fake{}, records: fake{}, people: fake{}}.Routes()
	})
	office, err := tracker.Access.Staff(t.Context(), webtest.Project, "office@example.org")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range facts {
		if f.ID, f.At = tracker.DB.NewID(), tracker.DB.Now(); f.By == "office" {
			f.By = office
		}
		if err := tracker.Facts.Append(t.Context(), webtest.Project, []fact.Fact{f}); err != nil {
			t.Fatal(err)
		}
	}
	return tracker
}

type list struct {
	Items []auditLine
	Next  *string
}

func read(t *testing.T, tracker *webtest.Tracker, query string) list {
	t.Helper()
	var got list
	tracker.Send(t, webtest.Request{Path: "/audit" + query, As: "coordinator"}).Want(http.StatusOK).Read(&got)
	return got
}

func TestFactsAreDescribedInWords(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, kind, by, data  string
		origin, message, link string
	}{
		{"a sign-up by the public form", fact.KindSignup, "", `{"signup":"su","state":"accepted"}`, "form", "signed somebody up: Planting", "/garden/people/anna"},
		{"a repeated form", fact.KindSignup, "", `{"signup":"su"}`, "form", "sent a sign-up again: Planting", "/garden/signups?activity=planting"},
		{"a sign-up from a partner's file", fact.KindSignup, "", `{"signup":"su","state":"accepted","upload":"up"}`, "delivery", "signed somebody up: Planting", "/garden/people/anna"},
		{"a sign-up of an erased person", fact.KindSignup, "", `{"signup":"erased","state":"accepted","person":"erased"}`, "form", "signed somebody up", ""},
		{"a new record", fact.KindRecordEntered, "office", `{"record":"rec","version":1,"kind":"attendance"}`, "staff", "entered a record: Attendance", "/garden/attendance/rec"},
		{"a changed record", fact.KindRecordEntered, "office", `{"record":"rec","version":2,"kind":"attendance"}`, "staff", "changed a record: Attendance", "/garden/attendance/rec"},
		{"a deleted record names its kind", fact.KindRecordVoided, "office", `{"record":"rec","version":3}`, "staff", "deleted a record: Attendance", ""},
		{"a delivered file", fact.KindUploadAccepted, "", `{"upload":"up","kind":"media","rows":2}`, "delivery", "sent a file that was accepted", "/garden/uploads/up"},
		{"a merge links the person that is left", fact.KindPersonMerged, "office", `{"person":"old","into":"anna"}`, "staff", "merged two records of one person", "/garden/people/anna"},
		{"a saved definition", fact.KindDefinitionSet, "office", `{"version":7}`, "staff", "saved version 7", "/garden/definition/versions/7"},
		{"an approval", fact.KindSnapshotDecided, "office", `{"snapshot":"sn","state":"approved"}`, "staff", "approved a snapshot", "/garden/snapshots/sn"},
		{"the schedule", fact.KindDataPurged, "", `{"class":"texts","day":"2030-01-01"}`, "schedule", "topics and notes", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			tracker := serve(t, fact.Fact{Kind: tt.kind, By: tt.by, Data: []byte(tt.data)})
			got := read(t, tracker, "?kind="+tt.kind)
			if len(got.Items) == 0 {
				t.Fatal("the trail is empty")
			}
			l := got.Items[0]
			if l.Origin != tt.origin || !strings.Contains(l.Message, tt.message) || l.By != map[string]string{"office": "office@example.org"}[tt.by] {
				t.Errorf("got origin %q, message %q, by %q", l.Origin, l.Message, l.By)
			}
			shown := tracker.Send(t, webtest.Request{Path: "/audit?kind=" + tt.kind, As: "coordinator", Page: true}).Want(http.StatusOK).Body.String()
			if tt.link != "" && !strings.Contains(shown, `href="`+tt.link+`"`) {
				t.Errorf("the page has no link to %s:\n%s", tt.link, shown)
			}
			for _, absent := range []string{"people/erased", "people/old"} {
				if strings.Contains(shown, absent) {
					t.Errorf("the page links %s, which is not there", absent)
				}
			}
		})
	}
}

func TestTrailIsNarrowedByKindAndActor(t *testing.T) {
	t.Parallel()
	tracker := serve(t,
		fact.Fact{Kind: fact.KindSignup, Data: []byte(`{"signup":"su","state":"accepted"}`)},
		fact.Fact{Kind: fact.KindPersonMerged, By: "office", Data: []byte(`{"person":"old","into":"anna"}`)},
		fact.Fact{Kind: fact.KindUploadRejected, Data: []byte(`{"upload":"up"}`)},
	)
	for query, want := range map[string]string{ // the definition was saved by the schedule, as no one signed in for it
		"":                               "upload.rejected person.merged signup.submitted definition.set",
		"?kind=signup.submitted":         "signup.submitted",
		"?who=form":                      "signup.submitted",
		"?who=the+form":                  "signup.submitted",
		"?who=delivery":                  "upload.rejected",
		"?who=schedule":                  "definition.set",
		"?who=Office@example.org":        "person.merged",
		"?who=unknown@example.org":       "",
		"?who=form&kind=upload.rejected": "",
	} {
		var got []string
		for _, l := range read(t, tracker, query).Items {
			got = append(got, l.Kind)
		}
		if kinds := strings.Join(got, " "); kinds != want {
			t.Errorf("%s: %q, want %q", query, kinds, want)
		}
	}
}

func TestTrailIsReadPageByPage(t *testing.T) {
	t.Parallel()
	tracker := serve(t, fact.Fact{Kind: fact.KindSignup, Data: []byte(`{"signup":"su"}`)})
	first := read(t, tracker, "?limit=1")
	if len(first.Items) != 1 || first.Items[0].Kind != fact.KindSignup || first.Next == nil {
		t.Fatalf("the first page: %+v", first)
	}
	second := read(t, tracker, "?limit=1&cursor="+*first.Next)
	if len(second.Items) != 1 || second.Items[0].Kind != fact.KindDefinitionSet {
		t.Errorf("the second page: %+v", second)
	}
	tracker.Send(t, webtest.Request{Path: "/audit?cursor=broken", As: "coordinator"}).Want(http.StatusBadRequest)
}

func TestAnUnknownKindIsRefused(t *testing.T) {
	t.Parallel()
	got := serve(t).Send(t, webtest.Request{Path: "/audit?kind=gossip", As: "coordinator"}).Want(http.StatusUnprocessableEntity).Problems()
	if want := []string{"kind: not_in_list"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestTrailIsForCoordinatorsOnly(t *testing.T) {
	t.Parallel()
	tracker := serve(t)
	for role, status := range map[string]int{
		"": http.StatusUnauthorized, "adviser": http.StatusForbidden, "funder": http.StatusForbidden, "partner:radio": http.StatusForbidden, "admin": http.StatusForbidden,
	} {
		tracker.Send(t, webtest.Request{Path: "/audit", As: role}).Want(status)
	}
}
