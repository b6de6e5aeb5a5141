// Package hooksweb serves the hooks of sources, to which other form tools send, and the coordinators' list of what
// could not be taken. It links the expression language, by which a source skips rows.
package hooksweb

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"
	"time"

	"outreach/internal/app"
	"outreach/internal/hooks"
	"outreach/internal/page"
	"outreach/internal/project"
	"outreach/internal/rule"
	"outreach/internal/schema"
	"outreach/internal/sources"
	"outreach/internal/sources/mapping"
	"outreach/internal/store"
	"outreach/internal/table"
	"outreach/internal/web"
	"outreach/internal/web/shape"
)

// Handlers answer what form tools send, and requests of the office about it.
type Handlers struct {
	hooks interface {
		Take(ctx context.Context, d *project.Definition, from sources.Stored, sent hooks.Delivery) (hooks.Taken, error)
		List(ctx context.Context, project string, limit int, cursor string) (table.PageOf[hooks.Waiting], error)
		Waiting(ctx context.Context, project, id string) (hooks.Waiting, hooks.Payload, error)
		Again(ctx context.Context, d *project.Definition, id string, parse func([]byte) (map[string]any, error)) ([]schema.Problem, error)
		Discard(ctx context.Context, project, id, by string) error
	}
	sources interface {
		Source(ctx context.Context, project, id string) (sources.Stored, error)
		Proves(ctx context.Context, project, id string, proof sources.Proof) (bool, error)
	}
}

// New returns the handlers on the features of an app. With an empty app their Routes can be listed, but not called.
func New(a *app.App) Handlers {
	if a.Hooks == nil {
		return Handlers{}
	}
	return Handlers{hooks: a.Hooks.With(mapping.Rules(rule.CompileRow)), sources: a.Sources}
}

// Routes lists the routes of hooks.
func (h Handlers) Routes() []web.Route {
	const at = "/{project}/deliveries/{id}"
	office := []string{web.Coordinator}
	still := web.Other{Status: http.StatusUnprocessableEntity, Description: "It still cannot be taken", Problem: struct{}{}}
	return []web.Route{
		{Method: "POST", Path: "/{project}/hooks/{source}", Scope: web.Secret, Handler: h.take,
			ID: "sendToHook", Tag: "sources", Summary: "A sign-up from another form tool", Once: true,
			Detail: "Any JSON object of at most 200 KB. The source's columns are JSON Pointers into it, or the labels of a list of answers. The request has the source's secret as `Authorization: Bearer`, or an HMAC-SHA256 of its body under the secret, in hexadecimal digits or base64 and perhaps after `sha256=`, in the header that the source names.\n\n" +
				"It is trusted like the public form, and answered like it. The same delivery again (by `Idempotency-Key`, else by the tool's own id where the source names its place, else by the body) changes nothing and gets the same answer, also after an erasure. What cannot be taken is 422, names the columns of the source, and waits for the office with its payload.",
			Request: shape.Any{}, Response: hookReceipt{}, Success: "Signed up", Status: http.StatusCreated, Short: true,
			Others: []web.Other{{Status: http.StatusOK, Description: "The source says that it is none", Response: hookReceipt{}}, {Status: http.StatusUnauthorized, Description: "There is no such source, or the secret is another"}}},
		{Method: "GET", Path: "/{project}/deliveries", Roles: office, Handler: h.list,
			ID: "listDeliveries", Tag: "sources", Summary: "What other form tools sent and could not be taken", Query: web.Paged(), Response: shape.List{Of: deliveryView{}}, Success: "A page of the list, the oldest first", Page: true},
		{Method: "GET", Path: at, Roles: office, Handler: h.show,
			ID: "showDelivery", Tag: "sources", Summary: "What could not be taken, and why", Response: fullView{}, Success: "The delivery, with its payload", Page: true},
		{Method: "DELETE", Path: at, Roles: office, Handler: h.discard,
			ID: "discardDelivery", Tag: "sources", Summary: "Discard what could not be taken", Response: deliveryView{}, Success: "Discarded, with its payload"},
		{Method: "POST", Path: at, Roles: office, Handler: h.post, Summary: "DELETE of a browser's form"},
		{Method: "POST", Path: at + "/reading", Roles: office, Handler: h.again,
			ID: "readDeliveryAgain", Tag: "sources", Summary: "Take it once more, by the source as it is now", Detail: "As if it arrived when it did.", Response: deliveryView{}, Success: "Taken", Page: true, Conflict: "Its payload was removed", Others: []web.Other{still}},
	}
}

