package projectsweb

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"

	"outreach/internal/app"
	"outreach/internal/project"
	"outreach/internal/web"
	"outreach/internal/web/webtest"
)

// filler remembers the activities whose places it was to fill.
type filler struct{ activities []string }

func (f *filler) FillPlaces(_ context.Context, _ *project.Definition, activity, _ string) error {
	f.activities = append(f.activities, activity)
	return nil
}

func serve(t *testing.T) (*webtest.Tracker, *filler) {
	t.Helper()
	f := &filler{}
	return webtest.New(t, webtest.Definition, func(a *app.App) []web.Route {
		return Handlers{projects: a.Projects, signups: f, staff: a.Access, previews: New(a).previews}.Routes()
	}), f
}

// larger is the definition with 30 places for planting.
var larger = strings.Replace(webtest.Definition, "capacity: 2", "capacity: 30", 1)

// put is a request of a program, which may send a definition as JSON: that is YAML, too.
func put(t *testing.T, path, text string, header map[string]string) webtest.Request {
	t.Helper()
	sent, err := yaml.YAMLToJSON([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return webtest.Request{Method: http.MethodPut, Path: path, As: "coordinator", JSON: json.RawMessage(sent), Header: header}
}

// form is what the editor of the definition sends.
func form(values url.Values) webtest.Request {
	return webtest.Request{Path: "/definition", As: "coordinator", Form: values}
}

// inForce returns the number of the definition in force.
func inForce(t *testing.T, tracker *webtest.Tracker) int {
	t.Helper()
	d, err := tracker.Projects.Definition(t.Context(), webtest.Project)
	if err != nil {
		t.Fatal(err)
	}
	return d.Version
}

func TestANewDefinitionIsSavedOnce(t *testing.T) {
	t.Parallel()
	tracker, places := serve(t)
	var first, second defined
	answer := tracker.Send(t, put(t, "/definition", larger, nil)).Want(http.StatusOK).Read(&first)
	if first.Project != webtest.Project || first.Version != 2 || answer.ETag() != `"`+first.SHA256+`"` {
		t.Errorf("got %+v with the ETag %s", first, answer.ETag())
	}
	if want := []string{"planting", "compost", "pruning"}; !slices.Equal(places.activities, want) {
		t.Errorf("places are filled for %q, want %q", places.activities, want)
	}
	tracker.Send(t, put(t, "/definition", larger, nil)).Want(http.StatusOK).Read(&second)
	if second != first {
		t.Errorf("the same text makes version %+v, want %+v", second, first)
	}
}

func TestADryRunSavesNothing(t *testing.T) {
	t.Parallel()
	tracker, places := serve(t)
	var got checked
	tracker.Send(t, put(t, "/definition?dry_run=1", larger, nil)).Want(http.StatusOK).Read(&got)
	if !got.Valid || got.Errors == nil || len(got.Changes) != 1 || !strings.Contains(got.Changes[0].Message, "Planting") {
		t.Errorf("got %+v", got)
	}
	page := tracker.Send(t, form(url.Values{"yaml": {larger}, "dry_run": {"1"}})).Want(http.StatusOK).Body.String()
	if !strings.Contains(page, "capacity: 30") {
		t.Error("the page lost the text")
	}
	if v := inForce(t, tracker); v != 1 || places.activities != nil {
		t.Errorf("version %d is in force, places are filled for %q", v, places.activities)
	}
}

func TestAWrongDefinitionIsRefusedWithCodesAndLines(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, old, new string
		want           string
	}{
		{"a rule on a field that is not there", `outcome == "completed"`, `mood == "good"`, "indicators[0].where: bad_rule"},
		{"a value that no record can have", `"completed"`, `"finished"`, "indicators[0].where: not_in_list"},
		{"another project's id", "id: garden", "id: orchard", "id: not_allowed"},
		{"days in the wrong order", "from: 2001-01-01", "from: 2200-01-01", "period.to: out_of_range"},
		{"a sum without a field", "count: records, of: consultation", "count: sum, of: consultation", "indicators[1].field: missing"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			tracker, _ := serve(t)
			wrong := strings.Replace(webtest.Definition, tt.old, tt.new, 1)
			if got := tracker.Send(t, put(t, "/definition", wrong, nil)).Want(http.StatusUnprocessableEntity).Problems(); !slices.Equal(got, []string{tt.want}) {
				t.Errorf("got %q, want %q", got, tt.want)
			}
			page := tracker.Send(t, form(url.Values{"yaml": {wrong}})).Want(http.StatusUnprocessableEntity).Body.String()
			line := 1 + strings.Count(wrong[:strings.Index(wrong, tt.new)], "\n")
			if !strings.Contains(page, "line "+strconv.Itoa(line)) && !strings.Contains(page, "Line "+strconv.Itoa(line)) {
				t.Errorf("the page does not name line %d", line)
			}
			if v := inForce(t, tracker); v != 1 {
				t.Errorf("version %d is in force", v)
			}
		})
	}
}

