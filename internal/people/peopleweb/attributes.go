package peopleweb

import (
	"net/http"
	"net/url"
	"slices"

	"outreach/internal/page"
	"outreach/internal/people"
	"outreach/internal/schema"
	"outreach/internal/web"
)

// attributesOf returns the body of a correction of attributes: each of them, and the reason.
func attributesOf(registry *schema.Registry) *schema.Kind {
	k := optional("attributes", registry.Attributes())
	k.Fields = append(k.Fields, schema.Field{Name: "reason", Privacy: schema.Sealed})
	return k
}

// attributesAnswer is a person with the attributes that count.
type attributesAnswer struct {
	people.PersonFields
	Attributes map[string]any `json:"attributes" doc:"As they count from now on, those that are known"`
}

// correctAttributes corrects attributes of a person. In JSON a member that is null takes the attribute away, and others
// stay; a form has all of them as they are to be.
func (h Handlers) correctAttributes(c *web.Call) error {
	body, err := c.Read()
	if err != nil {
		return err
	}
	p, stored, err := h.load(c, c.PathValue("id"))
	if err != nil {
		return err
	}
	kind := attributesOf(registry(c))
	entry, problems := kind.Read(body.Given, c.Scope(body.Form))
	form := c.Page && body.Form && c.Request.Method == http.MethodPost
	if len(problems) > 0 {
		if !form {
			return web.Invalid(problems...)
		}
		content := h.personPage(c, p, stored, page.Entry{})
		content.Attributes.Values, content.Attributes.Problems = body.Values(), problems
		c.URL = &url.URL{Path: "/" + c.Project + "/people/" + p.ID} // the form's own address has no page
		return c.Show(http.StatusUnprocessableEntity, content)
	}
	if body.Method(c) != http.MethodPut {
		return &web.Error{Status: http.StatusMethodNotAllowed, Allow: "PUT"}
	}
	known, settled := stored.Attributes(registry(c), derived(c, p)), func(name string) bool {
		return form || slices.ContainsFunc(stored.Corrections, func(c people.AttributeCorrection) bool {
			return c.Values.Get(name) != "" || slices.Contains(c.Cleared, name)
		})
	}
	values, cleared := map[string]string{}, []string(nil)
	for _, name := range registry(c).AttributeNames() {
		_, is := body.Given[name]
		value := kind.Get(entry.Row, name)
		switch {
		case !is || value == known[name] && settled(name): // a form may give it differently yet, a correction stays
		case value != "":
			values[name] = value
		default:
			cleared = append(cleared, name)
		}
	}
	if len(values) > 0 || len(cleared) > 0 {
		by, err := c.Staff()
		if err != nil {
			return err
		}
		correction := people.AttributeCorrection{By: by, Values: schema.ValuesOf(values), Cleared: cleared, Reason: kind.Get(entry.Row, "reason")}
		if err := h.people.CorrectAttributes(c.Context(), c.Project, p.ID, correction, registry(c)); err != nil {
			return err
		}
		known = people.Corrected(known, []people.AttributeCorrection{correction})
	}
	if form {
		return c.Redirect("/" + c.Project + "/people/" + p.ID + "?done=saved")
	}
	return c.JSON(http.StatusOK, attributesAnswer{people.PersonFields(p.View()), attributesJSON(registry(c), known)})
}

// derived returns the attributes that follow from a person's PESEL.
func derived(c *web.Call, p people.Person) schema.Values {
	return schema.OfPesel(c.Defined.Definition, p.View().Pesel)
}

// attributesJSON returns attributes as the members of a JSON object.
func attributesJSON(registry *schema.Registry, attributes map[string]string) map[string]any {
	kind := registry.Kind(schema.Signup)
	return kind.JSON(kind.Row(schema.ValuesOf(attributes)))
}

// correctionsJSON returns corrections of attributes, the oldest first.
func correctionsJSON(registry *schema.Registry, all []people.AttributeCorrection) []attributesCorrected {
	out := make([]attributesCorrected, len(all))
	for i, c := range all {
		members := attributesJSON(registry, map[string]string{})
		for _, v := range c.Values.All() {
			members[v.Field] = attributesJSON(registry, map[string]string{v.Field: v.Text})[v.Field]
		}
		for _, name := range c.Cleared {
			members[name] = nil
		}
		out[i] = attributesCorrected{ID: c.ID, At: instant(c.At), Attributes: members, Reason: c.Reason}
	}
	slices.SortFunc(out, func(a, b attributesCorrected) int {
		if a.At != b.At {
			return map[bool]int{true: -1, false: 1}[a.At < b.At]
		}
		return map[bool]int{true: -1, false: 1}[a.ID < b.ID]
	})
	return out
}
