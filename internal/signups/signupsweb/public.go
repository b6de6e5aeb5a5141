package signupsweb

import (
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

// showForm shows the sign-up form, or the page after a sign-up where the address has a receipt.
func (h Handlers) showForm(c *web.Call) error {
	entry := page.Entry{Values: map[string]string{"activity": c.URL.Query().Get("activity")}}
	if !c.Page {
		words := formConsent{Version: signups.ConsentVersion, Text: page.DataWords(c.Messages(), c.Defined.Definition)}
		offered, err := h.activities(c)
		if err != nil {
			return err
		}
		return c.JSON(http.StatusOK, signupForm{Project: c.Defined.Definition.ID, Activities: offered, Consent: words})
	}
	number := c.URL.Query().Get("receipt")
	if _, err := ulid.ParseStrict(number); err == nil {
		return c.Show(http.StatusOK, receiptPage(c, number))
	}
	return h.renderForm(c, http.StatusOK, entry)
}

// receiptPage returns the page after a sign-up. It shows what the address says, and reads nothing about the sign-up.
// Only coordinators see a state.
func receiptPage(c *web.Call, receipt string) page.SignedUp {
	content := page.SignedUp{Definition: c.Defined.Definition, Receipt: receipt, Again: c.Within("/" + c.Project + "/signup")}
	if state := c.URL.Query().Get("state"); c.HasRole(web.Coordinator) && c.Messages().Has("signup_state."+state) {
		content.State = state
	}
	if a, found := c.Defined.Definition.Activity(c.URL.Query().Get("activity")); found {
		content.Activity = &page.Place{Activity: a, Open: true, Left: -1}
	}
	return content
}

// activities returns the activities for programs: whether the caller can sign up now, and how many places are left.
func (h Handlers) activities(c *web.Call) ([]formActivity, error) {
	all := c.Defined.Definition.Activities
	places, err := h.signups.Places(c.Context(), c.Project, all)
	if err != nil {
		return nil, err
	}
	var out []formActivity
	for i, a := range all {
		left := places[i].Left()
		one := formActivity{ID: a.ID, Label: a.Label, Open: canSignUp(c, a), Full: left == 0}
		if left >= 0 {
			one.Left = &left
		}
		out = append(out, one)
	}
	return out, nil
}

// canSignUp reports whether the caller may sign up to an activity now. Coordinators may after it closed, too: they
// enter forms that came late on paper.
func canSignUp(c *web.Call, a project.Activity) bool {
	return c.HasRole(web.Coordinator) || c.Defined.Definition.SignupOpen(a, c.Site.DB.Now())
}

// renderForm renders the sign-up form with the values and problems of an entry.
func (h Handlers) renderForm(c *web.Call, status int, entry page.Entry) error {
	if entry.IdempotencyKey == "" {
		entry.IdempotencyKey = c.Site.DB.NewID()
	}
	if c.Method == http.MethodPost {
		// The address that a form is posted to cannot be read: the page's links point to the form.
		at, err := url.Parse(c.Within("/" + c.Project + "/signup"))
		if err != nil {
			return err
		}
		c.URL = at
	}
	content := page.Signup{Definition: c.Defined.Definition, Entry: entry, Today: c.Today(), Office: c.HasRole(web.Coordinator), Action: c.Within("/" + c.Project + "/signups")}
	places, err := h.signups.Places(c.Context(), c.Project, c.Defined.Definition.Activities)
	if err != nil {
		return err
	}
	for i, a := range c.Defined.Definition.Activities {
		content.Places = append(content.Places, page.Place{Activity: a, Open: c.Defined.Definition.SignupOpen(a, c.Site.DB.Now()), Left: places[i].Left()})
	}
	return c.Show(status, content)
}

// submit signs a person up. It is idempotent by the request's key. Anyone else than a coordinator gets a receipt alone,
// which does not reveal whether the person was signed up before.
func (h Handlers) submit(c *web.Call) error {
	body, err := c.Read()
	if err != nil {
		return err
	}
	office := c.HasRole(web.Coordinator)
	var result signups.SignedUp
	if body.Form && body.Take(signups.Trap) != "" {
		err = web.Invalid(schema.Problem{Field: signups.Trap, Code: schema.NotAllowed, Hint: "trap"})
	}
	if err == nil {
		result, err = h.signUp(c, body, office)
	}
	if _, invalid := web.Problems(err); invalid {
		// The same request was valid before where the activity has closed since.
		if done, lookup := h.signups.Answered(c.Context(), c.Project, body.Once, &result); done || lookup != nil {
			err = lookup
		}
	}
	if problems, invalid := web.Problems(err); invalid && c.Page && body.Form {
		return h.renderForm(c, http.StatusUnprocessableEntity, page.Entry{Values: body.Values(), Problems: problems})
	}
	if err != nil {
		return err
	}
	if c.Page && body.Form {
		query := url.Values{"receipt": {result.Receipt}, "activity": {result.Signup.Activity}}
		if office {
			query.Set("state", result.Signup.State)
		}
		return c.Redirect(c.Within("/" + c.Project + "/signup?" + query.Encode()))
	}
	if !office {
		return c.JSON(http.StatusCreated, receipt{Receipt: result.Receipt, State: "received"})
	}
	answer := signups.Moved{ID: result.Signup.ID, State: result.Signup.State, Conflict: result.Signup.Conflict}
	if result.OtherYear {
		problem := schema.Problem{Field: "birth_year", Code: schema.OtherYear, Hint: "known"}
		answer.Warnings = []signups.Warning{{Field: problem.Field, Code: problem.Code, Message: c.Messages().Problem(problem)}}
	}
	return c.JSON(http.StatusCreated, answer)
}

// signUp validates a form and stores the sign-up. Bad values are one error with all problems.
func (h Handlers) signUp(c *web.Call, body web.Body, office bool) (signups.SignedUp, error) {
	now := c.Site.DB.Now()
	def := c.Defined.Definition
	kind := schema.For(def).Kind(schema.Signup)
	entry, problems := kind.Read(body.Given, c.Scope(body.Form))
	if !office {
		draft, problems := signups.FromForm(def, entry, problems, c.Language, now)
		if len(problems) > 0 {
			return signups.SignedUp{}, web.Invalid(problems...)
		}
		return h.signups.SignUp(c.Context(), c.Project, draft, body.Once)
	}
	if len(problems) > 0 {
		return signups.SignedUp{}, web.Invalid(problems...)
	}
	submitted := now
	if at, err := time.Parse(time.RFC3339, kind.Get(entry.Row, "submitted_at")); err == nil {
		submitted = at
	}
	by, err := c.Staff()
	if err != nil {
		return signups.SignedUp{}, err
	}
	activity, _ := def.Activity(kind.Get(entry.Row, "activity"))
	draft := signups.SignupDraft{Kind: kind, Activity: activity, Row: entry.Row, Derived: schema.OfPesel(def, entry.Person.Pesel), Submitted: submitted, By: by}
	return h.signups.SignUp(c.Context(), c.Project, draft, body.Once)
}

// byToken returns the sign-up of the address if the token, from an e-mail about it, is one of a kind. A wrong token
// fails as a wrong id does, with store.ErrNotFound.
func (h Handlers) byToken(c *web.Call, token string, is func(project, signup, token string) bool) (signups.Signup, error) {
	su, err := h.signups.Signup(c.Context(), c.Project, c.PathValue("id"))
	if !is(c.Project, c.PathValue("id"), token) {
		return su, store.ErrNotFound
	}
	return su, err
}

// sentToken reads a body, and returns the token in it or in the address.
func sentToken(c *web.Call) (web.Body, string, error) {
	body, err := c.Read()
	token := c.URL.Query().Get("token")
	if err == nil {
		if sent := body.Take("token"); sent != "" {
			token = sent
		}
	}
	return body, token, err
}

// showConfirm shows a caller with the token what there is to confirm, whether or not the person is known.
func (h Handlers) showConfirm(c *web.Call) error {
	token := c.URL.Query().Get("token")
	su, err := h.byToken(c, token, h.signups.IsConfirmToken)
	if err != nil {
		return err
	}
	return showConfirmation(c, su, token, c.URL.Query().Get("done") != "")
}

// confirm confirms the address of a sign-up for a caller with its token. It may be called twice.
func (h Handlers) confirm(c *web.Call) error {
	body, token, err := sentToken(c)
	if err != nil {
		return err
	}
	su, err := h.byToken(c, token, h.signups.IsConfirmToken)
	if err != nil {
		return err
	}
	if su, err = h.signups.ConfirmAddress(c.Context(), c.Defined.Definition, su.ID); err != nil {
		return err
	}
	if c.Page && body.Form {
		return c.Redirect("/" + c.Project + "/signups/" + su.ID + "/confirm?" + url.Values{"token": {token}, "done": {"1"}}.Encode())
	}
	return showConfirmation(c, su, token, true)
}

// showConfirmation shows whether a sign-up is confirmed to a caller who has just asked for that, and to others whether
// there is anything to confirm.
func showConfirmation(c *web.Call, su signups.Signup, token string, asked bool) error {
	activity, _ := c.Defined.Definition.Activity(su.Activity)
	ended := !su.Live() || su.Forgotten
	done := !ended && asked && !su.Unconfirmed
	if c.Page {
		return c.Show(http.StatusOK, page.Confirm{Activity: activity.Label.In(c.Language), Token: token, Done: done, Ended: ended})
	}
	state := "received"
	switch {
	case ended:
		state = schema.Cancelled
	case done:
		state = "confirmed"
	}
	return c.JSON(http.StatusOK, confirmation{Activity: su.Activity, State: state})
}

// showCancel shows a sign-up to a caller with its token.
func (h Handlers) showCancel(c *web.Call) error {
	token := c.URL.Query().Get("token")
	su, err := h.byToken(c, token, h.signups.IsCancelToken)
	if err != nil {
		return err
	}
	return showSignup(c, su, token)
}

// cancel withdraws a sign-up for a caller with its token. It may be called twice.
func (h Handlers) cancel(c *web.Call) error {
	body, token, err := sentToken(c)
	if err != nil {
		return err
	}
	su, err := h.byToken(c, token, h.signups.IsCancelToken)
	if err != nil {
		return err
	}
	su, err = h.signups.MoveSignup(c.Context(), c.Defined.Definition, su.ID, schema.Cancelled, "")
	if err != nil && !errors.Is(err, store.ErrStale) {
		return err
	}
	if c.Page && body.Form {
		return c.Redirect("/" + c.Project + "/signups/" + su.ID + "/cancel?" + url.Values{"token": {token}}.Encode())
	}
	return showSignup(c, su, token)
}

// showSignup shows a sign-up to the person it is of: only whether it is withdrawn.
func showSignup(c *web.Call, su signups.Signup, token string) error {
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
