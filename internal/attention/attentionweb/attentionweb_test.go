package attentionweb

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"outreach/internal/app"
	"outreach/internal/attention"
	"outreach/internal/people"
	"outreach/internal/project"
	"outreach/internal/signups"
	"outreach/internal/snapshots"
	"outreach/internal/store"
	"outreach/internal/table"
	"outreach/internal/web"
	"outreach/internal/web/webtest"
)

var now = time.Date(2026, 6, 10, 12, 0, 0, 0, time.UTC)

// fake is every feature that the handlers ask.
type fake struct {
	counts   attention.Counts
	rejected int
	places   []signups.Places // planting, compost, pruning
	newest   snapshots.Kept   // without an id: there is none
	checked  string           // until when the nightly run looked for changes
	err      error
	held     []signups.Signup
	forms    map[string]map[string]string
	persons  map[string]people.Person

	rejectedSince time.Time
}

func (f *fake) CountTasks(context.Context, string) (attention.Counts, error) { return f.counts, f.err }

func (f *fake) CountRejected(_ context.Context, _ *project.Definition, since time.Time) (int, error) {
	f.rejectedSince = since
	return f.rejected, nil
}

func (f *fake) Places(_ context.Context, _ string, activities []project.Activity) ([]signups.Places, error) {
	return append(f.places, make([]signups.Places, len(activities)-len(f.places))...), nil
}

func (f *fake) Held(context.Context, string, int, string) (table.PageOf[signups.Signup], error) {
	return table.PageOf[signups.Signup]{Items: f.held}, nil
}

func (f *fake) Forms(context.Context, string, []signups.Signup) (map[string]map[string]string, error) {
	return f.forms, nil
}

func (f *fake) Persons(context.Context, string, []string) (map[string]people.Person, error) {
	return f.persons, nil
}

func (f *fake) Newest(context.Context, string) (snapshots.Kept, error) {
	if f.newest.ID == "" {
		return snapshots.Kept{}, store.ErrNotFound
	}
	return f.newest, nil
}

func (f *fake) Checked(context.Context, *project.Definition) (string, error) { return f.checked, nil }

func serve(t *testing.T, f *fake) *webtest.Tracker {
	t.Helper()
	tracker := webtest.New(t, webtest.Definition, func(*app.App) []web.Route {
		return Handlers{attention: f, uploads: f, signups: f, people: f, snapshots: f, nights: f}.Routes()
	})
	tracker.DB.Now = func() time.Time { return now }
	return tracker
}

func TestTasksAreListedByUrgency(t *testing.T) {
	t.Parallel()
	fresh := snapshots.Kept{ID: "01JS", AsOf: "2026-06-09"}
	for _, tt := range []struct {
		name string
		fake fake
		want []string
	}{
		{"a quiet day has no tasks", fake{newest: fresh}, nil},
		{"a project without a snapshot needs one", fake{}, []string{"no_snapshot 1  /garden/snapshots"}},
		{"a snapshot of the day before yesterday is recent enough", fake{newest: snapshots.Kept{ID: "01JS", AsOf: "2026-06-08"}}, nil},
		{"an older snapshot is reported with its date", fake{newest: snapshots.Kept{ID: "01JS", AsOf: "2026-06-07"}}, []string{"old_snapshot 1  /garden/snapshots"}},
		{"an older snapshot is the newest where nothing changed since", fake{newest: snapshots.Kept{ID: "01JS", AsOf: "2026-03-01"}, checked: "2026-06-08"}, nil},
		{
			"what somebody outside waits for comes first, a full activity's queue last",
			fake{
				counts:   attention.Counts{Reports: 1, PostponedLetters: 2, Duplicates: 4, LinesBehind: 2, PeopleWithoutAttributes: 7},
				rejected: 3, newest: fresh,
				places: []signups.Places{{Capacity: 2, Taken: 2, Waiting: 5}, {Waiting: 6, Held: 1}},
			},
			[]string{
				"held 1 compost /garden/signups?activity=compost",
				"reports 1  /garden/snapshots", "rejected_files 3  /garden/uploads", "postponed_letters 2  /garden/signups",
				"waiting_with_places 6 compost /garden/signups?activity=compost",
				"duplicates 4  /garden/people/duplicates", "lines_behind 2  /garden/snapshots/01JS",
				"people_without_attributes 7  /garden/snapshots/01JS", "waiting 5 planting /garden/signups?activity=planting",
			},
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var list struct {
				Items []task
				Next  *string
			}
			serve(t, &tt.fake).Send(t, webtest.Request{Path: "/attention", As: "coordinator"}).Want(http.StatusOK).Read(&list)
			var got []string
			for _, one := range list.Items {
				got = append(got, fmt.Sprintf("%s %d %s %s", one.What, one.Count, one.Activity, one.Href))
				if one.Message == "" || strings.Contains(one.Message, "attention.") {
					t.Errorf("%s has the message %q", one.What, one.Message)
				}
			}
			if !slices.Equal(got, tt.want) || list.Items == nil || list.Next != nil {
				t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(tt.want, "\n"))
			}
		})
	}
}

func TestRejectedFilesAreTasksFor30Days(t *testing.T) {
	t.Parallel()
	f := &fake{}
	serve(t, f).Send(t, webtest.Request{Path: "/attention", As: "coordinator"}).Want(http.StatusOK)
	if want := now.AddDate(0, 0, -30); !f.rejectedSince.Equal(want) {
		t.Errorf("counted since %s, want %s", f.rejectedSince, want)
	}
}

func TestTasksAreForCoordinatorsOnly(t *testing.T) {
	t.Parallel()
	tracker := serve(t, &fake{})
	for role, status := range map[string]int{
		"": http.StatusUnauthorized, "adviser": http.StatusForbidden, "funder": http.StatusForbidden, "partner:radio": http.StatusForbidden, "admin": http.StatusForbidden,
	} {
		tracker.Send(t, webtest.Request{Path: "/attention", As: role}).Want(status)
	}
}

func TestBrowsersGetTheTasksAsAPage(t *testing.T) {
	t.Parallel()
	answer := serve(t, &fake{rejected: 3}).Send(t, webtest.Request{Path: "/attention", As: "coordinator", Page: true}).Want(http.StatusOK)
	if body := answer.Body.String(); !strings.Contains(body, "3 rejected files") || !strings.Contains(body, `href="/garden/uploads"`) {
		t.Errorf("the page lacks the task:\n%s", body)
	}
}

func TestAnUnavailableTableIsAnsweredWithRetryAfter(t *testing.T) {
	t.Parallel()
	answer := serve(t, &fake{err: table.ErrUnavailable}).Send(t, webtest.Request{Path: "/attention", As: "coordinator"}).Want(http.StatusServiceUnavailable)
	if answer.Header().Get("Retry-After") == "" {
		t.Error("the answer has no Retry-After")
	}
}
