// Package handler is the public's door: the sign-up form, signing up, and withdrawing one's own sign-up.
package handler

import (
	"crypto/subtle"
	"errors"
	"net/http"
	"net/url"
	"time"

	"github.com/oklog/ulid/v2"

	"outreach/internal/page"
	"outreach/internal/project"
	"outreach/internal/schema"
	"outreach/internal/signups"
	"outreach/internal/store"
	"outreach/internal/web"
)

func form(c *web.Call) error {
	entry := page.Entry{Values: map[string]string{"activity": c.URL.Query().Get("activity")}}
	if !c.Page {
		words := formConsent{Version: signups.ConsentVersion, Text: page.DataWords(c.Messages(), c.Defined.Definition)}
		offered, err := activities(c)
		if err != nil {
			return err
		}
		return c.JSON(http.StatusOK, signupForm{Project: c.Defined.Definition.ID, Activities: offered, Consent: words})
	}
	number := c.URL.Query().Get("receipt")
	if _, err := ulid.ParseStrict(number); err == nil {
		return c.Show(http.StatusOK, signedUp(c, number))
	}
	return show(c, http.StatusOK, entry)
}

// signedUp is the page at the end. It knows of the sign-up what its address says, and tells nobody more.
func signedUp(c *web.Call, receipt string) page.SignedUp {
	content := page.SignedUp{Definition: c.Defined.Definition, Receipt: receipt}
	if state := c.URL.Query().Get("state"); c.Has(web.Coordinator) && c.Messages().Has("signup_state."+state) {
		content.State = state
	}
	if a, found := c.Defined.Definition.Activity(c.URL.Query().Get("activity")); found {
		content.Activity = &page.Place{Activity: a, Open: true, Left: -1}
	}
	return content
}

// activities tells a program what one can sign up to, whether the public form takes it now, and how many places are left.
func activities(c *web.Call) ([]formActivity, error) {
	all := c.Defined.Definition.Activities
	places, err := c.Site.Signups.Places(c.Context(), c.Project, all)
	if err != nil {
		return nil, err
	}
	var out []formActivity
	for i, a := range all {
		left := places[i].Left()
		one := formActivity{ID: a.ID, Label: a.Label, Open: open(c, a), Full: left == 0}
		if left >= 0 {
			one.Left = &left
		}
		out = append(out, one)
	}
	return out, nil
}

// open tells whether the one who asks may sign somebody up: late paper is for the office.
func open(c *web.Call, a project.Activity) bool {
	return c.Has(web.Coordinator) || c.Defined.Definition.SignupOpen(a, c.Site.DB.Now())
}

func show(c *web.Call, status int, entry page.Entry) error {
	if entry.IdempotencyKey == "" {
		entry.IdempotencyKey = c.Site.DB.NewID()
	}
	if c.Method == http.MethodPost {
		// Where a form is sent it cannot be asked for: the page's links lead to where it can.
		c.URL = &url.URL{Path: "/" + c.Project + "/signup"}
	}
	content := page.Signup{Definition: c.Defined.Definition, Entry: entry, Today: c.Today(), Office: c.Has(web.Coordinator)}
	places, err := c.Site.Signups.Places(c.Context(), c.Project, c.Defined.Definition.Activities)
	if err != nil {
		return err
	}
	for i, a := range c.Defined.Definition.Activities {
		content.Places = append(content.Places, page.Place{Activity: a, Open: c.Defined.Definition.SignupOpen(a, c.Site.DB.Now()), Left: places[i].Left()})
	}
	return c.Show(status, content)
}

