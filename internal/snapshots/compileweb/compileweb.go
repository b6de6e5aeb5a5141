// Package compileweb serves the routes that count facts: compiling a snapshot and verifying one. It is apart from
// snapshotsweb so that functions that only show figures link neither the rules nor the checkpoints.
package compileweb

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"

	"outreach/internal/app"
	"outreach/internal/page"
	"outreach/internal/privacy"
	"outreach/internal/schema"
	"outreach/internal/snapshot"
	"outreach/internal/snapshots"
	"outreach/internal/snapshots/compile"
	"outreach/internal/store"
	"outreach/internal/web"
	"outreach/internal/web/shape"
)

// Compiler compiles and verifies snapshots.
type Compiler interface {
	Compile(ctx context.Context, project, asOf, by string, once store.Once) (kept snapshots.Kept, made bool, err error)
	Verify(ctx context.Context, kept snapshots.Kept) (compile.Verification, error)
	Recompute(ctx context.Context, project, id string) (snapshots.Kept, error)
	Known(ctx context.Context, project, id string) (bool, error)
}

// Snapshots reads saved snapshots.
type Snapshots interface {
	Find(ctx context.Context, project, id, state string) (snapshots.Kept, error)
	Snapshot(ctx context.Context, kept snapshots.Kept) (snapshot.Snapshot, error)
}

// Answers finds the stored answer to a request that is sent a second time.
type Answers interface {
	Answered(ctx context.Context, once store.Once, answer any) (bool, error)
}

// Handlers are the handlers of the package.
type Handlers struct {
	compiler  Compiler
	snapshots Snapshots
	answers   Answers
}

// New returns the handlers on an app's features.
func New(a *app.App) Handlers {
	return Handlers{compiler: compile.New(a), snapshots: a.Snapshots, answers: a.DB}
}

// Routes returns the routes of the package.
func (h Handlers) Routes() []web.Route {
	office := []string{web.Coordinator}
	return []web.Route{
		{Method: "POST", Path: "/{project}/snapshots", Roles: office, Handler: h.compile,
			ID: "compileSnapshot", Tag: "snapshots", Summary: "Compile now", Once: true,
			Detail:  "Compiling the same day again with other results makes a new snapshot, which names the one it supersedes. Without `as_of`, of today.",
			Request: shape.Sent{Kind: &request}, Optional: true, Response: snapshot.Snapshot{}, Success: "A new snapshot", Creates: true,
			Others: []web.Other{
				{Status: http.StatusOK, Description: "Nothing has changed: the present one", Response: snapshot.Snapshot{}},
				{Status: http.StatusAccepted, Description: "It takes long: look there"},
				web.Damaged(),
			}},
		{Method: "POST", Path: "/{project}/snapshots/{id}/verification", Roles: []string{web.Funder, web.Coordinator}, Scope: web.Approved, Handler: h.verify,
			ID: "verifySnapshot", Tag: "snapshots", Summary: "Read a snapshot with its evidence, and compute it again from the first fact",
			Detail:   "The answer says which parts differ. Where someone in it was erased since, the hash may differ: the answer names the erasures, and what was removed because it is kept no longer.",
			Response: compile.Verification{}, Success: "What it comes to", Page: true, Others: []web.Other{web.Damaged()}},
		{Method: "POST", Path: "/{project}/snapshots/{id}/recomputation", Roles: office, Handler: h.recompute,
			ID: "recomputeSnapshot", Tag: "snapshots", Summary: "Make a snapshot again from the first fact",
			Detail:   "In place of one that is damaged, or not sealed. The hash, and the seal if it has one, must be the same: else 409, and nothing is changed.",
			Response: snapshot.Snapshot{}, Success: "The snapshot", Page: true, Others: []web.Other{web.Damaged()}, Conflict: "The facts give another hash or seal"},
	}
}

var request = schema.Kind{Name: "compile", Fields: []schema.Field{{Name: "as_of", Type: schema.Date}}}

