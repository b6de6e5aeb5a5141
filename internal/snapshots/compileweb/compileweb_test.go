package compileweb

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"outreach/internal/app"
	"outreach/internal/privacy"
	"outreach/internal/snapshot"
	"outreach/internal/snapshots"
	"outreach/internal/snapshots/compile"
	"outreach/internal/store"
	"outreach/internal/text"
	"outreach/internal/web"
	"outreach/internal/web/webtest"
)

const id = "01ARZ3NDEKTSV4RRFFQ69G5FAV"

var messages = text.Of(text.English)

// fake is a Compiler and Snapshots in one: it makes a snapshot for each day once, and finds the one of id.
type fake struct {
	days         []string // that were compiled
	by           string
	verification compile.Verification
	db           *store.DB
}

func (f *fake) Compile(ctx context.Context, _, asOf, by string, once store.Once) (snapshots.Kept, bool, error) {
	made := !slices.Contains(f.days, asOf)
	f.days, f.by = append(f.days, asOf), by
	kept := snapshots.Kept{ID: id, AsOf: asOf}
	return kept, made, f.db.KeepAnswer(ctx, once, kept)
}

func (f *fake) Verify(context.Context, snapshots.Kept) (compile.Verification, error) {
	return f.verification, nil
}

func (f *fake) Recompute(_ context.Context, _, asked string) (snapshots.Kept, error) {
	if f.verification.Same {
		return snapshots.Kept{ID: asked}, nil
	}
	return snapshots.Kept{}, compile.ErrNotSame
}

func (f *fake) Known(_ context.Context, _, asked string) (bool, error) { return asked == id, nil }

func (f *fake) Find(_ context.Context, _, asked, state string) (snapshots.Kept, error) {
	if asked != id || state != "" {
		return snapshots.Kept{}, store.ErrNotFound
	}
	return snapshots.Kept{ID: id}, nil
}

func (f *fake) Snapshot(_ context.Context, kept snapshots.Kept) (snapshot.Snapshot, error) {
	return snapshot.Snapshot{ID: kept.ID, AsOf: kept.AsOf}, nil
}

func newTracker(t *testing.T) (*webtest.Tracker, *fake) {
	t.Helper()
	f := &fake{}
	tr := webtest.New(t, webtest.Definition, func(a *app.App) []web.Route {
		f.db = a.DB
		return Handlers{compiler: f, snapshots: f, answers: a.DB}.Routes()
	})
	tr.DB.Now = func() time.Time { return time.Date(2026, 6, 30, 23, 30, 0, 0, time.UTC) } // 1 July in Warsaw
	return tr, f
}

func TestCompile(t *testing.T) {
	t.Parallel()
	type object = map[string]any
	for _, c := range []struct {
		name   string
		q      webtest.Request
		status int
		want   string // the day that is compiled, or the problem
	}{
		{"anyone has to sign in", webtest.Request{JSON: object{}}, http.StatusUnauthorized, ""},
		{"a funder is refused", webtest.Request{As: "funder", JSON: object{}}, http.StatusForbidden, ""},
		{"a day", webtest.Request{As: "coordinator", JSON: object{"as_of": "2026-05-31"}}, http.StatusCreated, "2026-05-31"},
		{"without a day, today in the project's time zone", webtest.Request{As: "coordinator", JSON: object{}}, http.StatusCreated, "2026-07-01"},
		{"without a body", webtest.Request{As: "coordinator", Method: "POST"}, http.StatusCreated, "2026-07-01"},
		{"a day that is none", webtest.Request{As: "coordinator", JSON: object{"as_of": "2026-02-30"}}, http.StatusUnprocessableEntity, "as_of: not_a_date"},
		{"a field that there is not", webtest.Request{As: "coordinator", JSON: object{"day": "2026-05-31"}}, http.StatusUnprocessableEntity, "day: unknown_field"},
		{"a form", webtest.Request{As: "coordinator", Form: url.Values{"as_of": {"2026-05-31"}}}, http.StatusSeeOther, "2026-05-31"},
		{"a form with a day that is none", webtest.Request{As: "coordinator", Form: url.Values{"as_of": {"soon"}}}, http.StatusUnprocessableEntity, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			tr, f := newTracker(t)
			c.q.Path = "/snapshots"
			got := tr.Send(t, c.q).Want(c.status)
			switch c.status {
			case http.StatusCreated, http.StatusSeeOther:
				if !slices.Equal(f.days, []string{c.want}) || f.by == "" || got.Location() != "/garden/snapshots/"+id {
					t.Errorf("compiled %v by %q, answered %s; want %s", f.days, f.by, got.Location(), c.want)
				}
				return
			case http.StatusUnprocessableEntity:
				if c.q.Form == nil && strings.Join(got.Problems(), ", ") != c.want {
					t.Errorf("problems %v, want %s", got.Problems(), c.want)
				}
				if c.q.Form != nil && !strings.Contains(got.Body.String(), `value="soon"`) {
					t.Errorf("the form lost what was typed:\n%s", got.Body)
				}
			}
			if len(f.days) > 0 {
				t.Errorf("compiled %v", f.days)
			}
		})
	}
}

