// Package subscriptionsweb serves the page and the routes by which a coordinator says which other programs hear of what
// happens in a project.
package subscriptionsweb

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strconv"
	"time"

	"outreach/internal/app"
	"outreach/internal/page"
	"outreach/internal/project"
	"outreach/internal/schema"
	"outreach/internal/store"
	"outreach/internal/subscriptions"
	"outreach/internal/text"
	"outreach/internal/web"
	"outreach/internal/web/shape"
)

// Subscriptions keeps the subscriptions of projects.
type Subscriptions interface {
	List(ctx context.Context, project string) ([]subscriptions.Listed, error)
	Create(ctx context.Context, project string, sub subscriptions.Subscription, once store.Once) (subscriptions.Subscription, string, error)
	CheckURL(ctx context.Context, address string) bool
	Resume(ctx context.Context, project, id string) error
	Remove(ctx context.Context, project, id string) error
}

// Handlers are the handlers of the package.
type Handlers struct{ subscriptions Subscriptions }

// New returns the handlers on an app's features.
func New(a *app.App) Handlers { return Handlers{a.Subscriptions} }

// draft is a new subscription as it is sent.
type draft struct {
	URL    string   `json:"url" doc:"https, on the public internet; no redirect is followed"`
	Events []string `json:"events" enum:"snapshot.approved,signup.changed,upload.finished"`
}

// created is the answer to a new subscription, which alone has the secret.
type created struct {
	ID     string `json:"id"`
	Secret string `json:"secret" doc:"With which webhooks are signed; it is never shown again"`
}

// line is a subscription in the list.
type line struct {
	ID        string     `json:"id"`
	URL       string     `json:"url"`
	Events    []string   `json:"events"`
	CreatedAt time.Time  `json:"created_at"`
	State     string     `json:"state" enum:"active,failing,disabled" doc:"failing: the last webhook was not taken and is sent again; disabled: given up"`
	Delivered *time.Time `json:"delivered_at" doc:"When a webhook was last taken"`
	Failing   *time.Time `json:"failing_since"`
	Reason    *string    `json:"reason" doc:"Why the last one was not taken: the status of the answer, or timeout, unreachable, redirect, not_public"`
}

// change is a change of a subscription.
type change struct {
	State string `json:"state" enum:"active" doc:"Sends again, from the event on that was not taken"`
}

// Routes returns the routes of the package.
func (h Handlers) Routes() []web.Route {
	const (
		all = "/{project}/subscriptions"
		one = all + "/{id}"
	)
	office := []string{web.Coordinator}
	full := "The project has " + strconv.Itoa(subscriptions.Most) + " subscriptions, which is the limit"
	return []web.Route{
		{Method: "GET", Path: all, Roles: office, Handler: h.list,
			ID: "listSubscriptions", Tag: "subscriptions", Summary: "Subscriptions to webhooks", Response: shape.List{Of: line{}}, Success: "All of them, the oldest first", Page: true},
		{Method: "POST", Path: all, Roles: office, Handler: h.create, Once: true,
			ID: "createSubscription", Tag: "subscriptions", Summary: "Subscribe a program to what happens", Detail: "It gets webhooks by the Standard Webhooks specification, of what happens from now on.",
			Request: draft{}, Response: created{}, Status: http.StatusCreated, Success: "Its id and its secret", Page: true, Conflict: full},
		{Method: "PUT", Path: one, Roles: office, Handler: h.change,
			ID: "resumeSubscription", Tag: "subscriptions", Summary: "Send again to a subscription that was given up", Request: change{}, Response: line{}, Success: "The subscription"},
		{Method: "DELETE", Path: one, Roles: office, Handler: h.remove,
			ID: "deleteSubscription", Tag: "subscriptions", Summary: "End a subscription", Response: ended{}, Success: "It is ended"},
		{Method: "POST", Path: one, Roles: office, Handler: h.change, Summary: "PUT or DELETE of a browser's form"},
	}
}

type ended struct {
	ID string `json:"id"`
}

// kind has the fields of a new subscription.
func kind() schema.Kind {
	var options []schema.Option
	for _, event := range subscriptions.Events {
		options = append(options, schema.Option{ID: event, Label: text.InAllLanguages("webhook." + event)})
	}
	return schema.Kind{Name: "subscription", Fields: []schema.Field{
		{Name: "url", Required: true, Longest: 2000},
		{Name: "events", Required: true, Type: schema.Choices, Options: schema.Fixed(options...)},
	}}
}

// lineOf returns a subscription as it is listed.
func lineOf(l subscriptions.Listed) line {
	out := line{ID: l.ID, URL: l.URL, Events: l.Events, CreatedAt: l.At, State: l.State()}
	at := func(t time.Time) *time.Time {
		if t.IsZero() {
			return nil
		}
		return &t
	}
	out.Delivered, out.Failing = at(l.Queue.Delivered), at(l.Queue.Since)
	if l.Queue.Reason != "" {
		out.Reason = &l.Queue.Reason
	}
	return out
}