// compile answers 201 with a new snapshot, or 200 with the newest of that day if nothing has changed since.
func (h Handlers) compile(c *web.Call) error {
	body, err := c.Read()
	if err != nil {
		return err
	}
	var done snapshots.Kept
	if answered, err := h.answers.Answered(c.Context(), body.Once, &done); err != nil {
		return err
	} else if answered {
		return h.answer(c, body, done, http.StatusCreated)
	}
	entry, problems := request.Read(body.Given, c.Scope(body.Form))
	if len(problems) > 0 {
		if c.Page && body.Form {
			return c.Show(http.StatusUnprocessableEntity, page.Snapshots{Compile: true, Today: c.Today(), Entry: page.Entry{Values: body.Values(), Problems: problems}})
		}
		return web.Invalid(problems...)
	}
	asOf := entry.Row[0]
	if asOf == "" {
		asOf = c.Today()
	}
	by, err := c.Staff()
	if err != nil {
		return err
	}
	kept, made, err := h.compiler.Compile(c.Context(), c.Project, asOf, by, body.Once)
	if err != nil {
		return err
	}
	status := http.StatusOK
	if made {
		status = http.StatusCreated
	}
	return h.answer(c, body, kept, status)
}

func (h Handlers) answer(c *web.Call, body web.Body, kept snapshots.Kept, status int) error {
	address := "/" + c.Project + "/snapshots/" + kept.ID
	if c.Page && body.Form {
		return c.Redirect(address)
	}
	snap, err := h.snapshots.Snapshot(c.Context(), kept)
	if err != nil {
		return err
	}
	c.W.Header().Set("Location", address)
	return c.JSON(status, snap)
}

// find returns the snapshot that is asked for. A damaged one that has an id is found for the coordinator, by the id
// alone.
func (h Handlers) find(c *web.Call) (snapshots.Kept, error) {
	id := c.PathValue("id")
	kept, err := h.snapshots.Find(c.Context(), c.Project, id, c.SnapshotState())
	if id != snapshots.LatestID && c.SnapshotState() == "" && (errors.Is(err, store.ErrDamaged) || store.IsNotFound(err)) {
		if known, failed := h.compiler.Known(c.Context(), c.Project, id); known || failed != nil {
			return snapshots.Kept{Project: c.Project, ID: id}, failed
		}
	}
	return kept, err
}

// verify reads all of a snapshot that the caller may read, recomputes it, and says what differs.
func (h Handlers) verify(c *web.Call) error {
	kept, err := h.find(c)
	if err != nil {
		return err
	}
	v, err := h.compiler.Verify(c.Context(), kept)
	if err != nil {
		return err
	}
	if !c.Page {
		return c.JSON(http.StatusOK, v)
	}
	words := c.Messages()
	at := "/" + c.Project + "/snapshots/" + kept.ID
	message := page.Message{Title: words.Say("verify.same"), Text: words.Say("verify.computed", "hash", v.Computed), Links: []page.Link{{Href: at, Label: words.Say("verify.back")}}}
	if v.Sealed != nil {
		message.Text += " " + words.Say("verify.seal", "seal", *v.Sealed)
	}
	facts := slices.Contains(v.Differs, compile.PartFacts)
	switch {
	case facts && slices.ContainsFunc(v.Purges, func(p compile.Purge) bool { return p.Class == privacy.PeopleClass }):
		message.Title = words.Say("verify.purged")
	case facts && len(v.Erasures) > 0:
		message.Title = words.Count("verify.erased", int64(len(v.Erasures)))
	case !v.Same:
		message.Title = words.Say("verify.differs")
	}
	if len(v.Differs) > 0 {
		parts := make([]string, len(v.Differs))
		for i, part := range v.Differs {
			parts[i] = words.Say("verify." + part)
		}
		message.Text = words.Say("verify.parts", "parts", strings.Join(parts, ", ")) + " " + message.Text
	}
	if c.HasRole(web.Coordinator) && (len(v.Differs) > 0 || v.Seal == nil) {
		message.Do = &page.Deed{Address: at + "/recomputation", Label: words.Say("verify.again"), Means: words.Say("verify.again_means")}
	}
	return c.Show(http.StatusOK, message)
}

// recompute makes a snapshot again from the facts, in place of a damaged one.
func (h Handlers) recompute(c *web.Call) error {
	asked, err := h.find(c)
	if err != nil {
		return err
	}
	kept, err := h.compiler.Recompute(c.Context(), c.Project, asked.ID)
	if errors.Is(err, compile.ErrNotSame) {
		return &web.Error{Status: http.StatusConflict, Detail: "not_same"}
	}
	if err != nil {
		return err
	}
	address := "/" + c.Project + "/snapshots/" + kept.ID
	if c.Page {
		return c.Redirect(address)
	}
	snap, err := h.snapshots.Snapshot(c.Context(), kept)
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, snap)
}
