package signupsweb

import (
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"outreach/internal/app"
	"outreach/internal/people"
	"outreach/internal/project"
	"outreach/internal/schema"
	"outreach/internal/signups"
	"outreach/internal/web"
	"outreach/internal/web/webtest"
)

const office = web.Coordinator

func open(t *testing.T) *webtest.Tracker {
	return webtest.New(t, webtest.Definition, func(a *app.App) []web.Route {
		return append(New(a).PublicRoutes(), New(a).OfficeRoutes()...)
	})
}

type body = map[string]any

// form is a complete sign-up of someone, with other values in the place of the usual ones; nil removes one.
func form(name, activity string, other body) body {
	b := body{"activity": activity, "first_name": name, "last_name": "Nowa", "email": strings.ToLower(name) + "@example.org", "consent_processing": true}
	maps.Copy(b, other)
	maps.DeleteFunc(b, func(_ string, value any) bool { return value == nil })
	return b
}

// values is a form as a browser sends it.
func values(b body) url.Values {
	out := url.Values{}
	for name, value := range b {
		switch v := value.(type) {
		case bool:
			out.Set(name, "yes")
		case string:
			out.Set(name, v)
		}
	}
	return out
}

// signUp signs someone up as a coordinator.
func signUp(t *testing.T, tr *webtest.Tracker, name, activity string, other body) (su signups.Moved) {
	t.Helper()
	tr.Send(t, webtest.Request{Path: "/signups", As: office, JSON: form(name, activity, other)}).Want(http.StatusCreated).Read(&su)
	return su
}

func state(t *testing.T, tr *webtest.Tracker, id string) string {
	t.Helper()
	su, err := tr.Signups.Signup(t.Context(), webtest.Project, id)
	if err != nil {
		t.Fatal(err)
	}
	return su.State
}