type hookReceipt struct {
	Receipt string `json:"receipt,omitempty" doc:"A new one for each delivery; it says nothing of whether the person was known"`
	State   string `json:"state" enum:"received,skipped"`
}

// flaw is one reason why a delivery could not be taken.
type flaw struct {
	Field   string `json:"field" doc:"The column of the source"`
	Code    string `json:"code"`
	Message string `json:"message"`
}

// deliveryView is a delivery in a list: nothing of what it says.
type deliveryView struct {
	ID       string    `json:"id"`
	Source   string    `json:"source"`
	Version  int       `json:"source_version" doc:"Of the source, when the delivery arrived"`
	Received time.Time `json:"received_at"`
	Errors   []flaw    `json:"errors"`
	Removed  bool      `json:"payload_removed,omitempty" doc:"A person in it was erased, or the time for which it is stored is over"`
}

type fullView struct {
	deliveryView
	Payload map[string]any `json:"payload,omitempty" doc:"The body"`
}

func viewOf(c *web.Call, w hooks.Waiting, problems []schema.Problem) deliveryView {
	v := deliveryView{ID: w.ID, Source: w.Source, Version: w.Version, Received: w.Received, Removed: !w.Removed.IsZero()}
	if len(problems) == 0 {
		for _, f := range w.Flaws {
			problems = append(problems, schema.Problem{Field: f.Field, Code: f.Code})
		}
	}
	for _, p := range problems {
		v.Errors = append(v.Errors, flaw{p.Field, p.Code, c.Messages().Problem(p)})
	}
	return v
}

// longestID is the longest id that a source may have, in bytes.
const longestID = 64

// take takes what a form tool sends. Without a secret that holds it says nothing, not even whether there is the source.
func (h Handlers) take(c *web.Call) error {
	raw, err := io.ReadAll(http.MaxBytesReader(c.W, c.Body, hooks.MostBody))
	if err != nil {
		return err
	}
	if len(c.PathValue("source")) > longestID {
		return &web.Error{Status: http.StatusUnauthorized}
	}
	from, err := h.sources.Source(c.Context(), c.Project, c.PathValue("source"))
	known := err == nil
	if err != nil && !store.IsNotFound(err) {
		return err
	}
	proof := sources.Proof{Body: raw}
	if scheme, secret, _ := strings.Cut(c.Header.Get("Authorization"), " "); strings.EqualFold(scheme, "Bearer") {
		proof.Secret = strings.TrimSpace(secret)
	}
	if from.Source.Signature != "" {
		proof.Signature = c.Header.Get(from.Source.Signature)
	}
	proves, err := h.sources.Proves(c.Context(), c.Project, c.PathValue("source"), proof)
	if err != nil {
		return err
	}
	if !known || !proves {
		return &web.Error{Status: http.StatusUnauthorized}
	}
	if !c.IsJSON() {
		return &web.Error{Status: http.StatusUnsupportedMediaType}
	}
	content, err := web.ReadObject(raw)
	if err != nil {
		return err
	}
	key := c.Header.Get("Idempotency-Key")
	if err := web.CheckKey(key); err != nil {
		return err
	}
	taken, err := h.hooks.Take(c.Context(), c.Defined.Definition, from, hooks.Delivery{Body: raw, Content: content, Key: key, Language: c.Language})
	switch {
	case errors.Is(err, hooks.ErrTooMany):
		return &web.Error{Status: http.StatusServiceUnavailable}
	case err != nil:
		return err
	case len(taken.Problems) > 0:
		return web.Invalid(taken.Problems...)
	case taken.Skipped:
		return c.JSON(http.StatusOK, hookReceipt{State: "skipped"})
	}
	return c.JSON(http.StatusCreated, hookReceipt{taken.Receipt, "received"})
}

