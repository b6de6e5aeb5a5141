// Package recordconsultation lists the routes of the function record-consultation: consultations.
package recordconsultation

import (
	"outreach/internal/app"
	"outreach/internal/records/recordsweb"
	"outreach/internal/schema"
	"outreach/internal/web"
)

// Routes returns the function's routes on the features of an application; of an empty one they can be listed, not
// served.
func Routes(a *app.App) []web.Route {
	consultations := recordsweb.New(a, schema.Consultation, web.Adviser, web.Coordinator)
	return append(consultations.Routes(), consultations.MonthRoute())
}
