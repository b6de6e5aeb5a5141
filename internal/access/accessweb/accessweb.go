// Package accessweb serves the page and the routes by which coordinators and administrators say who has which role in a
// project, by e-mail address.
package accessweb

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strconv"
	"time"

	"outreach/internal/access"
	"outreach/internal/app"
	"outreach/internal/page"
	"outreach/internal/project"
	"outreach/internal/schema"
	"outreach/internal/text"
	"outreach/internal/web"
	"outreach/internal/web/shape"
)

// List keeps the tracker's own list of roles.
type List interface {
	List(ctx context.Context, project string, roles []string) ([]access.Listed, error)
	Grant(ctx context.Context, project, email string, roles []string, by string) (access.Grant, bool, error)
	EmailOf(ctx context.Context, project, id string) (string, error)
	StaffEmails(ctx context.Context, project string, ids []string) (map[string]string, error)
}

// Handlers are the handlers of the package.
type Handlers struct{ list List }

// New returns the handlers on an app's features.
func New(a *app.App) Handlers { return Handlers{a.Access} }

// grant is what is sent to give roles to an address.
type grant struct {
	Email string   `json:"email" format:"email"`
	Roles []string `json:"roles" doc:"Any of coordinator, adviser, funder and partner:{id} of a partner of the definition; they replace those that the list gave before"`
}

// newRoles is what is sent to change the roles of a member of the list.
type newRoles struct {
	Roles []string `json:"roles" doc:"Replace those that the list gave before"`
}

// member is a member of the staff.
type member struct {
	ID        string     `json:"id"`
	Email     string     `json:"email"`
	Roles     []string   `json:"roles" doc:"By this list; empty: none"`
	Other     []string   `json:"other_roles" doc:"By the groups of their tokens alone: the identity provider gives and takes them"`
	Seen      string     `json:"seen,omitempty" format:"date" doc:"The last day on which they were here with one of the roles, in UTC; left out: not yet"`
	GrantedAt *time.Time `json:"granted_at" doc:"When the roles of this list were last set"`
	GrantedBy string     `json:"granted_by,omitempty" doc:"The e-mail address of who set them"`
}

// Routes returns the routes of the package.
func (h Handlers) Routes() []web.Route {
	const (
		all = "/{project}/access"
		one = all + "/{id}"
	)
	office := []string{web.Coordinator, web.Admin}
	full := "The list has " + strconv.Itoa(access.MostGrants) + " people, which is the limit"
	detail := "The roles hold for tokens of the configured issuer with this address in `email` and `email_verified: true`, beside the roles in their groups. They are checked on each request. The person gets an invitation by e-mail."
	return []web.Route{
		{Method: "GET", Path: all, Roles: office, Handler: h.show,
			ID: "listAccess", Tag: "access", Summary: "Who has which role", Response: shape.List{Of: member{}}, Success: "All, in the order of addresses", Page: true},
		{Method: "POST", Path: all, Roles: office, Handler: h.invite,
			ID: "grantAccess", Tag: "access", Summary: "Give roles to an e-mail address", Detail: detail, Request: grant{}, Response: member{}, Status: http.StatusCreated, Success: "The address has the roles", Page: true, Conflict: full},
		{Method: "PUT", Path: all, Roles: office, Handler: h.invite,
			ID: "setAccess", Tag: "access", Summary: "Set the roles of an e-mail address", Detail: detail, Request: grant{}, Response: member{}, Success: "The address has the roles", Conflict: full},
		{Method: "GET", Path: one, Roles: office, Handler: h.showOne,
			ID: "showAccess", Tag: "access", Summary: "The roles of a member of the staff", Response: member{}, Success: "The member", Page: true},
		{Method: "PUT", Path: one, Roles: office, Handler: h.change,
			ID: "changeAccess", Tag: "access", Summary: "Change the roles of a member of the staff", Request: newRoles{}, Response: member{}, Success: "They have the roles", Conflict: full},
		{Method: "DELETE", Path: one, Roles: office, Handler: h.remove,
			ID: "removeAccess", Tag: "access", Summary: "Take a member of the staff off the list", Detail: "Roles in the groups of their tokens stay: the identity provider takes those.", Response: member{}, Success: "They have no role by this list"},
		{Method: "POST", Path: one, Roles: office, Handler: h.change, Summary: "PUT or DELETE of a browser's form"},
	}
}

// rolesOf returns the roles that exist in a project, as groups name them.
func rolesOf(d *project.Definition) []string {
	roles := []string{web.Coordinator, web.Adviser, web.Funder}
	for _, p := range d.Partners {
		roles = append(roles, web.Partner+":"+p.ID)
	}
	return roles
}

// kind returns the fields of a member of the list: the roles, and before them the address of a new one.
func kind(d *project.Definition, address bool) schema.Kind {
	var options []schema.Option
	for _, role := range rolesOf(d) {
		options = append(options, schema.Option{ID: role, Label: text.Role(d, role)})
	}
	k := schema.Kind{Name: "access", Fields: []schema.Field{{Name: "roles", Required: true, Type: schema.Choices, Options: schema.Fixed(options...)}}}
	if address {
		k.Fields = slices.Insert(k.Fields, 0, schema.Field{Name: "email", Required: true, Type: schema.Email, Longest: 254})
	}
	return k
}

// members returns the list, with the addresses of those who set the roles.
func (h Handlers) members(c *web.Call) ([]access.Listed, map[string]string, error) {
	found, err := h.list.List(c.Context(), c.Project, rolesOf(c.Defined.Definition))
	if err != nil {
		return nil, nil, err
	}
	var by []string
	for _, m := range found {
		by = append(by, m.By)
	}
	emails, err := h.list.StaffEmails(c.Context(), c.Project, by)
	return found, emails, err
}