func (h Handlers) list(c *web.Call) error {
	found, err := h.hooks.List(c.Context(), c.Project, c.Limit(), c.Cursor())
	if err != nil {
		return err
	}
	items := make([]deliveryView, len(found.Items))
	content := page.Deliveries{Next: c.NextAddress(found.Next)}
	for i, w := range found.Items {
		items[i] = viewOf(c, w, nil)
		content.Items = append(content.Items, lineOf(items[i]))
	}
	if c.Page {
		return c.Show(http.StatusOK, content)
	}
	return c.List(items, found.Next)
}

func lineOf(v deliveryView) page.DeliveryLine {
	line := page.DeliveryLine{ID: v.ID, Source: v.Source, At: v.Received, Removed: v.Removed}
	for _, e := range v.Errors {
		line.Errors = append(line.Errors, page.DeliveryError{Field: e.Field, Message: e.Message})
	}
	return line
}

func (h Handlers) show(c *web.Call) error {
	w, payload, err := h.hooks.Waiting(c.Context(), c.Project, c.PathValue("id"))
	if err != nil {
		return err
	}
	return h.showOne(c, http.StatusOK, w, payload, payload.Problems)
}

func (h Handlers) showOne(c *web.Call, status int, w hooks.Waiting, payload hooks.Payload, problems []schema.Problem) error {
	v := fullView{deliveryView: viewOf(c, w, problems)}
	if len(payload.Body) > 0 {
		content, err := web.ReadObject(payload.Body)
		if err != nil {
			return err
		}
		v.Payload = content
	}
	if c.Page {
		content := page.Delivery{Line: lineOf(v.deliveryView)}
		if v.Payload != nil {
			indented, err := json.MarshalIndent(v.Payload, "", "  ")
			if err != nil {
				return err
			}
			content.Payload = string(indented)
		}
		return c.Show(status, content)
	}
	return c.JSON(status, v)
}

// again takes a delivery once more. Where it still cannot be taken the answer says why.
func (h Handlers) again(c *web.Call) error {
	body, err := c.Read()
	if err != nil {
		return err
	}
	id := c.PathValue("id")
	w, payload, err := h.hooks.Waiting(c.Context(), c.Project, id)
	if err != nil {
		return err
	}
	problems, err := h.hooks.Again(c.Context(), c.Defined.Definition, id, web.ReadObject)
	switch {
	case errors.Is(err, hooks.ErrNoPayload):
		return &web.Error{Status: http.StatusConflict, Detail: "no_payload"}
	case err != nil:
		return err
	case len(problems) > 0 && c.Page && body.Form:
		return h.showOne(c, http.StatusUnprocessableEntity, w, payload, problems)
	case len(problems) > 0:
		return web.Invalid(problems...)
	case c.Page && body.Form:
		return c.Redirect("/" + c.Project + "/deliveries?done=taken")
	}
	return c.JSON(http.StatusOK, viewOf(c, w, nil))
}

// post is what a browser's form sends: a DELETE.
func (h Handlers) post(c *web.Call) error {
	body, err := c.Read()
	if err != nil {
		return err
	}
	if body.Method(c) != http.MethodDelete {
		return &web.Error{Status: http.StatusMethodNotAllowed, Allow: "GET, DELETE"}
	}
	if _, err := h.remove(c); err != nil {
		return err
	}
	return c.Redirect("/" + c.Project + "/deliveries?done=discarded")
}

func (h Handlers) discard(c *web.Call) error {
	w, err := h.remove(c)
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, viewOf(c, w, nil))
}

// remove discards the delivery of the address, and returns it.
func (h Handlers) remove(c *web.Call) (hooks.Waiting, error) {
	w, _, err := h.hooks.Waiting(c.Context(), c.Project, c.PathValue("id"))
	if err != nil {
		return w, err
	}
	by, err := c.Staff()
	if err != nil {
		return w, err
	}
	return w, h.hooks.Discard(c.Context(), c.Project, w.ID, by)
}
