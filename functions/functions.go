// Package functions collects the routes of all functions, for the program that serves them in one process and for what
// is generated from them. A function itself imports its own handlers only, which keeps its start fast.
package functions

import (
	"maps"
	"slices"

	"outreach/functions/compile-snapshot/compilesnapshot"
	"outreach/functions/define-project/defineproject"
	"outreach/functions/manage-project/manageproject"
	"outreach/functions/manage-uploads/manageuploads"
	"outreach/functions/move-project/moveproject"
	"outreach/functions/record-consultation/recordconsultation"
	"outreach/functions/show-report/showreport"
	"outreach/functions/sign-in/signin"
	"outreach/functions/submit-signup/submitsignup"
	"outreach/functions/take-deliveries/takedeliveries"
	"outreach/internal/app"
	"outreach/internal/web"
)

// Routes returns the routes of each function that serves HTTP, by the folder of its code, on the features of an
// application. Of an empty one the routes can be listed, not served.
func Routes(a *app.App) map[string][]web.Route {
	return map[string][]web.Route{
		"submit-signup":       submitsignup.Routes(a),
		"take-deliveries":     takedeliveries.Routes(a),
		"manage-uploads":      manageuploads.Routes(a),
		"record-consultation": recordconsultation.Routes(a),
		"manage-project":      manageproject.Routes(a),
		"define-project":      defineproject.Routes(a),
		"move-project":        moveproject.Routes(a),
		"compile-snapshot":    compilesnapshot.Routes(a),
		"show-report":         showreport.Routes(a),
		"sign-in":             signin.Routes(a),
	}
}

// All returns the routes of all functions.
func All(a *app.App) []web.Route {
	var all []web.Route
	byFunction := Routes(a)
	for _, name := range slices.Sorted(maps.Keys(byFunction)) {
		all = append(all, byFunction[name]...)
	}
	return all
}
