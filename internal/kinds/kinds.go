// Package kinds lists the six kinds of record, for those who work on all of them.
package kinds

import (
	"outreach/internal/assessment"
	"outreach/internal/attendance"
	"outreach/internal/consultation"
	"outreach/internal/media"
	"outreach/internal/output"
	"outreach/internal/record"
	"outreach/internal/signup"
)

// All are the six kinds.
var All = []*record.Kind{&signup.Kind, &consultation.Kind, &attendance.Kind, &assessment.Kind, &output.Kind, &media.Kind}

// ByName finds a kind by the name that rules give it (signup, test), or nil.
func ByName(name string) *record.Kind {
	for _, k := range All {
		if k.Name == name {
			return k
		}
	}
	return nil
}

// ByPlural finds a kind by the name that addresses and files give it (signups, tests), or nil.
func ByPlural(plural string) *record.Kind {
	for _, k := range All {
		if k.Plural == plural {
			return k
		}
	}
	return nil
}
