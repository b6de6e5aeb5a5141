// Package functions collects the routes of all functions: for the program that serves them in one process, and for what is
// written from them. A function itself imports its own handlers alone, so that it starts without the others'.
package functions

import (
	"maps"
	"slices"

	compilesnapshot "outreach/functions/compile-snapshot/handler"
	defineproject "outreach/functions/define-project/handler"
	manageproject "outreach/functions/manage-project/handler"
	manageuploads "outreach/functions/manage-uploads/handler"
	recordconsultation "outreach/functions/record-consultation/handler"
	showreport "outreach/functions/show-report/handler"
	signin "outreach/functions/sign-in/handler"
	submitsignup "outreach/functions/submit-signup/handler"
	"outreach/internal/app"
	"outreach/internal/web"
)

// Routes are the routes of each function that has any, by the folder of its code.
func Routes() map[string][]web.Route {
	none := &app.App{} // routes can be listed without features
	return map[string][]web.Route{
		"submit-signup":       submitsignup.Routes(),
		"manage-uploads":      manageuploads.Routes(),
		"record-consultation": recordconsultation.Routes(),
		"manage-project":      manageproject.Routes(none),
		"define-project":      defineproject.Routes(none),
		"compile-snapshot":    compilesnapshot.Routes(),
		"show-report":         showreport.Routes(),
		"sign-in":             signin.Routes(none),
	}
}

// All are the routes of all functions.
func All() []web.Route {
	var all []web.Route
	byFunction := Routes()
	for _, name := range slices.Sorted(maps.Keys(byFunction)) {
		all = append(all, byFunction[name]...)
	}
	return all
}
