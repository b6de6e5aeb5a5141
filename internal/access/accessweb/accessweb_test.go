package accessweb

import (
	"net/http"
	"testing"

	"outreach/internal/app"
	"outreach/internal/web"
	"outreach/internal/web/webtest"
)

// The tokens of webtest do not say that their address is verified.
func TestAnAddressThatIsNotVerifiedGetsNoRoleOfTheList(t *testing.T) {
	t.Parallel()
	tracker := webtest.New(t, webtest.Definition, func(a *app.App) []web.Route { return New(a).Routes() })
	tracker.Send(t, webtest.Request{Path: "/access", As: "coordinator", JSON: map[string]any{"email": "ola@example.org", "roles": []string{"coordinator"}}}).Want(http.StatusCreated)
	tracker.Send(t, webtest.Request{Path: "/access", As: "guest", Email: "ola@example.org"}).Want(http.StatusForbidden)
	tracker.Send(t, webtest.Request{Path: "/access", As: "coordinator"}).Want(http.StatusOK)
}
