package recordsweb

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"outreach/internal/app"
	"outreach/internal/fact/auditweb"
	"outreach/internal/project"
	"outreach/internal/schema"
	"outreach/internal/web"
	"outreach/internal/web/webtest"
)

// openWithHarvests returns a tracker whose project has two kinds of its own: one about places, one about people.
func openWithHarvests(t *testing.T) *webtest.Tracker {
	tr := webtest.New(t, webtest.Definition, func(a *app.App) []web.Route {
		return slices.Concat(NewAny(a).Routes(), New(a, schema.Test, web.Coordinator).Routes(), auditweb.New(a).Routes())
	})
	tr.AddKind(project.RecordKind{Name: "harvest", Label: project.Text{"en": "Harvest", "pl": "Zbiory"}, Fields: []project.RecordField{
		{ID: "date", Type: "date", Required: true, Key: true},
		{ID: "site", Type: "text", Required: true, Key: true, Label: project.Text{"en": "Site"}},
		{ID: "weight", Type: "whole", Required: true, Min: 1, Max: 100, Label: project.Text{"en": "Weight"}},
	}})
	tr.AddKind(project.RecordKind{Name: "exit", Label: project.Text{"en": "Exit"}, Person: true, Fields: []project.RecordField{
		{ID: "date", Type: "date", Required: true, Key: true},
	}})
	return tr
}

func TestKindOfAProjectIsTypedAtRecords(t *testing.T) {
	t.Parallel()
	tr := openWithHarvests(t)
	harvest := body{"date": "2026-03-02", "site": "north", "weight": 12}
	created := tr.Send(t, webtest.Request{Path: "/records/harvest", As: office, JSON: harvest}).Want(http.StatusCreated)
	var got struct {
		ID, Site string
		Weight   int
	}
	created.Read(&got)
	at := "/records/harvest/" + got.ID
	if created.Location() != "/garden"+at || got.Site != "north" || got.Weight != 12 {
		t.Errorf("at %s: %+v", created.Location(), got)
	}
	tr.Send(t, webtest.Request{Path: "/records/harvest", As: office, JSON: harvest}).Want(http.StatusConflict)
	bad := tr.Send(t, webtest.Request{Path: "/records/harvest", As: office, JSON: body{"date": "2026-03-02", "weight": 101, "colour": "red"}}).Want(http.StatusUnprocessableEntity).Problems()
	if slices.Sort(bad); !slices.Equal(bad, []string{"colour: unknown_field", "site: missing", "weight: out_of_range"}) {
		t.Errorf("bad values: %q", bad)
	}
	var list struct{ Items []struct{ ID string } }
	tr.Send(t, webtest.Request{Path: "/records/harvest", As: office}).Want(http.StatusOK).Read(&list)
	if len(list.Items) != 1 || list.Items[0].ID != got.ID {
		t.Errorf("the list has %+v", list.Items)
	}
	harvest["weight"] = 13
	replaced := tr.Send(t, webtest.Request{Method: "PUT", Path: at, As: office, JSON: harvest, Header: map[string]string{"If-Match": created.ETag()}}).Want(http.StatusOK)
	tr.Send(t, webtest.Request{Method: "PUT", Path: at, As: office, JSON: harvest, Header: map[string]string{"If-Match": created.ETag()}}).Want(http.StatusPreconditionFailed)
	audit := tr.Send(t, webtest.Request{Path: "/audit", As: office, Page: true}).Want(http.StatusOK).Body.String()
	if !strings.Contains(audit, `href="/garden`+at+`"`) || !strings.Contains(audit, "Harvest") {
		t.Error("the audit trail has no link to the record")
	}
	tr.Send(t, webtest.Request{Method: "DELETE", Path: at, As: office, Header: map[string]string{"If-Match": replaced.ETag()}}).Want(http.StatusOK)
	tr.Send(t, webtest.Request{Path: at, As: office}).Want(http.StatusNotFound)
}

func TestKindOfAProjectHasAFormAndAPlaceInTheMenu(t *testing.T) {
	t.Parallel()
	tr := openWithHarvests(t)
	form := tr.Send(t, webtest.Request{Path: "/records/harvest", As: office, Page: true}).Want(http.StatusOK).Body.String()
	for _, want := range []string{"<h1>Harvest</h1>", "New record", `action="/garden/records/harvest"`, `name="site"`, `<a href="/garden/records/harvest" aria-current="page">Harvest</a>`, `<a href="/garden/records/exit">Exit</a>`} {
		if !strings.Contains(form, want) {
			t.Errorf("the page lacks %s", want)
		}
	}
	if strings.Contains(form, `name="email"`) {
		t.Error("a kind that is not about people asks for an e-mail address")
	}
	saved := tr.Send(t, webtest.Request{Path: "/records/harvest", As: office, Form: url.Values{"date": {"2026-03-02"}, "site": {"south"}, "weight": {"7"}}}).Want(http.StatusSeeOther)
	if saved.Location() != "/garden/records/harvest?done=saved" {
		t.Errorf("after saving the browser goes to %s", saved.Location())
	}
	list := tr.Send(t, webtest.Request{Path: "/records/harvest", As: office, Page: true}).Want(http.StatusOK).Body.String()
	if !strings.Contains(list, "south") || !strings.Contains(list, `href="/garden/records/harvest/`) {
		t.Error("the list lacks the record or the link to it")
	}
	if polish := tr.Send(t, webtest.Request{Path: "/records/harvest?lang=pl", As: office, Page: true}).Want(http.StatusOK).Body.String(); !strings.Contains(polish, "<h1>Zbiory</h1>") {
		t.Error("the Polish page lacks the kind's Polish name")
	}
}

func TestKindAboutPeopleFindsItsPerson(t *testing.T) {
	t.Parallel()
	tr := openWithHarvests(t)
	tr.SignUp(t, "Ewa", "planting")
	var got stored
	tr.Send(t, webtest.Request{Path: "/records/exit", As: office, JSON: body{"date": "2026-03-02", "person": body{"email": "ewa@example.org"}}}).Want(http.StatusCreated).Read(&got)
	if got.Person.Email != "ewa@example.org" {
		t.Errorf("it is about %+v", got.Person)
	}
}

func TestOnlyKindsThatAreTypedAreFoundAtRecords(t *testing.T) {
	t.Parallel()
	tr := openWithHarvests(t)
	for _, c := range []struct {
		path, as string
		want     int
	}{
		{"/records/test", office, http.StatusOK}, // a built-in kind has this address beside its own
		{"/records/harvest", web.Adviser, http.StatusForbidden},
		{"/records/harvest", "", http.StatusUnauthorized},
		{"/records/nothing", office, http.StatusNotFound},
		{"/records/signup", office, http.StatusNotFound},
		{"/records/media", office, http.StatusOK},
		{"/records/media", web.Adviser, http.StatusForbidden},
	} {
		tr.Send(t, webtest.Request{Path: c.path, As: c.as}).Want(c.want)
	}
}