func memberOf(m access.Listed, emails map[string]string) member {
	out := member{ID: m.ID, Email: m.Email, Roles: append([]string{}, m.Roles...), Other: append([]string{}, m.Other...), Seen: m.Seen, GrantedBy: emails[m.By]}
	if !m.At.IsZero() {
		out.GrantedAt = &m.At
	}
	return out
}

func (h Handlers) show(c *web.Call) error {
	if c.Page {
		return h.showPage(c, http.StatusOK, page.Entry{})
	}
	found, emails, err := h.members(c)
	if err != nil {
		return err
	}
	items := make([]member, 0, len(found))
	for _, m := range found {
		items = append(items, memberOf(m, emails))
	}
	return c.List(items, "")
}

// showPage shows the list, and the form with what was typed and what is wrong.
func (h Handlers) showPage(c *web.Call, status int, entry page.Entry) error {
	found, emails, err := h.members(c)
	if err != nil {
		return err
	}
	k := kind(c.Defined.Definition, true)
	content := page.Access{Definition: c.Defined.Definition, Kind: &k, Entry: entry}
	for _, m := range found {
		content.Items = append(content.Items, item(m, emails))
	}
	return c.Show(status, content)
}

func item(m access.Listed, emails map[string]string) page.AccessItem {
	return page.AccessItem{ID: m.ID, Email: m.Email, Roles: m.Roles, Other: m.Other, Seen: m.Seen, At: m.At, By: emails[m.By]}
}

// member returns the member of the address's id, also one who is off the list now.
func (h Handlers) member(c *web.Call) (access.Listed, map[string]string, error) {
	id := c.PathValue("id")
	email, err := h.list.EmailOf(c.Context(), c.Project, id)
	if err != nil {
		return access.Listed{}, nil, err
	}
	found, emails, err := h.members(c)
	for _, m := range found {
		if m.ID == id {
			return m, emails, err
		}
	}
	return access.Listed{Grant: access.Grant{ID: id}, Email: email}, emails, err
}

func (h Handlers) showOne(c *web.Call) error {
	if c.Page {
		return h.showMember(c, http.StatusOK, nil)
	}
	m, emails, err := h.member(c)
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, memberOf(m, emails))
}

func (h Handlers) showMember(c *web.Call, status int, problems []schema.Problem) error {
	m, emails, err := h.member(c)
	if err != nil {
		return err
	}
	k := kind(c.Defined.Definition, false)
	return c.Show(status, page.Member{Definition: c.Defined.Definition, Kind: &k, Problems: problems, Item: item(m, emails)})
}

// invite gives roles to an address.
func (h Handlers) invite(c *web.Call) error {
	body, err := c.Read()
	if err != nil {
		return err
	}
	k := kind(c.Defined.Definition, true)
	entry, problems := k.Read(body.Given, c.Scope(body.Form))
	form := c.Page && body.Form
	if len(problems) > 0 && form {
		return h.showPage(c, http.StatusUnprocessableEntity, page.Entry{Values: body.Values(), Problems: problems})
	}
	if len(problems) > 0 {
		return web.Invalid(problems...)
	}
	m, err := h.grant(c, k.Get(entry.Row, "email"), schema.Chosen(k.Get(entry.Row, "roles")))
	switch {
	case err != nil:
		return err
	case form:
		return c.Redirect("/" + c.Project + "/access?done=invited")
	case c.Method == http.MethodPut:
		return c.JSON(http.StatusOK, m)
	}
	c.W.Header().Set("Location", "/"+c.Project+"/access/"+m.ID)
	return c.JSON(http.StatusCreated, m)
}

// grant sets the roles of an address and returns it as it is listed.
func (h Handlers) grant(c *web.Call, email string, roles []string) (member, error) {
	by, err := c.Staff()
	if err != nil {
		return member{}, err
	}
	g, _, err := h.list.Grant(c.Context(), c.Project, email, roles, by)
	if errors.Is(err, access.ErrTooMany) {
		return member{}, &web.Error{Status: http.StatusConflict, Detail: "too_many_members", Args: []any{"most", access.MostGrants}}
	}
	if err != nil {
		return member{}, err
	}
	c.SetPathValue("id", g.ID)
	m, emails, err := h.member(c)
	return memberOf(m, emails), err
}

// change sets the roles of a member or, by a form, takes them off the list.
func (h Handlers) change(c *web.Call) error {
	body, err := c.Read()
	if err != nil {
		return err
	}
	if body.Method(c) == http.MethodDelete {
		return h.set(c, nil, true)
	}
	k := kind(c.Defined.Definition, false)
	entry, problems := k.Read(body.Given, c.Scope(body.Form))
	form := c.Page && body.Form
	if len(problems) > 0 && form {
		return h.showMember(c, http.StatusUnprocessableEntity, problems)
	}
	if len(problems) > 0 {
		return web.Invalid(problems...)
	}
	return h.set(c, schema.Chosen(k.Get(entry.Row, "roles")), form)
}

func (h Handlers) set(c *web.Call, roles []string, form bool) error {
	email, err := h.list.EmailOf(c.Context(), c.Project, c.PathValue("id"))
	if err != nil {
		return err
	}
	m, err := h.grant(c, email, roles)
	switch {
	case err != nil:
		return err
	case form:
		return c.Redirect("/" + c.Project + "/access?done=changed")
	}
	return c.JSON(http.StatusOK, m)
}

func (h Handlers) remove(c *web.Call) error { return h.set(c, nil, false) }
