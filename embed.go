// Package outreach holds the files at the top of the repository that programs carry with them.
package outreach

import _ "embed"

// Template is the SAM template: every function with its routes, events and schedules.
//
//go:embed template.yaml
var Template string
