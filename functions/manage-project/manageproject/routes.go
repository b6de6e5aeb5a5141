// Package manageproject lists the routes of the function manage-project: all that the office does.
package manageproject

import (
	"slices"

	"outreach/internal/access/accessweb"
	"outreach/internal/activities/activitiesweb"
	"outreach/internal/app"
	"outreach/internal/attention/attentionweb"
	"outreach/internal/fact/auditweb"
	"outreach/internal/people/peopleweb"
	"outreach/internal/records/recordsweb"
	"outreach/internal/said/saidweb"
	"outreach/internal/schema"
	"outreach/internal/signups/signupsweb"
	"outreach/internal/snapshots/approvalweb"
	"outreach/internal/subscriptions/subscriptionsweb"
	"outreach/internal/web"
)

// Routes returns the function's routes on the features of an application; of an empty one they can be listed, not
// served.
func Routes(a *app.App) []web.Route {
	return slices.Concat(
		attentionweb.New(a).Routes(),
		auditweb.New(a).Routes(),
		approvalweb.New(a).Routes(),
		saidweb.New(a).Routes(),
		subscriptionsweb.New(a).Routes(),
		accessweb.New(a).Routes(),
		signupsweb.New(a).OfficeRoutes(),
		activitiesweb.New(a).Routes(),
		peopleweb.New(a).Routes(),
		recordsweb.SheetRoutes(a),
		recordsweb.New(a, schema.Attendance, web.Coordinator).Routes(),
		recordsweb.New(a, schema.Test, web.Coordinator).Routes(),
		recordsweb.New(a, schema.Output, web.Coordinator).Routes(),
		recordsweb.NewAny(a).Routes(),
		recordsweb.AttachmentRoutes(a),
	)
}