func (h Handlers) list(c *web.Call) error {
	if c.Page {
		return h.showPage(c, http.StatusOK, page.Entry{}, "")
	}
	found, err := h.subscriptions.List(c.Context(), c.Project)
	if err != nil {
		return err
	}
	items := make([]line, 0, len(found))
	for _, l := range found {
		items = append(items, lineOf(l))
	}
	return c.List(items, "")
}

// showPage shows the form, with what was typed and what is wrong, the list, and the secret of a new subscription.
func (h Handlers) showPage(c *web.Call, status int, entry page.Entry, secret string) error {
	found, err := h.subscriptions.List(c.Context(), c.Project)
	if err != nil {
		return err
	}
	if entry.IdempotencyKey == "" {
		entry.IdempotencyKey = c.Site.DB.NewID()
	}
	k := kind()
	content := page.Subscriptions{Definition: c.Defined.Definition, Kind: &k, Entry: entry, Secret: secret, Full: len(found) >= subscriptions.Most}
	for _, l := range found {
		content.Items = append(content.Items, page.SubscriptionItem{
			ID: l.ID, URL: l.URL, Events: l.Events, State: l.State(), Reason: l.Queue.Reason, Since: l.Queue.Since, Delivered: l.Queue.Delivered,
		})
	}
	return c.Show(status, content)
}

func (h Handlers) create(c *web.Call) error {
	body, err := c.Read()
	if err != nil {
		return err
	}
	k := kind()
	entry, problems := k.Read(body.Given, c.Scope(body.Form))
	address, events := k.Get(entry.Row, "url"), schema.Chosen(k.Get(entry.Row, "events"))
	if !slices.ContainsFunc(problems, func(p schema.Problem) bool { return p.Field == "url" }) && !h.subscriptions.CheckURL(c.Context(), address) {
		problems = append(problems, schema.Problem{Field: "url", Code: schema.NotAllowed, Hint: "webhook"})
	}
	form := c.Page && body.Form
	if len(problems) > 0 && form {
		return h.showPage(c, http.StatusUnprocessableEntity, page.Entry{Values: body.Values(), Problems: problems}, "")
	}
	if len(problems) > 0 {
		return web.Invalid(problems...)
	}
	by, err := c.Staff()
	if err != nil {
		return err
	}
	sub, secret, err := h.subscriptions.Create(c.Context(), c.Project, subscriptions.Subscription{URL: address, Events: events, By: by}, body.Once)
	if errors.Is(err, subscriptions.ErrTooMany) {
		return &web.Error{Status: http.StatusConflict, Detail: "too_many_subscriptions", Args: []any{"most", subscriptions.Most}}
	}
	if err != nil {
		return err
	}
	if form {
		return h.showPage(c, http.StatusCreated, page.Entry{}, secret)
	}
	return c.JSON(http.StatusCreated, created{ID: sub.ID, Secret: secret})
}

// change resumes or, by a form, ends a subscription.
func (h Handlers) change(c *web.Call) error {
	body, err := c.Read()
	if err != nil {
		return err
	}
	if body.Method(c) == http.MethodDelete {
		if err := h.subscriptions.Remove(c.Context(), c.Project, c.PathValue("id")); err != nil {
			return err
		}
		return c.Redirect("/" + c.Project + "/subscriptions?done=ended")
	}
	k := schema.Kind{Name: "subscription", Fields: []schema.Field{{Name: "state", Required: true, Type: schema.Choice, Options: schema.Fixed(schema.Option{ID: subscriptions.Active, Label: project.SameInAllLanguages(subscriptions.Active)})}}}
	if _, problems := k.Read(body.Given, c.Scope(body.Form)); len(problems) > 0 {
		return web.Invalid(problems...)
	}
	id := c.PathValue("id")
	if err := h.subscriptions.Resume(c.Context(), c.Project, id); err != nil {
		return err
	}
	if c.Page && body.Form {
		return c.Redirect("/" + c.Project + "/subscriptions?done=changed")
	}
	found, err := h.subscriptions.List(c.Context(), c.Project)
	if err != nil {
		return err
	}
	for _, l := range found {
		if l.ID == id {
			return c.JSON(http.StatusOK, lineOf(l))
		}
	}
	return store.ErrNotFound
}

func (h Handlers) remove(c *web.Call) error {
	if err := h.subscriptions.Remove(c.Context(), c.Project, c.PathValue("id")); err != nil {
		return err
	}
	return c.JSON(http.StatusOK, ended{c.PathValue("id")})
}
