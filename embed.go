// Package outreach holds the files at the top of the repository that programs carry with them.
package outreach

import _ "embed"

// Template is the SAM template: the routes, and every function with its events and schedules.
//
//go:embed template.yaml
var Template string