func submit(c *web.Call) error {
	body, err := c.Read()
	if err != nil {
		return err
	}
	office := c.Has(web.Coordinator)
	var result signups.SignedUp
	if body.Form && body.Take(signups.Trap) != "" {
		err = web.Invalid(schema.Problem{Field: signups.Trap, Code: schema.NotAllowed, Hint: "trap"})
	}
	done := false
	if err == nil {
		done, err = c.Site.DB.Answered(c.Context(), body.Once, &result)
	}
	if err == nil && !done {
		result, err = take(c, body, office)
	}
	if problems, invalid := web.Problems(err); invalid && c.Page && body.Form {
		return show(c, http.StatusUnprocessableEntity, page.Entry{Values: body.Values(), Problems: problems})
	}
	if err != nil {
		return err
	}
	if c.Page && body.Form {
		told := url.Values{"receipt": {result.Receipt}, "activity": {result.Signup.Activity}}
		if office {
			told.Set("state", result.Signup.State)
		}
		return c.Redirect("/" + c.Project + "/signup?" + told.Encode())
	}
	if !office {
		return c.JSON(http.StatusCreated, receipt{Receipt: result.Receipt, State: "received"})
	}
	return c.JSON(http.StatusCreated, signups.Moved{ID: result.Signup.ID, State: result.Signup.State})
}

// take checks a sign-up and writes it down.
func take(c *web.Call, body web.Body, office bool) (signups.SignedUp, error) {
	now := c.Site.DB.Now()
	def := c.Defined.Definition
	entry, problems := schema.Builtin().Kind(schema.Signup).Read(body.Given, schema.Scope{Definition: def, Today: c.Today(), Loose: body.Form})
	get := func(field string) string { return schema.Builtin().Kind(schema.Signup).Get(entry.Row, field) }
	submitted := now
	if given := get("submitted_at"); given != "" {
		if !office {
			problems = append(problems, schema.Problem{Field: "submitted_at", Code: schema.NotAllowed, Hint: "coordinator"})
		} else if at, err := time.Parse(time.RFC3339, given); err == nil {
			submitted = at
		}
	}
	activity, found := def.Activity(get("activity"))
	if found && !open(c, activity) {
		problems = append(problems, schema.Problem{Field: "activity", Code: schema.Closed})
	}
	if len(problems) > 0 {
		return signups.SignedUp{}, web.Invalid(problems...)
	}
	if at := schema.Builtin().Kind(schema.Signup).Index("locale"); entry.Row[at] == "" && !office {
		entry.Row[at] = c.Language
	}
	draft := signups.SignupDraft{Activity: activity, Row: entry.Row, Submitted: submitted, Public: !office}
	if !office {
		draft.Consent = signups.ConsentVersion
	} else {
		by, err := c.Staff()
		if err != nil {
			return signups.SignedUp{}, err
		}
		draft.By = by
	}
	return c.Site.Signups.SignUp(c.Context(), c.Project, draft, body.Once)
}

// held finds the sign-up that the token of an e-mail is for. A wrong token is answered like a wrong id.
func held(c *web.Call, token string) (signups.Signup, error) {
	su, err := c.Site.Signups.Signup(c.Context(), c.Project, c.PathValue("id"))
	right := c.Site.Signups.CancelToken(c.Project, c.PathValue("id"))
	if subtle.ConstantTimeCompare([]byte(right), []byte(token)) != 1 {
		return su, store.ErrNotFound
	}
	return su, err
}

func showCancel(c *web.Call) error {
	token := c.URL.Query().Get("token")
	su, err := held(c, token)
	if err != nil {
		return err
	}
	return answer(c, su, token)
}

func cancel(c *web.Call) error {
	body, err := c.Read()
	if err != nil {
		return err
	}
	token := c.URL.Query().Get("token")
	if sent := body.Take("token"); sent != "" {
		token = sent
	}
	su, err := held(c, token)
	if err != nil {
		return err
	}
	su, err = c.Site.Signups.MoveSignup(c.Context(), c.Defined.Definition, su.ID, schema.Cancelled, "")
	if err != nil && !errors.Is(err, store.ErrStale) {
		return err
	}
	if c.Page && body.Form {
		return c.Redirect("/" + c.Project + "/signups/" + su.ID + "/cancel?" + url.Values{"token": {token}}.Encode())
	}
	return answer(c, su, token)
}

func answer(c *web.Call, su signups.Signup, token string) error {
	activity, _ := c.Defined.Definition.Activity(su.Activity)
	if c.Page {
		return c.Show(http.StatusOK, page.Cancel{Activity: activity.Label.In(c.Language), Token: token, Done: !su.Live()})
	}
	state := "received"
	if !su.Live() {
		state = schema.Cancelled
	}
	return c.JSON(http.StatusOK, withdrawal{Activity: su.Activity, State: state})
}
