package web

import (
	"net/http"
	"net/url"
	"slices"

	"outreach/internal/page"
	"outreach/internal/store"
)

// Embed is the query parameter of a page within a frame, for browsers that do not say where they show a page.
const Embed = "embed"

// embed prepares the response of a route that other sites may embed, those of the project's `embed`. Their pages may
// show it in a frame and read it, but never with a session: what a frame shows, and what another site's page asks for,
// depends on no cookie and sets none. Cookies are used only where the browser says that it shows the page by itself,
// and a page with cookies may not be framed. embed fails with 403 for what another site sends that the definition does
// not name.
func (c *Call) embed() error {
	err := store.ErrNotFound
	if wellFormed(c.Request) {
		err = c.define()
	}
	var origins []string
	if err == nil {
		origins = c.Defined.Definition.Embed
	}
	h := c.W.Header()
	origin := c.Header.Get("Origin")
	named := slices.Contains(origins, origin)
	if len(origins) > 0 {
		vary(h, "Origin, Sec-Fetch-Dest")
	}
	if named {
		h.Set(allowOrigin, origin)
		h.Set(exposeHeaders, "Retry-After, "+RequestHeader)
	} else if foreign := c.Site.Authority.CheckSite(c.Request); foreign != nil {
		c.Site.Log.WarnContext(c.Context(), "refused", "route", c.Pattern, "status", http.StatusForbidden, "reason", foreign.Error())
		return &Error{Status: http.StatusForbidden, Detail: "other_site"}
	}
	if err != nil || len(origins) == 0 {
		return err
	}
	shown := c.Header.Get("Sec-Fetch-Dest")
	c.Framed = c.URL.Query().Has(Embed) || slices.Contains([]string{"iframe", "frame", "embed", "object"}, shown)
	c.sessionless = named || c.Framed || shown != "document"
	if !c.sessionless && c.Header.Get("Cookie") != "" {
		return nil
	}
	if c.sessionless {
		c.Request = c.Request.Clone(c.Context())
		c.Header.Del("Cookie")
	}
	h.Set("Content-Security-Policy", page.Policy(origins, c.Site.Origins...))
	h.Del("X-Frame-Options")
	return nil
}

// Headers of cross-origin requests.
const (
	allowOrigin   = "Access-Control-Allow-Origin"
	exposeHeaders = "Access-Control-Expose-Headers"
)

// vary adds names of request headers to the header Vary.
func vary(h http.Header, names string) { h.Set("Vary", h.Get("Vary")+", "+names) }

// Within returns an address of this program to which the call's page leads: within a frame it stays framed, and without
// cookies it keeps the language.
func (c *Call) Within(address string) string {
	at, err := url.Parse(address)
	if err != nil || !c.sessionless {
		return address
	}
	query := at.Query()
	if c.Framed {
		query.Set(Embed, "1")
	}
	query.Set("lang", c.Language)
	at.RawQuery = query.Encode()
	return at.String()
}

// Preflight answers what a browser asks before it sends a page's request to an address with one method: for pages of
// the project's `embed` that it may be sent, with the headers of a form. Other pages get no such answer.
func Preflight(method string) Handler {
	return func(c *Call) error {
		h := c.W.Header()
		vary(h, "Access-Control-Request-Method, Access-Control-Request-Headers")
		h.Del(exposeHeaders)
		if c.Header.Get("Access-Control-Request-Method") == method && h.Get(allowOrigin) != "" {
			h.Set("Access-Control-Allow-Methods", method)
			h.Set("Access-Control-Allow-Headers", "Content-Type, Idempotency-Key, Accept-Language")
			h.Set("Access-Control-Max-Age", "600")
		} else {
			h.Del(allowOrigin)
		}
		c.W.WriteHeader(http.StatusNoContent)
		return nil
	}
}