func TestSignUpRefusesBadForms(t *testing.T) {
	t.Parallel()
	tr := open(t)
	for _, c := range []struct {
		name string
		as   string
		sent body
		want []string
	}{
		{"all that is missing is named at once", "", body{}, []string{"activity: missing", "first_name: missing", "last_name: missing", "consent_processing: missing", "email: missing"}},
		{"without consent", "", form("Ewa", "planting", body{"consent_processing": false}), []string{"consent_processing: not_in_list"}},
		{"an unknown activity", "", form("Ewa", "dancing", nil), []string{"activity: not_in_list"}},
		{"an unknown field", "", form("Ewa", "planting", body{"shoe_size": "40"}), []string{"shoe_size: unknown_field"}},
		{"the public after the closing day", "", form("Ewa", "pruning", nil), []string{"activity: closed"}},
		{"the public says when a form was submitted", "", form("Ewa", "planting", body{"submitted_at": "2026-01-02T10:00:00Z"}), []string{"submitted_at: not_allowed"}},
		{"a coordinator's form is checked, too", office, form("Ewa", "planting", body{"email": "ewa"}), []string{"email: unreadable"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := tr.Send(t, webtest.Request{Path: "/signups", As: c.as, JSON: c.sent}).Want(http.StatusUnprocessableEntity).Problems()
			if slices.Sort(got); !slices.Equal(got, slices.Sorted(slices.Values(c.want))) {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
	places, err := tr.Signups.Places(t.Context(), webtest.Project, tr.Define(webtest.Definition).Activities)
	if err != nil || places[0].Taken+places[1].Taken+places[2].Taken != 0 {
		t.Errorf("%+v, %v: a refused form signed somebody up", places, err)
	}
}

func TestPublicSignUpRevealsOnlyAReceipt(t *testing.T) {
	t.Parallel()
	tr := open(t)
	var receipts []string
	for range 2 { // the second time the person is signed up already
		var got body
		tr.Send(t, webtest.Request{Path: "/signups", JSON: form("Ewa", "planting", nil)}).Want(http.StatusCreated).Read(&got)
		if len(got) != 2 || got["state"] != "received" {
			t.Errorf("got %v", got)
		}
		receipts = append(receipts, got["receipt"].(string))
	}
	if receipts[0] == receipts[1] {
		t.Error("two sign-ups have one receipt")
	}
}

func TestCoordinatorGetsTheStateOfASignUp(t *testing.T) {
	t.Parallel()
	tr := open(t)
	for i, want := range []string{schema.Accepted, schema.Accepted, schema.Waitlisted} {
		if su := signUp(t, tr, string(rune('A'+i))+"la", "planting", nil); su.State != want {
			t.Errorf("sign-up %d is %s, want %s", i, su.State, want)
		}
	}
	if su := signUp(t, tr, "Ewa", "pruning", body{"submitted_at": "2020-01-02T10:00:00Z"}); su.State != schema.Accepted {
		t.Errorf("a late form on paper is %s", su.State)
	}
}

func TestRepeatedSignUpRequestTakesEffectOnce(t *testing.T) {
	t.Parallel()
	tr := open(t)
	send := func(name string) webtest.Answer {
		return tr.Send(t, webtest.Request{Path: "/signups", JSON: form(name, "planting", nil), Header: map[string]string{"Idempotency-Key": "key"}})
	}
	var first, second struct{ Receipt string }
	send("Ewa").Want(http.StatusCreated).Read(&first)
	send("Ewa").Want(http.StatusCreated).Read(&second)
	if first != second {
		t.Errorf("receipts %q and %q, want the first one twice", first.Receipt, second.Receipt)
	}
	if got := send("Ola").Want(http.StatusUnprocessableEntity).Problems(); !slices.Equal(got, []string{"Idempotency-Key: other_body"}) {
		t.Errorf("another body under the same key: %q", got)
	}
}

func TestBrowserIsRedirectedAfterASignUp(t *testing.T) {
	t.Parallel()
	tr := open(t)
	for _, c := range []struct {
		as, name string
		state    string
	}{{"", "Ewa", ""}, {office, "Ola", schema.Accepted}} {
		to := tr.Send(t, webtest.Request{Path: "/signups", As: c.as, Form: values(form(c.name, "planting", nil))}).Want(http.StatusSeeOther).Location()
		at, query, _ := strings.Cut(to, "?")
		got, err := url.ParseQuery(query)
		if err != nil || at != "/garden/signup" || got.Get("activity") != "planting" || got.Get("receipt") == "" || got.Get("state") != c.state {
			t.Errorf("%q is led to %s, want the receipt with the state %q", c.as, to, c.state)
		}
		page := tr.Send(t, webtest.Request{Path: strings.TrimPrefix(to, "/garden"), As: c.as, Page: true}).Want(http.StatusOK).Body.String()
		if !strings.Contains(page, got.Get("receipt")) {
			t.Errorf("%q: the page lacks the receipt", c.as)
		}
	}
}

func TestBrowserGetsItsFormBackWithTheProblems(t *testing.T) {
	t.Parallel()
	tr := open(t)
	for _, c := range []struct {
		name  string
		other body
	}{
		{"a value is missing", body{"last_name": nil}},
		{"a robot filled in the trap", body{signups.Trap: "https://example.org"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			page := tr.Send(t, webtest.Request{Path: "/signups", Form: values(form("Ewa", "planting", c.other))}).Want(http.StatusUnprocessableEntity).Body.String()
			if !strings.Contains(page, `value="ewa@example.org"`) {
				t.Error("what was typed is lost")
			}
		})
	}
}

func TestFormTellsProgramsHowManyPlacesAreLeft(t *testing.T) {
	t.Parallel()
	tr := open(t)
	signUp(t, tr, "Ewa", "planting", nil)
	read := func() (out signupForm) {
		tr.Send(t, webtest.Request{Path: "/signup"}).Want(http.StatusOK).Read(&out)
		return out
	}
	got := read().Activities
	if len(got) != 3 || *got[0].Left != 1 || got[0].Full || got[1].Left != nil || got[2].Open {
		t.Errorf("got %+v, want one place left, no limit, and a closed one", got)
	}
	signUp(t, tr, "Ola", "planting", nil)
	if got := read().Activities[0]; *got.Left != 0 || !got.Full || !got.Open {
		t.Errorf("got %+v, want it full, and still open for the queue", got)
	}
}

func TestWithdrawalNeedsTheTokenOfTheEmail(t *testing.T) {
	t.Parallel()
	tr := open(t)
	ewa := signUp(t, tr, "Ewa", "planting", nil)
	signUp(t, tr, "Ola", "planting", nil)
	waiting := signUp(t, tr, "Iga", "planting", nil)
	token := tr.Signups.CancelToken(webtest.Project, ewa.ID)
	at := "/signups/" + ewa.ID + "/cancel"
	for name, query := range map[string]string{"no token": "", "another sign-up's token": "?token=" + tr.Signups.CancelToken(webtest.Project, waiting.ID)} {
		for _, method := range []string{http.MethodGet, http.MethodPost} {
			if got := tr.Send(t, webtest.Request{Method: method, Path: at + query}); got.Code != http.StatusNotFound {
				t.Errorf("%s with %s: %d", method, name, got.Code)
			}
		}
	}
	var got withdrawal
	tr.Send(t, webtest.Request{Path: at + "?token=" + token}).Want(http.StatusOK).Read(&got)
	if got.State != "received" || state(t, tr, ewa.ID) != schema.Accepted {
		t.Errorf("looking changed something: %+v", got)
	}
	for range 2 { // the second time changes nothing
		tr.Send(t, webtest.Request{Path: at, JSON: body{"token": token}}).Want(http.StatusOK).Read(&got)
		if got != (withdrawal{"planting", schema.Cancelled}) {
			t.Errorf("got %+v", got)
		}
	}
	if got := state(t, tr, waiting.ID); got != schema.Accepted {
		t.Errorf("the first of the queue is %s, want the free place", got)
	}
	to := tr.Send(t, webtest.Request{Path: at, Form: url.Values{"token": {token}}}).Want(http.StatusSeeOther).Location()
	if to != "/garden"+at+"?token="+token {
		t.Errorf("a browser is led to %s", to)
	}
}

func TestConfirmationNeedsTheTokenOfItsEmail(t *testing.T) {
	t.Parallel()
	tr := open(t)
	tr.Define(webtest.Definition + "confirm: email\n")
	tr.Send(t, webtest.Request{Path: "/signups", JSON: form("Ewa", "planting", nil)}).Want(http.StatusCreated)
	var list struct{ Items []View }
	tr.Send(t, webtest.Request{Path: "/signups", As: office}).Want(http.StatusOK).Read(&list)
	ewa := list.Items[0]
	if ewa.State != schema.Held || !ewa.Unconfirmed {
		t.Fatalf("%+v", ewa)
	}
	at, token := "/signups/"+ewa.ID+"/confirm", tr.Signups.ConfirmToken(webtest.Project, ewa.ID)
	for name, query := range map[string]string{"no token": "", "the token to withdraw": "?token=" + tr.Signups.CancelToken(webtest.Project, ewa.ID)} {
		for _, method := range []string{http.MethodGet, http.MethodPost} {
			if got := tr.Send(t, webtest.Request{Method: method, Path: at + query}); got.Code != http.StatusNotFound {
				t.Errorf("%s with %s: %d", method, name, got.Code)
			}
		}
	}
	var got confirmation
	tr.Send(t, webtest.Request{Path: at + "?token=" + token}).Want(http.StatusOK).Read(&got)
	if got.State != "received" || state(t, tr, ewa.ID) != schema.Held {
		t.Errorf("looking changed something: %+v", got)
	}
	for range 2 {
		to := tr.Send(t, webtest.Request{Path: at, Form: url.Values{"token": {token}}}).Want(http.StatusSeeOther).Location()
		if page := tr.Send(t, webtest.Request{Path: strings.TrimPrefix(to, "/garden"), Page: true}).Want(http.StatusOK).Body.String(); strings.Contains(page, "<button>") {
			t.Errorf("the page asks again: %s", page)
		}
		if got := state(t, tr, ewa.ID); got != schema.Accepted {
			t.Errorf("it is %s", got)
		}
	}
}

// A place that is kept goes to the first of the waiting list when its time is over.
func TestAKeptPlaceGoesOnWhenItsTimeIsOver(t *testing.T) {
	t.Parallel()
	tr := open(t)
	now := time.Now()
	tr.DB.Now = func() time.Time { return now }
	tr.Define(strings.Replace(webtest.Definition, "capacity: 2", "capacity: 1", 1) + "confirm: email\nconfirm_hours: 3\n")
	confirm := func(id string) {
		t.Helper()
		tr.Send(t, webtest.Request{Path: "/signups/" + id + "/confirm", JSON: body{"token": tr.Signups.ConfirmToken(webtest.Project, id)}}).Want(http.StatusOK)
	}
	ids := map[string]string{}
	for _, name := range []string{"Ewa", "Ola", "Iga"} {
		tr.Send(t, webtest.Request{Path: "/signups", JSON: form(name, "planting", nil)}).Want(http.StatusCreated)
		now = now.Add(time.Minute)
	}
	var list struct{ Items []View }
	tr.Send(t, webtest.Request{Path: "/signups", As: office}).Want(http.StatusOK).Read(&list)
	for _, su := range list.Items {
		ids[su.Person.FirstName] = su.ID
	}
	confirm(ids["Iga"])
	confirm(ids["Ola"])
	states := func() string {
		return state(t, tr, ids["Ewa"]) + " " + state(t, tr, ids["Ola"]) + " " + state(t, tr, ids["Iga"])
	}
	for _, step := range []struct {
		after time.Duration
		want  string
	}{{2 * time.Hour, "held waitlisted waitlisted"}, {time.Hour, "held accepted waitlisted"}} {
		now = now.Add(step.after)
		for range 2 {
			if err := tr.Signups.ReleasePlaces(t.Context()); err != nil || states() != step.want {
				t.Errorf("%v: %s, want %s", err, states(), step.want)
			}
		}
	}
	confirm(ids["Ewa"])
	if got := states(); got != "waitlisted accepted waitlisted" {
		t.Errorf("after a late confirmation: %s", got)
	}
	// She sent her form before the others, and is the first to get a place.
	tr.Send(t, webtest.Request{Method: http.MethodPut, Path: "/signups/" + ids["Ola"], As: office, JSON: body{"state": schema.Cancelled}}).Want(http.StatusOK)
	if got := states(); got != "accepted cancelled waitlisted" {
		t.Errorf("after a cancellation: %s", got)
	}
}

func TestOnlyCoordinatorsSeeAndMoveSignUps(t *testing.T) {
	t.Parallel()
	tr := open(t)
	su := signUp(t, tr, "Ewa", "planting", nil)
	for as, want := range map[string]int{"": http.StatusUnauthorized, "adviser": http.StatusForbidden, "funder": http.StatusForbidden, "partner:radio": http.StatusForbidden, "admin": http.StatusForbidden} {
		tr.Send(t, webtest.Request{Path: "/signups", As: as}).Want(want)
		tr.Send(t, webtest.Request{Method: http.MethodPut, Path: "/signups/" + su.ID, As: as, JSON: body{"state": schema.Cancelled}}).Want(want)
	}
}

func TestListGoesThroughAllActivitiesPageByPage(t *testing.T) {
	t.Parallel()
	tr := open(t)
	signUp(t, tr, "Ewa", "compost", nil)
	signUp(t, tr, "Ola", "planting", nil)
	signUp(t, tr, "Iga", "planting", nil)
	names := func(query string) (out []string) {
		t.Helper()
		for cursor := ""; ; {
			var page struct {
				Items []View
				Next  *string
			}
			tr.Send(t, webtest.Request{Path: "/signups?limit=1" + query + "&cursor=" + url.QueryEscape(cursor), As: office}).Want(http.StatusOK).Read(&page)
			for _, item := range page.Items {
				out = append(out, item.Person.FirstName)
			}
			if page.Next == nil {
				return out
			}
			cursor = *page.Next
		}
	}
	if got := names(""); !slices.Equal(got, []string{"Ola", "Iga", "Ewa"}) {
		t.Errorf("all: %q", got)
	}
	if got := names("&activity=compost"); !slices.Equal(got, []string{"Ewa"}) {
		t.Errorf("of one activity: %q", got)
	}
	if got := tr.Send(t, webtest.Request{Path: "/signups?activity=dancing", As: office}).Want(http.StatusUnprocessableEntity).Problems(); !slices.Equal(got, []string{"activity: not_in_list"}) {
		t.Errorf("an unknown activity: %q", got)
	}
	tr.Send(t, webtest.Request{Path: "/signups?cursor=dancing~", As: office}).Want(http.StatusBadRequest)
}

func TestMoveChangesTheState(t *testing.T) {
	t.Parallel()
	tr := open(t)
	ewa := signUp(t, tr, "Ewa", "planting", nil)
	signUp(t, tr, "Ola", "planting", nil)
	iga := signUp(t, tr, "Iga", "planting", nil)
	move := func(id, state, ifMatch string) webtest.Answer {
		return tr.Send(t, webtest.Request{Method: http.MethodPut, Path: "/signups/" + id, As: office, JSON: body{"state": state}, Header: map[string]string{"If-Match": ifMatch}})
	}
	if got := move(ewa.ID, "dancing", "").Want(http.StatusUnprocessableEntity).Problems(); !slices.Equal(got, []string{"state: not_in_list"}) {
		t.Errorf("an unknown state: %q", got)
	}
	move("01ARZ3NDEKTSV4RRFFQ69G5FAV", schema.Cancelled, "").Want(http.StatusNotFound)
	move(iga.ID, schema.Accepted, "").Want(http.StatusConflict) // no place is free
	move(ewa.ID, schema.Cancelled, `"`+ewa.ID+`.7"`).Want(http.StatusPreconditionFailed)
	if got := move(ewa.ID, schema.Cancelled, `"`+ewa.ID+`.1"`).Want(http.StatusOK).ETag(); got != `"`+ewa.ID+`.2"` {
		t.Errorf("the ETag is %s", got)
	}
	if got := state(t, tr, iga.ID); got != schema.Accepted {
		t.Errorf("the first of the queue is %s, want the free place", got)
	}
	move(ewa.ID, schema.Accepted, "").Want(http.StatusConflict) // a cancelled one stays cancelled
	tr.Send(t, webtest.Request{Path: "/signups/" + iga.ID, As: office, JSON: body{"state": schema.Cancelled}}).Want(http.StatusMethodNotAllowed)
	to := tr.Send(t, webtest.Request{Path: "/signups/" + iga.ID, As: office, Form: url.Values{"_method": {"PUT"}, "state": {schema.Cancelled}}}).Want(http.StatusSeeOther).Location()
	if to != "/garden/signups?activity=planting&done=changed" || state(t, tr, iga.ID) != schema.Cancelled {
		t.Errorf("a browser is led to %s, and the sign-up is %s", to, state(t, tr, iga.ID))
	}
}

func TestAcceptingAHeldSignUpGivesItsKeysToThePerson(t *testing.T) {
	t.Parallel()
	const pesel = "44051401359"
	tr := open(t)
	ewa, err := tr.People.Resolve(t.Context(), webtest.Project, schema.PersonRef{Email: "ewa@example.org"}, people.Names{First: "Ewa", Last: "Nowa"})
	if err != nil {
		t.Fatal(err)
	}
	tr.Send(t, webtest.Request{Path: "/signups", JSON: form("Ewa", "planting", body{"pesel": pesel})}).Want(http.StatusCreated)
	var list struct{ Items []View }
	tr.Send(t, webtest.Request{Path: "/signups", As: office}).Want(http.StatusOK).Read(&list)
	if len(list.Items) != 1 || list.Items[0].State != schema.Held || list.Items[0].Person.ID != ewa {
		t.Fatalf("got %+v, want it held for %s", list.Items, ewa)
	}
	tr.Send(t, webtest.Request{Method: http.MethodPut, Path: "/signups/" + list.Items[0].ID, As: office, JSON: body{"state": schema.Accepted}}).Want(http.StatusOK)
	if who, err := tr.People.Find(t.Context(), webtest.Project, schema.PersonRef{Pesel: pesel}); err != nil || who != ewa {
		t.Errorf("the PESEL finds %q, %v, want %s", who, err, ewa)
	}
}

func TestFieldThatAProjectAddsIsTakenAndListed(t *testing.T) {
	t.Parallel()
	tr := open(t)
	tr.AddField(schema.Signup, project.RecordField{ID: "allergies", Type: "text"})
	signUp(t, tr, "Ewa", "planting", body{"allergies": "nuts"})
	var list struct{ Items []body }
	tr.Send(t, webtest.Request{Path: "/signups", As: office}).Want(http.StatusOK).Read(&list)
	if list.Items[0]["allergies"] != "nuts" {
		t.Errorf("got %v", list.Items[0])
	}
}
