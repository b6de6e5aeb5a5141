package sourcesweb

import (
	"net/http"

	"outreach/internal/page"
	"outreach/internal/schema"
	"outreach/internal/web"
)

// newSecret answers the new secret of a source's hook. It is in this answer alone.
func (h Handlers) newSecret(c *web.Call) error {
	body, err := c.Read()
	if err != nil {
		return err
	}
	s, err := h.sources.Source(c.Context(), c.Project, c.PathValue("source"))
	if err != nil {
		return err
	}
	if s.Source.Kind != schema.Signup {
		return &web.Error{Status: http.StatusConflict, Detail: "hook_kind"}
	}
	by, err := c.Staff()
	if err != nil {
		return err
	}
	secret, err := h.sources.NewSecret(c.Context(), c.Project, s.Source.ID, by, body.Once)
	if err != nil {
		return err
	}
	if c.Page && body.Form {
		return c.Show(http.StatusCreated, page.SourceSecret{Source: s.Source.ID, Address: c.Site.BaseURL + "/" + c.Project + "/hooks/" + s.Source.ID, Secret: secret, Signature: s.Source.Signature})
	}
	return c.JSON(http.StatusCreated, secretView{secret})
}
