package approvalweb

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"outreach/internal/app"
	"outreach/internal/snapshot"
	"outreach/internal/snapshots"
	"outreach/internal/store"
	"outreach/internal/web"
	"outreach/internal/web/webtest"
)

const id = "01ARZ3NDEKTSV4RRFFQ69G5FAV"

// saved is a fake Snapshots with one snapshot.
type saved struct {
	state, note string
	decisions   int
}

func (s *saved) Find(_ context.Context, _, asked, _ string) (snapshots.Kept, error) {
	if asked != id && asked != snapshots.LatestID {
		return snapshots.Kept{}, store.ErrNotFound
	}
	return snapshots.Kept{ID: id, State: s.state}, nil
}

func (s *saved) Decide(_ context.Context, _, id, state, note, _ string) (snapshots.Kept, error) {
	s.state, s.note, s.decisions = state, note, s.decisions+1
	return snapshots.Kept{ID: id, State: state}, nil
}

func TestApproval(t *testing.T) {
	t.Parallel()
	type object = map[string]any
	for _, c := range []struct {
		name     string
		q        webtest.Request
		status   int
		state    string   // of the snapshot afterwards
		problems []string // of 422
	}{
		{"anyone has to sign in", webtest.Request{JSON: object{"decision": "approve"}}, http.StatusUnauthorized, snapshot.Draft, nil},
		{"a funder is refused", webtest.Request{As: "funder", JSON: object{"decision": "approve"}}, http.StatusForbidden, snapshot.Draft, nil},
		{"an adviser is refused", webtest.Request{As: "adviser", JSON: object{"decision": "approve"}}, http.StatusForbidden, snapshot.Draft, nil},
		{"a coordinator approves", webtest.Request{As: "coordinator", JSON: object{"decision": "approve"}}, http.StatusOK, snapshot.Approved, nil},
		{"a coordinator rejects with a note", webtest.Request{As: "coordinator", JSON: object{"decision": "reject", "note": "May is missing"}}, http.StatusOK, snapshot.Rejected, nil},
		{"the latest one by that name", webtest.Request{As: "coordinator", Path: "latest", JSON: object{"decision": "approve"}}, http.StatusOK, snapshot.Approved, nil},
		{"no decision", webtest.Request{As: "coordinator", JSON: object{}}, http.StatusUnprocessableEntity, snapshot.Draft, []string{"decision: missing"}},
		{"a decision that there is not", webtest.Request{As: "coordinator", JSON: object{"decision": "maybe"}}, http.StatusUnprocessableEntity, snapshot.Draft, []string{"decision: not_in_list"}},
		{"a note too long", webtest.Request{As: "coordinator", JSON: object{"decision": "reject", "note": strings.Repeat("a", 2001)}}, http.StatusUnprocessableEntity, snapshot.Draft, []string{"note: too_long"}},
		{"no such snapshot", webtest.Request{As: "coordinator", Path: "01ARZ3NDEKTSV4RRFFQ69G5FAW", JSON: object{"decision": "approve"}}, http.StatusNotFound, snapshot.Draft, nil},
		{"a form leads back to the snapshot", webtest.Request{As: "coordinator", Form: url.Values{"decision": {"approve"}}}, http.StatusSeeOther, snapshot.Approved, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			fake := &saved{state: snapshot.Draft}
			tr := webtest.New(t, webtest.Definition, func(*app.App) []web.Route { return Handlers{snapshots: fake}.Routes() })
			if c.q.Path == "" {
				c.q.Path = id
			}
			c.q.Path = "/snapshots/" + c.q.Path + "/approval"
			got := tr.Send(t, c.q).Want(c.status)
			if fake.state != c.state {
				t.Errorf("the snapshot is %s, want %s", fake.state, c.state)
			}
			switch c.status {
			case http.StatusUnprocessableEntity:
				if problems := got.Problems(); !slices.Equal(problems, c.problems) {
					t.Errorf("problems %q, want %q", problems, c.problems)
				}
			case http.StatusSeeOther:
				if to := got.Location(); to != "/garden/snapshots/"+id+"?done=approved" {
					t.Errorf("leads to %s", to)
				}
			case http.StatusOK:
				var body decided
				if got.Read(&body); body != (decided{ID: id, State: c.state}) {
					t.Errorf("got %+v", body)
				}
			}
		})
	}
}