func TestCompileWithoutChangeAnswers200(t *testing.T) {
	t.Parallel()
	tr, _ := newTracker(t)
	request := webtest.Request{As: "coordinator", Path: "/snapshots", JSON: map[string]any{"as_of": "2026-05-31"}}
	tr.Send(t, request).Want(http.StatusCreated)
	var snap struct{ ID string }
	if tr.Send(t, request).Want(http.StatusOK).Read(&snap); snap.ID != id {
		t.Errorf("got %s", snap.ID)
	}
}

func TestCompileSentTwiceCompilesOnce(t *testing.T) {
	t.Parallel()
	tr, f := newTracker(t)
	request := webtest.Request{As: "coordinator", Path: "/snapshots", JSON: map[string]any{"as_of": "2026-05-31"}, Header: map[string]string{"Idempotency-Key": "k"}}
	first := tr.Send(t, request).Want(http.StatusCreated).Body.String()
	if second := tr.Send(t, request).Want(http.StatusCreated).Body.String(); second != first || len(f.days) != 1 {
		t.Errorf("compiled %v, answered %s, then %s", f.days, first, second)
	}
	request.JSON = map[string]any{"as_of": "2026-06-01"}
	if tr.Send(t, request).Want(http.StatusUnprocessableEntity); len(f.days) != 1 {
		t.Errorf("the same key with another body compiled %v", f.days)
	}
}

func TestVerify(t *testing.T) {
	t.Parallel()
	differs := compile.Verification{Hash: "sha256:a", Computed: "sha256:b", Differs: []string{compile.PartFacts}, Erasures: []compile.Erasure{}, Purges: []compile.Purge{}}
	same, erased, purged := differs, differs, differs
	same.Computed, same.Same = same.Hash, true
	erased.Erasures = []compile.Erasure{{Fact: "f1"}}
	purged.Erasures, purged.Purges = erased.Erasures, []compile.Purge{{Fact: "f2", Class: privacy.PeopleClass}}
	at := "/snapshots/" + id + "/verification"
	for _, c := range []struct {
		name, as, path string
		found          compile.Verification
		status         int
		message        string // the key of the title of the page
	}{
		{"an adviser is refused", "adviser", at, same, http.StatusForbidden, ""},
		{"a funder asks for a draft", "funder", at, same, http.StatusNotFound, ""},
		{"another snapshot", "coordinator", "/snapshots/01ARZ3NDEKTSV4RRFFQ69G5FAW/verification", same, http.StatusNotFound, ""},
		{"the same hash", "coordinator", at, same, http.StatusOK, "verify.same"},
		{"another hash", "coordinator", at, differs, http.StatusOK, "verify.differs"},
		{"a person was erased", "coordinator", at, erased, http.StatusOK, "verify.erased"},
		{"everybody was erased", "coordinator", at, purged, http.StatusOK, "verify.purged"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			tr, f := newTracker(t)
			f.verification = c.found
			request := webtest.Request{Method: "POST", As: c.as, Path: c.path}
			got := tr.Send(t, request).Want(c.status)
			if c.status != http.StatusOK {
				return
			}
			var v compile.Verification
			if got.Read(&v); v.Same != c.found.Same || v.Computed != c.found.Computed {
				t.Errorf("got %+v", v)
			}
			request.Page = true
			title := messages.Say(c.message)
			if c.message == "verify.erased" {
				title = messages.Count(c.message, 1)
			}
			if page := tr.Send(t, request).Want(http.StatusOK).Body.String(); !strings.Contains(page, title) {
				t.Errorf("the page does not say %q:\n%s", title, page)
			}
		})
	}
}
