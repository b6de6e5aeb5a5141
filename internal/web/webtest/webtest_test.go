package webtest_test

import (
	"net/http"
	"testing"

	"outreach/internal/app"
	"outreach/internal/web"
	"outreach/internal/web/webtest"
)

func TestRequestsBearTheRoleThatATestNames(t *testing.T) {
	t.Parallel()
	tracker := webtest.New(t, webtest.Definition, func(*app.App) []web.Route {
		return []web.Route{{Method: "POST", Path: "/{project}/echo", Roles: []string{web.Coordinator, web.Partner}, Handler: func(c *web.Call) error {
			body, err := c.Read()
			if err != nil {
				return err
			}
			return c.JSON(http.StatusOK, map[string]any{"who": c.Caller.Email, "title": c.Defined.Definition.Title.In(c.Language), "given": body.Given["a"]})
		}}}
	})
	for _, c := range []struct {
		name   string
		q      webtest.Request
		status int
	}{
		{"anyone is asked to sign in", webtest.Request{JSON: map[string]any{}}, http.StatusUnauthorized},
		{"another role is refused", webtest.Request{As: "adviser", JSON: map[string]any{}}, http.StatusForbidden},
		{"a partner passes", webtest.Request{As: "partner:radio", JSON: map[string]any{}}, http.StatusOK},
	} {
		t.Run(c.name, func(t *testing.T) {
			c.q.Path = "/echo"
			tracker.Send(t, c.q).Want(c.status)
		})
	}
	var got struct{ Who, Title, Given string }
	tracker.Send(t, webtest.Request{Path: "/echo", As: "coordinator", JSON: map[string]any{"a": "b"}}).Want(http.StatusOK).Read(&got)
	if got.Who != "coordinator@example.org" || got.Title != "Garden" || got.Given != "b" {
		t.Errorf("got %+v", got)
	}
}