func TestAStaleVersionIsNotReplaced(t *testing.T) {
	t.Parallel()
	tracker, _ := serve(t)
	before := tracker.Send(t, webtest.Request{Path: "/definition", As: "coordinator"}).Want(http.StatusOK).ETag()
	tracker.Send(t, put(t, "/definition", larger, map[string]string{"If-Match": before})).Want(http.StatusOK)
	other := strings.Replace(larger, "capacity: 30", "capacity: 40", 1)
	tracker.Send(t, put(t, "/definition", other, map[string]string{"If-Match": before})).Want(http.StatusPreconditionFailed)

	page := tracker.Send(t, form(url.Values{"yaml": {other}, "_if_match": {before}})).Want(http.StatusPreconditionFailed).Body.String()
	if !strings.Contains(page, "capacity: 40") {
		t.Error("the page lost what was typed")
	}
	if v := inForce(t, tracker); v != 2 {
		t.Errorf("version %d is in force", v)
	}
	tracker.Send(t, put(t, "/definition", other, map[string]string{"If-Match": "*"})).Want(http.StatusOK)
}

func TestAFormIsRedirectedToTheSavedDefinition(t *testing.T) {
	t.Parallel()
	tracker, _ := serve(t)
	typed := strings.ReplaceAll(larger, "\n", "\r\n") // as browsers send a textarea
	answer := tracker.Send(t, form(url.Values{"yaml": {typed}})).Want(http.StatusSeeOther)
	if to := answer.Location(); to != "/garden/definition?done=saved" {
		t.Errorf("redirected to %s", to)
	}
	if text := tracker.Send(t, webtest.Request{Path: "/definition", As: "coordinator"}).Want(http.StatusOK).Body.String(); text != larger {
		t.Errorf("saved as %q", text)
	}
}

func TestAPostOfAProgramIsRefused(t *testing.T) {
	t.Parallel()
	tracker, _ := serve(t)
	answer := tracker.Send(t, webtest.Request{Method: http.MethodPost, Path: "/definition", As: "coordinator", JSON: map[string]string{}}).Want(http.StatusMethodNotAllowed)
	if allow := answer.Header().Get("Allow"); allow != "GET, PUT" {
		t.Errorf("Allow: %s", allow)
	}
}

func TestVersionsAreListedAndShown(t *testing.T) {
	t.Parallel()
	tracker, _ := serve(t)
	tracker.Send(t, form(url.Values{"yaml": {larger}})).Want(http.StatusSeeOther)
	var list struct{ Items []version }
	tracker.Send(t, webtest.Request{Path: "/definition/versions", As: "coordinator"}).Want(http.StatusOK).Read(&list)
	if len(list.Items) != 2 || list.Items[0].Version != 2 || list.Items[0].By != "coordinator@example.org" || list.Items[1].Version != 1 {
		t.Errorf("got %+v", list.Items)
	}
	if text := tracker.Send(t, webtest.Request{Path: "/definition/versions/1", As: "coordinator"}).Want(http.StatusOK).Body.String(); text != webtest.Definition {
		t.Errorf("version 1 is %q", text)
	}
	page := tracker.Send(t, webtest.Request{Path: "/definition/versions/2", As: "coordinator", Page: true}).Want(http.StatusOK).Body.String()
	if !strings.Contains(page, "Planting") {
		t.Error("the page does not say what the version changed")
	}
	for _, number := range []string{"0", "3", "01", "-1", "latest"} {
		tracker.Send(t, webtest.Request{Path: "/definition/versions/" + number, As: "coordinator"}).Want(http.StatusNotFound)
	}
}

func TestTheDefinitionIsForCoordinatorsOnly(t *testing.T) {
	t.Parallel()
	tracker, _ := serve(t)
	for role, status := range map[string]int{
		"": http.StatusUnauthorized, "adviser": http.StatusForbidden, "funder": http.StatusForbidden, "partner:radio": http.StatusForbidden,
		"admin": http.StatusForbidden, // begins projects, and leaves them to their coordinator
	} {
		for _, path := range []string{"/definition", "/definition/versions", "/definition/versions/1"} {
			tracker.Send(t, webtest.Request{Path: path, As: role}).Want(status)
		}
		q := put(t, "/definition", larger, nil)
		q.As = role
		tracker.Send(t, q).Want(status)
	}
}
